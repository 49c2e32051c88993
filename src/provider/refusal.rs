//! Error answers: what the provider said, and which class of failure it is.
//! The class follows the status, but for errors that state their nature by a code or by well-known words.

use serde_json::Value;

use crate::provider::{Failure, FailureKind, HttpReply, Provider, RateHeaders, hint, words};
use crate::time::Time;

/// Codes of quota and spend limits, which no waiting mends. They come with 429 as well as with other statuses.
const QUOTA_CODES: [&str; 12] = [
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
];
const CONTEXT_CODES: [&str; 3] = ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"];
const CONTEXT_WORDS: [&str; 14] = [
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
];
const CONTENT_CODES: [&str; 5] = [
    "content_policy_violation",
    "content_filter",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
];
const CONTENT_WORDS: [&str; 4] =
    ["content management policy", "flagged by", "requires moderation", "violates usage guidelines"];
const MODEL_CODES: [&str; 6] = [
    "model_not_found",
    "model_not_exist",
    "model_not_available",
    "invalid_model",
    "model_decommissioned",
    "unknown_model",
];
const MODEL_WORDS: [&str; 3] = ["not a valid model", "invalid model", "model not exist"];
const KEY_CODES: [&str; 3] = ["invalid_api_key", "api_key_invalid", "authentication_error"];
const KEY_WORDS: [&str; 3] = ["api key not valid", "incorrect api key", "invalid api key"];
const QUOTA_WORDS: [&str; 9] = [
    "credit balance is too low",
    "specified api usage limits",
    "insufficient credits",
    "key limit exceeded",
    "used all available credits",
    "monthly spending limit",
    "usage credits are required",
    "extra usage is required",
    "insufficient balance",
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

/// An error inside a 200, by its own code where that is a status, else as a server's error.
pub fn read_inside_200(reply: &HttpReply, error_at: &Value, now: Time) -> Failure {
    let said = Said::of(reply, Some(error_at));
    let status = said.codes.iter().find_map(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    Failure {
        kind: kind(status.unwrap_or(500), &said),
        status: Some(reply.status),
        message: words::clean(&said.message),
        retry_after_ms: hint::retry_after_ms(reply, Some(error_at), now),
        request_id: None,
    }
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
}

impl Said {
    fn of(reply: &HttpReply, body: Option<&Value>) -> Said {
        let (message, codes) = match body {
            Some(body) => from_json(body),
            None => (from_text(&reply.body), Vec::new()),
        };
        let lower = message.to_lowercase();
        let is_of_a_day = body.is_some_and(is_of_a_day);
        Said { message, lower, codes, is_of_a_day }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    /// llama.cpp: `model 'x' not found`, with 400.
    fn names_a_missing_model(&self) -> bool {
        self.lower.starts_with("model ") && self.lower.contains("not found")
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
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let mut message = match error {
        Value::String(text) => text.clone(),
        _ => ["message", "detail", "error_description", "title"]
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
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    codes.extend(details.filter_map(|detail| detail.get("reason")).map(|reason| plain(reason).to_lowercase()));
    if error.pointer("/metadata/reasons").is_some() {
        codes.push("content_policy".to_string());
    }
    (message, codes)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn kind(status: u16, said: &Said) -> FailureKind {
    if said.has_code(&QUOTA_CODES) || (status == 429 && (said.has_words(&QUOTA_WORDS) || said.is_of_a_day)) {
        return FailureKind::QuotaExhausted;
    }
    if matches!(status, 413 | 429) && said.has_words(&TOO_LARGE_WORDS) {
        return FailureKind::BadRequest;
    }
    if status == 401 && said.has_words(&BROWSER_WORDS) {
        return FailureKind::BrowserForbidden;
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
        400 | 422 => bad_request(said),
        413 => FailureKind::ContextTooLong,
        403 if said.has_words(&QUOTA_WORDS) => FailureKind::QuotaExhausted,
        403 if said.has_words(&CONTENT_WORDS) => FailureKind::ContentRefused,
        403 => FailureKind::WrongKey,
        404 => not_found(said),
        405 => FailureKind::WrongAddress,
        408 | 409 | 425 | 498 | 500..=599 => FailureKind::ServerError,
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
    } else if said.has_words(&MODEL_WORDS) || said.names_a_missing_model() {
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
