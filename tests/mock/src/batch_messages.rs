//! Anthropic's Message Batches, simulated, for those who hand over by file: like the real one it answers no preflight, so
//! that a browser can't reach it. Every so-manieth request fails, a canceled or expired batch names what it never came
//! to, results come back shuffled, and each request that was worked on is billed once at half the prices.
//!
//! | path | holds |
//! |---|---|
//! | `/v1/messages/batches` | POST creates a batch; GET lists them |
//! | `/v1/messages/batches/{id}`, `…/cancel`, `…/results` | one batch; the lines of its results |
//! | `/__message_batches` | every batch and what it was billed; POST to `/__message_batches/set` changes [`Changes`] |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer;
use super::clock::{self, Instant};
use super::reply::{Reply, Witness};
use super::settings::Settings;
use super::wire::{Cached, Wire};

const BODY_BYTES_MAX: usize = 256_000_000;
const REQUESTS_MAX: usize = 100_000;
const CUSTOM_ID_MAX: usize = 64;

/// What tests may change.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    /// From a batch's creation to its end.
    delay_ms: u64,
    /// Every so-manieth request is errored; 0: none.
    fail_every: usize,
    /// The share of its requests, in percent, after which a batch expires.
    expire_percent: Option<usize>,
}

#[derive(Clone)]
struct Batches {
    books: Arc<Mutex<Books>>,
    settings: Arc<dyn Fn() -> Settings + Send + Sync>,
}

#[derive(Default)]
struct Books {
    changes: Changes,
    batches: BTreeMap<String, Batch>,
}

struct Batch {
    requests: Vec<(String, Box<RawValue>)>,
    created: (Instant, SystemTime),
    canceled: bool,
    /// Its result lines, once it has ended, and how many of each kind.
    results: Option<String>,
    counts: BTreeMap<&'static str, usize>,
    billed_pico: u128,
}

#[derive(Deserialize)]
struct Asked {
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    custom_id: String,
    params: Box<RawValue>,
}

pub fn router(settings: impl Fn() -> Settings + Send + Sync + 'static) -> Router {
    let batches = Batches { books: Arc::default(), settings: Arc::new(settings) };
    Router::new()
        .route("/v1/messages/batches", post(create).get(list))
        .route("/v1/messages/batches/{id}", get(one))
        .route("/v1/messages/batches/{id}/cancel", post(cancel))
        .route("/v1/messages/batches/{id}/results", get(results))
        .route("/__message_batches", get(books))
        .route("/__message_batches/set", post(set))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(batches)
}

impl Batches {
    /// The books as they are by now.
    fn lock(&self) -> MutexGuard<'_, Books> {
        let prices = (self.settings)();
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = books.changes.clone();
        for batch in books.batches.values_mut() {
            if batch.results.is_none() && batch.created.0.elapsed() >= Duration::from_millis(changes.delay_ms) {
                batch.end(changes.expire_percent, &changes, &prices);
            }
        }
        books
    }

    /// Without the right key, or the version of the API.
    fn turned_away(&self, headers: &HeaderMap) -> Option<Response> {
        let right = (self.settings)().api_key;
        if right.is_some() && Wire::Anthropic.key(headers) != right.as_deref() {
            return Some(refusal(401, "invalid x-api-key"));
        }
        let version = headers.contains_key("anthropic-version");
        (!version).then(|| refusal(400, "anthropic-version: header is required"))
    }
}

fn refusal(status: u16, message: &str) -> Response {
    answered(Wire::Anthropic.reworded(Reply::error(status, "", None, message)))
}

fn answered(reply: Reply) -> Response {
    reply.into_response(Witness::new(|_| ()))
}

async fn create(State(batches): State<Batches>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = batches.turned_away(&headers) {
        return response;
    }
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(why) => return refusal(400, &format!("The body is no batch: {why}")),
    };
    if let Some(why) = wrong(&asked.requests, &headers) {
        return refusal(400, &why);
    }
    let mut books = batches.lock();
    let id = format!("msgbatch_{:06}", books.batches.len() + 1);
    let batch = Batch {
        requests: asked.requests.into_iter().map(|request| (request.custom_id, request.params)).collect(),
        created: (Instant::now(), clock::system_time()),
        canceled: false,
        results: None,
        counts: BTreeMap::new(),
        billed_pico: 0,
    };
    let seen = batch.seen(&id);
    books.batches.insert(id, batch);
    answered(Reply::json(StatusCode::OK, &seen))
}

/// What of the documented limits the requests break.
fn wrong(requests: &[Request], headers: &HeaderMap) -> Option<String> {
    if requests.is_empty() || requests.len() > REQUESTS_MAX {
        return Some(format!("requests: from 1 to {REQUESTS_MAX}, not {}", requests.len()));
    }
    let mut seen = BTreeSet::new();
    for (at, Request { custom_id, params }) in requests.iter().enumerate() {
        let fits = (1..=CUSTOM_ID_MAX).contains(&custom_id.len())
            && custom_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            return Some(format!("requests.{at}.custom_id: should match ^[a-zA-Z0-9_-]{{1,64}}$"));
        }
        if !seen.insert(custom_id) {
            return Some(format!("requests.{at}.custom_id: {custom_id} is not unique"));
        }
        if let Err(why) = Wire::Anthropic.read(headers, params.get().as_bytes()) {
            return Some(format!("requests.{at}.params: {why}"));
        }
    }
    None
}

async fn list(State(batches): State<Batches>, headers: HeaderMap) -> Response {
    if let Some(response) = batches.turned_away(&headers) {
        return response;
    }
    let data: Vec<Value> = batches.lock().batches.iter().rev().map(|(id, batch)| batch.seen(id)).collect();
    answered(Reply::json(StatusCode::OK, &json!({"data": data, "has_more": false, "first_id": null, "last_id": null})))
}

async fn one(State(batches): State<Batches>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(response) = batches.turned_away(&headers) {
        return response;
    }
    match batches.lock().batches.get(&id) {
        Some(batch) => answered(Reply::json(StatusCode::OK, &batch.seen(&id))),
        None => refusal(404, &format!("Batch {id} was not found")),
    }
}

async fn cancel(State(batches): State<Batches>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(response) = batches.turned_away(&headers) {
        return response;
    }
    let prices = (batches.settings)();
    let mut books = batches.lock();
    let changes = books.changes.clone();
    let Some(batch) = books.batches.get_mut(&id) else { return refusal(404, &format!("Batch {id} was not found")) };
    if batch.results.is_some() {
        return refusal(400, &format!("Batch {id} cannot be canceled: it has ended"));
    }
    batch.canceled = true;
    let percent = batch.created.0.elapsed().as_millis() * 100 / u128::from(changes.delay_ms.max(1));
    let mut seen = batch.seen(&id);
    seen["processing_status"] = json!("canceling");
    batch.end(Some(percent.min(99) as usize), &changes, &prices);
    answered(Reply::json(StatusCode::OK, &seen))
}

async fn results(State(batches): State<Batches>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(response) = batches.turned_away(&headers) {
        return response;
    }
    let books = batches.lock();
    match books.batches.get(&id).map(|batch| batch.results.clone()) {
        Some(Some(lines)) => answered(Reply::text(StatusCode::OK, "application/x-jsonl", lines)),
        Some(None) => refusal(404, &format!("Batch {id} has not ended, and has no results yet")),
        None => refusal(404, &format!("Batch {id} was not found")),
    }
}

async fn books(State(batches): State<Batches>) -> Response {
    let books = batches.lock();
    let told = |(id, batch): (&String, &Batch)| {
        json!({"id": id, "requests": batch.requests.len(), "counts": batch.counts,
            "billed_pico": batch.billed_pico.to_string()})
    };
    let told: Vec<Value> = books.batches.iter().map(told).collect();
    axum::Json(json!({ "batches": told })).into_response()
}

async fn set(State(batches): State<Batches>, axum::Json(changes): axum::Json<Changes>) -> StatusCode {
    batches.lock().changes = changes;
    StatusCode::NO_CONTENT
}

impl Batch {
    /// Works through this share of its requests, all of them if none is named, and ends.
    fn end(&mut self, percent: Option<usize>, changes: &Changes, prices: &Settings) {
        let worked = percent.map_or(self.requests.len(), |percent| self.requests.len() * percent / 100);
        let version = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("anthropic-version"),
            axum::http::HeaderValue::from_static("2023-06-01"),
        )]);
        let mut lines = Vec::new();
        for (at, (custom_id, params)) in self.requests.iter().enumerate() {
            let fails = changes.fail_every > 0 && at % changes.fail_every == changes.fail_every - 1;
            let result = match Wire::Anthropic.read(&version, params.get().as_bytes()) {
                _ if at >= worked => json!({"type": if self.canceled { "canceled" } else { "expired" }}),
                Ok(asked) if !fails => {
                    let given = answer::answer(&asked);
                    let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price / 2);
                    self.billed_pico +=
                        of(asked.input_tokens, prices.price_in.0) + of(given.output_tokens, prices.price_out.0);
                    let reply = Wire::Anthropic.completion(at as u64, &asked, &given, Cached::default(), true);
                    let message: Value = serde_json::from_str(&reply.body).unwrap_or_default();
                    json!({"type": "succeeded", "message": message})
                }
                _ => json!({"type": "errored", "error": {"type": "error", "error":
                    {"type": "invalid_request_error", "message": "This request can't be processed."}}}),
            };
            let kind = ["succeeded", "errored", "canceled", "expired"].into_iter().find(|kind| result["type"] == *kind);
            *self.counts.entry(kind.unwrap_or("errored")).or_default() += 1;
            lines.push(format!("{}\n", json!({"custom_id": custom_id, "result": result})));
        }
        fastrand::Rng::with_seed(prices.seed).shuffle(&mut lines);
        self.results = Some(lines.concat());
    }

    fn seen(&self, id: &str) -> Value {
        let at = |at: SystemTime| humantime::format_rfc3339_seconds(at).to_string();
        let ended = self.results.is_some();
        let count = |kind: &str| self.counts.get(kind).copied().unwrap_or(0);
        let day = Duration::from_secs(24 * 60 * 60);
        json!({"id": id, "type": "message_batch", "processing_status": if ended { "ended" } else { "in_progress" },
            "request_counts": {"processing": if ended { 0 } else { self.requests.len() },
                "succeeded": count("succeeded"), "errored": count("errored"),
                "canceled": count("canceled"), "expired": count("expired")},
            "created_at": at(self.created.1), "expires_at": at(self.created.1 + day),
            "ended_at": ended.then(|| at(clock::system_time())), "archived_at": null, "cancel_initiated_at": null,
            "results_url": ended.then(|| format!("/v1/messages/batches/{id}/results"))})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    fn request(custom_id: &str) -> Request {
        let params = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "row 1"}]});
        let params = RawValue::from_string(params.to_string()).expect("JSON");
        Request { custom_id: custom_id.into(), params }
    }

    fn version() -> HeaderMap {
        HeaderMap::from_iter([("anthropic-version".parse().expect("a name"), "2023-06-01".parse().expect("a value"))])
    }

    #[test]
    fn requests_that_break_a_documented_limit_are_refused() {
        assert_eq!(wrong(&[request("a-1"), request("a_2")], &version()), None);
        for (requests, said) in [
            (vec![], "requests"),
            (vec![request("a b")], "custom_id"),
            (vec![request(&"x".repeat(65))], "custom_id"),
            (vec![request("a"), request("a")], "not unique"),
            (vec![Request { params: RawValue::from_string("{}".into()).expect("JSON"), ..request("a") }], "params"),
        ] {
            assert!(wrong(&requests, &version()).is_some_and(|why| why.contains(said)), "{said}");
        }
    }

    #[test]
    fn a_batch_that_expires_names_the_rest_and_bills_what_it_did_at_half_the_price() {
        let requests = (0..10).map(|at| request(&format!("r-{at}"))).map(|asked| (asked.custom_id, asked.params));
        let mut batch = Batch {
            requests: requests.collect(),
            created: (Instant::now(), clock::system_time()),
            canceled: false,
            results: None,
            counts: BTreeMap::new(),
            billed_pico: 0,
        };
        let changes = Changes { fail_every: 5, ..Changes::default() };
        batch.end(Some(50), &changes, &settings("--price-in 2 --price-out 4"));
        assert_eq!(batch.counts, BTreeMap::from([("errored", 1), ("expired", 5), ("succeeded", 4)]));
        let lines = batch.results.as_deref().expect("results");
        assert_eq!(lines.lines().filter(|line| line.contains("\"expired\"")).count(), 5);
        let billed: u128 = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?.pointer("/result/message/usage").cloned())
            .map(|usage| {
                let tokens = |name: &str| u128::from(usage[name].as_u64().unwrap_or(0));
                tokens("input_tokens") * 1_000_000 + tokens("output_tokens") * 2_000_000
            })
            .sum();
        assert!(billed > 0 && batch.billed_pico == billed, "{billed} and {}", batch.billed_pico);
    }
}
