//! The calculator as our own page shows it: beyond the answer, the figures and the comparisons. An embedded calculator
//! does not name this, so nothing of it is in what a host's visitors download.

use std::rc::Rc;

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
    let rows = use_memo((workload.clone(), props.now), |(workload, now)| estimate::by_model(workload, *now));
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
