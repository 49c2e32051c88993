//! The quantities that a person can set: each one's name on the page, its short key in the address, what it takes,
//! and where it stands in the workload. Everything else (fields, links, the embed) reads this one list.

use std::rc::Rc;

use yew::AttrValue;

use crate::estimate::Workload;
use crate::money::{PerToken, Usd};
use crate::ui::parts::decimal::{parsed, plain};
use crate::ui::parts::number_range::NumberRange;
use crate::ui::parts::slider_scale::SliderScale;

const PPM_A_PERCENT: f64 = 10_000.0;
const MS_AN_HOUR: f64 = 3_600_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    Calls,
    Input,
    Output,
    CacheHits,
    Concurrency,
    Latency,
    SharedPrefix,
    Reasoning,
    RequestsPerMinute,
    TokensPerMinute,
    RequestsPerDay,
    FailedBilled,
    Deadline,
    Budget,
    InputPrice,
    OutputPrice,
    ReAsks,
    OutputCap,
    TokensPerSecond,
    QuickFailures,
    InputTokensPerMinute,
    OutputTokensPerMinute,
    Burst,
    ProviderConcurrency,
    BatchQueueTokens,
    BatchQueueRequests,
}

/// What the page says and takes.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// In the address. Links outlive releases: a key never changes its meaning.
    pub key: &'static str,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    pub unit: Option<&'static str>,
    pub min: f64,
    pub max: f64,
    /// The arrows' step.
    pub step: f64,
    pub decimals: u8,
    /// Empty means "none".
    pub optional: bool,
}

const WHOLE: Spec =
    Spec { key: "", label: "", hint: None, unit: None, min: 0.0, max: 1e6, step: 1.0, decimals: 0, optional: false };
const LIMIT: Spec = Spec { min: 1.0, max: 1e9, optional: true, ..WHOLE };
const PRICE: Spec = Spec { unit: Some("$/M"), max: 10_000.0, step: 0.01, decimals: 6, optional: true, ..WHOLE };

impl Quantity {
    /// In the order of the address.
    pub const ALL: [Quantity; 26] = [
        Quantity::Calls,
        Quantity::Input,
        Quantity::Output,
        Quantity::CacheHits,
        Quantity::Concurrency,
        Quantity::Latency,
        Quantity::SharedPrefix,
        Quantity::Reasoning,
        Quantity::RequestsPerMinute,
        Quantity::TokensPerMinute,
        Quantity::RequestsPerDay,
        Quantity::FailedBilled,
        Quantity::Deadline,
        Quantity::Budget,
        Quantity::InputPrice,
        Quantity::OutputPrice,
        Quantity::ReAsks,
        Quantity::OutputCap,
        Quantity::TokensPerSecond,
        Quantity::QuickFailures,
        Quantity::InputTokensPerMinute,
        Quantity::OutputTokensPerMinute,
        Quantity::Burst,
        Quantity::ProviderConcurrency,
        Quantity::BatchQueueTokens,
        Quantity::BatchQueueRequests,
    ];

    /// Those that are always seen, each with a slider.
    pub const MAIN: [Quantity; 5] =
        [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::CacheHits, Quantity::Concurrency];

    pub const fn spec(self) -> Spec {
        match self {
            Quantity::Calls => Spec { key: "calls", label: "API calls", min: 1.0, ..WHOLE },
            Quantity::Input => Spec { key: "in", label: "Input tokens per call", min: 1.0, ..WHOLE },
            Quantity::Output => Spec { key: "out", label: "Output tokens per call", ..WHOLE },
            Quantity::CacheHits => Spec {
                key: "dup",
                label: "Cache hit rate",
                hint: Some("Repeats, answered by our own cache, unpaid."),
                unit: Some("%"),
                max: 100.0,
                decimals: 4,
                ..WHOLE
            },
            Quantity::Concurrency => Spec { key: "conc", label: "Concurrency", min: 1.0, max: 1e4, ..WHOLE },
            Quantity::Latency => Spec {
                key: "lat",
                label: "Latency per call",
                unit: Some("s"),
                min: 0.001,
                max: 86_400.0,
                step: 0.1,
                decimals: 3,
                ..WHOLE
            },
            Quantity::SharedPrefix => Spec {
                key: "prefix",
                label: "Shared prompt prefix",
                hint: Some("Tokens that every call begins with; providers cache them."),
                ..WHOLE
            },
            Quantity::Reasoning => Spec {
                key: "reason",
                label: "Reasoning tokens per call",
                hint: Some("Thought, not shown, billed as output."),
                ..WHOLE
            },
            Quantity::RequestsPerMinute => Spec { key: "rpm", label: "Requests per minute", ..LIMIT },
            Quantity::TokensPerMinute => Spec { key: "tpm", label: "Tokens per minute", ..LIMIT },
            Quantity::RequestsPerDay => Spec { key: "rpd", label: "Requests per day", ..LIMIT },
            Quantity::FailedBilled => Spec {
                key: "failed",
                label: "Failed and billed",
                hint: Some("Answers that don't fit and timeouts: paid, then asked again."),
                unit: Some("%"),
                max: 99.0,
                decimals: 4,
                ..WHOLE
            },
            Quantity::Deadline => Spec {
                key: "deadline",
                label: "Deadline",
                unit: Some("h"),
                min: 0.01,
                max: 8_760.0,
                decimals: 4,
                optional: true,
                ..WHOLE
            },
            Quantity::Budget => Spec {
                key: "budget",
                label: "Budget",
                unit: Some("USD"),
                min: 0.000_1,
                max: 1e9,
                decimals: 4,
                optional: true,
                ..WHOLE
            },
            Quantity::InputPrice => Spec { key: "pin", label: "Input price", ..PRICE },
            Quantity::OutputPrice => Spec { key: "pout", label: "Output price", ..PRICE },
            Quantity::ReAsks => Spec {
                key: "asks",
                label: "Re-asks",
                hint: Some("How often such a call is asked again."),
                max: 10.0,
                ..WHOLE
            },
            Quantity::OutputCap => Spec {
                key: "cap",
                label: "Max output tokens",
                hint: Some("OpenAI's token limit counts it instead of the answer."),
                min: 1.0,
                optional: true,
                ..WHOLE
            },
            Quantity::TokensPerSecond => Spec {
                key: "tps",
                label: "Output tokens per second",
                hint: Some("Latency is then the time to the first token."),
                min: 1.0,
                max: 1e5,
                optional: true,
                ..WHOLE
            },
            Quantity::QuickFailures => Spec {
                key: "quick",
                label: "Refused at once",
                hint: Some("429 and 5xx: they cost time and no money."),
                unit: Some("%"),
                max: 90.0,
                decimals: 4,
                ..WHOLE
            },
            Quantity::InputTokensPerMinute => Spec { key: "itpm", label: "Input tokens per minute", ..LIMIT },
            Quantity::OutputTokensPerMinute => Spec { key: "otpm", label: "Output tokens per minute", ..LIMIT },
            Quantity::Burst => Spec {
                key: "burst",
                label: "Burst",
                hint: Some("Requests that a full bucket lets through at once; the limit itself where empty."),
                ..LIMIT
            },
            Quantity::ProviderConcurrency => Spec { key: "pconc", label: "Provider's concurrency", max: 1e5, ..LIMIT },
            Quantity::BatchQueueTokens => Spec {
                key: "queue",
                label: "Batch queue, tokens",
                hint: Some("Input tokens that may wait in batch jobs at once."),
                max: 1e12,
                ..LIMIT
            },
            Quantity::BatchQueueRequests => Spec {
                key: "queuereq",
                label: "Batch queue, requests",
                hint: Some("Requests that may wait in batch jobs at once."),
                ..LIMIT
            },
        }
    }

    pub fn range(self) -> NumberRange {
        let spec = self.spec();
        NumberRange {
            min: spec.min,
            max: spec.max,
            decimals: spec.decimals,
            optional: spec.optional,
            unit: spec.unit.map(AttrValue::from),
        }
    }

    /// The stops of its slider, where it has one.
    pub fn scale(self) -> Option<Rc<SliderScale>> {
        let scale = match self {
            Quantity::Calls => SliderScale::logarithmic(1, 1_000_000),
            Quantity::Input => SliderScale::logarithmic(1, 200_000),
            Quantity::Output => SliderScale::logarithmic(0, 100_000),
            Quantity::CacheHits => SliderScale::linear(0, 100, 1),
            Quantity::Concurrency => SliderScale::logarithmic(1, 1_000),
            _ => return None,
        };
        Some(Rc::new(scale))
    }

    /// In the unit of the page; `None`: not set.
    pub fn get(self, workload: &Workload) -> Option<f64> {
        let whole = |value: u64| Some(value as f64);
        let limit = |value: Option<u64>| value.map(|value| value as f64);
        let dollars = |amount: Usd| parsed(&amount.decimals(12));
        match self {
            Quantity::Calls => whole(workload.calls),
            Quantity::Input => whole(workload.input_tokens),
            Quantity::Output => whole(workload.output_tokens),
            Quantity::CacheHits => Some(f64::from(workload.cache_hits_ppm) / PPM_A_PERCENT),
            Quantity::Concurrency => Some(f64::from(workload.concurrency)),
            Quantity::Latency => Some(workload.latency_ms as f64 / 1_000.0),
            Quantity::SharedPrefix => whole(workload.shared_prefix_tokens),
            Quantity::Reasoning => whole(workload.reasoning_tokens),
            Quantity::RequestsPerMinute => limit(workload.requests_per_minute),
            Quantity::TokensPerMinute => limit(workload.tokens_per_minute),
            Quantity::RequestsPerDay => limit(workload.requests_per_day),
            Quantity::FailedBilled => Some(f64::from(workload.failed_billed_ppm) / PPM_A_PERCENT),
            Quantity::Deadline => workload.deadline_ms.map(|ms| ms as f64 / MS_AN_HOUR),
            Quantity::Budget => workload.budget.and_then(dollars),
            Quantity::InputPrice => workload.own_input_price.and_then(|price| dollars(price.per_million())),
            Quantity::OutputPrice => workload.own_output_price.and_then(|price| dollars(price.per_million())),
            Quantity::ReAsks => Some(f64::from(workload.re_asks)),
            Quantity::OutputCap => limit(workload.output_cap_tokens),
            Quantity::TokensPerSecond => limit(workload.output_tokens_per_second),
            Quantity::QuickFailures => Some(f64::from(workload.quick_failures_ppm) / PPM_A_PERCENT),
            Quantity::InputTokensPerMinute => limit(workload.input_tokens_per_minute),
            Quantity::OutputTokensPerMinute => limit(workload.output_tokens_per_minute),
            Quantity::Burst => limit(workload.burst),
            Quantity::ProviderConcurrency => workload.provider_concurrency.map(f64::from),
            Quantity::BatchQueueTokens => limit(workload.batch_queue_tokens),
            Quantity::BatchQueueRequests => limit(workload.batch_queue_requests),
        }
    }

    /// The workload with this quantity at `value`, which is in its range; a missing value leaves a quantity that
    /// needs one as it was.
    pub fn set(self, workload: &Workload, value: Option<f64>) -> Workload {
        let mut after = workload.clone();
        let whole = |was: u64| value.map_or(was, |value| value.round() as u64);
        let scaled = |was: u32, scale: f64| value.map_or(was, |value| (value * scale).round() as u32);
        let limit = value.map(|value| value.round() as u64);
        let price = || value.and_then(|value| PerToken::from_usd_per_million(&plain(value)));
        match self {
            Quantity::Calls => after.calls = whole(after.calls),
            Quantity::Input => after.input_tokens = whole(after.input_tokens),
            Quantity::Output => after.output_tokens = whole(after.output_tokens),
            Quantity::CacheHits => after.cache_hits_ppm = scaled(after.cache_hits_ppm, PPM_A_PERCENT),
            Quantity::Concurrency => after.concurrency = scaled(after.concurrency, 1.0),
            Quantity::Latency => {
                after.latency_ms = value.map_or(after.latency_ms, |value| (value * 1_000.0).round() as u64);
            }
            Quantity::SharedPrefix => after.shared_prefix_tokens = whole(after.shared_prefix_tokens),
            Quantity::Reasoning => after.reasoning_tokens = whole(after.reasoning_tokens),
            Quantity::RequestsPerMinute => after.requests_per_minute = limit,
            Quantity::TokensPerMinute => after.tokens_per_minute = limit,
            Quantity::RequestsPerDay => after.requests_per_day = limit,
            Quantity::FailedBilled => after.failed_billed_ppm = scaled(after.failed_billed_ppm, PPM_A_PERCENT),
            Quantity::Deadline => after.deadline_ms = value.map(|value| (value * MS_AN_HOUR).round() as u64),
            Quantity::Budget => after.budget = value.and_then(|value| Usd::parse(&plain(value))),
            Quantity::InputPrice => after.own_input_price = price(),
            Quantity::OutputPrice => after.own_output_price = price(),
            Quantity::ReAsks => after.re_asks = scaled(after.re_asks, 1.0),
            Quantity::OutputCap => after.output_cap_tokens = limit,
            Quantity::TokensPerSecond => after.output_tokens_per_second = limit,
            Quantity::QuickFailures => after.quick_failures_ppm = scaled(after.quick_failures_ppm, PPM_A_PERCENT),
            Quantity::InputTokensPerMinute => after.input_tokens_per_minute = limit,
            Quantity::OutputTokensPerMinute => after.output_tokens_per_minute = limit,
            Quantity::Burst => after.burst = limit,
            Quantity::ProviderConcurrency => after.provider_concurrency = value.map(|value| value.round() as u32),
            Quantity::BatchQueueTokens => after.batch_queue_tokens = limit,
            Quantity::BatchQueueRequests => after.batch_queue_requests = limit,
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_read_back() {
        let workload = Workload::default();
        for quantity in Quantity::ALL {
            let spec = quantity.spec();
            let odd = [spec.min, spec.max, (spec.min + spec.max) / 3.0];
            for value in odd.map(|value| (value * 10_f64.powi(spec.decimals.into())).round()) {
                let value = value / 10_f64.powi(spec.decimals.into());
                let after = quantity.set(&workload, Some(value));
                assert_eq!(quantity.get(&after), Some(value), "{} = {value}", spec.label);
                assert!(quantity.range().read(&plain(value)).is_ok(), "{} = {value}", spec.label);
            }
            let none = quantity.get(&quantity.set(&workload, None));
            assert_eq!(none, if spec.optional { None } else { quantity.get(&workload) }, "{}", spec.label);
        }
    }

    #[test]
    fn keys_and_labels_are_unique() {
        for (at, quantity) in Quantity::ALL.into_iter().enumerate() {
            for other in &Quantity::ALL[..at] {
                assert_ne!(quantity.spec().key, other.spec().key);
                assert_ne!(quantity.spec().label, other.spec().label);
            }
        }
    }
}
