//! An edition of the prices as research hands it over (schema `pennybatch/prices/2`: one flat list of models, prices as
//! JSON numbers), put into the form of the vendors' files.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What this reads.
pub const SCHEMA: &str = "pennybatch/prices/2";

pub struct Edition {
    /// Entries of the vendors' files by vendor, in the edition's order.
    pub models: BTreeMap<String, Vec<Value>>,
    /// What each source says of them, by vendor, in the same order.
    pub provenance: BTreeMap<String, Vec<Value>>,
    /// Every source by its key: what it is, and its date.
    pub sources: Value,
}

impl Edition {
    /// `None`: this is another kind of file. An error names the model that can't be read.
    pub fn read(text: &str) -> Option<Result<Edition, String>> {
        let file: Value = serde_json::from_str(text).ok()?;
        (file["schema"] == SCHEMA).then(|| Edition::of(&file))
    }

    fn of(file: &Value) -> Result<Edition, String> {
        let mut edition = Edition { models: BTreeMap::new(), provenance: BTreeMap::new(), sources: sources(file) };
        for model in file["models"].as_array().into_iter().flatten() {
            let vendor = model["provider"].as_str().ok_or("A model of the edition has no provider.")?;
            let name = || format!("{vendor}/{}", model["id"].as_str().unwrap_or("?"));
            let entry = entry(model).map_err(|what| format!("{}: {what}", name()))?;
            edition.models.entry(vendor.to_owned()).or_default().push(entry);
            edition.provenance.entry(vendor.to_owned()).or_default().push(provenance(model));
        }
        Ok(edition)
    }

    /// As a file of published prices, so that the two can be compared.
    pub fn published(&self) -> String {
        let vendors = self.models.iter().map(|(id, models)| json!({ "vendor": { "id": id }, "models": models }));
        json!({ "vendors": vendors.collect::<Vec<_>>() }).to_string()
    }
}

/// The edition's name of a price, and the vendors' files' name.
const PRICES: [(&str, &str); 17] = [
    ("input", "input"),
    ("output", "output"),
    ("output_reasoning", "output_reasoning"),
    ("cache_read", "cache_read"),
    ("cache_write_5m", "cache_write"),
    ("cache_write_1h", "cache_write_1h"),
    ("cache_write_12h", "cache_write_12h"),
    ("batch_input", "batch_input"),
    ("batch_output", "batch_output"),
    ("batch_cache_read", "batch_cache_read"),
    ("batch_cache_write_5m", "batch_cache_write"),
    ("batch_cache_write_1h", "batch_cache_write_1h"),
    ("batch_multiplier", "batch_multiplier"),
    ("flex_input", "flex_input"),
    ("flex_output", "flex_output"),
    ("flex_cache_read", "flex_cache_read"),
    ("flex_cache_write_5m", "flex_cache_write"),
];

fn entry(model: &Value) -> Result<Value, String> {
    let mut entry = Map::new();
    let group = &model["provenance"]["input_output"];
    copy(&mut entry, model, &[("id", "id"), ("name", "name")]);
    copy(&mut entry, group, &[("as_of", "price_date"), ("independent", "agreeing")]);
    copy(&mut entry, model, &[("confidence", "confidence")]);
    if let Some(since) = model["price_valid_from"].as_str() {
        entry.insert("since".to_owned(), since.chars().take(10).collect::<String>().into());
    }
    let whole = model["output_reasoning_rule"] == "whole_output_in_thinking_mode";
    copy_prices(&mut entry, model, whole);
    copy(&mut entry, model, &[("batch_cache", "batch_cache")]);
    rows(&mut entry, "tiers", &model["tiers"], &[("above_input_tokens", "above_input_tokens")], whole);
    rows(&mut entry, "changes", &model["scheduled_price_changes"], &[("from", "from")], whole);
    rows(&mut entry, "peak_hours", &model["time_of_day_prices_utc"], &[("utc_from", "from"), ("utc_to", "to")], whole);
    caching(&mut entry, &model["caching"])?;
    if let Some(explicit) = model["explicit_cache"].as_object() {
        let kept = ["write", "read", "min_prefix_tokens"].into_iter().filter(|name| !explicit[*name].is_null());
        let value = |name: &str| if name.ends_with("tokens") { explicit[name].clone() } else { price(&explicit[name]) };
        let explicit: Map<String, Value> = kept.map(|name| (name.to_owned(), value(name))).collect();
        entry.insert("explicit_cache".to_owned(), explicit.into());
    }
    let same = ["context_window", "max_input", "max_output", "tokenizer", "retires_on", "successor", "batch_by"];
    copy(&mut entry, model, &same.map(|name| (name, name)));
    copy(&mut entry, model, &[("served_by", "served_by")]);
    if let Some(speed) = model["speed"].as_object() {
        let kept = ["ttft_ms", "short_answer_ms", "n", "date"].into_iter().filter(|name| !speed[*name].is_null());
        let speed: Map<String, Value> = kept.map(|name| (name.to_owned(), speed[name].clone())).collect();
        entry.insert("speed".to_owned(), speed.into());
    }
    if let Some(note) = note(model) {
        entry.insert("note".to_owned(), note.into());
    }
    if model["core"] == true {
        entry.insert("core".to_owned(), true.into());
    }
    Ok(entry.into())
}

fn copy_prices(into: &mut Map<String, Value>, from: &Value, whole_output: bool) {
    for (name, kept) in PRICES {
        if !from[name].is_null() {
            into.insert(kept.to_owned(), price(&from[name]));
        }
    }
    if whole_output && !from["output_reasoning"].is_null() {
        into.insert("output_thinking".to_owned(), price(&from["output_reasoning"]));
    }
}

fn rows(entry: &mut Map<String, Value>, name: &str, rows: &Value, borders: &[(&str, &str)], whole_output: bool) {
    let rows = rows.as_array().into_iter().flatten().map(|row| {
        let mut kept = Map::new();
        copy(&mut kept, row, borders);
        copy_prices(&mut kept, row, whole_output);
        Value::from(kept)
    });
    let rows: Vec<Value> = rows.collect();
    if !rows.is_empty() {
        entry.insert(name.to_owned(), rows.into());
    }
}

fn caching(entry: &mut Map<String, Value>, caching: &Value) -> Result<(), String> {
    let mode = match caching["mode"].as_str() {
        None => return Ok(()),
        Some("automatic") => "automatic",
        Some("explicit_breakpoints") => "explicit",
        Some("implicit_writes") => "implicit_writes",
        Some("needs_prompt_cache_key") => "prompt_cache_key",
        Some(other) => return Err(format!("the cache mode {other} is unknown")),
    };
    if (mode == "implicit_writes") != (caching["unread_input_billing"] == "cache_write") {
        return Err(
            "unread input is billed as a cache write where the mode is implicit_writes, and nowhere else".into()
        );
    }
    entry.insert("cache_mode".to_owned(), mode.into());
    copy(
        entry,
        caching,
        &[
            ("min_prefix_tokens", "min_cacheable_tokens"),
            ("increment_tokens", "cache_increment_tokens"),
            ("lifetime_minutes", "cache_life_minutes"),
        ],
    );
    Ok(())
}

/// What belongs beside the figures, in one sentence.
fn note(model: &Value) -> Option<String> {
    let (fees, list) = (&model["request_fees"], &model["list_price"]);
    if let (Some(low), Some(high)) = (fees["low"].as_f64(), fees["high"].as_f64()) {
        let range = if low == high { format!("${low}") } else { format!("${low} to ${high}") };
        let citations = fees["citation_tokens_per_million"].as_f64();
        let citations = citations.map(|price| format!(" and ${price} per 1M citation tokens")).unwrap_or_default();
        return Some(format!("A search fee of {range} per 1,000 calls{citations} comes on top."));
    }
    if let (Some(until), Some(input)) = (model["price_guaranteed_until"].as_str(), list["input"].as_f64()) {
        let output = list["output"].as_f64()?;
        return Some(format!(
            "A promotional price, promised until {until}; the list price is ${input} in, ${output} out."
        ));
    }
    let discount = &model["discount"];
    let (input, output) = (discount["input"].as_f64()?, discount["output"].as_f64()?);
    let seen = discount["seen"].as_str()?;
    Some(format!("The list price. A discount to ${input} in, ${output} out was seen on {seen}."))
}

/// Everything that backs the entry up and that no estimate reads.
fn provenance(model: &Value) -> Value {
    let mut kept = Map::new();
    kept.insert("id".to_owned(), model["id"].clone());
    for (name, value) in model["provenance"].as_object().into_iter().flatten() {
        if !value.is_null() {
            kept.insert(name.clone(), value.clone());
        }
    }
    const OTHERS: [&str; 24] = [
        "price_valid_from",
        "price_valid_from_basis",
        "retirement_source",
        "retirement_note",
        "after_retirement",
        "limits_sources",
        "max_output_note",
        "batch_cache_note",
        "tier_rule",
        "tokenizer_source",
        "served_by_source",
        "served_by_note",
        "explicit_cache",
        "request_fees",
        "price_guaranteed_until",
        "list_price",
        "price_note",
        "discount",
        "note",
        "aliases",
        "alias_note",
        "time_of_day_note",
        "output_reasoning_rule",
        "source_ids",
    ];
    copy(&mut kept, model, &OTHERS.map(|name| (name, name)));
    for (name, kept_as) in [("caching", "caching"), ("speed", "speed")] {
        copy(&mut kept, model, &[(name, kept_as)]);
    }
    kept.into()
}

fn sources(file: &Value) -> Value {
    let kept = file["sources"].as_object().into_iter().flatten().map(|(key, source)| {
        let mut one = Map::new();
        let same = ["what", "version", "date", "date_note", "tier", "lineage", "repo", "role"];
        copy(&mut one, source, &same.map(|name| (name, name)));
        (key.clone(), Value::from(one))
    });
    Value::Object(kept.collect())
}

fn copy(into: &mut Map<String, Value>, from: &Value, names: &[(&str, &str)]) {
    for (name, kept) in names {
        if !from[*name].is_null() && from[*name].as_array().is_none_or(|list| !list.is_empty()) {
            into.insert((*kept).to_owned(), from[*name].clone());
        }
    }
}

/// A JSON number's shortest text is the decimal that was written.
fn price(value: &Value) -> Value {
    value.as_f64().map_or(Value::Null, |number| format!("{number}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_becomes_an_entry_of_its_vendor_s_file() {
        let text = json!({ "schema": SCHEMA, "sources": { "litellm": { "what": "a list", "date": "2026-11-20" } },
            "models": [{ "provider": "openai", "id": "m", "name": "M", "confidence": "high", "input": 0.1, "output": 4.0,
                "output_reasoning": 12.0, "output_reasoning_rule": "whole_output_in_thinking_mode",
                "cache_write_5m": 0.125, "batch_input": null, "tiers": [{ "above_input_tokens": 9, "input": 0.2,
                "output": 5.0, "batch_cache_read": 0.0036 }], "caching": { "mode": "implicit_writes",
                "min_prefix_tokens": 1024, "increment_tokens": null, "unread_input_billing": "cache_write" },
                "price_valid_from": "2026-09-22T19:10:50Z", "retires_on": "2027-01-14", "core": true,
                "served_by": ["chat_completions", "responses"],
                "provenance": { "input_output": { "as_of": "2026-11-20", "independent": 3 }, "batch": null } }] });
        let edition = Edition::read(&text.to_string()).expect("an edition").expect("readable");
        let expected = json!({ "id": "m", "name": "M", "price_date": "2026-11-20", "agreeing": 3, "confidence": "high",
            "since": "2026-09-22", "input": "0.1", "output": "4", "output_reasoning": "12", "cache_write": "0.125",
            "output_thinking": "12", "tiers": [{ "above_input_tokens": 9, "input": "0.2", "output": "5",
            "batch_cache_read": "0.0036" }], "cache_mode": "implicit_writes", "min_cacheable_tokens": 1024,
            "retires_on": "2027-01-14", "served_by": ["chat_completions", "responses"], "core": true });
        assert_eq!(edition.models["openai"], [expected]);
        assert_eq!(edition.provenance["openai"][0]["input_output"]["independent"], 3);
        let other = text.to_string().replace("\"cache_write\"}", "\"input\"}");
        assert!(Edition::read(&other).expect("an edition").is_err());
        assert!(Edition::read("{}").is_none());
    }
}
