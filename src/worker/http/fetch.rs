//! One HTTP call. No retries, no limits, no meaning: those are the engine's and `provider`'s.

use std::fmt;

use js_sys::{Array, IteratorNext, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCredentials, RequestInit,
    RequestRedirect, Response,
};

use crate::link::{Problem, Secret, Setup};
use crate::provider::{BODY_BYTES_MAX, HttpReply, HttpRequest, hide_key};
use crate::worker::browser::{is_named, scope, words};
use crate::worker::http::local_network::is_loopback;
use crate::worker::plan;

/// A key and the address it was entered for. It is added to requests to that address and to no other, lives in this
/// worker's memory, and is in no log, record or message.
#[derive(Clone)]
pub struct Key {
    secret: Secret,
    base_url: String,
    /// The header it goes into, and what stands before it there.
    header: (&'static str, &'static str),
}

impl Key {
    /// `None` stays none; a key that no header can carry is refused.
    pub fn bind(secret: Option<Secret>, setup: &Setup) -> Result<Option<Key>, Problem> {
        let Some(secret) = secret.filter(|key| !key.expose().is_empty()) else { return Ok(None) };
        plan::check_key(secret.expose())?;
        Ok(Some(Key { secret, base_url: base(&setup.base_url), header: setup.provider.key_header() }))
    }

    /// Masks the key in a text that came back from its provider.
    pub fn hide_in(&self, text: &mut String) {
        hide_key(text, self.secret.expose());
    }

    pub fn goes_to(&self, url: &str) -> bool {
        !self.base_url.is_empty() && url.starts_with(&self.base_url)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

fn base(base_url: &str) -> String {
    let base = base_url.trim().trim_end_matches('/');
    if base.is_empty() { String::new() } else { format!("{base}/") }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Broken {
    Aborted,
    /// The browser couldn't or wouldn't: network, CORS, mixed content. It hides which.
    Unreachable(String),
    /// It never left this machine.
    NeverSent(String),
}

pub async fn post(request: &HttpRequest, key: Option<&Key>, signal: &AbortSignal) -> Result<HttpReply, Broken> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body_opt_str(Some(&request.body));
    send(&request.url, &request.headers, key, signal, &init).await
}

pub async fn get(
    url: &str,
    headers: &[(&'static str, String)],
    key: Option<&Key>,
    signal: &AbortSignal,
) -> Result<HttpReply, Broken> {
    send(url, headers, key, signal, &RequestInit::new()).await
}

/// No network leads anywhere but to this device: what fails then has reached nobody, and was surely not billed. That
/// there is one says nothing.
fn is_offline(url: &str) -> bool {
    !scope().navigator().on_line() && !is_loopback(url)
}

pub(in crate::worker) async fn send(
    url: &str,
    fixed: &[(&'static str, String)],
    key: Option<&Key>,
    signal: &AbortSignal,
    init: &RequestInit,
) -> Result<HttpReply, Broken> {
    let response = begin(url, fixed, key, signal, init).await?;
    read(response, key.filter(|key| key.goes_to(url))).await
}

/// Until the answer's head is there; its body is still to be read.
pub(in crate::worker) async fn begin(
    url: &str,
    fixed: &[(&'static str, String)],
    key: Option<&Key>,
    signal: &AbortSignal,
    init: &RequestInit,
) -> Result<Response, Broken> {
    let key = key.filter(|key| key.goes_to(url));
    let headers = headers(fixed, key).map_err(|error| Broken::NeverSent(words(&error)))?;
    init.set_headers_headers(&headers);
    init.set_signal(Some(signal));
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    // A key is for one origin: a redirect could carry the request to another.
    init.set_redirect(RequestRedirect::Error);
    let offline = is_offline(url);
    let answered = scope().fetch_with_str_and_init(url, init).await;
    match answered {
        Ok(response) => Ok(response.unchecked_into()),
        Err(error) => Err(match broken(&error) {
            Broken::Unreachable(words) if offline => Broken::NeverSent(words),
            other => other,
        }),
    }
}

/// The whole answer.
pub(in crate::worker) async fn read(response: Response, key: Option<&Key>) -> Result<HttpReply, Broken> {
    let mut reply =
        HttpReply { status: response.status(), headers: visible_headers(&response), body: String::new(), torn: false };
    let (body, end) = read_body(&response).await;
    reply.body = String::from_utf8_lossy(&body).into_owned();
    match end {
        BodyEnd::Whole => {}
        BodyEnd::Torn => reply.torn = true,
        BodyEnd::Aborted => return Err(Broken::Aborted),
    }
    if let Some(key) = key {
        reply.hide_key(key.secret.expose());
    }
    Ok(reply)
}

fn headers(fixed: &[(&'static str, String)], key: Option<&Key>) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in fixed {
        headers.set(name, value)?;
    }
    if let Some(key) = key {
        let (name, lead) = key.header;
        headers.set(name, &format!("{lead}{}", key.secret.expose()))?;
    }
    Ok(headers)
}

fn broken(error: &JsValue) -> Broken {
    if is_named(error, "AbortError") { Broken::Aborted } else { Broken::Unreachable(words(error)) }
}

/// Only those that the server exposes to pages.
fn visible_headers(response: &Response) -> Vec<(String, String)> {
    let pairs = response.headers().entries();
    let pairs = pairs.into_iter().filter_map(Result::ok).map(JsCast::unchecked_into::<Array>);
    pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).as_string()?))).collect()
}

enum BodyEnd {
    Whole,
    /// Broken off, or cut at the cap.
    Torn,
    Aborted,
}

async fn read_body(response: &Response) -> (Vec<u8>, BodyEnd) {
    let mut body = Vec::new();
    let Some(stream) = response.body() else { return (body, BodyEnd::Whole) };
    let Ok(reader) = ReadableStreamDefaultReader::new(&stream) else { return (body, BodyEnd::Torn) };
    loop {
        let step: IteratorNext = match reader.read().await {
            Ok(step) => step.unchecked_into(),
            Err(error) if is_named(&error, "AbortError") => return (body, BodyEnd::Aborted),
            Err(_) => return (body, BodyEnd::Torn),
        };
        if step.done() {
            return (body, BodyEnd::Whole);
        }
        let chunk: Uint8Array = step.value().unchecked_into();
        if body.len() + chunk.length() as usize > BODY_BYTES_MAX {
            let _: Promise = reader.cancel();
            // Filled to the limit, so that whoever reads it knows why it ends.
            let room = (BODY_BYTES_MAX - body.len()) as u32;
            body.extend_from_slice(&chunk.slice(0, room).to_vec());
            return (body, BodyEnd::Torn);
        }
        body.extend_from_slice(&chunk.to_vec());
    }
}
