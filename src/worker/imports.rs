//! A checkpoint's answers, brought to the rows that have their ids. Pure but for the session they go into.

use std::collections::HashSet;
use std::rc::Rc;

use super::data::Data;
use super::session::Session;
use crate::dataset::{Checkpoint, CheckpointAnswer};
use crate::engine::{Event, Ordinal};
use crate::link::CheckpointSummary;
use crate::provider::{Answer, Finish};

/// A checkpoint file that was read, and the data it is for.
pub struct Import {
    pub name: String,
    pub checkpoint: Checkpoint,
    pub data: Rc<Data>,
}

impl Import {
    /// The rows that have an answer in it. Where several rows share an id, each gets it, as in the script.
    pub fn matched(&self, id_column: Option<&str>) -> Vec<(Ordinal, &CheckpointAnswer)> {
        let table = &self.data.table;
        let answer = |row: usize| Some((row as Ordinal, self.checkpoint.answer(&table.id(row, id_column))?));
        (0..table.len()).filter_map(answer).collect()
    }

    pub fn summary(&self, id_column: Option<&str>, taken: Option<u32>) -> CheckpointSummary {
        let (checkpoint, matched) = (&self.checkpoint, self.matched(id_column));
        let ids: HashSet<String> =
            matched.iter().map(|(row, _)| self.data.table.id(*row as usize, id_column)).collect();
        CheckpointSummary {
            name: self.name.clone(),
            ids: checkpoint.len() as u32,
            repeated: checkpoint.repeated,
            torn: checkpoint.torn,
            bad: checkpoint.bad.clone(),
            bad_count: checkpoint.bad_count,
            rows: matched.len() as u32,
            unmatched_ids: (checkpoint.len() - ids.len()) as u32,
            taken,
        }
    }

    /// Ends the session's rows that have an answer in it and none of their own; answers how many did.
    pub fn enter(&self, session: &Rc<Session>) -> u32 {
        let matched = self.matched(session.setup().id_column.as_deref());
        let events = matched.into_iter().filter(|(item, _)| session.takes_import(*item));
        let events: Vec<Event> =
            events.map(|(item, found)| Event::Imported { item, answer: answer_of(found) }).collect();
        let taken = events.len() as u32;
        session.handle_all(events);
        taken
    }
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
    use crate::dataset::ReadOptions;

    #[test]
    fn ids_that_no_row_has_are_counted_and_shared_ones_go_to_each_row() {
        let bytes = b"id,name\na,one\nb,two\na,three\n".to_vec();
        let data = Rc::new(Data::read("x.csv".into(), bytes, ReadOptions::default()).unwrap());
        let lines = b"{\"id\": \"a\", \"result\": \"A\"}\n{\"id\": \"1\", \"result\": \"B\"}\n{\"id\": \"9\", \"result\": \"C\"}\n";
        let import = Import { name: "c.jsonl".into(), checkpoint: Checkpoint::read(lines), data };
        let by_id = import.summary(Some("id"), None);
        assert_eq!((by_id.ids, by_id.rows, by_id.unmatched_ids), (3, 2, 2));
        // Without an id column, as the post's script: the row's number from zero.
        let by_number = import.summary(None, Some(1));
        assert_eq!((by_number.rows, by_number.unmatched_ids, by_number.taken), (1, 2, Some(1)));
        assert_eq!(import.matched(None)[0].0, 1);
    }
}
