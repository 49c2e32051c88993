//! What goes over the wire, as plain values: a call becomes an HTTP request, an HTTP answer becomes an [`Outcome`].
//! Nothing here sends, waits or retries: that is the engine's and the worker's work.

mod accounting;
mod answer_format;
mod anthropic_messages;
mod base_url;
pub mod batch;
mod billing;
mod body;
mod context_size;
mod effort;
mod failure;
mod finish;
mod hint;
mod model_traits;
mod openai_chat;
mod openai_responses;
mod outcome;
mod prefix;
mod preset;
mod rate_headers;
mod rate_seen;
mod reading;
mod refusal;
mod response_format;
mod thinking;
pub mod tokens;
mod usage;
mod wire;
mod words;

pub use accounting::TokenAccounting;
pub use answer_format::AnswerFormat;
pub use base_url::{check_base_url, origin};
pub use effort::{PromptCache, ReasoningEffort};
pub use failure::{Action, Failure, FailureKind};
pub use hint::HINT_MS_MAX;
pub use model_traits::{answers_with_text, bills_cache_writes, is_responses_only, takes_temperature};
pub use outcome::{Answer, Bill, Finish, Outcome, UNCHECKED, Usage};
pub use preset::{Auth, CapName, Pace, Preset, Provider, RateHeaders, ServedAt, StatedCost};
pub use rate_seen::{LimitSeen, RateSeen};
pub use response_format::{SchemaField, SchemaSupport, is_strict};
pub use thinking::without_thinking;
pub use wire::{CacheMarks, Wire};
pub use words::{MESSAGE_CHARS_MAX, hide_key, in_short};

/// Bodies larger than this are cut off and count as torn. Chat answers are a thousand times smaller.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// OpenAI's and most others', Anthropic's.
const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "request-id"];

/// One row's call, before it is put into a provider's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    pub model: &'a str,
    pub system: &'a str,
    pub user: &'a str,
    pub output_tokens_max: Option<u32>,
    pub temperature: Option<f64>,
    pub format: &'a AnswerFormat,
    /// Asked of presets that take it.
    pub effort: Option<ReasoningEffort>,
    /// Marks what the calls share, where that is how it gets into the provider's cache: the system prompt, and as much
    /// of `user` as [`Call::shared_user_bytes`] says.
    pub prompt_cache: PromptCache,
    /// So many bytes at the start of `user` are the same in every call.
    pub shared_user_bytes: usize,
}

/// An HTTP request, ready to be sent. The key is added by the worker, last, and is nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// An HTTP answer as the browser lets it be seen. Header names in lower case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpReply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The body ended before its end, or went past [`BODY_BYTES_MAX`].
    pub torn: bool,
}

impl HttpReply {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Masks the key wherever the answer repeats it, so that no message, id or text that is kept can hold it.
    pub fn hide_key(&mut self, key: &str) {
        let values = self.headers.iter_mut().map(|(_, value)| value);
        values.chain([&mut self.body]).for_each(|text| hide_key(text, key));
    }
}

impl Provider {
    /// The body of `call`: JSON with a fixed order of fields, so that equal calls are equal bytes.
    /// `base_url`: OpenAI itself takes fields that the servers compatible with it don't know.
    pub fn body(self, wire: Wire, base_url: &str, call: &Call) -> String {
        let system = self.system_as_sent(call);
        let call = &Call { system: &system, ..call.clone() };
        match wire {
            Wire::OpenAiChat => openai_chat::body(self, base_url, call),
            Wire::OpenAiResponses => openai_responses::body(self, base_url, call),
            Wire::AnthropicMessages => anthropic_messages::body(self, call),
        }
    }

    /// Whether this provider counts a call's input tokens ahead of it, for nothing.
    pub fn counts_tokens(self) -> bool {
        self.preset().wire == Wire::AnthropicMessages
    }

    /// Where this provider counts a call's input for nothing, if it does, by `POST`.
    pub fn count_url(self, base_url: &str) -> Option<String> {
        self.counts_tokens().then(|| format!("{}/count_tokens", self.preset().wire.post_url(base_url)))
    }

    /// The body of that request.
    pub fn count_body(self, call: &Call) -> String {
        let system = self.system_as_sent(call);
        anthropic_messages::count_body(self, &Call { system: &system, ..call.clone() })
    }

    /// The tokens that the answer to it states, or why there are none.
    pub fn counted(self, reply: &HttpReply, now: crate::time::Time) -> Result<u32, Failure> {
        anthropic_messages::counted(self, reply, now)
    }

    /// The system prompt as it is sent: with what a model would not learn of the answer's format otherwise.
    pub fn system_as_sent<'a>(self, call: &Call<'a>) -> std::borrow::Cow<'a, str> {
        response_format::system(self.schema_support(), call)
    }

    /// The address of the models list.
    pub fn models_url(self, base_url: &str) -> String {
        match self.preset().wire {
            // Twenty to a page unless asked for more.
            Wire::AnthropicMessages => base_url::joined(base_url, "models?limit=1000"),
            Wire::OpenAiChat | Wire::OpenAiResponses => base_url::joined(base_url, "models"),
        }
    }

    /// The headers of every request beside its key and its content type: a header more than needed fails the
    /// preflight of servers with a fixed list.
    pub fn headers(self) -> Vec<(&'static str, String)> {
        match self.preset().wire {
            Wire::OpenAiChat | Wire::OpenAiResponses => Vec::new(),
            Wire::AnthropicMessages => vec![
                ("anthropic-version", "2023-06-01".to_owned()),
                // Without it no answer may be read by a page.
                ("anthropic-dangerous-direct-browser-access", "true".to_owned()),
            ],
        }
    }

    /// The header that a key goes into, and what stands before it there.
    pub fn key_header(self) -> (&'static str, &'static str) {
        match self.preset().auth {
            Auth::XApiKey => ("x-api-key", ""),
            Auth::None | Auth::Bearer | Auth::OptionalBearer => ("authorization", "Bearer "),
        }
    }

    /// What an answer's headers say of the provider's limits.
    pub fn rate_seen(self, reply: &HttpReply, now: crate::time::Time) -> Option<RateSeen> {
        rate_headers::read(self.preset().rate_headers, reply, now)
    }

    /// How this provider counts tokens against its limits.
    pub fn accounting(self) -> TokenAccounting {
        self.preset().accounting
    }

    /// What an answer means. `now` serves hints that name a date.
    pub fn decode(self, reply: &HttpReply, now: crate::time::Time) -> Outcome {
        let mut outcome = reading::decode(self, reply, now);
        if let Outcome::Failed { failure, .. } = &mut outcome {
            let id = REQUEST_ID_HEADERS.iter().find_map(|name| reply.header(name));
            failure.request_id = id.map(words::clean).filter(|id| !id.is_empty());
        }
        outcome
    }
}
