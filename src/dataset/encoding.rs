//! Bytes as text: UTF-8, with or without a byte order mark, or UTF-16 with one.

use std::borrow::Cow;

use crate::dataset::DataProblem;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The text without its byte order mark, and what it was, in words.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, &'static str), DataProblem> {
    let (text, name) = match bytes {
        [0xff, 0xfe, rest @ ..] => (Cow::Owned(from_utf16(rest, u16::from_le_bytes)?), "UTF-16"),
        [0xfe, 0xff, rest @ ..] => (Cow::Owned(from_utf16(rest, u16::from_be_bytes)?), "UTF-16"),
        _ => match bytes.strip_prefix(UTF8_MARK) {
            Some(rest) => (Cow::Borrowed(from_utf8(rest)?), "UTF-8 with a byte order mark"),
            None => (Cow::Borrowed(from_utf8(bytes)?), "UTF-8"),
        },
    };
    // No text has NUL in it: this is UTF-16 without its mark, or no text at all.
    match text.find('\0') {
        Some(at) => Err(DataProblem::Encoding { line: line_at(&text.as_bytes()[..at]) }),
        None => Ok((text, name)),
    }
}

fn from_utf8(bytes: &[u8]) -> Result<&str, DataProblem> {
    std::str::from_utf8(bytes).map_err(|error| DataProblem::Encoding { line: line_at(&bytes[..error.valid_up_to()]) })
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DataProblem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| DataProblem::Encoding { line: line_at(text.as_bytes()) })?);
    }
    if rest.is_empty() { Ok(text) } else { Err(DataProblem::Encoding { line: line_at(text.as_bytes()) }) }
}

/// The number, from one, of the line on which `before` ends.
fn line_at(before: &[u8]) -> u64 {
    1 + line_ends(before)
}

/// Line ends in a text: LF, CRLF, or a lone CR as the oldest files have it. A CR at the very end counts.
pub fn line_ends(text: &[u8]) -> u64 {
    let mut count = 0;
    for (place, byte) in text.iter().enumerate() {
        count += u64::from(*byte == b'\n' || *byte == b'\r' && text.get(place + 1) != Some(&b'\n'));
    }
    count
}
