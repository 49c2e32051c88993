//! Answers in a form: labels, documents, and the schemas that people paste.

use fastrand::Rng;
use pennybatch::answers::{
    FIELDS_MAX, Labels, Outline, example, find_document, labels_of_prompt, misfit_of_text, with_cause, without_a_field,
};
use pennybatch::dataset::written_in;
use pennybatch::provider::{Answer, Finish, without_thinking};

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals};

pub fn labels() -> Corpus {
    let tests = ["src/answers/labels.rs", "src/provider/thinking.rs"].into_iter().flat_map(literals::of_file);
    Corpus::new(
        tests.chain([b"Dairy\nFrozen food\nC++\nC\n\nfrozen  food".to_vec(), b"yes, no\n\n**Yes**.".to_vec()]),
        &[
            "\n\n",
            "\n",
            ", ",
            "**",
            "`",
            "\"",
            "- ",
            "# ",
            "##",
            "<think>",
            "</think>",
            "(",
            ")",
            "yes",
            "no",
            "Dairy",
            "İ",
            "ẞ",
            "category: a, b, c.",
        ],
    )
}

/// The labels, and behind an empty line the answer.
pub fn label(input: &[u8], _: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let (list, answer) = text.split_once("\n\n").unwrap_or((&text, ""));
    labels_of_prompt(&text).into_iter().for_each(|label| assert!(!label.is_empty()));
    let typed = Labels::typed(list);
    match Labels::new(&typed) {
        Ok(labels) => {
            let are_alike = |one: &str, other: &str| Labels::new(&[one.to_owned(), other.to_owned()]).is_err();
            for label in labels.list() {
                assert_eq!(labels.find(label), Some(label.as_str()));
                // The list may hold the label in quotes as well, which is then what the answer means.
                let quoted = format!("\"{label}\"");
                let meant = labels.list().iter().find(|listed| are_alike(listed, &quoted)).unwrap_or(label);
                assert_eq!(labels.find(&quoted), Some(meant.as_str()));
            }
            let found = labels.find(answer);
            assert!(found.is_none_or(|label| labels.list().iter().any(|listed| listed == label)));
        }
        Err(problem) => fits_a_screen(&problem.to_string()),
    }
}

pub fn documents() -> Corpus {
    let tests = ["src/answers/document.rs", "src/provider/thinking.rs", "src/dataset/json_text.rs"];
    Corpus::new(
        tests.into_iter().chain(["tests/dataset/exports.rs"]).flat_map(literals::of_file),
        &[
            "```",
            "```json\n",
            "\n```",
            "~~~",
            "````",
            "<think>",
            "</think>",
            "{\"genre\": \"Drama\"}",
            "[1, 2]",
            "{\"a\": {\"b\": []}}",
            "1e308",
            "\n",
        ],
    )
}

pub fn document(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    assert!(text.contains(without_thinking(&text)), "the answer is a part of the text");
    match find_document(&text) {
        Ok(document) => {
            assert_eq!(find_document(&text), Ok(document.clone()));
            if document.is_object()
                && let Some(written) = written_in(&text, &document)
            {
                assert_eq!(serde_json::from_str(written).ok(), Some(document));
            }
        }
        Err(why) => fits_a_screen(&why),
    }
    let finish = [Finish::Stop, Finish::Length, Finish::ContentFilter, Finish::Other][chance.usize(..4)];
    let answer = Answer { text: text.into_owned(), finish, ..Answer::default() };
    misfit_of_text(&answer).into_iter().for_each(|misfit| fits_a_screen(&with_cause(misfit, &answer, None)));
}

pub fn schemas() -> Corpus {
    let tests = ["src/answers/outline.rs", "src/answers/example.rs", "src/answers/check.rs"];
    Corpus::new(
        tests.into_iter().flat_map(literals::of_file),
        &[
            "{\"type\":\"object\",\"properties\":{",
            "\"type\":",
            "\"string\"",
            "\"array\"",
            "\"items\":",
            "\"minItems\":20",
            "\"maxItems\":0",
            "{\"$ref\":\"#\"}",
            "\"$ref\":\"#/$defs/a\"",
            "\"$defs\":{\"a\":",
            "\"anyOf\":[",
            "\"allOf\":[",
            "\"oneOf\":[",
            "\"not\":",
            "\"enum\":[]",
            "\"const\":",
            "\"required\":[\"a\"]",
            "\"additionalProperties\":false",
            "\"pattern\":\"(a+)+$\"",
            "\"minimum\":-9223372036854775808",
            "\"maximum\":9223372036854775807",
            "\"multipleOf\":9223372036854775807",
            "\"exclusiveMinimum\":1e300",
            "\"integer\"",
            "\"number\"",
            "\"minLength\":",
            "~1",
            "~0",
            "/0",
            "#/properties/",
        ],
    )
}

pub fn schema(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    match Outline::read(&text) {
        Ok(outline) => {
            assert!(outline.fields.len() <= FIELDS_MAX);
            assert_eq!(outline.field_names().len(), outline.fields.len());
            let document = example(&text, chance.u64(..)).expect("an example of a schema that was read");
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(&document).is_ok(), "no JSON: {document}");
            let _ = without_a_field(&document);
        }
        Err(problem) => {
            fits_a_screen(&problem.to_string());
            assert!(problem.message.ends_with(['.', '…']), "{problem}");
        }
    }
}
