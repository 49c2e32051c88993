//! Links as people paste them: through mail clients, chats, content management systems and other tools' escaping. The
//! calculator's links, the runner's and the embedded calculator's attributes are taken apart here alone.

use crate::number::is_invisible;

/// A text as a part of a query. Letters, digits and `-._~/:@` stand for themselves.
pub fn escaped(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)].into());
            out.push(HEX[usize::from(byte & 15)].into());
        }
    }
    out
}

/// The names and values of a query, in their order. Names are in lower case. Values are as they were meant where our own
/// links are concerned; [`bare`] takes off what other tools put around them.
///
/// What advertisers and mailings glue to every link is left out. A `?` or `#` is never raw in our own links, so it
/// separates too: that is where other tools glue.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    // Escaped as a whole.
    let query = if query.contains('=') { query.to_owned() } else { decoded(query, b'+') };
    let parts = query.split(['&', '?', '#']).map(without_entity).filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    let pairs = pairs.map(|(name, value)| (bare(name).to_ascii_lowercase(), decoded(value, b' ')));
    pairs.filter(|(name, _)| !is_tracking(name)).collect()
}

/// `&amp;` and its numbers leave this before a name.
fn without_entity(mut part: &str) -> &str {
    while let Some(rest) = ["amp;", "38;", "038;", "x26;"].iter().find_map(|entity| part.strip_prefix(entity)) {
        part = rest;
    }
    part
}

/// `plus` is what a `+` stands for; a `%` that begins no escape stands for itself. By hand: the first load has no room for
/// a crate here.
fn decoded(text: &str, plus: u8) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let byte = match (byte, after) {
            (b'%', [high, low, behind @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = behind;
                hex(*high) * 16 + hex(*low)
            }
            (b'+', _) => plus,
            (byte, _) => *byte,
        };
        bytes.push(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { (digit | 32) - b'a' + 10 }
}

fn is_tracking(name: &str) -> bool {
    let begins = ["utm_", "mc_", "_", "igsh", "gad_", "hsa_", "pk_", "mtm_", "ref_", ":~:"]
        .iter()
        .any(|start| name.starts_with(start));
    begins || name.ends_with("clid") || ["msclkid", "ref", "gbraid", "wbraid", "srsltid", "mkt_tok"].contains(&name)
}

/// Straight, curly, low, angled, and the primes that editors put for an inch.
fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201e}' | '\u{2032}' | '\u{2033}')
}

/// A part of a link in a message, which may be of any length.
pub fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("\u{201c}{}\u{2026}\u{201d}", &text[..end]),
        None => format!("\u{201c}{text}\u{201d}"),
    }
}

/// What ends a sentence, a bracket or a quotation that the link stood in.
fn is_ending(letter: char) -> bool {
    matches!(letter, '.' | ',' | ';' | ':' | '!' | '>' | ']' | '*' | '"' | '\'' | '\u{2019}' | '\u{201d}' | '\u{bb}')
}

/// A value without what editors and mail clients put around it: a second escaping, blanks, quotes, the punctuation that
/// follows a link. Not for free text, which may mean all of these.
pub fn bare(value: &str) -> String {
    // A hyphen that editors put so that a line doesn't break there, or for the eye.
    let text = decoded(value, b'+').replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}'], "-");
    let mut rest = text.as_str();
    let opens = text.contains('(');
    loop {
        let before = rest;
        rest = rest.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
        rest = unquoted(rest);
        rest = rest.trim_end_matches(|letter| is_ending(letter) || letter == ')' && !opens);
        if rest.len() == before.len() {
            return rest.to_owned();
        }
    }
}

/// Quotes on one side only may have lost what was quoted, so they stay.
fn unquoted(text: &str) -> &str {
    let mut inside = text.chars();
    match (inside.next(), inside.next_back()) {
        (Some(first), Some(last)) if is_quote(first) && is_quote(last) => inside.as_str(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<(String, String)> {
        pairs(query).into_iter().map(|(name, value)| (name, bare(&value))).collect()
    }

    fn expect(query: &str, wanted: &[(&str, &str)]) {
        let wanted: Vec<(String, String)> =
            wanted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(read(query), wanted, "{query}");
    }

    #[test]
    fn links_mean_the_same_however_they_were_pasted() {
        let same = [("model", "google/gemini-2.5-flash:free"), ("conc", "5")];
        for query in [
            "model=google/gemini-2.5-flash:free&conc=5",
            "model=google%2Fgemini-2.5-flash%3Afree&conc=5",
            "model=google%2fgemini-2.5-flash%3afree&conc=5",
            "model=google%252Fgemini-2.5-flash%253Afree&conc=5",
            "model%3Dgoogle%2Fgemini-2.5-flash%3Afree%26conc%3D5",
            "model=google/gemini-2.5-flash:free&amp;conc=5",
            "model=google/gemini-2.5-flash:free&amp;amp;conc=5",
            "model=google/gemini-2.5-flash:free&#038;conc=5",
            "MODEL=google/gemini-2.5-flash:free&Conc=5",
            "model=google/gemini-2.5-flash:free&conc=+5+",
            "model=google/gemini-2.5-flash:free&conc=5%20",
            "model=google/gemini-2.5-flash:free&conc=5.",
            "model=google/gemini-2.5-flash:free&conc=5)",
            "model=google/gemini-2.5-flash:free&conc=5).",
            "model=google/gemini-2.5-flash:free&conc=5>",
            "model=google/gemini-2.5-flash:free&conc=5%3E,",
            "model=google/gemini-2.5-flash:free&conc=5%22",
            "model=google/gemini-2.5-flash:free&conc=5**",
            "model=%22google/gemini-2.5-flash:free%22&conc=%E2%80%9C5%E2%80%9D",
            "model=google/gemini-2.5-flash:free&conc=5&utm_source=mail&utm_campaign=a%20b",
            "utm_source=mail&fbclid=IwAR1&model=google/gemini-2.5-flash:free&conc=5&gclid=1&msclkid=2",
            "model=google/gemini-2.5-flash:free&conc=5?utm_source=mail",
            "gad_source=1&gbraid=2&model=google/gemini-2.5-flash:free&conc=5&mkt_tok=3&srsltid=4",
            "model=google/gemini-2.5-flash:free&conc=5#:~:text=cheap",
            "model=google/gemini-2.5-flash:free&#x26;conc=5",
            "model=google/gemini-2.5-flash:free&conc=5&&",
            "?model=google/gemini-2.5-flash:free&conc=5",
        ] {
            expect(query, &same);
        }
        expect("model=qwen3%3A8b", &[("model", "qwen3:8b")]);
        expect("model=meta-llama%2fLlama-3.3", &[("model", "meta-llama/Llama-3.3")]);
    }

    #[test]
    fn what_is_not_ours_keeps_its_name() {
        expect("calls=5&colour=red#comments", &[("calls", "5"), ("colour", "red"), ("comments", "")]);
        expect("dup=100%&calls=%zz&in=5\u{2026}", &[("dup", "100%"), ("calls", "%zz"), ("in", "5\u{2026}")]);
        expect("a=b=c&d", &[("a", "b=c"), ("d", "")]);
    }

    #[test]
    fn values_are_freed_of_what_editors_put_around_them() {
        for (value, meant) in [
            ("\u{201d}gpt-4o-mini\u{2033}", "gpt-4o-mini"),
            ("\u{201e}5,000\u{201c}", "5,000"),
            ("\u{a0} 5 \u{a0}", "5"),
            ("\u{feff}5\u{200b}", "5"),
            ("GPT-4o (2024)", "GPT-4o (2024)"),
            ("\u{201c}GPT-4o", "\u{201c}GPT-4o"),
            ("-5", "-5"),
            ("gpt\u{2011}4o\u{2013}mini", "gpt-4o-mini"),
            ("$0.15", "$0.15"),
            ("10%", "10%"),
            ("\"", ""),
            ("", ""),
        ] {
            assert_eq!(bare(value), meant, "{value:?}");
        }
    }

    /// A search that begins anew at each quote would not end.
    #[test]
    fn any_value_is_read_in_one_go() {
        for piece in ["\u{201c}", "\"", "((", ").", "%2525", " \u{201d}"] {
            let _ = bare(&piece.repeat(300_000));
        }
    }

    #[test]
    fn a_quotation_is_cut() {
        assert_eq!(quoted("gpt-4o"), "\u{201c}gpt-4o\u{201d}");
        assert_eq!(quoted(&"\u{fc}".repeat(81)), format!("\u{201c}{}\u{2026}\u{201d}", "\u{fc}".repeat(80)));
    }

    #[test]
    fn free_text_survives_the_way_there_and_back() {
        for text in ["a b&c=d#e?f%g+h", "\u{dc}n\u{ef}code/\u{2026}", "100%", "%zz", "gpt-5.", " \"4o\" ", "%41"] {
            let query = format!("filter={}", escaped(text));
            assert_eq!(pairs(&query), [("filter".to_owned(), text.to_owned())], "{query}");
        }
        assert_eq!(escaped("google/gemini-2.5-flash:free"), "google/gemini-2.5-flash:free");
    }
}
