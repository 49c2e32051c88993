//! Hosts and makers that speak Chat Completions.

use pennybatch::provider::{FailureKind as Kind, Finish, Usage};

use super::{Case, Entry, answered, never, refusal, refused, sent, unpriced, used};

/// Each answer states its cost.
pub fn open_router() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"provider":"OpenAI"}"#),
        used(Usage { input: 194, output: 2, cache_read: 100, reasoning: 1, ..Usage::default() }, Some(9_500_000), r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":0.0000095,"is_byok":false,"prompt_tokens_details":{"cached_tokens":100},"cost_details":{"upstream_inference_cost":null},"completion_tokens_details":{"reasoning_tokens":1}}}"#),
        refused(Case::ContentFilter, refusal(403, Kind::ContentRefused, r#"{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"Milk","provider_name":"OpenAI","model_slug":"m-1"}}}"#)),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1795435234000"}}}}"#).hint(&[], 34_000)),
        refused(Case::Overload, refusal(502, Kind::ServerError, r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"upstream overloaded","provider_name":"X"}}}"#)),
        refused(Case::Quota, refusal(402, Kind::QuotaExhausted, r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only afford 222.","code":402}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"User not found.","code":401}}"#)),
        refused(Case::UnknownModel, refusal(400, Kind::UnknownModel, r#"{"error":{"message":"m-1 is not a valid model ID","code":400}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"This endpoint's maximum context length is 131072 tokens. However, you requested about 160016 tokens (160000 of text input, 16 in the output). Please reduce the length of either one.","code":400}}"#).says("needs 160,016 tokens, and the model takes 131,072")),
    ]
}

pub fn groq() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_completion_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21},"x_groq":{"id":"req_1"}}"#),
        used(Usage { input: 1_200, output: 20, cache_read: 1_024, reasoning: 12, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"queue_time":0.02,"prompt_tokens":1200,"prompt_time":0.01,"completion_tokens":20,"completion_time":0.03,"total_tokens":1220,"total_time":0.04,"prompt_tokens_details":{"cached_tokens":1024},"completion_tokens_details":{"reasoning_tokens":12}}}"#),
        never(Case::ContentFilter, "its finish reasons name no filter"),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"error":{"message":"Rate limit reached for model `m-1` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5500, Requested 900. Please try again in 4s.","type":"tokens","code":"rate_limit_exceeded"}}"#).hint(&[("retry-after", "4")], 4_000)),
        refused(Case::Overload, refusal(498, Kind::ServerError, r#"{"error":{"message":"Flex tier capacity exceeded","type":"capacity_exceeded","code":"capacity_exceeded"}}"#)),
        refused(Case::Quota, refusal(400, Kind::QuotaExhausted, r#"{"error":{"message":"API access blocked: the spend limit of your organization is reached.","type":"invalid_request_error","code":"blocked_api_access"}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Invalid API Key","type":"invalid_request_error","code":"invalid_api_key"}}"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"error":{"message":"The model `m-1` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#).says("is longer than the model can take")),
    ]
}

pub fn mistral() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"model_length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Milk comes from cows."}]},{"type":"text","text":"dairy"}],"tool_calls":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":12,"total_tokens":31}}"#),
        used(Usage { input: 19, output: 2, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        never(Case::ContentFilter, "its finish reasons name no filter"),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"object":"error","message":"Service unavailable.","type":"unreachable_backend","param":null,"code":"1100"}"#)),
        refused(Case::Quota, refusal(402, Kind::QuotaExhausted, r#"{"detail":"Payment required"}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"detail":"Unauthorized"}"#)),
        refused(Case::UnknownModel, refusal(400, Kind::UnknownModel, r#"{"object":"error","message":"Invalid model: m-1","type":"invalid_model","param":null,"code":"1500"}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_invalid_args","param":null,"code":"3051"}"#).says("needs 40,000 tokens, and the model takes 32,768")),
    ]
}

pub fn deep_seek() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy","reasoning_content":"Milk comes from cows."},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        used(Usage { input: 1_017, output: 40, cache_read: 1_000, reasoning: 38, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1017,"completion_tokens":40,"total_tokens":1057,"prompt_cache_hit_tokens":1000,"prompt_cache_miss_tokens":17,"completion_tokens_details":{"reasoning_tokens":38}}}"#),
        answered(Case::ContentFilter, "", Finish::ContentFilter, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"error":{"message":"Rate limit reached","type":"rate_limit_error","param":null,"code":null}}"#)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.","type":"service_unavailable_error","param":null,"code":"service_unavailable_error"}}"#)),
        refused(Case::Quota, refusal(402, Kind::QuotaExhausted, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Authentication Fails, Your api key: ****abcd is invalid","type":"authentication_error","param":null,"code":"invalid_request_error"}}"#)),
        refused(Case::UnknownModel, refusal(400, Kind::UnknownModel, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"error":{"message":"This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#).says("needs 131,134 tokens, and the model takes 131,072")),
    ]
}

pub fn together() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"eos"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        used(Usage { input: 31, output: 2, cache_read: 16, ..Usage::default() }, None, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"eos"}],"usage":{"prompt_tokens":31,"completion_tokens":2,"total_tokens":33,"prompt_tokens_details":{"cached_tokens":16}}}"#),
        never(Case::ContentFilter, "its finish reasons name no filter"),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"id":"o-1","error":{"message":"You have reached the rate limit specific to this model m-1. The maximum rate limit for this model is 600 requests per minute.","type":"model_rate_limit","param":null,"code":null}}"#).hint(&[("retry-after", "1")], 1_000)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"error":{"message":"The server is overloaded or not ready yet.","type":"service_unavailable","param":null,"code":null}}"#)),
        refused(Case::Quota, refusal(402, Kind::QuotaExhausted, r#"{"error":{"message":"Credit limit exceeded, please navigate to billing to add credit.","type":"credit_limit","param":null,"code":null}}"#)),
        refused(Case::WrongKey, refusal(401, Kind::WrongKey, r#"{"error":{"message":"Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"error":{"message":"Unable to access model m-1. Please visit https://api.together.ai/models to view the list of supported models.","type":"invalid_request_error","param":null,"code":"model_not_available"}}"#)),
        refused(Case::TooLong, refusal(422, Kind::ContextTooLong, r#"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 80125 `inputs` tokens and 16 `max_new_tokens`","type":"invalid_request_error","param":"max_tokens","code":null}}"#).says("needs 80,125 tokens, and the model takes 4,097")),
    ]
}

/// Each answer states its cost in ticks of a hundred pico-dollars; reasoning is in the total alone.
pub fn xai() -> Vec<Entry> {
    vec![
        sent(r#"{"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Milk"}],"max_completion_tokens":16,"temperature":0.5}"#),
        answered(Case::Length, "Milk is", Finish::Length, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Milk is"},"finish_reason":"length"}],"usage":{"prompt_tokens":19,"completion_tokens":16,"total_tokens":35}}"#),
        answered(Case::Empty, "", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        unpriced(r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}]}"#),
        never(Case::BrowserBan, "no organization's ban on web pages is documented"),
        answered(Case::Answer, "dairy", Finish::Stop, r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy","reasoning_content":"Milk comes from cows.","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}}"#),
        used(Usage { input: 37, output: 763, cache_read: 8, reasoning: 233, ..Usage::default() }, Some(3_775_600_000), r#"{"id":"c-1","object":"chat.completion","created":1741570283,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":37,"completion_tokens":530,"total_tokens":800,"prompt_tokens_details":{"text_tokens":37,"audio_tokens":0,"image_tokens":0,"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":233,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0,"cost_in_usd_ticks":37756000}}"#),
        refused(Case::ContentFilter, refusal(403, Kind::ContentRefused, r#"{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}"#)),
        refused(Case::RateLimit, refusal(429, Kind::RateLimited, r#"{"code":"Some resource has been exhausted","error":"Too many requests for team 1 and model m-1. Your team's rate limit is 8 requests per second."}"#)),
        refused(Case::Overload, refusal(503, Kind::ServerError, r#"{"code":"The service is currently unavailable","error":"The model is at capacity. Please try again later."}"#)),
        refused(Case::Quota, refusal(429, Kind::QuotaExhausted, r#"{"code":"Some resource has been exhausted","error":"Your team 1 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit."}"#)),
        refused(Case::WrongKey, refusal(400, Kind::WrongKey, r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***yz. You can obtain an API key from https://console.x.ai."}"#)),
        refused(Case::UnknownModel, refusal(404, Kind::UnknownModel, r#"{"code":"Some requested entity was not found","error":"The model m-1 does not exist or your team 1 does not have access to it."}"#)),
        refused(Case::TooLong, refusal(400, Kind::ContextTooLong, r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 160000 tokens."}"#).says("needs 160,000 tokens, and the model takes 131,072")),
    ]
}
