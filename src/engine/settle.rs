//! How an attempt's end is turned into money, an item's next step, and the lane's.

use crate::engine::items::Status;
use crate::engine::lane::{FAILURES_OF_UNPROVEN_LANE_MAX, backoff_limit_ms};
use crate::engine::record::shareable;
use crate::engine::run::{Attempt, Engine};
use crate::engine::{AttemptId, Effect, Ending, Entry, Notice, Ordinal, PauseReason};
use crate::money::Usd;
use crate::provider::{Action, Answer, Bill, Failure, FailureKind, Outcome, RateSeen};

/// A timeout is dear and rarely helped by another try.
const TIMEOUT_RETRIES_MAX: u8 = 1;
/// A hint longer than this is the person's decision.
const HINT_MS_MAX: u64 = 120_000;
/// So often in a row one row asks whether the network is back; then another does, and it waits so long.
const ASKS_BY_ONE_ROW_MAX: u8 = 4;
const ANOTHER_ROW_ASKS_MS: u64 = 60_000;
/// A browser may send a request again by itself when a connection dies, and the page can't see it.
const BILLS_OF_A_DEAD_CONNECTION: u64 = 2;

impl Engine {
    pub(super) fn attempt_ended(&mut self, id: AttemptId, outcome: Outcome, seen: Option<&RateSeen>) {
        let Some(attempt) = self.attempts.remove(&id) else { return };
        self.deadlines.remove(&(attempt.deadline, id));
        let (bill, failed) = match &outcome {
            Outcome::Answered { bill, .. } => (*bill, None),
            Outcome::Failed { failure, bill } => (*bill, Some(failure.kind)),
        };
        let lane = &mut self.lanes[usize::from(attempt.lane)];
        let sent = attempt.sent.unwrap_or(self.now);
        lane.ended(attempt.weight, bill, sent, self.now);
        if let Some(seen) = seen {
            lane.hear(seen, &attempt.readings, sent, self.now);
        }
        let cost = self.settle(&attempt, bill, failed);
        match outcome {
            Outcome::Answered { answer, .. } => self.answered(id, &attempt, answer, bill, cost),
            Outcome::Failed { failure, .. } => self.failed(id, &attempt, failure, bill, cost),
        }
    }

    fn settle(&mut self, attempt: &Attempt, bill: Bill, failed: Option<FailureKind>) -> Usd {
        let lane = &self.lanes[usize::from(attempt.lane)];
        let cost = match bill {
            Bill::Usage { usage, stated_cost } => {
                stated_cost.or_else(|| lane.card().map(|card| card.cost(&usage, self.now))).unwrap_or(Usd::ZERO)
            }
            Bill::Nothing | Bill::Unknown => Usd::ZERO,
        };
        match (bill, failed) {
            (Bill::Unknown, Some(kind)) => self.budget.doubt(attempt.reserved, bills_possible(kind)),
            (Bill::Unknown, None) => self.budget.doubt_answer(attempt.reserved),
            _ => self.budget.settle(attempt.reserved, cost),
        }
        if let Bill::Usage { usage, .. } = bill {
            self.tally.billed(usage, cost);
            self.lanes[usize::from(attempt.lane)].spent += cost;
        }
        if self.budget.cap().is_some() && cost > attempt.reserved {
            self.pause(PauseReason::Overshoot { by: cost - attempt.reserved });
        }
        cost
    }

    fn answered(&mut self, id: AttemptId, attempt: &Attempt, answer: Answer, bill: Bill, cost: Usd) {
        self.lanes[usize::from(attempt.lane)].answered(attempt.sent.unwrap_or(self.now), self.now);
        let (item, sent) = (attempt.item, attempt.sent);
        if self.asks_again(item, &answer) {
            let misfit = Some(Box::new(answer.clone()));
            self.ask_again(item, answer);
            let (ending, failure, uncounted) = (None, None, false);
            self.record(Entry::Settled { attempt: id, item, bill, cost, ending, failure, sent, misfit, uncounted });
            return self.open(item);
        }
        self.kept.remove(&item);
        let shared = shareable(&answer);
        let ending = Ending::Succeeded(answer);
        self.note_end(item, &ending);
        let (ending, failure, misfit, uncounted) = (Some(ending), None, None, false);
        self.record(Entry::Settled { attempt: id, item, bill, cost, ending, failure, sent, misfit, uncounted });
        if shared {
            self.share(item);
        } else {
            self.promote_twin_of(item);
        }
    }

    fn failed(&mut self, id: AttemptId, attempt: &Attempt, failure: Failure, bill: Bill, cost: Usd) {
        let item = attempt.item;
        let action = failure.kind.action();
        let given_up = action == Action::EndItem || (retries_count(action) && self.retries_are_used_up(item, &failure));
        let Blame { lane_stops, uncounted } = self.tell_lane(attempt, &failure, action);
        let given_up = given_up && !uncounted;
        // A re-ask that fails leaves the answer that came before it, marked.
        let kept = if given_up || self.stop_asked { self.kept.remove(&item) } else { None };
        let ending = match kept {
            Some(answer) => Some(Ending::Succeeded(answer)),
            None => given_up.then(|| Ending::Errored(failure.clone())),
        };
        if let Some(ending) = &ending {
            self.note_end(item, ending);
        }
        let ended = ending.is_some();
        let (sent, misfit) = (attempt.sent, None);
        let noted = Some(failure.clone());
        self.record(Entry::Settled { attempt: id, item, bill, cost, ending, failure: noted, sent, misfit, uncounted });
        if ended {
            self.promote_twin_of(item);
        } else if self.stop_asked {
            self.items.set(item, Status::Canceled);
        } else if uncounted && !lane_stops {
            self.ask_on(item);
        } else if uncounted || !retries_count(action) {
            self.open(item);
        } else {
            self.back_off(item, &failure);
        }
        if lane_stops {
            self.stop_lane(attempt.lane, failure);
        }
    }

    fn retries_are_used_up(&self, item: Ordinal, failure: &Failure) -> bool {
        let tried = u32::from(self.items.retries(item)) + u32::from(self.items.timeouts(item));
        let timed_out_again = failure.kind == FailureKind::TimedOut && self.items.timeouts(item) >= TIMEOUT_RETRIES_MAX;
        timed_out_again || tried >= u32::from(self.plan.max_retries)
    }

    /// Lets the lane draw its conclusions.
    fn tell_lane(&mut self, attempt: &Attempt, failure: &Failure, action: Action) -> Blame {
        let now = self.now;
        let rng = &mut self.rng;
        let jitter = |limit_ms| rng.u64(0..=limit_ms);
        let lane = &mut self.lanes[usize::from(attempt.lane)];
        let hint_ms = failure.retry_after_ms.unwrap_or(0);
        let proven = lane.proven;
        let sent = attempt.sent.unwrap_or(now);
        match action {
            Action::EndItem => lane.refused_item(),
            Action::StopLane => {
                lane.failed(failure.kind, sent, jitter, now);
                return Blame { lane_stops: true, uncounted: true };
            }
            Action::SlowLane => {
                self.tally.rate_limited();
                let fruitless = lane.refused(hint_ms.min(HINT_MS_MAX), sent, jitter, now);
                if hint_ms > HINT_MS_MAX {
                    self.pause(PauseReason::LongWait { ms: hint_ms });
                } else if fruitless.is_hopeless() {
                    self.pause(PauseReason::OnlyRateLimits);
                }
            }
            Action::Retry | Action::StopUnprovenLane => {
                let fruitless = lane.failed(failure.kind, sent, jitter, now);
                let unproven = action == Action::StopUnprovenLane && !proven;
                let hopeless = unproven && fruitless.in_a_row >= FAILURES_OF_UNPROVEN_LANE_MAX;
                let lane_stops = hopeless || fruitless.is_hopeless();
                return Blame { lane_stops, uncounted: lane_stops || fruitless.away };
            }
        }
        Blame::default()
    }

    fn stop_lane(&mut self, index: u8, failure: Failure) {
        let lane = &mut self.lanes[usize::from(index)];
        if lane.stopped.is_some() {
            return;
        }
        lane.stopped = Some(failure.clone());
        self.effects.push_back(Effect::Notify(Notice::LaneStopped { lane: index, failure: failure.clone() }));
        if self.lanes.iter().all(|lane| lane.stopped.is_some()) {
            self.pause(PauseReason::NoLane(failure));
        }
    }

    /// The network is gone, as it seems, and this row has asked whether it is back. It asks again, so that not row after
    /// row falls into doubt; but not for ever, since it may be this very row that never gets through.
    fn ask_on(&mut self, item: Ordinal) {
        let times = match self.asking {
            Some((last, times)) if last == item => times + 1,
            _ => 1,
        };
        self.asking = Some((item, times));
        if times < ASKS_BY_ONE_ROW_MAX {
            self.open(item);
        } else {
            self.items.set(item, Status::BackingOff);
            self.queue.back_off(item, self.now.after_ms(ANOTHER_ROW_ASKS_MS));
        }
    }

    /// Full jitter, with the provider's hint added.
    fn back_off(&mut self, item: Ordinal, failure: &Failure) {
        let retry = u32::from(self.items.retries(item)) + u32::from(self.items.timeouts(item));
        let wait_ms = self.rng.u64(0..=backoff_limit_ms(retry)) + failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX);
        self.items.count_retry(item, failure.kind == FailureKind::TimedOut);
        self.tally.retried();
        self.items.set(item, Status::BackingOff);
        self.queue.back_off(item, self.now.after_ms(wait_ms));
    }

    /// An attempt whose reservation was saved but that was not sent any more.
    pub(super) fn record_never_sent(&mut self, attempt: AttemptId, item: Ordinal) {
        let (bill, cost) = (Bill::Nothing, Usd::ZERO);
        let (ending, failure, sent, misfit, uncounted) = (None, None, None, None, false);
        self.record(Entry::Settled { attempt, item, bill, cost, ending, failure, sent, misfit, uncounted });
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Default)]
struct Blame {
    lane_stops: bool,
    /// The lane's alone: the item goes back, and its retries stay what they were.
    uncounted: bool,
}

/// How often an attempt without a readable usage may have been billed.
pub(super) fn bills_possible(failed: FailureKind) -> u64 {
    match failed {
        FailureKind::Unreachable => BILLS_OF_A_DEAD_CONNECTION,
        _ => 1,
    }
}

pub(super) fn retries_count(action: Action) -> bool {
    matches!(action, Action::Retry | Action::StopUnprovenLane)
}
