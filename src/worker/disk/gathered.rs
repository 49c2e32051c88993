//! The records of a run, gathered from its journal and then from its checkpoints. Long answers stay where they lie.
//! Pure.

use super::frames;
use crate::engine::Record;
use crate::worker::run::results::{Position, leave_text};

/// A record as it was read. `away`: its answer's text was left at this place of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub record: Record,
    pub away: Option<Position>,
}

#[derive(Debug, Default)]
pub struct Gathered {
    pub records: Vec<Read>,
    /// Of them, how many the checkpoints have without a gap.
    pub in_checkpoints: usize,
}

impl Gathered {
    /// The next record of the journal. One that is whole but can't be understood is an error: to go on without it could
    /// send again what was paid for.
    pub fn journaled(&mut self, place: Position, payload: &[u8]) -> Result<(), String> {
        let mut record = record(payload)?;
        let away = leave_text(&mut record).then_some(place);
        self.records.push(Read { record, away });
        Ok(())
    }

    /// A group of frames of the checkpoints, its first record being number `first`: what the journal lacks is taken.
    /// What follows a gap is not, since what is missing in it is not known. `leave`: long texts are left out; they are
    /// read again once the journal has them.
    pub fn checkpointed(&mut self, first: u64, bytes: &[u8], leave: bool) -> Result<(), String> {
        let Ok(first) = usize::try_from(first) else { return Ok(()) };
        let payloads = frames::read(bytes).payloads;
        let after = first + payloads.len();
        if first <= self.in_checkpoints {
            self.in_checkpoints = self.in_checkpoints.max(after);
        }
        if first > self.records.len() {
            return Ok(());
        }
        for payload in payloads.into_iter().skip(self.records.len() - first) {
            let mut record = record(&bytes[payload])?;
            if leave {
                leave_text(&mut record);
            }
            self.records.push(Read { record, away: None });
        }
        Ok(())
    }
}

fn record(payload: &[u8]) -> Result<Record, String> {
    Record::read(payload).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::framed;
    use super::*;
    use crate::engine::{Command, Ending, Entry};
    use crate::provider::{Answer, Finish};
    use crate::time::Time;

    #[test]
    fn either_side_alone_rebuilds_the_other() {
        let groups = [(0, 0..4), (4, 4..6), (6, 6..10)];
        assert_eq!(numbers(10, &[]), (all(0..10), 0), "journal alone");
        assert_eq!(numbers(0, &groups), (all(0..10), 10), "checkpoints alone");
        assert_eq!(numbers(5, &groups), (all(0..10), 10), "a journal that lost its tail");
        assert_eq!(numbers(10, &groups[..2]), (all(0..10), 6), "checkpoints that lag");
    }

    #[test]
    fn nothing_after_a_gap_is_taken() {
        assert_eq!(numbers(2, &[(5, 5..10)]), (all(0..2), 0));
        assert_eq!(numbers(10, &[(0, 0..3), (5, 5..10)]), (all(0..10), 3), "the checkpoints have a gap");
        assert_eq!(numbers(7, &[(0, 0..3), (5, 5..10)]), (all(0..10), 3), "the journal has what is missing in it");
        assert_eq!(numbers(0, &[(0, 0..6), (3, 3..10)]), (all(0..10), 10), "groups that overlap");
    }

    #[test]
    fn a_long_answer_is_left_in_the_journal_and_a_short_one_is_not() {
        let place = Position { at: 70, bytes: 9 };
        for (text, left) in [("short".to_owned(), false), ("long ".repeat(100), true)] {
            let answer = Answer { text: text.clone(), finish: Finish::Stop, request_id: None, misfit: None };
            let entry = Entry::Ended { item: 3, ending: Ending::FromCache(answer) };
            let record = Record { at: Time::from_ms(1), entry };
            let mut gathered = Gathered::default();
            gathered.journaled(place, &serde_json::to_vec(&record).unwrap()).unwrap();
            let Entry::Ended { ending: Ending::FromCache(read), .. } = &gathered.records[0].record.entry else {
                panic!("another record")
            };
            assert_eq!((read.text.is_empty(), gathered.records[0].away.is_some()), (left, left));
            // Without a journal it can be left nowhere.
            let mut alone = Gathered::default();
            alone.checkpointed(0, &framed(std::slice::from_ref(&record)).unwrap().bytes, false).unwrap();
            assert_eq!(alone.records, [Read { record, away: None }]);
        }
    }

    #[test]
    fn a_record_that_can_t_be_understood_is_an_error() {
        assert!(Gathered::default().journaled(Position { at: 0, bytes: 2 }, b"{}").is_err());
    }

    fn record(number: u64) -> Record {
        Record { at: Time::from_ms(number), entry: Entry::Commanded(Command::Pause) }
    }

    fn all(numbers: std::ops::Range<u64>) -> Vec<u64> {
        numbers.collect()
    }

    /// The times of the records that a journal of so many and these groups give, and how many the checkpoints have.
    fn numbers(in_journal: u64, groups: &[(u64, std::ops::Range<u64>)]) -> (Vec<u64>, usize) {
        let mut gathered = Gathered::default();
        for number in 0..in_journal {
            let payload = serde_json::to_vec(&record(number)).unwrap();
            gathered.journaled(Position { at: number, bytes: 1 }, &payload).unwrap();
        }
        for (first, numbers) in groups {
            let records: Vec<Record> = numbers.clone().map(record).collect();
            gathered.checkpointed(*first, &framed(&records).unwrap().bytes, true).unwrap();
        }
        let times = gathered.records.iter().map(|read| read.record.at.ms()).collect();
        (times, gathered.in_checkpoints)
    }
}
