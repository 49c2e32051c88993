//! The steps of batch jobs, carried out: bytes go to the provider and come back, and the engine is told. Nothing is
//! decided here.
//!
//! | file | holds |
//! |---|---|
//! | this one | upload, create, find, poll, cancel, download |
//! | `files` | hand-over by file: requests out, results in |
//! | `lines` | result files line by line |
//! | `demo` | the simulated provider's jobs |

mod demo;
pub mod files;
pub mod lines;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, Blob, FormData, RequestInit, Response};

use self::lines::Lines;
use super::disk::spool::ARRIVING;
use crate::engine::batch::{BatchEffect, BatchEvent, BatchRow, BatchTerms, FileRead, ResultFile, Rows, ShardId};
use crate::engine::{Command, Event, Ordinal};
use crate::link::batch::{BYTES_MAX, BatchAsk, BatchQuote, REQUESTS_MAX, batch_discount_percent, by_file_only};
use crate::link::{Place, Problem, Setup, ToPage};
use crate::prices::{self, RateCard};
use crate::provider::batch::{
    self as wire, JobSeen, LINE_BYTES_MAX, create_body, custom_id, decode_deleted, decode_file, decode_job,
    decode_list, read_line, refusal_of, request_line,
};
use crate::provider::{Failure, FailureKind, HttpReply, Outcome, Provider};
use crate::worker::browser::{Slices, now, words};
use crate::worker::http::fetch::{self, Broken, Key};
use crate::worker::page;
use crate::worker::plan::{self, problem, template_words};
use crate::worker::rows::forecast::forecast;
use crate::worker::run::export::blob_of;
use crate::worker::run::session::Session;

const STEP_MS_MAX: u32 = 60_000;
const TRANSFER_MS_MAX: u32 = 3_600_000;
const PART_BYTES: usize = 1024 * 1024;
/// Lines that are settled together; the next ones are read once these are on disk.
const ROWS_AT_ONCE: usize = 500;
/// The same in bytes of their lines: each is in memory a few times over until it is on disk.
const LINE_BYTES_AT_ONCE: usize = 512 * 1024;
const LIST_PAGES_MAX: usize = 50;
/// Of a result file, with itself.
const COPIES: f64 = 4.0;

impl Session {
    pub(super) fn batch_step(self: &Rc<Self>, effect: BatchEffect) {
        let session = self.clone();
        spawn_local(async move {
            let step = async {
                match session.setup().provider {
                    Provider::Demo => demo::step(&session, effect).await,
                    _ => session.remote_step(effect).await,
                }
            };
            if let Some(event) = session.closing.race(step).await {
                session.handle(Event::Batch(event));
            }
        });
    }

    async fn remote_step(self: &Rc<Self>, effect: BatchEffect) -> BatchEvent {
        match effect {
            BatchEffect::Measure => BatchEvent::Measured { bytes: self.measure().await },
            BatchEffect::Upload { shard, nonce, rows } => {
                BatchEvent::Uploaded { shard, result: self.upload(&nonce, &rows).await }
            }
            BatchEffect::Create { shard, nonce, file } => {
                let body = create_body(&file, self.setup().wire().batch_endpoint(), &nonce);
                let reply = self.post("batches", Some(body)).await;
                BatchEvent::Created { shard, result: reply.and_then(|reply| self.job(&reply)) }
            }
            BatchEffect::Find { shard, nonce, file } => {
                BatchEvent::Found { shard, result: self.find(&nonce, &file).await }
            }
            BatchEffect::Withdraw { shard, file } => {
                BatchEvent::Withdrawn { shard, result: self.withdraw(&file).await }
            }
            BatchEffect::Poll { shard, job } => {
                let reply = self.get(&format!("batches/{job}")).await;
                BatchEvent::Seen { shard, result: reply.and_then(|reply| self.job(&reply)) }
            }
            BatchEffect::Cancel { shard, job } => {
                let reply = self.post(&format!("batches/{job}/cancel"), None).await;
                BatchEvent::Seen { shard, result: reply.and_then(|reply| self.job(&reply)) }
            }
            BatchEffect::Download { shard, file, id, .. } => {
                BatchEvent::Downloaded { shard, file, result: self.download(shard, file, &id).await }
            }
        }
    }

    fn job(&self, reply: &HttpReply) -> Result<JobSeen, Failure> {
        decode_job(self.setup().provider, reply, now())
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.setup().base_url.trim().trim_end_matches('/'))
    }

    async fn get(&self, path: &str) -> Result<HttpReply, Failure> {
        self.ask(path, STEP_MS_MAX, &RequestInit::new(), &[]).await
    }

    async fn post(&self, path: &str, body: Option<String>) -> Result<HttpReply, Failure> {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body_opt_str(body.as_deref());
        self.ask(path, STEP_MS_MAX, &init, &[("content-type", "application/json".to_owned())]).await
    }

    async fn ask(
        &self,
        path: &str,
        ms_max: u32,
        init: &RequestInit,
        headers: &[(&'static str, String)],
    ) -> Result<HttpReply, Failure> {
        let deadline = Deadline::new(ms_max)?;
        let key = self.first_key();
        let reply = fetch::send(&self.address(path), headers, key.as_ref(), &deadline.signal, init).await;
        reply.map_err(failure_of)
    }

    /// The bytes of every row's request line, the row's line break included.
    async fn measure(&self) -> Vec<u32> {
        let mut slices = Slices::begin();
        let mut bytes = Vec::new();
        for item in 0..self.prepared.items() {
            slices.turn().await;
            bytes.push(self.line(item).map_or(0, |line| line.len() as u32));
        }
        bytes
    }

    /// One row as a line of a request file.
    pub(super) fn line(&self, item: Ordinal) -> Option<String> {
        let body = self.prepared.body(self.setup(), item).ok()?;
        request_line(&custom_id(&self.manifest.run, item), self.setup().wire().batch_endpoint(), &body)
    }

    /// The file is built part by part outside of this heap, and streamed from there.
    async fn upload(&self, nonce: &str, rows: &Rows) -> Result<String, Failure> {
        let unsendable = |why: String| Failure {
            kind: FailureKind::BadRequest,
            status: None,
            message: why,
            retry_after_ms: None,
            request_id: None,
        };
        let (parts, mut open) = (Array::new(), Vec::new());
        let mut slices = Slices::begin();
        for item in rows.iter() {
            slices.turn().await;
            let body = self.prepared.body(self.setup(), item);
            body.as_ref().map_err(|found| unsendable(template_words(found)))?;
            let line = self.line(item).ok_or_else(|| unsendable("a row can't be written as a line".into()))?;
            open.extend_from_slice(line.as_bytes());
            if open.len() >= PART_BYTES {
                parts.push(&blob_of(&open).map_err(unsendable)?);
                open.clear();
            }
        }
        parts.push(&blob_of(&open).map_err(unsendable)?);
        let form = FormData::new().map_err(|error| unsendable(words(&error)))?;
        let blob = Blob::new_with_blob_sequence(&parts).map_err(|error| unsendable(words(&error)))?;
        let name = format!("{}-{}.jsonl", self.manifest.run, &nonce[..nonce.len().min(8)]);
        form.append_with_str("purpose", "batch")
            .and_then(|()| form.append_with_blob_and_filename("file", &blob, &name))
            .map_err(|error| unsendable(words(&error)))?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&form);
        let reply = self.ask("files", TRANSFER_MS_MAX, &init, &[]).await?;
        decode_file(self.setup().provider, &reply, now())
    }

    /// Deletes an uploaded file. One that isn't there is as good; an address that isn't there is not.
    async fn withdraw(&self, file: &str) -> Result<(), Failure> {
        let init = RequestInit::new();
        init.set_method("DELETE");
        let reply = self.ask(&format!("files/{file}"), STEP_MS_MAX, &init, &[]).await?;
        decode_deleted(self.setup().provider, &reply, file, now())
    }

    /// A result file's lines. They wait on the disk for their turn, unless that is needed for what is made of them:
    /// journal, checkpoints and cache.
    async fn lines_of(&self, response: &Response, shard: ShardId, file: ResultFile) -> Lines {
        let stated = response.headers().get("content-length").ok().flatten();
        let bytes = stated.and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES_MAX as f64);
        let opfs = self.storage.files_with_room(COPIES * bytes).await;
        let kind = match file {
            ResultFile::Output => "output",
            ResultFile::Error => "error",
        };
        let name = format!("{ARRIVING}{shard}-{kind}");
        Lines::by_way_of(opfs, &self.manifest.run, name, response).await
    }

    async fn find(&self, nonce: &str, file: &str) -> Result<Option<JobSeen>, Failure> {
        let mut after = String::new();
        for _ in 0..LIST_PAGES_MAX {
            let reply = self.get(&format!("batches?limit=100{after}")).await?;
            let mut list = decode_list(self.setup().provider, &reply, now())?;
            let after_this = list.after.take();
            if let Some(seen) = list.find(nonce, file)? {
                return Ok(Some(seen));
            }
            let Some(next) = after_this else { return Ok(None) };
            after = format!("&after={next}");
        }
        Ok(None)
    }

    /// Reads a result file line by line, and no faster than the disk takes its rows.
    async fn download(self: &Rc<Self>, shard: ShardId, file: ResultFile, id: &str) -> Result<FileRead, Failure> {
        let deadline = Deadline::new(TRANSFER_MS_MAX)?;
        let key = self.first_key();
        let address = self.address(&format!("files/{id}/content"));
        let response = fetch::begin(&address, &[], key.as_ref(), &deadline.signal, &RequestInit::new()).await;
        let response = response.map_err(failure_of)?;
        if !(200..300).contains(&response.status()) {
            let reply = fetch::read(response, key.as_ref()).await.map_err(failure_of)?;
            return Err(refusal_of(self.setup().provider, &reply, now()));
        }
        let (mut rows, mut read, mut bytes) = (Vec::new(), FileRead::default(), 0);
        let mut lines = self.lines_of(&response, shard, file).await;
        let mut slices = Slices::begin();
        while let Some(mut line) = lines.next().await.map_err(failure_of)? {
            bytes += line.len();
            slices.turn().await;
            if let Some(key) = &key {
                key.hide_in(&mut line);
            }
            match self.row_of(&line) {
                LineRead::Row(row) => rows.push(row),
                LineRead::Empty => {}
                LineRead::Unknown => read.unknown += 1,
                LineRead::Unreadable => read.unreadable += 1,
            }
            if is_enough(rows.len(), bytes) {
                bytes = 0;
                self.hand_in(shard, std::mem::take(&mut rows)).await;
            }
        }
        self.hand_in(shard, rows).await;
        Ok(read)
    }

    pub(super) async fn hand_in(self: &Rc<Self>, shard: ShardId, rows: Vec<BatchRow>) {
        if !rows.is_empty() {
            let rows = self.checked_rows(rows).await;
            self.handle(Event::Batch(BatchEvent::Rows { shard, rows }));
        }
        self.saved().await;
        self.copy_what_waits().await;
    }

    /// What a line of a result file says, of which row of this run.
    pub(super) fn row_of(&self, line: &str) -> LineRead {
        if line.len() > LINE_BYTES_MAX {
            return LineRead::Unreadable;
        }
        let Some(read) = read_line(line, self.setup().provider, now()) else { return LineRead::Empty };
        let Ok(read) = read else { return LineRead::Unreadable };
        match wire::ordinal_of(&self.manifest.run, &read.custom_id) {
            Some(item) if item < self.prepared.items() => LineRead::Row(BatchRow { item, end: read.end }),
            _ => LineRead::Unknown,
        }
    }

    /// Whether the answers fit their format, as with those that come one by one.
    pub(super) async fn checked_rows(&self, rows: Vec<BatchRow>) -> Vec<BatchRow> {
        let mut checked = Vec::with_capacity(rows.len());
        for BatchRow { item, end } in rows {
            let end = match end {
                wire::RowEnd::Outcome(outcome) => wire::RowEnd::Outcome(self.check.checked(outcome).await),
                unfinished => unfinished,
            };
            checked.push(BatchRow { item, end });
        }
        checked
    }

    /// What the page asks of the Batch API.
    pub fn batch_ask(self: &Rc<Self>, ask: BatchAsk) -> Result<(), Problem> {
        match ask {
            BatchAsk::Quote => {
                let session = self.clone();
                spawn_local(async move {
                    if let Some(quote) = session.closing.race(session.quote()).await {
                        page::post(&ToPage::BatchQuote(quote));
                    }
                });
                Ok(())
            }
            // Files travel beside their messages, so the shell takes these itself.
            BatchAsk::ExportRequests { .. } | BatchAsk::ImportResults { .. } => Ok(()),
            BatchAsk::HandOver { rows_per_job, queue_tokens, with_failed } => {
                if let Some(why) = by_file_only(self.setup().provider) {
                    return Err(problem(Place::Run, format!("{why} Nothing was handed over.")));
                }
                if self.needs_keys().first() == Some(&true) {
                    return Err(problem(Place::Provider, "Enter the API key again, then hand over."));
                }
                self.command(Command::HandOver(Box::new(BatchTerms {
                    requests_max: rows_per_job.clamp(1, REQUESTS_MAX),
                    bytes_max: BYTES_MAX,
                    queue_tokens,
                    lane: 0,
                    card: batch_card(self.setup()),
                    with_failed,
                })))
            }
        }
    }

    /// Both ways, for the rows that are open.
    async fn quote(&self) -> BatchQuote {
        let setup = self.setup();
        let plan = plan::plan(setup);
        let facts = self.prepared.facts();
        let done: Vec<bool> = {
            let results = self.results.borrow();
            (0..self.prepared.items()).map(|item| results.item(item).is_some_and(|item| item.end.is_some())).collect()
        };
        let rows = self.prepared.as_rows(&facts, &done);
        let mut slices = Slices::begin();
        let turn = &mut async || {
            slices.turn().await;
        };
        let one_by_one = forecast(setup, &plan, &rows, now(), turn).await;
        let mut handed_over = plan.clone();
        if let Some(lane) = handed_over.lanes.first_mut() {
            lane.card = batch_card(setup);
        }
        let open = facts.iter().enumerate().filter(|(item, facts)| facts.leader as usize == *item && !done[*item]);
        BatchQuote {
            rows: open.count() as u32,
            one_by_one: one_by_one.cost_high,
            one_by_one_ms: one_by_one.duration_ms,
            handed_over: forecast(setup, &handed_over, &rows, now(), turn).await.cost_high,
            window_hours: 24,
            batch_priced: batch_discount_percent(setup).is_some(),
        }
    }
}

/// Rows that were read, and the bytes of their lines, are settled before more is read.
pub(super) fn is_enough(rows: usize, bytes: usize) -> bool {
    rows >= ROWS_AT_ONCE || bytes >= LINE_BYTES_AT_ONCE
}

pub(super) enum LineRead {
    Row(BatchRow),
    Empty,
    Unknown,
    Unreadable,
}

/// The catalogue's batch prices, in proportion to a price that the person states; the usual ones where it has none.
pub(super) fn batch_card(setup: &Setup) -> Option<RateCard> {
    let own = plan::card(setup)?;
    let Some((listed, batch)) =
        prices::find_at(setup.provider, &setup.model).and_then(|model| Some((&model.card, model.batch.as_ref()?)))
    else {
        return Some(own);
    };
    if own.base.input == listed.base.input && own.base.output == listed.base.output {
        return Some(batch.clone());
    }
    Some(RateCard { base: batch.base.in_proportion(&listed.base, &own.base), ..RateCard::default() })
}

/// Gives a request up when its time is over, or when nobody waits for it any more.
struct Deadline {
    signal: AbortSignal,
    controller: AbortController,
    _timeout: Timeout,
}

impl Deadline {
    fn new(ms_max: u32) -> Result<Deadline, Failure> {
        let controller = AbortController::new().map_err(|error| failure_of(Broken::NeverSent(words(&error))))?;
        let aborting = controller.clone();
        let timeout = Timeout::new(ms_max, move || aborting.abort());
        Ok(Deadline { signal: controller.signal(), controller, _timeout: timeout })
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

fn failure_of(broken: Broken) -> Failure {
    let outcome = match broken {
        Broken::Aborted => Outcome::timed_out(),
        Broken::Unreachable(words) => Outcome::unreachable(&words),
        Broken::NeverSent(words) => Outcome::never_sent(&words),
    };
    match outcome {
        Outcome::Failed { failure, .. } => failure,
        Outcome::Answered { .. } => Failure {
            kind: FailureKind::Unreachable,
            status: None,
            message: String::new(),
            retry_after_ms: None,
            request_id: None,
        },
    }
}

impl Session {
    fn first_key(&self) -> Option<Key> {
        self.key_of_lane(0)
    }
}
