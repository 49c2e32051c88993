//! Anthropic's Messages API: bodies out, 2xx answers in. Refusals (every other status) are read in `refusal`.

use serde::Serialize;
use serde_json::Value;

use crate::provider::openai_chat::{failure, not_json, whole};
use crate::provider::response_format::ResponseFormat;
use crate::provider::{
    Answer, Bill, Call, Failure, FailureKind, Finish, HttpReply, Outcome, PromptCache, Provider, ReasoningEffort,
    Usage, refusal, response_format, takes_temperature, words,
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

/// One mark at the end of what the calls share keeps everything before it.
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
    let (shared, own) = match call.user.split_at_checked(call.shared_user_bytes) {
        // A block of white space alone is refused.
        Some((shared, own)) if mark.is_some() && !shared.trim().is_empty() && !own.trim().is_empty() => (shared, own),
        _ => ("", call.user),
    };
    let content = match shared.is_empty() {
        true => vec![block(own, None)],
        false => vec![block(shared, mark), block(own, None)],
    };
    let system_mark = mark.filter(|_| shared.is_empty());
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
    let effort = effort.filter(|effort| provider.preset().efforts.contains(effort)).map(ReasoningEffort::word);
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

pub fn decode(provider: Provider, reply: &HttpReply, now: Time) -> Outcome {
    if !(200..300).contains(&reply.status) {
        let json = serde_json::from_str(&reply.body).ok();
        return Outcome::Failed { failure: refusal::read(provider, reply, json.as_ref(), now), bill: Bill::Nothing };
    }
    let Ok(json) = serde_json::from_str::<Value>(reply.body.trim_start_matches('\u{feff}')) else {
        return Outcome::Failed { failure: not_json(reply), bill: Bill::Unknown };
    };
    let bill =
        json.get("usage").and_then(usage).map_or(Bill::Unknown, |usage| Bill::Usage { usage, stated_cost: None });
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Outcome::Failed { failure: refusal::read_inside_200(reply, &json, now), bill };
    }
    match json.get("content").and_then(Value::as_array) {
        Some(blocks) => Outcome::Answered { answer: answer(reply, &json, blocks), bill },
        None => {
            let message = format!("an answer without content: {}", reply.body);
            Outcome::Failed { failure: failure(FailureKind::TornBody, reply, &message), bill }
        }
    }
}

/// `{"input_tokens": 2095}`, as the answer to [`count_body`].
pub fn counted(provider: Provider, reply: &HttpReply, now: Time) -> Result<u32, Failure> {
    let json = serde_json::from_str::<Value>(&reply.body).ok();
    if !(200..300).contains(&reply.status) {
        return Err(refusal::read(provider, reply, json.as_ref(), now));
    }
    let tokens = json.as_ref().and_then(|json| json.get("input_tokens")?.as_u64());
    tokens.and_then(|tokens| u32::try_from(tokens).ok()).ok_or_else(|| {
        let message = format!("an answer without input_tokens: {}", reply.body);
        failure(FailureKind::TornBody, reply, &message)
    })
}

/// The text blocks together; thoughts and tool calls are no answer.
fn answer(reply: &HttpReply, json: &Value, blocks: &[Value]) -> Answer {
    let is_text = |block: &&Value| block.get("type").and_then(Value::as_str) == Some("text");
    let texts = blocks.iter().filter(is_text).filter_map(|block| block.get("text").and_then(Value::as_str));
    let request_id = reply.header("request-id").or_else(|| json.get("id").and_then(Value::as_str));
    Answer {
        text: texts.collect(),
        finish: finish(json.get("stop_reason").and_then(Value::as_str).unwrap_or("")),
        request_id: request_id.map(words::clean).filter(|id| !id.is_empty()),
        misfit: None,
    }
}

fn finish(reason: &str) -> Finish {
    match reason {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => Finish::ContentFilter,
        _ => Finish::Other,
    }
}

/// `input_tokens` leaves out what the prompt cache took and gave; here the input is the whole. What was written is told
/// by how long it is kept, too.
fn usage(usage: &Value) -> Option<Usage> {
    let count = |pointer: &str| usage.pointer(pointer).and_then(whole);
    let fresh = count("/input_tokens")?;
    let output = count("/output_tokens")?;
    let cache_read = count("/cache_read_input_tokens").unwrap_or(0);
    let five_minutes = count("/cache_creation/ephemeral_5m_input_tokens").unwrap_or(0);
    let one_hour = count("/cache_creation/ephemeral_1h_input_tokens").unwrap_or(0);
    let cache_write = count("/cache_creation_input_tokens").unwrap_or(0).max(five_minutes + one_hour);
    let input = fresh + cache_read + cache_write;
    if input == 0 && output == 0 {
        return None;
    }
    Some(Usage { input, output, cache_read, cache_write, cache_write_1h: one_hour, reasoning: 0 })
}
