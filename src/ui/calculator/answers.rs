//! The three ways side by side: what each costs and how long it takes.

use std::rc::Rc;

use yew::prelude::*;

use super::inputs::Inputs;
use super::quantity::Quantity;
use crate::estimate::{Estimate, Quote, Way, Workload, way_words};

#[derive(Properties, PartialEq)]
pub struct AnswersProps {
    pub estimate: Rc<Estimate>,
    pub inputs: Rc<Inputs>,
}

#[component]
pub fn Answers(props: &AnswersProps) -> Html {
    let (estimate, workload) = (&props.estimate, &props.inputs.workload);
    let words = |way| way_words(way, estimate, workload);
    html! {
        <section class="answers" aria-label="Three ways to run it">
            { group(Way::Sequential, Some(&estimate.sequential), words(Way::Sequential), workload) }
            { group(Way::Async, Some(&estimate.concurrent), words(Way::Async), workload) }
            { group(Way::BatchApi, estimate.batch.as_ref(), words(Way::BatchApi), workload) }
            if let Some(unread) = props.inputs.unread_words() {
                <p class="answers__unread">{ unread }</p>
            }
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
