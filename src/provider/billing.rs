//! What a failed call cost. A call cost nothing only where that is certain; whatever may have reached a model may have
//! been billed.
//!
//! What providers document, as of November 2026:
//!
//! | provider | failed calls | source |
//! |---|---|---|
//! | Azure OpenAI | billed once there was work: a 400 of the content filter or of the input limit, a 408; not a 401 or a 429 | learn.microsoft.com, Foundry: manage costs, "HTTP error response code and billing status" |
//! | xAI | a violation of the usage guidelines is billed, and has a fee where it is caught before generation | docs.x.ai, pricing |
//! | Gemini | not billed with a 400 or a 500 | ai.google.dev, billing: "Am I charged for failed requests?" |
//! | OpenRouter | not billed, even where the provider behind it bills OpenRouter | openrouter.ai, zero completion insurance |
//! | Anthropic, a row of a batch | not billed | platform.claude.com, batch processing |
//! | OpenAI and the others | nothing is said of a 5xx | |
//!
//! A 5xx without a documented rule is in doubt: the server may fail after the model has answered.

use serde_json::Value;

use crate::provider::{Bill, FailureKind, Provider};

/// Statuses that are decided by the address, the key, the limits or the size of a request, so before a model sees it.
/// They prove that nothing was billed, whoever sent them.
const BEFORE_ANY_MODEL: [u16; 7] = [401, 404, 405, 407, 413, 429, 511];
/// A server without capacity turns calls away. A gateway sends these too, after anything, but not in the API's form.
const NO_CAPACITY: [u16; 2] = [503, 529];
/// Statuses below 500 that nevertheless end work that had begun: 499 is nginx's for a client that left.
const GIVEN_UP: [u16; 2] = [408, 499];

/// What a call cost that ended with a status outside of 2xx. `body` is the answer's JSON.
pub(super) fn of_refusal(provider: Provider, status: u16, kind: FailureKind, body: Option<&Value>) -> Bill {
    let in_form = body.is_some_and(is_api_error);
    let nothing = is_before_any_model(status)
        || in_form
            && match (provider, status) {
                // The demo bills no failure.
                (Provider::Demo | Provider::OpenRouter, _) | (Provider::Gemini, 400 | 500) => true,
                _ => is_refusal(status) && !may_follow_work(provider, kind),
            };
    if nothing { Bill::Nothing } else { Bill::Unknown }
}

/// Whether the status alone proves that nothing was billed.
pub(super) fn is_before_any_model(status: u16) -> bool {
    BEFORE_ANY_MODEL.contains(&status)
}

/// Whether the API itself refused what was asked, so that nothing was done.
pub(super) fn is_sure_refusal(status: u16, body: Option<&Value>) -> bool {
    is_before_any_model(status) || is_refusal(status) && body.is_some_and(is_api_error)
}

fn is_refusal(status: u16) -> bool {
    NO_CAPACITY.contains(&status) || (400..500).contains(&status) && !GIVEN_UP.contains(&status)
}

/// Refusals that come after a filter or a model has read the prompt.
fn may_follow_work(provider: Provider, kind: FailureKind) -> bool {
    match kind {
        FailureKind::ContentRefused => true,
        // A server of unknown name may be Azure.
        FailureKind::ContextTooLong => provider == Provider::OpenAiCompatible,
        _ => false,
    }
}

/// Whether this is an error as an API writes it: `{error: …}`, `{object: "error", …}`, `{message}`, `{detail}`, or a
/// list with one of these.
fn is_api_error(body: &Value) -> bool {
    let body = body.get(0).unwrap_or(body);
    let says = |value: &Value| match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    ["error", "errors", "message", "detail"].iter().any(|name| body.get(name).is_some_and(says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_cost_nothing_only_where_that_is_certain() {
        use FailureKind::*;
        use Provider::*;
        const OPEN_AI: &str = r#"{"error":{"message":"no","type":"server_error"}}"#;
        const GEMINI: &str = r#"[{"error":{"code":500,"message":"no","status":"INTERNAL"}}]"#;
        const MISTRAL: &str = r#"{"object":"error","message":"Service unavailable.","code":"1100"}"#;
        const PAGE: &str = "<html><title>Bad gateway</title></html>";
        for (provider, status, kind, body, certain) in [
            // Refused before any model, whoever says so.
            (OpenAi, 429, RateLimited, PAGE, true),
            (OpenAi, 401, WrongKey, "", true),
            (OpenAiCompatible, 404, WrongAddress, "404 page not found", true),
            (OpenAiCompatible, 413, BadRequest, PAGE, true),
            // Refused in the API's form.
            (OpenAi, 400, BadRequest, OPEN_AI, true),
            (OpenAi, 403, WrongKey, OPEN_AI, true),
            (Groq, 498, ServerError, OPEN_AI, true),
            (OpenAi, 503, ServerError, OPEN_AI, true),
            (Anthropic, 529, ServerError, OPEN_AI, true),
            (Mistral, 503, ServerError, MISTRAL, true),
            (OpenAiCompatible, 422, BadRequest, r#"{"detail":[{"msg":"no"}]}"#, true),
            (Xai, 400, BadRequest, r#"{"code":"400","error":"no"}"#, true),
            // Nobody's form: something on the way sent it, maybe after the work.
            (OpenAi, 400, BadRequest, "", false),
            (OpenAi, 400, BadRequest, "{}", false),
            (OpenAi, 400, BadRequest, r#"{"error":null}"#, false),
            (OpenAi, 403, HtmlPage, PAGE, false),
            (OpenAi, 503, ServerError, PAGE, false),
            (OpenAi, 503, ServerError, "", false),
            (Anthropic, 529, ServerError, "upstream overloaded", false),
            // Work that was given up, or failed.
            (OpenAi, 408, ServerError, OPEN_AI, false),
            (OpenAi, 499, BadRequest, OPEN_AI, false),
            (OpenAi, 500, ServerError, OPEN_AI, false),
            (Anthropic, 500, ServerError, OPEN_AI, false),
            (OpenAi, 502, ServerError, OPEN_AI, false),
            (OpenAi, 504, ServerError, OPEN_AI, false),
            (OpenAi, 520, ServerError, "error code: 520", false),
            (OpenAi, 524, ServerError, "", false),
            // Where the provider documents it.
            (Gemini, 500, ServerError, GEMINI, true),
            (Gemini, 400, ContentRefused, GEMINI, true),
            (Gemini, 504, ServerError, GEMINI, false),
            (Gemini, 500, ServerError, PAGE, false),
            (Demo, 500, ServerError, OPEN_AI, true),
            (OpenRouter, 502, ServerError, OPEN_AI, true),
            (OpenRouter, 408, ServerError, OPEN_AI, true),
            (OpenRouter, 403, ContentRefused, OPEN_AI, true),
            (OpenRouter, 502, ServerError, PAGE, false),
            (Xai, 403, ContentRefused, OPEN_AI, false),
            (OpenAiCompatible, 400, ContentRefused, OPEN_AI, false),
            (OpenAiCompatible, 400, ContextTooLong, OPEN_AI, false),
            (OpenAi, 400, ContextTooLong, OPEN_AI, true),
        ] {
            let json = serde_json::from_str(body).ok();
            let bill = of_refusal(provider, status, kind, json.as_ref());
            let due = if certain { Bill::Nothing } else { Bill::Unknown };
            assert_eq!(bill, due, "{provider:?} {status} {kind:?} {body}");
        }
    }
}
