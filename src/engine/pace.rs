//! How fast a lane goes whose provider refuses without saying what its limit is, as far as a browser can read:
//! additive increase, multiplicative decrease of a rate. Fewer slots alone would not do: where answers come quickly,
//! one slot more is a rate far above the limit.
//!
//! Nearly all limits hold for a minute, so what was accepted in the last one when a request is refused is about the
//! limit (or what was accepted between the last few refusals, where a burst came before them): the lane goes on at a
//! little less, evenly, and grows from there, slowly at first, faster the longer nothing is refused. In the first minute
//! nothing is known yet, and hints and rests do. A minute that was spent on rests says less than the best one of late,
//! and one that was spent waiting after a burst says nothing but how much was tried.
//!
//! A server that wants a gap between requests, and counts those that it refuses, accepts far less of bursts than of even
//! distances: where a large part was refused, a slow lane grows as quickly as a fast one until its rate is refused, and
//! from then on up to a little less than that. A refusal now and then, as overloaded servers give them at any rate,
//! changes nothing here, and where going slower doesn't help, it ends again.

use std::collections::VecDeque;

use crate::engine::limiter::{MINUTE_MS, Meter};
use crate::time::Time;

const SECONDS: u64 = 60;
/// The rate counts as the cause from this many refusals in a minute on, if they are this share of what was sent.
const REFUSALS_MIN: u32 = 5;
const REFUSED_PERCENT_MIN: u32 = 2;
/// A slow lane has fewer than `REFUSALS_MIN` refusals in a minute. It is judged by the mean of its last `GAPS` intervals
/// between refusals: the rate counts as the cause if fewer than this many requests were accepted in one.
const GAPS: usize = 5;
const ACCEPTED_BETWEEN_MAX: u64 = 100 / REFUSED_PERCENT_MIN as u64;
/// The rate that is tried after a refusal, as a share of what was accepted in the minute before.
const KEPT_PERCENT: u64 = 95;
/// A rate that is already below this share of what was accepted isn't the cause of a refusal.
const ACCUSED_PERCENT_MIN: u64 = 90;
/// Where a lane has no more than this many accepted requests for each refusal, the provider may allow more than it
/// accepted.
const ACCEPTED_TO_A_REFUSAL_MAX: u32 = 2;
/// How much the rate grows in a minute, to begin with.
const GROWTH_PERCENT: u64 = 15;
const GROWTH_FACTOR_MAX_MILLI: u64 = 10_000;
/// Below this rate growth is slower in proportion. Each round of growth ends in a refusal, and refusals should be as small
/// a share of what a slow lane sends as of what a fast one does.
const GROWS_FULLY_FROM_MILLI: u64 = 240_000;
/// The meter counts thousandths of requests, so that a slow lane's rate can change by less than one a minute.
const REQUEST: u64 = 1_000;
const GROWTH_STEP_MILLI: u64 = 100;
/// The lowest rate. Going slower saves no refusals, and it would take too long to see that the rate isn't the cause.
const RATE_MIN_MILLI: u64 = 3_000;
/// After this long without refusals, the lane forgets the rate it learned.
const FORGET_MS: u64 = 10 * 60_000;
/// If refusals are as frequent as before after this long at a lower rate, the rate isn't their cause.
const HELPS_WITHIN_MS: u64 = 2 * MINUTE_MS;
const STILL_BETWEEN_MAX: u64 = 20;
/// If a lower rate didn't raise the requests accepted between two refusals by half, the rate isn't the cause: give up.
const HELPED_PERCENT_MIN: u64 = 150;
/// Until that is known, the rate stays above this share of the first one. Rests after refusals slow a lane down too, so
/// what it gets accepted meanwhile says less and less about what the provider allows.
const ON_TRIAL_PERCENT_MIN: u64 = 70;
/// A rate isn't extrapolated from less time than this.
const MEASURE_MS_MIN: u64 = 2_000;

#[derive(Debug, Default)]
pub struct Pace {
    /// `(second, accepted, refused)`, the last minute's.
    seconds: VecDeque<(u64, u32, u32)>,
    first: Option<Time>,
    accepted: u64,
    /// The last refusals that said something new.
    refusals: VecDeque<Refusal>,
    /// In thousandths of a request a minute.
    rate_milli: u64,
    set_at: Time,
    began_at: Time,
    before: Before,
    /// What had been accepted when the rate was lowered last.
    lowered_after: u64,
    /// Up to here the rate grows quickly: a little less than what was refused, without end while nothing was.
    quickly_to_milli: u64,
    useless_until: Time,
    refused_at: Time,
    meter: Option<Meter>,
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    at: Time,
    /// Requests accepted in all by then.
    accepted: u64,
    /// Requests accepted in the minute before it; 0 where less than a minute was measured.
    of_the_minute: u32,
}

/// The lane's state when it began to slow down.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    accepted: u64,
    /// Mean requests accepted between two refusals.
    between: u64,
    /// Refusals since then.
    refusals: u64,
    /// The first rate that was tried.
    rate_milli: u64,
}

impl Pace {
    pub fn ready_at(&self, now: Time) -> Time {
        let learned = self.meter.as_ref().filter(|_| now.ms_since(self.refused_at) < FORGET_MS);
        learned.map_or(now, |meter| meter.ready_at(REQUEST, now))
    }

    pub fn take(&mut self) {
        self.with_meter(|meter| meter.take(REQUEST));
    }

    pub fn give_back(&mut self) {
        self.with_meter(|meter| meter.give_back(REQUEST));
    }

    pub fn sent(&mut self, now: Time) {
        self.first.get_or_insert(now);
        self.with_meter(|meter| meter.sent(REQUEST, now));
    }

    fn with_meter(&mut self, with: impl FnOnce(&mut Meter)) {
        if let Some(meter) = &mut self.meter {
            with(meter);
        }
    }

    pub fn answered(&mut self, now: Time) {
        self.second(now).1 += 1;
        self.accepted += 1;
        self.grow(now);
    }

    /// A refusal; `news`: of a request that was sent after the lane slowed down last.
    pub fn refused(&mut self, news: bool, now: Time) {
        self.second(now).2 += 1;
        self.refused_at = now;
        let (accepted, refused) = self.seconds.iter().fold((0, 0), |(a, r), second| (a + second.1, r + second.2));
        let measured = self.first.is_some_and(|first| now.ms_since(first) >= MINUTE_MS);
        if news {
            self.remember(if measured { accepted } else { 0 }, now);
        }
        let often = refused >= REFUSALS_MIN && refused * 100 >= (accepted + refused) * REFUSED_PERCENT_MIN;
        let still = (often || self.still_refused()) && now.ms_since(self.began_at) >= HELPS_WITHIN_MS;
        if self.meter.is_some() && (still || self.helps_nothing()) {
            self.meter = None;
            self.useless_until = now.after_ms(FORGET_MS);
        }
        let wanted = self.meter.is_some() || ((often || self.by_and_by(now)) && now >= self.useless_until);
        if news && wanted && measured {
            let of_the_minute = if self.in_bursts(accepted + refused) { accepted + refused } else { accepted };
            let says_little = accepted <= refused * ACCEPTED_TO_A_REFUSAL_MAX;
            self.slow_down(u64::from(of_the_minute) * 1_000, says_little, now);
        }
    }

    /// The lane was silent for most of the minute: what was accepted of a burst says nothing of what would be of as many
    /// requests, one by one.
    fn in_bursts(&self, sent: u32) -> bool {
        self.seconds.len() as u64 * 3 < u64::from(sent).min(SECONDS / 2) * 2
    }

    /// `of_the_minute`: what was accepted in the last one, in thousandths; `says_little`: of what is allowed.
    fn slow_down(&mut self, of_the_minute: u64, says_little: bool, now: Time) {
        let begins = self.meter.is_none();
        let was = if begins { u64::MAX } else { self.rate_milli };
        let best = self.refusals.iter().filter(|refusal| now.ms_since(refusal.at) < FORGET_MS);
        let best_milli = best.map(|refusal| u64::from(refusal.of_the_minute) * 1_000).max().filter(|_| begins);
        let accepted_milli = of_the_minute.max(best_milli.unwrap_or(0)).min(self.of_the_last(now).unwrap_or(u64::MAX));
        // Slower already than what was accepted a moment ago: it is not the rate that is refused.
        if was < accepted_milli * ACCUSED_PERCENT_MIN / 100 {
            return;
        }
        self.rate_milli = (accepted_milli.min(was) * KEPT_PERCENT / 100).max(RATE_MIN_MILLI);
        if !begins && self.quickly_to_milli > 0 && self.accepted > self.lowered_after {
            self.quickly_to_milli = was * ACCUSED_PERCENT_MIN / 100;
        }
        self.lowered_after = self.accepted;
        if begins {
            self.quickly_to_milli = if says_little { u64::MAX } else { 0 };
            self.began_at = now;
            self.before = Before {
                accepted: self.accepted,
                between: self.accepted_between(),
                refusals: 0,
                rate_milli: self.rate_milli,
            };
        } else if self.is_on_trial() {
            self.rate_milli = self.rate_milli.max((self.before.rate_milli * ON_TRIAL_PERCENT_MIN / 100).min(was));
        }
        self.set_at = now;
        self.apply(now);
    }

    fn remember(&mut self, of_the_minute: u32, now: Time) {
        if self.refusals.back().is_some_and(|last| last.accepted == self.accepted) {
            return;
        }
        self.refusals.push_back(Refusal { at: now, accepted: self.accepted, of_the_minute });
        self.before.refusals += 1;
        if self.refusals.len() > GAPS + 1 {
            self.refusals.pop_front();
        }
    }

    /// How much was accepted between two refusals, as a mean of the last ones.
    fn accepted_between(&self) -> u64 {
        let gaps = self.refusals.len().saturating_sub(1).max(1) as u64;
        self.refusals.front().map_or(0, |first| self.accepted - first.accepted) / gaps
    }

    /// What was accepted between the last refusals, in thousandths a minute: a burst before them doesn't count.
    fn of_the_last(&self, now: Time) -> Option<u64> {
        let first = self.refusals.front()?;
        let ms = now.ms_since(first.at);
        (self.refusals.len() > GAPS && (MEASURE_MS_MIN..MINUTE_MS).contains(&ms))
            .then(|| (self.accepted - first.accepted) * 1_000 * MINUTE_MS / ms)
    }

    /// Refused too often, if not within a minute.
    fn by_and_by(&self, now: Time) -> bool {
        let recent = self.refusals.front().is_some_and(|first| now.ms_since(first.at) < FORGET_MS);
        recent && self.refusals.len() > GAPS && self.accepted_between() < ACCEPTED_BETWEEN_MAX
    }

    /// Of so few requests between two refusals since the lane slowed down, a limit that is kept to would let many more
    /// through.
    fn still_refused(&self) -> bool {
        self.before.refusals > GAPS as u64 && self.accepted_between() < STILL_BETWEEN_MAX
    }

    /// Too little was accepted since the lane slowed down to tell whether that helps.
    fn is_on_trial(&self) -> bool {
        self.accepted - self.before.accepted < GAPS as u64 * ACCEPTED_BETWEEN_MAX
    }

    /// Slower than what was accepted, and refused about as often as before.
    fn helps_nothing(&self) -> bool {
        let Before { accepted, between, refusals, .. } = self.before;
        let between_since = (self.accepted - accepted) / refusals.max(1);
        self.is_on_trial() && refusals >= GAPS as u64 && between_since * 100 <= between * HELPED_PERCENT_MIN
    }

    fn grow(&mut self, now: Time) {
        if self.meter.is_none() {
            return;
        }
        let calm_ms = now.ms_since(self.refused_at);
        if calm_ms >= FORGET_MS {
            self.meter = None;
            return;
        }
        let slow_milli = match self.quickly_to_milli {
            u64::MAX => 1_000,
            _ => self.rate_milli.min(GROWS_FULLY_FROM_MILLI) * 1_000 / GROWS_FULLY_FROM_MILLI,
        };
        let percent_milli_min = if self.rate_milli < self.quickly_to_milli { GROWTH_PERCENT * 1_000 } else { 0 };
        let calm_milli = calm_ms * slow_milli / MINUTE_MS;
        let factor_milli = (1_000 + calm_milli * calm_milli / 1_000).min(GROWTH_FACTOR_MAX_MILLI);
        let percent_milli = (GROWTH_PERCENT * slow_milli * factor_milli / 1_000).max(percent_milli_min);
        let growth = self.rate_milli * percent_milli / 1_000 * now.ms_since(self.set_at) / (100 * MINUTE_MS);
        if growth >= GROWTH_STEP_MILLI {
            self.rate_milli += growth;
            self.set_at = now;
            self.apply(now);
        }
    }

    fn apply(&mut self, now: Time) {
        match &mut self.meter {
            Some(meter) => meter.set_limit(self.rate_milli, REQUEST, now),
            None => self.meter = Some(Meter::even(self.rate_milli, MINUTE_MS, REQUEST, now)),
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

    /// One in seven or so is refused whatever the rate, as by a model that is overloaded.
    #[test]
    fn refusals_at_random_hardly_slow_a_run() {
        for seed in 0..12 {
            let limits = Limits { concurrency: 32, ..Limits::default() };
            let plan = Plan { lanes: vec![lane(limits)], max_retries: 12, ..plan() };
            let mut run = Driver::new(plan, rows(600));
            let mut rng = fastrand::Rng::with_seed(seed);
            let end = run.run(|_| match rng.u32(0..100) {
                0..10 => reply(20, refuses_for(1_000)),
                10..15 => reply(20, refuses_for(300)),
                15..25 => reply(20, fails(FailureKind::ServerError, Bill::Nothing)),
                25..30 => reply(800, fits()),
                _ => reply(20, fits()),
            });
            assert_eq!(end.succeeded, 600);
            let rests_ms = end.rate_limited * 1_150;
            let took_ms = run.now.ms_since(START);
            assert!(took_ms < 2 * rests_ms, "seed {seed}: {took_ms} ms, of which the rests alone are about {rests_ms}");
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

    /// Far less is accepted of the first minute's bursts than at even distances.
    #[test]
    fn a_gap_between_requests_is_found_although_refusals_count() {
        for (gap_ms, concurrency, requests_per_minute, hint_ms) in [
            (1_000, 4, None, 0),
            (1_000, 32, None, 0),
            (1_000, 16, Some(60), 1_000),
            (2_000, 4, None, 0),
            (500, 16, Some(120), 1_000),
        ] {
            let limits = Limits { concurrency, requests_per_minute, ..Limits::default() };
            let mut run = Driver::new(Plan { lanes: vec![lane(limits)], ..plan() }, rows(300_000 / gap_ms));
            let mut free_at = START;
            let end = run.run(|sent| {
                let takes = sent.at >= free_at;
                free_at = sent.at.after_ms(gap_ms.into());
                if takes { reply(LATENCY_MS, fits()) } else { reply(80, refuses_for(hint_ms)) }
            });
            assert_eq!(end.succeeded, 300_000 / gap_ms);
            let took_ms = run.now.ms_since(START);
            assert!(took_ms < 10 * 60_000, "{gap_ms}, {concurrency}: {took_ms} ms, and five minutes would do");
        }
    }

    /// Four a minute are allowed, and what is refused counts as well: after a few refusals nothing is accepted at all.
    #[test]
    fn a_few_a_minute_stay_a_few_a_minute() {
        let limits = Limits { concurrency: 20, requests_per_minute: Some(13), ..Limits::default() };
        let mut window = VecDeque::new();
        let (end, took_ms, _) = run(80, limits, |at_ms| {
            while window.front().is_some_and(|first| at_ms - first >= 60_000) {
                window.pop_front();
            }
            window.push_back(at_ms);
            window.len() <= 4
        });
        assert_eq!(end.succeeded, 80);
        assert!(took_ms < 32 * 60_000, "{took_ms} ms, and twenty minutes would do");
    }
}
