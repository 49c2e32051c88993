//! What is asked of a run: the four steps, and each lane's part in them.

use serde::{Deserialize, Serialize};

use crate::accuracy::Truth;
use crate::dataset::RowChoice;
use crate::engine::Limits;
use crate::money::{PerToken, Usd};
use crate::prices::{self, RateCard};
use crate::provider::{AnswerFormat, PromptCache, Provider, ReasoningEffort, Wire};

/// An API key. It can't be serialized and `Debug` hides it, so that no JSON, record or log can hold one.
///
/// ```compile_fail
/// serde_json::to_string(&pennybatch::link::Secret::new("sk-1"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// White space around a key comes from pasting it.
    pub fn new(key: &str) -> Secret {
        Secret(key.trim().to_owned())
    }

    /// The key itself, for the header that it goes into and for the way between page and worker.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What the four steps hold, but for the data and the key. Kept with the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub id_column: Option<String>,
    pub system: String,
    pub user: String,
    pub provider: Provider,
    pub base_url: String,
    pub model: String,
    /// Dollars a million tokens; `None`: unknown, which is never taken for zero.
    pub input_price: Option<PerToken>,
    pub output_price: Option<PerToken>,
    pub output_tokens_max: Option<u32>,
    pub temperature: Option<f64>,
    pub limits: Limits,
    pub max_retries: u8,
    /// `None`: grows with the output cap.
    pub timeout_s: Option<u32>,
    pub budget: Option<Usd>,
    pub use_cache: bool,
    /// Rows whose requests differ only in case, white space or Unicode form share the first one's answer.
    #[serde(default)]
    pub fold_near_duplicates: bool,
    pub demo: DemoSettings,
    #[serde(default)]
    pub answer_format: AnswerFormat,
    /// How often a row is asked again whose answer doesn't fit the format.
    #[serde(default)]
    pub reasks: u8,
    /// `None`: as the provider has it.
    #[serde(default)]
    pub reasoning_effort: Option<ReasoningEffort>,
    #[serde(default)]
    pub prompt_cache: PromptCache,
    /// The prices of a list that the person had fetched, for a model that the catalogue lacks.
    #[serde(default)]
    pub listed_card: Option<RateCard>,
    /// Lanes beside the first, which is made of the fields above. Their keys travel beside the setup, like the first's.
    #[serde(default)]
    pub more_lanes: Vec<LaneSetup>,
    /// The lanes are candidates: every row goes to each of them.
    #[serde(default)]
    pub compare: bool,
    /// What the answers are compared with.
    #[serde(default)]
    pub truth: Option<Truth>,
    /// Which rows of the file are asked about.
    #[serde(default)]
    pub rows: RowChoice,
}

/// One more endpoint and key of a run, with limits of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneSetup {
    pub provider: Provider,
    pub base_url: String,
    pub model: String,
    pub input_price: Option<PerToken>,
    pub output_price: Option<PerToken>,
    #[serde(default)]
    pub listed_card: Option<RateCard>,
    pub limits: Limits,
    /// What a candidate does otherwise than the first lane.
    #[serde(default)]
    pub variant: Option<Variant>,
}

/// A candidate that differs from the first lane by more than its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub system: String,
    pub user: String,
    pub reasoning_effort: Option<ReasoningEffort>,
}

impl Setup {
    pub fn lanes(&self) -> usize {
        1 + self.more_lanes.len()
    }

    /// The API that the first lane is asked over.
    pub fn wire(&self) -> Wire {
        prices::wire_at(self.provider, &self.base_url, &self.model)
    }

    /// The column with the right answers.
    pub fn truth_column(&self) -> Option<&str> {
        self.truth.as_ref().map(|truth| truth.column.as_str())
    }

    /// How many candidates there are where the run compares some.
    pub fn candidates(&self) -> Option<usize> {
        (self.compare && self.lanes() > 1).then(|| self.lanes())
    }

    /// Lane by lane.
    pub fn providers(&self) -> Vec<Provider> {
        std::iter::once(self.provider).chain(self.more_lanes.iter().map(|lane| lane.provider)).collect()
    }

    /// What the first lane's answers depend on. The rest may change, and what was found by asking stays true.
    pub fn what_is_asked(&self) -> Setup {
        let mut asked = self.clone();
        asked.limits = Limits::default();
        (asked.budget, asked.timeout_s, asked.max_retries, asked.id_column) = (None, None, 0, None);
        asked.more_lanes.clear();
        asked
    }

    /// The setup as one lane has it: its endpoint, model, prices and limits, and no further lanes. A lane that isn't
    /// there is the first.
    pub fn of_lane(&self, lane: usize) -> Setup {
        let mut setup = Setup { more_lanes: Vec::new(), ..self.clone() };
        let Some(own) = lane.checked_sub(1).and_then(|place| self.more_lanes.get(place)) else { return setup };
        setup.provider = own.provider;
        setup.base_url.clone_from(&own.base_url);
        setup.model.clone_from(&own.model);
        (setup.input_price, setup.output_price) = (own.input_price, own.output_price);
        setup.listed_card.clone_from(&own.listed_card);
        setup.limits.clone_from(&own.limits);
        if let Some(variant) = &own.variant {
            setup.system.clone_from(&variant.system);
            setup.user.clone_from(&variant.user);
            setup.reasoning_effort = variant.reasoning_effort;
        }
        setup
    }
}

/// What a table calls a candidate: its model, and whatever else tells it from the others.
pub fn candidate_name(setup: &Setup, lane: usize) -> String {
    let own = setup.of_lane(lane);
    let others = || (0..setup.lanes()).filter(|other| *other != lane).map(|other| setup.of_lane(other));
    let mut name = own.model.clone();
    if !others().any(|other| other.model == own.model) {
        return name;
    }
    if others().any(|other| other.model == own.model && other.base_url != own.base_url) {
        let host = own.base_url.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default();
        name.push_str(&format!(" at {}", if host.is_empty() { "the Demo" } else { host }));
    }
    if others().any(|other| other.system != own.system) {
        name.push_str(if own.system == setup.system { ", first prompt" } else { ", second prompt" });
    }
    if others().any(|other| other.reasoning_effort != own.reasoning_effort) {
        let effort = own.reasoning_effort.map_or("usual", ReasoningEffort::word);
        name.push_str(&format!(", {effort} effort"));
    }
    name
}

/// What a person calls a lane, counted from one.
pub fn lane_name(lane: usize) -> String {
    format!("Lane {}", lane + 1)
}

/// How the simulated provider behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoSettings {
    pub latency_ms: u32,
    pub errors_ppm: u32,
    pub rate_limited_ppm: u32,
}

impl Default for DemoSettings {
    fn default() -> DemoSettings {
        DemoSettings { latency_ms: 400, errors_ppm: 20_000, rate_limited_ppm: 5_000 }
    }
}
