//! The bytes of every preset's request body. The keys of the request cache are made from them, so that a changed body
//! empties everybody's cache and changes what interrupted runs send again. Where that is meant, replace the lines of
//! `bodies.jsonl` by those that the test prints.

use std::fs;
use std::path::Path;

use pennybatch::provider::{AnswerFormat, Call, PromptCache, Provider, ReasoningEffort, Wire};
use serde_json::json;

use crate::fixture::name_of;

const STRICT: &str = r#"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["b","a"],"additionalProperties":false}"#;
const NOT_STRICT: &str = r#"{ "type": "object", "properties": {"a": {"type": "string", "maxLength": 5}} }"#;
const SHARED: &str = "Read this.\n";

#[test]
fn bodies_are_the_same_over_versions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers/bodies.jsonl");
    let kept = fs::read_to_string(path).expect("the kept bodies");
    let bodies = bodies();
    let changed: Vec<&String> = bodies.iter().filter(|line| !kept.lines().any(|kept| kept == *line)).collect();
    assert!(changed.is_empty(), "these empty the request caches:\n{}", bodies.join("\n"));
    assert_eq!(kept.lines().count(), bodies.len());
}

fn bodies() -> Vec<String> {
    let labels = AnswerFormat::Labels(vec!["dairy".into(), "the \"rest\"".into()]);
    let formats = [
        ("text", AnswerFormat::Text),
        ("labels", labels),
        ("schema", AnswerFormat::Schema(STRICT.into())),
        ("schema, not strict", AnswerFormat::Schema(NOT_STRICT.into())),
        ("schema in the prompt", AnswerFormat::SchemaInPrompt(STRICT.into())),
    ];
    let mut lines = Vec::new();
    for provider in Provider::ALL {
        let base_url = provider.preset().base_url;
        let mut add_over = |wire: Wire, case: &str, base_url: &str, call: &Call| {
            lines.push(json!([name_of(provider), case, provider.body(wire, base_url, call)]).to_string());
        };
        let mut add = |case: &str, base_url: &str, call: &Call| add_over(provider.preset().wire, case, base_url, call);
        for (name, format) in &formats {
            add(name, base_url, &full(format));
        }
        let bare = Call {
            system: "",
            output_tokens_max: None,
            temperature: None,
            effort: None,
            prompt_cache: PromptCache::Off,
            ..full(&AnswerFormat::Text)
        };
        add("bare", base_url, &bare);
        add("a model without temperature", base_url, &Call { model: "gpt-5", ..full(&AnswerFormat::Text) });
        if provider == Provider::OpenAiCompatible {
            add("at OpenAI", "https://api.openai.com/v1", &full(&AnswerFormat::Text));
        }
        if provider == Provider::OpenAi {
            for (kept, prompt_cache) in [("kept", PromptCache::FiveMinutes), ("not kept", PromptCache::Off)] {
                let call = Call { model: "gpt-5.6-sol", prompt_cache, ..full(&AnswerFormat::Text) };
                add(&format!("a cache with billed writes, {kept}"), base_url, &call);
                let of_system = Call { shared_user_bytes: 0, ..call };
                add(&format!("the same of the system prompt, {kept}"), base_url, &of_system);
            }
            for (name, format) in &formats {
                add_over(Wire::OpenAiResponses, &format!("Responses, {name}"), base_url, &full(format));
            }
            add_over(Wire::OpenAiResponses, "Responses, bare", base_url, &bare);
            let kept = Call { model: "gpt-6-pro", prompt_cache: PromptCache::FiveMinutes, ..full(&AnswerFormat::Text) };
            add_over(Wire::OpenAiResponses, "Responses, a cache with billed writes, kept", base_url, &kept);
        }
    }
    lines
}

/// Everything that a call may be told.
fn full(format: &AnswerFormat) -> Call<'_> {
    Call {
        model: "m-1",
        system: "Be \"brief\".",
        user: "Read this.\nGr\u{f6}\u{df}e \u{1f95b}\t5 oz",
        output_tokens_max: Some(16),
        temperature: Some(0.7),
        format,
        effort: Some(ReasoningEffort::Low),
        prompt_cache: PromptCache::OneHour,
        shared_user_bytes: SHARED.len(),
    }
}
