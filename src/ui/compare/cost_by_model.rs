//! The table `Cost by model`: this workload at every model's price.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use super::model_view;
use crate::estimate::{ModelCost, a_thousand, cost_words};
use crate::prices::ModelId;
use crate::time::{Time, day_in_words};
use crate::ui::calculator::{Column, PINS_MAX, View};
use crate::ui::parts::{Button, ButtonKind, Switch, TextField, TextKind};

/// Attributes that tell the table which button was pressed: a listener on each of two hundred buttons would be
/// renewed with every step of a slider.
const CHOOSE: &str = "data-choose";
const PIN: &str = "data-pin";
/// A few more than the table's frame shows. A phone takes half a second to draw the whole catalogue.
const ROWS_AT_FIRST: usize = 24;

#[derive(Properties, PartialEq)]
pub struct CostByModelProps {
    pub rows: Rc<Vec<ModelCost>>,
    pub calls: u64,
    pub now: Time,
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
    let rows = model_view::rows(view, &props.rows, &props.chosen, props.now);
    let all = use_state(|| false);
    // What was chosen or pinned stays in sight, wherever it stands.
    let marked = |row: &ModelCost| {
        let key = row.model.key();
        key == props.chosen || props.pins.contains(&key)
    };
    let shown: Vec<&ModelCost> = rows
        .iter()
        .enumerate()
        .filter(|(at, row)| *all || *at < ROWS_AT_FIRST || marked(row))
        .map(|(_, row)| *row)
        .collect();
    let on_all = {
        let all = all.clone();
        Callback::from(move |()| all.set(!*all))
    };
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
    // A time that is the same for every model says nothing about any of them.
    let timed = props.rows.windows(2).any(|pair| pair[0].duration != pair[1].duration);
    let columns = || Column::ALL.into_iter().filter(move |column| timed || *column != Column::Time);
    let time = if timed { " and time" } else { "" };
    html! {
        <section class="cost-by-model" aria-labelledby="cost-by-model">
            <div class="cost-by-model__head">
                <h2 class="cost-by-model__title" id="cost-by-model">{ "Cost by model" }</h2>
                <div class="cost-by-model__controls">
                    <TextField label="Filter models" kind={TextKind::Search} value={view.filter.clone()}
                        placeholder="name or provider" on_input={on_filter} />
                    <Switch id="show-retired" label="Show retired" on={view.deprecated} {on_switch} />
                </div>
            </div>
            <p class="soft small" role="status">
                { format!("{} of {} models. Cost{time} of Async with your inputs. ", rows.len(), props.rows.len()) }
                { "Click a model to use it; pin up to four to compare them. " }
                { "The same text has about 30% more tokens with Claude's newer models; counts are not converted." }
            </p>
            <div class="table-scroll cost-by-model__scroll" role="region" aria-label="Models, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="cost-by-model" {onclick}>
                    <thead>
                        <tr>
                            { for columns().map(|column| heading(column, props)) }
                            <th scope="col"><span class="cost-by-model__compare">{ "Compare" }</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        { for shown.iter().map(|row| model_row(row, props, timed)) }
                        if rows.is_empty() {
                            <tr><td colspan="8">{ "No model has that in its name or provider." }</td></tr>
                        }
                    </tbody>
                </table>
            </div>
            if rows.len() > ROWS_AT_FIRST {
                <p>
                    <Button kind={ButtonKind::Quiet} on_press={on_all}>
                        { if *all { "Show fewer".to_owned() } else { format!("Show all {}", rows.len()) } }
                    </Button>
                </p>
            }
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
        <th scope="col" class={classes!(column.number().then_some("number"), rare(column))} aria-sort={sorted}>
            <button type="button" class="sort" {onclick}>
                { column.name() }<span class="sort__mark" aria-hidden="true">{ mark }</span>
            </button>
        </th>
    }
}

/// The class of what a narrow screen leaves out.
fn rare(column: Column) -> Option<&'static str> {
    matches!(column, Column::Provider | Column::Thousand | Column::PriceDate).then_some("cost-by-model__rare")
}

fn model_row(row: &ModelCost, props: &CostByModelProps, timed: bool) -> Html {
    let model = row.model;
    let key = model.key();
    let is_chosen = key == props.chosen;
    let pinned = props.pins.contains(&key);
    let full = props.pins.len() >= PINS_MAX && !pinned;
    let pin = if pinned { "Unpin" } else { "Pin" };
    let per_thousand = |cost| a_thousand(cost, props.calls);
    let thousand_range = row.concurrent_range.map(|(least, most)| (per_thousand(least), per_thousand(most)));
    html! {
        <tr key={key.clone()} class={is_chosen.then_some("data-table__row--chosen")}>
            <th scope="row">
                <button type="button" class="cost-by-model__model" aria-pressed={if is_chosen { "true" } else { "false" }}
                    title="Estimate with this model" data-choose={key.clone()}>{ model.id.as_str() }</button>
                if is_chosen { <span class="cost-by-model__tag">{ "selected" }</span> }
                if let Some(words) = model.retirement_words(props.now) {
                    <span class="cost-by-model__tag">{ words }</span>
                }
                if !row.fits { <span class="cost-by-model__tag">{ "call too long" }</span> }
                <span class="cost-by-model__vendor">{ model.vendor_name() }</span>
            </th>
            <td class="cost-by-model__rare">{ model.vendor_name() }</td>
            <td class="number cost-by-model__cost">{ cost_words(row.concurrent, row.concurrent_range) }</td>
            <td class="number cost-by-model__cost cost-by-model__rare">
                { cost_words(per_thousand(row.concurrent), thousand_range) }
            </td>
            <td class="number cost-by-model__cost">{ row.batch.map_or_else(|| "none".to_owned(), |cost| cost_words(cost, row.batch_range)) }</td>
            if timed { <td class="number">{ row.duration.to_string() }</td> }
            <td class="cost-by-model__rare">{ day_in_words(&model.price_date) }</td>
            <td>
                <button type="button" class={classes!("cost-by-model__pin", pinned.then_some("cost-by-model__pin--set"))}
                    disabled={full} title={full.then_some("Four are pinned. Unpin one first.")}
                    aria-label={format!("{pin} {}", model.id)} data-pin={key}>{ pin }</button>
            </td>
        </tr>
    }
}
