//! OpenAI's Chat Completions, as OpenAI and the servers compatible with it speak it: bodies out, 2xx answers in.
//! Refusals (every other status) are read in `refusal`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::money::{PICO, Usd};
use crate::provider::response_format::ResponseFormat;
use crate::provider::{
    Answer, BODY_BYTES_MAX, Bill, Call, CapName, Failure, FailureKind, Finish, HttpReply, Outcome, Provider,
    ReasoningEffort, StatedCost, Usage, base_url, refusal, response_format, takes_temperature, words,
};
use crate::time::Time;

/// More than that for one call is an error of the server's.
const STATED_COST_MAX: Usd = Usd::from_pico(1_000_000 * PICO);
const TICKS_A_DOLLAR: i128 = 10_000_000_000;

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
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// A compatible endpoint at OpenAI's own address is OpenAI: it refuses `max_tokens` for reasoning models.
pub fn body(provider: Provider, base_url: &str, call: &Call) -> String {
    let preset = provider.preset();
    let newer_name = preset.cap == CapName::MaxCompletionTokens || base_url::host(base_url) == "api.openai.com";
    let system = (!call.system.is_empty()).then_some(Message { role: "system", content: call.system });
    let body = Body {
        model: call.model,
        messages: system.into_iter().chain([Message { role: "user", content: call.user }]).collect(),
        max_tokens: call.output_tokens_max.filter(|_| !newer_name),
        max_completion_tokens: call.output_tokens_max.filter(|_| newer_name),
        temperature: call.temperature.filter(|t| t.is_finite() && takes_temperature(call.model)),
        reasoning_effort: call.effort.filter(|effort| preset.efforts.contains(effort)).map(ReasoningEffort::word),
        response_format: response_format::field(provider.schema_support(), call.format),
    };
    serde_json::to_string(&body).unwrap_or_default()
}

pub fn decode(provider: Provider, reply: &HttpReply, now: Time) -> Outcome {
    if !(200..300).contains(&reply.status) {
        let json = serde_json::from_str(&reply.body).ok();
        return Outcome::Failed { failure: refusal::read(provider, reply, json.as_ref(), now), bill: Bill::Nothing };
    }
    let Ok(json) = serde_json::from_str::<Value>(reply.body.trim_start_matches('\u{feff}')) else {
        return Outcome::Failed { failure: not_json(reply), bill: Bill::Unknown };
    };
    let bill = bill(provider, &json, &reply.body);
    let choice = json.get("choices").and_then(|choices| choices.get(0));
    // Gateways report an upstream's failure inside a 200. Its tokens may have been billed, unlike a refusal's.
    let error_at = [choice, Some(&json)].into_iter().flatten().find(|at| at.get("error").is_some_and(|e| !e.is_null()));
    let answer = choice.and_then(|choice| answer(reply, &json, choice));
    match (answer, error_at) {
        (Some(answer), None) => Outcome::Answered { answer, bill },
        (Some(answer), Some(_)) if !answer.text.is_empty() => Outcome::Answered { answer, bill },
        (_, Some(error_at)) => Outcome::Failed { failure: refusal::read_inside_200(reply, error_at, now), bill },
        (None, None) => {
            let message = format!("an answer without choices: {}", reply.body);
            Outcome::Failed { failure: failure(FailureKind::TornBody, reply, &message), bill }
        }
    }
}

/// A 2xx body that isn't JSON: a web page, or an answer that broke off.
pub(super) fn not_json(reply: &HttpReply) -> Failure {
    let start = reply.body.trim_start_matches('\u{feff}').trim_start();
    let html_type = reply.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    if start.starts_with('<') || html_type {
        return failure(FailureKind::HtmlPage, reply, &refusal::html_title(start).unwrap_or_default());
    }
    let message = match (start.is_empty(), reply.torn) {
        (true, _) => "the body is empty".to_string(),
        (false, true) if reply.body.len() >= BODY_BYTES_MAX => {
            format!("the body was cut off at {} MiB, the most that is read of an answer", BODY_BYTES_MAX / 1_048_576)
        }
        (false, true) => format!("the body broke off after {} bytes", reply.body.len()),
        (false, false) => format!("the body is not JSON: {start}"),
    };
    failure(FailureKind::TornBody, reply, &message)
}

pub(super) fn failure(kind: FailureKind, reply: &HttpReply, message: &str) -> Failure {
    Failure { kind, status: Some(reply.status), message: words::clean(message), retry_after_ms: None, request_id: None }
}

/// The first choice; `None` where it holds no message. A refusal's own words are kept as its text, marked by `finish`.
fn answer(reply: &HttpReply, json: &Value, choice: &Value) -> Option<Answer> {
    let message = choice.get("message").filter(|message| message.is_object())?;
    let content = message.get("content").map(text_of).unwrap_or_default();
    let refused = message.get("refusal").and_then(Value::as_str).unwrap_or("");
    let finish = if refused.is_empty() { finish(choice) } else { Finish::ContentFilter };
    let text = if content.is_empty() { refused.to_string() } else { content };
    let request_id = reply
        .header("x-request-id")
        .or_else(|| json.get("id").and_then(Value::as_str))
        .map(words::clean)
        .filter(|id| !id.is_empty());
    Some(Answer { text, finish, request_id, misfit: None })
}

/// Content is a string, nothing, or a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.as_str().or_else(|| part.get("text").and_then(Value::as_str))).collect()
        }
        _ => String::new(),
    }
}

fn finish(choice: &Value) -> Finish {
    let reason = choice.get("finish_reason").and_then(Value::as_str).unwrap_or("");
    match reason.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "end_turn" | "stop_sequence" => Finish::Stop,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        // Gemini names the rule behind it: `content_filter: PROHIBITED_CONTENT`.
        reason if reason.starts_with("content_filter") => Finish::ContentFilter,
        "safety" | "sensitive" => Finish::ContentFilter,
        _ => Finish::Other,
    }
}

fn bill(provider: Provider, json: &Value, body: &str) -> Bill {
    let stated_cost = || match provider.preset().stated_cost {
        StatedCost::No => None,
        StatedCost::Dollars => stated_cost(body),
        StatedCost::Ticks => stated_ticks(json),
    };
    match json.get("usage").and_then(usage) {
        Some(usage) => Bill::Usage { usage, stated_cost: stated_cost() },
        None => Bill::Unknown,
    }
}

/// Usage in OpenAI's words. Some servers count reasoning in the total alone, so the output is the larger of what they
/// state and what the total leaves. All zeros is a field nobody filled in, not a call without tokens.
fn usage(usage: &Value) -> Option<Usage> {
    let count = |pointer: &str| usage.pointer(pointer).and_then(whole);
    let input = count("/prompt_tokens")?;
    let rest = count("/total_tokens").map(|total| total.saturating_sub(input));
    let output = count("/completion_tokens").max(rest)?;
    if input == 0 && output == 0 {
        return None;
    }
    let cache_read = count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens"));
    let cache_read = cache_read.unwrap_or(0).min(input);
    let cache_write = count("/prompt_tokens_details/cache_write_tokens").unwrap_or(0).min(input - cache_read);
    let reasoning = count("/completion_tokens_details/reasoning_tokens").unwrap_or(0).min(output);
    Some(Usage { input, output, cache_read, cache_write, reasoning, ..Usage::default() })
}

pub(super) fn whole(number: &Value) -> Option<u64> {
    number.as_u64().or_else(|| {
        number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(n)).map(|n| n as u64)
    })
}

#[derive(Deserialize)]
struct CostReply<'a> {
    #[serde(borrow)]
    usage: CostUsage<'a>,
}

/// OpenRouter states what a call cost. With the person's own upstream key its `cost` is the fee alone.
#[derive(Deserialize)]
struct CostUsage<'a> {
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(default)]
    is_byok: bool,
    #[serde(borrow, default)]
    cost_details: Option<CostDetails<'a>>,
}

#[derive(Deserialize)]
struct CostDetails<'a> {
    #[serde(borrow)]
    upstream_inference_cost: Option<&'a RawValue>,
}

/// xAI states what a call cost in whole ticks of a hundred pico-dollars.
fn stated_ticks(json: &Value) -> Option<Usd> {
    let ticks = json.pointer("/usage/cost_in_usd_ticks").and_then(Value::as_u64)?;
    Some(Usd::from_pico(i128::from(ticks) * PICO / TICKS_A_DOLLAR)).filter(|cost| *cost <= STATED_COST_MAX)
}

/// The stated cost, read from the number's own text: a float would lose pico-dollars.
fn stated_cost(body: &str) -> Option<Usd> {
    let usage = serde_json::from_str::<CostReply>(body.trim_start_matches('\u{feff}')).ok()?.usage;
    let fee = usd_of_number(usage.cost?.get())?;
    if !usage.is_byok {
        return Some(fee);
    }
    Some(fee + usd_of_number(usage.cost_details?.upstream_inference_cost?.get())?)
}

/// A JSON number as dollars, to the nearest pico-dollar. `None` for a negative one, an absurd one, or something else.
fn usd_of_number(text: &str) -> Option<Usd> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.len() > 30 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: i128 = digits.parse().ok()?;
    let shift = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(12)?;
    let pico = match shift {
        0..=18 => digits.checked_mul(10_i128.pow(shift.unsigned_abs()))?,
        -30..=-1 => {
            let unit = 10_i128.pow(shift.unsigned_abs());
            (digits + unit / 2) / unit
        }
        ..=-31 => 0,
        19.. => return (digits == 0).then_some(Usd::ZERO),
    };
    Some(Usd::from_pico(pico)).filter(|cost| *cost <= STATED_COST_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_cost_is_read_to_the_pico_dollar() {
        for (text, pico) in [
            ("0.00014", Some(140_000_000)),
            ("1.4e-05", Some(14_000_000)),
            ("1.4E-5", Some(14_000_000)),
            ("0", Some(0)),
            ("2", Some(2_000_000_000_000)),
            ("0.1234567890125", Some(123_456_789_013)),
            ("1e-40", Some(0)),
            ("-0.1", None),
            ("\"0.1\"", None),
            ("1e400", None),
            ("null", None),
        ] {
            assert_eq!(usd_of_number(text).map(Usd::pico), pico, "{text}");
        }
    }
}
