//! `cargo dev`: builds, serves and tests the page. Native only; nothing of it ships.
//!
//! | part | holds |
//! |---|---|
//! | `project`, `steps` | where things are; running other programs, and what each step came to |
//! | `bundle`, `names`, `wasm`, `embed`, `offline`, `minify` | what ships, made from the sources: glue, hashed names, styles, the custom element, what is kept offline |
//! | `headers`, `site` | the host: `www/_headers` and an HTTP server over a bundle |
//! | `serve` | build, serve, watch, reload |
//! | `test`, `chromium`, `engines`, `debian`, `node` | the tests, and getting what they need |
//! | `failures` | what failed, at the end of a log |
//! | `simulate`, `mutate`, `bench` | the engine in its virtual world, whether that world finds faults, and how fast it is |
//! | `fuzz` | odd inputs for every parser of what others write |
//! | `bench_page` | what a slider's step costs in the page |
//! | `bench_run`, `cpu` | how fast a run is beside a bare loop, and which process spends the time |
//! | `lighthouse` | what Lighthouse says of the page on a phone |
//! | `size` | what a visitor downloads, and its budgets |
//! | `prices` | the catalogue checked, compared and written |
//! | `refresh` | a report of what the public price lists say by now |
//!
//! Of the library it names the catalogue, which it checks and publishes, and the embed's opening; Cargo compiles the
//! page as separate programs. The simulated provider of the tests is a package of its own, in tests/mock.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod bench_page;
mod bench_run;
mod bundle;
mod chromium;
mod compact;
mod cpu;
mod debian;
mod edition;
mod embed;
mod engines;
mod failures;
mod fuzz;
mod headers;
mod lighthouse;
mod minify;
mod mutate;
mod names;
mod node;
mod offline;
mod prices;
mod project;
mod refresh;
mod serve;
mod simulate;
mod site;
mod size;
mod steps;
mod test;
mod wasm;

#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", about = "Builds, serves and tests Pennybatch")]
struct Dev {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the page to dist/: static files that work from any path
    Build(bundle::BuildArgs),
    /// Build, serve on 127.0.0.1, rebuild and reload on change
    Serve(serve::ServeArgs),
    /// Format, lints, native tests, browser tests, sizes, end-to-end tests
    Test(test::TestArgs),
    /// Run the engine in a virtual world of faults and crashes, with a checker for each invariant
    Simulate(simulate::SimulateArgs),
    /// Put faults into a copy of the engine, one at a time, and see that the virtual world finds each
    Mutate(mutate::MutateArgs),
    /// Feed odd inputs to every parser of what others write, and see that none panics, hangs or says nothing
    Fuzz(fuzz::FuzzArgs),
    /// Measure the engine: steps a second, bytes an item
    Bench(bench::BenchArgs),
    /// Measure what a slider's step costs in the published page
    BenchPage,
    /// Measure a run of the published page beside a bare JavaScript loop, and where the processor's time goes
    BenchRun(bench_run::BenchRunArgs),
    /// Score the published page with Lighthouse, as a phone sees it, and fail where a median is below 100
    Lighthouse(lighthouse::LighthouseArgs),
    /// Show what a visitor downloads (raw, gzip and brotli), and fail where that is over its budget
    Size(size::SizeArgs),
    /// Check and write the catalogue of prices
    #[command(subcommand)]
    Prices(prices::PricesCommand),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Dev::parse().command {
        Command::Build(args) => bundle::run(&args),
        Command::Serve(args) => serve::run(args).await,
        Command::Test(args) => test::run(args).await,
        Command::Simulate(args) => simulate::run(&args),
        Command::Mutate(args) => mutate::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::BenchPage => bench_page::run().await,
        Command::BenchRun(args) => bench_run::run(args).await,
        Command::Lighthouse(args) => lighthouse::run(args).await,
        Command::Size(args) => size::run(&args),
        Command::Prices(command) => prices::run(&command),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
