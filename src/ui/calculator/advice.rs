//! What to do, why, and what the numbers rest on.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{Estimate, price_words};
use crate::prices::Model;
use crate::ui::parts::Disclosure;

#[derive(Properties, PartialEq)]
pub struct AdviceProps {
    pub estimate: Rc<Estimate>,
    pub model: &'static Model,
    #[prop_or_default]
    pub actions: Html,
    /// The decision path, among the reasons.
    #[prop_or_default]
    pub path: Html,
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
            { for first.iter().map(|reason| html! { <p class="advice__reason">{ reason }</p> }) }
            { for estimate.warnings.iter().map(|warning| html! { <p class="advice__warning">{ warning }</p> }) }
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
