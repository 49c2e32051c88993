//! The provider of a simulated run.

use std::collections::VecDeque;

use crate::engine::Limits;
use crate::estimate::{Limiter, WHOLE_PPM};
use crate::provider::{Answer, Bill, Failure, FailureKind, Outcome, Usage};
use crate::simulate::{Latency, Scenario};
use crate::time::Time;

const MINUTE_MS: u64 = 60_000;
/// How soon a refusal is there.
const REFUSAL_MS: u64 = 150;

/// What an attempt ends with; small, since as many wait as are in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    Answered { input: u32, read: u32, written: u32, output: u32, reasoning: u32, fits: bool },
    ServerError,
    RateLimited,
}

pub struct Server {
    rng: fastrand::Rng,
    requests: Option<Meter>,
    tokens: Option<Meter>,
    /// From when on the shared prefix can be read, and when it was last used.
    prefix: Option<(Time, Time)>,
}

impl Server {
    pub fn new(scenario: &Scenario, seed: u64) -> Server {
        let limits = scenario.plan.lanes.first().map(|lane| lane.limits.clone()).unwrap_or_default();
        let (requests, tokens) = scenario.server.map_or((None, None), |limiter| meters(&limits, limiter));
        Server { rng: fastrand::Rng::with_seed(seed), requests, tokens, prefix: None }
    }

    /// What becomes of a request that is sent at `now`, and when that is known.
    pub fn reply(&mut self, scenario: &Scenario, now: Time) -> (Time, Reply) {
        let arrives = now.after_ms(self.up_to(scenario.network_jitter_ms));
        let tokens = u64::from(scenario.input_tokens) + u64::from(scenario.plan.output_tokens_max.unwrap_or(0));
        let fits = |meter: &mut Option<Meter>, units| meter.as_mut().is_none_or(|meter| meter.has(units, arrives));
        if !fits(&mut self.requests, 1) || !fits(&mut self.tokens, tokens) {
            return (arrives.after_ms(REFUSAL_MS), Reply::RateLimited);
        }
        let takes = |meter: &mut Option<Meter>, units| meter.iter_mut().for_each(|meter| meter.take(units, arrives));
        takes(&mut self.requests, 1);
        if self.hits(scenario.quick_failures_ppm) {
            return (arrives.after_ms(scenario.quick_failure_ms), Reply::ServerError);
        }
        takes(&mut self.tokens, tokens);
        // A latency counts from the sending, the way there included.
        let answered = now.after_ms(self.latency_ms(scenario.latency)).max(arrives);
        let cached = self.reads_prefix(scenario, arrives, answered);
        let prefix = scenario.cacheable_tokens;
        let tail = if scenario.writes_unread { scenario.input_tokens.saturating_sub(prefix) } else { 0 };
        let [read, written] = if cached { [prefix, tail] } else { [0, prefix + tail] };
        let output = self.output(scenario);
        let thought = u64::from(output) * u64::from(scenario.reasoning_tokens);
        let reasoning = u32::try_from(thought / u64::from(scenario.output_tokens.max(1))).unwrap_or(output);
        let fits = !self.hits(scenario.misfits_ppm);
        (answered, Reply::Answered { input: scenario.input_tokens, read, written, output, reasoning, fits })
    }

    /// Whether the prefix is read instead of written: it can be, once an answer with it has begun, and each use keeps it.
    fn reads_prefix(&mut self, scenario: &Scenario, now: Time, answered: Time) -> bool {
        if scenario.cacheable_tokens == 0 {
            return false;
        }
        match self.prefix {
            Some((ready, used)) if now.ms_since(used) <= scenario.cache_life_ms => {
                self.prefix = Some((ready, used.max(now)));
                now >= ready
            }
            _ => {
                self.prefix = Some((answered, now));
                false
            }
        }
    }

    fn output(&mut self, scenario: &Scenario) -> u32 {
        let mean = scenario.output_tokens;
        if !scenario.output_varies || mean == 0 {
            return mean;
        }
        let output = self.rng.u32(mean / 2..=mean.saturating_add(mean / 2));
        scenario.plan.output_tokens_max.filter(|cap| *cap > mean).map_or(output, |cap| output.min(cap))
    }

    fn hits(&mut self, share_ppm: u32) -> bool {
        share_ppm > 0 && self.rng.u32(0..WHOLE_PPM) < share_ppm
    }

    fn up_to(&mut self, ms: u64) -> u64 {
        if ms == 0 { 0 } else { self.rng.u64(0..=ms) }
    }

    fn latency_ms(&mut self, latency: Latency) -> u64 {
        match latency {
            Latency::Constant { ms } => ms,
            Latency::LogNormal { mean_ms, spread } => {
                // Twelve even draws add up to a normal one but for its farthest tails.
                let normal: f64 = (0..12).map(|_| self.rng.f64()).sum::<f64>() - 6.0;
                let factor = (spread * normal - spread * spread / 2.0).exp();
                (mean_ms as f64 * factor).round() as u64
            }
        }
    }
}

impl Reply {
    pub fn outcome(self) -> Outcome {
        match self {
            Reply::Answered { input, read, written, output, reasoning, fits } => {
                let usage = Usage {
                    input: input.into(),
                    output: output.into(),
                    cache_read: read.into(),
                    cache_write: written.into(),
                    reasoning: reasoning.into(),
                    ..Usage::default()
                };
                let misfit = (!fits).then(|| "simulated".to_owned());
                let answer = Answer { misfit, ..Answer::default() };
                Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } }
            }
            Reply::ServerError => failed(FailureKind::ServerError, 503),
            Reply::RateLimited => failed(FailureKind::RateLimited, 429),
        }
    }
}

fn failed(kind: FailureKind, status: u16) -> Outcome {
    let failure =
        Failure { kind, status: Some(status), message: String::new(), retry_after_ms: None, request_id: None };
    Outcome::Failed { failure, bill: Bill::Nothing }
}

fn meters(limits: &Limits, limiter: Limiter) -> (Option<Meter>, Option<Meter>) {
    let meter = |limit: u64| Meter::new(limit, limiter);
    (limits.requests_per_minute.map(|limit| meter(limit.into())), limits.tokens_per_minute.map(meter))
}

/// A limit a minute as a server counts it.
enum Meter {
    Window { limit: u64, held: u64, recent: VecDeque<(Time, u64)> },
    Bucket { limit: u64, level: f64, at: Option<Time> },
}

impl Meter {
    fn new(limit: u64, limiter: Limiter) -> Meter {
        match limiter {
            Limiter::Window => Meter::Window { limit, held: 0, recent: VecDeque::new() },
            Limiter::Bucket => Meter::Bucket { limit, level: limit as f64, at: None },
        }
    }

    fn has(&mut self, units: u64, now: Time) -> bool {
        match self {
            Meter::Window { limit, held, recent } => {
                while let Some((at, units)) = recent.front().copied().filter(|(at, _)| now.ms_since(*at) >= MINUTE_MS) {
                    debug_assert!(at <= now);
                    recent.pop_front();
                    *held -= units;
                }
                *held + units <= *limit
            }
            Meter::Bucket { limit, level, at } => {
                let full = *limit as f64;
                let flown = at.map_or(0.0, |at| now.ms_since(at) as f64 * full / MINUTE_MS as f64);
                *level = (*level + flown).min(full);
                *at = Some(at.map_or(now, |at| at.max(now)));
                *level >= units as f64
            }
        }
    }

    fn take(&mut self, units: u64, now: Time) {
        match self {
            Meter::Window { held, recent, .. } => {
                *held += units;
                recent.push_back((now, units));
            }
            Meter::Bucket { level, .. } => *level -= units as f64,
        }
    }
}
