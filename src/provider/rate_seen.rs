//! What an answer's headers say of the provider's rate limits.

use serde::{Deserialize, Serialize};

/// One limit as the provider states it beside an answer. A browser shows these headers only where the provider
/// exposes them, so each part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSeen {
    /// Units in `span_ms`; in a minute where that isn't known.
    pub limit: Option<u64>,
    /// Units left at the moment of the answer.
    pub remaining: Option<u64>,
    /// Until the limit is full again.
    pub reset_ms: Option<u64>,
    /// What the limit is counted over, as far as this one answer shows; `None`: it doesn't. Where headers don't name
    /// it, a minute's fixed window that is about to end looks like a second's limit, so it takes several such answers
    /// in a row, over more than a second, to believe in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<u64>,
}

/// Everything that one answer says of rate limits; empty where nothing can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateSeen {
    pub requests: LimitSeen,
    pub tokens: LimitSeen,
    pub input_tokens: LimitSeen,
    pub output_tokens: LimitSeen,
}
