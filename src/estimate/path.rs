//! The decision guide as a path: what was asked on the way, which answers there are, and which one this workload gave.

use crate::estimate::answer::{Figures, percent};
use crate::estimate::binding::number;
use crate::estimate::duration::HOUR_MS;
use crate::estimate::notes::saved;
use crate::estimate::recommendation::{ASYNC_CALLS_MAX, LOOP_CALLS, RUNNER_CALLS_MAX, choose, hours};
use crate::estimate::{Way, Workload};
use crate::prices::Model;
use crate::time::{Time, in_words};

/// One question of the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub question: &'static str,
    /// The possible answers; exactly one is taken.
    pub branches: Vec<Branch>,
    /// Why, in one sentence with this workload's numbers.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// `100 – 1,000`.
    pub answer: String,
    /// Where it leads: `async, with limits and retries`.
    pub leads_to: &'static str,
    pub taken: bool,
}

/// The way from the number of calls to the recommended way, which is [`Way`] of the last step's taken branch.
pub fn decision_path(workload: &Workload, model: &Model, now: Time) -> Vec<Step> {
    let workload = workload.bounded();
    let figures = Figures::of(&workload, model, now);
    vec![calls(&figures), deadline(&figures), budget(&figures), repeats(&figures), way(&figures)]
}

fn step<const N: usize>(
    question: &'static str,
    taken: usize,
    branches: [(String, &'static str); N],
    reason: String,
) -> Step {
    let branches = branches.into_iter().enumerate();
    let branches = branches.map(|(at, (answer, leads_to))| Branch { answer, leads_to, taken: at == taken }).collect();
    Step { question, branches, reason }
}

fn calls(figures: &Figures) -> Step {
    let calls = figures.workload.calls;
    let borders = [calls >= LOOP_CALLS, calls > ASYNC_CALLS_MAX, calls > RUNNER_CALLS_MAX];
    let taken = borders.into_iter().filter(|passed| *passed).count();
    let between = |from: u64, to: u64| format!("{} – {}", number(from), number(to));
    step(
        "How many API calls?",
        taken,
        [
            (format!("< {}", number(LOOP_CALLS)), "a plain loop"),
            (between(LOOP_CALLS, ASYNC_CALLS_MAX), "async, with limits and retries"),
            (between(ASYNC_CALLS_MAX, RUNNER_CALLS_MAX), "async, with cache and checkpoints"),
            (format!("> {}", number(RUNNER_CALLS_MAX)), "Batch API, or several lanes"),
        ],
        match calls {
            1 => format!("1 call takes {}.", figures.sequential.duration),
            _ => format!("{} calls take {} one after another.", number(calls), figures.sequential.duration),
        },
    )
}

fn deadline(figures: &Figures) -> Step {
    let batch = figures.batch.as_ref();
    let wait = batch.map_or_else(|| "24 hours".to_owned(), hours);
    let (taken, reason) = match (figures.workload.deadline_ms, batch) {
        (None, _) => (0, "No deadline is set.".to_owned()),
        (Some(ms), _) if ms < HOUR_MS => {
            (1, format!("{} leave no room for a queue; Async takes {}.", in_words(ms), figures.concurrent.duration))
        }
        (Some(ms), Some(batch)) if batch.within_deadline == Some(true) => {
            (3, format!("{} are enough for a batch job, which may take {wait}.", in_words(ms)))
        }
        (Some(ms), Some(_)) => (2, format!("{} are less than the {wait} that a batch job may take.", in_words(ms))),
        (Some(ms), None) => (2, format!("{} are enough to wait, but no batch price is known here.", in_words(ms))),
    };
    step(
        "When must it be done?",
        taken,
        [
            ("no deadline".to_owned(), "the number of calls decides"),
            ("under an hour".to_owned(), "async"),
            (format!("an hour to {wait}"), "flex where there is one, else async"),
            (format!("{wait} or more"), "Batch API"),
        ],
        reason,
    )
}

fn budget(figures: &Figures) -> Step {
    let chosen = figures.quote(choose(figures)).unwrap_or(&figures.concurrent);
    let (taken, reason) = match figures.workload.budget {
        None => (0, "No budget is set.".to_owned()),
        Some(budget) if chosen.cost <= budget => (1, format!("{} of {budget} are used.", chosen.cost)),
        Some(budget) => (2, format!("{} are {} more than {budget}.", chosen.cost, chosen.cost - budget)),
    };
    step(
        "Does the budget pay for it?",
        taken,
        [
            ("none set".to_owned(), "go on"),
            ("yes".to_owned(), "go on"),
            ("no".to_owned(), "a cheaper model, with re-asks"),
        ],
        reason,
    )
}

fn repeats(figures: &Figures) -> Step {
    let hits = figures.workload.cache_hits_ppm;
    let less = saved(figures.sequential.cost, figures.concurrent.cost);
    let (taken, reason) = match less {
        Some(less) if hits > 0 => (1, format!("{} repeats: the cache saves {less}.", percent(hits))),
        _ => (0, "No call repeats an earlier one.".to_owned()),
    };
    step("Do calls repeat?", taken, [("no".to_owned(), "nothing to save"), ("yes".to_owned(), "keep a cache")], reason)
}

fn way(figures: &Figures) -> Step {
    let chosen = choose(figures);
    let taken = match chosen {
        Way::Sequential => 0,
        Way::Async | Way::Flex => 1,
        Way::BatchApi => 2,
    };
    let figure = |way: Way| match figures.quote(way) {
        Some(quote) => format!("{}: {}, {}", way.label(), quote.cost, quote.duration),
        None => format!("{}: no price known", way.label()),
    };
    let quote = figures.quote(chosen).unwrap_or(&figures.concurrent);
    step(
        "So",
        taken,
        [
            (figure(Way::Sequential), "a plain loop"),
            (figure(Way::Async), "the runner on this page"),
            (figure(Way::BatchApi), "a file for the provider"),
        ],
        format!("{} it is: {}, {}.", chosen.label(), quote.cost, quote.duration),
    )
}
