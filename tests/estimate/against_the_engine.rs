//! The closed form against the run itself: the engine on a virtual clock, a provider that answers after a constant
//! latency, a disk that takes no time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use pennybatch::engine::{
    Burst, Command, Effect, Engine, Event, ItemFacts, LanePlan, LimiterModel, Limits, Plan, RunState,
};
use pennybatch::estimate::{LimitKind, Limiter, RateLimit, Workload, duration_ms};
use pennybatch::provider::{Answer, Bill, Failure, FailureKind, Outcome, TokenAccounting, Usage};
use pennybatch::time::Time;

const START: Time = Time(1_795_435_200_000);
const INPUT_TOKENS: u32 = 250;
const OUTPUT_TOKENS: u32 = 50;
const QUICK_FAILURE_MS: u64 = 300;
const STEPS_MAX: u64 = 1_000_000;

#[test]
fn the_closed_form_agrees_within_two_percent() {
    let free = Limits { model: LimiterModel::Bucket, ..Limits::default() };
    let requests = |limit| Some(limit);
    for (calls, limits) in [
        (1_000, free.clone()),
        (4_500, Limits { requests_per_minute: requests(500), burst: Burst::Requests(20), ..free.clone() }),
        (4_500, Limits { requests_per_minute: requests(500), ..free.clone() }),
        (4_500, Limits { tokens_per_minute: Some(200_000), concurrency: 30, ..free.clone() }),
        (4_500, Limits { requests_per_minute: requests(500), model: LimiterModel::Window, ..free.clone() }),
        (
            3_000,
            Limits { tokens_per_minute: Some(100_000), model: LimiterModel::Window, concurrency: 40, ..free.clone() },
        ),
        (2_500, Limits { requests_per_day: Some(1_000), model: LimiterModel::Window, ..free.clone() }),
    ] {
        for latency_ms in [400, 1_500] {
            let run_ms = run(calls, latency_ms, &limits, None);
            let estimate_ms =
                duration_ms(u64::from(calls), latency_ms, u32::from(limits.concurrency), &rate_limits(&limits))
                    .unwrap();
            let apart_ms = run_ms.abs_diff(estimate_ms);
            assert!(apart_ms * 50 <= run_ms, "{limits:?}, {latency_ms} ms: {estimate_ms} estimated, {run_ms} run");
        }
    }
}

#[test]
fn with_five_percent_quick_failures_it_agrees_within_ten_percent() {
    for limits in [
        Limits { model: LimiterModel::Bucket, ..Limits::default() },
        Limits { requests_per_minute: Some(400), model: LimiterModel::Bucket, ..Limits::default() },
    ] {
        let run_ms = run(4_000, 1_500, &limits, Some(20));
        let workload = Workload {
            quick_failures_ppm: 50_000,
            quick_failure_ms: QUICK_FAILURE_MS,
            requests_per_minute: limits.requests_per_minute.map(u64::from),
            cache_hits_ppm: 0,
            calls: 4_000,
            ..Workload::default()
        };
        let estimate_ms = crate::of(&workload, "gpt-4o-mini").concurrent.duration.most_ms().unwrap();
        let apart_ms = run_ms.abs_diff(estimate_ms);
        assert!(apart_ms * 10 <= run_ms, "{limits:?}: {estimate_ms} estimated, {run_ms} run");
    }
}

fn rate_limits(limits: &Limits) -> Vec<RateLimit> {
    let limiter = match limits.model {
        LimiterModel::Bucket => Limiter::Bucket,
        LimiterModel::Window => Limiter::Window,
    };
    let burst = match limits.burst {
        Burst::Auto => None,
        Burst::Requests(requests) => Some(u64::from(requests)),
    };
    let tokens_per_call = u64::from(INPUT_TOKENS + OUTPUT_TOKENS);
    let requests = limits.requests_per_minute.map(|limit| RateLimit::requests_per_minute(limit.into(), burst, limiter));
    let tokens = limits
        .tokens_per_minute
        .map(|limit| RateLimit::tokens_per_minute(LimitKind::TokensPerMinute, limit, tokens_per_call, limiter));
    let daily = limits.requests_per_day.map(|limit| RateLimit::requests_per_day(limit.into()));
    [requests, tokens, daily].into_iter().flatten().collect()
}

/// From the start to the last answer, on the virtual clock. `one_fails_in`: every so manieth attempt is refused at once.
fn run(calls: u32, latency_ms: u64, limits: &Limits, one_fails_in: Option<u64>) -> u64 {
    let facts = (0..calls)
        .map(|item| ItemFacts {
            leader: item,
            input_estimate: INPUT_TOKENS,
            input_bound: INPUT_TOKENS,
            maybe_cached: false,
        })
        .collect();
    let plan = Plan {
        lanes: vec![LanePlan { limits: limits.clone(), card: None, accounting: TokenAccounting::default() }],
        budget: None,
        output_tokens_max: Some(OUTPUT_TOKENS),
        max_retries: 4,
        reasks: 0,
        timeout_ms: 600_000,
        use_cache: false,
        warm_up: false,
    };
    let mut engine = Engine::new(plan, facts, 1, START);
    let mut answers = BinaryHeap::new();
    let (mut now, mut last_answer, mut sends) = (START, START, 0_u64);
    engine.handle(Event::Command(Command::Resume), now);
    for _ in 0..STEPS_MAX {
        while let Some(effect) = engine.poll_effect() {
            match effect {
                Effect::Save { ticket, .. } => engine.handle(Event::Saved { ticket }, now),
                Effect::Send { attempt, .. } => {
                    sends += 1;
                    let fails = one_fails_in.is_some_and(|every| sends % every == 0);
                    let after_ms = if fails { QUICK_FAILURE_MS } else { latency_ms };
                    answers.push(Reverse((now.after_ms(after_ms), attempt, fails)));
                }
                Effect::LookUp { item } => engine.handle(Event::LookedUp { item, answer: None }, now),
                Effect::Abort { .. } | Effect::Notify(_) => {}
            }
        }
        if *engine.state() == RunState::Finished {
            return last_answer.ms_since(START);
        }
        let wake = engine.next_wake().map(|wake| wake.at);
        match answers.peek() {
            Some(Reverse((at, _, _))) if wake.is_none_or(|wake| *at <= wake) => {
                let Some(Reverse((at, attempt, fails))) = answers.pop() else { unreachable!("it was peeked at") };
                (now, last_answer) = (at, at);
                engine.handle(
                    Event::Ended { attempt, outcome: if fails { refused() } else { answered() }, seen: None },
                    now,
                );
            }
            _ => {
                now = wake.expect("a run that waits for no answer waits for a moment").max(now);
                engine.handle(Event::Woke, now);
            }
        }
    }
    panic!("no end after {STEPS_MAX} steps");
}

fn answered() -> Outcome {
    let usage = Usage { input: u64::from(INPUT_TOKENS), output: u64::from(OUTPUT_TOKENS), ..Usage::default() };
    Outcome::Answered { answer: Answer::default(), bill: Bill::Usage { usage, stated_cost: None } }
}

fn refused() -> Outcome {
    let failure = Failure {
        kind: FailureKind::ServerError,
        status: Some(503),
        message: "overloaded".to_owned(),
        retry_after_ms: None,
    };
    Outcome::Failed { failure, bill: Bill::Nothing }
}
