//! A data file as columns and rows.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dataset::csv_rows::CsvRows;
use crate::dataset::json_rows::JsonRows;
use crate::dataset::{DataProblem, csv_rows, encoding, format, json_rows};

pub const ROWS_MAX: u64 = 1_000_000;
pub const COLUMNS_MAX: usize = 16_384;
pub const FILE_BYTES_MAX: u64 = 1 << 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv { delimiter: u8 },
    Jsonl,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadLines {
    #[default]
    Refuse,
    Skip,
}

/// How a file is to be read; kept with a run, so that it is read the same way again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    pub bad_lines: BadLines,
    /// `None`: guessed from the name and the content.
    pub format: Option<Format>,
}

/// A file, read. Cells lie in one buffer; a row costs a few bytes beyond its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Rows,
    format: Format,
    encoding: &'static str,
    skipped: Vec<(u64, String)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Csv(CsvRows),
    Json(JsonRows),
}

/// What a reader of one format hands over.
pub(super) struct Parsed<R> {
    pub columns: Vec<String>,
    pub rows: R,
    pub bad: Vec<(u64, String)>,
}

/// Reads a whole file. `name` (with its ending) helps to guess the format.
pub fn read(name: &str, bytes: &[u8], options: ReadOptions) -> Result<Table, DataProblem> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(DataProblem::TooLarge { bytes: bytes.len() as u64, bytes_max: FILE_BYTES_MAX });
    }
    let (text, encoding) = encoding::decode(bytes)?;
    if text.trim().is_empty() {
        return Err(DataProblem::Empty);
    }
    let format = options.format.unwrap_or_else(|| format::guess(name, &text));
    let (columns, rows, skipped) = match format {
        Format::Csv { delimiter } => {
            let parsed = csv_rows::parse(&text, delimiter)?;
            (parsed.columns, Rows::Csv(parsed.rows), parsed.bad)
        }
        Format::Jsonl => {
            let parsed = json_rows::parse(&text)?;
            (parsed.columns, Rows::Json(parsed.rows), parsed.bad)
        }
    };
    let table = Table { columns, rows, format, encoding, skipped };
    if !table.skipped.is_empty() && (options.bad_lines == BadLines::Refuse || table.is_empty()) {
        let count = table.skipped.len() as u64;
        let lines = table.skipped.into_iter().take(DataProblem::LINES_MAX).collect();
        return Err(DataProblem::BadLines { lines, count });
    }
    if table.is_empty() { Err(DataProblem::NoRows) } else { Ok(table) }
}

impl Default for Table {
    fn default() -> Table {
        Table {
            columns: Vec::new(),
            rows: Rows::Json(JsonRows::default()),
            format: Format::Jsonl,
            encoding: "UTF-8",
            skipped: Vec::new(),
        }
    }
}

impl Table {
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Csv(rows) => rows.len(),
            Rows::Json(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// In words: `UTF-8`, `UTF-8 with a byte order mark`, `UTF-16`.
    pub fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// Lines that were skipped by choice: number in the file and what was wrong.
    pub fn skipped(&self) -> &[(u64, String)] {
        &self.skipped
    }

    /// A cell as text: a CSV field as it stands, a JSON string without quotes, other JSON values as JSON, absent: empty.
    pub fn cell(&self, row: usize, column: &str) -> String {
        match &self.rows {
            Rows::Csv(rows) => self.place(column).and_then(|place| rows.cell(row, place)).unwrap_or("").to_string(),
            Rows::Json(rows) => rows.cell(row, column),
        }
    }

    /// All cells of a row as text, in the order of [`Table::columns`].
    pub fn cells(&self, row: usize) -> Vec<String> {
        match &self.rows {
            Rows::Csv(rows) => {
                (0..self.columns.len()).map(|place| rows.cell(row, place).unwrap_or("").to_string()).collect()
            }
            Rows::Json(rows) => rows.cells(row, &self.columns),
        }
    }

    /// A row as JSON values, for the template: CSV fields are strings, JSONL values keep their types.
    pub fn values(&self, row: usize) -> Map<String, Value> {
        match &self.rows {
            Rows::Csv(rows) => {
                let cells = self.columns.iter().enumerate().filter_map(|(place, column)| {
                    rows.cell(row, place).map(|cell| (column.clone(), Value::from(cell)))
                });
                cells.collect()
            }
            Rows::Json(rows) => rows.values(row),
        }
    }

    /// The named values of a row that are there: [`Table::values`] without the rest.
    pub(super) fn some_values(&self, row: usize, columns: &[String]) -> Vec<(String, Value)> {
        match &self.rows {
            Rows::Csv(rows) => {
                let cell = |column: &String| rows.cell(row, self.place(column)?);
                columns.iter().filter_map(|column| Some((column.clone(), Value::from(cell(column)?)))).collect()
            }
            Rows::Json(rows) => {
                let mut values = rows.values(row);
                columns.iter().filter_map(|column| Some((column.clone(), values.remove(column)?))).collect()
            }
        }
    }

    /// The row's id: the cell of `id_column`, else its zero-based index as text.
    pub fn id(&self, row: usize, id_column: Option<&str>) -> String {
        match id_column {
            Some(column) => self.cell(row, column),
            None => row.to_string(),
        }
    }

    /// Rows whose cells equal an earlier row's (the id column left out).
    pub fn duplicate_rows(&self, id_column: Option<&str>) -> usize {
        let id = id_column.and_then(|column| self.place(column));
        let mut seen = HashSet::with_capacity(self.len());
        (0..self.len()).filter(|row| !seen.insert(self.fingerprint(*row, id))).count()
    }

    /// Two independent hashes of a row's cells: 128 bits, so that a million rows don't meet by chance.
    fn fingerprint(&self, row: usize, id: Option<usize>) -> (u64, u64) {
        let mut first = DefaultHasher::new();
        let mut second = DefaultHasher::new();
        second.write_u8(1);
        let mut add = |place: usize, cell: &str| {
            if Some(place) != id {
                cell.hash(&mut first);
                cell.hash(&mut second);
            }
        };
        match &self.rows {
            Rows::Csv(rows) => {
                (0..self.columns.len()).for_each(|place| add(place, rows.cell(row, place).unwrap_or("")));
            }
            Rows::Json(rows) => {
                rows.cells(row, &self.columns).iter().enumerate().for_each(|(place, cell)| add(place, cell));
            }
        }
        (first.finish(), second.finish())
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }
}
