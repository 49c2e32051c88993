//! What is on disk: the records from which a run goes on after any crash. This is a stored format: journals of earlier
//! versions are read for good (`tests/kept`), and a field that is added has a default.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::batch::BatchEntry;
use crate::engine::{AttemptId, Command, ItemFacts, Ordinal, Plan};
use crate::money::Usd;
use crate::provider::{Answer, Bill, Failure, FailureKind, Finish};
use crate::time::Time;

/// A browser may send a request again by itself when a connection dies, and the page can't see it.
const BILLS_OF_A_DEAD_CONNECTION: u64 = 2;

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub at: Time,
    pub entry: Entry,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The plan, its prices and the rows' facts: the first record. A reopened run takes them from here and computes none
    /// of them again. Journals of before this was recorded get it when they are first opened.
    Began(Box<Began>),
    /// Written before an attempt is sent: its worst case.
    Reserved { attempt: AttemptId, item: Ordinal, lane: u8, amount: Usd },
    /// The attempt was never sent, and its reservation is free again.
    Released { attempt: AttemptId, item: Ordinal },
    /// How a sent attempt ended.
    Settled(Settled),
    /// An item that ended without an attempt of its own.
    Ended { item: Ordinal, ending: Ending },
    /// An errored item that is open again.
    Reopened { item: Ordinal },
    /// An item that ended with this answer is asked again, and keeps it until a better one comes.
    AskedAgain { item: Ordinal, answer: Answer },
    /// The right answer of the item, as the person says; `None`: they took it back.
    Corrected { item: Ordinal, text: Option<String> },
    /// The run was opened again: whatever is reserved and not settled by here was cut off.
    Restarted,
    /// The person's word, where it outlives the session: budget, limits, stop, doubtful.
    Commanded(Command),
    /// A step in a batch job's life.
    Batch(BatchEntry),
}

/// What a run is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Began {
    pub plan: Plan,
    /// Shared with the run: there may be a million.
    #[serde(with = "columns")]
    pub facts: Arc<Vec<ItemFacts>>,
}

/// How an attempt ended, what it cost, and how its item ended, if it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    pub attempt: AttemptId,
    pub item: Ordinal,
    pub bill: Bill,
    pub cost: Usd,
    pub ending: Option<Ending>,
    pub failure: Option<Failure>,
    /// When it was sent; journals of before this was noted lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Time>,
    /// An answer that doesn't fit its format, where the item is asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfit: Option<Box<Answer>>,
    /// The failure is the lane's and doesn't count against the item's retries.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
}

/// How an item ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Succeeded(Answer),
    /// From the request cache of an earlier run.
    FromCache(Answer),
    /// The answer of an equal row.
    CopyOf(Ordinal),
    /// From a checkpoint file: answered elsewhere, and perhaps to another prompt, so that equal rows don't share it.
    Imported(Answer),
    Errored(Failure),
    Canceled,
}

/// What an attempt's end makes of its reservation: the one law for money, live and replayed, in tables and in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    Confirmed(Usd),
    /// Up to so much may have been billed.
    Doubtful(Usd),
    /// The answer is whole, and the provider didn't say what it used: up to so much was billed.
    WithoutUsage(Usd),
}

impl Settlement {
    /// `failed`: how, where no answer came.
    pub fn of(reserved: Usd, bill: Bill, cost: Usd, failed: Option<FailureKind>) -> Settlement {
        match (bill, failed) {
            (Bill::Unknown, Some(FailureKind::Unreachable)) => {
                Settlement::Doubtful(reserved * BILLS_OF_A_DEAD_CONNECTION)
            }
            (Bill::Unknown, Some(_)) => Settlement::Doubtful(reserved),
            (Bill::Unknown, None) => Settlement::WithoutUsage(reserved),
            (Bill::Nothing | Bill::Usage { .. }, _) => Settlement::Confirmed(cost),
        }
    }

    pub fn confirmed(self) -> Usd {
        match self {
            Settlement::Confirmed(cost) => cost,
            Settlement::Doubtful(_) | Settlement::WithoutUsage(_) => Usd::ZERO,
        }
    }

    /// `None`: nothing is in doubt.
    pub fn doubtful(self) -> Option<Usd> {
        match self {
            Settlement::Confirmed(_) => None,
            Settlement::Doubtful(most) | Settlement::WithoutUsage(most) => Some(most),
        }
    }
}

impl Entry {
    pub(super) fn ends_an_item(&self) -> bool {
        use BatchEntry as Job;
        match self {
            Entry::Settled(settled) => settled.ending.is_some(),
            Entry::Batch(Job::Settled { row, .. } | Job::Imported(row)) => row.ending.is_some(),
            Entry::Ended { .. } => true,
            _ => false,
        }
    }
}

impl Record {
    /// Reads a record as any version wrote it.
    pub fn read(json: &[u8]) -> Result<Record, serde_json::Error> {
        let mut record: Record = serde_json::from_slice(json)?;
        if let Entry::Settled(settled) = &record.entry
            && settled.is_released()
        {
            record.entry = Entry::Released { attempt: settled.attempt, item: settled.item };
        }
        Ok(record)
    }

    /// What the run is made of, where this record says so.
    pub fn began(&self) -> Option<&Began> {
        match &self.entry {
            Entry::Began(began) => Some(began),
            _ => None,
        }
    }
}

impl Settled {
    pub fn of(attempt: AttemptId, item: Ordinal, bill: Bill, cost: Usd) -> Settled {
        let (ending, failure, sent, misfit, uncounted) = (None, None, None, None, false);
        Settled { attempt, item, bill, cost, ending, failure, sent, misfit, uncounted }
    }

    pub fn settlement(&self, reserved: Usd) -> Settlement {
        Settlement::of(reserved, self.bill, self.cost, self.failure.as_ref().map(|failure| failure.kind))
    }

    /// Format 1 before `Released` wrote it so: without an ending, a failure, a misfit and a bill.
    fn is_released(&self) -> bool {
        self.bill == Bill::Nothing && self.ending.is_none() && self.failure.is_none() && self.misfit.is_none()
    }
}

/// Whether other items with the same request may share an answer, now and from the cache: one that came to its own
/// end and fits its format.
pub fn shareable(answer: &Answer) -> bool {
    answer.finish == Finish::Stop && answer.misfit.is_none()
}

/// Whether another try may help: the answer came to its own end and doesn't fit. One that the output cap cut, that a
/// content filter stopped, or that could not be checked would be so again, and is never paid for again unasked.
pub(super) fn worth_asking_again(answer: &Answer) -> bool {
    answer.misfit.is_some() && !answer.is_unchecked() && matches!(answer.finish, Finish::Stop | Finish::Other)
}

/// Facts by column: a third of the bytes that a list of objects takes.
mod columns {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::engine::{ItemFacts, Ordinal};

    #[derive(Serialize, Deserialize)]
    struct Columns {
        /// `(row, the earlier row whose request it repeats)`.
        repeats: Vec<(Ordinal, Ordinal)>,
        estimates: Vec<u32>,
        bounds: Vec<u32>,
    }

    pub fn serialize<S: Serializer>(facts: &[ItemFacts], to: S) -> Result<S::Ok, S::Error> {
        let rows = facts.iter().enumerate().map(|(row, facts)| (row as Ordinal, facts.leader));
        Columns {
            repeats: rows.filter(|(row, leader)| row != leader).collect(),
            estimates: facts.iter().map(|facts| facts.input_estimate).collect(),
            bounds: facts.iter().map(|facts| facts.input_bound).collect(),
        }
        .serialize(to)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Arc<Vec<ItemFacts>>, D::Error> {
        let Columns { repeats, estimates, bounds } = Columns::deserialize(from)?;
        let rows = estimates.into_iter().zip(bounds).enumerate();
        let mut facts: Vec<ItemFacts> = rows
            .map(|(row, (input_estimate, input_bound))| ItemFacts {
                leader: row as Ordinal,
                input_estimate,
                input_bound,
                maybe_cached: false,
            })
            .collect();
        for (row, leader) in repeats {
            match facts.get_mut(row as usize).filter(|_| leader < row) {
                Some(facts) => facts.leader = leader,
                None => return Err(serde::de::Error::custom(format!("row {row} repeats row {leader}"))),
            }
        }
        Ok(Arc::new(facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing;

    #[test]
    fn plan_and_facts_come_back_as_they_were() {
        let facts = vec![testing::row(0), testing::row(1), testing::row(0)];
        let entry = Entry::Began(Box::new(Began { plan: testing::plan(), facts: facts.into() }));
        let record = Record { at: Time(7), entry };
        let json = serde_json::to_vec(&record).unwrap();
        assert_eq!(Record::read(&json).unwrap(), record);
        let bad = String::from_utf8(json).unwrap().replace("[[2,0]]", "[[2,5]]");
        assert!(Record::read(bad.as_bytes()).is_err(), "{bad}");
    }

    #[test]
    fn what_was_never_sent_is_read_as_earlier_versions_wrote_it() {
        let old = br#"{"at":5,"entry":{"settled":{"attempt":3,"item":2,"bill":"nothing","cost":"0","ending":null,"failure":null}}}"#;
        assert_eq!(Record::read(old).unwrap().entry, Entry::Released { attempt: 3, item: 2 });
    }

    #[test]
    fn what_is_not_sure_to_have_cost_nothing_keeps_its_reservation() {
        let (reserved, cost) = (Usd::from_pico(10), Usd::from_pico(3));
        let usage = Bill::Usage { usage: Default::default(), stated_cost: None };
        let pico = Usd::from_pico;
        for (bill, failed, expected) in [
            (usage, None, Settlement::Confirmed(pico(3))),
            (Bill::Nothing, Some(FailureKind::RateLimited), Settlement::Confirmed(Usd::ZERO)),
            (Bill::Unknown, None, Settlement::WithoutUsage(pico(10))),
            (Bill::Unknown, Some(FailureKind::TimedOut), Settlement::Doubtful(pico(10))),
            (Bill::Unknown, Some(FailureKind::Unreachable), Settlement::Doubtful(pico(20))),
        ] {
            let cost = if bill == usage { cost } else { Usd::ZERO };
            assert_eq!(Settlement::of(reserved, bill, cost, failed), expected);
        }
    }
}
