//! One run as a state machine without IO: it is told what happened and what time it is, and answers what to do and
//! when it wants to be woken. It never reads a clock, draws from an own source, sends, saves or holds an item's text.
//!
//! ```text
//! engine.handle(event, now)      what happened
//! engine.poll_effect()           what to do: LookUp | Save | Send | Abort | Notify
//! engine.next_wake()             when to call handle(Event::Woke, ..) at the latest, and why
//! ```
//!
//! `book`: what the records say of money, items and jobs, changed by `Book::apply` alone. One file a mechanism beside it:
//! `limiter` (a meter says when), `meters` (a lane's limits, and what the provider states of them), `pace` (a rate found by
//! being refused), `burst_limit` (the same within a second), `lane` (an endpoint's pauses and slots), `dispatch` (what goes now, and where), `run` and `command`
//! (events and effects), `settle` (what an attempt's end means), `price` (what
//! it cost), `reask` (answers that don't fit), `brake` (answers that are
//! empty, and paid for), `restore` (from records back to a run), `progress` (what is shown).

pub mod batch;
mod book;
mod brake;
mod burst_limit;
mod cache_key;
mod command;
mod dispatch;
mod lane;
mod limiter;
mod meters;
mod pace;
mod plan;
mod price;
mod progress;
mod reask;
mod record;
mod restore;
mod run;
mod settle;
#[cfg(test)]
mod testing;

pub use cache_key::cache_key;
pub use plan::{Burst, ItemFacts, LanePlan, LimiterModel, Limits, Plan, TooLarge, Weight};
pub use record::{Began, Ending, Entry, Record, Settled, Settlement, shareable};
pub use restore::Restoration;
pub use run::Engine;

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::provider::{Answer, Failure, Outcome, RateSeen};
use crate::time::Time;

/// A row's place in the data file, from zero: the item's identity.
pub type Ordinal = u32;
/// Numbers attempts over the whole life of a run, resumes included.
pub type AttemptId = u64;
/// Numbers saves; a save that is down covers all earlier ones.
pub type Ticket = u64;

/// What the engine is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Command(Command),
    /// The answer to [`Effect::LookUp`]: what the request cache holds for the item.
    LookedUp {
        item: Ordinal,
        answer: Option<Answer>,
    },
    /// Every record up to and including this ticket is on disk.
    Saved {
        ticket: Ticket,
    },
    /// The disk refuses. The run pauses; the records stay queued and are offered again on resume.
    SaveFailed {
        ticket: Ticket,
    },
    /// How a sent attempt ended. Every `Send` is answered by exactly one of these, aborted ones too. An answer that
    /// doesn't fit its format says so itself ([`Answer::misfit`]).
    Ended {
        attempt: AttemptId,
        outcome: Outcome,
        /// What the answer's headers say of the lane's limits, where they can be read.
        seen: Option<Box<RateSeen>>,
    },
    /// The item was answered elsewhere, and ends with that answer at no cost: where it isn't under way or answered yet
    /// ([`Engine::takes_import`]).
    Imported {
        item: Ordinal,
        answer: Answer,
    },
    /// The person wants another answer in place of this one, which the item ended with. It is what the item ends with where
    /// none comes. No effect where the item hasn't ended with an answer.
    AskAgain {
        item: Ordinal,
        answer: Answer,
    },
    /// The person says what the item's right answer is, or takes it back. It changes nothing here, and is kept with the run.
    Correct {
        item: Ordinal,
        text: Option<String>,
    },
    /// What came of a [`BatchEffect`](batch::BatchEffect).
    Batch(batch::BatchEvent),
    Woke,
}

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Begins, or goes on after a pause, a stop of a lane, or a restart.
    Resume,
    /// No new sends; what is in flight is awaited.
    Pause,
    /// Pause for good: what is in flight is awaited, what was not begun ends as canceled.
    Stop,
    /// Errored items become open again.
    RetryFailed,
    SetBudget(Option<Usd>),
    SetLimits {
        lane: u8,
        limits: Limits,
    },
    /// Tries a stopped or resting lane again; a run that paused because every lane had stopped goes on.
    ResumeLane {
        lane: u8,
    },
    /// What to do with items whose attempt may have been billed when the run was cut off.
    Doubtful(Doubtful),
    /// Everything that is open goes to the provider's Batch API.
    HandOver(Box<batch::BatchTerms>),
    /// Batch jobs are canceled, and what they did not finish is sent one by one.
    TakeBack,
    /// These rows, where they are neither under way nor ended, are in a request file that the person took away. They are
    /// not sent here before the person says so.
    Exported(batch::Rows),
    /// Of the exported rows, these are sent here all the same.
    SendExported(batch::Rows),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubtful {
    /// Send them again; their reservations stay counted as "may have been billed".
    SendAgain,
    /// End them as errored, unsent.
    LeaveOut,
    /// Send them again and drop their reservations: the person checked the provider's bill.
    CountAsNotBilled,
}

/// What the shell has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Look the item's request up in the cache; answer with [`Event::LookedUp`].
    LookUp { item: Ordinal },
    /// Append the records, flush, then answer with [`Event::Saved`]. Saves may be grouped.
    Save { ticket: Ticket, records: Vec<Record> },
    /// Send the item's request on the lane; answer with [`Event::Ended`].
    Send { attempt: AttemptId, item: Ordinal, lane: u8, deadline: Time },
    /// Give the attempt up; it still answers with [`Event::Ended`] ([`crate::provider::FailureKind::TimedOut`], or its real answer).
    Abort { attempt: AttemptId },
    /// The run's state changed.
    Notify(Notice),
    /// A step of a batch job; answer with [`Event::Batch`].
    Batch(batch::BatchEffect),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    Paused(PauseReason),
    LaneStopped { lane: u8, failure: Failure },
    Finished,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    NotStarted,
    ByPerson,
    /// The next row no longer fits the budget; `needed` would let it be sent.
    Budget {
        needed: Usd,
    },
    /// Every lane has stopped; the last one's failure.
    NoLane(Failure),
    /// Five minutes of nothing but 429s.
    OnlyRateLimits,
    /// The provider used more than an attempt's worst case, under a budget.
    Overshoot {
        by: Usd,
    },
    /// The provider asked for a wait of more than an hour. On resume the lane waits for as long.
    LongWait {
        ms: u64,
    },
    Storage,
    /// Several answers in a row held no text, for the output cap was used up before any came; nothing else succeeded
    /// between.
    EmptyAnswers {
        /// Output tokens of the last of them.
        tokens: u64,
        /// The provider says that thinking took them.
        thinking: bool,
    },
    /// What is left is in request files that the person took away.
    Exported {
        rows: u32,
    },
    /// Rows are left that wait for nothing: a fault of the engine's own.
    Stuck {
        rows: u32,
    },
    /// The last batch job ended and left rows open, or in doubt.
    BatchEnded {
        open: u32,
        problem: Option<String>,
    },
    /// A batch job can't go on; waiting does not help.
    BatchStuck(Failure),
    /// Whether a batch job was created is not known: the provider doesn't list it, and its file can't be withdrawn.
    BatchUnsure {
        /// What the job's metadata would carry.
        nonce: String,
        failure: Failure,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Paused(PauseReason),
    /// Stopped by the person: what is in flight is awaited.
    Stopping,
    Finished,
}

/// When the engine wants [`Event::Woke`] at the latest, and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    pub at: Time,
    pub reason: WakeReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeReason {
    RequestsPerMinute,
    TokensPerMinute,
    InputTokensPerMinute,
    OutputTokensPerMinute,
    RequestsPerDay,
    /// The provider said 429 and the lane rests.
    LaneRests,
    /// Nothing came back for a while, and the lane rests before one request asks again.
    LaneFails,
    /// The first request of a lane that never answered goes alone for a moment.
    FirstCall,
    Backoff,
    /// The earliest deadline of what is in flight.
    Deadline,
    /// A batch job is looked at again.
    BatchJob,
}

/// Where a run stands; cheap to make at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub total: u32,
    /// Items that ended, in whatever way, and whose record is on disk.
    pub done: u32,
    pub state: RunState,
    pub succeeded: u32,
    pub errored: u32,
    pub canceled: u32,
    /// The person stopped the run, and hasn't resumed it since.
    #[serde(default)]
    pub stopped: bool,
    /// In request files that the person took away.
    #[serde(default)]
    pub exported: u32,
    /// Of `succeeded`: answered from the cache or by an equal row, at no cost.
    pub cache_hits: u32,
    /// Of `succeeded`: the answer doesn't fit its format, and is kept and marked.
    pub misfits: u32,
    pub in_flight: u32,
    /// Items that wait for their next attempt.
    pub backing_off: u32,
    pub attempts: u64,
    pub retries: u64,
    /// Attempts whose answer didn't fit its format and that were followed by another; all of them were billed.
    pub reasked: u64,
    pub rate_limited: u64,
    /// Confirmed spend: the sum of settled attempts.
    pub spent: Usd,
    pub reserved: Usd,
    /// What may have been billed on top, and in how many attempts.
    pub doubtful: Usd,
    pub doubtful_attempts: u32,
    /// Of these, whole answers that came without usage.
    pub doubtful_answers: u32,
    /// Items whose attempt was cut off by a restart and that wait for a [`Doubtful`] choice.
    pub cut_off: u32,
    /// By how much the provider's usage went above reservations.
    pub overshoot: Usd,
    pub budget: Option<Usd>,
    /// What the whole run will have cost, from what it has cost so far; `None` until something was settled, or where the price is unknown.
    pub projected: Option<Usd>,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// What the next send waits for.
    pub waiting: Option<Wake>,
    /// Rate of ended items over the last minute, in thousandths of an item a second.
    pub rate_milli: u64,
    pub priced: bool,
    /// In the order of the plan.
    pub lanes: Vec<LaneProgress>,
    /// `None`: no row was ever handed over to a Batch API.
    #[serde(default)]
    pub batch: Option<batch::BatchProgress>,
}

/// Where one lane stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneProgress {
    pub state: LaneState,
    /// What its next send waits for; `None` where it could send, where all its slots are taken, or where it stopped.
    pub waiting: Option<Wake>,
    pub in_flight: u32,
    /// How many may be in flight as things are: at most its concurrency, fewer after refusals.
    pub slots: u32,
    pub attempts: u64,
    pub rate_limited: u64,
    /// Confirmed spend of its settled attempts.
    pub spent: Usd,
    /// The limits in force: what the person set, or less where the provider states less.
    pub limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    Ready,
    /// Its first request is under way alone; the others wait for the answer.
    WarmingUp,
    /// It was refused, or nothing came back.
    Resting {
        until: Time,
    },
    Stopped(Failure),
}
