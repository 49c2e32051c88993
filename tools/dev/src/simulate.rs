//! `cargo dev simulate`: the engine in the virtual world of `tests/simulation`, over as many seeds as wanted.

use std::process::Command;
use std::thread;

use crate::project;

/// The test that runs seeds; it reads what is wanted from the environment.
const TEST: &str = "seeds::every_invariant_holds_at_every_step_of_every_seed";

#[derive(clap::Args)]
pub struct SimulateArgs {
    /// The first seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds, each one more than the last; one alone prints its whole history
    #[arg(long)]
    seeds: Option<u64>,
    /// Only this kind of world; a name that there isn't lists those that there are
    #[arg(long, default_value = "all")]
    scenario: String,
    /// How many at once
    #[arg(long)]
    jobs: Option<usize>,
    /// Optimized: longer to build, several times as fast
    #[arg(long)]
    release: bool,
}

pub fn run(args: &SimulateArgs) -> Result<(), String> {
    // A seed alone is meant to be looked at; no seed at all is a search.
    let seeds = args.seeds.unwrap_or(if args.seed > 0 { 1 } else { 10_000 });
    let jobs = args.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let mut cargo = project::cargo();
    cargo.args(["test", "--package", "pennybatch"]);
    if args.release {
        cargo.args(["--no-default-features", "--profile", "bench"]);
    }
    cargo
        .args(["--quiet", "--test", "simulation", "--", "--exact", TEST, "--nocapture"])
        .env("PENNYBATCH_SEED", args.seed.to_string())
        .env("PENNYBATCH_SEEDS", seeds.to_string())
        .env("PENNYBATCH_SCENARIO", &args.scenario)
        .env("PENNYBATCH_JOBS", jobs.to_string())
        .env("RUST_BACKTRACE", "0");
    ended(cargo, "The simulation")
}

/// Runs a program whose output is the person's to read.
pub fn ended(mut program: Command, name: &str) -> Result<(), String> {
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status}).")),
        Err(why) => Err(format!("{name} did not start: {why}")),
    }
}
