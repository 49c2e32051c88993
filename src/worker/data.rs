//! The data file that is open: its bytes, as they are kept with a run, and its rows.

use crate::dataset::{self, DataProblem, IdFaults, ReadOptions, Table};
use crate::link::DataSummary;

const HEAD_ROWS: usize = 8;
/// So many cells are looked at for columns that could name the rows.
const ID_CELLS_MAX: usize = 2_000_000;

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
        let id_faults = self.id_faults();
        let names_rows = |column: &&String| *column == "id" && !id_faults.iter().any(|(name, _)| name == *column);
        let id_column = columns.iter().find(names_rows).cloned();
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
            notes: self.table.notes().to_vec(),
            id_faults,
            id_column,
            head,
            columns,
        }
    }

    /// Columns that don't name every row: `id` first, then as many as there is time for.
    fn id_faults(&self) -> Vec<(String, IdFaults)> {
        let is_id = |column: &&String| *column == "id";
        let columns = self.table.columns();
        let others = columns.iter().filter(|column| !is_id(column)).take(ID_CELLS_MAX / self.table.len().max(1));
        let looked_at = columns.iter().filter(is_id).chain(others);
        let faults = looked_at.map(|column| (column.clone(), self.table.id_faults(column)));
        faults.filter(|(_, faults)| *faults != IdFaults::default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_id_is_chosen_where_it_names_each_row() {
        let summary = |text: &str| {
            let data = Data::read("a.csv".into(), text.as_bytes().to_vec(), ReadOptions::default()).unwrap();
            let summary = data.summary();
            (summary.id_column, summary.id_faults)
        };
        assert_eq!(summary("id,name\n1,a\n2,b\n"), (Some("id".into()), Vec::new()));
        let shared = IdFaults { blank: 0, shared: 2, example: Some("a".into()) };
        assert_eq!(summary("sku,id,name\n1,a,x\n2,b,y\n3,a,z\n"), (None, vec![("id".into(), shared)]));
        let blank = IdFaults { blank: 1, ..IdFaults::default() };
        assert_eq!(summary("id,name\n1,a\n,b\n"), (None, vec![("id".into(), blank)]));
    }
}
