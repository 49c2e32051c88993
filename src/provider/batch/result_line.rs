//! One line of a result file, in OpenAI's form (Groq, Mistral, Together and vLLM write it too) or in Anthropic's.

use serde_json::Value;

use crate::provider::{HttpReply, Outcome, Provider, Wire, anthropic_messages, openai_chat};
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

/// Codes of rows that a job never came to.
const UNFINISHED_CODES: [&str; 3] = ["batch_expired", "batch_cancelled", "batch_canceled"];

/// `provider` is the run's, whose usage may have words of its own; `now` serves hints that name a date. An empty line
/// is `None`.
pub fn read_line(line: &str, provider: Provider, now: Time) -> Option<Result<ResultLine, LineProblem>> {
    let line = line.trim().trim_start_matches('\u{feff}');
    if line.is_empty() {
        return None;
    }
    let Ok(json) = serde_json::from_str::<Value>(line) else { return Some(Err(LineProblem::NotJson)) };
    Some(read(&json, provider, now).ok_or(LineProblem::NoResult))
}

fn read(json: &Value, provider: Provider, now: Time) -> Option<ResultLine> {
    let custom_id = json.get("custom_id").and_then(Value::as_str)?.to_owned();
    let end = match json.get("result") {
        Some(result) => anthropic(result, now)?,
        None => openai(json, provider, now)?,
    };
    Some(ResultLine { custom_id, end })
}

/// `{custom_id, response: {status_code, request_id, body} | null, error: {code, message} | null}`.
fn openai(json: &Value, provider: Provider, now: Time) -> Option<RowEnd> {
    let error = json.get("error").filter(|error| !error.is_null());
    let code = error.and_then(|error| error.get("code")).and_then(Value::as_str).unwrap_or("");
    if UNFINISHED_CODES.contains(&code) {
        return Some(RowEnd::Unfinished);
    }
    let response = json.get("response").filter(|response| !response.is_null());
    let body = response.and_then(|response| response.get("body")).filter(|body| !body.is_null());
    let (status, body) = match (response, body, error) {
        (Some(response), Some(body), _) => (status_of(response), body.clone()),
        (_, _, Some(error)) => (500, serde_json::json!({ "error": error })),
        _ => return None,
    };
    let request_id = response.and_then(|response| response.get("request_id")).and_then(Value::as_str);
    let headers = request_id.map(|id| ("x-request-id".to_owned(), id.to_owned())).into_iter().collect();
    let provider = if provider.preset().wire == Wire::OpenAiChat { provider } else { Provider::OpenAiCompatible };
    let reply = HttpReply { status, headers, body: body.to_string(), torn: false };
    Some(RowEnd::Outcome(openai_chat::decode(provider, &reply, now)))
}

/// A body of which nobody states the status is taken for an answer where it has choices.
fn status_of(response: &Value) -> u16 {
    let stated = response.get("status_code").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let answered = response.pointer("/body/choices").is_some();
    stated.filter(|status| *status >= 100).unwrap_or(if answered { 200 } else { 500 })
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
    Some(RowEnd::Outcome(anthropic_messages::decode(Provider::Anthropic, &reply, now)))
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
        for none in ["{}", r#"{"custom_id":"r1"}"#, r#"{"custom_id":3,"response":{}}"#, "[]"] {
            assert_eq!(read_line(none, Provider::OpenAi, Time(0)), Some(Err(LineProblem::NoResult)), "{none}");
        }
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
