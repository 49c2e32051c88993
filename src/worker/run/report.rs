//! What the open run tells of itself: its progress, lane by lane, and its line in the list of runs.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::engine::RunState;
use crate::link::{Breakdown, RunSummary, Setup, ToPage};
use crate::money::Usd;
use crate::worker::browser::sleep_ms;
use crate::worker::page;
use crate::worker::run::session::Session;

/// Between two progress messages, and between two while nothing happens: the page shows a new one every half second.
const PROGRESS_MS: u32 = 250;
const IDLE_TURNS: u32 = 4;

impl Session {
    /// The setup with the limits and the budget that are in force: they may have changed on the way.
    pub fn setup_in_force(&self) -> Setup {
        let mut setup = self.setup().clone();
        let progress = self.progress();
        let mut limits = progress.lanes.into_iter().map(|lane| lane.limits);
        if let Some(first) = limits.next() {
            setup.limits = first;
        }
        for (lane, limits) in setup.more_lanes.iter_mut().zip(limits) {
            lane.limits = limits;
        }
        setup.budget = progress.budget;
        setup
    }

    pub(in crate::worker) fn tell(&self) {
        let progress = self.progress();
        if let Some(store) = &*self.store.borrow() {
            store.list(&self.summary());
        }
        page::post(&ToPage::Progress(progress));
        self.tell_breakdown();
    }

    pub(in crate::worker) fn tell_breakdown(&self) {
        let breakdown = self.breakdown();
        if self.told.borrow().as_ref() != Some(&breakdown) {
            page::post(&ToPage::Breakdown(breakdown.clone()));
            *self.told.borrow_mut() = Some(breakdown);
        }
        let scores = self.scores.borrow();
        if self.told_scores.replace(Some(scores.version)) != Some(scores.version) {
            page::post(&ToPage::Answers(scores.summary(self.progress().priced)));
        }
    }

    pub fn breakdown(&self) -> Breakdown {
        let results = self.results.borrow();
        let answered = (0..self.lanes.len()).map(|lane| results.answered_by(lane)).collect();
        Breakdown { answered, needs_keys: self.needs_keys(), marks: results.marks() }
    }

    /// About four times a second while something changes, once a second while a run waits, and once at the end.
    pub(in crate::worker) fn tell_soon(self: &Rc<Self>) {
        self.changed.set(true);
        if self.telling.replace(true) {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            let mut idle_turns = 0;
            loop {
                sleep_ms(PROGRESS_MS).await;
                idle_turns += 1;
                if session.is_settling() {
                    continue;
                }
                if session.changed.replace(false) || idle_turns >= IDLE_TURNS {
                    idle_turns = 0;
                    session.tell();
                }
                if !session.is_busy() && !session.changed.get() {
                    session.telling.set(false);
                    return;
                }
            }
        });
    }

    pub fn summary(&self) -> RunSummary {
        let progress = self.progress();
        RunSummary {
            run: self.manifest.run.clone(),
            name: self.manifest.data.name.clone(),
            provider: self.setup().provider,
            model: self.setup().model.clone(),
            started: self.manifest.started,
            total: progress.total,
            done: progress.done,
            errored: progress.errored,
            canceled: progress.canceled,
            finished: progress.state == RunState::Finished,
            spent: progress.spent,
            // What is under way would be doubtful after a crash.
            doubtful: progress.doubtful + in_flight_worst(&progress.state, progress.reserved),
            doubtful_attempts: progress.doubtful_attempts + progress.in_flight,
            busy: false,
            notes: Vec::new(),
        }
    }
}

fn in_flight_worst(state: &RunState, reserved: Usd) -> Usd {
    if *state == RunState::Finished { Usd::ZERO } else { reserved }
}
