//! The catalogue as a file for others, what makes it wrong, and what changed against another one.
//! The format is described in `docs/prices.md` and, for programs, in `www/prices.schema.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::money::PerToken;
use crate::prices::table::Table;
use crate::prices::{Model, RateCard, Rates, date, vendor_file};

/// Another where a reader of the last one would misunderstand a file; new fields alone are none.
const SCHEMA: u64 = 2;
const UNIT: &str = "USD per million tokens, decimal strings";

/// The vendors' files by name: makers first, then hosts; the order of the catalogue.
pub const VENDORS: [&str; 19] = [
    "openai",
    "anthropic",
    "google",
    "mistral",
    "deepseek",
    "xai",
    "cohere",
    "meta",
    "moonshotai",
    "alibaba",
    "zai",
    "perplexity",
    "minimax",
    "amazon-bedrock",
    "groq",
    "together",
    "fireworks",
    "cerebras",
    "openrouter",
];

/// The published file, from the vendors' files in their order. Its date is the newest price's.
pub fn published(files: &[String]) -> Result<String, String> {
    let vendors = files.iter().map(|text| serde_json::from_str(text).map_err(|error| error.to_string()));
    let vendors = vendors.collect::<Result<Vec<Value>, String>>()?;
    let dates = vendors.iter().flat_map(models).filter_map(|model| model["price_date"].as_str());
    let date = dates.max().unwrap_or_default().to_owned();
    let file = json!({ "schema": SCHEMA, "date": date, "unit": UNIT, "vendors": vendors });
    Ok(format!("{file}\n"))
}

/// What the programs carry, from the vendors' files in their order.
pub fn table(files: &[String]) -> Result<String, String> {
    let mut table = Table { vendors: Vec::new(), models: Vec::new() };
    for text in files {
        let (vendor, models) = vendor_file::parse(text).map_err(|error| error.to_string())?;
        table.vendors.push(vendor);
        table.models.extend(models);
    }
    Ok(table.write())
}

/// What is wrong with one vendor's file, a sentence each: `openai/gpt-4o: …`.
pub fn problems(text: &str) -> Vec<String> {
    let (vendor, models) = match vendor_file::parse(text) {
        Ok(read) => read,
        Err(error) => return vec![error.to_string()],
    };
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for model in &models {
        let mut say = |what: String| found.push(format!("{}/{}: {what}", vendor.id, model.id));
        if !seen.insert(model.id.as_str()) {
            say("is there twice.".to_owned());
        }
        if date::first_moment(&model.price_date).is_none() {
            say(format!("price_date is YYYY-MM-DD, not \u{201c}{}\u{201d}.", model.price_date));
        }
        if model.agreeing == 0 {
            say("no source states its price.".to_owned());
        }
        card_problems(&model.card, "", &mut say);
        for (name, sibling) in [("batch", &model.batch), ("flex", &model.flex)] {
            if let Some(card) = sibling {
                sibling_problems(name, &card.base, &model.card.base, &mut say);
            }
        }
        half_stated(text, model, &mut say);
    }
    found
}

fn card_problems(card: &RateCard, name: &str, say: &mut impl FnMut(String)) {
    let rows = std::iter::once(("base", &card.base))
        .chain(card.tiers.iter().map(|(_, rates)| ("tiers", rates)))
        .chain(card.changes.iter().map(|(_, rates)| ("changes", rates)))
        .chain(card.peak_hours.iter().map(|(_, _, rates)| ("peak_hours", rates)));
    for (row, rates) in rows {
        for (price, value) in [("input", rates.input), ("output", rates.output), ("cache_read", rates.cache_read)] {
            if value == PerToken(0) {
                say(format!("{name}{row}: {price} is zero; leave an unknown price out."));
            }
        }
        if rates.cache_read > rates.input {
            say(format!("{name}{row}: cache_read is dearer than input."));
        }
    }
    let mut before = (0, &card.base);
    for (above, rates) in &card.tiers {
        if *above <= before.0 {
            say("tiers: the borders don't ascend.".to_owned());
        }
        if rates.input < before.1.input || rates.output < before.1.output {
            say(format!("tiers: above {above} input tokens it costs less than below."));
        }
        before = (*above, rates);
    }
    if card.changes.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        say("changes: the dates don't ascend.".to_owned());
    }
    if card.peak_hours.iter().any(|(from, to, _)| from >= to) {
        say("peak_hours: from is not before to.".to_owned());
    }
}

fn sibling_problems(name: &str, sibling: &Rates, sync: &Rates, say: &mut impl FnMut(String)) {
    for (price, of_it, of_sync) in [("input", sibling.input, sync.input), ("output", sibling.output, sync.output)] {
        if of_it == PerToken(0) {
            say(format!("{name}_{price} is zero; leave an unknown price out."));
        }
        if of_it > of_sync {
            say(format!("{name}_{price} is dearer than {price}."));
        }
    }
}

/// A price for input without one for output, or the other way round, would be left out in silence.
fn half_stated(text: &str, model: &Model, say: &mut impl FnMut(String)) {
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(entry) = models(&file).find(|entry| entry["id"] == model.id.as_str()) else { return };
    for name in ["batch", "flex"] {
        let stated = |price: &str| entry.get(format!("{name}_{price}")).is_some();
        if stated("input") != stated("output") {
            say(format!("{name}_input and {name}_output belong together."));
        }
    }
}

/// What the second published file says otherwise than the first, a line each; `None`: one of them is no such file.
pub fn changes(before: &str, after: &str) -> Option<Vec<String>> {
    let (before, after) = (entries(before)?, entries(after)?);
    let mut lines = Vec::new();
    for (key, entry) in &after {
        let Some(old) = before.get(key) else {
            lines.push(format!("+ {key}: {}", in_short(entry)));
            continue;
        };
        let names = old.keys().chain(entry.keys().filter(|name| !old.contains_key(*name)));
        for name in names {
            let (was, is) = (old.get(name), entry.get(name));
            if was != is {
                lines.push(format!("~ {key}: {name} {} -> {}", plain(was), plain(is)));
            }
        }
    }
    lines.extend(before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(key, _)| format!("- {key}")));
    Some(lines)
}

pub(super) fn entries(file: &str) -> Option<BTreeMap<String, Map<String, Value>>> {
    let file: Value = serde_json::from_str(file).ok()?;
    let mut entries = BTreeMap::new();
    for vendor in file.get("vendors")?.as_array()? {
        let id = vendor["vendor"]["id"].as_str()?;
        for model in models(vendor) {
            entries.insert(format!("{id}/{}", model["id"].as_str()?), model.as_object()?.clone());
        }
    }
    Some(entries)
}

fn models(vendor: &Value) -> impl Iterator<Item = &Value> {
    vendor["models"].as_array().into_iter().flatten()
}

fn in_short(entry: &Map<String, Value>) -> String {
    format!(
        "input {}, output {}, as of {}",
        plain(entry.get("input")),
        plain(entry.get("output")),
        plain(entry.get("price_date"))
    )
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<String> {
        [
            include_str!("vendors/openai.json"),
            include_str!("vendors/anthropic.json"),
            include_str!("vendors/google.json"),
            include_str!("vendors/mistral.json"),
            include_str!("vendors/deepseek.json"),
            include_str!("vendors/xai.json"),
            include_str!("vendors/cohere.json"),
            include_str!("vendors/meta.json"),
            include_str!("vendors/moonshotai.json"),
            include_str!("vendors/alibaba.json"),
            include_str!("vendors/zai.json"),
            include_str!("vendors/perplexity.json"),
            include_str!("vendors/minimax.json"),
            include_str!("vendors/amazon-bedrock.json"),
            include_str!("vendors/groq.json"),
            include_str!("vendors/together.json"),
            include_str!("vendors/fireworks.json"),
            include_str!("vendors/cerebras.json"),
            include_str!("vendors/openrouter.json"),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn the_files_are_those_of_the_vendors_in_their_order() {
        let ids = files().into_iter().map(|text| vendor_file::parse(&text).expect("a file").0.id);
        assert_eq!(ids.collect::<Vec<_>>(), VENDORS);
    }

    fn file(fields: &str) -> String {
        format!(
            r#"{{"vendor":{{"id":"v","name":"V"}},"models":[{{"id":"m","name":"M","price_date":"2026-11-12",
            "agreeing":2,"confidence":"high",{fields}}}]}}"#
        )
    }

    #[test]
    fn the_table_that_is_compiled_in_is_what_the_vendors_files_say() {
        let written = table(&files()).expect("the vendors' files can be read");
        assert!(
            written == crate::prices::catalogue::TABLE,
            "src/prices/catalogue.tsv is out of step: `cargo dev prices write`"
        );
        let read = Table::read(&written).expect("a table");
        let parsed: Vec<Model> = files().iter().flat_map(|text| vendor_file::parse(text).expect("a file").1).collect();
        assert_eq!(read.models, parsed);
        let vendors: Vec<_> = files().iter().map(|text| vendor_file::parse(text).expect("a file").0).collect();
        assert_eq!(read.vendors, vendors);
    }

    #[test]
    fn the_catalogue_has_no_problem() {
        let found: Vec<String> = files().iter().flat_map(|text| problems(text)).collect();
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_problem_is_named() {
        for (fields, what) in [
            (r#""input":"0","output":"1""#, "v/m: base: input is zero"),
            (r#""input":"1","output":"1","cache_read":"2""#, "cache_read is dearer than input"),
            (r#""input":"2","output":"4","batch_input":"3","batch_output":"2""#, "batch_input is dearer than input"),
            (r#""input":"2","output":"4","batch_input":"1""#, "batch_input and batch_output belong together"),
            (r#""input":"2","output":"4","flex_input":"1","flex_output":"5""#, "flex_output is dearer than output"),
            (
                r#""input":"2","output":"4","tiers":[{"above_input_tokens":9,"input":"1","output":"4"}]"#,
                "above 9 input tokens it costs less",
            ),
            (r#""input":"0.0000001","output":"1""#, "at most six decimals"),
            (r#""input":2,"output":"1""#, "expected"),
        ] {
            let found = problems(&file(fields));
            assert!(found.iter().any(|problem| problem.contains(what)), "{fields}: {found:?}");
        }
        let undated = file(r#""input":"2","output":"4""#).replace("2026-11-12", "12 Nov");
        assert!(problems(&undated)[0].contains("price_date is YYYY-MM-DD"));
    }

    #[test]
    fn a_change_is_told_with_both_values() {
        let one = published(&[file(r#""input":"2","output":"4""#)]).expect("a file");
        let two = published(&[file(r#""input":"2.5","output":"4","core":true"#)]).expect("a file");
        assert_eq!(changes(&one, &one), Some(Vec::new()));
        let expected = ["~ v/m: input 2 -> 2.5", "~ v/m: core nothing -> true"].map(str::to_owned).to_vec();
        assert_eq!(changes(&one, &two), Some(expected));
        assert_eq!(changes(&one, &one.replace("\"m\"", "\"n\"")).map(|lines| lines.len()), Some(2));
        assert_eq!(changes("{}", &one), None);
    }

    #[test]
    fn the_schema_knows_every_field_of_the_file() {
        let text = include_str!("../../www/prices.schema.json");
        let schema: Value = serde_json::from_str(text).expect("JSON");
        let known = |name: &str| schema["$defs"][name]["properties"].as_object().expect("properties").clone();
        let (vendor_fields, model_fields) = (known("vendor"), known("model"));
        for text in files() {
            let file: Value = serde_json::from_str(&text).expect("JSON");
            for name in file.as_object().expect("an object").keys() {
                assert!(vendor_fields.contains_key(name), "{name}");
            }
            for (name, value) in models(&file).flat_map(|model| model.as_object().expect("an object")) {
                let field = model_fields.get(name).unwrap_or_else(|| panic!("the schema lacks {name}"));
                let rows = value.as_array().into_iter().flatten().filter_map(Value::as_object);
                for inner in rows.flat_map(|row| row.keys()) {
                    assert!(!field["items"]["properties"][inner].is_null(), "{name}: {inner}");
                }
            }
        }
    }

    #[test]
    fn the_published_file_says_what_it_is() {
        let file: Value = serde_json::from_str(&published(&files()).expect("a file")).expect("JSON");
        assert_eq!((file["schema"].as_u64(), file["unit"].as_str()), (Some(2), Some(UNIT)));
        assert!(date::first_moment(file["date"].as_str().expect("a date")).is_some());
        assert_eq!(file["vendors"].as_array().map(Vec::len), Some(VENDORS.len()));
    }
}
