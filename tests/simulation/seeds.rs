//! Seeds in numbers, and one seed in detail. `cargo dev simulate` sets what the environment says here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::kinds::{ALL, KINDS};
use crate::report::Report;
use crate::scenario::Scenario;
use crate::shrink::{run, shortest};
use crate::world::World;

/// Worlds in one test, over all scenarios in turn.
const SEEDS: u64 = 2_000;

/// Worlds that failed once, kept so that they never fail again.
const SEEDS_KEPT: &[(&str, u64)] = &[
    ("mixed", 21_499),
    ("offline", 61_610),
    ("mixed", 18_702),
    ("mixed", 26_261),
    ("refusing", 7_005),
    ("clock", 20_846),
    ("mixed", 43_789),
    ("quantised", 67_835),
    ("bucket", 97_906),
    ("all", 101_237),
    ("all", 203_869),
    ("all", 583_363),
    ("all", 981_716),
    ("all", 991_973),
];

const FAILURES_SHOWN: usize = 20;
const FAILURE_CHARS_SHOWN: usize = 200;

struct Wanted {
    scenario: String,
    first: u64,
    seeds: u64,
    jobs: u64,
    /// Only whether any of the seeds fails: the first that does ends the search, and isn't made small.
    only_whether: bool,
}

impl Wanted {
    fn read() -> Wanted {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let number = |name: &str, usual: u64| {
            text(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no whole number")))
        };
        let first = text("PENNYBATCH_SEED").is_some();
        Wanted {
            scenario: text("PENNYBATCH_SCENARIO").unwrap_or_else(|| ALL.to_owned()),
            first: number("PENNYBATCH_SEED", 0),
            seeds: number("PENNYBATCH_SEEDS", if first { 1 } else { SEEDS }),
            jobs: number("PENNYBATCH_JOBS", 1).max(1),
            only_whether: text("PENNYBATCH_ONLY_WHETHER").is_some(),
        }
    }

    fn is_default(&self) -> bool {
        self.scenario == ALL && self.first == 0 && self.seeds == SEEDS
    }
}

fn draw(name: &str, seed: u64) -> Scenario {
    let names = || KINDS.map(|(name, what, _)| format!("  {name:<14} {what}")).join("\n");
    Scenario::draw(name, seed)
        .unwrap_or_else(|| panic!("There is no scenario {name:?}. There are:\n{}\n  {ALL}", names()))
}

#[test]
fn every_invariant_holds_at_every_step_of_every_seed() {
    let wanted = Wanted::read();
    let next = AtomicU64::new(0);
    let total = Mutex::new((Report::default(), Vec::new()));
    let locked = || total.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= wanted.seeds {
                break;
            }
            let seed = wanted.first + place;
            match run(seed, &draw(&wanted.scenario, seed)) {
                Ok(report) => locked().0.add(&report),
                Err(broken) => {
                    locked().1.push((seed, broken));
                    if wanted.only_whether {
                        break;
                    }
                }
            }
        }
    };
    thread::scope(|threads| {
        (0..wanted.jobs).for_each(|_| {
            threads.spawn(work);
        });
    });
    let (report, mut broken) = std::mem::take(&mut *locked());
    broken.sort();
    for (what, count) in report.counts() {
        println!("{count:>12} {what}");
    }
    if wanted.seeds == 1 {
        print_history(&wanted);
    }
    for (seed, why) in broken.iter().take(FAILURES_SHOWN) {
        println!("seed {seed}: {}", why.chars().take(FAILURE_CHARS_SHOWN).collect::<String>());
    }
    if let Some((seed, first)) = broken.first() {
        assert!(!wanted.only_whether, "seed {seed} fails: {first}");
        panic!("{}", told(&wanted.scenario, *seed, first, broken.len()));
    }
    if wanted.is_default() {
        // The worlds were worth something: every kind of event happened, many times.
        for (what, count) in report.counts() {
            assert!(count >= SEEDS / 25, "only {count} {what}");
        }
    }
}

fn print_history(wanted: &Wanted) {
    let scenario = draw(&wanted.scenario, wanted.first);
    let mut world = World::new(wanted.first, &scenario).with_history();
    let ended = world.run();
    println!("{scenario:#?}");
    world.history().iter().for_each(|line| println!("{line}"));
    println!("{}", ended.map_or_else(|broken| broken, |_| "every invariant held".to_owned()));
}

/// What a person needs of a failing seed: which, how to see it again, and the shortest history that still fails.
fn told(name: &str, seed: u64, broken: &str, failures: usize) -> String {
    let short = shortest(seed, &draw(name, seed), Result::err);
    let history = short.history.join("\n");
    format!(
        "\
         The shortest history that breaks the same invariant ({} rows, {} lines; milliseconds since the start):\n\
         {history}\n{}\n\nin this world: {:?}\n\n\
         {failures} seeds failed, first seed {seed} of scenario {name}: {broken}\n\
         replay: cargo dev simulate --scenario {name} --seed {seed}",
        short.scenario.facts.len(),
        short.history.len(),
        short.broken,
        short.scenario,
    )
}

#[test]
fn seeds_that_failed_once_hold() {
    for (name, seed) in SEEDS_KEPT {
        if let Err(broken) = run(*seed, &draw(name, *seed)) {
            panic!("{}", told(name, *seed, &broken, 1));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let scenario = draw("mixed", seed);
        let mut world = World::new(seed, &scenario).with_history();
        let _ = world.run();
        world.history()
    };
    assert_eq!(history(7), history(7));
    assert_ne!(history(7), history(8));
}

#[test]
fn a_world_that_breaks_is_made_small() {
    let doubtful = |ended: Result<Report, String>| ended.ok().filter(|it| it.doubtful > 0).map(|_| "doubt".to_owned());
    let scenario = draw("hostile", 4);
    assert!(doubtful(run(4, &scenario)).is_some());
    let short = shortest(4, &scenario, doubtful);
    assert_eq!(short.scenario.facts.len(), 1);
    let faults = short.scenario.faults.clone().each().map(|share| u32::from(*share > 0));
    assert_eq!(faults.into_iter().sum::<u32>(), 1, "{:?}", short.scenario.faults);
    assert!(short.history.len() <= 20, "{:#?}", short.history);
}
