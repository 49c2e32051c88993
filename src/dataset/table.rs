//! A data file as columns and rows.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dataset::csv_rows::CsvRows;
use crate::dataset::json_rows::JsonRows;
use crate::dataset::json_text::Fields;
use crate::dataset::turns::{self, after_rows, at_once};
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

const NO_FIELDS: &str = "All objects of the file are empty, so that a prompt has nothing to ask about. Write each row with \
                         its fields, such as {\"name\": \"…\"}.";

/// What the reader takes. A kept run is read as it was when it began, so that no row changes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReaderVersion {
    /// RFC 4180 and JSON Lines to the letter.
    Strict,
    /// Also what programs make of them: `sep=` lines, rows of delimiters, blanks before quotes, lists inside of objects.
    Lenient,
    /// Also what programs mark: PowerShell a file by a `#TYPE` line, Excel a text by `="007"`, an earlier conversion the
    /// place of a byte order mark by `ï»¿`, Markdown a table by its frame.
    #[default]
    Marked,
}

impl ReaderVersion {
    /// The version of runs that don't name one.
    fn first() -> ReaderVersion {
        ReaderVersion::Strict
    }

    pub(super) fn is_lenient(self) -> bool {
        self != ReaderVersion::Strict
    }

    pub(super) fn takes_marks(self) -> bool {
        self == ReaderVersion::Marked
    }
}

/// How a file is to be read; kept with a run, so that it is read the same way again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    pub bad_lines: BadLines,
    /// `None`: guessed from the name and the content.
    pub format: Option<Format>,
    #[serde(default = "ReaderVersion::first")]
    pub version: ReaderVersion,
}

/// A file, read. Cells lie in one buffer; a row costs a few bytes beyond its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Arc<Rows>,
    /// Rows of the file by their places, in the order of the table; `None`: all of them.
    chosen: Option<Arc<[u32]>>,
    format: Format,
    encoding: &'static str,
    notes: Vec<String>,
    skipped: Vec<(u64, String)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Csv(CsvRows),
    Json(JsonRows),
}

/// Rows that an id column doesn't name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdFaults {
    /// Rows without an id.
    pub blank: u32,
    /// Rows that share their id with another, and the first such id.
    pub shared: u32,
    pub example: Option<String>,
}

/// One row's values by column.
pub(super) enum Row<'a> {
    Csv { rows: &'a CsvRows, row: usize, columns: &'a [String] },
    Json(Fields<'a>),
}

/// What a reader of one format hands over.
pub(super) struct Parsed<R> {
    pub columns: Vec<String>,
    pub rows: R,
    /// What was left out or read in a way that the person should know, a sentence each.
    pub notes: Vec<String>,
    pub bad: Vec<(u64, String)>,
}

/// Reads a whole file. `name` (with its ending) helps to guess the format.
pub fn read(name: &str, bytes: &[u8], options: ReadOptions) -> Result<Table, DataProblem> {
    at_once(read_in_turns(name, bytes, options, &mut turns::none))
}

/// The same; `turn` is called now and then with the share that is done, and may wait.
pub async fn read_in_turns(
    name: &str,
    bytes: &[u8],
    options: ReadOptions,
    turn: &mut impl AsyncFnMut(f64),
) -> Result<Table, DataProblem> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(DataProblem::TooLarge { bytes: bytes.len() as u64, bytes_max: FILE_BYTES_MAX });
    }
    let encoding::Decoded { text, encoding, nuls } =
        encoding::decode(bytes, options.version, options.format.is_some())?;
    if text.trim().is_empty() {
        return Err(DataProblem::Empty);
    }
    let format = options.format.unwrap_or_else(|| format::guess(name, &text, options.version));
    let (columns, rows, notes, skipped) = match format {
        Format::Csv { delimiter } => {
            let parsed = csv_rows::parse(&text, delimiter, options.version, turn).await?;
            (parsed.columns, Rows::Csv(parsed.rows), parsed.notes, parsed.bad)
        }
        Format::Jsonl => {
            let lines = matches!(format::ending(name).as_str(), "jsonl" | "ndjson");
            let parsed = json_rows::parse(&text, lines, options.version, turn).await?;
            (parsed.columns, Rows::Json(parsed.rows), parsed.notes, parsed.bad)
        }
    };
    let mut table = Table { columns, rows: Arc::new(rows), chosen: None, format, encoding, notes, skipped };
    table.notes.extend(encoding_note(encoding, nuls));
    if !table.skipped.is_empty() && (options.bad_lines == BadLines::Refuse || table.is_empty()) {
        let count = table.skipped.len() as u64;
        let lines = table.skipped.into_iter().take(DataProblem::LINES_MAX).collect();
        return Err(DataProblem::BadLines { lines, count });
    }
    if table.is_empty() {
        return Err(DataProblem::NoRows);
    }
    if table.columns.is_empty() {
        return Err(DataProblem::JsonShape { what: NO_FIELDS.into() });
    }
    Ok(table)
}

fn encoding_note(encoding: &str, nuls: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if encoding == "Windows-1252" {
        notes.push(
            "The file is not UTF-8. It was read as Windows-1252: if letters such as \u{e4} or \u{e9} look wrong below, \
             save it as UTF-8 and choose it again."
                .to_owned(),
        );
    }
    match nuls {
        0 => {}
        1 => notes.push("1 NUL character was left out.".to_owned()),
        count => notes.push(format!("{count} NUL characters were left out.")),
    }
    notes
}

impl Default for Table {
    fn default() -> Table {
        Table {
            columns: Vec::new(),
            rows: Arc::new(Rows::Json(JsonRows::default())),
            chosen: None,
            format: Format::Jsonl,
            encoding: "UTF-8",
            notes: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

impl Table {
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    pub fn len(&self) -> usize {
        match (&self.chosen, &*self.rows) {
            (Some(chosen), _) => chosen.len(),
            (None, Rows::Csv(rows)) => rows.len(),
            (None, Rows::Json(rows)) => rows.len(),
        }
    }

    /// These rows of the file, in this order; one may be there several times. The text isn't copied.
    pub fn select(&self, file_rows: Vec<u32>) -> Table {
        Table { chosen: Some(file_rows.into()), ..self.clone() }
    }

    /// The row's place in the file, from zero.
    pub fn file_row(&self, row: usize) -> usize {
        self.chosen.as_ref().map_or(row, |chosen| chosen[row] as usize)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// In words: `UTF-8`, `UTF-8 with a byte order mark`, `UTF-16`, `Windows-1252`.
    pub fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// What was left out, or read in a way that the person should know: a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Lines that were skipped by choice: number in the file and what was wrong.
    pub fn skipped(&self) -> &[(u64, String)] {
        &self.skipped
    }

    /// A cell as text: a CSV field as it stands, a JSON string without quotes, other JSON values as JSON, absent: empty.
    pub fn cell(&self, row: usize, column: &str) -> String {
        let row = self.file_row(row);
        match &*self.rows {
            Rows::Csv(rows) => self.place(column).and_then(|place| rows.cell(row, place)).unwrap_or("").to_string(),
            Rows::Json(rows) => rows.cell(row, column),
        }
    }

    /// All cells of a row as text, in the order of [`Table::columns`].
    pub fn cells(&self, row: usize) -> Vec<String> {
        let row = self.file_row(row);
        match &*self.rows {
            Rows::Csv(rows) => {
                (0..self.columns.len()).map(|place| rows.cell(row, place).unwrap_or("").to_string()).collect()
            }
            Rows::Json(rows) => rows.cells(row, &self.columns),
        }
    }

    /// A row for the template: cells of a CSV are text, values of JSON are as they are written.
    pub(super) fn row(&self, row: usize) -> Row<'_> {
        let row = self.file_row(row);
        match &*self.rows {
            Rows::Csv(rows) => Row::Csv { rows, row, columns: &self.columns },
            Rows::Json(rows) => Row::Json(rows.fields(row)),
        }
    }

    /// The row's id: the cell of `id_column`, else its place in the file from zero, as text.
    pub fn id(&self, row: usize, id_column: Option<&str>) -> String {
        match id_column {
            Some(column) => self.cell(row, column),
            None => self.file_row(row).to_string(),
        }
    }

    /// What keeps a column from naming rows.
    pub fn id_faults(&self, column: &str) -> IdFaults {
        at_once(self.id_faults_in_turns(column, &mut turns::none))
    }

    pub async fn id_faults_in_turns(&self, column: &str, turn: &mut impl AsyncFnMut(f64)) -> IdFaults {
        // By their hashes: as many strings would be let go of in one long turn.
        let hash = |id: &str| {
            let (mut first, mut second) = hashers();
            id.hash(&mut first);
            id.hash(&mut second);
            (first.finish(), second.finish())
        };
        let mut rows_by_id: HashMap<(u64, u64), u32> = HashMap::with_capacity(self.len());
        let mut faults = IdFaults::default();
        for row in 0..self.len() {
            after_rows(row, 1.0, turn).await;
            match self.cell(row, column) {
                id if id.trim().is_empty() => faults.blank += 1,
                id => *rows_by_id.entry(hash(&id)).or_default() += 1,
            }
        }
        faults.shared = rows_by_id.values().filter(|rows| **rows > 1).sum();
        // The first of the file, so that it is the same at each reading.
        let is_shared = |id: &String| rows_by_id.get(&hash(id)) > Some(&1);
        let mut ids = (0..self.len()).map(|row| self.cell(row, column));
        faults.example = if faults.shared > 0 { ids.find(is_shared) } else { None };
        faults
    }

    /// Whether two rows have the same cells, the id column left out.
    pub fn are_copies(&self, one: usize, other: usize, id_column: Option<&str>) -> bool {
        let id = id_column.and_then(|column| self.place(column));
        let cells = |row| self.cells(row).into_iter().enumerate().filter(move |(place, _)| Some(*place) != id);
        cells(one).eq(cells(other))
    }

    /// Rows whose cells equal an earlier row's (the id column left out).
    pub fn duplicate_rows(&self, id_column: Option<&str>) -> usize {
        at_once(self.duplicate_rows_in_turns(id_column, &mut turns::none))
    }

    pub async fn duplicate_rows_in_turns(&self, id_column: Option<&str>, turn: &mut impl AsyncFnMut(f64)) -> usize {
        let id = id_column.and_then(|column| self.place(column));
        let mut seen = HashSet::with_capacity(self.len());
        for row in 0..self.len() {
            after_rows(row, 1.0, turn).await;
            seen.insert(self.fingerprint(row, id));
        }
        self.len() - seen.len()
    }

    /// A row's cells, hashed.
    fn fingerprint(&self, row: usize, id: Option<usize>) -> (u64, u64) {
        let (mut first, mut second) = hashers();
        let mut add = |place: usize, cell: &str| {
            if Some(place) != id {
                cell.hash(&mut first);
                cell.hash(&mut second);
            }
        };
        let row = self.file_row(row);
        match &*self.rows {
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

/// Two independent hashes: 128 bits, so that a million rows don't meet by chance.
fn hashers() -> (DefaultHasher, DefaultHasher) {
    let mut second = DefaultHasher::new();
    second.write_u8(1);
    (DefaultHasher::new(), second)
}
