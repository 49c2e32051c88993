//! The quantities that a person can set: each one's name on the page, its short key in the address, what it takes,
//! and where it stands in the workload. The page's fields, its links and the embed all read this one list.

use crate::estimate::{OWN_PRICE_MAX, SliderScale, Workload};
use crate::money::PerToken;
use crate::number::{Range, Unit};

/// A deadline's step is a ten-thousandth of an hour.
const MS_A_STEP: u64 = 360;

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
    pub range: Range,
    /// How far an arrow key goes, in the range's steps.
    pub step: u64,
}

const fn whole(min: u64, max: u64) -> Range {
    Range { unit: Unit::None, decimals: 0, min, max, optional: false }
}

const fn limit(max: u64) -> Range {
    Range { optional: true, ..whole(1, max) }
}

/// In ten-thousandths of a percent, which are millionths of the whole.
const fn share(percent: u64) -> Range {
    Range { unit: Unit::Percent, decimals: 4, ..whole(0, percent * PPM_A_PERCENT) }
}

const MILLION: u64 = 1_000_000;
const PPM_A_PERCENT: u64 = 10_000;
const WHOLE: Spec = Spec { key: "", label: "", hint: None, range: whole(0, MILLION), step: 1 };
const SHARE: Spec = Spec { range: share(100), step: PPM_A_PERCENT, ..WHOLE };
const LIMIT: Spec = Spec { range: limit(1_000_000_000), ..WHOLE };
/// A step is a pico-dollar a token; an arrow key goes a cent a million.
const PRICE: Spec = Spec {
    range: Range { unit: Unit::UsdPerMillion, decimals: 6, optional: true, ..whole(0, OWN_PRICE_MAX) },
    step: 10_000,
    ..WHOLE
};

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

    pub const fn spec(self) -> Spec {
        match self {
            Quantity::Calls => Spec { key: "calls", label: "API calls", range: whole(1, MILLION), ..WHOLE },
            Quantity::Input => Spec { key: "in", label: "Input tokens per call", range: whole(1, MILLION), ..WHOLE },
            Quantity::Output => Spec { key: "out", label: "Output tokens per call", ..WHOLE },
            Quantity::CacheHits => Spec {
                key: "dup",
                label: "Repeated inputs",
                hint: Some("Answered from your cache, free of charge."),
                ..SHARE
            },
            Quantity::Concurrency => Spec {
                key: "conc",
                label: "Concurrency",
                hint: Some("Parallel calls: how many run at the same time."),
                range: whole(1, 10_000),
                ..WHOLE
            },
            Quantity::Latency => Spec {
                key: "lat",
                label: "Latency per call",
                range: Range { unit: Unit::Seconds, decimals: 3, ..whole(1, 86_400_000) },
                step: 100,
                ..WHOLE
            },
            Quantity::SharedPrefix => Spec {
                key: "prefix",
                label: "Shared prompt prefix",
                hint: Some("Tokens that every call starts with. Providers can cache them."),
                ..WHOLE
            },
            Quantity::Reasoning => Spec {
                key: "reason",
                label: "Reasoning tokens per call",
                hint: Some("Hidden reasoning, billed as output."),
                ..WHOLE
            },
            Quantity::RequestsPerMinute => Spec { key: "rpm", label: "Requests per minute", ..LIMIT },
            Quantity::TokensPerMinute => Spec { key: "tpm", label: "Tokens per minute", ..LIMIT },
            Quantity::RequestsPerDay => Spec { key: "rpd", label: "Requests per day", ..LIMIT },
            Quantity::FailedBilled => Spec {
                key: "failed",
                label: "Failed and billed",
                hint: Some("Unusable answers and timeouts: paid, then sent again."),
                range: share(99),
                ..SHARE
            },
            Quantity::Deadline => Spec {
                key: "deadline",
                label: "Deadline",
                range: Range { unit: Unit::Hours, decimals: 4, min: 100, ..limit(87_600_000) },
                step: 10_000,
                ..WHOLE
            },
            Quantity::Budget => Spec {
                key: "budget",
                label: "Budget",
                range: Range { unit: Unit::Usd, decimals: 4, ..limit(10_000_000_000_000) },
                step: 10_000,
                ..WHOLE
            },
            Quantity::InputPrice => Spec { key: "pin", label: "Input price", ..PRICE },
            Quantity::OutputPrice => Spec { key: "pout", label: "Output price", ..PRICE },
            Quantity::ReAsks => Spec {
                key: "asks",
                label: "Retries per call",
                hint: Some("How often an unusable answer is asked for again."),
                range: whole(0, 10),
                ..WHOLE
            },
            Quantity::OutputCap => Spec {
                key: "cap",
                label: "Max output tokens",
                hint: Some("OpenAI's token limits count this instead of the real answer."),
                range: limit(MILLION),
                ..WHOLE
            },
            Quantity::TokensPerSecond => Spec {
                key: "tps",
                label: "Output tokens per second",
                hint: Some("If set, latency is the time to the first token."),
                range: limit(100_000),
                ..WHOLE
            },
            Quantity::QuickFailures => Spec {
                key: "quick",
                label: "Refused at once",
                hint: Some("Errors 429 and 5xx: they cost time, not money."),
                range: share(90),
                ..SHARE
            },
            Quantity::InputTokensPerMinute => Spec { key: "itpm", label: "Input tokens per minute", ..LIMIT },
            Quantity::OutputTokensPerMinute => Spec { key: "otpm", label: "Output tokens per minute", ..LIMIT },
            Quantity::Burst => Spec {
                key: "burst",
                label: "Burst",
                hint: Some("Requests allowed at once. Empty: as many as the limit."),
                ..LIMIT
            },
            Quantity::ProviderConcurrency => {
                Spec { key: "pconc", label: "Provider's concurrency", range: limit(100_000), ..WHOLE }
            }
            Quantity::BatchQueueTokens => Spec {
                key: "queue",
                label: "Batch queue, tokens",
                hint: Some("Input tokens allowed in waiting batch jobs."),
                range: limit(1_000_000_000_000),
                ..WHOLE
            },
            Quantity::BatchQueueRequests => Spec {
                key: "queuereq",
                label: "Batch queue, requests",
                hint: Some("Requests allowed in waiting batch jobs."),
                ..LIMIT
            },
        }
    }

    pub const fn range(self) -> Range {
        self.spec().range
    }

    /// What is said below its field. An assumption is called one.
    pub fn hint(self, workload: &Workload) -> Option<String> {
        if self == Quantity::CacheHits && workload.cache_hits_ppm > 0 {
            let share = self.range().with_unit(workload.cache_hits_ppm.into());
            return Some(format!("Assumes that {share} of your calls repeat an earlier one. Those are free."));
        }
        self.spec().hint.map(str::to_owned)
    }

    /// The stops of its slider, where it has one.
    pub const fn scale(self) -> Option<SliderScale> {
        let (min, max) = match self {
            Quantity::Calls => (1, MILLION),
            Quantity::Input => (1, 200_000),
            Quantity::Output => (0, 100_000),
            Quantity::Concurrency => (1, 1_000),
            Quantity::CacheHits => return Some(SliderScale::Linear { max: MILLION, step: PPM_A_PERCENT }),
            _ => return None,
        };
        Some(SliderScale::Logarithmic { min, max })
    }

    /// In the steps of its range; `None`: not set.
    pub fn get(self, workload: &Workload) -> Option<u64> {
        match self {
            Quantity::Calls => Some(workload.calls),
            Quantity::Input => Some(workload.input_tokens),
            Quantity::Output => Some(workload.output_tokens),
            Quantity::CacheHits => Some(workload.cache_hits_ppm.into()),
            Quantity::Concurrency => Some(workload.concurrency.into()),
            Quantity::Latency => Some(workload.latency_ms),
            Quantity::SharedPrefix => Some(workload.shared_prefix_tokens),
            Quantity::Reasoning => Some(workload.reasoning_tokens),
            Quantity::RequestsPerMinute => workload.requests_per_minute,
            Quantity::TokensPerMinute => workload.tokens_per_minute,
            Quantity::RequestsPerDay => workload.requests_per_day,
            Quantity::FailedBilled => Some(workload.failed_billed_ppm.into()),
            Quantity::Deadline => workload.deadline_ms.map(|ms| ms / MS_A_STEP),
            Quantity::Budget => workload.budget.map(|budget| self.range().steps_of(budget)),
            Quantity::InputPrice => workload.own_input_price.map(|price| price.0),
            Quantity::OutputPrice => workload.own_output_price.map(|price| price.0),
            Quantity::ReAsks => Some(workload.re_asks.into()),
            Quantity::OutputCap => workload.output_cap_tokens,
            Quantity::TokensPerSecond => workload.output_tokens_per_second,
            Quantity::QuickFailures => Some(workload.quick_failures_ppm.into()),
            Quantity::InputTokensPerMinute => workload.input_tokens_per_minute,
            Quantity::OutputTokensPerMinute => workload.output_tokens_per_minute,
            Quantity::Burst => workload.burst,
            Quantity::ProviderConcurrency => workload.provider_concurrency.map(u64::from),
            Quantity::BatchQueueTokens => workload.batch_queue_tokens,
            Quantity::BatchQueueRequests => workload.batch_queue_requests,
        }
    }

    /// The workload with this quantity at `value`, which is in its range; a missing value leaves a quantity that
    /// needs one as it was.
    pub fn set(self, workload: &Workload, value: Option<u64>) -> Workload {
        let mut after = workload.clone();
        let whole = |was: u64| value.unwrap_or(was);
        let small = |was: u32| value.map_or(was, |value| u32::try_from(value).unwrap_or(u32::MAX));
        match self {
            Quantity::Calls => after.calls = whole(after.calls),
            Quantity::Input => after.input_tokens = whole(after.input_tokens),
            Quantity::Output => after.output_tokens = whole(after.output_tokens),
            Quantity::CacheHits => after.cache_hits_ppm = small(after.cache_hits_ppm),
            Quantity::Concurrency => after.concurrency = small(after.concurrency),
            Quantity::Latency => after.latency_ms = whole(after.latency_ms),
            Quantity::SharedPrefix => after.shared_prefix_tokens = whole(after.shared_prefix_tokens),
            Quantity::Reasoning => after.reasoning_tokens = whole(after.reasoning_tokens),
            Quantity::RequestsPerMinute => after.requests_per_minute = value,
            Quantity::TokensPerMinute => after.tokens_per_minute = value,
            Quantity::RequestsPerDay => after.requests_per_day = value,
            Quantity::FailedBilled => after.failed_billed_ppm = small(after.failed_billed_ppm),
            Quantity::Deadline => after.deadline_ms = value.map(|value| value * MS_A_STEP),
            Quantity::Budget => after.budget = value.map(|value| self.range().usd(value)),
            Quantity::InputPrice => after.own_input_price = value.map(PerToken),
            Quantity::OutputPrice => after.own_output_price = value.map(PerToken),
            Quantity::ReAsks => after.re_asks = small(after.re_asks),
            Quantity::OutputCap => after.output_cap_tokens = value,
            Quantity::TokensPerSecond => after.output_tokens_per_second = value,
            Quantity::QuickFailures => after.quick_failures_ppm = small(after.quick_failures_ppm),
            Quantity::InputTokensPerMinute => after.input_tokens_per_minute = value,
            Quantity::OutputTokensPerMinute => after.output_tokens_per_minute = value,
            Quantity::Burst => after.burst = value,
            Quantity::ProviderConcurrency => after.provider_concurrency = value.map(|_| small(0)),
            Quantity::BatchQueueTokens => after.batch_queue_tokens = value,
            Quantity::BatchQueueRequests => after.batch_queue_requests = value,
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
            let Spec { label, range, .. } = quantity.spec();
            for value in [range.min, range.max, (range.min + range.max) / 3] {
                let after = quantity.set(&workload, Some(value));
                assert_eq!(quantity.get(&after), Some(value), "{label} = {value}");
                assert_eq!(range.read(label, &range.plain(value)), Ok(Some(value)), "{label}");
            }
            let none = quantity.get(&quantity.set(&workload, None));
            assert_eq!(none, if range.optional { None } else { quantity.get(&workload) }, "{label}");
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
