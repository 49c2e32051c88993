//! JSON as it is written: every digit, every key in its place. A parsed value would lose both: floats round long
//! numbers, and maps sort keys.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An object's fields in their order. A name that comes twice is in here twice: the last one counts.
#[derive(Debug, Default)]
pub struct Fields<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    pub fn read(json: &'a str) -> Option<Fields<'a>> {
        serde_json::from_str(json).ok()
    }

    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((key, value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    fields.push((key.0, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// A key that is borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The part of `text` that is this object, as it is written there: an answer may hold a fence, or words around it.
pub fn written_in<'a>(text: &'a str, object: &serde_json::Value) -> Option<&'a str> {
    /// Objects that the text holds before the right one, such as a draft.
    const OTHERS_MAX: usize = 100;
    let mut from = 0;
    for _ in 0..OTHERS_MAX {
        from += text[from..].find('{')?;
        let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(found))
                if serde_json::from_str(found.get()).is_ok_and(|found: serde_json::Value| found == *object) =>
            {
                return Some(found.get());
            }
            Some(Ok(found)) => from += found.get().len(),
            _ => from += 1,
        }
    }
    None
}

/// As a table shows a value: a string without its quotes, everything else as it is written.
pub fn cell(value: &RawValue) -> String {
    if value.get().starts_with('"') { string(value.get()) } else { value.get().to_owned() }
}

/// A JSON string's text. Half of a surrogate pair, as programs leave it that cut text in the middle, is read as the
/// replacement character.
pub fn string(json: &str) -> String {
    serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(&without_lone_surrogates(json)))
        .unwrap_or_else(|_| json.to_owned())
}

/// `\ud83d` alone becomes `\ufffd`.
pub fn without_lone_surrogates(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (escaped_unit(rest), rest.get(6..).and_then(escaped_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // A backslash and the letter behind it.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn escaped_unit(json: &str) -> Option<u16> {
    u16::from_str_radix(json.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// `NaN` and `Infinity` as `null`: Python writes them into JSON for what is missing, and no reader of JSON takes them.
pub fn without_nan(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut in_string = false;
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| !in_string && rest.starts_with(word));
        let length = match word {
            Some(word) => {
                out.push_str("null");
                rest = &rest[word.len()..];
                continue;
            }
            None if c == '\\' && in_string => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            None => c.len_utf8(),
        };
        in_string ^= c == '"';
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// The same JSON in one line, without the white space between its parts, or with a space behind `,` and `:` as
/// Python's `json.dumps` has it; `string` writes the strings.
pub fn respaced(json: &str, spaced: bool, string: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => {
                let end = 1 + string_length(&rest[1..]);
                out.push_str(&string(&rest[..end]));
                rest = &rest[end..];
                continue;
            }
            ' ' | '\t' | '\n' | '\r' => {
                rest = &rest[1..];
                continue;
            }
            other => other.len_utf8(),
        };
        out.push_str(&rest[..length]);
        if spaced && matches!(c, ',' | ':') {
            out.push(' ');
        }
        rest = &rest[length..];
    }
    out
}

/// A JSON string as Python's `json.dumps` writes it: everything beyond ASCII is escaped.
pub fn ascii_string(text: &str) -> String {
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

/// Up to and with the closing quote.
fn string_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// One line of JSON without needless white space, its strings as they are written.
pub fn compact(json: &str) -> String {
    respaced(json, false, str::to_owned)
}

/// A number without an exponent or a fraction, where it is a whole one: `1.0` and `1e2` are `1` and `100`. A text that
/// is no JSON number has none.
pub fn whole_number(number: &str) -> Option<String> {
    const DIGITS_MAX: i64 = 40;
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leads_with_zero || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let shift = exponent.parse::<i64>().ok()?;
    let fraction = fraction.trim_end_matches('0');
    let zeros = shift.checked_sub(fraction.len() as i64)?;
    let mut all = format!("{whole}{fraction}");
    if zeros < 0 {
        let cut = usize::try_from(-zeros).ok().filter(|cut| *cut < all.len())?;
        if !all[all.len() - cut..].bytes().all(|byte| byte == b'0') {
            return None;
        }
        all.truncate(all.len() - cut);
    } else if zeros > DIGITS_MAX {
        return None;
    } else {
        all.push_str(&"0".repeat(zeros as usize));
    }
    let all = all.trim_start_matches('0');
    Some(if all.is_empty() { "0".to_owned() } else { format!("{sign}{all}") })
}
