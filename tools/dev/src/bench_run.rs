//! `cargo dev bench-run`: how many calls per second a run of the published page makes, beside a bare JavaScript loop in
//! the same browser, and which process spends the time. No debugger is attached: the page presses its own buttons, the
//! simulated provider's ledger has the times, and /proc has the processor's. A benchmark: it prints, and judges nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::ValueEnum;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::bundle::Bundle;
use crate::chromium::{self, Browser};
use crate::cpu::{self, Part};
use crate::project::Profile;
use crate::{site, test};

const ROWS: usize = 4_000;
const SYSTEM: &str = "Sort the row into exactly one category: produce, dairy, other. Respond with one word.";
const SILENCE_MAX: Duration = Duration::from_secs(180);
const SCRIPT: &str = "bench-run.js";
const BARE_SCRIPT: &str = "bench-run-bare.js";

#[derive(clap::Args)]
pub struct BenchRunArgs {
    /// How often each page and the bare loop are measured, one after the other
    #[arg(long, default_value_t = 4)]
    pairs: usize,
    /// Only this case; may be given several times
    #[arg(long = "case", value_enum)]
    cases: Vec<Case>,
    /// Measure a page that was built earlier (a copy of dist/) in place of the sources; several are measured in turns
    #[arg(long = "page")]
    pages: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Case {
    /// HTTP/2, 64 calls in flight
    #[value(name = "h2-64")]
    Http2Of64,
    /// HTTP/2, 20 calls in flight
    #[value(name = "h2-20")]
    Http2Of20,
    /// HTTP/1.1, 20 calls in flight, for which a browser opens 6 connections
    #[value(name = "h1-20")]
    Http1Of20,
}

impl Case {
    fn words(self) -> String {
        let protocol = if self == Case::Http1Of20 { "HTTP/1.1" } else { "HTTP/2" };
        format!("{protocol}, {} in flight", self.in_flight())
    }

    fn in_flight(self) -> u32 {
        if self == Case::Http2Of64 { 64 } else { 20 }
    }
}

pub async fn run(args: BenchRunArgs) -> Result<(), String> {
    let chromium = chromium::find()?;
    let (bundles, mock) =
        tokio::task::block_in_place(|| Ok::<_, String>((bundles(&args.pages)?, test::build_mock()?)))?;
    let provider = Provider::start(&mock).await?;
    let (step, steps) = watch::channel(None);
    let (sender, told) = mpsc::unbounded_channel();
    let mut pages = Vec::new();
    for (name, bundle) in bundles {
        pages.push((name, serve(bundle, Page { steps: steps.clone(), told: sender.clone() }).await?));
    }
    let first = pages.first().ok_or("There is no page to measure.")?.1.clone();
    let browser = Browser::open(&chromium, &format!("{first}#/run"))?;
    let mut bench = Bench { step, told, provider, browser, first, number: 0 };
    let all = [Case::Http2Of64, Case::Http2Of20, Case::Http1Of20];
    for case in all.into_iter().filter(|case| args.cases.is_empty() || args.cases.contains(case)) {
        bench.measure(case, args.pairs, &pages).await?;
    }
    Ok(())
}

/// The pages to measure, by name, with the scripts that press their buttons.
fn bundles(built: &[PathBuf]) -> Result<Vec<(String, Bundle)>, String> {
    let mut bundles = Vec::new();
    for place in built {
        let name = place.file_name().map_or_else(|| "page".to_owned(), |name| name.to_string_lossy().into_owned());
        bundles.push((name, Bundle::read(place)?));
    }
    if bundles.is_empty() {
        bundles.push(("page".to_owned(), Bundle::build(Profile::Release)?));
    }
    for (_, bundle) in &mut bundles {
        bundle.files.insert(SCRIPT.to_owned(), include_bytes!("bench_run.js").to_vec());
        bundle.files.insert(BARE_SCRIPT.to_owned(), include_bytes!("bench_run_bare.js").to_vec());
        bundle.add_script(SCRIPT)?;
    }
    Ok(bundles)
}

/// What a page asks for and tells.
#[derive(Clone)]
struct Page {
    steps: watch::Receiver<Option<Value>>,
    told: mpsc::UnboundedSender<Told>,
}

#[derive(Debug, PartialEq)]
enum Told {
    Begin,
    End,
    Failed(String),
}

async fn serve(bundle: Bundle, page: Page) -> Result<String, String> {
    let (keep, latest) = watch::channel(Some(Arc::new(bundle)));
    let told = |State(page): State<Page>, told: Told| match page.told.send(told) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::GONE,
    };
    let router = Router::new()
        .route("/bench/next", get(next))
        .route("/bench/begin", post(async move |page: State<Page>| told(page, Told::Begin)))
        .route("/bench/end", post(async move |page: State<Page>| told(page, Told::End)))
        .route("/bench/failed", post(async move |page: State<Page>, why: String| told(page, Told::Failed(why))))
        .with_state(page)
        .merge(site::router(latest, "", false));
    let listener = site::listen(0).await?;
    let address = site::address(&listener)?;
    tokio::spawn(async move {
        let _keep = keep;
        axum::serve(listener, router).await
    });
    Ok(address)
}

async fn next(State(mut page): State<Page>) -> Result<Json<Value>, StatusCode> {
    let step = page.steps.wait_for(Option::is_some).await.map_err(|_| StatusCode::GONE)?;
    Ok(Json(step.clone().unwrap_or_default()))
}

/// The simulated provider; it ends with this value.
struct Provider {
    running: Child,
    https: String,
    http: String,
}

impl Provider {
    async fn start(program: &Path) -> Result<Provider, String> {
        let started = Command::new(program).stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn();
        let mut running = started.map_err(|why| format!("The simulated provider did not start: {why}"))?;
        let mut line = String::new();
        if let Some(output) = running.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line).await;
        }
        let told: Value = serde_json::from_str(&line).map_err(|why| format!("The simulated provider: {why}"))?;
        let address = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        Ok(Provider { running, https: address("https"), http: address("http") })
    }

    async fn ask(&self, request: &str) -> Result<String, String> {
        let told = |why: std::io::Error| format!("The simulated provider does not answer: {why}");
        let mut stream = TcpStream::connect(self.http.trim_start_matches("http://")).await.map_err(told)?;
        let request = format!("{request} HTTP/1.1\r\nhost: mock\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(told)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map_err(told)?;
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .ok_or("The provider's answer is torn.".to_owned())
    }

    /// Calls per second, from the first arrival to the last answer.
    async fn rate(&self) -> Result<f64, String> {
        rate(&self.ask("GET /__ledger").await?)
    }
}

fn rate(ledger: &str) -> Result<f64, String> {
    let ledger: Value = serde_json::from_str(ledger).map_err(|why| format!("The ledger is not JSON: {why}"))?;
    let calls = ledger["calls"].as_array().ok_or("The ledger has no calls.")?;
    let answered = calls.iter().filter(|call| call["status"] == 200).count();
    if (answered, calls.len()) != (ROWS, ROWS) {
        return Err(format!("{} calls arrived and {answered} were answered, of {ROWS}.", calls.len()));
    }
    let times = |name: &'static str| calls.iter().filter_map(move |call| call[name].as_u64());
    let (first, last) = (times("arrived_ms").min().unwrap_or(0), times("answered_ms").max().unwrap_or(0));
    Ok(ROWS as f64 / (last.saturating_sub(first).max(1) as f64 / 1_000.0))
}

struct Bench {
    step: watch::Sender<Option<Value>>,
    told: mpsc::UnboundedReceiver<Told>,
    provider: Provider,
    browser: Browser,
    /// Whose document the bare loop's worker is started from.
    first: String,
    /// Of the next run, so that no row is like one before.
    number: u32,
}

/// One run, or one bare loop.
struct Measured {
    rate: f64,
    /// Milliseconds of the processor for one call.
    cpu_ms: BTreeMap<Part, f64>,
    provider_cpu_ms: f64,
}

impl Bench {
    async fn measure(&mut self, case: Case, pairs: usize, pages: &[(String, String)]) -> Result<(), String> {
        println!("\n{}: {ROWS} rows, no latency; load average {}", case.words(), cpu::load_average());
        let mut of_pages: Vec<Vec<Measured>> = pages.iter().map(|_| Vec::new()).collect();
        let mut of_bare = Vec::new();
        for pair in 1..=pairs {
            for ((_, address), measured) in pages.iter().zip(&mut of_pages) {
                measured.push(self.once(case, address, false).await?);
            }
            let first = self.first.clone();
            let bare = self.once(case, &first, true).await?;
            let of_bare_rate = bare.rate;
            of_bare.push(bare);
            let words = pages.iter().zip(&of_pages).filter_map(|((name, _), measured)| {
                let rate = measured.last()?.rate;
                Some(format!("{name} {rate:.0}/s ({:.3})", rate / of_bare_rate))
            });
            let words: Vec<String> = words.collect();
            println!("  {pair}: {}, bare loop {of_bare_rate:.0}/s; load {}", words.join(", "), cpu::load_average());
        }
        println!("{}", table(pages, &of_pages, &of_bare));
        Ok(())
    }

    async fn once(&mut self, case: Case, page: &str, bare: bool) -> Result<Measured, String> {
        let server = if case == Case::Http1Of20 { &self.provider.http } else { &self.provider.https };
        self.number += 1;
        self.step.send_replace(Some(json!({
            "page": page, "bare": bare, "base_url": format!("{server}/v1"), "rows": ROWS, "number": self.number,
            "in_flight": case.in_flight(), "system": SYSTEM,
        })));
        self.expect(&Told::Begin).await?;
        self.step.send_replace(None);
        self.provider.ask("POST /__reset").await?;
        let before = self.cpu();
        self.expect(&Told::End).await?;
        let after = self.cpu();
        let per_call = |after: u64, before: u64| after.saturating_sub(before) as f64 / ROWS as f64;
        let parts = after.0.iter().map(|(part, ms)| (*part, per_call(*ms, before.0.get(part).copied().unwrap_or(0))));
        let (cpu_ms, provider_cpu_ms) = (parts.collect(), per_call(after.1, before.1));
        Ok(Measured { rate: self.provider.rate().await?, cpu_ms, provider_cpu_ms })
    }

    async fn expect(&mut self, wanted: &Told) -> Result<(), String> {
        let told = timeout(SILENCE_MAX, self.told.recv()).await;
        match told.map_err(|_| "The page said nothing for three minutes.")? {
            Some(Told::Failed(why)) => Err(format!("The page could not be measured: {why}.")),
            Some(told) if told == *wanted => Ok(()),
            told => Err(format!("The page told {told:?} where {wanted:?} was due.")),
        }
    }

    fn cpu(&self) -> (BTreeMap<Part, u64>, u64) {
        (cpu::of_browser(self.browser.process()), self.provider.running.id().map_or(0, cpu::of_process))
    }
}

fn table(pages: &[(String, String)], of_pages: &[Vec<Measured>], of_bare: &[Measured]) -> String {
    let mut lines = vec![format!("{:<18}{:>26}{:>26}", "median (range)", "calls per second", "of the bare loop")];
    let rates = |measured: &[Measured]| measured.iter().map(|one| one.rate).collect::<Vec<_>>();
    let bare_rates = rates(of_bare);
    for ((name, _), measured) in pages.iter().zip(of_pages) {
        let own = rates(measured);
        let ratios: Vec<f64> = own.iter().zip(&bare_rates).map(|(own, bare)| own / bare).collect();
        lines.push(format!("{name:<18}{:>26}{:>26}", spread(&own, 0), spread(&ratios, 3)));
    }
    lines.push(format!("{:<18}{:>26}", "bare loop", spread(&bare_rates, 0)));
    let heads: String = Part::ALL.iter().map(|part| format!("{:>16}", part.name())).collect();
    lines.push(format!("{:<18}{heads}{:>16}{:>16}", "CPU ms per call", "sum", "provider"));
    let names = pages.iter().map(|(name, _)| name.as_str()).chain(["bare loop"]);
    for (name, measured) in names.zip(of_pages.iter().map(Vec::as_slice).chain([of_bare])) {
        let of = |value: &dyn Fn(&Measured) -> f64| median(&measured.iter().map(value).collect::<Vec<_>>());
        let parts = Part::ALL.map(|part| of(&|one| one.cpu_ms.get(&part).copied().unwrap_or(0.0)));
        let parts: String = parts.iter().map(|ms| format!("{ms:>16.2}")).collect();
        let (sum, provider) = (of(&|one| one.cpu_ms.values().sum()), of(&|one| one.provider_cpu_ms));
        lines.push(format!("{name:<18}{parts}{sum:>16.2}{provider:>16.2}"));
    }
    lines.join("\n")
}

fn spread(all: &[f64], decimals: usize) -> String {
    let (low, high) = all.iter().fold((f64::INFINITY, 0.0f64), |(low, high), one| (low.min(*one), high.max(*one)));
    format!("{:.decimals$} ({low:.decimals$}-{high:.decimals$})", median(all))
}

fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 3.0, 2.0])), (2.0, 2.5));
        assert_eq!(spread(&[3.0, 1.0, 2.0], 1), "2.0 (1.0-3.0)");
    }

    #[test]
    fn calls_are_counted_from_the_first_arrival_to_the_last_answer() {
        let call = |at: usize| json!({"status": 200, "arrived_ms": 1_000 + at / 4, "answered_ms": 1_001 + at / 4});
        let calls: Vec<Value> = (0..ROWS).map(call).collect();
        assert_eq!(rate(&json!({"calls": calls}).to_string()), Ok(4_000.0));
        assert!(rate(&json!({"calls": calls[1..]}).to_string()).is_err(), "a call is missing");
    }
}
