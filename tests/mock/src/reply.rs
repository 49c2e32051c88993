//! Answers in OpenAI's words, whole or broken off.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Sleep;
use tokio_stream::Stream;

use super::answer::{Answer, Asked};
use super::wire::Cached;

/// What goes back, before it is sent.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// The stream is reset where the body should end.
    pub broken_off: bool,
    /// So much space follows the body.
    pub padding_mib: usize,
}

impl Reply {
    pub fn json(status: StatusCode, body: &Value) -> Reply {
        Reply::text(status, "application/json", body.to_string())
    }

    pub fn html() -> Reply {
        let page = "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>";
        Reply::text(StatusCode::OK, "text/html; charset=utf-8", page.to_owned())
    }

    pub fn text(status: StatusCode, kind: &'static str, body: String) -> Reply {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        Reply { status, headers, body, broken_off: false, padding_mib: 0 }
    }

    /// An error as OpenAI words it.
    pub fn error(status: u16, kind: &str, code: Option<&str>, message: &str) -> Reply {
        let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        Reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
    }

    /// A refusal for now. The hint stands in the message, and in the headers where `in_headers`.
    pub fn rate_limited(what: &str, wait_ms: u64, in_headers: bool) -> Reply {
        let wait_s = wait_ms.div_ceil(1_000);
        let message = format!("Rate limit reached {what}. Please try again in {}.", as_duration(wait_ms));
        let mut reply = Reply::error(429, "requests", Some("rate_limit_exceeded"), &message);
        if in_headers {
            reply.header("retry-after-ms", wait_ms.to_string());
            reply.header("retry-after", wait_s.to_string());
        }
        reply
    }

    /// A whole answer; its usage can be left out.
    pub fn completion(sequence: u64, asked: &Asked, answer: &Answer, cached: Cached, with_usage: bool) -> Reply {
        let mut body = json!({
            "id": format!("chatcmpl-{sequence:08}"),
            "object": "chat.completion",
            "created": 0,
            "model": asked.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": answer.text, "refusal": null},
                "logprobs": null,
                "finish_reason": answer.finish,
            }],
        });
        if with_usage {
            body["usage"] = json!({
                "prompt_tokens": asked.input_tokens,
                "completion_tokens": answer.output_tokens,
                "total_tokens": asked.input_tokens + answer.output_tokens,
                "prompt_tokens_details": {"cached_tokens": cached.read, "cache_write_tokens": cached.written},
                "completion_tokens_details": {"reasoning_tokens": 0},
            });
        }
        Reply::json(StatusCode::OK, &body)
    }

    /// The same in the words of the Responses API.
    pub fn response(sequence: u64, asked: &Asked, answer: &Answer, cached: Cached, with_usage: bool) -> Reply {
        let is_cut = answer.finish == "length";
        let mut body = json!({
            "id": format!("resp_{sequence:08}"),
            "object": "response",
            "created_at": 0,
            "status": if is_cut { "incomplete" } else { "completed" },
            "error": null,
            "incomplete_details": if is_cut { json!({"reason": "max_output_tokens"}) } else { Value::Null },
            "model": asked.model,
            "output": [
                {"type": "reasoning", "id": format!("rs_{sequence:08}"), "summary": []},
                {"type": "message", "id": format!("msg_{sequence:08}"), "role": "assistant",
                    "status": if is_cut { "incomplete" } else { "completed" },
                    "content": [{"type": "output_text", "text": answer.text, "annotations": []}]},
            ],
            "store": false,
        });
        if with_usage {
            body["usage"] = json!({
                "input_tokens": asked.input_tokens,
                "input_tokens_details": {"cached_tokens": cached.read, "cache_write_tokens": cached.written},
                "output_tokens": answer.output_tokens,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": asked.input_tokens + answer.output_tokens,
            });
        }
        Reply::json(StatusCode::OK, &body)
    }

    /// The same with only the first half of its body.
    pub fn halved(mut self) -> Reply {
        let half = (self.body.len() / 2..).find(|at| self.body.is_char_boundary(*at)).unwrap_or_default();
        self.body.truncate(half);
        self
    }

    pub fn header(&mut self, name: &'static str, value: String) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            self.headers.insert(name, value);
        }
    }

    /// The response; `witness` is told once the last byte was handed over, or is dropped before that.
    pub fn into_response(self, witness: Witness) -> Response {
        let mut parts = VecDeque::from([Part::Bytes(self.body.into())]);
        if self.padding_mib > 0 {
            let space = Bytes::from(vec![b' '; 1_048_576]);
            parts.extend((0..self.padding_mib).map(|_| Part::Bytes(space.clone())));
        }
        if self.broken_off {
            parts.extend([Part::Wait(Box::pin(tokio::time::sleep(BREAK_OFF_AFTER))), Part::BreakOff]);
        }
        let mut response = Response::new(Body::from_stream(Told { parts, witness: Some(witness) }));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A reset overtakes what is still queued; this lets the headers and the first bytes go ahead, since a browser may
/// send a call again by itself when nothing of the answer has arrived.
const BREAK_OFF_AFTER: Duration = Duration::from_millis(20);

/// Called with `true` when the last byte of an answer was handed over, with `false` when the client went away before.
pub struct Witness(Option<Box<dyn FnOnce(bool) + Send>>);

impl Witness {
    pub fn new(tell: impl FnOnce(bool) + Send + 'static) -> Witness {
        Witness(Some(Box::new(tell)))
    }

    fn sent(mut self) {
        if let Some(tell) = self.0.take() {
            tell(true);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            tell(false);
        }
    }
}

enum Part {
    Bytes(Bytes),
    Wait(Pin<Box<Sleep>>),
    BreakOff,
}

/// A body that tells its witness.
struct Told {
    parts: VecDeque<Part>,
    witness: Option<Witness>,
}

impl Stream for Told {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(Part::Wait(sleep)) = self.parts.front_mut() {
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.parts.pop_front();
        }
        let part = self.parts.pop_front();
        if self.parts.is_empty()
            && let Some(witness) = self.witness.take()
        {
            witness.sent();
        }
        Poll::Ready(match part {
            Some(Part::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Part::BreakOff) => Some(Err(io::Error::other("broken off on purpose"))),
            Some(Part::Wait(_)) | None => None,
        })
    }
}

/// As OpenAI writes a time to wait: `250ms`, `1.5s`, `6m0s`.
pub fn as_duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{}s", ms as f64 / 1_000.0),
        _ => format!("{}m{}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_wait_read_as_openai_writes_them() {
        assert_eq!([12, 1_000, 41_724, 360_000].map(as_duration), ["12ms", "1s", "41.724s", "6m0s"]);
    }

    #[test]
    fn half_a_body_is_no_json() {
        let asked = crate::answer::read(br#"{"model": "m", "messages": [{"role": "user", "content": "x"}]}"#);
        let asked = asked.expect("a call");
        let whole = Reply::completion(0, &asked, &crate::answer::answer(&asked), Cached::default(), true);
        assert!(serde_json::from_str::<Value>(&whole.body).is_ok());
        assert!(serde_json::from_str::<Value>(&whole.halved().body).is_err());
    }
}
