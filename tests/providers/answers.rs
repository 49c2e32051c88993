use pennybatch::money::Usd;
use pennybatch::provider::{Answer, Bill, FailureKind, Finish, Outcome, Provider, Usage};

use crate::{NOW, decode, reply};

fn answered(body: &str) -> (Answer, Bill) {
    match decode(200, &[], body) {
        Outcome::Answered { answer, bill } => (answer, bill),
        failed => panic!("{failed:?}"),
    }
}

fn failed(status: u16, headers: &[(&str, &str)], body: &str) -> (FailureKind, Bill, String) {
    match decode(status, headers, body) {
        Outcome::Failed { failure, bill } => (failure.kind, bill, failure.message),
        answered => panic!("{answered:?}"),
    }
}

/// A body with one choice and the given usage.
fn with_usage(usage: &str) -> String {
    format!(
        r#"{{"id":"c-1","choices":[{{"message":{{"role":"assistant","content":"dairy"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
    )
}

fn with_choice(choice: &str) -> String {
    format!(r#"{{"choices":[{choice}],"usage":{{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}}}"#)
}

#[test]
fn an_answer_of_openai() {
    let body = r#"{
      "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion", "created": 1741570283,
      "model": "gpt-4o-2024-08-06",
      "choices": [{"index": 0, "message": {"role": "assistant", "content": "produce", "refusal": null,
        "annotations": []}, "logprobs": null, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 1117, "completion_tokens": 46, "total_tokens": 1163,
        "prompt_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 40, "audio_tokens": 0}},
      "service_tier": "default", "system_fingerprint": "fp_fc9f1d7035"}"#;
    let outcome = decode(200, &[("x-request-id", "req_123"), ("content-type", "application/json")], body);
    let usage = Usage { input: 1117, output: 46, cache_read: 1024, cache_write: 64, reasoning: 40, ..Usage::default() };
    let answer =
        Answer { text: "produce".into(), finish: Finish::Stop, request_id: Some("req_123".into()), misfit: None };
    assert_eq!(outcome, Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } });
}

#[test]
fn usage_in_every_shape() {
    let usage = |input, output| Usage { input, output, ..Usage::default() };
    for (name, stated, expected) in [
        ("plain", r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#, Some(usage(9, 2))),
        ("without a total", r#"{"prompt_tokens":9,"completion_tokens":2}"#, Some(usage(9, 2))),
        (
            "reasoning in the total alone",
            r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":50}"#,
            Some(usage(9, 41)),
        ),
        ("a total too small", r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":2}"#, Some(usage(9, 2))),
        ("no output stated", r#"{"prompt_tokens":9,"total_tokens":11}"#, Some(usage(9, 2))),
        ("as floats", r#"{"prompt_tokens":9.0,"completion_tokens":2.0}"#, Some(usage(9, 2))),
        (
            "null details",
            r#"{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":null}"#,
            Some(usage(9, 2)),
        ),
        (
            "more cached than sent",
            r#"{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":99,"cache_write_tokens":5}}"#,
            Some(Usage { cache_read: 9, ..usage(9, 2) }),
        ),
        (
            "DeepSeek's cache",
            r#"{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5}"#,
            Some(Usage { cache_read: 4, ..usage(9, 2) }),
        ),
        ("null", "null", None),
        ("empty", "{}", None),
        ("zeros", r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, None),
        ("negative", r#"{"prompt_tokens":-1,"completion_tokens":2}"#, None),
        ("words", r#"{"prompt_tokens":"nine","completion_tokens":2}"#, None),
        ("input alone", r#"{"prompt_tokens":9}"#, None),
    ] {
        let bill = expected.map_or(Bill::Unknown, |usage| Bill::Usage { usage, stated_cost: None });
        let (answer, stated) = answered(&with_usage(stated));
        assert_eq!(stated, bill, "{name}");
        assert_eq!(answer.text, "dairy", "{name}");
        assert_eq!(answer.request_id.as_deref(), Some("c-1"), "{name}");
    }
}

#[test]
fn an_answer_without_usage_is_an_answer() {
    let (answer, bill) = answered(r#"{"choices":[{"message":{"content":"dairy"},"finish_reason":"stop"}]}"#);
    assert_eq!((answer.text.as_str(), bill), ("dairy", Bill::Unknown));
}

#[test]
fn a_stated_cost_is_exact() {
    let cost = |fields: &str| {
        let usage = format!(r#"{{"prompt_tokens":9,"completion_tokens":2,{fields}}}"#);
        match answered(&with_usage(&usage)).1 {
            Bill::Usage { stated_cost, .. } => stated_cost,
            bill => panic!("{bill:?}"),
        }
    };
    assert_eq!(cost(r#""cost":0.000000123457"#), Some(Usd::from_pico(123_457)));
    assert_eq!(cost(r#""cost":1.5e-6"#), Some(Usd::from_pico(1_500_000)));
    assert_eq!(cost(r#""cost":0"#), Some(Usd::ZERO));
    assert_eq!(cost(r#""cost":0.1,"is_byok":false,"cost_details":{"upstream_inference_cost":0.2}"#), Usd::parse("0.1"));
    assert_eq!(cost(r#""cost":0.1,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2}"#), Usd::parse("0.3"));
    for none in
        [r#""cost":null"#, r#""cost":-1"#, r#""cost":"0.1""#, r#""cost":{"total":1}"#, r#""cost":0.1,"is_byok":true"#]
    {
        assert_eq!(cost(none), None, "{none}");
    }
}

#[test]
fn content_and_finish_in_every_shape() {
    for (choice, text, finish) in [
        (r#"{"message":{"content":"a"},"finish_reason":"stop"}"#, "a", Finish::Stop),
        (r#"{"message":{"content":"a"},"finish_reason":"length"}"#, "a", Finish::Length),
        (r#"{"message":{"content":null},"finish_reason":"content_filter"}"#, "", Finish::ContentFilter),
        (
            r#"{"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}"#,
            "I can't.",
            Finish::ContentFilter,
        ),
        (r#"{"message":{"content":""},"finish_reason":"stop"}"#, "", Finish::Stop),
        (r#"{"message":{"role":"assistant"},"finish_reason":"tool_calls"}"#, "", Finish::Other),
        // Whole, and no reason is named: nothing kept the model from ending it.
        (r#"{"message":{"content":"a"},"finish_reason":null}"#, "a", Finish::Stop),
        (r#"{"message":{"content":"a"}}"#, "a", Finish::Stop),
        (r#"{"message":{"content":""}}"#, "", Finish::Other),
        (r#"{"message":null,"finish_reason":"content_filter"}"#, "", Finish::ContentFilter),
        (
            r#"{"message":{"content":[{"type":"text","text":"a"},{"type":"image_url"},{"type":"text","text":"b"}]},"finish_reason":"stop"}"#,
            "ab",
            Finish::Stop,
        ),
    ] {
        let (answer, bill) = answered(&with_choice(choice));
        assert_eq!((answer.text.as_str(), answer.finish), (text, finish), "{choice}");
        assert!(matches!(bill, Bill::Usage { .. }), "{choice}");
    }
}

#[test]
fn a_success_without_an_answer_may_have_been_billed() {
    let half = r#"{"id":"c-1","choices":[{"message":{"content":"dai"#;
    for (name, headers, body, kind, words) in [
        ("empty", &[][..], "", FailureKind::TornBody, "empty"),
        ("torn", &[], half, FailureKind::TornBody, "not JSON"),
        ("not JSON", &[], "OK", FailureKind::TornBody, "OK"),
        ("another JSON", &[], r#"{"ok":true}"#, FailureKind::TornBody, r#"{"ok":true}"#),
        ("no choices", &[], r#"{"choices":[]}"#, FailureKind::TornBody, "choices"),
        ("a page", &[], "\n<!doctype html><title>Login – Acme</title>", FailureKind::HtmlPage, "Login – Acme"),
        ("a page by its type", &[("content-type", "text/html")], "welcome", FailureKind::HtmlPage, ""),
    ] {
        let (got, bill, message) = failed(200, headers, body);
        assert_eq!((got, bill), (kind, Bill::Unknown), "{name}");
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[test]
fn a_torn_body_says_where_unless_it_is_whole() {
    let mut torn = reply(200, &[], r#"{"choices":[{"message"#);
    torn.torn = true;
    match Provider::OpenAiCompatible.decode(&torn, NOW) {
        Outcome::Failed { failure, bill: Bill::Unknown } => {
            assert_eq!(failure.kind, FailureKind::TornBody);
            assert!(failure.message.contains("21 bytes"), "{}", failure.message);
        }
        other => panic!("{other:?}"),
    }
    torn.body = with_usage(r#"{"prompt_tokens":9,"completion_tokens":2}"#);
    assert!(matches!(Provider::OpenAiCompatible.decode(&torn, NOW), Outcome::Answered { .. }));
}

#[test]
fn an_error_inside_a_success() {
    for (body, kind, billed) in [
        (r#"{"error":{"code":429,"message":"Rate limited upstream"}}"#, FailureKind::RateLimited, false),
        (r#"{"error":{"code":502,"message":"Provider returned error"},"choices":[]}"#, FailureKind::ServerError, false),
        (r#"{"error":{"code":"401","message":"User not found."}}"#, FailureKind::WrongKey, false),
        (r#"{"error":"something broke"}"#, FailureKind::ServerError, false),
        (
            r#"{"choices":[{"error":{"code":502,"message":"upstream died"},"finish_reason":"error","message":{"content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#,
            FailureKind::ServerError,
            true,
        ),
    ] {
        let (got, bill, message) = failed(200, &[], body);
        assert_eq!(got, kind, "{body}");
        assert_eq!(matches!(bill, Bill::Usage { .. }), billed, "{body}");
        assert_ne!(bill, Bill::Nothing, "{body}");
        assert!(!message.is_empty(), "{body}");
    }
    let (answer, _) = answered(&with_choice(r#"{"message":{"content":"a"},"finish_reason":"stop","error":null}"#));
    assert_eq!(answer.text, "a");
}
