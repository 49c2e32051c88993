//! Failures, classed by what to do next.

use serde::{Deserialize, Serialize};

/// What went wrong with an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// HTTP status, where there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's own words, at most 300 characters; never contains the key.
    pub message: String,
    /// The provider's hint: wait at least this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 429 of a rate limit.
    RateLimited,
    /// 408, 409, 5xx, 529.
    ServerError,
    /// No answer before the deadline.
    TimedOut,
    /// fetch failed: network, CORS or a wrong key; a browser hides which.
    Unreachable,
    /// An answer that broke off, or 2xx with something that isn't the expected JSON.
    TornBody,
    /// A 2xx HTML page where JSON was due: most often a wrong address.
    HtmlPage,
    /// 401, 403: the key.
    WrongKey,
    /// A 429 or 402 that no waiting mends: quota, credit or spend limit.
    QuotaExhausted,
    /// 404 that names the model.
    UnknownModel,
    /// Any other 404 or 405: the base URL.
    WrongAddress,
    /// 400, 413, 422: this call.
    BadRequest,
    /// The prompt is longer than the model's context.
    ContextTooLong,
    /// The provider refused the content.
    ContentRefused,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send again after a backoff; counts against the item's retries.
    Retry,
    /// Pause and slow the lane; the item goes back without a count.
    SlowLane,
    /// Stop the lane and say why; the item goes back.
    StopLane,
    /// Stop the lane if nothing ever worked on it, else retry.
    StopUnprovenLane,
    /// The item ends as errored.
    EndItem,
}

impl FailureKind {
    pub fn action(self) -> Action {
        use FailureKind::*;
        match self {
            RateLimited => Action::SlowLane,
            ServerError | TimedOut | TornBody => Action::Retry,
            Unreachable | HtmlPage => Action::StopUnprovenLane,
            WrongKey | QuotaExhausted | UnknownModel | WrongAddress => Action::StopLane,
            BadRequest | ContextTooLong | ContentRefused => Action::EndItem,
        }
    }
}
