//! What an answer states of its tokens and its cost.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::money::{PICO, Usd};
use crate::provider::body::Part;
use crate::provider::{Bill, Provider, StatedCost, Usage};

/// More than that for one call is an error of the server's.
const STATED_COST_MAX: Usd = Usd::from_pico(1_000_000 * PICO);
const TICKS_A_DOLLAR: i128 = 10_000_000_000;
/// Where the APIs state what a call used. Ollama writes its counts beside the answer.
const PLACES: [&str; 6] =
    ["/usage", "/message/usage", "/response/usage", "/usageMetadata", "/x_groq/usage", "/result/usage"];
const OLLAMA_COUNTS: [&str; 2] = ["prompt_eval_count", "eval_count"];

/// The bill by what the parts of a body state; in a stream, later parts complete or correct earlier ones.
pub(super) fn bill(provider: Provider, parts: &[Part]) -> Bill {
    let mut stated = Map::new();
    for part in parts {
        for usage in PLACES.iter().filter_map(|place| part.json.pointer(place)?.as_object()) {
            stated.extend(
                usage.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        for name in OLLAMA_COUNTS {
            stated.extend(part.json.get(name).map(|count| (name.to_owned(), count.clone())));
        }
    }
    let Some(usage) = usage(&Value::Object(stated)) else { return Bill::Unknown };
    let stated_cost = parts.iter().rev().find_map(|part| match provider.preset().stated_cost {
        StatedCost::No => None,
        StatedCost::Dollars | StatedCost::DollarsMaybe => stated_cost(&part.text),
        StatedCost::Ticks => stated_ticks(&part.json),
    });
    Bill::Usage { usage, stated_cost }
}

/// All zeros is a field nobody filled in, not a call without tokens.
fn usage(stated: &Value) -> Option<Usage> {
    let has = |name: &str| stated.get(name).is_some();
    let usage = if has("prompt_tokens") {
        open_ai_chat(stated)
    } else if has("promptTokens") {
        gemini_batch(stated)
    } else if has("promptTokenCount") {
        gemini(stated)
    } else if has("input_tokens_details") || has("output_tokens_details") {
        open_ai_responses(stated)
    } else if has("input_tokens") {
        anthropic(stated)
    } else {
        ollama(stated)
    }?;
    (usage.input > 0 || usage.output > 0).then_some(usage)
}

fn count(stated: &Value, pointer: &str) -> Option<u64> {
    stated.pointer(pointer).and_then(whole)
}

/// Some servers count reasoning in the total alone, so the output is the larger of what they state and what the total
/// leaves.
fn open_ai_chat(stated: &Value) -> Option<Usage> {
    let count = |pointer| count(stated, pointer);
    let input = count("/prompt_tokens")?;
    let rest = count("/total_tokens").map(|total| total.saturating_sub(input));
    let output = count("/completion_tokens").max(rest)?;
    let cache_read = count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens"));
    // Moonshot's.
    let cache_read = cache_read.or_else(|| count("/cached_tokens"));
    let cache_read = cache_read.unwrap_or(0).min(input);
    let cache_write = count("/prompt_tokens_details/cache_write_tokens").unwrap_or(0).min(input - cache_read);
    let reasoning = count("/completion_tokens_details/reasoning_tokens").unwrap_or(0).min(output);
    Some(Usage { input, output, cache_read, cache_write, reasoning, ..Usage::default() })
}

/// Gemini's answer to a line of OpenAI's form; its thoughts are in the total alone.
fn gemini_batch(stated: &Value) -> Option<Usage> {
    let count = |pointer| count(stated, pointer);
    let input = count("/promptTokens")?;
    let answer = count("/completionTokens");
    let output = answer.max(count("/totalTokens").map(|total| total.saturating_sub(input)))?;
    let cache_read = count("/promptTokensDetails/cachedTokens").unwrap_or(0).min(input);
    Some(Usage { input, output, cache_read, reasoning: output - answer.unwrap_or(output), ..Usage::default() })
}

/// Its thoughts are no part of the candidates' tokens.
fn gemini(stated: &Value) -> Option<Usage> {
    let count = |pointer| count(stated, pointer);
    let input = count("/promptTokenCount")?;
    let reasoning = count("/thoughtsTokenCount").unwrap_or(0);
    let rest = count("/totalTokenCount").map(|total| total.saturating_sub(input));
    let output = count("/candidatesTokenCount").map(|answer| answer.saturating_add(reasoning)).max(rest)?;
    let cache_read = count("/cachedContentTokenCount").unwrap_or(0).min(input);
    Some(Usage { input, output, cache_read, reasoning: reasoning.min(output), ..Usage::default() })
}

fn open_ai_responses(stated: &Value) -> Option<Usage> {
    let count = |pointer| count(stated, pointer);
    let input = count("/input_tokens")?;
    let output = count("/output_tokens")?;
    let cache_read = count("/input_tokens_details/cached_tokens").unwrap_or(0).min(input);
    let cache_write = count("/input_tokens_details/cache_write_tokens").unwrap_or(0).min(input - cache_read);
    let reasoning = count("/output_tokens_details/reasoning_tokens").unwrap_or(0).min(output);
    Some(Usage { input, output, cache_read, cache_write, reasoning, ..Usage::default() })
}

/// `input_tokens` leaves out what the prompt cache took and gave; here the input is the whole. What was written is
/// also stated by how long it is kept.
fn anthropic(stated: &Value) -> Option<Usage> {
    let count = |pointer| count(stated, pointer);
    let fresh = count("/input_tokens")?;
    let output = count("/output_tokens")?;
    let cache_read = count("/cache_read_input_tokens").unwrap_or(0);
    let five_minutes = count("/cache_creation/ephemeral_5m_input_tokens").unwrap_or(0);
    let one_hour = count("/cache_creation/ephemeral_1h_input_tokens").unwrap_or(0);
    let written = count("/cache_creation_input_tokens").unwrap_or(0);
    let cache_write = written.max(five_minutes.saturating_add(one_hour));
    let input = fresh.saturating_add(cache_read).saturating_add(cache_write);
    Some(Usage { input, output, cache_read, cache_write, cache_write_1h: one_hour, reasoning: 0 })
}

fn ollama(stated: &Value) -> Option<Usage> {
    let [input, output] = OLLAMA_COUNTS.map(|name| stated.get(name).and_then(whole));
    Some(Usage { input: input?, output: output?, ..Usage::default() })
}

fn whole(number: &Value) -> Option<u64> {
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
    let usage = serde_json::from_str::<CostReply>(body).ok()?.usage;
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
