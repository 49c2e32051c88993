//! The disk of the virtual world: slow, failing or full at times; and what a crash leaves on it.
//!
//! What was acknowledged is never lost: no engine can count what its disk forgot. What was being written may be down
//! as a whole, in part (whole records from the front), or not at all.

use std::collections::BTreeSet;

use pennybatch::engine::{Began, Command, Doubtful, Engine, Entry, Event, ItemFacts, Progress, Record, Ticket};
use pennybatch::time::Time;

use crate::lasting::lasting;
use crate::world::{Happening, World};

#[derive(Default)]
pub struct Storage {
    down: Vec<Record>,
    pub ends_of_saves: BTreeSet<usize>,
    /// Given to the disk, not down yet, oldest first.
    writing: Vec<(Ticket, Vec<Record>)>,
    last_save: Time,
    /// The person has made room.
    roomy: bool,
    cut_done: bool,
}

impl Storage {
    pub fn down(&self) -> &[Record] {
        &self.down
    }

    pub fn make_room(&mut self) {
        self.roomy = true;
    }
}

impl World<'_> {
    pub(super) fn save(&mut self, ticket: Ticket, records: Vec<Record>) {
        let copy = |entry: &Entry| matches!(entry, Entry::Ended { ending: pennybatch::engine::Ending::CopyOf(_), .. });
        self.report.copies += records.iter().filter(|record| copy(&record.entry)).count() as u64;
        self.storage.writing.push((ticket, records));
        let disk = self.scenario.disk;
        let full = disk.full_at.is_some_and(|most| self.storage.down.len() >= most) && !self.storage.roomy;
        let fails = full || (disk.fails > 0 && self.rng.u32(0..1_000) < disk.fails);
        let at = self.now.after_ms(self.rng.u64(0..=disk.save_ms_max));
        // Saves end in the order in which they were asked for.
        let at = self.storage.last_save.max(at);
        self.storage.last_save = at;
        self.later(at, if fails { Happening::SaveFails(ticket) } else { Happening::Saved(ticket) });
    }

    /// A save that is down covers all earlier ones, and, where one flush takes along what was asked for meanwhile,
    /// later ones too.
    pub(super) fn save_lands(&mut self, ticket: Ticket) -> Result<(), String> {
        let asked = self.storage.writing.iter().filter(|(of, _)| *of <= ticket).count();
        let taken = match self.scenario.disk.group_commit {
            true => self.rng.usize(asked..=self.storage.writing.len()),
            false => asked,
        };
        let landed: Vec<(Ticket, Vec<Record>)> = self.storage.writing.drain(..taken).collect();
        let Some(ticket) = landed.last().map(|(ticket, _)| *ticket) else { return Ok(()) };
        for (_, mut records) in landed {
            let cut = self.scenario.crashes.cut.filter(|_| !self.storage.cut_done);
            let room = cut.map_or(usize::MAX, |cut| cut.records - self.storage.down.len());
            let (cut_here, torn) = (records.len() >= room, records.len() > room);
            records.truncate(room);
            self.checks.saved(&records)?;
            self.storage.down.extend(records);
            self.storage.ends_of_saves.insert(self.storage.down.len());
            if cut_here {
                self.storage.cut_done = true;
                if cut.is_some_and(|cut| cut.told) && !torn {
                    self.tell(Event::Saved { ticket })?;
                }
                return self.crash();
            }
        }
        self.tell(Event::Saved { ticket })
    }

    /// What failed stays queued, and lands with the next save that succeeds.
    pub(super) fn save_fails(&mut self, ticket: Ticket) -> Result<(), String> {
        if self.storage.writing.iter().all(|(of, _)| *of > ticket) {
            return Ok(());
        }
        self.report.saves_failed += 1;
        self.tell(Event::SaveFailed { ticket })
    }

    /// What a run that has ended still had to write: a word of the person's, or that it was opened again.
    pub(super) fn last_saves_land(&mut self) -> Result<(), String> {
        for (_, records) in std::mem::take(&mut self.storage.writing) {
            self.checks.saved(&records)?;
            self.storage.down.extend(records);
        }
        Ok(())
    }

    /// The browser dies, and is opened again a little later.
    pub(super) fn crash(&mut self) -> Result<(), String> {
        let away_ms = self.rng.u64(0..=90_000);
        self.die_and_return(away_ms)
    }

    pub(super) fn die_and_return(&mut self, away_ms: u64) -> Result<(), String> {
        self.report.crashes += 1;
        self.note(|| "CRASH".to_owned());
        if self.scenario.crashes.cut.is_none() {
            self.leave_a_part_down()?;
        }
        self.storage.writing.clear();
        self.storage.last_save = Time(0);
        self.forget_the_future();
        self.checks.crashed();
        self.now = self.now.after_ms(away_ms);
        self.engine = self.restored();
        let last = self.storage.down.iter().map(|record| record.at).max().unwrap_or_default();
        self.engine_behind_ms = self.now.ms_since(last.max(self.clock()));
        if self.engine_behind_ms > 0 {
            self.pace.lost_the_clock();
        }
        self.pace.crashed(&self.storage.down, self.now);
        let progress = self.progress();
        self.checks.after_restore(&self.storage.down, &progress)?;
        self.choose_what_becomes_of_doubtful_items(&progress)?;
        self.person_resumes_run()
    }

    /// Of what was being written, whole records from the front may be down, of any number of saves.
    fn leave_a_part_down(&mut self) -> Result<(), String> {
        let all: Vec<Record> = self.storage.writing.drain(..).flat_map(|(_, records)| records).collect();
        if all.is_empty() || self.rng.bool() {
            return Ok(());
        }
        let kept = &all[..self.rng.usize(0..=all.len())];
        self.report.torn_saves += 1;
        self.checks.saved(kept)?;
        self.storage.down.extend_from_slice(kept);
        Ok(())
    }

    fn choose_what_becomes_of_doubtful_items(&mut self, progress: &Progress) -> Result<(), String> {
        if progress.cut_off > 0 && self.rng.bool() {
            let choice = if self.rng.bool() { Doubtful::SendAgain } else { Doubtful::LeaveOut };
            return self.tell(Event::Command(Command::Doubtful(choice)));
        }
        if progress.doubtful_attempts > 0 && self.rng.u8(0..6) == 0 {
            self.checks.written_off = true;
            return self.tell(Event::Command(Command::Doubtful(Doubtful::CountAsNotBilled)));
        }
        Ok(())
    }

    fn restored(&self) -> Engine {
        let seed = self.report.crashes * 1_000_003 + self.scenario.facts.len() as u64;
        let Began { plan, facts } = match self.storage.down.iter().find_map(Record::began) {
            // By now other prices and other counts would be found; what was recorded holds.
            Some(began) => began.clone(),
            None => Began { plan: self.scenario.plan.clone(), facts: self.scenario.facts.clone().into() },
        };
        let facts = facts.iter().zip(&self.scenario.facts);
        let facts =
            facts.map(|(facts, drawn)| ItemFacts { maybe_cached: drawn.maybe_cached, ..*facts }).collect::<Vec<_>>();
        Engine::restore(plan, facts, self.storage.down.iter().cloned(), seed, self.clock())
    }

    /// A run that ended and is opened again shows the same figures.
    pub(super) fn restored_equals_live(&self) -> Result<(), String> {
        let (live, restored) = (self.progress(), self.restored().progress(self.clock()));
        if lasting(&live) != lasting(&restored) {
            return Err(format!("resume: opened again, the run differs:\n{live:?}\n{restored:?}"));
        }
        Ok(())
    }
}
