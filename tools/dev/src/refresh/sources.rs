//! Each source's file, read into prices by the token. A price of zero counts as none: lists write it for what they don't
//! know.

use std::collections::BTreeMap;

use pennybatch::money::PerToken;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::packages::{Archive, Package};
use super::python::Value;

/// The prices that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    BatchInput,
    BatchOutput,
}

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Field::Input => "input",
            Field::Output => "output",
            Field::CacheRead => "cache_read",
            Field::CacheWrite => "cache_write",
            Field::BatchInput => "batch_input",
            Field::BatchOutput => "batch_output",
        }
    }
}

/// What one source says of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub prices: BTreeMap<Field, PerToken>,
    /// `YYYY-MM-DD`.
    pub retires_on: Option<String>,
}

/// A source, by the catalogue's keys: `vendor/model`.
pub struct List {
    pub source: &'static str,
    pub version: String,
    pub models: BTreeMap<String, Said>,
}

/// A vendor of the catalogue, and where each source has its models.
struct Vendor {
    id: &'static str,
    /// LiteLLM's provider, and what it puts before a model's name.
    litellm: (&'static str, &'static str),
    genai_prices: &'static str,
    pi_ai: &'static str,
    /// LiteLLM and pi-ai list the price of peak hours, which is twice the base (DeepSeek).
    lists_peak: bool,
}

const fn vendor(
    id: &'static str,
    litellm: (&'static str, &'static str),
    genai_prices: &'static str,
    pi_ai: &'static str,
) -> Vendor {
    Vendor { id, litellm, genai_prices, pi_ai, lists_peak: false }
}

/// An empty name: the source has none of its models.
const VENDORS: [Vendor; 19] = [
    vendor("openai", ("openai", ""), "openai", "openai"),
    vendor("anthropic", ("anthropic", ""), "anthropic", "anthropic"),
    vendor("google", ("gemini", "gemini/"), "google", "google"),
    Vendor { lists_peak: true, ..vendor("deepseek", ("deepseek", "deepseek/"), "deepseek", "deepseek") },
    vendor("xai", ("xai", "xai/"), "x-ai", "xai"),
    vendor("mistral", ("mistral", "mistral/"), "mistral", "mistral"),
    vendor("groq", ("groq", "groq/"), "groq", "groq"),
    vendor("together", ("together_ai", "together_ai/"), "together", "together"),
    vendor("fireworks", ("fireworks_ai", "fireworks_ai/"), "fireworks", "fireworks"),
    vendor("cohere", ("cohere_chat", ""), "cohere", ""),
    vendor("alibaba", ("dashscope", "dashscope/"), "", ""),
    vendor("moonshotai", ("moonshot", "moonshot/"), "moonshotai", "moonshotai"),
    vendor("zai", ("zai", "zai/"), "zai", "zai"),
    vendor("meta", ("meta", "meta/"), "meta", "meta"),
    vendor("minimax", ("minimax", "minimax/"), "minimax", "minimax"),
    vendor("perplexity", ("perplexity", "perplexity/"), "perplexity", ""),
    vendor("cerebras", ("cerebras", "cerebras/"), "cerebras", "cerebras"),
    vendor("amazon-bedrock", ("bedrock_converse", ""), "", "amazon-bedrock"),
    vendor("openrouter", ("openrouter", "openrouter/"), "openrouter", "openrouter"),
];

/// What hosts put before their models' names.
const PATHS: [&str; 2] = ["accounts/fireworks/models/", "models/"];

impl List {
    pub fn read(package: Package, archive: &Archive, today: &str) -> Result<List, String> {
        let models = match package {
            Package::LiteLlm => {
                let files = archive.files(|path| path.ends_with("model_prices_and_context_window_backup.json"))?;
                litellm(&files[0].1)?
            }
            Package::GenaiPrices => genai_prices(&archive.files(|path| path == "genai_prices/data.py")?[0].1, today)?,
            Package::PiAi => {
                let files = archive.files(|path| path.contains("/providers/data/") && path.ends_with(".json"))?;
                pi_ai(&files)?
            }
        };
        Ok(List { source: package.name(), version: archive.version.clone(), models })
    }
}

fn key(vendor: &Vendor, id: &str) -> String {
    let id = PATHS.iter().find_map(|path| id.strip_prefix(path)).unwrap_or(id);
    format!("{}/{id}", vendor.id)
}

/// One dollar amount, for a token or for a million of them, as it is written.
fn price(text: &str, per_million: bool, halved: bool) -> Option<PerToken> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()? + if per_million { 6 } else { 12 };
    let power = 10_u128.checked_pow(shift.unsigned_abs())?;
    // Binary fractions end in crumbs, such as 1.3999999999999998e-06.
    let pico = if shift >= 0 { digits.checked_mul(power)? } else { (digits + power / 2) / power };
    let pico = if halved { pico / 2 } else { pico };
    u64::try_from(pico).ok().filter(|pico| *pico > 0).map(PerToken)
}

#[derive(Deserialize)]
struct LiteLlm<'a> {
    litellm_provider: Option<String>,
    mode: Option<String>,
    deprecation_date: Option<String>,
    #[serde(borrow)]
    input_cost_per_token: Option<&'a RawValue>,
    #[serde(borrow)]
    output_cost_per_token: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_read_input_token_cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_creation_input_token_cost: Option<&'a RawValue>,
    #[serde(borrow)]
    input_cost_per_token_batches: Option<&'a RawValue>,
    #[serde(borrow)]
    output_cost_per_token_batches: Option<&'a RawValue>,
}

fn litellm(text: &str) -> Result<BTreeMap<String, Said>, String> {
    let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let mut models = BTreeMap::new();
    for (name, raw) in &entries {
        let Ok(entry) = serde_json::from_str::<LiteLlm>(raw.get()) else { continue };
        let vendor = VENDORS.iter().find(|vendor| Some(vendor.litellm.0) == entry.litellm_provider.as_deref());
        let is_text = matches!(entry.mode.as_deref(), Some("chat" | "responses"));
        let Some((vendor, id)) = vendor.and_then(|vendor| Some((vendor, name.strip_prefix(vendor.litellm.1)?))) else {
            continue;
        };
        if !is_text {
            continue;
        }
        let stated = [
            (Field::Input, entry.input_cost_per_token),
            (Field::Output, entry.output_cost_per_token),
            (Field::CacheRead, entry.cache_read_input_token_cost),
            (Field::CacheWrite, entry.cache_creation_input_token_cost),
            (Field::BatchInput, entry.input_cost_per_token_batches),
            (Field::BatchOutput, entry.output_cost_per_token_batches),
        ];
        let prices =
            stated.into_iter().filter_map(|(field, raw)| Some((field, price(raw?.get(), false, vendor.lists_peak)?)));
        models.insert(key(vendor, id), Said { prices: prices.collect(), retires_on: entry.deprecation_date });
    }
    Ok(models)
}

fn genai_prices(source: &str, today: &str) -> Result<BTreeMap<String, Said>, String> {
    let providers = Value::assigned(source, "providers")?;
    let mut models = BTreeMap::new();
    for provider in providers.list() {
        let id = provider.get("id").and_then(Value::text);
        let Some(vendor) = VENDORS.iter().find(|vendor| Some(vendor.genai_prices) == id) else { continue };
        for model in provider.get("models").map(Value::list).unwrap_or_default() {
            let Some(id) = model.get("id").and_then(Value::text) else { continue };
            let mut said = Said::default();
            if let Some(prices) = model.get("prices").and_then(|prices| in_force(prices, today)) {
                let fields = [
                    (Field::Input, "input_mtok"),
                    (Field::Output, "output_mtok"),
                    (Field::CacheRead, "cache_read_mtok"),
                    (Field::CacheWrite, "cache_write_mtok"),
                ];
                said.prices
                    .extend(fields.into_iter().filter_map(|(field, name)| Some((field, decimal(prices.get(name)?)?))));
            }
            let variants = model.get("price_variants").map(Value::list).unwrap_or_default();
            let is_batch = |variant: &&Value| {
                let when = variant.get("when").map(Value::list).unwrap_or_default();
                when.iter().filter_map(Value::text).eq(["processing", "batch"]) && has_begun(variant, today)
            };
            if let Some(prices) = variants.iter().rfind(is_batch).and_then(|variant| variant.get("prices")) {
                let fields = [(Field::BatchInput, "input_mtok"), (Field::BatchOutput, "output_mtok")];
                said.prices
                    .extend(fields.into_iter().filter_map(|(field, name)| Some((field, decimal(prices.get(name)?)?))));
            }
            models.insert(key(vendor, id), said);
        }
    }
    if models.is_empty() { Err("no model was found".to_owned()) } else { Ok(models) }
}

/// Of several prices the latest that holds at all hours.
fn in_force<'a>(prices: &'a Value, today: &str) -> Option<&'a Value> {
    if prices.is_call_of("ModelPrice") {
        return Some(prices);
    }
    prices.list().iter().rfind(|price| has_begun(price, today))?.get("prices")
}

/// Whether it holds by now, whatever the hour.
fn has_begun(price: &Value, today: &str) -> bool {
    match price.get("constraint") {
        None => true,
        Some(limit) if limit.is_call_of("StartDateConstraint") => {
            let day: Vec<u32> = limit
                .get("start_date")
                .into_iter()
                .flat_map(Value::positional)
                .filter_map(|part| part.word()?.parse().ok())
                .collect();
            matches!(day[..], [year, month, day] if format!("{year:04}-{month:02}-{day:02}").as_str() <= today)
        }
        Some(_) => false,
    }
}

/// `Decimal('0.15')`, or the base of `TieredPrices(base=Decimal('0.15'), …)`.
fn decimal(value: &Value) -> Option<PerToken> {
    let value = if value.is_call_of("TieredPrices") { value.get("base")? } else { value };
    price(value.positional().next()?.text()?, true, false)
}

#[derive(Deserialize)]
struct PiAi<'a> {
    id: String,
    #[serde(borrow)]
    cost: PiAiCost<'a>,
}

#[derive(Deserialize)]
struct PiAiCost<'a> {
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    output: &'a RawValue,
    #[serde(borrow, rename = "cacheRead")]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow, rename = "cacheWrite")]
    cache_write: Option<&'a RawValue>,
}

/// A file a vendor: `{api: {"chat:name": {id, cost}}}`.
fn pi_ai(files: &[(String, String)]) -> Result<BTreeMap<String, Said>, String> {
    let mut models = BTreeMap::new();
    for (path, text) in files {
        let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".json"));
        let Some(vendor) = VENDORS.iter().find(|vendor| Some(vendor.pi_ai) == name) else { continue };
        let apis: BTreeMap<String, BTreeMap<String, &RawValue>> =
            serde_json::from_str(text).map_err(|why| format!("{path}: {why}"))?;
        for (kind, raw) in apis.values().flatten() {
            let Ok(entry) = serde_json::from_str::<PiAi>(raw.get()) else { continue };
            if !kind.starts_with("chat:") {
                continue;
            }
            let cost = &entry.cost;
            let stated = [
                (Field::Input, Some(cost.input)),
                (Field::Output, Some(cost.output)),
                (Field::CacheRead, cost.cache_read),
                (Field::CacheWrite, cost.cache_write),
            ];
            let prices = stated
                .into_iter()
                .filter_map(|(field, raw)| Some((field, price(raw?.get(), true, vendor.lists_peak)?)));
            models.insert(key(vendor, &entry.id), Said { prices: prices.collect(), retires_on: None });
        }
    }
    if models.is_empty() { Err("no model was found".to_owned()) } else { Ok(models) }
}

/// A price for a million tokens, as the vendors' files write it.
pub fn written(price: PerToken) -> String {
    let text = format!("{}.{:06}", price.0 / 1_000_000, price.0 % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const LITELLM: &str = r#"{"sample_spec":{"note":"not a model"},
        "gpt-5.6-sol":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":4e-06,"output_cost_per_token":2e-05,
            "cache_read_input_token_cost":4e-07,"cache_creation_input_token_cost":5e-06,
            "input_cost_per_token_batches":2e-06,"output_cost_per_token_batches":1e-05},
        "gpt-old":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":1.3999999999999998e-06,
            "output_cost_per_token":0.0,"deprecation_date":"2026-12-11"},
        "deepseek/deepseek-flash":{"litellm_provider":"deepseek","mode":"chat","input_cost_per_token":2.8e-07,
            "output_cost_per_token":5.6e-07},
        "whisper-1":{"litellm_provider":"openai","mode":"audio_transcription","input_cost_per_token":1e-06}}"#;
    const GENAI: &str = "providers: list[Provider] = [\n  Provider(id='openai', models=[\n    ModelInfo(id='gpt-5.6-sol', prices=[\n      ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('5'), output_mtok=Decimal('30'))),\n      ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 8, 21)),\n        prices=ModelPrice(input_mtok=TieredPrices(base=Decimal('4'), tiers=[Tier(start=272000, price=Decimal('8'))]), output_mtok=Decimal('20'))),\n      ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2027, 1, 1)), prices=ModelPrice(input_mtok=Decimal('9'))),\n      ConditionalPrice(constraint=TimeOfDateConstraint(start_time=datetime.time(0, 30, tzinfo=datetime.UTC)), prices=ModelPrice(input_mtok=Decimal('1'))),\n    ], price_variants=[PriceVariant(when={'processing': 'batch'}, prices=ModelPrice(input_mtok=Decimal('2'), output_mtok=Decimal('10')))]),\n  ]),\n  Provider(id='nobody', models=[ModelInfo(id='x', prices=ModelPrice(input_mtok=Decimal('1')))]),\n]\n";
    const PI_AI: &str = r#"{"openai-responses":{"chat:gpt-5.6-sol":{"id":"gpt-5.6-sol","cost":{"input":4,"output":20,"cacheRead":0.4,
        "cacheWrite":0}},"classifier:gpt-6-luna":{"id":"gpt-6-luna","cost":{"input":0.1,"output":0}}}}"#;

    fn prices(said: &Said) -> Vec<(&'static str, String)> {
        said.prices.iter().map(|(field, price)| (field.name(), written(*price))).collect()
    }

    pub fn lists() -> Vec<List> {
        let list = |source, models: Result<BTreeMap<String, Said>, String>| List {
            source,
            version: "1.2.3".into(),
            models: models.unwrap(),
        };
        let files = [("package/dist/providers/data/openai.json".to_owned(), PI_AI.to_owned())];
        vec![
            list("litellm", litellm(LITELLM)),
            list("genai-prices", genai_prices(GENAI, "2026-11-30")),
            list("pi-ai", pi_ai(&files)),
        ]
    }

    #[test]
    fn each_source_is_read_to_the_pico_dollar_and_zero_is_no_price() {
        let [litellm, genai, pi_ai] = &lists()[..] else { panic!() };
        let sol = [
            ("input", "4"),
            ("output", "20"),
            ("cache_read", "0.4"),
            ("cache_write", "5"),
            ("batch_input", "2"),
            ("batch_output", "10"),
        ];
        let of = |named: &[(&'static str, &str)]| {
            named.iter().map(|(name, text)| (*name, (*text).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(prices(&litellm.models["openai/gpt-5.6-sol"]), of(&sol));
        assert_eq!(prices(&litellm.models["openai/gpt-old"]), of(&[("input", "1.4")]));
        assert_eq!(litellm.models["openai/gpt-old"].retires_on.as_deref(), Some("2026-12-11"));
        assert_eq!(
            prices(&litellm.models["deepseek/deepseek-flash"]),
            of(&[("input", "0.14"), ("output", "0.28")]),
            "half the peak"
        );
        assert_eq!(litellm.models.len(), 3);
        assert_eq!(
            prices(&genai.models["openai/gpt-5.6-sol"]),
            of(&[sol[0], sol[1], sol[4], sol[5]]),
            "of today, at all hours"
        );
        assert_eq!(genai.models.len(), 1);
        assert_eq!(prices(&pi_ai.models["openai/gpt-5.6-sol"]), of(&sol[..3]));
        assert_eq!(pi_ai.models.len(), 1);
    }

    #[test]
    fn a_host_s_path_is_no_part_of_a_model_s_name() {
        assert_eq!(key(&VENDORS[8], "accounts/fireworks/models/kimi-k3"), "fireworks/kimi-k3");
        assert_eq!(price("x", true, false), None);
        assert_eq!(price("-1", false, false), None);
    }
}
