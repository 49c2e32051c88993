//! The JSON document inside an answer.

use serde_json::Value;

use crate::provider::without_thinking;

/// The document that an answer holds: the whole of it, what is behind its thinking, or what is in its only fenced block.
/// `Err` says why it is none, in words that continue "the answer …".
pub fn find_document(answer: &str) -> Result<Value, String> {
    let text = trimmed(answer);
    if let Ok(document) = serde_json::from_str(text) {
        return Ok(document);
    }
    let text = trimmed(without_thinking(text));
    if text.is_empty() {
        return Err("is empty".into());
    }
    let whole = match serde_json::from_str(text) {
        Ok(document) => return Ok(document),
        Err(error) => error,
    };
    let block = only_block(text);
    // What is between the first fence and the last one, wherever in their lines they are.
    let inside = [block, between_fences(text)].into_iter().flatten();
    match inside.map(serde_json::from_str).find_map(Result::ok) {
        Some(document) => Ok(document),
        None => Err(not_json(&block.and_then(|block| serde_json::from_str::<Value>(block).err()).unwrap_or(whole))),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_start_matches('\u{feff}').trim_start()
}

fn not_json(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "is JSON that breaks off before its end".into();
    }
    let words = error.to_string();
    let what = words.rsplit_once(" at line ").map_or(words.as_str(), |(what, _)| what);
    format!("is not JSON ({what} at line {}, column {})", error.line(), error.column())
}

/// What is in the only fenced block, by CommonMark: a fence is a line of at least three backticks or tildes, the opening
/// one with a language behind it, the closing one at least as long. A block that isn't closed goes on to the end.
fn only_block(text: &str) -> Option<&str> {
    let (mut block, mut open) = (None, None);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((mark, length, behind)) = fence(line) else { continue };
        match open {
            None if block.is_some() => return None,
            None if !behind.contains('`') => open = Some((mark, length, at)),
            Some((opened, least, from)) if mark == opened && length >= least && behind.is_empty() => {
                block = Some(&text[from..start]);
                open = None;
            }
            _ => {}
        }
    }
    block.or_else(|| open.map(|(_, _, from)| &text[from..]))
}

/// A fence's character, its length, and what is behind it on its line.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let behind = line.trim_start_matches(mark);
    let length = line.len() - behind.len();
    (length >= 3).then(|| (mark, length, behind.trim()))
}

/// Models also close a fence at the end of the last line, or write all of it on one line.
fn between_fences(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("```")?;
    let (inside, _) = rest.rsplit_once("```")?;
    let inside = inside.trim_start_matches('`');
    let language = inside.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inside.len());
    let behind = &inside[language..];
    // A word that the document begins at once behind is its language, not a document such as `true`.
    Some(if behind.trim().is_empty() { inside } else { behind }.trim_end_matches('`'))
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
            "```json {\"genre\": \"Drama\"} ```",
            "Here: ```{\"genre\": \"Drama\"}```.",
            "~~~json\n{\"genre\": \"Drama\"}\n~~~",
            "````\n{\"genre\": \"Drama\"}\n````",
            "  ```json\n  {\"genre\": \"Drama\"}\n  ```",
            "```json\n{\"genre\": \"Drama\"}",
            "```json\n{\"genre\": \"Drama\"}\n```\nIt is `Drama`, see ```x```.",
            "<think>maybe {\"draft\": true}?</think>\n{\"genre\": \"Drama\"}",
            "<think>\n```\n1\n```\n</think>\n```json\n{\"genre\": \"Drama\"}\n```",
        ] {
            assert_eq!(find_document(answer), Ok(document.clone()), "{answer}");
        }
    }

    /// Public reports: vectorize-io/hindsight #2563, HKUDS/DeepTutor #675.
    #[test]
    fn fences_and_tags_inside_of_a_document_are_its_own() {
        let tip = json!({"tip": "wrap it in ```json fences"});
        for answer in [
            "{\"tip\":\"wrap it in ```json fences\"}",
            "```json\n{\"tip\":\"wrap it in ```json fences\"}\n```",
            "```json {\"tip\":\"wrap it in ```json fences\"} ```",
            "Here:\n```json\n{\"tip\":\"wrap it in ```json fences\"}\n```\nDone.",
        ] {
            assert_eq!(find_document(answer), Ok(tip.clone()), "{answer}");
        }
        assert_eq!(find_document(r#"{"note":"a <think>b</think> c"}"#), Ok(json!({"note": "a <think>b</think> c"})));
        assert_eq!(find_document("```\ntrue\n```"), Ok(json!(true)));
        assert_eq!(find_document("```true```"), Ok(json!(true)));
    }

    /// Megabytes: a search that begins anew at each of them would not end.
    #[test]
    fn any_text_is_read_to_its_end() {
        for piece in ["`", "```", "```\n", "```json\n", "~~~\n````\n", "[", "{\"a\":", "<think>", "\\u"] {
            assert!(find_document(&piece.repeat(400_000)).is_err(), "{piece}");
        }
    }

    #[test]
    fn what_is_no_document_is_told_why() {
        for (answer, why) in [
            (" ", "is empty"),
            ("<think>all of it</think>", "is empty"),
            ("```json\n{\"genre\": \"Dra", "is JSON that breaks off before its end"),
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
