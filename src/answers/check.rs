//! Whether a JSON document fits a schema. The validator is a library's, and far larger than all else here, so only the
//! program that is loaded for it names this.

use jsonschema::{PatternOptions, Validator};

use super::find_document;
use super::outline::{Outline, SchemaProblem, parse};
use crate::provider::in_short;

/// Faults of an answer that are told; more say nothing new.
const FAULTS_TOLD_MAX: usize = 3;
const FAULT_CHARS_MAX: usize = 200;
/// Steps of a pattern that tries again, as one with a look-ahead or a back-reference does, and the size of a compiled
/// one: the time for any pattern is bounded.
const BACKTRACKS_MAX: usize = 20_000;
const PATTERN_BYTES_MAX: usize = 4 * 1024 * 1024;

pub struct SchemaCheck(Validator);

impl SchemaCheck {
    /// The schema as it was typed. What [`Outline::read`] lets through is looked at once more by the validator.
    pub fn new(schema: &str) -> Result<SchemaCheck, SchemaProblem> {
        Outline::read(schema)?;
        let schema = parse(schema)?.value();
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACKS_MAX)
            .size_limit(PATTERN_BYTES_MAX)
            .dfa_size_limit(PATTERN_BYTES_MAX);
        let made = jsonschema::options().with_pattern_options(patterns).build(&schema);
        made.map(SchemaCheck).map_err(|error| {
            let place = place(&error.instance_path().to_string());
            SchemaProblem {
                place,
                message: format!("{}. Mend the schema there.", in_short(&error.to_string(), FAULT_CHARS_MAX)),
            }
        })
    }

    /// Why an answer doesn't fit, in words that continue "the answer …"; `None` where it fits.
    pub fn misfit(&self, answer: &str) -> Option<String> {
        let document = match find_document(answer) {
            Ok(document) => document,
            Err(why) => return Some(why),
        };
        let faults: Vec<String> = self
            .0
            .iter_errors(&document)
            .take(FAULTS_TOLD_MAX)
            .map(|error| match place(&error.instance_path().to_string()) {
                place if place.is_empty() => in_short(&error.to_string(), FAULT_CHARS_MAX).into_owned(),
                place => format!("at {place}: {}", in_short(&error.to_string(), FAULT_CHARS_MAX)),
            })
            .collect();
        (!faults.is_empty()).then(|| format!("doesn't follow the schema: {}", faults.join("; ")))
    }
}

/// A JSON pointer as a person reads it: `/address/city` is `address.city`.
fn place(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM: &str = r##"{
        "type": "object",
        "properties": {
            "genre": {"enum": ["Drama", "Comedy"]},
            "year": {"type": "integer", "minimum": 1888},
            "cast": {"type": "array", "items": {"$ref": "#/$defs/Name"}, "maxItems": 2},
            "code": {"type": "string", "pattern": "^[A-Z]{2}$"}
        },
        "required": ["genre", "year"],
        "additionalProperties": false,
        "$defs": {"Name": {"type": "string", "minLength": 1}}
    }"##;

    #[test]
    fn answers_that_follow_the_schema_fit() {
        let check = SchemaCheck::new(FILM).unwrap();
        for answer in [
            r#"{"genre": "Drama", "year": 1998}"#,
            r#"{"year": 1998.0, "genre": "Comedy", "cast": ["A", "B"], "code": "AB"}"#,
            "```json\n{\"genre\": \"Drama\", \"year\": 1998}\n```",
        ] {
            assert_eq!(check.misfit(answer), None, "{answer}");
        }
    }

    #[test]
    fn the_others_are_told_where_they_fail() {
        let check = SchemaCheck::new(FILM).unwrap();
        for (answer, words) in [
            ("Drama", "is not JSON"),
            ("", "is empty"),
            (r#"{"genre": "Western", "year": 1998}"#, "at genre: \"Western\" is not one of"),
            (r#"{"genre": "Drama"}"#, "\"year\" is a required property"),
            (r#"{"genre": "Drama", "year": "1998"}"#, "at year: \"1998\" is not of type \"integer\""),
            (r#"{"genre": "Drama", "year": 1700}"#, "at year: 1700 is less than the minimum of 1888"),
            (r#"{"genre": "Drama", "year": 1998, "plot": ""}"#, "'plot' was unexpected"),
            (r#"{"genre": "Drama", "year": 1998, "cast": ["A", ""]}"#, "at cast.1:"),
            (r#"{"genre": "Drama", "year": 1998, "code": "abc"}"#, "at code: \"abc\" does not match"),
            (r#"["Drama"]"#, "is not of type \"object\""),
        ] {
            let misfit = check.misfit(answer).expect(answer);
            assert!(misfit.contains(words), "{answer}: {misfit}");
        }
    }

    #[test]
    fn a_schema_that_the_validator_refuses_is_told_with_its_place() {
        let broken = r#"{"type": "object", "properties": {"code": {"type": "string", "pattern": "("}}}"#;
        let problem = SchemaCheck::new(broken).err().expect("the pattern is open");
        assert_eq!(problem.place, "properties.code.pattern");
        assert!(SchemaCheck::new("{").is_err());
    }

    /// Each of these patterns would try every way to split the text: with forty letters more than anyone can wait for.
    #[test]
    fn a_pattern_comes_to_an_end_whatever_the_answer() {
        for pattern in ["^(a+)+$", "^(?=(a+)+$)a", "^(a|a)*\\\\1$", "^(?:(a+)+)\\\\1!$", "(?<=(a*)*)b$"] {
            let schema = format!(r#"{{"type": "object", "properties": {{"code": {{"pattern": "{pattern}"}}}}}}"#);
            let Ok(check) = SchemaCheck::new(&schema) else { continue };
            for letters in [40, 1_000] {
                let answer = format!(r#"{{"code": "{}b"}}"#, "a".repeat(letters));
                assert!(check.misfit(&answer).is_some() || pattern.ends_with("b$"), "{pattern}");
            }
        }
        let large = r#"{"type": "string", "pattern": "(\\w{1000}){1000}"}"#;
        assert!(SchemaCheck::new(large).is_err(), "a pattern that is too large is refused");
    }

    #[test]
    fn an_answer_of_any_depth_is_checked() {
        let check = SchemaCheck::new(r##"{"properties": {"a": {"$ref": "#"}}}"##).unwrap();
        assert!(check.misfit(&"[".repeat(100_000)).is_some());
        let deep = format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120));
        assert_eq!(check.misfit(&deep), None);
    }

    #[test]
    fn nothing_is_fetched_for_a_schema() {
        let problem = SchemaCheck::new(r#"{"$schema": "https://example.com/own", "type": "object"}"#).err();
        assert!(problem.is_some(), "an unknown dialect can't be followed");
    }
}
