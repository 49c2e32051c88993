//! `cargo dev bench`: how fast the engine is, and how many bytes an item takes.

use crate::project;
use crate::simulate::ended;

#[derive(clap::Args)]
pub struct BenchArgs {
    /// Only benchmarks whose names hold this
    filter: Option<String>,
}

pub fn run(args: &BenchArgs) -> Result<(), String> {
    let mut speed = project::cargo();
    speed
        .args(["bench", "--quiet", "--package", "pennybatch", "--no-default-features", "--bench", "engine", "--"])
        .args(&args.filter);
    ended(speed, "The benchmark")?;
    if args.filter.is_some() {
        return Ok(());
    }
    println!();
    let mut size = project::cargo();
    size.args([
        "test",
        "--quiet",
        "--package",
        "pennybatch",
        "--no-default-features",
        "--profile",
        "bench",
        "--test",
        "memory",
        "--",
        "--nocapture",
    ]);
    ended(size, "The measurement of memory")
}
