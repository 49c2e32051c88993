//! Runs wasm-bindgen's tests in Chromium: a page that loads them, and the outcome that it posts back.
//!
//! The page is served with the policy of the real one, and its address names a simulated provider (`?http=…&https=…`).
//! Not here: the tests themselves, which are in tests/browser.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use wasm_bindgen_cli_support::Bindgen;

use crate::chromium::{self, Browser};
use crate::headers::HeaderRules;
use crate::project::{self, WASM_TARGET};
use crate::steps::{self, Count, Failed, Outcome};
use crate::{site, wasm};

/// A test program that says nothing for so long is taken to hang.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// How often a browser that ended by itself is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Browser tests</title>\n<script type=\"module\" src=\"/run.js\"></script></head><body><pre id=\"output\"></pre></body></html>\n";

/// What the page posts.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Line(String),
    /// Something went wrong outside any test.
    Fault(String),
    /// Whether all passed.
    End(bool),
}

pub async fn run() -> Outcome {
    project::ensure_wasm_target()?;
    let chromium = chromium::find()?;
    let files = Arc::new(tokio::task::block_in_place(files)?);
    let provider = Provider::start()?;
    let (sender, told) = mpsc::unbounded_channel();
    let router = Router::new()
        .route("/outcome", post(outcome))
        .with_state(sender)
        .merge(Router::new().fallback(get(file)).with_state(files));
    let listener = site::listen(0).await?;
    let url = format!("{}{}", site::address(&listener)?, provider.query);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut browser = Browser::open(&chromium, &url)?;
    let outcome = listen(told, || browser.ended()).await;
    server.abort();
    outcome
}

/// Shows what the page tells until it says that it is done. A run that proves nothing fails.
async fn listen(mut told: mpsc::UnboundedReceiver<Told>, mut ended: impl FnMut() -> Option<String>) -> Outcome {
    let mut count = Count::default();
    let mut faults = 0_u32;
    let mut last_heard = Instant::now();
    loop {
        match timeout(LOOK_EVERY, told.recv()).await {
            Ok(Some(Told::Line(line))) => {
                println!("{line}");
                count = steps::of_rust(&line).unwrap_or(count);
            }
            Ok(Some(Told::Fault(fault))) => {
                eprintln!("{fault}");
                faults += 1;
            }
            Ok(Some(Told::End(passed))) => {
                let why = match (passed, faults, count.passed) {
                    (true, 0, 1..) => return Ok(count),
                    (true, 0, 0) => "No browser test ran: that proves nothing.",
                    (_, 1.., _) => "Something failed outside the browser tests; it is named above.",
                    (false, ..) => "Browser tests failed.",
                };
                return Err(Failed { count, why: why.to_owned() });
            }
            Ok(None) => return Err(Failed { count, why: "The server of the browser tests ended.".to_owned() }),
            Err(_) => {
                let silent = (last_heard.elapsed() > SILENCE_MAX)
                    .then(|| format!("The browser tests said nothing for {} s.", SILENCE_MAX.as_secs()));
                match silent.or_else(&mut ended) {
                    Some(why) => return Err(Failed { count, why }),
                    None => continue,
                }
            }
        }
        last_heard = Instant::now();
    }
}

struct Files {
    glue: Vec<u8>,
    wasm: Vec<u8>,
    policy: HeaderValue,
}

fn files() -> Result<Files, String> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--no-run", "--target", WASM_TARGET, "--test", "browser"]);
    let compiled = wasm::compiled(cargo)?;
    let path = compiled.into_iter().find(|(name, _)| name == "browser").map(|(_, path)| path);
    let path = path.ok_or("Cargo built no browser tests.")?;
    let place = project::workshop().join("browser-tests");
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes("tests", wasm::read(&path)?).debug(true).export_wasm(true).emit_start(false).typescript(false);
    wasm::bind(&mut bindgen, &place)?;
    Ok(Files {
        glue: wasm::read(&place.join("tests.js"))?,
        wasm: wasm::read(&place.join("tests_bg.wasm"))?,
        policy: policy(&project::root().join("www/_headers"))?,
    })
}

fn policy(headers: &Path) -> Result<HeaderValue, String> {
    let text = String::from_utf8(wasm::read(headers)?).map_err(|_| "www/_headers is not UTF-8.")?;
    let of_page = HeaderRules::parse(&text)?.for_path("/");
    let policy = of_page.get("content-security-policy").ok_or("www/_headers sets no Content-Security-Policy.")?;
    HeaderValue::try_from(policy).map_err(|_| "The Content-Security-Policy of www/_headers is no header.".to_owned())
}

async fn file(State(files): State<Arc<Files>>, uri: Uri) -> Response<Body> {
    let name = uri.path().trim_start_matches('/');
    let body = match name {
        "" => Body::from(PAGE),
        "run.js" => Body::from(include_str!("run.js")),
        "tests.js" => Body::from(files.glue.clone()),
        "tests_bg.wasm" => Body::from(files.wasm.clone()),
        _ => return site::respond(StatusCode::NOT_FOUND, site::mime("txt"), "There is nothing at this address.\n"),
    };
    let mut response =
        site::respond(StatusCode::OK, site::mime(if name.is_empty() { "index.html" } else { name }), body);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, files.policy.clone());
    response
}

async fn outcome(State(sender): State<mpsc::UnboundedSender<Told>>, body: String) -> StatusCode {
    let told = parse(&body).unwrap_or_else(|| Told::Fault(format!("The page told something unreadable: {body}")));
    // Nobody listens any more once the outcome is known.
    let _ = sender.send(told);
    StatusCode::NO_CONTENT
}

fn parse(body: &str) -> Option<Told> {
    let told: Value = serde_json::from_str(body).ok()?;
    let text = || told.get("text").and_then(Value::as_str).map(str::to_owned);
    match told.get("kind")?.as_str()? {
        "line" => text().map(Told::Line),
        "fault" => text().map(Told::Fault),
        "end" => told.get("passed")?.as_bool().map(Told::End),
        _ => None,
    }
}

/// A simulated provider for the tests, which ends with them.
struct Provider {
    running: Child,
    query: String,
}

impl Provider {
    fn start() -> Result<Provider, String> {
        let tool = project::tool()?;
        let started = Command::new(tool).arg("mock").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let running = started.map_err(|why| format!("The simulated provider did not start: {why}"))?;
        let mut provider = Provider { running, query: String::new() };
        let mut line = String::new();
        if let Some(stdout) = provider.running.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|why| format!("The simulated provider's address could not be read: {why}"))?;
        }
        provider.query =
            query(&line).ok_or_else(|| format!("The simulated provider did not print its address but: {line}"))?;
        Ok(provider)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn query(line: &str) -> Option<String> {
    let addresses: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| addresses.get(name).and_then(Value::as_str);
    Some(format!("?http={}&https={}", address("http")?, address("https")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heard(told: Vec<Told>) -> Outcome {
        let (sender, receiver) = mpsc::unbounded_channel();
        for told in told {
            sender.send(told).expect("the receiver lives");
        }
        listen(receiver, || Some("Chromium ended before the tests did.".to_owned())).await
    }

    fn result(passed: u64, failed: u64) -> Told {
        Told::Line(format!("test result: ok. {passed} passed; {failed} failed; 0 ignored; 0 filtered out"))
    }

    fn why(outcome: Outcome) -> String {
        outcome.expect_err("this must not pass").why
    }

    #[tokio::test]
    async fn tests_that_pass_pass() {
        let count = heard(vec![result(3, 0), Told::End(true)]).await.expect("all passed");
        assert_eq!(count, Count { passed: 3, failed: 0, skipped: 0 });
    }

    #[tokio::test]
    async fn what_did_not_pass_or_did_not_run_fails() {
        assert!(why(heard(vec![result(2, 1), Told::End(false)]).await).contains("failed"));
        assert!(why(heard(vec![Told::End(true)]).await).contains("proves nothing"));
        assert!(why(heard(vec![result(0, 0), Told::End(true)]).await).contains("proves nothing"));
        let fault = Told::Fault("unreachable executed".to_owned());
        assert!(why(heard(vec![result(2, 0), fault, Told::End(true)]).await).contains("outside"));
    }

    #[tokio::test]
    async fn a_page_that_vanishes_fails() {
        assert!(why(heard(vec![result(2, 0)]).await).contains("ended"));
        let (sender, receiver) = mpsc::unbounded_channel::<Told>();
        let quiet = listen(receiver, || Some("Chromium ended before the tests did.".to_owned())).await;
        assert!(why(quiet).contains("Chromium ended"));
        drop(sender);
    }

    #[test]
    fn what_the_page_posts_is_read() {
        assert_eq!(parse(r#"{"kind":"line","text":"a"}"#), Some(Told::Line("a".to_owned())));
        assert_eq!(parse(r#"{"kind":"fault","text":"b"}"#), Some(Told::Fault("b".to_owned())));
        assert_eq!(parse(r#"{"kind":"end","passed":false}"#), Some(Told::End(false)));
        assert_eq!(parse(r#"{"kind":"end"}"#), None);
        assert_eq!(parse("passed"), None);
    }

    #[test]
    fn the_provider_s_addresses_become_the_page_s_query() {
        let line = r#"{"https": "https://127.0.0.1:2", "http": "http://127.0.0.1:1"}"#;
        assert_eq!(query(line).as_deref(), Some("?http=http://127.0.0.1:1&https=https://127.0.0.1:2"));
        assert_eq!(query("no address"), None);
    }
}
