//! What can be wrong with a file or a prompt; each says what, where and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::provider::in_short;

/// A column's name, as much of it as a message quotes: where a file has no header, it is a whole paragraph.
pub const NAME_CHARS_MAX: usize = 50;
/// What the template engine says may quote a part of the prompt.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a file was refused. `Display` is the sentence the person reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataProblem {
    Empty,
    NoRows,
    /// Not UTF-8 at this line, nor another known encoding.
    Encoding {
        line: u64,
    },
    /// A workbook, a picture, an archive: what it is, and what to do.
    NotText {
        what: String,
        to_do: String,
    },
    /// JSON that holds no list of rows: a sentence or two.
    JsonShape {
        what: String,
    },
    /// An object with several lists of objects: any may be the rows.
    SeveralLists {
        names: Vec<String>,
    },
    /// Every line has one cell more than the header.
    ShortHeader {
        columns: u64,
        cells: u64,
    },
    DuplicateColumn {
        name: String,
    },
    /// A JSON field without a name; the first column is 1.
    UnnamedColumn {
        place: u32,
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
    TooManyColumns {
        columns: u64,
        columns_max: u64,
    },
    TooLarge {
        bytes: u64,
        bytes_max: u64,
    },
}

impl DataProblem {
    pub const LINES_MAX: usize = 20;
    /// So many bad lines are spelled out in a sentence.
    const LINES_SHOWN: usize = 5;
}

impl fmt::Display for DataProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataProblem::Empty => {
                write!(f, "The file is empty. Choose a file with a header line and at least one row.")
            }
            DataProblem::NoRows => {
                write!(f, "The file has a header but no rows below it. Add rows, or choose another file.")
            }
            DataProblem::Encoding { line } => write!(
                f,
                "Line {line} is neither UTF-8 nor Western text (Windows-1252), so the file was not read. Save it again as \
                 UTF-8: in Excel choose File > Save as > \"CSV UTF-8\"; in an editor, Save with encoding."
            ),
            DataProblem::NotText { what, to_do } => write!(f, "This is {what}, not a text file. {to_do}"),
            DataProblem::JsonShape { what } => f.write_str(what),
            DataProblem::SeveralLists { names } => write!(
                f,
                "The file\u{2019}s object holds several lists: {}. Save the one with the rows as a file of its own.",
                shown(names.iter().map(String::as_str)).join(", ")
            ),
            DataProblem::ShortHeader { columns: 1, cells } => write!(
                f,
                "Every line has {cells} cells, but the first has one. If that line is a title, remove it, so that the \
                 file begins with the names of its columns. Where a cell holds the delimiter itself, put quotes around \
                 that cell."
            ),
            DataProblem::ShortHeader { columns, cells } => write!(
                f,
                "Every line has {cells} cells, but the header names {columns}. R leaves out the name of the row names: put \
                 one before the header\u{2019}s first name. Where a cell holds the delimiter itself, put quotes around that \
                 cell."
            ),
            DataProblem::DuplicateColumn { name } => write!(
                f,
                "Two columns are named \"{}\", so a placeholder could mean either. Rename one of them in the \
                 file's first line.",
                in_short(name, NAME_CHARS_MAX)
            ),
            DataProblem::UnnamedColumn { place } => {
                write!(f, "Column {place} has no name: a line has a field whose name is empty. Give that field a name.")
            }
            DataProblem::BadLines { lines, count } => bad_lines(f, lines, *count),
            DataProblem::TooManyRows { rows, rows_max } => write!(
                f,
                "The file has {rows} rows; at most {rows_max} can be run at once. Split it into several files."
            ),
            DataProblem::TooManyColumns { columns, columns_max } => write!(
                f,
                "The file has {columns} columns; at most {columns_max} can be read. Remove those that no prompt needs, \
                 or check that every line uses the same keys."
            ),
            DataProblem::TooLarge { bytes, bytes_max } => write!(
                f,
                "The file has {} MB; at most {} MB can be read at once. Split it into several files.",
                bytes >> 20,
                bytes_max >> 20
            ),
        }
    }
}

fn bad_lines(f: &mut fmt::Formatter<'_>, lines: &[(u64, String)], count: u64) -> fmt::Result {
    match count {
        1 => write!(f, "1 line can't be read, so the file was not taken.")?,
        _ => write!(f, "{count} lines can't be read, so the file was not taken.")?,
    }
    for (line, fault) in lines.iter().take(DataProblem::LINES_SHOWN) {
        write!(f, " Line {line}: {fault}.")?;
    }
    let shown = lines.len().min(DataProblem::LINES_SHOWN) as u64;
    if count > shown {
        write!(f, " And {} more.", count - shown)?;
    }
    write!(f, " Correct the file, or choose to skip bad lines.")
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
    /// The prompt would send the column that holds the right answers.
    RightAnswer {
        name: String,
    },
    /// The template failed on one row.
    Row {
        row: u32,
        message: String,
    },
    Empty,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateProblem::Syntax { message, line } => {
                let message = in_short(message, MESSAGE_CHARS_MAX);
                write!(f, "The prompt can't be read at line {line}: {message}. Placeholders look like {{{{column}}}}.")
            }
            TemplateProblem::UnknownColumn { name, columns } => unknown_column(f, name, columns),
            TemplateProblem::RightAnswer { name } => write!(
                f,
                "The column \"{0}\" holds the right answers, so it is never sent. Take {{{{{0}}}}} out of the prompt, or \
                 choose another column for the right answers.",
                in_short(name, NAME_CHARS_MAX)
            ),
            TemplateProblem::Row { row, message } => write!(
                f,
                "The prompt fails on row {} of the data: {}. Nothing was sent for it. Change the prompt or that row.",
                u64::from(*row) + 1,
                in_short(message, MESSAGE_CHARS_MAX)
            ),
            TemplateProblem::Empty => {
                write!(f, "The user prompt is empty. Write what to ask for each row, with placeholders such as ")?;
                write!(f, "{{{{name}}}}.")
            }
        }
    }
}

fn unknown_column(f: &mut fmt::Formatter<'_>, name: &str, columns: &[String]) -> fmt::Result {
    const COLUMNS_SHOWN: usize = 30;
    write!(f, "There is no column \"{}\".", in_short(name, NAME_CHARS_MAX))?;
    let folded = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    if let Some(near) = columns.iter().find(|column| folded(column) == folded(name)) {
        write!(f, " Did you mean \"{}\"?", in_short(near, NAME_CHARS_MAX))?;
    }
    let columns_shown = shown(columns.iter().take(COLUMNS_SHOWN).map(String::as_str));
    write!(f, " The columns are: {}", columns_shown.join(", "))?;
    match columns.len().saturating_sub(COLUMNS_SHOWN) {
        0 => write!(f, "."),
        more => write!(f, " and {more} more."),
    }
}

fn shown<'a>(names: impl Iterator<Item = &'a str>) -> Vec<std::borrow::Cow<'a, str>> {
    names.map(|name| in_short(name, NAME_CHARS_MAX)).collect()
}
