//! The figures that an embedded calculator takes: a part of the page's, under the same names. Values are whole numbers
//! of the field's smallest step, since reading and writing floats would be a tenth of what readers download.

use crate::estimate::Workload;
use crate::money::{PICO, Usd, grouped};

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
    pub unit: &'static str,
    /// Digits after the point; `min` and `max` are in units of the last one.
    pub decimals: usize,
    pub min: u64,
    pub max: u64,
    pub optional: bool,
    /// The slider's last stop; zero: no slider.
    pub slider: u64,
}

const WHOLE: Spec = Spec {
    attribute: "",
    key: "",
    label: "",
    unit: "",
    decimals: 0,
    min: 0,
    max: 1_000_000,
    optional: false,
    slider: 0,
};
const LIMIT: Spec = Spec { min: 1, max: 1_000_000_000, optional: true, ..WHOLE };
/// The first digits of a slider's stops, about evenly apart on a logarithmic scale.
const MANTISSAS: [u64; 21] = [10, 11, 12, 13, 15, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90];
const PPM_A_STEP: u64 = 1;
/// A ten-thousandth of an hour.
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
            Field::Calls => {
                Spec { attribute: "calls", key: "calls", label: "API calls", min: 1, slider: 1_000_000, ..WHOLE }
            }
            Field::Input => {
                Spec { attribute: "input", key: "in", label: "Input tokens per call", min: 1, slider: 200_000, ..WHOLE }
            }
            Field::Output => {
                Spec { attribute: "output", key: "out", label: "Output tokens per call", slider: 100_000, ..WHOLE }
            }
            Field::Cache => Spec {
                attribute: "cache",
                key: "dup",
                label: "Cache hit rate",
                unit: "%",
                decimals: 4,
                slider: 1_000_000,
                ..WHOLE
            },
            Field::Concurrency => Spec {
                attribute: "concurrency",
                key: "conc",
                label: "Concurrency",
                min: 1,
                max: 10_000,
                slider: 1_000,
                ..WHOLE
            },
            Field::Latency => Spec {
                attribute: "latency",
                key: "lat",
                label: "Latency per call",
                unit: "s",
                decimals: 3,
                min: 1,
                max: 86_400_000,
                ..WHOLE
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
                unit: "USD",
                decimals: 4,
                max: 10_000_000_000_000,
                ..LIMIT
            },
            Field::Deadline => Spec {
                attribute: "deadline",
                key: "deadline",
                label: "Deadline",
                unit: "h",
                decimals: 4,
                min: 100,
                max: 87_600_000,
                ..LIMIT
            },
        }
    }

    pub fn named(attribute: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.spec().attribute == attribute)
    }

    /// In steps; `None`: not set.
    pub fn get(self, workload: &Workload) -> Option<u64> {
        match self {
            Field::Calls => Some(workload.calls),
            Field::Input => Some(workload.input_tokens),
            Field::Output => Some(workload.output_tokens),
            Field::Cache => Some(u64::from(workload.cache_hits_ppm) / PPM_A_STEP),
            Field::Concurrency => Some(u64::from(workload.concurrency)),
            Field::Latency => Some(workload.latency_ms),
            Field::Reasoning => Some(workload.reasoning_tokens),
            Field::RequestsPerMinute => workload.requests_per_minute,
            Field::TokensPerMinute => workload.tokens_per_minute,
            Field::Budget => workload.budget.and_then(|budget| u64::try_from(budget.pico() / (PICO / 10_000)).ok()),
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
            Field::Budget => {
                workload.budget = value.map(|steps| Usd::from_pico(i128::from(steps) * (PICO / 10_000)));
            }
            Field::Deadline => workload.deadline_ms = value.map(|steps| steps * MS_A_STEP),
        }
    }

    /// The steps that a text means, or what is wrong with it, to be put after the label.
    pub fn read(self, text: &str) -> Result<Option<u64>, String> {
        let spec = self.spec();
        let text = text.trim();
        if text.is_empty() && spec.optional {
            return Ok(None);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 || whole.len() > 13 {
            return Err("needs a plain number".to_owned());
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > spec.decimals {
            return Err(match spec.decimals {
                0 => "is a whole number".to_owned(),
                decimals => format!("takes at most {decimals} decimals"),
            });
        }
        // Thirteen digits and four decimals fit.
        let steps = format!("{whole}{fraction:0<width$}", width = spec.decimals).parse().unwrap_or(u64::MAX);
        if steps < spec.min || steps > spec.max {
            let border = |steps| self.with_unit(steps);
            return Err(format!("goes from {} to {}", border(spec.min), border(spec.max)));
        }
        Ok(Some(steps))
    }

    /// The value in force as its box shows it.
    pub fn shown(self, workload: &Workload) -> String {
        self.get(workload).map(|steps| self.plain(steps)).unwrap_or_default()
    }

    /// The same for a sentence: `5,000`, `10 %`.
    pub fn with_unit(self, steps: u64) -> String {
        let (digits, unit) = (grouped(&self.plain(steps)), self.spec().unit);
        if unit.is_empty() { digits } else { format!("{digits} {unit}") }
    }

    fn plain(self, steps: u64) -> String {
        let decimals = self.spec().decimals;
        let scale = 10_u64.pow(decimals as u32);
        let (whole, rest) = (steps / scale, steps % scale);
        match rest {
            0 => whole.to_string(),
            rest => format!("{whole}.{rest:0decimals$}").trim_end_matches('0').to_owned(),
        }
    }

    /// The stops of its slider, in steps: round numbers only, since a slider is coarse and the box beside it exact.
    pub fn stops(self) -> Vec<u64> {
        let spec = self.spec();
        if spec.decimals > 0 {
            return (0..=100).map(|percent| percent * spec.slider / 100).collect();
        }
        let mut stops = vec![spec.min];
        let mut decade = 1;
        while decade <= spec.slider {
            stops.extend(MANTISSAS.map(|mantissa| mantissa * decade).into_iter().filter(|stop| stop % 10 == 0));
            decade *= 10;
        }
        stops[1..].iter_mut().for_each(|stop| *stop /= 10);
        stops.retain(|stop| (spec.min..=spec.slider).contains(stop));
        stops.dedup();
        stops
    }
}
