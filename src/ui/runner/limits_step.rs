//! Step 4: how much at most and how fast; under `More` what few people change.

use yew::prelude::*;

use crate::ui::parts::{Disclosure, Switch, dated};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::provider_step::{cache_field, effort_field, price_fields, price_words, temperature_field};
use crate::ui::runner::step_section::StepSection;
use crate::ui::store::{Field, FormAction};

#[derive(Properties, PartialEq)]
pub struct LimitsStepProps {
    pub step: StepProps,
    /// What stands at the end of `More`: further lanes.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn LimitsStep(props: &LimitsStepProps) -> Html {
    let step = &props.step;
    let on_switch = step.on_form.reform(FormAction::UseCache);
    html! {
        <StepSection number={4} title="Limits">
            <div class="step__fields">
                { step.number(Field::Budget, "none", "Hard limit. No call is sent that could exceed it.") }
                { step.number(Field::Concurrency, "15", "Parallel calls, at most 64.") }
                { step.number(Field::RequestsPerMinute, "no limit", "Your account\u{2019}s limit.") }
                { step.number(Field::TokensPerMinute, "no limit", "Your account\u{2019}s limit.") }
            </div>
            <Disclosure id="more-limits" label="More" open={step.form.endpoints.len() > 1}
                summary="Retries, temperature, prices, cache, another key">
                <div class="more">
                    <div class="step__fields">
                        { step.number(Field::Burst, "automatic", "Requests at once after a pause.") }
                        { step.number(Field::MaxRetries, "4", "After errors that may pass.") }
                        { step.number(Field::Timeout, "automatic", "For one answer.") }
                        { temperature_field(step) }
                        { effort_field(step) }
                        { cache_field(step) }
                        if step.endpoint().is_listed(&step.form.router_prices) {
                            { price_fields(step) }
                            <p class="field__hint step__line">{ dated(&price_words(step.endpoint())) }</p>
                        }
                    </div>
                    <Switch id="use-cache" label="Use cache" on={step.form.use_cache} {on_switch}
                        hint="Identical rows are sent once. Answers of earlier runs are used again, free of charge." />
                    { props.children.clone() }
                </div>
            </Disclosure>
        </StepSection>
    }
}
