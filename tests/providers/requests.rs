use pennybatch::prices::{self, CacheMode};
use pennybatch::provider::{AnswerFormat, Call, PromptCache, Provider, Wire, check_base_url, tokens};

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
    let body = Provider::OpenAiCompatible.body(Wire::OpenAiChat, LOCAL, &call());
    let expected = concat!(
        r#"{"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},"#,
        r#"{"role":"user","content":"Größe\n5 oz"}],"max_tokens":10,"temperature":0.0}"#
    );
    assert_eq!(body, expected);
    assert_eq!(Provider::Demo.body(Wire::OpenAiChat, LOCAL, &call()), expected);
}

#[test]
fn what_is_not_given_is_not_sent() {
    let call = Call { system: "", output_tokens_max: None, temperature: None, ..call() };
    let body = Provider::OpenAiCompatible.body(Wire::OpenAiChat, LOCAL, &call);
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
            serde_json::from_str(&Provider::OpenAiCompatible.body(Wire::OpenAiChat, base_url, &call())).expect("JSON");
        assert_eq!(body[name], 10, "{base_url}");
        let caps = ["max_completion_tokens", "max_tokens"].iter().filter(|cap| body.get(**cap).is_some()).count();
        assert_eq!(caps, 1, "{base_url}");
    }
}

/// The estimate counts cache reads for these models, and the vendor reads only for calls that carry a key.
#[test]
fn whoever_reads_its_cache_by_a_key_is_sent_one() {
    let by_key = prices::all().iter().filter(|model| model.cache_mode == Some(CacheMode::PromptCacheKey));
    assert!(by_key.clone().count() > 0);
    for model in by_key {
        let (provider, name) = prices::endpoint_of(model).expect("a preset");
        let base_url = provider.preset().base_url;
        let body = provider.body(provider.preset().wire, base_url, &Call { model: &name, ..call() });
        assert!(body.contains(r#","prompt_cache_key":"pennybatch-"#), "{}: {body}", model.key());
    }
}

#[test]
fn calls_that_share_a_prompt_share_a_key_of_mistral_s_cache() {
    let at = |provider: Provider, base_url: &str, call: &Call| {
        let body: serde_json::Value =
            serde_json::from_str(&provider.body(Wire::OpenAiChat, base_url, call)).expect("JSON");
        body["prompt_cache_key"].as_str().map(str::to_owned)
    };
    let key = |call: &Call| at(Provider::Mistral, Provider::Mistral.preset().base_url, call);
    let first = key(&call());
    assert!(first.is_some());
    assert_eq!(key(&Call { user: "6 oz", ..call() }), first);
    assert_ne!(key(&Call { system: "Be long.", ..call() }), first);
    assert_ne!(key(&Call { model: "n", ..call() }), first);
    // Where there is no system prompt, the start of the user prompt may be shared.
    let begins = |user| Call { system: "", user, shared_user_bytes: 5, ..call() };
    assert_eq!(key(&begins("Read: a")), key(&begins("Read: b")));
    assert_ne!(key(&begins("Read: a")), key(&begins("Sort: a")));
    for shares_nothing in [Call { system: "", ..call() }, begins("     a")] {
        assert_eq!(key(&shares_nothing), None);
    }
    assert_eq!(at(Provider::OpenAiCompatible, "https://API.mistral.ai/v1", &call()), first);
    assert_eq!(at(Provider::OpenAiCompatible, "https://api.mistral.ai.example.org/v1", &call()), None);
    assert_eq!(at(Provider::Groq, Provider::Groq.preset().base_url, &call()), None);
}

#[test]
fn a_trailing_slash_makes_no_difference() {
    for base_url in [" https://api.example.com/v1/ ", "https://api.example.com/v1"] {
        assert_eq!(Wire::OpenAiChat.post_url(base_url), "https://api.example.com/v1/chat/completions");
        assert_eq!(Wire::OpenAiResponses.post_url(base_url), "https://api.example.com/v1/responses");
        assert_eq!(Provider::OpenAiCompatible.models_url(base_url), "https://api.example.com/v1/models");
    }
}

#[test]
fn base_urls_are_checked_in_plain_words() {
    for good in [
        "https://api.openai.com/v1",
        "http://localhost:11434/v1/",
        "http://127.0.0.1:8081",
        "https://[::1]:8080/v1",
        "https://192.168.1.5:8443/v1",
        "HTTP://LOCALHOST:8000/v1",
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
        (&format!("https://example.com/{}", "v1/".repeat(1_000)), "longer than an address"),
        (&format!("http://{}/v1", "a".repeat(300)), "longer than an address"),
        ("https://exa mple.com/v1", "space"),
        ("https://example.com/v1\u{200b}", "can't be seen"),
        ("http://localhost:11434/api/chat", "enter http://localhost:11434/v1."),
        ("http://localhost:11434/api/generate/", "enter http://localhost:11434/v1."),
        ("https://example.com:http/v1", "port"),
        ("https://example.com:99999/v1", "port"),
        ("https://example.com/v1/chat/completions", "enter https://example.com/v1."),
    ] {
        let problem = check_base_url(bad).expect_err(bad);
        assert!(problem.contains(word), "{bad}: {problem}");
    }
}

/// What the page's own security policy blocks is said before anything is sent, with the address that works.
/// Shishir435/ollama-client #55, refactoringhq/tolaria #707, voideditor/void #158, ollama/ollama #282.
#[test]
fn addresses_that_the_pages_policy_blocks_are_named_with_one_that_works() {
    for (typed, works) in [
        ("http://0.0.0.0:8000/v1", "http://localhost:8000/v1"),
        ("http://[::1]:11434/v1/", "http://localhost:11434/v1"),
        ("http://[::]:8000/v1", "http://localhost:8000/v1"),
        ("http://[::ffff:127.0.0.1]:8000/v1", "http://localhost:8000/v1"),
        ("http://pc.localhost:1234/v1", "http://localhost:1234/v1"),
        ("http://localhost.:1234", "http://localhost:1234"),
        ("http://127.0.1.1:8080", "http://localhost:8080"),
        ("http://host.docker.internal:11434/v1", "http://localhost:11434/v1"),
        ("HTTP://0.0.0.0/v1", "http://localhost/v1"),
        ("http://0:8000/v1", "http://localhost:8000/v1"),
        ("http://127.1:8000/v1", "http://localhost:8000/v1"),
        ("http://ip6-localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://api.example.com/v1", "https://api.example.com/v1"),
        ("http://8.8.8.8:8000/v1", "https://8.8.8.8:8000/v1"),
    ] {
        let problem = check_base_url(typed).expect_err(typed);
        let due = format!("Use {works}: this page's security policy only allows http to localhost and 127.0.0.1.");
        assert_eq!(problem, due, "{typed}");
        assert_eq!(check_base_url(works), Ok(()), "{works}");
    }
    for (typed, tunnel) in [
        ("http://192.168.1.5:11434/v1", "ssh -L 11434:localhost:11434 192.168.1.5, and use http://localhost:11434/v1."),
        ("http://10.0.0.7:8000/v1", "ssh -L 8000:localhost:8000 10.0.0.7, and use http://localhost:8000/v1."),
        ("http://nas.local:1234/v1", "ssh -L 1234:localhost:1234 nas.local, and use http://localhost:1234/v1."),
        ("http://gpu-box:8000/v1", "ssh -L 8000:localhost:8000 gpu-box, and use http://localhost:8000/v1."),
        ("http://100.101.102.103:8000/v1", "http://localhost:8000/v1."),
        ("http://[fd12::1]:8000/v1", "http://localhost:8000/v1."),
    ] {
        let problem = check_base_url(typed).expect_err(typed);
        assert!(problem.starts_with("This page's security policy only allows http to localhost and 127.0.0.1, so"));
        assert!(problem.contains("Give that server https") && problem.contains(tunnel), "{problem}");
    }
}

/// The check knows the policy by heart: it must be the one that is served.
#[test]
fn the_policy_that_is_served_allows_http_where_the_check_does() {
    let headers = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/www/_headers")).expect("www/_headers");
    let policy = headers.lines().find(|line| line.contains("default-src 'none'")).expect("a policy");
    let sources = policy.split(';').find_map(|rule| rule.trim().strip_prefix("connect-src ")).expect("connect-src");
    assert_eq!(sources, "'self' https: http://localhost:* http://127.0.0.1:*");
}

#[test]
fn a_key_in_the_wrong_field_is_not_repeated() {
    let problem = check_base_url("sk-proj-0123456789abcdef").expect_err("not an address");
    assert!(!problem.contains("0123456789"), "{problem}");
}

#[test]
fn the_bound_covers_the_estimate() {
    let call = call();
    let body = Provider::OpenAiCompatible.body(Wire::OpenAiChat, LOCAL, &call);
    assert!(tokens::bound(body.len()) > tokens::estimate_call(&call));
    assert!(tokens::estimate_call(&call) > tokens::estimate(call.user) + tokens::estimate(call.system));
}
