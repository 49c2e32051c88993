//! Rows in batch jobs: each is an attempt that outlives the session.

use super::{End, Position, Results, Settled};
use crate::engine::batch::{BatchEntry, Planned, Rows, ShardId};
use crate::engine::{AttemptId, Ordinal};
use crate::money::Usd;
use crate::provider::Bill;
use crate::time::Time;

impl Results {
    pub(super) fn apply_batch(&mut self, entry: &BatchEntry, at: Time, away: Option<Position>) {
        match entry {
            BatchEntry::Planned(plan) => self.planned(plan, at),
            BatchEntry::Settled { row, .. } => self.settled(row, away, at),
            BatchEntry::Imported(row) => {
                self.reserved(row.attempt, row.item, 0, Usd::ZERO, at);
                self.settled(row, away, at);
            }
            BatchEntry::Closed { shard, doubtful, .. } => self.closed(*shard, doubtful, at),
            BatchEntry::AllPlanned
            | BatchEntry::Uploaded { .. }
            | BatchEntry::Creating { .. }
            | BatchEntry::Seen { .. }
            | BatchEntry::Withdrawn { .. }
            | BatchEntry::Repeated { .. }
            | BatchEntry::Requeued { .. } => {}
        }
    }

    /// The sum is the job's; a row's part of it is an even one.
    fn planned(&mut self, plan: &Planned, at: Time) {
        let rows = plan.rows.count().max(1);
        let even = plan.amount.pico() / i128::from(rows);
        let odd = plan.amount.pico() - even * i128::from(rows);
        self.shards.insert(plan.shard, (plan.first_attempt, rows));
        for (place, item) in plan.rows.iter().enumerate() {
            let attempt = plan.first_attempt + place as AttemptId;
            let amount = Usd::from_pico(even + if place == 0 { odd } else { 0 });
            self.reserved(attempt, item, plan.lane, amount, at);
            if let Some(attempt) = self.attempts.get_mut(&attempt) {
                attempt.in_batch = true;
            }
        }
    }

    /// What the job left: not billed, or in doubt.
    fn closed(&mut self, shard: ShardId, doubtful: &Rows, at: Time) {
        let doubtful: Vec<Ordinal> = doubtful.iter().collect();
        let Some((first, rows)) = self.shards.remove(&shard) else { return };
        for (_, attempt) in self.attempts.range_mut(first..first + AttemptId::from(rows)) {
            if attempt.settled.is_some() {
                continue;
            }
            attempt.in_batch = false;
            if doubtful.binary_search(&attempt.item).is_ok() {
                attempt.cut_off = true;
            } else {
                let (bill, cost) = (Bill::Nothing, Usd::ZERO);
                attempt.settled =
                    Some(Settled { at, bill, cost, failure: None, request_id: None, never_sent: false, finish: None });
            }
            if let Some(item) = self.items.get_mut(attempt.item as usize)
                && self.stopped
                && item.end.is_none()
            {
                item.end = Some(End::Canceled);
            }
        }
    }
}
