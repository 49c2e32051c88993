use std::collections::BTreeSet;

use pennybatch::provider::{Bill, Failure, FailureKind, MESSAGE_CHARS_MAX, Outcome, Provider};

use crate::{NOW, reply};

use FailureKind::*;

#[test]
fn a_long_message_is_cut() {
    match Provider::OpenAiCompatible.decode(&reply(400, &[], &"é".repeat(5_000)), NOW) {
        Outcome::Failed { failure, bill: Bill::Nothing } => {
            assert_eq!(failure.message.chars().count(), MESSAGE_CHARS_MAX);
        }
        other => panic!("a refusal bills nothing: {other:?}"),
    }
}

#[test]
fn the_key_that_was_sent_is_cut_out_of_a_refusal() {
    let mut echo = reply(401, &[], "no user has the token 0f9e8d7c6b5a");
    echo.hide_key("0f9e8d7c6b5a");
    assert_eq!(echo.body, "no user has the token …");
    let mut broken = reply(401, &[], "no user has the token 0f9e8d\u{200b}7c6b5a");
    broken.hide_key("0f9e8d7c6b5a");
    assert_eq!(broken.body, "no user has the token …");
    let mut answer = reply(200, &[], "an answer with password1 in it");
    answer.hide_key("password1");
    assert_eq!(answer.body, "an answer with password1 in it");
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
        let kept = ["kept", "go on", "nothing is lost"].iter().any(|word| sentence.contains(word));
        assert!(kept, "says what was kept: {sentence}");
    }
    assert!(of(WrongKey, "Nope").ends_with("It said: “Nope”"));
}
