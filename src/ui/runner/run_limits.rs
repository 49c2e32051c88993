//! Limits and budget of an open run, lane by lane. They may change while it runs.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Limits, lane_name};
use crate::money::Usd;
use crate::ui::parts::{Button, Disclosure};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::parse::{FieldProblem, parse_lane_limits, parse_limits};
use crate::ui::store::{Field, Form, FormAction};

/// Every lane's limits, and the budget of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLimits {
    pub lanes: Vec<Limits>,
    pub budget: Option<Usd>,
}

#[derive(Properties, PartialEq)]
pub struct RunLimitsProps {
    pub form: Rc<Form>,
    pub on_form: Callback<FormAction>,
    pub on_apply: Callback<NewLimits>,
}

#[component]
pub fn RunLimits(props: &RunLimitsProps) -> Html {
    let form = &props.form;
    let first = parse_limits(form);
    let others: Vec<Result<Limits, Vec<FieldProblem>>> =
        (1..form.endpoints.len()).map(|lane| parse_lane_limits(form, lane)).collect();
    let step = |lane: usize, problems: Vec<FieldProblem>| StepProps {
        form: form.clone(),
        problems: Rc::new(problems),
        on_form: props.on_form.clone(),
        lane,
    };
    let steps: Vec<StepProps> = std::iter::once(first.as_ref().err().cloned())
        .chain(others.iter().map(|checked| checked.as_ref().err().cloned()))
        .enumerate()
        .map(|(lane, problems)| step(lane, problems.unwrap_or_default()))
        .collect();
    let wanted = first.ok().and_then(|(limits, budget)| {
        let others: Option<Vec<Limits>> = others.into_iter().map(Result::ok).collect();
        let lanes = std::iter::once(limits).chain(others?).collect();
        Some(NewLimits { lanes, budget })
    });
    let disabled = wanted.is_none();
    let on_press = {
        let on_apply = props.on_apply.clone();
        Callback::from(move |()| {
            if let Some(wanted) = &wanted {
                on_apply.emit(wanted.clone());
            }
        })
    };
    let single = steps.len() == 1;
    html! {
        <Disclosure id="change-limits" label="Change limits">
            <div class="stack">
                {
                    for steps.iter().map(|step| if single { fields(step) } else {
                        html! {
                            <fieldset class="lane-fields" key={step.lane}>
                                <legend class="lane-fields__name">{ lane_name(step.lane) }</legend>
                                { fields(step) }
                            </fieldset>
                        }
                    })
                }
                <div class="row">
                    <Button {disabled} {on_press}>{ "Apply to this run" }</Button>
                    <span class="small soft">{ "Calls under way are not affected." }</span>
                </div>
            </div>
        </Disclosure>
    }
}

fn fields(step: &StepProps) -> Html {
    html! {
        <div class="step__fields">
            if step.lane == 0 {
                { step.number(Field::Budget, "none", "") }
            }
            { limit_fields(step) }
        </div>
    }
}

/// One lane's.
pub(super) fn limit_fields(step: &StepProps) -> Html {
    html! {
        <>
            { step.number(Field::Concurrency, "15", "") }
            { step.number(Field::RequestsPerMinute, "no limit", "") }
            { step.number(Field::TokensPerMinute, "no limit", "") }
            { step.number(Field::Burst, "automatic", "") }
        </>
    }
}
