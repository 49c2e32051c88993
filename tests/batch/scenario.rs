//! What kind of world a seed makes.

use pennybatch::engine::batch::BatchTerms;
use pennybatch::engine::{ItemFacts, LanePlan, Limits, Plan};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices::RateCard;
use pennybatch::provider::TokenAccounting;

#[derive(Clone, Debug)]
pub struct Scenario {
    pub plan: Plan,
    pub facts: Vec<ItemFacts>,
    pub terms: BatchTerms,
    /// Bytes of each item's request line.
    pub bytes: Vec<u32>,
    pub faults: Faults,
    pub crash_one_in: u32,
    pub crashes_max: u32,
    /// One step in so many, the person does something.
    pub person_one_in: u32,
    /// Hand over before anything was sent.
    pub at_once: bool,
    /// What the provider's queue holds, whether or not the person knows.
    pub queue_tokens: Option<u64>,
    /// How long a job takes at most; it expires after a day.
    pub job_ms: u64,
}

/// In thousandths of the requests, rows or jobs.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// An answer that is lost: the provider did it.
    pub lost: u32,
    /// The same, but the provider does it only a while later.
    pub late: u32,
    /// A job that is listed only a while later.
    pub slow_list: u32,
    /// A provider that deletes no files.
    pub keeps_files: bool,
    /// A job that the provider no longer knows once it has ended.
    pub job_gone: u32,
    /// A request that doesn't arrive.
    pub unreachable: u32,
    pub server_error: u32,
    pub rate_limited: u32,
    pub torn_download: u32,
    pub file_gone: u32,
    pub job_failed: u32,
    pub job_expired: u32,
    pub row_failed: u32,
    pub row_missing: u32,
    pub row_repeated: u32,
    pub row_unknown: u32,
    pub row_without_usage: u32,
    pub row_cut: u32,
    pub sync_error: u32,
    pub no_counts: bool,
}

impl Scenario {
    pub fn draw(seed: u64) -> Scenario {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xba7c);
        let items = rng.u32(1..=60);
        let groups = if rng.bool() { items } else { rng.u32(1..=items) };
        let use_cache = rng.u8(0..4) > 0;
        let output_cap = rng.u32(1..=100);
        let facts = facts(&mut rng, items, groups, use_cache);
        let card = RateCard::flat(PerToken(rng.u64(2..=3_000_000)), PerToken(rng.u64(2..=15_000_000)));
        let batch = RateCard::flat(PerToken(card.base.input.0 / 2), PerToken(card.base.output.0 / 2));
        let worst: Usd = facts.iter().map(|facts| batch.worst_case(facts.input_bound.into(), output_cap.into())).sum();
        let budget = (rng.u8(0..3) == 0).then(|| Usd::from_pico(worst.pico() * i128::from(rng.u32(20..=250)) / 100));
        let queue_tokens = (rng.u8(0..3) == 0).then(|| rng.u64(200..=1_500));
        let known = rng.bool();
        let requests_max = if rng.u8(0..4) == 0 { 50_000 } else { rng.u32(1..=25) };
        Scenario {
            plan: Plan {
                lanes: vec![LanePlan {
                    limits: Limits { concurrency: rng.u16(1..=10), ..Limits::default() },
                    card: Some(card),
                    accounting: TokenAccounting::default(),
                    ..LanePlan::default()
                }],
                budget,
                output_tokens_max: Some(output_cap),
                max_retries: rng.u8(0..=3),
                reasks: 0,
                timeout_ms: 60_000,
                use_cache,
                warm_up: false,
                first_call_alone: false,
                compare: false,
            },
            bytes: facts.iter().map(|facts| 100 + facts.input_estimate * 4).collect(),
            facts,
            terms: BatchTerms {
                requests_max,
                bytes_max: if rng.u8(0..4) == 0 { rng.u64(1_000..=4_000) } else { 200_000_000 },
                queue_tokens: queue_tokens.filter(|_| known),
                lane: 0,
                card: Some(batch),
                with_failed: false,
            },
            faults: faults(&mut rng),
            crash_one_in: if rng.u8(0..3) > 0 { rng.u32(5..=150) } else { 0 },
            crashes_max: rng.u32(1..=6),
            person_one_in: if rng.bool() { rng.u32(15..=200) } else { 0 },
            at_once: rng.bool(),
            queue_tokens,
            job_ms: [1_000, 90_000, 3_600_000][rng.usize(0..3)],
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

fn faults(rng: &mut fastrand::Rng) -> Faults {
    if rng.u8(0..5) == 0 {
        return Faults::default();
    }
    let mut some = |most: u32| if rng.bool() { rng.u32(0..=most) } else { 0 };
    Faults {
        lost: some(250),
        late: some(250),
        slow_list: some(500),
        keeps_files: some(1_000) > 500,
        job_gone: some(60),
        unreachable: some(150),
        server_error: some(100),
        rate_limited: some(100),
        torn_download: some(300),
        file_gone: some(20),
        job_failed: some(100),
        job_expired: some(300),
        row_failed: some(150),
        row_missing: some(60),
        row_repeated: some(100),
        row_unknown: some(60),
        row_without_usage: some(40),
        row_cut: some(100),
        sync_error: some(150),
        no_counts: some(1_000) > 800,
    }
}
