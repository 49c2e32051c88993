//! What a run is asked to do.

use serde::{Deserialize, Serialize};

use crate::engine::Ordinal;
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::TokenAccounting;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub lanes: Vec<LanePlan>,
    /// The hard cap; requires `output_tokens_max` and a price on every lane.
    pub budget: Option<Usd>,
    pub output_tokens_max: Option<u32>,
    pub max_retries: u8,
    /// How often an item is asked again whose answer doesn't fit its format.
    #[serde(default)]
    pub reasks: u8,
    pub timeout_ms: u64,
    /// Off: no cache and no single flight, so N samples are N calls.
    pub use_cache: bool,
    /// A lane's first request goes alone, and the others wait for its answer: a provider's prompt cache can be read
    /// only once the first answer with the same beginning has begun.
    #[serde(default)]
    pub warm_up: bool,
}

impl Plan {
    /// What the token limiter counts for an item: its estimated input and the whole output cap.
    pub fn tokens(&self, facts: &ItemFacts) -> u64 {
        u64::from(facts.input_estimate) + u64::from(self.output_tokens_max.unwrap_or(0))
    }

    /// The first item that no lane could ever take within its tokens per minute, with its tokens and the largest such
    /// limit. It is to be refused before the run starts: waiting would not help it.
    pub fn too_large(&self, facts: &[ItemFacts]) -> Option<(Ordinal, u64, u64)> {
        let limits = self.lanes.iter().map(|lane| lane.limits.tokens_per_minute.unwrap_or(u64::MAX));
        let most = limits.max()?;
        let place = facts.iter().position(|facts| self.tokens(facts) > most)?;
        Some((place as Ordinal, self.tokens(&facts[place]), most))
    }
}

/// One endpoint and key with limits of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanePlan {
    pub limits: Limits,
    /// `None`: the price is unknown. It is never taken for zero.
    pub card: Option<RateCard>,
    /// How the provider counts tokens against its limits.
    #[serde(default)]
    pub accounting: TokenAccounting,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub concurrency: u16,
    pub requests_per_minute: Option<u32>,
    /// Input and output together.
    pub tokens_per_minute: Option<u64>,
    #[serde(default)]
    pub input_tokens_per_minute: Option<u64>,
    #[serde(default)]
    pub output_tokens_per_minute: Option<u64>,
    pub requests_per_day: Option<u32>,
    pub model: LimiterModel,
    pub burst: Burst,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            concurrency: 15,
            requests_per_minute: None,
            tokens_per_minute: None,
            input_tokens_per_minute: None,
            output_tokens_per_minute: None,
            requests_per_day: None,
            model: LimiterModel::Window,
            burst: Burst::Auto,
        }
    }
}

/// How the provider counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimiterModel {
    /// Never more than the limit in any 60 seconds: right for strict and for unknown servers.
    #[default]
    Window,
    /// A capacity that refills all the time: what Anthropic documents and OpenAI's headers show.
    Bucket,
}

/// The capacity of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// The limit itself; 20 after a 429 that shows a finer-grained server, then even pacing.
    #[default]
    Auto,
    Requests(u32),
}

/// What the engine knows of an item. Its text stays with the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemFacts {
    /// The first item with the same request (by cache key); itself where it is the first, or where the cache is off.
    pub leader: Ordinal,
    /// Input tokens as the token limiter counts them.
    pub input_estimate: u32,
    /// Input tokens that can't be exceeded, for the reservation.
    pub input_bound: u32,
    /// The request cache may hold an answer.
    pub maybe_cached: bool,
}
