//! Error answers: what the provider said, and which class of failure it is.
//! The class follows the status, but for errors that state their nature by a code or by well-known words.

use serde_json::Value;

use crate::provider::{Answer, Failure, FailureKind, Finish, HttpReply, Provider, RateHeaders, hint, words};
use crate::time::Time;

/// Codes of quota and spend limits, which no waiting mends. They come with 429 as well as with other statuses.
const QUOTA_CODES: [&str; 15] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_balance",
    "insufficient_credits",
    "billing_error",
    "enforced_spend_limit_reached",
    // Groq, once its spend limit is reached.
    "blocked_api_access",
    // Alibaba.
    "arrearage",
    // Moonshot.
    "exceeded_current_quota_error",
    // LiteLLM, for a budget of its own.
    "budget_exceeded",
];
const CONTEXT_CODES: [&str; 3] = ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"];
const CONTEXT_WORDS: [&str; 25] = [
    "maximum context length",
    "exceeds the context",
    "exceed context",
    "context window",
    "context size",
    "prompt is too long",
    "exceed context limit",
    "maximum prompt length",
    "maximum number of tokens allowed",
    "too large for model with",
    "max_new_tokens` must be",
    "reduce the length of",
    "context length of only",
    "number of tokens to keep from the initial prompt",
    // Alibaba, Moonshot, Cohere.
    "range of input length should be",
    "exceeded model token limit",
    "too many tokens: ",
    // vLLM: a cap below zero is what the prompt leaves of the context.
    "max_tokens must be at least 1, got -",
    "longer than the maximum model length",
    // SGLang, Bedrock, Text Generation Inference, LiteLLM, llama.cpp.
    "longer than the model's context length",
    "input is too long for requested model",
    "`inputs` must have less than",
    "contextwindowexceedederror",
    "context shift is disabled",
    "input is too large to process",
];
const CONTENT_CODES: [&str; 6] = [
    "content_policy_violation",
    "content_filter",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    // OpenAI, for prompts that its usage policy forbids.
    "invalid_prompt",
];
const CONTENT_WORDS: [&str; 4] =
    ["content management policy", "flagged by", "requires moderation", "violates usage guidelines"];
const MODEL_CODES: [&str; 12] = [
    "model_not_found",
    "model_not_exist",
    "model_not_available",
    "invalid_model",
    "model_decommissioned",
    "unknown_model",
    // Azure, Hugging Face, Groq.
    "deploymentnotfound",
    "model_not_supported",
    "model_deprecated",
    "model_terms_required",
    "model_permission_blocked_org",
    "model_permission_blocked_project",
];
const MODEL_WORDS: [&str; 6] = [
    "not a valid model",
    "invalid model",
    "model not exist",
    "no models loaded",
    // Bedrock.
    "model identifier is invalid",
    "on-demand throughput isn",
];
/// What is said of a model, behind the word "model" and close to it.
const MODEL_IS_GONE_WORDS: [&str; 12] = [
    "not found",
    "does not exist",
    "doesn't exist",
    "no longer available",
    "no longer supported",
    "is not available",
    "been deprecated",
    "been decommissioned",
    "been retired",
    "is deprecated",
    "was removed on",
    "not supported by any provider",
];
const MODEL_NAME_CHARS_MAX: usize = 100;
/// Google's `failed_precondition` is of the account's country or billing.
const ACCOUNT_CODES: [&str; 10] = [
    "failed_precondition",
    "unsupported_country_region_territory",
    "account_deactivated",
    "organization_deactivated",
    "organization_restricted",
    "consumer_suspended",
    "consumer_invalid",
    "service_disabled",
    "accessdenied.unpurchased",
    "access_terminated",
];
const ACCOUNT_WORDS: [&str; 17] = [
    "location is not supported",
    "region is not supported",
    "country is not supported",
    "territory not supported",
    "not available in your country",
    "not available in your region",
    "account has been deactivated",
    "account has been disabled",
    "account has been suspended",
    "account has been terminated",
    "account is suspended",
    "account is disabled",
    "account is deactivated",
    "organization has been disabled",
    "organization has been restricted",
    "organization must be verified",
    "project has been suspended",
];
/// A local server whose model died or was put away says so with a 400.
const SERVER_WORDS: [&str; 9] = [
    "model has crashed",
    "model has unloaded",
    "model is unloaded",
    "model unloaded",
    "model was unloaded",
    "model process has terminated",
    "model reloaded",
    "failed to load model",
    "channel error",
];
/// A sample of the model that the provider itself couldn't read: another sample may do.
const SAMPLE_CODES: [&str; 3] = ["json_validate_failed", "tool_use_failed", "output_parse_failed"];
/// A gateway that answers in plain text, as Cloudflare does: `error code: 1020`.
const GATEWAY_WORDS: &str = "error code: 1";
const KEY_CODES: [&str; 3] = ["invalid_api_key", "api_key_invalid", "authentication_error"];
const KEY_WORDS: [&str; 5] = [
    "api key not valid",
    "api key expired",
    "incorrect api key",
    "invalid api key",
    "missing or invalid authorization header",
];
const QUOTA_WORDS: [&str; 25] = [
    "credit balance is too low",
    "specified api usage limits",
    "insufficient credits",
    "key limit exceeded",
    "used all available credits",
    "monthly spending limit",
    "usage credits are required",
    "extra usage is required",
    "insufficient balance",
    "out of credits",
    "not enough credits",
    "enable billing",
    "billing to be enabled",
    "billing account",
    "credits are depleted",
    "have any credits",
    "out of call volume quota",
    "limited to 1000 api calls / month",
    "free-models-per-day",
    "per day limit exceeded",
    "\u{4f59}\u{989d}\u{4e0d}\u{8db3}",
    // LiteLLM, for budgets of its own.
    "budget has been exceeded",
    "exceededbudget",
    "exceeded budget for",
    "crossed budget",
];
/// A request that is larger than what a whole minute lets through is refused for ever, though as a rate limit.
const TOO_LARGE_WORDS: [&str; 1] = ["request too large for"];
const BROWSER_WORDS: [&str; 2] = ["cors requests are not allowed", "cors requests must set"];
/// Words of a router that knows no such path; they may quote a path with "models" in it.
const ROUTE_WORDS: [&str; 3] = ["invalid url", "unknown request url", "cannot post"];

/// An error by its status.
pub fn read(provider: Provider, reply: &HttpReply, body: Option<&Value>, now: Time) -> Failure {
    let said = Said::of(reply, body);
    let kind = match reply.header("x-should-retry").map(str::trim) {
        Some("true") => retried(kind(reply.status, &said)),
        Some("false") => not_retried(kind(reply.status, &said)),
        _ => kind(reply.status, &said),
    };
    let kind = if is_spend_cap(provider, reply, kind) { FailureKind::QuotaExhausted } else { kind };
    Failure {
        kind,
        status: Some(reply.status),
        message: words::clean(&said.message),
        retry_after_ms: hint::retry_after_ms(reply, body, now),
        request_id: None,
    }
}

/// An error inside a 200, by its own code where that is a status or stands for one, else as a server's error.
pub fn read_inside_200(reply: &HttpReply, error_at: &Value, now: Time) -> Failure {
    let said = Said::of(reply, Some(error_at));
    let stated = said.codes.iter().find_map(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    let status = stated
        .or_else(|| said.has_code(&["rate_limit_exceeded"]).then_some(429))
        .or_else(|| said.has_words(&QUOTA_WORDS).then_some(402));
    Failure {
        kind: kind(status.unwrap_or(500), &said),
        status: Some(reply.status),
        message: words::clean(&said.message),
        retry_after_ms: hint::retry_after_ms(reply, Some(error_at), now),
        request_id: None,
    }
}

/// A sample that the provider refuses as its own model's fault (Groq's `json_validate_failed`), as an answer that
/// doesn't fit: what the model wrote is its text. Tokens were generated for it, so its bill is not surely nothing.
pub fn bad_sample(reply: &HttpReply, body: Option<&Value>) -> Option<Answer> {
    if !matches!(reply.status, 400 | 422) {
        return None;
    }
    let said = Said::of(reply, body);
    let error = error_of(body?);
    let raw = upstream(error);
    let sample = [raw.as_ref().map(error_of), Some(error)]
        .into_iter()
        .flatten()
        .find_map(|error| error.get("failed_generation").filter(|sample| !sample.is_null()));
    if sample.is_none() && !said.has_code(&SAMPLE_CODES) {
        return None;
    }
    Some(Answer {
        text: sample.map(plain).unwrap_or_default(),
        finish: Finish::Other,
        request_id: None,
        misfit: Some(format!("was refused by the provider as a bad sample: {}", words::clean(&said.message))),
    })
}

/// The title of a web page, for a person to recognise it by.
pub fn html_title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(html[start..end].trim().to_string()).filter(|title| !title.is_empty())
}

/// What an error body says, whatever its shape.
struct Said {
    message: String,
    /// `message` in lower case, to be searched.
    lower: String,
    /// `code`, `type` and `status` in lower case.
    codes: Vec<String>,
    /// Google names the quota that is used up, by the minute or by the day.
    is_of_a_day: bool,
    /// No word of the provider's, but of something on the way to it.
    is_of_a_gateway: bool,
}

impl Said {
    fn of(reply: &HttpReply, body: Option<&Value>) -> Said {
        let (message, codes) = match body {
            Some(body) => from_json(body),
            None => (from_text(&reply.body), Vec::new()),
        };
        let lower = message.to_lowercase();
        let is_of_a_day = body.is_some_and(is_of_a_day);
        let is_page = reply.body.trim_start_matches('\u{feff}').trim_start().starts_with('<');
        let is_of_a_gateway = body.is_none() && (is_page || lower.starts_with(GATEWAY_WORDS));
        Said { message, lower, codes, is_of_a_day, is_of_a_gateway }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    /// `model 'x' not found`, `The model x has been deprecated`; but not `this parameter is no longer supported by the
    /// model`.
    fn names_a_missing_model(&self) -> bool {
        // Further on, a message may quote the row.
        let start =
            self.lower.char_indices().nth(words::MESSAGE_CHARS_MAX).map_or(&*self.lower, |(end, _)| &self.lower[..end]);
        start.match_indices("model").any(|(at, _)| {
            let clause = start[at..].split([';', '\n']).next().unwrap_or_default();
            let near = clause.char_indices().nth(MODEL_NAME_CHARS_MAX).map_or(clause, |(end, _)| &clause[..end]);
            MODEL_IS_GONE_WORDS.iter().any(|words| near.contains(words))
        })
    }

    fn has_words(&self, words: &[&str]) -> bool {
        words.iter().any(|words| self.lower.contains(words))
    }
}

fn from_text(body: &str) -> String {
    let body = body.trim();
    if body.starts_with('<') { html_title(body).unwrap_or_default() } else { body.to_string() }
}

/// `{error: {message, code, type}}`, `{error: "…"}`, `{message}`, `{detail}`, and Google's list with one of these.
fn from_json(body: &Value) -> (String, Vec<String>) {
    let body = body.get(0).unwrap_or(body);
    let error = error_of(body);
    let mut message = match error {
        Value::String(text) => text.clone(),
        _ => ["message", "detail", "error_description", "title", "status_msg"]
            .iter()
            .find_map(|key| error.get(key).or_else(|| body.get(key)))
            .map(plain)
            .unwrap_or_else(|| error.to_string()),
    };
    // A gateway's own words are "Provider returned error"; the provider's are beside them.
    if let Some(raw) = error.pointer("/metadata/raw").and_then(Value::as_str) {
        message = format!("{message}: {raw}");
    }
    let mut codes: Vec<String> = ["code", "type", "status", "object"]
        .iter()
        .flat_map(|key| [error.get(key), body.get(key)])
        .flatten()
        .map(|code| plain(code).to_lowercase())
        .collect();
    if let Some(raw) = upstream(error) {
        codes.extend(from_json(&raw).1);
    }
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    codes.extend(details.filter_map(|detail| detail.get("reason")).map(|reason| plain(reason).to_lowercase()));
    if error.pointer("/metadata/reasons").is_some() {
        codes.push("content_policy".to_string());
    }
    (message, codes)
}

fn error_of(body: &Value) -> &Value {
    let body = body.get(0).unwrap_or(body);
    ["error", "base_resp"].iter().find_map(|name| body.get(name).filter(|error| !error.is_null())).unwrap_or(body)
}

/// The error of the provider behind a gateway, where the gateway hands on its whole body.
fn upstream(error: &Value) -> Option<Value> {
    serde_json::from_str(error.pointer("/metadata/raw")?.as_str()?).ok().filter(Value::is_object)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn kind(status: u16, said: &Said) -> FailureKind {
    if said.is_of_a_gateway && matches!(status, 400 | 401 | 403 | 407 | 511) {
        return FailureKind::HtmlPage;
    }
    if said.has_code(&QUOTA_CODES) || (status == 429 && (said.has_words(&QUOTA_WORDS) || said.is_of_a_day)) {
        return FailureKind::QuotaExhausted;
    }
    if matches!(status, 413 | 429) && said.has_words(&TOO_LARGE_WORDS) {
        return FailureKind::BadRequest;
    }
    if status == 401 && said.has_words(&BROWSER_WORDS) {
        return FailureKind::BrowserForbidden;
    }
    if said.has_code(&ACCOUNT_CODES) || (matches!(status, 400 | 401 | 403 | 404) && said.has_words(&ACCOUNT_WORDS)) {
        return FailureKind::AccountRefused;
    }
    match status {
        429 => return FailureKind::RateLimited,
        401 => return FailureKind::WrongKey,
        402 => return FailureKind::QuotaExhausted,
        _ => {}
    }
    if said.has_code(&CONTEXT_CODES) {
        return FailureKind::ContextTooLong;
    }
    if said.has_code(&CONTENT_CODES) {
        return FailureKind::ContentRefused;
    }
    if said.has_code(&MODEL_CODES) {
        return FailureKind::UnknownModel;
    }
    match status {
        400 if said.names_a_missing_model() => FailureKind::UnknownModel,
        400 | 422 => bad_request(said),
        413 if said.is_of_a_gateway => FailureKind::BadRequest,
        413 => FailureKind::ContextTooLong,
        451 => FailureKind::AccountRefused,
        403 | 412 if said.has_words(&QUOTA_WORDS) => FailureKind::QuotaExhausted,
        403 if said.has_words(&CONTENT_WORDS) => FailureKind::ContentRefused,
        403 => FailureKind::WrongKey,
        404 | 410 => not_found(said),
        405 => FailureKind::WrongAddress,
        // llama.cpp and LiteLLM's proxies say so with a 500, at each try again.
        500 if said.has_words(&CONTEXT_WORDS) => FailureKind::ContextTooLong,
        500 if said.has_words(&QUOTA_WORDS) => FailureKind::QuotaExhausted,
        408 | 409 | 424 | 425 | 498 | 499 | 500..=599 => FailureKind::ServerError,
        // A redirect that wasn't followed.
        300..=399 => FailureKind::WrongAddress,
        _ => FailureKind::BadRequest,
    }
}

fn bad_request(said: &Said) -> FailureKind {
    if said.has_code(&KEY_CODES) || said.has_words(&KEY_WORDS) {
        FailureKind::WrongKey
    } else if said.has_words(&QUOTA_WORDS) {
        FailureKind::QuotaExhausted
    } else if said.has_words(&CONTEXT_WORDS) {
        FailureKind::ContextTooLong
    } else if said.has_words(&CONTENT_WORDS) {
        FailureKind::ContentRefused
    } else if said.has_words(&SERVER_WORDS) {
        FailureKind::ServerError
    } else if said.has_words(&MODEL_WORDS) {
        FailureKind::UnknownModel
    } else {
        FailureKind::BadRequest
    }
}

fn not_found(said: &Said) -> FailureKind {
    let names_a_model = said.has_words(&["model", "no endpoints found"]) && !said.has_words(&ROUTE_WORDS);
    if names_a_model { FailureKind::UnknownModel } else { FailureKind::WrongAddress }
}

/// `google.rpc.QuotaFailure` among the details: `GenerateRequestsPerDayPerProjectPerModel`. Its retry delay is of
/// seconds all the same.
fn is_of_a_day(body: &Value) -> bool {
    let body = body.get(0).unwrap_or(body);
    let details = body.pointer("/error/details").and_then(Value::as_array).into_iter().flatten();
    let violations = details.filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    violations.filter_map(|violation| violation.get("quotaId")?.as_str()).any(|id| id.contains("PerDay"))
}

/// At Anthropic the rate limit's 429 says when to come back, and the spend cap's doesn't. Only where headers can be
/// seen at all does a missing one say anything.
fn is_spend_cap(provider: Provider, reply: &HttpReply, kind: FailureKind) -> bool {
    let sees_headers = reply.headers.iter().any(|(name, _)| name == "request-id" || name.starts_with("anthropic-"));
    provider.preset().rate_headers == RateHeaders::Anthropic
        && (reply.status, kind) == (429, FailureKind::RateLimited)
        && sees_headers
        && reply.header("retry-after").is_none()
}

/// The provider asks for a retry.
fn retried(kind: FailureKind) -> FailureKind {
    if kind == FailureKind::RateLimited { kind } else { FailureKind::ServerError }
}

/// The provider asks for no retry: a 429 then stops its lane, anything else ends its item.
fn not_retried(kind: FailureKind) -> FailureKind {
    match kind {
        FailureKind::RateLimited => FailureKind::QuotaExhausted,
        FailureKind::ServerError => FailureKind::BadRequest,
        _ => kind,
    }
}
