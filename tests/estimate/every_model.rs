//! Every model of the catalogue priced once more, from the vendors' files, by arithmetic of its own.

use std::collections::BTreeMap;
use std::path::Path;

use pennybatch::estimate::{Workload, by_model};
use serde_json::Value;

use crate::{NOW, plain};

/// Pico-dollars a token from dollars a million tokens as text.
fn pico(price: &Value) -> i128 {
    let (whole, fraction) = price.as_str().unwrap().split_once('.').unwrap_or((price.as_str().unwrap(), ""));
    format!("{whole}{fraction:0<6}").parse().unwrap()
}

/// What one call costs at these prices, with a fallback to nothing: the shapes below have no cached part.
fn call(row: &Value, prefix: &str, input: u64, output: u64) -> Option<i128> {
    let price = |name: &str| row.get(format!("{prefix}{name}")).map(pico);
    Some(price("input")? * i128::from(input) + price("output")? * i128::from(output))
}

/// The row of prices that a call of this size falls under.
fn row(model: &Value, input: u64) -> &Value {
    let tiers = model.get("tiers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    tiers.iter().rev().find(|tier| input > tier["above_input_tokens"].as_u64().unwrap()).unwrap_or(model)
}

fn entries() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prices/vendors");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| !file.to_string_lossy().ends_with(".provenance.json"));
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    texts
        .map(|text| serde_json::from_str::<Value>(&text).unwrap())
        .flat_map(|file| {
            let vendor = file["vendor"]["id"].as_str().unwrap().to_owned();
            let models = file["models"].as_array().unwrap().clone();
            models.into_iter().map(move |model| (format!("{vendor}/{}", model["id"].as_str().unwrap()), model))
        })
        .collect()
}

#[test]
fn every_model_costs_what_its_file_says() {
    let entries = entries();
    for (calls, input, output, kept_ppm) in [
        (5_000_u64, 250, 50, 900_000_i128),
        (1_000, 4_000, 800, 1_000_000),
        (20, 150_000, 2_000, 500_000),
        (4, 300_000, 9, 250_000),
    ] {
        let cache_hits_ppm = 1_000_000 - kept_ppm as u32;
        let rows = by_model(&Workload { cache_hits_ppm, ..plain(calls, input, output) }, NOW);
        assert_eq!(rows.len(), entries.len());
        for cost in rows {
            let model = &entries[&cost.model];
            let of_one = call(row(model, input), "", input, output).unwrap();
            let paid = |of_one: i128| of_one * i128::from(calls) * kept_ppm / 1_000_000;
            assert_eq!(cost.sequential.pico(), of_one * i128::from(calls), "{}", cost.model);
            assert_eq!(cost.concurrent.pico(), paid(of_one), "{}", cost.model);
            let batch = call(model, "batch_", input, output).map(|of_one_short| match row(model, input) {
                short if short == model => of_one_short,
                // A long call in a batch: the long price at the batch's multiplier.
                _ => of_one * pico(&model["batch_multiplier"]) / 1_000_000,
            });
            assert_eq!(cost.batch.map(|cost| cost.pico()), batch.map(paid), "{}", cost.model);
        }
    }
}

#[test]
fn the_table_names_every_model_and_ignores_own_prices() {
    let own = Workload { own_input_price: Some(pennybatch::money::PerToken(1)), ..Workload::default() };
    let rows = by_model(&own, NOW);
    assert_eq!(rows, by_model(&Workload::default(), NOW));
    assert!(rows.iter().all(|row| !row.vendor_name.is_empty() && !row.price_date.is_empty() && !row.name.is_empty()));
    let long = by_model(&plain(1, 900_000, 10), NOW);
    let fits = |model: &str| long.iter().find(|row| row.model == model).unwrap().fits;
    assert!(fits("openai/gpt-6-astra") && !fits("openai/gpt-4o-mini"));
}

#[test]
fn a_bigger_workload_never_costs_less() {
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..20 {
        let small = Workload {
            calls: rng.u64(1..200_000),
            input_tokens: rng.u64(0..20_000),
            output_tokens: rng.u64(0..2_000),
            cache_hits_ppm: rng.u32(0..1_000_000),
            concurrency: rng.u32(1..60),
            ..Workload::default()
        };
        let more = Workload { calls: small.calls + rng.u64(1..1_000), ..small.clone() };
        let longer = Workload { output_tokens: small.output_tokens + 1, ..small.clone() };
        let (base, more, longer) = (by_model(&small, NOW), by_model(&more, NOW), by_model(&longer, NOW));
        for ((base, more), longer) in base.iter().zip(&more).zip(&longer) {
            assert!(base.sequential < more.sequential || base.sequential == pennybatch::money::Usd::ZERO);
            assert!(base.concurrent <= more.concurrent && base.concurrent <= longer.concurrent, "{}", base.model);
            assert!(base.concurrent <= base.sequential && base.duration.most_ms() <= more.duration.most_ms());
        }
    }
}
