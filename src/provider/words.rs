//! The provider's own words, made fit to be shown and kept: short, on one line, and without anything like a key.

/// At most so many characters of a provider's message are kept.
pub const MESSAGE_CHARS_MAX: usize = 300;

const MASK: &str = "…";
/// How the keys of the known providers begin.
const KEY_STARTS: [&str; 9] = ["sk-", "sk_", "gsk_", "xai-", "aiza", "pplx-", "hf_", "nvapi-", "tgp_"];
/// Words after which a key stands.
const KEY_LEADS: [&str; 5] = ["api key provided:", "api key:", "bearer ", "api_key=", "?key="];
const KEY_CHARS_MIN: usize = 8;

/// One line of at most [`MESSAGE_CHARS_MAX`] characters, with keys masked.
pub fn clean(text: &str) -> String {
    let masked = mask_keys(text);
    let mut line = String::with_capacity(masked.len().min(4 * MESSAGE_CHARS_MAX));
    for c in masked.chars() {
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !c.is_control() && !is_invisible(c) {
            line.push(c);
        }
    }
    let line = line.trim_end();
    match line.char_indices().nth(MESSAGE_CHARS_MAX - 1) {
        Some((cut, _)) if line[cut..].chars().nth(1).is_some() => format!("{}…", &line[..cut]),
        _ => line.to_string(),
    }
}

/// Characters that reorder or hide the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn mask_keys(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let end = key_end(&lower, at);
        if end > at {
            out.push_str(MASK);
            at = end;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        out.push(c);
        at += c.len_utf8();
    }
    out
}

/// Where the key that begins at `at` ends; `at` itself where none begins. `lower` is in ASCII lower case.
fn key_end(lower: &str, at: usize) -> usize {
    let rest = &lower[at..];
    let word = rest.find(|c: char| !is_key_char(c)).unwrap_or(rest.len());
    let begins_a_word = !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    if begins_a_word && word >= KEY_CHARS_MIN && KEY_STARTS.iter().any(|start| rest.starts_with(start)) {
        return at + word;
    }
    let before = lower[..at].trim_end_matches(['"', '\'', '`', ' ']);
    let led = KEY_LEADS.iter().any(|lead| before.ends_with(lead.trim_end()));
    if led && begins_a_word && word > 0 && !rest.starts_with('.') { at + word } else { at }
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.' | '=' | '+' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked() {
        for (said, kept) in [
            ("Incorrect API key provided: sk-abcd**********wxyz. You can", "Incorrect API key provided: … You can"),
            ("Incorrect API key provided: hunter2.", "Incorrect API key provided: …"),
            ("key (sk-proj-0123456789) refused", "key (…) refused"),
            ("bad header Authorization: Bearer abc.def", "bad header Authorization: Bearer …"),
            ("https://x/v1?key=AIzaSyD0123 failed", "https://x/v1?key=… failed"),
            ("the task-based risk-adjusted model", "the task-based risk-adjusted model"),
            ("No API key provided.", "No API key provided."),
        ] {
            assert_eq!(clean(said), kept);
        }
    }

    #[test]
    fn one_short_line() {
        assert_eq!(clean("  a\r\n\tb\u{0}\u{202e}c  "), "a bc");
        let long = clean(&"ü".repeat(1_000));
        assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX);
        assert!(long.ends_with('…'));
        assert_eq!(clean(&"x".repeat(300)), "x".repeat(300));
    }
}
