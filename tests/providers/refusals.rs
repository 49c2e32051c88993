use std::collections::BTreeSet;

use pennybatch::provider::{Action, Bill, Failure, FailureKind, Finish, HINT_MS_MAX, MESSAGE_CHARS_MAX, Outcome};

use crate::{decode, reply};

use FailureKind::*;

fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    match decode(status, headers, body) {
        Outcome::Failed { failure, bill: Bill::Nothing } => failure,
        other => panic!("a refusal bills nothing: {other:?}"),
    }
}

struct Fixture {
    name: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    kind: FailureKind,
    hint_ms: Option<u64>,
    action: Action,
}

const fn fixture(name: &'static str, status: u16, body: &'static str, kind: FailureKind, action: Action) -> Fixture {
    Fixture { name, status, headers: &[], body, kind, hint_ms: None, action }
}

impl Fixture {
    const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Fixture {
        Fixture { headers, ..self }
    }

    const fn hint_ms(self, hint_ms: u64) -> Fixture {
        Fixture { hint_ms: Some(hint_ms), ..self }
    }
}

const FIXTURES: &[Fixture] = &[
    // Rate limits.
    fixture(
        "OpenAI, tokens a minute",
        429,
        r#"{"error":{"message":"Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 41.724s. Visit https://platform.openai.com/account/rate-limits to learn more.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
        RateLimited,
        Action::SlowLane,
    )
    .hint_ms(41_724),
    fixture(
        "OpenAI, requests a day",
        429,
        r#"{"error":{"message":"Rate limit reached on requests per day (RPD). Please try again in 6m0s.","type":"requests","code":"rate_limit_exceeded"}}"#,
        RateLimited,
        Action::SlowLane,
    )
    .hint_ms(360_000),
    fixture(
        "OpenAI, a few milliseconds",
        429,
        r#"{"error":{"message":"Rate limit reached. Please try again in 12ms.","code":"slow_down"}}"#,
        RateLimited,
        Action::SlowLane,
    )
    .hint_ms(12),
    fixture("bare", 429, "", RateLimited, Action::SlowLane),
    fixture("retry-after in seconds", 429, "{}", RateLimited, Action::SlowLane)
        .headers(&[("retry-after", "7")])
        .hint_ms(7_000),
    fixture("retry-after with a fraction", 429, "{}", RateLimited, Action::SlowLane)
        .headers(&[("retry-after", "1.25")])
        .hint_ms(1_250),
    fixture("retry-after-ms goes first", 429, r#"{"error":{"message":"try again in 9s"}}"#, RateLimited, Action::SlowLane)
        .headers(&[("retry-after", "7"), ("retry-after-ms", "350")])
        .hint_ms(350),
    fixture("retry-after as a date", 503, "", ServerError, Action::Retry)
        .headers(&[("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT")])
        .hint_ms(30_000),
    fixture("retry-after as a date gone by", 429, "", RateLimited, Action::SlowLane)
        .headers(&[("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")])
        .hint_ms(0),
    fixture("retry-after in nonsense", 429, "", RateLimited, Action::SlowLane).headers(&[("retry-after", "later")]),
    fixture("retry-after below zero", 429, "", RateLimited, Action::SlowLane).headers(&[("retry-after", "-5")]),
    fixture("retry-after of a year", 429, "", RateLimited, Action::SlowLane)
        .headers(&[("retry-after", "31536000")])
        .hint_ms(HINT_MS_MAX),
    fixture(
        "Gemini, a list with RetryInfo",
        429,
        r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 45.8s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"45s"}]}}]"#,
        RateLimited,
        Action::SlowLane,
    )
    .hint_ms(45_000),
    fixture(
        "Azure, in words",
        429,
        r#"{"error":{"code":"429","message":"Requests have exceeded the token rate limit. Please retry after 26 seconds."}}"#,
        RateLimited,
        Action::SlowLane,
    )
    .hint_ms(26_000),
    fixture("Mistral", 429, r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","code":"1300"}"#, RateLimited, Action::SlowLane),
    // Quotas, which come as 429 too.
    fixture(
        "OpenAI, quota",
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        QuotaExhausted,
        Action::StopLane,
    ),
    fixture("OpenAI, credit", 429, r#"{"error":{"message":"No credit","code":"credit_balance_exhausted"}}"#, QuotaExhausted, Action::StopLane),
    fixture("OpenAI, organization's spend", 429, r#"{"error":{"message":"Limit","code":"organization_spend_limit_exceeded"}}"#, QuotaExhausted, Action::StopLane),
    fixture("OpenAI, project's spend", 429, r#"{"error":{"message":"Limit","code":"project_spend_limit_exceeded"}}"#, QuotaExhausted, Action::StopLane),
    fixture("OpenAI, organization's usage", 429, r#"{"error":{"message":"Limit","code":"organization_usage_limit_exceeded"}}"#, QuotaExhausted, Action::StopLane),
    fixture("DeepSeek, 402", 402, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#, QuotaExhausted, Action::StopLane),
    fixture("OpenRouter, key limit", 403, r#"{"error":{"message":"Key limit exceeded (total limit).","code":403}}"#, QuotaExhausted, Action::StopLane),
    fixture("Anthropic, credit", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#, QuotaExhausted, Action::StopLane),
    // The key.
    fixture("OpenAI, wrong key", 401, r#"{"error":{"message":"Incorrect API key provided: sk-abcde***wxyz.","type":"invalid_request_error","code":"invalid_api_key"}}"#, WrongKey, Action::StopLane),
    fixture("no key", 401, "", WrongKey, Action::StopLane),
    fixture("forbidden", 403, r#"{"error":{"message":"You may not do this."}}"#, WrongKey, Action::StopLane),
    fixture("Gemini, wrong key", 400, r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#, WrongKey, Action::StopLane),
    fixture("xAI, wrong key", 400, r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: ab***yz."}"#, WrongKey, Action::StopLane),
    // The account.
    fixture("OpenAI, region", 403, r#"{"error":{"message":"Country, region, or territory not supported","code":"unsupported_country_region_territory"}}"#, AccountRefused, Action::StopLane),
    fixture("Gemini, region (google-gemini/gemini-cli #1993, #24641)", 400, r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#, AccountRefused, Action::StopLane),
    fixture("Gemini, region in a list (snailyp/gemini-balance #328)", 400, r#"[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"#, AccountRefused, Action::StopLane),
    fixture("Gemini, region without a status", 400, r#"{"error":{"code":400,"message":"User location is not supported for the API use."}}"#, AccountRefused, Action::StopLane),
    fixture("Gemini, free tier not offered", 400, r#"{"error":{"code":400,"message":"Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.","status":"FAILED_PRECONDITION"}}"#, AccountRefused, Action::StopLane),
    fixture("Gemini, API not enabled", 403, r#"{"error":{"code":403,"message":"Generative Language API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}"#, AccountRefused, Action::StopLane),
    fixture("OpenAI, deactivated", 401, r#"{"error":{"message":"Your OpenAI account has been deactivated.","code":"account_deactivated"}}"#, AccountRefused, Action::StopLane),
    fixture("Anthropic, disabled", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#, AccountRefused, Action::StopLane),
    fixture("Groq, restricted", 400, r#"{"error":{"message":"Organization has been restricted. Please reach out to support.","type":"invalid_request_error","code":"organization_restricted"}}"#, AccountRefused, Action::StopLane),
    fixture("for legal reasons", 451, "", AccountRefused, Action::StopLane),
    fixture("Alibaba, in arrears", 400, r#"{"error":{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing.","type":"Arrearage"}}"#, QuotaExhausted, Action::StopLane),
    fixture("Google, billing", 403, r#"{"error":{"code":403,"message":"This API method requires billing to be enabled. Please enable billing on project #1.","status":"PERMISSION_DENIED"}}"#, QuotaExhausted, Action::StopLane),
    fixture("OpenAI, a rate limit that speaks of payment", 429, r#"{"error":{"message":"Rate limit reached on requests per min (RPM): Limit 3. Please try again in 20s. Please add a payment method to your account to increase your rate limit.","type":"requests","code":"rate_limit_exceeded"}}"#, RateLimited, Action::SlowLane).hint_ms(20_000),
    // Gateways.
    fixture("Cloudflare's page", 403, "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>", HtmlPage, Action::StopUnprovenLane),
    fixture("nginx asks for a password", 401, "<html>\r\n<head><title>401 Authorization Required</title></head></html>", HtmlPage, Action::StopUnprovenLane),
    fixture("nginx forbids", 403, "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body></body></html>", HtmlPage, Action::StopUnprovenLane),
    fixture("a proxy asks who it is", 407, "<html><head><title>Proxy Authentication Required</title></head></html>", HtmlPage, Action::StopUnprovenLane),
    fixture("a network's sign-in page", 511, "<html><head><title>Sign in to Wi-Fi</title></head></html>", HtmlPage, Action::StopUnprovenLane),
    fixture("Cloudflare, in plain text", 403, "error code: 1020", HtmlPage, Action::StopUnprovenLane),
    fixture("a page, too large for a gateway", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>", BadRequest, Action::EndItem),
    fixture("Cloudflare's rate limit", 429, "<html><head><title>Error 1015</title></head></html>", RateLimited, Action::SlowLane),
    fixture("a key refused in plain text", 401, "Unauthorized", WrongKey, Action::StopLane),
    // The model.
    fixture("OpenAI, unknown model", 404, r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#, UnknownModel, Action::StopLane),
    fixture("OpenAI, model not for this project", 403, r#"{"error":{"message":"Project `p` does not have access to model `gpt-4o`","code":"model_not_found"}}"#, UnknownModel, Action::StopLane),
    fixture("Ollama, unknown model", 404, r#"{"error":{"message":"model \"qwen9\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#, UnknownModel, Action::StopLane),
    fixture("vLLM, unknown model", 404, r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#, UnknownModel, Action::StopLane),
    fixture("OpenRouter, unknown model", 400, r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#, UnknownModel, Action::StopLane),
    fixture("OpenRouter, no endpoint", 404, r#"{"error":{"message":"No endpoints found for foo/bar.","code":404}}"#, UnknownModel, Action::StopLane),
    fixture("Gemini, unknown model", 404, r#"[{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1main","status":"NOT_FOUND"}}]"#, UnknownModel, Action::StopLane),
    fixture("Gemini, retired model", 404, r#"{"error":{"code":404,"message":"This model models/gemini-1.5-pro is no longer available.","status":"NOT_FOUND"}}"#, UnknownModel, Action::StopLane),
    fixture("OpenAI, deprecated model", 400, r#"{"error":{"message":"The model `text-davinci-003` has been deprecated, learn more here.","type":"invalid_request_error","code":null}}"#, UnknownModel, Action::StopLane),
    fixture("Hugging Face, no provider", 400, r#"{"error":{"message":"The requested model 'x/y' is not supported by any provider you have enabled.","type":"invalid_request_error","param":"model","code":"model_not_supported"}}"#, UnknownModel, Action::StopLane),
    fixture("LM Studio, nothing loaded", 400, r#"{"error":"No models loaded. Please load a model in the developer page."}"#, UnknownModel, Action::StopLane),
    fixture("Groq, retired model", 400, r#"{"error":{"message":"The model has been decommissioned","type":"invalid_request_error","code":"model_decommissioned"}}"#, UnknownModel, Action::StopLane),
    // The address.
    fixture("OpenAI, wrong path", 404, r#"{"error":{"message":"Invalid URL (POST /v2/models/chat/completions)","type":"invalid_request_error"}}"#, WrongAddress, Action::StopLane),
    fixture("Ollama, wrong path", 404, "404 page not found", WrongAddress, Action::StopLane),
    fixture("FastAPI, wrong path", 404, r#"{"detail":"Not Found"}"#, WrongAddress, Action::StopLane),
    fixture("a site's page", 404, "<!DOCTYPE html><html><head><title>Page not found</title></head></html>", WrongAddress, Action::StopLane),
    fixture("not to be posted to", 405, r#"{"detail":"Method Not Allowed"}"#, WrongAddress, Action::StopLane),
    // A setting that the model doesn't take: on a lane that never answered, the engine stops at the tenth.
    fixture("a gateway, another parameter (omeryasirkucuk/amx #630)", 400, r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#, BadRequest, Action::EndItem),
    fixture("no schema for this model (promptdriven/pdd #1158)", 400, r#"{"error":{"message":"response_format … json_schema is not supported by this model"}}"#, BadRequest, Action::EndItem),
    fixture("a parameter that is gone", 400, r#"{"error":{"message":"Parameter 'logit_bias' is no longer supported by the model."}}"#, BadRequest, Action::EndItem),
    fixture("a row that speaks of models", 422, r#"{"detail":[{"msg":"too short","input":"The model Ford T is no longer available"}]}"#, BadRequest, Action::EndItem),
    fixture("a gateway hands on the provider's codes", 400, r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"Too many tokens.\",\"code\":\"context_length_exceeded\"}}"}}}"#, ContextTooLong, Action::EndItem),
    // This row.
    fixture("OpenAI, too long", 400, r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#, ContextTooLong, Action::EndItem),
    fixture("llama.cpp, too long", 400, r#"{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size (4096 tokens)","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#, ContextTooLong, Action::EndItem),
    fixture("vLLM, too long", 400, r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","code":400}"#, ContextTooLong, Action::EndItem),
    fixture("OpenAI, content", 400, r#"{"error":{"message":"Your request was rejected by our safety system.","code":"content_policy_violation"}}"#, ContentRefused, Action::EndItem),
    fixture("Azure, content", 400, r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","status":400}}"#, ContentRefused, Action::EndItem),
    fixture("OpenRouter, moderation", 403, r#"{"error":{"code":403,"message":"Input was refused","metadata":{"reasons":["violence"],"flagged_input":"…"}}}"#, ContentRefused, Action::EndItem),
    fixture("OpenAI, a wrong parameter", 400, r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#, BadRequest, Action::EndItem),
    fixture("Groq, too large", 413, r#"{"error":{"message":"Request too large for model on tokens per minute (TPM)","type":"tokens","code":"rate_limit_exceeded"}}"#, BadRequest, Action::EndItem),
    fixture("FastAPI, invalid", 422, r#"{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}"#, BadRequest, Action::EndItem),
    // The server.
    fixture("request timeout", 408, "", ServerError, Action::Retry),
    fixture("conflict", 409, r#"{"error":{"message":"lock timeout"}}"#, ServerError, Action::Retry),
    fixture("OpenAI, 500", 500, r#"{"error":{"message":"The server had an error while processing your request.","type":"server_error"}}"#, ServerError, Action::Retry),
    fixture("a gateway's page", 502, "<html><head><title>502 Bad Gateway</title></head></html>", ServerError, Action::Retry),
    fixture("llama.cpp, loading", 503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#, ServerError, Action::Retry),
    fixture("Cloudflare, 524", 524, "", ServerError, Action::Retry),
    fixture("Anthropic, overloaded", 529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, ServerError, Action::Retry),
    fixture("LM Studio, crashed (lmstudio-ai/lmstudio-bug-tracker #1057)", 400, r#"{"error":"The model has crashed without additional information. (Exit code: null)"}"#, ServerError, Action::Retry),
    fixture("LM Studio, unloaded (lmstudio-ai/lmstudio-bug-tracker #1347, #1170)", 400, r#"{"error":"Model is unloaded."}"#, ServerError, Action::Retry),
    // The provider's own word on retrying.
    fixture("a 400 to be retried", 400, "{}", ServerError, Action::Retry).headers(&[("x-should-retry", "true")]),
    fixture("a 429 to be retried", 429, "{}", RateLimited, Action::SlowLane).headers(&[("x-should-retry", "true")]),
    fixture("a 500 not to be retried", 500, "{}", BadRequest, Action::EndItem).headers(&[("x-should-retry", "false")]),
    fixture("a 429 not to be retried", 429, "{}", QuotaExhausted, Action::StopLane).headers(&[("x-should-retry", "false")]),
    fixture("a 401 not to be retried", 401, "{}", WrongKey, Action::StopLane).headers(&[("x-should-retry", "false")]),
];

#[test]
fn every_refusal_is_classed_by_what_to_do_next() {
    let mut wrong = Vec::new();
    for fixture in FIXTURES {
        let failure = refused(fixture.status, fixture.headers, fixture.body);
        let got = (failure.kind, failure.retry_after_ms, failure.kind.action(), failure.status);
        let due = (fixture.kind, fixture.hint_ms, fixture.action, Some(fixture.status));
        if got != due {
            wrong.push(format!("{}: {got:?}, not {due:?}", fixture.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every form in which a wait was seen: headers, fields of the body, words.
#[test]
fn a_wait_is_read_in_whatever_form_it_comes() {
    let at = |header: &'static str, value: &'static str, ms| (vec![(header, value)], "", Some(ms));
    let body = |body: &'static str, ms| (Vec::new(), body, Some(ms));
    let left = |name, left, value| vec![("x-ratelimit-remaining-requests", left), (name, value)];
    for (headers, body, ms) in [
        at("retry-after", "7s", 7_000),
        at("retry-after", "1m30s", 90_000),
        at("retry-after", "1795435230", 30_000),
        at("retry-after", "2026-11-23T12:00:30Z", 30_000),
        at("retry-after-ms", "1200", 1_200),
        at("x-ratelimit-reset", "12", 12_000),
        at("x-ratelimit-reset", "1795435212", 12_000),
        at("x-ratelimit-reset", "1795435212000", 12_000),
        at("x-ratelimit-reset", "2026-11-23T12:00:12Z", 12_000),
        at("ratelimit-reset", "12", 12_000),
        (left("x-ratelimit-reset-requests", "0", "6m0s"), "", Some(360_000)),
        (left("x-ratelimit-reset-requests", "3", "6m0s"), "", None),
        (vec![("x-ratelimit-reset-tokens", "6m0s")], "", None),
        (
            vec![
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("anthropic-ratelimit-tokens-reset", "2026-11-23T12:00:09Z"),
            ],
            "",
            Some(9_000),
        ),
        body(r#"{"error":{"message":"slow down","retry_after":1.5}}"#, 1_500),
        body(r#"{"error":{"message":"slow down"},"retry_after":"2s"}"#, 2_000),
        body(r#"{"error":{"message":"slow down","retryAfterMs":250}}"#, 250),
        body(r#"{"message":"slow down","retry-after-seconds":3}"#, 3_000),
        body(r#"{"error":{"message":"slow down","metadata":{"headers":{"Retry-After":"4"}}}}"#, 4_000),
        body(r#"{"error":{"message":"Please try again in 1.2s."}}"#, 1_200),
        body(r#"{"error":{"message":"Please try again in 1m30s."}}"#, 90_000),
        body(r#"{"error":{"message":"Please try again in 500ms."}}"#, 500),
        body(r#"{"error":{"message":"Please try again in about 5 minutes."}}"#, 300_000),
        body(r#"{"error":{"message":"Please wait 2 hours and 5 minutes before the next call."}}"#, 7_500_000),
        body(r#"{"error":{"message":"Your limit resets in 1 hour."}}"#, 3_600_000),
        body(r#"{"error":{"message":"Try again in a minute."}}"#, 60_000),
        (Vec::new(), r#"{"error":{"message":"wait for the next release"}}"#, None),
        (Vec::new(), r#"{"error":{"message":"slow down","retry_after":"soon"}}"#, None),
        (Vec::new(), r#"{"error":{"message":"slow down","retry_after":null}}"#, None),
    ] {
        let got = refused(429, &headers, body);
        assert_eq!((got.kind, got.retry_after_ms), (RateLimited, ms), "{headers:?} {body}");
    }
}

/// langchain-ai/langchain #31459, glibsonoran/Plush-for-ComfyUI #135, praveenjuge/teak #255, BerriAI/litellm #21242,
/// OpenHands/OpenHands #11725.
#[test]
fn a_bad_sample_of_the_model_is_an_answer_that_does_not_fit() {
    let samples = [
        (
            r#"{"error":{"message":"Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{\"genre\": \"Dra"}}"#,
            r#"{"genre": "Dra"#,
        ),
        (
            r#"{"error":{"message":"Tool choice is none, but model called a tool","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"{\"name\":\"open\"}"}}"#,
            r#"{"name":"open"}"#,
        ),
        (r#"{"error":{"message":"Parsing failed.","code":"output_parse_failed"}}"#, ""),
        (
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"Failed to generate JSON.\",\"code\":\"json_validate_failed\",\"failed_generation\":\"half\"}}","provider_name":"Groq"}}}"#,
            "half",
        ),
    ];
    for (body, raw) in samples {
        let Outcome::Answered { answer, bill } = decode(400, &[], body) else { panic!("{body}") };
        assert_eq!((&*answer.text, answer.finish, bill), (raw, Finish::Other, Bill::Unknown), "tokens were generated");
        let misfit = answer.misfit.expect("it doesn't fit");
        assert!(misfit.starts_with("was refused by the provider as a bad sample: "), "{misfit}");
    }
}

#[test]
fn a_gateways_page_is_not_blamed_on_the_key() {
    let page = refused(403, &[], "<html><head><title>Just a moment...</title></head></html>");
    let told = page.sentence();
    assert!(told.contains("firewall") && told.contains("the key need not be wrong"), "{told}");
    assert!(told.contains("Just a moment...") && told.contains("Nothing was billed"), "{told}");
}

#[test]
fn a_message_is_the_providers_own_words() {
    for (body, message) in [
        (r#"{"error":{"message":"No such thing","code":"x"}}"#, "No such thing"),
        (r#"{"error":"just text"}"#, "just text"),
        (r#"{"object":"error","message":"flat"}"#, "flat"),
        (r#"{"detail":"Not Found"}"#, "Not Found"),
        (r#"{"detail":[{"msg":"field required"}]}"#, r#"[{"msg":"field required"}]"#),
        (r#"[{"error":{"message":"in a list"}}]"#, "in a list"),
        (
            r#"{"error":{"message":"Provider returned error","metadata":{"raw":"too busy"}}}"#,
            "Provider returned error: too busy",
        ),
        ("plain\r\n  words\u{7}", "plain words"),
        ("<html><title>502 Bad Gateway</title><body>x", "502 Bad Gateway"),
        ("", ""),
    ] {
        assert_eq!(refused(400, &[], body).message, message, "{body}");
    }
    let long = refused(400, &[], &"é".repeat(5_000)).message;
    assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX);
}

#[test]
fn no_message_holds_a_key() {
    for body in [
        r#"{"error":{"message":"Incorrect API key provided: secretsecret. You can find it"}}"#,
        r#"{"error":{"message":"key sk-proj-secretsecret is wrong"}}"#,
        "Authorization: Bearer secretsecret was refused",
    ] {
        let failure = refused(401, &[], body);
        assert!(!failure.sentence().contains("secretsecret"), "{}", failure.sentence());
    }
    let mut echo = reply(401, &[], "no user has the token 0f9e8d7c6b5a");
    echo.hide_key("0f9e8d7c6b5a");
    assert_eq!(echo.body, "no user has the token …");
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

#[test]
fn the_request_id_of_what_failed_is_kept_for_the_providers_bill() {
    let of = |outcome: Outcome| match outcome {
        Outcome::Failed { failure, .. } => failure.request_id,
        Outcome::Answered { answer, .. } => answer.request_id,
    };
    assert_eq!(of(decode(500, &[("x-request-id", "req_1")], "")).as_deref(), Some("req_1"));
    assert_eq!(of(decode(200, &[("x-request-id", "req_2")], r#"{"choices": [{"mess"#)).as_deref(), Some("req_2"));
    let overloaded = reply(529, &[("request-id", "req_3")], r#"{"type":"error","error":{"type":"overloaded_error"}}"#);
    assert_eq!(of(pennybatch::provider::Provider::Anthropic.decode(&overloaded, crate::NOW)).as_deref(), Some("req_3"));
    assert_eq!(of(decode(500, &[], "")), None);
}
