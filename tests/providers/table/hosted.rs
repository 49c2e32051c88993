//! The makers' own endpoints, and Gemini's compatible one.

use pennybatch::provider::{FailureKind as Kind, Finish, Usage};

use super::{Case, Entry, answered, never, refusal, refused, sent, unpriced, used};

pub fn open_ai() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_completion_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy","refusal":null,"annotations":[]},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"service_tier":"default","system_fingerprint":"fp_1"}"#),
        used(Usage { input: 2_006, output: 300, cache_read: 1_920, cache_write: 64, reasoning: 256, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"cache_write_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":256,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#),
        answered(Case::ContentFilter, "I can't help with that.", Finish::ContentFilter, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I can't help with that."},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"error":{"message":"Rate limit reached for gpt-4o-mini in organization org-1 on tokens per min (TPM): Limit 200000, Used 199000, Requested 2000. Please try again in 300ms.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#).hint(&[], 300)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":null}}"#)),
        refused(Case::Quota, refusal(429, Kind::QuotaExhausted, r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"project_spend_limit_exceeded"}}"#).says("no waiting mends that")),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Incorrect API key provided: sk-abcd****wxyz. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#).says("provided: …")),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"error":{"message":"The model `m-1` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 173172 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#).says("needs 173,172 tokens, and the model takes 128,000")),
    ]
}

pub fn anthropic() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","max_tokens":16,"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":[{"type":"text","text":"Milk"}]}],"temperature":0.5}"#),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[{"type":"text","text":"dairy"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":19,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4,"service_tier":"standard"}}"#),
        used(Usage { input: 5_069, output: 4, cache_read: 2_048, cache_write: 3_000, cache_write_1h: 2_000, ..Usage::default() }, None, r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[{"type":"text","text":"dairy"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":21,"cache_creation_input_tokens":3000,"cache_read_input_tokens":2048,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":2000},"output_tokens":4}}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[{"type":"text","text":"Milk is"}],"stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":19,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4,"service_tier":"standard"}}"#),
        answered(Case::ContentFilter, "", Finish::ContentFilter, r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":"refusal","stop_sequence":null,"usage":{"input_tokens":19,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4,"service_tier":"standard"}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":19,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4,"service_tier":"standard"}}"#),
        unpriced(r#"{"id":"msg_01","type":"message","role":"assistant","model":"m-1","content":[{"type":"text","text":"dairy"}],"stop_reason":"end_turn","stop_sequence":null}"#),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 50,000 input tokens per minute."},"request_id":"req_1"}"#).hint(&[("request-id", "req_1"), ("retry-after", "12")], 12_000)),
        refused(Case::Overload, refusal(529, Kind::ServerError, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#)),
        refused(Case::Quota, refusal(400, Kind::QuotaExhausted, r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."},"request_id":"req_1"}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_1"}"#)),
        refused(Case::BrowserBan, refusal(401, Kind::BrowserForbidden, r#"{"type":"error","error":{"type":"authentication_error","message":"CORS requests are not allowed for this Organization because of custom retention settings."},"request_id":"req_1"}"#).says("whatever the key")),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"type":"error","error":{"type":"not_found_error","message":"model: m-1"},"request_id":"req_1"}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"},"request_id":"req_1"}"#).says("needs 208,310 tokens, and the model takes 200,000")),
    ]
}

/// The total holds the thinking that `completion_tokens` leave out.
pub fn gemini() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        used(Usage { input: 19, output: 131, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":150}}"#),
        answered(Case::ContentFilter, "", Finish::ContentFilter, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter: PROHIBITED_CONTENT"}],"usage":{"prompt_tokens":19,"completion_tokens":0,"total_tokens":19}}"#),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"45.8s"}]}}]"#).hint(&[], 45_800)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"[{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}]"#)),
        refused(Case::Quota, refusal(429, Kind::QuotaExhausted, r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"250"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31s"}]}}]"#).hint(&[], 31_000)),
        refused(Case::WrongKey, refusal(400, Kind::WrongKey, r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}]"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"[{"error":{"code":404,"message":"models/m-1 is not found for API version v1main, or is not supported for generateContent.","status":"NOT_FOUND"}}]"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#).says("needs 1,200,000 tokens, and the model takes 1,048,576")),
    ]
}
