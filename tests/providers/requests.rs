use pennybatch::provider::{AnswerFormat, Call, PromptCache, Provider, check_base_url, tokens};

const LOCAL: &str = "http://localhost:8081/v1";

fn call() -> Call<'static> {
    Call {
        model: "m",
        system: "Be \"brief\".",
        user: "Größe\n5 oz",
        output_tokens_max: Some(10),
        temperature: Some(0.0),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: PromptCache::Off,
        shared_user_bytes: 0,
    }
}

#[test]
fn bodies_are_the_same_bytes_every_time() {
    let body = Provider::OpenAiCompatible.body(LOCAL, &call());
    let expected = concat!(
        r#"{"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},"#,
        r#"{"role":"user","content":"Größe\n5 oz"}],"max_tokens":10,"temperature":0.0}"#
    );
    assert_eq!(body, expected);
    assert_eq!(Provider::Demo.body(LOCAL, &call()), expected);
}

#[test]
fn what_is_not_given_is_not_sent() {
    let call = Call { system: "", output_tokens_max: None, temperature: None, ..call() };
    let body = Provider::OpenAiCompatible.body(LOCAL, &call);
    assert_eq!(body, r#"{"model":"m","messages":[{"role":"user","content":"Größe\n5 oz"}]}"#);
}

#[test]
fn openai_itself_has_its_own_name_for_the_cap() {
    for (base_url, name) in [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("HTTPS://API.OpenAI.com:443/v1/", "max_completion_tokens"),
        ("https://api.openai.com.example.org/v1", "max_tokens"),
        ("https://example.org/api.openai.com/v1", "max_tokens"),
        (LOCAL, "max_tokens"),
    ] {
        let body: serde_json::Value =
            serde_json::from_str(&Provider::OpenAiCompatible.body(base_url, &call())).expect("JSON");
        assert_eq!(body[name], 10, "{base_url}");
        let caps = ["max_completion_tokens", "max_tokens"].iter().filter(|cap| body.get(**cap).is_some()).count();
        assert_eq!(caps, 1, "{base_url}");
    }
}

#[test]
fn a_trailing_slash_makes_no_difference() {
    let (post, models) = Provider::OpenAiCompatible.urls(" https://api.example.com/v1/ ");
    assert_eq!(post, "https://api.example.com/v1/chat/completions");
    assert_eq!(models, "https://api.example.com/v1/models");
    assert_eq!(Provider::OpenAiCompatible.urls("https://api.example.com/v1").0, post);
}

#[test]
fn base_urls_are_checked_in_plain_words() {
    for good in [
        "https://api.openai.com/v1",
        "http://localhost:11434/v1/",
        "http://127.0.0.1:8081",
        "http://[::1]:8080/v1",
        " HTTPS://example.com/a/b ",
    ] {
        assert_eq!(check_base_url(good), Ok(()), "{good}");
    }
    for (bad, word) in [
        ("", "empty"),
        ("api.openai.com/v1", "https://"),
        ("ftp://example.com", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https://", "host"),
        ("https:///v1", "host"),
        ("https://:8080/v1", "host"),
        ("https://user:pass@example.com/v1", "password"),
        ("https://example.com/v1?key=abc", "?"),
        ("https://example.com/v1#x", "#"),
        ("https://exa mple.com/v1", "space"),
        ("https://example.com:http/v1", "port"),
        ("https://example.com:99999/v1", "port"),
        ("https://example.com/v1/chat/completions", "enter https://example.com/v1."),
    ] {
        let problem = check_base_url(bad).expect_err(bad);
        assert!(problem.contains(word), "{bad}: {problem}");
    }
}

#[test]
fn a_key_in_the_wrong_field_is_not_repeated() {
    let problem = check_base_url("sk-proj-0123456789abcdef").expect_err("not an address");
    assert!(!problem.contains("0123456789"), "{problem}");
}

#[test]
fn the_bound_covers_the_estimate() {
    let call = call();
    let body = Provider::OpenAiCompatible.body(LOCAL, &call);
    assert!(tokens::bound(body.len()) > tokens::estimate_call(&call));
    assert!(tokens::estimate_call(&call) > tokens::estimate(call.user) + tokens::estimate(call.system));
}
