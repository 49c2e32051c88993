//! A workload in, its cost and its duration out; the formulas and their sources are in `docs/estimate.md`.
//! Pure arithmetic: no clock, no engine. Not here: what a run really spends (`engine`).

use serde::{Deserialize, Serialize};

use crate::money::{PerToken, Usd};

/// What the calculator is asked about. Shares are fractions of one million (`ppm`), so that equal links give equal
/// numbers on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    pub calls: u64,
    /// All input of a call, shared prefix included.
    pub input_tokens: u64,
    /// The part of the input that every call begins with.
    pub shared_prefix_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
    /// Requests answered by our own cache because they repeat an earlier one.
    pub cache_hits_ppm: u32,
    /// Attempts that fail but are billed.
    pub failed_billed_ppm: u32,
    pub re_asks: u32,
    pub concurrency: u32,
    pub latency_ms: u64,
    pub requests_per_minute: Option<u64>,
    pub tokens_per_minute: Option<u64>,
    pub requests_per_day: Option<u64>,
    /// Burst of the bucket limiter; `None`: the limit itself.
    pub burst: Option<u64>,
    pub own_input_price: Option<PerToken>,
    pub own_output_price: Option<PerToken>,
    pub budget: Option<Usd>,
    pub deadline_ms: Option<u64>,
}

/// The post's example: 5,000 calls of 250 + 50 tokens, one in ten a repeat, 15 in flight, 1.5 s each.
impl Default for Workload {
    fn default() -> Workload {
        Workload {
            calls: 5_000,
            input_tokens: 250,
            shared_prefix_tokens: 0,
            output_tokens: 50,
            reasoning_tokens: 0,
            cache_hits_ppm: 100_000,
            failed_billed_ppm: 0,
            re_asks: 0,
            concurrency: 15,
            latency_ms: 1_500,
            requests_per_minute: None,
            tokens_per_minute: None,
            requests_per_day: None,
            burst: None,
            own_input_price: None,
            own_output_price: None,
            budget: None,
            deadline_ms: None,
        }
    }
}
