//! What can be wrong with a file or a prompt; each says what, where and what to do.

use serde::{Deserialize, Serialize};

/// Why a file was refused. `Display` is the sentence the person reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataProblem {
    Empty,
    NoRows,
    /// Not UTF-8 (nor UTF-16 with a byte order mark) at this line.
    Encoding {
        line: u64,
    },
    DuplicateColumn {
        name: String,
    },
    /// Bad lines, first of them first; `lines` holds at most [`crate::dataset::DataProblem::LINES_MAX`].
    BadLines {
        lines: Vec<(u64, String)>,
        count: u64,
    },
    TooManyRows {
        rows: u64,
        rows_max: u64,
    },
}

impl DataProblem {
    pub const LINES_MAX: usize = 20;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateProblem {
    Syntax {
        message: String,
        line: u32,
    },
    UnknownColumn {
        name: String,
        columns: Vec<String>,
    },
    /// The template failed on one row.
    Row {
        row: u32,
        message: String,
    },
    Empty,
}
