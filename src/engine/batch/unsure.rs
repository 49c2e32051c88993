//! Jobs that may have been created: they are looked for, and no second one is made while the first may come to be.

use crate::engine::PauseReason;
use crate::engine::batch::life::HINT_MS_MAX;
use crate::engine::batch::shard::{Cancel, FileIs, Phase};
use crate::engine::batch::{BatchEntry, LATE_CREATE_MS, LIST_LAG_MS, ShardId};
use crate::engine::run::Engine;
use crate::provider::batch::JobSeen;
use crate::provider::{Action, Failure, FailureKind};

impl Engine {
    pub(super) fn found(&mut self, id: ShardId, result: Result<Option<JobSeen>, Failure>) {
        let now = self.now;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let Phase::Unsure { since, file_is, .. } = &shard.phase else { return };
        let (since, file_is) = (*since, *file_is);
        shard.busy = false;
        match result {
            Ok(Some(seen)) => self.adopt(id, seen),
            // No job can begin with the old file, and none did: another file makes another job.
            Ok(None) if file_is == FileIs::Withdrawn && now.ms_since(since) >= LIST_LAG_MS => {
                shard.went_well();
                shard.phase = Phase::Planned;
            }
            Ok(None) => {
                shard.went_well();
                let wait_ms = if file_is == FileIs::Withdrawn { LIST_LAG_MS } else { LATE_CREATE_MS };
                // A few times before that, and once then; and soon, where the file is to be withdrawn.
                let looked_enough = now.ms_since(since) >= wait_ms;
                shard.looked_enough = looked_enough;
                if !looked_enough {
                    shard.not_before = since.after_ms(wait_ms).min(now.after_ms(wait_ms / 4));
                }
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    pub(super) fn withdrawn(&mut self, id: ShardId, result: Result<(), Failure>) {
        let now = self.now;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let Phase::Unsure { .. } = &shard.phase else { return };
        shard.busy = false;
        match result {
            Ok(()) => {
                shard.looked_enough = false;
                shard.went_well();
                self.book.jobs_mut().failures = 0;
                self.note(id, BatchEntry::Withdrawn { shard: id });
            }
            Err(failure) if matches!(failure.kind, FailureKind::NoKey | FailureKind::WrongKey) => {
                self.step_failed(id, failure);
            }
            Err(failure) => {
                let hopeless = failure.kind.action() != Action::Retry;
                let rng = &mut self.rng;
                shard.retry_later(now, failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX), |limit_ms| {
                    rng.u64(0..=limit_ms)
                });
                if hopeless || shard.is_stuck() {
                    self.ask_about_job(id, failure);
                }
            }
        }
    }

    /// Only the person can find out whether there is such a job.
    fn ask_about_job(&mut self, id: ShardId, failure: Failure) {
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        if shard.cancel != Cancel::No {
            // Nobody wants the job any more; what it may have done is in doubt.
            return self.close_as_lost(id);
        }
        if let Phase::Unsure { file_is, .. } = &mut shard.phase {
            *file_is = FileIs::Stuck;
            let nonce = shard.nonce();
            self.pause(PauseReason::BatchUnsure { nonce, failure });
        }
    }

    /// Resume after [`PauseReason::BatchUnsure`] counts as "the provider has no such job". Files of other unsure jobs are
    /// deleted once more.
    pub(in crate::engine) fn no_such_job(&mut self, nonce: Option<&str>) {
        let mut told = Vec::new();
        for (id, shard) in &mut self.book.jobs_mut().shards {
            let asked_about = nonce == Some(shard.nonce().as_str());
            let Phase::Unsure { file_is, .. } = &mut shard.phase else { continue };
            if *file_is != FileIs::Stuck {
                continue;
            }
            if asked_about {
                told.push(*id);
            } else {
                *file_is = FileIs::There;
            }
            shard.looked_enough = !asked_about;
            shard.went_well();
        }
        for id in told {
            self.note(id, BatchEntry::Withdrawn { shard: id });
        }
    }
}
