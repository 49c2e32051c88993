//! Many runs of one scenario, each with a seed of its own, and what they have in common.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::simulate::{Outcome, Run, Scenario};
use crate::time::Time;

/// Runs of a workload that is small enough for all of them.
const RUNS: u32 = 200;
const RUNS_MIN: u32 = 5;
/// Calls that all runs together make at most, so that a study takes a second or two in a browser.
const CALLS_MAX: u64 = 1_000_000;
/// Calls of a single run at most; a larger workload is continued at the pace of the second half.
const SAMPLE_CALLS: u32 = 200_000;
const BINS: usize = 24;

/// Runs under way.
pub struct Study {
    scenario: Scenario,
    asked: u32,
    runs: u32,
    seed: u64,
    start: Time,
    current: Option<Run>,
    done: Vec<Outcome>,
}

/// What the runs came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub runs: u32,
    /// Calls of the workload, and of each simulated run; where these are fewer, time and cost are continued at the
    /// pace of the run's second half.
    pub calls: u32,
    pub simulated_calls: u32,
    pub finish_ms: Quantiles<u64>,
    pub cost: Quantiles<Usd>,
    /// How many runs ended when.
    pub histogram: Vec<Bin>,
    /// Of a run, on average, in thousandths.
    pub rate_limited_milli: u64,
    pub retries_milli: u64,
    pub reasked_milli: u64,
    pub attempts_milli: u64,
    /// Runs that rested before their end, the calls that these had done on average, and the first one's reason.
    pub stopped: u32,
    pub stopped_done: u32,
    pub stopped_by_budget: bool,
}

/// Of all runs, the share below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles<T> {
    pub least: T,
    pub p05: T,
    pub p25: T,
    pub p50: T,
    pub p75: T,
    pub p95: T,
    pub most: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    pub from_ms: u64,
    pub to_ms: u64,
    pub runs: u32,
}

impl Study {
    pub fn new(scenario: Scenario, seed: u64, start: Time) -> Study {
        let asked = scenario.calls;
        let calls = asked.min(SAMPLE_CALLS);
        let runs = u32::try_from(CALLS_MAX / u64::from(calls.max(1))).unwrap_or(RUNS).clamp(RUNS_MIN, RUNS);
        let scenario = Scenario { calls, ..scenario };
        Study { scenario, asked, runs, seed, start, current: None, done: Vec::new() }
    }

    /// Goes on for so many steps (answers and wakes); `true` once all runs have ended.
    pub fn advance(&mut self, steps: u32) -> bool {
        if self.done.len() >= self.runs as usize {
            return true;
        }
        let place = self.done.len() as u64;
        let scenario = &self.scenario;
        let run = self.current.get_or_insert_with(|| Run::new(scenario, self.seed.wrapping_add(place), self.start));
        if let Some(outcome) = run.advance(scenario, steps) {
            self.done.push(outcome);
            self.current = None;
        }
        self.done.len() >= self.runs as usize
    }

    /// Calls that were answered, and all that will be.
    pub fn progress(&self) -> (u32, u32) {
        let of_run = self.scenario.calls.max(1);
        let current = self.current.as_ref().map_or(0, |run| run.answers().min(of_run.into()) as u32);
        (self.done.len() as u32 * of_run + current, self.runs * of_run)
    }

    /// Of the runs so far; `None` before the first has ended.
    pub fn summary(&self) -> Option<Summary> {
        let first = self.done.first()?;
        let runs = self.done.len() as u64;
        let mean_milli = |of: fn(&Outcome) -> u64| self.done.iter().map(of).sum::<u64>() * 1_000 / runs;
        let scale = self.scale_milli();
        let scaled_milli = |of: fn(&Outcome) -> u64| mean_milli(of) * scale / 1_000;
        let finishes = self.spread_of(&self.done.iter().map(|outcome| self.finish(outcome)).collect::<Vec<_>>());
        let costs: Vec<i128> =
            self.done.iter().map(|outcome| outcome.cost.pico() * i128::from(scale) / 1_000).collect();
        let stopped: Vec<&Outcome> = self.done.iter().filter(|outcome| outcome.stopped.is_some()).collect();
        let done: u64 = stopped.iter().map(|outcome| u64::from(outcome.done)).sum();
        let finish_ms: Vec<u64> = finishes.into_iter().map(|ms| u64::try_from(ms).unwrap_or(0)).collect();
        Some(Summary {
            runs: runs as u32,
            calls: self.asked,
            simulated_calls: self.scenario.calls,
            histogram: histogram(&finish_ms),
            finish_ms: Quantiles::of(finish_ms),
            cost: Quantiles::of(self.spread_of(&costs)).map(Usd::from_pico),
            rate_limited_milli: scaled_milli(|outcome| outcome.rate_limited),
            retries_milli: scaled_milli(|outcome| outcome.retries),
            reasked_milli: scaled_milli(|outcome| outcome.reasked),
            attempts_milli: scaled_milli(|outcome| outcome.attempts),
            stopped: stopped.len() as u32,
            stopped_done: done.checked_div(stopped.len() as u64).unwrap_or(0) as u32,
            stopped_by_budget: stopped
                .first()
                .or(Some(&first))
                .is_some_and(|outcome| matches!(outcome.stopped, Some(crate::engine::PauseReason::Budget { .. }))),
        })
    }

    fn scale_milli(&self) -> u64 {
        u64::from(self.asked) * 1_000 / u64::from(self.scenario.calls.max(1))
    }

    /// When all calls would be done: what was not simulated goes on at the pace of the second half.
    fn finish(&self, outcome: &Outcome) -> i128 {
        let rest = i128::from(self.asked - self.scenario.calls);
        let second_half = i128::from(outcome.finish_ms) - i128::from(outcome.half_ms);
        let calls = i128::from(self.scenario.calls.max(2)) / 2;
        i128::from(outcome.finish_ms) + if outcome.stopped.is_none() { rest * second_half / calls } else { 0 }
    }

    /// A sample's figures, continued to the whole, spread too far: chance averages out over more calls, by the root
    /// of their number. So what lies off the mean is drawn in to it by that much.
    fn spread_of(&self, figures: &[i128]) -> Vec<i128> {
        let mean = figures.iter().sum::<i128>() / figures.len().max(1) as i128;
        let keeps = (f64::from(self.scenario.calls.max(1)) / f64::from(self.asked.max(1))).sqrt();
        let drawn_in = |figure: &i128| mean + ((*figure - mean) as f64 * keeps).round() as i128;
        if keeps < 1.0 { figures.iter().map(drawn_in).collect() } else { figures.to_vec() }
    }
}

impl<T: Copy + Ord + Default> Quantiles<T> {
    fn of(mut figures: Vec<T>) -> Quantiles<T> {
        figures.sort_unstable();
        let last = figures.len().saturating_sub(1);
        let at = |percent: usize| figures.get((last * percent + 50) / 100).copied().unwrap_or_default();
        Quantiles { least: at(0), p05: at(5), p25: at(25), p50: at(50), p75: at(75), p95: at(95), most: at(100) }
    }

    fn map<U>(self, to: impl Fn(T) -> U) -> Quantiles<U> {
        Quantiles {
            least: to(self.least),
            p05: to(self.p05),
            p25: to(self.p25),
            p50: to(self.p50),
            p75: to(self.p75),
            p95: to(self.p95),
            most: to(self.most),
        }
    }
}

/// Even stretches from the earliest end to the latest.
fn histogram(finishes: &[u64]) -> Vec<Bin> {
    let (Some(least), Some(most)) = (finishes.iter().min(), finishes.iter().max()) else { return Vec::new() };
    let width = (most - least) / BINS as u64 + 1;
    let mut bins: Vec<Bin> = (0..BINS as u64)
        .map(|place| Bin { from_ms: least + place * width, to_ms: least + (place + 1) * width, runs: 0 })
        .collect();
    for finish in finishes {
        if let Some(bin) = bins.get_mut(((finish - least) / width) as usize) {
            bin.runs += 1;
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Limiter, Workload, estimate};
    use crate::prices;

    const NOW: Time = Time(1_795_435_200_000);

    fn studied(workload: &Workload, model: &str, server: Limiter) -> Summary {
        let model = prices::find(model).unwrap();
        let mut study = Study::new(Scenario::of(workload, model, server, NOW), 7, NOW);
        let mut slices = 0;
        while !study.advance(5_000) {
            slices += 1;
            assert!(slices < 100_000, "a study ends");
        }
        let (done, total) = study.progress();
        assert_eq!(done, total);
        study.summary().unwrap()
    }

    fn small() -> Workload {
        Workload { calls: 300, ..Workload::default() }
    }

    #[test]
    fn two_hundred_runs_spread_around_the_closed_form() {
        let summary = studied(&small(), "gpt-4o-mini", Limiter::Bucket);
        assert_eq!((summary.runs, summary.calls, summary.simulated_calls, summary.stopped), (200, 300, 300, 0));
        let all: u32 = summary.histogram.iter().map(|bin| bin.runs).sum();
        assert_eq!(all, 200);
        let time = summary.finish_ms;
        assert!(time.least < time.p25 && time.p25 < time.p50 && time.p50 < time.p75 && time.p75 < time.most);
        let expected = estimate(&small(), prices::find("gpt-4o-mini").unwrap(), NOW).concurrent;
        // Latencies that vary fill each other's gaps but leave a tail at the end.
        let closed_ms = expected.duration.most_ms().unwrap();
        assert!(time.p50.abs_diff(closed_ms) * 4 < closed_ms, "{time:?} against {closed_ms}");
        let cost = summary.cost;
        assert!(cost.least < cost.most && cost.p05 < expected.cost && expected.cost < cost.p95, "{cost:?}");
        assert_eq!((summary.rate_limited_milli, summary.retries_milli, summary.attempts_milli), (0, 0, 270_000));
    }

    #[test]
    fn equal_seeds_give_equal_studies_however_they_are_sliced() {
        let model = prices::find("gpt-4o-mini").unwrap();
        let workload = Workload { calls: 60, quick_failures_ppm: 50_000, ..small() };
        let run = |steps| {
            let mut study = Study::new(Scenario::of(&workload, model, Limiter::Bucket, NOW), 11, NOW);
            while !study.advance(steps) {}
            study.summary()
        };
        assert_eq!(run(1), run(10_000));
    }

    #[test]
    fn a_provider_that_counts_otherwise_refuses_and_failures_are_tried_again() {
        let limited = Workload { requests_per_minute: Some(60), concurrency: 40, ..small() };
        let strict = studied(&limited, "gpt-4o-mini", Limiter::Window);
        assert!(strict.rate_limited_milli > 0, "a full bucket's burst and its refill pass a strict minute");
        assert_eq!(studied(&limited, "gpt-4o-mini", Limiter::Bucket).rate_limited_milli, 0);
        let failing = Workload { quick_failures_ppm: 100_000, failed_billed_ppm: 100_000, re_asks: 2, ..small() };
        let summary = studied(&failing, "gpt-4o-mini", Limiter::Bucket);
        // 270 calls; one in nine answers comes after a refusal; 0.11 re-asks a call.
        assert!((25_000..45_000).contains(&summary.retries_milli), "{summary:?}");
        assert!((24_000..36_000).contains(&summary.reasked_milli), "{summary:?}");
    }

    #[test]
    fn a_budget_stops_runs_and_is_said() {
        let tight = Workload { budget: Usd::parse("0.005"), ..small() };
        let summary = studied(&tight, "gpt-4o-mini", Limiter::Bucket);
        assert_eq!((summary.stopped, summary.stopped_by_budget), (200, true));
        assert!(summary.cost.most <= Usd::parse("0.005").unwrap() && summary.stopped_done < 100);
    }

    #[test]
    fn a_large_workload_is_a_sample_continued() {
        let model = prices::find("gpt-4o-mini").unwrap();
        let large = Scenario::of(&Workload { calls: 1_000_000, ..small() }, model, Limiter::Bucket, NOW);
        let study = Study::new(large.clone(), 1, NOW);
        assert_eq!((study.runs, study.scenario.calls, study.scale_milli()), (5, 200_000, 5_000));
        let middle = Study::new(Scenario { calls: 20_000, ..large }, 1, NOW);
        assert_eq!((middle.runs, middle.scenario.calls), (50, 20_000));
        // 200,000 in 1,000 s, the second half in 600 s: the other 800,000 at 6 ms each.
        let outcome = Outcome {
            finish_ms: 1_000_000,
            half_ms: 400_000,
            cost: Usd::ZERO,
            done: 200_000,
            attempts: 200_000,
            rate_limited: 0,
            retries: 0,
            reasked: 0,
            stopped: None,
        };
        assert_eq!(study.finish(&outcome), 1_000_000 + 800_000 * 6);
    }
}
