//! The string literals of Rust files: the tables of other tests are where the odd inputs are that were thought of.

use proc_macro2::{Literal, TokenStream, TokenTree};

/// The texts of all string and byte string literals of a file.
pub fn of_file(path: &str) -> Vec<Vec<u8>> {
    let source = String::from_utf8(crate::project_file(path)).unwrap_or_else(|_| panic!("{path} is UTF-8"));
    let tokens: TokenStream = source.parse().unwrap_or_else(|why| panic!("{path}: {why}"));
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Vec<u8>>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(text_of(&literal)),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn text_of(literal: &Literal) -> Option<Vec<u8>> {
    let source = literal.to_string();
    let source = source.strip_prefix('b').unwrap_or(&source);
    if let Some(raw) = source.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.as_bytes().to_vec());
    }
    Some(unescaped(source.strip_prefix('"')?.strip_suffix('"')?))
}

fn unescaped(source: &str) -> Vec<u8> {
    let mut text = Vec::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        text.extend_from_slice(&rest.as_bytes()[..at]);
        let (escape, after) = rest[at + 1..].split_at(1);
        rest = after;
        match escape {
            "n" => text.push(b'\n'),
            "r" => text.push(b'\r'),
            "t" => text.push(b'\t'),
            "0" => text.push(0),
            "x" => {
                text.push(u8::from_str_radix(&rest[..2], 16).expect("two digits"));
                rest = &rest[2..];
            }
            "u" => {
                let (digits, after) = rest[1..].split_once('}').expect("an escape ends");
                let letter = u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32);
                text.extend_from_slice(letter.expect("a letter").encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            // A literal that goes on in the next line.
            "\n" => rest = rest.trim_start(),
            sign => text.extend_from_slice(sign.as_bytes()),
        }
    }
    text.extend_from_slice(rest.as_bytes());
    text
}

#[test]
fn literals_are_read_as_rust_reads_them() {
    assert_eq!(
        unescaped(
            r#"a\n\t\"\\\u{e4}\x41\
        b"#
        ),
        "a\n\t\"\\\u{e4}Ab".as_bytes()
    );
    let own = of_file("tests/fuzz/literals.rs");
    for text in [&b"raw \\n"[..], b"bytes\xff"] {
        assert!(own.iter().any(|literal| literal == text), "{text:?}");
    }
    let _ = (r"raw \n", b"bytes\xff");
}
