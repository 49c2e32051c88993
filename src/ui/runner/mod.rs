//! The runner: four numbered steps and the run.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RunnerPageProps {
    /// The query of the address: what the calculator hands over, or `run=ID`.
    #[prop_or_default]
    pub query: AttrValue,
    /// Mounted but hidden while the person looks at another page.
    #[prop_or(true)]
    pub shown: bool,
}

#[component]
pub fn RunnerPage(props: &RunnerPageProps) -> Html {
    let _ = props;
    html! { <h1 class="page__title">{ "Run a batch" }</h1> }
}
