//! Rows of a delimited file, RFC 4180. Stricter than the reader beneath: a stray quote, which would quietly swallow
//! the lines after it, makes its own line bad and nothing else.

use csv::StringRecord;

use crate::dataset::table::{COLUMNS_MAX, Parsed, ROWS_MAX};
use crate::dataset::{DataProblem, encoding, format};

/// All cells in one text; `ends` holds where each ends, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CsvRows {
    text: String,
    ends: Vec<u32>,
    width: usize,
}

impl CsvRows {
    pub fn len(&self) -> usize {
        self.ends.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn cell(&self, row: usize, place: usize) -> Option<&str> {
        if place >= self.width {
            return None;
        }
        let at = row * self.width + place;
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? as usize };
        self.text.get(start..*self.ends.get(at)? as usize)
    }

    fn push(&mut self, record: &StringRecord) {
        for cell in record {
            self.text.push_str(cell);
            self.ends.push(self.text.len() as u32);
        }
    }
}

pub fn parse(text: &str, delimiter: u8) -> Result<Parsed<CsvRows>, DataProblem> {
    let mut records = Records::new(text, delimiter);
    let mut record = StringRecord::new();
    let columns = match records.next(&mut record) {
        None => return Err(DataProblem::Empty),
        Some(Err((line, fault))) => return Err(DataProblem::BadLines { lines: vec![(line, fault)], count: 1 }),
        Some(Ok(_)) => header(&record)?,
    };
    let width = columns.len();
    let mut rows = CsvRows { text: String::with_capacity(text.len()), ends: Vec::new(), width };
    let mut bad = Vec::new();
    while let Some(next) = records.next(&mut record) {
        match next {
            Ok(_) if record.len() == width => rows.push(&record),
            Ok(line) => bad.push((line, uneven(record.len(), width))),
            Err(fault) => bad.push(fault),
        }
    }
    if rows.len() as u64 > ROWS_MAX {
        return Err(DataProblem::TooManyRows { rows: rows.len() as u64, rows_max: ROWS_MAX });
    }
    rows.text.shrink_to_fit();
    rows.ends.shrink_to_fit();
    Ok(Parsed { columns, rows, bad })
}

fn uneven(found: usize, expected: usize) -> String {
    let cells = if found == 1 { "1 cell" } else { &format!("{found} cells") };
    format!("{cells} where the header has {expected}")
}

/// A nameless column, such as the index that pandas writes first, is called after its place.
fn header(record: &StringRecord) -> Result<Vec<String>, DataProblem> {
    if record.len() > COLUMNS_MAX {
        return Err(DataProblem::TooManyColumns { columns: record.len() as u64, columns_max: COLUMNS_MAX as u64 });
    }
    let mut columns: Vec<String> = Vec::with_capacity(record.len());
    for (place, name) in record.iter().map(str::trim).enumerate() {
        let name = if name.is_empty() { format!("column_{}", place + 1) } else { name.to_string() };
        if columns.contains(&name) {
            return Err(DataProblem::DuplicateColumn { name });
        }
        columns.push(name);
    }
    Ok(columns)
}

/// Record after record, with the number of the line each begins on.
struct Records<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    reader: csv::Reader<&'a [u8]>,
    /// Where in `bytes` the reader began.
    base: usize,
    /// Up to here lines are counted.
    counted: usize,
    line: u64,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, delimiter: u8) -> Records<'a> {
        let bytes = text.as_bytes();
        Records { bytes, delimiter, reader: format::reader(bytes, delimiter), base: 0, counted: 0, line: 1 }
    }

    /// The record's line, or the line and the nature of its fault. Blank lines are passed over.
    fn next(&mut self, record: &mut StringRecord) -> Option<Result<u64, (u64, String)>> {
        loop {
            let from = self.base + self.reader.position().byte() as usize;
            let read = self.reader.read_record(record);
            let end = self.base + self.reader.position().byte() as usize;
            let start = from + self.bytes[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            match read {
                Ok(false) => return None,
                Ok(true) if record.len() == 1 && self.is_blank(start, end) => continue,
                Ok(true) => {}
                Err(_) => return Some(Err((self.line_at(start), "not readable as text".into()))),
            }
            let line = self.line_at(start);
            let Some((at, fault)) = quote_fault(&self.bytes[start..end], self.delimiter) else {
                return Some(Ok(line));
            };
            let fault_line = line + encoding::line_ends(&self.bytes[start..start + at]);
            self.go_on_after_line(start + at);
            return Some(Err((fault_line, fault.to_string())));
        }
    }

    fn is_blank(&self, start: usize, end: usize) -> bool {
        self.bytes[start..end].iter().all(u8::is_ascii_whitespace)
    }

    fn line_at(&mut self, offset: usize) -> u64 {
        self.line += encoding::line_ends(&self.bytes[self.counted..offset]);
        self.counted = offset;
        self.line
    }

    /// Starts anew on the line after the one that holds `offset`.
    fn go_on_after_line(&mut self, offset: usize) {
        let rest = &self.bytes[offset..];
        let line_end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        self.base = offset + line_end;
        self.reader = format::reader(&self.bytes[self.base..], self.delimiter);
    }
}

/// Where a quote opens that never closes, or whose cell goes on after its closing quote.
fn quote_fault(record: &[u8], delimiter: u8) -> Option<(usize, &'static str)> {
    if !record.contains(&b'"') {
        return None;
    }
    let mut at = 0;
    while at < record.len() {
        if record[at] == b'"' {
            let open = at;
            at = match closing_quote(&record[open + 1..]) {
                Some(length) => open + 1 + length + 1,
                None => return Some((open, "a quote opens here and never closes")),
            };
            let after = record.get(at).copied().unwrap_or(b'\n');
            if after != delimiter && !matches!(after, b'\r' | b'\n') {
                return Some((open, "a quoted cell begins here and goes on after its closing quote"));
            }
        }
        let rest = &record[at..];
        at += rest.iter().position(|byte| *byte == delimiter).unwrap_or(rest.len()) + 1;
    }
    None
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
