//! The three ways side by side: what each costs and how long it takes.

use std::rc::Rc;

use yew::prelude::*;

use super::inputs::Inputs;
use crate::estimate::{Card, Estimate, Way, cards};
use crate::ui::hooks::use_rested;

/// Longer than the time between two steps of a slider, so that only its last value is read out.
const READ_OUT_AFTER_MS: u32 = 700;

#[derive(Properties, PartialEq)]
pub struct AnswersProps {
    pub estimate: Rc<Estimate>,
    pub inputs: Rc<Inputs>,
}

#[component]
pub fn Answers(props: &AnswersProps) -> Html {
    let cards = cards(&props.estimate, &props.inputs.workload);
    let unread = props.inputs.unread_words();
    let said = unread.clone().unwrap_or_else(|| read_out(&cards).into());
    html! {
        <section class="answers" aria-label="Three ways to run it">
            <ReadOut text={said} />
            { for cards.iter().map(group) }
            if let Some(unread) = unread {
                <p class="answers__unread">{ unread }</p>
            }
        </section>
    }
}

fn group(card: &Card) -> Html {
    let id = match card.way {
        Way::Sequential => "answer-sequential",
        Way::Async | Way::Flex => "answer-async",
        Way::BatchApi => "answer-batch-api",
    };
    html! {
        <div class="answer" role="group" aria-labelledby={id}>
            <div class="answer__head">
                <h2 class="answer__name" {id}>{ card.way.label() }</h2>
                <span class="answer__marks">
                    { for card.marks.iter().map(|word| html! { <span class="answer__mark">{ *word }</span> }) }
                </span>
            </div>
            if let Some((cost, time)) = &card.figures {
                <dl class="answer__figures">
                    <dt class="visually-hidden">{ "Cost" }</dt>
                    <dd class="answer__cost">{ cost }</dd>
                    <dt class="visually-hidden">{ "Time" }</dt>
                    <dd class="answer__time">{ time }</dd>
                </dl>
            }
            <div class="answer__words">
                <p class="answer__sentence">{ &card.sentence }</p>
                { for card.misses.iter().map(|miss| html! { <p class="answer__miss">{ miss }</p> }) }
            </div>
        </div>
    }
}

/// `Async $0.304, 7.5 min, fastest. …`
fn read_out(cards: &[Card; 3]) -> String {
    let sentence = |card: &Card| {
        let (cost, time) = card.figures.as_ref()?;
        let marks: String = card.marks.iter().map(|mark| format!(", {mark}")).collect();
        Some(format!("{} {cost}, {time}{marks}.", card.way.label()))
    };
    cards.iter().filter_map(sentence).collect::<Vec<_>>().join(" ")
}

#[derive(Properties, PartialEq)]
struct ReadOutProps {
    text: AttrValue,
}

/// What a screen reader reads once the inputs rest. It is empty until something was changed.
#[component]
fn ReadOut(props: &ReadOutProps) -> Html {
    let opening = use_state(|| props.text.clone());
    let changed = use_mut_ref(|| false);
    let rested = use_rested(props.text.clone(), (), READ_OUT_AFTER_MS);
    if rested != *opening {
        *changed.borrow_mut() = true;
    }
    let text = if *changed.borrow() { rested } else { AttrValue::default() };
    html! { <p class="visually-hidden" role="status">{ text }</p> }
}
