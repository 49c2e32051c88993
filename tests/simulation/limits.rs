//! How the virtual provider counts: exactly what the plan says, which nothing may pass, and finer or lower limits
//! that the plan knows nothing of, which answer 429.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pennybatch::engine::{AttemptId, Burst, LanePlan, LimiterModel, Limits};
use pennybatch::provider::{LimitSeen, RateSeen};
use pennybatch::time::Time;

use crate::scenario::Refuser;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;
/// Requests overtake one another by no more than this.
const OVERTAKING_MS: u64 = 500;

/// One limit, counted in the order of arrival.
struct Gauge {
    name: &'static str,
    limit: u64,
    span_ms: u64,
    counts: Counts,
}

enum Counts {
    Window(VecDeque<(Time, AttemptId, u64)>),
    /// Level in units times the span, as of the moment.
    Bucket {
        capacity: u64,
        level: i128,
        at: Time,
    },
}

impl Gauge {
    fn window(name: &'static str, limit: u64, span_ms: u64) -> Gauge {
        Gauge { name, limit, span_ms, counts: Counts::Window(VecDeque::new()) }
    }

    fn bucket(name: &'static str, limit: u64, span_ms: u64, burst: u64, at: Time) -> Gauge {
        // What overtaking alone pushes together is more than the smallest buckets hold.
        let capacity = burst.min(limit).max(1 + (limit * OVERTAKING_MS).div_ceil(span_ms));
        let level = i128::from(capacity) * i128::from(span_ms);
        Gauge { name, limit, span_ms, counts: Counts::Bucket { capacity, level, at } }
    }

    /// Counts an arrival; an error where it passes the limit. What is heavier than the whole limit passes alone.
    fn push(&mut self, attempt: AttemptId, units: u64, now: Time) -> Result<(), String> {
        let (name, limit, span_ms) = (self.name, self.limit, self.span_ms);
        match &mut self.counts {
            Counts::Window(recent) => {
                while recent.front().is_some_and(|(first, ..)| now.ms_since(*first) >= span_ms) {
                    recent.pop_front();
                }
                recent.push_back((now, attempt, units));
                let held: u64 = recent.iter().map(|(.., units)| *units).sum();
                if held > limit && recent.len() > 1 {
                    return Err(format!("limits: {held} {name} within {span_ms} ms at {now:?}, {limit} are allowed"));
                }
            }
            Counts::Bucket { capacity, level, at } => {
                let full = i128::from(*capacity) * i128::from(span_ms);
                *level = (*level + i128::from(limit) * i128::from(now.ms_since(*at))).min(full);
                *at = now;
                let heavy = i128::from(units) * i128::from(span_ms) > full;
                *level -= i128::from(units) * i128::from(span_ms);
                if *level < 0 && !heavy {
                    let missing = -*level / i128::from(span_ms) + 1;
                    return Err(format!("limits: {missing} {name} more at {now:?} than a bucket of {capacity} holds"));
                }
            }
        }
        Ok(())
    }

    /// The request turned out to weigh this much.
    fn correct(&mut self, attempt: AttemptId, from: u64, to: u64) {
        match &mut self.counts {
            Counts::Window(recent) => {
                if let Some((.., units)) = recent.iter_mut().find(|(_, of, _)| *of == attempt) {
                    *units = to;
                }
            }
            Counts::Bucket { capacity, level, .. } => {
                let full = i128::from(*capacity) * i128::from(self.span_ms);
                *level = (*level + (i128::from(from) - i128::from(to)) * i128::from(self.span_ms)).min(full);
            }
        }
    }

    fn allow(&mut self, limit: u64, burst: u64) {
        self.limit = self.limit.max(limit);
        if let Counts::Bucket { capacity, .. } = &mut self.counts {
            *capacity = (*capacity).max(burst.min(limit));
        }
    }
}

/// What a request weighs, in each unit that is limited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight {
    pub input: u64,
    pub output: u64,
}

impl Weight {
    fn tokens(self) -> u64 {
        self.input + self.output
    }
}

/// The limits of one lane as its plan has them: the engine knows them, so nothing may ever pass them.
pub struct Planned {
    requests: Vec<Gauge>,
    tokens: Vec<Gauge>,
    input: Vec<Gauge>,
    output: Vec<Gauge>,
    /// Sent, and not yet so old that nothing can overtake it.
    arriving: BTreeSet<(Time, AttemptId)>,
    weights: BTreeMap<AttemptId, Weight>,
}

impl Planned {
    pub fn new(lane: &LanePlan, start: Time) -> Planned {
        let limits = &lane.limits;
        let burst = burst(limits);
        let gauges = |name, limit: Option<u64>, span_ms, burst: u64| -> Vec<Gauge> {
            let Some(limit) = limit else { return Vec::new() };
            match limits.model {
                LimiterModel::Window => vec![Gauge::window(name, limit, span_ms)],
                LimiterModel::Bucket => vec![Gauge::bucket(name, limit, span_ms, burst, start)],
            }
        };
        let mut requests = gauges("requests", limits.requests_per_minute.map(u64::from), MINUTE_MS, burst);
        requests.extend(gauges("requests", limits.requests_per_day.map(u64::from), DAY_MS, u64::MAX));
        Planned {
            requests,
            tokens: gauges("tokens", limits.tokens_per_minute, MINUTE_MS, u64::MAX),
            input: gauges("input tokens", limits.input_tokens_per_minute, MINUTE_MS, u64::MAX),
            output: gauges("output tokens", limits.output_tokens_per_minute, MINUTE_MS, u64::MAX),
            arriving: BTreeSet::new(),
            weights: BTreeMap::new(),
        }
    }

    pub fn push(&mut self, attempt: AttemptId, weight: Weight, arrives: Time) {
        self.arriving.insert((arrives, attempt));
        self.weights.insert(attempt, weight);
    }

    /// Counts what arrived before `now` and can't be overtaken any more.
    pub fn count_until(&mut self, now: Time) -> Result<(), String> {
        while let Some((at, attempt)) =
            self.arriving.first().copied().filter(|(at, _)| at.after_ms(OVERTAKING_MS) <= now)
        {
            self.arriving.remove(&(at, attempt));
            let weight = self.weights.get(&attempt).copied().unwrap_or_default();
            let units = [
                (&mut self.requests, 1),
                (&mut self.tokens, weight.tokens()),
                (&mut self.input, weight.input),
                (&mut self.output, weight.output),
            ];
            for (gauges, units) in units {
                for gauge in gauges {
                    gauge.push(attempt, units, at)?;
                }
            }
        }
        Ok(())
    }

    /// The answer is there, and with it how much output the request really had. What goes beyond its cap, nobody could
    /// have known.
    pub fn correct_output(&mut self, attempt: AttemptId, output: u64) {
        self.correct(attempt, |weight| weight.output = output.min(weight.output));
    }

    /// And how much input that was not read from the provider's cache.
    pub fn correct_input(&mut self, attempt: AttemptId, input: u64) {
        self.correct(attempt, |weight| weight.input = input);
    }

    fn correct(&mut self, attempt: AttemptId, change: impl FnOnce(&mut Weight)) {
        let Some(weight) = self.weights.get_mut(&attempt) else { return };
        let before = *weight;
        change(weight);
        let after = *weight;
        for (gauges, from, to) in [
            (&mut self.input, before.input, after.input),
            (&mut self.output, before.output, after.output),
            (&mut self.tokens, before.tokens(), after.tokens()),
        ] {
            gauges.iter_mut().for_each(|gauge| gauge.correct(attempt, from, to));
        }
    }

    /// The limits are changed by agreement with the provider: from here on the larger of old and new holds for it.
    pub fn allow(&mut self, limits: &Limits) {
        let Some(limit) = limits.requests_per_minute.map(u64::from) else { return };
        for gauge in self.requests.iter_mut().filter(|gauge| gauge.span_ms == MINUTE_MS) {
            gauge.allow(limit, burst(limits));
        }
    }
}

fn burst(limits: &Limits) -> u64 {
    match limits.burst {
        Burst::Auto => u64::MAX,
        Burst::Requests(requests) => requests.into(),
    }
}

/// A limiter that refuses.
pub struct Refusing {
    refuser: Refuser,
    recent: VecDeque<Time>,
    last: Time,
}

impl Refusing {
    pub fn new(refuser: Refuser) -> Refusing {
        Refusing { refuser, recent: VecDeque::new(), last: Time(0) }
    }

    /// How long until there is room again, where there is none.
    pub fn refuses(&mut self, at: Time) -> Option<u64> {
        let at = self.last.max(at);
        self.last = at;
        let longest = self.refuser.spans.iter().map(|(span_ms, _)| *span_ms).max().unwrap_or(0);
        while self.recent.front().is_some_and(|first| at.ms_since(*first) >= longest) {
            self.recent.pop_front();
        }
        let wait_ms = self.refuser.spans.iter().filter_map(|span| self.wait_ms(*span, at)).max();
        if wait_ms.is_none() || self.refuser.counts_refused {
            self.recent.push_back(at);
        }
        wait_ms
    }

    /// When the next request would be let through, if nothing changes.
    pub fn free_at(&self, now: Time) -> Time {
        let wait_ms = self.refuser.spans.iter().filter_map(|span| self.wait_ms(*span, now)).max();
        now.after_ms(wait_ms.unwrap_or(0))
    }

    /// What others leave of a limit.
    fn left(&self, limit: u64, at: Time) -> u64 {
        let minute = at.ms() / MINUTE_MS;
        let others = minute.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let percent = others % (self.refuser.others_percent_max + 1);
        (limit - limit * percent / 100).max(1)
    }

    fn used(&self, span_ms: u64, at: Time) -> u64 {
        self.recent.iter().filter(|sent| at.ms_since(**sent) < span_ms).count() as u64
    }

    fn wait_ms(&self, (span_ms, limit): (u64, u64), at: Time) -> Option<u64> {
        let limit = self.left(limit, at);
        let used = self.used(span_ms, at);
        (used >= limit).then(|| {
            let leaves = self.recent.len() - limit as usize;
            self.recent[leaves].after_ms(span_ms).ms_since(at)
        })
    }

    /// What the headers of an answer say of it.
    pub fn seen(&self, at: Time) -> RateSeen {
        let Some((span_ms, limit)) = self.refuser.spans.last().copied() else { return RateSeen::default() };
        let left = self.left(limit, at);
        let used = self.used(span_ms, at);
        let reset_ms = self.recent.back().map_or(0, |last| last.after_ms(span_ms).ms_since(at));
        let requests = LimitSeen {
            limit: Some(limit),
            remaining: Some(left.saturating_sub(used)),
            reset_ms: Some(reset_ms),
            span_ms: None,
        };
        RateSeen { requests, ..RateSeen::default() }
    }
}
