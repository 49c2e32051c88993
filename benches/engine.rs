//! How fast the engine is: whole runs on a virtual clock, whose disk takes no time and whose provider answers after a
//! constant while. `cargo dev bench` runs it, and the measurement of memory (`tests/memory.rs`) after it.

#[path = "../tests/simulation/drive.rs"]
#[allow(dead_code, reason = "each program drives runs in its own way")]
mod drive;

use std::time::{Duration, Instant};

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use drive::{Driven, Server};
use pennybatch::engine::{Engine, Limits, Ordinal, Plan, Record, cache_key};
use pennybatch::money::PerToken;
use pennybatch::prices::RateCard;
use pennybatch::provider::Outcome;
use pennybatch::time::Time;

const LATENCY_MS: u64 = 1_500;
const INPUT_TOKENS: u32 = 250;
const OUTPUT_CAP: u32 = 50;
/// What the project asks of itself: a million items, and what ten times as many may take at most.
const MILLION_MAX: Duration = Duration::from_secs(2);
const GROWTH_MAX: f64 = 12.0;

fn main() {
    divan::main();
    if std::env::args().all(|argument| !argument.contains("run")) && std::env::args().count() > 2 {
        return;
    }
    growth();
}

struct Constant {
    disk: Vec<Record>,
    keeps: bool,
}

impl Server for Constant {
    fn answer(&mut self, _item: Ordinal, _at_ms: u64) -> (u64, Outcome) {
        (LATENCY_MS, drive::answered(INPUT_TOKENS.into(), 10))
    }

    fn saved(&mut self, records: &[Record]) {
        if self.keeps {
            self.disk.extend_from_slice(records);
        }
    }
}

fn plan(limits: Limits) -> Plan {
    let card = RateCard::flat(PerToken(150_000), PerToken(600_000));
    Plan { use_cache: true, ..drive::plan(Limits { concurrency: 64, ..limits }, Some(card), OUTPUT_CAP) }
}

fn run(items: u32, limits: Limits, keeps: bool) -> (Driven, Vec<Record>) {
    let mut run = Driven::new(plan(limits), drive::rows(items, INPUT_TOKENS));
    let mut server = Constant { disk: Vec::new(), keeps };
    run.run(&mut server);
    assert_eq!(run.progress().succeeded, items);
    (run, server.disk)
}

/// What this thread has spent on a processor, which other programs disturb less than a clock; the time since `began`
/// where the system doesn't tell.
fn spent(began: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| began.elapsed(), Duration::from_nanos)
}

/// The best of three runs at each size, in the project's own figures.
fn growth() {
    let took = |items: u32| {
        let once = || {
            let began = Instant::now();
            let before = spent(began);
            let (run, _) = run(items, Limits::default(), false);
            (spent(began) - before, began.elapsed(), run.steps)
        };
        (0..3).map(|_| once()).min().unwrap_or_default()
    };
    println!("\n{:>10}  {:>11}  {:>11}  {:>14}", "items", "processor", "clock", "steps a second");
    let sizes = [10_000, 100_000, 1_000_000].map(|items| {
        let (time, clock, steps) = took(items);
        let seconds = time.as_secs_f64();
        println!("{items:>10}  {seconds:>9.3} s  {:>9.3} s  {:>14.0}", clock.as_secs_f64(), steps as f64 / seconds);
        time
    });
    let times = sizes[2].as_secs_f64() / sizes[1].as_secs_f64();
    println!("ten times 100,000 items take {times:.1} times as long; {GROWTH_MAX} is the aim at most");
    println!("a million items take {:.2} s; {MILLION_MAX:?} is the aim at most", sizes[2].as_secs_f64());
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn run_without_limits(bencher: Bencher, items: u32) {
    let steps = run(items, Limits::default(), false).0.steps;
    bencher.counter(ItemsCount::new(steps)).bench(|| run(items, Limits::default(), false).0.steps);
}

/// Requests and tokens both bind, so that nearly every step asks the limiters when the next send may go.
#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn run_against_limits(bencher: Bencher, items: u32) {
    let limits = Limits { requests_per_minute: Some(2_000), tokens_per_minute: Some(600_000), ..Limits::default() };
    let steps = run(items, limits.clone(), false).0.steps;
    bencher.counter(ItemsCount::new(steps)).bench(|| run(items, limits.clone(), false).0.steps);
}

/// A finished run opened again from its records.
#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn run_restored(bencher: Bencher, items: u32) {
    let (_, disk) = run(items, Limits::default(), true);
    let later = Time(drive::START.ms() + 86_400_000);
    bencher.counter(ItemsCount::new(disk.len())).with_inputs(|| disk.clone()).bench_values(|disk| {
        Engine::restore(plan(Limits::default()), drive::rows(items, INPUT_TOKENS), disk, 1, later)
    });
}

#[divan::bench(args = [100, 1_000, 100_000])]
fn key_of_a_request(bencher: Bencher, prompt_bytes: usize) {
    let prompt = "What genre is it? ".repeat(prompt_bytes / 18 + 1);
    let body =
        format!(r#"{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"{prompt}"}}],"max_tokens":50}}"#);
    bencher.counter(BytesCount::new(body.len())).bench(|| cache_key("openai gpt-4o-mini", black_box(&body)));
}
