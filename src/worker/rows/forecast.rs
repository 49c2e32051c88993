//! What exactly these rows would cost, before the first cent. Pure.

use std::collections::HashSet;

use crate::engine::{Burst, ItemFacts, LimiterModel, Limits, Ordinal, Plan};
use crate::estimate::{self, LimitKind, Limiter, RateLimit};
use crate::link::{FileEstimate, NearDuplicates, Setup};
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::{CacheMarks, PromptCache, Provider, Usage, bills_cache_writes};
use crate::time::Time;
use crate::worker::rows::prepare::Prepared;
use crate::worker::run::table::in_short;

/// A usual call's latency, where nothing is known of the endpoint.
const LATENCY_MS: u64 = 1_500;
/// Shorter prompts never get into OpenAI's cache.
const CACHED_INPUT_MIN: u64 = 1_024;

/// What is known of the rows.
pub struct Rows<'a> {
    pub facts: &'a [ItemFacts],
    /// Rows that end without a call, their answer being at hand; empty: none.
    pub imported: &'a [bool],
    /// Their tokens were counted, not estimated.
    pub tokens_counted: bool,
    /// Of each call, what all of them share and mark to be kept.
    pub shared_tokens: u64,
}

pub async fn forecast(
    setup: &Setup,
    plan: &Plan,
    rows: &Rows<'_>,
    now: Time,
    turn: &mut impl AsyncFnMut(),
) -> FileEstimate {
    let cards: Option<Vec<&RateCard>> = plan.lanes.iter().map(|lane| lane.card.as_ref()).collect();
    let cards = cards.unwrap_or_default();
    let lanes: Vec<Setup> = (0..setup.lanes()).map(|lane| setup.of_lane(lane)).collect();
    let priced_lanes: Vec<(&Setup, &RateCard)> = lanes.iter().zip(cards.iter().copied()).collect();
    let cap = u64::from(plan.output_tokens_max.unwrap_or(0));
    // An answer that doesn't fit may be asked for again, and every time is billed.
    let times = 1 + u64::from(plan.reasks);
    let (mut input_tokens, mut seen) = (0_u64, Seen::default());
    let (mut low, mut high, mut worst) = (Usd::ZERO, Usd::ZERO, Usd::ZERO);
    for (item, facts) in rows.facts.iter().enumerate() {
        turn().await;
        if !seen.is_to_be_paid(facts, rows.imported.get(item).copied().unwrap_or(false)) {
            continue;
        }
        let input = u64::from(facts.input_estimate);
        input_tokens += input;
        // A row goes to whichever lane is free: from the cheapest to the dearest.
        let lanes = match plan.own_lane(item as Ordinal) {
            Some(own) => priced_lanes.get(usize::from(own)..=usize::from(own)).unwrap_or_default(),
            None => &priced_lanes,
        };
        let least = lanes.iter().map(|(lane, card)| {
            let cache_read = cached(lane, rows.shared_tokens, input).0;
            card.cost(&Usage { input, cache_read, ..Usage::default() }, now)
        });
        let most = lanes.iter().flat_map(|(lane, card)| {
            let written = cached(lane, rows.shared_tokens, input).1;
            let cache_write_1h = if card.keeps_an_hour { written } else { 0 };
            let written = Usage { cache_write: written, cache_write_1h, ..Usage::default() };
            // What is thought may cost more than what is shown.
            [(Usage::default(), 0), (Usage::default(), cap), (written, 0), (written, cap)]
                .map(|(part, reasoning)| card.cost(&Usage { input, output: cap, reasoning, ..part }, now))
        });
        low += least.min().unwrap_or(Usd::ZERO);
        high += most.max().unwrap_or(Usd::ZERO) * times;
        let dearest = lanes.iter().map(|(_, card)| card.worst_case(u64::from(facts.input_bound), cap)).max();
        worst += dearest.unwrap_or(Usd::ZERO) * times;
    }
    let priced = !cards.is_empty();
    let capped = priced && plan.output_tokens_max.is_some();
    let worst_case = capped.then_some(worst);
    let calls = u64::from(seen.calls);
    FileEstimate {
        rows: rows.facts.len() as u32,
        duplicates: seen.repeats,
        maybe_cached: seen.maybe_cached,
        imported: seen.imported,
        near: NearDuplicates::default(),
        calls: seen.calls,
        input_tokens,
        tokens_counted: rows.tokens_counted,
        rows_sampled: 0,
        cost_low: priced.then_some(low),
        cost_high: capped.then_some(high),
        worst_case,
        duration_ms: lanes_ms(plan, calls, input_tokens + calls * cap, latency_ms(setup)),
        fits_budget: setup.budget.and_then(|budget| worst_case.map(|worst| worst <= budget)),
    }
}

/// Tokens of a call's input that the provider's prompt cache may give, and that it may take.
fn cached(lane: &Setup, shared_tokens: u64, input: u64) -> (u64, u64) {
    match lane.provider.cache_marks(&lane.base_url, &lane.model) {
        // Nothing tells whoever hands the calls on to OpenAI to keep nothing.
        CacheMarks::None if lane.provider.is_hosted() && bills_cache_writes(&lane.model) => {
            (0, if input >= CACHED_INPUT_MIN { input } else { 0 })
        }
        CacheMarks::None => (0, 0),
        _ if lane.prompt_cache == PromptCache::Off => (0, 0),
        _ => (shared_tokens.min(input), shared_tokens.min(input)),
    }
}

/// Rows that nearly repeat another, and what it saves to ask once for both: at most a full answer each.
pub async fn near(
    setup: &Setup,
    plan: &Plan,
    prepared: &Prepared,
    now: Time,
    turn: &mut impl AsyncFnMut(),
) -> NearDuplicates {
    const EXAMPLES: usize = 3;
    let found = prepared.near();
    let card = plan.lanes.first().and_then(|lane| lane.card.as_ref());
    let mut saves = None;
    if let Some((card, cap)) = card.zip(plan.output_tokens_max) {
        let mut sum = Usd::ZERO;
        for (row, _) in found {
            turn().await;
            let usage = Usage { input: prepared.input_estimate(*row), output: cap.into(), ..Usage::default() };
            sum += card.cost(&usage, now);
        }
        saves = Some(sum);
    }
    let shown = |row: &Ordinal| in_short(setup, &prepared.table, *row);
    let examples = found.iter().take(EXAMPLES).map(|(row, earlier)| (shown(row), shown(earlier))).collect();
    NearDuplicates { rows: found.len() as u32, saves, examples }
}

/// Each row is counted as one thing.
#[derive(Default)]
struct Seen {
    leaders: HashSet<u32>,
    calls: u32,
    repeats: u32,
    maybe_cached: u32,
    imported: u32,
}

impl Seen {
    /// One row of each group of equal ones is paid, unless all of them have their answers already.
    fn is_to_be_paid(&mut self, facts: &ItemFacts, imported: bool) -> bool {
        if imported {
            self.imported += 1;
        } else if facts.maybe_cached {
            self.maybe_cached += 1;
        } else if self.leaders.insert(facts.leader) {
            self.calls += 1;
            return true;
        } else {
            self.repeats += 1;
        }
        false
    }
}

/// Lanes share the calls in proportion to what each gets done; the last to finish decides.
fn lanes_ms(plan: &Plan, calls: u64, tokens: u64, latency_ms: u64) -> u64 {
    let alone: Vec<u64> =
        plan.lanes.iter().map(|lane| duration_ms(&lane.limits, calls, tokens, latency_ms).max(1)).collect();
    let speed = |ms: u64| 1.0 / ms as f64;
    let together: f64 = alone.iter().map(|ms| speed(*ms)).sum();
    let ends = plan.lanes.iter().zip(&alone).map(|(lane, ms)| {
        let share = speed(*ms) / together;
        let part = |whole: u64| (whole as f64 * share).ceil() as u64;
        if plan.lanes.len() == 1 {
            duration_ms(&lane.limits, calls, tokens, latency_ms)
        } else {
            duration_ms(&lane.limits, part(calls), part(tokens), latency_ms)
        }
    });
    ends.max().unwrap_or(0)
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
    use crate::link::LaneSetup;
    use crate::money::PerToken;
    use crate::worker::plan::{self, tests::setup};
    use crate::worker::rows::data::tests::at_once;

    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn each_row_is_one_thing_and_worst_cases_count_re_asks_on_the_dearest_lane() {
        let mut setup = setup();
        setup.reasks = 2;
        let plan = plan::plan(&setup);
        let row = |leader, maybe_cached| ItemFacts { leader, input_estimate: 100, input_bound: 1_000, maybe_cached };
        let facts = [row(0, false), row(0, false), row(2, true), row(3, false), row(3, false)];
        let of = |setup: &Setup, plan: &Plan, imported: &[bool]| {
            let rows = Rows { facts: &facts, imported, tokens_counted: false, shared_tokens: 0 };
            at_once(forecast(setup, plan, &rows, Time(0), &mut async || {}))
        };
        let one = of(&setup, &plan, &[]);
        assert_eq!((one.rows, one.calls, one.duplicates, one.maybe_cached, one.imported), (5, 2, 2, 1, 0));
        // gpt-4o-mini: 1,000 x $0.15 + 8 x $0.60 a million, three times, two calls.
        assert_eq!(one.worst_case, Usd::parse("0.0009288"));
        // 100 x $0.15 and nothing out, once; with 8 x $0.60, three times.
        assert_eq!((one.cost_low, one.cost_high), (Usd::parse("0.00003"), Usd::parse("0.0001188")));
        // The first of two equal rows is at hand; the other is still to be paid.
        let imported = of(&setup, &plan, &[true]);
        assert_eq!((imported.calls, imported.duplicates, imported.imported), (2, 1, 1));
        setup.more_lanes.push(LaneSetup {
            provider: setup.provider,
            base_url: String::new(),
            model: "gpt-4o".into(),
            input_price: None,
            output_price: None,
            listed_card: None,
            limits: setup.limits.clone(),
            variant: None,
        });
        let two = of(&setup, &plan::plan(&setup), &[]);
        assert_eq!(two.cost_low, one.cost_low, "the cheapest lane may take them all");
        assert!(two.worst_case > one.worst_case);
    }

    /// gpt-5.6-sol: $4 in, $0.40 from the cache, $5 into it, $20 out.
    #[test]
    fn no_estimate_is_below_what_the_prompt_cache_bills() {
        let mut setup = Setup {
            provider: Provider::OpenAi,
            base_url: "https://api.openai.com/v1".into(),
            model: "gpt-5.6-sol".into(),
            output_tokens_max: Some(10),
            ..setup()
        };
        let row = ItemFacts { leader: 0, input_estimate: 2_000, input_bound: 2_500, maybe_cached: false };
        let of = |setup: &Setup| {
            let rows = Rows { facts: &[row], imported: &[], tokens_counted: false, shared_tokens: 1_500 };
            at_once(forecast(setup, &plan::plan(setup), &rows, Time(0), &mut async || {}))
        };
        let usd = |text: &str| Usd::parse(text);
        // Nothing is written unasked, so that the estimate is of plain input; a reservation counts on writes all the same.
        assert_eq!((of(&setup).cost_low, of(&setup).cost_high), (usd("0.008"), usd("0.0082")));
        assert_eq!(of(&setup).worst_case, usd("0.0127"));
        // 1,500 of them are read or written.
        setup.prompt_cache = PromptCache::FiveMinutes;
        assert_eq!((of(&setup).cost_low, of(&setup).cost_high), (usd("0.0026"), usd("0.0097")));
        // A router hands calls on that write, and nothing tells them not to.
        let router = Setup {
            provider: Provider::OpenRouter,
            base_url: "https://openrouter.ai/api/v1".into(),
            model: "openai/gpt-5.6-sol".into(),
            input_price: Some(PerToken(4_000_000)),
            output_price: Some(PerToken(20_000_000)),
            prompt_cache: PromptCache::Off,
            ..setup
        };
        assert_eq!(of(&router).cost_high, usd("0.0102"));
        assert_eq!(of(&router).worst_case, usd("0.0127"));
    }

    #[test]
    fn two_equal_lanes_take_half_the_time() {
        let mut plan = plan::plan(&setup());
        plan.lanes[0].limits = Limits { concurrency: 10, ..Limits::default() };
        assert_eq!(lanes_ms(&plan, 100, 0, 400), 4_000);
        plan.lanes.push(plan.lanes[0].clone());
        assert_eq!(lanes_ms(&plan, 100, 0, 400), 2_000);
    }

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
