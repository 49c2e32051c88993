//! From the records on disk back to a run: the same after any crash, at any byte. The book applies them; what is restored
//! beside it is what lanes were asked to keep to, and what they sent of late.

use crate::engine::book::Attempt;
use crate::engine::run::Engine;
use crate::engine::{AttemptId, Began, Command, Entry, ItemFacts, PauseReason, Plan, Record, RunState};
use crate::provider::Bill;
use crate::time::Time;

/// A run on its way back from its records, which it takes one by one.
pub struct Restoration {
    engine: Engine,
    is_recorded: bool,
}

impl Restoration {
    /// `plan` and `facts` are those of the run's [`Began`], with what the request cache may answer by now;
    /// a journal of before that was recorded takes those that are computed anew, once. `began`: the time of the first
    /// record, since limits refill between the records as they did then.
    pub fn begin(plan: Plan, facts: Vec<ItemFacts>, seed: u64, began: Time) -> Restoration {
        Restoration { engine: Engine::bare(plan, facts, seed, began), is_recorded: false }
    }

    pub fn take(&mut self, record: &Record) {
        let engine = &mut self.engine;
        engine.now = engine.now.max(record.at);
        self.is_recorded |= record.began().is_some();
        engine.recall(record);
        engine.book.apply(record);
    }

    /// The run after its last record, paused. Attempts that were under way then may have been billed: they keep their
    /// reservations, and their items wait for the person's choice.
    pub fn end(self, now: Time) -> Engine {
        let mut engine = self.engine;
        engine.pass_to(now);
        if !self.is_recorded {
            engine.record_what_it_is_made_of();
        }
        engine.restart();
        engine
    }
}

impl Engine {
    /// A [`Restoration`] in one go.
    pub fn restore(
        plan: Plan,
        facts: Vec<ItemFacts>,
        records: impl IntoIterator<Item = Record>,
        seed: u64,
        now: Time,
    ) -> Engine {
        let mut records = records.into_iter().peekable();
        let began = records.peek().map_or(now, |first| first.at.min(now));
        let mut restoration = Restoration::begin(plan, facts, seed, began);
        records.for_each(|record| restoration.take(&record));
        restoration.end(now)
    }

    fn restart(&mut self) {
        if self.book.next_attempt() > 1 {
            let restarted = Record { at: self.now, entry: Entry::Restarted };
            self.recall(&restarted);
            self.commit(restarted.entry);
        }
        self.end_kept();
        self.book.jobs_after_restart(self.now);
        self.close_settled();
        if !self.book.stop_asked() {
            self.lead_groups();
        }
        let never_sent = self.book.next_attempt() == 1;
        self.state = match self.book.everything_ended() {
            true if self.book.tally().unsaved() == 0 => RunState::Finished,
            _ if self.book.stop_asked() && !self.book.jobs().is_live() => RunState::Stopping,
            _ if never_sent => RunState::Paused(PauseReason::NotStarted),
            _ => RunState::Paused(PauseReason::ByPerson),
        };
    }

    /// What the lanes' meters counted, and what they were asked to keep to.
    fn recall(&mut self, record: &Record) {
        match &record.entry {
            Entry::Settled(settled) => {
                self.count_as_sent(settled.attempt, settled.bill, settled.sent.unwrap_or(record.at), record.at);
            }
            // Of what was cut off, the disk knows when it was reserved, not when it was sent: the latest moment counts, so
            // that no minute across a restart passes a limit.
            Entry::Restarted => {
                let cut_off: Vec<AttemptId> = self.book.attempts().keys().copied().collect();
                for attempt in cut_off {
                    self.count_as_sent(attempt, Bill::Unknown, record.at, record.at);
                }
            }
            Entry::Commanded(Command::SetLimits { lane, limits }) => {
                let now = self.now;
                if let Some(lane) = self.lanes.get_mut(usize::from(*lane)) {
                    lane.set_limits(limits.clone(), now);
                }
            }
            _ => {}
        }
    }

    fn count_as_sent(&mut self, attempt: AttemptId, bill: Bill, sent: Time, ended: Time) {
        let Some(&Attempt { lane, weight, .. }) = self.book.attempts().get(&attempt) else { return };
        if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
            lane.count_before_restart(weight, bill, sent, ended);
        }
    }

    fn record_what_it_is_made_of(&mut self) {
        let (plan, facts) = (self.book.plan().clone(), self.book.items().all_facts().to_vec());
        self.commit(Entry::Began(Box::new(Began { plan, facts })));
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use crate::engine::{LimiterModel, Limits, Plan, RunState};

    #[test]
    fn a_run_that_is_opened_again_does_not_wait_for_what_it_sent_long_ago() {
        for model in [LimiterModel::Window, LimiterModel::Bucket] {
            let limits =
                Limits { requests_per_minute: Some(100), requests_per_day: Some(10_000), model, ..Limits::default() };
            let mut run = Driver::new(Plan { lanes: vec![lane(limits)], ..plan() }, rows(620));
            let mut provider = |_| reply(300, fits());
            run.command(crate::engine::Command::Resume, &mut provider);
            while run.progress().done < 600 {
                assert!(run.step(&mut provider));
            }
            run.crash();
            run.now = run.now.after_ms(120_000);
            run.crash();
            let opened = run.now;
            let end = run.run(provider);
            assert_eq!((end.succeeded, end.state), (620, RunState::Finished));
            let took_ms = run.now.ms_since(opened);
            assert!(took_ms < 5_000, "{took_ms} ms for the last twenty rows, {model:?}");
        }
    }
}
