//! Everything of the room, kept in step with the calculator's inputs. The answer that a person is moving a slider for is
//! painted first: the figures follow after that paint, and what is longer once the inputs rest.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::cost_by_model::CostByModel;
use super::figures::Figures;
use super::re_asks::ReAsks;
use super::side_by_side::SideBySide;
use super::ways::Ways;
use crate::estimate::{self, Workload};
use crate::prices::ModelId;
use crate::time::Time;
use crate::ui::calculator::{Action, Inputs};
use crate::ui::hooks::{use_after_paint, use_painted, use_rested};
use crate::ui::parts::Disclosure;

/// Longer than the time between two steps of a slider that is being moved.
const REST_MS: u32 = 100;

#[derive(Clone, Properties, PartialEq)]
pub struct ComparisonsProps {
    pub inputs: Rc<Inputs>,
    pub now: Time,
    pub on_action: Callback<Action>,
}

#[component]
pub fn Comparisons(props: &ComparisonsProps) -> Html {
    let ComparisonsProps { inputs, now, on_action } = props.clone();
    let followed = use_after_paint(inputs.clone());
    let rested = use_rested(inputs.workload.clone(), inputs.model.clone(), REST_MS);
    let rested = Rc::new(Inputs { workload: rested, ..(*inputs).clone() });
    html! {
        <>
            <Models inputs={rested.clone()} {now} on_action={on_action.clone()} />
            <Next>
                <FollowedFigures inputs={followed} {now} />
                <Next><Folded inputs={rested} {now} {on_action} /></Next>
            </Next>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct NextProps {
    children: Html,
}

/// Drawn after the paint of what stands above.
#[component]
fn Next(props: &NextProps) -> Html {
    if use_painted() { props.children.clone() } else { Html::default() }
}

#[derive(Properties, PartialEq)]
struct FollowedProps {
    inputs: Rc<Inputs>,
    now: Time,
}

#[component]
fn FollowedFigures(props: &FollowedProps) -> Html {
    let (workload, now) = (&props.inputs.workload, props.now);
    let Some(model) = props.inputs.model() else { return Html::default() };
    let estimate = Rc::new(estimate::estimate(workload, model, now));
    let points = Rc::new(estimate::time_by_concurrency(workload, model, now));
    let money = estimate::money(workload, model, now);
    html! { <Figures {estimate} concurrency={workload.concurrency} {points} {money} /> }
}

/// The table that people came for, and the pinned models below it, where they push nothing that is being typed in.
#[component]
pub(super) fn Models(props: &ComparisonsProps) -> Html {
    let (inputs, now) = (&props.inputs, props.now);
    let workload = &inputs.workload;
    let asked = (workload.clone(), inputs.model.clone(), now);
    let rows = use_memo(asked, |(workload, chosen, now): &(Workload, ModelId, Time)| {
        measured(|| estimate::by_model(workload, chosen, *now))
    });
    let on_pin = props.on_action.reform(Action::Pin);
    html! {
        <>
            <CostByModel rows={rows.clone()} calls={workload.calls} {now} chosen={inputs.model.clone()}
                pins={inputs.pins.clone()} view={inputs.view.clone()}
                on_choose={props.on_action.reform(Action::ChooseModel)} on_pin={on_pin.clone()}
                on_view={props.on_action.reform(Action::View)} />
            <SideBySide {rows} calls={workload.calls} {now} chosen={inputs.model.clone()} pins={inputs.pins.clone()}
                on_unpin={on_pin} />
        </>
    }
}

/// What few people ask for.
#[component]
pub(super) fn Folded(props: &ComparisonsProps) -> Html {
    let (inputs, now) = (&props.inputs, props.now);
    let Some(model) = inputs.model() else { return Html::default() };
    html! {
        <div class="folded">
            <Disclosure id="every-way" label="Every way side by side" summary="with and without caches, and Flex">
                <Ways workload={inputs.workload.clone()} {model} {now} />
            </Disclosure>
            <Disclosure id="what-if" label="What if: a cheaper model with retries" summary="is it worth it?">
                <ReAsks workload={inputs.workload.clone()} {model} versus={inputs.versus.clone()} {now}
                    on_versus={props.on_action.reform(Action::Against)} />
            </Disclosure>
        </div>
    }
}

/// `cargo dev bench-page` puts a function on the page that is told how long the estimates of all models took.
fn measured<T>(compute: impl FnOnce() -> T) -> T {
    if cfg!(not(target_arch = "wasm32")) {
        return compute();
    }
    let listener = js_sys::Reflect::get(&js_sys::global(), &"pennybatchMeasured".into());
    let Some(listener) = listener.ok().and_then(|listener| listener.dyn_into::<js_sys::Function>().ok()) else {
        return compute();
    };
    let clock = || gloo_utils::window().performance().map_or(0.0, |performance| performance.now());
    let began = clock();
    let result = compute();
    // What the listener makes of it is not the page's matter.
    let _ = listener.call1(&wasm_bindgen::JsValue::UNDEFINED, &(clock() - began).into());
    result
}
