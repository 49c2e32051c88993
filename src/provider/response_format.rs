//! An answer's format in a provider's words: the wire's own field for a JSON schema, where it has one, and what is
//! written into the system prompt, where the model would not learn of the format otherwise.
//!
//! Sources, read in November 2026: OpenAI "Structured model outputs" (`response_format`, the subset that `strict`
//! takes; the model is shown the schema); Anthropic "Structured outputs" (`output_config.format`, Claude 4.5 and later);
//! DeepSeek "JSON Output" (`json_object`, and the prompt has to say "json"), and the same of Moonshot, Alibaba and Cohere; vLLM, llama.cpp's server, Ollama, LM
//! Studio and Together take `json_schema` and constrain the output without showing the schema to the model.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::{AnswerFormat, Call, Provider};

/// The name that OpenAI asks for beside a schema: at most 64 letters, digits, underscores and dashes.
const NAME: &str = "answer";
/// What OpenAI's `strict` takes; a schema with another keyword is sent without it, and then followed less strictly.
const STRICT_KEYWORDS: [&str; 24] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "definitions",
    "$schema",
    "title",
    "description",
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "$id",
];

/// How a provider is told of a JSON schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaSupport {
    pub field: SchemaField,
    /// The schema goes into the system prompt too: the model would not see it otherwise.
    pub in_prompt: bool,
}

/// The wire's own field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaField {
    /// `response_format: {type: "json_schema", json_schema: {name, schema, strict}}`.
    ResponseFormat,
    /// `response_format: {type: "json_object"}`: JSON, whatever its fields.
    JsonObject,
    /// `output_config: {format: {type: "json_schema", schema}}`.
    OutputConfig,
}

impl Provider {
    pub fn schema_support(self) -> SchemaSupport {
        let (field, in_prompt) = match self {
            Provider::Anthropic => (SchemaField::OutputConfig, false),
            Provider::DeepSeek | Provider::Moonshot | Provider::Alibaba | Provider::Cohere => {
                (SchemaField::JsonObject, true)
            }
            Provider::Together
            | Provider::Cerebras
            | Provider::Fireworks
            | Provider::Meta
            | Provider::Ollama
            | Provider::LmStudio
            | Provider::LlamaCpp
            | Provider::Vllm
            | Provider::OpenAiCompatible => (SchemaField::ResponseFormat, true),
            Provider::Demo
            | Provider::OpenAi
            | Provider::Gemini
            | Provider::OpenRouter
            | Provider::Groq
            | Provider::Mistral
            | Provider::Xai => (SchemaField::ResponseFormat, false),
        };
        SchemaSupport { field, in_prompt }
    }

    /// The schema that the provider itself shows to the model, which counts as input.
    pub fn schema_shown(self, format: &AnswerFormat) -> Option<&str> {
        match format {
            AnswerFormat::Schema(schema) if !self.schema_support().in_prompt => Some(schema),
            _ => None,
        }
    }
}

/// A field of the request's body, in the order in which it is written.
#[derive(Serialize)]
#[serde(untagged)]
pub enum ResponseFormat {
    JsonSchema {
        r#type: &'static str,
        json_schema: NamedSchema,
    },
    JsonObject {
        r#type: &'static str,
    },
    /// The content of Anthropic's `format`.
    Format {
        r#type: &'static str,
        schema: Box<RawValue>,
    },
}

#[derive(Serialize)]
pub struct NamedSchema {
    name: &'static str,
    schema: Box<RawValue>,
    strict: bool,
}

/// `text.format` of OpenAI's Responses API.
#[derive(Serialize)]
pub struct NamedFormat {
    r#type: &'static str,
    #[serde(flatten)]
    schema: NamedSchema,
}

/// The field's value for this call; `None` where the format needs none. A schema that is no JSON is never sent.
pub fn field(support: SchemaSupport, format: &AnswerFormat) -> Option<ResponseFormat> {
    let AnswerFormat::Schema(schema) = format else { return None };
    let raw = RawValue::from_string(compact(schema)).ok()?;
    Some(match support.field {
        SchemaField::ResponseFormat => {
            ResponseFormat::JsonSchema { r#type: "json_schema", json_schema: named_schema(schema, raw) }
        }
        SchemaField::JsonObject => ResponseFormat::JsonObject { r#type: "json_object" },
        SchemaField::OutputConfig => ResponseFormat::Format { r#type: "json_schema", schema: raw },
    })
}

/// The same for OpenAI's Responses API.
pub fn named(format: &AnswerFormat) -> Option<NamedFormat> {
    let AnswerFormat::Schema(schema) = format else { return None };
    let raw = RawValue::from_string(compact(schema)).ok()?;
    Some(NamedFormat { r#type: "json_schema", schema: named_schema(schema, raw) })
}

fn named_schema(schema: &str, raw: Box<RawValue>) -> NamedSchema {
    NamedSchema { name: NAME, schema: raw, strict: serde_json::from_str(schema).is_ok_and(|schema| is_strict(&schema)) }
}

/// The system prompt as it is sent: with the labels, where the prompts don't name them all, and with the schema, where
/// the model would not see it.
pub fn system<'a>(support: SchemaSupport, call: &Call<'a>) -> Cow<'a, str> {
    let instruction = match call.format {
        AnswerFormat::Text => return call.system.into(),
        AnswerFormat::Labels(labels) => {
            if labels.iter().all(|label| names(call.system, label) || names(call.user, label)) {
                return call.system.into();
            }
            format!("Answer with exactly one of these labels, and nothing else:\n{}", labels.join("\n"))
        }
        AnswerFormat::Schema(_) if !support.in_prompt => return call.system.into(),
        AnswerFormat::Schema(schema) | AnswerFormat::SchemaInPrompt(schema) => format!(
            "Answer with a JSON document that is valid against this JSON schema, and nothing else:\n{}",
            compact(schema)
        ),
    };
    if call.system.is_empty() { instruction.into() } else { format!("{}\n\n{instruction}", call.system).into() }
}

/// Whether a text holds this label as a word of its own.
fn names(text: &str, label: &str) -> bool {
    let mut places = text.match_indices(label);
    places.any(|(at, _)| {
        let beside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !beside(text[..at].chars().next_back()) && !beside(text[at + label.len()..].chars().next())
    })
}

/// Whether OpenAI can hold the model to this schema: the root is an object, every object names all its properties as
/// required and allows no others, and only keywords of the documented subset are used.
pub fn is_strict(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object") && holds(schema)
}

fn holds(schema: &Value) -> bool {
    let Some(keywords) = schema.as_object() else { return false };
    let by_name = |name: &str| schema.get(name).and_then(Value::as_object);
    let properties = by_name("properties");
    let is_object = properties.is_some() || schema.get("type").and_then(Value::as_str) == Some("object");
    let closed = || {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        schema.get("additionalProperties") == Some(&Value::Bool(false))
            && properties.is_some_and(|properties| properties.keys().all(|name| required.contains(&name.as_str())))
    };
    let all =
        |schemas: Option<&serde_json::Map<String, Value>>| schemas.is_none_or(|schemas| schemas.values().all(holds));
    keywords.keys().all(|name| STRICT_KEYWORDS.contains(&name.as_str()))
        && (!is_object || closed())
        && all(properties)
        && all(by_name("$defs"))
        && all(by_name("definitions"))
        && schema.get("items").is_none_or(holds)
        && schema.get("anyOf").is_none_or(|choices| choices.as_array().is_some_and(|choices| choices.iter().all(holds)))
}

/// JSON without the white space between its tokens, its fields in their order: one line in a batch file.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
        } else if !c.is_ascii_whitespace() {
            in_string = c == '"';
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PromptCache;

    const OPENAI: SchemaSupport = SchemaSupport { field: SchemaField::ResponseFormat, in_prompt: false };
    const LOCAL: SchemaSupport = SchemaSupport { field: SchemaField::ResponseFormat, in_prompt: true };
    const SCHEMA: &str = "{\n \"type\": \"object\",\n \"properties\": {\"z\": {\"type\": \"string\", \"description\": \"a \\\"b c\"}, \"a\": {\"type\": \"integer\"}},\n \"required\": [\"z\", \"a\"],\n \"additionalProperties\": false\n}";

    #[test]
    fn each_wire_is_told_of_a_schema_in_its_own_field_and_order() {
        let schema = AnswerFormat::Schema(SCHEMA.into());
        let compact = r#"{"type":"object","properties":{"z":{"type":"string","description":"a \"b c"},"a":{"type":"integer"}},"required":["z","a"],"additionalProperties":false}"#;
        let written = |field| {
            let support = SchemaSupport { field, in_prompt: false };
            serde_json::to_string(&super::field(support, &schema)).unwrap()
        };
        assert_eq!(
            written(SchemaField::ResponseFormat),
            format!(r#"{{"type":"json_schema","json_schema":{{"name":"answer","schema":{compact},"strict":true}}}}"#)
        );
        assert_eq!(written(SchemaField::JsonObject), r#"{"type":"json_object"}"#);
        assert_eq!(written(SchemaField::OutputConfig), format!(r#"{{"type":"json_schema","schema":{compact}}}"#));
        for none in
            [AnswerFormat::Text, AnswerFormat::Labels(vec!["a".into()]), AnswerFormat::SchemaInPrompt("{}".into())]
        {
            assert!(super::field(OPENAI, &none).is_none(), "{none:?}");
        }
    }

    #[test]
    fn the_prompt_says_what_the_model_would_not_learn_otherwise() {
        let labels = AnswerFormat::Labels(vec!["dairy".into(), "meat".into()]);
        let told = |support, system, user, format| system_of(support, system, user, format).into_owned();
        assert_eq!(told(OPENAI, "One of: dairy, meat.", "Milk", &labels), "One of: dairy, meat.");
        assert_eq!(told(OPENAI, "", "dairy or meat: Milk", &labels), "");
        assert!(told(OPENAI, "dairy, meat", "Milk", &labels).len() < 20, "as words of their own");
        assert!(told(OPENAI, "dairy, meatballs", "Milk", &labels).len() > 20, "not within a word");
        assert_eq!(
            told(OPENAI, "Sort it.", "Milk", &labels),
            "Sort it.\n\nAnswer with exactly one of these labels, and nothing else:\ndairy\nmeat"
        );
        let schema = AnswerFormat::Schema("{\"type\": \"object\"}".into());
        assert_eq!(told(OPENAI, "Sort it.", "Milk", &schema), "Sort it.");
        assert!(told(LOCAL, "", "Milk", &schema).ends_with("nothing else:\n{\"type\":\"object\"}"));
        let in_prompt = AnswerFormat::SchemaInPrompt("{\"type\": \"object\"}".into());
        assert!(told(OPENAI, "", "Milk", &in_prompt).contains("JSON schema"));
        assert_eq!(told(LOCAL, "Sort it.", "Milk", &AnswerFormat::Text), "Sort it.");
    }

    #[test]
    fn strict_is_asked_only_for_what_it_can_hold() {
        let strict = |schema: &str| is_strict(&serde_json::from_str(schema).unwrap());
        assert!(strict(SCHEMA));
        assert!(strict(
            r##"{"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}},"required":["a"],"additionalProperties":false,"$defs":{"A":{"type":"object","properties":{},"additionalProperties":false}}}"##
        ));
        for loose in [
            r#"{"type":"array","items":{"type":"string"}}"#,
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#,
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"oneOf":[{"type":"string"}]}},"required":["a"],"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"object","properties":{}}},"required":["a"],"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}},"required":["a"],"additionalProperties":false}"#,
        ] {
            assert!(!strict(loose), "{loose}");
        }
    }

    fn system_of<'a>(support: SchemaSupport, system: &'a str, user: &'a str, format: &'a AnswerFormat) -> Cow<'a, str> {
        let call = Call {
            model: "m",
            system,
            user,
            output_tokens_max: None,
            temperature: None,
            format,
            effort: None,
            prompt_cache: PromptCache::default(),
            shared_user_bytes: 0,
        };
        super::system(support, &call)
    }
}
