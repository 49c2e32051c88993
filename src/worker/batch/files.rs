//! Hand-over by file: request files out, result files in, both as streams.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use js_sys::Array;
use web_sys::{Blob, File};

use super::lines::Lines;
use super::{LineRead, batch_card, is_enough};
use crate::engine::batch::{BatchEvent, BatchRow, Rows};
use crate::engine::{Command, Event, Ordinal};
use crate::link::batch::{BatchImported, RequestFile, batch_discount_percent};
use crate::link::{Place, Problem, Setup, Task, ToPage};
use crate::provider::batch::{BatchTarget, custom_id};
use crate::worker::browser::{Slices, words};
use crate::worker::disk::refusal::DiskRefusal;
use crate::worker::http::fetch::Broken;
use crate::worker::page;
use crate::worker::plan::{problem, refuse_compared};
use crate::worker::run::export::blob_of;
use crate::worker::run::imports::not_saved;
use crate::worker::run::session::Session;

const PART_BYTES: usize = 1024 * 1024;

/// One request file in the making.
struct Open {
    parts: Array,
    part: Vec<u8>,
    rows: u32,
    bytes: u64,
}

impl Open {
    fn new(target: BatchTarget) -> Open {
        let head = target.frame().0.as_bytes().to_vec();
        Open { parts: Array::new(), bytes: head.len() as u64, part: head, rows: 0 }
    }

    fn push(&mut self, entry: &str) -> Result<(), String> {
        self.part.extend_from_slice(entry.as_bytes());
        self.bytes += entry.len() as u64;
        self.rows += 1;
        if self.part.len() >= PART_BYTES {
            self.parts.push(&blob_of(&self.part)?);
            self.part.clear();
        }
        Ok(())
    }

    fn close(mut self, target: BatchTarget) -> Result<(Blob, u32), String> {
        self.part.extend_from_slice(target.frame().1.as_bytes());
        self.parts.push(&blob_of(&self.part)?);
        let blob = Blob::new_with_blob_sequence(&self.parts).map_err(|error| words(&error))?;
        Ok((blob, self.rows))
    }
}

/// Writes the rows that have no answer and wait for none as request files, as many as the target's limits ask for. Equal
/// requests go once.
pub async fn export_requests(session: &Rc<Session>, target: BatchTarget) -> Result<(), Problem> {
    let failed = |why: String| problem(Place::Results, format!("The request file could not be made: {why}."));
    refuse_compared(session.setup())?;
    let setup = session.setup();
    let provider = target.provider();
    let as_target = Setup { provider, base_url: provider.preset().base_url.into(), ..setup.clone() };
    let (rows_max, bytes_max) = target.limits();
    let facts = session.prepared.facts();
    let (mut files, mut taken) = (Vec::new(), Vec::new());
    let mut open = Open::new(target);
    let mut slices = Slices::of(Task::Export);
    let leader = |item: Ordinal| facts[item as usize].leader;
    let mut asked: HashSet<Ordinal> = rows(session).filter(|item| is_asked(session, *item)).map(leader).collect();
    for item in rows(session) {
        slices.turn_at(f64::from(item) / f64::from(session.prepared.items())).await;
        if !is_open(session, item) || !asked.insert(leader(item)) {
            continue;
        }
        let id = custom_id(&session.manifest.run, item);
        let body = session.prepared.body(&as_target, item);
        let body = body.map_err(|found| failed(crate::worker::plan::template_words(&found)))?;
        taken.push(item);
        let entry =
            |first| target.entry(as_target.wire(), &id, &body, first).ok_or_else(|| failed("a row is no JSON".into()));
        let whole = entry(open.rows == 0)?;
        if open.rows >= rows_max || open.bytes + whole.len() as u64 + 8 > bytes_max {
            let full = std::mem::replace(&mut open, Open::new(target));
            files.push(full.close(target).map_err(failed)?);
            open.push(&entry(true)?).map_err(failed)?;
        } else {
            open.push(&whole).map_err(failed)?;
        }
    }
    if open.rows > 0 {
        files.push(open.close(target).map_err(failed)?);
    }
    if files.is_empty() {
        return Err(problem(
            Place::Results,
            "Every row has its answer, or is in flight or in a batch job: there is nothing to hand over.",
        ));
    }
    // From here on they are not sent by themselves, and no file leaves before that is written down. A disk that refuses
    // has paused the run.
    session.command(Command::Exported(Rows::of(taken)))?;
    let _ = session.saved_or_refused().await;
    let count = files.len();
    for (place, (blob, rows)) in files.into_iter().enumerate() {
        let file_name = format!("{}-{}of{count}.{}", session.manifest.run, place + 1, target.ending());
        let shell_lines = target.shell_lines(as_target.wire(), &file_name, setup.model.trim());
        page::post_with(&ToPage::RequestFile(RequestFile { target, file_name, rows, shell_lines }), Some(&blob));
    }
    Ok(())
}

fn rows(session: &Session) -> Range<Ordinal> {
    0..session.prepared.items()
}

fn is_open(session: &Session, item: Ordinal) -> bool {
    !is_answered(session, item) && session.takes_import(item)
}

/// In flight or in a batch job: asked once more, it would be paid for twice.
fn is_asked(session: &Session, item: Ordinal) -> bool {
    !is_answered(session, item) && !session.takes_import(item)
}

fn is_answered(session: &Session, item: Ordinal) -> bool {
    session.results.borrow().kept(item).is_some()
}

/// Takes a result file in: rows in any order, of either form, of this run.
pub async fn import_results(session: &Rc<Session>, name: String, file: Option<File>) -> Result<(), Problem> {
    let missing = || problem(Place::Results, format!("{name} did not arrive. Choose it again."));
    let file = file.ok_or_else(missing)?;
    let (mut slices, mut read_bytes) = (Slices::of(Task::Import), 0);
    let before = session.progress();
    let batch_priced = batch_discount_percent(session.setup()).is_some();
    let mut told = BatchImported { name: name.clone(), batch_priced, ..BatchImported::default() };
    let mut lines = Lines::of(&file.stream());
    let (mut rows, mut bytes): (Vec<BatchRow>, usize) = (Vec::new(), 0);
    loop {
        let next = lines.next().await.map_err(|broken| {
            let why = match broken {
                Broken::Aborted => "it was given up".to_owned(),
                Broken::Unreachable(words) | Broken::NeverSent(words) => words,
            };
            problem(Place::Results, format!("{name} could not be read to its end: {why}. What was read is kept."))
        })?;
        let Some(line) = next else { break };
        bytes += line.len();
        read_bytes += line.len();
        slices.turn_at(read_bytes as f64 / file.size()).await;
        match session.row_of(&line) {
            LineRead::Row(row) => rows.push(row),
            LineRead::Empty => {}
            LineRead::Unknown => told.unknown += 1,
            LineRead::Unreadable => told.unreadable += 1,
        }
        if is_enough(rows.len(), bytes) {
            bytes = 0;
            let taken = take_in(session, std::mem::take(&mut rows), &mut told).await;
            taken.map_err(|refusal| not_saved(&name, &refusal))?;
        }
    }
    take_in(session, rows, &mut told).await.map_err(|refusal| not_saved(&name, &refusal))?;
    let after = session.progress();
    told.answered = after.succeeded.saturating_sub(before.succeeded);
    told.failed = after.errored.saturating_sub(before.errored);
    told.cost = after.spent.saturating_sub(before.spent);
    page::post(&ToPage::BatchImported(told));
    Ok(())
}

async fn take_in(session: &Rc<Session>, rows: Vec<BatchRow>, told: &mut BatchImported) -> Result<(), DiskRefusal> {
    if rows.is_empty() {
        return Ok(());
    }
    told.left_out += rows.iter().filter(|row| !session.takes_import(row.item)).count() as u32;
    let card = batch_card(session.setup());
    let rows = session.checked_rows(rows).await;
    session.handle(Event::Batch(BatchEvent::Imported { rows, card }));
    session.saved_or_refused().await?;
    session.copy_what_waits().await;
    Ok(())
}
