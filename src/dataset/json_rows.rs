//! Rows of a JSON Lines file, one object a line. A file that is one JSON array of objects is read as well.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::dataset::table::{COLUMNS_MAX, Parsed, ROWS_MAX};
use crate::dataset::{DataProblem, encoding};

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

    pub fn values(&self, row: usize) -> Map<String, Value> {
        let text = self.text(row);
        serde_json::from_str(text).unwrap_or_else(|_| {
            // A number beyond a float's range, or half of a surrogate pair: that value stays as its JSON text.
            let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_else(|_| Value::from(raw.get()));
            raw(text).into_iter().map(|(key, raw)| (key.into_owned(), value(raw))).collect()
        })
    }

    pub fn cell(&self, row: usize, column: &str) -> String {
        raw(self.text(row)).get(column).map(|value| as_text(value)).unwrap_or_default()
    }

    pub fn cells(&self, row: usize, columns: &[String]) -> Vec<String> {
        let raw = raw(self.text(row));
        columns.iter().map(|column| raw.get(column.as_str()).map(|value| as_text(value)).unwrap_or_default()).collect()
    }

    fn text(&self, row: usize) -> &str {
        let slice = self.slices.get(row).and_then(|(start, end)| self.text.get(*start as usize..*end as usize));
        slice.unwrap_or("{}")
    }
}

/// Values by name, each as it is written: a float would lose digits of long numbers.
fn raw(text: &str) -> BTreeMap<Cow<'_, str>, &RawValue> {
    serde_json::from_str(text).unwrap_or_default()
}

fn as_text(value: &RawValue) -> String {
    let json = value.get();
    if !json.starts_with('"') {
        return json.to_string();
    }
    serde_json::from_str(json).unwrap_or_else(|_| json.to_string())
}

pub fn parse(text: &str) -> Result<Parsed<JsonRows>, DataProblem> {
    let mut columns = Columns::default();
    let (slices, bad) = match text.trim_start().as_bytes().first() {
        Some(b'[') => from_array(text, &mut columns)?,
        _ => from_lines(text, &mut columns),
    };
    if slices.len() as u64 > ROWS_MAX {
        return Err(DataProblem::TooManyRows { rows: slices.len() as u64, rows_max: ROWS_MAX });
    }
    if columns.names.len() > COLUMNS_MAX {
        let columns = columns.names.len() as u64;
        return Err(DataProblem::TooManyColumns { columns, columns_max: COLUMNS_MAX as u64 });
    }
    if columns.names.iter().any(|name| name.trim().is_empty()) {
        let place = columns.names.iter().position(|name| name.trim().is_empty()).unwrap_or(0);
        return Err(DataProblem::UnnamedColumn { place: place as u32 + 1 });
    }
    Ok(Parsed { columns: columns.names, rows: JsonRows { text: text.to_string(), slices }, bad })
}

type Slices = Vec<(u32, u32)>;
type Bad = Vec<(u64, String)>;

fn from_lines(text: &str, columns: &mut Columns) -> (Slices, Bad) {
    let (mut slices, mut bad) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (place, line) in text.split('\n').enumerate() {
        let object = line.trim_end_matches('\r');
        if !object.trim().is_empty() {
            match columns.add(object) {
                Ok(()) => slices.push((start as u32, (start + object.len()) as u32)),
                Err(fault) => bad.push((place as u64 + 1, fault)),
            }
        }
        start += line.len() + 1;
    }
    (slices, bad)
}

fn from_array(text: &str, columns: &mut Columns) -> Result<(Slices, Bad), DataProblem> {
    let items: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|error| DataProblem::BadLines { lines: vec![(error.line() as u64, fault_words(&error))], count: 1 })?;
    let (mut slices, mut bad) = (Vec::new(), Vec::new());
    let (mut counted, mut line) = (0, 1);
    for item in items {
        // The item is borrowed from the text, so its place is the distance of the two.
        let start = item.get().as_ptr() as usize - text.as_ptr() as usize;
        line += encoding::line_ends(&text.as_bytes()[counted..start]);
        counted = start;
        match columns.add(item.get()) {
            Ok(()) => slices.push((start as u32, (start + item.get().len()) as u32)),
            Err(fault) => bad.push((line, fault)),
        }
    }
    Ok((slices, bad))
}

/// The union of all keys, in the order in which they are first seen.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Columns {
    fn add(&mut self, object: &str) -> Result<(), String> {
        if !object.trim_start().starts_with('{') {
            return Err("not a JSON object: each line must be one, such as {\"name\": \"…\"}".into());
        }
        let keys: Keys = serde_json::from_str(object).map_err(|error| fault_words(&error))?;
        for key in keys.0 {
            if !self.known.contains(key.as_ref()) {
                self.known.insert(key.to_string());
                self.names.push(key.into_owned());
            }
        }
        Ok(())
    }
}

/// The parser's words without its line, which is always the first of this one object.
fn fault_words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    match error.classify() {
        serde_json::error::Category::Eof => format!("the JSON object isn't complete ({words})"),
        _ => format!("not valid JSON: {words} at character {}", error.column()),
    }
}

/// An object's keys; its values are only checked.
struct Keys<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Keys<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys<'a>, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Keys<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys<'de>, A::Error> {
                let mut keys = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    map.next_value::<IgnoredAny>()?;
                    keys.push(key.0);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A key that is borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
