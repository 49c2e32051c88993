//! The data file that is open: its bytes, as they are kept with a run, and its rows.

use crate::dataset::{self, DataProblem, IdFaults, ReadOptions, Table};
use crate::link::DataSummary;
use crate::worker::browser::Slices;

const HEAD_ROWS: usize = 8;
/// So many cells are looked at for columns that could name the rows.
const ID_CELLS_MAX: usize = 2_000_000;
const PART_BYTES: usize = 4 * 1024 * 1024;

pub struct Data {
    pub name: String,
    pub bytes: Vec<u8>,
    /// With the format that was found, so that it is read the same way again.
    pub read: ReadOptions,
    pub table: Table,
    pub summary: DataSummary,
    /// Of the bytes.
    pub crc32: u32,
}

impl Data {
    /// Reads a file in slices.
    pub async fn read(
        name: String,
        bytes: Vec<u8>,
        options: ReadOptions,
        slices: &mut Slices,
    ) -> Result<Data, DataProblem> {
        let mut turn = async |share: f64| {
            slices.turn_at(share).await;
        };
        let table = dataset::read_in_turns(&name, &bytes, options, &mut turn).await?;
        let read = ReadOptions { format: Some(table.format()), ..options };
        let summary = summary(&name, bytes.len(), &table, &mut turn).await;
        let crc32 = crc32(&bytes, slices).await;
        Ok(Data { name, bytes, read, table, summary, crc32 })
    }

    pub fn rows(&self) -> u32 {
        self.table.len() as u32
    }
}

pub async fn crc32(bytes: &[u8], slices: &mut Slices) -> u32 {
    let mut crc32 = crc32fast::Hasher::new();
    for part in bytes.chunks(PART_BYTES) {
        crc32.update(part);
        slices.turn_at(1.0).await;
    }
    crc32.finalize()
}

async fn summary(name: &str, bytes: usize, table: &Table, turn: &mut impl AsyncFnMut(f64)) -> DataSummary {
    let columns = table.columns().to_vec();
    let id_faults = id_faults(table, turn).await;
    let names_rows = |column: &&String| *column == "id" && !id_faults.iter().any(|(name, _)| name == *column);
    let id_column = columns.iter().find(names_rows).cloned();
    let head = (0..table.len().min(HEAD_ROWS))
        .map(|row| columns.iter().map(|column| table.cell(row, column)).collect())
        .collect();
    DataSummary {
        name: name.to_owned(),
        bytes: bytes as f64,
        rows: table.len() as u32,
        format: table.format(),
        encoding: table.encoding().to_owned(),
        duplicate_rows: table.duplicate_rows_in_turns(id_column.as_deref(), turn).await as u32,
        skipped: table.skipped().to_vec(),
        notes: table.notes().to_vec(),
        id_faults,
        id_column,
        head,
        columns,
    }
}

/// Columns that don't name every row: `id` first, then as many as there is time for.
async fn id_faults(table: &Table, turn: &mut impl AsyncFnMut(f64)) -> Vec<(String, IdFaults)> {
    let is_id = |column: &&String| *column == "id";
    let columns = table.columns();
    let others = columns.iter().filter(|column| !is_id(column)).take(ID_CELLS_MAX / table.len().max(1));
    let mut found = Vec::new();
    for column in columns.iter().filter(is_id).chain(others) {
        let faults = table.id_faults_in_turns(column, turn).await;
        if faults != IdFaults::default() {
            found.push((column.clone(), faults));
        }
    }
    found
}

#[cfg(test)]
pub mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Reads without a browser, and so without its turns.
    pub fn read(name: &str, text: &str) -> Data {
        let table = dataset::read(name, text.as_bytes(), ReadOptions::default()).expect("rows");
        let summary = at_once(summary(name, text.len(), &table, &mut async |_| {}));
        Data { name: name.into(), bytes: text.into(), read: ReadOptions::default(), table, summary, crc32: 0 }
    }

    /// The value of a future that waits for nothing.
    pub fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn the_column_id_is_chosen_where_it_names_each_row() {
        let summary = |text: &str| {
            let summary = read("a.csv", text).summary;
            (summary.id_column, summary.id_faults)
        };
        assert_eq!(summary("id,name\n1,a\n2,b\n"), (Some("id".into()), Vec::new()));
        let shared = IdFaults { blank: 0, shared: 2, example: Some("a".into()) };
        assert_eq!(summary("sku,id,name\n1,a,x\n2,b,y\n3,a,z\n"), (None, vec![("id".into(), shared)]));
        let blank = IdFaults { blank: 1, ..IdFaults::default() };
        assert_eq!(summary("id,name\n1,a\n,b\n"), (None, vec![("id".into(), blank)]));
    }
}
