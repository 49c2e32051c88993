//! What page and worker say of a provider's Batch API.

use serde::{Deserialize, Serialize};

pub use crate::engine::batch::{BatchProgress, ShardProgress, Stage};

use crate::link::Setup;
use crate::money::{PerToken, Usd};
use crate::prices;
use crate::provider::Provider;
pub use crate::provider::batch::BatchTarget;

/// Requests that a job of OpenAI takes at most, and the bytes of its file.
pub const REQUESTS_MAX: u32 = 50_000;
pub const BYTES_MAX: u64 = 200_000_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchAsk {
    /// What both ways would cost and how long they would take, for the rows that are open.
    Quote,
    /// Hand the open rows over, and the failed ones too if asked.
    HandOver { rows_per_job: u32, queue_tokens: Option<u64>, with_failed: bool },
    /// The rows without an answer as request files.
    ExportRequests { target: BatchTarget },
    /// The result file that travels beside this message.
    ImportResults { name: String },
}

/// A request file that was written; its `Blob` travels beside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestFile {
    pub target: BatchTarget,
    pub file_name: String,
    pub rows: u32,
    /// How it is handed over from a shell.
    pub shell_lines: String,
}

/// What a result file brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchImported {
    pub name: String,
    /// Rows that are answered now, equal ones included, and rows that failed.
    pub answered: u32,
    pub failed: u32,
    pub cost: Usd,
    /// The catalogue has batch prices for this model; else the usual ones were counted.
    #[serde(default)]
    pub batch_priced: bool,
    /// Lines of rows that were answered already or are in flight.
    pub left_out: u32,
    pub unknown: u32,
    pub unreadable: u32,
}

/// The open rows, one by one or handed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchQuote {
    /// Distinct requests among the rows that are open.
    pub rows: u32,
    /// At most, each answer as long as allowed; `None`: no price, or no cap.
    pub one_by_one: Option<Usd>,
    pub one_by_one_ms: u64,
    pub handed_over: Option<Usd>,
    pub window_hours: u64,
    /// The catalogue has batch prices for this model; else the usual ones are counted.
    pub batch_priced: bool,
}

/// How much a row costs less in a batch job, where the catalogue knows its price there: whole percent, rounded down.
pub fn batch_discount_percent(setup: &Setup) -> Option<u64> {
    let model = prices::find_at(setup.provider, &setup.model)?;
    let (usual, batch) = (&model.card.base, &model.batch.as_ref()?.base);
    let off = |usual: PerToken, batch: PerToken| usual.0.checked_sub(batch.0)?.checked_mul(100)?.checked_div(usual.0);
    let percent = off(usual.input, batch.input)?.min(off(usual.output, batch.output)?);
    (percent > 0).then_some(percent)
}

/// Why the page can't talk to this provider's Batch API itself; `None`: it can.
pub fn by_file_only(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Demo | Provider::OpenAi | Provider::Groq | Provider::OpenAiCompatible => None,
        Provider::Anthropic => Some(
            "Anthropic's Message Batches refuse browsers: that address doesn't answer the question (preflight) that a \
             browser asks before it sends a key to another site.",
        ),
        Provider::Gemini => {
            Some("Gemini's batch jobs begin with an upload whose headers Google doesn't let web pages send.")
        }
        Provider::Xai => {
            Some("xAI's Batch API has words of its own, and nobody has said whether it answers web pages.")
        }
        Provider::Mistral | Provider::Together => {
            Some("This provider's Batch API has an address and words of its own, which the page doesn't speak.")
        }
        _ => Some("This provider has no Batch API that the page knows."),
    }
}
