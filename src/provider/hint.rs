//! How long a provider asks to be left alone.

use serde_json::Value;

use crate::provider::HttpReply;
use crate::time::Time;

/// No hint counts for longer than a day: beyond it, a person decides.
pub const HINT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// Hints in words stand at the start of a body.
const BODY_BYTES_SEARCHED: usize = 16 * 1_024;
const LEADS: [&str; 5] = ["try again in ", "retry in ", "retry after ", "try again after ", "wait "];

/// The wait asked for: `retry-after-ms`, else `retry-after`, else Google's `RetryInfo`, else OpenRouter's
/// reset, else words in the body.
pub fn retry_after_ms(reply: &HttpReply, body: Option<&Value>, now: Time) -> Option<u64> {
    let header = |name: &str| reply.header(name).map(str::trim);
    header("retry-after-ms")
        .and_then(|ms| from_seconds(ms, 0.001))
        .or_else(|| header("retry-after").and_then(|wait| from_seconds(wait, 1.0).or_else(|| from_date(wait, now))))
        .or_else(|| body.and_then(from_retry_info))
        .or_else(|| body.and_then(|body| from_reset(body, now)))
        .or_else(|| from_words(&reply.body))
        .map(|ms| ms.min(HINT_MS_MAX))
}

pub(super) fn from_seconds(text: &str, unit_s: f64) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    to_ms(number * unit_s)
}

fn from_date(text: &str, now: Time) -> Option<u64> {
    let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    let at = Time::from_ms(u64::try_from(since_epoch.as_millis()).ok()?);
    Some(at.ms_since(now))
}

/// `google.rpc.RetryInfo` among the details of an error.
fn from_retry_info(body: &Value) -> Option<u64> {
    let body = body.get(0).unwrap_or(body);
    let details = body.get("error")?.get("details")?.as_array()?;
    details.iter().find_map(|detail| duration_ms(&detail.get("retryDelay")?.as_str()?.to_ascii_lowercase()))
}

/// OpenRouter puts the headers that a page can't read into the body; its reset is a moment in milliseconds.
fn from_reset(body: &Value, now: Time) -> Option<u64> {
    let reset = body.pointer("/error/metadata/headers/X-RateLimit-Reset")?;
    let at_ms = reset.as_u64().or_else(|| reset.as_str()?.parse().ok())?;
    Some(Time::from_ms(at_ms).ms_since(now))
}

fn from_words(body: &str) -> Option<u64> {
    let mut end = body.len().min(BODY_BYTES_SEARCHED);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    let lower = body[..end].to_ascii_lowercase();
    LEADS.iter().find_map(|lead| lower.match_indices(lead).find_map(|(at, _)| duration_ms(&lower[at + lead.len()..])))
}

/// A duration at the start of `text`, in lower case: `41.724s`, `6m0s`, `12ms`, `1h2m`, `26 seconds`.
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    let mut rest = text.trim_start();
    let mut total_s = None;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<f64>() else { break };
        let after = rest[digits..].trim_start_matches(' ');
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let unit_s = match &after[..letters] {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            _ => break,
        };
        total_s = Some(total_s.unwrap_or(0.0) + number * unit_s);
        rest = &after[letters..];
    }
    to_ms(total_s?)
}

/// Rounded up, so that nobody comes back too early; the small tolerance keeps float dust from adding a millisecond.
fn to_ms(seconds: f64) -> Option<u64> {
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1_000.0 - 1e-6).ceil().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words() {
        for (text, ms) in [
            ("41.724s. visit", Some(41_724)),
            ("6m0s", Some(360_000)),
            ("12ms", Some(12)),
            ("7m12.5s", Some(432_500)),
            ("1h2m3s", Some(3_723_000)),
            ("26 seconds.", Some(26_000)),
            ("3 minutes", Some(180_000)),
            ("soon", None),
            ("5 apples", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text}");
        }
    }
}
