//! The post's decision guide, with this workload's numbers as reasons.

use crate::estimate::answer::{Figures, percent};
use crate::estimate::binding::{binding, counted_calls, number};
use crate::estimate::cost::{self, Attempts, CacheUse};
use crate::estimate::duration::HOUR_MS;
use crate::estimate::notes::saved;
use crate::estimate::{LimitKind, Quote, Recommendation, WHOLE_PPM, Way, Workload};
use crate::money::Usd;
use crate::prices::{self, Model};
use crate::time::in_words;

/// Below this many calls a plain loop will do.
pub const LOOP_CALLS: u64 = 100;
/// From here on a run needs its cache and its checkpoints, not only limits and retries.
pub const ASYNC_CALLS_MAX: u64 = 1_000;
/// Above this the Batch API comes first.
pub const RUNNER_CALLS_MAX: u64 = 50_000;

pub fn recommend(figures: &Figures) -> Recommendation {
    let way = choose(figures);
    let quote = figures.quote(way).unwrap_or(&figures.concurrent);
    if !ends(&figures.concurrent) {
        let mut reasons = vec![binding(figures.workload, figures.attempts, &figures.limits).sentence];
        if way == Way::BatchApi {
            reasons.push("A batch job has limits of its own.".to_owned());
        }
        return Recommendation { way, headline: headline(figures, quote), reasons };
    }
    let mut reasons = vec![size_reason(figures, way)];
    reasons.extend(deadline_reason(figures, quote));
    reasons.extend(budget_reasons(figures, quote));
    reasons.extend(other_way_reason(figures, way));
    reasons.extend(flex_reason(figures, way));
    reasons.extend(cache_reason(figures));
    reasons.extend(limit_reason(figures, way).filter(|reason| !reasons.contains(reason)));
    Recommendation { way, headline: headline(figures, quote), reasons }
}

/// By the number of calls, unless deadline or budget rule that way out and leave another.
pub fn choose(figures: &Figures) -> Way {
    let workload = figures.workload;
    let by_size = match workload.calls {
        0..LOOP_CALLS => Way::Sequential,
        LOOP_CALLS..=RUNNER_CALLS_MAX if workload.deadline_ms.is_none() => Way::Async,
        // A stated deadline that leaves the provider all its time, or more calls than one page should make.
        _ if figures.batch.as_ref().is_some_and(|batch| suits(batch, &figures.concurrent)) => Way::BatchApi,
        _ => Way::Async,
    };
    let in_order = [by_size, Way::Async, Way::BatchApi, Way::Sequential];
    let quotes = || in_order.into_iter().filter_map(|way| figures.quote(way)).filter(|quote| ends(quote));
    let in_time = |quote: &&Quote| quote.within_deadline != Some(false);
    let affordable = |quote: &&Quote| quote.within_budget != Some(false);
    let chosen = quotes()
        .find(|quote| in_time(quote) && affordable(quote))
        .or_else(|| quotes().find(in_time))
        .or_else(|| quotes().min_by_key(|quote| quote.duration.most_ms()));
    chosen.map_or(by_size, |quote| quote.way)
}

/// Prompt caching can make calls in flight cheaper than a batch job that promises no cache hits.
fn suits(batch: &Quote, concurrent: &Quote) -> bool {
    batch.within_deadline != Some(false) && batch.cost <= concurrent.cost
}

pub fn ends(quote: &Quote) -> bool {
    quote.duration.most_ms().is_some()
}

fn headline(figures: &Figures, quote: &Quote) -> String {
    let (cost, duration) = (quote.cost, quote.duration);
    if !ends(quote) {
        return "These limits let no call through.".to_owned();
    }
    let late = quote.within_deadline == Some(false);
    let dear = quote.within_budget == Some(false);
    match (late, dear) {
        (true, _) => format!("No way meets the deadline; {} comes nearest: {cost}, {duration}.", quote.way.label()),
        (false, true) => format!("The budget does not pay for this; {} would cost {cost}.", quote.way.label()),
        _ => match quote.way {
            Way::Sequential => format!("A plain loop will do: {cost}, {duration}."),
            Way::Async if figures.workload.calls <= ASYNC_CALLS_MAX => {
                format!("Run it async, with rate limits and retries: {cost}, {duration}.")
            }
            Way::Async => format!("Run it async, with cache and checkpoints: {cost}, {duration}."),
            Way::Flex => format!("Run it async at the flex price: {cost}, at least {duration}."),
            Way::BatchApi => format!("Use the Batch API: {cost}, {duration}."),
        },
    }
}

fn size_reason(figures: &Figures, way: Way) -> String {
    let calls = figures.workload.calls;
    let count = counted_calls(calls);
    match (calls, way) {
        (1, _) => format!("{count} takes {}.", figures.sequential.duration),
        (0..LOOP_CALLS, Way::Sequential) => format!("{count} one after another take {}.", figures.sequential.duration),
        (0..LOOP_CALLS, _) => {
            format!("{count} are few, but one after another they take {}.", figures.sequential.duration)
        }
        (LOOP_CALLS..=ASYNC_CALLS_MAX, _) => format!(
            "{count}: enough that one after another takes {}, few enough that retries and rate limits are all the care they need.",
            figures.sequential.duration
        ),
        (..=RUNNER_CALLS_MAX, _) => format!(
            "{count}: one after another they take {}, and a crash half way would cost what was paid so far, so keep checkpoints.",
            figures.sequential.duration
        ),
        (_, Way::BatchApi) => format!("{count} are more than one page should make: let the provider do the scaling."),
        _ => format!(
            "{count} are many for one key: split them over several lanes, each with a key and limits of its own."
        ),
    }
}

fn deadline_reason(figures: &Figures, quote: &Quote) -> Option<String> {
    let deadline_ms = figures.workload.deadline_ms?;
    let deadline = in_words(deadline_ms);
    if quote.within_deadline == Some(true) {
        return Some(match &figures.batch {
            Some(batch) if quote.way != Way::BatchApi && batch.within_deadline == Some(false) => {
                format!("The deadline of {deadline} is too short for a batch job, which may take {}.", hours(batch))
            }
            _ => format!("It ends within the deadline of {deadline}."),
        });
    }
    let held_back = binding(figures.workload, figures.attempts, &figures.limits);
    let slots_bind = held_back.kind == LimitKind::Concurrency;
    let needed = needed_in_flight(figures, deadline_ms)
        .filter(|needed| slots_bind && held_back.useful_concurrency.is_none_or(|useful| *needed <= u64::from(useful)));
    Some(match needed {
        Some(needed) => format!("With {} calls in flight it would end within {deadline}.", number(needed)),
        None => held_back.sentence,
    })
}

pub fn hours(quote: &Quote) -> String {
    format!("{} hours", quote.duration.most_ms().unwrap_or_default() / HOUR_MS)
}

/// Calls in flight that end within the deadline if nothing else binds; `None`: a single call takes longer.
fn needed_in_flight(figures: &Figures, deadline_ms: u64) -> Option<u64> {
    let rounds = deadline_ms / figures.workload.slot_ms().max(1);
    (rounds > 0).then(|| figures.attempts.count().div_ceil(rounds))
}

fn budget_reasons(figures: &Figures, quote: &Quote) -> Vec<String> {
    let Some(budget) = figures.workload.budget else {
        return Vec::new();
    };
    if quote.within_budget == Some(true) {
        let left = budget - quote.cost;
        return vec![format!("It stays {left} below the budget of {budget}.")];
    }
    let mut reasons = vec![format!("The budget of {budget} is {} short.", quote.cost - budget)];
    if let Some((model, cost)) = cheaper_asked_twice(figures, budget) {
        reasons.push(format!(
            "A cheaper model with re-asks: {} costs {cost} even if every call is asked twice, against {} here.",
            model.id, quote.cost
        ));
    }
    reasons
}

/// The vendor's best model of the short list that fits the budget with every call made twice.
fn cheaper_asked_twice<'a>(figures: &Figures, budget: Usd) -> Option<(&'a Model, Usd)> {
    let same_vendor = |model: &&Model| {
        model.vendor == figures.model.vendor && model.core && !model.deprecated && model.id != figures.model.id
    };
    let twice = Workload { calls: figures.workload.calls * 2, failed_billed_ppm: 0, ..figures.workload.clone() };
    let cost = |model: &Model| {
        let rates = model.card.rates(twice.input_tokens, figures.now);
        cost::parts(&twice, &rates, Attempts::of(&twice, true), CacheUse::NONE).total()
    };
    prices::all()
        .iter()
        .filter(same_vendor)
        .map(|model| (model, cost(model)))
        .filter(|(_, cost)| *cost <= budget)
        .max_by_key(|(_, cost)| *cost)
}

fn other_way_reason(figures: &Figures, way: Way) -> Option<String> {
    let (concurrent, batch) = (&figures.concurrent, figures.batch.as_ref());
    match way {
        Way::BatchApi => {
            let less = saved(concurrent.cost, batch?.cost)?;
            Some(format!("It costs {less} less than Async, which would take {}.", concurrent.duration))
        }
        _ => {
            let (batch, quote) = (batch?, figures.quote(way)?);
            let less = saved(quote.cost, batch.cost)?;
            let wait = if batch.within_deadline == Some(false) { "if you could" } else { "if you can" };
            Some(format!("The Batch API would save {less} {wait} wait up to {}.", hours(batch)))
        }
    }
}

/// Between a deadline that needs calls in flight and one that leaves a batch job its time.
fn flex_reason(figures: &Figures, way: Way) -> Option<String> {
    let deadline_ms = figures.workload.deadline_ms?;
    let batch = figures.batch.as_ref()?;
    let between = deadline_ms >= HOUR_MS && batch.within_deadline == Some(false) && way == Way::Async;
    let flex = figures.flex.as_ref().filter(|flex| between && flex.cost < figures.concurrent.cost)?;
    Some(format!(
        "Flex processing costs {} without a wait of {}, but the provider may put calls off.",
        flex.cost,
        hours(batch)
    ))
}

fn cache_reason(figures: &Figures) -> Option<String> {
    let workload = figures.workload;
    let less = saved(figures.sequential.cost, figures.concurrent.cost)?;
    let repeats = workload.calls * u64::from(workload.cache_hits_ppm) / u64::from(WHOLE_PPM);
    (repeats > 0).then(|| {
        format!(
            "{} of the calls repeat an earlier one: the cache answers them and saves {less}.",
            percent(workload.cache_hits_ppm)
        )
    })
}

fn limit_reason(figures: &Figures, way: Way) -> Option<String> {
    if way != Way::Async {
        return None;
    }
    let held_back = binding(figures.workload, figures.attempts, &figures.limits);
    let counts_tokens = figures
        .limits
        .iter()
        .any(|limit| !matches!(limit.kind, LimitKind::RequestsPerMinute | LimitKind::RequestsPerDay));
    Some(match held_back.kind {
        LimitKind::RequestsPerMinute | LimitKind::RequestsPerDay if counts_tokens => {
            format!("{} Tokens are free meanwhile: put several items into one request.", held_back.sentence)
        }
        _ => held_back.sentence,
    })
}
