//! Results out: built in slices, so that a run goes on meanwhile, as a `Blob`.

use std::rc::Rc;

use js_sys::{Array, Date, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use crate::accuracy::Verdict;
use crate::answers::{Outline, find_document};
use crate::dataset::{self, AnswerColumns, ExportRow};
use crate::engine::{AttemptId, Ordinal};
use crate::link::{CsvStyle, ExportKind, Place, Problem, Task, ToPage, candidate_name};
use crate::provider::{AnswerFormat, Provider};
use crate::time::Time;
use crate::worker::browser::{Slices, words};
use crate::worker::page;
use crate::worker::plan::problem;
use crate::worker::run::ledger;
use crate::worker::run::session::Session;
use crate::worker::run::table::finish_word;

const PART_BYTES: usize = 1024 * 1024;

pub async fn export(session: &Rc<Session>, what: ExportKind, style: CsvStyle) -> Result<(), Problem> {
    let failed = |why: String| {
        problem(Place::Results, format!("The file could not be made: {why}. The results are kept; export them again."))
    };
    let mut parts = Parts { open: style.start_of(what).into(), ..Parts::default() };
    let written = match what {
        ExportKind::Csv => csv(session, style.guard_formulas, &mut parts).await,
        ExportKind::Jsonl => jsonl(session, &mut parts).await,
        ExportKind::Ledger => ledger(session, style.guard_formulas, &mut parts).await,
    };
    let rows = written.map_err(failed)?;
    let options = BlobPropertyBag::new();
    options.set_type(match what {
        ExportKind::Csv | ExportKind::Ledger => "text/csv;charset=utf-8",
        ExportKind::Jsonl => "application/x-ndjson;charset=utf-8",
    });
    let parts = parts.finish().map_err(failed)?;
    let blob = Blob::new_with_blob_sequence_and_options(&parts, &options).map_err(|error| failed(words(&error)))?;
    page::post_with(&ToPage::Exported { what, file_name: file_name(session, what), rows }, Some(&blob));
    Ok(())
}

async fn csv(session: &Session, guard: bool, parts: &mut Parts) -> Result<u32, String> {
    let table = &session.prepared.table;
    let answers = answer_columns(session);
    parts.push(&dataset::csv_header(table.columns(), &answers, guard))?;
    let mut slices = Slices::of(Task::Export);
    let rows = session.prepared.items();
    for item in 0..rows {
        slices.turn_at(f64::from(item) / f64::from(rows)).await;
        let cells = table.cells(item as usize);
        with_row(session, item, &answers, |row| parts.push(&dataset::csv_row(&cells, row, &answers, guard)))??;
    }
    Ok(rows)
}

/// Rows with an answer: a script takes every id in its checkpoint for done, so an open or failed row must not be there.
async fn jsonl(session: &Session, parts: &mut Parts) -> Result<u32, String> {
    let answers = answer_columns(session);
    let mut slices = Slices::of(Task::Export);
    let (rows, mut lines) = (session.prepared.items(), 0);
    for item in 0..rows {
        slices.turn_at(f64::from(item) / f64::from(rows)).await;
        with_row(session, item, &answers, |row| {
            if row.result.or(row.raw).is_some() {
                lines += 1;
                return parts.push(&dataset::jsonl_line(row, &answers));
            }
            Ok(())
        })??;
    }
    Ok(lines)
}

/// What the run's answer format adds to an export.
fn answer_columns(session: &Session) -> AnswerColumns {
    let format = &session.setup().answer_format;
    let outline = format.schema().and_then(|schema| Outline::read(schema).ok()).unwrap_or_default();
    // Of texts, only empty ones are marked.
    let checked = *format != AnswerFormat::Text || session.results.borrow().marks().misfits > 0;
    // Equal rows share an answer, whichever lane gave it.
    let note = match session.setup().providers() {
        providers if providers.iter().all(|provider| *provider == Provider::Demo) => Some(dataset::MADE_UP),
        providers if providers.contains(&Provider::Demo) => Some(dataset::MAYBE_MADE_UP),
        _ => None,
    };
    let corrected = session.results.borrow().has_corrections();
    let judged = corrected || session.setup().truth.is_some();
    let compared = session.setup().candidates().is_some();
    AnswerColumns { checked, fields: outline.fields, note, judged, corrected, compared }
}

/// An error says why the row's answer could not be read back.
fn with_row<T>(
    session: &Session,
    item: Ordinal,
    answers: &AnswerColumns,
    take: impl FnOnce(&ExportRow) -> T,
) -> Result<T, String> {
    let results = session.results.borrow();
    let known = results.item(item);
    let usage = known.and_then(|known| known.usage);
    let answer = results.answer(item, &session.texts)?;
    let answer = answer.as_deref();
    let error = results.error(item);
    let id = session.prepared.table.id(item as usize, session.setup().id_column.as_deref());
    let misfit = answer.and_then(|answer| answer.misfit.as_deref());
    // What doesn't fit is no result; what could not be checked is one, marked.
    let is_misfit = misfit.is_some() && answer.is_some_and(|answer| !answer.is_unchecked());
    let shown = answer.filter(|_| !is_misfit).map(|answer| session.check.shown(answer));
    let candidate = session.setup().candidates().map(|candidates| item as usize % candidates);
    let candidate = candidate.map(|lane| candidate_name(session.setup(), lane));
    let fits = answer.filter(|_| misfit.is_none() && !answers.fields.is_empty());
    let right = match session.scores.borrow().board().verdict(item) {
        Verdict::Right => Some(true),
        Verdict::Wrong => Some(false),
        Verdict::Open | Verdict::Unlabelled => None,
    };
    Ok(take(&ExportRow {
        right,
        corrected: results.correction(item),
        candidate: candidate.as_deref(),
        id: &id,
        state: results.state(item),
        result: shown,
        finish: answer.map(|answer| finish_word(answer.finish)),
        error: error.as_deref(),
        usage,
        cost: known.filter(|_| usage.is_some()).map(|known| known.cost),
        attempts: known.map_or(0, |known| known.attempts),
        misfit,
        is_misfit,
        raw: answer.map(|answer| answer.text.as_str()).filter(|raw| Some(*raw) != shown),
        document: fits.and_then(|answer| dataset::written_in(&answer.text, &find_document(&answer.text).ok()?)),
    }))
}

/// One line an attempt, in the order in which they were reserved.
async fn ledger(session: &Session, guard: bool, parts: &mut Parts) -> Result<u32, String> {
    parts.push(&ledger::header(session.setup()))?;
    let ids: Vec<AttemptId> = session.results.borrow().attempts().map(|(id, _)| id).collect();
    let mut slices = Slices::of(Task::Export);
    let (all, mut lines) = (ids.len(), 0);
    for id in ids {
        slices.turn_at(f64::from(lines) / all as f64).await;
        let results = session.results.borrow();
        if let Some(attempt) = results.attempt(id) {
            let row_id = session.prepared.table.id(attempt.item as usize, session.setup().id_column.as_deref());
            parts.push(&ledger::line(session.setup(), (id, attempt), &row_id, guard, moment))?;
            lines += 1;
        }
    }
    Ok(lines)
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

/// Text that leaves this heap part by part: a `Blob` is held by the browser, on its disk where it is large.
#[derive(Default)]
struct Parts {
    open: Vec<u8>,
    done: Array,
}

impl Parts {
    /// A line brings its end, or gets one.
    fn push(&mut self, line: &str) -> Result<(), String> {
        self.open.extend_from_slice(line.as_bytes());
        if !line.ends_with('\n') {
            self.open.push(b'\n');
        }
        if self.open.len() >= PART_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        self.done.push(&blob_of(&self.open)?);
        self.open.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Array, String> {
        self.flush()?;
        Ok(self.done)
    }
}

/// Bytes as a part of a larger `Blob`.
pub fn blob_of(bytes: &[u8]) -> Result<JsValue, String> {
    let part = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence(&part).map(JsValue::from).map_err(|error| words(&error))
}
