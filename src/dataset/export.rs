//! Results out, in input order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::money::Usd;
use crate::provider::Usage;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    #[default]
    Open,
    Succeeded,
    /// Succeeded from the cache or as a copy of an equal row.
    CacheHit,
    /// Answered elsewhere: it came from a checkpoint file, at no cost.
    Imported,
    Errored,
    Canceled,
}

impl ExportState {
    /// As exports write it.
    pub fn name(self) -> &'static str {
        match self {
            ExportState::Open => "open",
            ExportState::Succeeded => "succeeded",
            ExportState::CacheHit => "cache_hit",
            ExportState::Imported => "imported",
            ExportState::Errored => "errored",
            ExportState::Canceled => "canceled",
        }
    }
}

/// What is exported of one item, beside its row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportRow<'a> {
    pub id: &'a str,
    pub state: ExportState,
    /// The answer; of a label, as it stands in the list.
    pub result: Option<&'a str>,
    /// `stop`, `length`, `content_filter`, `other`.
    pub finish: Option<&'a str>,
    pub error: Option<&'a str>,
    pub usage: Option<Usage>,
    pub cost: Option<Usd>,
    pub attempts: u32,
    /// Why the answer doesn't fit its format, in words that continue "the answer …".
    pub misfit: Option<&'a str>,
    /// The model's own words, where `result` isn't them.
    pub raw: Option<&'a str>,
    /// The JSON document inside the answer.
    pub document: Option<Value>,
}

/// What a run's answer format adds to an export.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerColumns {
    /// Answers are checked: a column says which don't fit, and why.
    pub checked: bool,
    /// The fields of an answer's document, as the way to each from its root.
    pub fields: Vec<Vec<String>>,
}

const OUR_COLUMNS: [&str; 8] =
    ["result", "state", "finish", "input_tokens", "output_tokens", "cost_usd", "attempts", "error"];
const OUR_KEYS: [&str; 10] =
    ["id", "result", "state", "finish", "usage", "cost_usd", "attempts", "error", "misfit", "raw"];
const MISFIT: &str = "misfit";

/// A whole line of CSV with its CRLF: the file's columns, then ours with the answers' fields behind `result`. One of
/// ours that the file has already gets the prefix `llm_`; so does a field that would have the name of another column.
pub fn csv_header(columns: &[String], answers: &AnswerColumns) -> String {
    let misfit = answers.checked.then_some(MISFIT);
    let ours = |name: &str| free(name, |name| columns.iter().any(|column| column == name));
    let mut taken: Vec<String> = columns.to_vec();
    taken.extend(OUR_COLUMNS.into_iter().chain(misfit).map(ours));
    let mut fields = Vec::with_capacity(answers.fields.len());
    for path in &answers.fields {
        let name = free(&path.join("."), |name| taken.iter().any(|other| other == name));
        taken.push(name.clone());
        fields.push(name);
    }
    let mut line: Vec<String> = taken[..columns.len() + 1].to_vec();
    line.extend(fields);
    line.extend(OUR_COLUMNS[1..].iter().copied().chain(misfit).map(ours));
    csv_line(line.into_iter(), false)
}

/// The name, prefixed until it is free.
fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = name.to_owned();
    while is_taken(&name) {
        name.insert_str(0, "llm_");
    }
    name
}

/// One line, RFC 4180, with its CRLF. `cells` are the file's own, in the order of its columns.
/// `guard_formulas`: a cell that starts with = + - @ tab or CR gets a leading quote.
pub fn csv_row(cells: &[String], row: &ExportRow, answers: &AnswerColumns, guard_formulas: bool) -> String {
    let fields = answers.fields.iter().map(|path| {
        let value = row.document.as_ref().and_then(|document| value_at(document, path));
        value.map(field_cell).unwrap_or_default()
    });
    let ours = [
        row.state.name().to_string(),
        row.finish.unwrap_or("").to_string(),
        row.usage.map(|usage| usage.input.to_string()).unwrap_or_default(),
        row.usage.map(|usage| usage.output.to_string()).unwrap_or_default(),
        row.cost.map(exact).unwrap_or_default(),
        row.attempts.to_string(),
        row.error.unwrap_or("").to_string(),
    ];
    let misfit = answers.checked.then(|| row.misfit.unwrap_or("").to_string());
    let result = std::iter::once(row.result.unwrap_or("").to_string());
    csv_line(cells.iter().cloned().chain(result).chain(fields).chain(ours).chain(misfit), guard_formulas)
}

fn value_at<'a>(document: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, name| value.get(name))
}

/// As a table shows it: strings as they stand, other values as JSON, null as nothing.
fn field_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One line that starts `{"id": ..., "result": ...`, as the post's checkpoint; more keys follow. It is written as
/// Python's `json.dumps` does: a space after each separator, and everything beyond ASCII escaped. LF at its end.
/// The fields of an answer's document come last, each under its own name, or with the prefix `llm_` where that is ours.
pub fn jsonl_line(row: &ExportRow, answers: &AnswerColumns) -> String {
    let text = |text: Option<&str>| text.map_or("null".to_string(), json_string);
    let usage = row.usage.map_or("null".to_string(), |usage| {
        format!(
            "{{\"input\": {}, \"output\": {}, \"cache_read\": {}, \"cache_write\": {}, \"reasoning\": {}}}",
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
        )
    });
    let mut line = format!(
        "{{\"id\": {}, \"result\": {}, \"state\": \"{}\", \"finish\": {}, \"usage\": {usage}, \"cost_usd\": {}, \
         \"attempts\": {}, \"error\": {}",
        json_string(row.id),
        text(row.result),
        row.state.name(),
        text(row.finish),
        row.cost.map_or("null".to_string(), exact),
        row.attempts,
        text(row.error),
    );
    if answers.checked {
        line.push_str(&format!(", \"misfit\": {}", text(row.misfit)));
    }
    if let Some(raw) = row.raw {
        line.push_str(&format!(", \"raw\": {}", json_string(raw)));
    }
    let mut taken: Vec<String> = OUR_KEYS.map(str::to_owned).to_vec();
    let mut last = None;
    for root in answers.fields.iter().filter_map(|path| path.first()) {
        // The parts of one nested object follow each other.
        if last.replace(root) == Some(root) {
            continue;
        }
        let key = free(root, |name| taken.iter().any(|other| other == name));
        let value = row.document.as_ref().and_then(|document| document.get(root)).unwrap_or(&Value::Null);
        line.push_str(&format!(", {}: ", json_string(&key)));
        dump(value, &mut line);
        taken.push(key);
    }
    line.push_str("}\n");
    line
}

/// As Python's `json.dumps` writes it.
fn dump(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(&json_string(text)),
        Value::Array(elements) => {
            out.push('[');
            for (place, element) in elements.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                dump(element, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (place, (key, value)) in fields.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                out.push_str(&json_string(key));
                out.push_str(": ");
                dump(value, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// Every pico-dollar, without needless zeros: `0.0000123`, `5`.
fn exact(amount: Usd) -> String {
    let digits = amount.decimals(12);
    digits.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn csv_line(cells: impl Iterator<Item = String>, guard_formulas: bool) -> String {
    let mut line = String::new();
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            line.push(',');
        }
        let guarded = guard_formulas && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let cell = if guarded { format!("'{cell}") } else { cell };
        if cell.contains([',', '"', '\r', '\n']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push_str("\r\n");
    line
}

fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7f}' => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out.push('"');
    out
}
