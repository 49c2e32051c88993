//! Rows of a JSON file: one object a line, one list of objects, or such a list inside of an object.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;

use crate::dataset::csv_rows::trimmed;
use crate::dataset::json_list::{Inside, list_inside};
use crate::dataset::json_text::{self, Fields};
use crate::dataset::problem::NAME_CHARS_MAX;
use crate::dataset::table::{COLUMNS_MAX, Parsed, ROWS_MAX};
use crate::dataset::turns::after_rows;
use crate::dataset::{DataProblem, ReaderVersion, encoding};
use crate::provider::in_short;

/// The file's text and the slice of it that each row is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonRows {
    text: String,
    slices: Vec<(u32, u32)>,
}

impl JsonRows {
    pub fn len(&self) -> usize {
        self.slices.len()
    }

    pub fn fields(&self, row: usize) -> Fields<'_> {
        Fields::read(self.text(row)).unwrap_or_default()
    }

    pub fn cell(&self, row: usize, column: &str) -> String {
        self.fields(row).get(column).map(json_text::cell).unwrap_or_default()
    }

    pub fn cells(&self, row: usize, columns: &[String]) -> Vec<String> {
        let by_name: BTreeMap<Cow<str>, &RawValue> = self.fields(row).0.into_iter().collect();
        columns
            .iter()
            .map(|column| by_name.get(column.as_str()).map(|raw| json_text::cell(raw)).unwrap_or_default())
            .collect()
    }

    fn text(&self, row: usize) -> &str {
        let slice = self.slices.get(row).and_then(|(start, end)| self.text.get(*start as usize..*end as usize));
        slice.unwrap_or("{}")
    }
}

/// `lines`: the file's name promises one object a line, so that a single one is a row, whatever it holds.
pub async fn parse(
    text: &str,
    lines: bool,
    version: ReaderVersion,
    turn: &mut impl AsyncFnMut(f64),
) -> Result<Parsed<JsonRows>, DataProblem> {
    let mut reader = Reader { text, lenient: version.is_lenient(), ..Reader::default() };
    match text.trim_start().as_bytes().first() {
        Some(b'[') => reader.list(text, turn).await?,
        _ if !reader.lenient || reader.is_lines(lines) => reader.lines(turn).await,
        _ => reader.whole(turn).await?,
    }
    let Reader { columns, slices, bad, notes, repaired, .. } = reader;
    if slices.len() as u64 > ROWS_MAX {
        return Err(DataProblem::TooManyRows { rows: slices.len() as u64, rows_max: ROWS_MAX });
    }
    if columns.names.len() > COLUMNS_MAX {
        let columns = columns.names.len() as u64;
        return Err(DataProblem::TooManyColumns { columns, columns_max: COLUMNS_MAX as u64 });
    }
    if let Some(place) = columns.names.iter().position(|name| name.trim().is_empty()) {
        return Err(DataProblem::UnnamedColumn { place: place as u32 + 1 });
    }
    // An export as CSV would hold the same name twice.
    let mut known = HashSet::with_capacity(columns.names.len());
    if let Some(twice) = columns.names.iter().find(|name| !known.insert(trimmed(name).replace('\0', ""))) {
        return Err(DataProblem::DuplicateColumn { name: trimmed(twice).to_owned() });
    }
    Ok(Parsed { columns: columns.names, rows: JsonRows { text: [text, &repaired].concat(), slices }, notes, bad })
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    lenient: bool,
    columns: Columns,
    slices: Vec<(u32, u32)>,
    bad: Vec<(u64, String)>,
    notes: Vec<String>,
    /// Rows that were not valid JSON as written, repaired; their slices lie behind the text.
    repaired: String,
}

impl<'a> Reader<'a> {
    /// Whether lines are objects by themselves: the first is, or a later one where the first is bad. One that is alone
    /// may also be a whole answer of an API with the rows inside.
    fn is_lines(&self, named_lines: bool) -> bool {
        let mut lines = self.text.lines().filter(|line| !line.trim().is_empty());
        match lines.next() {
            Some(first) if is_object(without_comma(first)) => named_lines || lines.next().is_some(),
            _ => self.text.lines().any(|line| line.starts_with('{') && is_object(without_comma(line))),
        }
    }

    async fn lines(&mut self, turn: &mut impl AsyncFnMut(f64)) {
        // The oldest programs end a line with CR alone.
        let end = if self.lenient && !self.text.contains('\n') { '\r' } else { '\n' };
        let mut start = 0;
        for (place, line) in self.text.split(end).enumerate() {
            after_rows(place, start as f64 / self.text.len() as f64, turn).await;
            let object = line.trim_end_matches('\r');
            if !object.trim().is_empty() {
                self.row(start, object, place as u64 + 1);
            }
            start += line.len() + 1;
        }
    }

    /// A list of objects: the whole file, or a part of it.
    async fn list(&mut self, list: &'a str, turn: &mut impl AsyncFnMut(f64)) -> Result<(), DataProblem> {
        let first = encoding::line_ends(&self.text.as_bytes()[..self.offset(list)]);
        let items: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| {
            let line = first + error.line() as u64;
            DataProblem::BadLines { lines: vec![(line, fault_words(list, &error))], count: 1 }
        })?;
        if self.lenient && !items.is_empty() && items.iter().all(|item| item.get().starts_with('[')) {
            return Err(DataProblem::JsonShape { what: LISTS_IN_LIST.into() });
        }
        self.items(items, turn).await;
        Ok(())
    }

    async fn items(&mut self, items: Vec<&'a RawValue>, turn: &mut impl AsyncFnMut(f64)) {
        let (mut counted, mut line) = (0, 1);
        for (place, item) in items.into_iter().enumerate() {
            after_rows(place, counted as f64 / self.text.len() as f64, turn).await;
            let start = self.offset(item.get());
            line += encoding::line_ends(&self.text.as_bytes()[counted..start]);
            counted = start;
            self.row(start, item.get(), line);
        }
    }

    /// Objects over several lines, one behind the other, or one object around the rows.
    async fn whole(&mut self, turn: &mut impl AsyncFnMut(f64)) -> Result<(), DataProblem> {
        let values = serde_json::Deserializer::from_str(self.text).into_iter::<&RawValue>();
        let mut items: Vec<&RawValue> = Vec::new();
        for value in values {
            match value {
                Ok(value) => items.push(value),
                Err(error) => {
                    let line = (error.line() as u64, fault_words(self.text.trim_start(), &error));
                    return Err(DataProblem::BadLines { lines: vec![line], count: 1 });
                }
            }
        }
        let [object] = items[..] else {
            self.items(items, turn).await;
            return Ok(());
        };
        match list_inside(object.get())? {
            Inside::Row => self.items(items, turn).await,
            Inside::List { name, list } => {
                let name = in_short(&name, NAME_CHARS_MAX);
                self.notes
                    .push(format!("The rows are the list \u{201c}{name}\u{201d} inside of the file\u{2019}s object."));
                self.list(list, turn).await?;
            }
        }
        Ok(())
    }

    fn row(&mut self, start: usize, object: &str, line: u64) {
        let fault = match self.columns.add(object) {
            Ok(()) => return self.slices.push((start as u32, (start + object.len()) as u32)),
            Err(fault) => fault,
        };
        if self.lenient {
            let bare = without_comma(object);
            if bare.len() < object.len() && self.columns.add(bare).is_ok() {
                return self.slices.push((start as u32, (start + bare.len()) as u32));
            }
            if object.contains("NaN") || object.contains("Infinity") {
                let repaired = json_text::without_nan(bare);
                if self.columns.add(&repaired).is_ok() {
                    let start = self.text.len() + self.repaired.len();
                    self.repaired.push_str(&repaired);
                    return self.slices.push((start as u32, (start + repaired.len()) as u32));
                }
            }
        }
        self.bad.push((line, fault));
    }

    /// A part is borrowed from the text, so its place is the distance of the two.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }
}

const LISTS_IN_LIST: &str = "This is a list of lists, so that no value has a name. Write each row as an object, such as \
                             {\"name\": \"…\"} (in pandas: df.to_json(\"rows.jsonl\", orient=\"records\", lines=True)), \
                             or save the file as CSV.";

fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()
}

/// A line that was cut out of a list ends with the comma that stood behind it.
fn without_comma(line: &str) -> &str {
    let line = line.trim_end();
    line.strip_suffix(',').unwrap_or(line)
}

/// The union of all keys, in the order in which they are first seen.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Columns {
    fn add(&mut self, object: &str) -> Result<(), String> {
        let start = object.trim_start();
        if !start.starts_with('{') {
            return Err(match start {
                _ if ["//", "/*", "#"].iter().any(|comment| start.starts_with(comment)) => {
                    "a comment, which JSON doesn't have: remove it".into()
                }
                _ if is_json_in_text(start) => {
                    "a text that holds JSON, which was encoded twice: write the value itself, in Python by one json.dumps"
                        .into()
                }
                "]" | "[" | "]," => "one bracket of a list that isn't whole: remove it".into(),
                _ => "not a JSON object: each row must be one, such as {\"name\": \"…\"}".into(),
            });
        }
        let fields: Fields = serde_json::from_str(object).map_err(|error| fault_words(object, &error))?;
        for (name, _) in fields.0 {
            if !self.known.contains(name.as_ref()) {
                self.known.insert(name.to_string());
                self.names.push(name.into_owned());
            }
        }
        Ok(())
    }
}

/// The parser's words without its line, which the caller adds, and what to do about the usual faults.
fn fault_words(json: &str, error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    let is_python = json.trim_start_matches(['{', '[', ' ', '\n', '\r', '\t']).starts_with('\'');
    match error.classify() {
        serde_json::error::Category::Eof => format!("the JSON object isn't complete ({words})"),
        _ if is_python => "Python's own notation, not JSON: write the file with json.dumps, or with \" for '".into(),
        _ if words == "trailing characters" && is_next_object(json, error) => {
            "two JSON objects in one line: put each on a line of its own".into()
        }
        _ if words == "trailing comma" || rest_at(json, error).starts_with('}') => {
            format!("not valid JSON: a comma before the closing bracket, at character {}", error.column())
        }
        _ if FOREIGN_WORDS.iter().any(|word| rest_at(json, error).starts_with(word)) => format!(
            "not valid JSON: a word of Python's or JavaScript's at character {}; write true, false or null",
            error.column()
        ),
        _ => format!("not valid JSON: {words} at character {}", error.column()),
    }
}

/// How other languages write `true`, `false` and `null`.
const FOREIGN_WORDS: [&str; 4] = ["True", "False", "None", "undefined"];

/// The text from the fault on.
fn rest_at<'a>(json: &'a str, error: &serde_json::Error) -> &'a str {
    let line = json.split_inclusive('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    line.get(error.column().saturating_sub(1)..).unwrap_or_default()
}

fn is_next_object(json: &str, error: &serde_json::Error) -> bool {
    error.line() == 1 && rest_at(json, error).starts_with('{')
}

fn is_json_in_text(json: &str) -> bool {
    let text: Option<String> = serde_json::from_str(json).ok();
    text.is_some_and(|text| text.trim_start().starts_with(['{', '[']))
}
