//! What a run is asked to do.

use serde::{Deserialize, Serialize};

use crate::engine::{Ordinal, WakeReason};
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
    /// Until something comes back from a lane, its first request goes alone, for two seconds at most: a wrong key or a
    /// server that allows no web pages then leaves one call in doubt. A forecast takes a provider that works for given.
    #[serde(default)]
    pub first_call_alone: bool,
    /// The lanes are candidates that are compared: every row is there once for each of them, one after the other, and goes
    /// to its own lane alone ([`Plan::own_lane`]).
    #[serde(default)]
    pub compare: bool,
}

impl Plan {
    /// What the token limits count for an item before it is sent: its estimated input and the whole output cap.
    pub fn weight(&self, facts: &ItemFacts) -> Weight {
        Weight { input: facts.input_estimate.into(), output: self.output_tokens_max.unwrap_or(0).into() }
    }

    /// The only lane that an item may go to; `None`: any.
    pub fn own_lane(&self, item: Ordinal) -> Option<u8> {
        (self.compare && !self.lanes.is_empty()).then(|| (item as usize % self.lanes.len()) as u8)
    }

    /// The lanes that an item may go to.
    fn lanes_of(&self, item: Ordinal) -> &[LanePlan] {
        match self.own_lane(item).map(usize::from) {
            Some(own) => &self.lanes[own..=own],
            None => &self.lanes,
        }
    }

    /// The first item that no lane could ever take within a minute's limits. It is to be refused before the run
    /// starts: waiting would not help it. An item that fits only some lanes goes only there.
    pub fn too_large(&self, facts: &[ItemFacts]) -> Option<TooLarge> {
        for (item, facts) in facts.iter().enumerate() {
            let weight = self.weight(facts);
            let mut nearest: Option<TooLarge> = None;
            for lane in self.lanes_of(item as Ordinal) {
                let Some((reason, tokens, limit)) = lane.limits.too_small_for(weight, lane.accounting) else {
                    nearest = None;
                    break;
                };
                if nearest.is_none_or(|found| limit > found.limit) {
                    nearest = Some(TooLarge { item: item as Ordinal, tokens, limit, reason });
                }
            }
            if nearest.is_some() {
                return nearest;
            }
        }
        None
    }
}

/// An item whose own estimate passes a limit of a minute, on every lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    pub item: Ordinal,
    /// What it needs of the limit, and the largest such limit of any lane.
    pub tokens: u64,
    pub limit: u64,
    /// Names the limit: [`WakeReason::TokensPerMinute`], [`WakeReason::InputTokensPerMinute`] or
    /// [`WakeReason::OutputTokensPerMinute`].
    pub reason: WakeReason,
}

/// Tokens of one request as they are estimated before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub input: u64,
    /// The output cap.
    pub output: u64,
}

impl Limits {
    /// The first minute's limit that a request of this weight passes all by itself, with what it needs of it and what
    /// there is. Output that counts as it comes is not known before, so that its cap can't pass a limit.
    pub fn too_small_for(&self, weight: Weight, accounting: TokenAccounting) -> Option<(WakeReason, u64, u64)> {
        let output = if accounting.output_as_used { 0 } else { weight.output };
        [
            (WakeReason::TokensPerMinute, weight.input + output, self.tokens_per_minute),
            (WakeReason::InputTokensPerMinute, weight.input, self.input_tokens_per_minute),
            (WakeReason::OutputTokensPerMinute, output, self.output_tokens_per_minute),
        ]
        .into_iter()
        .find_map(|(reason, needed, limit)| limit.filter(|limit| needed > *limit).map(|limit| (reason, needed, limit)))
    }
}

/// One endpoint and key with limits, price, accounting, pauses and failures of its own.
///
/// An item goes to the lane that can send it soonest. Whoever puts several lanes into one run takes an answer of any
/// of them for an answer to the row, also where they are of different models: so equal rows are one request whatever
/// lane takes it, and share the answer of whichever lane gave it. The request cache outlives the run and knows no
/// such agreement: there the shell keeps an answer under the lane that gave it, and looks under every lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LanePlan {
    pub limits: Limits,
    /// `None`: the price is unknown. It is never taken for zero.
    pub card: Option<RateCard>,
    /// How the provider counts tokens against its limits.
    #[serde(default)]
    pub accounting: TokenAccounting,
    /// The provider documents that its answers state what they cost.
    #[serde(default)]
    pub documents_cost: bool,
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

/// The capacity of a bucket; at most 20 after a 429 that shows a finer-grained server, then even pacing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// The limit itself.
    #[default]
    Auto,
    /// As the person or the provider's documentation says.
    Requests(u32),
}

/// What the engine knows of an item. Its text stays with the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemFacts {
    /// The first item with the same request (by cache key); itself where it is the first, or where the cache is off.
    pub leader: Ordinal,
    /// Input tokens as the token limiter counts them.
    pub input_estimate: u32,
    /// Input tokens that can't be exceeded on any lane, for the reservation.
    pub input_bound: u32,
    /// The request cache may hold an answer.
    pub maybe_cached: bool,
}
