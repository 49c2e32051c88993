//! Rows in, prompts rendered, results out. Pure: bytes and strings, no files.
//! Not here: who reads the file and where it is kept (`worker`).

mod checkpoint;
mod csv_rows;
mod encoding;
mod export;
mod fold;
mod format;
mod json_rows;
mod problem;
mod sample;
mod table;
mod tags;
mod template;

pub use checkpoint::{Checkpoint, CheckpointAnswer};
pub use export::{AnswerColumns, ExportRow, ExportState, csv_header, csv_row, jsonl_line};
pub use fold::folded;
pub use problem::{DataProblem, TemplateProblem};
pub use sample::sample_csv;
pub use table::{BadLines, COLUMNS_MAX, FILE_BYTES_MAX, Format, ROWS_MAX, ReadOptions, Table, read};
pub use template::{Prompt, render};
