//! The catalogue against a digest of its own, and what its last edition corrected.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pennybatch::money::PerToken;
use pennybatch::prices::{
    self, Api, BatchCache, CacheMode, Group, Model, RateCard, Rates, Retirement, Sources, date_utc,
};
use pennybatch::time::Time;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// 30 November 2026.
const TODAY: Time = Time(1_795_996_800_000);
/// Models whose batch jobs read the cache at a price of their own, don't, and read it at the usual price.
const BATCH_RULES: [usize; 3] = [61, 12, 5];

/// Of [`figures`]: a price that changes by accident changes this. Whoever changes one on purpose writes it anew.
const FIGURES_SHA256: &str = "79625c1f0f410d435660a0fc5dbdaa12d5cd9e4dac308d043768080071999b64";

#[test]
fn the_catalogue_holds_what_its_digest_says() {
    let text: String = prices::all().iter().map(figures).collect();
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, FIGURES_SHA256);
}

#[test]
fn there_are_164_models_of_19_vendors_each_once() {
    let count = |holds: fn(&Model) -> bool| prices::all().iter().filter(|model| holds(model)).count();
    assert_eq!(prices::all().len(), 164);
    assert_eq!(prices::vendors().len(), 19);
    assert_eq!(prices::all().iter().map(Model::key).collect::<BTreeSet<_>>().len(), 164);
    assert_eq!(count(|model| model.corroborated), 158);
    assert_eq!(count(|model| model.retires_on.is_some()), 36);
    assert_eq!(count(|model| model.is_retired(TODAY)), 17);
    assert_eq!(count(|model| model.cache_mode == Some(CacheMode::ImplicitWrites)), 10);
    assert_eq!(count(|model| model.max_input.is_some()), 23);
    assert_eq!(count(|model| model.speed.is_some()), 12);
    assert_eq!(count(|model| model.served_by == [Api::Responses]), 6);
    let with = |rule| prices::all().iter().filter(|model| model.batch_cache == rule).count();
    assert_eq!([with(BatchCache::Stacks), with(BatchCache::NotSupported), with(BatchCache::StandardRate)], BATCH_RULES);
}

#[test]
fn every_price_is_dated_and_sourced() {
    for model in prices::all() {
        let date = model.price_date.as_str();
        assert!(("2026-10-26".."2026-11-31").contains(&date), "{}: {date}", model.key());
        assert!(model.agreeing > 0, "{}", model.key());
        assert!(model.card.base.output > PerToken(0), "{}", model.key());
        assert!(!model.served_by.is_empty(), "{}", model.key());
    }
    assert_eq!(prices::newest_price_date(), "2026-11-22");
}

#[test]
fn what_the_edition_of_30_november_corrected_holds() {
    let find = |key: &str| prices::find(key).unwrap();
    let dollars = |price: PerToken| price.per_million().decimals(3);
    let luna = find("openai/gpt-6-luna");
    assert_eq!((luna.cache_mode, luna.min_cacheable_tokens), (Some(CacheMode::ImplicitWrites), Some(1_024)));
    assert_eq!((luna.max_input, luna.context_window), (Some(922_000), Some(1_050_000)));
    let tier = |card: &Option<RateCard>| dollars(card.as_ref().unwrap().tiers[0].1.cache_read);
    let gpt = find("openai/gpt-5.4");
    assert_eq!((tier(&gpt.batch), tier(&gpt.flex)), ("0.250".to_owned(), "0.250".to_owned()));
    assert!(find("openai/gpt-5.3-codex").batch.is_none());
    let qwen = find("alibaba/qwen-plus").card.rates(300_000, TODAY);
    assert_eq!([qwen.output, qwen.reasoning, qwen.thinking_output].map(dollars), ["3.600", "12.000", "12.000"]);
    let sonar = find("perplexity/sonar-deep-research");
    assert_eq!(
        (dollars(sonar.card.base.reasoning), sonar.card.base.thinking_output),
        ("3.000".to_owned(), PerToken(0))
    );
    assert!(sonar.note.as_deref().is_some_and(|note| note.contains("search fee")));
    let retires = |key: &str| find(key).retires_on.map(date_utc);
    assert_eq!(retires("openai/gpt-4o-mini").as_deref(), Some("2027-01-14"));
    assert_eq!(find("openai/gpt-4o-mini").successor.as_deref(), Some("gpt-6-luna"));
}

#[test]
fn what_the_documents_show_stays() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demos = std::fs::read_dir(root.join("www/gallery")).unwrap().map(|file| file.unwrap().path());
    let files = demos.chain(["README.md", "docs/embed.md", "www/embed-demo.html"].map(|name| root.join(name)));
    let mut named = 0;
    for file in files.filter(|file| file.extension().is_some_and(|end| end != "css")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for rest in ["model=\"", "?model="].iter().flat_map(|mark| text.split(mark).skip(1)) {
            let id = rest.split(['"', '&', '\'', ' ']).next().unwrap();
            let Some(model) = prices::find(id) else { continue };
            assert_eq!(model.retires_on, None, "{}: {id}", file.display());
            named += 1;
        }
    }
    assert!(named >= 5, "{named}");
}

/// On no day until the end of 2027 is what calculators open with switched off.
#[test]
fn the_opening_model_stays() {
    let model = prices::find(prices::OPENING_MODEL).unwrap();
    for day in 0..=396 {
        let now = TODAY.after_ms(day * 86_400_000);
        assert_eq!(model.retirement(now), Retirement::Stays, "{}", date_utc(now));
    }
    assert_eq!(date_utc(TODAY.after_ms(396 * 86_400_000)), "2027-12-31");
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

/// A source is named so that anybody finds it: by its address, or its name and version. `PRICES.md` names it alike.
#[test]
fn sources_are_public_and_the_document_names_them_alike() {
    let document = read_text("PRICES.md");
    let sources = read_json(&vendors_folder().with_file_name("sources.json"));
    let is_id = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 8);
    assert!(!is_id(&document), "a number that only some index knows");
    for (key, source) in sources.as_object().unwrap() {
        let what = source["what"].as_str().unwrap();
        assert!(!is_id(what), "{key}: {what}");
        let row = document.lines().find_map(|line| line.strip_prefix(&format!("| {key} | ")));
        assert!(row.is_none_or(|row| row.starts_with(&format!("{what} | "))), "{key}: {row:?}");
    }
}

#[test]
fn the_document_names_the_fields_as_the_files_do() {
    let document = read_text("PRICES.md");
    let (mut of_vendors, mut of_all) = (BTreeSet::new(), BTreeSet::new());
    for vendor in prices::VENDORS {
        add_words(&read_json(&vendors_folder().join(format!("{vendor}.json"))), &mut of_vendors);
        add_words(&read_json(&vendors_folder().join(format!("{vendor}.provenance.json"))), &mut of_all);
    }
    add_words(&read_json(&vendors_folder().with_file_name("sources.json")), &mut of_all);
    of_all.extend(of_vendors.iter().cloned());
    // A code span is every other part between backticks; one with other characters is a path, a command or JSON.
    let is_word = |span: &&str| span.bytes().all(|byte| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte));
    for rule in document.lines() {
        for word in rule.split('`').skip(1).step_by(2).filter(is_word) {
            assert!(of_all.contains(word), "no file has `{word}`: {rule}");
        }
    }
    let (_, table) = document.split_once("| model | field |").unwrap();
    for row in table.lines().skip(2).take_while(|line| !line.is_empty()) {
        let field = row.split(" | ").nth(1).unwrap();
        assert!(of_vendors.contains(field), "no vendor's file has {field}: {row}");
    }
}

/// Names of fields and their values, but not of what the sources call them.
fn add_words(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                words.insert(name.clone());
                if !["fields", "others_say"].contains(&name.as_str()) {
                    add_words(value, words);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| add_words(value, words)),
        Value::String(text) => _ = words.insert(text.clone()),
        _ => {}
    }
}

#[test]
fn every_price_has_its_own_sources() {
    let files = prices::VENDORS.map(|vendor| read_text(&format!("vendors/{vendor}.provenance.json")));
    let published = prices::sources_table(&read_text("sources.json"), &files).unwrap();
    for model in prices::all() {
        let said = Sources(&published).of(&model.key()).unwrap_or_else(|| panic!("{}", model.key()));
        let of = |group: Group| said.groups.iter().find(|said| said.group == group);
        let main = of(Group::InputOutput).unwrap_or_else(|| panic!("{}", model.key()));
        assert_eq!((main.independent, &main.as_of), (model.agreeing, &model.price_date), "{}", model.key());
        assert_eq!(main.confidence == "high", model.corroborated, "{}", model.key());
        assert_eq!(of(Group::Batch).is_some(), model.batch.is_some(), "{}", model.key());
        assert_eq!(of(Group::Flex).is_some(), model.flex.is_some(), "{}", model.key());
        assert!(of(Group::Retirement).is_some() || model.retires_on.is_none(), "{}", model.key());
        for group in &said.groups {
            assert!(!group.sources.is_empty() && !group.as_of.is_empty(), "{}: {group:?}", model.key());
        }
    }
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
    let output = rates.output.max(rates.reasoning).max(rates.thinking_output);
    i128::from(per_token.0) * i128::from(input) + i128::from(output.0) * 1_000
}

/// One line a model with everything that a cost depends on.
fn figures(model: &Model) -> String {
    let facts = (model.context_window, model.max_input, model.max_output, model.min_cacheable_tokens);
    let other = |card: &Option<RateCard>| card.as_ref().map(card_figures).unwrap_or_default();
    let (card, batch, flex) = (card_figures(&model.card), other(&model.batch), other(&model.flex));
    let cache = (model.cache_mode, model.cache_increment_tokens, model.batch_cache);
    let retires = model.retires_on.map(date_utc);
    let head = format!("{} {} {facts:?} {cache:?} {retires:?}", model.key(), model.price_date);
    format!("{head} {card} batch {batch} flex {flex}\n")
}

fn card_figures(card: &RateCard) -> String {
    let row = |rates: &Rates| {
        [rates.input, rates.output, rates.cache_read, rates.cache_write, rates.cache_write_1h, rates.reasoning]
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

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn read_text(name: &str) -> String {
    std::fs::read_to_string(vendors_folder().with_file_name(name)).unwrap()
}

fn vendors_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prices/vendors")
}

fn read_json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn flex_is_priced_where_the_vendor_offers_it_and_never_above_the_usual_price() {
    let with_flex: Vec<&Model> = prices::all().iter().filter(|model| model.flex.is_some()).collect();
    assert_eq!(with_flex.len(), 36);
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
