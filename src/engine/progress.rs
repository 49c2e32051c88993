//! Where a run stands, for the page.

use crate::engine::items::Status;
use crate::engine::run::Engine;
use crate::engine::{Progress, Wake};
use crate::money::Usd;
use crate::time::Time;

impl Engine {
    /// Cheap at any time.
    pub fn progress(&self, now: Time) -> Progress {
        let count = |status| self.items.count(status);
        let ended = count(Status::Succeeded) + count(Status::Errored) + count(Status::Canceled);
        Progress {
            state: self.state.clone(),
            total: self.items.len() as u32,
            done: ended - self.tally.unsaved().min(ended),
            succeeded: count(Status::Succeeded),
            errored: count(Status::Errored),
            canceled: count(Status::Canceled),
            cache_hits: self.tally.cache_hits,
            misfits: self.tally.misfits,
            in_flight: self.attempts.len() as u32,
            backing_off: count(Status::BackingOff),
            attempts: self.tally.attempts,
            retries: self.tally.retries,
            reasked: self.tally.reasked,
            rate_limited: self.tally.rate_limited,
            spent: self.budget.spent(),
            reserved: self.budget.reserved(),
            doubtful: self.budget.doubtful(),
            doubtful_attempts: self.budget.doubtful_attempts(),
            doubtful_answers: self.budget.doubtful_answers(),
            cut_off: count(Status::CutOff),
            overshoot: self.budget.overshoot(),
            budget: self.budget.cap(),
            projected: self.projected(),
            input_tokens: self.tally.input_tokens,
            output_tokens: self.tally.output_tokens,
            waiting: self.waiting(),
            rate_milli: self.tally.rate_milli(now.max(self.now)),
            batch: self.batch_progress(),
            priced: self.lanes.iter().all(|lane| lane.card().is_some()),
            lanes: self.lanes.iter().map(|lane| lane.progress(self.next_weight, now.max(self.now))).collect(),
        }
    }

    /// Spent so far, plus the mean price of an item, re-asks included, for every item that may still have to be paid:
    /// twins and items that ended cost nothing more.
    fn projected(&self) -> Option<Usd> {
        use Status::*;
        let to_pay: u64 = [Open, LookingUp, UnderWay, BackingOff, CutOff]
            .into_iter()
            .map(|status| u64::from(self.items.count(status)))
            .sum();
        let priced = self.lanes.iter().all(|lane| lane.card().is_some());
        let unknown = to_pay > 0 || self.budget.doubtful_attempts() > 0;
        if !priced || (self.tally.paid_attempts == 0 && unknown) {
            return None;
        }
        let mean = self.tally.mean_cost().unwrap_or(Usd::ZERO);
        Some(self.budget.spent() + mean * to_pay + self.batch_projected(mean.pico()))
    }

    fn waiting(&self) -> Option<Wake> {
        self.blocked.or_else(|| self.batch_wake())
    }
}
