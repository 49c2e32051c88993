//! Request bodies of OpenAI's Chat Completions, as OpenAI and the servers compatible with it take them.

use serde::Serialize;

use crate::provider::response_format::ResponseFormat;
use crate::provider::{Call, CapName, Provider, ReasoningEffort, base_url, response_format, takes_temperature};

/// Fields in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// A compatible endpoint at OpenAI's own address is OpenAI: it refuses `max_tokens` for reasoning models.
pub fn body(provider: Provider, base_url: &str, call: &Call) -> String {
    let preset = provider.preset();
    let newer_name = preset.cap == CapName::MaxCompletionTokens || base_url::host(base_url) == "api.openai.com";
    let system = (!call.system.is_empty()).then_some(Message { role: "system", content: call.system });
    let body = Body {
        model: call.model,
        messages: system.into_iter().chain([Message { role: "user", content: call.user }]).collect(),
        max_tokens: call.output_tokens_max.filter(|_| !newer_name),
        max_completion_tokens: call.output_tokens_max.filter(|_| newer_name),
        temperature: call.temperature.filter(|t| t.is_finite() && takes_temperature(call.model)),
        reasoning_effort: call.effort.filter(|effort| preset.efforts.contains(effort)).map(ReasoningEffort::word),
        response_format: response_format::field(provider.schema_support(), call.format),
    };
    serde_json::to_string(&body).unwrap_or_default()
}
