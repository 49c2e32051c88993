//! From a call that arrives to the answer it gets: key, model, limits, fault, then the work and its bill.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Answer, Asked};
use super::clock;
use super::cors::{Cors, OPT_IN};
use super::fault::{self, FaultKind};
use super::ledger::Ledger;
use super::reply::{Reply, Witness};
use super::settings::Settings;
use super::window::Window;
use super::wire::{Cached, Wire};

const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a drawn 429 asks for.
const SHORT_WAIT_MS: u64 = 250;
const SLOW_FACTOR: u32 = 10;
const HUGE_MIB: usize = 100;

#[derive(Clone)]
struct Mock(Arc<Mutex<Inner>>);

struct Inner {
    settings: Settings,
    ledger: Ledger,
    requests: Window,
    tokens: Window,
    /// System prompts that came before, and so are cached.
    prefixes: HashSet<String>,
    /// What calls marked to be kept, and whether an answer to such a call has begun, so that it can be read.
    marked: HashMap<String, bool>,
    /// Names the state since the last reset: an answer of before doesn't write into the ledger of after.
    epoch: u64,
}

pub fn router(settings: Settings) -> Router {
    let mock = Mock(Arc::new(Mutex::new(Inner {
        settings,
        ledger: Ledger::default(),
        requests: Window::default(),
        tokens: Window::default(),
        prefixes: HashSet::new(),
        marked: HashMap::new(),
        epoch: 0,
    })));
    let told = mock.clone();
    let jobs = super::batch::router(move || told.lock().settings.clone());
    let told = mock.clone();
    let message_jobs = super::batch_messages::router(move || told.lock().settings.clone());
    Router::new()
        .route("/v1/chat/completions", any(chat))
        .route("/v1/responses", any(responses))
        .route("/v1/messages", any(messages))
        .route("/v1/messages/count_tokens", any(count_tokens))
        .route("/v1/models", any(models))
        .route("/__ledger", get(ledger))
        .route("/__reset", post(reset))
        .route("/__set", post(set))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(mock)
        .merge(jobs)
        .merge(message_jobs)
}

impl Mock {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be done about a call that arrived.
struct Decided {
    sequence: u64,
    epoch: u64,
    latency: Duration,
    /// `None`: never.
    reply: Option<Reply>,
}

async fn chat(state: State<Mock>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    called(state, Wire::Openai, (method, uri), headers, body).await
}

async fn responses(state: State<Mock>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    called(state, Wire::Responses, (method, uri), headers, body).await
}

async fn messages(state: State<Mock>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    called(state, Wire::Anthropic, (method, uri), headers, body).await
}

/// Counts, and neither bills nor writes down.
async fn count_tokens(State(mock): State<Mock>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if method != Method::POST {
        return elsewhere(&mock, &method, &uri, &headers);
    }
    let (refusal, latency) = {
        let inner = mock.lock();
        (inner.wrong_key(Wire::Anthropic, &headers), Duration::from_millis(inner.settings.latency_ms))
    };
    let reply = refusal.unwrap_or_else(|| match Wire::Anthropic.count(&headers, &body) {
        Ok(input_tokens) => Reply::json(StatusCode::OK, &json!({"input_tokens": input_tokens})),
        Err(why) => Reply::error(400, "invalid_request_error", None, &why),
    });
    clock::sleep(latency).await;
    let mut reply = Wire::Anthropic.reworded(reply);
    mock.lock().settings.cors.on_answer(&headers, reply.status, &mut reply.headers);
    reply.into_response(Witness::new(|_| ()))
}

async fn called(
    State(mock): State<Mock>,
    wire: Wire,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method != Method::POST {
        return elsewhere(&mock, &method, &uri, &headers);
    }
    let asked = match wire.read(&headers, &body) {
        Ok(asked) => asked,
        Err(why) => {
            let cors = mock.lock().settings.cors;
            let mut reply = wire.reworded(Reply::error(400, "invalid_request_error", None, &why));
            cors.on_answer(&headers, reply.status, &mut reply.headers);
            return reply.into_response(Witness::new(|_| ()));
        }
    };
    let Decided { sequence, epoch, latency, reply } = mock.lock().decide(wire, &headers, &asked);
    let witness = {
        let mock = mock.clone();
        Witness::new(move |sent| mock.lock().ended(epoch, sequence, sent))
    };
    clock::sleep(latency).await;
    clock::hold(|| mock.lock().settings.hold_from.is_some_and(|from| sequence >= from)).await;
    let Some(reply) = reply else {
        return std::future::pending().await;
    };
    let mut reply = wire.reworded(reply);
    mock.lock().finish((epoch, sequence), wire, (&headers, &asked), &mut reply);
    reply.into_response(witness)
}

impl Inner {
    /// Writes the arrival down and decides, all under one lock, so that the ledger's order is the limiter's.
    fn decide(&mut self, wire: Wire, headers: &HeaderMap, asked: &Asked) -> Decided {
        let now_ms = now_ms();
        let sequence = self.ledger.arrive(now_ms, asked);
        let nth = self.ledger.nth_arrival(&asked.message_sha256);
        let epoch = self.epoch;
        let at_once = |reply| Decided { sequence, epoch, latency: Duration::ZERO, reply: Some(reply) };
        if let Some(refusal) = self.wrong_key(wire, headers).or_else(|| self.unknown_model(wire, &asked.model)) {
            return at_once(refusal);
        }
        let answer = answer::answer(asked);
        if let Some(refusal) = self.over_limit(now_ms, asked, &answer) {
            return at_once(refusal);
        }
        let fault = fault::draw(&self.settings.faults, self.settings.seed, &asked.message_sha256, nth);
        let mut latency = self.settings.latency(&mut fault::generator(!self.settings.seed, &asked.message_sha256, nth));
        if fault == Some(FaultKind::Slow) {
            latency *= SLOW_FACTOR;
        }
        if let Some(call) = self.ledger.call(sequence) {
            call.fault = fault;
        }
        let cached = self.cached(wire, asked);
        if fault.is_none_or(FaultKind::is_billed) {
            self.ledger.bill(sequence, cached, &answer, &self.settings);
        }
        let whole = |with_usage| wire.completion(sequence, asked, &answer, cached, with_usage);
        Decided { sequence, epoch, latency, reply: reply_with(fault, whole) }
    }

    fn wrong_key(&self, wire: Wire, headers: &HeaderMap) -> Option<Reply> {
        let from_a_page = headers.contains_key("origin");
        let refused = |message: &str| Some(Reply::error(401, "invalid_request_error", None, message));
        if from_a_page && self.settings.cors == Cors::Anthropic && !headers.contains_key(OPT_IN) {
            return refused("CORS requests must set 'anthropic-dangerous-direct-browser-access' header");
        }
        if from_a_page && self.settings.forbid_pages {
            return refused("CORS requests are not allowed for this Organization because of its settings.");
        }
        let right = self.settings.api_key.as_deref()?;
        match wire.key(headers) {
            Some(given) if given == right => None,
            Some(given) => Some(Reply::error(
                401,
                "invalid_request_error",
                Some("invalid_api_key"),
                // Some servers quote the key, so this one does: the page must not keep or show it.
                &format!("Incorrect API key provided: {given}. You can find your API key in your account."),
            )),
            None => Some(Reply::error(401, "invalid_request_error", None, "You didn't provide an API key.")),
        }
    }

    fn unknown_model(&self, wire: Wire, model: &str) -> Option<Reply> {
        if wire == Wire::Openai && answer::is_responses_only(model) {
            let message = "This model is only supported in v1/responses and not in v1/chat/completions.";
            return Some(Reply::error(404, "invalid_request_error", None, message));
        }
        let models = &self.settings.models;
        let known = models.is_empty() || models.iter().any(|known| known == model);
        let message = || format!("The model `{model}` does not exist or you do not have access to it.");
        (!known).then(|| Reply::error(404, "invalid_request_error", Some("model_not_found"), &message()))
    }

    /// Turns a call away that a limit has no room for; else counts it.
    fn over_limit(&mut self, now_ms: u64, asked: &Asked, answer: &Answer) -> Option<Reply> {
        let output = match asked.output_cap {
            Some(cap) if self.settings.tpm_counts_cap => cap,
            _ => answer.output_tokens,
        };
        let tokens = asked.input_tokens + output;
        let requests_room = self.settings.rpm.map(|rpm| (rpm, self.requests.room(now_ms, 1, rpm)));
        let tokens_room = self.settings.tpm.map(|tpm| (tpm, self.tokens.room(now_ms, tokens, tpm)));
        let refusal = match (requests_room, tokens_room) {
            (Some((rpm, Err(wait_ms))), _) => {
                Some((format!("on requests per min (RPM): Limit {rpm}, Used {}", self.requests.used()), wait_ms))
            }
            (_, Some((tpm, Err(wait_ms)))) => Some((
                format!("on tokens per min (TPM): Limit {tpm}, Used {}, Requested {tokens}", self.tokens.used()),
                wait_ms,
            )),
            _ => None,
        };
        if refusal.is_none() || self.settings.count_rejected {
            self.requests.add(now_ms, 1);
            self.tokens.add(now_ms, tokens);
        }
        refusal.map(|(what, wait_ms)| Reply::rate_limited(&what, wait_ms.unwrap_or(60_000), true))
    }

    /// OpenAI's older models cache by themselves: the system prompt from its second call on, where cached tokens have a
    /// price. Its newer ones and Anthropic's cache what is marked, and can read it once an answer to such a call has begun.
    fn cached(&mut self, wire: Wire, asked: &Asked) -> Cached {
        if wire != Wire::Anthropic && !answer::bills_cache_writes(&asked.model) {
            let known = self.settings.price_cached.is_some() && !self.prefixes.insert(asked.system.clone());
            return Cached { read: if known { asked.system_tokens } else { 0 }, ..Cached::default() };
        }
        let Some(marked) = &asked.marked else { return Cached::default() };
        if *self.marked.entry(marked.text.clone()).or_default() {
            return Cached { read: marked.tokens, ..Cached::default() };
        }
        let written_1h = if marked.one_hour { marked.tokens } else { 0 };
        Cached { written: marked.tokens, written_1h, read: 0 }
    }

    /// What every answer carries, and the ledger's note of its status.
    fn finish(
        &mut self,
        (epoch, sequence): (u64, u64),
        wire: Wire,
        (headers, asked): (&HeaderMap, &Asked),
        reply: &mut Reply,
    ) {
        let limits = [(self.settings.rpm, &self.requests), (self.settings.tpm, &self.tokens)];
        wire.headers(reply, sequence, now_ms(), limits);
        self.settings.cors.on_answer(headers, reply.status, &mut reply.headers);
        if epoch != self.epoch {
            return;
        }
        if let Some(kept) = asked.marked.as_ref().and_then(|marked| self.marked.get_mut(&marked.text)) {
            *kept |= reply.status == StatusCode::OK;
        }
        if let Some(call) = self.ledger.call(sequence) {
            call.status = Some(reply.status.as_u16());
        }
    }

    fn ended(&mut self, epoch: u64, sequence: u64, sent: bool) {
        let now_ms = now_ms();
        if epoch != self.epoch {
            return;
        }
        if let Some(call) = self.ledger.call(sequence) {
            if sent {
                call.answered_ms = Some(now_ms);
            } else {
                call.disconnected = true;
            }
        }
    }
}

fn now_ms() -> u64 {
    clock::unix().as_millis() as u64
}

/// `None`: it never comes.
fn reply_with(fault: Option<FaultKind>, whole: impl Fn(bool) -> Reply) -> Option<Reply> {
    let Some(fault) = fault else { return Some(whole(true)) };
    Some(match fault {
        FaultKind::Status500 => Reply::error(500, "server_error", None, "The server had an error. Sorry about that!"),
        FaultKind::Status503 => Reply::error(503, "server_error", None, "The engine is currently overloaded."),
        FaultKind::Overloaded529 => Reply::error(529, "overloaded_error", None, "Overloaded"),
        FaultKind::Rate429 => Reply::rate_limited("on a shared limit", SHORT_WAIT_MS, true),
        FaultKind::Rate429BodyHint => Reply::rate_limited("on a shared limit", SHORT_WAIT_MS, false),
        FaultKind::Torn => whole(true).halved(),
        FaultKind::ResetAfter => Reply { broken_off: true, ..whole(true).halved() },
        FaultKind::Hang => return None,
        FaultKind::Html200 => Reply::html(),
        FaultKind::NoUsage => whole(false),
        FaultKind::BadRequest => Reply::error(400, "invalid_request_error", None, "This call can't be processed."),
        FaultKind::Slow => whole(true),
        FaultKind::Empty => Reply::text(StatusCode::OK, "application/json", String::new()),
        FaultKind::Huge => Reply { padding_mib: HUGE_MIB, ..whole(true).halved() },
    })
}

/// The list of models. A fault whose share is 1 is the whole server's, so it holds here too.
async fn models(State(mock): State<Mock>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET {
        return elsewhere(&mock, &method, &uri, &headers);
    }
    let wire = Wire::of(&headers);
    let (mut reply, latency) = {
        let inner = mock.lock();
        let names = match inner.settings.models.as_slice() {
            [] => &["gpt-4o-mini".to_owned()],
            names => names,
        };
        let list: Vec<Value> = names
            .iter()
            .map(|name| json!({"id": name, "object": "model", "created": 0, "owned_by": "simulated"}))
            .collect();
        let always = inner.settings.faults.iter().find(|fault| fault.share >= 1.0).map(|fault| fault.kind);
        let reply = match (inner.wrong_key(wire, &headers), always) {
            (Some(refusal), _) => Some(refusal),
            (None, Some(FaultKind::Html200)) => Some(Reply::html()),
            (None, Some(FaultKind::Hang)) => None,
            _ => Some(Reply::json(StatusCode::OK, &json!({"object": "list", "data": list}))),
        };
        (reply, Duration::from_millis(inner.settings.latency_ms))
    };
    clock::sleep(latency).await;
    let Some(reply) = reply.take() else {
        return std::future::pending().await;
    };
    let mut reply = wire.reworded(reply);
    mock.lock().settings.cors.on_answer(&headers, reply.status, &mut reply.headers);
    reply.into_response(Witness::new(|_| ()))
}

async fn nowhere(State(mock): State<Mock>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    elsewhere(&mock, &method, &uri, &headers)
}

/// Preflights, and what has no such path or method.
fn elsewhere(mock: &Mock, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let cors = mock.lock().settings.cors;
    if method == Method::OPTIONS {
        let mut reply = Reply::text(StatusCode::NO_CONTENT, "text/plain", String::new());
        cors.on_preflight(headers, &mut reply.headers);
        return (reply.status, reply.headers).into_response();
    }
    let message = format!("Invalid URL ({method} {})", uri.path());
    let mut reply = Reply::error(404, "invalid_request_error", None, &message);
    cors.on_answer(headers, reply.status, &mut reply.headers);
    reply.into_response(Witness::new(|_| ()))
}

#[derive(Deserialize)]
struct Part {
    totals: Option<String>,
    #[serde(default)]
    from: usize,
}

async fn ledger(State(mock): State<Mock>, Query(part): Query<Part>) -> Response {
    let inner = mock.lock();
    let totals = inner.ledger.totals();
    let whole = match part.totals {
        Some(_) => json!({"totals": totals}),
        None => json!({"totals": totals, "calls": inner.ledger.calls_from(part.from)}),
    };
    axum::Json(whole).into_response()
}

async fn reset(State(mock): State<Mock>) -> StatusCode {
    let mut inner = mock.lock();
    inner.ledger = Ledger::default();
    inner.requests = Window::default();
    inner.tokens = Window::default();
    inner.prefixes.clear();
    inner.marked.clear();
    inner.epoch += 1;
    StatusCode::NO_CONTENT
}

async fn set(State(mock): State<Mock>, axum::Json(changes): axum::Json<Value>) -> Response {
    let mut inner = mock.lock();
    match inner.settings.changed(changes) {
        Ok(settings) => {
            inner.settings = settings;
            axum::Json(&inner.settings).into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}
