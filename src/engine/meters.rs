//! The meters of one lane: what a request weighs in each of the lane's limits, when one of some weight may go, and
//! what the provider's answers say of all this.
//!
//! Three things make the limits in force: what the person asked for, what the provider states in its headers, and how
//! far a bucket's burst was cut after a 429. A stated limit takes the place of none, and of a higher one; a person
//! who asked for less than the provider allows keeps to that. Units that the provider says are gone, and that this
//! run did not use, are somebody else's on the same limit: the lane makes room for them before a 429 does.

use crate::engine::limiter::{DAY_MS, MINUTE_MS, Meter, Said};
use crate::engine::{Burst, LimiterModel, Limits, Wake, WakeReason, Weight};
use crate::provider::{Bill, LimitSeen, RateSeen, TokenAccounting, Usage};
use crate::time::Time;

/// The post's burst, which a lane falls back on when its server turns out to be finer-grained than a minute.
const BURST_AFTER_ONE_REFUSAL: u32 = 20;

const REQUESTS: usize = 0;
const TOKENS: usize = 1;
const INPUT: usize = 2;
const OUTPUT: usize = 3;
const DAILY: usize = 4;
const REASONS: [WakeReason; 5] = [
    WakeReason::RequestsPerMinute,
    WakeReason::TokensPerMinute,
    WakeReason::InputTokensPerMinute,
    WakeReason::OutputTokensPerMinute,
    WakeReason::RequestsPerDay,
];
/// Those before [`DAILY`]: what headers state is counted by the minute.
const STATED: usize = DAILY;

/// What the meters showed when a request was sent: the answer's headers speak of that moment.
pub type Readings = [Reading; STATED];

#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    counted: u64,
    held: u64,
}

/// Units that count when a request is sent, and units that are held until it ends.
#[derive(Clone, Copy)]
struct Load {
    at_send: u64,
    at_end: u64,
}

/// How much the provider says is left, of whatever is scarcest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Headroom {
    #[default]
    Unknown,
    /// Less than a tenth.
    Scarce,
    Some,
    /// At least half.
    Plenty,
}

#[derive(Debug)]
pub struct Meters {
    asked: Limits,
    stated: [Option<u64>; STATED],
    accounting: TokenAccounting,
    burst: u32,
    meters: [Option<Meter>; REASONS.len()],
    /// Everything that was ever counted, limited or not: a limit may be stated while requests are under way.
    counted: [u64; STATED],
    /// When the request was sent whose answer was listened to last.
    heard: Time,
    headroom: Headroom,
}

impl Meters {
    pub fn new(asked: Limits, accounting: TokenAccounting, now: Time) -> Meters {
        let mut meters = Meters {
            burst: burst(&asked),
            asked,
            stated: [None; STATED],
            accounting,
            meters: Default::default(),
            counted: [0; STATED],
            heard: Time(0),
            headroom: Headroom::Unknown,
        };
        meters.apply(now);
        meters
    }

    /// The person's limits change; what was sent under the old ones stays counted.
    pub fn ask_for(&mut self, limits: Limits, now: Time) {
        self.burst = burst(&limits);
        self.asked = limits;
        self.apply(now);
    }

    pub fn asked(&self) -> &Limits {
        &self.asked
    }

    /// What the person asked for, or less where the provider states less.
    pub fn in_force(&self) -> Limits {
        let lower = |asked: Option<u64>, stated: Option<u64>| asked.into_iter().chain(stated).min();
        let requests = lower(self.asked.requests_per_minute.map(u64::from), self.stated[REQUESTS]);
        Limits {
            requests_per_minute: requests.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
            tokens_per_minute: lower(self.asked.tokens_per_minute, self.stated[TOKENS]),
            input_tokens_per_minute: lower(self.asked.input_tokens_per_minute, self.stated[INPUT]),
            output_tokens_per_minute: lower(self.asked.output_tokens_per_minute, self.stated[OUTPUT]),
            ..self.asked.clone()
        }
    }

    fn apply(&mut self, now: Time) {
        let limits = self.in_force();
        let strict = limits.model == LimiterModel::Window;
        let of_each = [
            limits.requests_per_minute.map(u64::from),
            limits.tokens_per_minute,
            limits.input_tokens_per_minute,
            limits.output_tokens_per_minute,
            limits.requests_per_day.map(u64::from),
        ];
        for (index, limit) in of_each.into_iter().enumerate() {
            let span_ms = if index == DAILY { DAY_MS } else { MINUTE_MS };
            let burst = if index == REQUESTS { self.burst } else { u32::MAX };
            self.meters[index] = replaced(self.meters[index].take(), limit, span_ms, burst, strict, now);
        }
    }

    /// From the limit itself to the post's 20, then to even pacing.
    pub fn shrink_burst(&mut self, now: Time) {
        self.burst = if self.burst > BURST_AFTER_ONE_REFUSAL { BURST_AFTER_ONE_REFUSAL } else { 1 };
        self.apply(now);
    }

    fn loads(&self, weight: Weight) -> [Load; REASONS.len()] {
        let at_send = |at_send| Load { at_send, at_end: 0 };
        let Weight { input, output } = weight;
        let (tokens, of_output) = match self.accounting.output_as_used {
            true => (Load { at_send: input, at_end: output }, Load { at_send: 0, at_end: output }),
            false => (at_send(input + output), at_send(output)),
        };
        [at_send(1), tokens, at_send(input), of_output, at_send(1)]
    }

    fn each(&mut self, weight: Weight, mut with: impl FnMut(&mut Meter, Load)) {
        let loads = self.loads(weight);
        for (meter, load) in self.meters.iter_mut().zip(loads) {
            if let Some(meter) = meter {
                with(meter, load);
            }
        }
    }

    /// The moment at which all meters let a request of this weight go, and which is the last to do so; `None` if
    /// that is at once.
    pub fn ready_at(&self, weight: Weight, now: Time) -> Option<Wake> {
        let mut last: Option<Wake> = None;
        for ((meter, load), reason) in self.meters.iter().zip(self.loads(weight)).zip(REASONS) {
            let Some(meter) = meter else { continue };
            let at = meter.ready_at(load.at_send + load.at_end, now);
            if at > now && last.is_none_or(|wake| at > wake.at) {
                last = Some(Wake { at, reason });
            }
        }
        last
    }

    pub fn take(&mut self, weight: Weight) {
        self.each(weight, |meter, load| meter.take(load.at_send + load.at_end));
    }

    pub fn sent(&mut self, weight: Weight, now: Time) -> Readings {
        self.each(weight, |meter, load| meter.sent(load.at_send, now));
        let loads = self.loads(weight);
        for (counted, load) in self.counted.iter_mut().zip(loads) {
            *counted += load.at_send;
        }
        let mut readings = self.counted.map(|counted| Reading { counted, held: 0 });
        let holds = self.accounting.output_as_used;
        for (reading, meter) in readings.iter_mut().zip(&mut self.meters) {
            reading.held = meter.as_mut().map_or(0, |meter| meter.held(holds, now));
        }
        readings
    }

    /// It will not be sent.
    pub fn give_back(&mut self, weight: Weight) {
        self.each(weight, |meter, load| meter.give_back(load.at_send + load.at_end));
    }

    /// What was taken in advance is replaced by what was used, where the provider counts so: output by the answer, or
    /// by its cap where nobody knows, and input by what was not read from the provider's cache.
    pub fn ended(&mut self, weight: Weight, bill: Bill, sent: Time, now: Time) {
        if self.accounting.output_as_used {
            let used = output_used(weight, bill);
            for index in [TOKENS, OUTPUT] {
                self.counted[index] += used;
                if let Some(meter) = &mut self.meters[index] {
                    meter.end(weight.output, used, now);
                }
            }
        }
        if let Some(used) = self.input_used(bill) {
            for meter in [TOKENS, INPUT] {
                if let Some(meter) = &mut self.meters[meter] {
                    meter.correct(weight.input, used, sent, now);
                }
            }
        }
    }

    /// Counts a request that was sent before a restart, in the order of sending.
    pub fn count_sent_before_restart(&mut self, weight: Weight, bill: Bill, sent: Time) {
        let input = self.input_used(bill).unwrap_or(weight.input);
        self.each(Weight { input, ..weight }, |meter, load| meter.mark(load.at_send, sent));
    }

    /// And what of it counts when it ends, in the order of the ends.
    pub fn count_ended_before_restart(&mut self, weight: Weight, bill: Bill, ended: Time) {
        let output = output_used(weight, bill);
        self.each(Weight { output, ..weight }, |meter, load| {
            if load.at_end > 0 {
                meter.mark(load.at_end, ended);
            }
        });
    }

    fn input_used(&self, bill: Bill) -> Option<u64> {
        match bill {
            Bill::Usage { usage: Usage { input, cache_read, .. }, .. } if self.accounting.cache_reads_free => {
                Some(input.saturating_sub(cache_read))
            }
            _ => None,
        }
    }

    /// Takes what an answer's headers say. Ignores answers to requests sent before the last one whose headers were used.
    pub fn hear(&mut self, seen: &RateSeen, readings: &Readings, sent: Time, now: Time) {
        if sent < self.heard {
            return;
        }
        self.heard = sent;
        let seen = [seen.requests, seen.tokens, seen.input_tokens, seen.output_tokens];
        let stated_before = self.stated;
        for (stated, LimitSeen { limit, .. }) in self.stated.iter_mut().zip(&seen) {
            *stated = limit.filter(|limit| *limit > 0).or(*stated);
        }
        if self.stated != stated_before {
            self.apply(now);
        }
        for (index, LimitSeen { remaining, reset_ms, .. }) in seen.into_iter().enumerate() {
            let (Some(meter), Some(remaining)) = (&mut self.meters[index], remaining) else { continue };
            let Reading { counted, held } = readings[index];
            let of_a_new_limit = self.stated[index] != stated_before[index];
            let since = self.counted[index] - counted;
            meter.heard(Said { remaining, reset_ms, of_a_new_limit, sent, held, since }, now);
        }
        self.headroom = headroom(&seen);
    }

    pub fn headroom(&self) -> Headroom {
        self.headroom
    }
}

fn burst(limits: &Limits) -> u32 {
    match limits.burst {
        Burst::Auto => u32::MAX,
        Burst::Requests(requests) => requests.max(1),
    }
}

/// The provider refused before it worked; or nobody knows, and the whole cap counts.
fn output_used(weight: Weight, bill: Bill) -> u64 {
    match bill {
        Bill::Usage { usage, .. } => usage.output,
        Bill::Nothing => 0,
        Bill::Unknown => weight.output,
    }
}

fn headroom(seen: &[LimitSeen]) -> Headroom {
    let shares = seen.iter().filter_map(|seen| {
        let (limit, remaining) = (seen.limit.filter(|limit| *limit > 0)?, seen.remaining?);
        Some(u128::from(remaining) * 100 / u128::from(limit))
    });
    match shares.min() {
        None => Headroom::Unknown,
        Some(0..10) => Headroom::Scarce,
        Some(10..50) => Headroom::Some,
        Some(_) => Headroom::Plenty,
    }
}

fn replaced(
    meter: Option<Meter>,
    limit: Option<u64>,
    span_ms: u64,
    burst: u32,
    strict: bool,
    now: Time,
) -> Option<Meter> {
    let limit = limit?;
    let burst = u64::from(burst).min(limit);
    match meter {
        Some(mut meter) if meter.is_strict() == strict => {
            meter.set_limit(limit, burst, now);
            Some(meter)
        }
        _ => Some(Meter::new(limit, span_ms, burst, strict, now)),
    }
}

#[cfg(test)]
mod tests;
