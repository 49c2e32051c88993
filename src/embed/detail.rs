//! The detail of the `change` event: whole numbers and strings only, since JavaScript's numbers can't carry money.
//! The form is described in `docs/embed.md`; new fields may come, and none changes its meaning.

use crate::embed::Asked;
use crate::embed::field::{attribute, plain};
use crate::embed::node::quote;
use crate::estimate::{Duration, Estimate, Quantity, Quote, Way};

pub fn write(json: &mut String, asked: &Asked, estimate: &Estimate) {
    json.push_str("{\"model\":");
    quote(json, &estimate.model);
    json.push_str(",\"price_date\":");
    quote(json, &estimate.price_date);
    for field in [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::Concurrency] {
        json.push_str(&format!(",\"{}\":{}", attribute(field), plain(field, &asked.workload)));
    }
    json.push_str(&format!(",\"cache_ppm\":{}", asked.workload.cache_hits_ppm));
    json.push_str(&format!(",\"paid_calls\":{}", estimate.paid_calls));
    write_quote(json, "sequential", Some(&estimate.sequential));
    write_quote(json, "async", Some(&estimate.concurrent));
    write_quote(json, "flex", estimate.flex.as_ref());
    write_quote(json, "batch_api", estimate.batch.as_ref());
    json.push_str(",\"recommended\":");
    quote(json, key(estimate.recommendation.way));
    json.push_str(",\"recommendation\":");
    quote(json, &estimate.recommendation.headline);
    json.push('}');
}

fn key(way: Way) -> &'static str {
    match way {
        Way::Sequential => "sequential",
        Way::Async => "async",
        Way::Flex => "flex",
        Way::BatchApi => "batch_api",
    }
}

fn write_quote(json: &mut String, name: &str, quote_of: Option<&Quote>) {
    json.push_str(&format!(",\"{name}\":"));
    let Some(quote_of) = quote_of else {
        json.push_str("null");
        return;
    };
    let (cost, least, most) = (quote_of.cost.pico(), quote_of.least().pico(), quote_of.most().pico());
    json.push_str(&format!("{{\"cost_pico_usd\":\"{cost}\",\"cost_least_pico_usd\":\"{least}\","));
    json.push_str(&format!("\"cost_most_pico_usd\":\"{most}\",\"cost\":"));
    quote(json, &quote_of.cost.to_string());
    let ms = match quote_of.duration {
        Duration::Never => None,
        duration => duration.most_ms(),
    };
    json.push_str(",\"time_ms_max\":");
    json.push_str(&ms.map_or("null".to_owned(), |ms| ms.to_string()));
    json.push_str(",\"time\":");
    quote(json, &quote_of.duration.to_string());
    json.push('}');
}
