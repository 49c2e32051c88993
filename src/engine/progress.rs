//! Where a run stands, for the page.

use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::engine::{LaneProgress, LaneState, Progress, Wake, WakeReason};
use crate::money::Usd;
use crate::time::Time;

impl Engine {
    /// Cheap at any time.
    pub fn progress(&self, now: Time) -> Progress {
        let (items, budget, tally, now) = (self.book.items(), self.book.budget(), self.book.tally(), self.time_at(now));
        let count = |status| items.count(status);
        Progress {
            state: self.state.clone(),
            total: items.len() as u32,
            done: items.ended() - tally.unsaved().min(items.ended()),
            succeeded: count(Status::Succeeded),
            errored: count(Status::Errored),
            canceled: count(Status::Canceled),
            stopped: self.book.stop_asked(),
            exported: count(Status::Exported),
            cache_hits: tally.cache_hits,
            misfits: tally.misfits,
            in_flight: self.book.attempts().len() as u32,
            backing_off: count(Status::BackingOff),
            attempts: tally.attempts,
            retries: tally.retries,
            reasked: tally.reasked,
            rate_limited: tally.rate_limited,
            spent: budget.spent(),
            reserved: budget.reserved(),
            doubtful: budget.doubtful(),
            doubtful_attempts: budget.doubtful_attempts(),
            doubtful_answers: budget.doubtful_answers(),
            cut_off: count(Status::CutOff),
            overshoot: budget.overshoot(),
            budget: budget.cap(),
            projected: self.projected(),
            input_tokens: tally.input_tokens,
            output_tokens: tally.output_tokens,
            waiting: self.blocked.or_else(|| self.batch_wake()).map(|wake| self.by_the_clock(wake)),
            rate_milli: tally.rate_milli(now),
            batch: self.batch_progress(),
            priced: self.is_priced(),
            lanes: (0..self.lanes.len() as u8).map(|lane| self.lane_progress(lane, now)).collect(),
        }
    }

    fn lane_progress(&self, index: u8, now: Time) -> LaneProgress {
        let (lane, account) = (&self.lanes[usize::from(index)], self.book.lane(index));
        LaneProgress {
            state: match lane.state(now) {
                LaneState::Resting { until } => {
                    let wake = Wake { at: until, reason: WakeReason::LaneRests };
                    LaneState::Resting { until: self.by_the_clock(wake).at }
                }
                state => state,
            },
            waiting: lane.waits_for(self.next_weight, now).map(|wake| self.by_the_clock(wake)),
            in_flight: lane.in_flight,
            slots: lane.slots(),
            attempts: account.attempts,
            rate_limited: account.rate_limited,
            spent: account.spent,
            limits: lane.limits_in_force(),
        }
    }

    fn is_priced(&self) -> bool {
        self.lanes.iter().all(|lane| lane.card().is_some())
    }

    /// Spent so far, plus the mean price of an item, re-asks included, for every item that may still have to be paid:
    /// twins and items that ended cost nothing more.
    fn projected(&self) -> Option<Usd> {
        use Status::*;
        let (items, budget, tally) = (self.book.items(), self.book.budget(), self.book.tally());
        let to_pay: u64 = [Open, LookingUp, UnderWay, BackingOff, CutOff, Exported]
            .into_iter()
            .map(|status| u64::from(items.count(status)))
            .sum();
        let unknown = to_pay > 0 || budget.doubtful_attempts() > 0;
        if !self.is_priced() || (tally.paid_attempts == 0 && unknown) {
            return None;
        }
        let mean = tally.mean_cost().unwrap_or(Usd::ZERO);
        Some(budget.spent() + mean * to_pay + self.batch_projected(mean.pico()))
    }
}
