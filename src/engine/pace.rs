//! How fast a lane goes whose provider refuses without saying what its limit is, as far as a browser can read:
//! additive increase, multiplicative decrease of a rate. Fewer slots alone would not do: where answers come quickly,
//! one slot more is a rate far above the limit.
//!
//! Nearly all limits hold for a minute, so what was accepted in the last one when a request is refused is about the
//! limit: the lane goes on at a little less, evenly, and grows from there. A refusal now and then, as overloaded
//! servers give them at any rate, changes nothing here, and where going slower doesn't help, it ends again.

use std::collections::VecDeque;

use crate::engine::limiter::{MINUTE_MS, Meter};
use crate::time::Time;

const SECONDS: u64 = 60;
/// Refusals of a minute from which on they are the rate's fault: so many, and this share of what was sent.
const REFUSALS_MIN: u32 = 5;
const REFUSED_PERCENT_MIN: u32 = 2;
/// Of what was accepted in a minute, the rate that is tried next; and what it grows by in a minute.
const KEPT_PERCENT: u64 = 95;
const ACCUSED_PERCENT_MIN: u64 = 90;
const GROWTH_PERCENT: u64 = 15;
/// Without refusals for so long, the lane goes at its own rate again.
const FORGET_MS: u64 = 10 * 60_000;
/// Refusals that are as frequent as before after so long a time have another cause than the rate.
const HELPS_WITHIN_MS: u64 = 2 * MINUTE_MS;
/// A lane under way for less is not extrapolated from.
const MEASURE_MS_MIN: u64 = 2_000;

#[derive(Debug, Default)]
pub struct Pace {
    /// `(second, accepted, refused)`, the last minute's.
    seconds: VecDeque<(u64, u32, u32)>,
    first: Option<Time>,
    /// In thousandths of a request a minute.
    rate_milli: u64,
    set_at: Time,
    began_at: Time,
    useless_until: Time,
    refused_at: Time,
    meter: Option<Meter>,
}

impl Pace {
    pub fn ready_at(&self, now: Time) -> Time {
        self.meter.as_ref().map_or(now, |meter| meter.ready_at(1, now))
    }

    pub fn take(&mut self) {
        self.with_meter(|meter| meter.take(1));
    }

    pub fn give_back(&mut self) {
        self.with_meter(|meter| meter.give_back(1));
    }

    pub fn sent(&mut self, now: Time) {
        self.first.get_or_insert(now);
        self.with_meter(|meter| meter.sent(1, now));
    }

    fn with_meter(&mut self, with: impl FnOnce(&mut Meter)) {
        if let Some(meter) = &mut self.meter {
            with(meter);
        }
    }

    pub fn answered(&mut self, now: Time) {
        self.second(now).1 += 1;
        self.grow(now);
    }

    /// A refusal; `news`: of a request that was sent after the lane slowed down last.
    pub fn refused(&mut self, news: bool, now: Time) {
        self.second(now).2 += 1;
        self.refused_at = now;
        let (accepted, refused) = self.seconds.iter().fold((0, 0), |(a, r), second| (a + second.1, r + second.2));
        let often = refused >= REFUSALS_MIN && refused * 100 >= (accepted + refused) * REFUSED_PERCENT_MIN;
        let measured_ms = self.first.map_or(0, |first| now.ms_since(first)).min(MINUTE_MS);
        if self.meter.is_some() && often && now.ms_since(self.began_at) >= HELPS_WITHIN_MS {
            self.meter = None;
            self.useless_until = now.after_ms(FORGET_MS);
        }
        let begins = self.meter.is_none();
        let wanted = !begins || (often && now >= self.useless_until);
        if !news || !wanted || measured_ms < MEASURE_MS_MIN {
            return;
        }
        if begins {
            self.began_at = now;
        }
        let accepted_milli = u64::from(accepted) * 1_000 * MINUTE_MS / measured_ms;
        let was = if self.meter.is_some() { self.rate_milli } else { u64::MAX };
        // Slower already than what was accepted a moment ago: it is not the rate that is refused.
        if was < accepted_milli * ACCUSED_PERCENT_MIN / 100 {
            return;
        }
        self.rate_milli = (accepted_milli.min(was) * KEPT_PERCENT / 100).max(1_000);
        self.set_at = now;
        self.apply(now);
    }

    fn grow(&mut self, now: Time) {
        if self.meter.is_none() {
            return;
        }
        if now.ms_since(self.refused_at) >= FORGET_MS {
            self.meter = None;
            return;
        }
        let grown_ms = now.ms_since(self.set_at);
        let growth = self.rate_milli * GROWTH_PERCENT * grown_ms / (100 * MINUTE_MS);
        // Whole requests a minute: what is less is waited for.
        if growth >= 1_000 {
            self.rate_milli += growth;
            self.set_at = now;
            self.apply(now);
        }
    }

    fn apply(&mut self, now: Time) {
        let rate = self.rate_milli / 1_000;
        match &mut self.meter {
            Some(meter) => meter.set_limit(rate, 1, now),
            None => self.meter = Some(Meter::new(rate, MINUTE_MS, 1, false, now)),
        }
    }

    /// This second's counts; those older than a minute are dropped.
    fn second(&mut self, now: Time) -> &mut (u64, u32, u32) {
        let second = now.ms() / 1_000;
        while self.seconds.front().is_some_and(|(first, ..)| first + SECONDS <= second) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|(last, ..)| *last < second) {
            self.seconds.push_back((second, 0, 0));
        }
        let last = self.seconds.len() - 1;
        &mut self.seconds[last]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use crate::engine::testing::*;
    use crate::engine::{Limits, Plan, Progress};
    use crate::provider::{Bill, FailureKind};

    const LATENCY_MS: u64 = 400;

    /// A run of so many rows whose provider takes and refuses as `takes` says, and says nothing of its limits. Returns
    /// what became of it, how long it took, and how many of a thousand were refused after the first minute.
    fn run(rows_count: u32, limits: Limits, mut takes: impl FnMut(u64) -> bool) -> (Progress, u64, u64) {
        let mut run = Driver::new(Plan { lanes: vec![lane(limits)], ..plan() }, rows(rows_count));
        let (mut later, mut refused) = (0, 0);
        let end = run.run(|sent| {
            let at_ms = sent.at.ms_since(START);
            let taken = takes(at_ms);
            later += u64::from(at_ms > 60_000);
            refused += u64::from(at_ms > 60_000 && !taken);
            match taken {
                true => reply(LATENCY_MS, fits()),
                false => reply(80, fails(FailureKind::RateLimited, Bill::Nothing)),
            }
        });
        (end, run.now.ms_since(START), refused * 1_000 / later.max(1))
    }

    #[test]
    fn at_twice_the_allowed_rate_few_are_refused_and_all_are_answered() {
        for requests_per_minute in [None, Some(1_000)] {
            let limits = Limits { concurrency: 64, requests_per_minute, ..Limits::default() };
            let mut window = VecDeque::new();
            let strict = run(4_000, limits.clone(), |at_ms| {
                while window.front().is_some_and(|first| at_ms - first >= 60_000) {
                    window.pop_front();
                }
                let takes = window.len() < 500;
                if takes {
                    window.push_back(at_ms);
                }
                takes
            });
            // Level in drops: a request is 60,000 of them, 500 flow in each millisecond.
            let (mut level, mut last_ms) = (20 * 60_000, 0);
            let bucket = run(4_000, limits, |at_ms| {
                level = (level + (at_ms - last_ms) * 500).min(20 * 60_000);
                last_ms = at_ms;
                let takes = level >= 60_000;
                level -= if takes { 60_000 } else { 0 };
                takes
            });
            for (end, took_ms, refused_milli) in [strict, bucket] {
                assert_eq!(end.succeeded, 4_000);
                assert!(refused_milli < 20, "{refused_milli} of a thousand, {requests_per_minute:?}");
                assert!(took_ms < 480_000 * 115 / 100, "{took_ms} ms of 480,000, {requests_per_minute:?}");
            }
        }
    }

    #[test]
    fn a_server_that_refuses_at_any_rate_is_not_asked_ever_more_slowly() {
        let limits = Limits { concurrency: 15, ..Limits::default() };
        let mut asked = 0;
        let (end, took_ms, _) = run(3_000, limits, |_| {
            asked += 1;
            asked % 20 != 0
        });
        assert_eq!(end.succeeded, 3_000);
        assert!(took_ms < 15 * 60_000, "{took_ms}");
    }
}
