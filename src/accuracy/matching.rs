//! Whether an answer is the right one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answers::{Labels, find_document};

/// The column with the right answers, and how answers are compared with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// It is never sent; a row whose cell is empty has no right answer.
    pub column: String,
    #[serde(default)]
    pub matching: Matching,
    /// Rows of the file that the prompt shows as examples: they say nothing of the model, and don't count.
    #[serde(default)]
    pub examples: Vec<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The same text, white space around it aside; a label as the answer format reads it.
    #[default]
    Same,
    /// The answer contains it, case aside.
    Contains,
    /// The first number in the answer is this far from it at most.
    Number { tolerance: f64 },
    /// The answer's JSON fields of these names have its values. A cell that is no JSON object is the value of the first.
    Fields(Vec<String>),
}

/// A right answer as it is compared and counted: a label in its own spelling, else the cell's text; `None`: there is none.
pub fn truth_of(cell: &str, labels: Option<&Labels>) -> Option<String> {
    let cell = cell.trim();
    let label = labels.and_then(|labels| labels.find(cell));
    (!cell.is_empty()).then(|| label.unwrap_or(cell).to_owned())
}

impl Matching {
    /// `truth` as [`truth_of`] has it; `answer` as tables show it: the label that it means, else its own words.
    pub fn is_right(&self, truth: &str, answer: &str) -> bool {
        match self {
            Matching::Same => answer.trim() == truth,
            Matching::Contains => answer.to_lowercase().contains(&truth.to_lowercase()),
            Matching::Number { tolerance } => match (first_number(truth), first_number(answer)) {
                // What floats can't tell apart is equal: 0.1 + 0.2 and 0.3.
                (Some(truth), Some(answer)) => (truth - answer).abs() <= tolerance + truth.abs() * f64::EPSILON * 4.0,
                _ => false,
            },
            Matching::Fields(names) => fields_match(names, truth, answer),
        }
    }

    /// The part of an answer that is compared, where it is one value: what a table of right and given answers counts.
    pub fn given(&self, answer: &str) -> Option<String> {
        match self {
            Matching::Same => Some(answer.trim().to_owned()),
            Matching::Fields(names) => match names.as_slice() {
                [name] => Some(find_document(answer).ok().and_then(|document| field(&document, name).map(text_of))?),
                _ => None,
            },
            Matching::Contains | Matching::Number { .. } => None,
        }
    }

    /// The same of a right answer.
    pub fn truly(&self, truth: &str) -> Option<String> {
        match self {
            Matching::Same => Some(truth.to_owned()),
            Matching::Fields(names) => match names.as_slice() {
                [name] => Some(match object(truth) {
                    Some(object) => field(&object, name).map(text_of)?,
                    None => truth.to_owned(),
                }),
                _ => None,
            },
            Matching::Contains | Matching::Number { .. } => None,
        }
    }
}

fn fields_match(names: &[String], truth: &str, answer: &str) -> bool {
    let Ok(answer) = find_document(answer) else { return false };
    match object(truth) {
        Some(truth) => names.iter().all(|name| {
            let (truth, answer) = (field(&truth, name), field(&answer, name));
            truth.zip(answer).map_or(truth.is_none() && answer.is_none(), |(truth, answer)| same_value(truth, answer))
        }),
        None => names.first().and_then(|name| field(&answer, name)).is_some_and(|value| text_of(value) == truth),
    }
}

fn object(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok().filter(Value::is_object)
}

/// `address.city` is a field of a field.
fn field<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.get(name).or_else(|| name.split('.').try_fold(document, |value, part| value.get(part)))
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) => one.trim() == other.trim(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        _ => one == other,
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
}

/// The first number in a text: `$1,234.50`, `12 %`, `-3e4`. Commas are read as groups of thousands.
fn first_number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = bytes.iter().position(u8::is_ascii_digit)?;
    let mut start = digit;
    if start > 0 && bytes[start - 1] == b'.' {
        start -= 1;
    }
    let negative = text[..start].ends_with(['-', '\u{2212}']);
    let in_number = |at: &usize| {
        let at = *at;
        let next_is_digit = || bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        match bytes[at] {
            b'0'..=b'9' => true,
            b'.' | b',' => next_is_digit(),
            b'e' | b'E' => next_is_digit() || matches!(bytes.get(at + 1..at + 3), Some([b'-' | b'+', b'0'..=b'9'])),
            b'-' | b'+' => at > start && matches!(bytes[at - 1], b'e' | b'E'),
            _ => false,
        }
    };
    let end = (start..bytes.len()).find(|at| !in_number(at)).unwrap_or(bytes.len());
    let number: f64 = text[start..end].replace(',', "").parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_compared_as_they_are_read() {
        let labels = Labels::new(&["Drama".to_owned(), "Comedy".to_owned()]).expect("labels");
        assert_eq!(truth_of(" drama.", Some(&labels)).as_deref(), Some("Drama"));
        assert_eq!(truth_of("Western", Some(&labels)).as_deref(), Some("Western"));
        assert_eq!(truth_of("  ", None), None);
        assert!(Matching::Same.is_right("Drama", "Drama") && !Matching::Same.is_right("Western", "Drama"));
        assert!(Matching::Same.is_right("two words", " two words\n") && !Matching::Same.is_right("Yes", "yes"));
    }

    #[test]
    fn text_may_contain_the_right_answer() {
        assert!(Matching::Contains.is_right("Paris", "It is paris."));
        assert!(!Matching::Contains.is_right("Paris", "It is London."));
    }

    #[test]
    fn numbers_are_right_within_their_tolerance() {
        let within = |tolerance| Matching::Number { tolerance };
        for (truth, answer, tolerance, right) in [
            ("1234.5", "$1,234.50", 0.0, true),
            ("0.3", "about 0.31 of it", 0.01, true),
            ("0.3", "0.32", 0.01, false),
            ("-4", "\u{2212}4 degrees", 0.0, true),
            ("4", "-4", 0.0, false),
            ("2e3", "2000.", 0.0, true),
            (".5", "0.5", 0.0, true),
            ("5", "five", 9.0, false),
            ("7", "7 of 10", 0.0, true),
            ("0.30000000000000004", "0.3", 0.0, true),
        ] {
            assert_eq!(within(tolerance).is_right(truth, answer), right, "{truth} {answer} {tolerance}");
        }
    }

    #[test]
    fn json_is_compared_by_the_fields_that_count() {
        let by = |names: &[&str]| Matching::Fields(names.iter().map(|name| name.to_string()).collect());
        let answer =
            "```json\n{\"genre\": \"Drama\", \"year\": 1998.0, \"note\": \"x\", \"by\": {\"city\": \"Rome\"}}\n```";
        assert!(by(&["genre", "year"]).is_right(r#"{"genre": "Drama", "year": 1998, "note": "other"}"#, answer));
        assert!(!by(&["genre", "note"]).is_right(r#"{"genre": "Drama", "note": "other"}"#, answer));
        assert!(by(&["by.city"]).is_right(r#"{"by": {"city": "Rome "}}"#, answer));
        assert!(by(&["genre"]).is_right("Drama", answer), "a plain cell is the first field's value");
        assert!(!by(&["genre"]).is_right("Drama", "Drama"), "no JSON, no field");
        assert!(!by(&["gone"]).is_right(r#"{"gone": 1}"#, answer));
        assert_eq!(by(&["genre"]).given(answer).as_deref(), Some("Drama"));
        assert_eq!(by(&["year"]).truly(r#"{"year": 1998}"#).as_deref(), Some("1998"));
        assert_eq!(by(&["genre", "year"]).given(answer), None);
    }
}
