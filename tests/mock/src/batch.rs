//! OpenAI's Files and Batch API, simulated: jobs that take a while, whose rows come back shuffled, fail, expire or are
//! canceled, and answers that come late or are lost. Its books are its own: each row at half the prices, once worked on.
//!
//! | path | holds |
//! |---|---|
//! | `/v1/files`, `/v1/files/{id}/content` | request files in, result files out |
//! | `/v1/batches`, `/v1/batches/{id}`, `/v1/batches/{id}/cancel` | the jobs |
//! | `/__batches` | every job, its state and what it was billed; POST to `/__batches/set` changes the [settings](super::batch_books::BatchSettings) |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};
use tokio_stream::StreamExt;

use super::batch_books::{Asking, Books};
use super::batch_rows::file_part;
use super::clock;
use super::reply::{Reply, Witness};
use super::settings::Settings;

const FILE_BYTES_MAX: usize = 210_000_000;
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Clone)]
struct Batches {
    state: Arc<Mutex<Books>>,
    settings: Arc<dyn Fn() -> Settings + Send + Sync>,
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
    clock::sleep(Duration::from_millis(hold_ms)).await;
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
    let stream = tokio_stream::iter(chunks.into_iter().enumerate()).then(move |(place, chunk)| {
        let served = served.clone();
        async move {
            if hold_ms > 0 && place > 0 {
                clock::sleep(Duration::from_millis(hold_ms)).await;
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
    if batches.lock().settings.keeps_files {
        return batches.reply(Reply::error(405, "invalid_request_error", None, "Files can't be deleted."));
    }
    batches.lock().files.remove(&id);
    batches.reply(Reply::json(StatusCode::OK, &json!({"id": id, "object": "file", "deleted": true})))
}

async fn batches_root(
    State(batches): State<Batches>,
    Query(asked): Query<Asking>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(response) = batches.turned_away(&method, &headers) {
        return response;
    }
    if method == Method::GET {
        let mut books = batches.lock();
        books.advance(&(batches.settings)());
        let list = books.page(&asked);
        drop(books);
        return batches.reply(Reply::json(StatusCode::OK, &list));
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return batches.reply(Reply::error(400, "invalid_request_error", None, "The body is not JSON."));
    };
    let (created, lost, hold_ms) = {
        let mut books = batches.lock();
        if books.settings.drop_creates > 0 {
            books.settings.drop_creates -= 1;
            return batches.reply(Reply { broken_off: true, ..Reply::json(StatusCode::OK, &json!({})).halved() });
        }
        let created = books.create(&asked);
        let lost = books.settings.lose_creates > 0;
        books.settings.lose_creates = books.settings.lose_creates.saturating_sub(1);
        (created, lost, books.settings.create_hold_ms)
    };
    clock::sleep(Duration::from_millis(hold_ms)).await;
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
