//! Rate limits as headers state them.

use crate::provider::{HttpReply, LimitSeen, RateHeaders, RateSeen, hint};
use crate::time::Time;

/// A limit that takes longer than this to be full again is not of a minute: Groq's requests are of a day, as OpenAI's
/// are for some tiers, under the same name.
const FULL_MS_MAX: u64 = 5 * 60_000;

/// What the headers say of the limits; `None` where there is nothing to be read.
pub fn read(headers: RateHeaders, reply: &HttpReply, now: Time) -> Option<RateSeen> {
    let seen = match headers {
        RateHeaders::None => return None,
        RateHeaders::XRateLimit => {
            let of = |kind: &str| LimitSeen {
                limit: number(reply, &format!("x-ratelimit-limit-{kind}")),
                remaining: number(reply, &format!("x-ratelimit-remaining-{kind}")),
                reset_ms: reply.header(&format!("x-ratelimit-reset-{kind}")).and_then(wait_ms),
            };
            RateSeen { requests: of_a_minute(of("requests")), tokens: of_a_minute(of("tokens")), ..RateSeen::default() }
        }
        RateHeaders::Anthropic => {
            let of = |kind: &str| LimitSeen {
                limit: number(reply, &format!("anthropic-ratelimit-{kind}-limit")),
                remaining: number(reply, &format!("anthropic-ratelimit-{kind}-remaining")),
                reset_ms: reply
                    .header(&format!("anthropic-ratelimit-{kind}-reset"))
                    .and_then(|at| hint::from_rfc3339(at, now)),
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

/// The limit itself, unless its refill shows that it is of something longer than a minute. What tells the two apart is
/// the share that was used and how long it takes to come back.
fn of_a_minute(seen: LimitSeen) -> LimitSeen {
    let (Some(limit), Some(remaining), Some(reset_ms)) = (seen.limit, seen.remaining, seen.reset_ms) else {
        return seen;
    };
    let used = limit.saturating_sub(remaining);
    let longer = used > 0 && reset_ms.saturating_mul(limit) / used > FULL_MS_MAX;
    if longer { LimitSeen::default() } else { seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_795_435_200_000);

    fn seen(headers: RateHeaders, pairs: &[(&str, &str)]) -> Option<RateSeen> {
        let headers_of = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        read(headers, &HttpReply { status: 200, headers: headers_of, ..HttpReply::default() }, NOW)
    }

    fn limit(limit: u64, remaining: u64, reset_ms: u64) -> LimitSeen {
        LimitSeen { limit: Some(limit), remaining: Some(remaining), reset_ms: Some(reset_ms) }
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

    #[test]
    fn a_limit_of_a_day_is_none_of_a_minute() {
        // 30 of 14,400 used come back in 179.56 s, so all of them in a day.
        let of_a_day = [
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-remaining-requests", "14370"),
            ("x-ratelimit-reset-requests", "2m59.56s"),
            ("x-ratelimit-limit-tokens", "18000"),
            ("x-ratelimit-remaining-tokens", "17997"),
            ("x-ratelimit-reset-tokens", "10ms"),
        ];
        let read = seen(RateHeaders::XRateLimit, &of_a_day).expect("the tokens");
        assert_eq!((read.requests, read.tokens), (LimitSeen::default(), limit(18_000, 17_997, 10)));
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
            output_tokens: LimitSeen { limit: Some(16_000), remaining: Some(0), reset_ms: None },
        };
        assert_eq!(read, Some(expected));
    }
}
