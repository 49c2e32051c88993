//! `Side by side`: the chosen model and up to four pinned ones, figure by figure.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{ModelCost, a_thousand, cost_words};
use crate::money::{Usd, grouped};
use crate::prices::ModelId;
use crate::time::{Time, day_in_words};
use crate::ui::calculator::dollars;

#[derive(Properties, PartialEq)]
pub struct SideBySideProps {
    pub rows: Rc<Vec<ModelCost>>,
    pub calls: u64,
    pub now: Time,
    pub chosen: ModelId,
    pub pins: Vec<ModelId>,
    pub on_unpin: Callback<ModelId>,
}

type Figure = fn(&ModelCost, u64) -> String;

/// Figures of which the lowest is marked come with it.
const FIGURES: [(&str, Figure, Option<Cost>); 12] = [
    ("Provider", |row, _| row.model.vendor_name().to_owned(), None),
    ("Sequential", |row, _| row.sequential.short(), Some(|row| Some(row.sequential))),
    ("Async", |row, _| cost_words(row.concurrent, row.concurrent_range), Some(|row| Some(row.concurrent))),
    ("Flex", |row, _| known(row.flex), Some(|row| row.flex)),
    (
        "Batch API",
        |row, _| row.batch.map_or_else(|| "not offered".to_owned(), |cost| cost_words(cost, row.batch_range)),
        Some(|row| row.batch),
    ),
    ("Cost per 1,000 calls, Async", |row, calls| a_thousand(row.concurrent, calls).short(), None),
    ("Time, Async", |row, _| row.duration.to_string(), None),
    ("Input price per 1M tokens", |row, _| dollars(row.model.card.base.input), None),
    ("Output price per 1M tokens", |row, _| dollars(row.model.card.base.output), None),
    ("Cached input price per 1M tokens", |row, _| dollars(row.model.card.base.cache_read), None),
    ("Context window, tokens", |row, _| count(row.model.context_window), None),
    ("Prices as of", |row, _| day_in_words(&row.model.price_date), None),
];

type Cost = fn(&ModelCost) -> Option<Usd>;

#[component]
pub fn SideBySide(props: &SideBySideProps) -> Html {
    if props.pins.is_empty() {
        return Html::default();
    }
    let others = props.pins.iter().filter(|pin| **pin != props.chosen);
    let compared: Vec<&ModelCost> = std::iter::once(&props.chosen)
        .chain(others)
        .filter_map(|key| props.rows.iter().find(|row| row.model.is(key)))
        .collect();
    let heading = |row: &&ModelCost| {
        let (on_unpin, key) = (props.on_unpin.clone(), row.model.key());
        let pinned = props.pins.contains(&key);
        html! {
            <th scope="col" class="number">
                <span class="side-by-side__name">{ row.model.id.as_str() }</span>
                if key == props.chosen { <span class="side-by-side__mark">{ "selected" }</span> }
                if let Some(words) = row.model.retirement_words(props.now) {
                    <span class="side-by-side__mark">{ words }</span>
                }
                if pinned {
                    <button type="button" class="cost-by-model__pin" onclick={move |_| on_unpin.emit(key.clone())}
                        aria-label={format!("Unpin {} from this comparison", row.model.id)}>{ "Unpin" }</button>
                }
            </th>
        }
    };
    let several = compared.len() > 1;
    // What can no longer be called is never the cheapest.
    let stays = |row: &&&ModelCost| !row.model.is_retired(props.now);
    let cell = |row: &&ModelCost, figure: &Figure, cost: &Option<Cost>| {
        let least = cost.and_then(|cost| compared.iter().filter(stays).filter_map(|row| cost(row)).min());
        let is_least = several && stays(&row) && least.is_some() && cost.is_some_and(|cost| cost(row) == least);
        html! {
            <td class="number">
                { figure(row, props.calls) }
                if is_least { <span class="side-by-side__mark">{ "cheapest" }</span> }
            </td>
        }
    };
    html! {
        <section class="side-by-side" aria-labelledby="side-by-side">
            <h2 class="ways__title" id="side-by-side">{ "Side by side" }</h2>
            <div class="table-scroll" role="region" aria-label="Side by side, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="side-by-side">
                    <thead>
                        <tr>
                            <th scope="col"><span class="visually-hidden">{ "Figure" }</span></th>
                            { for compared.iter().map(heading) }
                        </tr>
                    </thead>
                    <tbody>
                        {
                            for FIGURES.iter().map(|(name, figure, cost)| html! {
                                <tr>
                                    <th scope="row">{ *name }</th>
                                    { for compared.iter().map(|row| cell(row, figure, cost)) }
                                </tr>
                            })
                        }
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn known(cost: Option<Usd>) -> String {
    cost.map_or_else(|| "not offered".to_owned(), Usd::short)
}

fn count(tokens: Option<u64>) -> String {
    tokens.map_or_else(|| "not stated".to_owned(), |tokens| grouped(&tokens.to_string()))
}
