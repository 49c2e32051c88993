//! Token counts equal those of OpenAI's own tiktoken; `tokens/reference.py` says how its counts were made.

#![cfg(feature = "tokenizers")]

use pennybatch::tokenizer::{cl100k_base, o200k_base};

const CASES: &str = include_str!("tokens/cases.jsonl");
/// Fewer would be a corpus that was lost.
const CASES_MIN: usize = 1_000;

#[test]
fn counts_equal_openais() {
    let mut differences = Vec::new();
    let mut count = 0;
    for line in CASES.lines() {
        let (text, o200k, cl100k): (String, u32, u32) = serde_json::from_str(line).unwrap();
        let ours = (o200k_base(&text), cl100k_base(&text));
        if ours != (o200k, cl100k) {
            differences.push(format!("{text:?}: {ours:?}, not {:?}", (o200k, cl100k)));
        }
        count += 1;
    }
    assert!(count >= CASES_MIN, "{count} cases");
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), differences.join("\n"));
}
