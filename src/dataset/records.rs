//! Records of a delimited file, RFC 4180 and what programs make of it. A stray quote, which would quietly swallow the
//! lines after it, makes its own line bad and nothing else.

use std::borrow::Cow;

use crate::dataset::{ReaderVersion, encoding};

/// One record's cells, in one text.
#[derive(Debug, Default)]
pub struct Cells {
    text: String,
    ends: Vec<usize>,
    /// A cell was quoted and holds a line end.
    spans_lines: bool,
    /// One that does holds delimiters, too.
    spans_cells: bool,
    /// Cells that stand for a database's NULL.
    pub nulls: u32,
    /// Cells that are marked as text for Excel.
    pub marked: u32,
}

impl Cells {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }

    pub fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    pub fn are_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Leaves the first `width` cells, where the others are blank.
    pub fn cut_blank_cells(&mut self, width: usize) {
        if width > 0 && self.len() > width && self.text[self.ends[width - 1]..].trim().is_empty() {
            self.ends.truncate(width);
            self.text.truncate(self.ends[width - 1]);
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.spans_lines = false;
        self.spans_cells = false;
        self.nulls = 0;
        self.marked = 0;
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }
}

/// A fault: where in the text, and what.
type Fault = (usize, &'static str);

/// Record after record, with the number of the line each begins on.
pub struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    version: ReaderVersion,
    at: usize,
    /// Up to here lines are counted.
    counted: usize,
    line: u64,
    /// The header's cells, once it is known.
    width: Option<usize>,
}

impl<'a> Records<'a> {
    pub fn new(text: &'a str, delimiter: u8, version: ReaderVersion) -> Records<'a> {
        Records { text, delimiter, version, at: 0, counted: 0, line: 1, width: None }
    }

    /// Begins at this place of the text; its lines are counted from the start all the same.
    pub fn from(self, at: usize) -> Records<'a> {
        Records { at, ..self }
    }

    pub fn set_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// The record's line, or the line and the nature of its fault. Blank lines are passed over.
    pub fn next(&mut self, cells: &mut Cells) -> Option<Result<u64, (u64, String)>> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            self.at += rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let start = self.at;
            if start == self.text.len() {
                return None;
            }
            let read = self.record(start, cells);
            if let Ok(end) = read {
                self.at = end;
                if self.text[start..end].trim_ascii().is_empty() && cells.len() == 1 {
                    continue;
                }
                return Some(Ok(self.line_at(start)));
            }
            let Err((place, fault)) = read else { return None };
            let line = self.line_at(start) + encoding::line_ends(&self.text.as_bytes()[start..place]);
            self.at = self.line_end(place);
            return Some(Err((line, fault.to_string())));
        }
    }

    /// Fills `cells` from one record and answers where it ends.
    fn record(&self, start: usize, cells: &mut Cells) -> Result<usize, Fault> {
        let tabs = self.delimiter == b'\t' && self.version.is_lenient();
        let end = self.split(start, cells, tabs, false)?;
        // In a TSV a quote may be a letter like any other: one that swallowed lines and cells is none around a cell.
        if tabs && cells.spans_lines && self.width.is_some_and(|width| width != cells.len() || cells.spans_cells) {
            return self.split(start, cells, tabs, true);
        }
        Ok(end)
    }

    fn split(&self, start: usize, cells: &mut Cells, tabs: bool, one_line: bool) -> Result<usize, Fault> {
        cells.clear();
        let bytes = self.text.as_bytes();
        let mut at = start;
        loop {
            let quoted = self.quoted(at).filter(|quoted| !one_line || !matches!(quoted, Ok(cell) if cell.spans_lines));
            let end = match quoted {
                Some(Ok(cell)) => {
                    cells.spans_lines |= cell.spans_lines;
                    cells.spans_cells |= cell.spans_lines && cell.text.contains(char::from(self.delimiter));
                    cells.push(&cell.text);
                    cell.end
                }
                Some(Err(fault)) if !tabs && bytes[at] == b'"' => return Err(fault),
                Some(Err(_)) | None => {
                    let end = self.cell_end(at);
                    let cell = &self.text[at..end];
                    let is_null = cell == "\\N" && self.version.is_lenient();
                    cells.nulls += u32::from(is_null);
                    let text = text_for_excel(cell).filter(|_| self.version.takes_marks());
                    cells.marked += u32::from(text.is_some());
                    cells.push(if is_null { "" } else { text.unwrap_or(cell) });
                    end
                }
            };
            if bytes.get(end) != Some(&self.delimiter) {
                return Ok(end);
            }
            at = end + 1;
        }
    }

    /// A quoted cell that begins here, or behind blanks: its text, or what is wrong with it.
    fn quoted(&self, at: usize) -> Option<Result<Quoted<'a>, Fault>> {
        let lenient = self.version.is_lenient();
        let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t') && **byte != self.delimiter;
        let bytes = self.text.as_bytes();
        let blanks = if lenient { bytes[at..].iter().take_while(is_blank).count() } else { 0 };
        let open = at + blanks;
        if bytes.get(open) != Some(&b'"') {
            return None;
        }
        let Some(length) = closing_quote(&bytes[open + 1..]) else {
            return Some(Err((open, "a quote opens here and never closes")));
        };
        let close = open + 1 + length;
        let blanks = if lenient { bytes[close + 1..].iter().take_while(is_blank).count() } else { 0 };
        let end = close + 1 + blanks;
        if bytes.get(end).is_some_and(|byte| *byte != self.delimiter && !matches!(byte, b'\r' | b'\n')) {
            return Some(Err((open, if bytes[close - 1] == b'\\' { BACKSLASH } else { GOES_ON })));
        }
        let inside = &self.text[open + 1..close];
        let text = if inside.contains('"') { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) };
        Some(Ok(Quoted { text, end, spans_lines: inside.contains(['\n', '\r']) }))
    }

    fn cell_end(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let is_end = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        at + rest.iter().position(is_end).unwrap_or(rest.len())
    }

    fn line_at(&mut self, offset: usize) -> u64 {
        self.line += encoding::line_ends(&self.text.as_bytes()[self.counted..offset]);
        self.counted = offset;
        self.line
    }

    fn line_end(&self, offset: usize) -> usize {
        let rest = &self.text.as_bytes()[offset..];
        offset + rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len())
    }
}

/// `="007"`, as programs write a text that Excel would take for a number.
fn text_for_excel(cell: &str) -> Option<&str> {
    cell.trim().strip_prefix("=\"")?.strip_suffix('"').filter(|text| !text.contains('"'))
}

const GOES_ON: &str = "a quoted cell begins here and goes on after its closing quote";
const BACKSLASH: &str = "a quote inside of a quoted cell is written \\\" here: write it twice instead (\"\")";

struct Quoted<'a> {
    text: Cow<'a, str>,
    end: usize,
    spans_lines: bool,
}

/// The length of a quoted cell up to its closing quote; a doubled quote stands for itself.
fn closing_quote(cell: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += cell[at..].iter().position(|byte| *byte == b'"')?;
        if cell.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}
