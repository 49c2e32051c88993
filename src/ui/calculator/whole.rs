//! The calculator as our own page shows it: beyond the answer, the figures and the comparisons. An embedded calculator
//! does not name this, so nothing of it is in what a host's visitors download.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::cost_by_model::CostByModel;
use super::decision::Decision;
use super::figures::Figures;
use super::re_asks::ReAsks;
use super::side_by_side::SideBySide;
use super::ways::Ways;
use super::{Action, Calculator, CalculatorProps};
use crate::estimate;

/// The children stand between the answer and the figures.
#[component]
pub fn WholeCalculator(props: &CalculatorProps) -> Html {
    let inputs = &props.inputs;
    let workload = &inputs.workload;
    let rows =
        use_memo((workload.clone(), props.now), |(workload, now)| measured(|| estimate::by_model(workload, *now)));
    let Some(model) = inputs.model() else {
        return Html::default();
    };
    let now = props.now;
    let estimate = Rc::new(estimate::estimate(workload, model, now));
    let points = Rc::new(estimate::time_by_concurrency(workload, model, now));
    let money = estimate::money(workload, model, now);
    let on_pin = props.on_action.reform(Action::Pin);
    html! {
        <Calculator inputs={inputs.clone()} {now} on_action={props.on_action.clone()} brief=false
            actions={props.actions.clone()}>
            { props.children.clone() }
            <Figures {estimate} concurrency={workload.concurrency} {points} {money} rows={rows.clone()} />
            <Ways workload={workload.clone()} {model} {now} />
            <Decision workload={workload.clone()} {model} {now} />
            <ReAsks workload={workload.clone()} {model} versus={inputs.versus.clone()} {now}
                on_versus={props.on_action.reform(Action::Against)} />
            <SideBySide rows={rows.clone()} calls={workload.calls} pins={inputs.pins.clone()} on_unpin={on_pin.clone()} />
            <CostByModel {rows} calls={workload.calls} chosen={inputs.model.clone()} pins={inputs.pins.clone()}
                on_choose={props.on_action.reform(Action::ChooseModel)} {on_pin} />
        </Calculator>
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
