//! Rows handed over to a provider's Batch API: the life of its jobs, as states with records.
//!
//! A hand-over cuts the open rows into shards, one job each. A shard is planned (its rows reserved at batch prices),
//! uploaded, created, polled and downloaded; every step that can't be repeated is recorded before it is taken:
//!
//! ```text
//! planned -> uploaded -> creating -> created -> ended -> closed
//!    ^          ^           |           |
//!    |          |           |           |
//!    |          +-- the provider's queue is full
//!    |                      v
//!    |                    unsure: list the jobs, adopt the one with our nonce
//!    |                      | not there, for longer than a request usually takes
//!    |                      v
//!    +------------------- withdrawn: the file is deleted, so that a request that is still on its way fails
//!      not there either, for longer than a list can lag
//! ```
//!
//! Creating a job is not idempotent and its answer can be lost, so a job carries a nonce, and no second one is created
//! while the first may come to be: first the uploaded file is withdrawn, without which no job can begin, then the
//! provider's list must have been without the job for [`LIST_LAG_MS`], and the second one is made from a new file.
//! Where a file can't be withdrawn, the person is asked, who can see the provider's own page.
//!
//! Deliberately not here: what goes over the wire (`provider::batch`), an item's text, and moving bytes: the shell
//! carries out a [`BatchEffect`] and answers with a [`BatchEvent`], or is gone, and then the records tell where to go on.

mod life;
mod progress;
mod settle;
pub(super) mod shard;
mod steps;
mod unsure;

pub use progress::{BatchProgress, ShardProgress, Stage};
pub(super) use shard::Jobs;

use serde::{Deserialize, Serialize};

use crate::engine::{AttemptId, Ordinal, Settled};
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::Failure;
use crate::provider::batch::JobSeen;
pub use crate::provider::batch::RowEnd;

/// Numbers shards over the whole life of a run.
pub type ShardId = u32;

/// A create request whose answer was lost is looked for in the provider's list for this long before its file is
/// withdrawn.
pub const LATE_CREATE_MS: u64 = 60_000;
/// A job that exists is in the provider's list after this long at the latest.
pub const LIST_LAG_MS: u64 = 600_000;

/// What a hand-over is agreed with. It is recorded, so that a run that is opened again keeps to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTerms {
    /// Limits of one job.
    pub requests_max: u32,
    pub bytes_max: u64,
    /// Input tokens that the provider queues for this model at once; `None`: not known.
    pub queue_tokens: Option<u64>,
    pub lane: u8,
    /// Batch prices; `None`: the model has no price.
    pub card: Option<RateCard>,
    /// Rows that failed go along.
    pub with_failed: bool,
}

/// Items as runs of consecutive ones: `(first, how many)`, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rows(pub Vec<(Ordinal, u32)>);

/// What happened to a batch job, as the shell saw it. Each effect is answered by one of these, but for what a crash
/// swallows; `Rows` come in groups before their `Downloaded`.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchEvent {
    /// The bytes of every item's request line.
    Measured {
        bytes: Vec<u32>,
    },
    /// The file's id.
    Uploaded {
        shard: ShardId,
        result: Result<String, Failure>,
    },
    Created {
        shard: ShardId,
        result: Result<JobSeen, Failure>,
    },
    /// The file was deleted, or is not there.
    Withdrawn {
        shard: ShardId,
        result: Result<(), Failure>,
    },
    /// The job with the nonce that was looked for, if the provider lists it.
    Found {
        shard: ShardId,
        result: Result<Option<JobSeen>, Failure>,
    },
    /// The answer to a poll, or to a wish to cancel.
    Seen {
        shard: ShardId,
        result: Result<JobSeen, Failure>,
    },
    Rows {
        shard: ShardId,
        rows: Vec<BatchRow>,
    },
    /// Rows of a result file that the person brought.
    Imported {
        rows: Vec<BatchRow>,
        /// Batch prices; `None`: the model has none.
        card: Option<RateCard>,
    },
    /// The file came to its end.
    Downloaded {
        shard: ShardId,
        file: ResultFile,
        result: Result<FileRead, Failure>,
    },
}

/// One line of a result file.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchRow {
    pub item: Ordinal,
    pub end: RowEnd,
}

/// What was odd in a result file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRead {
    /// Lines of rows that nobody asked for.
    pub unknown: u32,
    pub unreadable: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultFile {
    Output,
    Error,
}

/// What the shell has to do for a job.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchEffect {
    /// Tell the bytes of every item's request line.
    Measure,
    Upload {
        shard: ShardId,
        nonce: String,
        rows: Rows,
    },
    Create {
        shard: ShardId,
        nonce: String,
        file: String,
    },
    /// Look through the provider's list of jobs for the one with this nonce, or with this file.
    Find {
        shard: ShardId,
        nonce: String,
        file: String,
    },
    /// Delete the uploaded file, so that no job can begin with it any more.
    Withdraw {
        shard: ShardId,
        file: String,
    },
    Poll {
        shard: ShardId,
        job: String,
    },
    Cancel {
        shard: ShardId,
        job: String,
    },
    Download {
        shard: ShardId,
        job: String,
        file: ResultFile,
        id: String,
        rows: Rows,
    },
}

/// Records of the journal. A shard's rows are attempts, numbered from `first_attempt` in the order of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchEntry {
    /// Before anything leaves: the rows, and their worst case at batch prices, which is reserved by this.
    Planned(Box<Planned>),
    /// Every open row is planned: what becomes open from here on waits for the person.
    AllPlanned,
    Uploaded {
        shard: ShardId,
        file: String,
    },
    /// Before the job is asked for.
    Creating {
        shard: ShardId,
    },
    /// The file is gone, or the person says that there is no job: none can begin with it any more.
    Withdrawn {
        shard: ShardId,
    },
    /// The job is known, or its state changed.
    Seen {
        shard: ShardId,
        seen: Box<JobSeen>,
    },
    /// The provider's queue was full: the file is there, the job has to be created again.
    Requeued {
        shard: ShardId,
        /// What the queue turned out to hold at most, in input tokens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        learned: Option<u64>,
    },
    /// How a row of a job ended.
    Settled {
        shard: ShardId,
        #[serde(flatten)]
        row: Settled,
    },
    /// So many lines of a result file that the person brought were of rows that have their answer already.
    Repeated {
        rows: u32,
    },
    /// Nothing more is expected of the job. Of the rows that it left, these may have been billed, and the person
    /// chooses; the others were not, and are open again.
    Closed {
        shard: ShardId,
        doubtful: Rows,
        #[serde(default)]
        read: FileRead,
    },
    /// A row from a result file that the person brought: it never had a reservation.
    Imported(Settled),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    pub shard: ShardId,
    pub nonce: String,
    pub rows: Rows,
    pub first_attempt: AttemptId,
    pub lane: u8,
    pub amount: Usd,
    /// Input tokens, as the provider's queue counts them.
    pub tokens: u64,
    pub card: Option<RateCard>,
}

impl Rows {
    pub fn of(items: impl IntoIterator<Item = Ordinal>) -> Rows {
        let mut runs: Vec<(Ordinal, u32)> = Vec::new();
        for item in items {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == item => *count += 1,
                _ => runs.push((item, 1)),
            }
        }
        Rows(runs)
    }

    pub fn iter(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.0.iter().flat_map(|(first, count)| *first..first + count)
    }

    pub fn count(&self) -> u32 {
        self.0.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_as_runs_and_read_back_in_order() {
        let items = [0, 1, 2, 5, 7, 8];
        let rows = Rows::of(items);
        assert_eq!(rows.0, [(0, 3), (5, 1), (7, 2)]);
        assert_eq!((rows.iter().collect::<Vec<_>>(), rows.count()), (items.to_vec(), 6));
        assert_eq!(serde_json::to_string(&rows).unwrap(), "[[0,3],[5,1],[7,2]]");
    }
}
