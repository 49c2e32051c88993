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

/// Whether OpenAI serves this model by its Responses API alone: `o1-pro`, `gpt-5-pro`, `gpt-5.1-codex-max`,
/// `o3-deep-research`. Source: OpenAI's API description (`ResponsesOnlyModel`), November 2026; its models of later names
/// follow the same pattern. Where the catalogue says how a model is served, that counts instead.
pub fn is_responses_only(model: &str) -> bool {
    let model = model.trim().to_ascii_lowercase();
    let mut parts = model.split('-');
    let family = parts.next().unwrap_or_default();
    let is_reasoning = family.strip_prefix('o').is_some_and(|series| leading_number(series).is_some());
    let is_one_of = |words: &[&str]| parts.clone().any(|part| words.contains(&part));
    match family {
        "gpt" => is_one_of(&["pro", "codex"]),
        "codex" => true,
        "computer" => is_one_of(&["use"]),
        _ => is_reasoning && is_one_of(&["pro", "deep"]),
    }
}

/// Whether a model that a server lists answers prompts with text, by its name: lists hold models for embeddings, speech,
/// pictures and films, too.
pub fn answers_with_text(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    let parts = || name.split(['-', '_', '.', ':']);
    let others = [
        "embedding",
        "embeddings",
        "embed",
        "rerank",
        "whisper",
        "tts",
        "transcribe",
        "realtime",
        "dall",
        "sora",
        "moderation",
        "image",
        "imagen",
        "veo",
        "lyria",
        "ocr",
        "voxtral",
    ];
    !parts().any(|part| others.contains(&part))
}

/// Whether OpenAI bills input of this model that goes into its prompt cache, at 1.25 times the price of input: from
/// GPT-5.6 on. Source: OpenAI, "Prompt caching", November 2026. `openai/` in front is a router's name for it.
pub fn bills_cache_writes(model: &str) -> bool {
    let model = model.trim().to_ascii_lowercase();
    let name = model.strip_prefix("openai/").unwrap_or(&model);
    let Some(version) = name.strip_prefix("gpt-") else { return false };
    let Some(major) = leading_number(version) else { return false };
    let minor = version.split_once('.').and_then(|(_, rest)| leading_number(rest)).unwrap_or(0);
    let has_minor = version.find('.').is_some_and(|dot| version[..dot].bytes().all(|byte| byte.is_ascii_digit()));
    major > 5 || major == 5 && has_minor && minor >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openai_s_models_of_the_responses_api_are_known_by_their_names() {
        for model in [
            "o1-pro",
            "o1-pro-2025-03-19",
            "o3-pro",
            "gpt-5-pro",
            "gpt-5.5-pro",
            "gpt-5-codex",
            "gpt-5.1-codex-max",
            "gpt-5.3-codex",
            "o3-deep-research",
            "codex-mini-latest",
            "computer-use-preview",
            " GPT-5.4-Pro ",
        ] {
            assert!(is_responses_only(model), "{model}");
        }
        for model in [
            "gpt-4o-mini",
            "gpt-5",
            "gpt-5-chat-latest",
            "gpt-6.1-sol",
            "o3",
            "o4-mini",
            "gpt-prophet",
            "pro",
            "opus-pro",
            "",
        ] {
            assert!(!is_responses_only(model), "{model}");
        }
    }

    #[test]
    fn models_that_answer_with_something_else_are_known_by_their_names() {
        for model in [
            "text-embedding-3-small",
            "models/gemini-embedding-001",
            "whisper-1",
            "tts-1-hd",
            "gpt-4o-mini-tts",
            "dall-e-3",
            "gpt-image-2",
            "omni-moderation-latest",
            "gpt-realtime-mini",
            "sora-2",
            "mistral-ocr-latest",
            "imagen-4.0-generate",
        ] {
            assert!(!answers_with_text(model), "{model}");
        }
        for model in
            ["gpt-4o-mini", "gemini-2.5-flash", "accounts/fireworks/models/kimi-k3", "imaginary", "o3-pro", "qwen3:8b"]
        {
            assert!(answers_with_text(model), "{model}");
        }
    }

    #[test]
    fn writes_into_the_cache_are_billed_from_gpt_5_6_on() {
        for model in ["gpt-5.6-sol", "gpt-5.10", "gpt-6", "gpt-6-astra", "gpt-6.1-sol", "openai/gpt-5.6-luna", "gpt-10"]
        {
            assert!(bills_cache_writes(model), "{model}");
        }
        for model in [
            "gpt-5",
            "gpt-5.5-pro",
            "gpt-5-mini",
            "gpt-4.1",
            "gpt-4o-mini",
            "gpt-oss-120b",
            "claude-opus-5",
            "gpt-5-8.9",
            "",
        ] {
            assert!(!bills_cache_writes(model), "{model}");
        }
    }

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
