//! Results out: built in slices, so that a run goes on meanwhile, as a `Blob`.

use std::rc::Rc;

use js_sys::{Array, Date, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use super::browser::{Slices, words};
use super::results::Attempt;
use super::rows::finish_word;
use super::session::Session;
use super::terms::problem;
use crate::dataset::{self, ExportRow};
use crate::engine::{AttemptId, Ordinal};
use crate::link::{ExportKind, Place, Problem};
use crate::provider::Bill;
use crate::time::Time;

const PART_BYTES: usize = 256 * 1024;

pub struct Exported {
    pub blob: Blob,
    pub file_name: String,
    pub rows: u32,
}

pub async fn export(session: &Rc<Session>, what: ExportKind, guard: bool) -> Result<Exported, Problem> {
    let mut parts = Parts::default();
    let rows = match what {
        ExportKind::Csv => csv(session, guard, &mut parts).await,
        ExportKind::Jsonl => jsonl(session, &mut parts).await,
        ExportKind::Ledger => ledger(session, guard, &mut parts).await,
    };
    let options = BlobPropertyBag::new();
    options.set_type(match what {
        ExportKind::Csv | ExportKind::Ledger => "text/csv;charset=utf-8",
        ExportKind::Jsonl => "application/x-ndjson;charset=utf-8",
    });
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts.finish(), &options);
    let blob = blob.map_err(|error| {
        problem(Place::Results, format!("The file could not be made: {}. The results are kept.", words(&error)))
    })?;
    Ok(Exported { blob, file_name: file_name(session, what), rows })
}

async fn csv(session: &Session, guard: bool, parts: &mut Parts) -> u32 {
    let table = &session.prepared.data.table;
    parts.push(&dataset::csv_header(table.columns()));
    let mut slices = Slices::begin();
    for item in 0..session.prepared.data.rows() {
        slices.turn().await;
        let cells: Vec<String> = table.columns().iter().map(|column| table.cell(item as usize, column)).collect();
        with_row(session, item, |row| parts.push(&dataset::csv_row(&cells, row, guard)));
    }
    session.prepared.data.rows()
}

/// Rows with an answer: a script takes every id in its checkpoint for done, so an open or failed row must not be there.
async fn jsonl(session: &Session, parts: &mut Parts) -> u32 {
    let mut slices = Slices::begin();
    let mut lines = 0;
    for item in 0..session.prepared.data.rows() {
        slices.turn().await;
        with_row(session, item, |row| {
            if row.result.is_some() {
                parts.push(&dataset::jsonl_line(row));
                lines += 1;
            }
        });
    }
    lines
}

fn with_row(session: &Session, item: Ordinal, take: impl FnOnce(&ExportRow)) {
    let results = session.results.borrow();
    let known = results.item(item).cloned().unwrap_or_default();
    let answer = results.answer(item);
    let error = results.error(item);
    let id = session.prepared.data.table.id(item as usize, session.setup().id_column.as_deref());
    take(&ExportRow {
        id: &id,
        state: results.state(item),
        result: answer.map(|answer| answer.text.as_str()),
        finish: answer.map(|answer| finish_word(answer.finish)),
        error: error.as_deref(),
        usage: known.usage,
        cost: known.usage.map(|_| known.cost),
        attempts: known.attempts,
    });
}

const LEDGER_COLUMNS: [&str; 18] = [
    "attempt",
    "item",
    "id",
    "lane",
    "state",
    "reserved_usd",
    "cost_usd",
    "cost_pico_usd",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "status",
    "failure",
    "request_id",
    "reserved_at",
    "settled_at",
];

/// One line an attempt, in the order in which they were reserved.
async fn ledger(session: &Session, guard: bool, parts: &mut Parts) -> u32 {
    parts.push(&csv_line(&LEDGER_COLUMNS.map(str::to_owned)));
    let ids: Vec<AttemptId> = session.results.borrow().attempts().map(|(id, _)| id).collect();
    let mut slices = Slices::begin();
    let mut lines = 0;
    for id in ids {
        slices.turn().await;
        let results = session.results.borrow();
        if let Some(attempt) = results.attempt(id) {
            let row_id = session.prepared.data.table.id(attempt.item as usize, session.setup().id_column.as_deref());
            parts.push(&csv_line(&ledger_line(id, attempt, &row_id, guard)));
            lines += 1;
        }
    }
    lines
}

fn ledger_line(id: AttemptId, attempt: &Attempt, row_id: &str, guard: bool) -> [String; 18] {
    let settled = attempt.settled.as_ref();
    let usage = settled.and_then(|settled| match settled.bill {
        Bill::Usage { usage, .. } => Some(usage),
        Bill::Nothing | Bill::Unknown => None,
    });
    let tokens = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let billed = settled.filter(|settled| settled.bill != Bill::Unknown);
    let failure = settled.and_then(|settled| settled.failure.as_ref());
    let kind = failure.and_then(|failure| serde_json::to_value(failure.kind).ok());
    [
        id.to_string(),
        attempt.item.to_string(),
        guarded(row_id, guard),
        attempt.lane.to_string(),
        attempt.state().into(),
        attempt.reserved.decimals(12),
        billed.map(|settled| settled.cost.decimals(12)).unwrap_or_default(),
        billed.map(|settled| settled.cost.pico().to_string()).unwrap_or_default(),
        tokens(usage.map(|usage| usage.input)),
        tokens(usage.map(|usage| usage.output)),
        tokens(usage.map(|usage| usage.cache_read)),
        tokens(usage.map(|usage| usage.cache_write)),
        tokens(usage.map(|usage| usage.reasoning)),
        failure.and_then(|failure| failure.status).map(|status| status.to_string()).unwrap_or_default(),
        kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default(),
        guarded(settled.and_then(|settled| settled.request_id.as_deref()).unwrap_or_default(), guard),
        moment(attempt.reserved_at),
        settled.map(|settled| moment(settled.at)).unwrap_or_default(),
    ]
}

/// A spreadsheet takes such a cell for a formula.
fn guarded(cell: &str, guard: bool) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if guard && risky { format!("'{cell}") } else { cell.into() }
}

fn csv_line(cells: &[String]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written = writer.write_record(cells).is_ok();
    let bytes = writer.into_inner().unwrap_or_default();
    if written { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() }
}

fn moment(at: Time) -> String {
    Date::new(&JsValue::from_f64(at.ms() as f64)).to_iso_string().into()
}

fn file_name(session: &Session, what: ExportKind) -> String {
    let name = &session.prepared.data.name;
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let run = &session.manifest.run;
    match what {
        ExportKind::Csv => format!("{stem}-{run}.csv"),
        ExportKind::Jsonl => format!("{stem}-{run}.jsonl"),
        ExportKind::Ledger => format!("{stem}-{run}-ledger.csv"),
    }
}

/// Text that leaves the heap part by part.
#[derive(Default)]
struct Parts {
    open: Vec<u8>,
    done: Array,
}

impl Parts {
    /// A line brings its end, or gets one.
    fn push(&mut self, line: &str) {
        self.open.extend_from_slice(line.as_bytes());
        if !line.ends_with('\n') {
            self.open.push(b'\n');
        }
        if self.open.len() >= PART_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.done.push(&Uint8Array::from(&self.open[..]));
        self.open.clear();
    }

    fn finish(mut self) -> Array {
        self.flush();
        self.done
    }
}
