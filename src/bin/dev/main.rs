//! `cargo dev`: builds, serves and tests the page. Native only; nothing of it ships.
//!
//! | part | holds |
//! |---|---|
//! | `project` | where things are |
//! | `bundle`, `names`, `wasm` | what ships, made from the sources: glue, hashed names, styles |
//! | `headers`, `site` | the host: `www/_headers` and an HTTP server over a bundle |
//! | `serve` | build, serve, watch, reload |
//! | `mock` | the simulated provider of the tests |
//!
//! It knows nothing of the rooms in the library: the page is compiled by Cargo as a separate program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bundle;
mod headers;
mod mock;
mod names;
mod project;
mod serve;
mod site;
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
    /// Start the simulated provider of the tests
    Mock(mock::MockArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Dev::parse().command {
        Command::Build(args) => bundle::run(&args),
        Command::Serve(args) => serve::run(args).await,
        Command::Mock(args) => mock::run(args).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
