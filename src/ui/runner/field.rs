//! The fields of the four steps: their accessible names, which stay, and their ids on the page.

/// A field that a person types into, in the order of the page, so that the first problem is the topmost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    DataFile,
    SystemPrompt,
    UserPrompt,
    Labels,
    JsonSchema,
    Reasks,
    BaseUrl,
    ApiKey,
    Model,
    InputPrice,
    OutputPrice,
    MaxOutputTokens,
    Temperature,
    Concurrency,
    RequestsPerMinute,
    TokensPerMinute,
    Burst,
    MaxRetries,
    Timeout,
    Budget,
}

impl Field {
    /// The accessible name.
    pub const fn label(self) -> &'static str {
        match self {
            Field::DataFile => "Data file",
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
            Field::Concurrency => "Concurrency",
            Field::RequestsPerMinute => "Requests per minute",
            Field::TokensPerMinute => "Tokens per minute",
            Field::Burst => "Burst",
            Field::MaxRetries => "Max retries",
            Field::Timeout => "Timeout",
            Field::Budget => "Budget",
        }
    }

    /// The element's id, which the shared parts make from the label.
    pub fn id(self) -> String {
        crate::ui::parts::slug(self.label())
    }

    /// What stands behind the number.
    pub const fn unit(self) -> &'static str {
        match self {
            Field::InputPrice | Field::OutputPrice => "USD / 1M",
            Field::Timeout => "s",
            Field::Budget => "USD",
            _ => "",
        }
    }
}
