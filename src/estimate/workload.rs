//! What the calculator is asked about.

use serde::{Deserialize, Serialize};

use crate::money::{PerToken, Usd};

/// Calls beyond this are counted as this many, so that money stays within its integers.
pub const CALLS_MAX: u64 = 100_000_000;
/// Tokens of one kind in one call; more than any model takes.
pub const TOKENS_MAX: u64 = 10_000_000;
/// An own price, in pico-dollars a token: a thousand dollars a million tokens.
pub const OWN_PRICE_MAX: u64 = 1_000_000_000;
/// One whole, in parts of a million.
pub const WHOLE_PPM: u32 = 1_000_000;
/// A failing share of one whole would never end; this is the nearest that is answered.
pub const FAILED_PPM_MAX: u32 = 990_000;
pub const RE_ASKS_MAX: u32 = 10;
pub const CONCURRENCY_MAX: u32 = 100_000;
/// Thirty days.
pub const LATENCY_MS_MAX: u64 = 2_592_000_000;

/// What the calculator is asked about. Shares are fractions of one million (`ppm`), so that equal links give equal
/// numbers on every machine. An absent limit does not bind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    pub calls: u64,
    /// All input of a call, shared prefix included.
    pub input_tokens: u64,
    /// The part of the input that every call begins with.
    pub shared_prefix_tokens: u64,
    /// One call goes first, so that the others find the shared prefix in the provider's cache.
    pub warm_up: bool,
    /// The provider is asked to keep the prefix for an hour, where it sells that.
    pub keep_an_hour: bool,
    /// Visible output of a call.
    pub output_tokens: u64,
    /// Output of a call that is thought and not shown; billed as output.
    pub reasoning_tokens: u64,
    /// The output cap that is sent along, where one is: some token limits count it instead of the answer.
    pub output_cap_tokens: Option<u64>,
    /// Requests answered by our own cache because they repeat an earlier one.
    pub cache_hits_ppm: u32,
    /// Attempts that fail but are billed: answers that don't fit, timeouts.
    pub failed_billed_ppm: u32,
    /// How often such a call is asked again.
    pub re_asks: u32,
    /// Attempts that fail at once and cost nothing: 429 and 5xx.
    pub quick_failures_ppm: u32,
    /// How long such an attempt holds its slot.
    pub quick_failure_ms: u64,
    /// Calls in flight at once.
    pub concurrency: u32,
    /// From sending to the last byte; to the first token where `output_tokens_per_second` is given.
    pub latency_ms: u64,
    pub output_tokens_per_second: Option<u64>,
    pub requests_per_minute: Option<u64>,
    pub requests_per_day: Option<u64>,
    /// Input and output together.
    pub tokens_per_minute: Option<u64>,
    pub input_tokens_per_minute: Option<u64>,
    pub output_tokens_per_minute: Option<u64>,
    /// The most that the provider serves at once.
    pub provider_concurrency: Option<u32>,
    pub limiter: Limiter,
    /// Requests that a full bucket lets through at once; `None`: the limit itself.
    pub burst: Option<u64>,
    /// Input tokens that the provider queues for batch jobs at once.
    pub batch_queue_tokens: Option<u64>,
    /// Requests that it queues at once.
    pub batch_queue_requests: Option<u64>,
    /// Dollars for a token, instead of the catalogue's.
    pub own_input_price: Option<PerToken>,
    pub own_output_price: Option<PerToken>,
    pub budget: Option<Usd>,
    pub deadline_ms: Option<u64>,
}

/// How the provider counts what a minute holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limiter {
    /// A capacity that refills all the time.
    #[default]
    Bucket,
    /// Never more than the limit in any 60 seconds.
    Window,
}

/// The post's example: 5,000 calls of 250 + 50 tokens, one in ten a repeat, 15 in flight, 1.5 s each.
impl Default for Workload {
    fn default() -> Workload {
        Workload {
            calls: 5_000,
            input_tokens: 250,
            shared_prefix_tokens: 0,
            warm_up: false,
            keep_an_hour: false,
            output_tokens: 50,
            reasoning_tokens: 0,
            output_cap_tokens: None,
            cache_hits_ppm: 100_000,
            failed_billed_ppm: 0,
            re_asks: 1,
            quick_failures_ppm: 0,
            quick_failure_ms: 300,
            concurrency: 15,
            latency_ms: 1_500,
            output_tokens_per_second: None,
            requests_per_minute: None,
            requests_per_day: None,
            tokens_per_minute: None,
            input_tokens_per_minute: None,
            output_tokens_per_minute: None,
            provider_concurrency: None,
            limiter: Limiter::Bucket,
            burst: None,
            batch_queue_tokens: None,
            batch_queue_requests: None,
            own_input_price: None,
            own_output_price: None,
            budget: None,
            deadline_ms: None,
        }
    }
}

impl Workload {
    /// The same workload with every figure inside the limits above: a link can carry any number.
    pub fn bounded(&self) -> Workload {
        let own = |price: Option<PerToken>| price.map(|price| PerToken(price.0.min(OWN_PRICE_MAX)));
        let input_tokens = self.input_tokens.min(TOKENS_MAX);
        Workload {
            calls: self.calls.min(CALLS_MAX),
            input_tokens,
            shared_prefix_tokens: self.shared_prefix_tokens.min(input_tokens),
            output_tokens: self.output_tokens.min(TOKENS_MAX),
            reasoning_tokens: self.reasoning_tokens.min(TOKENS_MAX),
            output_cap_tokens: self.output_cap_tokens.map(|cap| cap.min(TOKENS_MAX)),
            cache_hits_ppm: self.cache_hits_ppm.min(WHOLE_PPM),
            failed_billed_ppm: self.failed_billed_ppm.min(FAILED_PPM_MAX),
            re_asks: self.re_asks.min(RE_ASKS_MAX),
            quick_failures_ppm: self.quick_failures_ppm.min(FAILED_PPM_MAX),
            quick_failure_ms: self.quick_failure_ms.min(LATENCY_MS_MAX),
            concurrency: self.concurrency.clamp(1, CONCURRENCY_MAX),
            latency_ms: self.latency_ms.min(LATENCY_MS_MAX),
            own_input_price: own(self.own_input_price),
            own_output_price: own(self.own_output_price),
            ..self.clone()
        }
    }

    /// How long one call holds its slot: from sending to the last byte.
    pub fn call_ms(&self) -> u64 {
        let writing_ms = self
            .output_tokens_per_second
            .filter(|rate| *rate > 0)
            .map_or(0, |rate| self.billed_output_tokens().saturating_mul(1_000).div_ceil(rate));
        self.latency_ms.saturating_add(writing_ms)
    }

    /// The same with its share of attempts that fail at once: each holds a slot too, and so puts the call off.
    pub fn slot_ms(&self) -> u64 {
        let failing = u128::from(self.quick_failures_ppm);
        let failed_ms = (failing * u128::from(self.quick_failure_ms)).div_ceil(u128::from(WHOLE_PPM) - failing);
        self.call_ms().saturating_add(u64::try_from(failed_ms).unwrap_or(u64::MAX))
    }

    /// Calls that the provider serves at once.
    pub fn calls_in_flight(&self) -> u32 {
        self.provider_concurrency.map_or(self.concurrency, |most| most.min(self.concurrency)).max(1)
    }

    /// All output of a call, as it is billed.
    pub fn billed_output_tokens(&self) -> u64 {
        self.output_tokens.saturating_add(self.reasoning_tokens)
    }
}
