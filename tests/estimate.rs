//! Workloads whose cost and time were worked out by hand, the post's own figures, the limits, and the closed form
//! against the engine on a virtual clock.

#![cfg(not(target_arch = "wasm32"))]

#[path = "estimate/advice.rs"]
mod advice;
#[path = "estimate/against_the_engine.rs"]
mod against_the_engine;
#[path = "estimate/by_hand.rs"]
mod by_hand;
#[path = "estimate/corrections.rs"]
mod corrections;
#[path = "estimate/every_day.rs"]
mod every_day;
#[path = "estimate/every_model.rs"]
mod every_model;
#[path = "estimate/expected.rs"]
mod expected;
#[path = "estimate/limits.rs"]
mod limits;
#[path = "estimate/post.rs"]
mod post;
#[path = "estimate/spreadsheet.rs"]
mod spreadsheet;

use pennybatch::estimate::{Estimate, Workload, estimate};
use pennybatch::prices;
use pennybatch::time::Time;

/// Monday, 23 November 2026, 12:00 UTC: off peak everywhere, before every scheduled change.
pub const NOW: Time = Time(1_795_435_200_000);

/// Without repeats and without a shared prefix, 10 in flight, 2 s a call.
pub fn plain(calls: u64, input_tokens: u64, output_tokens: u64) -> Workload {
    Workload {
        calls,
        input_tokens,
        output_tokens,
        cache_hits_ppm: 0,
        concurrency: 10,
        latency_ms: 2_000,
        ..Workload::default()
    }
}

pub fn of(workload: &Workload, model: &str) -> Estimate {
    estimate(workload, prices::find(model).unwrap_or_else(|| panic!("{model} is in the catalogue")), NOW)
}
