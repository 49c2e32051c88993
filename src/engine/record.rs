//! What is on disk: the records from which a run goes on after any crash.

use serde::{Deserialize, Serialize};

use crate::engine::batch::BatchEntry;
use crate::engine::{AttemptId, Command, Ordinal};
use crate::money::Usd;
use crate::provider::{Answer, Bill, Failure, Finish};
use crate::time::Time;

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub at: Time,
    pub entry: Entry,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Written before an attempt is sent: its worst case.
    Reserved { attempt: AttemptId, item: Ordinal, lane: u8, amount: Usd },
    /// How an attempt ended, what it cost, and how its item ended, if it did. An attempt without ending, failure and misfit
    /// was never sent.
    Settled {
        attempt: AttemptId,
        item: Ordinal,
        bill: Bill,
        cost: Usd,
        ending: Option<Ending>,
        failure: Option<Failure>,
        /// When it was sent; journals of before this was noted lack it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent: Option<Time>,
        /// An answer that doesn't fit its format, where the item is asked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        misfit: Option<Box<Answer>>,
        /// The failure is the lane's and doesn't count against the item's retries.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        uncounted: bool,
    },
    /// An item that ended without an attempt of its own.
    Ended { item: Ordinal, ending: Ending },
    /// An errored item that is open again.
    Reopened { item: Ordinal },
    /// The run was opened again: whatever is reserved and not settled by here was cut off.
    Restarted,
    /// The person's word, where it outlives the session: budget, limits, stop, doubtful.
    Commanded(Command),
    /// A step in a batch job's life.
    Batch(BatchEntry),
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
