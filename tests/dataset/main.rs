//! Files in, prompts rendered, results out.

mod checkpoints;
mod delimited;
mod exports;
mod json_lines;
mod prompts;
mod real_files;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pennybatch::dataset::{
    AnswerColumns, BadLines, Checkpoint, DataProblem, ExportRow, ExportState, Format, MADE_UP, Prompt, ReadOptions,
    ReaderVersion, Table, TemplateProblem, csv_header, csv_row, jsonl_line, read, render, sample_csv, written_in,
};
use pennybatch::money::Usd;
use pennybatch::provider::Usage;

const SKIP: ReadOptions = ReadOptions { bad_lines: BadLines::Skip, format: None, version: ReaderVersion::Marked };

/// A file whose bytes matter.
fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dataset/fixtures").join(name);
    std::fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn table(name: &str, text: &str) -> Table {
    read(name, text.as_bytes(), ReadOptions::default()).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

fn problem(name: &str, text: &str) -> DataProblem {
    read(name, text.as_bytes(), ReadOptions::default()).expect_err(name)
}

/// Bad lines, by number and fault.
fn bad_lines(name: &str, text: &str) -> Vec<(u64, String)> {
    match problem(name, text) {
        DataProblem::BadLines { lines, count } => {
            assert_eq!(lines.len() as u64, count);
            lines
        }
        other => panic!("{other:?}"),
    }
}

fn rows(table: &Table) -> Vec<Vec<String>> {
    (0..table.len()).map(|row| table.cells(row)).collect()
}

#[test]
fn the_sample_is_like_the_posts_data() {
    let table = table("sample.csv", sample_csv());
    assert_eq!(table.columns(), ["id", "name", "category"]);
    assert_eq!(table.len(), 500);
    assert_eq!((table.id(0, Some("id")), table.id(499, Some("id"))), ("SKU-001".into(), "SKU-500".into()));
    let names: BTreeSet<String> = (0..500).map(|row| table.cell(row, "name").to_lowercase()).collect();
    assert_eq!(names.len(), 466);
    assert_eq!(table.duplicate_rows(Some("id")), 34);
    assert!(names.iter().all(|name| !name.is_empty() && name.trim() == name));
    let categories: BTreeSet<String> = (0..500).map(|row| table.cell(row, "category")).collect();
    assert_eq!(categories.len(), 9, "{categories:?}");
}
