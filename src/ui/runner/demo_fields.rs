//! How the simulated provider behaves, adjustable before and during a run.

use yew::prelude::*;

use crate::ui::parts::Disclosure;
use crate::ui::runner::form_field::StepProps;
use crate::ui::store::Field;

#[derive(Properties, PartialEq)]
pub struct DemoFieldsProps {
    pub step: StepProps,
}

#[component]
pub fn DemoFields(props: &DemoFieldsProps) -> Html {
    let step = &props.step;
    html! {
        <Disclosure id="demo-behavior" label="How the Demo behaves">
            <div class="step__fields">
                { step.number(Field::DemoLatency, "", "") }
                { step.number(Field::DemoErrors, "", "") }
                { step.number(Field::DemoRefusals, "", "") }
            </div>
        </Disclosure>
    }
}
