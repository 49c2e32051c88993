//! What the numbers rest on, in whole sentences, for the line beside them.

use crate::estimate::answer::{Figures, fits, percent};
use crate::estimate::binding::number;
use crate::estimate::cost::{self, CacheUse};
use crate::money::Usd;
use crate::prices::{BatchCache, CacheMode, date_utc};
use crate::time::{day_in_words, in_words};

pub fn notes(figures: &Figures) -> Vec<String> {
    let call = in_words(figures.workload.call_ms());
    let mut notes = vec![format!(
        "Times assume {call} per call and nothing in between: the ideal. A measured loop with 5 to 20 parallel calls took \
         10 to 36% longer."
    )];
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
        let input = model.max_input.filter(|most| workload.input_tokens > *most);
        warnings.push(match (model.context_window, model.max_output) {
            _ if input.is_some() => format!(
                "This call does not fit the model, which takes at most {} tokens of input.",
                number(input.unwrap_or_default())
            ),
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
    warnings.extend(model.retirement_sentence(figures.now));
    warnings.extend(model.note.clone().filter(|_| listed));
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
    moment_notes(figures, notes);
}

/// Prices that depend on the moment, as far as they are in force here: an own price holds at every moment.
fn moment_notes(figures: &Figures, notes: &mut Vec<String>) {
    let card = &figures.prices.synchronous;
    let input = figures.workload.input_tokens;
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
        let then = card.rates(input, from);
        let writes = cost::writes_unread(figures.workload, figures.model);
        let uncached = |rates| cost::parts(figures.workload, rates, figures.attempts, CacheUse::NONE, writes).total();
        notes.push(format!(
            "The price changes on {}: Async then costs {} instead of {}, before any prompt caching.",
            day_in_words(&date_utc(from)),
            uncached(&then).short(),
            uncached(&card.rates(input, figures.now)).short(),
        ));
    }
    let changing: Vec<&str> = [Some(&figures.sequential), Some(&figures.concurrent), figures.batch.as_ref()]
        .into_iter()
        .flatten()
        .filter(|quote| {
            let until = figures.now.after_ms(quote.duration.most_ms().unwrap_or_default());
            card.rates_between(input, figures.now, until).len() > 1
        })
        .map(|quote| quote.way.label())
        .collect();
    if !changing.is_empty() {
        notes.push(format!("Prices change before the end of {}: the range holds both.", changing.join(" and of ")));
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
    if cost::writes_unread(workload, model) {
        let rates = cost::rates(&figures.prices.synchronous, workload, figures.now);
        let without = cost::parts(workload, &rates, figures.attempts, CacheUse::NONE, false).total();
        notes.push(format!(
            "{} writes calls of {} input tokens or more to its cache and bills that at {} instead of {} per 1M tokens, \
             unless a call says otherwise. Without writes Async would cost {}.",
            model.vendor_name(),
            number(cost::minimum(model)),
            rates.cache_write.listed(),
            rates.input.listed(),
            without.short()
        ));
        if figures.cache.tokens > 0 {
            notes.push(
                "A prefix is read only where a call marks its end or repeats it exactly, so the upper end counts no reads."
                    .to_owned(),
            );
        }
    }
    if prefix == 0 {
        return;
    }
    if model.card.base.cache_read >= model.card.base.input {
        notes.push("We know no lower price for cached tokens of this model.".to_owned());
    } else if figures.cacheable_tokens == 0 {
        let minimum = cost::minimum(model);
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
            "{} tokens of each call are cached: at best Async reads them in {} of its attempts and pays the rest in full or as \
             writes.",
            number(figures.cache.tokens),
            percent(figures.cache.read_ppm(figures.attempts))
        ));
        if model.cache_mode == Some(CacheMode::PromptCacheKey) {
            notes.push(format!(
                "{} asks that calls with the same prefix carry a prompt cache key, and promises no hit. \
                 Pennybatch's runs send one.",
                model.vendor_name()
            ));
        }
        if model.min_cacheable_tokens.is_none() {
            notes.push(format!(
                "Assumes that prefixes of {} tokens or more are cached: no source states a minimum.",
                number(cost::minimum(model))
            ));
        }
    }
}

fn batch_notes(figures: &Figures, notes: &mut Vec<String>) {
    let (Some(batch), Some(jobs)) = (&figures.batch, figures.batch_jobs) else {
        return;
    };
    if cost::writes_unread(figures.workload, figures.model) {
        notes.push("Nobody has published whether a batch's bill has cache writes: its range holds both.".to_owned());
    }
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
    if jobs.waves_again > 0 {
        notes.push(format!(
            "Answers that are asked for again need up to {} more, of up to {} hours each.",
            counted(jobs.waves_again, "batch job", "batch jobs"),
            jobs.window_hours
        ));
    }
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
