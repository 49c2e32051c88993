//! Rows of a delimited file: its records below a header, all of the header's width.

use crate::dataset::records::{Cells, Records};
use crate::dataset::table::{COLUMNS_MAX, Parsed, ROWS_MAX};
use crate::dataset::turns::after_rows;
use crate::dataset::{DataProblem, ReaderVersion, format};

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

    fn push(&mut self, cells: &Cells) {
        for cell in cells.iter() {
            self.text.push_str(cell);
            self.ends.push(self.text.len() as u32);
        }
    }
}

pub async fn parse(
    text: &str,
    delimiter: u8,
    version: ReaderVersion,
    turn: &mut impl AsyncFnMut(f64),
) -> Result<Parsed<CsvRows>, DataProblem> {
    let lenient = version.is_lenient();
    let plain = if version.takes_marks() && delimiter == b'|' { format::from_markdown(text) } else { None };
    let text = plain.as_deref().unwrap_or(text);
    let start = match format::sep_line(text) {
        Some((_, length)) if lenient => length,
        _ if version.takes_marks() => format::type_line(text),
        _ => 0,
    };
    let mut records = Records::new(text, delimiter, version).from(start);
    let mut cells = Cells::default();
    let columns = loop {
        match records.next(&mut cells) {
            None => return Err(DataProblem::Empty),
            Some(Err((line, fault))) => return Err(DataProblem::BadLines { lines: vec![(line, fault)], count: 1 }),
            Some(Ok(_)) if lenient && cells.are_blank() => {}
            Some(Ok(_)) => break header(&cells)?,
        }
    };
    let width = columns.len();
    records.set_width(width);
    let mut rows = CsvRows { text: String::with_capacity(text.len()), ends: Vec::new(), width };
    let mut found = Found { one_cell: width == 1 && columns[0].contains([',', ';', '\t']), ..Found::default() };
    while let Some(next) = records.next(&mut cells) {
        after_rows(rows.len() + found.bad.len(), rows.text.len() as f64 / text.len() as f64, turn).await;
        if lenient && next.is_ok() {
            cells.cut_blank_cells(width);
        }
        match next {
            Ok(_) if lenient && cells.are_blank() => found.blank_rows += 1,
            Ok(_) if cells.len() == width => {
                found.nulls += u64::from(cells.nulls);
                found.marked += u64::from(cells.marked);
                found.one_cell &= width == 1 && cells.get(0).contains([',', ';', '\t']);
                rows.push(&cells);
            }
            Ok(line) => found.uneven(line, cells.len(), width),
            Err(fault) => found.bad.push(fault),
        }
    }
    if lenient && rows.len() == 0 && found.one_cell_more == found.bad.len() && found.one_cell_more > 0 {
        return Err(DataProblem::ShortHeader { columns: width as u64, cells: width as u64 + 1 });
    }
    if rows.len() as u64 > ROWS_MAX {
        return Err(DataProblem::TooManyRows { rows: rows.len() as u64, rows_max: ROWS_MAX });
    }
    rows.text.shrink_to_fit();
    rows.ends.shrink_to_fit();
    Ok(Parsed { columns, rows, notes: found.notes(), bad: found.bad })
}

/// What was found beside rows.
#[derive(Default)]
struct Found {
    bad: Vec<(u64, String)>,
    one_cell_more: usize,
    blank_rows: u64,
    nulls: u64,
    /// Texts that are marked as such for Excel.
    marked: u64,
    /// There is one column, and all of its cells hold delimiters.
    one_cell: bool,
}

impl Found {
    fn uneven(&mut self, line: u64, found: usize, expected: usize) {
        let cells = if found == 1 { "1 cell" } else { &format!("{found} cells") };
        self.one_cell_more += usize::from(found == expected + 1);
        self.bad.push((line, format!("{cells} where the header has {expected}")));
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match self.blank_rows {
            0 => {}
            1 => notes.push("1 row has empty cells only and was passed over.".to_owned()),
            rows => notes.push(format!("{rows} rows have empty cells only and were passed over.")),
        }
        match self.nulls {
            0 => {}
            1 => notes.push("1 cell is \\N, a database's NULL, and is read as empty.".to_owned()),
            cells => notes.push(format!("{cells} cells are \\N, a database's NULL, and are read as empty.")),
        }
        match self.marked {
            0 => {}
            1 => notes.push("1 cell is written =\"…\", Excel's sign for a text, and is read as that text.".to_owned()),
            cells => notes.push(format!(
                "{cells} cells are written =\"…\", Excel's sign for a text, and are read as those texts."
            )),
        }
        if self.one_cell {
            notes.push(
                "Each line is one cell in quotes, so the file has one column. If it should have several, take off the \
                 quotes around the lines."
                    .to_owned(),
            );
        }
        notes
    }
}

/// A nameless column, such as the index that pandas writes first, is called after its place.
fn header(cells: &Cells) -> Result<Vec<String>, DataProblem> {
    if cells.len() > COLUMNS_MAX {
        return Err(DataProblem::TooManyColumns { columns: cells.len() as u64, columns_max: COLUMNS_MAX as u64 });
    }
    let mut columns: Vec<String> = Vec::with_capacity(cells.len());
    let mut known = std::collections::HashSet::with_capacity(cells.len());
    for (place, name) in cells.iter().map(trimmed).enumerate() {
        let name = if name.is_empty() { format!("column_{}", place + 1) } else { name.to_string() };
        if !known.insert(name.clone()) {
            return Err(DataProblem::DuplicateColumn { name });
        }
        columns.push(name);
    }
    Ok(columns)
}

/// Without the characters around it that can't be seen: a placeholder couldn't name the column.
pub(super) fn trimmed(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Joiners, marks of direction and byte order marks.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
