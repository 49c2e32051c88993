//! The calculator: a workload in, three ways to run it compared; its whole state is the address. Not here: the
//! arithmetic (`estimate`), the prices (`prices`), the figures and comparisons below the answer (`ui::compare`), any
//! storage.
//!
//! [`CalculatorPage`] knows the browser (address, clock); [`Calculator`] and all below it take values and emit
//! actions, so that tests draw the very same thing.

mod advice;
mod answers;
mod choice;
mod inputs;
mod model_picker;
mod query;
mod start_field;
mod view;
mod workload_form;

use std::rc::Rc;

use yew::prelude::*;

pub use inputs::{ASKED_AGAIN, Action, BAD_ANSWERS, Inputs, PINS_MAX, Versus};
pub use model_picker::{choices, dollars};
pub use query::{decode, encode, is_known};
pub use view::{Column, View};

pub use crate::estimate::Quantity;

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
    /// What can be done with the answer, below the recommendation.
    #[prop_or_default]
    pub actions: Html,
    /// The decision path, among the reasons.
    #[prop_or_default]
    pub path: Html,
    /// Another way to fill the inputs in, among them.
    #[prop_or_default]
    pub from_file: Html,
    /// Lengths counted from a text, among the inputs.
    #[prop_or_default]
    pub count_text: Html,
    /// Where the prices come from, below the answer.
    #[prop_or_default]
    pub sources: Html,
    /// What stands below the answer.
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
    let unread = props.inputs.unread != 0;
    let estimate = Rc::new(estimate::estimate(&props.inputs.workload, model, props.now));
    html! {
        <div class={if unread { "calculator calculator--unread" } else { "calculator" }}>
            <Answers estimate={estimate.clone()} inputs={props.inputs.clone()} />
            <WorkloadForm inputs={props.inputs.clone()} now={props.now} from_file={props.from_file.clone()} count_text={props.count_text.clone()}
                on_action={props.on_action.clone()} />
            <Advice {estimate} {model} every={props.inputs.every} sources={props.sources.clone()} actions={props.actions.clone()} path={props.path.clone()} {unread} />
            { props.children.clone() }
        </div>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
