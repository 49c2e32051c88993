//! Rate limits as headers state them.

use crate::provider::{HttpReply, LimitSeen, RateHeaders, RateSeen, hint};
use crate::time::Time;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;
/// A limit that takes longer than this to be full again is not of a minute: Groq's requests are of a day, as OpenAI's
/// are for some tiers, under the same name.
const FULL_MS_MAX: u64 = 5 * MINUTE_MS;
/// How `x-ratelimit-…-requests` ends at servers that name the span: Cerebras (`-day`, `-minute`), Mistral
/// (`-req-minute`, without a reset).
const REQUEST_NAMES: [(&str, Option<u64>); 4] = [
    ("requests", None),
    ("requests-second", Some(SECOND_MS)),
    ("requests-minute", Some(MINUTE_MS)),
    ("req-minute", Some(MINUTE_MS)),
];
const TOKEN_NAMES: [(&str, Option<u64>); 2] = [("tokens", None), ("tokens-minute", Some(MINUTE_MS))];

/// What the headers say of the limits; `None` where there is nothing to be read.
pub fn read(headers: RateHeaders, reply: &HttpReply, now: Time) -> Option<RateSeen> {
    let seen = match headers {
        RateHeaders::None => return None,
        RateHeaders::XRateLimit => {
            let of = |(kind, span_ms): &(&str, Option<u64>)| LimitSeen {
                limit: number(reply, &format!("x-ratelimit-limit-{kind}")),
                remaining: number(reply, &format!("x-ratelimit-remaining-{kind}")),
                reset_ms: reply.header(&format!("x-ratelimit-reset-{kind}")).and_then(wait_ms),
                span_ms: *span_ms,
            };
            let first = |names: &[(&str, Option<u64>)]| {
                let seen = names.iter().map(of).find(|seen| seen.limit.or(seen.remaining).or(seen.reset_ms).is_some());
                seen.map(with_span).unwrap_or_default()
            };
            RateSeen { requests: first(&REQUEST_NAMES), tokens: first(&TOKEN_NAMES), ..RateSeen::default() }
        }
        RateHeaders::Anthropic => {
            let of = |kind: &str| LimitSeen {
                limit: number(reply, &format!("anthropic-ratelimit-{kind}-limit")),
                remaining: number(reply, &format!("anthropic-ratelimit-{kind}-remaining")),
                reset_ms: reply
                    .header(&format!("anthropic-ratelimit-{kind}-reset"))
                    .and_then(|at| hint::from_rfc3339(at, now)),
                // As its documentation says.
                span_ms: number(reply, &format!("anthropic-ratelimit-{kind}-limit")).map(|_| MINUTE_MS),
            };
            RateSeen {
                requests: of("requests"),
                tokens: of("tokens"),
                input_tokens: of("input-tokens"),
                output_tokens: of("output-tokens"),
            }
        }
    };
    (seen != RateSeen::default()).then_some(seen)
}

fn number(reply: &HttpReply, name: &str) -> Option<u64> {
    reply.header(name)?.trim().parse().ok()
}

/// `6m0s`, `12ms`; some servers state bare seconds.
fn wait_ms(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    hint::duration_ms(&text).or_else(|| hint::from_seconds(&text, 1.0))
}

/// The limit with what it is counted over, or nothing where that is longer than a minute.
fn with_span(seen: LimitSeen) -> LimitSeen {
    let (None, Some(limit), Some(remaining), Some(reset_ms)) =
        (seen.span_ms, seen.limit, seen.remaining, seen.reset_ms)
    else {
        return seen;
    };
    let used = limit.saturating_sub(remaining);
    if used == 0 {
        return seen;
    }
    // A limit that is filled all the time is full again after the share of its span that was used.
    let full_ms = |reset_ms: u64| reset_ms.saturating_mul(limit) / used;
    let is_a_minutes =
        full_ms(reset_ms.saturating_add(1)) >= MINUTE_MS / 2 && full_ms(reset_ms.saturating_sub(1)) <= 2 * MINUTE_MS;
    // Some state when the next unit is there, and windows when they end.
    let is_next_unit = reset_ms.saturating_mul(limit) <= 10 * SECOND_MS;
    let is_a_seconds = (SECOND_MS / 2..=2 * SECOND_MS).contains(&full_ms(reset_ms)) || is_next_unit;
    match full_ms(reset_ms) {
        longer if longer > FULL_MS_MAX => LimitSeen::default(),
        _ if is_a_minutes => LimitSeen { span_ms: Some(MINUTE_MS), ..seen },
        _ if reset_ms > 0 && reset_ms <= SECOND_MS && is_a_seconds => LimitSeen { span_ms: Some(SECOND_MS), ..seen },
        _ => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_795_435_200_000);

    fn seen(headers: RateHeaders, pairs: &[(&str, &str)]) -> Option<RateSeen> {
        let headers_of = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        read(headers, &HttpReply { status: 200, headers: headers_of, ..HttpReply::default() }, NOW)
    }

    /// Of a minute.
    fn limit(limit: u64, remaining: u64, reset_ms: u64) -> LimitSeen {
        LimitSeen { limit: Some(limit), remaining: Some(remaining), reset_ms: Some(reset_ms), span_ms: Some(MINUTE_MS) }
    }

    #[test]
    fn openais_headers() {
        let pairs = [
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "450"),
            ("x-ratelimit-reset-requests", "6s"),
            ("x-ratelimit-limit-tokens", "200000"),
            ("x-ratelimit-remaining-tokens", "20000"),
            ("x-ratelimit-reset-tokens", "54.12s"),
        ];
        let expected = RateSeen {
            requests: limit(500, 450, 6_000),
            tokens: limit(200_000, 20_000, 54_120),
            ..RateSeen::default()
        };
        assert_eq!(seen(RateHeaders::XRateLimit, &pairs), Some(expected));
        assert_eq!(seen(RateHeaders::None, &pairs), None);
        assert_eq!(seen(RateHeaders::Anthropic, &pairs), None);
        assert_eq!(seen(RateHeaders::XRateLimit, &[("x-request-id", "req_1")]), None);
    }

    #[test]
    fn durations_in_every_shape() {
        for (text, ms) in [
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("12ms", Some(12)),
            ("1h2m3s", Some(3_723_000)),
            ("7.66s", Some(7_660)),
            ("30", Some(30_000)),
            ("0s", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let seen =
                seen(RateHeaders::XRateLimit, &[("x-ratelimit-limit-tokens", "9"), ("x-ratelimit-reset-tokens", text)]);
            assert_eq!(seen.and_then(|seen| seen.tokens.reset_ms), ms, "{text}");
        }
    }

    /// Header sets as providers sent or document them; `x-ratelimit-` is left out.
    #[test]
    fn what_a_limit_is_counted_over_is_seen() {
        const NONE: Option<(u64, Option<u64>)> = None;
        let (second, minute) = (Some(SECOND_MS), Some(MINUTE_MS));
        for (source, [limit, remaining, reset], due) in [
            // Buckets of a minute: the share that was used, times a minute.
            ("Groq, console.groq.com/docs/rate-limits", ["8000", "7927", "547ms"], Some((8_000, minute))),
            ("Groq, the same, one short call", ["18000", "17997", "10ms"], Some((18_000, minute))),
            ("OpenAI, a request", ["10000", "9999", "6ms"], Some((10_000, minute))),
            ("OpenAI, its documentation", ["60", "59", "1s"], Some((60, minute))),
            ("OpenAI, its tokens", ["200000", "20000", "54.12s"], Some((200_000, minute))),
            ("OpenAI, requests used up", ["3500", "3499", "17ms"], Some((3_500, minute))),
            // Buckets of a day are none of a minute.
            ("Groq, requests", ["1000", "998", "2m52.8s"], NONE),
            ("Groq, requests", ["1000", "942", "1h23m31s"], NONE),
            ("Groq, requests", ["14400", "14399", "6s"], NONE),
            ("OpenAI, the tokens of its documentation", ["150000", "149984", "6m0s"], NONE),
            // A second's: filled all the time, in whole windows, or stating when the next unit is there.
            ("ten a second", ["10", "9", "100ms"], Some((10, second))),
            ("ten a second", ["10", "4", "100ms"], Some((10, second))),
            ("ten a second", ["10", "0", "100ms"], Some((10, second))),
            ("ten a second, a window", ["10", "7", "0.9"], Some((10, second))),
            ("ten a second, whole seconds", ["10", "9", "1"], Some((10, second))),
            ("a hundred a second, a bucket", ["100", "50", "500ms"], Some((100, second))),
            ("two million tokens a second", ["2000000", "1000000", "500ms"], Some((2_000_000, second))),
            // One answer doesn't tell.
            ("nothing is used", ["500", "500", "0s"], Some((500, None))),
            ("a minute's window", ["60", "20", "20s"], Some((60, minute))),
            ("a minute's window, lately", ["60", "20", "5s"], Some((60, None))),
            ("the next unit of 600 a minute", ["600", "0", "100ms"], Some((600, None))),
            ("a gateway's window, used up", ["60", "0", "58s"], Some((60, minute))),
            ("rounded down to nothing", ["10000", "9999", "0s"], Some((10_000, None))),
        ] {
            for kind in ["requests", "tokens"] {
                let headers = ["limit", "remaining", "reset"].map(|part| format!("x-ratelimit-{part}-{kind}"));
                let [one, two, three] = &headers;
                let read = seen(RateHeaders::XRateLimit, &[(one, limit), (two, remaining), (three, reset)]);
                let of = |read: RateSeen| if kind == "requests" { read.requests } else { read.tokens };
                let read = read.map(of).and_then(|read| Some((read.limit?, read.span_ms)));
                assert_eq!(read, due, "{source}: {limit} {remaining} {reset}");
            }
        }
    }

    #[test]
    fn a_span_that_headers_name_is_taken() {
        // Cerebras: inference-docs.cerebras.ai/support/rate-limits. Its requests are of a day.
        let cerebras = [
            ("x-ratelimit-limit-requests-day", "14400"),
            ("x-ratelimit-limit-tokens-minute", "60000"),
            ("x-ratelimit-remaining-tokens-minute", "50000"),
            ("x-ratelimit-reset-tokens-minute", "0.9"),
        ];
        let read = seen(RateHeaders::XRateLimit, &cerebras).expect("the tokens");
        assert_eq!((read.requests, read.tokens), (LimitSeen::default(), limit(60_000, 50_000, 900)));
        // Mistral: github.com/mistralai/client-ts, issue 169.
        let mistral = [
            ("x-ratelimit-limit-tokens-minute", "5000000"),
            ("x-ratelimit-remaining-tokens-minute", "4999911"),
            ("x-ratelimit-limit-req-minute", "720"),
            ("x-ratelimit-remaining-req-minute", "717"),
        ];
        let read = seen(RateHeaders::XRateLimit, &mistral).expect("both");
        let without_reset = |limit_: LimitSeen| LimitSeen { reset_ms: None, ..limit_ };
        assert_eq!(read.requests, without_reset(limit(720, 717, 0)));
        assert_eq!(read.tokens, without_reset(limit(5_000_000, 4_999_911, 0)));
        // OpenRouter and Together name neither requests nor tokens, and Fireworks counts kinds of tokens.
        for names in ["x-ratelimit-limit", "x-tokenlimit-limit", "x-ratelimit-limit-tokens-prompt"] {
            assert_eq!(seen(RateHeaders::XRateLimit, &[(names, "10")]), None);
        }
    }

    #[test]
    fn anthropics_headers() {
        let read = seen(
            RateHeaders::Anthropic,
            &[
                ("anthropic-ratelimit-requests-limit", "1000"),
                ("anthropic-ratelimit-requests-remaining", "999"),
                ("anthropic-ratelimit-requests-reset", "2026-11-23T12:00:01Z"),
                ("anthropic-ratelimit-tokens-limit", "96000"),
                ("anthropic-ratelimit-tokens-remaining", "95000"),
                ("anthropic-ratelimit-tokens-reset", "2026-11-23T12:00:30.000Z"),
                ("anthropic-ratelimit-input-tokens-limit", "80000"),
                ("anthropic-ratelimit-input-tokens-remaining", "79000"),
                ("anthropic-ratelimit-input-tokens-reset", "2026-11-23T11:59:59Z"),
                ("anthropic-ratelimit-output-tokens-limit", "16000"),
                ("anthropic-ratelimit-output-tokens-remaining", "0"),
                ("anthropic-ratelimit-output-tokens-reset", "later"),
            ],
        );
        let expected = RateSeen {
            requests: limit(1_000, 999, 1_000),
            tokens: limit(96_000, 95_000, 30_000),
            input_tokens: limit(80_000, 79_000, 0),
            output_tokens: LimitSeen { reset_ms: None, ..limit(16_000, 0, 0) },
        };
        assert_eq!(read, Some(expected));
    }
}
