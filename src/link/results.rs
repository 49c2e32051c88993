//! A run's results, as the page shows them.

use serde::{Deserialize, Serialize};

use crate::dataset::ExportState;
use crate::link::RunId;
use crate::money::Usd;
use crate::provider::{Provider, Usage};
use crate::time::Time;

/// Which rows the results table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    State(ExportState),
    /// Answers that the output cap cut off (`length`).
    CutOff,
    /// Answers that the provider's content filter cut off (`content_filter`).
    Filtered,
    /// Answers that don't fit their format.
    Misfit,
    /// Answers that are, and aren't, their row's right answer.
    Right,
    Wrong,
    /// Rows of which the candidates said different things.
    Differ,
    /// Answers with this value in this field.
    Value {
        field: u8,
        value: u16,
    },
    /// Rows of one candidate.
    Candidate(u8),
}

/// What the engine doesn't keep of a run in its parts. Lanes are in the setup's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// Rows that each lane answered.
    pub answered: Vec<u32>,
    /// Lanes whose key has to be entered before they can send.
    pub needs_keys: Vec<bool>,
    pub marks: Marks,
}

/// How many rows have an answer of a kind that wants to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    pub cut_off: u32,
    pub filtered: u32,
    pub misfits: u32,
    pub imported: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultRow {
    pub item: u32,
    pub id: String,
    /// The row in short, for the eye.
    pub input: String,
    pub answer: Option<String>,
    pub error: Option<String>,
    pub state: ExportState,
    pub finish: Option<String>,
    /// Why the answer doesn't fit its format, in words that continue "the answer …".
    pub misfit: Option<String>,
    pub usage: Option<Usage>,
    pub cost: Option<Usd>,
    pub attempts: u32,
    /// The right answer, and whether this is it.
    #[serde(default)]
    pub truth: Option<String>,
    #[serde(default)]
    pub right: Option<bool>,
    /// The person set the right answer by hand.
    #[serde(default)]
    pub corrected: bool,
    /// Whose answer it is, where candidates are compared.
    #[serde(default)]
    pub candidate: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultDetail {
    pub row: ResultRow,
    /// The model's own words, where the answer is shown otherwise.
    #[serde(default)]
    pub raw: Option<String>,
    pub system: String,
    pub user: String,
    /// One line an attempt.
    pub attempts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    pub run: RunId,
    pub name: String,
    pub provider: Provider,
    pub model: String,
    pub started: Time,
    pub total: u32,
    pub done: u32,
    pub errored: u32,
    /// Of `done`, rows that were given up. Lists of earlier versions don't tell.
    #[serde(default)]
    pub canceled: u32,
    pub finished: bool,
    pub spent: Usd,
    pub doubtful: Usd,
    pub doubtful_attempts: u32,
    /// Another tab has it open.
    pub busy: bool,
    /// What was mended on the way: a cut tail, a rebuilt checkpoint.
    pub notes: Vec<String>,
}
