//! Anthropic's Messages wire: bodies, answers, and what they cost, worked by hand from the price table.

use pennybatch::money::Usd;
use pennybatch::prices;
use pennybatch::provider::{
    Action, Answer, AnswerFormat, Bill, Call, FailureKind, Finish, Outcome, PromptCache, Provider, ReasoningEffort,
    Usage,
};

use crate::{NOW, reply};

const BASE: &str = "https://api.anthropic.com/v1";

fn call() -> Call<'static> {
    Call {
        model: "claude-haiku-4-5",
        system: "Be brief.",
        user: "Rules. Row 1",
        output_tokens_max: Some(10),
        temperature: Some(0.5),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: PromptCache::Off,
        shared_user_bytes: 0,
    }
}

fn body(call: &Call) -> String {
    Provider::Anthropic.body(BASE, call)
}

fn decode(body: &str) -> Outcome {
    Provider::Anthropic.decode(&reply(200, &[("request-id", "req_1")], body), NOW)
}

#[test]
fn bodies_are_the_same_bytes_every_time() {
    assert_eq!(
        body(&call()),
        concat!(
            r#"{"model":"claude-haiku-4-5","max_tokens":10,"system":[{"type":"text","text":"Be brief."}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}],"temperature":0.5}"#
        )
    );
    let bare = Call { system: "", output_tokens_max: None, temperature: None, ..call() };
    assert_eq!(
        body(&bare),
        concat!(
            r#"{"model":"claude-haiku-4-5","max_tokens":4096,"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}]}"#
        )
    );
    let effort = |effort| body(&Call { effort: Some(effort), ..bare.clone() });
    assert!(effort(ReasoningEffort::Max).ends_with(r#","output_config":{"effort":"max"}}"#));
    assert!(!effort(ReasoningEffort::Minimal).contains("effort"), "no word of this wire");
    assert!(!body(&Call { model: "claude-sonnet-5", ..call() }).contains("temperature"));
}

#[test]
fn tokens_are_counted_for_what_would_be_sent_without_what_is_no_input() {
    assert_eq!(Provider::OpenAi.count_url("https://api.openai.com/v1"), None);
    let url = Provider::Anthropic.count_url(BASE);
    assert_eq!(url.as_deref(), Some("https://api.anthropic.com/v1/messages/count_tokens"));
    assert_eq!(
        Provider::Anthropic.count_body(&call()),
        concat!(
            r#"{"model":"claude-haiku-4-5","system":[{"type":"text","text":"Be brief."}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}]}"#
        )
    );
    let counted = |status, body: &str| Provider::Anthropic.counted(&reply(status, &[], body), NOW);
    assert_eq!(counted(200, r#"{"input_tokens": 2095}"#), Ok(2_095));
    for (status, body, kind) in [
        (200, r#"{"input_tokens": "many"}"#, FailureKind::TornBody),
        (200, "<html>", FailureKind::TornBody),
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            FailureKind::WrongKey,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#,
            FailureKind::RateLimited,
        ),
    ] {
        assert_eq!(counted(status, body).expect_err(body).kind, kind, "{body}");
    }
}

#[test]
fn one_mark_stands_at_the_end_of_what_the_calls_share() {
    let kept = |prompt_cache, shared_user_bytes| body(&Call { prompt_cache, shared_user_bytes, ..call() });
    let system = r#""system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]"#;
    assert!(kept(PromptCache::FiveMinutes, 0).contains(system));
    let hourly = r#""system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#;
    assert!(kept(PromptCache::OneHour, 0).contains(hourly));
    let prefix = concat!(
        r#""system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":["#,
        r#"{"type":"text","text":"Rules. ","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Row 1"}]}]"#
    );
    assert!(kept(PromptCache::FiveMinutes, 7).contains(prefix), "{}", kept(PromptCache::FiveMinutes, 7));
    assert!(!kept(PromptCache::Off, 7).contains("cache_control"));
    // A block of nothing would be refused.
    assert!(kept(PromptCache::FiveMinutes, 12).contains(system));
}

#[test]
fn an_answer_and_its_usage() {
    let body = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",
      "content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"pro"},{"type":"text","text":"duce"}],
      "stop_reason":"end_turn","stop_sequence":null,
      "usage":{"input_tokens":21,"cache_creation_input_tokens":300,"cache_read_input_tokens":4000,
        "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":7,
        "service_tier":"standard"}}"#;
    let usage =
        Usage { input: 4_321, output: 7, cache_read: 4_000, cache_write: 300, cache_write_1h: 200, reasoning: 0 };
    let answer =
        Answer { text: "produce".into(), finish: Finish::Stop, request_id: Some("req_1".into()), misfit: None };
    assert_eq!(decode(body), Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } });
}

#[test]
fn usage_in_every_shape() {
    let of = |usage: &str| {
        let body = format!(r#"{{"id":"msg_1","content":[],"stop_reason":"end_turn","usage":{usage}}}"#);
        match decode(&body) {
            Outcome::Answered { bill, .. } => bill,
            failed => panic!("{failed:?}"),
        }
    };
    let plain = |usage| Bill::Usage { usage, stated_cost: None };
    let usage = Usage { input: 9, output: 2, ..Usage::default() };
    assert_eq!(of(r#"{"input_tokens":9,"output_tokens":2}"#), plain(usage));
    assert_eq!(
        of(r#"{"input_tokens":9,"output_tokens":2,"cache_creation_input_tokens":null,"cache_creation":null}"#),
        plain(usage)
    );
    assert_eq!(
        of(r#"{"input_tokens":0,"cache_read_input_tokens":50,"output_tokens":2}"#),
        plain(Usage { input: 50, cache_read: 50, ..usage })
    );
    assert_eq!(
        of(r#"{"input_tokens":1,"cache_creation_input_tokens":40,"output_tokens":2}"#),
        plain(Usage { input: 41, cache_write: 40, ..usage }),
        "without the split all of it is kept the default time"
    );
    for unknown in ["null", "{}", r#"{"input_tokens":9}"#, r#"{"input_tokens":0,"output_tokens":0}"#] {
        assert_eq!(of(unknown), Bill::Unknown, "{unknown}");
    }
}

#[test]
fn why_it_stopped() {
    for (reason, finish) in [
        (r#""end_turn""#, Finish::Stop),
        (r#""stop_sequence""#, Finish::Stop),
        (r#""max_tokens""#, Finish::Length),
        (r#""model_context_window_exceeded""#, Finish::Length),
        (r#""refusal""#, Finish::ContentFilter),
        (r#""tool_use""#, Finish::Other),
        ("null", Finish::Stop),
    ] {
        let body = format!(
            r#"{{"content":[{{"type":"text","text":"a"}}],"stop_reason":{reason},"usage":{{"input_tokens":1,"output_tokens":1}}}}"#
        );
        match decode(&body) {
            Outcome::Answered { answer, .. } => assert_eq!((answer.text.as_str(), answer.finish), ("a", finish)),
            failed => panic!("{reason}: {failed:?}"),
        }
    }
}

#[test]
fn an_account_that_web_pages_may_not_use_has_a_message_of_its_own() {
    let body = r#"{"type":"error","error":{"type":"authentication_error","message":"CORS requests are not allowed for this Organization because of its settings. If you believe this in error, contact support."},"request_id":"req_1"}"#;
    match Provider::Anthropic.decode(&reply(401, &[], body), NOW) {
        Outcome::Failed { failure, bill: Bill::Nothing } => {
            assert_eq!((failure.kind, failure.kind.action()), (FailureKind::BrowserForbidden, Action::StopLane));
            assert!(failure.sentence().contains("whatever the key"), "{}", failure.sentence());
        }
        other => panic!("{other:?}"),
    }
}

/// A 429 that names no time to come back is the spend cap's, where headers can be seen.
#[test]
fn a_spend_cap_is_told_from_a_rate_limit() {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit."}}"#;
    for (headers, kind) in [
        (&[("request-id", "req_1"), ("retry-after", "12")][..], FailureKind::RateLimited),
        (&[("request-id", "req_1")], FailureKind::QuotaExhausted),
        (&[], FailureKind::RateLimited),
    ] {
        match Provider::Anthropic.decode(&reply(429, headers, body), NOW) {
            Outcome::Failed { failure, .. } => assert_eq!(failure.kind, kind, "{headers:?}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Prices of `claude-sonnet-4-6` in the table, a million tokens: input $3, output $15, cache read $0.30, cache write
/// $3.75 for five minutes and $6 for an hour. A dollar a million tokens is a million pico-dollars a token.
#[test]
fn what_the_cache_takes_and_gives_is_priced_to_the_pico_dollar() {
    let card = &prices::find_at(Provider::Anthropic, "claude-sonnet-4-6").expect("in the catalogue").card;
    let cost = |usage: &str| {
        let body = format!(r#"{{"content":[],"stop_reason":"end_turn","usage":{usage}}}"#);
        match decode(&body) {
            Outcome::Answered { bill: Bill::Usage { usage, .. }, .. } => card.cost(&usage, NOW).pico(),
            other => panic!("{other:?}"),
        }
    };
    // 1,000 fresh, 100 of output: 1,000 * 3,000,000 + 100 * 15,000,000.
    assert_eq!(cost(r#"{"input_tokens":1000,"output_tokens":100}"#), 4_500_000_000);
    // 17 fresh, 2,048 written for five minutes, 3 of output: 51,000,000 + 2,048 * 3,750,000 + 45,000,000.
    assert_eq!(
        cost(
            r#"{"input_tokens":17,"output_tokens":3,"cache_creation_input_tokens":2048,
            "cache_creation":{"ephemeral_5m_input_tokens":2048,"ephemeral_1h_input_tokens":0}}"#
        ),
        7_776_000_000
    );
    // The same written for an hour: 51,000,000 + 2,048 * 6,000,000 + 45,000,000.
    assert_eq!(
        cost(
            r#"{"input_tokens":17,"output_tokens":3,"cache_creation_input_tokens":2048,
            "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":2048}}"#
        ),
        12_384_000_000
    );
    // The same read: 51,000,000 + 2,048 * 300,000 + 45,000,000.
    assert_eq!(cost(r#"{"input_tokens":17,"output_tokens":3,"cache_read_input_tokens":2048}"#), 710_400_000);
    // All at once: 5 fresh, 1,111 read, 222 for five minutes, 33 for an hour, 9 of output:
    // 15,000,000 + 333,300,000 + 832,500,000 + 198,000,000 + 135,000,000.
    assert_eq!(
        cost(
            r#"{"input_tokens":5,"output_tokens":9,"cache_read_input_tokens":1111,"cache_creation_input_tokens":255,
            "cache_creation":{"ephemeral_5m_input_tokens":222,"ephemeral_1h_input_tokens":33}}"#
        ),
        1_513_800_000
    );
    assert_eq!(card.worst_case(1_000, 0), Usd::from_pico(3_750_000_000), "a written token is the dearest");
}

/// Prices of `claude-haiku-5-5` in the table: $0.10, $0.50, read $0.01, written $0.125 and $0.20; above 100,000 tokens
/// of input five times that for the whole request, the cached part included.
#[test]
fn a_long_prompt_from_the_cache_is_priced_in_its_tier() {
    let card = &prices::find_at(Provider::Anthropic, "claude-haiku-5-5").expect("in the catalogue").card;
    let usage = |fresh, cache_read, five_minutes, one_hour, output| Usage {
        input: fresh + cache_read + five_minutes + one_hour,
        output,
        cache_read,
        cache_write: five_minutes + one_hour,
        cache_write_1h: one_hour,
        reasoning: 0,
    };
    // 100,000 in all: 1,000 * 100,000 + 90,000 * 10,000 + 5,000 * 125,000 + 4,000 * 200,000 + 20 * 500,000.
    assert_eq!(card.cost(&usage(1_000, 90_000, 5_000, 4_000, 20), NOW).pico(), 2_435_000_000);
    // One token more: 1,001 * 500,000 + 90,000 * 50,000 + 5,000 * 625,000 + 4,000 * 1,000,000 + 20 * 2,500,000.
    assert_eq!(card.cost(&usage(1_001, 90_000, 5_000, 4_000, 20), NOW).pico(), 12_175_500_000);
}
