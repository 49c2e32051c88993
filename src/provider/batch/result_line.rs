//! One line of a result file: OpenAI's form, which Groq, Mistral, Together, Gemini and vLLM write too, each in its own way,
//! or Anthropic's, Gemini's own or xAI's.

use serde_json::{Value, json};

use crate::provider::{Bill, HttpReply, Outcome, Provider, Wire, body, reading};
use crate::time::Time;

#[derive(Clone, Debug, PartialEq)]
pub struct ResultLine {
    pub custom_id: String,
    pub end: RowEnd,
}

/// How a row of a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RowEnd {
    Outcome(Outcome),
    /// Expired or canceled before its turn: not billed, and open again.
    Unfinished,
}

/// Why a line is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineProblem {
    NotJson,
    /// JSON, but neither of the two forms.
    NoResult,
}

/// What the vendors call the id that a request was given.
const ID_NAMES: [&str; 3] = ["custom_id", "key", "batch_request_id"];
/// Codes of rows that a job never came to.
const UNFINISHED_CODES: [&str; 8] = [
    "batch_expired",
    "batch_cancelled",
    "batch_canceled",
    "batch_timeout",
    "request_expired",
    "expired",
    "cancelled",
    "canceled",
];

/// `provider` is the run's, whose usage may have words of its own; `now` serves hints that name a date. An empty line
/// is `None`.
pub fn read_line(line: &str, provider: Provider, now: Time) -> Option<Result<ResultLine, LineProblem>> {
    // A line that was cut out of a list ends with the comma that stood behind it.
    let line = line.trim().trim_start_matches('\u{feff}');
    let line = line.strip_suffix(',').filter(|line| line.ends_with('}')).unwrap_or(line);
    if line.is_empty() {
        return None;
    }
    let Ok(json) = body::json(line) else { return Some(Err(LineProblem::NotJson)) };
    Some(read(&json, provider, now).ok_or(LineProblem::NoResult))
}

fn read(json: &Value, provider: Provider, now: Time) -> Option<ResultLine> {
    let custom_id = ID_NAMES.iter().find_map(|name| json.get(name)?.as_str())?.to_owned();
    let end = match (json.get("result").filter(|result| result.get("type").is_some()), json.get("batch_result")) {
        (Some(result), _) => anthropic(result, now)?,
        (None, Some(result)) => open_ai(&as_open_ai(result), provider, now)?,
        (None, None) => open_ai(json, provider, now)?,
    };
    Some(ResultLine { custom_id, end })
}

/// `{custom_id, response: {status_code, request_id, body} | null, error: {code, message} | null}`. vLLM states the
/// status beside a null body and nests its error; Fireworks and Gemini put the answer in place of the response.
fn open_ai(json: &Value, provider: Provider, now: Time) -> Option<RowEnd> {
    let response = stated(json, "response");
    // Gemini documents a `status` in place of the response.
    let status = stated(json, "status").filter(|status| status.is_object());
    let error = stated(json, "error").or_else(|| stated(response?, "error")).or(status);
    // Some write the error as a text that holds JSON.
    let in_text = error.and_then(Value::as_str).and_then(|text| body::json(text).ok()).filter(Value::is_object);
    let error = in_text.as_ref().or(error).map(unwrapped);
    if error.and_then(code_of).is_some_and(|code| UNFINISHED_CODES.contains(&code.as_str())) {
        return Some(RowEnd::Unfinished);
    }
    let body = response.and_then(|response| {
        let is_the_answer =
            ["choices", "candidates", "promptFeedback", "output"].iter().any(|key| response.get(key).is_some());
        stated(response, "body").or_else(|| is_the_answer.then_some(response))
    });
    let stated_status = response.and_then(status_of);
    let (status, body) = match (body, error) {
        (Some(body), _) => {
            let answered = body.is_string() || stated(body, "error").is_none();
            (stated_status.unwrap_or(if answered { 200 } else { 500 }), text_of(body))
        }
        (None, Some(error)) => {
            let refused = stated_status.filter(|status| *status >= 300);
            let status = refused.or_else(|| status_of(error)).or_else(|| status_of(json)).unwrap_or(500);
            (status, json!({ "error": error }).to_string())
        }
        // A status, and nothing else.
        (None, None) => (stated_status.filter(|status| *status >= 300)?, String::new()),
    };
    let request_id = response.and_then(|response| response.get("request_id")).and_then(Value::as_str);
    let headers = request_id.map(|id| ("x-request-id".to_owned(), id.to_owned())).into_iter().collect();
    let provider = if provider.preset().wire == Wire::OpenAiChat { provider } else { Provider::OpenAiCompatible };
    let reply = HttpReply { status, headers, body, torn: false };
    Some(RowEnd::Outcome(reading::decode(provider, &reply, now)))
}

/// xAI's `{response: {chat_get_completion: answer} | null, error}` in OpenAI's form. The answer stands under the name of
/// what was asked for.
fn as_open_ai(result: &Value) -> Value {
    let answer = stated(result, "response")
        .and_then(|response| response.as_object()?.values().find(|answer| answer.is_object()));
    match answer {
        Some(answer) => json!({ "response": { "status_code": 200, "body": answer } }),
        None => json!({ "error": stated(result, "error") }),
    }
}

fn stated<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    json.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
}

/// An error inside of its own envelope.
fn unwrapped(error: &Value) -> &Value {
    error.get("error").filter(|inner| inner.is_object() || inner.is_string()).unwrap_or(error)
}

fn code_of(error: &Value) -> Option<String> {
    ["code", "type"].iter().find_map(|name| error.get(name)?.as_str()).map(str::to_ascii_lowercase)
}

/// A status, under the names that the vendors have for it, as a number or in quotes.
fn status_of(json: &Value) -> Option<u16> {
    let statuses =
        ["status_code", "http_status", "http_code", "code", "status"].iter().filter_map(|name| json.get(name));
    let mut numbers = statuses.filter_map(|status| status.as_u64().or_else(|| status.as_str()?.parse().ok()));
    numbers.find_map(|status| match status {
        100..600 => u16::try_from(status).ok(),
        // Google's own numbers (`google.rpc.Code`).
        3 | 9 | 11 => Some(400),
        5 => Some(404),
        7 => Some(403),
        8 => Some(429),
        14 => Some(503),
        16 => Some(401),
        _ => None,
    })
}

/// Some write the body as a text that holds JSON.
fn text_of(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

/// `{type: succeeded, message} | {type: errored, error} | {type: canceled} | {type: expired}`.
fn anthropic(result: &Value, now: Time) -> Option<RowEnd> {
    let (status, body) = match result.get("type").and_then(Value::as_str)? {
        "succeeded" => (200, result.get("message")?),
        "errored" => {
            let error = result.get("error")?;
            // The error stands in an envelope of its own, as in an HTTP answer.
            let kind = error.pointer("/error/type").or_else(|| error.get("type")).and_then(Value::as_str);
            (status_of_error(kind.unwrap_or("")), error)
        }
        "canceled" | "expired" => return Some(RowEnd::Unfinished),
        _ => return None,
    };
    let reply = HttpReply { status, headers: Vec::new(), body: body.to_string(), torn: false };
    let outcome = match reading::decode(Provider::Anthropic, &reply, now) {
        // "You will not be billed for these requests", say the docs of batch processing, whatever the error.
        Outcome::Failed { failure, .. } if status != 200 => Outcome::Failed { failure, bill: Bill::Nothing },
        outcome => outcome,
    };
    Some(RowEnd::Outcome(outcome))
}

/// The statuses that Anthropic documents for its types of errors.
fn status_of_error(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_is_none_and_deep_nesting_comes_to_an_end() {
        assert_eq!(read_line("  \r", Provider::OpenAi, Time(0)), None);
        let _ = read_line(&"[".repeat(1_000_000), Provider::OpenAi, Time(0));
    }
}
