//! What goes over the wire, as plain values: a call becomes an HTTP request, an HTTP answer becomes an [`Outcome`].
//! Nothing here sends, waits or retries: that is the engine's and the worker's work.

mod failure;
mod openai_chat;
mod outcome;

pub use failure::{Action, Failure, FailureKind};
pub use outcome::{Answer, Bill, Finish, Outcome, Usage};

use serde::{Deserialize, Serialize};

/// Bodies larger than this are cut off and count as torn. Chat answers are a thousand times smaller.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Whom a lane talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The simulated provider inside the worker: no key, no network.
    Demo,
    /// Any server that speaks OpenAI's Chat Completions.
    OpenAiCompatible,
}

/// One row's call, before it is put into a provider's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    pub model: &'a str,
    pub system: &'a str,
    pub user: &'a str,
    pub output_tokens_max: Option<u32>,
    pub temperature: Option<f64>,
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

impl Provider {
    /// The body of `call`: JSON with a fixed order of fields, so that equal calls are equal bytes.
    pub fn body(self, call: &Call) -> String {
        openai_chat::body(call)
    }

    /// The address that calls are posted to, and that of the models list.
    pub fn urls(self, base_url: &str) -> (String, String) {
        openai_chat::urls(base_url)
    }

    /// What an answer means. `now_ms` serves hints that name a date.
    pub fn decode(self, reply: &HttpReply, now: crate::time::Time) -> Outcome {
        openai_chat::decode(reply, now)
    }
}
