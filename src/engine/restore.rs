//! From the records on disk back to a run: the same after any crash, at any byte.

use std::collections::BTreeMap;

use crate::engine::items::Status;
use crate::engine::run::Engine;
use crate::engine::settle::{bills_possible, retries_count};
use crate::engine::{AttemptId, Command, Ending, Entry, ItemFacts, Ordinal, PauseReason, Plan, Record, RunState};
use crate::money::Usd;
use crate::provider::{Bill, Failure, FailureKind};
use crate::time::Time;

/// A reservation that no record has settled yet.
struct Held {
    item: Ordinal,
    lane: u8,
    amount: Usd,
}

impl Engine {
    /// A run as its records tell it, paused. Attempts that were under way when the records end may have been billed:
    /// they keep their reservations, and their items wait for the person's choice.
    pub fn restore(
        plan: Plan,
        facts: Vec<ItemFacts>,
        records: impl IntoIterator<Item = Record>,
        seed: u64,
        now: Time,
    ) -> Engine {
        let mut records = records.into_iter().peekable();
        // Limits refill between the records as they did then.
        let began = records.peek().map_or(now, |first| first.at.min(now));
        let mut engine = Engine::new(plan, facts, seed, began);
        let mut held = BTreeMap::new();
        for record in records {
            engine.now = engine.now.max(record.at);
            engine.replay(record, &mut held);
        }
        engine.now = engine.now.max(now);
        engine.cut_off(&mut held);
        engine.end_kept();
        engine.after_batch_replay();
        if engine.next_attempt > 1 {
            engine.record(Entry::Restarted);
        }
        if !engine.stop_asked {
            engine.lead_groups();
        }
        engine.state = match engine.everything_ended() {
            true if engine.tally.unsaved() == 0 => RunState::Finished,
            _ if engine.stop_asked && !engine.batch.is_live() => RunState::Stopping,
            _ => {
                RunState::Paused(if engine.next_attempt == 1 { PauseReason::NotStarted } else { PauseReason::ByPerson })
            }
        };
        engine
    }

    fn replay(&mut self, record: Record, held: &mut BTreeMap<AttemptId, Held>) {
        let at = record.at;
        match record.entry {
            Entry::Reserved { attempt, item, lane, amount } => {
                self.next_attempt = self.next_attempt.max(attempt + 1);
                if !self.knows(item) {
                    return;
                }
                self.budget.reserve(amount);
                held.insert(attempt, Held { item, lane, amount });
                self.tally.sent();
                if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                    lane.attempts += 1;
                }
                self.set_before_restart(item, Status::UnderWay);
            }
            Entry::Settled { attempt, item, bill, cost, ending, failure, sent, misfit, uncounted } => {
                let Some(held) = held.remove(&attempt) else { return };
                if bill == Bill::Nothing && ending.is_none() && failure.is_none() && misfit.is_none() {
                    self.replay_never_sent(&held);
                } else {
                    self.count_as_sent(item, held.lane, bill, sent.unwrap_or(at), at);
                    if failure.is_none()
                        && let Some(lane) = self.lanes.get_mut(usize::from(held.lane))
                    {
                        lane.ever_answered = true;
                    }
                    self.replay_settled(&held, bill, cost, failure.as_ref(), uncounted);
                }
                if let Some(answer) = misfit {
                    self.ask_again(item, *answer);
                }
                match ending {
                    Some(ending) => self.replay_end(item, &ending),
                    None if self.stop_asked => self.set_before_restart(item, Status::Canceled),
                    None => self.set_before_restart(item, Status::Open),
                }
            }
            Entry::Ended { item, ending } => {
                if self.knows(item) {
                    self.replay_end(item, &ending);
                }
            }
            Entry::Reopened { item } => {
                if self.knows(item) {
                    self.items.forget_tries(item);
                    self.items.set(item, Status::Twin);
                    self.stop_asked = false;
                }
            }
            Entry::Restarted => self.cut_off(held),
            Entry::Commanded(command) => self.replay_command(command),
            Entry::Batch(entry) => self.replay_batch(entry),
        }
    }

    fn knows(&self, item: Ordinal) -> bool {
        (item as usize) < self.items.len()
    }

    /// What has ended stays ended, whatever an older attempt says.
    pub(super) fn set_before_restart(&mut self, item: Ordinal, status: Status) {
        if !self.items.status(item).ended() {
            self.items.set(item, status);
        }
    }

    pub(super) fn replay_end(&mut self, item: Ordinal, ending: &Ending) {
        if self.items.status(item) == Status::Succeeded {
            return;
        }
        let status = match ending {
            Ending::Succeeded(_) | Ending::FromCache(_) | Ending::CopyOf(_) | Ending::Imported(_) => Status::Succeeded,
            Ending::Errored(_) => Status::Errored,
            Ending::Canceled => Status::Canceled,
        };
        self.kept.remove(&item);
        self.items.set(item, status);
        self.tally.count(item, ending);
    }

    fn replay_never_sent(&mut self, held: &Held) {
        self.budget.settle(held.amount, Usd::ZERO);
        self.tally.never_sent();
        if let Some(lane) = self.lanes.get_mut(usize::from(held.lane)) {
            lane.attempts -= 1;
        }
    }

    fn replay_settled(&mut self, held: &Held, bill: Bill, cost: Usd, failure: Option<&Failure>, uncounted: bool) {
        let &Held { item, lane, amount } = held;
        match (bill, failure) {
            (Bill::Unknown, Some(failure)) => self.budget.doubt(amount, bills_possible(failure.kind)),
            (Bill::Unknown, None) => self.budget.doubt_answer(amount),
            _ => self.budget.settle(amount, cost),
        }
        if let Bill::Usage { usage, .. } = bill {
            self.tally.billed(usage, cost);
            if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                lane.spent += cost;
            }
        }
        match failure.map(|failure| failure.kind) {
            Some(FailureKind::RateLimited) => {
                self.tally.rate_limited();
                if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                    lane.rate_limited += 1;
                }
            }
            Some(kind) if retries_count(kind.action()) && !uncounted => {
                self.items.count_retry(item, kind == FailureKind::TimedOut);
                self.tally.retried();
            }
            _ => {}
        }
    }

    fn replay_command(&mut self, command: Command) {
        match command {
            Command::SetBudget(cap) => self.budget.set_cap(cap),
            Command::SetLimits { lane, limits } => {
                let now = self.now;
                if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                    lane.set_limits(limits, now);
                }
            }
            Command::Stop => {
                self.stop_asked = true;
                use Status::*;
                let open: Vec<Ordinal> = self
                    .items
                    .all()
                    .filter(|(_, status)| !status.ended() && !matches!(status, UnderWay | InBatch))
                    .map(|(item, _)| item)
                    .collect();
                for item in open {
                    self.items.set(item, Canceled);
                }
                self.replay_take_back();
            }
            Command::Resume => self.stop_asked = false,
            Command::Doubtful(choice) => self.resolve_doubtful(choice),
            Command::Pause | Command::RetryFailed | Command::ResumeLane { .. } => {}
            Command::HandOver(terms) => self.replay_hand_over(*terms),
            Command::TakeBack => self.replay_take_back(),
        }
    }

    /// What is still held was under way when the browser ended: it may have been billed.
    fn cut_off(&mut self, held: &mut BTreeMap<AttemptId, Held>) {
        for (_, Held { item, lane, amount }) in std::mem::take(held) {
            self.budget.doubt(amount, 1);
            self.count_as_sent(item, lane, Bill::Unknown, self.now, self.now);
            let status = if self.stop_asked { Status::Canceled } else { Status::CutOff };
            self.set_before_restart(item, status);
        }
    }

    /// Of what was cut off, the disk knows when it was reserved, not when it was sent: the latest moment counts, so
    /// that no minute across a restart passes a limit. Older journals don't know it of what was settled either.
    fn count_as_sent(&mut self, item: Ordinal, lane: u8, bill: Bill, sent: Time, ended: Time) {
        let weight = self.plan.weight(&self.items.facts(item));
        if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
            lane.count_before_restart(weight, bill, sent, ended);
        }
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
