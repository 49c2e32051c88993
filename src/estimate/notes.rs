//! What the numbers rest on, in whole sentences, for the line beside them.

use crate::estimate::Workload;
use crate::estimate::answer::{Figures, fits, percent};
use crate::estimate::binding::number;
use crate::estimate::cost::{self, CacheUse, UNSTATED_CACHE_MINIMUM_TOKENS};
use crate::money::Usd;
use crate::prices::{BatchCache, date_utc};
use crate::time::day_in_words;

pub fn notes(figures: &Figures) -> Vec<String> {
    let mut notes = Vec::new();
    price_notes(figures, &mut notes);
    size_notes(figures, &mut notes);
    cache_notes(figures, &mut notes);
    batch_notes(figures, &mut notes);
    notes
}

/// What speaks against relying on these numbers, in whole sentences.
pub fn warnings(figures: &Figures) -> Vec<String> {
    let (workload, model) = (figures.workload, figures.model);
    let mut warnings = Vec::new();
    if !fits(workload, model) {
        warnings.push(match (model.context_window, model.max_output) {
            (Some(window), Some(output)) => format!(
                "This call does not fit the model, which takes {} tokens in all and writes at most {}.",
                number(window),
                number(output)
            ),
            (Some(window), None) => {
                format!("This call does not fit the model, which takes {} tokens in all.", number(window))
            }
            _ => "An answer of this length does not fit the model.".to_owned(),
        });
    }
    let listed = workload.own_input_price.is_none() || workload.own_output_price.is_none();
    if listed && !model.corroborated && !model.price_date.is_empty() {
        warnings.push("The sources of this price don't confirm one another: check it before a large run.".to_owned());
    }
    match &model.status {
        Some(status) => warnings.push(format!("Note on this model: {status}.")),
        None if model.deprecated => warnings.push("The provider is retiring this model.".to_owned()),
        None => {}
    }
    warnings
}

fn price_notes(figures: &Figures, notes: &mut Vec<String>) {
    let workload = figures.workload;
    let own = [(workload.own_input_price, "input"), (workload.own_output_price, "output")];
    let own: Vec<&str> = own.into_iter().filter(|(price, _)| price.is_some()).map(|(_, name)| name).collect();
    if !own.is_empty() {
        notes.push(format!(
            "The price of {} is your own; prices of long calls, cached tokens and batch jobs are scaled to it.",
            own.join(" and ")
        ));
    }
    if own.len() < 2 {
        moment_notes(figures, notes);
    }
}

/// Prices that depend on the moment.
fn moment_notes(figures: &Figures, notes: &mut Vec<String>) {
    let card = &figures.model.card;
    if card.is_peak(figures.now) {
        notes.push(
            "It is a peak hour at this provider (UTC, Monday to Friday). These calls cost less outside peak hours."
                .to_owned(),
        );
    } else if !card.peak_hours.is_empty() {
        let hours: Vec<String> =
            card.peak_hours.iter().map(|(from, to, _)| format!("{}-{}", clock(*from), clock(*to))).collect();
        notes.push(format!(
            "This is the off-peak price. Calls that end at {} UTC, Monday to Friday, cost more.",
            hours.join(" or ")
        ));
    }
    if let Some((from, _)) = card.changes.iter().rev().find(|(from, _)| *from <= figures.now) {
        notes.push(format!("The price that was announced for {} applies.", day_in_words(&date_utc(*from))));
    }
    if let Some(from) = card.next_change(figures.now) {
        let then = card.rates(figures.workload.input_tokens, from);
        let uncached = |rates| cost::parts(figures.workload, rates, figures.attempts, CacheUse::NONE).total();
        notes.push(format!(
            "The price changes on {}: Async then costs {} instead of {}, before any prompt caching.",
            day_in_words(&date_utc(from)),
            uncached(&then).short(),
            uncached(&card.rates(figures.workload.input_tokens, figures.now)).short(),
        ));
    }
}

fn size_notes(figures: &Figures, notes: &mut Vec<String>) {
    let workload = figures.workload;
    let tiers = figures.prices.synchronous.tiers.iter().rev();
    if let Some((above, _)) =
        tiers.map(|(above, rates)| (*above, rates)).find(|(above, _)| workload.input_tokens > *above)
    {
        notes.push(format!(
            "Calls above {} input tokens are billed at a higher price, cached tokens and output included.",
            number(above)
        ));
    }
    if workload.failed_billed_ppm > 0 {
        notes.push(format!(
            "Assumes that {} of the attempts fail but are billed; after {} {} of the calls have an answer.",
            percent(workload.failed_billed_ppm),
            counted(u64::from(workload.re_asks), "retry", "retries"),
            percent(cost::answered_ppm(workload))
        ));
    }
}

fn cache_notes(figures: &Figures, notes: &mut Vec<String>) {
    let (workload, model) = (figures.workload, figures.model);
    let prefix = workload.shared_prefix_tokens;
    if prefix == 0 {
        return;
    }
    if model.card.base.cache_read >= model.card.base.input {
        notes.push("We know no lower price for cached tokens of this model.".to_owned());
    } else if figures.cacheable_tokens == 0 {
        let minimum = model.min_cacheable_tokens.unwrap_or(UNSTATED_CACHE_MINIMUM_TOKENS);
        let unstated = if model.min_cacheable_tokens.is_none() { " (assumed: no source states it)" } else { "" };
        notes.push(format!(
            "The shared prefix of {} tokens is below the minimum of {}{unstated} that the provider caches.",
            number(prefix),
            number(minimum)
        ));
    } else if figures.cache.tokens == 0 {
        notes.push("The provider's prompt cache would cost more than it saves here, so it isn't used.".to_owned());
    } else {
        notes.push(format!(
            "{} tokens of each call are cached: Async reads them in {} of its attempts and pays the rest in full or as writes.",
            number(figures.cache.tokens),
            percent(figures.cache.read_ppm(figures.attempts))
        ));
    }
}

fn batch_notes(figures: &Figures, notes: &mut Vec<String>) {
    let (Some(batch), Some(jobs)) = (&figures.batch, figures.batch_jobs) else {
        return;
    };
    if figures.cacheable_tokens > 0 {
        notes.push(match (figures.model.batch_cache, batch.cost_range) {
            (BatchCache::Stacks | BatchCache::StandardRate, Some((least, _))) => format!(
                "The Batch API figure counts no cache hits; with as many as providers report at best it would cost {}.",
                least.short()
            ),
            (BatchCache::Unknown, _) => {
                "No source states what cached tokens cost in a batch job, so they are counted as fresh input."
                    .to_owned()
            }
            _ => "In a batch job, cached tokens of this model cost as much as fresh input.".to_owned(),
        });
    }
    if jobs.files > 1 || jobs.waves > 1 {
        let files = counted(jobs.files, "job", "jobs");
        let waves = counted(jobs.waves, "round", "rounds");
        notes.push(format!(
            "The Batch API takes these calls as {files} in {waves} of up to {} hours.",
            jobs.window_hours
        ));
    }
    if asks_again(figures.workload) {
        notes.push("Answers that you ask for again need another batch job, which takes its own time.".to_owned());
    }
}

fn asks_again(workload: &Workload) -> bool {
    workload.failed_billed_ppm > 0 && workload.re_asks > 0
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The difference in words, or nothing where there is none.
pub fn saved(more: Usd, less: Usd) -> Option<Usd> {
    (more > less).then(|| more - less)
}
