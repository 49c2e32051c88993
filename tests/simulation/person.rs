//! The person of the virtual world.

use pennybatch::engine::batch::Rows;
use std::collections::BTreeMap;

use pennybatch::engine::{Command, Ending, Entry, Event, Ordinal, PauseReason, RunState, Settled};
use pennybatch::money::Usd;
use pennybatch::provider::Answer;

use crate::wire;
use crate::world::World;

const HOUR_MS: u64 = 3_600_000;

impl World<'_> {
    pub(super) fn person_resumes_run(&mut self) -> Result<(), String> {
        self.checks.person_resumed();
        self.tell(Event::Command(Command::Resume))
    }

    pub(super) fn person_stops(&mut self) -> Result<(), String> {
        self.stopped = true;
        self.tell(Event::Command(Command::Stop))
    }

    /// Once, sometimes, after the run has ended. False: it has ended for good.
    pub(super) fn person_retries_what_failed(&mut self) -> Result<bool, String> {
        let failed = self.progress().errored > 0;
        let retry = failed && !self.stopped && self.rng.bool();
        if retry {
            self.stopped = true;
            self.checks.person_retried();
            self.tell(Event::Command(Command::RetryFailed))?;
        }
        Ok(retry)
    }

    /// Once, sometimes, after the run has ended: for better answers than those that don't fit.
    pub(super) fn person_asks_again(&mut self) -> Result<bool, String> {
        if self.asked_again || self.stopped || self.rng.bool() {
            return Ok(false);
        }
        self.asked_again = true;
        let mut last: BTreeMap<Ordinal, Answer> = BTreeMap::new();
        for record in self.records() {
            if let Entry::Settled(Settled { item, ending: Some(Ending::Succeeded(answer)), .. })
            | Entry::Ended { item, ending: Ending::Succeeded(answer) } = &record.entry
            {
                last.insert(*item, answer.clone());
            }
        }
        let unfit: Vec<(Ordinal, Answer)> = last.into_iter().filter(|(_, answer)| answer.misfit.is_some()).collect();
        self.report.asked_again += unfit.len() as u64;
        if !unfit.is_empty() {
            self.checks.person_retried();
        }
        for (item, answer) in &unfit {
            self.tell(Event::AskAgain { item: *item, answer: answer.clone() })?;
        }
        Ok(!unfit.is_empty())
    }

    /// The run rests and nothing is under way: the person sees why, and goes on.
    pub(super) fn person_looks(&mut self) -> Result<(), String> {
        match self.engine.state() {
            RunState::Paused(PauseReason::Budget { needed }) => {
                let needed = *needed;
                self.raise_budget(needed)?;
                self.person_resumes_run()
            }
            RunState::Paused(reason) => {
                if *reason == PauseReason::Storage && self.rng.bool() {
                    self.storage.make_room();
                }
                self.now = self.now.after_ms(self.rng.u64(1..=60_000));
                self.person_resumes_run()
            }
            state => Err(format!("stuck: {state:?}, nothing under way, no wake; {:?}", self.progress())),
        }
    }

    fn raise_budget(&mut self, needed: Usd) -> Result<(), String> {
        let cap = needed + Usd::from_pico(i128::from(self.rng.u64(0..=1_000_000_000)));
        self.checks.set_cap(Some(cap));
        self.tell(Event::Command(Command::SetBudget(Some(cap))))
    }

    pub(super) fn person_acts(&mut self) -> Result<(), String> {
        match self.rng.u8(0..9) {
            0..=1 => self.tell(Event::Command(Command::Pause)),
            2..=3 => self.person_resumes_run(),
            4..=5 => self.changes_limits(),
            6..=7 => match self.progress().budget {
                Some(cap) => self.raise_budget(cap),
                None => Ok(()),
            },
            _ => self.closes_the_tab(),
        }
    }

    /// Answers from elsewhere, to a few rows at once, whatever becomes of these just now.
    pub(super) fn person_imports(&mut self) -> Result<(), String> {
        for _ in 0..self.rng.u8(1..=4) {
            let item = self.rng.u32(0..self.scenario.facts.len() as u32);
            if self.engine.takes_import(item) {
                self.report.imports += 1;
                let text = wire::text(self.scenario.facts[item as usize].leader);
                self.tell(Event::Imported { item, answer: Answer { text, ..Answer::default() } })?;
            }
        }
        Ok(())
    }

    /// Takes a few rows away in a request file, whatever becomes of them just now; brings some of the answers back.
    pub(super) fn person_exports(&mut self) -> Result<(), String> {
        let rows = self.scenario.facts.len() as u32;
        if self.rng.u8(0..3) > 0 {
            let mut taken: Vec<Ordinal> = (0..self.rng.u32(1..=6)).map(|_| self.rng.u32(0..rows)).collect();
            taken.sort_unstable();
            taken.dedup();
            self.report.exports += 1;
            return self.tell(Event::Command(Command::Exported(Rows::of(taken))));
        }
        self.person_imports()
    }

    fn changes_limits(&mut self) -> Result<(), String> {
        let lane = self.rng.u8(0..self.scenario.plan.lanes.len() as u8);
        let mut limits = self.scenario.plan.lanes[usize::from(lane)].limits.clone();
        limits.concurrency = self.rng.u16(1..=30);
        limits.requests_per_minute = limits.requests_per_minute.map(|rpm| rpm + self.rng.u32(0..=20));
        self.provider.allow(usize::from(lane), &limits);
        let most = &mut self.concurrency[usize::from(lane)];
        *most = limits.concurrency.max(*most);
        self.tell(Event::Command(Command::SetLimits { lane, limits }))
    }

    /// And comes back after a while, or days later.
    fn closes_the_tab(&mut self) -> Result<(), String> {
        let away_ms = self.rng.u64(0..=72 * HOUR_MS);
        self.die_and_return(away_ms)
    }
}
