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
        <div class="ways">
            <div class="table-scroll" role="region" aria-label="Every way, scrollable" tabindex="0">
                <table class="data-table" aria-label="Every way">
                    <thead>
                        <tr>
                            <th scope="col">{ "Method" }</th>
                            <th scope="col" class="number">{ "Cost" }</th>
                            <th scope="col" class="number">{ "Cost per 1,000 calls" }</th>
                            <th scope="col" class="number">{ "Without prompt caching" }</th>
                            <th scope="col" class="number">{ "Without your cache" }</th>
                            <th scope="col" class="number">{ "Time" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for rows.iter().map(|row| line(row, props.workload.calls)) }</tbody>
                </table>
            </div>
            <p class="soft small">
                { "Prompt caching is the provider's, for the shared prefix. Your cache answers repeated inputs; Sequential has none." }
                if !missing.is_empty() {
                    { format!(" No {} price found for {}.", missing.join(" or "), props.model.id) }
                }
                if missing.is_empty() || missing == [Way::BatchApi.label()] {
                    { " Flex calls may be delayed or refused when the provider is busy, so they take at least this long." }
                }
            </p>
        </div>
    }
}

fn line(row: &WayCost, calls: u64) -> Html {
    html! {
        <tr key={row.way.label()}>
            <th scope="row">{ row.way.label() }</th>
            <td class="number">{ row.cost_words() }</td>
            <td class="number">{ a_thousand(row.cost, calls).short() }</td>
            <td class="number">{ row.without_prompt_cache.short() }</td>
            <td class="number">{ row.without_own_cache.short() }</td>
            <td class="number">{ row.time_words() }</td>
        </tr>
    }
}
