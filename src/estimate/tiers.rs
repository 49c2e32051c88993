//! Rate limits that providers publish for their usage tiers, to fill the limits in with one choice. Few providers
//! publish theirs; an account's own page is always right. Not here: limits that an answer's headers tell of.

use crate::estimate::Workload;
use crate::prices::Model;

/// The limits of one usage tier for the models whose id begins with `models`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub vendor: &'static str,
    /// How the id of a model begins that has these limits.
    pub models: &'static str,
    pub name: &'static str,
    pub requests_per_minute: Option<u64>,
    pub requests_per_day: Option<u64>,
    pub tokens_per_minute: Option<u64>,
    pub input_tokens_per_minute: Option<u64>,
    pub output_tokens_per_minute: Option<u64>,
    pub concurrency: Option<u32>,
    pub batch_queue_tokens: Option<u64>,
    pub batch_queue_requests: Option<u64>,
    /// Who says so, and when.
    pub source: &'static str,
}

const NONE: Tier = Tier {
    vendor: "",
    models: "",
    name: "",
    requests_per_minute: None,
    requests_per_day: None,
    tokens_per_minute: None,
    input_tokens_per_minute: None,
    output_tokens_per_minute: None,
    concurrency: None,
    batch_queue_tokens: None,
    batch_queue_requests: None,
    source: "",
};

const OPENAI_2024: &str = "OpenAI's limits as quoted in its forum, November 2024";
const OPENAI: &str = "OpenAI's model page of gpt-6.1-sol, October 2026";
const ANTHROPIC: &str = "Anthropic's rate limits page, October 2026";
const DEEPSEEK: &str = "DeepSeek's pricing page, 15 November 2026";

const fn openai(name: &'static str, requests: u64, tokens: u64) -> Tier {
    Tier {
        vendor: "openai",
        models: "gpt-6.1-sol",
        name,
        requests_per_minute: Some(requests),
        tokens_per_minute: Some(tokens),
        source: OPENAI,
        ..NONE
    }
}

const fn anthropic(models: &'static str, name: &'static str, limits: [u64; 3], queue: u64) -> Tier {
    Tier {
        vendor: "anthropic",
        models,
        name,
        requests_per_minute: Some(limits[0]),
        input_tokens_per_minute: Some(limits[1]),
        output_tokens_per_minute: Some(limits[2]),
        batch_queue_requests: Some(queue),
        source: ANTHROPIC,
        ..NONE
    }
}

const fn deepseek(models: &'static str, concurrency: u32) -> Tier {
    Tier { vendor: "deepseek", models, name: "Every account", concurrency: Some(concurrency), source: DEEPSEEK, ..NONE }
}

/// A longer beginning of an id stands before a shorter one.
const TIERS: [Tier; 19] = [
    Tier {
        vendor: "openai",
        models: "gpt-4o-mini",
        name: "Tier 1",
        requests_per_minute: Some(500),
        requests_per_day: Some(10_000),
        tokens_per_minute: Some(200_000),
        batch_queue_tokens: Some(2_000_000),
        source: OPENAI_2024,
        ..NONE
    },
    Tier {
        vendor: "openai",
        models: "gpt-4o",
        name: "Tier 1",
        requests_per_minute: Some(500),
        tokens_per_minute: Some(30_000),
        batch_queue_tokens: Some(90_000),
        source: OPENAI_2024,
        ..NONE
    },
    openai("Build", 5_000, 1_000_000),
    openai("Launch", 10_000, 4_000_000),
    openai("Grow", 15_000, 40_000_000),
    anthropic("claude-fable", "Start", [1_000, 500_000, 100_000], 200_000),
    anthropic("claude-fable", "Build", [2_000, 1_500_000, 300_000], 300_000),
    anthropic("claude-fable", "Scale", [4_000, 4_000_000, 800_000], 500_000),
    anthropic("claude-opus", "Start", [1_000, 2_000_000, 400_000], 200_000),
    anthropic("claude-opus", "Build", [5_000, 5_000_000, 1_000_000], 300_000),
    anthropic("claude-opus", "Scale", [10_000, 10_000_000, 2_000_000], 500_000),
    anthropic("claude-sonnet", "Start", [1_000, 2_000_000, 400_000], 200_000),
    anthropic("claude-sonnet", "Build", [5_000, 5_000_000, 1_000_000], 300_000),
    anthropic("claude-sonnet", "Scale", [10_000, 10_000_000, 2_000_000], 500_000),
    anthropic("claude-haiku", "Start", [1_000, 2_000_000, 400_000], 200_000),
    anthropic("claude-haiku", "Build", [5_000, 5_000_000, 1_000_000], 300_000),
    anthropic("claude-haiku", "Scale", [10_000, 10_000_000, 2_000_000], 500_000),
    deepseek("deepseek-flash", 2_500),
    deepseek("deepseek-v4-pro", 500),
];

/// The published tiers of a model, the smallest first; none where nobody publishes any.
pub fn tiers(model: &Model) -> Vec<&'static Tier> {
    let of_model = |tier: &&Tier| tier.vendor == model.vendor && model.id.starts_with(tier.models);
    let longest = TIERS.iter().filter(of_model).map(|tier| tier.models.len()).max();
    TIERS.iter().filter(|tier| of_model(tier) && Some(tier.models.len()) == longest).collect()
}

impl Tier {
    /// The workload under these limits instead of its own.
    pub fn applied(&self, workload: &Workload) -> Workload {
        Workload {
            requests_per_minute: self.requests_per_minute,
            requests_per_day: self.requests_per_day,
            tokens_per_minute: self.tokens_per_minute,
            input_tokens_per_minute: self.input_tokens_per_minute,
            output_tokens_per_minute: self.output_tokens_per_minute,
            provider_concurrency: self.concurrency,
            batch_queue_tokens: self.batch_queue_tokens,
            batch_queue_requests: self.batch_queue_requests,
            ..workload.clone()
        }
    }

    /// Whether the workload's limits are exactly these.
    pub fn is_of(&self, workload: &Workload) -> bool {
        self.applied(workload) == *workload
    }

    /// The workload without any limit of a provider.
    pub fn lifted(workload: &Workload) -> Workload {
        NONE.applied(workload)
    }
}
