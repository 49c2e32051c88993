//! How a row of a result file becomes money and an item's end, and what becomes of the rest when a job is closed.

use crate::engine::batch::shard::{Shard, worst_case};
use crate::engine::batch::{BatchEntry, BatchRow, RowEnd, Rows, ShardId};
use crate::engine::items::Status;
use crate::engine::record::shareable;
use crate::engine::run::Engine;
use crate::engine::{Ending, Entry, Ordinal, PauseReason};
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::batch::{JobSeen, JobState};
use crate::provider::{Answer, Bill, Failure, Outcome};

impl Engine {
    pub(super) fn rows_came(&mut self, id: ShardId, rows: Vec<BatchRow>) {
        for BatchRow { item, end } in rows {
            let Some(shard) = self.batch.shards.get_mut(&id) else { return };
            let Some(place) = shard.place(item) else {
                self.batch.oddities.unknown += 1;
                continue;
            };
            if shard.is_settled(place) {
                // Another line of the same file, or the file once more after a torn download.
                continue;
            }
            let RowEnd::Outcome(outcome) = end else {
                shard.mark_unfinished(place);
                continue;
            };
            shard.mark_settled(place);
            let attempt = shard.plan.first_attempt + place as u64;
            let (bill, ending, failure) = ended(outcome, self.kept.remove(&item));
            let card = shard.plan.card.clone();
            let cost = self.cost(bill, card.as_ref());
            self.settle_row(id, item, bill, cost);
            if let Some(ending) = &ending {
                self.note_end(item, ending);
            }
            let entry = BatchEntry::Settled { shard: id, attempt, item, bill, cost, ending: ending.clone(), failure };
            self.note(id, entry);
            self.let_twins_know(item, ending.as_ref());
        }
    }

    /// Rows of a result file that was brought by hand: those that wait for nothing else get their answer and its cost.
    pub(super) fn import_rows(&mut self, rows: Vec<BatchRow>, card: Option<&RateCard>) {
        for BatchRow { item, end } in rows {
            let RowEnd::Outcome(outcome) = end else { continue };
            if item as usize >= self.items.len() || !takes_import(self.items.status(item)) {
                self.batch.oddities.repeated += 1;
                continue;
            }
            let (bill, ending, failure) = ended(outcome, self.kept.remove(&item));
            let cost = self.cost(bill, card);
            let attempt = self.next_attempt;
            self.next_attempt += 1;
            self.tally.sent();
            self.count_import(bill, cost);
            self.items.set(item, Status::Open);
            if let Some(ending) = &ending {
                self.note_end(item, ending);
            }
            let entry = BatchEntry::Imported { attempt, item, bill, cost, ending: ending.clone(), failure };
            self.record(Entry::Batch(entry));
            self.let_twins_know(item, ending.as_ref());
        }
    }

    pub(super) fn count_import(&mut self, bill: Bill, cost: Usd) {
        self.budget.spend(cost);
        if let Bill::Usage { usage, .. } = bill {
            self.tally.billed(usage, cost);
        }
    }

    fn let_twins_know(&mut self, item: Ordinal, ending: Option<&Ending>) {
        match ending {
            Some(Ending::Succeeded(answer)) if shareable(answer) => self.share(item),
            _ => self.promote_twin_of(item),
        }
    }

    fn cost(&self, bill: Bill, card: Option<&RateCard>) -> Usd {
        match bill {
            Bill::Usage { usage, stated_cost } => {
                stated_cost.or_else(|| card.map(|card| card.cost(&usage, self.now))).unwrap_or(Usd::ZERO)
            }
            Bill::Nothing | Bill::Unknown => Usd::ZERO,
        }
    }

    /// Replaces a row's worst case by what it cost.
    pub(super) fn settle_row(&mut self, id: ShardId, item: Ordinal, bill: Bill, cost: Usd) {
        let output_cap = self.plan.output_tokens_max;
        let bound = self.items.facts(item).input_bound;
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let held = shard.release(worst_case(shard.plan.card.as_ref(), bound, output_cap));
        shard.answered += u32::from(bill != Bill::Nothing);
        match bill {
            Bill::Unknown => self.budget.doubt_answer(held),
            _ => self.budget.settle(held, cost),
        }
        if let Bill::Usage { usage, .. } = bill {
            self.tally.billed(usage, cost);
        }
        if self.budget.cap().is_some() && cost > held {
            self.pause(PauseReason::Overshoot { by: cost - held });
        }
    }

    /// Closes a job whose files are read.
    pub(super) fn close_if_read(&mut self, id: ShardId) {
        let Some(shard) = self.batch.shards.get(&id) else { return };
        let Some(seen) = shard.seen() else { return };
        if shard.next_file().is_some() {
            return;
        }
        let doubtful = if accounts_for_all(seen, shard.answered) { Vec::new() } else { shard.unnamed() };
        self.batch.oddities.missing += doubtful.len() as u32;
        self.close(id, &doubtful);
    }

    /// Closes a job that can't be reached any more: whatever it did may have been billed.
    pub(super) fn close_as_lost(&mut self, id: ShardId) {
        let left = self.batch.shards.get(&id).map(Shard::unsettled).unwrap_or_default();
        self.close(id, &left);
    }

    /// Nothing more is expected of the job; `doubtful`, ascending, are the rows that may have been billed.
    pub(super) fn close(&mut self, id: ShardId, doubtful: &[Ordinal]) {
        let rows = Rows::of(doubtful.iter().copied());
        self.record(Entry::Batch(BatchEntry::Closed { shard: id, doubtful: rows }));
        for (item, in_doubt) in self.let_go(id, doubtful) {
            match in_doubt {
                _ if self.stop_asked => self.items.set(item, Status::Canceled),
                false => self.open(item),
                true => self.items.set(item, Status::CutOff),
            }
        }
        self.end_kept();
    }

    /// Ends a shard and its reservation; the rows it left, and whether they are in doubt.
    pub(super) fn let_go(&mut self, id: ShardId, doubtful: &[Ordinal]) -> Vec<(Ordinal, bool)> {
        let Some(mut shard) = self.batch.shards.remove(&id) else { return Vec::new() };
        self.batch.closed += 1;
        self.batch.oddities.compare(&shard);
        let mut left = Vec::new();
        for item in shard.unsettled() {
            let in_doubt = doubtful.binary_search(&item).is_ok();
            if in_doubt {
                let bound = self.items.facts(item).input_bound;
                let worst = worst_case(shard.plan.card.as_ref(), bound, self.plan.output_tokens_max);
                self.budget.doubt(shard.release(worst), 1);
            }
            left.push((item, in_doubt));
        }
        self.budget.settle(shard.reserved, Usd::ZERO);
        left
    }
}

/// Rows without a line were not billed where the provider counts no more answers than were read, and where the job
/// never began.
fn accounts_for_all(seen: &JobSeen, answered: u32) -> bool {
    seen.state == JobState::Failed || seen.completed.is_some_and(|completed| completed <= answered)
}

/// What a row's outcome is to its item. Within a job there is no second try: a failed row ends, and can be retried.
/// `kept`: an earlier answer, which didn't fit its format, and is better than none.
fn ended(outcome: Outcome, kept: Option<Answer>) -> (Bill, Option<Ending>, Option<Failure>) {
    match outcome {
        Outcome::Answered { answer, bill } => (bill, Some(Ending::Succeeded(answer)), None),
        Outcome::Failed { failure, bill } => {
            let ending = kept.map_or_else(|| Ending::Errored(failure.clone()), Ending::Succeeded);
            (bill, Some(ending), Some(failure))
        }
    }
}

/// Whether a row can still take an answer from a file.
fn takes_import(status: Status) -> bool {
    use Status::*;
    matches!(status, Open | Twin | BackingOff | CutOff | Errored | Canceled)
}
