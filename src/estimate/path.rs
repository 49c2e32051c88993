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
            (format!("< {}", number(LOOP_CALLS)), "a simple loop"),
            (between(LOOP_CALLS, ASYNC_CALLS_MAX), "parallel calls, with limits and retries"),
            (between(ASYNC_CALLS_MAX, RUNNER_CALLS_MAX), "parallel calls, with a cache and saved answers"),
            (format!("> {}", number(RUNNER_CALLS_MAX)), "Batch API, or several keys"),
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
            (1, format!("{} is too short for a queue; Async takes {}.", in_words(ms), figures.concurrent.duration))
        }
        (Some(ms), Some(batch)) if batch.within_deadline == Some(true) => {
            (3, format!("{} is enough for a batch job, which may take {wait}.", in_words(ms)))
        }
        (Some(ms), Some(_)) => (2, format!("{} is less than the {wait} that a batch job may take.", in_words(ms))),
        (Some(ms), None) => {
            (2, format!("{} is long enough to wait, but this model has no known batch price.", in_words(ms)))
        }
    };
    step(
        "When must it be done?",
        taken,
        [
            ("no deadline".to_owned(), "the number of calls decides"),
            ("under an hour".to_owned(), "parallel calls"),
            (format!("an hour to {wait}"), "Flex where there is one, else parallel calls"),
            (format!("{wait} or more"), "Batch API"),
        ],
        reason,
    )
}

fn budget(figures: &Figures) -> Step {
    let chosen = figures.quote(choose(figures)).unwrap_or(&figures.concurrent);
    let (taken, reason) = match figures.workload.budget {
        None => (0, "No budget is set.".to_owned()),
        Some(budget) if chosen.most() <= budget => {
            (1, format!("It uses {} of {}.", chosen.cost_words(), budget.short()))
        }
        Some(budget) => {
            let is = if chosen.least() > budget { "is" } else { "may be" };
            (2, format!("{} {is} more than {}.", chosen.cost_words(), budget.short()))
        }
    };
    let may_cover = figures.workload.budget.is_some_and(|budget| chosen.least() <= budget);
    step(
        "Does your budget cover it?",
        taken,
        [
            ("none set".to_owned(), "continue"),
            ("yes".to_owned(), "continue"),
            ((if taken == 2 && may_cover { "perhaps not" } else { "no" }).to_owned(), "a cheaper model, with retries"),
        ],
        reason,
    )
}

fn repeats(figures: &Figures) -> Step {
    let hits = figures.workload.cache_hits_ppm;
    let less = saved(figures.sequential.cost, figures.concurrent.cost);
    let (taken, reason) = match less {
        Some(less) if hits > 0 => {
            (1, format!("You assume {} repeats: your cache saves {}.", percent(hits), less.short()))
        }
        _ => (0, "You assume that no call repeats an earlier one.".to_owned()),
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
        Some(quote) => format!("{}: {}, {}", way.label(), quote.cost_words(), quote.duration),
        None => format!("{}: no price found", way.label()),
    };
    let quote = figures.quote(chosen).unwrap_or(&figures.concurrent);
    step(
        "So which?",
        taken,
        [
            (figure(Way::Sequential), "a simple loop"),
            (figure(Way::Async), "run it on this page"),
            (figure(Way::BatchApi), "upload a file"),
        ],
        format!("{}: {}, {}.", chosen.label(), quote.cost_words(), quote.duration),
    )
}
