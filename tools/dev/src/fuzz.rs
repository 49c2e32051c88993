//! `cargo dev fuzz`: odd inputs for every parser of what others write, by `tests/fuzz`, as many as wanted.

use std::fs;
use std::path::Path;
use std::thread;

use crate::project;
use crate::simulate::ended;

/// The test that takes the inputs; it reads what is wanted from the environment.
const TEST: &str = "run::every_target_takes_every_input";

#[derive(clap::Args)]
pub struct FuzzArgs {
    /// Only this parser; a name that there isn't lists those that there are
    #[arg(long, default_value = "")]
    target: String,
    /// How many inputs each: one where a number is given, else a million
    #[arg(long)]
    inputs: Option<u64>,
    /// The number of the first input
    #[arg(long)]
    input: Option<u64>,
    /// Another seed has other inputs
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many at once
    #[arg(long)]
    jobs: Option<usize>,
}

pub fn run(args: &FuzzArgs) -> Result<(), String> {
    let jobs = args.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let inputs = args.inputs.unwrap_or(if args.input.is_some() { 1 } else { 1_000_000 });
    let under_way = project::workshop().join("fuzz");
    // What an earlier one left.
    let _ = fs::remove_dir_all(&under_way);
    fs::create_dir_all(&under_way).map_err(|why| format!("{}: {why}", under_way.display()))?;
    let mut cargo = project::cargo();
    cargo
        .args(["test", "--package", "pennybatch", "--no-default-features", "--features", "ui", "--profile", "fuzz"])
        .args(["--quiet", "--test", "fuzz", "--", "--exact", TEST, "--nocapture"])
        .env("PENNYBATCH_FUZZ_TARGET", &args.target)
        .env("PENNYBATCH_FUZZ_INPUTS", inputs.to_string())
        .env("PENNYBATCH_FUZZ_INPUT", args.input.unwrap_or(0).to_string())
        .env("PENNYBATCH_FUZZ_UNDER_WAY", &under_way)
        .env("PENNYBATCH_SEED", args.seed.to_string())
        .env("PENNYBATCH_JOBS", jobs.to_string())
        .env("RUST_BACKTRACE", "0");
    let result = ended(cargo, "The search");
    result.map_err(|why| format!("{why}{}", left(&under_way, args.seed)))
}

/// A process that died left a note for each input that was under way.
fn left(under_way: &Path, seed: u64) -> String {
    let notes = fs::read_dir(under_way).into_iter().flatten().filter_map(Result::ok);
    let inputs = notes.filter_map(|note| {
        let name = note.file_name().into_string().ok()?;
        let (target, _) = name.rsplit_once('-')?;
        let numbers = fs::read_to_string(note.path()).ok()?;
        Some(format!("\nUnder way: cargo dev fuzz --target {target} {} --seed {seed}", numbers.trim()))
    });
    inputs.collect()
}
