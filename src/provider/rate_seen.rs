//! What an answer's headers say of the provider's rate limits.

use serde::{Deserialize, Serialize};

/// One limit as the provider states it beside an answer. A browser shows these headers only where the provider
/// exposes them, so each part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSeen {
    /// Units a minute.
    pub limit: Option<u64>,
    /// Units left at the moment of the answer.
    pub remaining: Option<u64>,
    /// Until the limit is full again.
    pub reset_ms: Option<u64>,
}

/// Everything that one answer says of rate limits; empty where nothing can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateSeen {
    pub requests: LimitSeen,
    pub tokens: LimitSeen,
    pub input_tokens: LimitSeen,
    pub output_tokens: LimitSeen,
}
