//! One of the numbered steps.

use yew::prelude::*;

/// Of the whole list, whatever is shown of it.
const STEPS: u8 = 4;

#[derive(Properties, PartialEq)]
pub struct StepSectionProps {
    pub number: u8,
    pub title: &'static str,
    pub children: Html,
}

/// Stands inside an `<ol class="steps__list">`. It is no region of its own: `Provider` names a field.
#[component]
pub fn StepSection(props: &StepSectionProps) -> Html {
    html! {
        <li class="step">
            <span class="visually-hidden">{ format!("Step {} of {STEPS}", props.number) }</span>
            <h2 class="step__title">{ props.title }</h2>
            { props.children.clone() }
        </li>
    }
}
