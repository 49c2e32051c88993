//! What the records say of batch jobs and their rows. A job that may have been created when the browser ended, or whose
//! end was not acted upon, is looked at again by [`Book::jobs_after_restart`].

use super::{Book, Status};
use crate::engine::batch::shard::{Cancel, FileIs, Mode, Phase, Shard, worst_case};
use crate::engine::batch::{BatchEntry, BatchTerms, FileRead, Planned, Rows, ShardId};
use crate::engine::{Ordinal, Settled, Settlement};
use crate::money::Usd;
use crate::provider::Bill;
use crate::time::Time;

impl Book {
    pub(super) fn apply_to_jobs(&mut self, entry: &BatchEntry, at: Time) {
        match entry {
            BatchEntry::Planned(plan) => self.planned(plan),
            BatchEntry::AllPlanned => self.jobs.mode = Mode::Waiting,
            BatchEntry::Uploaded { shard, file } => self.enter(*shard, |_| Phase::Uploaded { file: file.clone() }),
            BatchEntry::Creating { shard } => self.enter(*shard, |file| Phase::Creating { file }),
            BatchEntry::Withdrawn { shard } => {
                self.enter(*shard, |file| Phase::Unsure { file, since: at, file_is: FileIs::Withdrawn });
            }
            BatchEntry::Seen { shard, seen } => {
                if let Some(problem) = seen.problem.clone().filter(|_| seen.state.is_final()) {
                    self.jobs.problem = Some(problem);
                }
                self.enter(*shard, |file| Phase::Created { file, seen: (**seen).clone() });
            }
            BatchEntry::Requeued { shard, learned } => {
                let known = &mut self.jobs.queue_learned;
                *known = known.iter().chain(learned).min().copied();
                self.jobs.problem = None;
                if let Some(shard) = self.jobs.shards.get_mut(shard) {
                    shard.tries += 1;
                }
                self.enter(*shard, |file| Phase::Uploaded { file });
            }
            BatchEntry::Settled { shard, row } => self.row_settled(*shard, row),
            BatchEntry::Repeated { rows } => self.jobs.oddities.repeated += rows,
            BatchEntry::Closed { shard, doubtful, read } => self.closed(*shard, doubtful, *read),
            BatchEntry::Imported(row) => self.row_imported(row),
        }
    }

    fn enter(&mut self, shard: ShardId, phase: impl FnOnce(String) -> Phase) {
        if let Some(shard) = self.jobs.shards.get_mut(&shard) {
            shard.phase = phase(shard.phase.file());
        }
    }

    fn planned(&mut self, plan: &Planned) {
        if !plan.rows.iter().all(|item| self.items.knows(item)) {
            return;
        }
        let shard = Shard::new(plan.clone());
        self.budget.reserve(plan.amount);
        self.next_attempt = self.next_attempt.max(plan.first_attempt + shard.rows.len() as u64);
        self.jobs.next_shard = self.jobs.next_shard.max(shard.id() + 1);
        self.tally.attempts += shard.rows.len() as u64;
        self.record_all(&shard.rows, Status::InBatch);
        self.jobs.shards.insert(shard.id(), shard);
    }

    /// Replaces a row's worst case by what it cost.
    fn row_settled(&mut self, id: ShardId, row: &Settled) {
        let held = self.row_reserved(id, row.item);
        let Some(shard) = self.jobs.shards.get_mut(&id) else { return };
        let Some(place) = shard.place(row.item) else { return };
        shard.mark_settled(place);
        shard.release(held);
        shard.answered += u32::from(row.bill != Bill::Nothing);
        let (bill, cost) = (row.bill, row.cost);
        // An answer or none: a row of a job that is in doubt has its answer, and no usage.
        self.budget.settle(held, Settlement::of(held, bill, cost, None));
        self.row_ended(row);
    }

    /// Of a job's reservation, what stands for this row.
    pub fn row_reserved(&self, id: ShardId, item: Ordinal) -> Usd {
        let Some(shard) = self.jobs.shards.get(&id) else { return Usd::ZERO };
        let bound = self.items.facts(item).input_bound;
        worst_case(shard.plan.card.as_ref(), bound, self.plan.output_tokens_max).min(shard.reserved)
    }

    /// A row of a file that the person brought: it never had a reservation.
    fn row_imported(&mut self, row: &Settled) {
        self.next_attempt = self.next_attempt.max(row.attempt + 1);
        self.tally.attempts += 1;
        self.budget.spend(Settlement::Confirmed(row.cost));
        self.row_ended(row);
    }

    fn row_ended(&mut self, row: &Settled) {
        if let Bill::Usage { usage, .. } = row.bill {
            self.tally.billed(usage, row.cost);
        }
        if let Some(ending) = &row.ending {
            self.end(row.item, ending);
        }
    }

    /// Nothing more is expected of the job. Rows that it left are open again, or in doubt.
    fn closed(&mut self, id: ShardId, doubtful: &Rows, read: FileRead) {
        let Some(mut shard) = self.jobs.shards.remove(&id) else { return };
        self.jobs.closed += 1;
        self.jobs.oddities.compare(&shard);
        self.jobs.oddities.unknown += read.unknown;
        self.jobs.oddities.unreadable += read.unreadable;
        let doubtful: Vec<Ordinal> = doubtful.iter().collect();
        // Of a job that can't be reached any more, no file was read that could lack a line.
        if shard.seen().is_some_and(|seen| seen.state.is_final()) {
            self.jobs.oddities.missing += doubtful.len() as u32;
        }
        for item in shard.unsettled() {
            let in_doubt = doubtful.binary_search(&item).is_ok();
            if in_doubt {
                let bound = self.items.facts(item).input_bound;
                let worst = worst_case(shard.plan.card.as_ref(), bound, self.plan.output_tokens_max);
                let held = shard.release(worst);
                self.budget.settle(held, Settlement::Doubtful(held));
            }
            if !self.items.status(item).ended() {
                let status = match in_doubt {
                    _ if self.stop_asked => Status::Canceled,
                    false => Status::Open,
                    true => Status::CutOff,
                };
                self.items.record(item, status);
            }
        }
        self.budget.release(shard.reserved);
    }

    pub(super) fn hand_over(&mut self, terms: BatchTerms) {
        self.stop_asked = false;
        let backing_off = self.items.with_status(Status::BackingOff);
        self.record_all(&backing_off, Status::Open);
        self.jobs.terms = Some(terms);
        self.jobs.mode = Mode::HandingOver;
        self.jobs.problem = None;
    }

    /// Every job is to be canceled, and its rows are sent one by one again.
    pub(super) fn cancel_jobs(&mut self) {
        for shard in self.jobs.shards.values_mut().filter(|shard| shard.cancel == Cancel::No) {
            shard.cancel = Cancel::Asked;
            shard.not_before = Time(0);
        }
        self.jobs.mode = Mode::Synchronous;
    }

    /// Whatever may have been created before the restart may have been so until this very moment. An end that was seen
    /// and not acted upon is seen again by the next poll; a cancel that was told may not have arrived, and is told again.
    pub fn jobs_after_restart(&mut self, now: Time) {
        for shard in self.jobs.shards.values_mut() {
            shard.phase = match std::mem::replace(&mut shard.phase, Phase::Planned) {
                Phase::Creating { file } => Phase::Unsure { file, since: now, file_is: FileIs::There },
                Phase::Unsure { file, file_is, .. } => Phase::Unsure { file, since: now, file_is },
                Phase::Ended { file, seen } => Phase::Created { file, seen },
                phase => phase,
            };
        }
        if self.jobs.mode == Mode::Waiting && !self.jobs.is_live() {
            self.jobs.mode = Mode::Synchronous;
        }
    }
}
