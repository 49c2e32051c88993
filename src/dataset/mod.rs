//! Rows in, prompts rendered, results out. Pure: bytes and strings, no files.
//! Not here: who reads the file and where it is kept (`worker`).

mod export;
mod problem;
mod sample;
mod table;
mod template;

pub use export::{ExportRow, ExportState, csv_header, csv_row, jsonl_line};
pub use problem::{DataProblem, TemplateProblem};
pub use sample::sample_csv;
pub use table::{BadLines, Format, ReadOptions, Table, read};
pub use template::{Prompt, render};
