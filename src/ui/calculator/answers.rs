//! The three ways side by side: what each costs and how long it takes.

use std::rc::Rc;

use yew::prelude::*;

use super::inputs::Inputs;
use super::quantity::Quantity;
use crate::estimate::{Estimate, Quote, WHOLE_PPM, Way, Workload};
use crate::money::grouped;

#[derive(Properties, PartialEq)]
pub struct AnswersProps {
    pub estimate: Rc<Estimate>,
    pub inputs: Rc<Inputs>,
}

#[component]
pub fn Answers(props: &AnswersProps) -> Html {
    let (estimate, workload) = (&props.estimate, &props.inputs.workload);
    html! {
        <section class="answers" aria-label="Three ways to run it">
            { group(Way::Sequential, Some(&estimate.sequential), sequential_words(estimate, workload), workload) }
            { group(Way::Async, Some(&estimate.concurrent), async_words(estimate), workload) }
            { group(Way::BatchApi, estimate.batch.as_ref(), batch_words(estimate), workload) }
        </section>
    }
}

fn group(way: Way, quote: Option<&Quote>, words: Vec<String>, workload: &Workload) -> Html {
    let id = match way {
        Way::Sequential => "answer-sequential",
        Way::Async | Way::Flex => "answer-async",
        Way::BatchApi => "answer-batch-api",
    };
    html! {
        <div class="answer" role="group" aria-labelledby={id}>
            <div class="answer__head">
                <h2 class="answer__name" {id}>{ way.label() }</h2>
                { quote.map(marks).unwrap_or_default() }
            </div>
            if let Some(quote) = quote {
                <dl class="answer__figures">
                    <dt class="visually-hidden">{ "Cost" }</dt>
                    <dd class="answer__cost">{ quote.cost.to_string() }</dd>
                    <dt class="visually-hidden">{ "Time" }</dt>
                    <dd class="answer__time">{ quote.duration.to_string() }</dd>
                </dl>
            }
            <div class="answer__words">
                { for words.iter().map(|line| html! { <p>{ line }</p> }) }
                { quote.map(|quote| misses(quote, workload)).unwrap_or_default() }
            </div>
        </div>
    }
}

fn marks(quote: &Quote) -> Html {
    let words = [("cheapest", quote.cheapest), ("fastest", quote.fastest)];
    let marks = words.into_iter().filter(|(_, holds)| *holds);
    html! {
        <span class="answer__marks">
            { for marks.map(|(word, _)| html! { <span class="answer__mark">{ word }</span> }) }
        </span>
    }
}

/// What the person asked for and this way doesn't keep.
fn misses(quote: &Quote, workload: &Workload) -> Html {
    let over = quote.within_budget == Some(false);
    let budget =
        Quantity::Budget.get(workload).filter(|_| over).map(|budget| Quantity::Budget.range().with_unit(budget));
    let late = quote.within_deadline == Some(false);
    html! {
        <>
            if let Some(budget) = budget {
                <p class="answer__miss">{ format!("Over the budget of {budget}.") }</p>
            }
            if late {
                <p class="answer__miss">
                    { if quote.way == Way::BatchApi { "May miss the deadline." } else { "Misses the deadline." } }
                </p>
            }
        </>
    }
}

fn sequential_words(estimate: &Estimate, workload: &Workload) -> Vec<String> {
    let repeats = if workload.cache_hits_ppm > 0 { "No cache: repeats are paid again." } else { "A plain loop." };
    let loop_ms = workload.calls.saturating_mul(workload.slot_ms());
    let binds = match estimate.sequential.duration.most_ms() {
        // Re-asks and retries make a loop longer, a limit much longer.
        Some(ms) if workload.failed_billed_ppm == 0 && ms > loop_ms.saturating_add(loop_ms / 50) => {
            "A rate limit binds even here: only a higher one changes that."
        }
        Some(_) => "Latency binds: only calls in flight change that.",
        None => "A limit lets no call through.",
    };
    vec![format!("One call after another. {repeats}"), binds.to_owned()]
}

fn async_words(estimate: &Estimate) -> Vec<String> {
    let mut words = vec![estimate.binding.sentence.clone()];
    words.extend(estimate.binding.change.clone());
    if estimate.answered_ppm < WHOLE_PPM {
        let unanswered = f64::from(WHOLE_PPM - estimate.answered_ppm) / 10_000.0;
        words.push(format!("{} % of the items stay without an answer.", grouped(&format!("{unanswered:.2}"))));
    }
    words
}

fn batch_words(estimate: &Estimate) -> Vec<String> {
    match &estimate.batch {
        None => vec![format!("No Batch API price is known for {}.", estimate.model_name)],
        Some(Quote { cost_range: Some((least, most)), .. }) => vec![
            "Handed over as a file; the provider's queue binds, and only its limits change that.".to_owned(),
            format!("{least} to {most}, by how much the provider's cache serves."),
        ],
        Some(_) => vec![
            "Handed over as a file, answered when there is room: often in minutes.".to_owned(),
            "The provider's queue binds, and only its limits change that.".to_owned(),
        ],
    }
}
