//! The catalogue against the research it was taken from, figure by figure, and against a digest of its own.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pennybatch::money::PerToken;
use pennybatch::prices::{self, BatchCache, Model, RateCard, Rates, date_utc};
use pennybatch::time::Time;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Of [`figures`]: a price that changes by accident changes this. Whoever changes one on purpose writes it anew.
const FIGURES_SHA256: &str = "aa4aa37229b3399608e33d0c564a1b4f2260e22614c86ef9d45098f0c184fd8f";

#[test]
fn the_catalogue_holds_what_its_digest_says() {
    let text: String = prices::all().iter().map(figures).collect();
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, FIGURES_SHA256);
}

#[test]
fn there_are_123_models_of_15_vendors_each_once() {
    assert_eq!(prices::all().len(), 123);
    assert_eq!(prices::vendors().len(), 15);
    assert_eq!(prices::all().iter().map(Model::key).collect::<BTreeSet<_>>().len(), 123);
    assert_eq!(prices::all().iter().filter(|model| model.core).count(), 61);
    assert_eq!(prices::all().iter().filter(|model| model.corroborated).count(), 116);
    assert_eq!(prices::all().iter().filter(|model| model.deprecated).count(), 13);
    let with = |rule| prices::all().iter().filter(|model| model.batch_cache == rule).count();
    assert_eq!([with(BatchCache::Stacks), with(BatchCache::NotSupported), with(BatchCache::StandardRate)], [57, 12, 5]);
}

#[test]
fn every_price_is_dated_and_sourced() {
    for model in prices::all() {
        let date = model.price_date.as_str();
        assert!(["2026-10-26", "2026-11-08", "2026-11-12"].contains(&date), "{}: {date}", model.key());
        assert!(!model.sources.is_empty(), "{}", model.key());
        assert!(model.card.base.output > PerToken(0), "{}", model.key());
    }
}

#[test]
fn every_model_has_its_provenance_beside_it() {
    for vendor in prices::vendors() {
        let file = vendors_folder().join(format!("{}.provenance.json", vendor.id));
        let said = read_json(&file);
        let known: BTreeSet<_> = said["models"].as_array().unwrap().iter().map(|model| text(&model["id"])).collect();
        let models = prices::all().iter().filter(|model| model.vendor == vendor.id).map(|model| model.id.clone());
        assert_eq!(known, models.collect(), "{}", vendor.id);
    }
}

#[test]
fn every_figure_is_the_researched_one() {
    let Some(research) = research() else {
        // Without the research beside the checkout the digest above is the check.
        assert_eq!(FIGURES_SHA256.len(), 64);
        return;
    };
    let models = research["models"].as_array().unwrap();
    assert_eq!(models.len(), prices::all().len());
    for said in models {
        let key = format!("{}/{}", text(&said["provider"]), text(&said["id"]));
        let model = prices::find(&key).unwrap_or_else(|| panic!("{key} is missing"));
        same_facts(said, model, &key);
        same_prices(said, model, &key);
        same_batch(said, model, &key);
        same_documentation(said, &key);
    }
}

fn same_facts(said: &Value, model: &Model, key: &str) {
    assert_eq!(model.name, text(&said["name"]), "{key}");
    assert_eq!(model.core, said["core"] == Value::Bool(true), "{key}");
    assert_eq!(model.deprecated, said["deprecated"] == Value::Bool(true), "{key}");
    assert_eq!(model.corroborated, said["confidence"] == "high", "{key}");
    assert_eq!(model.context_window, whole(&said["context_window"]), "{key}");
    assert_eq!(model.max_output, whole(&said["max_output"]), "{key}");
    assert_eq!(model.min_cacheable_tokens, whole(&said["min_cacheable_tokens"]), "{key}");
    assert_eq!(model.cache_increment_tokens, whole(&said["cache_increment_tokens"]).unwrap_or(1), "{key}");
    assert_eq!(model.tokenizer.as_deref(), said["tokenizer"].as_str(), "{key}");
    assert_eq!(model.status.as_deref(), said["status"].as_str(), "{key}");
}

fn same_prices(said: &Value, model: &Model, key: &str) {
    assert_eq!(model.card.base, rates(said), "{key}");
    let tiers: Vec<(u64, Rates)> =
        rows(said, "tiers").map(|row| (whole(&row["above_input_tokens"]).unwrap(), rates(row))).collect();
    assert_eq!(model.card.tiers, tiers, "{key}");
    let changes: Vec<(String, Rates)> =
        rows(said, "scheduled_price_changes").map(|row| (text(&row["from"]), rates(row))).collect();
    let known: Vec<_> = model.card.changes.iter().map(|(from, rates)| (date_utc(*from), *rates)).collect();
    assert_eq!(known, changes, "{key}");
    let hours: Vec<(String, String, Rates)> = rows(said, "time_of_day_prices_utc")
        .map(|row| (text(&row["utc_from"]), text(&row["utc_to"]), rates(row)))
        .collect();
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let known: Vec<_> =
        model.card.peak_hours.iter().map(|(from, to, rates)| (clock(*from), clock(*to), *rates)).collect();
    assert_eq!(known, hours, "{key}");
}

fn same_batch(said: &Value, model: &Model, key: &str) {
    let stated = |field: &str| said.get(field).filter(|value| !value.is_null());
    let rule = stated("batch_cache").map(|rule| serde_json::from_value::<BatchCache>(rule.clone()).unwrap());
    assert_eq!(model.batch_cache, rule.unwrap_or_default(), "{key}");
    let Some(card) = &model.batch else {
        assert!(stated("batch_input").is_none(), "{key}");
        return;
    };
    let input = price(&said["batch_input"]).unwrap();
    let read = price(&said["batch_cache_read"]);
    let expected = Rates {
        input,
        output: price(&said["batch_output"]).unwrap(),
        cache_read: read.unwrap_or(input),
        cache_write: price(&said["batch_cache_write_5m"]).unwrap_or(input),
        cache_write_1h: price(&said["batch_cache_write_1h"]).unwrap_or_default(),
    };
    assert_eq!(card.base, expected, "{key}");
    assert_eq!(card.tiers.len(), model.card.tiers.len(), "{key}");
    for ((_, long), (_, batch)) in model.card.tiers.iter().zip(&card.tiers) {
        // The multiplier is 0.5 or 0.8: in tenths it is whole.
        let tenths = said["batch_multiplier"].as_f64().unwrap() * 10.0;
        assert_eq!(batch.input.0 * 10, long.input.0 * tenths as u64, "{key}");
        assert_eq!(batch.output.0 * 10, long.output.0 * tenths as u64, "{key}");
    }
}

/// Figures that only document a price are in the vendor's file, though nothing compiled reads them.
fn same_documentation(said: &Value, key: &str) {
    let vendor = read_json(&vendors_folder().join(format!("{}.json", text(&said["provider"]))));
    let entry = vendor["models"].as_array().unwrap().iter().find(|entry| entry["id"] == said["id"]).unwrap();
    for field in ["cache_write_1h", "cache_write_12h", "batch_cache_read", "batch_cache_write_1h", "batch_multiplier"] {
        let kept = entry.get(field).map(|kept| PerToken::from_usd_per_million(kept.as_str().unwrap()).unwrap());
        assert_eq!(kept, price(&said[field]), "{key}: {field}");
    }
    let date = said["deprecation_date"].as_str();
    assert_eq!(entry.get("deprecation_date").and_then(Value::as_str), date, "{key}");
}

#[test]
fn scheduled_prices_apply_from_their_day_on() {
    let card = &prices::find("gemini-4-argon").unwrap().card;
    let day_before = Time(1_796_083_199_999);
    let input = |at| card.rates(1_000, at).input.per_million().decimals(2);
    assert_eq!(date_utc(day_before), "2026-11-30");
    assert_eq!([input(day_before), input(day_before.after_ms(1))], ["2.00", "4.00"]);
}

#[test]
fn deepseek_costs_twice_as_much_in_its_hours() {
    let card = &prices::find("deepseek-flash").unwrap().card;
    // 2026-11-23 is a Monday.
    let monday = Time(1_795_392_000_000);
    let hour = |hours: u64| card.rates(10, monday.after_ms(hours * 3_600_000)).output.per_million().decimals(2);
    assert_eq!([hour(0), hour(1), hour(4), hour(6), hour(10)], ["0.60", "1.20", "0.60", "1.20", "0.60"]);
    assert_eq!(hour(5 * 24 + 2), "0.60");
    assert_eq!(hour(7 * 24 + 2), "1.20");
}

#[test]
fn no_call_of_any_model_costs_more_than_its_worst_case() {
    let quarter_days = (0..60).map(|step| Time(1_795_392_000_000 + step * 21_600_000 + 5_400_000));
    let moments: Vec<Time> = quarter_days.collect();
    for model in prices::all() {
        for card in std::iter::once(&model.card).chain(&model.batch).chain(&model.flex) {
            for input in [0, 1, 32_001, 100_001, 200_000, 256_001, 272_001, 900_000] {
                let most = card.worst_case(input, 1_000);
                for at in &moments {
                    assert!(dearest(card, input, *at) <= most.pico(), "{} at {input}", model.key());
                }
            }
        }
    }
}

fn dearest(card: &RateCard, input: u64, at: Time) -> i128 {
    let rates = card.rates(input, at);
    let per_token = rates.input.max(rates.cache_read).max(rates.cache_write);
    i128::from(per_token.0) * i128::from(input) + i128::from(rates.output.0) * 1_000
}

/// One line a model with everything that a cost depends on.
fn figures(model: &Model) -> String {
    let facts = (model.context_window, model.max_output, model.min_cacheable_tokens, model.cache_increment_tokens);
    let other = |card: &Option<RateCard>| card.as_ref().map(card_figures).unwrap_or_default();
    let (card, batch, flex) = (card_figures(&model.card), other(&model.batch), other(&model.flex));
    format!("{} {} {facts:?} {:?} {card} batch {batch} flex {flex}\n", model.key(), model.price_date, model.batch_cache)
}

fn card_figures(card: &RateCard) -> String {
    let row = |rates: &Rates| {
        [rates.input, rates.output, rates.cache_read, rates.cache_write, rates.cache_write_1h]
            .map(|price| price.0.to_string())
            .join(",")
    };
    let tiers: Vec<String> = card.tiers.iter().map(|(above, rates)| format!(">{above}:{}", row(rates))).collect();
    let changes: Vec<String> =
        card.changes.iter().map(|(from, rates)| format!("@{}:{}", from.ms(), row(rates))).collect();
    let hours: Vec<String> =
        card.peak_hours.iter().map(|(from, to, rates)| format!("{from}-{to}:{}", row(rates))).collect();
    [row(&card.base), tiers.join(" "), changes.join(" "), hours.join(" ")].join(" ")
}

/// As the catalogue reads a row: what isn't stated costs what input costs.
fn rates(row: &Value) -> Rates {
    let input = price(&row["input"]).unwrap();
    Rates {
        input,
        output: price(&row["output"]).unwrap(),
        cache_read: price(&row["cache_read"]).unwrap_or(input),
        cache_write: price(&row["cache_write_5m"]).unwrap_or(input),
        cache_write_1h: price(&row["cache_write_1h"]).unwrap_or_default(),
    }
}

/// A JSON number's shortest text is the decimal that was written.
fn price(value: &Value) -> Option<PerToken> {
    match value {
        Value::Null => None,
        number => Some(PerToken::from_usd_per_million(&number.to_string()).unwrap()),
    }
}

/// Some counts are written as `4096.0`.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|number| number as u64))
}

fn rows<'a>(said: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    said[field].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn vendors_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prices/vendors")
}

fn read_json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The file that the catalogue was taken from, where it lies in a folder beside the checkout or above it.
fn research() -> Option<Value> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let file = folders.map(|folder| folder.join("shared/prices/prices.json")).find(|file| file.exists())?;
    Some(read_json(&file))
}

#[test]
fn flex_is_priced_where_the_vendor_offers_it_and_never_above_the_usual_price() {
    let with_flex: Vec<&Model> = prices::all().iter().filter(|model| model.flex.is_some()).collect();
    assert_eq!(with_flex.len(), 34);
    for model in with_flex {
        let (usual, flex) = (model.card.base, model.flex.as_ref().unwrap().base);
        assert!(["openai", "google", "amazon-bedrock"].contains(&model.vendor.as_str()), "{}", model.key());
        assert_eq!((flex.input.0 * 2, flex.output.0 * 2), (usual.input.0, usual.output.0), "{}", model.key());
        assert!(flex.cache_read <= usual.cache_read && flex.cache_read.0 > 0, "{}", model.key());
    }
    for without in ["gpt-4o-mini", "claude-opus-5", "deepseek-flash"] {
        assert!(prices::find(without).unwrap().flex.is_none(), "{without}");
    }
    // The flex cache price is stated, not derived: half of the usual one at OpenAI, the usual one at some of Google's.
    let read = |id: &str| prices::find(id).unwrap().flex.as_ref().unwrap().base.cache_read.per_million().decimals(4);
    assert_eq!([read("gpt-5"), read("o3"), read("gemini-2.5-flash")], ["0.0625", "0.2500", "0.0300"]);
}
