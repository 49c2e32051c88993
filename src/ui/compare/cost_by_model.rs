//! The table `Cost by model`: this workload at every model's price.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use super::model_view;
use crate::estimate::{ModelCost, a_thousand};
use crate::prices::ModelId;
use crate::ui::calculator::{Column, PINS_MAX, View};
use crate::ui::parts::{Switch, TextField, TextKind};

/// Attributes that tell the table which button was pressed: a listener on each of two hundred buttons would be
/// renewed with every step of a slider.
const CHOOSE: &str = "data-choose";
const PIN: &str = "data-pin";

#[derive(Properties, PartialEq)]
pub struct CostByModelProps {
    pub rows: Rc<Vec<ModelCost>>,
    pub calls: u64,
    pub chosen: ModelId,
    pub pins: Vec<ModelId>,
    pub view: View,
    pub on_view: Callback<View>,
    pub on_choose: Callback<ModelId>,
    pub on_pin: Callback<ModelId>,
}

#[component]
pub fn CostByModel(props: &CostByModelProps) -> Html {
    let view = &props.view;
    let shown = model_view::rows(view, &props.rows, &props.chosen);
    let on_filter = {
        let view = view.clone();
        props.on_view.reform(move |filter: AttrValue| View { filter, ..view.clone() })
    };
    let on_switch = {
        let view = view.clone();
        props.on_view.reform(move |deprecated: bool| View { deprecated, ..view.clone() })
    };
    let onclick = {
        let (on_choose, on_pin) = (props.on_choose.clone(), props.on_pin.clone());
        Callback::from(move |event: MouseEvent| pressed(&event, &on_choose, &on_pin))
    };
    let deprecated = props.rows.iter().filter(|row| row.model.deprecated).count();
    html! {
        <section class="cost-by-model" aria-labelledby="cost-by-model">
            <div class="cost-by-model__head">
                <h2 class="cost-by-model__title" id="cost-by-model">{ "Cost by model" }</h2>
                <div class="cost-by-model__controls">
                    <TextField label="Filter models" kind={TextKind::Search} value={view.filter.clone()}
                        placeholder="name or provider" on_input={on_filter} />
                    <Switch label="Show deprecated" on={view.deprecated} {on_switch} />
                </div>
            </div>
            <p class="soft small" role="status">
                { format!("{} of {} models; {deprecated} are deprecated. ", shown.len(), props.rows.len()) }
                { "Cost and time are those of Async, at the same inputs and your limits. Pin up to four to see them side by side." }
            </p>
            <div class="table-scroll cost-by-model__scroll" role="region" aria-label="Models, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="cost-by-model" {onclick}>
                    <thead>
                        <tr>
                            { for Column::ALL.into_iter().map(|column| heading(column, props)) }
                            <th scope="col">{ "Compare" }</th>
                        </tr>
                    </thead>
                    <tbody>
                        { for shown.iter().map(|row| model_row(row, props)) }
                        if shown.is_empty() {
                            <tr><td colspan="8">{ "No model has that in its name or provider." }</td></tr>
                        }
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn pressed(event: &MouseEvent, on_choose: &Callback<ModelId>, on_pin: &Callback<ModelId>) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(button) = target.and_then(|target| target.closest("button").ok().flatten()) else { return };
    if let Some(model) = button.get_attribute(CHOOSE) {
        on_choose.emit(model);
    } else if let Some(model) = button.get_attribute(PIN) {
        on_pin.emit(model);
    }
}

fn heading(column: Column, props: &CostByModelProps) -> Html {
    let view = &props.view;
    let sorted = (view.by == column).then_some(if view.descending { "descending" } else { "ascending" });
    let onclick = {
        let view = view.clone();
        props.on_view.reform(move |_: MouseEvent| view.sorted_by(column))
    };
    let mark = match sorted {
        Some("descending") => "▼",
        Some(_) => "▲",
        None => "",
    };
    html! {
        <th scope="col" class={column.number().then_some("number")} aria-sort={sorted}>
            <button type="button" class="sort" {onclick}>
                { column.name() }<span class="sort__mark" aria-hidden="true">{ mark }</span>
            </button>
        </th>
    }
}

fn model_row(row: &ModelCost, props: &CostByModelProps) -> Html {
    let model = row.model;
    let key = model.key();
    let is_chosen = key == props.chosen;
    let pinned = props.pins.contains(&key);
    let full = props.pins.len() >= PINS_MAX && !pinned;
    html! {
        <tr key={key.clone()} class={is_chosen.then_some("data-table__row--chosen")}>
            <th scope="row">
                <button type="button" class="cost-by-model__model" aria-pressed={if is_chosen { "true" } else { "false" }}
                    title="Estimate with this model" data-choose={key.clone()}>{ model.id.as_str() }</button>
                if model.deprecated { <span class="cost-by-model__tag">{ "deprecated" }</span> }
                if !row.fits { <span class="cost-by-model__tag">{ "call too long" }</span> }
            </th>
            <td>{ model.vendor_name() }</td>
            <td class="number">{ row.concurrent.to_string() }</td>
            <td class="number">{ a_thousand(row.concurrent, props.calls).to_string() }</td>
            <td class="number">{ row.batch.map_or_else(|| "none known".to_owned(), |cost| cost.to_string()) }</td>
            <td class="number">{ row.duration.to_string() }</td>
            <td>{ model.price_date.as_str() }</td>
            <td>
                <button type="button" class="cost-by-model__pin" aria-pressed={if pinned { "true" } else { "false" }}
                    disabled={full} title={full.then_some("Four are pinned: unpin one first")}
                    aria-label={format!("Pin {}", model.id)} data-pin={key}>{ "Pin" }</button>
            </td>
        </tr>
    }
}
