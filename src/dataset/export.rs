//! Results out, in input order.

use serde::{Deserialize, Serialize};

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
    pub result: Option<&'a str>,
    /// `stop`, `length`, `content_filter`, `other`.
    pub finish: Option<&'a str>,
    pub error: Option<&'a str>,
    pub usage: Option<Usage>,
    pub cost: Option<Usd>,
    pub attempts: u32,
}

const OUR_COLUMNS: [&str; 8] =
    ["result", "state", "finish", "input_tokens", "output_tokens", "cost_usd", "attempts", "error"];

/// Our columns that follow the file's own; one that the file has already gets the prefix `llm_`.
/// A whole line of CSV, with the file's columns first and its CRLF at the end.
pub fn csv_header(columns: &[String]) -> String {
    let ours = OUR_COLUMNS.iter().map(|name| {
        let mut name = name.to_string();
        while columns.contains(&name) {
            name.insert_str(0, "llm_");
        }
        name
    });
    csv_line(columns.iter().cloned().chain(ours), false)
}

/// One line, RFC 4180, with its CRLF. `cells` are the file's own, in the order of its columns.
/// `guard_formulas`: a cell that starts with = + - @ tab or CR gets a leading quote.
pub fn csv_row(cells: &[String], row: &ExportRow, guard_formulas: bool) -> String {
    let ours = [
        row.result.unwrap_or("").to_string(),
        row.state.name().to_string(),
        row.finish.unwrap_or("").to_string(),
        row.usage.map(|usage| usage.input.to_string()).unwrap_or_default(),
        row.usage.map(|usage| usage.output.to_string()).unwrap_or_default(),
        row.cost.map(exact).unwrap_or_default(),
        row.attempts.to_string(),
        row.error.unwrap_or("").to_string(),
    ];
    csv_line(cells.iter().cloned().chain(ours), guard_formulas)
}

/// One line that starts `{"id": ..., "result": ...`, as the post's checkpoint; more keys follow. It is written as
/// Python's `json.dumps` does: a space after each separator, and everything beyond ASCII escaped. LF at its end.
pub fn jsonl_line(row: &ExportRow) -> String {
    let text = |text: Option<&str>| text.map_or("null".to_string(), json_string);
    let usage = row.usage.map_or("null".to_string(), |usage| {
        format!(
            "{{\"input\": {}, \"output\": {}, \"cache_read\": {}, \"cache_write\": {}, \"reasoning\": {}}}",
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
        )
    });
    format!(
        "{{\"id\": {}, \"result\": {}, \"state\": \"{}\", \"finish\": {}, \"usage\": {usage}, \"cost_usd\": {}, \
         \"attempts\": {}, \"error\": {}}}\n",
        json_string(row.id),
        text(row.result),
        row.state.name(),
        text(row.finish),
        row.cost.map_or("null".to_string(), exact),
        row.attempts,
        text(row.error),
    )
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
