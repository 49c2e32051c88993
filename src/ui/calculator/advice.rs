//! What to do, why, and what the numbers rest on.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{Estimate, Every, Quote, cost_words, price_words};
use crate::prices::Model;
use crate::ui::parts::Disclosure;

/// What no figure here holds.
const LEFT_OUT: &str = "Not included: taxes, regional surcharges, tool and storage fees. The same text counts differently at each provider.";

#[derive(Properties, PartialEq)]
pub struct AdviceProps {
    pub estimate: Rc<Estimate>,
    pub model: &'static Model,
    #[prop_or_default]
    pub actions: Html,
    /// The decision path, among the reasons.
    #[prop_or_default]
    pub path: Html,
    #[prop_or_default]
    pub every: Every,
    /// Where the prices come from.
    #[prop_or_default]
    pub sources: Html,
    /// An input can't be read: nothing is done with these figures.
    #[prop_or_default]
    pub unread: bool,
}

#[component]
pub fn Advice(props: &AdviceProps) -> Html {
    let estimate = &props.estimate;
    let advice = &estimate.recommendation;
    let (first, others) = advice.reasons.split_at(advice.reasons.len().min(1));
    let lines = |lines: &[String]| lines.iter().map(|line| html! { <li>{ line }</li> }).collect::<Html>();
    html! {
        <section class="advice" aria-labelledby="recommendation">
            <h2 class="advice__kind" id="recommendation">{ "Recommendation" }</h2>
            <p class="advice__headline">{ &advice.headline }</p>
            if let Some(words) = a_month(estimate, props.every) {
                <p class="advice__reason">{ words }</p>
            }
            { for first.iter().map(|reason| html! { <p class="advice__reason">{ reason }</p> }) }
            { for estimate.warnings.iter().map(|warning| html! { <p class="advice__warning">{ warning }</p> }) }
            <p class="soft small">{ LEFT_OUT }</p>
            { props.sources.clone() }
            <div class="row advice__actions" inert={props.unread}>{ props.actions.clone() }</div>
            <Disclosure id="why" label="Why?">
                <div class="advice__why">
                    <ul class="advice__reasons">{ lines(others) }</ul>
                    { props.path.clone() }
                    <h3 class="advice__part">{ "How these numbers are calculated" }</h3>
                    <ul class="advice__reasons advice__reasons--soft">
                        { lines(&estimate.notes) }
                        <li>{ price_words(props.model, &estimate.price_date) }</li>
                    </ul>
                </div>
            </Disclosure>
        </section>
    }
}

/// What the ways come to in a month.
fn a_month(estimate: &Estimate, every: Every) -> Option<String> {
    let of = |quote: &Quote| {
        let range = quote.cost_range.and_then(|(least, most)| Some((every.a_month(least)?, every.a_month(most)?)));
        Some(format!("{} with {}", cost_words(every.a_month(quote.cost)?, range), quote.way.label()))
    };
    let ways = std::iter::once(&estimate.concurrent).chain(&estimate.batch).map(of).collect::<Option<Vec<_>>>()?;
    Some(format!("Run {}, a month costs {}.", every.label(), ways.join(", ")))
}
