//! `Simulate this run`: a study advanced in slices, so that a run under way and the page's messages keep their turns.

use std::cell::Cell;

use wasm_bindgen_futures::spawn_local;

use crate::link::{Place, SimulationAsked, SimulationNews, ToPage};
use crate::prices;
use crate::simulate::{Scenario, Study};
use crate::worker::browser::{next_turn, now};
use crate::worker::page;
use crate::worker::plan::problem;

/// Steps between two looks at the clock: well under a millisecond.
const STEPS: u32 = 400;
const SLICE_MS: u64 = 16;
const NEWS_MS: u64 = 100;

pub fn begin(asked: SimulationAsked) {
    thread_local! {
        /// Only the latest is wanted.
        static LATEST: Cell<u32> = const { Cell::new(0) };
    }
    LATEST.set(asked.id);
    spawn_local(async move {
        // A key held down asks many times.
        next_turn().await;
        let id = asked.id;
        let Some(model) = prices::find(&asked.model) else {
            page::refuse(problem(Place::Run, format!("The catalogue has no model {}.", asked.model)));
            return;
        };
        let start = now();
        let scenario = Scenario::of(&asked.workload, model, asked.server, start);
        let mut study = Study::new(scenario, asked.seed.into(), start);
        let mut told = start;
        loop {
            let slice = now();
            let mut over = false;
            while !over && now().ms_since(slice) < SLICE_MS {
                over = study.advance(STEPS);
            }
            if LATEST.get() != id {
                return;
            }
            if over || now().ms_since(told) >= NEWS_MS {
                told = now();
                let (done, total) = study.progress();
                let summary = if over { study.summary() } else { None };
                page::post(&ToPage::Simulated(SimulationNews { id, done, total, summary }));
            }
            if over {
                return;
            }
            next_turn().await;
        }
    });
}
