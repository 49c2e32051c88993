//! How a provider counts tokens against its limits.

use serde::{Deserialize, Serialize};

/// What a request weighs in the provider's token limits. The default is the conservative reading: the output cap
/// counts in full, is never given back, and cached input counts like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAccounting {
    /// Output counts as it comes and not by its cap, so that what was taken in advance is corrected by the usage
    /// (Anthropic's output tokens). Never so at OpenAI, where the cap and failed requests count.
    pub output_as_used: bool,
    /// Input that was read from the provider's prompt cache doesn't count (Anthropic, for most models).
    pub cache_reads_free: bool,
}
