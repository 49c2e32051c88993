//! Handing over, taking back, and what every event makes of a shard.

use crate::engine::batch::shard::{Cancel, Cut, FileIs, Mode, Phase, Shard, rows_of, worst_case};
use crate::engine::batch::{BatchEffect, BatchEntry, BatchEvent, BatchTerms, FileRead, Planned, ResultFile, ShardId};
use crate::engine::items::Status;
use crate::engine::run::Engine;
use crate::engine::{Command, Doubtful, Effect, Entry, Ordinal, PauseReason, RunState};
use crate::provider::batch::{JobSeen, JobState};
use crate::provider::{Action, Failure, FailureKind};

/// Cache look-ups under way at once before a hand-over.
const LOOK_UPS_MAX: u32 = 64;
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
        if self.items.count(Status::CutOff) > 0 {
            self.command(Command::Doubtful(Doubtful::SendAgain));
        }
        self.stop_asked = false;
        if self.state == RunState::Finished && self.items.count(Status::Canceled) > 0 {
            self.reopen(Status::Canceled);
        }
        if terms.with_failed {
            self.reopen(Status::Errored);
        }
        self.record(Entry::Commanded(Command::HandOver(Box::new(terms.clone()))));
        self.begin_hand_over(terms);
        for lane in &mut self.lanes {
            lane.revive(self.now);
        }
        self.batch.failures = 0;
        self.state = RunState::Running;
    }

    pub(super) fn begin_hand_over(&mut self, terms: BatchTerms) {
        for item in self.with_status(Status::BackingOff) {
            self.items.set(item, Status::Open);
        }
        self.queue.clear(self.items.len() as u32);
        self.batch.terms = Some(terms);
        self.batch.mode = Mode::HandingOver;
        self.batch.looked_up_to = 0;
        self.batch.problem = None;
    }

    /// Cancels every job, and goes on synchronously with what did not finish.
    pub(in crate::engine) fn take_back(&mut self) {
        self.record(Entry::Commanded(Command::TakeBack));
        self.begin_take_back();
        self.batch.failures = 0;
        if matches!(self.state, RunState::Paused(_)) {
            self.resume();
        }
    }

    pub(in crate::engine) fn begin_take_back(&mut self) {
        // The person was asked whether the provider has these, and wants them back instead of answering.
        let unsure = self.batch.shards.iter().filter(|(_, shard)| shard.is_stuck_file()).map(|(id, _)| *id);
        for id in unsure.collect::<Vec<ShardId>>() {
            self.close_as_lost(id);
        }
        for shard in self.batch.shards.values_mut() {
            if shard.cancel == Cancel::No {
                shard.cancel = Cancel::Asked;
                shard.not_before = crate::time::Time(0);
            }
        }
        self.go_synchronous();
    }

    /// Open items have their place in the queue again.
    pub(super) fn go_synchronous(&mut self) {
        if self.batch.mode == Mode::Synchronous {
            return;
        }
        self.batch.mode = Mode::Synchronous;
        for item in self.with_status(Status::Open) {
            self.queue.give_back(item);
        }
    }

    pub(in crate::engine) fn batch_event(&mut self, event: BatchEvent) {
        match event {
            BatchEvent::Measured { bytes } => {
                self.batch.bytes = bytes;
                self.batch.measuring = false;
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
        let Some(shard) = self.batch.shards.get_mut(&id).filter(|shard| shard.phase == Phase::Planned) else { return };
        shard.busy = false;
        match result {
            Ok(file) => {
                shard.went_well();
                shard.phase = Phase::Uploaded { file: file.clone() };
                self.batch.failures = 0;
                self.note(id, BatchEntry::Uploaded { shard: id, file });
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    fn created(&mut self, id: ShardId, result: Result<JobSeen, Failure>) {
        let now = self.now;
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let Phase::Creating { file } = &shard.phase else { return };
        let file = file.clone();
        shard.busy = false;
        match result {
            Ok(seen) => self.adopt(id, file, seen),
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
    pub(super) fn adopt(&mut self, id: ShardId, file: String, seen: JobSeen) {
        let now = self.now;
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        shard.went_well();
        shard.poll_later(now, true);
        shard.phase = Phase::Created { file, seen: seen.clone() };
        self.batch.failures = 0;
        self.note(id, BatchEntry::Seen { shard: id, seen: Box::new(seen.clone()) });
        self.look_at(id, seen);
    }

    fn polled(&mut self, id: ShardId, result: Result<JobSeen, Failure>) {
        let now = self.now;
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let Phase::Created { file, seen: before } = &shard.phase else { return };
        let (file, before) = (file.clone(), before.clone());
        shard.busy = false;
        match result {
            Ok(seen) => {
                let changed = seen.state != before.state;
                shard.went_well();
                shard.poll_later(now, changed);
                shard.phase = Phase::Created { file, seen: seen.clone() };
                self.batch.failures = 0;
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
        let queued_elsewhere = self.batch.queued_tokens();
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let Phase::Created { file, .. } = &shard.phase else { return };
        let file = file.clone();
        shard.went_well();
        if seen.state == JobState::Failed
            && seen.queue_full
            && shard.cancel == Cancel::No
            && shard.tries < QUEUE_TRIES_MAX
        {
            let others = queued_elsewhere.saturating_sub(shard.plan.tokens);
            shard.tries += 1;
            shard.phase = Phase::Uploaded { file };
            if others > 0 {
                let learned = (others + shard.plan.tokens).saturating_sub(1);
                self.batch.queue_learned = Some(self.batch.queue_learned.map_or(learned, |known| known.min(learned)));
            } else {
                shard.not_before = now.after_ms(QUEUE_WAIT_MS * u64::from(shard.tries));
            }
            self.note(id, BatchEntry::Requeued { shard: id });
            return;
        }
        if let Some(problem) = &seen.problem {
            self.batch.problem = Some(problem.clone());
        }
        shard.phase = Phase::Ended { seen };
        self.close_if_read(id);
    }

    fn downloaded(&mut self, id: ShardId, file: ResultFile, result: Result<FileRead, Failure>) {
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        if !matches!(shard.phase, Phase::Ended { .. }) {
            return;
        }
        shard.busy = false;
        match result {
            Ok(read) => {
                shard.went_well();
                shard.read[file as usize] = true;
                self.batch.failures = 0;
                self.batch.oddities.unknown += read.unknown;
                self.batch.oddities.unreadable += read.unreadable;
                self.close_if_read(id);
            }
            Err(failure) if is_gone(failure.kind) => {
                shard.read[file as usize] = true;
                self.batch.problem =
                    Some(format!("A result file is no longer there. {}", failure.sentence_of_a_batch_step()));
                self.close_if_read(id);
            }
            Err(failure) => self.step_failed(id, failure),
        }
    }

    /// A step did not work: later again, or, where no waiting mends it, the person is asked.
    pub(super) fn step_failed(&mut self, id: ShardId, failure: Failure) {
        let now = self.now;
        self.batch.failures += 1;
        let rng = &mut self.rng;
        let Some(shard) = self.batch.shards.get_mut(&id) else { return };
        let hint_ms = failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX);
        shard.retry_later(now, hint_ms, |limit_ms| rng.u64(0..=limit_ms));
        if failure.kind.action() == Action::StopLane || self.batch.failures >= FAILURES_MAX {
            self.pause(PauseReason::BatchStuck(failure));
        } else if shard.is_refused(&failure) {
            // The provider refuses the file or the job itself: nothing was billed, and the rows are open again.
            self.batch.problem = Some(failure.sentence_of_a_batch_step());
            self.close(id, &[]);
        }
    }

    /// Plans what is open, as far as the budget goes, and ends a hand-over that has nothing left to wait for.
    pub(in crate::engine) fn plan_batch(&mut self) {
        if self.batch.mode == Mode::Waiting && !self.batch.is_live() {
            self.end_waiting();
        }
        if self.batch.mode != Mode::HandingOver || self.state != RunState::Running || !self.attempts.is_empty() {
            return;
        }
        if self.look_up_open() || self.items.count(Status::LookingUp) > 0 {
            return;
        }
        let open = self.with_status(Status::Open);
        if open.is_empty() {
            self.all_planned();
            return;
        }
        if self.batch.bytes.is_empty() {
            if !std::mem::replace(&mut self.batch.measuring, true) {
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
            Some(_) if self.batch.is_live() => {}
            Some(item) => {
                let worst = self.batch_worst(*item);
                let needed = self.budget.committed() + worst;
                let reason = if self.budget.fits(worst) {
                    PauseReason::BatchStuck(too_large())
                } else {
                    PauseReason::Budget { needed }
                };
                self.pause(reason);
            }
        }
    }

    fn all_planned(&mut self) {
        self.batch.mode = Mode::Waiting;
        self.record(Entry::Batch(BatchEntry::AllPlanned));
        if !self.batch.is_live() {
            self.end_waiting();
        }
    }

    /// The last job is closed. What it left open is the person's decision: one by one, it costs more.
    fn end_waiting(&mut self) {
        self.go_synchronous();
        let open = self.items.count(Status::Open) + self.items.count(Status::CutOff);
        if open > 0 && self.state == RunState::Running {
            self.pause(PauseReason::BatchEnded { open, problem: self.batch.problem.clone() });
        }
    }

    /// What the request cache may hold is not paid for. True while look-ups are being asked for.
    fn look_up_open(&mut self) -> bool {
        if !self.plan.use_cache {
            return false;
        }
        let total = self.items.len() as u32;
        let mut asked = false;
        while self.batch.looked_up_to < total && self.items.count(Status::LookingUp) < LOOK_UPS_MAX {
            let item = self.batch.looked_up_to;
            self.batch.looked_up_to += 1;
            if self.items.status(item) == Status::Open && self.items.facts(item).maybe_cached {
                self.items.set(item, Status::LookingUp);
                self.effects.push_back(Effect::LookUp { item });
                asked = true;
            }
        }
        asked
    }

    /// Plans one shard from the front of `open`; how many rows it took.
    fn plan_shard(&mut self, open: &[Ordinal]) -> usize {
        let Some(terms) = self.batch.terms.clone() else { return 0 };
        let money = self.budget.room();
        let output_cap = self.plan.output_tokens_max;
        let items = &self.items;
        let piece = Cut { terms: &terms, bytes: &self.batch.bytes, money }.next(open, |item| {
            let facts = items.facts(item);
            (u64::from(facts.input_estimate), worst_case(terms.card.as_ref(), facts.input_bound, output_cap))
        });
        if piece.items.is_empty() {
            return 0;
        }
        let plan = Planned {
            shard: self.batch.next_shard,
            nonce: format!("{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..)),
            rows: rows_of(&piece),
            first_attempt: self.next_attempt,
            lane: terms.lane,
            amount: piece.amount,
            tokens: piece.tokens,
            card: terms.card,
        };
        self.take_up(plan.clone());
        self.note(plan.shard, BatchEntry::Planned(Box::new(plan)));
        piece.items.len()
    }

    /// A planned shard's rows are in a job, and its worst case is reserved.
    pub(super) fn take_up(&mut self, plan: Planned) {
        let shard = Shard::new(plan);
        self.budget.reserve(shard.plan.amount);
        self.next_attempt = self.next_attempt.max(shard.plan.first_attempt + shard.rows.len() as u64);
        self.batch.next_shard = self.batch.next_shard.max(shard.id() + 1);
        for item in &shard.rows {
            self.items.set(*item, Status::InBatch);
            self.tally.sent();
        }
        self.batch.shards.insert(shard.id(), shard);
    }

    pub(super) fn batch_worst(&self, item: Ordinal) -> crate::money::Usd {
        let card = self.batch.terms.as_ref().and_then(|terms| terms.card.as_ref());
        worst_case(card, self.items.facts(item).input_bound, self.plan.output_tokens_max)
    }

    /// Records what became of a shard; nothing more is done for it before that is down.
    pub(super) fn note(&mut self, shard: ShardId, entry: BatchEntry) {
        self.record(Entry::Batch(entry));
        let ticket = self.next_ticket;
        if let Some(shard) = self.batch.shards.get_mut(&shard) {
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
