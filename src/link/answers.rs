//! What a run's answers say together, as the page shows it. Shares are whole millionths: the page computes with no floats.

use serde::{Deserialize, Serialize};

use crate::money::Usd;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerSummary {
    /// Field by field; one without a name where an answer is one value.
    pub fields: Vec<FieldSummary>,
    /// By candidate; one where nothing is compared.
    pub candidates: Vec<CandidateSummary>,
    /// Of every two candidates.
    pub pairs: Vec<PairSummary>,
    /// Rows of the run that have a right answer, and those whose right answer was set by hand.
    pub labelled_rows: u32,
    pub corrected_rows: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSummary {
    /// `address.city`; `None`: the whole answer.
    pub name: Option<String>,
    pub values: Vec<ValueCount>,
    /// Answers whose value is too long, or one too many, to be counted by itself.
    pub others: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueCount {
    /// For [`RowFilter::Value`](super::RowFilter::Value).
    pub id: u16,
    pub value: String,
    /// By candidate.
    pub counts: Vec<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CandidateSummary {
    pub answered: u32,
    pub failed: u32,
    pub misfits: u32,
    /// Answers to rows that have a right one, and those that are right.
    pub labelled: u32,
    pub right: u32,
    /// `None` until something can be compared.
    pub accuracy: Option<Share>,
    /// Cohen's kappa in thousandths.
    pub kappa_milli: Option<i32>,
    pub spent: Usd,
    /// Of a thousand rows, and of one right answer; `None`: unknown.
    pub per_thousand: Option<Usd>,
    pub per_right: Option<Usd>,
    /// How long a call takes on average, and its tokens.
    pub latency_ms: Option<u64>,
    pub mean_tokens: Option<(u64, u64)>,
    /// Label by label, where right answers are one value.
    pub labels: Vec<LabelSummary>,
    /// `(right answer, given answer, rows)`, the commonest first.
    pub confusion: Vec<(String, String, u32)>,
    /// No other candidate is both cheaper and more often right.
    pub on_frontier: bool,
}

/// A share and its 95 % interval (Wilson), in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub ppm: u32,
    pub low_ppm: u32,
    pub high_ppm: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelSummary {
    pub label: String,
    /// Rows whose right answer it is, rows that were given it, and both.
    pub truly: u32,
    pub given: u32,
    pub both: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairSummary {
    pub first: u8,
    pub second: u8,
    /// Labelled rows that both answered, and those that only one got right.
    pub labelled: u32,
    pub only_first: u32,
    pub only_second: u32,
    /// Rows on which both said the same, and other things.
    pub same: u32,
    pub different: u32,
    /// McNemar's exact test, two-sided, in millionths.
    pub p_ppm: u32,
    /// The difference isn't put down to chance (p < 0.05).
    pub differ: bool,
    /// So many more labelled rows would probably tell them apart.
    pub rows_to_tell: Option<u32>,
}
