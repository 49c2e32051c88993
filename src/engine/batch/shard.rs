//! Where every shard stands, and how open rows are cut into shards.

use std::collections::BTreeMap;

use crate::engine::batch::progress::Oddities;
use crate::engine::batch::{BatchTerms, FileRead, Planned, ResultFile, Rows, ShardId};
use crate::engine::{Ordinal, Ticket};
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::batch::JobSeen;
use crate::provider::{Action, Failure};
use crate::time::Time;

/// Between two polls: short at first, since small jobs are often done within a minute or two.
const POLL_MS_MIN: u64 = 2_000;
const POLL_MS_MAX: u64 = 60_000;
/// Between two tries of a step that failed.
const RETRY_MS_MIN: u64 = 1_000;
const RETRY_MS_MAX: u64 = 60_000;
/// How often a step is asked again that the provider refused.
const REFUSALS_MAX: u32 = 3;

/// Whether open rows are sent one by one or go into jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Synchronous,
    /// What is in flight is awaited; then every open row is planned.
    HandingOver,
    /// Everything that was open is in jobs. What becomes open again waits for the person.
    Waiting,
}

/// All jobs of a run.
#[derive(Debug, Default)]
pub struct Jobs {
    pub mode: Mode,
    pub terms: Option<BatchTerms>,
    /// Bytes of the items' request lines, once the shell has told them.
    pub bytes: Vec<u32>,
    pub measuring: bool,
    pub shards: BTreeMap<ShardId, Shard>,
    pub next_shard: ShardId,
    /// What the provider's queue turned out to hold at most.
    pub queue_learned: Option<u64>,
    /// Failures in a row, over all jobs.
    pub failures: u32,
    pub oddities: Oddities,
    /// Why the latest job ended short of its rows, for the person.
    pub problem: Option<String>,
    /// Jobs that were closed.
    pub closed: u32,
}

#[derive(Debug)]
pub struct Shard {
    pub plan: Planned,
    pub rows: Vec<Ordinal>,
    /// One bit a row: its line came.
    settled: Vec<u64>,
    pub settled_count: u32,
    /// One bit a row: the provider said that it never came to its turn.
    unfinished: Vec<u64>,
    /// Rows that the provider did work for.
    pub answered: u32,
    /// Of the plan's amount, what is still reserved.
    pub reserved: Usd,
    pub phase: Phase,
    /// How often its job was created and turned away because the queue was full.
    pub tries: u32,
    pub cancel: Cancel,
    /// A job that may have been created was not in the provider's list for long enough.
    pub looked_enough: bool,
    /// An effect is under way.
    pub busy: bool,
    /// Nothing more before this record group is down.
    pub after_save: Ticket,
    pub not_before: Time,
    polls: u32,
    retries: u32,
    pub read: [bool; 2],
    /// What was odd in its files so far.
    pub odd: FileRead,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    Planned,
    Uploaded {
        file: String,
    },
    /// The intent is recorded; the job may be asked for once that is down.
    Creating {
        file: String,
    },
    /// It was asked for, and nobody knows whether it was created.
    Unsure {
        file: String,
        since: Time,
        file_is: FileIs,
    },
    Created {
        file: String,
        seen: JobSeen,
    },
    /// The job came to its end; its files are read.
    Ended {
        file: String,
        seen: JobSeen,
    },
}

impl Phase {
    /// The uploaded file, where there is one.
    pub fn file(&self) -> String {
        match self {
            Phase::Planned => String::new(),
            Phase::Uploaded { file }
            | Phase::Creating { file }
            | Phase::Unsure { file, .. }
            | Phase::Created { file, .. }
            | Phase::Ended { file, .. } => file.clone(),
        }
    }
}

/// The file of a job that may have been created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileIs {
    #[default]
    There,
    /// It can't be withdrawn: the person is asked whether the provider has the job.
    Stuck,
    /// A request that arrives now can't begin a job with it.
    Withdrawn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancel {
    #[default]
    No,
    Asked,
    /// The provider knows.
    Told,
}

impl Jobs {
    pub fn is_live(&self) -> bool {
        !self.shards.is_empty()
    }

    pub fn blocks_sync(&self) -> bool {
        self.mode != Mode::Synchronous
    }

    /// Input tokens of jobs that the provider has, or may have.
    pub fn queued_tokens(&self) -> u64 {
        let with_job = |shard: &&Shard| {
            matches!(shard.phase, Phase::Creating { .. } | Phase::Unsure { .. } | Phase::Created { .. })
        };
        self.shards.values().filter(with_job).map(|shard| shard.plan.tokens).sum()
    }

    pub fn queue_limit(&self) -> Option<u64> {
        let agreed = self.terms.as_ref().and_then(|terms| terms.queue_tokens);
        [agreed, self.queue_learned].into_iter().flatten().min()
    }

    pub fn is_uploading(&self) -> bool {
        self.shards.values().any(|shard| shard.busy && shard.phase == Phase::Planned)
    }
}

impl Shard {
    pub fn new(plan: Planned) -> Shard {
        let rows: Vec<Ordinal> = plan.rows.iter().collect();
        Shard {
            settled: vec![0; rows.len().div_ceil(64)],
            settled_count: 0,
            unfinished: vec![0; rows.len().div_ceil(64)],
            answered: 0,
            reserved: plan.amount,
            phase: Phase::Planned,
            tries: 0,
            cancel: Cancel::No,
            looked_enough: false,
            busy: false,
            after_save: 0,
            not_before: Time(0),
            polls: 0,
            retries: 0,
            read: [false; 2],
            odd: FileRead::default(),
            rows,
            plan,
        }
    }

    pub fn id(&self) -> ShardId {
        self.plan.shard
    }

    /// What the job is known by. Another one after a full queue is another job.
    pub fn nonce(&self) -> String {
        format!("{}-{}", self.plan.nonce, self.tries)
    }

    pub fn place(&self, item: Ordinal) -> Option<usize> {
        self.rows.binary_search(&item).ok()
    }

    pub fn is_settled(&self, place: usize) -> bool {
        self.settled[place / 64] >> (place % 64) & 1 == 1
    }

    pub fn mark_settled(&mut self, place: usize) {
        self.settled_count += u32::from(!self.is_settled(place));
        self.settled[place / 64] |= 1 << (place % 64);
    }

    pub fn mark_unfinished(&mut self, place: usize) {
        self.unfinished[place / 64] |= 1 << (place % 64);
    }

    pub fn unsettled(&self) -> Vec<Ordinal> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(place, _)| !self.is_settled(*place)).map(|(_, item)| *item).collect()
    }

    /// Rows of which no line tells anything.
    pub fn unnamed(&self) -> Vec<Ordinal> {
        let is_unfinished = |place: usize| self.unfinished[place / 64] >> (place % 64) & 1 == 1;
        let rows = self.rows.iter().enumerate();
        rows.filter(|(place, _)| !self.is_settled(*place) && !is_unfinished(*place)).map(|(_, item)| *item).collect()
    }

    /// Takes a row's worst case out of what is reserved.
    pub fn release(&mut self, worst: Usd) -> Usd {
        let part = worst.min(self.reserved);
        self.reserved -= part;
        part
    }

    pub fn seen(&self) -> Option<&JobSeen> {
        match &self.phase {
            Phase::Created { seen, .. } | Phase::Ended { seen, .. } => Some(seen),
            _ => None,
        }
    }

    /// The result files that are still to be read.
    pub fn next_file(&self) -> Option<(ResultFile, String)> {
        let Phase::Ended { seen, .. } = &self.phase else { return None };
        let files = [(ResultFile::Output, &seen.output_file), (ResultFile::Error, &seen.error_file)];
        let mut left = files.into_iter().filter(|(file, _)| !self.read[*file as usize]);
        left.find_map(|(file, id)| Some((file, id.clone()?)))
    }

    /// The next poll, later each time; `changed`: something happened, so look again soon.
    pub fn poll_later(&mut self, now: Time, changed: bool) {
        self.polls = if changed { 0 } else { self.polls.saturating_add(1) };
        let factor = 3_u64.saturating_pow(self.polls.min(20)) / 2_u64.saturating_pow(self.polls.min(20)).max(1);
        self.not_before = now.after_ms((POLL_MS_MIN * factor.max(1)).min(POLL_MS_MAX));
    }

    pub fn retry_later(&mut self, now: Time, hint_ms: u64, jitter: impl FnOnce(u64) -> u64) {
        let limit_ms = (RETRY_MS_MIN << self.retries.min(10)).min(RETRY_MS_MAX);
        self.retries = self.retries.saturating_add(1);
        self.not_before = now.after_ms(limit_ms / 2 + jitter(limit_ms / 2) + hint_ms);
    }

    /// The provider refuses the file or the job itself, and again after it was asked a few times: a file that was just
    /// uploaded is sometimes not found at once.
    pub fn is_refused(&self, failure: &Failure) -> bool {
        let without_job = matches!(self.phase, Phase::Planned | Phase::Uploaded { .. });
        failure.kind.action() == Action::EndItem && without_job && self.retries > REFUSALS_MAX
    }

    pub fn is_stuck_file(&self) -> bool {
        matches!(self.phase, Phase::Unsure { file_is: FileIs::Stuck, .. })
    }

    /// The file was asked back a few times in vain.
    pub fn is_stuck(&self) -> bool {
        self.retries > REFUSALS_MAX
    }

    pub fn went_well(&mut self) {
        self.retries = 0;
        self.not_before = Time(0);
    }
}

/// What limits one shard.
pub struct Cut<'a> {
    pub terms: &'a BatchTerms,
    pub bytes: &'a [u32],
    /// What the budget still has room for.
    pub money: Option<Usd>,
}

/// What the next shard is made of.
pub struct Piece {
    pub items: Vec<Ordinal>,
    pub amount: Usd,
    pub tokens: u64,
}

impl Cut<'_> {
    /// As many of `open`, in order, as one job takes. Empty: the first one fits nowhere, or the budget has no room.
    pub fn next(&self, open: &[Ordinal], facts: impl Fn(Ordinal) -> (u64, Usd)) -> Piece {
        let mut piece = Piece { items: Vec::new(), amount: Usd::ZERO, tokens: 0 };
        let mut bytes = 0;
        for item in open {
            let (tokens, worst) = facts(*item);
            bytes += u64::from(self.bytes.get(*item as usize).copied().unwrap_or(0));
            let too_much = piece.items.len() >= self.terms.requests_max as usize
                || bytes > self.terms.bytes_max
                || self.terms.queue_tokens.is_some_and(|most| piece.tokens + tokens > most)
                || self.money.is_some_and(|money| piece.amount + worst > money);
            if too_much {
                break;
            }
            piece.items.push(*item);
            piece.amount += worst;
            piece.tokens += tokens;
        }
        piece
    }
}

/// The worst case of one row at batch prices.
pub fn worst_case(card: Option<&RateCard>, input_bound: u32, output_cap: Option<u32>) -> Usd {
    card.map_or(Usd::ZERO, |card| card.worst_case(input_bound.into(), output_cap.unwrap_or(0).into()))
}

/// A plan's rows, from the items of a piece.
pub fn rows_of(piece: &Piece) -> Rows {
    Rows::of(piece.items.iter().copied())
}

#[cfg(test)]
pub(in crate::engine::batch) mod tests {
    use super::*;

    fn terms(requests_max: u32, bytes_max: u64, queue_tokens: Option<u64>) -> BatchTerms {
        BatchTerms { requests_max, bytes_max, queue_tokens, lane: 0, card: None, with_failed: false }
    }

    #[test]
    fn a_shard_ends_at_the_first_limit_it_would_pass() {
        let open: Vec<Ordinal> = (0..100).collect();
        let bytes = vec![10; 100];
        let facts = |_| (7, Usd::from_pico(3));
        for (terms, money, rows) in [
            (terms(30, 10_000, None), None, 30),
            (terms(100, 455, None), None, 45),
            (terms(100, 10_000, Some(70)), None, 10),
            (terms(100, 10_000, None), Some(Usd::from_pico(31)), 10),
            (terms(100, 10_000, Some(6)), None, 0),
        ] {
            let piece = Cut { terms: &terms, bytes: &bytes, money }.next(&open, facts);
            assert_eq!(piece.items.len(), rows, "{terms:?}");
            assert_eq!((piece.tokens, piece.amount.pico()), (7 * rows as u64, 3 * rows as i128));
        }
    }

    #[test]
    fn polls_grow_to_a_minute_and_begin_anew_after_a_change() {
        let mut shard = Shard::new(planned());
        let mut waits = Vec::new();
        for poll in 0..12 {
            shard.poll_later(Time(0), poll == 0);
            waits.push(shard.not_before.ms());
        }
        assert_eq!((waits[0], waits[11]), (2_000, 60_000));
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        shard.poll_later(Time(0), true);
        assert_eq!(shard.not_before.ms(), 2_000);
    }

    #[test]
    fn a_row_is_settled_once() {
        let mut shard = Shard::new(planned());
        assert_eq!((shard.place(5), shard.place(4)), (Some(3), None));
        shard.mark_settled(3);
        shard.mark_settled(3);
        assert_eq!((shard.settled_count, shard.unsettled()), (1, vec![0, 1, 2]));
    }

    pub(in crate::engine::batch) fn planned() -> Planned {
        Planned {
            shard: 1,
            nonce: "n".into(),
            rows: Rows::of([0, 1, 2, 5]),
            first_attempt: 1,
            lane: 0,
            amount: Usd::ZERO,
            tokens: 4,
            card: None,
        }
    }
}
