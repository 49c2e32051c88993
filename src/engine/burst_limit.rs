//! A limit on bursts: so many requests in any second, beside the limits of a minute. A server may state it in its headers;
//! most only refuse, and then the lane learns it. Requests go evenly, a little below it, since an even second is what such
//! a server never refuses.
//!
//! The law: a refusal counts as one of the second when more requests were accepted within the second before the refused one
//! than in any second before, and [`BURST_MIN`] at least. What was accepted in it is the limit. Refused again at the even rate, the lane goes [`STEP_PERCENT`]
//! slower; after [`STEPS_MAX`] such steps the second isn't the cause, and the lane forgets it for [`FORGET_MS`]. Growth
//! begins after [`CALM_MS`] without a refusal, and never quickly.

use std::collections::VecDeque;

use crate::engine::limiter::Meter;
use crate::provider::LimitSeen;
use crate::time::Time;

const SECOND_MS: u64 = 1_000;
/// What is sent within so short a time counts as sent at once.
const TICK_MS: u64 = 50;
const TICKS: u64 = SECOND_MS / TICK_MS;
/// A lane that sends fewer in a second is not refused for its bursts.
const BURST_MIN: u64 = 4;
/// Of what was accepted, so that network and timers may shift a request a little.
const KEPT_PERCENT: u64 = 95;
const STEP_PERCENT: u64 = 95;
const STEPS_MAX: u8 = 2;
const CALM_MS: u64 = 2 * 60_000;
const GROWTH_PERCENT: u64 = 2;
const FORGET_MS: u64 = 10 * 60_000;
/// Headers that speak of a longer span are the meters'.
const SPAN_MS_MAX: u64 = 10_000;
const STATEMENTS_MIN: u32 = 3;
/// The meter counts thousandths of requests.
const REQUEST: u64 = 1_000;

#[derive(Debug, Default)]
pub struct BurstLimit {
    /// `(tick, requests)`: what was sent in the last second, without what was refused.
    sends: VecDeque<(u64, u64)>,
    /// `(tick, requests)`: how many had been sent within a second, at each of these ticks; and the most of any second
    /// before the last one.
    seconds: VecDeque<(u64, u64)>,
    peak: u64,
    /// Thousandths of a request a second.
    rate_milli: u64,
    meter: Option<Meter>,
    /// Since when answers in a row state a limit of a second, and how many do.
    stated: Option<(Time, u32)>,
    is_stated: bool,
    steps: u8,
    /// When the rate was lowered last: what was sent before says nothing of it.
    lowered_at: Time,
    /// When it was lowered or raised last.
    changed_at: Time,
    useless_until: Time,
}

impl BurstLimit {
    pub fn ready_at(&self, now: Time) -> Time {
        let meter = self.meter.as_ref().filter(|_| !self.is_forgotten(now));
        meter.map_or(now, |meter| meter.ready_at(REQUEST, now))
    }

    /// What was learned so long ago says nothing of now, whether or not anything came back since.
    fn is_forgotten(&self, now: Time) -> bool {
        !self.is_stated && now.ms_since(self.lowered_at) >= FORGET_MS
    }

    pub fn take(&mut self) {
        self.with_meter(|meter| meter.take(REQUEST));
    }

    pub fn give_back(&mut self) {
        self.with_meter(|meter| meter.give_back(REQUEST));
    }

    pub fn sent(&mut self, now: Time) {
        if self.meter.is_some() && self.is_forgotten(now) {
            self.forget();
        }
        self.with_meter(|meter| meter.sent(REQUEST, now));
        let tick = now.ms() / TICK_MS;
        match self.sends.back_mut() {
            Some((last, count)) if *last == tick => *count += 1,
            _ => self.sends.push_back((tick, 1)),
        }
        while self.sends.front().is_some_and(|(first, _)| first + 2 * TICKS < tick) {
            self.sends.pop_front();
        }
        let sent = self.within_the_second_before(tick);
        match self.seconds.back_mut() {
            Some((last, most)) if *last == tick => *most = sent,
            _ => self.seconds.push_back((tick, sent)),
        }
        while let Some((_, sent)) = self.seconds.front().copied().filter(|(at, _)| at + TICKS < tick) {
            self.seconds.pop_front();
            self.peak = self.peak.max(sent);
        }
    }

    fn within_the_second_before(&self, tick: u64) -> u64 {
        let second = tick.saturating_sub(TICKS) + 1..=tick;
        self.sends.iter().filter(|(at, _)| second.contains(at)).map(|(_, count)| count).sum()
    }

    fn with_meter(&mut self, with: impl FnOnce(&mut Meter)) {
        if let Some(meter) = &mut self.meter {
            with(meter);
        }
    }

    /// What an answer's headers say of requests. Returns it where it is of a minute or longer. A minute that is about to
    /// end looks like a second, so it takes several answers in a row to believe in one.
    pub fn hear(&mut self, seen: LimitSeen, now: Time) -> LimitSeen {
        let (Some(limit), Some(span_ms)) = (seen.limit, seen.span_ms.filter(|span_ms| *span_ms <= SPAN_MS_MAX)) else {
            self.stated = None;
            return seen;
        };
        let (since, answers) = self.stated.get_or_insert((now, 0));
        *answers += 1;
        let rate_milli = limit * REQUEST * SECOND_MS / span_ms.max(1) * KEPT_PERCENT / 100;
        let is_believed = *answers >= STATEMENTS_MIN && now.ms_since(*since) > SECOND_MS;
        if is_believed && rate_milli > 0 && (!self.is_stated || rate_milli != self.rate_milli) {
            self.is_stated = true;
            self.go_at(rate_milli, now);
        }
        LimitSeen::default()
    }

    /// A request that was sent at `sent` was refused.
    pub fn refused(&mut self, sent: Time, now: Time) {
        let tick = sent.ms() / TICK_MS;
        if let Some((_, count)) = self.sends.iter_mut().find(|(at, _)| *at == tick) {
            *count = count.saturating_sub(1);
        }
        if self.is_stated || now < self.useless_until {
            return;
        }
        let accepted = self.within_the_second_before(tick);
        let learned_milli = accepted * REQUEST * KEPT_PERCENT / 100;
        let knows = self.meter.is_some();
        if knows && sent < self.lowered_at {
            // Of the burst that taught the rate: the more of it is refused, the less was accepted.
            if accepted >= BURST_MIN && learned_milli < self.rate_milli {
                self.go_at(learned_milli, now);
            }
            return;
        }
        if !knows {
            if accepted >= BURST_MIN && accepted > self.peak {
                self.steps = 0;
                self.lowered_at = now;
                self.go_at(learned_milli, now);
            }
            return;
        }
        self.steps += 1;
        if self.steps > STEPS_MAX {
            self.forget();
            self.useless_until = now.after_ms(FORGET_MS);
            return;
        }
        self.lowered_at = now;
        self.go_at(self.rate_milli * STEP_PERCENT / 100, now);
    }

    pub fn answered(&mut self, now: Time) {
        if self.meter.is_none() || self.is_stated {
            return;
        }
        if now.ms_since(self.changed_at) >= CALM_MS {
            self.steps = 0;
            self.go_at(self.rate_milli * (100 + GROWTH_PERCENT) / 100, now);
        }
    }

    fn forget(&mut self) {
        (self.meter, self.peak) = (None, 0);
    }

    fn go_at(&mut self, rate_milli: u64, now: Time) {
        self.rate_milli = rate_milli;
        self.changed_at = now;
        match &mut self.meter {
            Some(meter) => meter.set_limit(rate_milli, REQUEST, now),
            None => self.meter = Some(Meter::even(rate_milli, SECOND_MS, REQUEST, now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::engine::{Burst, Limits, Plan, RunState};
    use crate::provider::RateSeen;

    /// As after a day's limit, when nothing is answered before the next requests go.
    #[test]
    fn what_was_learned_is_forgotten_after_a_silence() {
        let mut limit = BurstLimit::default();
        (0..8).for_each(|_| limit.sent(START));
        limit.refused(START, START.after_ms(50));
        let soon = START.after_ms(60);
        limit.sent(soon);
        assert!(limit.ready_at(soon) > soon, "seven in a second");
        let later = START.after_ms(50 + FORGET_MS);
        for _ in 0..20 {
            assert_eq!(limit.ready_at(later), later);
            limit.sent(later);
        }
    }

    /// 1,600 rows, at most 1,200 in a minute and 20 in any second, answers within 100 ms: 80 seconds would do.
    #[test]
    fn a_limit_of_a_second_is_learned_from_a_few_refusals() {
        for (first_call_alone, burst) in [(true, Burst::Auto), (true, Burst::Requests(1)), (false, Burst::Auto)] {
            let limits = Limits { concurrency: 20, requests_per_minute: Some(1_200), burst, ..Limits::default() };
            let plan = Plan { lanes: vec![lane(limits)], first_call_alone, ..plan() };
            let mut run = Driver::new(plan, rows(1_600));
            let (mut second, mut minute) = (VecDeque::new(), VecDeque::new());
            let mut refusals = 0;
            let end = run.run(|sent| {
                let arrives = sent.at.ms() + sent.attempt * 7 % 5;
                second.retain(|at| arrives < at + 1_000);
                minute.retain(|at| arrives < at + 60_000);
                if second.len() >= 20 || minute.len() >= 1_200 {
                    refusals += 1;
                    return reply(5, refuses_for(1_000));
                }
                second.push_back(arrives);
                minute.push_back(arrives);
                reply(100, fits())
            });
            let took_ms = run.now.ms_since(START);
            assert_eq!((end.succeeded, end.state), (1_600, RunState::Finished));
            assert!(took_ms <= 88_000, "{took_ms} ms, {refusals} refusals, {burst:?}");
            assert!(refusals < 16 || !first_call_alone, "{refusals} refusals, {burst:?}");
        }
    }

    /// Taken for a limit of a minute, it took sixty times as long.
    #[test]
    fn a_limit_that_headers_state_for_a_second_is_kept_for_a_second() {
        let limits = Limits { concurrency: 20, ..Limits::default() };
        let mut run = Driver::new(Plan { lanes: vec![lane(limits)], ..plan() }, rows(400));
        let mut second = VecDeque::new();
        let end = run.run(|sent| {
            let at = sent.at.ms();
            second.retain(|before| at < before + 1_000);
            let takes = second.len() < 10;
            if takes {
                second.push_back(at);
            }
            let requests = LimitSeen {
                limit: Some(10),
                remaining: Some(10 - second.len() as u64),
                reset_ms: Some(second.front().map_or(0, |first| first + 1_000 - at)),
                span_ms: Some(1_000),
            };
            let seen = Some(RateSeen { requests, ..RateSeen::default() });
            Reply { seen, ..if takes { reply(300, fits()) } else { reply(50, refuses_for(100)) } }
        });
        let took_ms = run.now.ms_since(START);
        assert_eq!(end.succeeded, 400);
        assert!(took_ms <= 46_000, "{took_ms} ms where 40 s would do");
    }

    /// A server that is only overloaded refuses at any rate: going evenly doesn't help, and is given up.
    #[test]
    fn refusals_at_random_do_not_slow_a_lane_for_long() {
        let limits = Limits { concurrency: 20, ..Limits::default() };
        let mut run = Driver::new(Plan { lanes: vec![lane(limits)], ..plan() }, rows(4_000));
        let mut rng = fastrand::Rng::with_seed(7);
        let end = run.run(|_| match rng.u32(0..100) {
            0 => reply(20, refuses_for(0)),
            _ => reply(200, fits()),
        });
        // 40 refusals, with a rest of half a second each, and 40 seconds for the rows at 100 a second.
        let took_ms = run.now.ms_since(START);
        assert_eq!(end.succeeded, 4_000);
        assert!(took_ms < 120_000, "{took_ms}");
    }
}
