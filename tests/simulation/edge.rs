//! Limits to the edge: where a limit binds and nothing fails, nothing is refused and next to no time is lost.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use pennybatch::engine::{
    Burst, Command, Effect, Engine, Event, ItemFacts, LanePlan, LimiterModel, Limits, Plan, RunState,
};
use pennybatch::provider::{Answer, Bill, Failure, FailureKind, Outcome, TokenAccounting, Usage};
use pennybatch::time::Time;

const LATENCY_MS: u64 = 1_500;
const INPUT_TOKENS: u32 = 250;
const OUTPUT_CAP: u32 = 50;

/// A server that counts as its kind says, to the millisecond.
enum Server {
    Window { limit: usize, tokens: u64, recent: VecDeque<(u64, u64)> },
    Bucket { limit: u64, drops: u64, at_ms: u64 },
}

impl Server {
    fn window(limit: usize, tokens: u64) -> Server {
        Server::Window { limit, tokens, recent: VecDeque::new() }
    }

    fn bucket(limit: u64) -> Server {
        Server::Bucket { limit, drops: limit * 60_000, at_ms: 0 }
    }

    fn takes(&mut self, now_ms: u64) -> bool {
        match self {
            Server::Window { limit, tokens, recent } => {
                while recent.front().is_some_and(|(at, _)| now_ms - at >= 60_000) {
                    recent.pop_front();
                }
                let weight = u64::from(INPUT_TOKENS + OUTPUT_CAP);
                let used: u64 = recent.len() as u64 * weight;
                let free = recent.len() < *limit && used + weight <= *tokens;
                if free {
                    recent.push_back((now_ms, weight));
                }
                free
            }
            Server::Bucket { limit, drops, at_ms } => {
                *drops = (*drops + *limit * (now_ms - *at_ms)).min(*limit * 60_000);
                *at_ms = now_ms;
                let free = *drops >= 60_000;
                if free {
                    *drops -= 60_000;
                }
                free
            }
        }
    }
}

#[derive(Debug)]
struct Outcomes {
    took_ms: u64,
    refused: u64,
    sent: u64,
    succeeded: u32,
}

fn drive(rows: u32, limits: Limits, mut server: Server) -> Outcomes {
    let plan = Plan {
        lanes: vec![LanePlan { limits, card: None, accounting: TokenAccounting::default() }],
        budget: None,
        output_tokens_max: Some(OUTPUT_CAP),
        max_retries: 4,
        reasks: 0,
        timeout_ms: 60_000,
        use_cache: false,
        warm_up: false,
    };
    let facts = (0..rows)
        .map(|leader| ItemFacts { leader, input_estimate: INPUT_TOKENS, input_bound: 1_000, maybe_cached: false })
        .collect();
    let start_ms = 1_790_000_000_000;
    let mut engine = Engine::new(plan, facts, 1, Time(start_ms));
    let mut answers = BinaryHeap::new();
    let (mut now_ms, mut refused, mut sent) = (start_ms, 0, 0);
    let mut event = Some(Event::Command(Command::Resume));
    while *engine.state() != RunState::Finished {
        engine.handle(event.take().unwrap_or(Event::Woke), Time(now_ms));
        while let Some(effect) = engine.poll_effect() {
            match effect {
                Effect::Save { ticket, .. } => engine.handle(Event::Saved { ticket }, Time(now_ms)),
                Effect::Send { attempt, .. } => {
                    sent += 1;
                    let taken = server.takes(now_ms - start_ms);
                    answers.push(Reverse((now_ms + if taken { LATENCY_MS } else { 50 }, attempt, taken)));
                }
                _ => {}
            }
        }
        let answered = answers.peek().map(|Reverse((at, ..))| *at);
        let wake = engine.next_wake().map(|wake| wake.at.ms().max(now_ms));
        match (answered, wake) {
            (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                let Some(Reverse((_, attempt, taken))) = answers.pop() else { break };
                now_ms = at.max(now_ms);
                refused += u64::from(!taken);
                event = Some(Event::Ended { attempt, outcome: outcome(taken), seen: None });
            }
            (_, Some(wake)) => now_ms = wake,
            _ => break,
        }
    }
    let succeeded = engine.progress(Time(now_ms)).succeeded;
    Outcomes { took_ms: now_ms - start_ms, refused, sent, succeeded }
}

fn outcome(taken: bool) -> Outcome {
    if taken {
        let usage = Usage { input: INPUT_TOKENS.into(), output: 10, ..Usage::default() };
        return Outcome::Answered { answer: Answer::default(), bill: Bill::Usage { usage, stated_cost: None } };
    }
    let failure =
        Failure { kind: FailureKind::RateLimited, status: Some(429), message: String::new(), retry_after_ms: None };
    Outcome::Failed { failure, bill: Bill::Nothing }
}

fn limits(rpm: u32, tpm: Option<u64>, model: LimiterModel) -> Limits {
    Limits {
        concurrency: 2_000,
        requests_per_minute: Some(rpm),
        tokens_per_minute: tpm,
        input_tokens_per_minute: None,
        output_tokens_per_minute: None,
        requests_per_day: None,
        model,
        burst: Burst::Auto,
    }
}

fn check_edge(rows: u32, rpm: u32, tpm: Option<u64>, model: LimiterModel, optimum_ms: u64) {
    let server = match model {
        LimiterModel::Window => Server::window(rpm as usize, tpm.unwrap_or(u64::MAX)),
        LimiterModel::Bucket => Server::bucket(rpm.into()),
    };
    let seen = drive(rows, limits(rpm, tpm, model), server);
    println!("{rows} rows at {rpm} RPM, {model:?}: {seen:?}, optimum {optimum_ms} ms");
    assert_eq!(seen.refused, 0, "{seen:?}");
    assert_eq!(seen.succeeded, rows);
    assert!(seen.took_ms <= (optimum_ms + 500) * 102 / 100, "{seen:?}, optimum {optimum_ms}");
}

#[test]
fn a_strict_window_is_used_to_its_edge() {
    check_edge(1_600, 1_200, None, LimiterModel::Window, 60_000 + LATENCY_MS);
    check_edge(400, 500, None, LimiterModel::Window, LATENCY_MS);
    check_edge(60_000, 500, Some(200_000), LimiterModel::Window, 119 * 60_000 + LATENCY_MS);
}

#[test]
fn a_bucket_is_used_to_its_edge() {
    check_edge(1_600, 1_200, None, LimiterModel::Bucket, 20_000 + LATENCY_MS);
    check_edge(400, 500, None, LimiterModel::Bucket, LATENCY_MS);
    check_edge(60_000, 500, None, LimiterModel::Bucket, 59_500 * 120 + LATENCY_MS);
}

#[test]
fn with_the_wrong_model_the_run_ends_complete_and_few_requests_are_refused() {
    for (rows, rpm) in [(1_600, 1_200), (3_000, 500)] {
        let seen = drive(rows, limits(rpm, None, LimiterModel::Bucket), Server::window(rpm as usize, u64::MAX));
        println!("bucket against a window, {rows} rows at {rpm} RPM: {seen:?}");
        assert_eq!(seen.succeeded, rows);
        assert!(seen.refused * 50 < seen.sent, "{seen:?}");
        let seen = drive(rows, limits(rpm, None, LimiterModel::Window), Server::bucket(rpm.into()));
        assert_eq!((seen.succeeded, seen.refused), (rows, 0), "{seen:?}");
    }
}
