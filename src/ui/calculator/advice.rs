//! What to do, why, and what the numbers rest on.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{Estimate, price_words};
use crate::prices::Model;
use crate::ui::parts::dated;

#[derive(Properties, PartialEq)]
pub struct AdviceProps {
    pub estimate: Rc<Estimate>,
    pub model: &'static Model,
    #[prop_or_default]
    pub actions: Html,
    /// An input can't be read: nothing is done with these figures.
    #[prop_or_default]
    pub unread: bool,
}

#[component]
pub fn Advice(props: &AdviceProps) -> Html {
    let advice = &props.estimate.recommendation;
    html! {
        <section class="advice" aria-labelledby="recommendation">
            <h2 class="advice__kind" id="recommendation">{ "Recommendation" }</h2>
            <p class="advice__headline">{ &advice.headline }</p>
            <ul class="advice__reasons">
                { for advice.reasons.iter().map(|reason| html! { <li>{ reason }</li> }) }
            </ul>
            <div class="row advice__actions" inert={props.unread}>{ props.actions.clone() }</div>
            <ul class="advice__notes">
                { for props.estimate.notes.iter().map(|note| html! { <li>{ note }</li> }) }
                <li>{ dated(&price_words(props.model, &props.estimate.price_date)) }</li>
            </ul>
        </section>
    }
}
