//! Anthropic's Messages wire: the bodies that are sent, and what their answers cost, worked by hand from the price table.

use pennybatch::money::Usd;
use pennybatch::prices;
use pennybatch::provider::{AnswerFormat, Call, PromptCache, Provider, ReasoningEffort, Usage, Wire};

use crate::NOW;

const BASE: &str = "https://api.anthropic.com/v1";

fn call() -> Call<'static> {
    Call {
        model: "claude-haiku-4-5",
        system: "Be brief.",
        user: "Rules. Row 1",
        output_tokens_max: Some(10),
        temperature: Some(0.5),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: PromptCache::Off,
        shared_user_bytes: 0,
    }
}

fn body(call: &Call) -> String {
    Provider::Anthropic.body(Wire::AnthropicMessages, BASE, call)
}

#[test]
fn bodies_are_the_same_bytes_every_time() {
    assert_eq!(
        body(&call()),
        concat!(
            r#"{"model":"claude-haiku-4-5","max_tokens":10,"system":[{"type":"text","text":"Be brief."}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}],"temperature":0.5}"#
        )
    );
    let bare = Call { system: "", output_tokens_max: None, temperature: None, ..call() };
    assert_eq!(
        body(&bare),
        concat!(
            r#"{"model":"claude-haiku-4-5","max_tokens":4096,"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}]}"#
        )
    );
    let effort = |effort| body(&Call { effort: Some(effort), ..bare.clone() });
    assert!(effort(ReasoningEffort::Max).ends_with(r#","output_config":{"effort":"max"}}"#));
    assert!(!effort(ReasoningEffort::Minimal).contains("effort"), "no word of this wire");
    assert!(!body(&Call { model: "claude-sonnet-5", ..call() }).contains("temperature"));
}

#[test]
fn tokens_are_counted_for_what_would_be_sent_without_what_is_no_input() {
    assert_eq!(Provider::OpenAi.count_url("https://api.openai.com/v1"), None);
    let url = Provider::Anthropic.count_url(BASE);
    assert_eq!(url.as_deref(), Some("https://api.anthropic.com/v1/messages/count_tokens"));
    assert_eq!(
        Provider::Anthropic.count_body(&call()),
        concat!(
            r#"{"model":"claude-haiku-4-5","system":[{"type":"text","text":"Be brief."}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"Rules. Row 1"}]}]}"#
        )
    );
}

#[test]
fn one_mark_stands_at_the_end_of_what_the_calls_share() {
    let kept = |prompt_cache, shared_user_bytes| body(&Call { prompt_cache, shared_user_bytes, ..call() });
    let system = r#""system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]"#;
    assert!(kept(PromptCache::FiveMinutes, 0).contains(system));
    let hourly = r#""system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#;
    assert!(kept(PromptCache::OneHour, 0).contains(hourly));
    let prefix = concat!(
        r#""system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":["#,
        r#"{"type":"text","text":"Rules. ","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Row 1"}]}]"#
    );
    assert!(kept(PromptCache::FiveMinutes, 7).contains(prefix), "{}", kept(PromptCache::FiveMinutes, 7));
    assert!(!kept(PromptCache::Off, 7).contains("cache_control"));
    // A block of nothing would be refused.
    assert!(kept(PromptCache::FiveMinutes, 12).contains(system));
}

/// $3.75 per 1M tokens that are written to the cache for five minutes.
#[test]
fn a_written_token_is_the_dearest() {
    let card = &prices::find_at(Provider::Anthropic, "claude-sonnet-4-6").expect("in the catalogue").card;
    assert_eq!(card.worst_case(1_000, 0), Usd::from_pico(3_750_000_000));
}

/// Prices of `claude-haiku-5-5` in the table: $0.10, $0.50, read $0.01, written $0.125 and $0.20; above 100,000 tokens
/// of input five times that for the whole request, the cached part included.
#[test]
fn a_long_prompt_from_the_cache_is_priced_in_its_tier() {
    let card = &prices::find_at(Provider::Anthropic, "claude-haiku-5-5").expect("in the catalogue").card;
    let usage = |fresh, cache_read, five_minutes, one_hour, output| Usage {
        input: fresh + cache_read + five_minutes + one_hour,
        output,
        cache_read,
        cache_write: five_minutes + one_hour,
        cache_write_1h: one_hour,
        reasoning: 0,
    };
    // 100,000 in all: 1,000 * 100,000 + 90,000 * 10,000 + 5,000 * 125,000 + 4,000 * 200,000 + 20 * 500,000.
    assert_eq!(card.cost(&usage(1_000, 90_000, 5_000, 4_000, 20), NOW).pico(), 2_435_000_000);
    // One token more: 1,001 * 500,000 + 90,000 * 50,000 + 5,000 * 625,000 + 4,000 * 1,000,000 + 20 * 2,500,000.
    assert_eq!(card.cost(&usage(1_001, 90_000, 5_000, 4_000, 20), NOW).pico(), 12_175_500_000);
}
