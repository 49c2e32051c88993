//! What the calls share, as far as it is marked to be kept in the provider's prompt cache.

use serde::Serialize;

use crate::provider::{CacheMarks, Call, PromptCache, Provider, ReasoningEffort};

/// A call's texts, parted where the mark goes: one mark at the end of what the calls share keeps everything before it.
pub(super) struct Parted<'a> {
    /// The start of the user prompt, with the mark behind it; empty: no mark in the user prompt.
    pub shared: &'a str,
    pub own: &'a str,
    /// The mark stands behind the system prompt.
    pub marks_system: bool,
}

pub(super) fn parted<'a>(call: &Call<'a>) -> Parted<'a> {
    let marks = call.prompt_cache != PromptCache::Off;
    let (shared, own) = if marks { user_parts(call) } else { ("", call.user) };
    Parted { shared, own, marks_system: marks && shared.is_empty() && !call.system.is_empty() }
}

/// The start of the user prompt that the calls share, and the rest of it.
fn user_parts<'a>(call: &Call<'a>) -> (&'a str, &'a str) {
    match call.user.split_at_checked(call.shared_user_bytes) {
        // A block of white space alone is refused.
        Some((shared, own)) if !shared.trim().is_empty() && !own.trim().is_empty() => (shared, own),
        _ => ("", call.user),
    }
}

/// What OpenAI's two APIs and Mistral's are told of the cache.
///
/// From GPT-5.6 on OpenAI writes every prompt of 1,024 tokens and more into it, at 1.25 times the price of input, unless
/// the mode is `explicit`: then it writes and reads what is marked, and nothing where nothing is. Source: OpenAI, "Prompt
/// caching", and its API description, November 2026.
///
/// Mistral takes a key, has no marks, and bills no writes. Source: Mistral, "Prompt caching", November 2026.
#[derive(Serialize)]
pub(super) struct CacheFields {
    /// Calls that share a prefix have the same key: it leads them to where the prefix is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_options: Option<Mode>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Mode {
    mode: &'static str,
}

const EXPLICIT: Mode = Mode { mode: "explicit" };

/// The fields for this call, and the mark for the end of what is kept. They go to OpenAI and Mistral themselves only,
/// whatever other servers take.
pub(super) fn cache_fields(provider: Provider, base_url: &str, call: &Call) -> (CacheFields, Option<Mode>) {
    if provider.cache_marks(base_url, call.model) != CacheMarks::OpenAi {
        // The key is sent without being asked for: writes cost nothing, and reads cost less.
        let prompt_cache_key = if provider.is_mistral(base_url) { prefix_key(call) } else { None };
        return (CacheFields { prompt_cache_key, prompt_cache_options: None }, None);
    }
    let Parted { shared, marks_system, .. } = parted(call);
    let marks = marks_system || !shared.is_empty();
    let key = marks.then(|| key_of(&[call.model, call.system, shared]));
    (CacheFields { prompt_cache_key: key, prompt_cache_options: Some(EXPLICIT) }, marks.then_some(EXPLICIT))
}

/// The key of all that the calls share; `None` where they share nothing.
fn prefix_key(call: &Call) -> Option<String> {
    let (shared, _) = user_parts(call);
    (!call.system.is_empty() || !shared.is_empty()).then(|| key_of(&[call.model, call.system, shared]))
}

/// The same for the same texts, and nothing of them can be read from it (FNV-1a).
fn key_of(texts: &[&str]) -> String {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("pennybatch-{hash:016x}")
}

/// The effort in the words of a preset that takes it.
pub(super) fn effort_word(provider: Provider, effort: Option<ReasoningEffort>) -> Option<&'static str> {
    effort.filter(|effort| provider.preset().efforts.contains(effort)).map(ReasoningEffort::word)
}
