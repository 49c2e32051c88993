//! How many bytes an item takes in the engine beyond its text, which the engine never holds: a fact of the data
//! structures, the same on every machine.

#![cfg(not(target_arch = "wasm32"))]

#[path = "simulation/drive.rs"]
#[allow(dead_code, reason = "each program drives runs in its own way")]
mod drive;

use drive::{Driven, Server};
use peak_alloc::PeakAlloc;
use pennybatch::engine::{Limits, Ordinal};
use pennybatch::money::PerToken;
use pennybatch::prices::RateCard;
use pennybatch::provider::Outcome;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BYTES_AN_ITEM_MAX: f64 = 64.0;

struct Constant;

impl Server for Constant {
    fn answer(&mut self, _item: Ordinal, _at_ms: u64) -> (u64, Outcome) {
        (1_500, drive::answered(250, 10))
    }
}

/// A million rows take their time without optimization.
const SIZES: &[u32] = if cfg!(debug_assertions) { &[10_000, 100_000] } else { &[10_000, 100_000, 1_000_000] };

/// The peak over a whole run, facts of the rows included, less what there was before.
fn bytes_an_item(items: u32, repeats: u32) -> f64 {
    let card = RateCard::flat(PerToken(150_000), PerToken(600_000));
    let mut plan = drive::plan(Limits { concurrency: 64, ..Limits::default() }, Some(card), 50);
    plan.use_cache = true;
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let mut rows = drive::rows(items, 250);
    rows.iter_mut().for_each(|row| row.leader = row.leader / repeats * repeats);
    let mut run = Driven::new(plan, rows);
    run.run(&mut Constant);
    assert_eq!(run.progress().succeeded, items);
    (ALLOCATOR.peak_usage() - before) as f64 / f64::from(items)
}

#[test]
fn an_item_takes_at_most_64_bytes_beyond_its_text() {
    println!("\n{:>10}  {:>28}  {:>13}", "items", "", "bytes an item");
    for (kind, repeats) in [("all different", 1), ("every request five times", 5)] {
        for items in SIZES.iter().copied() {
            let bytes = bytes_an_item(items, repeats);
            println!("{items:>10}  {kind:>28}  {bytes:>13.1}");
            assert!(bytes <= BYTES_AN_ITEM_MAX, "{bytes:.1} bytes an item, {items} items, {kind}");
        }
    }
}
