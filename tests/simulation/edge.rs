//! Limits to the edge: where a limit binds and nothing fails, nothing is refused and next to no time is lost. The
//! optimum is computed for a scheduler that knows the server's clock and wastes nothing.

use std::collections::VecDeque;

use pennybatch::engine::{Burst, LimiterModel, Limits, Ordinal};
use pennybatch::provider::{FailureKind, Outcome};

use crate::drive::{self, Driven, Server};

const LATENCY_MS: u64 = 1_500;
const REFUSAL_MS: u64 = 50;
const MINUTE_MS: u64 = 60_000;

/// Rows, what each weighs, and what the provider allows in a minute.
#[derive(Clone, Copy, Debug)]
struct Load {
    rows: u64,
    input_tokens: u64,
    output_cap: u64,
    rpm: u64,
    tpm: Option<u64>,
}

impl Load {
    const fn new(rows: u64, rpm: u64, tpm: Option<u64>) -> Load {
        Load { rows, input_tokens: 250, output_cap: 50, rpm, tpm }
    }

    fn weight(&self) -> u64 {
        self.input_tokens + self.output_cap
    }

    /// A strict window lets one minute's worth go at the start of every minute.
    fn optimum_of_window_ms(&self) -> u64 {
        let by_tokens = self.tpm.map_or(u64::MAX, |tpm| tpm / self.weight());
        let a_minute = self.rpm.min(by_tokens);
        (self.rows.div_ceil(a_minute) - 1) * MINUTE_MS + LATENCY_MS
    }

    /// A full bucket, and then as fast as it refills: the slower of requests and tokens.
    fn optimum_of_bucket_ms(&self) -> u64 {
        let emptied = |units: u64, limit: u64| (units.saturating_sub(limit) * MINUTE_MS).div_ceil(limit);
        let by_tokens = self.tpm.map_or(0, |tpm| emptied(self.rows * self.weight(), tpm));
        emptied(self.rows, self.rpm).max(by_tokens) + LATENCY_MS
    }
}

/// The loads of which the limits are asked; in the last one, tokens bind.
const LOADS: [Load; 4] = [
    Load::new(1_600, 1_200, None),
    Load::new(400, 500, None),
    Load::new(60_000, 500, Some(200_000)),
    Load { input_tokens: 650, ..Load::new(60_000, 500, Some(200_000)) },
];

/// A server that counts as its kind says, to the millisecond.
struct Strict {
    load: Load,
    kind: Kind,
    refused: u64,
}

enum Kind {
    /// When requests were let through, the latest last.
    Window(VecDeque<u64>),
    /// Levels in units times a minute, as of the moment.
    Bucket { requests: u64, tokens: u64, at_ms: u64 },
}

impl Strict {
    fn new(load: Load, model: LimiterModel) -> Strict {
        let kind = match model {
            LimiterModel::Window => Kind::Window(VecDeque::new()),
            LimiterModel::Bucket => {
                let tokens = load.tpm.unwrap_or(0) * MINUTE_MS;
                Kind::Bucket { requests: load.rpm * MINUTE_MS, tokens, at_ms: 0 }
            }
        };
        Strict { load, kind, refused: 0 }
    }

    fn takes(&mut self, now_ms: u64) -> bool {
        let Load { rpm, tpm, .. } = self.load;
        let weight = self.load.weight();
        match &mut self.kind {
            Kind::Window(recent) => {
                while recent.front().is_some_and(|at| now_ms - at >= MINUTE_MS) {
                    recent.pop_front();
                }
                let used = recent.len() as u64;
                let free = used < rpm && tpm.is_none_or(|tpm| (used + 1) * weight <= tpm);
                if free {
                    recent.push_back(now_ms);
                }
                free
            }
            Kind::Bucket { requests, tokens, at_ms } => {
                let waited_ms = now_ms - std::mem::replace(at_ms, now_ms);
                *requests = (*requests + rpm * waited_ms).min(rpm * MINUTE_MS);
                *tokens = tpm.map_or(0, |tpm| (*tokens + tpm * waited_ms).min(tpm * MINUTE_MS));
                let needed = if tpm.is_some() { weight * MINUTE_MS } else { 0 };
                let free = *requests >= MINUTE_MS && *tokens >= needed;
                if free {
                    *requests -= MINUTE_MS;
                    *tokens -= needed;
                }
                free
            }
        }
    }
}

impl Server for Strict {
    fn answer(&mut self, _item: Ordinal, at_ms: u64) -> (u64, Outcome) {
        if self.takes(at_ms) {
            return (LATENCY_MS, drive::answered(self.load.input_tokens, 10));
        }
        self.refused += 1;
        (REFUSAL_MS, drive::failed(FailureKind::RateLimited))
    }
}

#[derive(Debug)]
struct Seen {
    took_ms: u64,
    refused: u64,
    sent: u64,
    succeeded: u64,
}

fn run(load: Load, model: LimiterModel, server: LimiterModel) -> Seen {
    let limits = Limits {
        // Enough for concurrency never to bind.
        concurrency: 2_000,
        requests_per_minute: Some(load.rpm as u32),
        tokens_per_minute: load.tpm,
        model,
        burst: Burst::Auto,
        ..Limits::default()
    };
    let plan = drive::plan(limits, None, load.output_cap as u32);
    let mut run = Driven::new(plan, drive::rows(load.rows as u32, load.input_tokens as u32));
    let mut server = Strict::new(load, server);
    run.run(&mut server);
    let seen = Seen {
        took_ms: run.took_ms(),
        refused: server.refused,
        sent: run.sent,
        succeeded: run.progress().succeeded.into(),
    };
    println!("{load:?}, {model:?}: {seen:?}");
    assert_eq!(seen.succeeded, load.rows, "the run ends complete");
    seen
}

fn check_edge(load: Load, model: LimiterModel, optimum_ms: u64) {
    let seen = run(load, model, model);
    assert_eq!(seen.refused, 0, "{load:?}: {seen:?}");
    assert!(seen.took_ms >= optimum_ms, "{load:?}: {seen:?} is faster than the server allows, {optimum_ms} ms");
    assert!(seen.took_ms <= (optimum_ms + 500) * 102 / 100, "{load:?}: {seen:?}, optimum {optimum_ms} ms");
}

#[test]
fn the_optimum_is_what_anyone_would_say() {
    assert_eq!(LOADS[0].optimum_of_window_ms(), 60_000 + LATENCY_MS);
    assert_eq!(LOADS[0].optimum_of_bucket_ms(), 20_000 + LATENCY_MS);
    assert_eq!(LOADS[1].optimum_of_window_ms(), LATENCY_MS);
    assert_eq!(LOADS[1].optimum_of_bucket_ms(), LATENCY_MS);
}

#[test]
fn a_strict_window_is_used_to_its_edge() {
    LOADS.iter().for_each(|load| check_edge(*load, LimiterModel::Window, load.optimum_of_window_ms()));
}

#[test]
fn a_bucket_is_used_to_its_edge() {
    LOADS.iter().for_each(|load| check_edge(*load, LimiterModel::Bucket, load.optimum_of_bucket_ms()));
}

#[test]
fn with_the_wrong_model_the_run_ends_complete_and_few_requests_are_refused() {
    for load in LOADS {
        let seen = run(load, LimiterModel::Bucket, LimiterModel::Window);
        assert!(seen.refused * 50 < seen.sent, "{load:?}: {seen:?}");
        // The strict model suits a bucket as well, and only loses time.
        let seen = run(load, LimiterModel::Window, LimiterModel::Bucket);
        assert_eq!(seen.refused, 0, "{load:?}: {seen:?}");
    }
}
