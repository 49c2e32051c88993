//! Bytes as text: UTF-8, UTF-16 with or without its byte order mark, or Windows-1252 where it is neither.

use std::borrow::Cow;

use crate::dataset::{DataProblem, ReaderVersion, signature};

const MARK: char = '\u{feff}';
/// A mark that was read as Windows-1252 once, and saved as UTF-8 then: `ï»¿`.
const MARK_IN_WINDOWS_1252: &str = "\u{ef}\u{bb}\u{bf}";
const BYTES_LOOKED_AT: usize = 64 * 1_024;

/// A file's text.
#[derive(Debug, PartialEq)]
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    /// In words.
    pub encoding: &'static str,
    /// NUL characters that were left out: SQL Server writes them for empty text, and no provider takes them.
    pub nuls: usize,
}

/// The text without its byte order marks. `told`: the file's format is known; then UTF-8 is text, whatever it holds.
pub fn decode(bytes: &[u8], version: ReaderVersion, told: bool) -> Result<Decoded<'_>, DataProblem> {
    let told = told && std::str::from_utf8(bytes).is_ok();
    if !told {
        signature::check_bytes(bytes)?;
    }
    let is_binary = |bytes: &[u8]| mostly_nul(bytes) || !told && has_many_controls(bytes);
    let (text, encoding) = match bytes {
        [0xff, 0xfe, rest @ ..] => (Cow::Owned(from_utf16(rest, u16::from_le_bytes)?), "UTF-16"),
        [0xfe, 0xff, rest @ ..] => (Cow::Owned(from_utf16(rest, u16::from_be_bytes)?), "UTF-16"),
        _ => match (utf16_without_mark(bytes), std::str::from_utf8(bytes)) {
            (Some(unit), _) => (Cow::Owned(from_utf16(bytes, unit)?), "UTF-16 without a byte order mark"),
            _ if is_binary(bytes) => return Err(binary()),
            (None, Ok(text)) if text.starts_with(MARK) => (Cow::Borrowed(text), "UTF-8 with a byte order mark"),
            (None, Ok(text)) => (Cow::Borrowed(text), "UTF-8"),
            (None, Err(error)) if looks_like_utf8(bytes) => {
                return Err(DataProblem::Encoding { line: line_at(&bytes[..error.valid_up_to()]) });
            }
            (None, Err(_)) => (Cow::Owned(from_windows_1252(bytes)?), "Windows-1252"),
        },
    };
    if is_binary(text.as_bytes()) {
        return Err(binary());
    }
    if !told {
        signature::check_text(&text)?;
    }
    let text = map(text, |text| text.trim_start_matches(MARK));
    let text =
        if version.takes_marks() { map(text, |text| text.trim_start_matches(MARK_IN_WINDOWS_1252)) } else { text };
    // The end of a file, as DOS marked it.
    let text = map(text, |text| text.strip_suffix('\u{1a}').unwrap_or(text));
    let text = if version.is_lenient() && text.contains(MARK) { Cow::Owned(without_marks(&text)) } else { text };
    let nuls = text.matches('\0').count();
    let text = if nuls > 0 { Cow::Owned(text.replace('\0', "")) } else { text };
    Ok(Decoded { text, encoding, nuls })
}

fn map<'a>(text: Cow<'a, str>, part: impl Fn(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) if part(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

/// Files that were put together have a mark at the start of a line.
fn without_marks(text: &str) -> String {
    text.replace("\n\u{feff}", "\n").replace("\r\u{feff}", "\r")
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(BYTES_LOOKED_AT)]
}

/// Of text, less than half of the bytes are NUL.
fn mostly_nul(bytes: &[u8]) -> bool {
    head(bytes).iter().filter(|byte| **byte == 0).count() * 2 > head(bytes).len()
}

/// Of text, few bytes are control characters.
fn has_many_controls(bytes: &[u8]) -> bool {
    // A vertical tab is a line break inside of a paragraph, in Word and PowerPoint.
    let is_control =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, 0 | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a | 0x1b);
    head(bytes).iter().filter(is_control).count() * 50 > head(bytes).len()
}

fn binary() -> DataProblem {
    let to_do = "Open it in the program it comes from and export it as CSV or JSONL in UTF-8.";
    signature::not_text("a binary file", to_do)
}

/// How to read the pairs of a UTF-16 file that lost its mark: in Latin text every other byte is NUL.
fn utf16_without_mark(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let (pairs, _) = bytes[..bytes.len().min(BYTES_LOOKED_AT)].as_chunks::<2>();
    let zeros = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let mostly = |count: usize| count * 10 >= pairs.len() * 6;
    match (mostly(first), mostly(second)) {
        (false, true) if first * 10 < pairs.len() => Some(u16::from_le_bytes),
        (true, false) if second * 10 < pairs.len() => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DataProblem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| DataProblem::Encoding { line: line_at(text.as_bytes()) })?);
    }
    if rest.is_empty() { Ok(text) } else { Err(DataProblem::Encoding { line: line_at(text.as_bytes()) }) }
}

/// More characters that are UTF-8 beyond ASCII than bytes that aren't: a damaged UTF-8 file. Read as Windows-1252,
/// each of those characters would come out as two or three wrong ones.
fn looks_like_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

/// Bytes 0x80 to 0x9f; the others are those of Latin-1. Five stand for nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn from_windows_1252(bytes: &[u8]) -> Result<String, DataProblem> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    for (place, byte) in bytes.iter().enumerate() {
        let c = match byte {
            0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
            byte => char::from(*byte),
        };
        // Other single-byte encodings use these.
        if c == '\0' && *byte != 0 {
            return Err(DataProblem::Encoding { line: line_at(&bytes[..place]) });
        }
        text.push(c);
    }
    // Of Western text, most letters are ASCII. Cyrillic, Greek or Japanese would come out as nonsense, and be paid for.
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (ascii, others) =
        letters.fold(
            (0_usize, 0_usize),
            |(ascii, others), c| {
                if c.is_ascii() { (ascii + 1, others) } else { (ascii, others + 1) }
            },
        );
    if others > ascii {
        let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        return Err(DataProblem::Encoding { line: line_at(&bytes[..first]) });
    }
    Ok(text)
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
