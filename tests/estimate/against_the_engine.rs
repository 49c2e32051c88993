//! The closed form against the run itself: the engine on a virtual clock, a provider that answers after a constant
//! latency, a disk that takes no time. The workloads are drawn from one seed over everything that a time depends on.

use pennybatch::estimate::{Duration, Limiter, Workload, estimate};
use pennybatch::prices::{self, Model};
use pennybatch::simulate::{Run, Scenario};

use crate::{NOW, plain};

const STEPS_MAX: u32 = 1_000_000;

fn model(id: &str) -> &'static Model {
    prices::find(id).unwrap_or_else(|| panic!("{id} is in the catalogue"))
}

/// From the start to the last answer, on the virtual clock.
fn run_ms(workload: &Workload, model: &Model, seed: u64) -> u64 {
    let scenario = Scenario::steady(&workload.bounded(), model, NOW);
    let outcome = Run::new(&scenario, seed, NOW).advance(&scenario, STEPS_MAX);
    let outcome = outcome.unwrap_or_else(|| panic!("no end after {STEPS_MAX} steps: {workload:?}"));
    assert_eq!((outcome.stopped, outcome.done), (None, scenario.calls), "{workload:?}");
    outcome.finish_ms
}

fn closed_ms(workload: &Workload, model: &Model) -> u64 {
    match estimate(workload, model, NOW).concurrent.duration {
        Duration::Ms(ms) => ms,
        other => panic!("{other:?}: {workload:?}"),
    }
}

/// Misses of more than `percent` of the runs' mean, as sentences. One run decides where nothing is left to chance, or
/// where it comes within half of what is allowed; otherwise many do, since a mean is what the closed form promises.
fn misses(workloads: &[Workload], percent: u64, seeds: u64) -> Vec<String> {
    let model = model("gpt-4o-mini");
    let apart = |(place, workload): (usize, &Workload)| {
        let (first, closed) = (run_ms(workload, model, place as u64), closed_ms(workload, model));
        let sure = first.abs_diff(closed) * 100 * 2 <= first * percent;
        let others = if sure { 0 } else { seeds - 1 };
        let all = (1..=others).map(|seed| run_ms(workload, model, place as u64 + seed * 1_000)).sum::<u64>() + first;
        let run = all / (others + 1);
        let sign = if run > closed { '+' } else { '-' };
        let tenths = run.abs_diff(closed) * 1_000 / run.max(1);
        (run.abs_diff(closed) * 100 > run * percent).then(|| {
            format!("#{place} run {run} closed {closed} ({sign}{}.{} %): {workload:?}", tenths / 10, tenths % 10)
        })
    };
    workloads.iter().enumerate().filter_map(apart).collect()
}

#[track_caller]
fn none_of(misses: &[String], of: usize) {
    assert!(misses.is_empty(), "{} of {of} miss:\n{}", misses.len(), misses[..misses.len().min(12)].join("\n"));
}

/// A limit that a run of so many calls may meet: from half of what `in_flight` can do to twice as much.
fn near(rng: &mut fastrand::Rng, calls_a_minute: u64) -> u64 {
    (calls_a_minute * rng.u64(50..=200) / 100).max(1)
}

fn drawn(rng: &mut fastrand::Rng, quick_failures_ppm: u32) -> Workload {
    let calls = [50, 120, 400, 400, 900][rng.usize(0..5)] + rng.u64(0..100);
    let concurrency = [1, 3, 8, 15, 40, 100][rng.usize(0..6)];
    let latency_ms = [200, 700, 1_500, 4_000][rng.usize(0..4)] + rng.u64(0..200);
    let a_minute = (u64::from(concurrency) * 60_000 / latency_ms).max(1);
    let (input, output) = (rng.u64(20..2_000), rng.u64(5..400));
    let mut workload = Workload {
        concurrency,
        latency_ms,
        quick_failures_ppm,
        cache_hits_ppm: [0, 0, 100_000, 400_000][rng.usize(0..4)],
        limiter: if rng.bool() { Limiter::Bucket } else { Limiter::Window },
        ..plain(calls, input, output)
    };
    if rng.u32(0..3) > 0 {
        workload.requests_per_minute = Some(near(rng, a_minute));
    }
    if rng.u32(0..3) == 0 {
        let tokens = near(rng, a_minute) * (input + output);
        workload.tokens_per_minute = Some(tokens.max(input + output));
    }
    // The engine's bucket is smaller than the provider's by half a second's worth, for the network's jitter. A burst that
    // is not much more than that is even pacing, and the half second is more than 2 % of a run of a few seconds.
    let slow = workload.requests_per_minute.is_some_and(|limit| limit <= 600);
    if rng.bool() && slow && calls >= 400 && workload.limiter == Limiter::Bucket {
        workload.burst = Some(rng.u64(6..=60));
    }
    // A day counts strictly in the closed form whatever the minute does, so that it errs to the long side.
    if rng.u32(0..10) == 0 && workload.limiter == Limiter::Window {
        workload.requests_per_day = Some(calls * 7 / 10);
    }
    workload
}

#[test]
fn the_closed_form_agrees_within_two_percent() {
    let mut rng = fastrand::Rng::with_seed(600);
    let workloads: Vec<Workload> = (0..600).map(|_| drawn(&mut rng, 0)).collect();
    none_of(&misses(&workloads, 2, 1), workloads.len());
}

#[test]
fn with_five_percent_quick_failures_it_agrees_within_ten_percent() {
    let mut rng = fastrand::Rng::with_seed(500);
    // In a run of a few seconds the chance of one backoff is a tenth of it: there the simulation is the answer.
    let long = |workload: &Workload| closed_ms(workload, model("gpt-4o-mini")) >= 10_000;
    let workloads: Vec<Workload> = std::iter::repeat_with(|| drawn(&mut rng, 50_000)).filter(long).take(500).collect();
    none_of(&misses(&workloads, 10, 8), workloads.len());
}
