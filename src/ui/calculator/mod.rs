//! The calculator: a workload in, three ways to run it compared, every model beside them; its whole state is the
//! address. Not here: the arithmetic (`estimate`), the prices (`prices`), any storage.
//!
//! [`CalculatorPage`] knows the browser (address, clock); [`Calculator`] and all below it take values and emit
//! actions, so that the embed and the tests draw the very same thing.

mod advice;
mod answers;
mod calculator_page;
mod chart;
mod choice;
mod cost_by_model;
mod decision;
mod figures;
mod inputs;
mod markdown;
mod model_picker;
mod model_view;
mod quantity;
mod query;
mod re_asks;
mod side_by_side;
mod simulation;
mod ways;
mod whole;
mod workload_form;

use std::rc::Rc;

use yew::prelude::*;

pub use calculator_page::CalculatorPage;
pub use inputs::{Action, Inputs};
pub use quantity::Quantity;
pub use query::{decode, encode, escaped};
pub use simulation::Simulation;

use crate::estimate;
use crate::time::Time;
use advice::Advice;
use answers::Answers;
use workload_form::WorkloadForm;

#[derive(Properties, PartialEq)]
pub struct CalculatorProps {
    pub inputs: Rc<Inputs>,
    /// Prices have dates: the moment of the estimate.
    pub now: Time,
    pub on_action: Callback<Action>,
    /// Without the rarer rows: for a page that has its own subject.
    #[prop_or_default]
    pub brief: bool,
    /// What can be done with the answer, below the recommendation.
    #[prop_or_default]
    pub actions: Html,
    /// What a page of ours shows beyond the answer. It is handed in, so that an embedded calculator is built without.
    #[prop_or_default]
    pub children: Html,
}

/// The answers come first in the document, so that they are first on a narrow screen and to the ear; a wide one
/// shows the inputs beside them.
#[component]
pub fn Calculator(props: &CalculatorProps) -> Html {
    let Some(model) = props.inputs.model() else {
        return Html::default();
    };
    let estimate = Rc::new(estimate::estimate(&props.inputs.workload, model, props.now));
    html! {
        <div class="calculator">
            <Answers estimate={estimate.clone()} inputs={props.inputs.clone()} />
            <WorkloadForm inputs={props.inputs.clone()} on_action={props.on_action.clone()}
                brief={props.brief} />
            <Advice {estimate} {model} actions={props.actions.clone()} />
            { props.children.clone() }
        </div>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
