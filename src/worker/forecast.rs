//! What exactly these rows would cost, before the first cent. Pure.

use crate::engine::{ItemFacts, Limits, Plan};
use crate::link::{FileEstimate, Setup};
use crate::money::Usd;
use crate::provider::{Provider, Usage};
use crate::time::Time;

/// A usual call's latency, where nothing is known of the endpoint.
const LATENCY_MS: u64 = 1_500;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;

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
        Provider::OpenAiCompatible => LATENCY_MS,
    }
}

/// The longest of what each limit alone would take.
fn duration_ms(limits: &Limits, calls: u64, tokens: u64, latency_ms: u64) -> u64 {
    if calls == 0 {
        return 0;
    }
    let rounds = calls.div_ceil(u64::from(limits.concurrency.max(1)));
    let windows = |used: u64, limit: Option<u64>, window_ms: u64| {
        limit.map_or(0, |limit| used.saturating_sub(1) / limit.max(1) * window_ms)
    };
    let waits = [
        windows(calls, limits.requests_per_minute.map(u64::from), MINUTE_MS),
        windows(tokens, limits.tokens_per_minute, MINUTE_MS),
        windows(calls, limits.requests_per_day.map(u64::from), DAY_MS),
    ];
    waits.into_iter().max().unwrap_or(0).max((rounds - 1) * latency_ms) + latency_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_limit_decides() {
        let mut limits = Limits { concurrency: 10, ..Limits::default() };
        assert_eq!(duration_ms(&limits, 100, 0, 400), 4_000);
        limits.requests_per_minute = Some(50);
        assert_eq!(duration_ms(&limits, 100, 0, 400), MINUTE_MS + 400);
        limits.tokens_per_minute = Some(1_000);
        assert_eq!(duration_ms(&limits, 100, 5_000, 400), 4 * MINUTE_MS + 400);
        assert_eq!(duration_ms(&limits, 0, 0, 400), 0);
    }
}
