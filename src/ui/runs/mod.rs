//! The history: every run that this browser keeps.

use yew::prelude::*;

#[component]
pub fn RunsPage() -> Html {
    html! { <h1 class="page__title">{ "Runs" }</h1> }
}
