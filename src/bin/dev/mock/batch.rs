//! OpenAI's Files and Batch API, simulated: jobs that take a while, whose rows come back shuffled, fail, expire or are
//! canceled, and answers that come late or are lost. Its books are its own: each row at half the prices, once worked on.
//!
//! | path | holds |
//! |---|---|
//! | `/v1/files`, `/v1/files/{id}/content` | request files in, result files out |
//! | `/v1/batches`, `/v1/batches/{id}`, `/v1/batches/{id}/cancel` | the jobs |
//! | `/__batches` | every job, its state and what it was billed; POST to `/__batches/set` changes [`BatchSettings`] |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_stream::StreamExt;

use super::batch_rows::{answered_line, check, failed_line, file_part, lines, unfinished_line};
use super::reply::{Reply, Witness};
use super::settings::Settings;

const FILE_BYTES_MAX: usize = 210_000_000;
const CHUNK_BYTES: usize = 64 * 1024;

/// What tests may change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchSettings {
    /// From a job's creation to its end.
    delay_ms: u64,
    /// Before an upload, a creation, each chunk of a download is answered; what was asked for is done at once.
    upload_hold_ms: u64,
    create_hold_ms: u64,
    chunk_hold_ms: u64,
    /// How many creations lose their answer from now on.
    lose_creates: u32,
    /// Every so-manieth row fails with a 400; 0: none.
    fail_every: usize,
    /// The share of its rows, in percent, after which a job expires.
    expire_percent: Option<usize>,
    /// Every so-manieth row has no line although it is billed, or two lines; 0: none.
    leave_out_every: usize,
    repeat_every: usize,
    /// Input tokens of all unfinished jobs together.
    queue_tokens: Option<u64>,
    /// Each answer is filled up to this many bytes.
    pad_bytes: usize,
}

impl Default for BatchSettings {
    fn default() -> BatchSettings {
        BatchSettings {
            delay_ms: 500,
            upload_hold_ms: 0,
            create_hold_ms: 0,
            chunk_hold_ms: 0,
            lose_creates: 0,
            fail_every: 0,
            expire_percent: None,
            leave_out_every: 0,
            repeat_every: 0,
            queue_tokens: None,
            pad_bytes: 0,
        }
    }
}

#[derive(Clone)]
struct Batches {
    state: Arc<Mutex<Books>>,
    settings: Arc<dyn Fn() -> Settings + Send + Sync>,
}

#[derive(Default)]
struct Books {
    settings: BatchSettings,
    files: BTreeMap<String, Bytes>,
    jobs: BTreeMap<String, Job>,
    next: u64,
    /// Bytes of result files that were taken.
    served: u64,
}

struct Job {
    input_file: String,
    metadata: Value,
    created: (Instant, u64),
    delay: Duration,
    state: &'static str,
    errors: Value,
    rows: usize,
    tokens: u64,
    completed: usize,
    failed: usize,
    billed_pico: u128,
    custom_ids: Vec<String>,
    output: Option<String>,
    error: Option<String>,
}

pub fn router(settings: impl Fn() -> Settings + Send + Sync + 'static) -> Router {
    let batches = Batches { state: Arc::default(), settings: Arc::new(settings) };
    Router::new()
        .route("/v1/files", any(upload))
        .route("/v1/files/{id}", any(delete))
        .route("/v1/files/{id}/content", any(content))
        .route("/v1/batches", any(batches_root))
        .route("/v1/batches/{id}", any(one))
        .route("/v1/batches/{id}/cancel", any(cancel))
        .route("/__batches", get(books))
        .route("/__batches/set", post(set))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX))
        .with_state(batches)
}

impl Batches {
    fn lock(&self) -> MutexGuard<'_, Books> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, mut reply: Reply) -> Response {
        (self.settings)().cors.on_answer(&HeaderMap::new(), reply.status, &mut reply.headers);
        reply.into_response(Witness::new(|_| ()))
    }

    /// A preflight, or a call without the right key.
    fn turned_away(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        let settings = (self.settings)();
        if method == Method::OPTIONS {
            let mut reply = Reply::text(StatusCode::NO_CONTENT, "text/plain", String::new());
            settings.cors.on_preflight(headers, &mut reply.headers);
            return Some((reply.status, reply.headers).into_response());
        }
        let right = settings.api_key.as_deref()?;
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if given.and_then(|value| value.strip_prefix("Bearer ")) == Some(right) {
            return None;
        }
        let refusal =
            Reply::error(401, "invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided.");
        Some(self.reply(refusal))
    }

    fn not_found(&self, what: &str) -> Response {
        self.reply(Reply::error(404, "invalid_request_error", None, &format!("No such {what}.")))
    }
}

async fn upload(State(batches): State<Batches>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    let Some(file) = file_part(&headers, &body) else {
        return batches.reply(Reply::error(400, "invalid_request_error", None, "'file' is a required property"));
    };
    let (id, hold_ms) = {
        let mut books = batches.lock();
        books.next += 1;
        let id = format!("file-{:06}", books.next);
        books.files.insert(id.clone(), file.clone());
        (id, books.settings.upload_hold_ms)
    };
    tokio::time::sleep(Duration::from_millis(hold_ms)).await;
    let body = json!({"id": id, "object": "file", "bytes": file.len(), "purpose": "batch", "status": "processed"});
    batches.reply(Reply::json(StatusCode::OK, &body))
}

async fn content(
    State(batches): State<Batches>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    let (file, hold_ms) = {
        let books = batches.lock();
        (books.files.get(&id).cloned(), books.settings.chunk_hold_ms)
    };
    let Some(file) = file else { return batches.not_found("File object") };
    let chunks: Vec<Bytes> =
        (0..file.len()).step_by(CHUNK_BYTES).map(|at| file.slice(at..file.len().min(at + CHUNK_BYTES))).collect();
    let served = batches.clone();
    let stream = tokio_stream::iter(chunks).then(move |chunk| {
        let served = served.clone();
        async move {
            if hold_ms > 0 {
                tokio::time::sleep(Duration::from_millis(hold_ms)).await;
            }
            served.lock().served += chunk.len() as u64;
            Ok::<_, std::io::Error>(chunk)
        }
    });
    let mut reply = Reply::text(StatusCode::OK, "application/octet-stream", String::new());
    (batches.settings)().cors.on_answer(&HeaderMap::new(), reply.status, &mut reply.headers);
    (reply.status, reply.headers, Body::from_stream(stream)).into_response()
}

async fn delete(
    State(batches): State<Batches>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    let known = batches.lock().files.contains_key(&id);
    if !known {
        let message = format!("No such File object: {id}");
        return batches.reply(Reply::error(404, "invalid_request_error", None, &message));
    }
    if method != Method::DELETE {
        return batches.reply(Reply::json(StatusCode::OK, &json!({"id": id, "object": "file", "purpose": "batch"})));
    }
    batches.lock().files.remove(&id);
    batches.reply(Reply::json(StatusCode::OK, &json!({"id": id, "object": "file", "deleted": true})))
}

async fn batches_root(State(batches): State<Batches>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    if method == Method::GET {
        let mut books = batches.lock();
        books.advance(&(batches.settings)());
        let list: Vec<Value> = books.jobs.iter().rev().map(|(id, job)| job.seen(id)).collect();
        drop(books);
        return batches.reply(Reply::json(StatusCode::OK, &json!({"object": "list", "data": list, "has_more": false})));
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return batches.reply(Reply::error(400, "invalid_request_error", None, "The body is not JSON."));
    };
    let (created, lost, hold_ms) = {
        let mut books = batches.lock();
        let created = books.create(&asked);
        let lost = books.settings.lose_creates > 0;
        books.settings.lose_creates = books.settings.lose_creates.saturating_sub(1);
        (created, lost, books.settings.create_hold_ms)
    };
    tokio::time::sleep(Duration::from_millis(hold_ms)).await;
    match created {
        Ok(seen) if lost => {
            let reply = Reply::json(StatusCode::OK, &seen);
            batches.reply(Reply { broken_off: true, ..reply.halved() })
        }
        Ok(seen) => batches.reply(Reply::json(StatusCode::OK, &seen)),
        Err(why) => batches.reply(Reply::error(400, "invalid_request_error", None, &why)),
    }
}

async fn one(State(batches): State<Batches>, Path(id): Path<String>, method: Method, headers: HeaderMap) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    let mut books = batches.lock();
    books.advance(&(batches.settings)());
    let seen = books.jobs.get(&id).map(|job| job.seen(&id));
    drop(books);
    match seen {
        Some(seen) => batches.reply(Reply::json(StatusCode::OK, &seen)),
        None => batches.not_found("batch"),
    }
}

async fn cancel(
    State(batches): State<Batches>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    let settings = (batches.settings)();
    let seen = {
        let mut books = batches.lock();
        books.advance(&settings);
        books.cancel(&id, &settings)
    };
    match seen {
        Some(Ok(seen)) => batches.reply(Reply::json(StatusCode::OK, &seen)),
        Some(Err(why)) => batches.reply(Reply::error(400, "invalid_request_error", None, &why)),
        None => batches.not_found("batch"),
    }
}

async fn books(State(batches): State<Batches>) -> Response {
    let mut books = batches.lock();
    books.advance(&(batches.settings)());
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for id in books.jobs.values().flat_map(|job| &job.custom_ids) {
        *times.entry(id).or_default() += 1;
    }
    let twice: Vec<&str> = times.iter().filter(|(_, times)| **times > 1).map(|(id, _)| *id).collect();
    let jobs: Vec<Value> = books
        .jobs
        .iter()
        .map(|(id, job)| {
            json!({"id": id, "status": job.state, "rows": job.rows, "completed": job.completed, "failed": job.failed,
                "billed_pico": job.billed_pico.to_string(), "metadata": job.metadata})
        })
        .collect();
    let billed: u128 = books.jobs.values().map(|job| job.billed_pico).sum();
    let ended = books.jobs.values().flat_map(|job| job.output.iter().chain(&job.error));
    let result_bytes: usize = ended.filter_map(|id| books.files.get(id)).map(Bytes::len).sum();
    axum::Json(json!({"jobs": jobs, "files": books.files.len(), "billed_pico": billed.to_string(),
        "result_bytes": result_bytes, "served_bytes": books.served,
        "billed_rows": times.len(), "billed_twice": twice}))
    .into_response()
}

async fn set(State(batches): State<Batches>, axum::Json(changes): axum::Json<Value>) -> Response {
    let mut books = batches.lock();
    let mut whole = serde_json::to_value(&books.settings).unwrap_or_default();
    for (name, value) in changes.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    match serde_json::from_value(whole) {
        Ok(settings) => {
            books.settings = settings;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

impl Books {
    fn create(&mut self, asked: &Value) -> Result<Value, String> {
        let input_file = asked["input_file_id"].as_str().unwrap_or("").to_owned();
        let file = self.files.get(&input_file).cloned().ok_or(format!("Cannot find file {input_file}."))?;
        if asked["endpoint"] != "/v1/chat/completions" || asked["completion_window"] != "24h" {
            return Err("The endpoint or the completion window is none.".to_owned());
        }
        let (rows, problem) = check(&file);
        let tokens: u64 = lines(&file).filter_map(|(_, asked)| Some(asked.ok()?.input_tokens)).sum();
        let queued: u64 = self.jobs.values().filter(|job| !job.is_final()).map(|job| job.tokens).sum();
        let full = self.settings.queue_tokens.is_some_and(|limit| queued > 0 && queued + tokens > limit);
        let errors = match (problem, full) {
            (Some(problem), _) => json!({"object": "list", "data": [problem]}),
            (None, true) => json!({"object": "list", "data": [{"code": "token_limit_exceeded", "message":
                "Enqueued token limit reached. Please try again once some in_progress batches have been completed.",
                "line": null, "param": null}]}),
            (None, false) => Value::Null,
        };
        self.next += 1;
        let id = format!("batch_{:06}", self.next);
        let unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let job = Job {
            input_file,
            metadata: asked["metadata"].clone(),
            created: (Instant::now(), unix_s),
            delay: Duration::from_millis(self.settings.delay_ms),
            state: if errors.is_null() { "validating" } else { "failed" },
            errors,
            rows,
            tokens,
            completed: 0,
            failed: 0,
            billed_pico: 0,
            custom_ids: Vec::new(),
            output: None,
            error: None,
        };
        let seen = job.seen(&id);
        self.jobs.insert(id, job);
        Ok(seen)
    }

    fn advance(&mut self, prices: &Settings) {
        let ids: Vec<String> = self.jobs.iter().filter(|(_, job)| !job.is_final()).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let expire_percent = self.settings.expire_percent;
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let passed = job.created.0.elapsed();
            if passed < job.delay {
                job.state = if passed * 10 > job.delay { "in_progress" } else { "validating" };
                continue;
            }
            match expire_percent {
                Some(percent) => self.work(&id, percent, "expired", prices),
                None => self.work(&id, 100, "completed", prices),
            }
        }
    }

    fn cancel(&mut self, id: &str, prices: &Settings) -> Option<Result<Value, String>> {
        let job = self.jobs.get(id)?;
        if job.is_final() {
            return Some(Err(format!("Cannot cancel a batch with status '{}'.", job.state)));
        }
        let percent = (job.created.0.elapsed().as_millis() * 100 / job.delay.as_millis().max(1)) as usize;
        self.work(id, percent.min(99), "cancelled", prices);
        let job = self.jobs.get(id)?;
        let mut seen = job.seen(id);
        seen["status"] = json!("cancelling");
        Some(Ok(seen))
    }

    /// Works through this share of a job's rows and ends it.
    fn work(&mut self, id: &str, percent: usize, state: &'static str, prices: &Settings) {
        let settings = self.settings.clone();
        let Some(mut job) = self.jobs.remove(id) else { return };
        let file = self.files.get(&job.input_file).cloned().unwrap_or_default();
        let (mut output, mut error): (Vec<String>, Vec<String>) = Default::default();
        let worked = job.rows * percent / 100;
        let nth = |every: usize, row: usize| every > 0 && row % every == every - 1;
        for (row, (custom_id, asked)) in lines(&file).enumerate() {
            let Ok(asked) = asked else { continue };
            if row >= worked {
                let code = if state == "expired" { "batch_expired" } else { "batch_cancelled" };
                error.push(unfinished_line(id, row, custom_id, code));
            } else if nth(settings.fail_every, row) {
                job.failed += 1;
                error.push(failed_line(id, row, custom_id));
            } else {
                job.completed += 1;
                let (line, pico) = answered_line(id, row, custom_id, &asked, settings.pad_bytes, prices);
                job.billed_pico += pico;
                job.custom_ids.push(custom_id.to_owned());
                if nth(settings.repeat_every, row) {
                    output.push(line.clone());
                }
                if !nth(settings.leave_out_every, row) {
                    output.push(line);
                }
            }
        }
        let mut random = fastrand::Rng::with_seed(prices.seed);
        random.shuffle(&mut output);
        random.shuffle(&mut error);
        job.state = state;
        job.output = self.keep(output);
        job.error = self.keep(error);
        self.jobs.insert(id.to_owned(), job);
    }

    fn keep(&mut self, lines: Vec<String>) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        self.next += 1;
        let id = format!("file-{:06}", self.next);
        self.files.insert(id.clone(), lines.concat().into());
        Some(id)
    }
}

impl Job {
    fn is_final(&self) -> bool {
        ["failed", "completed", "expired", "cancelled"].contains(&self.state)
    }

    fn seen(&self, id: &str) -> Value {
        json!({"id": id, "object": "batch", "endpoint": "/v1/chat/completions", "errors": self.errors,
            "input_file_id": self.input_file, "completion_window": "24h", "status": self.state,
            "output_file_id": self.output, "error_file_id": self.error, "created_at": self.created.1,
            "request_counts": {"total": self.rows, "completed": self.completed, "failed": self.failed},
            "metadata": self.metadata})
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::tests::settings;
    use super::*;

    fn file(rows: usize) -> Bytes {
        let line = |row| {
            let body = json!({"model": "m", "messages": [{"role": "user", "content": format!("row {row}")}]});
            format!(
                "{}\n",
                json!({"custom_id": format!("r-{row}"), "method": "POST", "url": "/v1/chat/completions", "body": body})
            )
        };
        (0..rows).map(line).collect::<String>().into()
    }

    fn books(rows: usize, settings: BatchSettings) -> Books {
        let mut books = Books { settings, ..Books::default() };
        books.files.insert("file-1".into(), file(rows));
        books
    }

    const ASKED: fn() -> Value =
        || json!({"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"});

    #[test]
    fn a_job_bills_each_row_it_worked_on_once_at_half_the_price() {
        let mut books = books(10, BatchSettings { delay_ms: 0, fail_every: 5, ..BatchSettings::default() });
        let id = books.create(&ASKED()).expect("a job")["id"].as_str().expect("an id").to_owned();
        let prices = settings("--price-in 2 --price-out 4");
        books.advance(&prices);
        books.advance(&prices);
        let job = &books.jobs[&id];
        assert_eq!((job.state, job.completed, job.failed), ("completed", 8, 2));
        // "row N" takes 2 tokens and 3 and 3 more; "Answer " and eight digits take 4.
        assert_eq!(job.billed_pico, 8 * (8 * 1_000_000 + 4 * 2_000_000));
    }

    #[test]
    fn a_job_that_expires_keeps_what_it_did_and_names_the_rest() {
        let mut books = books(10, BatchSettings { delay_ms: 0, expire_percent: Some(30), ..BatchSettings::default() });
        let id = books.create(&ASKED()).expect("a job")["id"].as_str().expect("an id").to_owned();
        books.advance(&settings(""));
        let job = &books.jobs[&id];
        assert_eq!((job.state, job.completed), ("expired", 3));
        let error = &books.files[job.error.as_deref().expect("an error file")];
        assert_eq!(String::from_utf8_lossy(error).matches("batch_expired").count(), 7);
    }

    #[test]
    fn files_that_break_a_documented_limit_are_refused() {
        let twice: Bytes = [file(1), file(1)].concat().into();
        assert_eq!(check(&twice).1.expect("a problem")["code"], "duplicate_custom_id");
        assert_eq!(check(&"{".into()).1.expect("a problem")["code"], "invalid_json_line");
        assert_eq!(check(&file(50_001)).1.expect("a problem")["code"], "too_many_tasks");
        assert_eq!(check(&file(50_000)), (50_000, None));
    }
}
