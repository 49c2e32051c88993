//! What every shard does next, and when.

use crate::engine::batch::shard::{Cancel, FileIs, Mode, Phase};
use crate::engine::batch::{BatchEffect, BatchEntry, ShardId};
use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::engine::{Effect, PauseReason, RunState, Wake, WakeReason};
use crate::time::Time;

impl Engine {
    /// Asks for whatever may be done now. Nothing is asked for before its record is down, nor while the run rests.
    pub(in crate::engine) fn step_batch(&mut self) {
        if self.book.jobs().mode == Mode::Synchronous && !self.book.jobs().is_live() {
            self.ask_about_doubtful();
            return;
        }
        self.plan_batch();
        if !matches!(self.state, RunState::Running | RunState::Stopping) {
            return;
        }
        let ids: Vec<ShardId> = self.book.jobs().shards.keys().copied().collect();
        for id in ids {
            self.step_shard(id);
        }
        self.plan_batch();
    }

    fn step_shard(&mut self, id: ShardId) {
        let saved = self.saved_ticket();
        let uploading = self.book.jobs().is_uploading();
        let queue_is_full = self.queue_is_full(id);
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        if shard.busy || shard.after_save > saved || shard.not_before > self.now {
            return;
        }
        let canceled = shard.cancel != Cancel::No;
        let effect = match shard.phase.clone() {
            // No job exists: nothing has to be canceled.
            Phase::Planned | Phase::Uploaded { .. } | Phase::Creating { .. } if canceled => {
                self.close(id, &[]);
                return;
            }
            Phase::Planned if uploading => return,
            Phase::Planned => {
                BatchEffect::Upload { shard: id, nonce: shard.plan.nonce.clone(), rows: shard.plan.rows.clone() }
            }
            Phase::Uploaded { .. } if queue_is_full => return,
            Phase::Uploaded { .. } => {
                self.note(id, BatchEntry::Creating { shard: id });
                return;
            }
            Phase::Creating { file } => BatchEffect::Create { shard: id, nonce: shard.nonce(), file },
            // The person was asked about it and did something else: it is tried, and they are asked, once more.
            Phase::Unsure { file, file_is: FileIs::There | FileIs::Stuck, since } if shard.looked_enough => {
                shard.phase = Phase::Unsure { file: file.clone(), since, file_is: FileIs::There };
                BatchEffect::Withdraw { shard: id, file }
            }
            Phase::Unsure { file, .. } => BatchEffect::Find { shard: id, nonce: shard.nonce(), file },
            Phase::Created { seen, .. } if shard.cancel == Cancel::Asked => {
                shard.cancel = Cancel::Told;
                BatchEffect::Cancel { shard: id, job: seen.id }
            }
            Phase::Created { seen, .. } => BatchEffect::Poll { shard: id, job: seen.id },
            Phase::Ended { seen, .. } => {
                let Some((file, file_id)) = shard.next_file() else { return };
                BatchEffect::Download { shard: id, job: seen.id, file, id: file_id, rows: shard.plan.rows.clone() }
            }
        };
        shard.busy = true;
        self.effects.push_back(Effect::Batch(effect));
    }

    /// Rows that a job left in doubt are all that is left: the person chooses.
    fn ask_about_doubtful(&mut self) {
        let in_doubt = self.book.items().count(Status::CutOff);
        if in_doubt == 0 || self.state != RunState::Running || !self.book.attempts().is_empty() {
            return;
        }
        let going = [Status::Open, Status::LookingUp, Status::BackingOff].map(|status| self.book.items().count(status));
        if going.iter().sum::<u32>() == 0 {
            self.pause(PauseReason::BatchEnded { open: in_doubt, problem: self.book.jobs().problem.clone() });
        }
    }

    /// The provider's queue has no room for this job beside the others.
    fn queue_is_full(&self, id: ShardId) -> bool {
        let Some((limit, shard)) = self.book.jobs().queue_limit().zip(self.book.jobs().shards.get(&id)) else {
            return false;
        };
        let queued = self.book.jobs().queued_tokens();
        queued > 0 && queued + shard.plan.tokens > limit
    }

    /// When a job wants to be looked at.
    pub(in crate::engine) fn batch_wake(&self) -> Option<Wake> {
        if !matches!(self.state, RunState::Running | RunState::Stopping) {
            return None;
        }
        let idle = self.book.jobs().shards.values().filter(|shard| !shard.busy && shard.not_before > Time(0));
        let at = idle.map(|shard| shard.not_before).filter(|at| *at > self.now).min()?;
        Some(Wake { at, reason: WakeReason::BatchJob })
    }
}
