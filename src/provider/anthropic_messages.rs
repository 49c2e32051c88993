//! Request bodies of Anthropic's Messages API, and its count of a call's tokens.

use serde::Serialize;

use crate::provider::prefix::{Parted, effort_word, parted};
use crate::provider::reading::failure;
use crate::provider::response_format::ResponseFormat;
use crate::provider::{
    Call, Failure, FailureKind, HttpReply, PromptCache, Provider, ReasoningEffort, body as bodies, refusal,
    response_format, takes_temperature,
};
use crate::time::Time;

/// The API asks for a cap; this one is sent where the person states none.
const OUTPUT_TOKENS_DEFAULT: u32 = 4_096;

/// Fields in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
}

#[derive(Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<ResponseFormat>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Clone, Copy, Serialize)]
struct CacheControl {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

pub fn body(provider: Provider, call: &Call) -> String {
    let body = Body {
        max_tokens: Some(call.output_tokens_max.unwrap_or(OUTPUT_TOKENS_DEFAULT)),
        temperature: call.temperature.filter(|t| t.is_finite() && takes_temperature(call.model)),
        output_config: output_config(provider, call, call.effort),
        ..input(provider, call)
    };
    serde_json::to_string(&body).unwrap_or_default()
}

/// The same without what doesn't count as input.
pub fn count_body(provider: Provider, call: &Call) -> String {
    serde_json::to_string(&input(provider, call)).unwrap_or_default()
}

fn input<'a>(provider: Provider, call: &'a Call<'a>) -> Body<'a> {
    let mark = cache_control(call.prompt_cache);
    let Parted { shared, own, marks_system } = parted(call);
    let content = match shared.is_empty() {
        true => vec![block(own, None)],
        false => vec![block(shared, mark), block(own, None)],
    };
    let system_mark = mark.filter(|_| marks_system);
    Body {
        model: call.model,
        max_tokens: None,
        system: if call.system.is_empty() { Vec::new() } else { vec![block(call.system, system_mark)] },
        messages: [Message { role: "user", content }],
        temperature: None,
        output_config: output_config(provider, call, None),
    }
}

fn output_config(provider: Provider, call: &Call, effort: Option<ReasoningEffort>) -> Option<OutputConfig> {
    let effort = effort_word(provider, effort);
    let format = response_format::field(provider.schema_support(), call.format);
    (effort.is_some() || format.is_some()).then_some(OutputConfig { effort, format })
}

fn block(text: &str, cache_control: Option<CacheControl>) -> Block<'_> {
    Block { r#type: "text", text, cache_control }
}

fn cache_control(kept: PromptCache) -> Option<CacheControl> {
    match kept {
        PromptCache::Off => None,
        PromptCache::FiveMinutes => Some(CacheControl { r#type: "ephemeral", ttl: None }),
        PromptCache::OneHour => Some(CacheControl { r#type: "ephemeral", ttl: Some("1h") }),
    }
}

/// `{"input_tokens": 2095}`, as the answer to [`count_body`].
pub fn counted(provider: Provider, reply: &HttpReply, now: Time) -> Result<u32, Failure> {
    let json = bodies::json(&reply.body).ok();
    if !(200..300).contains(&reply.status) {
        return Err(refusal::read(provider, reply, json.as_ref(), now));
    }
    let tokens = json.as_ref().and_then(|json| json.get("input_tokens")?.as_u64());
    tokens.and_then(|tokens| u32::try_from(tokens).ok()).ok_or_else(|| {
        let message = format!("an answer without input_tokens: {}", reply.body);
        failure(FailureKind::TornBody, reply, &message)
    })
}
