//! How an attempt ended.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::provider::thinking::{is_unfinished_thinking, without_thinking};
use crate::provider::{Failure, FailureKind, words};

/// Tokens of one call. `cache_read` and `cache_write` are parts of `input`, `cache_write_1h` (kept an hour instead of
/// the default) is a part of `cache_write`, and `reasoning` a part of `output`, whatever the provider's own convention is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    #[serde(default)]
    pub cache_write_1h: u64,
    pub reasoning: u64,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    #[default]
    Stop,
    /// The output cap cut the answer.
    Length,
    ContentFilter,
    Other,
}

/// A finished answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub finish: Finish,
    /// The provider's id of the request, where it can be read: for the reconciliation with its bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Why the answer doesn't fit the format it was asked for in; `None` where it fits, or where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfit: Option<String>,
}

/// How a misfit begins that says nothing of the answer: the check itself failed.
pub const UNCHECKED: &str = "could not be checked";

impl Answer {
    /// Whether its format could not be checked; another answer's could not be either.
    pub fn is_unchecked(&self) -> bool {
        self.misfit.as_ref().is_some_and(|misfit| misfit.starts_with(UNCHECKED))
    }

    /// Whether there is nothing in it but white space and thinking.
    pub fn is_empty(&self) -> bool {
        without_thinking(&self.text).trim().is_empty()
    }

    /// Whether the output cap was used up before the answer began: all of it went into thinking. Most servers keep the
    /// thinking to themselves, so that an empty text is all there is to see.
    pub fn is_all_thinking(&self) -> bool {
        self.finish == Finish::Length && (self.is_empty() || is_unfinished_thinking(&self.text))
    }
}

/// What is known of an attempt's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bill {
    /// Surely nothing was billed: it was never sent, or the provider refused it before any work.
    Nothing,
    /// The provider said what it used, and, where it says so itself, what it cost.
    Usage { usage: Usage, stated_cost: Option<Usd> },
    /// It may have been billed, and nobody said how much.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered { answer: Answer, bill: Bill },
    Failed { failure: Failure, bill: Bill },
}

/// Attempts that ended without an HTTP answer.
impl Outcome {
    /// No answer before the deadline; the provider may have worked all the same.
    pub fn timed_out() -> Outcome {
        Outcome::without_answer(FailureKind::TimedOut, "", Bill::Unknown)
    }

    /// Sent, and failed in the browser's hands, which hides the reason; the provider may have got it.
    /// `reason` is the browser's own word, such as `Failed to fetch`.
    pub fn unreachable(reason: &str) -> Outcome {
        Outcome::without_answer(FailureKind::Unreachable, reason, Bill::Unknown)
    }

    /// Surely never left this machine: nothing was billed.
    pub fn never_sent(reason: &str) -> Outcome {
        Outcome::without_answer(FailureKind::Unreachable, reason, Bill::Nothing)
    }

    fn without_answer(kind: FailureKind, message: &str, bill: Bill) -> Outcome {
        let failure =
            Failure { kind, status: None, message: words::clean(message), retry_after_ms: None, request_id: None };
        Outcome::Failed { failure, bill }
    }
}
