//! `cargo dev test`: every check in one command, which gets what it needs.
//!
//! The programs are built first. Then two things go on side by side: the tests in the browser, which mostly wait, and
//! everything that only uses the processor, with a lower priority.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use clap::ValueEnum;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::block_in_place;

use crate::bundle::Bundle;
use crate::project::{self, Profile, ProfileArgs, WASM_TARGET};
use crate::steps::{self, Ended, Outcome, Output, Report};
use crate::{chromium, engines, failures, node, site, wasm};

/// Where the end-to-end tests find the page a second time: as on a host that it shares with other projects.
const BELOW: &str = "/some/where";
/// Rust's tests in the browsers are one of the end-to-end tests' files.
const BROWSER_SPEC: &str = "browser.spec.ts";

#[derive(clap::Args)]
pub struct TestArgs {
    /// Only this part; may be given several times
    #[arg(long, value_enum)]
    only: Vec<Part>,
    #[command(flatten)]
    profile: ProfileArgs,
    /// Wait in real time: no clock of the end-to-end tests runs faster
    #[arg(long)]
    real_time: bool,
    /// Passed on to Playwright: files, --grep, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    playwright: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// rustfmt
    Fmt,
    /// clippy, every warning an error: all packages, and what is compiled for the browser
    Clippy,
    /// Rust's tests on this machine, all packages
    Native,
    /// Rust's tests in a browser
    Browser,
    /// What a visitor downloads is within its budgets
    Size,
    /// The page as a person uses it
    E2e,
}

impl TestArgs {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

pub async fn run(args: TestArgs) -> Result<(), String> {
    let mut report = Report::begin();
    if args.wants(Part::Fmt) {
        report.add(Ended::of("format", Output::shown(), |output| {
            cargo(output, &["fmt", "--all", "--check"]).map(|()| String::new())
        }));
    }
    let quiet = quiet_steps(&args)?;
    if !args.wants(Part::Browser) && !args.wants(Part::E2e) {
        for step in quiet {
            report.add(step.run(Output::shown()));
        }
        return report.close();
    }
    let mut built = None;
    report.add(Ended::of("page and provider", Output::shown(), |output| {
        built = Some(block_in_place(|| build(output, args.profile.profile()))?);
        Ok(String::new())
    }));
    let beside = thread::spawn(move || quiet.into_iter().map(|step| step.run(Output::kept())).collect::<Vec<_>>());
    if let Some(built) = built {
        for (engine, why) in &built.left_out {
            report.leave_out(engine, why);
        }
        report.add(end_to_end(&args, built).await);
    }
    for ended in beside.join().map_err(|_| "The steps beside the end-to-end tests broke off.")? {
        report.add(ended);
    }
    report.close()
}

/// A step whose commands only use the processor.
struct Quiet {
    name: &'static str,
    commands: Vec<Command>,
}

impl Quiet {
    fn run(self, output: Output) -> Ended {
        Ended::of(self.name, output, |output| {
            let ended = self.commands.into_iter().map(|command| output.run(steps::gentle(command), self.name));
            // All of them run: a failure in one package hides none in another.
            let failed: Vec<String> = ended.filter_map(Result::err).collect();
            if failed.is_empty() { Ok(String::new()) } else { Err(failed.join("\n")) }
        })
    }
}

fn quiet_steps(args: &TestArgs) -> Result<Vec<Quiet>, String> {
    let mut steps = Vec::new();
    if args.wants(Part::Native) {
        // Apart, so that Cargo compiles for the tools' tests with the features with which it has compiled the tools.
        let commands = [&["pennybatch"][..], &["dev", "pennybatch-mock"]].map(|packages| {
            let mut tests = project::cargo();
            tests.args(["test", "--no-fail-fast"]);
            packages.iter().for_each(|package| {
                tests.args(["--package", package]);
            });
            tests.args(["--", "--format=terse"]);
            tests
        });
        steps.push(Quiet { name: "native tests", commands: commands.into() });
    }
    if args.wants(Part::Clippy) {
        project::ensure_wasm_target()?;
        let mut all = project::cargo();
        all.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        let mut browser = project::cargo();
        browser.args(["clippy", "--target", WASM_TARGET, "--all-features", "--lib", "--bins", "--test", "browser"]);
        browser.args(["--package", "pennybatch", "--", "-D", "warnings"]);
        steps.push(Quiet { name: "clippy", commands: vec![all, browser] });
    }
    if args.wants(Part::Size) {
        let mut sizes = Command::new(project::tool()?);
        sizes.current_dir(project::root()).args(["size", "--budgets"]);
        steps.push(Quiet { name: "sizes", commands: vec![sizes] });
    }
    Ok(steps)
}

fn cargo(output: &mut Output, args: &[&str]) -> Result<(), String> {
    let mut cargo = project::cargo();
    cargo.args(args);
    output.run(cargo, &format!("`cargo {}`", args[0]))
}

/// What the tests in the browser use.
struct Built {
    chromium: PathBuf,
    firefox: Option<PathBuf>,
    engines: Vec<&'static str>,
    /// Those that are neither here nor can be installed, and why.
    left_out: Vec<(&'static str, String)>,
    bundle: Bundle,
    mock: PathBuf,
}

fn build(output: &mut Output, profile: Profile) -> Result<Built, String> {
    node::ensure_packages(output)?;
    let chromium = chromium::find()?;
    let firefox = engines::firefox();
    let mut engines = vec![engines::CHROMIUM];
    let mut left_out = Vec::new();
    let others =
        [(engines::FIREFOX, firefox.as_ref().map(|_| ()).map_err(Clone::clone)), (engines::WEBKIT, engines::webkit())];
    for (engine, found) in others {
        match found {
            Ok(()) => engines.push(engine),
            Err(why) => left_out.push((engine, why)),
        }
    }
    let bundle = Bundle::with_browser_tests(profile)?;
    Ok(Built { chromium, firefox: firefox.ok(), engines, left_out, bundle, mock: build_mock()? })
}

/// The simulated provider, with the tool, whose features then hold for both: it is compiled already.
pub fn build_mock() -> Result<PathBuf, String> {
    let mut cargo = project::cargo();
    cargo.args(["build", wasm::MESSAGES, "--package", "dev", "--package", "pennybatch-mock"]);
    let built = wasm::executables(cargo)?;
    let mock = built.into_iter().find(|(name, _)| name == "pennybatch-mock").map(|(_, path)| path);
    mock.ok_or("Cargo built no simulated provider.".to_owned())
}

/// Serves the built page as a host would, and lets Playwright use it. The tests start simulated providers themselves.
async fn end_to_end(args: &TestArgs, built: Built) -> Ended {
    let served = serve(built.bundle).await;
    Ended::of("end-to-end tests", Output::shown(), |output| {
        let (page, _server) = served?;
        let counted = project::workshop().join("end-to-end.json");
        // A count of an earlier run must not pass for this one's.
        let _ = fs::remove_file(&counted);
        let mut playwright = steps::of_node(node::program("playwright"));
        playwright.args(["test", "--reporter=list,json"]);
        if args.only.contains(&Part::Browser) && !args.only.contains(&Part::E2e) {
            playwright.arg(BROWSER_SPEC);
        }
        playwright
            .args(&args.playwright)
            .env("CHROMIUM", built.chromium)
            .env("FIREFOX", built.firefox.unwrap_or_default())
            .env("PENNYBATCH_ENGINES", built.engines.join(","))
            .env("PENNYBATCH_CHROMIUM_FLAGS", chromium::FLAGS.join(" "))
            .env("PENNYBATCH_PAGE", &page)
            .env("PENNYBATCH_PAGE_BELOW", format!("{}{BELOW}/", page.trim_end_matches('/')))
            .env("PENNYBATCH_MOCK", built.mock)
            .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &counted);
        if args.profile.profile() == Profile::Release {
            playwright.env("PENNYBATCH_PARTS", "1");
        }
        if args.real_time {
            playwright.env("PENNYBATCH_SPEED", "1");
        }
        let ended = block_in_place(|| output.run(playwright, "Playwright"));
        let report = fs::read_to_string(&counted).map_err(|why| format!("Playwright left no report: {why}"));
        let report = report.and_then(|report| read_report(&report));
        if let Ok(report) = &report {
            output.report(failures::of_playwright(report));
        }
        ended.and_then(|()| counts(&report?))
    })
}

async fn serve(bundle: Bundle) -> Result<(String, Server), String> {
    let (keep, latest) = watch::channel(Some(Arc::new(bundle)));
    let listener = site::listen(0).await?;
    let page = site::address(&listener)?;
    let task = tokio::spawn(async move { axum::serve(listener, site::router(latest, BELOW, false)).await });
    Ok((page, Server { task, _keep: keep }))
}

/// Ends with this value.
struct Server {
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    _keep: watch::Sender<Option<Arc<Bundle>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn read_report(report: &str) -> Result<Value, String> {
    serde_json::from_str(report).map_err(|why| format!("Playwright's report is not JSON: {why}"))
}

/// What Playwright's JSON report counts, by engine. A run in which no test passed proves nothing.
fn counts(report: &Value) -> Outcome {
    let flaky = report["stats"]["flaky"].as_u64().ok_or("Playwright's report has no stats.flaky")?;
    if flaky > 0 {
        return Err(format!("{flaky} end-to-end tests passed only when they were run again."));
    }
    let mut engines: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for test in failures::specs(report).flat_map(|spec| failures::list(&spec["tests"])) {
        let engine = test["projectName"].as_str().ok_or("Playwright's report has a test without a project.")?;
        let (passed, skipped) = engines.entry(engine).or_default();
        match test["status"].as_str() {
            Some("expected") => *passed += 1,
            Some("skipped") => *skipped += 1,
            other => return Err(format!("Playwright's report has a test that is {other:?}.")),
        }
    }
    if engines.values().all(|(passed, _)| *passed == 0) {
        return Err("No end-to-end test ran: that proves nothing.".to_owned());
    }
    let told = engines.into_iter().map(|(engine, counted)| match counted {
        (passed, 0) => format!("{engine}: {passed} passed"),
        (passed, skipped) => format!("{engine}: {passed} passed, {skipped} left out"),
    });
    Ok(told.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn playwright_s_report_is_counted_by_engine() {
        let report = |tests: &[(&str, &str)], flaky: u32| {
            let tests = tests.iter().map(|(engine, status)| json!({"projectName": engine, "status": status}));
            let spec = json!({"tests": tests.collect::<Vec<_>>()});
            counts(&json!({"stats": {"flaky": flaky}, "suites": [{"suites": [{"specs": [spec]}]}]}))
        };
        let passed =
            [("chromium", "expected"), ("chromium", "expected"), ("firefox", "expected"), ("firefox", "skipped")];
        assert_eq!(report(&passed, 0).as_deref(), Ok("chromium: 2 passed; firefox: 1 passed, 1 left out"));
        assert!(report(&[], 0).is_err_and(|why| why.contains("proves nothing")));
        assert!(report(&[("webkit", "skipped")], 0).is_err_and(|why| why.contains("proves nothing")));
        assert!(report(&[("webkit", "unexpected")], 0).is_err());
        assert!(report(&passed, 1).is_err());
        assert!(counts(&json!({})).is_err());
        assert!(read_report("").is_err());
    }
}
