//! A checkpoint as the post's script writes it, and as our JSONL export does: one `{"id": ..., "result": ...}` a line.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::dataset::json_text::{self, Fields};
use crate::dataset::turns::{self, after_rows, at_once};
use crate::dataset::{DataProblem, ReaderVersion, encoding};

/// Bad lines that are kept to be shown; the count tells of the rest.
const BAD_LINES_SHOWN: usize = 8;

/// What a checkpoint file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// By id; where an id came twice, the last line's.
    answers: BTreeMap<String, CheckpointAnswer>,
    /// Ids that are whole numbers, without the `.0` or the exponent that pandas adds: the id in `answers`.
    whole_numbers: BTreeMap<String, String>,
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
    /// Reads what can be read, and counts what can't: a broken line never costs the others. Refused is only what is no
    /// text at all.
    pub fn read(bytes: &[u8]) -> Result<Checkpoint, DataProblem> {
        at_once(Checkpoint::read_in_turns(bytes, &mut turns::none))
    }

    /// The same; `turn` is called now and then with the share that is done, and may wait.
    pub async fn read_in_turns(bytes: &[u8], turn: &mut impl AsyncFnMut(f64)) -> Result<Checkpoint, DataProblem> {
        let mut read = Checkpoint::default();
        let text = encoding::decode(bytes, ReaderVersion::Lenient)?.text;
        if let Some(items) = list(&text) {
            for (place, item) in items.into_iter().enumerate() {
                after_rows(place, 1.0, turn).await;
                read.take(place as u64 + 1, item.get());
            }
            return Ok(read);
        }
        let line_end = if text.contains('\n') { '\n' } else { '\r' };
        let ends_whole = text.ends_with(line_end);
        let lines: Vec<&str> = text.split(line_end).collect();
        let last = lines.len().saturating_sub(1);
        for (place, line) in lines.into_iter().enumerate() {
            after_rows(place, place as f64 / last.max(1) as f64, turn).await;
            if line.trim().is_empty() {
                continue;
            }
            let bad = read.bad_count;
            read.take(place as u64 + 1, line);
            if place == last && !ends_whole && read.bad_count > bad {
                read.bad_count = bad;
                read.bad.truncate(bad as usize);
                read.torn = true;
            }
        }
        Ok(read)
    }

    fn take(&mut self, line: u64, json: &str) {
        match read_line(json) {
            // An own export's answer that didn't fit: the row is still to be asked.
            Err(why) if why == NO_ANSWER => {}
            Ok((id, whole_number, answer)) => {
                self.lines += 1;
                if let Some(number) = whole_number {
                    self.whole_numbers.insert(number, id.clone());
                }
                self.repeated += u32::from(self.answers.insert(id, answer).is_some());
            }
            Err(why) => {
                self.bad_count += 1;
                if self.bad.len() < BAD_LINES_SHOWN {
                    self.bad.push((line, why));
                }
            }
        }
    }

    pub fn answer(&self, id: &str) -> Option<&CheckpointAnswer> {
        self.answers.get(id)
    }

    /// The id that is the same whole number as this one, where none is written like it: `1.0` for `1`.
    pub fn same_number(&self, id: &str) -> Option<&str> {
        if self.answers.contains_key(id) {
            return None;
        }
        self.whole_numbers.get(&whole_number_of_text(id)?).map(String::as_str)
    }

    /// Ids with an answer.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// Why a line is passed over without being bad.
const NO_ANSWER: &str = "its answer did not fit";

/// The lines as one JSON list, as programs save it.
fn list(text: &str) -> Option<Vec<&RawValue>> {
    if text.trim_start().starts_with('[') { serde_json::from_str(text).ok() } else { None }
}

/// Of an id that is text, the exponent may be a letter like any other.
fn whole_number_of_text(id: &str) -> Option<String> {
    if id.contains(['e', 'E']) { None } else { json_text::whole_number(id) }
}

/// The id as it is written, the whole number that it is, and the answer.
fn read_line(json: &str) -> Result<(String, Option<String>, CheckpointAnswer), String> {
    let repaired;
    let fields = match Fields::read(json) {
        Some(fields) => fields,
        None => {
            // Python writes NaN for what is missing.
            repaired = json_text::without_nan(json);
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&repaired).is_ok();
            Fields::read(&repaired).ok_or(if is_json { "not a JSON object" } else { "not a whole JSON object" })?
        }
    };
    let id = fields.get("id").ok_or("it has no id")?;
    let (id, whole_number) = match id.get().as_bytes().first() {
        Some(b'"') => {
            let id = json_text::string(id.get());
            let number = whole_number_of_text(&id);
            (id, number)
        }
        Some(b'-' | b'0'..=b'9') => (id.get().to_owned(), json_text::whole_number(id.get())),
        _ => return Err("its id is neither text nor a number".into()),
    };
    let text = match fields.get("result").map(RawValue::get) {
        Some("null") if fields.get("misfit").is_some_and(|why| why.get() != "null") => return Err(NO_ANSWER.into()),
        Some("null") => return Err("its result is null".into()),
        Some(text) if text.starts_with('"') => json_text::string(text),
        // A script may keep parsed answers; as text they are what the model wrote.
        Some(other) => json_text::compact(other),
        None => return Err("it has no result".into()),
    };
    let finish = fields.get("finish").filter(|finish| finish.get().starts_with('"')).map(json_text::cell);
    Ok((id, whole_number, CheckpointAnswer { text, finish }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(bytes: &[u8]) -> Checkpoint {
        Checkpoint::read(bytes).unwrap()
    }

    #[test]
    fn a_torn_last_line_is_skipped_and_told_apart_from_bad_ones() {
        let read = checkpoint(b"{\"id\": \"a\", \"result\": \"x\"}\n{\"id\": \"b\", \"res");
        assert_eq!((read.len(), read.lines, read.torn, read.bad_count), (1, 1, true, 0));
        let whole = checkpoint(b"{\"id\": \"a\", \"result\": \"x\"}\n{\"id\": \"b\", \"result\": \"y\"}");
        assert_eq!((whole.len(), whole.torn), (2, false), "a last line without its end may be whole");
        // A script that went on after a crash appends to the torn line.
        let glued =
            checkpoint(b"{\"id\": \"a\", \"re{\"id\": \"b\", \"result\": \"y\"}\n{\"id\": \"c\", \"result\": \"z\"}\n");
        assert_eq!((glued.len(), glued.torn, glued.bad_count), (1, false, 1));
        assert_eq!(glued.bad[0].0, 1);
    }

    #[test]
    fn of_two_lines_with_one_id_the_last_wins() {
        let read = checkpoint(b"{\"id\": 7, \"result\": \"old\"}\r\n{\"id\": \"7\", \"result\": \"new\"}\r\n");
        assert_eq!((read.len(), read.lines, read.repeated), (1, 2, 1));
        assert_eq!(read.answer("7").map(|answer| answer.text.as_str()), Some("new"));
    }

    #[test]
    fn what_is_no_answer_is_named_by_its_line() {
        let read = checkpoint(b"[]\n{\"result\": \"x\"}\n{\"id\": \"a\"}\n{\"id\": \"b\", \"result\": null}\n");
        assert_eq!((read.len(), read.bad_count), (0, 4));
        let words: Vec<&str> = read.bad.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(words, ["not a JSON object", "it has no id", "it has no result", "its result is null"]);
    }

    #[test]
    fn escapes_and_parsed_answers_come_back_as_text() {
        let read = checkpoint(
            "{\"id\": \"\\u00e9\", \"result\": \"\\ud83d\\ude00\"}\n{\"id\": \"k\", \"result\": {\"a\": 1}}\n"
                .as_bytes(),
        );
        assert_eq!(read.answer("\u{e9}").map(|answer| answer.text.as_str()), Some("\u{1f600}"));
        assert_eq!(read.answer("k").map(|answer| answer.text.as_str()), Some("{\"a\":1}"));
    }
}
