//! The JSON document inside an answer.

use serde_json::Value;

/// The document that an answer holds: the whole of it, or what stands in its only fenced block. `Err` says why it is
/// none, in words that continue "the answer …".
pub fn find_document(answer: &str) -> Result<Value, String> {
    let text = answer.trim().trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err("is empty".into());
    }
    match serde_json::from_str(text) {
        Ok(document) => Ok(document),
        Err(whole) => match fenced(text) {
            Some(inside) => serde_json::from_str(inside).map_err(|error| not_json(&error)),
            None => Err(not_json(&whole)),
        },
    }
}

fn not_json(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "is JSON that breaks off before its end".into();
    }
    let words = error.to_string();
    let what = words.rsplit_once(" at line ").map_or(words.as_str(), |(what, _)| what);
    format!("is not JSON ({what} at line {}, column {})", error.line(), error.column())
}

/// What stands between ``` and ```, where there is exactly one such block.
fn fenced(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("```")?;
    let (inside, behind) = rest.split_once("```")?;
    if behind.contains("```") {
        return None;
    }
    // Behind the opening fence may stand the language.
    let (language, body) = inside.split_once('\n')?;
    let is_word = language.trim().chars().all(|c| c.is_ascii_alphanumeric());
    Some(if is_word { body } else { inside })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_stands_alone_or_in_one_fenced_block() {
        let document = json!({"genre": "Drama"});
        for answer in [
            r#"{"genre": "Drama"}"#,
            "\u{feff} {\"genre\": \"Drama\"}\n",
            "```json\n{\"genre\": \"Drama\"}\n```",
            "```\n{\"genre\": \"Drama\"}```",
            "Here it is:\n\n```json\n{\"genre\": \"Drama\"}\n```\nAnything else?",
        ] {
            assert_eq!(find_document(answer), Ok(document.clone()), "{answer}");
        }
    }

    #[test]
    fn what_is_no_document_is_told_why() {
        for (answer, why) in [
            (" ", "is empty"),
            ("{\"genre\": \"Dra", "is JSON that breaks off before its end"),
            ("Drama", "is not JSON (expected value at line 1, column 1)"),
            ("```json\n{\"genre\": }\n```", "is not JSON (expected value at line 1, column 11)"),
            ("```\n1\n```\nor\n```\n2\n```", "is not JSON (expected value at line 1, column 1)"),
            ("{\"a\": 1} {\"a\": 2}", "is not JSON (trailing characters at line 1, column 10)"),
        ] {
            assert_eq!(find_document(answer), Err(why.to_owned()), "{answer}");
        }
    }
}
