//! The calculator: a workload in, three ways to run it compared, every model beside them; its whole state is the
//! address. Not here: the arithmetic (`estimate`) and the prices (`prices`).

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct CalculatorPageProps {
    /// The query of the address: see `query.rs`.
    pub query: AttrValue,
    /// The query that restores what is shown now.
    pub on_query: Callback<AttrValue>,
}

#[component]
pub fn CalculatorPage(props: &CalculatorPageProps) -> Html {
    let _ = props;
    html! { <h1 class="page__title">{ "Calculator" }</h1> }
}
