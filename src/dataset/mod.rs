//! Rows in, prompts rendered, results out. Pure: bytes and strings, no files.
//! Not here: who reads the file and where it is kept (`worker`).

mod checkpoint;
mod choice;
mod csv_line;
mod csv_rows;
mod draw;
mod encoding;
mod export;
mod fold;
mod format;
mod jinja;
mod json_list;
mod json_rows;
mod json_text;
mod problem;
mod prompt_advice;
mod records;
mod sample;
mod signature;
mod table;
mod tags;
mod template;
mod turns;
mod written;

pub use checkpoint::{Checkpoint, CheckpointAnswer};
pub use choice::RowChoice;
pub use csv_line::csv_line;
pub use export::{AnswerColumns, ExportRow, ExportState, MADE_UP, MAYBE_MADE_UP, csv_header, csv_row, jsonl_line};
pub use fold::folded;
pub use json_text::written_in;
pub use problem::{DataProblem, TemplateProblem};
pub use sample::sample_csv;
pub use table::{
    BadLines, COLUMNS_MAX, FILE_BYTES_MAX, Format, IdFaults, ROWS_MAX, ReadOptions, ReaderVersion, Table, read,
    read_in_turns,
};
pub use template::{Prompt, render};
