//! The scenarios by name, and how a seed draws one.

use std::collections::BTreeMap;

use pennybatch::engine::{Burst, ItemFacts, LanePlan, LimiterModel, Limits, Plan};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices::RateCard;
use pennybatch::provider::{FailureKind, TokenAccounting};

use crate::scenario::*;

type Rng = fastrand::Rng;

/// How a kind differs from an ordinary run.
type Shape = fn(&mut Scenario, &mut Rng);

/// `(name, what it is, its shape)`.
pub const KINDS: [(&str, &str, Shape); 29] = [
    ("calm", "nothing fails and nothing binds", |_, _| {}),
    ("strict-window", "minute and day limits, counted in a strict sliding window", strict_window),
    ("bucket", "minute limits, counted in a bucket that refills", bucket),
    ("accounting", "input and output tokens limited apart, output counted as it comes", accounting),
    ("quantised", "limits that hold for a second and for five as well", quantised),
    ("shared-limit", "other users on the same limit", shared_limit),
    ("wrong-limit", "the provider allows less than the plan says", wrong_limit),
    ("headers", "the same, and its headers say so", headers),
    ("hints", "429s out of the blue, with every kind of hint", hints),
    ("brown-out", "minutes of 5xx or of slow answers", brown_out),
    ("offline", "minutes without a network", offline),
    ("hangs", "answers that never come, or come late", hangs),
    ("hostile", "every fault at once", hostile),
    ("misfit", "answers that don't fit their format", misfit),
    ("budget", "less money than the rows need at worst", budget),
    ("lanes", "several endpoints, of which some die", lanes),
    ("refusing", "endpoints that refuse whatever they are asked", refusing),
    ("thinking", "answers whose output cap goes into thinking", thinking),
    ("imports", "rows that fail, and answers to them from elsewhere", imports),
    ("exports", "rows that are taken away in request files while the run goes on", exports),
    ("narrow-lanes", "rows of many sizes, of which some fit only some lanes", narrow_lanes),
    ("candidates", "lanes that are compared: every row goes to each, under one budget", candidates),
    ("gateway", "errors of a server in between, billed or not, under a budget", gateway),
    ("unchecked", "answers that can't be checked", unchecked),
    ("clock", "a clock that is ahead, and is set back", clock),
    ("crashes", "crashes between any two steps, torn and lost transactions", crashes),
    ("disk", "saves that are slow, fail, or find the disk full", disk_and_person),
    ("restless", "a person who pauses, stops, changes limits, closes the tab", restless),
    ("mixed", "any of these together", mixed),
];

/// All scenarios in turn.
pub const ALL: &str = "all";

impl Scenario {
    /// The scenario of this name that the seed makes; for [`ALL`], the seed picks the name as well.
    pub fn draw(name: &str, seed: u64) -> Option<Scenario> {
        let of_seed = KINDS[(seed % KINDS.len() as u64) as usize].0;
        let name = if name == ALL { of_seed } else { name };
        let (_, _, shape) = KINDS.iter().find(|(kind, ..)| *kind == name)?;
        let mut rng = Rng::with_seed(seed ^ 0x5eed);
        let mut scenario = ordinary(&mut rng);
        shape(&mut scenario, &mut rng);
        Some(scenario)
    }
}

/// Up to ninety rows, some of them equal, one lane, a price, and nothing that goes wrong.
fn ordinary(rng: &mut Rng) -> Scenario {
    let items = rng.u32(1..=90);
    let groups = if rng.bool() { items } else { rng.u32(1..=items) };
    let use_cache = one_in(rng, 4, false, true);
    let output_cap = rng.u32(1..=200);
    let card = RateCard::flat(PerToken(rng.u64(0..=3_000_000)), PerToken(rng.u64(1..=15_000_000)));
    let limits = Limits { concurrency: rng.u16(1..=40), ..Limits::default() };
    Scenario {
        facts: facts(rng, items, groups, use_cache),
        plan: Plan {
            lanes: vec![LanePlan { limits, card: Some(card), ..LanePlan::default() }],
            budget: None,
            output_tokens_max: Some(output_cap),
            max_retries: rng.u8(0..=5),
            reasks: 0,
            timeout_ms: rng.u64(2_000..=60_000),
            use_cache,
            warm_up: rng.u8(0..6) == 0,
            first_call_alone: !items.is_multiple_of(3),
            compare: false,
        },
        latency: Latency { from_ms: rng.u64(1..=200), to_ms: rng.u64(200..=3_000), tail_one_in: 0 },
        jitter_ms: if rng.bool() { 0 } else { rng.u64(1..=450) },
        disk: Disk { save_ms_max: rng.u64(0..=20), group_commit: rng.bool(), ..Disk::default() },
        faults: Faults::default(),
        refusers: Vec::new(),
        headers: false,
        weather: Vec::new(),
        lanes_die: Vec::new(),
        crashes: Crashes::default(),
        person: Person::Patient,
        cached_percent: if use_cache && rng.u8(0..3) == 0 { rng.u32(1..=60) } else { 0 },
        late_wakes: rng.u8(0..4) == 0,
        clock_falls: None,
    }
}

fn one_in<T>(rng: &mut Rng, many: u8, rare: T, usual: T) -> T {
    if rng.u8(0..many) == 0 { rare } else { usual }
}

fn facts(rng: &mut Rng, items: u32, groups: u32, use_cache: bool) -> Vec<ItemFacts> {
    let mut first = BTreeMap::new();
    (0..items)
        .map(|item| {
            let group = if use_cache { rng.u32(0..groups) } else { item };
            let leader = *first.entry(group).or_insert(item);
            let input_estimate = 20 + leader % 50;
            ItemFacts { leader, input_estimate, input_bound: input_estimate * 4, maybe_cached: use_cache && rng.bool() }
        })
        .collect()
}

fn strict_window(scenario: &mut Scenario, rng: &mut Rng) {
    for lane in &mut scenario.plan.lanes {
        lane.limits.requests_per_minute = (rng.u8(0..4) > 0).then(|| rng.u32(5..=120));
        lane.limits.tokens_per_minute = rng.bool().then(|| rng.u64(600..=20_000));
        lane.limits.requests_per_day = (rng.u8(0..6) == 0).then(|| rng.u32(30..=200));
        lane.limits.burst = if rng.bool() { Burst::Auto } else { Burst::Requests(rng.u32(1..=40)) };
    }
    // Restarts must not forget a minute that has begun.
    if rng.u8(0..3) == 0 {
        scenario.crashes = Crashes { one_in: rng.u32(20..=200), most: 3, cut: None };
    }
    if rng.u8(0..5) == 0 {
        scenario.disk.save_ms_max = 3_000;
    }
}

fn bucket(scenario: &mut Scenario, rng: &mut Rng) {
    strict_window(scenario, rng);
    for lane in &mut scenario.plan.lanes {
        lane.limits.model = LimiterModel::Bucket;
    }
}

fn accounting(scenario: &mut Scenario, rng: &mut Rng) {
    for lane in &mut scenario.plan.lanes {
        lane.limits.input_tokens_per_minute = rng.bool().then(|| rng.u64(300..=1_200));
        lane.limits.output_tokens_per_minute = rng.bool().then(|| rng.u64(300..=8_000));
        lane.limits.requests_per_minute = (rng.u8(0..3) == 0).then(|| rng.u32(20..=120));
        lane.limits.model = if rng.bool() { LimiterModel::Window } else { LimiterModel::Bucket };
        lane.accounting = TokenAccounting { output_as_used: rng.bool(), cache_reads_free: rng.bool() };
    }
    if rng.u8(0..3) == 0 {
        scenario.crashes = Crashes { one_in: rng.u32(20..=200), most: 3, cut: None };
    }
}

/// A minute's limit as the plan has it, or a likely one.
fn allowed(scenario: &Scenario, rng: &mut Rng) -> u64 {
    let planned = scenario.plan.lanes[0].limits.requests_per_minute;
    planned.map_or_else(|| rng.u64(30..=300), u64::from)
}

fn refuse(scenario: &mut Scenario, refuser: Refuser) {
    scenario.refusers = vec![Some(refuser); scenario.plan.lanes.len()];
}

fn quantised(scenario: &mut Scenario, rng: &mut Rng) {
    strict_window(scenario, rng);
    let limit = allowed(scenario, rng);
    let spans = vec![(1_000, limit.div_ceil(60)), (5_000, limit.div_ceil(12)), (60_000, limit)];
    refuse(scenario, Refuser { spans, others_percent_max: 0, counts_refused: rng.bool() });
}

fn shared_limit(scenario: &mut Scenario, rng: &mut Rng) {
    strict_window(scenario, rng);
    let spans = vec![(60_000, allowed(scenario, rng))];
    let others_percent_max = rng.u64(20..=90);
    refuse(scenario, Refuser { spans, others_percent_max, counts_refused: rng.bool() });
}

fn wrong_limit(scenario: &mut Scenario, rng: &mut Rng) {
    strict_window(scenario, rng);
    let limit = allowed(scenario, rng);
    let spans = vec![(60_000, (limit * rng.u64(30..=90) / 100).max(2))];
    refuse(scenario, Refuser { spans, others_percent_max: 0, counts_refused: rng.bool() });
}

fn headers(scenario: &mut Scenario, rng: &mut Rng) {
    wrong_limit(scenario, rng);
    scenario.headers = true;
}

fn hints(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.faults.refusal = rng.u32(20..=250);
    if rng.bool() {
        strict_window(scenario, rng);
    }
    // Long enough to learn from refusals, and to be wrong.
    if rng.u8(0..3) == 0 {
        let items = rng.u32(200..=600);
        scenario.facts = facts(rng, items, items, scenario.plan.use_cache);
    }
    // Whoever resumes doesn't shorten what the provider asked for.
    if rng.bool() {
        scenario.person = Person::Restless(rng.u32(8..=60));
    }
}

fn weather(scenario: &mut Scenario, rng: &mut Rng, kinds: &[WeatherKind]) {
    let mut from_ms = rng.u64(0..=5_000);
    for _ in 0..rng.u8(1..=3) {
        let to_ms = from_ms + rng.u64(1_000..=400_000);
        let kind = kinds[rng.usize(0..kinds.len())];
        scenario.weather.push(Weather { from_ms, to_ms, lane: None, kind });
        from_ms = to_ms + rng.u64(1_000..=60_000);
    }
    // Rows come slowly enough to meet it.
    for lane in &mut scenario.plan.lanes {
        lane.limits.concurrency = lane.limits.concurrency.min(rng.u16(1..=12));
    }
}

fn brown_out(scenario: &mut Scenario, rng: &mut Rng) {
    weather(scenario, rng, &[WeatherKind::BrownOut, WeatherKind::Slow]);
}

fn offline(scenario: &mut Scenario, rng: &mut Rng) {
    weather(scenario, rng, &[WeatherKind::Offline]);
}

fn hangs(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.faults.hang = rng.u32(5..=150);
    scenario.latency.tail_one_in = rng.u32(5..=50);
}

fn hostile(scenario: &mut Scenario, rng: &mut Rng) {
    let times = rng.u32(1..=2);
    let mut some = |most: u32| if rng.bool() { rng.u32(0..=most * times) } else { 0 };
    scenario.faults = Faults {
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
        misfit: some(60),
        thinking: 0,
        gateway: some(40),
        unchecked: some(20),
    };
    scenario.plan.reasks = rng.u8(0..=2);
}

fn misfit(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.faults.misfit = rng.u32(50..=700);
    scenario.faults.length = rng.u32(0..=50);
    scenario.plan.reasks = rng.u8(0..=5);
    if rng.u8(0..3) == 0 {
        budget(scenario, rng);
    }
    if rng.u8(0..3) == 0 {
        crashes(scenario, rng);
    }
}

fn budget(scenario: &mut Scenario, rng: &mut Rng) {
    let output_cap = u64::from(scenario.plan.output_tokens_max.unwrap_or(0));
    let Some(card) = scenario.plan.lanes[0].card.clone() else { return };
    let worst: Usd = scenario.facts.iter().map(|facts| card.worst_case(facts.input_bound.into(), output_cap)).sum();
    scenario.plan.budget = Some(Usd::from_pico(worst.pico() * i128::from(rng.u32(3..=120)) / 100));
    if rng.u8(0..3) == 0 {
        scenario.faults.hang = rng.u32(0..=60);
        scenario.faults.reset = rng.u32(0..=60);
        scenario.faults.torn = rng.u32(0..=60);
        scenario.faults.above_reservation = rng.u32(0..=30);
    }
}

fn lanes(scenario: &mut Scenario, rng: &mut Rng) {
    let mut likeness = scenario.plan.lanes[0].clone();
    for _ in 0..rng.u8(1..=3) {
        likeness.limits.concurrency = rng.u16(1..=20);
        scenario.plan.lanes.push(likeness.clone());
    }
    if rng.bool() {
        strict_window(scenario, rng);
    }
    // One lane at least lives.
    let dying = [FailureKind::WrongKey, FailureKind::QuotaExhausted, FailureKind::UnknownModel];
    for lane in 1..scenario.plan.lanes.len() as u8 {
        if rng.u8(0..3) > 0 {
            let how = dying[rng.usize(0..dying.len())];
            scenario.lanes_die.push(LaneDies { lane, after_requests: rng.u64(0..=20), how });
        }
    }
    if rng.u8(0..3) == 0 {
        let kind = if rng.bool() { WeatherKind::BrownOut } else { WeatherKind::Slow };
        scenario.weather.push(Weather { from_ms: 0, to_ms: rng.u64(1_000..=90_000), lane: Some(0), kind });
    }
}

/// Each candidate's rows are its own; some fit no format, and are asked again at the end.
fn candidates(scenario: &mut Scenario, rng: &mut Rng) {
    lanes(scenario, rng);
    // The rows of one that is dead for good would wait for ever.
    scenario.lanes_die.clear();
    let lanes = scenario.plan.lanes.len() as u32;
    let items = rng.u32(1..=30) * lanes;
    // What one candidate is asked, no other is.
    scenario.facts = facts(rng, items, items, false);
    scenario.plan.compare = true;
    for lane in &mut scenario.plan.lanes {
        lane.card = Some(RateCard::flat(PerToken(rng.u64(0..=3_000_000)), PerToken(rng.u64(1..=15_000_000))));
    }
    scenario.faults.misfit = rng.u32(0..=400);
    scenario.plan.reasks = rng.u8(0..=2);
    if rng.bool() {
        budget(scenario, rng);
    }
    if rng.bool() {
        crashes(scenario, rng);
    }
}

/// From their first request on, or after a few answers. Every row is another one, so that there are enough.
fn refusing(scenario: &mut Scenario, rng: &mut Rng) {
    let items = rng.u32(5..=150);
    scenario.facts = facts(rng, items, items, scenario.plan.use_cache);
    scenario.cached_percent = 0;
    for _ in 0..rng.u8(0..=2) {
        let likeness = scenario.plan.lanes[0].clone();
        scenario.plan.lanes.push(likeness);
    }
    let hows = [FailureKind::BadRequest, FailureKind::ContextTooLong, FailureKind::ContentRefused];
    for lane in 0..scenario.plan.lanes.len() as u8 {
        if lane == 0 || rng.bool() {
            let after_requests = if rng.u8(0..4) == 0 { rng.u64(1..=5) } else { 0 };
            scenario.lanes_die.push(LaneDies { lane, after_requests, how: hows[rng.usize(0..hows.len())] });
        }
    }
    match rng.u8(0..5) {
        0 => scenario.crashes = Crashes { one_in: rng.u32(20..=200), most: 3, cut: None },
        1 => scenario.person = Person::Stops,
        2 => scenario.faults.server_error = rng.u32(0..=300),
        _ => {}
    }
}

fn thinking(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.faults.thinking = rng.u32(450..=1_000);
    if rng.u8(0..3) == 0 {
        crashes(scenario, rng);
    }
}

fn imports(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.faults.server_error = rng.u32(100..=700);
    scenario.faults.misfit = rng.u32(0..=100);
    scenario.person = Person::Imports(rng.u32(4..=60));
    if rng.u8(0..3) == 0 {
        crashes(scenario, rng);
    }
}

fn exports(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.person = Person::Exports(rng.u32(3..=40));
    scenario.faults.server_error = rng.u32(0..=300);
    if rng.u8(0..3) == 0 {
        crashes(scenario, rng);
    }
}

/// The largest row fits the largest lane.
fn narrow_lanes(scenario: &mut Scenario, rng: &mut Rng) {
    let tokens_max = rng.u64(3_000..=20_000);
    let mut likeness = scenario.plan.lanes[0].clone();
    likeness.limits.tokens_per_minute = Some(tokens_max);
    scenario.plan.lanes[0] = likeness.clone();
    for _ in 0..rng.u8(1..=3) {
        likeness.limits.concurrency = rng.u16(1..=20);
        likeness.limits.tokens_per_minute = Some(rng.u64(1_000..=tokens_max));
        scenario.plan.lanes.push(likeness.clone());
    }
    let output = u64::from(scenario.plan.output_tokens_max.unwrap_or(0));
    let input_max = u32::try_from((tokens_max - output).min(5_000)).unwrap_or(5_000);
    let sizes: Vec<u32> = scenario.facts.iter().map(|_| rng.u32(20..=input_max)).collect();
    for facts in &mut scenario.facts {
        facts.input_estimate = sizes[facts.leader as usize];
        facts.input_bound = facts.input_estimate * 4;
    }
    scenario.faults.server_error = rng.u32(0..=200);
    scenario.faults.refusal = rng.u32(0..=50);
    if rng.u8(0..4) == 0 {
        crashes(scenario, rng);
    }
}

fn gateway(scenario: &mut Scenario, rng: &mut Rng) {
    budget(scenario, rng);
    scenario.faults.gateway = rng.u32(50..=600);
    if rng.u8(0..3) == 0 {
        crashes(scenario, rng);
    }
}

fn unchecked(scenario: &mut Scenario, rng: &mut Rng) {
    misfit(scenario, rng);
    scenario.faults.unchecked = rng.u32(50..=700);
}

fn clock(scenario: &mut Scenario, rng: &mut Rng) {
    if rng.bool() {
        strict_window(scenario, rng);
    }
    if rng.u8(0..3) == 0 {
        scenario.crashes = Crashes { one_in: rng.u32(20..=200), most: 3, cut: None };
    }
    scenario.faults.server_error = rng.u32(0..=200);
    scenario.faults.refusal = rng.u32(0..=100);
    scenario.clock_falls = Some(ClockFalls { after_ms: rng.u64(0..=60_000), by_ms: rng.u64(1_000..=24 * 3_600_000) });
}

fn crashes(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.crashes = Crashes { one_in: rng.u32(5..=80), most: rng.u32(1..=12), cut: None };
    if rng.u8(0..4) == 0 {
        hostile(scenario, rng);
    }
    if rng.u8(0..4) == 0 {
        budget(scenario, rng);
    }
}

fn disk(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.disk.fails = rng.u32(0..=60);
    scenario.disk.save_ms_max = if rng.bool() { 3_000 } else { 50 };
    scenario.disk.full_at = rng.bool().then(|| rng.usize(0..=scenario.facts.len() * 3));
    if rng.u8(0..3) == 0 {
        scenario.crashes = Crashes { one_in: rng.u32(20..=100), most: 3, cut: None };
    }
    if rng.u8(0..3) == 0 {
        strict_window(scenario, rng);
    }
}

/// A run that is stopped, or touched otherwise, while its disk fails.
fn disk_and_person(scenario: &mut Scenario, rng: &mut Rng) {
    disk(scenario, rng);
    scenario.person = match rng.u8(0..4) {
        0 | 1 => Person::Stops,
        2 => Person::Restless(rng.u32(20..=120)),
        _ => Person::Patient,
    };
}

fn restless(scenario: &mut Scenario, rng: &mut Rng) {
    scenario.person = match rng.u8(0..3) {
        0 => Person::Stops,
        _ => Person::Restless(rng.u32(8..=120)),
    };
    if rng.bool() {
        strict_window(scenario, rng);
    }
    if rng.u8(0..4) == 0 {
        budget(scenario, rng);
    }
    if rng.u8(0..4) == 0 {
        crashes(scenario, rng);
    }
}

/// Each of the others by chance, and a run whose price nobody knows.
fn mixed(scenario: &mut Scenario, rng: &mut Rng) {
    let shapes: [Shape; 14] = [
        lanes,
        strict_window,
        bucket,
        accounting,
        quantised,
        shared_limit,
        headers,
        brown_out,
        hangs,
        hostile,
        misfit,
        disk,
        budget,
        restless,
    ];
    for shape in shapes {
        if rng.u8(0..5) == 0 {
            shape(scenario, rng);
        }
    }
    if rng.bool() {
        scenario.crashes = Crashes { one_in: rng.u32(20..=400), most: rng.u32(1..=4), cut: None };
    }
    if rng.u8(0..8) == 0 && scenario.plan.budget.is_none() {
        for lane in &mut scenario.plan.lanes {
            lane.card = None;
        }
    }
}
