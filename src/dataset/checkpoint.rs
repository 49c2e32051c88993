//! A checkpoint as the post's script writes it, and as our JSONL export does: one `{"id": ..., "result": ...}` a line.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::dataset::json_list::{Inside, list_inside};
use crate::dataset::json_text::{self, Fields};
use crate::dataset::turns::{self, after_rows, at_once};
use crate::dataset::{DataProblem, ReaderVersion, encoding};

/// Bad lines that are kept to be shown; the count tells of the rest.
const BAD_LINES_SHOWN: usize = 8;
/// So many places of one line are looked at for a second object.
const GLUED_MAX: usize = 8;
const NO_CHECKPOINT: &str = "This is no checkpoint: it has a line such as {\"id\": \"…\", \"result\": \"…\"} for each answer. \
                             Choose the JSONL file that the script or the export wrote.";

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
        let text = encoding::decode(bytes, ReaderVersion::Lenient, false)?.text;
        if !text.trim().is_empty() && !text.contains('{') {
            return Err(DataProblem::JsonShape { what: NO_CHECKPOINT.into() });
        }
        if let Some(items) = list(&text).or_else(|| objects(&text)) {
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
            // A list that broke off leaves its brackets, and a comma behind each line.
            let line = line.trim_end();
            let line = line.strip_suffix(',').filter(|line| line.ends_with('}')).unwrap_or(line);
            if line.trim().is_empty() || matches!(line.trim(), "[" | "]") {
                continue;
            }
            let bad = read.bad_count;
            read.take_line(place as u64 + 1, line);
            if place == last && !ends_whole && read.bad_count > bad && !is_json(line) {
                read.bad_count = bad;
                read.bad.truncate(bad as usize);
                read.torn = true;
            }
        }
        Ok(read)
    }

    /// A line, which may hold several objects: a script was killed before the end of its line, or several wrote at once.
    fn take_line(&mut self, line: u64, text: &str) {
        match read_line(text) {
            Err(why) if why == BROKEN => {}
            read => return self.keep(line, read),
        }
        let whole: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        if let Ok(objects) = whole
            && objects.iter().all(|object| object.get().starts_with('{'))
        {
            return objects.into_iter().for_each(|object| self.take(line, object.get()));
        }
        self.take(line, text);
        // One that broke off, and the next one behind it.
        let glued = text.match_indices("{\"id\"").filter(|(at, _)| *at > 0).take(GLUED_MAX);
        if let Some(next) = glued.map(|(at, _)| &text[at..]).find(|rest| read_line(rest).is_ok()) {
            self.take(line, next);
        }
    }

    fn take(&mut self, line: u64, json: &str) {
        self.keep(line, read_line(json));
    }

    fn keep(&mut self, line: u64, read: Result<Entry, String>) {
        match read {
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

const BROKEN: &str = "not a whole JSON object";

/// The lines as one JSON list, as programs save it.
fn list(text: &str) -> Option<Vec<&RawValue>> {
    if text.trim_start().starts_with('[') { serde_json::from_str(text).ok() } else { None }
}

/// Objects over several lines, one behind the other, or a list inside of one: PowerShell's `ConvertTo-Json`, jq without
/// `-c`. `None` where the lines are to be read by themselves.
fn objects(text: &str) -> Option<Vec<&RawValue>> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let is_one = || text.trim().lines().count() == 1;
    if !first.starts_with('{') || is_json(first) && !is_one() {
        return None;
    }
    let objects: Vec<&RawValue> =
        serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()?;
    match objects[..] {
        [object] if Fields::read(object.get()).is_some_and(|fields| named(&fields, "id").is_none()) => {
            match list_inside(object.get()) {
                Ok(Inside::List { list, .. }) => serde_json::from_str(list).ok(),
                _ => Some(objects),
            }
        }
        _ => Some(objects),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A field by its name, whose letters may be large: PowerShell writes `Id`.
fn named<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a RawValue> {
    let alike = || fields.0.iter().rev().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    fields.get(name).or_else(alike)
}

/// Of an id that is text, the exponent may be a letter like any other.
fn whole_number_of_text(id: &str) -> Option<String> {
    if id.contains(['e', 'E']) { None } else { json_text::whole_number(id) }
}

/// The id as it is written, the whole number that it is, and the answer.
type Entry = (String, Option<String>, CheckpointAnswer);

fn read_line(json: &str) -> Result<Entry, String> {
    let repaired;
    let fields = match Fields::read(json) {
        Some(fields) => fields,
        None => {
            // Python writes NaN for what is missing.
            repaired = json_text::without_nan(json);
            Fields::read(&repaired).ok_or(match is_json(&repaired) {
                true => "not a JSON object",
                false => BROKEN,
            })?
        }
    };
    let id = named(&fields, "id").ok_or("it has no id")?;
    let (id, whole_number) = match id.get().as_bytes().first() {
        Some(b'"') => {
            let id = json_text::string(id.get());
            let number = whole_number_of_text(&id);
            (id, number)
        }
        Some(b'-' | b'0'..=b'9') => (id.get().to_owned(), json_text::whole_number(id.get())),
        _ => return Err("its id is neither text nor a number".into()),
    };
    let text = match named(&fields, "result").map(RawValue::get) {
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
        assert_eq!((glued.len(), glued.torn, glued.bad_count), (2, false, 1));
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
