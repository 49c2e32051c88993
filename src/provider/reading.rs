//! 2xx answers of every wire. The shape says how a body is to be read, not the preset: gateways and local servers also
//! answer in another API's words. Refusals (every other status) are read in `refusal`.

use serde_json::Value;

use crate::provider::body::{Form, Part};
use crate::provider::{
    Answer, BODY_BYTES_MAX, Bill, Failure, FailureKind, Finish, HttpReply, Outcome, Provider, billing, body, finish,
    refusal, usage, words,
};
use crate::time::Time;

/// Envelopes that gateways put around an answer.
const ENVELOPES: [&str; 4] = ["result", "response", "data", "body"];
/// A gzip header, its second byte as a text decoder leaves it.
const GZIP: &str = "\u{1f}\u{fffd}";

pub fn decode(provider: Provider, reply: &HttpReply, now: Time) -> Outcome {
    if !(200..300).contains(&reply.status) {
        let json = body::json(&reply.body).ok();
        if let Some(answer) = refusal::bad_sample(reply, json.as_ref()) {
            let bill = body::read(&reply.body).map_or(Bill::Unknown, |body| usage::bill(provider, &body.parts));
            return Outcome::Answered { answer, bill };
        }
        let failure = refusal::read(provider, reply, json.as_ref(), now);
        let unstated = billing::of_refusal(provider, reply.status, failure.kind, json.as_ref());
        let stated = json.map(|json| usage::bill(provider, &[Part { json, text: (&*reply.body).into() }]));
        return Outcome::Failed { failure, bill: stated.filter(|bill| *bill != Bill::Unknown).unwrap_or(unstated) };
    }
    let Some(body) = body::read(&reply.body) else {
        return Outcome::Failed { failure: not_json(reply), bill: Bill::Unknown };
    };
    let bill = usage::bill(provider, &body.parts);
    // Gateways report an upstream's failure inside a 200. Its tokens may have been billed, unlike a refusal's.
    let error_at = body.parts.iter().find_map(|part| error_at(&part.json));
    let broke_off = match body.form {
        Form::Whole => false,
        Form::Stream { ended } => !ended || error_at.is_some(),
    };
    let answer = answer(reply, &body.parts, broke_off);
    match (answer, error_at) {
        (Some(answer), None) => Outcome::Answered { answer, bill },
        (Some(answer), Some(_)) if !answer.text.is_empty() => Outcome::Answered { answer, bill },
        (_, Some(error_at)) => Outcome::Failed { failure: refusal::read_inside_200(reply, error_at, now), bill },
        (None, None) if body.form == Form::Whole && has_no_choice(&body.parts) && bill != Bill::Unknown => {
            let answer = Answer { text: String::new(), finish: Finish::Other, request_id: None, misfit: None };
            Outcome::Answered { answer, bill }
        }
        (None, None) => {
            let what = match body.form {
                Form::Whole => "no answer is in the body",
                Form::Stream { .. } => {
                    "the server streams its answer, which wasn't asked for, and the stream broke off"
                }
            };
            let message = format!("{what}: {}", start_of(&reply.body));
            Outcome::Failed { failure: failure(FailureKind::TornBody, reply, &message), bill }
        }
    }
}

/// Gemini behind a gateway states what it read and has no choice to it. Asked again by itself, that would be paid again.
fn has_no_choice(parts: &[Part]) -> bool {
    let is_empty = |choices: &Value| choices.is_null() || choices.as_array().is_some_and(Vec::is_empty);
    matches!(parts, [part] if part.json.get("choices").is_some_and(is_empty))
}

/// A 2xx body that isn't JSON: a web page, or an answer that broke off.
fn not_json(reply: &HttpReply) -> Failure {
    let start = reply.body.trim_start_matches('\u{feff}').trim_start();
    let html_type = reply.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    if start.starts_with('<') || html_type {
        return failure(FailureKind::HtmlPage, reply, &refusal::html_title(start).unwrap_or_default());
    }
    let message = match (start.is_empty(), reply.torn) {
        (true, _) => "the body is empty".to_string(),
        (false, true) if reply.body.len() >= BODY_BYTES_MAX => {
            format!("the body was cut off at {} MiB, the most that is read of an answer", BODY_BYTES_MAX / 1_048_576)
        }
        (false, true) => format!("the body broke off after {} bytes", reply.body.len()),
        (false, false) if start.starts_with(GZIP) => "the body is compressed, and its headers don't say so".to_string(),
        (false, false) => format!("the body is not JSON: {}", start_of(start)),
    };
    failure(FailureKind::TornBody, reply, &message)
}

pub(super) fn failure(kind: FailureKind, reply: &HttpReply, message: &str) -> Failure {
    Failure { kind, status: Some(reply.status), message: words::clean(message), retry_after_ms: None, request_id: None }
}

/// As much of a body as a message can show.
fn start_of(body: &str) -> &str {
    body.char_indices().nth(words::MESSAGE_CHARS_MAX).map_or(body, |(end, _)| &body[..end])
}

fn error_at(json: &Value) -> Option<&Value> {
    let choice = json.get("choices").and_then(|choices| choices.get(0));
    let stated = [choice, Some(json)].into_iter().flatten().find(|at| at.get("error").is_some_and(|e| !e.is_null()));
    // MiniMax's, beside every answer: 0 stands for success.
    let code = json.pointer("/base_resp/status_code").and_then(Value::as_i64);
    stated.or_else(|| (code.is_some_and(|code| code != 0)).then_some(json))
}

/// What one part of a body adds to the answer.
#[derive(Default)]
struct Piece {
    text: String,
    /// The model's or the filter's own words of refusal.
    refusal: String,
    finish: Option<Finish>,
    /// The server names a reason that is none of those known.
    other: bool,
}

impl Piece {
    fn new(content: Option<&Value>, reason: Option<&Value>) -> Piece {
        let mut piece = Piece::default();
        if let Some(content) = content {
            piece.add(content);
        }
        piece.stopped(reason);
        piece
    }

    /// Content is a string, nothing, an object, or a list of parts. Thoughts and tool calls are no answer.
    fn add(&mut self, content: &Value) {
        match content {
            Value::Null => {}
            Value::String(text) => self.text.push_str(text),
            Value::Array(parts) => parts.iter().for_each(|part| self.add_part(part)),
            Value::Object(_) if is_a_part(content) => self.add_part(content),
            // Some gateways parse an answer that is JSON.
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn add_part(&mut self, part: &Value) {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        if is_thought
            || ["thinking", "reasoning", "redacted_thinking", "thought", "tool"].iter().any(|no| kind.starts_with(no))
        {
            return;
        }
        let refusal = part.get("refusal").and_then(Value::as_str);
        self.refusal.push_str(refusal.unwrap_or(""));
        let text = part.as_str().or_else(|| text_in(part.get("text")?));
        self.text.push_str(text.unwrap_or(""));
        if let Some(parts) = part.get("parts").and_then(Value::as_array) {
            parts.iter().for_each(|part| self.add_part(part));
        }
    }

    fn refused(mut self, refusal: Option<&Value>) -> Piece {
        self.refusal.push_str(refusal.and_then(Value::as_str).unwrap_or(""));
        self
    }

    fn stopped(&mut self, reason: Option<&Value>) {
        if let Some(reason) = reason.and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
            self.finish = finish::known(reason);
            self.other = self.finish.is_none();
        }
    }
}

/// An object without these is an answer in JSON, which may have a field `text` of its own.
fn is_a_part(content: &Value) -> bool {
    content.get("parts").is_some() || (content.get("type").is_some() && content.get("text").is_some())
}

fn text_in(text: &Value) -> Option<&str> {
    text.as_str().or_else(|| text.get("value")?.as_str())
}

/// The answer that the parts make together; `None` where none of them holds any, or where they broke off before they
/// named a reason to stop.
fn answer(reply: &HttpReply, parts: &[Part], broke_off: bool) -> Option<Answer> {
    let mut whole = Piece::default();
    let mut found = false;
    for piece in parts.iter().filter_map(|part| piece(&part.json)) {
        found = true;
        whole.text.push_str(&piece.text);
        whole.refusal.push_str(&piece.refusal);
        if piece.finish.is_some() || piece.other {
            (whole.finish, whole.other) = (piece.finish, piece.other);
        }
    }
    let stated = whole.finish.is_some() || whole.other;
    if !found || (broke_off && !stated) {
        return None;
    }
    let finish = match whole.finish {
        _ if !whole.refusal.is_empty() => Finish::ContentFilter,
        Some(finish) => finish,
        // A server that names no reason, and whose answer is whole, was not kept from ending it.
        None if !whole.other && !whole.text.is_empty() => Finish::Stop,
        None => Finish::Other,
    };
    let text = if whole.text.is_empty() { whole.refusal } else { whole.text };
    let stated_id = || parts.iter().find_map(|part| id_of(&part.json));
    let request_id = ["x-request-id", "request-id"].iter().find_map(|name| reply.header(name)).or_else(stated_id);
    let request_id = request_id.map(words::clean).filter(|id| !id.is_empty());
    Some(Answer { text, finish, request_id, misfit: None })
}

fn id_of(json: &Value) -> Option<&str> {
    ["/id", "/message/id", "/response/id", "/responseId"].iter().find_map(|at| json.pointer(at)?.as_str())
}

/// What this part says of the answer, whichever API's shape it has; `None` where it says nothing.
fn piece(json: &Value) -> Option<Piece> {
    open_ai_chat(json)
        .or_else(|| gemini(json))
        .or_else(|| anthropic(json))
        .or_else(|| open_ai_responses(json))
        .or_else(|| ollama(json))
        .or_else(|| text_generation(json))
        .or_else(|| ENVELOPES.iter().find_map(|name| json.get(name).filter(|inner| has_a_list(inner)).and_then(piece)))
}

fn has_a_list(json: &Value) -> bool {
    ["choices", "candidates", "content"].iter().any(|name| json.get(name).is_some_and(Value::is_array))
}

/// The first choice: a message, a piece of one in a stream, or the text of a legacy completion. A blocked prompt has a
/// choice without a message.
fn open_ai_chat(json: &Value) -> Option<Piece> {
    let choices = json.get("choices")?;
    // SGLang's batches have the one choice in place of the list.
    let choice = choices.get(0).or_else(|| choices.is_object().then_some(choices))?;
    let held = ["message", "delta"].iter().find_map(|name| choice.get(name).filter(|held| !held.is_null()));
    let reason = ["finish_reason", "finishReason", "stop_reason"].iter().find_map(|name| choice.get(name));
    let text = choice.get("text").filter(|text| text.is_string());
    let stated = reason.is_some_and(Value::is_string);
    match held {
        Some(Value::Object(held)) => Some(Piece::new(held.get("content"), reason).refused(held.get("refusal"))),
        Some(Value::String(_)) => Some(Piece::new(held, reason)),
        _ if text.is_some() || stated => Some(Piece::new(text, reason)),
        _ => None,
    }
}

/// `generateContent`. A blocked prompt has no candidate, and says why beside them.
fn gemini(json: &Value) -> Option<Piece> {
    let blocked = json.pointer("/promptFeedback/blockReason").is_some_and(Value::is_string);
    let Some(candidate) = json.get("candidates").and_then(|candidates| candidates.get(0)) else {
        return blocked.then(|| Piece { finish: Some(Finish::ContentFilter), ..Piece::default() });
    };
    Some(Piece::new(candidate.get("content"), candidate.get("finishReason")))
}

/// A message of Anthropic's, or an event of its stream.
fn anthropic(json: &Value) -> Option<Piece> {
    match json.get("type").and_then(Value::as_str) {
        Some("message_start") => Some(Piece::default()),
        Some("content_block_start") => {
            Some(Piece::new(json.get("content_block").filter(|block| is_a_part(block)), None))
        }
        Some("content_block_delta") => Some(Piece::new(json.get("delta").filter(|delta| is_a_part(delta)), None)),
        Some("message_delta") => Some(Piece::new(None, json.pointer("/delta/stop_reason"))),
        _ => {
            let content = json.get("content").filter(|content| content.is_array())?;
            Some(Piece::new(Some(content), json.get("stop_reason")))
        }
    }
}

/// OpenAI's Responses: messages among the items of `output`. Its stream repeats all of it in its last event.
fn open_ai_responses(json: &Value) -> Option<Piece> {
    let response = json.get("response").filter(|response| response.get("output").is_some()).unwrap_or(json);
    let items = response.get("output").and_then(Value::as_array)?;
    if !matches!(response.get("status").and_then(Value::as_str), Some("completed" | "incomplete")) {
        return None;
    }
    let mut piece = Piece::default();
    for item in items.iter().filter(|item| item.get("type").and_then(Value::as_str) == Some("message")) {
        item.get("content").into_iter().for_each(|content| piece.add(content));
    }
    piece.stopped(response.pointer("/incomplete_details/reason").or_else(|| response.get("status")));
    Some(piece)
}

/// Ollama's own `/api/chat` and `/api/generate`, line by line or whole; and Cohere's, which looks alike.
fn ollama(json: &Value) -> Option<Piece> {
    let reason = json.get("done_reason").or_else(|| json.get("finish_reason"));
    let is_done = json.get("done").and_then(Value::as_bool);
    if reason.is_none() && is_done.is_none() {
        return None;
    }
    let content = json.pointer("/message/content").or_else(|| json.get("response").filter(|text| text.is_string()))?;
    let mut piece = Piece::new(Some(content), reason);
    if is_done == Some(true) && reason.is_none() {
        piece.finish = Some(Finish::Stop);
    }
    Some(piece)
}

/// Text Generation Inference's own.
fn text_generation(json: &Value) -> Option<Piece> {
    Some(Piece::new(Some(json.get("generated_text")?), json.pointer("/details/finish_reason")))
}
