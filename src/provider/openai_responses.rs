//! Request bodies of OpenAI's Responses API, for models that answer on no other.

use serde::Serialize;

use crate::provider::openai_chat::{Message, messages};
use crate::provider::prefix::{CacheFields, cache_fields, effort_word};
use crate::provider::response_format::NamedFormat;
use crate::provider::{Call, Provider, response_format, takes_temperature};

/// Fields in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    /// OpenAI keeps responses for 30 days unless told otherwise.
    store: bool,
    #[serde(flatten)]
    cache: CacheFields,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
}

#[derive(Serialize)]
struct Text {
    format: NamedFormat,
}

pub fn body(provider: Provider, base_url: &str, call: &Call) -> String {
    let (cache, mark) = cache_fields(provider, base_url, call);
    let body = Body {
        model: call.model,
        input: messages(call, mark, "input_text"),
        max_output_tokens: call.output_tokens_max,
        temperature: call.temperature.filter(|t| t.is_finite() && takes_temperature(call.model)),
        reasoning: effort_word(provider, call.effort).map(|effort| Reasoning { effort }),
        text: response_format::named(call.format).map(|format| Text { format }),
        store: false,
        cache,
    };
    serde_json::to_string(&body).unwrap_or_default()
}
