//! The APIs that a call can go over.

use crate::provider::{Provider, ServedAt, base_url, bills_cache_writes};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// `POST {base}/chat/completions`.
    OpenAiChat,
    /// `POST {base}/responses`.
    OpenAiResponses,
    /// `POST {base}/messages`.
    AnthropicMessages,
}

/// How a provider is told what to keep in its prompt cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMarks {
    /// It isn't.
    None,
    /// `cache_control`; nothing is kept without.
    Anthropic,
    /// `prompt_cache_breakpoint`; what is kept without is avoided by `prompt_cache_options`.
    OpenAi,
}

/// The lowest `max_output_tokens` that OpenAI's Responses API takes; below it answers 400 (`integer_below_min_value`).
const RESPONSES_CAP_MIN: u32 = 16;

impl Wire {
    /// The address that calls are posted to.
    pub fn post_url(self, base_url: &str) -> String {
        base_url::joined(base_url, self.path())
    }

    /// The lowest output cap that this API takes.
    pub fn cap_min(self) -> u32 {
        if self == Wire::OpenAiResponses { RESPONSES_CAP_MIN } else { 1 }
    }

    /// What a batch reader calls this API, whatever stands before it in the base URL.
    pub fn batch_endpoint(self) -> &'static str {
        match self {
            Wire::OpenAiChat => "/v1/chat/completions",
            Wire::OpenAiResponses => "/v1/responses",
            Wire::AnthropicMessages => "/v1/messages",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Wire::OpenAiChat => "chat/completions",
            Wire::OpenAiResponses => "responses",
            Wire::AnthropicMessages => "messages",
        }
    }
}

impl Provider {
    /// Whether and how this provider is told what to keep in its prompt cache.
    pub fn cache_marks(self, base_url: &str, model: &str) -> CacheMarks {
        match self.preset().wire {
            Wire::AnthropicMessages => CacheMarks::Anthropic,
            _ if self.is_open_ai(base_url) && bills_cache_writes(model) => CacheMarks::OpenAi,
            _ => CacheMarks::None,
        }
    }

    /// Whether somebody else runs the server, and sends a bill.
    pub fn is_hosted(self) -> bool {
        !matches!(self.preset().place, ServedAt::Page | ServedAt::ThisMachine)
    }

    /// Whether this is OpenAI itself: its preset, or its address under a preset for compatible servers.
    pub fn is_open_ai(self, base_url: &str) -> bool {
        self == Provider::OpenAi || self.is_remote() && base_url::host(base_url) == "api.openai.com"
    }

    /// Whether this is Mistral itself: its preset, or its address under a preset for compatible servers.
    pub(super) fn is_mistral(self, base_url: &str) -> bool {
        self == Provider::Mistral || self.is_remote() && base_url::host(base_url) == "api.mistral.ai"
    }
}
