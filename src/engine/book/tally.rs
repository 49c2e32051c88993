//! What is counted on the way, for the progress line and the projection.

use std::collections::VecDeque;

use crate::engine::{Ending, Ordinal, Ticket, shareable};
use crate::money::Usd;
use crate::provider::Usage;
use crate::time::Time;

const RATE_SECONDS: u64 = 60;

#[derive(Debug, Default)]
pub struct Tally {
    pub cache_hits: u32,
    pub attempts: u64,
    pub retries: u64,
    pub reasked: u64,
    pub misfits: u32,
    pub rate_limited: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Attempts that were billed, and what they cost together.
    pub paid_attempts: u64,
    pub paid: Usd,
    /// Endings whose record is not on disk yet, by ticket.
    unsaved: VecDeque<(Ticket, u32)>,
    unsaved_total: u32,
    /// One bit an item: its answer may be shared with equal ones.
    shareable: Vec<u64>,
    /// `(second, endings)` of the last minute.
    recent: VecDeque<(u64, u32)>,
}

impl Tally {
    /// What an item costs on average, its re-asks included; `None` until something was billed.
    pub fn mean_cost(&self) -> Option<Usd> {
        let items = self.paid_attempts.saturating_sub(self.reasked).max(1);
        (self.paid_attempts > 0).then(|| Usd::from_pico(self.paid.pico() / i128::from(items)))
    }

    pub fn billed(&mut self, usage: Usage, cost: Usd) {
        self.input_tokens += usage.input;
        self.output_tokens += usage.output;
        self.paid_attempts += 1;
        self.paid += cost;
    }

    /// Notes that the record of an ending is on its way to the disk.
    pub fn saving(&mut self, ticket: Ticket, now: Time) {
        match self.unsaved.back_mut() {
            Some((last, count)) if *last == ticket => *count += 1,
            _ => self.unsaved.push_back((ticket, 1)),
        }
        self.unsaved_total += 1;
        let second = now.ms() / 1_000;
        match self.recent.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => self.recent.push_back((second, 1)),
        }
        while self.recent.front().is_some_and(|(first, _)| first + RATE_SECONDS < second) {
            self.recent.pop_front();
        }
    }

    pub fn count(&mut self, item: Ordinal, ending: &Ending) {
        match ending {
            Ending::Succeeded(answer) | Ending::FromCache(answer) if shareable(answer) => self.mark_shareable(item),
            Ending::Succeeded(answer) => self.misfits += u32::from(answer.misfit.is_some()),
            _ => {}
        }
        if matches!(ending, Ending::FromCache(_) | Ending::CopyOf(_)) {
            self.cache_hits += 1;
        }
    }

    pub fn saved(&mut self, ticket: Ticket) {
        while let Some((of, count)) = self.unsaved.front().copied() {
            if of > ticket {
                break;
            }
            self.unsaved.pop_front();
            self.unsaved_total -= count;
        }
    }

    /// Endings that don't count yet, because their record is not on disk.
    pub fn unsaved(&self) -> u32 {
        self.unsaved_total
    }

    pub fn is_shareable(&self, item: Ordinal) -> bool {
        self.shareable.get(item as usize / 64).is_some_and(|bits| bits >> (item % 64) & 1 == 1)
    }

    fn mark_shareable(&mut self, item: Ordinal) {
        let word = item as usize / 64;
        if self.shareable.len() <= word {
            self.shareable.resize(word + 1, 0);
        }
        self.shareable[word] |= 1 << (item % 64);
    }

    /// Endings over the last minute, in thousandths a second.
    pub fn rate_milli(&self, now: Time) -> u64 {
        let second = now.ms() / 1_000;
        let from = second.saturating_sub(RATE_SECONDS);
        let recent = self.recent.iter().filter(|(at, _)| *at >= from);
        let count: u64 = recent.clone().map(|(_, count)| u64::from(*count)).sum();
        let first = recent.map(|(at, _)| *at).min().unwrap_or(second);
        count * 1_000 / (second - first).max(1)
    }
}
