//! In which form an answer is asked for.

use serde::{Deserialize, Serialize};

/// What the model is asked to answer with. How an answer is checked against it lies with the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFormat {
    #[default]
    Text,
    /// One of these words.
    Labels(Vec<String>),
    /// A JSON document that is valid against this JSON schema, which is kept as the person wrote it.
    Schema(String),
    /// The same, asked for in words alone: for models that know no structured output.
    SchemaInPrompt(String),
}

impl AnswerFormat {
    /// The JSON schema, however it is sent.
    pub fn schema(&self) -> Option<&str> {
        match self {
            AnswerFormat::Schema(schema) | AnswerFormat::SchemaInPrompt(schema) => Some(schema),
            AnswerFormat::Text | AnswerFormat::Labels(_) => None,
        }
    }
}
