//! Request bodies of OpenAI's Chat Completions, as OpenAI and the servers compatible with it take them.

use serde::Serialize;

use crate::provider::prefix::{CacheFields, Mode, Parted, cache_fields, effort_word, parted};
use crate::provider::response_format::ResponseFormat;
use crate::provider::{Call, CapName, Provider, response_format, takes_temperature};

/// Fields in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat>,
    #[serde(flatten)]
    cache: CacheFields,
}

#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
struct Part<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_breakpoint: Option<Mode>,
}

/// A compatible endpoint at OpenAI's own address is OpenAI: it refuses `max_tokens` for reasoning models.
pub fn body(provider: Provider, base_url: &str, call: &Call) -> String {
    let preset = provider.preset();
    let newer_name = preset.cap == CapName::MaxCompletionTokens || provider.is_open_ai(base_url);
    let (cache, mark) = cache_fields(provider, base_url, call);
    let body = Body {
        model: call.model,
        messages: messages(call, mark, "text"),
        max_tokens: call.output_tokens_max.filter(|_| !newer_name),
        max_completion_tokens: call.output_tokens_max.filter(|_| newer_name),
        temperature: call.temperature.filter(|t| t.is_finite() && takes_temperature(call.model)),
        reasoning_effort: effort_word(provider, call.effort),
        response_format: response_format::field(provider.schema_support(), call.format),
        cache,
    };
    serde_json::to_string(&body).unwrap_or_default()
}

/// Where a mark is set, in parts; their type has another name in each of OpenAI's APIs.
pub(super) fn messages<'a>(call: &Call<'a>, mark: Option<Mode>, part_type: &'static str) -> Vec<Message<'a>> {
    let part = |text, prompt_cache_breakpoint| Part { r#type: part_type, text, prompt_cache_breakpoint };
    let (system, user) = match (mark, parted(call)) {
        (Some(mark), Parted { marks_system: true, own, .. }) => {
            (Content::Parts(vec![part(call.system, Some(mark))]), Content::Text(own))
        }
        (Some(mark), Parted { shared, own, .. }) => {
            (Content::Text(call.system), Content::Parts(vec![part(shared, Some(mark)), part(own, None)]))
        }
        (None, _) => (Content::Text(call.system), Content::Text(call.user)),
    };
    let system = (!call.system.is_empty()).then_some(Message { role: "system", content: system });
    system.into_iter().chain([Message { role: "user", content: user }]).collect()
}
