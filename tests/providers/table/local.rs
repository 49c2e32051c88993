//! Servers on a person's own machine, any other compatible endpoint, and the demo.

use pennybatch::provider::{FailureKind as Kind, Finish, Usage};

use super::{Case, Entry, answered, never, refusal, refused, sent, unpriced, used};

/// Prompts that are too long are cut without a word.
pub fn ollama() -> Vec<Entry> {
    vec![
        sent(
            r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#,
        ),
        answered(
            Case::Length,
            "Milk is",
            Finish::Length,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#,
        ),
        answered(
            Case::Empty,
            "",
            Finish::Stop,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#,
        ),
        unpriced(
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#,
        ),
        never(Case::BrowserBan, "a server of one's own has no organization"),
        never(Case::ContentFilter, "a server of one's own filters nothing"),
        never(Case::Quota, "nobody bills a server of one's own"),
        answered(
            Case::Answer,
            "dairy",
            Finish::Stop,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"system_fingerprint":"fp_ollama"}"#,
        ),
        used(
            Usage { input: 19, output: 2, ..Usage::default() },
            None,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#,
        ),
        never(Case::RateLimit, "it queues, and refuses with 503 when the queue is full"),
        refused(
            Case::Overload,
            refusal(
                503,
                Kind::ServerError,
                r#"{"error":{"message":"server busy, please try again.  maximum pending requests exceeded","type":"api_error","param":null,"code":null}}"#,
            ),
        ),
        never(Case::WrongKey, "it takes no key"),
        refused(
            Case::UnknownModel,
            refusal(
                404,
                Kind::UnknownModel,
                r#"{"error":{"message":"model \"m-1\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#,
            ),
        ),
        never(Case::TooLong, "it cuts the prompt to its context window and answers"),
    ]
}

pub fn lm_studio() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "a server of one's own has no organization"),
        never(Case::ContentFilter, "a server of one's own filters nothing"),
        never(Case::Quota, "nobody bills a server of one's own"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"stats":{},"system_fingerprint":"m-1"}"#),
        used(Usage { input: 19, output: 9, reasoning: 7, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":9,"total_tokens":28,"completion_tokens_details":{"reasoning_tokens":7}}}"#),
        never(Case::RateLimit, "it queues what it cannot serve at once"),
        refused(Case::Overload, refusal(500, Kind::ServerError, r#"{"error":"The model has crashed without additional information. (Exit code: 6)"}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Malformed LM Studio API token provided","type":"invalid_request_error","code":"invalid_api_key","param":null}}"#)),
        refused(Case::UnknownModel, refusal(400, Kind::UnknownModel, r#"{"error":{"message":"Invalid model identifier \"m-1\". Please specify a valid downloaded model.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}"#).says("needs 5,000 tokens, and the model takes 4,096")),
    ]
}

pub fn llama_cpp() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "a server of one's own has no organization"),
        never(Case::ContentFilter, "a server of one's own filters nothing"),
        never(Case::Quota, "nobody bills a server of one's own"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"timings":{"prompt_n":19,"predicted_n":2}}"#),
        used(Usage { input: 19, output: 2, cache_read: 12, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"completion_tokens":2,"prompt_tokens":19,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":12}}}"#),
        never(Case::RateLimit, "it queues what its slots cannot take"),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#)),
        refused(Case::UnknownModel, refusal(400, Kind::UnknownModel, r#"{"error":{"code":400,"message":"model 'm-1' not found","type":"invalid_request_error"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}"#).says("needs 5,000 tokens, and the model takes 4,096")),
    ]
}

pub fn vllm() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_completion_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "a server of one's own has no organization"),
        never(Case::ContentFilter, "a server of one's own filters nothing"),
        never(Case::Quota, "nobody bills a server of one's own"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy","reasoning_content":null,"tool_calls":[]},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"prompt_logprobs":null}"#),
        used(Usage { input: 19, output: 2, cache_read: 16, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"total_tokens":21,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":16}}}"#),
        never(Case::RateLimit, "it queues what it cannot serve at once"),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"The server is overloaded","type":"ServiceUnavailableError","param":null,"code":503}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":"Unauthorized"}"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"error":{"message":"The model `m-1` does not exist.","type":"NotFoundError","param":"model","code":404}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please reduce the length of the input messages.","type":"BadRequestError","param":null,"code":400}}"#).says("needs 5,000 tokens, and the model takes 4,096")),
    ]
}

/// What OpenAI's shapes leave open: some servers state a cost, as OpenRouter does.
pub fn compatible() -> Vec<Entry> {
    vec![
        sent(
            r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#,
        ),
        answered(
            Case::Length,
            "Milk is",
            Finish::Length,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#,
        ),
        answered(
            Case::Empty,
            "",
            Finish::Stop,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#,
        ),
        unpriced(
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#,
        ),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(
            Case::Answer,
            "dairy",
            Finish::Stop,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#,
        ),
        used(
            Usage { input: 19, output: 2, ..Usage::default() },
            Some(123_000_000),
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21,"cost":0.000123}}"#,
        ),
        answered(
            Case::ContentFilter,
            "",
            Finish::ContentFilter,
            r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#,
        ),
        refused(
            Case::RateLimit,
            refusal(429, Kind::RateLimited, r#"{"error":{"message":"Too many requests"}}"#)
                .hint(&[("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT")], 30_000),
        ),
        refused(
            Case::Overload,
            refusal(502, Kind::ServerError, r#"<html><head><title>502 Bad Gateway</title></head></html>"#),
        ),
        refused(Case::Quota, refusal(402, Kind::QuotaExhausted, r#""#)),
        refused(Case::WrongKey, refusal(403, Kind::WrongKey, r#"{"error":"forbidden"}"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"detail":"No such model: m-1"}"#)),
        refused(
            Case::TooLong,
            refusal(413, Kind::ContextTooLong, r#"{"error":{"message":"Payload too large"}}"#)
                .says("is longer than the model can take"),
        ),
    ]
}

/// It speaks as a compatible server does, so that its answers go the same way.
pub fn demo() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "it answers inside the page"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        used(Usage { input: 19, output: 2, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        never(Case::ContentFilter, "it refuses no content"),
        never(Case::Quota, "it bills nobody"),
        never(Case::WrongKey, "it takes no key"),
        never(Case::UnknownModel, "it answers for every model"),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"error":{"message":"Rate limit reached in the demo. Please try again in 1s.","type":"rate_limit_exceeded"}}"#).hint(&[("retry-after-ms", "1000")], 1_000)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"The demo is overloaded.","type":"server_error"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"prompt is too long"}}"#)),
    ]
}
