//! A call, read; its answer and its tokens, by rules simple enough to be repeated in a test.
//!
//! - Tokens of a text: one for each started four bytes of UTF-8.
//! - Input tokens: for each message its text's tokens and three more; three more for the whole.
//! - The answer: where the system prompt lists labels (`… category: produce, dairy, other. …`), one of them, chosen by
//!   the first four bytes (big-endian) of the SHA-256 of the last user message; else `Answer` and its first eight
//!   hex digits. Cut to `max_completion_tokens` (or `max_tokens`), and `finish_reason` is then `length`.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a call asks for.
#[derive(Debug)]
pub struct Asked {
    pub model: String,
    pub system: String,
    /// The last user message.
    pub message: String,
    pub message_sha256: [u8; 32],
    pub input_tokens: u64,
    /// Of these, what the system prompt takes.
    pub system_tokens: u64,
    pub output_cap: Option<u64>,
    /// What the call asks to be kept in the prompt cache.
    pub marked: Option<Marked>,
}

/// The beginning of a call, up to its mark.
#[derive(Debug)]
pub struct Marked {
    pub text: String,
    pub tokens: u64,
    pub one_hour: bool,
}

/// What it is answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub text: String,
    pub finish: &'static str,
    pub output_tokens: u64,
}

/// Of OpenAI's two APIs: `input` and `max_output_tokens` are the Responses API's.
#[derive(Deserialize)]
struct Body {
    model: String,
    #[serde(alias = "input")]
    messages: Vec<Message>,
    #[serde(alias = "max_output_tokens")]
    max_completion_tokens: Option<u64>,
    max_tokens: Option<u64>,
    #[serde(default)]
    prompt_cache_options: CacheOptions,
}

#[derive(Default, Deserialize)]
struct CacheOptions {
    mode: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    r#type: String,
    text: String,
    prompt_cache_breakpoint: Option<Value>,
}

impl Content {
    fn into_parts(self) -> Vec<Part> {
        match self {
            Content::Text(text) => vec![Part { r#type: TEXT_PARTS[0].to_owned(), text, prompt_cache_breakpoint: None }],
            Content::Parts(parts) => parts,
        }
    }
}

/// The types of text parts in each of the two APIs.
const TEXT_PARTS: [&str; 2] = ["text", "input_text"];
/// The least that OpenAI's prompt cache keeps.
const CACHED_TOKENS_MIN: u64 = 1_024;

pub const TOKENS_A_MESSAGE: u64 = 3;
pub const TOKENS_A_CALL: u64 = 3;

/// Reads a request's body, or says what is wrong with it.
pub fn read(body: &[u8]) -> Result<Asked, String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| format!("The body can't be read: {error}."))?;
    let is_explicit = body.prompt_cache_options.mode.as_deref() == Some("explicit");
    let (mut system, mut message, mut input_tokens, mut system_tokens) = (String::new(), None, TOKENS_A_CALL, 0);
    let (mut so_far, mut marked) = (String::new(), None);
    for Message { role, content } in body.messages {
        let (mut tokens, mut content_text) = (TOKENS_A_MESSAGE, String::new());
        for Part { r#type, text, prompt_cache_breakpoint } in content.into_parts() {
            if !TEXT_PARTS.contains(&r#type.as_str()) {
                return Err(format!("A part's type must be text, and it is {type}."));
            }
            tokens += tokens_of(&text);
            content_text.push_str(&text);
            so_far.push_str(&text);
            if prompt_cache_breakpoint.is_some() {
                let before = input_tokens - TOKENS_A_CALL + tokens;
                marked = Some(Marked { text: so_far.clone(), tokens: before, one_hour: false });
            }
        }
        so_far.push('\n');
        input_tokens += tokens;
        let content = content_text;
        match role.as_str() {
            "system" | "developer" => {
                system_tokens += tokens;
                system = content;
            }
            "user" => message = Some(content),
            _ => {}
        }
    }
    let message = message.ok_or("There must be a user message.")?;
    let message_sha256 = sha256(&message);
    let output_cap = body.max_completion_tokens.or(body.max_tokens);
    // Unless told otherwise, these models write all of a prompt.
    if bills_cache_writes(&body.model) && !is_explicit {
        marked = Some(Marked { text: so_far, tokens: input_tokens, one_hour: false });
    }
    Ok(Asked {
        model: body.model,
        system,
        message,
        message_sha256,
        input_tokens,
        system_tokens,
        output_cap,
        marked: marked.filter(|marked| marked.tokens >= CACHED_TOKENS_MIN),
    })
}

/// OpenAI's models from GPT-5.6 on.
pub fn bills_cache_writes(model: &str) -> bool {
    let version = model.strip_prefix("gpt-").and_then(|rest| rest.split('-').next()).unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    matches!((major.parse::<u32>(), minor.parse::<u32>()), (Ok(major), Ok(minor)) if (major, minor) >= (5, 6))
}

/// Models that OpenAI answers for over its Responses API alone.
pub fn is_responses_only(model: &str) -> bool {
    model.split('-').any(|part| part == "pro" || part == "codex")
}

pub fn answer(asked: &Asked) -> Answer {
    let labels = labels_in(&asked.system);
    let text = if labels.is_empty() {
        format!("Answer {}", &hex(&asked.message_sha256)[..8])
    } else {
        let [a, b, c, d, ..] = asked.message_sha256;
        labels[u32::from_be_bytes([a, b, c, d]) as usize % labels.len()].to_owned()
    };
    let whole_tokens = tokens_of(&text);
    match asked.output_cap {
        Some(cap) if cap < whole_tokens => {
            let kept = text.chars().scan(0, |bytes, letter| {
                *bytes += letter.len_utf8() as u64;
                (*bytes <= cap * BYTES_A_TOKEN).then_some(letter)
            });
            Answer { text: kept.collect(), finish: "length", output_tokens: cap }
        }
        _ => Answer { text, finish: "stop", output_tokens: whole_tokens },
    }
}

const BYTES_A_TOKEN: u64 = 4;

pub fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_A_TOKEN)
}

pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The labels between a colon and the end of its sentence, where there are at least two, parted by commas.
fn labels_in(system: &str) -> Vec<&str> {
    let Some((_, listed)) = system.split_once(':') else { return Vec::new() };
    let listed = listed.split(['.', '\n']).next().unwrap_or_default();
    let labels: Vec<&str> = listed.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    if labels.len() < 2 { Vec::new() } else { labels }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSIFY: &str = "Classify the product into exactly one category: produce, cleaning, dairy, meat, snacks, \
        beverages, frozen, bakery, other. Respond with just the category name.";

    fn asked(system: &str, message: &str, more: &str) -> Asked {
        let body = format!(
            r#"{{"model": "m", "messages": [{{"role": "system", "content": {}}}, {{"role": "user", "content": {}}}]{more}}}"#,
            serde_json::json!(system),
            serde_json::json!(message)
        );
        read(body.as_bytes()).expect("a call")
    }

    #[test]
    fn a_classification_is_answered_by_one_of_its_labels_always_the_same() {
        let said = answer(&asked(CLASSIFY, "Organic Baby Spinach 5oz", ""));
        assert_eq!(said, answer(&asked(CLASSIFY, "Organic Baby Spinach 5oz", "")));
        assert!(labels_in(CLASSIFY).contains(&said.text.as_str()), "{said:?}");
        assert_eq!(labels_in(CLASSIFY).len(), 9);
        assert_eq!((said.finish, said.output_tokens), ("stop", tokens_of(&said.text)));
    }

    #[test]
    fn any_other_prompt_gets_its_own_short_answer_cut_at_the_cap() {
        let whole = answer(&asked("Be brief.", "hello", ""));
        assert_eq!(whole.text, "Answer 2cf24dba");
        assert_eq!((whole.finish, whole.output_tokens), ("stop", 4));
        let cut = answer(&asked("Be brief.", "hello", r#", "max_completion_tokens": 2"#));
        assert_eq!(cut, Answer { text: "Answer 2".to_owned(), finish: "length", output_tokens: 2 });
    }

    #[test]
    fn tokens_are_started_fours_of_bytes() {
        assert_eq!(["", "a", "abcd", "abcde", "ééé"].map(tokens_of), [0, 1, 1, 2, 2]);
        let asked = asked("abcd", "abcde", "");
        assert_eq!((asked.input_tokens, asked.system_tokens), (3 + (3 + 1) + (3 + 2), 4));
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for bad in ["", "{}", r#"{"model": "m", "messages": []}"#, r#"{"model": "m", "messages": [{"role": "user"}]}"#]
        {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
