//! 200 clients that are rejected at once, and what their ways to wait make of it: the table of `docs/jitter.md`, made
//! anew in every test run. `PENNYBATCH_WRITE_DOCS=1 cargo test --test simulation jitter` writes it.
//!
//! The four ways and the first world are those of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
//! Blog, 2015; the program here is our own.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write;
use std::path::Path;

const CLIENTS: usize = 200;
/// Each figure is a mean over so many draws.
const DRAWS: u64 = 10;

/// How long to wait before the n-th retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Plain exponential: `min(cap, base * 2^n)`.
    Plain,
    /// Half of it, and up to as much again.
    Equal,
    /// Anything up to it.
    Full,
    /// Anything between the base and three times the wait before.
    Decorrelated,
}

const WAITS: [(Wait, &str); 4] = [
    (Wait::Plain, "none (plain exponential)"),
    (Wait::Equal, "equal"),
    (Wait::Full, "full"),
    (Wait::Decorrelated, "decorrelated"),
];

impl Wait {
    fn ms(self, rng: &mut fastrand::Rng, base_ms: u64, cap_ms: u64, retry: u32, before_ms: u64) -> u64 {
        let limit_ms = base_ms.saturating_mul(2_u64.saturating_pow(retry)).min(cap_ms);
        match self {
            Wait::Plain => limit_ms,
            Wait::Equal => limit_ms / 2 + rng.u64(0..=limit_ms / 2),
            Wait::Full => rng.u64(0..=limit_ms),
            Wait::Decorrelated => rng.u64(base_ms..=(before_ms.max(base_ms) * 3)).min(cap_ms),
        }
    }
}

/// The other side: who gets through, and how far away it is.
trait World {
    const BASE_MS: u64;
    const CAP_MS: u64;

    fn delay_ms(&self, rng: &mut fastrand::Rng) -> u64;

    /// A call of this client arrives: does it get through?
    fn takes(&mut self, client: usize, now_ms: u64) -> bool;

    /// The answer is with the client, which may look at the world before it waits.
    fn told(&mut self, _client: usize) {}
}

/// AWS's: everyone reads one row and writes it back, and a write fails where another came between.
struct Contended {
    version: u64,
    read: Vec<u64>,
}

impl World for Contended {
    const BASE_MS: u64 = 5;
    const CAP_MS: u64 = 2_000;

    /// Close to a normal distribution around 10 ms, 2 ms wide.
    fn delay_ms(&self, rng: &mut fastrand::Rng) -> u64 {
        (0..12).map(|_| rng.u64(0..=333)).sum::<u64>() / 200
    }

    fn takes(&mut self, client: usize, _now_ms: u64) -> bool {
        let unchanged = self.read[client] == self.version;
        self.version += u64::from(unchanged);
        unchanged
    }

    fn told(&mut self, client: usize) {
        self.read[client] = self.version;
    }
}

/// A provider's rate limit: a bucket of ten requests that refills with ten a second, 250 ms away.
struct Limited {
    level_milli: u64,
    at_ms: u64,
}

const BUCKET: u64 = 10;

impl World for Limited {
    const BASE_MS: u64 = 1_000;
    const CAP_MS: u64 = 30_000;

    fn delay_ms(&self, rng: &mut fastrand::Rng) -> u64 {
        rng.u64(100..=150)
    }

    fn takes(&mut self, _client: usize, now_ms: u64) -> bool {
        self.level_milli = (self.level_milli + BUCKET * (now_ms - self.at_ms)).min(BUCKET * 1_000);
        self.at_ms = now_ms;
        let free = self.level_milli >= 1_000;
        self.level_milli -= if free { 1_000 } else { 0 };
        free
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    calls: u64,
    finish_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Arrives,
    Told { through: bool },
}

/// From the common rejection until the last client got through.
fn run<W: World>(mut world: W, wait: Wait, seed: u64) -> Cost {
    let rng = &mut fastrand::Rng::with_seed(seed);
    let mut future = BinaryHeap::new();
    let mut retries = vec![0; CLIENTS];
    let mut waited_ms = vec![W::BASE_MS; CLIENTS];
    let mut cost = Cost::default();
    for client in 0..CLIENTS {
        future.push(Reverse((0, client, Step::Told { through: false })));
    }
    while let Some(Reverse((now_ms, client, step))) = future.pop() {
        match step {
            Step::Arrives => {
                cost.calls += 1;
                let through = world.takes(client, now_ms);
                future.push(Reverse((now_ms + world.delay_ms(rng), client, Step::Told { through })));
            }
            Step::Told { through: true } => cost.finish_ms = now_ms,
            Step::Told { through: false } => {
                let ms = wait.ms(rng, W::BASE_MS, W::CAP_MS, retries[client], waited_ms[client]);
                retries[client] += 1;
                waited_ms[client] = ms;
                world.told(client);
                future.push(Reverse((now_ms + ms + world.delay_ms(rng), client, Step::Arrives)));
            }
        }
    }
    cost
}

fn mean<W: World>(world: impl Fn() -> W, wait: Wait) -> Cost {
    let costs = (0..DRAWS).map(|seed| run(world(), wait, seed));
    let sum = costs.fold(Cost::default(), |sum, cost| Cost {
        calls: sum.calls + cost.calls,
        finish_ms: sum.finish_ms + cost.finish_ms,
    });
    Cost { calls: sum.calls / DRAWS, finish_ms: sum.finish_ms / DRAWS }
}

fn contended(wait: Wait) -> Cost {
    mean(|| Contended { version: 0, read: vec![0; CLIENTS] }, wait)
}

fn limited(wait: Wait) -> Cost {
    mean(|| Limited { level_milli: 0, at_ms: 0 }, wait)
}

/// What each way to wait costs in one world.
struct Costs(Vec<(Wait, &'static str, Cost)>);

impl Costs {
    fn of(cost: impl Fn(Wait) -> Cost) -> Costs {
        Costs(WAITS.map(|(wait, name)| (wait, name, cost(wait))).to_vec())
    }

    fn check(&self) {
        let cost = |wanted| self.0.iter().find(|(wait, ..)| *wait == wanted).map(|(.., cost)| *cost);
        let (plain, full) = (cost(Wait::Plain).expect("plain"), cost(Wait::Full).expect("full"));
        assert!(full.calls * 2 < plain.calls, "{full:?}, {plain:?}");
        assert!(full.finish_ms < plain.finish_ms, "{full:?}, {plain:?}");
    }

    fn table(&self) -> String {
        let mut text = "| jitter | calls | last one through |\n|---|---:|---:|\n".to_owned();
        for (_, name, Cost { calls, finish_ms }) in &self.0 {
            let tenths = finish_ms.div_ceil(100);
            writeln!(text, "| {name} | {calls} | {}.{} s |", tenths / 10, tenths % 10).expect("text");
        }
        text
    }
}

#[test]
fn full_jitter_needs_less_than_half_the_calls_of_plain_exponential_and_the_docs_say_so() {
    let (contended, limited) = (Costs::of(contended), Costs::of(limited));
    contended.check();
    limited.check();
    let text = format!(
        "# Why retries wait at random\n\n\
         {CLIENTS} clients are rejected at once, and each tries again until it gets through. They wait longer after every\n\
         rejection; the ways differ in what they leave to chance. With *plain exponential* waits they all come back\n\
         together; *equal* jitter waits half the time and a random part of the other half, *full* jitter anything up to the\n\
         time, *decorrelated* anything up to three times the last wait. Means over {DRAWS} draws.\n\n\
         ## One row that all of them want to write\n\n\
         Read, write back, and fail where another write came between: the world of Marc Brooker, [Exponential Backoff And\n\
         Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) (AWS Architecture Blog, 2015).\n\
         10 ms away; the first wait is {} ms, the longest {} s.\n\n{}\n\
         ## A provider's rate limit\n\n\
         A bucket of {BUCKET} requests, empty at first, that refills with {BUCKET} a second: the last can't be\n\
         through before {} s. 125 ms away; the first wait is {} s, the longest {} s, as in the engine.\n\n{}\n\
         The engine waits with full jitter, and adds the provider's hint to it. Its lanes go further: a 429 is the lane's\n\
         and not the row's, so that one lane asks once for all its rows instead of once for each.\n\n\
         Made by `tests/simulation/jitter.rs`; every test run makes it anew and compares.\n\
         `PENNYBATCH_WRITE_DOCS=1 cargo test --test simulation jitter` writes it.\n",
        Contended::BASE_MS,
        Contended::CAP_MS / 1_000,
        contended.table(),
        CLIENTS as u64 / BUCKET,
        Limited::BASE_MS / 1_000,
        Limited::CAP_MS / 1_000,
        limited.table(),
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/jitter.md");
    if std::env::var_os("PENNYBATCH_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("docs/jitter.md");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "docs/jitter.md is out of date");
}
