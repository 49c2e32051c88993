//! Inputs in numbers, and one in detail. `cargo dev fuzz` sets what the environment says here.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::corpus::{Corpus, hash};
use crate::shrink::shortest;
use crate::{TARGETS, Target};

/// Inputs of each target in one test.
const INPUTS: u64 = 2_000;
/// Failures in different places that are shown of a target.
const FAILURES_SHOWN: usize = 10;
const CHARS_SHOWN: usize = 1_500;

/// No input takes longer, however large: beyond it, a person thinks that the page hangs.
const INPUT_MAX: Duration = Duration::from_secs(1);
/// A slow input is run so often, since this machine may have had something else to do. The fastest counts.
const REPEATS: usize = 5;
const TURN: u64 = 64;
/// An input that doesn't end.
const HANG: Duration = Duration::from_secs(60);

struct Wanted {
    target: Option<String>,
    first: u64,
    inputs: u64,
    seed: u64,
    jobs: u64,
    /// Set by `cargo dev fuzz`: measure, watch for hangs, and write down in this folder which inputs are under way, so
    /// that they are known when the process dies of one. An ordinary test measures nothing.
    under_way: Option<PathBuf>,
}

impl Wanted {
    fn read() -> Wanted {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let number = |name: &str, usual: u64| {
            text(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no whole number")))
        };
        Wanted {
            target: text("PENNYBATCH_FUZZ_TARGET"),
            first: number("PENNYBATCH_FUZZ_INPUT", 0),
            inputs: number("PENNYBATCH_FUZZ_INPUTS", INPUTS),
            seed: number("PENNYBATCH_SEED", 0),
            jobs: number("PENNYBATCH_JOBS", 2).max(1),
            under_way: text("PENNYBATCH_FUZZ_UNDER_WAY").map(PathBuf::from),
        }
    }

    /// Inputs that a thread takes in one go. A note of each alone would take longer than the input.
    fn turn(&self) -> u64 {
        if self.inputs > TURN { TURN } else { 1 }
    }
}

/// Why an input failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The file and the line of the panic.
    pub place: String,
    pub why: String,
}

thread_local! {
    /// What the panic hook saw; `None` where panics are shown as usual.
    static CAUGHT: RefCell<Option<Failed>> = const { RefCell::new(None) };
}

/// Feeds one input to a target.
pub fn run(target: &Target, input: &[u8]) -> Result<(), Failed> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_caught = CAUGHT.with_borrow_mut(|caught| {
                let Some(caught) = caught else { return false };
                caught.place =
                    info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
                caught.why = info.payload_as_str().unwrap_or_default().to_owned();
                true
            });
            if !is_caught {
                usual(info);
            }
        }));
    });
    CAUGHT.set(Some(Failed { place: String::new(), why: String::new() }));
    let mut chance = fastrand::Rng::with_seed(hash(&input));
    let ended = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input, &mut chance)));
    let caught = CAUGHT.take().unwrap_or(Failed { place: String::new(), why: String::new() });
    ended.map_err(|_| caught)
}

/// What became of a target's inputs.
#[derive(Default)]
struct Report {
    failures: u64,
    /// The first of each place, as number, input and failure.
    shown: Vec<(u64, Vec<u8>, Failed)>,
    slowest: Duration,
    slowest_number: u64,
}

impl Report {
    fn add(&mut self, number: u64, input: Vec<u8>, failed: Failed) {
        self.failures += 1;
        if self.shown.len() < FAILURES_SHOWN && self.shown.iter().all(|(_, _, other)| other.place != failed.place) {
            self.shown.push((number, input, failed));
        }
    }

    fn measure(&mut self, target: &Target, number: u64, input: Vec<u8>, began: Instant) {
        let mut took = began.elapsed();
        for _ in 0..REPEATS {
            if took <= self.slowest {
                return;
            }
            let began = Instant::now();
            let _ = run(target, &input);
            took = took.min(began.elapsed());
        }
        (self.slowest, self.slowest_number) = (took, number);
        if took > INPUT_MAX {
            let why = format!("{} bytes take {} ms", input.len(), took.as_millis());
            self.add(number, input, Failed { place: "time".into(), why });
        }
    }

    fn take(&mut self, other: Report) {
        self.failures += other.failures - other.shown.len() as u64;
        other.shown.into_iter().for_each(|(number, input, failed)| self.add(number, input, failed));
        if other.slowest > self.slowest {
            (self.slowest, self.slowest_number) = (other.slowest, other.slowest_number);
        }
    }
}

/// The input that a thread is busy with: its number and when it began, in milliseconds.
#[derive(Default)]
struct Busy {
    number: AtomicU64,
    since_ms: AtomicU64,
}

fn target_report(target: &Target, wanted: &Wanted) -> Report {
    let corpus = (target.corpus)();
    let next = AtomicU64::new(wanted.first);
    let total = Mutex::new(Report::default());
    let busy: Vec<Busy> = (0..wanted.jobs).map(|_| Busy::default()).collect();
    let (began, done) = (Instant::now(), AtomicBool::new(false));
    let work = |job: usize| {
        let report = work(target, &corpus, wanted, &next, &busy[job], job, began);
        total.lock().unwrap_or_else(PoisonError::into_inner).take(report);
    };
    let work = &work;
    thread::scope(|threads| {
        let workers: Vec<_> = (0..busy.len()).map(|job| threads.spawn(move || work(job))).collect();
        if wanted.under_way.is_some() {
            threads.spawn(|| watch(target, &busy, began, &done));
        }
        workers.into_iter().for_each(|worker| drop(worker.join()));
        done.store(true, Ordering::Relaxed);
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn work(
    target: &Target,
    corpus: &Corpus,
    wanted: &Wanted,
    next: &AtomicU64,
    busy: &Busy,
    job: usize,
    began: Instant,
) -> Report {
    let mut report = Report::default();
    let path = wanted.under_way.as_ref().map(|folder| folder.join(format!("{}-{job}", target.name)));
    let mut note = path.as_ref().map(|path| File::create(path).expect("a note of what is under way"));
    let end = wanted.first + wanted.inputs;
    let turn = wanted.turn();
    loop {
        let first = next.fetch_add(turn, Ordering::Relaxed);
        if first >= end {
            break;
        }
        if let Some(note) = &mut note {
            let line = format!("{:<60}", format!("--input {first} --inputs {turn}"));
            note.rewind().and_then(|()| note.write_all(line.as_bytes())).expect("a note of what is under way");
        }
        for number in first..end.min(first + turn) {
            let input = corpus.input(target.name, wanted.seed, number);
            let began_input = note.is_some().then(Instant::now);
            busy.number.store(number, Ordering::Relaxed);
            busy.since_ms.store(began.elapsed().as_millis() as u64, Ordering::Relaxed);
            match (run(target, &input), began_input) {
                (Err(failed), _) => report.add(number, input, failed),
                (Ok(()), Some(began)) => report.measure(target, number, input, began),
                (Ok(()), None) => {}
            }
        }
    }
    busy.since_ms.store(u64::MAX, Ordering::Relaxed);
    path.map(std::fs::remove_file);
    report
}

/// Ends the process where an input doesn't end: a thread can't be stopped.
fn watch(target: &Target, busy: &[Busy], began: Instant, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
        let now_ms = began.elapsed().as_millis() as u64;
        for busy in busy {
            let since_ms = busy.since_ms.load(Ordering::Relaxed);
            if now_ms.saturating_sub(since_ms) > HANG.as_millis() as u64 {
                let number = busy.number.load(Ordering::Relaxed);
                eprintln!("{} doesn't end: cargo dev fuzz --target {} --input {number}", target.name, target.name);
                std::process::exit(1);
            }
        }
    }
}

#[test]
fn every_target_takes_every_input() {
    let wanted = Wanted::read();
    let is_wanted = |target: &&Target| wanted.target.as_ref().is_none_or(|name| name == target.name);
    let targets: Vec<&Target> = TARGETS.iter().filter(is_wanted).collect();
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    assert!(!targets.is_empty(), "There is no target {:?}. There are: {}", wanted.target, names());
    println!("target           inputs       s  inputs/s  failures  slowest ms (its number)");
    let mut failures = 0;
    for target in targets {
        let began = Instant::now();
        let report = target_report(target, &wanted);
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{:<12} {:>10} {:>7.1} {:>9.0} {:>9}  {:.1} ({})",
            target.name,
            wanted.inputs,
            seconds,
            wanted.inputs as f64 / seconds,
            report.failures,
            report.slowest.as_secs_f64() * 1_000.0,
            report.slowest_number,
        );
        failures += report.failures;
        for (number, input, failed) in report.shown {
            print_failure(target, &wanted, number, input, &failed);
        }
    }
    assert_eq!(failures, 0, "inputs failed");
}

/// What a person needs of a failing input: which, how to see it again, and the shortest one that fails in the same place.
fn print_failure(target: &Target, wanted: &Wanted, number: u64, input: Vec<u8>, failed: &Failed) {
    let cut = |text: &str| text.chars().take(CHARS_SHOWN).collect::<String>();
    let input = if failed.place == "time" { input } else { shortest(target, input, failed) };
    let seed = if wanted.seed == 0 { String::new() } else { format!(" --seed {}", wanted.seed) };
    println!("  {}: {}", failed.place, cut(&failed.why));
    println!("  b\"{}\"", cut(&input.escape_ascii().to_string()));
    println!("  cargo dev fuzz --target {} --input {number}{seed}", target.name);
}
