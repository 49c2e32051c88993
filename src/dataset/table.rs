//! A data file as columns and rows.

use serde::{Deserialize, Serialize};

use crate::dataset::DataProblem;

pub const ROWS_MAX: u64 = 1_000_000;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<String>,
}

/// Reads a whole file. `name` (with its ending) helps to guess the format.
pub fn read(name: &str, bytes: &[u8], options: ReadOptions) -> Result<Table, DataProblem> {
    let _ = (name, bytes, options);
    Err(DataProblem::Empty)
}

impl Table {
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    pub fn len(&self) -> usize {
        0
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn format(&self) -> Format {
        Format::Jsonl
    }
    /// In words: `UTF-8`, `UTF-8 with a byte order mark`, `UTF-16`.
    pub fn encoding(&self) -> &'static str {
        "UTF-8"
    }
    /// Lines that were skipped by choice: number in the file and what was wrong.
    pub fn skipped(&self) -> &[(u64, String)] {
        &[]
    }
    /// A cell as text: a CSV field as it stands, a JSON string without quotes, other JSON values as JSON, absent: empty.
    pub fn cell(&self, row: usize, column: &str) -> String {
        let _ = (row, column);
        String::new()
    }
    /// A row as JSON values, for the template: CSV fields are strings, JSONL values keep their types.
    pub fn values(&self, row: usize) -> serde_json::Map<String, serde_json::Value> {
        let _ = row;
        serde_json::Map::new()
    }
    /// The row's id: the cell of `id_column`, else its zero-based index as text.
    pub fn id(&self, row: usize, id_column: Option<&str>) -> String {
        let _ = id_column;
        row.to_string()
    }
    /// Rows whose cells equal an earlier row's (the id column left out).
    pub fn duplicate_rows(&self, id_column: Option<&str>) -> usize {
        let _ = id_column;
        0
    }
}
