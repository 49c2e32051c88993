//! The wires: OpenAI's Chat Completions, and its Responses and Anthropic's Messages where they differ.

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Answer, Asked, Marked};
use super::reply::{Reply, as_duration};
use super::window::Window;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Openai,
    Responses,
    Anthropic,
}

/// What of a call's input the prompt cache gave or took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cached {
    pub read: u64,
    pub written: u64,
    /// Of what was written, what is kept an hour.
    pub written_1h: u64,
}

impl Wire {
    /// Anthropic's header tells its wire on paths that both have.
    pub fn of(headers: &HeaderMap) -> Wire {
        if headers.contains_key("anthropic-version") { Wire::Anthropic } else { Wire::Openai }
    }

    pub fn read(self, headers: &HeaderMap, body: &[u8]) -> Result<Asked, String> {
        match self {
            Wire::Openai => answer::read(body),
            Wire::Responses => read_responses(body),
            Wire::Anthropic if !headers.contains_key("anthropic-version") => {
                Err("anthropic-version: header is required".to_owned())
            }
            Wire::Anthropic => read_messages(body),
        }
    }

    /// Input tokens of what [`Wire::read`] would read, but for a cap.
    pub fn count(self, headers: &HeaderMap, body: &[u8]) -> Result<u64, String> {
        let mut body: Value =
            serde_json::from_slice(body).map_err(|error| format!("The body can't be read: {error}."))?;
        let fields = body.as_object_mut().ok_or("The body is no object.")?;
        if let Some(extra) = ["max_tokens", "temperature"].iter().find(|name| fields.contains_key(**name)) {
            return Err(format!("{extra}: Extra inputs are not permitted"));
        }
        fields.insert("max_tokens".to_owned(), json!(1));
        self.read(headers, body.to_string().as_bytes()).map(|asked| asked.input_tokens)
    }

    /// The key as it was given; `None` where there is none in this wire's header.
    pub fn key(self, headers: &HeaderMap) -> Option<&str> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Wire::Openai | Wire::Responses => text(header::AUTHORIZATION.as_str())?.strip_prefix("Bearer "),
            Wire::Anthropic => text("x-api-key"),
        }
    }

    /// A whole answer; its usage can be left out.
    pub fn completion(self, sequence: u64, asked: &Asked, answer: &Answer, cached: Cached, with_usage: bool) -> Reply {
        match self {
            Wire::Openai => Reply::completion(sequence, asked, answer, cached, with_usage),
            Wire::Responses => Reply::response(sequence, asked, answer, cached, with_usage),
            Wire::Anthropic => message(sequence, asked, answer, cached, with_usage),
        }
    }

    /// An error in this wire's words.
    pub fn reworded(self, mut reply: Reply) -> Reply {
        let said = serde_json::from_str::<Value>(&reply.body).ok();
        let Some(message) = said.as_ref().and_then(|said| said.pointer("/error/message")) else { return reply };
        if self == Wire::Anthropic {
            let kind = match reply.status.as_u16() {
                401 => "authentication_error",
                404 => "not_found_error",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                500.. => "api_error",
                _ => "invalid_request_error",
            };
            reply.body = json!({"type": "error", "error": {"type": kind, "message": message}}).to_string();
        }
        reply
    }

    /// The request's id, and the limits as they stand.
    pub fn headers(self, reply: &mut Reply, sequence: u64, now_ms: u64, limits: [(Option<u64>, &Window); 2]) {
        let id = format!("req_{sequence:08}");
        let (id_name, names) = match self {
            Wire::Openai | Wire::Responses => ("x-request-id", OPENAI_LIMITS),
            Wire::Anthropic => ("request-id", ANTHROPIC_LIMITS),
        };
        reply.header(id_name, id);
        for ([limit_name, remaining_name, reset_name], (limit, window)) in names.into_iter().zip(limits) {
            let Some(limit) = limit else { continue };
            let full_ms = window.until_empty_ms(now_ms);
            reply.header(limit_name, limit.to_string());
            reply.header(remaining_name, limit.saturating_sub(window.used()).to_string());
            reply.header(
                reset_name,
                match self {
                    Wire::Openai | Wire::Responses => as_duration(full_ms),
                    Wire::Anthropic => as_date(now_ms + full_ms),
                },
            );
        }
    }
}

const OPENAI_LIMITS: [[&str; 3]; 2] = [
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
    ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
];
const ANTHROPIC_LIMITS: [[&str; 3]; 2] = [
    [
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ],
    ["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
];

/// RFC 3339, to the second, as Anthropic writes it.
fn as_date(unix_ms: u64) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(unix_ms);
    humantime::format_rfc3339_seconds(at).to_string()
}

#[derive(Deserialize)]
struct Messages {
    model: String,
    max_tokens: u64,
    #[serde(default)]
    system: Content,
    messages: Vec<Message>,
    temperature: Option<f64>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

impl Default for Content {
    fn default() -> Content {
        Content::Blocks(Vec::new())
    }
}

#[derive(Deserialize)]
struct Block {
    r#type: String,
    text: String,
    cache_control: Option<CacheControl>,
}

#[derive(Deserialize)]
struct CacheControl {
    ttl: Option<String>,
}

/// The fields that the API doesn't share with Chat Completions are refused by it, and so is a low cap.
fn read_responses(body: &[u8]) -> Result<Asked, String> {
    let fields: Value = serde_json::from_slice(body).map_err(|error| format!("The body can't be read: {error}."))?;
    let foreign = ["messages", "max_tokens", "max_completion_tokens", "response_format", "reasoning_effort"];
    if let Some(name) = foreign.iter().find(|name| fields.get(**name).is_some()) {
        return Err(format!("Unsupported parameter: '{name}'."));
    }
    let asked = answer::read(body)?;
    match asked.output_cap {
        Some(cap) if cap < 16 => Err(format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {cap} instead."
        )),
        _ => Ok(asked),
    }
}

fn read_messages(body: &[u8]) -> Result<Asked, String> {
    let body: Messages = serde_json::from_slice(body).map_err(|error| format!("The body can't be read: {error}."))?;
    if body.temperature.is_some_and(|temperature| !(0.0..=1.0).contains(&temperature)) {
        return Err("temperature: range: 0..1".to_owned());
    }
    let mut marks = Marks::default();
    let system = marks.read(&body.system)?;
    let system_tokens = if system.is_empty() { 0 } else { marks.tokens };
    let mut message = None;
    for Message { role, content } in &body.messages {
        match role.as_str() {
            "user" => message = Some(marks.read(content)?),
            "assistant" => drop(marks.read(content)?),
            _ => return Err(format!("messages: role {role} is not user or assistant")),
        }
    }
    let message = message.ok_or("messages: at least one user message is required")?;
    Ok(Asked {
        model: body.model,
        system,
        message_sha256: answer::sha256(&message),
        message,
        input_tokens: marks.tokens + answer::TOKENS_A_CALL,
        system_tokens,
        output_cap: Some(body.max_tokens),
        marked: marks.marked,
    })
}

/// What was read so far, and as much of it as is marked to be kept.
#[derive(Default)]
struct Marks {
    text: String,
    tokens: u64,
    marked: Option<Marked>,
}

impl Marks {
    fn read(&mut self, content: &Content) -> Result<String, String> {
        let mut whole = String::new();
        let blocks = match content {
            Content::Text(text) => {
                self.add(text);
                return Ok(text.clone());
            }
            Content::Blocks(blocks) => blocks,
        };
        for block in blocks {
            if block.r#type != "text" || block.text.trim().is_empty() {
                return Err("text content blocks must contain non-whitespace text".to_owned());
            }
            self.add(&block.text);
            whole.push_str(&block.text);
            if let Some(mark) = &block.cache_control {
                let one_hour = mark.ttl.as_deref() == Some("1h");
                self.marked = Some(Marked { text: self.text.clone(), tokens: self.tokens, one_hour });
            }
        }
        Ok(whole)
    }

    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        self.tokens += answer::tokens_of(text) + answer::TOKENS_A_MESSAGE;
    }
}

fn message(sequence: u64, asked: &Asked, answer: &Answer, cached: Cached, with_usage: bool) -> Reply {
    let mut body = json!({
        "id": format!("msg_{sequence:08}"),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [{"type": "text", "text": answer.text}],
        "stop_reason": if answer.finish == "length" { "max_tokens" } else { "end_turn" },
        "stop_sequence": null,
    });
    if with_usage {
        body["usage"] = json!({
            "input_tokens": asked.input_tokens - cached.read - cached.written,
            "cache_creation_input_tokens": cached.written,
            "cache_read_input_tokens": cached.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": cached.written - cached.written_1h,
                "ephemeral_1h_input_tokens": cached.written_1h,
            },
            "output_tokens": answer.output_tokens,
        });
    }
    Reply::json(axum::http::StatusCode::OK, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messages_call_is_read_with_what_it_marks() {
        let asked = read_messages(
            br#"{"model": "m", "max_tokens": 9, "system": [{"type": "text", "text": "abcd"}], "messages": [{"role":
            "user", "content": [{"type": "text", "text": "abcde", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "text", "text": "x"}]}]}"#,
        );
        let asked = asked.expect("a call");
        assert_eq!((asked.system.as_str(), asked.message.as_str()), ("abcd", "abcdex"));
        assert_eq!((asked.input_tokens, asked.output_cap), ((1 + 3) + (2 + 3) + (1 + 3) + 3, Some(9)));
        let marked = asked.marked.expect("a mark");
        assert_eq!((marked.tokens, marked.one_hour), ((1 + 3) + (2 + 3), true));
    }

    #[test]
    fn what_anthropic_refuses_is_refused() {
        for bad in [
            "{}",
            r#"{"model": "m", "messages": [{"role": "user", "content": "a"}]}"#,
            r#"{"model": "m", "max_tokens": 1, "messages": []}"#,
            r#"{"model": "m", "max_tokens": 1, "temperature": 1.5, "messages": [{"role": "user", "content": "a"}]}"#,
            r#"{"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]}"#,
        ] {
            assert!(read_messages(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_date_is_written_as_anthropic_writes_it() {
        assert_eq!(as_date(1_795_435_200_000), "2026-11-23T12:00:00Z");
    }
}
