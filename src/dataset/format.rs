//! What kind of file this is, by its name and its first lines.

use crate::dataset::Format;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const RECORDS_LOOKED_AT: usize = 50;
const BYTES_LOOKED_AT: usize = 256 * 1_024;

pub fn guess(name: &str, text: &str) -> Format {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    if matches!(ending.as_str(), "jsonl" | "ndjson" | "json") || looks_like_json(text) {
        return Format::Jsonl;
    }
    let tabs = matches!(ending.as_str(), "tsv" | "tab");
    Format::Csv { delimiter: guess_delimiter(text, tabs) }
}

/// The first line is a JSON object, or an array of objects begins.
fn looks_like_json(text: &str) -> bool {
    let start = text.trim_start();
    let first_line = start.lines().next().unwrap_or("");
    match start.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<serde::de::IgnoredAny>(first_line).is_ok(),
        Some(b'[') => start[1..].trim_start().starts_with('{'),
        _ => false,
    }
}

/// The delimiter that splits the header, and then the most of the first records into as many cells.
fn guess_delimiter(text: &str, prefer_tabs: bool) -> u8 {
    let head = head(text);
    let score = |delimiter: u8| {
        let mut reader = reader(head.as_bytes(), delimiter);
        let counts: Vec<usize> =
            reader.byte_records().take(RECORDS_LOOKED_AT).map_while(Result::ok).map(|record| record.len()).collect();
        let width = counts.first().copied().unwrap_or(0);
        let alike = counts.iter().filter(|count| **count == width).count();
        let alike_percent = alike * 100 / counts.len().max(1);
        let preferred = prefer_tabs && delimiter == b'\t';
        (width > 1).then_some((preferred, alike_percent, width))
    };
    let fallback = if prefer_tabs { b'\t' } else { b',' };
    // On a tie the earlier one stays, and the list goes from common to rare.
    let best = DELIMITERS.iter().rev().filter_map(|delimiter| Some((score(*delimiter)?, *delimiter)));
    best.max_by_key(|(score, _)| *score).map_or(fallback, |(_, delimiter)| delimiter)
}

/// The first lines, whole: a record cut in two would count as an uneven one.
fn head(text: &str) -> &str {
    if text.len() <= BYTES_LOOKED_AT {
        return text;
    }
    let mut end = BYTES_LOOKED_AT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].rfind('\n').map_or(&text[..end], |line_end| &text[..=line_end])
}

pub fn reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes)
}
