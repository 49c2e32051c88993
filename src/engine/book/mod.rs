//! What the records say: money, items and jobs. [`Book::apply`] is the only function that changes them, while a run goes
//! on and when it is opened again, so that a reopened run can't differ from one that was never closed.
//!
//! Not here: what ends with the tab, namely meters, pauses and effects; and, of an item that waits, whether it waits for
//! its turn, for a backoff, for an equal item or for the request cache.

mod budget;
mod jobs;
mod schedule;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::budget::Budget;
pub use self::schedule::{Schedule, Status};
pub use self::tally::Tally;

use crate::engine::batch::Jobs;
use crate::engine::meters::Readings;
use crate::engine::record::Settled;
use crate::engine::{
    AttemptId, Command, Doubtful, Ending, Entry, ItemFacts, Ordinal, Plan, Record, Settlement, Weight,
};
use crate::money::Usd;
use crate::provider::{Action, Answer, Bill, FailureKind};
use crate::time::Time;

/// One attempt between its reservation and its end.
#[derive(Debug)]
pub struct Attempt {
    pub item: Ordinal,
    pub lane: u8,
    pub reserved: Usd,
    pub weight: Weight,
    /// What the lane's meters showed when it was sent.
    pub readings: Readings,
    /// `None` until its reservation is on disk, and in a run that was opened again.
    pub sent: Option<Time>,
    pub deadline: Time,
}

/// What one lane did.
#[derive(Clone, Copy, Debug, Default)]
pub struct LaneAccount {
    pub attempts: u64,
    pub rate_limited: u64,
    pub spent: Usd,
    /// It answered at any time in the run's life.
    pub answered: bool,
}

#[derive(Debug)]
pub struct Book {
    plan: Plan,
    items: Schedule,
    budget: Budget,
    tally: Tally,
    lanes: Vec<LaneAccount>,
    attempts: BTreeMap<AttemptId, Attempt>,
    next_attempt: AttemptId,
    /// Answers that don't fit, of items that are asked again: they are paid for, and are what the item ends with where
    /// no better one comes.
    kept: BTreeMap<Ordinal, Answer>,
    jobs: Jobs,
    stop_asked: bool,
}

impl Book {
    pub fn new(plan: Plan, facts: Arc<Vec<ItemFacts>>) -> Book {
        Book {
            items: Schedule::new(facts, plan.use_cache),
            budget: Budget::new(plan.budget),
            tally: Tally::default(),
            lanes: vec![LaneAccount::default(); plan.lanes.len()],
            attempts: BTreeMap::new(),
            next_attempt: 1,
            kept: BTreeMap::new(),
            jobs: Jobs::default(),
            stop_asked: false,
            plan,
        }
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub fn items(&self) -> &Schedule {
        &self.items
    }

    /// For the transitions that end with the tab.
    pub fn items_mut(&mut self) -> &mut Schedule {
        &mut self.items
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// For what is counted of this session alone.
    pub fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    pub fn lane(&self, lane: u8) -> LaneAccount {
        self.lanes.get(usize::from(lane)).copied().unwrap_or_default()
    }

    pub fn attempts(&self) -> &BTreeMap<AttemptId, Attempt> {
        &self.attempts
    }

    pub fn attempt_mut(&mut self, attempt: AttemptId) -> Option<&mut Attempt> {
        self.attempts.get_mut(&attempt)
    }

    /// The number of the next attempt; a run that never reserved anything is at 1.
    pub fn next_attempt(&self) -> AttemptId {
        self.next_attempt
    }

    pub fn kept(&self) -> &BTreeMap<Ordinal, Answer> {
        &self.kept
    }

    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// For what a job waits for, and the steps that are under way.
    pub fn jobs_mut(&mut self) -> &mut Jobs {
        &mut self.jobs
    }

    pub fn stop_asked(&self) -> bool {
        self.stop_asked
    }

    pub fn everything_ended(&self) -> bool {
        self.items.ended() as usize == self.items.len()
    }

    /// The only function that changes money, items and jobs.
    pub fn apply(&mut self, record: &Record) {
        match &record.entry {
            // It made this book.
            Entry::Began(_) => {}
            Entry::Reserved { attempt, item, lane, amount } => self.reserved(*attempt, *item, *lane, *amount),
            Entry::Released { attempt, .. } => self.released(*attempt),
            Entry::Settled(settled) => self.settled(settled),
            Entry::Ended { item, ending } => self.end(*item, ending),
            Entry::Reopened { item } if self.items.knows(*item) => {
                self.items.forget_tries(*item);
                self.items.record(*item, Status::Twin);
                self.stop_asked = false;
            }
            Entry::Reopened { .. } | Entry::Corrected { .. } => {}
            Entry::AskedAgain { item, answer } => self.asked_again(*item, answer),
            Entry::Restarted => self.cut_off(),
            Entry::Commanded(command) => self.commanded(command),
            Entry::Batch(entry) => self.apply_to_jobs(entry, record.at),
        }
    }

    fn reserved(&mut self, attempt: AttemptId, item: Ordinal, lane: u8, amount: Usd) {
        self.next_attempt = self.next_attempt.max(attempt + 1);
        if !self.items.knows(item) {
            return;
        }
        self.budget.reserve(amount);
        self.tally.attempts += 1;
        self.with_lane(lane, |lane| lane.attempts += 1);
        self.items.record(item, Status::UnderWay);
        let weight = self.plan.weight(&self.items.facts(item));
        let (readings, sent, deadline) = (Readings::default(), None, Time(u64::MAX));
        self.attempts.insert(attempt, Attempt { item, lane, reserved: amount, weight, readings, sent, deadline });
    }

    fn released(&mut self, attempt: AttemptId) {
        let Some(Attempt { item, lane, reserved, .. }) = self.attempts.remove(&attempt) else { return };
        self.budget.release(reserved);
        self.tally.attempts -= 1;
        self.with_lane(lane, |lane| lane.attempts -= 1);
        self.wait_or_cancel(item);
    }

    fn settled(&mut self, settled: &Settled) {
        let Some(Attempt { item, lane, reserved, .. }) = self.attempts.remove(&settled.attempt) else { return };
        let kind = settled.failure.as_ref().map(|failure| failure.kind);
        self.budget.settle(reserved, settled.settlement(reserved));
        if let Bill::Usage { usage, .. } = settled.bill {
            self.tally.billed(usage, settled.cost);
        }
        self.with_lane(lane, |lane| {
            lane.spent += settled.cost;
            lane.answered |= kind.is_none();
            lane.rate_limited += u64::from(kind == Some(FailureKind::RateLimited));
        });
        self.tally.rate_limited += u64::from(kind == Some(FailureKind::RateLimited));
        if let Some(answer) = &settled.misfit {
            self.items.count_reask(item);
            self.items.forget_cached(item);
            self.tally.reasked += 1;
            self.kept.insert(item, (**answer).clone());
        }
        if let Some(ending) = &settled.ending {
            return self.end(item, ending);
        }
        self.wait_or_cancel(item);
        if let Some(kind) = kind.filter(|kind| counts_as_retry(kind.action()))
            && !settled.uncounted
            && !self.stop_asked
        {
            self.items.count_retry(item, kind == FailureKind::TimedOut);
            self.tally.retries += 1;
        }
    }

    /// What has succeeded stays so, whatever comes later.
    fn end(&mut self, item: Ordinal, ending: &Ending) {
        if !self.items.knows(item) || self.items.status(item) == Status::Succeeded {
            return;
        }
        let status = match ending {
            Ending::Succeeded(_) | Ending::FromCache(_) | Ending::CopyOf(_) | Ending::Imported(_) => Status::Succeeded,
            Ending::Errored(_) => Status::Errored,
            Ending::Canceled => Status::Canceled,
        };
        self.kept.remove(&item);
        self.items.record(item, status);
        self.tally.count(item, ending);
    }

    fn asked_again(&mut self, item: Ordinal, answer: &Answer) {
        if !self.items.knows(item) || self.items.status(item) != Status::Succeeded {
            return;
        }
        self.items.forget_tries(item);
        self.items.forget_cached(item);
        self.items.record(item, Status::Twin);
        self.tally.misfits -= u32::from(answer.misfit.is_some());
        self.kept.insert(item, answer.clone());
        self.stop_asked = false;
    }

    /// What has ended stays ended, whatever an older attempt says.
    fn wait_or_cancel(&mut self, item: Ordinal) {
        if !self.items.status(item).ended() {
            self.items.record(item, if self.stop_asked { Status::Canceled } else { Status::Open });
        }
    }

    /// What is still reserved was under way when the browser ended: it may have been billed.
    fn cut_off(&mut self) {
        for (_, Attempt { item, reserved, .. }) in std::mem::take(&mut self.attempts) {
            self.budget.settle(reserved, Settlement::Doubtful(reserved));
            if !self.items.status(item).ended() {
                self.items.record(item, if self.stop_asked { Status::Canceled } else { Status::CutOff });
            }
        }
    }

    fn commanded(&mut self, command: &Command) {
        match command {
            Command::SetBudget(cap) => self.budget.set_cap(*cap),
            Command::Stop => {
                self.stop_asked = true;
                let waits = |status: Status| !status.ended() && !status.is_asked();
                let waiting: Vec<Ordinal> =
                    self.items.all().filter(|(_, status)| waits(*status)).map(|(item, _)| item).collect();
                self.record_all(&waiting, Status::Canceled);
                self.cancel_jobs();
            }
            Command::Resume => self.stop_asked = false,
            Command::Doubtful(choice) => {
                if *choice == Doubtful::CountAsNotBilled {
                    self.budget.drop_doubtful();
                }
                let left_out = *choice == Doubtful::LeaveOut;
                let cut_off = self.items.with_status(Status::CutOff);
                self.record_all(&cut_off, if left_out { Status::Canceled } else { Status::Open });
            }
            Command::Exported(rows) => {
                let taken: Vec<Ordinal> = rows.iter().filter(|item| self.can_be_exported(*item)).collect();
                self.record_all(&taken, Status::Exported);
            }
            Command::SendExported(rows) => {
                // Of equal ones, one goes.
                let is_exported =
                    |item: &Ordinal| self.items.knows(*item) && self.items.status(*item) == Status::Exported;
                let exported: Vec<Ordinal> = rows.iter().filter(is_exported).collect();
                self.record_all(&exported, Status::Twin);
            }
            Command::HandOver(terms) => self.hand_over((**terms).clone()),
            Command::TakeBack => self.cancel_jobs(),
            // Limits are the lanes' own; the others end with the tab.
            Command::SetLimits { .. } | Command::Pause | Command::RetryFailed | Command::ResumeLane { .. } => {}
        }
    }

    /// Whether an item that is asked elsewhere would be asked twice if it were asked here too.
    pub fn can_be_exported(&self, item: Ordinal) -> bool {
        self.items.knows(item) && !self.items.status(item).ended() && !self.items.status(item).is_asked()
    }

    fn record_all(&mut self, items: &[Ordinal], status: Status) {
        items.iter().for_each(|item| self.items.record(*item, status));
    }

    fn with_lane(&mut self, lane: u8, with: impl FnOnce(&mut LaneAccount)) {
        if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
            with(lane);
        }
    }
}

/// Whether a failure is one of the item's tries.
pub fn counts_as_retry(action: Action) -> bool {
    matches!(action, Action::Retry | Action::StopUnprovenLane)
}
