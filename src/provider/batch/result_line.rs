//! One line of a result file: OpenAI's form, which Groq, Mistral, Together and vLLM write too, each in its own way, or
//! Anthropic's, or Gemini's.

use serde_json::{Value, json};

use crate::provider::{HttpReply, Outcome, Provider, Wire, body, reading};
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
const ID_NAMES: [&str; 2] = ["custom_id", "key"];
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
    let line = line.trim().trim_start_matches('\u{feff}');
    if line.is_empty() {
        return None;
    }
    let Ok(json) = body::json(line) else { return Some(Err(LineProblem::NotJson)) };
    Some(read(&json, provider, now).ok_or(LineProblem::NoResult))
}

fn read(json: &Value, provider: Provider, now: Time) -> Option<ResultLine> {
    let custom_id = ID_NAMES.iter().find_map(|name| json.get(name)?.as_str())?.to_owned();
    let end = match json.get("result").filter(|result| result.get("type").is_some()) {
        Some(result) => anthropic(result, now)?,
        None => open_ai(json, provider, now)?,
    };
    Some(ResultLine { custom_id, end })
}

/// `{custom_id, response: {status_code, request_id, body} | null, error: {code, message} | null}`. vLLM states the
/// status beside a null body and nests its error; Fireworks and Gemini put the answer in place of the response.
fn open_ai(json: &Value, provider: Provider, now: Time) -> Option<RowEnd> {
    let response = stated(json, "response");
    let error = stated(json, "error").or_else(|| stated(response?, "error"));
    // Some write the error as a text that holds JSON.
    let in_text = error.and_then(Value::as_str).and_then(|text| body::json(text).ok()).filter(Value::is_object);
    let error = in_text.as_ref().or(error).map(unwrapped);
    if error.and_then(code_of).is_some_and(|code| UNFINISHED_CODES.contains(&code.as_str())) {
        return Some(RowEnd::Unfinished);
    }
    let body = response.and_then(|response| {
        let is_the_answer = ["choices", "candidates", "promptFeedback"].iter().any(|key| response.get(key).is_some());
        stated(response, "body").or_else(|| is_the_answer.then_some(response))
    });
    let stated_status = response.and_then(status_of);
    let (status, body) = match (body, error) {
        (Some(body), _) => {
            let answered = body.is_string() || body.get("error").is_none();
            (stated_status.unwrap_or(if answered { 200 } else { 500 }), text_of(body))
        }
        (None, Some(error)) => {
            let refused = stated_status.filter(|status| *status >= 300);
            let status = refused.or_else(|| status_of(error)).or_else(|| status_of(json)).unwrap_or(500);
            (status, json!({ "error": error }).to_string())
        }
        (None, None) => return None,
    };
    let request_id = response.and_then(|response| response.get("request_id")).and_then(Value::as_str);
    let headers = request_id.map(|id| ("x-request-id".to_owned(), id.to_owned())).into_iter().collect();
    let provider = if provider.preset().wire == Wire::OpenAiChat { provider } else { Provider::OpenAiCompatible };
    let reply = HttpReply { status, headers, body, torn: false };
    Some(RowEnd::Outcome(reading::decode(provider, &reply, now)))
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
    numbers.find(|status| (100..600).contains(status)).and_then(|status| u16::try_from(status).ok())
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
    Some(RowEnd::Outcome(reading::decode(Provider::Anthropic, &reply, now)))
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
    use crate::provider::{Bill, FailureKind, Finish};

    fn line(text: &str) -> ResultLine {
        read_line(text, Provider::OpenAi, Time(0)).unwrap().unwrap()
    }

    #[test]
    fn an_answer_is_read_with_its_usage_and_request_id() {
        let text = r#"{"id":"batch_req_1","custom_id":"run-7","response":{"status_code":200,"request_id":"req_1","body":
            {"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant",
            "content":"dairy"},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":2,
            "total_tokens":22}}},"error":null}"#.replace('\n', "");
        let ResultLine { custom_id, end: RowEnd::Outcome(Outcome::Answered { answer, bill }) } = line(&text) else {
            panic!("no answer");
        };
        assert_eq!((custom_id.as_str(), answer.text.as_str(), answer.finish), ("run-7", "dairy", Finish::Stop));
        assert_eq!(answer.request_id.as_deref(), Some("req_1"));
        assert!(matches!(bill, Bill::Usage { usage, .. } if usage.input == 20 && usage.output == 2));
    }

    #[test]
    fn a_row_that_never_came_to_its_turn_is_not_a_failure() {
        let text = r#"{"id":"b","custom_id":"r1","response":null,"error":{"code":"batch_expired",
            "message":"This request could not be executed before the completion window expired."}}"#
            .replace('\n', "");
        assert_eq!(line(&text).end, RowEnd::Unfinished);
    }

    #[test]
    fn a_refused_row_keeps_its_class_and_costs_nothing() {
        let refused = r#"{"custom_id":"r1","response":{"status_code":400,"request_id":"q","body":{"error":{"message":
            "This model's maximum context length is 8192 tokens.","type":"invalid_request_error",
            "code":"context_length_exceeded"}}},"error":null}"#
            .replace('\n', "");
        let RowEnd::Outcome(Outcome::Failed { failure, bill }) = line(&refused).end else { panic!("no failure") };
        assert_eq!((failure.kind, bill), (FailureKind::ContextTooLong, Bill::Nothing));
        let lost = r#"{"custom_id":"r1","response":null,"error":{"code":"server_error","message":"It broke."}}"#;
        let RowEnd::Outcome(Outcome::Failed { failure, bill }) = line(lost).end else { panic!("no failure") };
        assert_eq!((failure.kind, bill), (FailureKind::ServerError, Bill::Nothing));
    }

    #[test]
    fn what_is_no_result_is_told_apart() {
        assert_eq!(read_line("  \r", Provider::OpenAi, Time(0)), None);
        assert_eq!(
            read_line("{\"custom_id\": \"r1\", \"resp", Provider::OpenAi, Time(0)),
            Some(Err(LineProblem::NotJson))
        );
        let _ = read_line(&"[".repeat(1_000_000), Provider::OpenAi, Time(0));
        for none in ["{}", r#"{"custom_id":"r1"}"#, r#"{"custom_id":3,"response":{}}"#, "[]"] {
            assert_eq!(read_line(none, Provider::OpenAi, Time(0)), Some(Err(LineProblem::NoResult)), "{none}");
        }
    }

    /// vllm-project/vllm `run_batch.py` and #8347: the status stands beside a null body.
    #[test]
    fn an_error_beside_a_null_body_keeps_its_status_and_its_words() {
        for (error, kind, words) in [
            (
                r#"{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.","type":"BadRequestError","code":400}}"#,
                FailureKind::ContextTooLong,
                "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
            ),
            (
                r#""Request must not be sent in stream mode""#,
                FailureKind::BadRequest,
                "Request must not be sent in stream mode",
            ),
            (r#"{"message":"half \ud83d","type":"BadRequestError"}"#, FailureKind::BadRequest, "half \u{fffd}"),
        ] {
            let text = format!(
                r#"{{"id":"vllm-1","custom_id":"r-4","response":{{"status_code":400,"request_id":"vllm-batch-1","body":null}},"error":{error}}}"#
            );
            let RowEnd::Outcome(Outcome::Failed { failure, bill }) = line(&text).end else { panic!("no failure") };
            assert_eq!((failure.kind, failure.status, bill), (kind, Some(400), Bill::Nothing), "{error}");
            assert_eq!(failure.message, words);
        }
    }

    #[test]
    fn other_vendors_answers_are_found() {
        let choices = r#"{"choices":[{"message":{"content":"dairy \ud83d"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
        let quoted = serde_json::to_string(choices).unwrap();
        for text in [
            format!(r#"{{"custom_id":"r","response":{{"status_code":200,"body":{choices}}},"error":null}}"#),
            format!(r#"{{"custom_id":"r","response":{{"status_code":"200","body":{choices}}},"error":{{}}}}"#),
            format!(r#"{{"custom_id":"r","response":{{"status_code":200,"body":{quoted}}}}}"#),
            format!(r#"{{"custom_id":"r","response":{{"body":{choices}}},"error":""}}"#),
            format!(r#"{{"custom_id":"r","response":{choices},"error":null}}"#),
            r#"{"key":"r","response":{"candidates":[{"content":{"parts":[{"text":"dairy \ud83d"}]},"finishReason":"STOP"}],
               "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2}}}"#
                .replace('\n', ""),
        ] {
            let RowEnd::Outcome(Outcome::Answered { answer, bill }) = line(&text).end else { panic!("{text}") };
            assert_eq!((answer.text.as_str(), answer.finish), ("dairy \u{fffd}", Finish::Stop), "{text}");
            assert!(matches!(bill, Bill::Usage { usage, .. } if usage.input == 9 && usage.output == 2), "{text}");
        }
    }

    #[test]
    fn other_vendors_errors_keep_their_status() {
        for (rest, status, kind) in [
            (r#""response":null,"error":{"message":"slow","http_code":429}"#, 429, FailureKind::RateLimited),
            (
                r#""response":null,"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}"#,
                400,
                FailureKind::BadRequest,
            ),
            (r#""error":{"message":"bad","code":"400"}"#, 400, FailureKind::BadRequest),
            (r#""error":"{\"message\":\"bad\",\"code\":400}""#, 400, FailureKind::BadRequest),
            (r#""response":{"status_code":422,"body":{"detail":"bad"}},"error":null"#, 422, FailureKind::BadRequest),
            (r#""response":{"body":{"error":{"message":"broke"}}}"#, 500, FailureKind::ServerError),
            (r#""response":{"status_code":200,"body":null},"error":"broke""#, 500, FailureKind::ServerError),
        ] {
            let RowEnd::Outcome(Outcome::Failed { failure, bill }) =
                line(&format!(r#"{{"custom_id":"r",{rest}}}"#)).end
            else {
                panic!("{rest}")
            };
            assert_eq!((failure.status, failure.kind, bill), (Some(status), kind, Bill::Nothing), "{rest}");
        }
        let nested = r#"{"custom_id":"r","response":null,"error":{"error":{"code":"batch_expired","message":"late"}}}"#;
        assert_eq!(line(nested).end, RowEnd::Unfinished);
    }

    #[test]
    fn anthropic_s_lines_are_read_too() {
        let succeeded =
            r#"{"custom_id":"r-1","result":{"type":"succeeded","message":{"id":"msg_1","type":"message","role":
            "assistant","model":"claude","content":[{"type":"text","text":"dairy"}],"stop_reason":"end_turn",
            "usage":{"input_tokens":10,"cache_read_input_tokens":4,"output_tokens":3}}}}"#
                .replace('\n', "");
        let RowEnd::Outcome(Outcome::Answered { answer, bill }) = line(&succeeded).end else { panic!("no answer") };
        assert_eq!((answer.text.as_str(), answer.finish), ("dairy", Finish::Stop));
        assert!(
            matches!(bill, Bill::Usage { usage, .. } if (usage.input, usage.cache_read, usage.output) == (14, 4, 3))
        );
        let errored = r#"{"custom_id":"r-2","result":{"type":"errored","error":{"type":"error","error":{"type":
            "invalid_request_error","message":"max_tokens: too large"}}}}"#
            .replace('\n', "");
        let RowEnd::Outcome(Outcome::Failed { failure, bill }) = line(&errored).end else { panic!("no failure") };
        assert_eq!((failure.kind, bill), (FailureKind::BadRequest, Bill::Nothing));
        for kind in ["canceled", "expired"] {
            let text = format!(r#"{{"custom_id":"r","result":{{"type":"{kind}"}}}}"#);
            assert_eq!(line(&text).end, RowEnd::Unfinished);
        }
    }
}
