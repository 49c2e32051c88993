//! What kind of file this is, by its name and its first lines.

use crate::dataset::records::{Cells, Records};
use crate::dataset::{Format, ReaderVersion};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const RECORDS_LOOKED_AT: usize = 50;
const BYTES_LOOKED_AT: usize = 256 * 1_024;

pub fn guess(name: &str, text: &str, version: ReaderVersion) -> Format {
    let named = matches!(ending(name).as_str(), "jsonl" | "ndjson" | "json");
    // A table that someone named .json has no brace at its start.
    let braced = text[type_line(text)..].trim_start().starts_with(['{', '[', '"', '/', '#']);
    if named && (braced || !version.is_lenient()) || looks_like_json(text) {
        return Format::Jsonl;
    }
    if version.is_lenient()
        && let Some((delimiter, _)) = sep_line(text)
    {
        return Format::Csv { delimiter };
    }
    let tabs = matches!(ending(name).as_str(), "tsv" | "tab");
    let text = if version.takes_marks() { &text[type_line(text)..] } else { text };
    Format::Csv { delimiter: guess_delimiter(text, tabs, version) }
}

/// The end of a file's name, in lower case.
pub fn ending(name: &str) -> String {
    name.rsplit('.').next().unwrap_or("").to_ascii_lowercase()
}

/// `sep=;` as the first line names the delimiter for Excel and is no header: the delimiter, and the length of the line
/// with its end.
pub fn sep_line(text: &str) -> Option<(u8, usize)> {
    let end = text.find(['\r', '\n'])?;
    let line = &text[..end];
    let value = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let delimiter = if value.starts_with("\\t") { b'\t' } else { *value.as_bytes().first()? };
    // A program that wrote the file again has filled the line with delimiters.
    let rest = value.strip_prefix("\\t").or(value.get(1..))?;
    let is_sign = delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && !matches!(delimiter, b'"' | b'\r');
    let is_alone = rest.bytes().all(|byte| byte == delimiter || byte == b' ' || DELIMITERS.contains(&byte));
    let length = end + if text[end..].starts_with("\r\n") { 2 } else { 1 };
    (is_sign && is_alone).then_some((delimiter, length))
}

/// The length of PowerShell's first line, `#TYPE System.Management.Automation.PSCustomObject`, with its end; 0 where
/// there is none.
pub fn type_line(text: &str) -> usize {
    let end = text.find('\n').map_or(text.len(), |end| end + 1);
    let is_one_word = |name: &str| !name.is_empty() && !name.contains([' ', ',', ';', '\t']);
    let named = text[..end].trim_end().strip_prefix("#TYPE ").is_some_and(is_one_word);
    if named { end } else { 0 }
}

/// A Markdown table without its frame: the pipes around its lines, the blanks around its cells and the line of dashes,
/// which stays as an empty one so that lines keep their numbers. `None` where it is no such table.
pub fn from_markdown(text: &str) -> Option<String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (header, rule) = (lines.next()?, lines.next()?);
    let is_rule = |line: &str| {
        line.contains('-') && line.contains('|') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
    };
    if !header.contains('|') || !is_rule(rule) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        let row = line.trim();
        if !std::ptr::eq(line, rule) {
            let inside = row.strip_prefix('|').unwrap_or(row);
            for (place, cell) in inside.strip_suffix('|').unwrap_or(inside).split('|').enumerate() {
                let quoted = cell.contains('"').then(|| format!("\"{}\"", cell.trim().replace('"', "\"\"")));
                plain.extend([if place > 0 { "|" } else { "" }, quoted.as_deref().unwrap_or(cell.trim())]);
            }
        }
        plain.push('\n');
    }
    Some(plain)
}

/// A JSON object begins, or an array of objects.
fn looks_like_json(text: &str) -> bool {
    let start = text.trim_start();
    let first_line = start.lines().next().unwrap_or("");
    let inside = start.get(1..).unwrap_or("").trim_start();
    match start.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<serde::de::IgnoredAny>(first_line).is_ok() || inside.starts_with('"'),
        Some(b'[') => inside.starts_with('{'),
        _ => false,
    }
}

/// The delimiter that splits the header, and then the most of the first records into as many cells.
fn guess_delimiter(text: &str, prefer_tabs: bool, version: ReaderVersion) -> u8 {
    let head = head(text);
    let score = |delimiter: u8| {
        let mut records = Records::new(head, delimiter, version);
        let mut cells = Cells::default();
        let mut counts = Vec::with_capacity(RECORDS_LOOKED_AT);
        while counts.len() < RECORDS_LOOKED_AT
            && let Some(record) = records.next(&mut cells)
        {
            counts.push(record.map_or(0, |_| cells.len()));
        }
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
    let end = text.floor_char_boundary(BYTES_LOOKED_AT);
    text[..end].rfind('\n').map_or(&text[..end], |line_end| &text[..=line_end])
}
