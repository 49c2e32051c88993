//! Where the jobs stand, for the page.

use serde::{Deserialize, Serialize};

use crate::engine::batch::ShardId;
use crate::engine::batch::shard::{Cancel, Mode, Phase, Shard};
use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::money::Usd;
use crate::provider::batch::JobState;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchProgress {
    /// What is in flight is awaited, or rows are being planned.
    pub handing_over: bool,
    pub shards: Vec<ShardProgress>,
    /// Rows in jobs that are not closed.
    pub rows: u32,
    pub reserved: Usd,
    /// Jobs of this run that are closed.
    pub closed: u32,
    /// Odd lines of result files: rows named twice, of nobody, not to be read, and rows that no line named.
    pub repeated: u32,
    pub unknown: u32,
    pub unreadable: u32,
    pub missing: u32,
    /// Answers by the provider's count, and in the result files, of the jobs where the two differ.
    #[serde(default)]
    pub counted: u32,
    #[serde(default)]
    pub held: u32,
    pub queue_tokens: Option<u64>,
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardProgress {
    pub shard: ShardId,
    pub rows: u32,
    /// Rows whose result was read.
    pub settled: u32,
    pub stage: Stage,
    pub canceling: bool,
    pub job: Option<String>,
    /// The provider's own count.
    pub completed: Option<u32>,
    pub failed: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Uploading,
    /// Uploaded; the job waits for the provider's queue.
    Queued,
    Creating,
    /// It may have been created: the provider's list is being looked through.
    Finding,
    /// The provider's own word.
    Job(JobState),
    Downloading,
}

/// What result files held beside what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    pub repeated: u32,
    pub unknown: u32,
    pub unreadable: u32,
    pub missing: u32,
    /// Answers by the provider's count, and in the files that were read, of the jobs where the two differ.
    pub counted: u32,
    pub held: u32,
}

impl Oddities {
    /// Compares what an ended job counts with what its files held.
    pub fn compare(&mut self, shard: &Shard) {
        let ended = shard.seen().filter(|seen| seen.state.is_final());
        if let Some(completed) = ended.and_then(|seen| seen.completed).filter(|completed| *completed != shard.answered)
        {
            self.counted += completed;
            self.held += shard.answered;
        }
    }
}

impl Engine {
    /// `None` where nothing of this run was ever handed over.
    pub(in crate::engine) fn batch_progress(&self) -> Option<BatchProgress> {
        let jobs = self.book.jobs();
        if jobs.terms.is_none() && jobs.oddities == Default::default() {
            return None;
        }
        Some(BatchProgress {
            handing_over: jobs.mode == Mode::HandingOver,
            shards: jobs.shards.values().map(seen).collect(),
            rows: self.book.items().count(Status::InBatch),
            reserved: jobs.shards.values().map(|shard| shard.reserved).sum(),
            closed: jobs.closed,
            repeated: jobs.oddities.repeated,
            unknown: jobs.oddities.unknown + jobs.shards.values().map(|shard| shard.odd.unknown).sum::<u32>(),
            unreadable: jobs.oddities.unreadable + jobs.shards.values().map(|shard| shard.odd.unreadable).sum::<u32>(),
            missing: jobs.oddities.missing,
            counted: jobs.oddities.counted,
            held: jobs.oddities.held,
            queue_tokens: jobs.queue_limit(),
            problem: jobs.problem.clone(),
        })
    }

    /// What rows in jobs will have cost, where a synchronous attempt costs `mean`.
    pub(in crate::engine) fn batch_projected(&self, mean: i128) -> Usd {
        let rows = i128::from(self.book.items().count(Status::InBatch));
        let batch = self.book.jobs().terms.as_ref().and_then(|terms| terms.card.as_ref());
        let lane = self.book.jobs().terms.as_ref().and_then(|terms| self.lanes.get(usize::from(terms.lane)));
        let (Some(batch), Some(card)) = (batch, lane.and_then(|lane| lane.card())) else { return Usd::ZERO };
        let (part, whole) = (batch.base.output.0, card.base.output.0.max(1));
        Usd::from_pico(mean * rows * i128::from(part) / i128::from(whole))
    }
}

fn seen(shard: &Shard) -> ShardProgress {
    let job = shard.seen();
    ShardProgress {
        shard: shard.id(),
        rows: shard.rows.len() as u32,
        settled: shard.settled_count,
        stage: match &shard.phase {
            Phase::Planned => Stage::Uploading,
            Phase::Uploaded { .. } => Stage::Queued,
            Phase::Creating { .. } => Stage::Creating,
            Phase::Unsure { .. } => Stage::Finding,
            Phase::Created { seen, .. } => Stage::Job(seen.state),
            Phase::Ended { .. } => Stage::Downloading,
        },
        canceling: shard.cancel != Cancel::No,
        job: job.map(|seen| seen.id.clone()),
        completed: job.and_then(|seen| seen.completed),
        failed: job.and_then(|seen| seen.failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::batch::shard::tests::planned;
    use crate::provider::batch::JobSeen;

    #[test]
    fn a_count_that_the_files_do_not_bear_out_is_noted() {
        let job = |state, completed| JobSeen {
            id: "b".into(),
            state,
            output_file: None,
            error_file: None,
            completed,
            failed: None,
            problem: None,
            queue_full: false,
        };
        let mut shard = Shard::new(planned());
        shard.answered = 3;
        for (state, completed, due) in [
            (JobState::Completed, Some(4), (4, 3)),
            (JobState::Expired, Some(2), (2, 3)),
            (JobState::Completed, Some(3), (0, 0)),
            (JobState::Completed, None, (0, 0)),
            (JobState::InProgress, Some(1), (0, 0)),
        ] {
            shard.phase = Phase::Ended { file: "f".into(), seen: job(state, completed) };
            let mut oddities = Oddities::default();
            oddities.compare(&shard);
            assert_eq!((oddities.counted, oddities.held), due, "{state:?} {completed:?}");
        }
    }
}
