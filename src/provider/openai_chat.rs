//! OpenAI's Chat Completions, as OpenAI and the servers compatible with it speak it.

use crate::provider::{Call, HttpReply, Outcome};
use crate::time::Time;

pub fn body(call: &Call) -> String {
    let _ = call;
    String::new()
}

pub fn urls(base_url: &str) -> (String, String) {
    (format!("{base_url}/chat/completions"), format!("{base_url}/models"))
}

pub fn decode(reply: &HttpReply, now: Time) -> Outcome {
    let _ = (reply, now);
    unimplemented!("decode")
}
