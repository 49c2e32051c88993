//! `Every way`: this workload as Sequential, Async, Flex and Batch API, with its caches and without.

use yew::prelude::*;

use crate::estimate::{Way, WayCost, Workload, a_thousand, ways};
use crate::prices::Model;
use crate::time::Time;

#[derive(Properties, PartialEq)]
pub struct WaysProps {
    pub workload: Workload,
    pub model: &'static Model,
    pub now: Time,
}

#[component]
pub fn Ways(props: &WaysProps) -> Html {
    let rows = ways(&props.workload, props.model, props.now);
    let missing: Vec<&str> = [Way::Flex, Way::BatchApi]
        .into_iter()
        .filter(|way| rows.iter().all(|row| row.way != *way))
        .map(Way::label)
        .collect();
    html! {
        <section class="ways" aria-labelledby="every-way">
            <h2 class="ways__title" id="every-way">{ "Every way" }</h2>
            <div class="table-scroll" role="region" aria-label="Every way, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="every-way">
                    <thead>
                        <tr>
                            <th scope="col">{ "Way" }</th>
                            <th scope="col" class="number">{ "Cost" }</th>
                            <th scope="col" class="number">{ "Per 1,000 calls" }</th>
                            <th scope="col" class="number">{ "Without prompt caching" }</th>
                            <th scope="col" class="number">{ "Without our cache" }</th>
                            <th scope="col" class="number">{ "Time" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for rows.iter().map(|row| line(row, props.workload.calls)) }</tbody>
                </table>
            </div>
            <p class="soft small">
                { "Prompt caching is the provider's, of the shared prefix; our cache answers repeats, which a plain loop pays again." }
                if !missing.is_empty() {
                    { format!(" The catalogue knows no price of {} for {}.", missing.join(" and "), props.model.id) }
                }
                if missing.is_empty() || missing == [Way::BatchApi.label()] {
                    { " Flex calls may be put off or refused when the provider is busy, so their time is the least." }
                }
            </p>
        </section>
    }
}

fn line(row: &WayCost, calls: u64) -> Html {
    html! {
        <tr key={row.way.label()}>
            <th scope="row">{ row.way.label() }</th>
            <td class="number">{ row.cost.to_string() }</td>
            <td class="number">{ a_thousand(row.cost, calls).to_string() }</td>
            <td class="number">{ row.without_prompt_cache.to_string() }</td>
            <td class="number">{ row.without_own_cache.to_string() }</td>
            <td class="number">{ row.time_words() }</td>
        </tr>
    }
}
