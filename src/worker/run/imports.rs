//! A checkpoint's answers, brought to the rows that have their ids, and into the open run.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use web_sys::File;

use crate::dataset::{Checkpoint, CheckpointAnswer, Table};
use crate::engine::{Event, Ordinal};
use crate::link::{CheckpointSummary, Place, Problem, Setup, Task, ToPage};
use crate::provider::{Answer, BODY_BYTES_MAX, Finish};
use crate::worker::browser::Slices;
use crate::worker::disk::refusal::DiskRefusal;
use crate::worker::page;
use crate::worker::plan::{problem, refuse_compared};
use crate::worker::rows::data::Data;
use crate::worker::rows::reading::read_checkpoint;
use crate::worker::run::session::Session;

/// Rows that are handed to the engine together.
const ROWS_TOGETHER: usize = 200;

/// A checkpoint file that was read, and the data it is for.
pub struct Import {
    pub name: String,
    pub checkpoint: Checkpoint,
    pub data: Rc<Data>,
}

/// What a checkpoint holds for the rows.
pub struct Matched<'a> {
    pub rows: Vec<(Ordinal, &'a CheckpointAnswer)>,
    /// Ids of the checkpoint that some row has.
    ids: u32,
    /// Rows that share an id with a row that differs. The answer may belong to either, so neither gets it.
    shared_rows: u32,
}

/// The rows that one id of the checkpoint stands for.
struct Group<'a> {
    answer: &'a CheckpointAnswer,
    rows: Vec<usize>,
    differ: bool,
}

impl Import {
    /// Whether a run of this setup starts with its answers. Every candidate of a comparison answers for itself.
    pub fn answers(&self, data: &Rc<Data>, setup: &Setup) -> bool {
        Rc::ptr_eq(&self.data, data) && setup.candidates().is_none()
    }

    /// The rows that have an answer in it. Rows that share an id get its answer where they are copies of each other.
    pub async fn matched(
        &self,
        table: &Table,
        id_column: Option<&str>,
        turn: &mut impl AsyncFnMut(f64),
    ) -> Matched<'_> {
        let checkpoint = &self.checkpoint;
        let mut ids: Vec<String> = Vec::with_capacity(table.len());
        for row in 0..table.len() {
            turn(0.0).await;
            ids.push(table.id(row, id_column));
        }
        let mut written: HashSet<&str> = HashSet::with_capacity(ids.len());
        for id in &ids {
            turn(0.0).await;
            written.insert(id);
        }
        let mut groups: HashMap<&str, Group> = HashMap::new();
        for (row, id) in ids.iter().enumerate().filter(|(_, id)| !id.trim().is_empty()) {
            turn(0.0).await;
            // A script that went through pandas has 1.0 for 1; an id that another row has as it is written is that row's.
            let same = || checkpoint.same_number(id).filter(|same| !written.contains(same));
            let found = checkpoint.answer(id).map(|answer| (id.as_str(), answer));
            let found = found.or_else(|| same().and_then(|same| Some((same, checkpoint.answer(same)?))));
            let Some((id, answer)) = found else { continue };
            let group = groups.entry(id).or_insert_with(|| Group { answer, rows: Vec::new(), differ: false });
            group.differ |= group.rows.first().is_some_and(|first| !table.are_copies(*first, row, id_column));
            group.rows.push(row);
        }
        let mut matched = Matched { rows: Vec::new(), ids: groups.len() as u32, shared_rows: 0 };
        for group in groups.into_values() {
            turn(0.0).await;
            match group.differ {
                true => matched.shared_rows += group.rows.len() as u32,
                false => matched.rows.extend(group.rows.into_iter().map(|row| (row as Ordinal, group.answer))),
            }
        }
        matched.rows.sort_unstable_by_key(|(row, _)| *row);
        matched
    }

    /// `matched`: for the rows that it is read into.
    pub fn summary(&self, matched: &Matched, taken: Option<u32>) -> CheckpointSummary {
        let checkpoint = &self.checkpoint;
        CheckpointSummary {
            name: self.name.clone(),
            ids: checkpoint.len() as u32,
            repeated: checkpoint.repeated,
            torn: checkpoint.torn,
            bad: checkpoint.bad.clone(),
            bad_count: checkpoint.bad_count,
            rows: matched.rows.len() as u32,
            unmatched_ids: checkpoint.len() as u32 - matched.ids,
            shared_rows: matched.shared_rows,
            taken,
        }
    }

    /// Ends the session's rows that have an answer in it and none of their own; says what it brought. An answer that is
    /// longer than any body is left out: a record could not hold it.
    pub async fn enter(&self, session: &Rc<Session>, slices: &mut Slices) -> CheckpointSummary {
        let matched = self
            .matched(&session.prepared.table, session.setup().id_column.as_deref(), &mut async |_| {
                slices.turn().await;
            })
            .await;
        let mut taken = 0;
        let all = matched.rows.len().max(1);
        for (done, rows) in matched.rows.chunks(ROWS_TOGETHER).enumerate() {
            slices.turn_at((done * ROWS_TOGETHER) as f64 / all as f64).await;
            let small = |found: &CheckpointAnswer| found.text.len() <= BODY_BYTES_MAX;
            let rows = rows.iter().filter(|(item, found)| small(found) && session.takes_import(*item));
            let events: Vec<Event> =
                rows.map(|(item, found)| Event::Imported { item: *item, answer: answer_of(found) }).collect();
            taken += events.len() as u32;
            session.handle_all(events);
        }
        self.summary(&matched, Some(taken))
    }
}

/// Takes the answers of a script's checkpoint into the open run.
pub async fn import_checkpoint(session: &Rc<Session>, name: String, file: Option<File>) -> Result<(), Problem> {
    refuse_compared(session.setup())?;
    let checkpoint = read_checkpoint(&name, Place::Results, file, Task::Import).await?;
    let import = Import { name, checkpoint, data: session.prepared.data.clone() };
    let summary = import.enter(session, &mut Slices::of(Task::Import)).await;
    session.saved_or_refused().await.map_err(|refusal| not_saved(&import.name, &refusal))?;
    page::post(&ToPage::CheckpointRead(summary));
    Ok(())
}

/// An import that the disk ended.
pub fn not_saved(name: &str, refusal: &DiskRefusal) -> Problem {
    let words = format!(
        "What was read of {name} could not be saved: {refusal}. It is kept in this tab: export it now. {} Then resume \
         the run, and import the file again.",
        refusal.what_to_do()
    );
    problem(Place::Results, words)
}

fn answer_of(found: &CheckpointAnswer) -> Answer {
    let finish = match found.finish.as_deref() {
        None | Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::ContentFilter,
        Some(_) => Finish::Other,
    };
    Answer { text: found.text.clone(), finish, request_id: None, misfit: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::rows::data::tests::{at_once, read};

    fn import(data: &str, lines: &str) -> Import {
        let data = read("x.csv", data);
        let checkpoint = Checkpoint::read(lines.as_bytes()).unwrap();
        Import { name: "c.jsonl".into(), checkpoint, data: Rc::new(data) }
    }

    fn matched<'a>(import: &'a Import, id_column: Option<&str>) -> Matched<'a> {
        at_once(import.matched(&import.data.table, id_column, &mut async |_| {}))
    }

    fn summary(import: &Import, id_column: Option<&str>) -> CheckpointSummary {
        import.summary(&matched(import, id_column), None)
    }

    /// The rows that get an answer, and which.
    fn matches(import: &Import, id_column: Option<&str>) -> Vec<(Ordinal, String)> {
        matched(import, id_column).rows.into_iter().map(|(row, answer)| (row, answer.text.clone())).collect()
    }

    #[test]
    fn an_id_that_stands_for_different_rows_brings_no_answer() {
        let lines = "{\"id\": \"a\", \"result\": \"A\"}\n{\"id\": \"1\", \"result\": \"B\"}\n{\"id\": \"9\", \"result\": \"C\"}\n";
        let import = import("id,name\na,one\nb,two\na,three\n", lines);
        let by_id = summary(&import, Some("id"));
        assert_eq!((by_id.ids, by_id.rows, by_id.shared_rows, by_id.unmatched_ids), (3, 0, 2, 2));
        // Without an id column, as the post's script: the row's number from zero.
        let by_number = summary(&import, None);
        assert_eq!((by_number.rows, by_number.shared_rows, by_number.unmatched_ids), (1, 0, 2));
        assert_eq!(matches(&import, None), [(1, "B".into())]);
    }

    #[test]
    fn copies_of_a_row_share_its_answer_and_a_blank_id_is_none() {
        let lines = "{\"id\": \"a\", \"result\": \"A\"}\n{\"id\": \"\", \"result\": \"B\"}\n";
        let import = import("id,name\na,one\n,two\na,one\n", lines);
        assert_eq!(matches(&import, Some("id")), [(0, "A".into()), (2, "A".into())]);
        assert_eq!(summary(&import, Some("id")).unmatched_ids, 1);
    }

    #[test]
    fn ids_that_pandas_made_floats_find_their_rows() {
        let lines = "{\"id\": 1.0, \"result\": \"one\"}\n{\"id\": 1e2, \"result\": \"hundred\"}\n\
                     {\"id\": 89014103211118510720, \"result\": \"long\"}\n{\"id\": \"3.0\", \"result\": \"three\"}\n";
        let import = import("id,name\n1,a\n100,b\n89014103211118510720,c\n3,d\n89014103211118510721,e\n", lines);
        let expected = [(0, "one"), (1, "hundred"), (2, "long"), (3, "three")];
        assert_eq!(matches(&import, Some("id")), expected.map(|(row, text)| (row, text.to_owned())));
    }

    #[test]
    fn an_id_that_a_row_has_as_it_is_written_is_that_row_s() {
        let lines = "{\"id\": \"1.0\", \"result\": \"version one\"}\n{\"id\": \"1e2\", \"result\": \"a hash\"}\n";
        let import = import("id,name\n1,a\n1.0,b\n100,c\n1.00,d\n", lines);
        assert_eq!(matches(&import, Some("id")), [(1, "version one".into())]);
    }
}
