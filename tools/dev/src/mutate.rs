//! `cargo dev mutate`: do the checkers of the simulations bite? Each fault of `tests/simulation/mutations.txt` and
//! `tests/batch/mutations.txt` is put into a copy of the project, and the simulation beside the list has to find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::project;

/// A simulation with its list of faults: the test program, and the test in it that runs the seeds.
struct Simulation {
    list: &'static str,
    program: &'static str,
    test: &'static str,
}

const SIMULATIONS: [Simulation; 2] = [
    Simulation {
        list: "tests/simulation/mutations.txt",
        program: "simulation",
        test: "seeds::every_invariant_holds_at_every_step_of_every_seed",
    },
    Simulation {
        list: "tests/batch/mutations.txt",
        program: "batch",
        test: "no_job_is_paid_twice_and_no_row_is_lost_whatever_happens",
    },
];
/// What the copy consists of.
const COPIED: [&str; 6] = ["src", "tests", "tools", "benches", "Cargo.toml", "Cargo.lock"];
/// A fault may keep the engine busy for ever; that is noticed as well.
const TIME_MAX: Duration = Duration::from_secs(240);

#[derive(clap::Args)]
pub struct MutateArgs {
    /// Only faults whose names hold this
    filter: Option<String>,
    /// Only the faults of this simulation: simulation (the engine) or batch (the life of batch jobs)
    #[arg(long)]
    only: Option<String>,
    /// How many seeds the simulation has
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
}

pub fn run(args: &MutateArgs) -> Result<(), String> {
    let copy = project::workshop().join("mutants");
    copy_project(&copy).map_err(|why| format!("The project could not be copied: {why}"))?;
    let mut missed = Vec::new();
    let asked = |simulation: &&Simulation| args.only.as_ref().is_none_or(|only| only == simulation.program);
    for simulation in SIMULATIONS.iter().filter(asked) {
        let wanted = |mutation: &Mutation| args.filter.as_ref().is_none_or(|filter| mutation.name.contains(filter));
        let mutations: Vec<Mutation> = read(simulation.list)?.into_iter().filter(wanted).collect();
        if !mutations.is_empty() {
            missed.extend(find(&copy, simulation, &mutations, args.seeds)?);
        }
    }
    match missed.len() {
        0 => Ok(()),
        missing => Err(format!("{missing} faults were not found: {}.", missed.join(", "))),
    }
}

/// Puts in one after the other; the names of those that were not found.
fn find(copy: &Path, simulation: &Simulation, mutations: &[Mutation], seeds: u64) -> Result<Vec<String>, String> {
    if let Found::Seed(told) = simulate(copy, simulation, seeds)? {
        return Err(format!("The simulation fails without any fault: {told}"));
    }
    println!("| fault | found by | what is said |\n|---|---|---|");
    let mut missed = Vec::new();
    for mutation in mutations {
        let path = copy.join(&mutation.file);
        let source = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", mutation.file))?;
        fs::write(&path, mutation.applied(&source)?).map_err(|why| format!("{}: {why}", mutation.file))?;
        let found = simulate(copy, simulation, seeds);
        fs::write(&path, source).map_err(|why| format!("{}: {why}", mutation.file))?;
        let (by, said) = match found? {
            Found::Seed(told) => told.split_once(" fails: ").map_or((told.clone(), String::new()), |(seed, said)| {
                (seed.to_owned(), said.chars().take(90).collect())
            }),
            Found::Forever => ("no end".to_owned(), String::new()),
            Found::Nothing => {
                missed.push(mutation.name.clone());
                ("**nothing**".to_owned(), String::new())
            }
        };
        println!("| {} | {by} | {} |", mutation.name, said.replace('|', "\\|"));
    }
    Ok(missed)
}

struct Mutation {
    name: String,
    file: String,
    find: Vec<String>,
    replace: Vec<String>,
}

fn read(list: &str) -> Result<Vec<Mutation>, String> {
    parse(&fs::read_to_string(project::root().join(list)).map_err(|why| format!("{list}: {why}"))?)
}

fn parse(list: &str) -> Result<Vec<Mutation>, String> {
    list.split("\n## ").skip(1).map(Mutation::parse).collect()
}

impl Mutation {
    fn parse(text: &str) -> Result<Mutation, String> {
        let mut lines = text.lines();
        let (name, file) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let (mut find, mut replace) = (Vec::new(), Vec::new());
        for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
            match line.split_at(1) {
                ("-", line) => find.push(line.trim().to_owned()),
                ("+", line) => replace.push(line.trim().to_owned()),
                _ => return Err(format!("{name}: a line begins with neither - nor +: {line}")),
            }
        }
        if find.is_empty() || replace.is_empty() {
            return Err(format!("{name}: it looks for nothing, or puts nothing in its place"));
        }
        Ok(Mutation { name: name.to_owned(), file: file.to_owned(), find, replace })
    }

    /// The source with the fault in it; an error unless what is looked for stands there exactly once.
    fn applied(&self, source: &str) -> Result<String, String> {
        let lines: Vec<&str> = source.lines().collect();
        let is_here = |window: &[&str]| window.iter().map(|line| line.trim()).eq(self.find.iter());
        let places: Vec<usize> =
            lines.windows(self.find.len()).enumerate().filter(|(_, it)| is_here(it)).map(|(place, _)| place).collect();
        let [place] = places[..] else {
            return Err(format!(
                "{}: what it looks for stands {} times in {}: {}",
                self.name,
                places.len(),
                self.file,
                self.find.join(" / ")
            ));
        };
        let after = &lines[place + self.find.len()..];
        let replace: Vec<&str> = self.replace.iter().map(String::as_str).collect();
        Ok([&lines[..place], &replace, after].concat().join("\n") + "\n")
    }
}

enum Found {
    /// As the simulation tells it: `seed N fails: …`.
    Seed(String),
    Forever,
    Nothing,
}

fn simulate(copy: &Path, simulation: &Simulation, seeds: u64) -> Result<Found, String> {
    let built = project::cargo()
        .current_dir(copy)
        .args(["test", "--quiet", "--package", "pennybatch", "--no-default-features", "--test", simulation.program])
        .args(["--no-run", "--message-format", "json-render-diagnostics"])
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("RUSTFLAGS", "-Awarnings")
        .output()
        .map_err(|why| format!("Cargo did not start: {why}"))?;
    if !built.status.success() {
        return Err(format!("A fault doesn't compile:\n{}", String::from_utf8_lossy(&built.stderr)));
    }
    // Not by Cargo: who ends that leaves the program running.
    let program = executable(&built.stdout).ok_or("Cargo names no test program")?;
    let mut seeded = Command::new(program);
    seeded
        .current_dir(copy)
        .args(["--exact", simulation.test])
        .env("PENNYBATCH_SEEDS", seeds.to_string())
        .env("PENNYBATCH_ONLY_WHETHER", "1")
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = seeded.spawn().map_err(|why| format!("The simulation did not start: {why}"))?;
    let began = Instant::now();
    while running.try_wait().map_err(|why| why.to_string())?.is_none() {
        if began.elapsed() > TIME_MAX {
            running.kill().and_then(|()| running.wait()).map_err(|why| why.to_string())?;
            return Ok(Found::Forever);
        }
        thread::sleep(Duration::from_millis(100));
    }
    let ended = running.wait_with_output().map_err(|why| why.to_string())?;
    if ended.status.success() {
        return Ok(Found::Nothing);
    }
    let told = String::from_utf8_lossy(&ended.stdout);
    let said = told.lines().find(|line| line.starts_with("seed ") && line.contains(" fails: ")).map(str::to_owned);
    said.map(Found::Seed).ok_or_else(|| format!("The simulation ended without naming a seed:\n{told}"))
}

/// The program that Cargo's messages name.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    messages.rev().find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

fn copy_project(to: &Path) -> std::io::Result<()> {
    for part in COPIED {
        let (from, to) = (project::root().join(part), to.join(part));
        if from.is_dir() {
            if to.exists() {
                fs::remove_dir_all(&to)?;
            }
            copy_folder(&from, &to)?;
        } else {
            fs::create_dir_all(to.parent().unwrap_or(&to))?;
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &PathBuf) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_place_in_the_sources() {
        let lists = SIMULATIONS.map(|simulation| read(simulation.list).expect(simulation.list));
        assert!(lists[0].len() >= 50 && lists[1].len() >= 20, "{} and {}", lists[0].len(), lists[1].len());
        for mutation in lists.into_iter().flatten() {
            let source = fs::read_to_string(project::root().join(&mutation.file)).expect(&mutation.file);
            let mutated = mutation.applied(&source).unwrap_or_else(|why| panic!("{why}"));
            assert_ne!(mutated, source, "{}", mutation.name);
        }
    }

    #[test]
    fn a_fault_stands_in_for_what_it_looks_for() {
        let text = "no count\nsrc/a.rs\n- count += 1;\n- count\n+ 0\n";
        let mutation = Mutation::parse(text).expect("a mutation");
        let source = "fn next() {\n    count += 1;\n    count\n}\n";
        assert_eq!(mutation.applied(source).as_deref(), Ok("fn next() {\n0\n}\n"));
        assert!(mutation.applied("fn next() {}\n").is_err_and(|why| why.contains("0 times")));
        assert!(mutation.applied(&source.repeat(2)).is_err_and(|why| why.contains("2 times")));
        assert!(Mutation::parse("no count\nsrc/a.rs\ncount\n").is_err());
    }
}
