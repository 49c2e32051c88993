//! `cargo dev`: builds, serves and tests the page. Native only; it never ships.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod mock;

#[derive(Parser)]
#[command(name = "cargo dev", about = "Builds, serves and tests Pennybatch")]
struct Dev {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the simulated provider of the tests
    Mock(mock::MockArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Dev::parse().command {
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
