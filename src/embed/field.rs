//! The figures that an embedded calculator takes: a part of the page's, under the same names. Values are in the steps of
//! the field's range.

use crate::estimate::Workload;
use crate::number::{Range, Unit, round_stops};

/// One figure; the order is that of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Calls,
    Input,
    Output,
    Cache,
    Concurrency,
    Latency,
    Reasoning,
    RequestsPerMinute,
    TokensPerMinute,
    Budget,
    Deadline,
}

/// How it is named, and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name of the attribute, and in the address of `embed.html`.
    pub attribute: &'static str,
    /// In the address of the full calculator.
    pub key: &'static str,
    pub label: &'static str,
    pub range: Range,
    /// The slider's last stop; zero: no slider.
    pub slider: u64,
}

const fn whole(min: u64, max: u64) -> Range {
    Range { unit: Unit::None, decimals: 0, min, max, optional: false }
}

const MILLION: u64 = 1_000_000;
const WHOLE: Spec = Spec { attribute: "", key: "", label: "", range: whole(0, MILLION), slider: 0 };
const LIMIT: Spec = Spec { range: Range { optional: true, ..whole(1, 1_000_000_000) }, ..WHOLE };
/// A deadline's step is a ten-thousandth of an hour.
const MS_A_STEP: u64 = 360;

impl Field {
    pub const ALL: [Field; 11] = [
        Field::Calls,
        Field::Input,
        Field::Output,
        Field::Cache,
        Field::Concurrency,
        Field::Latency,
        Field::Reasoning,
        Field::RequestsPerMinute,
        Field::TokensPerMinute,
        Field::Budget,
        Field::Deadline,
    ];

    pub const fn spec(self) -> Spec {
        match self {
            Field::Calls => Spec {
                attribute: "calls",
                key: "calls",
                label: "API calls",
                range: whole(1, MILLION),
                slider: 1_000_000,
            },
            Field::Input => Spec {
                attribute: "input",
                key: "in",
                label: "Input tokens per call",
                range: whole(1, MILLION),
                slider: 200_000,
            },
            Field::Output => {
                Spec { attribute: "output", key: "out", label: "Output tokens per call", slider: 100_000, ..WHOLE }
            }
            // A step is a millionth of the whole.
            Field::Cache => Spec {
                attribute: "cache",
                key: "dup",
                label: "Cache hit rate",
                range: Range { unit: Unit::Percent, decimals: 4, ..whole(0, MILLION) },
                slider: 1_000_000,
            },
            Field::Concurrency => Spec {
                attribute: "concurrency",
                key: "conc",
                label: "Concurrency",
                range: whole(1, 10_000),
                slider: 1_000,
            },
            Field::Latency => Spec {
                attribute: "latency",
                key: "lat",
                label: "Latency per call",
                range: Range { unit: Unit::Seconds, decimals: 3, ..whole(1, 86_400_000) },
                slider: 0,
            },
            Field::Reasoning => {
                Spec { attribute: "reasoning", key: "reason", label: "Reasoning tokens per call", ..WHOLE }
            }
            Field::RequestsPerMinute => Spec { attribute: "rpm", key: "rpm", label: "Requests per minute", ..LIMIT },
            Field::TokensPerMinute => Spec { attribute: "tpm", key: "tpm", label: "Tokens per minute", ..LIMIT },
            Field::Budget => Spec {
                attribute: "budget",
                key: "budget",
                label: "Budget",
                range: Range { unit: Unit::Usd, decimals: 4, max: 10_000_000_000_000, ..LIMIT.range },
                slider: 0,
            },
            Field::Deadline => Spec {
                attribute: "deadline",
                key: "deadline",
                label: "Deadline",
                range: Range { unit: Unit::Hours, decimals: 4, min: 100, max: 87_600_000, ..LIMIT.range },
                slider: 0,
            },
        }
    }

    pub const fn range(self) -> Range {
        self.spec().range
    }

    /// By its attribute, or by its key in the full calculator's links.
    pub fn named(name: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.spec().attribute == name || field.spec().key == name)
    }

    /// In steps; `None`: not set.
    pub fn get(self, workload: &Workload) -> Option<u64> {
        match self {
            Field::Calls => Some(workload.calls),
            Field::Input => Some(workload.input_tokens),
            Field::Output => Some(workload.output_tokens),
            Field::Cache => Some(workload.cache_hits_ppm.into()),
            Field::Concurrency => Some(workload.concurrency.into()),
            Field::Latency => Some(workload.latency_ms),
            Field::Reasoning => Some(workload.reasoning_tokens),
            Field::RequestsPerMinute => workload.requests_per_minute,
            Field::TokensPerMinute => workload.tokens_per_minute,
            Field::Budget => workload.budget.map(|budget| self.range().steps_of(budget)),
            Field::Deadline => workload.deadline_ms.map(|ms| ms / MS_A_STEP),
        }
    }

    pub fn set(self, workload: &mut Workload, value: Option<u64>) {
        let whole = value.unwrap_or_default();
        let small = u32::try_from(whole).unwrap_or(u32::MAX);
        match self {
            Field::Calls => workload.calls = whole,
            Field::Input => workload.input_tokens = whole,
            Field::Output => workload.output_tokens = whole,
            Field::Cache => workload.cache_hits_ppm = small,
            Field::Concurrency => workload.concurrency = small,
            Field::Latency => workload.latency_ms = whole,
            Field::Reasoning => workload.reasoning_tokens = whole,
            Field::RequestsPerMinute => workload.requests_per_minute = value,
            Field::TokensPerMinute => workload.tokens_per_minute = value,
            Field::Budget => workload.budget = value.map(|steps| self.range().usd(steps)),
            Field::Deadline => workload.deadline_ms = value.map(|steps| steps * MS_A_STEP),
        }
    }

    /// The value in force as its box shows it.
    pub fn shown(self, workload: &Workload) -> String {
        self.get(workload).map(|steps| self.range().plain(steps)).unwrap_or_default()
    }

    /// How far an arrow key goes: one of what its unit counts.
    pub fn step(self) -> u64 {
        10_u64.pow(self.range().decimals.into())
    }

    /// The stops of its slider, in steps: round numbers only, since a slider is coarse and the box beside it exact.
    pub fn stops(self) -> Vec<u64> {
        let spec = self.spec();
        if spec.range.decimals > 0 {
            return (0..=100).map(|percent| percent * spec.slider / 100).collect();
        }
        round_stops(spec.range.min, spec.slider)
    }
}
