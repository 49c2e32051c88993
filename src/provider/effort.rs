//! What a call may be told beside its prompt: how hard to think, and whether to keep the prompt in a cache.

use serde::{Deserialize, Serialize};

/// How much a reasoning model is asked to think. Thought is billed as output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl ReasoningEffort {
    pub const ALL: [ReasoningEffort; 7] = [
        ReasoningEffort::None,
        ReasoningEffort::Minimal,
        ReasoningEffort::Low,
        ReasoningEffort::Medium,
        ReasoningEffort::High,
        ReasoningEffort::Xhigh,
        ReasoningEffort::Max,
    ];
    /// `reasoning_effort`, as OpenAI documents it; which of them a model takes differs by model.
    pub const OF_CHAT: &[ReasoningEffort] = Self::ALL.split_at(6).0;
    /// `output_config.effort`, as Anthropic documents it.
    pub const OF_MESSAGES: &[ReasoningEffort] = Self::ALL.split_at(2).1;

    /// As it goes over the wire.
    pub fn word(self) -> &'static str {
        match self {
            ReasoningEffort::None => "none",
            ReasoningEffort::Minimal => "minimal",
            ReasoningEffort::Low => "low",
            ReasoningEffort::Medium => "medium",
            ReasoningEffort::High => "high",
            ReasoningEffort::Xhigh => "xhigh",
            ReasoningEffort::Max => "max",
        }
    }
}

/// Whether the system prompt is marked to be kept in the provider's prompt cache, where it must be marked
/// (Anthropic). Writing costs more than plain input, reading a tenth of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptCache {
    #[default]
    Off,
    FiveMinutes,
    OneHour,
}
