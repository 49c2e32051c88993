//! Answers as bytes, read by the product's own decoder: what the world says of a call goes the way that a real
//! answer goes.

use pennybatch::engine::Ordinal;
use pennybatch::provider::{HttpReply, Outcome, Provider, Usage};
use pennybatch::time::Time;

/// The text of the one right answer to a request.
pub fn text(leader: Ordinal) -> String {
    format!("answer to {leader}")
}

fn body(text: &str, item: Ordinal, length: bool, usage: Option<&Usage>) -> String {
    let finish = if length { "length" } else { "stop" };
    let usage = usage.map_or(String::new(), |usage| {
        format!(
            r#","usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}},"completion_tokens_details":{{"reasoning_tokens":{}}}}}"#,
            usage.input,
            usage.output,
            usage.input + usage.output,
            usage.cache_read,
            usage.reasoning
        )
    });
    format!(
        r#"{{"id":"r{item}","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"{finish}"}}]{usage}}}"#,
    )
}

fn decode(status: u16, headers: Vec<(String, String)>, body: String, torn: bool, now: Time) -> Outcome {
    Provider::OpenAiCompatible.decode(&HttpReply { status, headers, body, torn }, now)
}

pub fn answer(
    leader: Ordinal,
    item: Ordinal,
    length: bool,
    misfit: Option<String>,
    usage: Option<&Usage>,
    now: Time,
) -> Outcome {
    let mut outcome = decode(200, Vec::new(), body(&text(leader), item, length, usage), false, now);
    if let Outcome::Answered { answer, .. } = &mut outcome {
        answer.misfit = misfit;
    }
    outcome
}

/// An answer that was cut off before it began to write.
pub fn thought_only(item: Ordinal, usage: &Usage, now: Time) -> Outcome {
    decode(200, Vec::new(), body("", item, true, Some(usage)), false, now)
}

/// The same answer, broken off anywhere before its end.
pub fn torn(leader: Ordinal, item: Ordinal, usage: &Usage, rng: &mut fastrand::Rng, now: Time) -> Outcome {
    let whole = body(&text(leader), item, false, Some(usage));
    let kept = rng.usize(0..whole.len());
    decode(200, Vec::new(), whole[..kept].to_owned(), true, now)
}

/// A 429 with one of the ways to say how long to wait, and the wait that it asks for.
pub fn refusal(rng: &mut fastrand::Rng, wait_ms: u64, now: Time) -> (Outcome, Option<u64>) {
    let seconds = wait_ms.div_ceil(1_000);
    let header = |name: &str, value: String| vec![(name.to_owned(), value)];
    let plain = r#"{"error":{"message":"Rate limit reached.","code":"rate_limit_exceeded"}}"#.to_owned();
    let (headers, body, hint_ms) = match rng.u8(0..6) {
        0 => (Vec::new(), plain, None),
        1 => (header("retry-after", seconds.to_string()), plain, Some(seconds * 1_000)),
        2 => (header("retry-after-ms", wait_ms.to_string()), plain, Some(wait_ms)),
        3 => {
            let until_s = (now.ms() + wait_ms).div_ceil(1_000);
            let until = std::time::UNIX_EPOCH + std::time::Duration::from_secs(until_s);
            let date = httpdate::fmt_http_date(until);
            (header("retry-after", date), plain, Some(until_s * 1_000 - now.ms()))
        }
        4 => {
            let words = format!("Rate limit reached. Please try again in {wait_ms}ms.");
            let body = format!(r#"{{"error":{{"message":"{words}","code":"rate_limit_exceeded"}}}}"#);
            (Vec::new(), body, Some(wait_ms))
        }
        _ => {
            let detail = format!(r#"{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{seconds}s"}}"#);
            let body = format!(
                r#"{{"error":{{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED","details":[{detail}]}}}}"#
            );
            (Vec::new(), body, Some(seconds * 1_000))
        }
    };
    (decode(429, headers, body, false, now), hint_ms)
}
