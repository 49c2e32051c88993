//! One HTTP call: its answer, its headers, its key, and how it is given up.

use pennybatch::link::{Secret, Setup};
use pennybatch::provider::{Bill, HttpRequest, Outcome, Provider};
use pennybatch::time::Time;
use pennybatch::worker::http::fetch::{Broken, Key, get, post};
use web_sys::AbortController;

use crate::place::provider;
use crate::sample::setup;

fn at(wire: &str) -> Setup {
    Setup { base_url: format!("{}/v1", provider(wire)), ..setup() }
}

fn request(setup: &Setup) -> HttpRequest {
    let url = setup.wire().post_url(&setup.base_url);
    let body = r#"{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":4}"#.to_owned();
    HttpRequest { url, headers: vec![("content-type", "application/json".into())], body }
}

pub async fn a_call_is_answered_on_both_wires() {
    for wire in ["http", "https"] {
        let setup = at(wire);
        let controller = AbortController::new().expect("a controller");
        let reply = post(&request(&setup), None, &controller.signal()).await.expect("an answer");
        assert_eq!((reply.status, reply.torn), (200, false), "{wire}");
        assert!(reply.header("content-type").is_some_and(|kind| kind.contains("json")), "{:?}", reply.headers);
        let outcome = Provider::OpenAiCompatible.decode(&reply, Time::from_ms(0));
        assert!(matches!(outcome, Outcome::Answered { bill: Bill::Usage { .. }, .. }), "{outcome:?}");
    }
}

pub async fn a_call_that_is_given_up_says_so() {
    let setup = at("https");
    let controller = AbortController::new().expect("a controller");
    controller.abort();
    let broken = post(&request(&setup), None, &controller.signal()).await;
    assert!(matches!(broken, Err(Broken::Aborted)), "{broken:?}");
}

pub async fn nobody_at_the_address_is_unreachable() {
    let controller = AbortController::new().expect("a controller");
    let broken = get("http://127.0.0.1:1/v1/models", &[], None, &controller.signal()).await;
    assert!(matches!(broken, Err(Broken::Unreachable(_))), "{broken:?}");
}

pub async fn a_key_is_no_empty_word_and_is_not_shown() {
    let setup = at("https");
    assert!(Key::bind(None, &setup).expect("no key is fine").is_none());
    assert!(Key::bind(Some(Secret::new("  ")), &setup).expect("no key is fine").is_none());
    let key = Key::bind(Some(Secret::new(" sk-secret ")), &setup).expect("taken").expect("a key");
    assert!(!format!("{key:?}").contains("secret"));
    let refused = Key::bind(Some(Secret::new("sk-se cret")), &setup).expect_err("refused");
    assert!(!refused.message.contains("cret"), "{}", refused.message);
}

pub async fn a_key_goes_to_its_own_address_alone() {
    let setup = Setup { base_url: "https://api.example.com/v1/".into(), ..setup() };
    let key = Key::bind(Some(Secret::new("sk-secret")), &setup).expect("taken").expect("a key");
    assert!(key.goes_to("https://api.example.com/v1/chat/completions"));
    for other in [
        "https://api.example.com.evil.net/v1/chat/completions",
        "http://api.example.com/v1/chat/completions",
        "https://api.example.com/v10/chat/completions",
        "https://example.com/v1/chat/completions",
    ] {
        assert!(!key.goes_to(other), "{other}");
    }
}
