//! Handing over, taking back, and what every event makes of a shard.

use crate::engine::batch::shard::{Cancel, Cut, FileIs, Mode, Phase, rows_of, worst_case};
use crate::engine::batch::{BatchEffect, BatchEntry, BatchEvent, BatchTerms, FileRead, Planned, ResultFile, ShardId};
use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::engine::{Command, Doubtful, Effect, Entry, Ordinal, PauseReason, RunState};
use crate::provider::batch::{JobSeen, JobState};
use crate::provider::{Action, Failure, FailureKind};

/// Failures in a row, over all jobs, after which the person is asked.
const FAILURES_MAX: u32 = 8;
/// A hint longer than this is kept to this.
pub(super) const HINT_MS_MAX: u64 = 120_000;
/// A job that the provider's queue has no room for although nothing else of this run is in it.
const QUEUE_WAIT_MS: u64 = 60_000;
const QUEUE_TRIES_MAX: u32 = 10;

impl Engine {
    /// Everything that is open goes to the Batch API; what is in flight is awaited first.
    pub(in crate::engine) fn hand_over(&mut self, terms: BatchTerms) {
        if self.book.items().count(Status::CutOff) > 0 {
            self.command(Command::Doubtful(Doubtful::SendAgain));
        }
        if self.state == RunState::Finished && self.book.items().count(Status::Canceled) > 0 {
            self.reopen(Status::Canceled);
        }
        if terms.with_failed {
            self.reopen(Status::Errored);
        }
        self.commit(Entry::Commanded(Command::HandOver(Box::new(terms))));
        for lane in &mut self.lanes {
            lane.revive(self.now);
        }
        self.book.jobs_mut().failures = 0;
        self.state = RunState::Running;
    }

    /// Cancels every job, and goes on synchronously with what did not finish.
    pub(in crate::engine) fn take_back(&mut self) {
        self.close_unsure();
        self.commit(Entry::Commanded(Command::TakeBack));
        self.book.jobs_mut().failures = 0;
        if matches!(self.state, RunState::Paused(_)) {
            self.resume();
        }
    }

    /// The person was asked whether the provider has these jobs, and wants the rows back instead of answering.
    pub(in crate::engine) fn close_unsure(&mut self) {
        let shards = self.book.jobs().shards.iter();
        let unsure = shards.filter(|(_, shard)| shard.is_stuck_file()).map(|(id, _)| *id);
        for id in unsure.collect::<Vec<ShardId>>() {
            self.close_as_lost(id);
        }
    }

    pub(in crate::engine) fn batch_event(&mut self, event: BatchEvent) {
        match event {
            BatchEvent::Measured { bytes } => {
                let jobs = self.book.jobs_mut();
                (jobs.bytes, jobs.measuring) = (bytes, false);
            }
            BatchEvent::Uploaded { shard, result } => self.uploaded(shard, result),
            BatchEvent::Created { shard, result } => self.created(shard, result),
            BatchEvent::Found { shard, result } => self.found(shard, result),
            BatchEvent::Withdrawn { shard, result } => self.withdrawn(shard, result),
            BatchEvent::Seen { shard, result } => self.polled(shard, result),
            BatchEvent::Rows { shard, rows } => self.rows_came(shard, rows),
            BatchEvent::Imported { rows, card } => self.import_rows(rows, card.as_ref()),
            BatchEvent::Downloaded { shard, file, result } => self.downloaded(shard, file, result),
        }
    }

    fn uploaded(&mut self, id: ShardId, result: Result<String, Failure>) {
        let shard = self.book.jobs_mut().shards.get_mut(&id).filter(|shard| shard.phase == Phase::Planned);
        let Some(shard) = shard else { return };
        shard.busy = false;
        match result {
            Ok(file) => {
                shard.went_well();
                self.book.jobs_mut().failures = 0;
                self.note(id, BatchEntry::Uploaded { shard: id, file });
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    fn created(&mut self, id: ShardId, result: Result<JobSeen, Failure>) {
        let now = self.now;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let Phase::Creating { file } = &shard.phase else { return };
        let file = file.clone();
        shard.busy = false;
        match result {
            Ok(seen) => self.adopt(id, seen),
            Err(failure) if is_refusal(failure.kind) => {
                shard.phase = Phase::Uploaded { file };
                self.step_failed(id, failure);
            }
            Err(failure) => {
                shard.phase = Phase::Unsure { file, since: now, file_is: FileIs::There };
                self.step_failed(id, failure);
            }
        }
    }

    /// The job exists: from here on it has an id.
    pub(super) fn adopt(&mut self, id: ShardId, seen: JobSeen) {
        let now = self.now;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        shard.went_well();
        shard.poll_later(now, true);
        self.book.jobs_mut().failures = 0;
        self.note(id, BatchEntry::Seen { shard: id, seen: Box::new(seen.clone()) });
        self.look_at(id, seen);
    }

    fn polled(&mut self, id: ShardId, result: Result<JobSeen, Failure>) {
        let now = self.now;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let Phase::Created { file, seen: before } = &shard.phase else { return };
        let (file, before) = (file.clone(), before.clone());
        shard.busy = false;
        match result {
            Ok(seen) => {
                let changed = seen.state != before.state;
                shard.went_well();
                shard.poll_later(now, changed);
                // The counts alone are not worth a record.
                shard.phase = Phase::Created { file, seen: seen.clone() };
                self.book.jobs_mut().failures = 0;
                if changed {
                    self.note(id, BatchEntry::Seen { shard: id, seen: Box::new(seen.clone()) });
                }
                self.look_at(id, seen);
            }
            // A job that is gone can't be taken back otherwise.
            Err(failure) if shard.cancel != Cancel::No && is_gone(failure.kind) => self.close_as_lost(id),
            // A job that has ended meanwhile refuses to be canceled; the next poll tells how it ended.
            Err(failure) if failure.kind == FailureKind::BadRequest => {
                shard.cancel = if shard.cancel == Cancel::Asked { Cancel::Told } else { shard.cancel };
                shard.poll_later(now, true);
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    /// What a job's state asks for.
    pub(super) fn look_at(&mut self, id: ShardId, seen: JobSeen) {
        let now = self.now;
        if !seen.state.is_final() {
            return;
        }
        let queued = self.book.jobs().queued_tokens();
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let Phase::Created { file, .. } = &shard.phase else { return };
        let file = file.clone();
        shard.went_well();
        if seen.state == JobState::Failed
            && seen.queue_full
            && shard.cancel == Cancel::No
            && shard.tries < QUEUE_TRIES_MAX
        {
            let beside_others = queued > shard.plan.tokens;
            if !beside_others {
                shard.not_before = now.after_ms(QUEUE_WAIT_MS * u64::from(shard.tries + 1));
            }
            let learned = beside_others.then(|| queued.saturating_sub(1));
            self.note(id, BatchEntry::Requeued { shard: id, learned });
            return;
        }
        shard.phase = Phase::Ended { file, seen };
        self.close_if_read(id);
    }

    fn downloaded(&mut self, id: ShardId, file: ResultFile, result: Result<FileRead, Failure>) {
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        if !matches!(shard.phase, Phase::Ended { .. }) {
            return;
        }
        shard.busy = false;
        match result {
            Ok(read) => {
                shard.went_well();
                shard.read[file as usize] = true;
                shard.odd.unknown += read.unknown;
                shard.odd.unreadable += read.unreadable;
                self.book.jobs_mut().failures = 0;
                self.close_if_read(id);
            }
            Err(failure) if is_gone(failure.kind) => {
                shard.read[file as usize] = true;
                self.book.jobs_mut().problem =
                    Some(format!("A result file is no longer there. {}", failure.sentence_of_a_batch_step()));
                self.close_if_read(id);
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    /// A step did not work: later again, or, where no waiting mends it, the person is asked.
    pub(super) fn step_failed(&mut self, id: ShardId, failure: Failure) {
        let now = self.now;
        self.book.jobs_mut().failures += 1;
        let failures = self.book.jobs().failures;
        let rng = &mut self.rng;
        let Some(shard) = self.book.jobs_mut().shards.get_mut(&id) else { return };
        let hint_ms = failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX);
        shard.retry_later(now, hint_ms, |limit_ms| rng.u64(0..=limit_ms));
        if failure.kind.action() == Action::StopLane || failures >= FAILURES_MAX {
            self.pause(PauseReason::BatchStuck(failure));
        } else if shard.is_refused(&failure) {
            // The provider refuses the file or the job itself: nothing was billed, and the rows are open again.
            self.book.jobs_mut().problem = Some(failure.sentence_of_a_batch_step());
            self.close(id, &[]);
        }
    }

    /// Plans what is open, as far as the budget goes, and ends a hand-over that has nothing left to wait for.
    pub(in crate::engine) fn plan_batch(&mut self) {
        if self.book.jobs().mode == Mode::Waiting && !self.book.jobs().is_live() {
            self.end_waiting();
        }
        let handing_over = self.book.jobs().mode == Mode::HandingOver;
        if !handing_over || self.state != RunState::Running || !self.book.attempts().is_empty() {
            return;
        }
        // What the request cache may hold is not paid for.
        self.look_up();
        if self.book.items().count(Status::LookingUp) > 0 {
            return;
        }
        let open = self.book.items().with_status(Status::Open);
        if open.is_empty() {
            self.all_planned();
            return;
        }
        if self.book.jobs().bytes.is_empty() {
            if !std::mem::replace(&mut self.book.jobs_mut().measuring, true) {
                self.effects.push_back(Effect::Batch(BatchEffect::Measure));
            }
            return;
        }
        let mut left = &open[..];
        while !left.is_empty() {
            let planned = self.plan_shard(left);
            if planned == 0 {
                break;
            }
            left = &left[planned..];
        }
        match left.first() {
            None => self.all_planned(),
            Some(_) if self.book.jobs().is_live() => {}
            Some(item) => {
                let worst = self.batch_worst(*item);
                let needed = self.book.budget().committed() + worst;
                let reason = if self.book.budget().fits(worst) {
                    PauseReason::BatchStuck(too_large())
                } else {
                    PauseReason::Budget { needed }
                };
                self.pause(reason);
            }
        }
    }

    fn all_planned(&mut self) {
        self.commit(Entry::Batch(BatchEntry::AllPlanned));
        if !self.book.jobs().is_live() {
            self.end_waiting();
        }
    }

    /// The last job is closed. What it left open is the person's decision: one by one, it costs more.
    fn end_waiting(&mut self) {
        self.book.jobs_mut().mode = Mode::Synchronous;
        let open = self.book.items().count(Status::Open) + self.book.items().count(Status::CutOff);
        if open > 0 && self.state == RunState::Running {
            self.pause(PauseReason::BatchEnded { open, problem: self.book.jobs().problem.clone() });
        }
    }

    /// Plans one shard from the front of `open`; how many rows it took.
    fn plan_shard(&mut self, open: &[Ordinal]) -> usize {
        let jobs = self.book.jobs();
        let Some(terms) = jobs.terms.clone() else { return 0 };
        let money = self.book.budget().room();
        let output_cap = self.book.plan().output_tokens_max;
        let items = self.book.items();
        let piece = Cut { terms: &terms, bytes: &jobs.bytes, money }.next(open, |item| {
            let facts = items.facts(item);
            (u64::from(facts.input_estimate), worst_case(terms.card.as_ref(), facts.input_bound, output_cap))
        });
        if piece.items.is_empty() {
            return 0;
        }
        let plan = Planned {
            shard: jobs.next_shard,
            nonce: format!("{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..)),
            rows: rows_of(&piece),
            first_attempt: self.book.next_attempt(),
            lane: terms.lane,
            amount: piece.amount,
            tokens: piece.tokens,
            card: terms.card,
        };
        self.note(plan.shard, BatchEntry::Planned(Box::new(plan)));
        piece.items.len()
    }

    pub(super) fn batch_worst(&self, item: Ordinal) -> crate::money::Usd {
        let card = self.book.jobs().terms.as_ref().and_then(|terms| terms.card.as_ref());
        worst_case(card, self.book.items().facts(item).input_bound, self.book.plan().output_tokens_max)
    }

    /// Records what became of a shard; nothing more is done for it before that is down.
    pub(super) fn note(&mut self, shard: ShardId, entry: BatchEntry) {
        self.commit(Entry::Batch(entry));
        let ticket = self.next_ticket;
        if let Some(shard) = self.book.jobs_mut().shards.get_mut(&shard) {
            shard.after_save = ticket;
        }
    }
}

/// A single row exceeds the limit of a job or of the provider's queue.
fn too_large() -> Failure {
    Failure {
        kind: FailureKind::BadRequest,
        status: None,
        message: "a single row is larger than the limits of a batch job or of the provider's queue".into(),
        retry_after_ms: None,
        request_id: None,
    }
}

/// The provider answered that it did not do it. Everything else may have been done.
fn is_refusal(kind: FailureKind) -> bool {
    use FailureKind::*;
    match kind {
        RateLimited | NoKey | WrongKey | BrowserForbidden | AccountRefused | QuotaExhausted | UnknownModel
        | EveryRowRefused | WrongAddress | BadRequest | ContextTooLong | ContentRefused => true,
        ServerError | TimedOut | Unreachable | TornBody | HtmlPage => false,
    }
}

fn is_gone(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::WrongAddress | FailureKind::UnknownModel)
}
