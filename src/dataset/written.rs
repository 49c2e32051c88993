//! JSON values for a template, and how their numbers are written. The engine reckons with floats, and would print 19.90
//! as `19.9` and 1e3 as `1000.0`: a float that comes from the file is printed as the file has it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use minijinja::State;
use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use serde_json::value::RawValue;

use crate::dataset::json_text::{self, Fields};

/// The name under which a row's context has its [`Written`]: no column has it, since no placeholder could name it.
pub const WRITTEN: &str = "\0written";

/// Values within values, down to here; what lies deeper stays JSON text.
const DEPTH_MAX: usize = 64;

/// The spelling of each float of a row, by its bits.
#[derive(Debug, Default)]
pub struct Written(HashMap<u64, String>);

impl Object for Written {
    fn repr(self: &std::sync::Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Written {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON as a value of the engine.
    pub fn value(&mut self, json: &RawValue) -> Value {
        self.value_at(json, 0)
    }

    fn value_at(&mut self, json: &RawValue, depth: usize) -> Value {
        let text = json.get();
        match text.as_bytes().first() {
            _ if depth > DEPTH_MAX => Value::from(text),
            Some(b'{') => {
                let fields = Fields::read(text).unwrap_or_default().0.into_iter();
                Value::from_pairs(fields.map(|(name, value)| (name.into_owned(), self.value_at(value, depth + 1))))
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                Value::from(items.into_iter().map(|item| self.value_at(item, depth + 1)).collect::<Vec<Value>>())
            }
            Some(b'"') => Value::from(json_text::string(text)),
            Some(b't') => Value::from(true),
            Some(b'f') => Value::from(false),
            Some(b'n') => Value::from(()),
            _ => self.number(text),
        }
    }

    /// Whole numbers keep their digits; a float is noted down.
    fn number(&mut self, text: &str) -> Value {
        let whole = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<i128>().map(Value::from));
        if let Ok(whole) = whole
            && whole.to_string() == text
        {
            return whole;
        }
        let float = text.parse::<f64>().unwrap_or(f64::NAN);
        match self.0.entry(float.to_bits()) {
            Entry::Vacant(entry) => {
                entry.insert(text.to_owned());
            }
            // Two numbers that only their last digits tell apart: as text, neither is printed as the other.
            Entry::Occupied(entry) if !is_same_number(entry.get(), text) => return Value::from(text),
            Entry::Occupied(_) => {}
        }
        Value::from(float)
    }

    fn spelling(&self, value: &Value) -> Option<&str> {
        self.0.get(&f64::try_from(value.clone()).ok()?.to_bits()).map(String::as_str)
    }
}

/// Whether two numbers differ in needless zeros alone.
fn is_same_number(one: &str, other: &str) -> bool {
    let bare = |number: &str| {
        let number = number.to_ascii_lowercase();
        match number.split_once('.') {
            Some((whole, fraction)) if !fraction.contains('e') => {
                [whole, ".", fraction.trim_end_matches('0')].concat().trim_end_matches('.').to_owned()
            }
            _ => number,
        }
    };
    bare(one) == bare(other)
}

/// A value as a prompt shows it: text as it is, null as nothing, everything else as JSON.
pub fn write_value(out: &mut impl fmt::Write, state: &State, value: &Value) -> Result<(), minijinja::Error> {
    match value.kind() {
        ValueKind::None => Ok(()),
        ValueKind::Bool | ValueKind::Seq | ValueKind::Map | ValueKind::Number => {
            Ok(out.write_str(&json(state, value, &JsonStyle::default())?)?)
        }
        _ => Ok(write!(out, "{value}")?),
    }
}

/// A number as the file has it; every other value as it is.
pub fn spelled(state: &State, value: Value) -> Value {
    match value.kind() {
        ValueKind::Number if !value.is_integer() => number(state, &value).into(),
        _ => value,
    }
}

fn number(state: &State, value: &Value) -> String {
    let written = if value.is_integer() { None } else { state.lookup(WRITTEN) };
    let written = written.as_ref().and_then(|written| written.downcast_object_ref::<Written>());
    written.and_then(|written| written.spelling(value)).map_or_else(|| value.to_string(), str::to_owned)
}

/// The layout of JSON.
#[derive(Debug, Default)]
pub struct JsonStyle {
    /// A space behind `,` and `:`, as Python has it.
    pub spaced: bool,
    /// A line for each part, indented by so many spaces.
    pub indent: Option<usize>,
    pub sort_keys: bool,
    /// Everything beyond ASCII is escaped.
    pub ascii: bool,
}

pub fn json(state: &State, value: &Value, style: &JsonStyle) -> Result<String, minijinja::Error> {
    let mut out = String::new();
    write_json(&mut out, state, value, style, 0)?;
    Ok(out)
}

fn write_json(
    out: &mut String,
    state: &State,
    value: &Value,
    style: &JsonStyle,
    depth: usize,
) -> Result<(), minijinja::Error> {
    // A template can make values that are far larger than a row.
    state.consume_fuel(1)?;
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(state, value)),
        ValueKind::Seq | ValueKind::Iterable if depth <= DEPTH_MAX => {
            out.push('[');
            let mut is_empty = true;
            for item in value.try_iter()? {
                begin_part(out, style, depth + 1, is_empty);
                is_empty = false;
                write_json(out, state, &item, style, depth + 1)?;
            }
            end_parts(out, style, depth, is_empty);
            out.push(']');
        }
        ValueKind::Map if depth <= DEPTH_MAX => {
            out.push('{');
            let mut keys: Vec<Value> = value.try_iter()?.collect();
            if style.sort_keys {
                keys.sort();
            }
            for (place, key) in keys.iter().enumerate() {
                begin_part(out, style, depth + 1, place == 0);
                out.push_str(&json_string(&key.to_string(), style));
                out.push_str(if style.spaced || style.indent.is_some() { ": " } else { ":" });
                write_json(out, state, &value.get_item(key)?, style, depth + 1)?;
            }
            end_parts(out, style, depth, keys.is_empty());
            out.push('}');
        }
        _ => out.push_str(&json_string(&value.to_string(), style)),
    }
    Ok(())
}

fn begin_part(out: &mut String, style: &JsonStyle, depth: usize, is_first: bool) {
    if !is_first {
        out.push_str(if style.spaced && style.indent.is_none() { ", " } else { "," });
    }
    new_line(out, style, depth);
}

fn end_parts(out: &mut String, style: &JsonStyle, depth: usize, is_empty: bool) {
    if !is_empty {
        new_line(out, style, depth);
    }
}

fn new_line(out: &mut String, style: &JsonStyle, depth: usize) {
    if let Some(indent) = style.indent {
        out.push('\n');
        out.push_str(&" ".repeat(indent * depth));
    }
}

fn json_string(text: &str, style: &JsonStyle) -> String {
    if style.ascii { json_text::ascii_string(text) } else { serde_json::Value::from(text).to_string() }
}
