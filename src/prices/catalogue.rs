//! The models and their prices.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::prices::table::Table;
use crate::prices::{RateCard, date};
use crate::time::{Time, day_in_words};

/// `vendor/model`, the catalogue's key.
pub type ModelId = String;

/// Who answers the calls and sends the bill: the maker of a model, or a host of other makers' models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    pub id: String,
    pub name: String,
    /// `None`: not known, or no Batch API.
    pub batch_limits: Option<BatchLimits>,
    /// Whether tokens read from the prompt cache use up the limits a minute; where nobody says, they do.
    pub limits_count_cache_reads: bool,
    /// Whether its limit of tokens a minute counts output too; where nobody says, it does.
    pub limits_count_output: bool,
    /// Requests a minute with one prefix that one machine keeps; each further machine misses the cache once.
    pub cache_requests_per_machine: Option<u64>,
}

/// What one batch job of a vendor may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchLimits {
    pub max_requests: Option<u64>,
    pub max_bytes: Option<u64>,
    pub window_hours: Option<u64>,
}

/// What cached tokens cost inside a batch job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchCache {
    /// A cache price of the batch's own, below the synchronous one.
    Stacks,
    /// The synchronous cache price.
    StandardRate,
    /// The batch price of input.
    NoStack,
    /// Batch jobs don't read the cache: the batch price of input.
    NotSupported,
    /// The batch price list has none: the batch price of input.
    NoCachedRate,
    /// Nobody says: counted at the batch price of input.
    #[default]
    Unknown,
}

/// How a prompt gets into the provider's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// By itself, at no charge.
    Automatic,
    /// Where the request marks it.
    Explicit,
    /// By itself, and what isn't read is billed as a write, unless the request says otherwise.
    ImplicitWrites,
    /// Where the request carries a key for it.
    PromptCacheKey,
}

/// An API that a model answers under, at its vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    ChatCompletions,
    Responses,
    Messages,
    GenerateContent,
    Interactions,
    BedrockConverse,
    CohereChatV2,
}

/// How fast short answers came, as somebody measured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speed {
    /// To the last of at most 20 tokens.
    pub short_answer_ms: u64,
    /// To the first token, where it was reported.
    pub ttft_ms: Option<u64>,
    /// Probes that this is the median of.
    pub n: u64,
    /// `YYYY-MM-DD`
    pub date: String,
}

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The provider's own name for it, as it goes over the wire: `gpt-4o-mini`.
    pub id: String,
    /// The vendor's id.
    pub vendor: String,
    pub name: String,
    pub card: RateCard,
    /// The same for the vendor's Batch API, where it has one.
    pub batch: Option<RateCard>,
    pub batch_cache: BatchCache,
    /// The same for synchronous calls that the provider may put off when it is busy, where it offers that.
    pub flex: Option<RateCard>,
    pub context_window: Option<u64>,
    /// Where the input may not fill the window.
    pub max_input: Option<u64>,
    pub max_output: Option<u64>,
    /// `None`: nobody states it, or the model has no prompt cache.
    pub min_cacheable_tokens: Option<u64>,
    pub cache_increment_tokens: u64,
    /// `None`: not known whether the model has a prompt cache.
    pub cache_mode: Option<CacheMode>,
    pub tokenizer: Option<String>,
    /// The APIs that the vendor serves it under, the most usual first.
    pub served_by: Vec<Api>,
    /// The first moment (UTC) of the day on which the vendor switches it off.
    pub retires_on: Option<Time>,
    /// The id of the vendor's model that is to be used instead.
    pub successor: Option<String>,
    pub speed: Option<Speed>,
    /// What belongs beside the figures: a fee that isn't in them, a price that may end. Whole sentences.
    pub note: Option<String>,
    /// In the short list that a picker opens with.
    pub core: bool,
    /// `YYYY-MM-DD`: the day the price was last read from a fresh source.
    pub price_date: String,
    /// Independent sources that agree on input and output.
    pub agreeing: u64,
    /// Two or more agree and none of them differs.
    pub corroborated: bool,
}

impl Model {
    /// A model that the catalogue lacks, at a price that a person states.
    pub fn own(id: &str, card: RateCard) -> Model {
        Model {
            id: id.to_owned(),
            vendor: "own".to_owned(),
            name: id.to_owned(),
            card,
            batch: None,
            batch_cache: BatchCache::Unknown,
            flex: None,
            context_window: None,
            max_input: None,
            max_output: None,
            min_cacheable_tokens: None,
            cache_increment_tokens: 1,
            cache_mode: None,
            tokenizer: None,
            served_by: Vec::new(),
            retires_on: None,
            successor: None,
            speed: None,
            note: None,
            core: false,
            price_date: String::new(),
            agreeing: 0,
            corroborated: false,
        }
    }

    /// The catalogue's key.
    pub fn key(&self) -> ModelId {
        format!("{}/{}", self.vendor, self.id)
    }

    /// The name that its vendor goes by.
    pub fn vendor_name(&self) -> &str {
        vendor(&self.vendor).map_or(self.vendor.as_str(), |vendor| vendor.name.as_str())
    }

    /// Whether this is the catalogue's key of it.
    pub fn is(&self, key: &str) -> bool {
        key.strip_prefix(self.vendor.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(self.id.as_str())
    }
}

/// What calculators open with: cheap, common, and meant to stay.
pub const OPENING_MODEL: &str = "openai/gpt-6-luna";

/// Every model, vendor by vendor: the makers first, then the hosts.
pub fn all() -> &'static [Model] {
    &catalogue().models
}

/// Every vendor, in the order of the models.
pub fn vendors() -> &'static [Vendor] {
    &catalogue().vendors
}

pub fn vendor(id: &str) -> Option<&'static Vendor> {
    vendors().iter().find(|vendor| vendor.id == id)
}

/// By `vendor/id`, else by `id` alone. Where several vendors serve a model of the same id, the id alone means the
/// first in the catalogue's order, so a maker comes before a host.
pub fn find(name: &str) -> Option<&'static Model> {
    let keyed = name
        .split_once('/')
        .and_then(|(vendor, id)| all().iter().find(|model| model.vendor == vendor && model.id == id));
    keyed.or_else(|| all().iter().find(|model| model.id == name))
}

/// The same for what people write: case doesn't count, the model's name is as good as its id, and blanks as good as
/// hyphens: `GPT-4o mini`.
pub fn named(text: &str) -> Option<&'static Model> {
    let letter = |letter: char| if matches!(letter, ' ' | '_' | '\u{a0}') { '-' } else { letter.to_ascii_lowercase() };
    let is_meant = |model: &&Model| {
        let names = [&model.id, &model.name, &model.key()];
        names.iter().any(|name| name.chars().map(letter).eq(text.chars().map(letter)))
    };
    find(text).or_else(|| all().iter().find(is_meant))
}

/// The day on which the newest of the prices was read.
pub fn newest_price_date() -> &'static str {
    all().iter().map(|model| model.price_date.as_str()).max().unwrap_or_default()
}

/// Prices older than this may well be others by now.
const STALE_MS: u64 = 45 * 86_400_000;

/// What is said of prices that are more than 45 days old.
pub fn stale_words(now: Time) -> Option<String> {
    let read = date::first_moment(newest_price_date())?;
    let age_ms = now.ms_since(read);
    (age_ms > STALE_MS).then(|| {
        let (day, days) = (day_in_words(newest_price_date()), age_ms / 86_400_000);
        format!("They were last read on {day}, {days} days ago. Check your provider's price list before a large run.")
    })
}

/// What the vendors' files say, in the form that programs carry; a test keeps it in step with them.
pub(super) const TABLE: &str = include_str!("catalogue.tsv");

fn catalogue() -> &'static Table {
    static CATALOGUE: OnceLock<Table> = OnceLock::new();
    CATALOGUE.get_or_init(|| Table::read(TABLE).expect("the table that is compiled in can be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_before_an_id_and_a_maker_before_a_host() {
        for (name, key) in [
            ("gpt-4o-mini", "openai/gpt-4o-mini"),
            ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
            ("kimi-k3", "moonshotai/kimi-k3"),
            ("fireworks/kimi-k3", "fireworks/kimi-k3"),
            ("openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
            ("together/openai/gpt-oss-120b", "together/openai/gpt-oss-120b"),
        ] {
            assert_eq!(find(name).map(Model::key).as_deref(), Some(key), "{name}");
        }
        assert_eq!(find("gpt-nowhere"), None);
        assert_eq!(find("mistral/gpt-4o-mini"), None);
    }

    #[test]
    fn a_model_is_found_by_the_name_that_people_write() {
        for (name, key) in [
            ("GPT-4o mini", "openai/gpt-4o-mini"),
            ("gpt 4o mini", "openai/gpt-4o-mini"),
            ("GPT_4o_Mini", "openai/gpt-4o-mini"),
            ("OpenAI/GPT-4o-mini", "openai/gpt-4o-mini"),
            ("Claude Haiku 4.5", "anthropic/claude-haiku-4-5"),
            ("Kimi K3", "moonshotai/kimi-k3"),
            ("gpt-4o", "openai/gpt-4o"),
        ] {
            assert_eq!(named(name).map(Model::key).as_deref(), Some(key), "{name}");
        }
        assert_eq!(named("\u{201c}GPT-4o"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn prices_that_are_left_alone_for_long_are_said_to_be() {
        let read = date::first_moment(newest_price_date()).unwrap();
        assert_eq!(stale_words(read.after_ms(STALE_MS)), None);
        let words = stale_words(read.after_ms(STALE_MS + 1)).unwrap();
        assert!(words.contains("45 days ago"), "{words}");
    }

    #[test]
    fn every_key_finds_its_own_model() {
        for model in all() {
            assert_eq!(find(&model.key()), Some(model));
        }
        assert_eq!(vendors().iter().map(|vendor| vendor.id.as_str()).filter(|id| *id == "openai").count(), 1);
        assert_eq!(vendor("openai").and_then(|vendor| vendor.batch_limits?.max_requests), Some(50_000));
    }
}
