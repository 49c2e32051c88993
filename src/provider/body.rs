//! Bodies as JSON, in whatever form a server sends them. A call asks for one JSON object; gateways and local servers
//! also send a list around it, a stream of events, or a line of JSON for each piece. What those hold was paid for.

use std::borrow::Cow;

use serde_json::{Deserializer, Value};

/// How a stream of events begins (the "event stream" format of the HTML standard).
const EVENT_FIELDS: [&str; 5] = ["data:", "event:", "id:", "retry:", ":"];
/// What ends OpenAI's streams.
const DONE: &str = "[DONE]";
/// How Python and JavaScript write what JSON has no number for.
const NO_NUMBERS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// The JSON values that a body consists of, in their order: most often one.
pub(super) struct Body<'a> {
    pub parts: Vec<Part<'a>>,
    pub form: Form,
}

pub(super) struct Part<'a> {
    pub json: Value,
    /// The same as text: a stated cost is read from its digits.
    pub text: Cow<'a, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON value, or a list of them.
    Whole,
    /// A stream; `ended` where it says so itself.
    Stream { ended: bool },
}

/// `None` for a body that is no JSON in any of these forms.
pub(super) fn read(body: &str) -> Option<Body<'_>> {
    let text = without_comments(body.trim_start_matches('\u{feff}').trim_start());
    match json_and_text(text) {
        Ok((json, text)) => {
            let parts = match json {
                Value::Array(list) if list.first().is_some_and(Value::is_object) => list.into_iter().map(own).collect(),
                json => vec![Part { json, text }],
            };
            return Some(Body { parts, form: Form::Whole });
        }
        // Not even the first value is whole.
        Err(error) if error.is_eof() => return None,
        Err(_) => {}
    }
    let (parts, ended) = if EVENT_FIELDS.iter().any(|field| text.starts_with(field)) {
        events(text)
    } else {
        values(&mended(text).map_or(Cow::Borrowed(text), Cow::Owned))
    };
    (!parts.is_empty()).then_some(Body { parts, form: Form::Stream { ended } })
}

/// JSON in which half a surrogate pair is read as U+FFFD. Python's and JavaScript's writers let one through where a text
/// is cut within a character, and a strict reader would throw the paid answer away. So with the rest of [`mended`].
pub(super) fn json(text: &str) -> serde_json::Result<Value> {
    json_and_text(text.trim_start_matches('\u{feff}')).map(|(json, _)| json)
}

fn json_and_text(text: &str) -> serde_json::Result<(Value, Cow<'_, str>)> {
    match serde_json::from_str(text) {
        Ok(json) => Ok((json, text.into())),
        Err(error) => {
            let Some(mended) = mended(text) else { return Err(error) };
            Ok((serde_json::from_str(&mended)?, mended.into()))
        }
    }
}

/// Routers keep a connection open by comments in the form of events, also where the answer behind them is none.
fn without_comments(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with(':') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    if rest.starts_with('{') { rest } else { text }
}

fn own(json: Value) -> Part<'static> {
    Part { text: json.to_string().into(), json }
}

/// What Python's reader takes and a strict one doesn't, as JSON: each half of a surrogate pair as `\ufffd`, `NaN` and
/// `Infinity` as null, a bare line end or tab in a string as its escape. `None` where there is nothing of these.
fn mended(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        let (length, instead) = match bytes[at] {
            b'"' => {
                in_string = !in_string;
                (1, None)
            }
            b'\\' => match (unit(text, at), unit(text, at + 6)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
                (Some(0xd800..=0xdfff), _) => (6, Some("\\ufffd".to_owned())),
                // The escaped character may be a backslash itself, or longer than a byte.
                _ => (1 + text[at + 1..].chars().next().map_or(0, char::len_utf8), None),
            },
            control if control < 0x20 && in_string => (1, Some(format!("\\u{control:04x}"))),
            b'N' | b'I' | b'-' if !in_string => match NO_NUMBERS.iter().find(|word| text[at..].starts_with(**word)) {
                Some(word) => (word.len(), Some("null".to_owned())),
                None => (1, None),
            },
            _ => (1, None),
        };
        if let Some(instead) = instead {
            out.push_str(&text[copied..at]);
            out.push_str(&instead);
            copied = at + length;
        }
        at += length;
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The code unit that is escaped at `at`.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

/// The data of each event.
fn events(text: &str) -> (Vec<Part<'static>>, bool) {
    let mut parts = Vec::new();
    let mut ended = false;
    let mut data = String::new();
    // An event ends with an empty line; the last one may lack it.
    for line in text.lines().chain([""]) {
        if let Some(more) = line.strip_prefix("data:") {
            if !data.is_empty() {
                data.push('\n');
            }
            data.push_str(more.trim());
        } else if line.trim().is_empty() && !data.is_empty() {
            ended |= data == DONE;
            if let Ok((json, text)) = json_and_text(&data) {
                parts.push(Part { json, text: text.into_owned().into() });
            }
            data.clear();
        }
    }
    (parts, ended)
}

/// JSON objects one after the other, up to what is none.
fn values(text: &str) -> (Vec<Part<'static>>, bool) {
    let mut parts = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(json) if json.is_object() => parts.push(own(json)),
            _ => return (parts, false),
        }
    }
    (parts, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str) -> Option<(Vec<String>, Form)> {
        let body = read(body)?;
        Some((body.parts.iter().map(|part| part.json.to_string()).collect(), body.form))
    }

    #[test]
    fn a_body_is_read_in_every_form() {
        let stream = |ended| Form::Stream { ended };
        for (body, values, form) in [
            ("\u{feff} {\"a\":1}\n", &["{\"a\":1}"][..], Form::Whole),
            ("[{\"a\":1},{\"b\":2}]", &["{\"a\":1}", "{\"b\":2}"], Form::Whole),
            ("{\"a\":1}\n{\"b\":2}\n", &["{\"a\":1}", "{\"b\":2}"], stream(true)),
            ("{\"a\":1}\n{\"b\":", &["{\"a\":1}"], stream(false)),
            (": ping\n\ndata: {\"a\":1}\n\ndata: [DONE]\n\n", &["{\"a\":1}"], stream(true)),
            ("event: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata: {\"b\"", &["{\"a\":1}"], stream(false)),
            ("data:{\"a\":1}", &["{\"a\":1}"], stream(false)),
        ] {
            let values = values.iter().map(|value| value.to_string()).collect();
            assert_eq!(parts(body), Some((values, form)), "{body}");
        }
        for none in ["", "OK", "<html>", "{\"a\":", "data: x", "\u{1f}\u{fffd}\u{8}"] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    /// Public report: serde-rs/json #495.
    #[test]
    fn half_a_surrogate_pair_costs_no_answer() {
        for (text, read) in [
            (r#""dairy \ud83d""#, "dairy \u{fffd}"),
            (r#""\ude00 dairy""#, "\u{fffd} dairy"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\\ud83d \ud83d\n""#, "\\ud83d \u{fffd}\n"),
            (r#""\ud83dx\u00e4""#, "\u{fffd}x\u{e4}"),
        ] {
            assert_eq!(json(text).unwrap(), Value::from(read), "{text}");
        }
        assert_eq!(mended(r#""\ud83d\ude00 \\ \u""#), None);
        assert!(json(r#""\ud83d"#).is_err() && json("\\").is_err() && json("\"\\\u{e4}").is_err());
    }

    #[test]
    fn megabytes_and_deep_nesting_end() {
        for piece in ["[", "{\"a\":", "\\ud83d", "data:", "data: {}\n\n", "{}", "\\", ":"] {
            let body = piece.repeat(300_000);
            let _ = (read(&body), json(&body), read(&format!("\"{body}\"")));
        }
    }
}
