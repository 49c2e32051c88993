//! Further lanes: each another endpoint or key with limits of its own.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::lane_name;
use crate::provider::Auth;
use crate::ui::hooks::now;
use crate::ui::parts::{Button, ButtonKind, Combobox};
use crate::ui::runner::connection_note::LaneChecked;
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::parse::{FieldProblem, LaneProblem};
use crate::ui::runner::pause_note::focus;
use crate::ui::runner::provider_step::{address, choices, key_field, price_fields, provider_choice};
use crate::ui::runner::run_limits::limit_fields;
use crate::ui::store::{Field, Form, FormAction};

/// As many as the worker takes.
const LANES_MAX: usize = 16;

/// Where the focus goes from a lane that is removed.
const ADDING: &str = "add-lane";

#[derive(Properties, PartialEq)]
pub struct MoreLanesProps {
    pub form: Rc<Form>,
    /// The person wants to start, so that empty fields are faults too.
    pub tried: bool,
    pub problems: Rc<Vec<LaneProblem>>,
    /// Lane by lane.
    #[prop_or_default]
    pub checked: Rc<Vec<Option<LaneChecked>>>,
    pub on_form: Callback<FormAction>,
}

#[component]
pub fn MoreLanes(props: &MoreLanesProps) -> Html {
    let on_add = props.on_form.reform(|()| FormAction::AddLane);
    let lanes = props.form.endpoints.len();
    html! {
        <div class="lanes-form">
            { for (1..lanes).map(|lane| lane_fields(props, lane)) }
            <div class="lanes-form__add" id={ADDING} tabindex="-1">
                <Button disabled={lanes >= LANES_MAX} on_press={on_add}>{ "Add another key" }</Button>
                <span class="field__hint">
                    { "Another key, model or server with its own limits. Each row goes to whichever can send first. Keys of one \
                       organization usually share its limits." }
                </span>
            </div>
        </div>
    }
}

fn lane_fields(props: &MoreLanesProps, lane: usize) -> Html {
    let endpoint = props.form.endpoint(lane);
    let seen = |(field, _): &&FieldProblem| props.tried || !endpoint.text(*field).trim().is_empty();
    let own = props.problems.iter().filter(|(of, _)| *of == lane).map(|(_, problem)| problem);
    let problems: Vec<FieldProblem> = own.filter(seen).cloned().collect();
    let step =
        StepProps { form: props.form.clone(), problems: Rc::new(problems), on_form: props.on_form.clone(), lane };
    let preset = endpoint.provider.preset();
    let listed = props.checked.get(lane).and_then(Option::as_ref).map(|checked| checked.models.as_slice());
    let models = choices(listed.unwrap_or_default(), endpoint.provider, &props.form.router_prices, now());
    let on_form = props.on_form.clone();
    let on_remove = move |()| {
        focus(ADDING);
        on_form.emit(FormAction::RemoveLane(lane));
    };
    html! {
        <fieldset class="lane-fields" key={lane}>
            <legend class="lane-fields__name">{ lane_name(lane) }</legend>
            {
                provider_choice(&step, format!("provider-{}", lane + 1).into(), format!("Provider, lane {}", lane + 1).into(), None)
            }
            if endpoint.provider.is_remote() {
                { address(&step) }
            }
            if preset.auth != Auth::None {
                { key_field(&step) }
            }
            <div class="step__fields">
                <div class="step__wide">
                    <Combobox id={step.id(Field::Model)} label={step.label(Field::Model)} value={endpoint.text(Field::Model)} choices={models}
                        error={step.error(Field::Model)} free_text=true on_choose={step.on_input(Field::Model)} />
                </div>
                { price_fields(&step) }
                { limit_fields(&step) }
            </div>
            <div class="row">
                <Button kind={ButtonKind::Quiet} label={format!("Remove lane {}", lane + 1)} on_press={on_remove}>
                    { "Remove" }
                </Button>
            </div>
        </fieldset>
    }
}
