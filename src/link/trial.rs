//! `Try 5 rows`: what a few real calls say of a run, before it is started.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::provider::Usage;

/// Models that are tried side by side at most.
pub const TRIAL_MODELS_MAX: usize = 3;
pub const TRIAL_ROWS: usize = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub rows: Vec<TrialRow>,
    /// The setup's own model first.
    pub models: Vec<TrialModel>,
    /// All that trials have cost and may have been billed, and that the next run's budget will lack.
    pub off_the_budget: Usd,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRow {
    pub id: String,
    pub input: String,
    /// In the models' order.
    pub answers: Vec<TrialAnswer>,
    /// Every model answered, and their answers differ by more than case and white space.
    pub differs: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialAnswer {
    pub text: Option<String>,
    pub error: Option<String>,
    /// `length`, `content_filter`, …: where the model didn't come to its own end.
    pub ended_by: Option<String>,
    pub misfit: bool,
    pub usage: Option<Usage>,
    /// Retries and re-asks included; `None`: unknown.
    pub cost: Option<Usd>,
    /// Of the last attempt.
    pub latency_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialModel {
    pub model: String,
    pub spent: Usd,
    /// May have been billed on top.
    pub doubtful: Usd,
    pub calls: u32,
    pub latency_ms_mean: Option<u64>,
    /// Why it could not be tried, or stopped.
    pub stopped: Option<String>,
    pub projection: Option<Projection>,
    pub cap: Option<CapProposal>,
}

/// What the whole run will cost, from what the tried rows cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projection {
    /// Rows that are still to be paid.
    pub rows: u32,
    /// How many rows it is drawn from.
    pub of: u32,
    pub mean: Usd,
    /// The ends of a 95 % confidence interval.
    pub low: Usd,
    pub high: Usd,
}

/// An output cap that is large enough for nearly every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapProposal {
    pub tokens: u32,
    /// The longest answer that was seen.
    pub seen_max: u32,
    /// How many of the answers seen the present cap cut off: their true length isn't known.
    pub cut: u32,
    /// The share of answers that the proposal would cut, in millionths; `None` where some were cut already.
    pub cut_share_ppm: Option<u32>,
}
