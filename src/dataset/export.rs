//! Results out, in input order.

use crate::dataset::csv_line;
use crate::dataset::csv_rows::trimmed;
use crate::dataset::json_text::{self, Fields, ascii_string};
use crate::money::Usd;
use crate::provider::Usage;
use serde::{Deserialize, Serialize};

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
    /// Why the answer doesn't fit its format, or could not be checked, in words that continue "the answer …".
    pub misfit: Option<&'a str>,
    /// It doesn't fit, and stands in `raw` alone.
    pub is_misfit: bool,
    /// The model's own words, where `result` isn't them.
    pub raw: Option<&'a str>,
    /// The JSON document inside the answer, as the model wrote it.
    pub document: Option<&'a str>,
    /// Whether it is the row's right answer, where there is one.
    pub right: Option<bool>,
    /// The right answer, where the person set it by hand.
    pub corrected: Option<&'a str>,
    /// Whose answer it is, where candidates are compared.
    pub candidate: Option<&'a str>,
}

impl ExportRow<'_> {
    /// As the page has it: an answer that doesn't fit is none.
    fn state_name(&self) -> &'static str {
        if self.is_misfit { MISFIT } else { self.state.name() }
    }
}

/// What a run's answer format adds to an export.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerColumns {
    /// Answers are checked: a column says which don't fit, and why.
    pub checked: bool,
    /// The fields of an answer's document, as the way to each from its root.
    pub fields: Vec<Vec<String>>,
    /// What a last column says of every answer.
    pub note: Option<&'static str>,
    /// Right answers are known: a column says which are right.
    pub judged: bool,
    /// Some were set by hand: a column has them.
    pub corrected: bool,
    /// Candidates are compared: a column says whose answer it is.
    pub compared: bool,
}

impl AnswerColumns {
    /// The columns behind the others.
    fn last(&self) -> impl Iterator<Item = &'static str> {
        let checked = self.checked.then_some([MISFIT, RAW]).into_iter().flatten();
        let judged = self.judged.then_some(RIGHT).into_iter().chain(self.corrected.then_some(CORRECTED));
        checked.chain(judged).chain(self.compared.then_some(CANDIDATE)).chain(self.note.and(Some(NOTE)))
    }
}

/// The note on answers that no model gave.
pub const MADE_UP: &str = "made up by the Demo";
/// The same, where some lanes of a run are the Demo's.
pub const MAYBE_MADE_UP: &str = "may be made up by the Demo";

const OUR_COLUMNS: [&str; 8] =
    ["result", "state", "finish", "input_tokens", "output_tokens", "cost_usd", "attempts", "error"];
const OUR_KEYS: [&str; 10] =
    ["id", "result", "state", "finish", "usage", "cost_usd", "attempts", "error", "misfit", "raw"];
const MISFIT: &str = "misfit";
const RAW: &str = "raw";
const RIGHT: &str = "right";
const CORRECTED: &str = "corrected";
const CANDIDATE: &str = "candidate";
const NOTE: &str = "note";

/// A whole line of CSV with its CRLF: the file's columns, then ours with the answers' fields behind `result`. One of
/// ours that the file has already gets the prefix `llm_`; so does a field that would have the name of another column.
/// `guard_formulas`: as in [`csv_line`].
pub fn csv_header(columns: &[String], answers: &AnswerColumns, guard_formulas: bool) -> String {
    // As names are told apart when the file is read again.
    let ours = |name: &str| free(name, |name| columns.iter().any(|column| trimmed(column) == name));
    let mut taken: Vec<String> = columns.to_vec();
    taken.extend(OUR_COLUMNS.into_iter().chain(answers.last()).map(ours));
    let mut fields = Vec::with_capacity(answers.fields.len());
    for path in &answers.fields {
        let name = free(&path.join("."), |name| taken.iter().any(|other| trimmed(other) == trimmed(name)));
        taken.push(name.clone());
        fields.push(name);
    }
    let mut line: Vec<String> = taken[..columns.len() + 1].to_vec();
    line.extend(fields);
    line.extend(OUR_COLUMNS[1..].iter().copied().chain(answers.last()).map(ours));
    csv_line(line.into_iter(), guard_formulas)
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
/// `guard_formulas`: as in [`csv_line`].
pub fn csv_row(cells: &[String], row: &ExportRow, answers: &AnswerColumns, guard_formulas: bool) -> String {
    let fields = answers
        .fields
        .iter()
        .map(|path| row.document.and_then(|document| value_at(document, path)).map(field_cell).unwrap_or_default());
    let ours = [
        row.state_name().to_string(),
        row.finish.unwrap_or("").to_string(),
        row.usage.map(|usage| usage.input.to_string()).unwrap_or_default(),
        row.usage.map(|usage| usage.output.to_string()).unwrap_or_default(),
        row.cost.map(exact).unwrap_or_default(),
        row.attempts.to_string(),
        row.error.unwrap_or("").to_string(),
    ];
    let is_answered = row.result.is_some() || row.raw.is_some();
    let last = answers.last().map(|name| match name {
        MISFIT => row.misfit.unwrap_or(""),
        RAW => row.raw.unwrap_or(""),
        RIGHT => row.right.map_or("", |right| if right { "true" } else { "false" }),
        CORRECTED => row.corrected.unwrap_or(""),
        CANDIDATE => row.candidate.unwrap_or(""),
        _ => answers.note.filter(|_| is_answered).unwrap_or(""),
    });
    let result = std::iter::once(row.result.unwrap_or("").to_string());
    csv_line(
        cells.iter().cloned().chain(result).chain(fields).chain(ours).chain(last.map(str::to_owned)),
        guard_formulas,
    )
}

fn value_at<'a>(document: &'a str, path: &[String]) -> Option<&'a str> {
    path.iter().try_fold(document, |value, name| Some(Fields::read(value)?.get(name)?.get()))
}

/// As a table shows it: strings as they stand, other values as JSON in one line, null as nothing.
fn field_cell(json: &str) -> String {
    match json {
        "null" => String::new(),
        json if json.starts_with('"') => json_text::string(json),
        json => json_text::compact(json),
    }
}

/// One line that starts `{"id": ..., "result": ...`, as the post's checkpoint; more keys follow. It is written as
/// Python's `json.dumps` does: a space after each separator, and everything beyond ASCII escaped. LF at its end.
/// The fields of an answer's document come last, each under its own name, or with the prefix `llm_` where that is ours.
pub fn jsonl_line(row: &ExportRow, answers: &AnswerColumns) -> String {
    let text = |text: Option<&str>| text.map_or("null".to_string(), ascii_string);
    let usage = row.usage.map_or("null".to_string(), |usage| {
        format!(
            "{{\"input\": {}, \"output\": {}, \"cache_read\": {}, \"cache_write\": {}, \"reasoning\": {}}}",
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
        )
    });
    let mut line = format!(
        "{{\"id\": {}, \"result\": {}, \"state\": \"{}\", \"finish\": {}, \"usage\": {usage}, \"cost_usd\": {}, \
         \"attempts\": {}, \"error\": {}",
        ascii_string(row.id),
        text(row.result),
        row.state_name(),
        text(row.finish),
        row.cost.map_or("null".to_string(), exact),
        row.attempts,
        text(row.error),
    );
    if answers.checked {
        line.push_str(&format!(", \"misfit\": {}", text(row.misfit)));
    }
    if let Some(raw) = row.raw {
        line.push_str(&format!(", \"raw\": {}", ascii_string(raw)));
    }
    if answers.judged {
        let right = row.right.map_or("null", |right| if right { "true" } else { "false" });
        line.push_str(&format!(", \"{RIGHT}\": {right}"));
    }
    if answers.corrected {
        line.push_str(&format!(", \"{CORRECTED}\": {}", text(row.corrected)));
    }
    if answers.compared {
        line.push_str(&format!(", \"{CANDIDATE}\": {}", text(row.candidate)));
    }
    if let Some(note) = answers.note {
        line.push_str(&format!(", \"{NOTE}\": {}", text(row.result.or(row.raw).and(Some(note)))));
    }
    let fields = row.document.and_then(Fields::read).unwrap_or_default();
    let mut taken: Vec<String> = OUR_KEYS.into_iter().chain(answers.last()).map(str::to_owned).collect();
    let mut last = None;
    for root in answers.fields.iter().filter_map(|path| path.first()) {
        // The parts of one nested object follow each other.
        if last.replace(root) == Some(root) {
            continue;
        }
        let key = free(root, |name| taken.iter().any(|other| other == name));
        let value = fields.get(root).map_or("null", |value| value.get());
        line.push_str(&format!(", {}: {}", ascii_string(&key), dumped(value)));
        taken.push(key);
    }
    line.push_str("}\n");
    line
}

/// As Python's `json.dumps` writes it, but for numbers, which stay as the model wrote them.
fn dumped(json: &str) -> String {
    json_text::respaced(json, true, |string| ascii_string(&json_text::string(string)))
}

/// Every pico-dollar, without needless zeros: `0.0000123`, `5`.
fn exact(amount: Usd) -> String {
    let digits = amount.decimals(12);
    digits.trim_end_matches('0').trim_end_matches('.').to_string()
}
