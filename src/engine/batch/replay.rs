//! From the records back to the jobs: what was created is known, what may have been created is looked for.

use crate::engine::batch::shard::{Cancel, FileIs, Mode, Phase};
use crate::engine::batch::{BatchEntry, BatchTerms, ShardId};
use crate::engine::items::Status;
use crate::engine::run::Engine;
use crate::engine::{Ending, Ordinal};
use crate::money::Usd;
use crate::provider::Bill;
use crate::provider::batch::JobSeen;
use crate::time::Time;

impl Engine {
    pub(in crate::engine) fn replay_batch(&mut self, entry: BatchEntry) {
        match entry {
            BatchEntry::Planned(plan) => {
                if plan.rows.iter().all(|item| (item as usize) < self.items.len()) {
                    self.take_up(*plan);
                }
            }
            BatchEntry::AllPlanned => self.batch.mode = Mode::Waiting,
            BatchEntry::Uploaded { shard, file } => self.set_phase(shard, Phase::Uploaded { file }),
            BatchEntry::Creating { shard } => {
                let file = self.file_of(shard);
                self.set_phase(shard, Phase::Unsure { file, since: Time(0), file_is: FileIs::There });
            }
            BatchEntry::Withdrawn { shard } => {
                let file = self.file_of(shard);
                self.set_phase(shard, Phase::Unsure { file, since: Time(0), file_is: FileIs::Withdrawn });
            }
            BatchEntry::Seen { shard, seen } => self.replay_seen(shard, *seen),
            BatchEntry::Requeued { shard } => {
                let file = self.file_of(shard);
                if let Some(shard) = self.batch.shards.get_mut(&shard) {
                    shard.tries += 1;
                }
                self.set_phase(shard, Phase::Uploaded { file });
            }
            BatchEntry::Settled { shard, item, bill, cost, ending, .. } => {
                self.replay_row(shard, item, bill, cost, ending.as_ref());
            }
            BatchEntry::Closed { shard, doubtful } => {
                let doubtful: Vec<Ordinal> = doubtful.iter().collect();
                for (item, in_doubt) in self.let_go(shard, &doubtful) {
                    let status = match in_doubt {
                        _ if self.stop_asked => Status::Canceled,
                        false => Status::Open,
                        true => Status::CutOff,
                    };
                    self.set_before_restart(item, status);
                }
            }
            BatchEntry::Imported { attempt, item, bill, cost, ending, .. } => {
                self.next_attempt = self.next_attempt.max(attempt + 1);
                self.tally.sent();
                self.count_import(bill, cost);
                if (item as usize) < self.items.len()
                    && let Some(ending) = &ending
                {
                    if self.items.status(item) == Status::Errored || self.items.status(item) == Status::Canceled {
                        self.items.set(item, Status::Open);
                    }
                    self.replay_end(item, ending);
                }
            }
        }
    }

    pub(in crate::engine) fn replay_hand_over(&mut self, terms: BatchTerms) {
        self.stop_asked = false;
        self.begin_hand_over(terms);
    }

    pub(in crate::engine) fn replay_take_back(&mut self) {
        for shard in self.batch.shards.values_mut().filter(|shard| shard.cancel == Cancel::No) {
            shard.cancel = Cancel::Asked;
        }
        self.batch.mode = Mode::Synchronous;
    }

    /// Whatever may have been created before the restart may have been so until this very moment. A cancel that was
    /// told may not have arrived, so it is told again.
    pub(in crate::engine) fn after_batch_replay(&mut self) {
        let now = self.now;
        for shard in self.batch.shards.values_mut() {
            if let Phase::Unsure { since, .. } = &mut shard.phase {
                *since = now;
            }
        }
        if self.batch.mode == Mode::Waiting && !self.batch.is_live() {
            self.batch.mode = Mode::Synchronous;
        }
        if self.batch.mode == Mode::Synchronous && self.batch.terms.is_some() {
            for item in self.with_status(Status::Open) {
                self.queue.give_back(item);
            }
        }
    }

    fn set_phase(&mut self, shard: ShardId, phase: Phase) {
        if let Some(shard) = self.batch.shards.get_mut(&shard) {
            shard.phase = phase;
        }
    }

    fn file_of(&self, shard: ShardId) -> String {
        match self.batch.shards.get(&shard).map(|shard| &shard.phase) {
            Some(
                Phase::Uploaded { file }
                | Phase::Creating { file }
                | Phase::Unsure { file, .. }
                | Phase::Created { file, .. },
            ) => file.clone(),
            _ => String::new(),
        }
    }

    fn replay_seen(&mut self, id: ShardId, seen: JobSeen) {
        if let Some(problem) = seen.problem.clone().filter(|_| seen.state.is_final()) {
            self.batch.problem = Some(problem);
        }
        let file = self.file_of(id);
        // A final state that was not acted upon is looked at again by the next poll.
        self.set_phase(id, Phase::Created { file, seen });
    }

    fn replay_row(&mut self, id: ShardId, item: Ordinal, bill: Bill, cost: Usd, ending: Option<&Ending>) {
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let Some(place) = shard.place(item) else { return };
        shard.mark_settled(place);
        self.settle_row(id, item, bill, cost);
        if let Some(ending) = ending {
            self.replay_end(item, ending);
        }
    }
}
