//! How long a provider asks to be left alone.

use serde_json::Value;

use crate::provider::HttpReply;
use crate::time::Time;

/// No hint counts for longer than a day: beyond it, a person decides.
pub const HINT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// Hints in words stand at the start of a body.
const BODY_BYTES_SEARCHED: usize = 16 * 1_024;
const LEADS: [&str; 12] = [
    "try again in ",
    "retry in ",
    "retry after ",
    "try again after ",
    "again within ",
    "wait ",
    "available in ",
    "available again in ",
    "reset in ",
    "resets in ",
    "reset after ",
    "resets after ",
];
/// What may stand between such a lead and the number.
const FILLERS: [&str; 8] = ["about ", "approximately ", "at least ", "around ", "another ", "for ", "~", "up to "];
/// Fields of an error body that state a wait, in lower case and without `_` and `-`.
const FIELDS_IN_MS: [&str; 2] = ["retryafterms", "retryaftermilliseconds"];
const FIELDS_IN_S: [&str; 4] = ["retryafter", "retryafterseconds", "retryaftersecs", "retrydelay"];
/// Numbers above these are moments and no waits: seconds, and milliseconds, since 1970.
const EPOCH_S_MIN: f64 = 1e9;
const EPOCH_MS_MIN: f64 = 1e12;

/// The wait asked for: `retry-after-ms`, else `retry-after`, else Google's `RetryInfo`, else OpenRouter's
/// reset, else a field of the body, else words in the body, else what rate-limit headers say of a limit that is used up.
pub fn retry_after_ms(reply: &HttpReply, body: Option<&Value>, now: Time) -> Option<u64> {
    let header = |name: &str| reply.header(name).map(str::trim);
    header("retry-after-ms")
        .and_then(|ms| from_seconds(ms, 0.001))
        .or_else(|| header("retry-after").and_then(|wait| from_text(wait, now)))
        .or_else(|| body.and_then(from_retry_info))
        .or_else(|| body.and_then(|body| from_reset(body, now)))
        .or_else(|| body.and_then(|body| from_fields(body, now)))
        .or_else(|| from_words(&reply.body))
        .or_else(|| from_rate_headers(reply, now))
        .map(|ms| ms.min(HINT_MS_MAX))
}

/// A wait as headers and fields write it: seconds, a duration such as `1m30s`, or a moment as a date or since 1970.
fn from_text(text: &str, now: Time) -> Option<u64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return match number {
            ms if ms >= EPOCH_MS_MIN => Some(Time::from_ms(ms as u64).ms_since(now)),
            s if s >= EPOCH_S_MIN => Some(Time::from_ms((s * 1_000.0) as u64).ms_since(now)),
            _ => from_seconds(text, 1.0),
        };
    }
    from_date(text, now).or_else(|| from_rfc3339(text, now)).or_else(|| duration_ms(&text.to_ascii_lowercase()))
}

/// RFC 3339, in UTC.
pub(super) fn from_rfc3339(text: &str, now: Time) -> Option<u64> {
    let at = humantime::parse_rfc3339(text.trim()).ok()?;
    let since_epoch = at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Time::from_ms(u64::try_from(since_epoch.as_millis()).ok()?).ms_since(now))
}

/// `{"error": {"retry_after": 1.5}}` and its likes, in the body, its error, or what belongs to that.
fn from_fields(body: &Value, now: Time) -> Option<u64> {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error");
    let of_error = |key: &str| error.and_then(|error| error.get(key));
    let metadata = of_error("metadata");
    let headers = metadata.and_then(|metadata| metadata.get("headers"));
    let places =
        [Some(body), error, of_error("details"), metadata, headers, body.get("detail"), body.get("parameters")];
    let fields = places.into_iter().flatten().filter_map(Value::as_object).flatten();
    fields.into_iter().find_map(|(key, value)| {
        let key: String = key.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_ascii_lowercase();
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match &*key {
            ms if FIELDS_IN_MS.contains(&ms) => from_seconds(text.trim(), 0.001),
            s if FIELDS_IN_S.contains(&s) => from_text(&text, now),
            _ => None,
        }
    })
}

/// `x-ratelimit-reset`, `x-ratelimit-reset-tokens`, `ratelimit-reset`, `anthropic-ratelimit-requests-reset`: of a 429, the
/// longest of those whose limit has nothing left.
fn from_rate_headers(reply: &HttpReply, now: Time) -> Option<u64> {
    if reply.status != 429 {
        return None;
    }
    let resets = reply.headers.iter().filter(|(name, _)| name.contains("ratelimit") && name.contains("reset"));
    let used_up = resets.filter(|(name, _)| {
        let left = reply.header(&name.replace("reset", "remaining")).and_then(|left| left.trim().parse::<f64>().ok());
        // A reset that belongs to no particular limit says when the refused one is over.
        left.map_or(name.ends_with("ratelimit-reset"), |left| left <= 0.0)
    });
    used_up.filter_map(|(_, value)| from_text(value, now)).max()
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
    let wait = |at: usize| {
        let rest = &lower[at..];
        duration_ms(FILLERS.iter().find_map(|filler| rest.strip_prefix(filler)).unwrap_or(rest))
    };
    LEADS.iter().find_map(|lead| lower.match_indices(lead).find_map(|(at, _)| wait(at + lead.len())))
}

/// A duration at the start of `text`, in lower case: `41.724s`, `6m0s`, `12ms`, `1h2m`, `26 seconds`, `a minute`, `1 hour and
/// 5 minutes`.
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    let mut rest = text.trim_start();
    let mut total_s = None;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = match rest[..digits].parse::<f64>() {
            Ok(number) => (number, &rest[digits..]),
            Err(_) => match ONES.iter().find_map(|one| rest.strip_prefix(one)) {
                Some(after) => (1.0, after),
                None => break,
            },
        };
        let after = after.trim_start_matches([' ', '-']);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let unit_s = match &after[..letters] {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            _ => break,
        };
        total_s = Some(total_s.unwrap_or(0.0) + number * unit_s);
        rest = after[letters..].trim_start_matches([' ', ',']);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    to_ms(total_s?)
}

const ONES: [&str; 3] = ["a ", "an ", "one "];

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
            ("1m30s", Some(90_000)),
            ("1.2s.", Some(1_200)),
            ("500ms.", Some(500)),
            ("1 minute and 30 seconds", Some(90_000)),
            ("2 hours, 5 minutes", Some(7_500_000)),
            ("a minute", Some(60_000)),
            ("an hour.", Some(3_600_000)),
            ("1 hr 2 min", Some(3_720_000)),
            ("a while", None),
            ("soon", None),
            ("5 apples", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text}");
        }
    }
}
