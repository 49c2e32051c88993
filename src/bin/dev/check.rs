//! `cargo dev test`: everything, in one command, getting what it needs.

use std::sync::Arc;

use clap::ValueEnum;
use tokio::sync::watch;

use crate::bundle::Bundle;
use crate::project::{self, Profile, WASM_TARGET};
use crate::steps::{self, Count, Failed, Outcome, Report};
use crate::{browser, chromium, node, site, size};

/// Where the end-to-end tests find the page a second time: as on a host that it shares with other projects.
const BELOW: &str = "/some/where";

#[derive(clap::Args)]
pub struct TestArgs {
    /// Only this part; may be given several times
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Test the page that would be published; it takes longer to build
    #[arg(long)]
    release: bool,
    /// Passed on to Playwright: files, --grep, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    playwright: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// rustfmt
    Fmt,
    /// clippy, every warning an error: library and page, tool, browser
    Clippy,
    /// Rust's tests on this machine
    Native,
    /// Rust's tests in a browser
    Browser,
    /// What a visitor downloads is within its budgets
    Size,
    /// The page as a person uses it
    E2e,
}

/// What Cargo compiles for the tool alone.
const TOOL: [&str; 3] = ["--no-default-features", "--features", "dev"];

pub async fn run(args: TestArgs) -> Result<(), String> {
    project::tool()?;
    let mut report = Report::default();
    let parts = [Part::Fmt, Part::Clippy, Part::Native, Part::Browser, Part::Size, Part::E2e];
    for part in parts.into_iter().filter(|part| args.only.is_empty() || args.only.contains(part)) {
        match part {
            Part::Fmt => report.step("format", || cargo(&["fmt", "--check"], &[], steps::no_tests)),
            Part::Clippy => clippy(&mut report),
            Part::Native => native(&mut report),
            Part::Browser => {
                let began = Report::begin("browser tests");
                report.end("browser tests", began, browser::run().await);
            }
            Part::Size => report.step("sizes", || {
                node::ensure_packages()?;
                size::check_budgets()?;
                Ok(Count::default())
            }),
            Part::E2e => {
                let began = Report::begin("end-to-end tests");
                report.end("end-to-end tests", began, end_to_end(&args).await);
            }
        }
    }
    report.close()
}

fn clippy(report: &mut Report) {
    let strict = |args: &[&str]| cargo(&["clippy"], &[args, &["--", "-D", "warnings"]].concat(), steps::no_tests);
    report.step("clippy, page", || strict(&["--all-targets"]));
    report.step("clippy, tool", || strict(&[&TOOL[..], &["--bin", "dev", "--tests"]].concat()));
    report.step("clippy, browser", || {
        project::ensure_wasm_target()?;
        strict(&["--target", WASM_TARGET, "--lib", "--bins", "--test", "browser"])
    });
}

/// Page and tool together: apart, Cargo compiles for each of them what both use.
fn native(report: &mut Report) {
    let args = ["--features", "dev", "--no-fail-fast", "--", "--format=terse"];
    report.step("native tests", || cargo(&["test"], &args, steps::of_rust));
}

fn cargo(command: &[&str], args: &[&str], count_of: fn(&str) -> Option<Count>) -> Outcome {
    let mut cargo = project::cargo();
    cargo.args(command).args(args);
    steps::counted(cargo, &format!("`cargo {}`", command.join(" ")), count_of)
}

/// Serves the built page as a host would, and lets Playwright use it. The tests start simulated providers themselves.
async fn end_to_end(args: &TestArgs) -> Outcome {
    node::ensure_packages()?;
    let chromium = chromium::find()?;
    let bundle = tokio::task::block_in_place(|| Bundle::build(Profile::of(args.release)))?;
    let (_keep, latest) = watch::channel(Some(Arc::new(bundle)));
    let listener = site::listen(0).await?;
    let page = site::address(&listener)?;
    let server = tokio::spawn(async move { axum::serve(listener, site::router(latest, BELOW, false)).await });
    let mut playwright = steps::of_node(project::root().join("node_modules/.bin/playwright"));
    playwright
        .arg("test")
        .args(&args.playwright)
        .env("CHROMIUM", chromium)
        .env("PENNYBATCH_CHROMIUM_FLAGS", chromium::FLAGS.join(" "))
        .env("PENNYBATCH_PAGE", &page)
        .env("PENNYBATCH_PAGE_BELOW", format!("{}{BELOW}/", page.trim_end_matches('/')))
        .env("PENNYBATCH_DEV_BIN", project::tool()?);
    let outcome =
        tokio::task::block_in_place(|| steps::counted(playwright, "The end-to-end tests", steps::of_playwright));
    server.abort();
    match outcome {
        Ok(count) if count.passed == 0 => {
            Err(Failed { count, why: "No end-to-end test ran: that proves nothing.".to_owned() })
        }
        outcome => outcome,
    }
}
