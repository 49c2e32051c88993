//! A workload in, its cost and its duration out; the formulas and their sources are in `docs/estimate.md`.
//! Pure arithmetic: no clock, no engine. Not here: what a run really spends (`engine`), what a token costs (`prices`).

mod answer;
mod binding;
mod card;
mod compare;
mod cost;
mod duration;
mod every;
mod examples;
mod length;
mod notes;
mod path;
mod quantity;
mod recommendation;
mod slider_scale;
mod tiers;
mod workload;

use serde::{Deserialize, Serialize};

use crate::money::{PerToken, Usd};
use crate::prices::{self, Model, ModelId};
use crate::time::Time;

pub use card::{Card, cards, price_words};
pub use compare::{ReAsks, WayCost, a_thousand, re_asks_against, ways};
pub use duration::{Duration, RateLimit, duration_ms};
pub use every::Every;
pub use examples::{EXAMPLES, Example, POST_BASIS, POST_MODEL, POST_NAME};
pub use length::LengthUnit;
pub use path::{Branch, Step, decision_path};
pub use quantity::{Quantity, Spec};
pub use slider_scale::{SliderScale, nearest};
pub use tiers::{Tier, tiers};
pub use workload::{
    CALLS_MAX, CONCURRENCY_MAX, FAILED_PPM_MAX, LATENCY_MS_MAX, Limiter, OWN_PRICE_MAX, RE_ASKS_MAX, TOKENS_MAX,
    WHOLE_PPM, Workload,
};

/// The three ways to make the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A plain loop: one call after another, repeats paid again.
    Sequential,
    /// Many calls in flight, repeats answered from our own cache.
    Async,
    /// The same, but the provider may put the calls off for a lower price.
    Flex,
    /// The provider's batch job.
    BatchApi,
}

impl Way {
    /// The name that the page shows.
    pub fn label(self) -> &'static str {
        match self {
            Way::Sequential => "Sequential",
            Way::Async => "Async",
            Way::Flex => "Flex",
            Way::BatchApi => "Batch API",
        }
    }
}

/// Where the money goes. The parts add up to the cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostParts {
    /// Input at the full price.
    pub input: Usd,
    /// Input that the provider read from its prompt cache.
    pub cache_read: Usd,
    /// Input that the provider wrote to its prompt cache.
    pub cache_write: Usd,
    /// Visible output.
    pub output: Usd,
    pub reasoning: Usd,
}

impl CostParts {
    pub fn cached(&self) -> Usd {
        self.cache_read + self.cache_write
    }

    pub fn total(&self) -> Usd {
        self.input + self.cache_read + self.cache_write + self.output + self.reasoning
    }
}

/// Cost and duration of one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub way: Way,
    pub cost: Usd,
    pub parts: CostParts,
    /// Least and most, where the provider leaves open how much of the input its cache serves, and where prices change
    /// before the end.
    pub cost_range: Option<(Usd, Usd)>,
    pub duration: Duration,
    /// At both ends of the ranges.
    pub cheapest: bool,
    /// At the lower end alone, where no way is the cheapest at both.
    pub cheapest_at_best: bool,
    /// The same at the upper end.
    pub cheapest_at_worst: bool,
    pub fastest: bool,
    /// `None` without a budget.
    pub within_budget: Option<bool>,
    /// `None` without a deadline.
    pub within_deadline: Option<bool>,
}

impl Quote {
    pub fn least(&self) -> Usd {
        self.cost_range.map_or(self.cost, |(least, _)| least)
    }

    pub fn most(&self) -> Usd {
        self.cost_range.map_or(self.cost, |(_, most)| most)
    }

    /// `$0.30`, or `$0.30–$1.20` where it may be anything between.
    pub fn cost_words(&self) -> String {
        cost_words(self.cost, self.cost_range)
    }
}

/// A cost with its range as a person reads it.
pub fn cost_words(cost: Usd, range: Option<(Usd, Usd)>) -> String {
    let ends = range.map(|(least, most)| (least.short(), most.short())).filter(|(least, most)| least != most);
    ends.map_or_else(|| cost.short(), |(least, most)| format!("{least}–{most}"))
}

/// What can hold a run back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    Concurrency,
    ProviderConcurrency,
    RequestsPerMinute,
    RequestsPerDay,
    TokensPerMinute,
    InputTokensPerMinute,
    OutputTokensPerMinute,
}

impl LimitKind {
    pub fn label(self) -> &'static str {
        match self {
            LimitKind::Concurrency => "Concurrency",
            LimitKind::ProviderConcurrency => "Provider's concurrency",
            LimitKind::RequestsPerMinute => "Requests per minute",
            LimitKind::RequestsPerDay => "Requests per day",
            LimitKind::TokensPerMinute => "Tokens per minute",
            LimitKind::InputTokensPerMinute => "Input tokens per minute",
            LimitKind::OutputTokensPerMinute => "Output tokens per minute",
        }
    }
}

/// How long the run would take if only this limit held it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitTime {
    pub kind: LimitKind,
    pub duration: Duration,
}

/// What holds the asynchronous run back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub kind: LimitKind,
    /// In words, for the page: what binds and what would help.
    pub sentence: String,
    /// What would change it, with the time that it would then take; `None`: nothing that a person can set.
    pub change: Option<String>,
    /// Calls in flight beyond which more buys nothing (Little's law); `None`: no limit but the concurrency binds.
    pub useful_concurrency: Option<u32>,
    /// Every limit that was considered, the binding one included.
    pub limits: Vec<LimitTime>,
}

/// The decision guide's answer, with this workload's numbers as reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    pub way: Way,
    pub headline: String,
    /// Whole sentences.
    pub reasons: Vec<String>,
}

/// How the calls are cut up for the Batch API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchJobs {
    /// Files, each of which is one job.
    pub files: u64,
    /// Rounds of jobs that the provider's queue takes one after another.
    pub waves: u64,
    /// Rounds after those, for answers that are asked for again.
    pub waves_again: u64,
    /// The longest that the provider takes for a job.
    pub window_hours: u64,
}

/// Everything that the calculator shows for one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// `vendor/id`.
    pub model: ModelId,
    pub model_name: String,
    /// `YYYY-MM-DD`; empty where both prices are the person's own.
    pub price_date: String,
    /// Billed attempts of Async and of Batch API: repeats left out, re-asks counted.
    pub paid_calls: u64,
    pub sequential: Quote,
    /// The Async group.
    pub concurrent: Quote,
    /// Async at the price of calls that the provider may put off: its duration is the least that it takes. `None`:
    /// the catalogue knows no such price for this model.
    pub flex: Option<Quote>,
    /// `None`: the catalogue knows no batch prices for this model.
    pub batch: Option<Quote>,
    pub batch_jobs: Option<BatchJobs>,
    pub binding: Binding,
    /// Items that end with an answer, after all re-asks.
    pub answered_ppm: u32,
    pub recommendation: Recommendation,
    /// What speaks against relying on the numbers. Whole sentences.
    pub warnings: Vec<String>,
    /// What the numbers rest on: scheduled prices, peak hours, assumptions. Whole sentences.
    pub notes: Vec<String>,
}

impl Estimate {
    /// The groups in the order in which the page shows them.
    pub fn quotes(&self) -> impl Iterator<Item = &Quote> {
        [Some(&self.sequential), Some(&self.concurrent), self.batch.as_ref()].into_iter().flatten()
    }
}

/// A row of the table `Cost by model`. Own prices apply to the chosen model's row alone: they belong to one model.
#[derive(Clone, Copy, Debug)]
pub struct ModelCost {
    pub model: &'static Model,
    pub sequential: Usd,
    /// The cost of the Async group.
    pub concurrent: Usd,
    pub concurrent_range: Option<(Usd, Usd)>,
    /// `None`: the catalogue knows no flex prices for this model.
    pub flex: Option<Usd>,
    /// `None`: the catalogue knows no batch prices for this model.
    pub batch: Option<Usd>,
    pub batch_range: Option<(Usd, Usd)>,
    /// Of the Async group.
    pub duration: Duration,
    /// The call fits the model's context window and output cap, as far as the catalogue knows them.
    pub fits: bool,
}

/// Rows are compared with each step of a slider: a model is known by its place in the catalogue.
impl PartialEq for ModelCost {
    fn eq(&self, other: &ModelCost) -> bool {
        let figures = |row: &ModelCost| {
            let ranges = (row.concurrent_range, row.batch_range);
            (row.sequential, row.concurrent, row.flex, row.batch, ranges, row.duration, row.fits)
        };
        std::ptr::eq(self.model, other.model) && figures(self) == figures(other)
    }
}

/// One point of the figure `Time by concurrency`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcurrencyPoint {
    pub concurrency: u32,
    pub duration: Duration,
}

/// What a provider keeps of a call's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caching {
    /// Tokens of a call that are kept; none where the cache isn't asked for because it wouldn't pay.
    pub tokens: u64,
    pub life_ms: u64,
    /// Input that isn't read is billed as a write, unless a call says otherwise.
    pub writes_unread: bool,
}

/// The prices of a run: the catalogue's, or scaled to the person's own.
pub fn rate_card(workload: &Workload, model: &Model) -> prices::RateCard {
    let mut card = cost::Prices::of(workload, model).synchronous.into_owned();
    if workload.keep_an_hour {
        cost::write_for_an_hour(&mut card);
    }
    card
}

/// How a run uses the provider's prompt cache.
pub fn caching(workload: &Workload, model: &Model, now: Time) -> Caching {
    answer::caching(&workload.bounded(), model, now)
}

/// Cost, duration and advice for one model.
pub fn estimate(workload: &Workload, model: &Model, now: Time) -> Estimate {
    let bounded = workload.bounded();
    let mut estimate = answer::estimate(&bounded, model, now);
    let own = |workload: &Workload| (workload.own_input_price, workload.own_output_price);
    if own(workload) != own(&bounded) {
        let most = PerToken(OWN_PRICE_MAX).listed();
        estimate.warnings.push(format!("Own prices count up to {most} per 1M tokens. Yours is above that."));
    }
    estimate
}

/// The table `Cost by model`: every model of the catalogue, in its order. `chosen` is the key of the model that own
/// prices belong to.
pub fn by_model(workload: &Workload, chosen: &str, now: Time) -> Vec<ModelCost> {
    let own = workload.bounded();
    let listed = Workload { own_input_price: None, own_output_price: None, ..own.clone() };
    let workload = |model: &Model| if model.is(chosen) { &own } else { &listed };
    prices::all().iter().map(|model| answer::model_cost(workload(model), model, now)).collect()
}

/// Where the money of the Async group goes: what every call costs once, and what is paid for asking again on top.
pub fn money(workload: &Workload, model: &Model, now: Time) -> (CostParts, Usd) {
    let workload = workload.bounded();
    let once = Workload { failed_billed_ppm: 0, ..workload.clone() };
    let cost = |workload: &Workload| answer::Figures::of(workload, model, now).concurrent.parts;
    let (all, once) = (cost(&workload), cost(&once));
    (once, all.total().saturating_sub(once.total()))
}

/// The figure `Time by concurrency`: the Async group at growing concurrency, the workload's own included.
pub fn time_by_concurrency(workload: &Workload, model: &Model, now: Time) -> Vec<ConcurrencyPoint> {
    let workload = workload.bounded();
    let mut steps = vec![1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100, workload.concurrency];
    // To both sides of the knee, so that it is seen where it is.
    if let Some(knee) = answer::useful_concurrency(&workload, model, now) {
        steps.extend([knee, knee.saturating_mul(2).min(CONCURRENCY_MAX)]);
    } else {
        steps.extend([200, 500]);
    }
    steps.sort_unstable();
    steps.dedup();
    let point = |concurrency| ConcurrencyPoint {
        concurrency,
        duration: answer::run_duration(&Workload { concurrency, ..workload.clone() }, model, now),
    };
    steps.into_iter().map(point).collect()
}
