//! What is simulated: a workload of the calculator as the plan of a run, and the provider that it meets.

use crate::engine::{Burst, ItemFacts, LanePlan, LimiterModel, Limits, Plan};
use crate::estimate::{self, Limiter, WHOLE_PPM, Workload};
use crate::prices::{self, Model, RateCard};
use crate::provider::TokenAccounting;
use crate::time::Time;

/// A call that takes this many times its usual time is given up.
const TIMEOUTS: u64 = 40;
const TIMEOUT_MS_MIN: u64 = 600_000;
const RETRIES_MAX: u8 = 4;

/// How long a call takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    Constant {
        ms: u64,
    },
    /// Log-normal, as response times are: most near the mean, a few far above it. `spread` is the standard deviation
    /// of the logarithm; 0.4 makes one call in twenty take twice as long as the mean or longer.
    LogNormal {
        mean_ms: u64,
        spread: f64,
    },
}

/// A run and its provider.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub plan: Plan,
    /// Calls asked for, repeats included.
    pub calls: u32,
    /// Of these, calls that repeat an earlier one.
    pub repeats_ppm: u32,
    pub input_tokens: u32,
    pub output_tokens: u32,
    /// The answer's length varies evenly between half and one and a half of `output_tokens`.
    pub output_varies: bool,
    pub latency: Latency,
    /// Attempts that fail at once and cost nothing (5xx).
    pub quick_failures_ppm: u32,
    pub quick_failure_ms: u64,
    /// Answers that don't fit, which are billed.
    pub misfits_ppm: u32,
    /// How the provider counts its limits, which are those of the plan; `None`: it has none.
    pub server: Option<Limiter>,
    /// Input tokens that the provider can keep in its prompt cache, and for how long it does.
    pub cacheable_tokens: u32,
    pub cache_life_ms: u64,
    /// The provider bills input that it didn't read as a cache write.
    pub writes_unread: bool,
    /// Of the output tokens, those that are thought.
    pub reasoning_tokens: u32,
    /// Requests reach the provider up to so much later than they are sent.
    pub network_jitter_ms: u64,
}

impl Scenario {
    /// The workload as it is likely to go: latency and lengths vary, and the provider counts as `server` says.
    pub fn of(workload: &Workload, model: &Model, server: Limiter, now: Time) -> Scenario {
        let workload = workload.bounded();
        let mut scenario = Scenario::steady(&workload, model, now);
        if workload.budget.is_some() && workload.output_cap_tokens.is_none() {
            // A budget is kept by reservations, and these need a cap that answers keep.
            let most = scenario.output_tokens.saturating_add(scenario.output_tokens / 2);
            scenario.plan.output_tokens_max = Some(most);
        }
        Scenario {
            latency: Latency::LogNormal { mean_ms: workload.call_ms(), spread: 0.4 },
            output_varies: true,
            server: Some(server),
            network_jitter_ms: 100,
            ..scenario
        }
    }

    /// The same without any chance but failures: what the closed form computes.
    pub fn steady(workload: &Workload, model: &Model, now: Time) -> Scenario {
        let card = estimate::rate_card(workload, model);
        let caching = estimate::caching(workload, model, now);
        Scenario {
            plan: plan(workload, model, card),
            calls: u32::try_from(workload.calls).unwrap_or(u32::MAX),
            repeats_ppm: workload.cache_hits_ppm,
            input_tokens: narrow(workload.input_tokens),
            output_tokens: narrow(workload.billed_output_tokens()),
            output_varies: false,
            latency: Latency::Constant { ms: workload.call_ms() },
            quick_failures_ppm: workload.quick_failures_ppm,
            quick_failure_ms: workload.quick_failure_ms,
            misfits_ppm: workload.failed_billed_ppm,
            server: None,
            cacheable_tokens: narrow(caching.tokens),
            cache_life_ms: caching.life_ms,
            writes_unread: caching.writes_unread,
            reasoning_tokens: narrow(workload.reasoning_tokens),
            network_jitter_ms: 0,
        }
    }

    /// The items: every so manieth repeats the one before it.
    pub fn facts(&self) -> Vec<ItemFacts> {
        let repeats = |items: u64| items * u64::from(self.repeats_ppm) / u64::from(WHOLE_PPM);
        let mut leader = 0;
        let item = |item: u32| {
            let copies = item > 0 && repeats(u64::from(item) + 1) > repeats(u64::from(item));
            if !copies {
                leader = item;
            }
            ItemFacts { leader, input_estimate: self.input_tokens, input_bound: self.input_tokens, maybe_cached: false }
        };
        (0..self.calls).map(item).collect()
    }
}

fn plan(workload: &Workload, model: &Model, card: RateCard) -> Plan {
    let output = workload.billed_output_tokens();
    let cap = workload.output_cap_tokens.map_or(output, |cap| cap.max(output));
    let counts_reads = prices::vendor(&model.vendor).is_none_or(|vendor| vendor.limits_count_cache_reads);
    let accounting = TokenAccounting { output_as_used: !counts_reads, cache_reads_free: !counts_reads };
    let limits = Limits {
        concurrency: u16::try_from(workload.calls_in_flight()).unwrap_or(u16::MAX),
        requests_per_minute: workload.requests_per_minute.map(narrow),
        tokens_per_minute: workload.tokens_per_minute,
        input_tokens_per_minute: workload.input_tokens_per_minute,
        output_tokens_per_minute: workload.output_tokens_per_minute,
        requests_per_day: workload.requests_per_day.map(narrow),
        model: match workload.limiter {
            Limiter::Bucket => LimiterModel::Bucket,
            Limiter::Window => LimiterModel::Window,
        },
        burst: workload.burst.map_or(Burst::Auto, |burst| Burst::Requests(narrow(burst))),
    };
    Plan {
        lanes: vec![LanePlan { limits, card: Some(card), accounting, ..LanePlan::default() }],
        budget: workload.budget,
        output_tokens_max: Some(narrow(cap)),
        max_retries: RETRIES_MAX,
        reasks: u8::try_from(workload.re_asks).unwrap_or(u8::MAX),
        timeout_ms: workload.call_ms().saturating_mul(TIMEOUTS).max(TIMEOUT_MS_MIN),
        use_cache: true,
        warm_up: workload.warm_up,
        first_call_alone: false,
        compare: false,
    }
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
