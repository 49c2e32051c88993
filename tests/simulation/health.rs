//! Invariants of a run's health: what can't succeed stops, before rows are lost or money is paid for nothing.

use std::collections::{BTreeMap, BTreeSet};

use pennybatch::engine::{AttemptId, Ending, Entry, Ordinal, Progress, Record, RunState, Settled};
use pennybatch::provider::{Answer, FailureKind, Finish};

/// So many refusals of one kind in a row stop a lane that never answered.
const REFUSALS_MAX: usize = 10;
/// So many empty answers in a row pause the run.
const EMPTY_MAX: u32 = 5;

#[derive(Default)]
pub struct Health {
    lane_of: BTreeMap<AttemptId, u8>,
    /// Lanes that ever answered, as the engine knows it, and as the disk does.
    answered: BTreeSet<u8>,
    answered_on_disk: BTreeSet<u8>,
    /// By lane that never answered: the items that it refused in a row, and how.
    refused: BTreeMap<u8, (FailureKind, Vec<Ordinal>)>,
    /// Lanes that stopped because of that.
    refusing: BTreeSet<u8>,
    /// Items that were given back once: refused again, they end.
    spared: BTreeSet<Ordinal>,
    /// Items that ended as errors, as the engine knows it, and as the disk does.
    errored: BTreeSet<Ordinal>,
    errored_on_disk: BTreeSet<Ordinal>,
    empty_in_a_row: u32,
}

impl Health {
    pub fn crashed(&mut self) {
        self.answered.clone_from(&self.answered_on_disk);
        self.errored.clone_from(&self.errored_on_disk);
        self.refused.clear();
        self.refusing.clear();
        self.spared.clear();
        self.empty_in_a_row = 0;
    }

    pub fn person_resumed(&mut self) {
        self.refused.clear();
        self.refusing.clear();
        self.empty_in_a_row = 0;
    }

    pub fn person_retried(&mut self) {
        self.spared.clear();
        self.empty_in_a_row %= EMPTY_MAX;
    }

    pub fn was_answered(&mut self, lane: u8, answer: &Answer) {
        self.answered.insert(lane);
        self.refused.remove(&lane);
        let empty = answer.finish == Finish::Length && answer.text.is_empty();
        self.empty_in_a_row = if empty { self.empty_in_a_row + 1 } else { 0 };
    }

    pub fn was_refused(&mut self, lane: u8, item: Ordinal, kind: FailureKind) {
        if self.spared.contains(&item) {
            return;
        }
        if self.refusing.contains(&lane) {
            self.spared.insert(item);
            return;
        }
        if self.answered.contains(&lane) {
            return;
        }
        let (last, items) = self.refused.entry(lane).or_insert((kind, Vec::new()));
        if std::mem::replace(last, kind) != kind {
            items.clear();
        }
        items.push(item);
    }

    pub fn asked_to_save(&mut self, record: &Record) {
        if let Entry::Reserved { attempt, lane, .. } = &record.entry {
            self.lane_of.insert(*attempt, *lane);
        }
        note_errored(&mut self.errored, record);
    }

    pub fn saved(&mut self, record: &Record) {
        note_errored(&mut self.errored_on_disk, record);
        let Entry::Settled(Settled { attempt, failure: None, .. }) = &record.entry else { return };
        if let Some(lane) = self.lane_of.get(attempt) {
            self.answered_on_disk.insert(*lane);
        }
    }

    pub fn check(&mut self, stopped_lanes: &BTreeSet<u8>, progress: &Progress) -> Result<(), String> {
        for (lane, (_, items)) in self.refused.iter().filter(|(_, (_, items))| items.len() >= REFUSALS_MAX) {
            if !stopped_lanes.contains(lane) {
                return Err(format!("refusals: lane {lane} refused {} rows in a row and goes on", items.len()));
            }
            if let Some(item) = items.iter().find(|item| self.errored.contains(item))
                && progress.state != RunState::Stopping
            {
                return Err(format!("refusals: item {item} isn't open again, though lane {lane} refuses everyone"));
            }
        }
        let given_back = self.refused.extract_if(.., |_, (_, items)| items.len() >= REFUSALS_MAX);
        for (lane, (_, items)) in given_back {
            self.refusing.insert(lane);
            self.spared.extend(items);
        }
        match self.empty_in_a_row >= EMPTY_MAX && progress.state == RunState::Running {
            true => Err(format!("brake: {} empty answers in a row, and the run goes on", self.empty_in_a_row)),
            false => Ok(()),
        }
    }
}

fn note_errored(errored: &mut BTreeSet<Ordinal>, record: &Record) {
    match &record.entry {
        Entry::Settled(Settled { item, ending: Some(Ending::Errored(_)), .. }) => drop(errored.insert(*item)),
        Entry::Reopened { item } => drop(errored.remove(item)),
        _ => {}
    }
}
