//! The data file that is open: its bytes, as they are kept with a run, and its rows.

use crate::dataset::{self, DataProblem, ReadOptions, Table};
use crate::link::DataSummary;

const HEAD_ROWS: usize = 8;

pub struct Data {
    pub name: String,
    pub bytes: Vec<u8>,
    /// With the format that was found, so that it is read the same way again.
    pub read: ReadOptions,
    pub table: Table,
}

impl Data {
    pub fn read(name: String, bytes: Vec<u8>, options: ReadOptions) -> Result<Data, DataProblem> {
        let table = dataset::read(&name, &bytes, options)?;
        let read = ReadOptions { format: Some(table.format()), ..options };
        Ok(Data { name, bytes, read, table })
    }

    pub fn rows(&self) -> u32 {
        self.table.len() as u32
    }

    pub fn summary(&self) -> DataSummary {
        let columns = self.table.columns().to_vec();
        let id_column = columns.iter().find(|column| *column == "id").cloned();
        let head = (0..self.table.len().min(HEAD_ROWS))
            .map(|row| columns.iter().map(|column| self.table.cell(row, column)).collect())
            .collect();
        DataSummary {
            name: self.name.clone(),
            bytes: self.bytes.len() as f64,
            rows: self.rows(),
            format: self.table.format(),
            encoding: self.table.encoding().to_owned(),
            duplicate_rows: self.table.duplicate_rows(id_column.as_deref()) as u32,
            skipped: self.table.skipped().to_vec(),
            id_column,
            head,
            columns,
        }
    }
}
