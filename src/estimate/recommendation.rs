//! The post's decision guide, with this workload's numbers as reasons.

use crate::estimate::answer::{Figures, percent};
use crate::estimate::binding::{binding, counted_calls, number};
use crate::estimate::cost::{self, Attempts, CacheUse};
use crate::estimate::duration::HOUR_MS;
use crate::estimate::notes::saved;
use crate::estimate::{LimitKind, Quote, Recommendation, WHOLE_PPM, Way, Workload};
use crate::money::Usd;
use crate::prices::{self, Model, Retirement};
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
            reasons.push("Batch jobs have limits of their own.".to_owned());
        }
        return Recommendation { way, headline: headline(figures, quote), reasons };
    }
    let size = size_reason(figures, way);
    let deadline = deadline_reason(figures, quote);
    let budget = budget_reasons(figures, quote);
    let other = other_way_reason(figures, way);
    // The page shows the first reason beside the headline: what can't be kept, then why this way.
    let mut reasons: Vec<String> = match (quote.within_deadline, quote.within_budget, way) {
        (Some(false), _, _) => deadline.iter().cloned().collect(),
        (_, Some(false), _) => budget.clone(),
        (_, _, Way::BatchApi) => other.iter().cloned().collect(),
        _ => Vec::new(),
    };
    let rest = std::iter::once(size).chain(deadline).chain(budget).chain(other).chain(flex_reason(figures, way));
    for reason in rest.chain(cache_reason(figures)).chain(limit_reason(figures, way)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
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

/// Compared at the upper ends: neither way promises cache hits.
fn suits(batch: &Quote, concurrent: &Quote) -> bool {
    batch.within_deadline != Some(false) && batch.most() <= concurrent.most()
}

pub fn ends(quote: &Quote) -> bool {
    quote.duration.most_ms().is_some()
}

fn headline(figures: &Figures, quote: &Quote) -> String {
    let (cost, duration) = (quote.cost_words(), quote.duration);
    if figures.model.is_retired(figures.now) {
        let instead = figures.model.successor(figures.now).map(|next| format!(" Choose {next} instead."));
        return format!("{} can no longer be called.{}", figures.model.id, instead.unwrap_or_default());
    }
    if !ends(quote) {
        return "These limits let no call through.".to_owned();
    }
    let late = quote.within_deadline == Some(false);
    let dear = quote.within_budget == Some(false);
    let in_parallel =
        format!("Run the calls in parallel ({} at a time)", number(figures.workload.calls_in_flight().into()));
    match (late, dear) {
        (true, _) => format!("Nothing meets your deadline. {} comes closest: {cost}, {duration}.", quote.way.label()),
        (false, true) => {
            let covers = match figures.workload.budget {
                Some(budget) if quote.least() <= budget => "may not cover",
                _ => "doesn't cover",
            };
            format!("Your budget {covers} this. {} would cost {cost}.", quote.way.label())
        }
        _ => match quote.way {
            Way::Sequential => format!("A simple loop is enough: {cost}, {duration}."),
            Way::Async if figures.workload.calls <= ASYNC_CALLS_MAX => format!("{in_parallel}: {cost}, {duration}."),
            Way::Async => format!("{in_parallel} and save each answer as it arrives: {cost}, {duration}."),
            Way::Flex => format!("{in_parallel} at the Flex price: {cost}, at least {duration}."),
            Way::BatchApi => format!("Use the Batch API: {cost}, {duration}."),
        },
    }
}

fn size_reason(figures: &Figures, way: Way) -> String {
    let calls = figures.workload.calls;
    let count = counted_calls(calls);
    let time = figures.sequential.duration;
    match (calls, way) {
        (1, _) => format!("{count} takes {time}."),
        (0..LOOP_CALLS, Way::Sequential) => format!("One after another, {count} take {time}."),
        (..=ASYNC_CALLS_MAX, _) => format!("One after another, {count} would take {time}."),
        (..=RUNNER_CALLS_MAX, _) => {
            format!("One after another, {count} would take {time}; with each answer saved, a crash costs nothing.")
        }
        (_, Way::BatchApi) => format!("{count} are more than one page should send: let the provider do the scaling."),
        _ => format!("{count} are a lot for one key: spread them over several keys or servers."),
    }
}

fn deadline_reason(figures: &Figures, quote: &Quote) -> Option<String> {
    let deadline_ms = figures.workload.deadline_ms?;
    let deadline = in_words(deadline_ms);
    if quote.within_deadline == Some(true) {
        return Some(match &figures.batch {
            Some(batch) if quote.way != Way::BatchApi && batch.within_deadline == Some(false) => {
                format!("Your deadline of {deadline} is too short for a batch job, which may take {}.", hours(batch))
            }
            _ => format!("It finishes within your deadline of {deadline}."),
        });
    }
    let held_back = binding(figures.workload, figures.attempts, &figures.limits);
    let slots_bind = held_back.kind == LimitKind::Concurrency;
    let needed = needed_in_flight(figures, deadline_ms)
        .filter(|needed| slots_bind && held_back.useful_concurrency.is_none_or(|useful| *needed <= u64::from(useful)));
    Some(match needed {
        Some(needed) => format!("With {} parallel calls it would finish within {deadline}.", number(needed)),
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
        let left = budget - quote.most();
        let least = if quote.cost_range.is_some() { "at least " } else { "" };
        return vec![format!("It leaves {least}{} of your budget of {}.", left.short(), budget.short())];
    }
    let most = (quote.most() - budget).short();
    let mut reasons = vec![match saved(quote.least(), budget).map(Usd::short) {
        None => format!("Your budget of {} may be too small, by up to {most}.", budget.short()),
        Some(least) if least == most => format!("Your budget of {} is {most} too small.", budget.short()),
        Some(least) => format!("Your budget of {} is {least} to {most} too small.", budget.short()),
    }];
    if let Some((model, cost)) = cheaper_asked_twice(figures, budget) {
        reasons.push(format!(
            "A cheaper model with retries: {} costs {} even if every call is sent twice, against {} here.",
            model.id,
            cost.short(),
            quote.cost_words()
        ));
    }
    reasons
}

/// The vendor's best model of the short list that fits the budget with every call made twice.
fn cheaper_asked_twice<'a>(figures: &Figures, budget: Usd) -> Option<(&'a Model, Usd)> {
    let same_vendor = |model: &&Model| {
        let offered = model.core && model.retirement(figures.now) == Retirement::Stays;
        model.vendor == figures.model.vendor && offered && model.id != figures.model.id
    };
    let twice = Workload { calls: figures.workload.calls * 2, failed_billed_ppm: 0, ..figures.workload.clone() };
    let cost = |model: &Model| {
        let rates = model.card.rates(twice.input_tokens, figures.now);
        let writes = cost::writes_unread(&twice, model);
        cost::parts(&twice, &rates, Attempts::of(&twice, true), CacheUse::NONE, writes).total()
    };
    prices::all()
        .iter()
        .filter(same_vendor)
        .map(|model| (model, cost(model)))
        .filter(|(_, cost)| *cost <= budget)
        .max_by_key(|(_, cost)| *cost)
}

fn other_way_reason(figures: &Figures, way: Way) -> Option<String> {
    let (concurrent, batch) = (&figures.concurrent, figures.batch.as_ref()?);
    let quote = if way == Way::BatchApi { concurrent } else { figures.quote(way)? };
    let ends = (saved(quote.least(), batch.least()), saved(quote.most(), batch.most()));
    let less = match ends {
        (Some(at_best), Some(at_worst)) if at_best == at_worst => at_best.short(),
        (Some(at_best), Some(at_worst)) => format!("at least {}", at_best.min(at_worst).short()),
        (None, None) => return None,
        _ => {
            return Some(format!(
                "Which is cheaper isn't sure: {} costs {}, the Batch API {}.",
                quote.way.label(),
                quote.cost_words(),
                batch.cost_words()
            ));
        }
    };
    Some(match way {
        Way::BatchApi => format!("It costs {less} less than Async, which would take {}.", concurrent.duration),
        _ => {
            let wait = if batch.within_deadline == Some(false) { "if you could" } else { "if you can" };
            format!("The Batch API would save {less} {wait} wait up to {}.", hours(batch))
        }
    })
}

/// Between a deadline that needs calls in flight and one that leaves a batch job its time.
fn flex_reason(figures: &Figures, way: Way) -> Option<String> {
    let deadline_ms = figures.workload.deadline_ms?;
    let batch = figures.batch.as_ref()?;
    let between = deadline_ms >= HOUR_MS && batch.within_deadline == Some(false) && way == Way::Async;
    let flex = figures.flex.as_ref().filter(|flex| between && flex.most() < figures.concurrent.most())?;
    Some(format!(
        "Flex processing costs {} without a wait of {}, but the provider may delay calls.",
        flex.cost_words(),
        hours(batch)
    ))
}

fn cache_reason(figures: &Figures) -> Option<String> {
    let workload = figures.workload;
    let less = saved(figures.sequential.cost, figures.concurrent.cost)?;
    let repeats = workload.calls * u64::from(workload.cache_hits_ppm) / u64::from(WHOLE_PPM);
    (repeats > 0).then(|| {
        format!(
            "Assumes that {} of your calls repeat an earlier one: your cache answers those and saves {}.",
            percent(workload.cache_hits_ppm),
            less.short()
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
            format!("{} You have token quota left: send several items per request.", held_back.sentence)
        }
        _ => held_back.sentence,
    })
}
