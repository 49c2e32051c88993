//! How a row of a result file becomes money and an item's end, and what becomes of the rest when a job is closed.

use crate::engine::batch::shard::Shard;
use crate::engine::batch::{BatchEntry, BatchRow, RowEnd, Rows, ShardId};
use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::engine::{AttemptId, Command, Ending, Entry, Ordinal, PauseReason, Settled, shareable};
use crate::prices::RateCard;
use crate::provider::Outcome;
use crate::provider::batch::{JobSeen, JobState};

impl Engine {
    pub(super) fn rows_came(&mut self, id: ShardId, rows: Vec<BatchRow>) {
        for BatchRow { item, end } in rows {
            let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
            let Some(place) = shard.place(item) else {
                shard.odd.unknown += 1;
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
            let attempt = shard.plan.first_attempt + place as u64;
            let (card, lane) = (shard.plan.card.clone(), shard.plan.lane);
            let row = self.row_settled(attempt, item, outcome, card.as_ref(), lane);
            let (cost, held) = (row.cost, self.book.row_reserved(id, item));
            if self.book.budget().cap().is_some() && cost > held {
                self.pause(PauseReason::Overshoot { by: cost - held });
            }
            let shared = is_shared(&row);
            self.note(id, BatchEntry::Settled { shard: id, row });
            self.let_twins_know(item, shared);
        }
    }

    /// Rows of a result file that was brought by hand: those that wait for nothing else get their answer and its cost.
    pub(super) fn import_rows(&mut self, rows: Vec<BatchRow>, card: Option<&RateCard>) {
        let (mut repeated, mut unfinished) = (0, Vec::new());
        for BatchRow { item, end } in rows {
            let RowEnd::Outcome(outcome) = end else {
                unfinished.push(item);
                continue;
            };
            if !self.book.items().knows(item) || !takes_import(self.book.items().status(item)) {
                repeated += 1;
                continue;
            }
            let row = self.row_settled(self.book.next_attempt(), item, outcome, card, 0);
            let shared = is_shared(&row);
            self.commit(Entry::Batch(BatchEntry::Imported(row)));
            self.let_twins_know(item, shared);
        }
        // The provider never came to them: they wait for their turn here again.
        unfinished.sort_unstable();
        if unfinished
            .iter()
            .any(|item| self.book.items().knows(*item) && self.book.items().status(*item) == Status::Exported)
        {
            self.command(Command::SendExported(Rows::of(unfinished)));
        }
        if repeated > 0 {
            self.commit(Entry::Batch(BatchEntry::Repeated { rows: repeated }));
        }
    }

    /// Within a job there is no second try: a failed row ends, and can be retried. An earlier answer that didn't fit its
    /// format is better than none.
    fn row_settled(
        &self,
        attempt: AttemptId,
        item: Ordinal,
        outcome: Outcome,
        card: Option<&RateCard>,
        lane: u8,
    ) -> Settled {
        let (bill, ending, failure) = match outcome {
            Outcome::Answered { answer, bill } => (bill, Ending::Succeeded(answer), None),
            Outcome::Failed { failure, bill } => {
                let kept = self.book.kept().get(&item).cloned();
                (bill, kept.map_or_else(|| Ending::Errored(failure.clone()), Ending::Succeeded), Some(failure))
            }
        };
        let cost = self.cost(bill, card, lane);
        Settled { ending: Some(ending), failure, ..Settled::of(attempt, item, bill, cost) }
    }

    fn let_twins_know(&mut self, item: Ordinal, shared: bool) {
        if shared {
            self.share(item);
        } else {
            self.promote_twin_of(item);
        }
    }

    /// Closes a job whose files are read.
    pub(super) fn close_if_read(&mut self, id: ShardId) {
        let Some(shard) = self.book.jobs().shards.get(&id) else { return };
        let Some(seen) = shard.seen() else { return };
        if shard.next_file().is_some() {
            return;
        }
        let doubtful = if accounts_for_all(seen, shard.answered) { Vec::new() } else { shard.unnamed() };
        self.close(id, &doubtful);
    }

    /// Closes jobs whose rows are all settled: the browser ended before that was written down.
    pub(in crate::engine) fn close_settled(&mut self) {
        let shards = self.book.jobs().shards.iter();
        let settled = shards.filter(|(_, shard)| shard.settled_count as usize == shard.rows.len()).map(|(id, _)| *id);
        for id in settled.collect::<Vec<ShardId>>() {
            self.close(id, &[]);
        }
    }

    /// Closes a job that can't be reached any more: whatever it did may have been billed.
    pub(super) fn close_as_lost(&mut self, id: ShardId) {
        let left = self.book.jobs().shards.get(&id).map(Shard::unsettled).unwrap_or_default();
        self.close(id, &left);
    }

    /// Nothing more is expected of the job; `doubtful`, ascending, are the rows that may have been billed.
    pub(super) fn close(&mut self, id: ShardId, doubtful: &[Ordinal]) {
        let Some(read) = self.book.jobs().shards.get(&id).map(|shard| shard.odd) else { return };
        let doubtful = Rows::of(doubtful.iter().copied());
        self.commit(Entry::Batch(BatchEntry::Closed { shard: id, doubtful, read }));
        self.end_kept();
    }
}

fn is_shared(row: &Settled) -> bool {
    matches!(&row.ending, Some(Ending::Succeeded(answer)) if shareable(answer))
}

/// Rows without a line were not billed where the provider counts no more answers than were read, and where the job
/// never began.
fn accounts_for_all(seen: &JobSeen, answered: u32) -> bool {
    seen.state == JobState::Failed || seen.completed.is_some_and(|completed| completed <= answered)
}

/// Whether a row can still take an answer from a file.
fn takes_import(status: Status) -> bool {
    use Status::*;
    matches!(status, Open | Twin | BackingOff | CutOff | Exported | Errored | Canceled)
}
