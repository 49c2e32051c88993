//! The presets, as one table of plain values: where a provider is reached, how it is spoken to, and what is known of
//! its habits. Facts are of November 2026, from the providers' own documentation unless a line says otherwise.

use serde::{Deserialize, Serialize};

use crate::provider::{ReasoningEffort, TokenAccounting, Wire};

/// Whom a lane talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The simulated provider inside the worker: no key, no network.
    Demo,
    OpenAi,
    Anthropic,
    /// Google's Gemini through its OpenAI-compatible endpoint.
    Gemini,
    OpenRouter,
    Groq,
    Mistral,
    DeepSeek,
    Together,
    Xai,
    Cerebras,
    Fireworks,
    Moonshot,
    Alibaba,
    Cohere,
    Meta,
    Ollama,
    LmStudio,
    LlamaCpp,
    Vllm,
    /// Any other server that speaks OpenAI's Chat Completions.
    OpenAiCompatible,
}

/// What is known of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// As the page shows it.
    pub name: &'static str,
    /// Empty where the person must enter it.
    pub base_url: &'static str,
    /// For models that answer on no other: see [`crate::prices::wire_at`].
    pub wire: Wire,
    pub auth: Auth,
    pub cap: CapName,
    /// What may be said of how hard to think; empty where the wire has no word for it.
    pub efforts: &'static [ReasoningEffort],
    /// Where an answer states what it cost.
    pub stated_cost: StatedCost,
    pub rate_headers: RateHeaders,
    pub pace: Pace,
    pub accounting: TokenAccounting,
    pub place: ServedAt,
    /// What a browser lets through, in a sentence: it changes without notice, so it is a hint and never a rule.
    pub browser: &'static str,
    /// Where a person gets a key.
    pub key_page: Option<&'static str>,
    /// The vendor in the catalogue whose prices hold here.
    pub vendor: Option<&'static str>,
    /// What calls put before the catalogue's name of a model.
    pub model_prefix: &'static str,
}

/// In which header the key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    None,
    /// `authorization: Bearer …`
    Bearer,
    /// The same; a server may be set up to ask for none.
    OptionalBearer,
    /// `x-api-key: …`
    XApiKey,
}

/// How the output cap is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapName {
    MaxTokens,
    /// OpenAI refuses the older name for reasoning models; Mistral refuses this one (422).
    MaxCompletionTokens,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatedCost {
    /// No answer states it, or not in a unit that is known.
    No,
    /// `usage.cost`, in dollars (OpenRouter).
    Dollars,
    /// The same field, of a server whose documentation isn't known: it may mean credits or another currency, or be zero
    /// for a model that the server has no price for.
    DollarsMaybe,
    /// `usage.cost_in_usd_ticks`: ten thousand million to the dollar (xAI).
    Ticks,
}

/// The headers in which the provider states its limits. A browser shows them only where the provider exposes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateHeaders {
    None,
    /// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, durations such as `6m0s`.
    XRateLimit,
    /// `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, dates of RFC 3339.
    Anthropic,
}

/// How the provider counts requests within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Not documented: a strict minute is right everywhere.
    Window,
    /// Continuous refill up to the limit.
    Bucket,
    /// A sixtieth of the limit in any second.
    PerSecond,
}

/// Where the server runs, for the order of the list and for what a browser asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServedAt {
    Page,
    Internet,
    ThisMachine,
    Anywhere,
}

impl Provider {
    /// In the order in which they are offered.
    pub const ALL: [Provider; 21] = [
        Provider::Demo,
        Provider::OpenAi,
        Provider::Anthropic,
        Provider::Gemini,
        Provider::OpenRouter,
        Provider::Groq,
        Provider::Mistral,
        Provider::DeepSeek,
        Provider::Together,
        Provider::Xai,
        Provider::Cerebras,
        Provider::Fireworks,
        Provider::Moonshot,
        Provider::Alibaba,
        Provider::Cohere,
        Provider::Meta,
        Provider::Ollama,
        Provider::LmStudio,
        Provider::LlamaCpp,
        Provider::Vllm,
        Provider::OpenAiCompatible,
    ];

    pub fn preset(self) -> &'static Preset {
        match self {
            Provider::Demo => &DEMO,
            Provider::OpenAi => &OPEN_AI,
            Provider::Anthropic => &ANTHROPIC,
            Provider::Gemini => &GEMINI,
            Provider::OpenRouter => &OPEN_ROUTER,
            Provider::Groq => &GROQ,
            Provider::Mistral => &MISTRAL,
            Provider::DeepSeek => &DEEP_SEEK,
            Provider::Together => &TOGETHER,
            Provider::Xai => &XAI,
            Provider::Cerebras => &CEREBRAS,
            Provider::Fireworks => &FIREWORKS,
            Provider::Moonshot => &MOONSHOT,
            Provider::Alibaba => &ALIBABA,
            Provider::Cohere => &COHERE,
            Provider::Meta => &META,
            Provider::Ollama => &OLLAMA,
            Provider::LmStudio => &LM_STUDIO,
            Provider::LlamaCpp => &LLAMA_CPP,
            Provider::Vllm => &VLLM,
            Provider::OpenAiCompatible => &COMPATIBLE,
        }
    }

    pub fn name(self) -> &'static str {
        self.preset().name
    }

    /// Whether the provider documents that the cost which its answers state is what it bills (OpenRouter's "usage
    /// accounting", xAI's "cost tracking"). Any other stated cost is only a server's word: it doesn't lower a price that
    /// the person or the catalogue states.
    pub fn documents_cost(self) -> bool {
        matches!(self.preset().stated_cost, StatedCost::Dollars | StatedCost::Ticks)
    }

    /// Calls leave the page.
    pub fn is_remote(self) -> bool {
        self != Provider::Demo
    }

    /// The preset of this name, as [`Preset::name`] has it.
    pub fn named(name: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

const CONSERVATIVE: TokenAccounting = TokenAccounting { output_as_used: false, cache_reads_free: false };

/// Nothing but the wire is known; the other presets say where they differ.
const COMPATIBLE: Preset = Preset {
    name: "Other OpenAI-compatible endpoint",
    base_url: "",
    wire: Wire::OpenAiChat,
    auth: Auth::OptionalBearer,
    cap: CapName::MaxTokens,
    efforts: ReasoningEffort::OF_CHAT,
    stated_cost: StatedCost::DollarsMaybe,
    rate_headers: RateHeaders::XRateLimit,
    pace: Pace::Window,
    accounting: CONSERVATIVE,
    place: ServedAt::Anywhere,
    browser: "Works where the server allows calls from web pages (CORS).",
    key_page: None,
    vendor: None,
    model_prefix: "",
};

const DEMO: Preset = Preset {
    name: "Demo",
    auth: Auth::None,
    efforts: &[],
    stated_cost: StatedCost::No,
    rate_headers: RateHeaders::None,
    place: ServedAt::Page,
    browser: "Answers inside this page.",
    ..COMPATIBLE
};

/// Hosted, with a key.
const HOSTED: Preset =
    Preset { auth: Auth::Bearer, stated_cost: StatedCost::No, place: ServedAt::Internet, ..COMPATIBLE };

/// On the person's own machine: no bill, so no prices of the catalogue.
const LOCAL: Preset = Preset {
    stated_cost: StatedCost::No,
    rate_headers: RateHeaders::None,
    place: ServedAt::ThisMachine,
    efforts: &[],
    ..COMPATIBLE
};

/// Tokens count by max(cap, an estimate from characters), and failed requests count too. The reset headers tell of
/// continuous refill.
const OPEN_AI: Preset = Preset {
    name: "OpenAI",
    base_url: "https://api.openai.com/v1",
    cap: CapName::MaxCompletionTokens,
    pace: Pace::Bucket,
    browser: "Works in the browser. Hides its rate limits from web pages, so enter yours. A wrong key may look like \
              a network error.",
    key_page: Some("https://platform.openai.com/api-keys"),
    vendor: Some("openai"),
    ..HOSTED
};

/// The token bucket is documented, as are output tokens that count as they come and, for most models, cache reads
/// that don't count at all.
const ANTHROPIC: Preset = Preset {
    name: "Anthropic",
    base_url: "https://api.anthropic.com/v1",
    wire: Wire::AnthropicMessages,
    auth: Auth::XApiKey,
    efforts: ReasoningEffort::OF_MESSAGES,
    rate_headers: RateHeaders::Anthropic,
    pace: Pace::Bucket,
    accounting: TokenAccounting { output_as_used: true, cache_reads_free: true },
    browser: "Works in the browser, and shows its rate limits. Some organizations forbid it (data retention settings).",
    key_page: Some("https://platform.claude.com/settings/keys"),
    vendor: Some("anthropic"),
    ..HOSTED
};

/// Unusual request headers make its preflight fail.
const GEMINI: Preset = Preset {
    name: "Gemini",
    base_url: "https://generativelanguage.googleapis.com/v1beta/openai",
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. States its limits only when it refuses a call.",
    key_page: Some("https://aistudio.google.com/apikey"),
    vendor: Some("google"),
    ..HOSTED
};

/// Its models are other vendors', at prices of its own, which each answer states.
const OPEN_ROUTER: Preset = Preset {
    name: "OpenRouter",
    base_url: "https://openrouter.ai/api/v1",
    stated_cost: StatedCost::Dollars,
    browser: "Works in the browser. Hides its rate limits. Each answer states its cost, and that is what counts.",
    key_page: Some("https://openrouter.ai/settings/keys"),
    ..HOSTED
};

/// `x-ratelimit-*-requests` is of a day, `-tokens` of a minute; cached tokens don't count.
const GROQ: Preset = Preset {
    name: "Groq",
    base_url: "https://api.groq.com/openai/v1",
    cap: CapName::MaxCompletionTokens,
    pace: Pace::Bucket,
    accounting: TokenAccounting { output_as_used: false, cache_reads_free: true },
    browser: "Works in the browser.",
    key_page: Some("https://console.groq.com/keys"),
    vendor: Some("groq"),
    ..HOSTED
};

const MISTRAL: Preset = Preset {
    name: "Mistral",
    base_url: "https://api.mistral.ai/v1",
    efforts: &[],
    browser: "Works in the browser. Hides its rate limits from web pages, so enter yours.",
    key_page: Some("https://console.mistral.ai/api-keys"),
    vendor: Some("mistral"),
    ..HOSTED
};

/// Limits concurrency rather than rate.
const DEEP_SEEK: Preset = Preset {
    name: "DeepSeek",
    base_url: "https://api.deepseek.com/v1",
    efforts: &[],
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. Sends no rate limits, so enter yours.",
    key_page: Some("https://platform.deepseek.com/api_keys"),
    vendor: Some("deepseek"),
    ..HOSTED
};

/// Limits are stated a minute and kept a second.
const TOGETHER: Preset = Preset {
    name: "Together",
    base_url: "https://api.together.ai/v1",
    rate_headers: RateHeaders::None,
    pace: Pace::PerSecond,
    browser: "Works in the browser.",
    key_page: Some("https://api.together.ai/settings/api-keys"),
    vendor: Some("together"),
    ..HOSTED
};

/// Requests are limited a second (a sixtieth of the minute's limit), tokens a minute; each answer states its cost.
/// Its `completion_tokens` leave the reasoning out, which the total holds.
const XAI: Preset = Preset {
    name: "xAI",
    base_url: "https://api.x.ai/v1",
    cap: CapName::MaxCompletionTokens,
    stated_cost: StatedCost::Ticks,
    pace: Pace::PerSecond,
    browser: "Works in the browser. Each answer states its cost, and that is what counts.",
    key_page: Some("https://console.x.ai"),
    vendor: Some("xai"),
    ..HOSTED
};

/// Cerebras, Fireworks, Moonshot, Alibaba and Cohere let web pages in by the preflights that enricoros/big-AGI sent from one
/// place on 14 August 2026.
///
/// A 401 comes without the header that lets a page read it.
const CEREBRAS: Preset = Preset {
    name: "Cerebras",
    base_url: "https://api.cerebras.ai/v1",
    cap: CapName::MaxCompletionTokens,
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. A wrong key looks like a network error.",
    key_page: Some("https://cloud.cerebras.ai"),
    vendor: Some("cerebras"),
    ..HOSTED
};

const FIREWORKS: Preset = Preset {
    name: "Fireworks",
    base_url: "https://api.fireworks.ai/inference/v1",
    browser: "Works in the browser.",
    key_page: Some("https://app.fireworks.ai/settings/users/api-keys"),
    vendor: Some("fireworks"),
    model_prefix: "accounts/fireworks/models/",
    ..HOSTED
};

const MOONSHOT: Preset = Preset {
    name: "Moonshot",
    base_url: "https://api.moonshot.ai/v1",
    efforts: &[],
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. Sends no rate limits, so enter yours.",
    key_page: Some("https://platform.moonshot.ai/console/api-keys"),
    vendor: Some("moonshotai"),
    ..HOSTED
};

/// Model Studio's international endpoint (Singapore), whose prices the catalogue has.
const ALIBABA: Preset = Preset {
    name: "Alibaba",
    base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    efforts: &[],
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. Sends no rate limits, so enter yours.",
    key_page: Some("https://modelstudio.console.alibabacloud.com"),
    vendor: Some("alibaba"),
    ..HOSTED
};

/// Its compatibility API.
const COHERE: Preset = Preset {
    name: "Cohere",
    base_url: "https://api.cohere.ai/compatibility/v1",
    efforts: &[],
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. Sends no rate limits, so enter yours.",
    key_page: Some("https://dashboard.cohere.com/api-keys"),
    vendor: Some("cohere"),
    ..HOSTED
};

/// enricoros/big-AGI found on 2 September 2026 that web pages get through to its Responses API. Meta's docs recommend that
/// API, and send people who need a key to this page.
const META: Preset = Preset {
    name: "Meta",
    base_url: "https://api.meta.ai/v1",
    wire: Wire::OpenAiResponses,
    rate_headers: RateHeaders::None,
    browser: "Works in the browser. Sends no rate limits, so enter yours.",
    key_page: Some("https://dev.meta.ai/docs/quickstart"),
    vendor: Some("meta"),
    ..HOSTED
};

const OLLAMA: Preset = Preset {
    name: "Ollama",
    base_url: "http://localhost:11434/v1",
    auth: Auth::None,
    browser: "Allows pages from localhost. For any other page set OLLAMA_ORIGINS and restart it. It cuts long \
              prompts silently: set OLLAMA_CONTEXT_LENGTH.",
    ..LOCAL
};

const LM_STUDIO: Preset = Preset {
    name: "LM Studio",
    base_url: "http://localhost:1234/v1",
    browser: "Turn on CORS in its server settings, or run lms server start --cors.",
    ..LOCAL
};

const LLAMA_CPP: Preset = Preset {
    name: "llama.cpp",
    base_url: "http://localhost:8080/v1",
    browser: "Its server allows web pages by default.",
    ..LOCAL
};

const VLLM: Preset = Preset {
    name: "vLLM",
    base_url: "http://localhost:8000/v1",
    cap: CapName::MaxCompletionTokens,
    efforts: ReasoningEffort::OF_CHAT,
    browser: "Its server allows web pages by default (--allowed-origins).",
    ..LOCAL
};
