//! What kind of world a seed makes.

use pennybatch::engine::{Burst, ItemFacts, LanePlan, LimiterModel, Limits, Plan};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices::RateCard;
use pennybatch::provider::TokenAccounting;

#[derive(Clone, Debug)]
pub struct Scenario {
    pub plan: Plan,
    pub facts: Vec<ItemFacts>,
    pub latency_ms: (u64, u64),
    pub jitter_ms: u64,
    pub save_ms: (u64, u64),
    pub faults: Faults,
    /// One in this many steps is a crash; 0: never.
    pub crash_one_in: u32,
    pub crashes_max: u32,
    pub person: Person,
    /// The share of items that the cache of earlier runs answers, in percent.
    pub cached_percent: u32,
    pub late_wakes: bool,
}

/// In thousandths of the answers.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub server_error: u32,
    pub refusal: u32,
    pub hang: u32,
    pub reset: u32,
    /// A reset after which the browser sent the request again by itself, unseen.
    pub sent_twice: u32,
    pub torn: u32,
    pub no_usage: u32,
    pub length: u32,
    pub bad_request: u32,
    pub html: u32,
    pub wrong_key: u32,
    pub above_reservation: u32,
    pub save_failure: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Person {
    Patient,
    /// Pauses, resumes, changes limits and the budget, one step in so many.
    Restless(u32),
    /// The same, and stops the run once.
    Stops,
}

impl Scenario {
    pub fn draw(seed: u64) -> Scenario {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let items = rng.u32(1..=90);
        let groups = if rng.bool() { items } else { rng.u32(1..=items) };
        let use_cache = rng.u8(0..4) > 0;
        let priced = rng.u8(0..8) > 0;
        let output_cap = rng.u32(1..=200);
        let facts = facts(&mut rng, items, groups, use_cache);
        let card = RateCard::flat(PerToken(rng.u64(0..=3_000_000)), PerToken(rng.u64(1..=15_000_000)));
        let worst: Usd = facts.iter().map(|facts| card.worst_case(facts.input_bound.into(), output_cap.into())).sum();
        let budget = match rng.u8(0..3) {
            0 if priced => Some(Usd::from_pico(worst.pico() * i128::from(rng.u32(5..=150)) / 100)),
            _ => None,
        };
        let lanes = (0..if rng.u8(0..4) == 0 { 2 } else { 1 })
            .map(|_| LanePlan {
                limits: limits(&mut rng),
                card: priced.then(|| card.clone()),
                accounting: TokenAccounting::default(),
            })
            .collect();
        let hostile = rng.u8(0..3);
        Scenario {
            plan: Plan {
                lanes,
                budget,
                output_tokens_max: Some(output_cap),
                max_retries: rng.u8(0..=5),
                reasks: 0,
                timeout_ms: rng.u64(2_000..=60_000),
                use_cache,
                warm_up: false,
            },
            facts,
            latency_ms: (rng.u64(1..=200), rng.u64(200..=3_000)),
            jitter_ms: if rng.bool() { 0 } else { rng.u64(1..=450) },
            save_ms: (0, if rng.u8(0..5) == 0 { 3_000 } else { rng.u64(0..=20) }),
            faults: faults(&mut rng, hostile),
            crash_one_in: if rng.bool() { rng.u32(20..=400) } else { 0 },
            crashes_max: rng.u32(1..=4),
            person: match rng.u8(0..6) {
                0 => Person::Stops,
                1 | 2 => Person::Restless(rng.u32(20..=120)),
                _ => Person::Patient,
            },
            cached_percent: if use_cache && rng.u8(0..3) == 0 { rng.u32(1..=60) } else { 0 },
            late_wakes: rng.u8(0..4) == 0,
        }
    }
}

fn facts(rng: &mut fastrand::Rng, items: u32, groups: u32, use_cache: bool) -> Vec<ItemFacts> {
    let mut first = std::collections::BTreeMap::new();
    (0..items)
        .map(|item| {
            let group = if use_cache { rng.u32(0..groups) } else { item };
            let leader = *first.entry(group).or_insert(item);
            let input_estimate = 20 + leader % 50;
            ItemFacts { leader, input_estimate, input_bound: input_estimate * 4, maybe_cached: use_cache && rng.bool() }
        })
        .collect()
}

fn limits(rng: &mut fastrand::Rng) -> Limits {
    Limits {
        concurrency: rng.u16(1..=40),
        requests_per_minute: rng.bool().then(|| rng.u32(5..=120)),
        tokens_per_minute: (rng.u8(0..3) == 0).then(|| rng.u64(600..=20_000)),
        input_tokens_per_minute: None,
        output_tokens_per_minute: None,
        requests_per_day: (rng.u8(0..10) == 0).then(|| rng.u32(30..=200)),
        model: LimiterModel::Window,
        burst: if rng.bool() { Burst::Auto } else { Burst::Requests(rng.u32(1..=40)) },
    }
}

fn faults(rng: &mut fastrand::Rng, hostile: u8) -> Faults {
    if hostile == 0 {
        return Faults::default();
    }
    let mut some = |most: u32| if rng.bool() { rng.u32(0..=most * u32::from(hostile)) } else { 0 };
    Faults {
        server_error: some(60),
        refusal: some(60),
        hang: some(30),
        reset: some(40),
        sent_twice: some(20),
        torn: some(30),
        no_usage: some(30),
        length: some(60),
        bad_request: some(40),
        html: some(20),
        wrong_key: some(4),
        above_reservation: some(8),
        save_failure: some(5),
    }
}
