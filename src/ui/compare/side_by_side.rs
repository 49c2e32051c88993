//! `Side by side`: up to four pinned models, figure by figure.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{ModelCost, a_thousand};
use crate::money::{Usd, grouped};
use crate::prices::ModelId;
use crate::ui::calculator::dollars;

#[derive(Properties, PartialEq)]
pub struct SideBySideProps {
    pub rows: Rc<Vec<ModelCost>>,
    pub calls: u64,
    pub pins: Vec<ModelId>,
    pub on_unpin: Callback<ModelId>,
}

type Figure = fn(&ModelCost, u64) -> String;

const FIGURES: [(&str, Figure); 13] = [
    ("Provider", |row, _| row.model.vendor_name().to_owned()),
    ("Sequential", |row, _| row.sequential.to_string()),
    ("Async", |row, _| row.concurrent.to_string()),
    ("Flex", |row, _| known(row.flex)),
    ("Batch API", |row, _| known(row.batch)),
    ("Per 1,000 calls, Async", |row, calls| a_thousand(row.concurrent, calls).to_string()),
    ("Time of Async", |row, _| row.duration.to_string()),
    ("Input, a million tokens", |row, _| dollars(row.model.card.base.input)),
    ("Output, a million tokens", |row, _| dollars(row.model.card.base.output)),
    ("Cached input, a million tokens", |row, _| dollars(row.model.card.base.cache_read)),
    ("Context window, tokens", |row, _| count(row.model.context_window)),
    ("Prices as of", |row, _| row.model.price_date.clone()),
    ("Sources", |row, _| row.model.sources.join(", ")),
];

#[component]
pub fn SideBySide(props: &SideBySideProps) -> Html {
    let pinned: Vec<&ModelCost> =
        props.pins.iter().filter_map(|pin| props.rows.iter().find(|row| row.model.is(pin))).collect();
    if pinned.is_empty() {
        return Html::default();
    }
    let heading = |row: &&ModelCost| {
        let (on_unpin, key) = (props.on_unpin.clone(), row.model.key());
        html! {
            <th scope="col" class="number">
                <span class="side-by-side__name">{ row.model.id.as_str() }</span>
                <button type="button" class="cost-by-model__pin" aria-label={format!("Unpin {}", row.model.id)}
                    onclick={move |_| on_unpin.emit(key.clone())}>{ "Unpin" }</button>
            </th>
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
                            { for pinned.iter().map(heading) }
                        </tr>
                    </thead>
                    <tbody>
                        {
                            for FIGURES.iter().map(|(name, figure)| html! {
                                <tr>
                                    <th scope="row">{ *name }</th>
                                    { for pinned.iter().map(|row| html! {
                                        <td class="number">{ figure(row, props.calls) }</td>
                                    }) }
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
    cost.map_or_else(|| "none known".to_owned(), |cost| cost.to_string())
}

fn count(tokens: Option<u64>) -> String {
    tokens.map_or_else(|| "not stated".to_owned(), |tokens| grouped(&tokens.to_string()))
}
