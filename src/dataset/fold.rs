//! When two texts are as good as the same: what is left of them without case, white space and Unicode's variants.

/// `text` without its outer white space, with each run of white space inside as one space, in lower case, and in the
/// form that `nfkc` gives it (Unicode's NFKC), which is asked only beyond ASCII.
pub fn folded(text: &str, nfkc: impl Fn(&str) -> String) -> String {
    let normal = if text.is_ascii() { None } else { Some(nfkc(text)) };
    let text = normal.as_deref().unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_white_space_are_folded_and_words_are_not() {
        let same = |text: &str| folded(text, str::to_owned);
        assert_eq!(same("  Organic\tBaby  SPINACH\n"), "organic baby spinach");
        assert_eq!(same("\u{c9}t\u{e9}\u{a0}1"), "\u{e9}t\u{e9} 1");
        assert_ne!(same("ab c"), same("a bc"));
        assert_ne!(same("5oz"), same("5 oz"));
    }

    #[test]
    fn the_normal_form_is_asked_for_beyond_ascii_alone() {
        assert_eq!(folded("\u{ff21}\u{fb01}", |_| "Afi".into()), "afi");
        assert_eq!(folded("plain", |_| panic!("not asked")), "plain");
    }
}
