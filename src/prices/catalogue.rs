//! The models and their prices, read from the vendors' files.

use serde::{Deserialize, Serialize};

use crate::prices::RateCard;

/// `vendor/model`, the catalogue's key.
pub type ModelId = String;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    pub id: String,
    pub name: String,
}

/// What cached tokens cost inside a batch job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchCache {
    Stacks,
    StandardRate,
    NoStack,
    NotSupported,
    NoCachedRate,
    Unknown,
}

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The provider's own name for it, as it goes over the wire: `gpt-4o-mini`.
    pub id: String,
    pub vendor: String,
    pub name: String,
    pub card: RateCard,
    /// The same for the vendor's Batch API, where it has one.
    pub batch: Option<RateCard>,
    pub batch_cache: BatchCache,
    pub context_window: Option<u64>,
    pub max_output: Option<u64>,
    pub min_cacheable_tokens: Option<u64>,
    pub cache_increment_tokens: u64,
    pub tokenizer: Option<String>,
    pub deprecated: bool,
    /// In the short list that a picker opens with.
    pub core: bool,
    /// `YYYY-MM-DD`: the day the price was last read from a fresh source.
    pub price_date: String,
    pub sources: Vec<String>,
}

/// Every model, in the catalogue's order.
pub fn all() -> &'static [Model] {
    &[]
}

/// By `id`, or by `vendor/id` where two vendors serve a model of the same name.
pub fn find(name: &str) -> Option<&'static Model> {
    all().iter().find(|model| model.id == name)
}
