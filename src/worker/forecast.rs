//! What exactly these rows would cost, before the first cent. Pure.

use crate::engine::{Burst, ItemFacts, LimiterModel, Limits, Plan};
use crate::estimate::{self, LimitKind, Limiter, RateLimit};
use crate::link::{FileEstimate, Setup};
use crate::money::Usd;
use crate::provider::{Provider, Usage};
use crate::time::Time;

/// A usual call's latency, where nothing is known of the endpoint.
const LATENCY_MS: u64 = 1_500;

pub fn forecast(setup: &Setup, plan: &Plan, facts: &[ItemFacts], duplicates: u32, now: Time) -> FileEstimate {
    let card = plan.lanes.first().and_then(|lane| lane.card.as_ref());
    let cap = u64::from(plan.output_tokens_max.unwrap_or(0));
    let (mut calls, mut input_tokens, mut maybe_cached) = (0_u64, 0_u64, 0_u32);
    let (mut low, mut high, mut worst) = (Usd::ZERO, Usd::ZERO, Usd::ZERO);
    for (item, facts) in facts.iter().enumerate() {
        maybe_cached += u32::from(facts.maybe_cached);
        if facts.leader as usize != item || facts.maybe_cached {
            continue;
        }
        calls += 1;
        let input = u64::from(facts.input_estimate);
        input_tokens += input;
        if let Some(card) = card {
            low += card.cost(&Usage { input, ..Usage::default() }, now);
            high += card.cost(&Usage { input, output: cap, ..Usage::default() }, now);
            worst += card.worst_case(u64::from(facts.input_bound), cap);
        }
    }
    let capped = card.filter(|_| plan.output_tokens_max.is_some());
    let worst_case = capped.map(|_| worst);
    let limits = plan.lanes.first().map(|lane| lane.limits.clone()).unwrap_or_default();
    FileEstimate {
        rows: facts.len() as u32,
        duplicates,
        maybe_cached,
        input_tokens,
        cost_low: card.map(|_| low),
        cost_high: capped.map(|_| high),
        worst_case,
        duration_ms: duration_ms(&limits, calls, input_tokens + calls * cap, latency_ms(setup)),
        fits_budget: setup.budget.and_then(|budget| worst_case.map(|worst| worst <= budget)),
    }
}

fn latency_ms(setup: &Setup) -> u64 {
    match setup.provider {
        Provider::Demo => u64::from(setup.demo.latency_ms).max(1),
        _ => LATENCY_MS,
    }
}

/// By the formulas of the calculator. A limit below a single call is refused before a run starts.
fn duration_ms(limits: &Limits, calls: u64, tokens: u64, latency_ms: u64) -> u64 {
    let limiter = match limits.model {
        LimiterModel::Window => Limiter::Window,
        LimiterModel::Bucket => Limiter::Bucket,
    };
    let burst = match limits.burst {
        Burst::Auto => None,
        Burst::Requests(requests) => Some(u64::from(requests)),
    };
    let a_call = tokens.div_ceil(calls.max(1));
    let known: Vec<RateLimit> = [
        limits.requests_per_minute.map(|limit| RateLimit::requests_per_minute(limit.into(), burst, limiter)),
        limits
            .tokens_per_minute
            .map(|limit| RateLimit::tokens_per_minute(LimitKind::TokensPerMinute, limit, a_call, limiter)),
        limits.requests_per_day.map(|limit| RateLimit::requests_per_day(limit.into())),
    ]
    .into_iter()
    .flatten()
    .collect();
    estimate::duration_ms(calls, latency_ms, limits.concurrency.into(), &known).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn the_dearest_limit_decides() {
        let mut limits = Limits { concurrency: 10, ..Limits::default() };
        assert_eq!(duration_ms(&limits, 100, 0, 400), 4_000);
        limits.requests_per_minute = Some(50);
        // One minute's worth, then 50 calls in five rounds.
        assert_eq!(duration_ms(&limits, 100, 0, 400), MINUTE_MS + 5 * 400);
        limits.tokens_per_minute = Some(1_000);
        // 20 calls of 50 tokens a minute: four minutes' worth, then two rounds.
        assert_eq!(duration_ms(&limits, 100, 5_000, 400), 4 * MINUTE_MS + 2 * 400);
        assert_eq!(duration_ms(&limits, 0, 0, 400), 0);
    }
}
