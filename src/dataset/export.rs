//! Results out, in input order.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::provider::Usage;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    #[default]
    Open,
    Succeeded,
    /// Succeeded from the cache or as a copy of an equal row.
    CacheHit,
    Errored,
    Canceled,
}

/// What is exported of one item, beside its row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportRow<'a> {
    pub id: &'a str,
    pub state: ExportState,
    pub result: Option<&'a str>,
    /// `stop`, `length`, `content_filter`, `other`.
    pub finish: Option<&'a str>,
    pub error: Option<&'a str>,
    pub usage: Option<Usage>,
    pub cost: Option<Usd>,
    pub attempts: u32,
}

/// Our columns that follow the file's own; one that the file has already gets the prefix `llm_`.
pub fn csv_header(columns: &[String]) -> String {
    let _ = columns;
    String::new()
}

/// One line, RFC 4180. `guard_formulas`: a cell that starts with = + - @ tab or CR gets a leading quote.
pub fn csv_row(cells: &[String], row: &ExportRow, guard_formulas: bool) -> String {
    let _ = (cells, row, guard_formulas);
    String::new()
}

/// One line that starts `{"id": ..., "result": ...`, as the post's checkpoint; more keys follow.
pub fn jsonl_line(row: &ExportRow) -> String {
    let _ = row;
    String::new()
}
