//! The provider's own words, made fit to be shown and kept: short, on one line, and without anything like a key.

use std::borrow::Cow;

/// At most so many characters of a provider's message are kept.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// Keys are looked for in so many characters; masking them leaves fewer, and [`MESSAGE_CHARS_MAX`] are kept.
const LINE_CHARS_MAX: usize = 4 * MESSAGE_CHARS_MAX;
const MASK: &str = "…";
/// How the keys of the known providers begin.
const KEY_STARTS: [&str; 9] = ["sk-", "sk_", "gsk_", "xai-", "aiza", "pplx-", "hf_", "nvapi-", "tgp_"];
/// Words after which a key stands.
const KEY_LEADS: [&str; 5] = ["api key provided:", "api key:", "bearer ", "api_key=", "?key="];
const KEY_CHARS_MIN: usize = 8;

/// One line of at most [`MESSAGE_CHARS_MAX`] characters, with keys masked. A provider may echo megabytes, so the text is
/// cut before anything is searched in it.
pub fn clean(text: &str) -> String {
    let (line, seams) = one_line(text);
    in_short(&mask_keys(&line, &seams), MESSAGE_CHARS_MAX).into_owned()
}

/// At most so many characters; `…` is the last where there were more. What a message quotes may be of any length.
pub fn in_short(text: &str, chars_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars_max.saturating_sub(1)) {
        Some((cut, _)) if text[cut..].chars().nth(1).is_some() => format!("{}…", &text[..cut]).into(),
        _ => text.into(),
    }
}

/// Masks `key` in `text`, as it is and however JSON escapes it. It is also found where characters that can't be seen, escaped
/// or not, break it up, since a message is shown without them. The rest of the text stays as it is, byte by byte. Keys of
/// fewer than eight bytes stay too: local servers take any word, and masking one would maim what they answer.
pub fn hide_key(text: &mut String, key: &str) {
    if key.len() < KEY_CHARS_MIN {
        return;
    }
    if text.contains(key) {
        *text = text.replace(key, MASK);
    }
    if !text.chars().all(|c| is_seen(c) && c != '\\')
        && let Some(masked) = broken_key_hidden(text, key)
    {
        *text = masked;
    }
}

/// The text with the key masked where it stands once escapes are read and characters that can't be seen are left out.
fn broken_key_hidden(text: &str, key: &str) -> Option<String> {
    let seen: String = pieces(text).filter_map(|(_, c)| c).collect();
    let mut found = seen.match_indices(key).map(|(at, _)| at..at + key.len()).peekable();
    found.peek()?;
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (piece, c) in pieces(text) {
        found.next_if(|key| key.end <= at);
        match found.peek() {
            Some(key) if c.is_some() && key.start == at => out.push_str(MASK),
            Some(key) if key.start < at => {}
            _ => out.push_str(piece),
        }
        at += c.map_or(0, char::len_utf8);
    }
    Some(out)
}

/// A text's characters and JSON escapes, each with the character that is seen for it, if any.
fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (length, c) = if first == '\\' { escape(rest) } else { (first.len_utf8(), first) };
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        Some((piece, is_seen(c).then_some(c)))
    })
}

/// A JSON escape's length and character; a backslash that begins none is itself.
fn escape(text: &str) -> (usize, char) {
    match text.as_bytes().get(1) {
        Some(b'\\') => (2, '\\'),
        Some(b'"') => (2, '"'),
        Some(b'/') => (2, '/'),
        Some(b'b') => (2, '\u{8}'),
        Some(b'f') => (2, '\u{c}'),
        Some(b'n') => (2, '\n'),
        Some(b'r') => (2, '\r'),
        Some(b't') => (2, '\t'),
        Some(b'u') => {
            let code = text.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            code.and_then(char::from_u32).map_or((1, '\\'), |c| (6, c))
        }
        _ => (1, '\\'),
    }
}

fn is_seen(c: char) -> bool {
    c.is_whitespace() || !(c.is_control() || is_invisible(c))
}

/// The first [`LINE_CHARS_MAX`] characters that can be seen, with single spaces; and the places where something that
/// can't be seen was left out: a key may begin there.
fn one_line(text: &str) -> (String, Vec<usize>) {
    let (mut line, mut seams) = (String::new(), Vec::new());
    let mut space = false;
    let mut left = LINE_CHARS_MAX;
    for c in text.chars() {
        if !is_seen(c) {
            if seams.last() != Some(&line.len()) {
                seams.push(line.len());
            }
            continue;
        }
        if c.is_whitespace() {
            space = !line.is_empty();
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        if std::mem::take(&mut space) {
            line.push(' ');
        }
        line.push(c);
    }
    (line, seams)
}

/// Characters that reorder or hide the text around them.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn mask_keys(line: &str, seams: &[usize]) -> String {
    let lower = line.to_ascii_lowercase();
    let mut out = String::with_capacity(line.len());
    // The word that `at` is in ends here: looked for once a word, so that a line without blanks is read once.
    let mut word_end = 0;
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        if at >= word_end {
            word_end = at + lower[at..].find(|c: char| !is_key_char(c)).unwrap_or(lower.len() - at);
        }
        let is_seam = seams.binary_search(&at).is_ok();
        if begins_a_key(&lower, at, word_end, is_seam) {
            out.push_str(MASK);
            at = word_end;
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

/// Whether `at..word_end` is a key. `lower` is in ASCII lower case.
fn begins_a_key(lower: &str, at: usize, word_end: usize, is_seam: bool) -> bool {
    if at >= word_end || !is_seam && lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let word = &lower[at..word_end];
    if word.len() >= KEY_CHARS_MIN && KEY_STARTS.iter().any(|start| word.starts_with(start)) {
        return true;
    }
    let before = lower[..at].trim_end_matches(['"', '\'', '`', ' ']);
    !word.starts_with('.') && KEY_LEADS.iter().any(|lead| before.ends_with(lead.trim_end()))
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
            ("key:\u{0}sk-0123456789 and x\u{200b}sk-01234\u{200b}56789", "key:… and x…"),
            ("the task-based risk-adjusted model", "the task-based risk-adjusted model"),
            ("No API key provided.", "No API key provided."),
        ] {
            assert_eq!(clean(said), kept);
        }
    }

    #[test]
    fn the_key_is_masked_wherever_it_stands_and_nothing_else_changes() {
        const KEY: &str = r"tok/en\9+a";
        for (text, hidden) in [
            (r"a tok/en\9+a b tok/en\9+a", "a … b …"),
            (r#"{"a":"tok/en\\9+a"}"#, r#"{"a":"…"}"#),
            (r#"{"a":"tok\/en\\9+a"}"#, r#"{"a":"…"}"#),
            ("\u{200b}x\u{200d} tok/\u{200b}en\\9+\u{feff}a\u{200b}, y", "\u{200b}x\u{200d} …\u{200b}, y"),
            (r#"{"a":"tok\u002fen\u005C9\u0000+a\u"}"#, r#"{"a":"…\u"}"#),
            (r#"{"a":"tok\b/en\\9\b\b+a"}"#, r#"{"a":"…"}"#),
            ("tok/en\\9+\u{200b}a\u{200b}tok/\u{200b}en\\9+a", "…\u{200b}…"),
            ("\u{1f468}\u{200d}\u{1f469} tok/en", "\u{1f468}\u{200d}\u{1f469} tok/en"),
        ] {
            let mut masked = text.to_owned();
            hide_key(&mut masked, KEY);
            assert_eq!(masked, hidden, "{text}");
        }
        let mut word = "ollama is a word".to_owned();
        hide_key(&mut word, "ollama");
        assert_eq!(word, "ollama is a word");
    }

    #[test]
    fn one_short_line() {
        assert_eq!(clean("  a\r\n\tb\u{0}\u{202e}c  "), "a bc");
        let long = clean(&"ü".repeat(1_000));
        assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX);
        assert!(long.ends_with('…'));
        assert_eq!(clean(&"x".repeat(300)), "x".repeat(300));
    }

    /// Megabytes: reading each character's word anew would not end.
    #[test]
    fn an_echo_of_megabytes_is_cut_before_keys_are_looked_for() {
        for piece in ["x", "-a", "sk-", "\"", "api key:", "?key=", "\u{200b}", " "] {
            let echo = clean(&format!("Bad request: sk-0123456789 {}", piece.repeat(2_000_000)));
            assert!(echo.starts_with("Bad request: …"), "{piece}: {echo}");
            assert!(echo.chars().count() <= MESSAGE_CHARS_MAX);
        }
        let line = mask_keys(&"-a".repeat(1_000_000), &[]);
        assert_eq!(line.len(), 2_000_000, "the search itself is linear too");
    }

    #[test]
    fn a_key_that_the_cut_goes_through_is_masked() {
        let before = "y ".repeat(LINE_CHARS_MAX - 10);
        let (kept, seams) = one_line(&format!("{before}sk-0123456789"));
        assert!(mask_keys(&kept, &seams).ends_with('…'), "{kept}");
    }
}
