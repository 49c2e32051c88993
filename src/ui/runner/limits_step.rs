//! Step 4: how fast, how often again, and how much at most.

use yew::prelude::*;

use crate::ui::parts::Switch;
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::{Field, FormAction};

#[derive(Properties, PartialEq)]
pub struct LimitsStepProps {
    pub step: StepProps,
}

#[component]
pub fn LimitsStep(props: &LimitsStepProps) -> Html {
    let step = &props.step;
    let on_switch = step.on_form.reform(FormAction::UseCache);
    html! {
        <section class="step">
            <h2 class="step__title">{ "Limits" }</h2>
            <div class="step__fields">
                { step.number(Field::Budget, "none", "A hard cap: a call goes out only while its worst case still fits.") }
                { step.number(Field::Concurrency, "15", "Calls in flight at once, at most 64.") }
                { step.number(Field::MaxRetries, "4", "For errors that may pass.") }
                { step.number(Field::Timeout, "automatic", "") }
                { step.number(Field::RequestsPerMinute, "no limit", "") }
                { step.number(Field::TokensPerMinute, "no limit", "") }
                { step.number(Field::Burst, "automatic", "") }
            </div>
            <Switch label="Use cache" on={step.form.use_cache} {on_switch}
                hint="Equal rows are asked once, and answers of earlier runs are used again at no cost." />
        </section>
    }
}
