use std::collections::BTreeSet;

use pennybatch::provider::batch::refusal_of;
use pennybatch::provider::{Bill, Failure, FailureKind, MESSAGE_CHARS_MAX, Outcome, Provider};

use crate::{NOW, reply};

use FailureKind::*;

#[test]
fn a_long_message_is_cut() {
    match Provider::OpenAiCompatible.decode(&reply(400, &[], &"é".repeat(5_000)), NOW) {
        // In no API's form: it may have come after the work.
        Outcome::Failed { failure, bill: Bill::Unknown } => {
            assert_eq!(failure.message.chars().count(), MESSAGE_CHARS_MAX);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_refusal_says_of_its_usage_is_its_bill() {
    let body = r#"{"error":{"message":"no"},"usage":{"prompt_tokens":7,"completion_tokens":2}}"#;
    match Provider::OpenAi.decode(&reply(400, &[], body), NOW) {
        Outcome::Failed { bill: Bill::Usage { usage, .. }, .. } => assert_eq!((usage.input, usage.output), (7, 2)),
        other => panic!("{other:?}"),
    }
}

/// What a person reads never says more of the bill than the status proves.
#[test]
fn a_sentence_claims_no_bill_that_is_in_doubt() {
    for (status, kind, claim) in [
        (401, WrongKey, "Nothing was billed for this call, and the results so far are kept."),
        (429, RateLimited, "Nothing was billed for this call, and nothing is lost: the lane rests"),
        (400, BadRequest, "The other rows go on."),
        (403, HtmlPage, "The results so far are kept."),
        (200, QuotaExhausted, "The call may have been billed, and the results so far are kept."),
    ] {
        let failure =
            Failure { kind, status: Some(status), message: String::new(), retry_after_ms: None, request_id: None };
        let sentence = failure.sentence();
        assert!(sentence.contains(claim), "{sentence}");
        assert_eq!(sentence.contains("billed"), claim.contains("billed"), "{sentence}");
    }
}

/// A second job must not be made while something on the way may have handed the first request on.
#[test]
fn a_batch_step_is_refused_only_where_that_is_sure() {
    for (status, body, kind) in [
        (400, r#"{"error":{"message":"no"}}"#, BadRequest),
        (401, "", WrongKey),
        (404, "404 page not found", WrongAddress),
        (429, "", RateLimited),
        (400, "upstream prematurely closed connection", TornBody),
        (403, "<html><title>Blocked</title></html>", TornBody),
        (422, "{}", TornBody),
        (502, "", ServerError),
    ] {
        assert_eq!(refusal_of(Provider::OpenAi, &reply(status, &[], body), NOW).kind, kind, "{status} {body}");
    }
}

#[test]
fn the_key_that_was_sent_is_cut_out_of_every_answer() {
    let mut echo = reply(401, &[], "no user has the token 0f9e8d7c6b5a");
    echo.hide_key("0f9e8d7c6b5a");
    assert_eq!(echo.body, "no user has the token …");
    let mut broken = reply(401, &[], "no user has the token 0f9e8d\u{200b}7c6b5a");
    broken.hide_key("0f9e8d7c6b5a");
    assert_eq!(broken.body, "no user has the token …");
    let body = r#"{"headers":{"x-api-key":"password1"},"id":"password1"}"#;
    let mut odd = reply(200, &[("x-request-id", "for password1")], body);
    odd.hide_key("password1");
    match Provider::Anthropic.decode(&odd, NOW) {
        Outcome::Failed { failure, .. } => {
            assert_eq!(failure.request_id.as_deref(), Some("for …"));
            assert!(!failure.message.contains("password1") && failure.message.contains("x-api-key"), "{failure:?}");
        }
        answered => panic!("{answered:?}"),
    }
}

#[test]
fn attempts_without_an_answer_say_what_may_have_been_billed() {
    for (outcome, kind, billed) in [
        (Outcome::timed_out(), TimedOut, Bill::Unknown),
        (Outcome::unreachable("TypeError: Failed to fetch"), Unreachable, Bill::Unknown),
        (Outcome::never_sent("no memory"), Unreachable, Bill::Nothing),
    ] {
        match outcome {
            Outcome::Failed { failure, bill } => assert_eq!((failure.kind, failure.status, bill), (kind, None, billed)),
            answered => panic!("{answered:?}"),
        }
    }
}

#[test]
fn every_kind_has_a_sentence_of_its_own() {
    let kinds = [
        RateLimited,
        ServerError,
        TimedOut,
        Unreachable,
        TornBody,
        HtmlPage,
        WrongKey,
        AccountRefused,
        EveryRowRefused,
        QuotaExhausted,
        UnknownModel,
        WrongAddress,
        BadRequest,
        ContextTooLong,
        ContentRefused,
    ];
    let of = |kind, message: &str| {
        Failure { kind, status: None, message: message.into(), retry_after_ms: None, request_id: None }.sentence()
    };
    let sentences: BTreeSet<String> = kinds.iter().map(|kind| of(*kind, "")).collect();
    assert_eq!(sentences.len(), kinds.len());
    for sentence in &sentences {
        assert!(!sentence.contains("  ") && sentence.ends_with('.'), "{sentence}");
        let kept = ["kept", "go on", "othing is lost"].iter().any(|word| sentence.contains(word));
        assert!(kept, "says what was kept: {sentence}");
    }
    assert!(of(WrongKey, "Nope").ends_with("It said: “Nope”"));
}
