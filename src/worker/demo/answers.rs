//! What the simulated provider answers in a format that was asked for. Like a model, it adds what nobody asked for now
//! and then, and sometimes misses the format. Pure.

use crate::answers::{example, labels_of_prompt, without_a_field};
use crate::provider::AnswerFormat;

/// Of a hundred answers, so many come dressed up, and so many don't fit.
const DRESSED_PERCENT: u64 = 12;
const MISFIT_PERCENT: u64 = 4;

/// The labels that the prompt or the format lists.
pub fn labels<'a>(format: &'a AnswerFormat, system: &'a str) -> Vec<&'a str> {
    match format {
        AnswerFormat::Labels(labels) => labels.iter().map(String::as_str).collect(),
        _ => labels_of_prompt(system),
    }
}

/// The answer in its format. `plain`: what it says without one; `prompt` and `attempt` decide how it is said.
pub fn in_format(format: &AnswerFormat, plain: String, prompt: u64, attempt: u64) -> String {
    // Asked again, it may answer otherwise.
    let mut chance = fastrand::Rng::with_seed(prompt ^ attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let draw = chance.u64(..100);
    let misses = draw < MISFIT_PERCENT;
    let dressed = draw < MISFIT_PERCENT + DRESSED_PERCENT;
    match format {
        AnswerFormat::Text => plain,
        AnswerFormat::Labels(_) if misses => format!("It could be {plain}, but I am not sure."),
        AnswerFormat::Labels(_) if dressed => match chance.u8(..4) {
            0 => format!("**{plain}**"),
            1 => format!("{plain}."),
            2 => format!("\"{plain}\""),
            _ => plain.to_uppercase(),
        },
        AnswerFormat::Labels(_) => plain,
        AnswerFormat::Schema(schema) | AnswerFormat::SchemaInPrompt(schema) => {
            let Some(document) = example(schema, prompt) else { return plain };
            match (misses, dressed, chance.bool()) {
                (true, _, true) => without_a_field(&document).unwrap_or(plain),
                (true, _, false) => format!("Here is what I found: {document}"),
                (false, true, _) => format!("```json\n{document}\n```"),
                (false, false, _) => document,
            }
        }
    }
}

#[cfg(all(test, feature = "validator"))]
mod tests {
    use super::*;
    use crate::answers::{Labels, SchemaCheck};

    const RUNS: u64 = 2_000;

    #[test]
    fn most_labels_fit_and_some_dont() {
        let list: Vec<String> = ["dairy", "meat"].map(str::to_owned).to_vec();
        let labels = Labels::new(&list).unwrap();
        let format = AnswerFormat::Labels(list);
        let answers = |attempt| (0..RUNS).map(move |prompt| (prompt, attempt));
        let fits =
            |(prompt, attempt)| labels.find(&in_format(&format, "dairy".into(), prompt, attempt)) == Some("dairy");
        let misfits: Vec<u64> = answers(1).filter(|asked| !fits(*asked)).map(|(prompt, _)| prompt).collect();
        assert!((RUNS / 50..RUNS / 12).contains(&(misfits.len() as u64)), "{} of {RUNS}", misfits.len());
        let again = misfits.iter().filter(|prompt| fits((**prompt, 2))).count();
        assert!(again * 10 > misfits.len() * 8, "asked again, most fit");
        assert_eq!(in_format(&format, "meat".into(), 3, 4), in_format(&format, "meat".into(), 3, 4));
    }

    #[test]
    fn most_documents_fit_and_some_dont() {
        let schema = r#"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}"#;
        let check = SchemaCheck::new(schema).unwrap();
        let format = AnswerFormat::Schema(schema.into());
        let misfits = (0..RUNS).filter(|prompt| check.misfit(&in_format(&format, String::new(), *prompt, 1)).is_some());
        let misfits = misfits.count() as u64;
        assert!((RUNS / 50..RUNS / 12).contains(&misfits), "{misfits} of {RUNS}");
    }

    #[test]
    fn text_is_left_alone() {
        assert_eq!(in_format(&AnswerFormat::Text, "as it is".into(), 1, 1), "as it is");
    }
}
