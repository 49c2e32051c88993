//! A checkpoint as the post's script writes it, and as our JSONL export does: one `{"id": ..., "result": ...}` a line.

use std::collections::BTreeMap;

use serde_json::Value;

/// Bad lines that are kept to be shown; the count tells of the rest.
const BAD_LINES_SHOWN: usize = 8;

/// What a checkpoint file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// By id; where an id came twice, the last line's.
    answers: BTreeMap<String, CheckpointAnswer>,
    pub lines: u32,
    /// Lines whose id came before.
    pub repeated: u32,
    /// The last line broke off: a script was killed while it wrote.
    pub torn: bool,
    /// Other lines that can't be used, with their numbers from one; the first few of them.
    pub bad: Vec<(u64, String)>,
    pub bad_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointAnswer {
    pub text: String,
    /// Our exports say how the answer ended; a script doesn't.
    pub finish: Option<String>,
}

impl Checkpoint {
    /// Reads what can be read, and counts what can't: a broken line never costs the others.
    pub fn read(bytes: &[u8]) -> Checkpoint {
        let mut read = Checkpoint::default();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let ends_whole = bytes.ends_with(b"\n");
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let last = lines.len().saturating_sub(1);
        for (place, line) in lines.into_iter().enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match read_line(line) {
                Ok((id, answer)) => {
                    read.lines += 1;
                    read.repeated += u32::from(read.answers.insert(id, answer).is_some());
                }
                Err(_) if place == last && !ends_whole => read.torn = true,
                Err(why) => {
                    read.bad_count += 1;
                    if read.bad.len() < BAD_LINES_SHOWN {
                        read.bad.push((place as u64 + 1, why));
                    }
                }
            }
        }
        read
    }

    pub fn answer(&self, id: &str) -> Option<&CheckpointAnswer> {
        self.answers.get(id)
    }

    /// Ids with an answer.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

fn read_line(line: &[u8]) -> Result<(String, CheckpointAnswer), String> {
    let value: Value = serde_json::from_slice(line).map_err(|_| "not a whole JSON object".to_owned())?;
    let Value::Object(fields) = value else { return Err("not a JSON object".into()) };
    let id = match fields.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        Some(_) => return Err("its id is neither text nor a number".into()),
        None => return Err("it has no id".into()),
    };
    let text = match fields.get("result") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) => return Err("its result is null".into()),
        // A script may keep parsed answers; as text they are what the model wrote.
        Some(other) => other.to_string(),
        None => return Err("it has no result".into()),
    };
    let finish = fields.get("finish").and_then(Value::as_str).map(str::to_owned);
    Ok((id, CheckpointAnswer { text, finish }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_skipped_and_told_apart_from_bad_ones() {
        let read = Checkpoint::read(b"{\"id\": \"a\", \"result\": \"x\"}\n{\"id\": \"b\", \"res");
        assert_eq!((read.len(), read.lines, read.torn, read.bad_count), (1, 1, true, 0));
        let whole = Checkpoint::read(b"{\"id\": \"a\", \"result\": \"x\"}\n{\"id\": \"b\", \"result\": \"y\"}");
        assert_eq!((whole.len(), whole.torn), (2, false), "a last line without its end may be whole");
        // A script that went on after a crash appends to the torn line.
        let glued = Checkpoint::read(
            b"{\"id\": \"a\", \"re{\"id\": \"b\", \"result\": \"y\"}\n{\"id\": \"c\", \"result\": \"z\"}\n",
        );
        assert_eq!((glued.len(), glued.torn, glued.bad_count), (1, false, 1));
        assert_eq!(glued.bad[0].0, 1);
    }

    #[test]
    fn of_two_lines_with_one_id_the_last_wins() {
        let read = Checkpoint::read(b"{\"id\": 7, \"result\": \"old\"}\r\n{\"id\": \"7\", \"result\": \"new\"}\r\n");
        assert_eq!((read.len(), read.lines, read.repeated), (1, 2, 1));
        assert_eq!(read.answer("7").map(|answer| answer.text.as_str()), Some("new"));
    }

    #[test]
    fn what_is_no_answer_is_named_by_its_line() {
        let read = Checkpoint::read(b"[]\n{\"result\": \"x\"}\n{\"id\": \"a\"}\n{\"id\": \"b\", \"result\": null}\n");
        assert_eq!((read.len(), read.bad_count), (0, 4));
        let words: Vec<&str> = read.bad.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(words, ["not a JSON object", "it has no id", "it has no result", "its result is null"]);
    }

    #[test]
    fn escapes_and_parsed_answers_come_back_as_text() {
        let read = Checkpoint::read(
            "{\"id\": \"\\u00e9\", \"result\": \"\\ud83d\\ude00\"}\n{\"id\": \"k\", \"result\": {\"a\": 1}}\n"
                .as_bytes(),
        );
        assert_eq!(read.answer("\u{e9}").map(|answer| answer.text.as_str()), Some("\u{1f600}"));
        assert_eq!(read.answer("k").map(|answer| answer.text.as_str()), Some("{\"a\":1}"));
    }
}
