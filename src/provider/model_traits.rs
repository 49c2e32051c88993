//! What a model's name tells of the parameters it takes.

/// Whether a call to this model may state a temperature. Reasoning models answer 400 to it: OpenAI's `o` series and
/// everything from GPT-5 on but the chat variants, Claude from Opus 4.7 and Sonnet 5 on.
pub fn takes_temperature(model: &str) -> bool {
    let model = model.trim().to_ascii_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    if let Some(version) = name.strip_prefix("gpt-") {
        return leading_number(version).is_none_or(|major| major < 5) || version.contains("chat");
    }
    if let Some(series) = name.strip_prefix('o').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return !series.split('-').next().unwrap_or("").bytes().all(|byte| byte.is_ascii_digit());
    }
    match name.strip_prefix("claude-") {
        Some(rest) => claude_takes_temperature(rest),
        None => true,
    }
}

/// `opus-4-7`, `sonnet-5`, `haiku-4.5`; the older `3-5-haiku` begins with its version.
fn claude_takes_temperature(rest: &str) -> bool {
    let mut parts = rest.split(['-', '.']);
    let Some(family) = parts.next().filter(|family| family.parse::<u32>().is_err()) else { return true };
    let major = parts.next().and_then(leading_number).unwrap_or(0);
    // A date of eight digits is no minor version.
    let minor = parts.next().filter(|part| part.len() < 3).and_then(leading_number).unwrap_or(0);
    major < 5 && !(family == "opus" && major == 4 && minor >= 7)
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_models_take_no_temperature() {
        for model in [
            "gpt-5",
            "gpt-5-mini",
            "gpt-5.6-luna",
            "gpt-6-astra",
            "openai/gpt-5",
            "o1",
            "o3-mini",
            "o4-mini",
            "claude-opus-4-7",
            "claude-opus-4.8",
            "claude-opus-5",
            "claude-sonnet-5",
            "claude-sonnet-5-5",
            "anthropic/claude-sonnet-5",
            "claude-haiku-5-5",
            "claude-fable-5",
        ] {
            assert!(!takes_temperature(model), "{model}");
        }
        for model in [
            "gpt-4o-mini",
            "gpt-4.1",
            "gpt-3.5-turbo",
            "gpt-5-chat-latest",
            "openai/gpt-oss-20b",
            "claude-haiku-4-5",
            "claude-haiku-4-5-20251001",
            "claude-sonnet-4-6",
            "claude-opus-4-20250514",
            "claude-3-5-haiku-latest",
            "llama-3.3-70b-versatile",
            "olmo-2",
            "grok-4.7",
            "gemini-2.5-flash",
            "m",
            "",
        ] {
            assert!(takes_temperature(model), "{model}");
        }
    }
}
