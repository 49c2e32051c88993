//! OpenAI's public tokenizers: how many tokens a text has. The vocabularies are large (a megabyte and more), so only the
//! programs that are loaded for them name this room.
//! Not here: which model uses which of them (`prices`), and what a provider adds to a text (`provider::tokens`).

/// Counts by `o200k_base` (GPT-4o and later).
pub fn o200k_base(text: &str) -> u32 {
    count(tiktoken_rs::o200k_base_singleton(), text)
}

/// Counts by `cl100k_base` (GPT-4, GPT-3.5).
pub fn cl100k_base(text: &str) -> u32 {
    count(tiktoken_rs::cl100k_base_singleton(), text)
}

/// What looks like a special token in a text is text: a chat's messages can't smuggle one in.
fn count(encoding: &tiktoken_rs::CoreBPE, text: &str) -> u32 {
    u32::try_from(encoding.count_ordinary(text)).unwrap_or(u32::MAX)
}
