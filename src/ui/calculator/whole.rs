//! The calculator as our own page shows it: beyond the answer, the figures and the comparisons. An embedded calculator
//! does not name this, so nothing of it is in what a host's visitors download.

use std::rc::Rc;

use yew::prelude::*;

use super::cost_by_model::CostByModel;
use super::figures::Figures;
use super::{Action, Calculator, CalculatorProps};
use crate::estimate;

#[component]
pub fn WholeCalculator(props: &CalculatorProps) -> Html {
    let inputs = &props.inputs;
    let workload = &inputs.workload;
    let rows = use_memo((workload.clone(), props.now), |(workload, now)| estimate::by_model(workload, *now));
    let Some(model) = inputs.model() else {
        return Html::default();
    };
    let estimate = Rc::new(estimate::estimate(workload, model, props.now));
    let points = Rc::new(estimate::time_by_concurrency(workload, model, props.now));
    html! {
        <Calculator inputs={inputs.clone()} now={props.now} on_action={props.on_action.clone()} brief=false
            actions={props.actions.clone()}>
            <Figures {estimate} concurrency={workload.concurrency} {points} />
            <CostByModel {rows} calls={workload.calls} chosen={inputs.model.clone()} pins={inputs.pins.clone()}
                on_choose={props.on_action.reform(Action::ChooseModel)} on_pin={props.on_action.reform(Action::Pin)} />
        </Calculator>
    }
}
