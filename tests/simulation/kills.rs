//! A run of 200 rows whose worker is killed after each of its records, one by one: between any two store transactions,
//! and within them. Each time the run is opened again and goes on to its end, with every checker on: no checker lets an
//! item be sent again whose end was on disk.

use pennybatch::engine::{Entry, ItemFacts};

use crate::kinds::KINDS;
use crate::scenario::{Crashes, Cut, Faults, Scenario};
use crate::world::World;

const ROWS: u32 = 200;
const SEED: u64 = 200;

/// Rows of which some repeat others, faults of the usual kinds, and answers that don't fit.
fn scenario() -> Scenario {
    let mut scenario = Scenario::draw(KINDS[0].0, SEED).expect("the first kind");
    scenario.facts = (0..ROWS)
        .map(|item| {
            let leader = if item % 10 == 9 { item - 5 } else { item };
            ItemFacts { leader, input_estimate: 40, input_bound: 160, maybe_cached: false }
        })
        .collect();
    scenario.plan.use_cache = true;
    scenario.plan.reasks = 1;
    scenario.plan.max_retries = 4;
    scenario.plan.timeout_ms = 20_000;
    scenario.plan.lanes[0].limits.concurrency = 16;
    scenario.faults = Faults { server_error: 40, torn: 10, length: 30, misfit: 40, ..Faults::default() };
    scenario.cached_percent = 0;
    scenario.late_wakes = false;
    scenario.disk.save_ms_max = 5;
    scenario.disk.group_commit = false;
    scenario
}

#[test]
fn killed_after_any_record_a_run_of_200_rows_goes_on_to_its_end() {
    let whole = scenario();
    let mut world = World::new(SEED, &whole);
    world.run().expect("a run that nobody kills");
    let records = world.records().len();
    let transactions = world.ends_of_saves().len();
    let sends = world.records().iter().filter(|record| matches!(record.entry, Entry::Reserved { .. })).count();
    println!("{records} records in {transactions} transactions, {sends} attempts");
    assert!(transactions > ROWS as usize, "{transactions}");
    let whole_saves = world.ends_of_saves();
    for records in 1..=records {
        let ways: &[bool] = if whole_saves.contains(&records) { &[false, true] } else { &[false] };
        for told in ways.iter().copied() {
            let mut cut = scenario();
            cut.crashes = Crashes { cut: Some(Cut { records, told }), ..Crashes::default() };
            let mut world = World::new(SEED, &cut);
            let report = world.run().unwrap_or_else(|broken| panic!("killed after record {records}: {broken}"));
            assert_eq!(report.crashes, 1, "killed after record {records}");
        }
    }
}
