//! Limits and budget of an open run, which may change while it goes.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::Limits;
use crate::money::Usd;
use crate::ui::parts::{Button, Disclosure};
use crate::ui::runner::check::{FieldProblem, check_limits};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::{Field, Form, FormAction};

#[derive(Properties, PartialEq)]
pub struct RunLimitsProps {
    pub form: Rc<Form>,
    pub on_form: Callback<FormAction>,
    pub on_apply: Callback<(Limits, Option<Usd>)>,
}

#[component]
pub fn RunLimits(props: &RunLimitsProps) -> Html {
    let checked = check_limits(&props.form);
    let problems: Vec<FieldProblem> = checked.as_ref().err().cloned().unwrap_or_default();
    let step = StepProps { form: props.form.clone(), problems: Rc::new(problems), on_form: props.on_form.clone() };
    let disabled = checked.is_err();
    let on_press = {
        let on_apply = props.on_apply.clone();
        Callback::from(move |()| {
            if let Ok(limits) = &checked {
                on_apply.emit(limits.clone());
            }
        })
    };
    html! {
        <Disclosure label="Change limits">
            <div class="stack">
                <div class="step__fields">
                    { step.number(Field::Budget, "none", "") }
                    { step.number(Field::Concurrency, "15", "") }
                    { step.number(Field::RequestsPerMinute, "no limit", "") }
                    { step.number(Field::TokensPerMinute, "no limit", "") }
                    { step.number(Field::Burst, "automatic", "") }
                </div>
                <div class="row">
                    <Button {disabled} {on_press}>{ "Apply to this run" }</Button>
                    <span class="small soft">{ "Calls in flight are not affected." }</span>
                </div>
            </div>
        </Disclosure>
    }
}
