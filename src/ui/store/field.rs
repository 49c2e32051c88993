//! The fields of the four steps: their accessible names, which stay, their ids on the page, and the numbers they take.

use crate::number::{Range, Unit};

/// In flight at most; more than this a browser doesn't open to one server.
pub const CONCURRENCY_MAX: u64 = 64;
const COUNT_MAX: u64 = u32::MAX as u64;

/// A field that a person types into, in the order of the page, so that the first problem is the topmost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    DataFile,
    Tolerance,
    TruthFields,
    RowCount,
    RowText,
    SystemPrompt,
    UserPrompt,
    Labels,
    JsonSchema,
    MaxOutputTokens,
    Reasks,
    BaseUrl,
    ApiKey,
    Model,
    DemoLatency,
    DemoErrors,
    DemoRefusals,
    Budget,
    Concurrency,
    RequestsPerMinute,
    TokensPerMinute,
    Burst,
    MaxRetries,
    Timeout,
    Temperature,
    InputPrice,
    OutputPrice,
    CompareRows,
    SecondPrompt,
}

impl Field {
    /// The accessible name.
    pub const fn label(self) -> &'static str {
        match self {
            Field::DataFile => "Data file",
            Field::Tolerance => "Tolerance",
            Field::TruthFields => "Fields to compare",
            Field::RowCount => "How many rows",
            Field::RowText => "Cell text",
            Field::CompareRows => "Rows to compare",
            Field::SecondPrompt => "Second system prompt",
            Field::SystemPrompt => "System prompt",
            Field::UserPrompt => "User prompt",
            Field::Labels => "Labels",
            Field::JsonSchema => "JSON schema",
            Field::Reasks => "Re-ask when the answer doesn't fit",
            Field::BaseUrl => "Base URL",
            Field::ApiKey => "API key",
            Field::Model => "Model",
            Field::InputPrice => "Input price",
            Field::OutputPrice => "Output price",
            Field::MaxOutputTokens => "Max output tokens",
            Field::Temperature => "Temperature",
            Field::DemoLatency => "Demo latency",
            Field::DemoErrors => "Demo errors",
            Field::DemoRefusals => "Demo 429s",
            Field::Concurrency => "Concurrency",
            Field::RequestsPerMinute => "Requests per minute",
            Field::TokensPerMinute => "Tokens per minute",
            Field::Burst => "Burst",
            Field::MaxRetries => "Max retries",
            Field::Timeout => "Timeout",
            Field::Budget => "Budget",
        }
    }

    /// The element's id; of a further lane with its number.
    pub fn id(self, lane: usize) -> String {
        let id = match self {
            Field::DataFile => "data-file",
            Field::Tolerance => "tolerance",
            Field::TruthFields => "truth-fields",
            Field::RowCount => "row-count",
            Field::RowText => "row-text",
            Field::CompareRows => "compare-rows",
            Field::SecondPrompt => "second-prompt",
            Field::SystemPrompt => "system-prompt",
            Field::UserPrompt => "user-prompt",
            Field::Labels => "labels",
            Field::JsonSchema => "json-schema",
            Field::MaxOutputTokens => "max-output-tokens",
            Field::Reasks => "reasks",
            Field::BaseUrl => "base-url",
            Field::ApiKey => "api-key",
            Field::Model => "model",
            Field::DemoLatency => "demo-latency",
            Field::DemoErrors => "demo-errors",
            Field::DemoRefusals => "demo-refusals",
            Field::Budget => "budget",
            Field::Concurrency => "concurrency",
            Field::RequestsPerMinute => "requests-per-minute",
            Field::TokensPerMinute => "tokens-per-minute",
            Field::Burst => "burst",
            Field::MaxRetries => "max-retries",
            Field::Timeout => "timeout",
            Field::Temperature => "temperature",
            Field::InputPrice => "input-price",
            Field::OutputPrice => "output-price",
        };
        if lane == 0 { id.to_owned() } else { format!("{id}-{}", lane + 1) }
    }

    /// Each endpoint has its own; the others are the form's.
    pub const fn is_of_endpoint(self) -> bool {
        use Field::*;
        let who = matches!(self, BaseUrl | ApiKey | Model | InputPrice | OutputPrice);
        who || matches!(self, Concurrency | RequestsPerMinute | TokensPerMinute | Burst)
    }

    /// The numbers that it takes; `None`: it takes a text.
    pub const fn range(self) -> Option<Range> {
        Some(match self {
            Field::DataFile
            | Field::TruthFields
            | Field::RowText
            | Field::SecondPrompt
            | Field::SystemPrompt
            | Field::UserPrompt
            | Field::Labels
            | Field::JsonSchema
            | Field::BaseUrl
            | Field::ApiKey
            | Field::Model => return None,
            Field::Reasks => whole(0, 5),
            Field::Tolerance => Range { decimals: 6, ..whole(0, 1_000_000_000_000_000) },
            Field::RowCount | Field::CompareRows => Range { optional: false, ..whole(1, 1_000_000) },
            // A step is a pico-dollar a token.
            Field::InputPrice | Field::OutputPrice => {
                Range { unit: Unit::UsdPerMillion, decimals: 6, ..whole(0, 10_000_000_000) }
            }
            Field::MaxOutputTokens => whole(1, 1_000_000),
            Field::Temperature => Range { decimals: 6, ..whole(0, 2_000_000) },
            Field::DemoLatency => Range { unit: Unit::Milliseconds, optional: false, ..whole(1, 60_000) },
            // In millionths of all calls.
            Field::DemoErrors | Field::DemoRefusals => {
                Range { unit: Unit::Percent, decimals: 4, optional: false, ..whole(0, 1_000_000) }
            }
            Field::Concurrency => Range { optional: false, ..whole(1, CONCURRENCY_MAX) },
            Field::RequestsPerMinute | Field::Burst => whole(1, COUNT_MAX),
            Field::TokensPerMinute => whole(1, 1_000_000_000_000),
            Field::MaxRetries => whole(0, 20),
            Field::Timeout => Range { unit: Unit::Seconds, ..whole(1, 3_600) },
            Field::Budget => Range { unit: Unit::Usd, decimals: 6, ..whole(1, 1_000_000_000_000_000) },
        })
    }

    /// The number in a text, in the steps of the range; `None` where there is none or it can't be read.
    pub fn steps(self, text: &str) -> Option<u64> {
        self.range().and_then(|range| range.read("", text).ok().flatten())
    }

    /// The number that so many steps of the range are: 5 where it has one decimal is 0.5.
    pub fn number(self, steps: u64) -> f64 {
        steps as f64 / self.steps_of_one()
    }

    /// A number as the box shows it; what is below a step is rounded.
    pub fn shown(self, number: f64) -> String {
        self.range().map(|range| range.plain((number * self.steps_of_one()).round() as u64)).unwrap_or_default()
    }

    fn steps_of_one(self) -> f64 {
        10_u64.pow(self.range().map_or(0, |range| range.decimals.into())) as f64
    }

    /// What was understood of a number, where the text leaves a doubt.
    pub fn echo(self, text: &str) -> Option<String> {
        self.range().and_then(|range| range.echo(text))
    }
}

/// Whole numbers, or nothing.
const fn whole(min: u64, max: u64) -> Range {
    Range { unit: Unit::None, decimals: 0, min, max, optional: true }
}
