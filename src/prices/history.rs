//! What earlier editions said otherwise: the prices that changed, as they were. `history/<date>.json` holds them by the
//! date of the last edition that had them; the page fetches them as one file, in the form of the programs' own table.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::prices::published::entries;
use crate::prices::table::Table;
use crate::prices::{Model, vendor_file};

/// Before the date of an edition in the published file.
const EDITION: char = '@';

/// What prices follow from, by the names of the vendors' files.
const PRICES: [&str; 22] = [
    "input",
    "output",
    "output_reasoning",
    "output_thinking",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "batch_input",
    "batch_output",
    "batch_cache_read",
    "batch_cache_write",
    "batch_cache_write_1h",
    "batch_cache",
    "flex_input",
    "flex_output",
    "flex_cache_read",
    "flex_cache_write",
    "tiers",
    "changes",
    "peak_hours",
    "price_date",
    "confidence",
];
/// Of these, what tells of a price and is none.
const ABOUT: usize = 2;

/// The prices of an edition that the next one changed.
pub struct Earlier {
    /// The edition's date.
    pub date: String,
    /// For `history/<date>.json`.
    pub file: String,
    pub models: usize,
}

/// What a published file says of prices that the second says otherwise; `None`: one of them is no such file.
pub fn earlier(before: &str, after: &str) -> Option<Earlier> {
    let date = serde_json::from_str::<Value>(before).ok()?["date"].as_str()?.to_owned();
    let (before, after) = (entries(before)?, entries(after)?);
    let mut vendors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, was) in &before {
        let prices = &PRICES[..PRICES.len() - ABOUT];
        let changed = |is: &Map<String, Value>| prices.iter().any(|name| was.get(*name) != is.get(*name));
        if after.get(key).is_some_and(changed) {
            let vendor = key.split_once('/')?.0.to_owned();
            vendors.entry(vendor).or_default().push(kept(was));
        }
    }
    let models = vendors.values().map(Vec::len).sum();
    let vendors = vendors.iter().map(|(id, models)| {
        let head = json!({ "id": id, "name": id });
        format!(" {{\"vendor\":{head},\"models\":[\n  {}\n ]}}", models.join(",\n  "))
    });
    let vendors: Vec<String> = vendors.collect();
    let file = format!("{{\"date\":\"{date}\",\"vendors\":[\n{}\n]}}\n", vendors.join(",\n"));
    Some(Earlier { date, file, models })
}

fn kept(entry: &Map<String, Value>) -> String {
    let names = ["id", "name", "agreeing"].into_iter().chain(PRICES);
    let kept: Map<String, Value> =
        names.filter_map(|name| Some((name.to_owned(), entry.get(name)?.clone()))).chain(counted(entry)).collect();
    Value::from(kept).to_string()
}

/// Files before the edition of 2026-11-20 named the sources instead of counting them.
fn counted(entry: &Map<String, Value>) -> Option<(String, Value)> {
    let sources = entry.get("sources")?.as_array()?.len();
    Some(("agreeing".to_owned(), sources.into()))
}

/// The published file, from the files of `history/` in the order of their dates.
pub fn history_table(files: &[String]) -> Result<String, String> {
    let mut text = String::new();
    for file in files {
        let file: Value = serde_json::from_str(file).map_err(|error| error.to_string())?;
        let date = file["date"].as_str().ok_or("A file of the history has no date.")?;
        let mut table = Table { vendors: Vec::new(), models: Vec::new() };
        for vendor in file["vendors"].as_array().into_iter().flatten() {
            let (vendor, models) = vendor_file::parse(&vendor.to_string()).map_err(|error| error.to_string())?;
            table.vendors.push(vendor);
            table.models.extend(models);
        }
        text.push_str(&format!("{EDITION}{date}\n{}", table.write()));
    }
    Ok(text)
}

/// The published file, read.
pub struct History {
    /// The date of the last edition that had these prices, the oldest first.
    editions: Vec<(String, Vec<Model>)>,
}

impl History {
    /// `None`: it isn't such a file.
    pub fn read(text: &str) -> Option<History> {
        let mut editions = Vec::new();
        for part in text.split(EDITION).filter(|part| !part.is_empty()) {
            let (date, rows) = part.split_once('\n')?;
            editions.push((date.to_owned(), Table::read(rows)?.models));
        }
        Some(History { editions })
    }

    /// The model with the prices that it had in the edition of this date (`YYYY-MM-DD`); `None`: they are the same today.
    pub fn at(&self, model: &Model, date: &str) -> Option<Model> {
        let later = self.editions.iter().filter(|(last, _)| last.as_str() >= date);
        let was =
            later.flat_map(|(_, models)| models).find(|was| (&was.vendor, &was.id) == (&model.vendor, &model.id))?;
        Some(Model {
            card: was.card.clone(),
            batch: was.batch.clone(),
            flex: was.flex.clone(),
            batch_cache: was.batch_cache,
            price_date: was.price_date.clone(),
            ..model.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::find;

    fn published(date: &str, input: &str) -> String {
        let models = json!([{ "id": "qwen3.7-plus", "name": "Q", "price_date": date, "agreeing": 1, "input": input,
            "confidence": "high", "output": "4", "context_window": 9 }]);
        json!({ "date": date, "vendors": [{ "vendor": { "id": "alibaba", "name": "A" }, "models": models }] })
            .to_string()
    }

    #[test]
    fn each_edition_s_prices_can_be_asked_for_later() {
        let (first, second, third) =
            (published("2026-09-01", "1"), published("2026-10-01", "2"), published("2026-11-01", "3"));
        let kept = [earlier(&first, &second), earlier(&second, &third)].map(|kept| kept.expect("two files"));
        assert_eq!(
            kept.each_ref().map(|kept| (kept.date.as_str(), kept.models)),
            [("2026-09-01", 1), ("2026-10-01", 1)]
        );
        let table = history_table(&kept.map(|kept| kept.file)).expect("a table");
        let history = History::read(&table).expect("a history");
        let model = find("alibaba/qwen3.7-plus").unwrap();
        let input = |date: &str| history.at(model, date).map(|model| model.card.base.input.per_million().decimals(0));
        assert_eq!(input("2026-08-01").as_deref(), Some("1"));
        assert_eq!(input("2026-09-01").as_deref(), Some("1"));
        assert_eq!(input("2026-09-15").as_deref(), Some("2"));
        assert_eq!(input("2026-11-01"), None);
        assert_eq!(earlier(&first, &published("2026-10-01", "1")).expect("two files").models, 0, "a date is no price");
    }

    #[test]
    fn what_was_kept_can_be_read() {
        let first = history_table(&[include_str!("history/2026-11-12.json").to_owned()]).expect("a table");
        let history = History::read(&first).expect("a history");
        let was = |id: &str| history.at(find(id).unwrap(), "2026-11-12").map(|model| model.card.base.input.0);
        assert_eq!((was("qwen3.7-plus"), was("gpt-4o-mini")), (Some(320_000), None));
    }
}
