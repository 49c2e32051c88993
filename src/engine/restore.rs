//! From the records on disk back to a run: the same after any crash, at any byte. The book applies them; what is restored
//! beside it is what lanes were asked to keep to, and what they sent of late.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::book::Attempt;
use crate::engine::run::Engine;
use crate::engine::{AttemptId, Began, Command, Entry, ItemFacts, PauseReason, Plan, Record, RunState, Weight};
use crate::provider::Bill;
use crate::time::Time;

/// A run on its way back from its records, which it takes one by one.
pub struct Restoration {
    engine: Engine,
    is_recorded: bool,
    /// The disk tells of attempts in the order in which they ended; meters count them in the order of sending, which is
    /// that of their numbers. These wait for one that was sent before them.
    ended: BTreeMap<AttemptId, Ended>,
}

struct Ended {
    lane: u8,
    weight: Weight,
    bill: Bill,
    sent: Time,
}

impl Restoration {
    /// `plan` and `facts` are those of the run's [`Began`], with what the request cache may answer by now;
    /// a journal of before that was recorded takes those that are computed anew, once. `began`: the time of the first
    /// record, since limits refill between the records as they did then.
    pub fn begin(plan: Plan, facts: impl Into<Arc<Vec<ItemFacts>>>, seed: u64, began: Time) -> Restoration {
        Restoration {
            engine: Engine::bare(plan, facts.into(), seed, began),
            is_recorded: false,
            ended: BTreeMap::new(),
        }
    }

    pub fn take(&mut self, record: &Record) {
        self.engine.now = self.engine.now.max(record.at);
        self.is_recorded |= record.began().is_some();
        match &record.entry {
            Entry::Settled(settled) => {
                if let Some(&Attempt { lane, weight, .. }) = self.engine.book.attempts().get(&settled.attempt) {
                    let (bill, sent) = (settled.bill, settled.sent.unwrap_or(record.at));
                    self.ended.insert(settled.attempt, Ended { lane, weight, bill, sent });
                    if let Some(lane) = self.engine.lanes.get_mut(usize::from(lane)) {
                        lane.count_ended_before_restart(weight, bill, record.at);
                    }
                }
            }
            Entry::Restarted => {
                self.count_before(AttemptId::MAX);
                self.engine.count_cut_off();
            }
            Entry::Commanded(Command::SetLimits { lane, limits }) => {
                self.count_before(AttemptId::MAX);
                let now = self.engine.now;
                if let Some(lane) = self.engine.lanes.get_mut(usize::from(*lane)) {
                    lane.set_limits(limits.clone(), now);
                }
            }
            _ => {}
        }
        self.engine.book.apply(record);
        let open = self.engine.book.attempts().keys().next().copied();
        self.count_before(open.unwrap_or(AttemptId::MAX));
    }

    fn count_before(&mut self, open: AttemptId) {
        while let Some(first) = self.ended.first_entry().filter(|first| *first.key() < open) {
            let Ended { lane, weight, bill, sent } = first.remove();
            if let Some(lane) = self.engine.lanes.get_mut(usize::from(lane)) {
                lane.count_sent_before_restart(weight, bill, sent);
            }
        }
    }

    /// The run after its last record, paused. Attempts that were under way then may have been billed: they keep their
    /// reservations, and their items wait for the person's choice.
    pub fn end(mut self, now: Time) -> Engine {
        self.count_before(AttemptId::MAX);
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
        facts: impl Into<Arc<Vec<ItemFacts>>>,
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
            self.count_cut_off();
            self.commit(Entry::Restarted);
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

    /// Of what was cut off, the disk knows when it was reserved, not when it was sent: the latest moment counts, so that no
    /// minute across a restart passes a limit.
    fn count_cut_off(&mut self) {
        for Attempt { lane, weight, .. } in self.book.attempts().values() {
            if let Some(lane) = self.lanes.get_mut(usize::from(*lane)) {
                lane.count_sent_before_restart(*weight, Bill::Unknown, self.now);
                lane.count_ended_before_restart(*weight, Bill::Unknown, self.now);
            }
        }
    }

    fn record_what_it_is_made_of(&mut self) {
        let (plan, facts) = (self.book.plan().clone(), self.book.items().all_facts());
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
