//! One endpoint and key: its meters, its pauses, and how many requests it lets be in flight at once.

use crate::engine::limiter::{DAY_MS, MINUTE_MS, Meter};
use crate::engine::{Burst, LanePlan, LaneProgress, LaneState, LimiterModel, Limits, Wake, WakeReason};
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::Failure;
use crate::time::Time;

/// The post's burst, which a lane falls back on when its server turns out to be finer-grained than a minute.
const BURST_AFTER_ONE_REFUSAL: u32 = 20;
/// This many attempts in a row without any answer rest the lane.
pub const FAILURES_IN_A_ROW_BEFORE_REST: u32 = 10;
/// An endpoint that never worked is given up after this many failures in a row.
pub const FAILURES_OF_UNPROVEN_LANE_MAX: u32 = 3;
/// So long may a lane do nothing but fail, or be refused, before the run pauses; and so often at least, since a
/// laptop that slept makes two failures look like an hour of them.
const FRUITLESS_MS_MAX: u64 = 5 * 60_000;
const FRUITLESS_IN_A_ROW_MIN: u32 = 5;
/// Full jitter: the n-th wait is uniform between nothing and this, doubled n times, up to the longest.
pub const BACKOFF_FIRST_MS: u64 = 1_000;
pub const BACKOFF_MAX_MS: u64 = 30_000;

/// May a request of some weight go now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Now,
    Later(Wake),
    /// All slots are taken: an ending attempt frees one.
    Full,
    /// The lane has stopped.
    Never,
}

#[derive(Debug)]
pub struct Lane {
    limits: Limits,
    card: Option<RateCard>,
    requests: Option<Meter>,
    tokens: Option<Meter>,
    daily: Option<Meter>,
    pub in_flight: u32,
    /// Slots in thousandths: what additive increase and multiplicative decrease work on.
    slots_milli: u64,
    /// Up to here slots are won back one an answer, beyond it one a round of answers.
    known_good_milli: u64,
    rests_until: Time,
    slowed_at: Option<Time>,
    refusals: u32,
    /// Since when nothing but refusals or failures came back.
    fruitless_since: Option<Time>,
    failures_in_a_row: u32,
    pub proven: bool,
    pub stopped: Option<Failure>,
    burst: u32,
    pub attempts: u64,
    pub rate_limited: u64,
    pub spent: Usd,
}

impl Lane {
    pub fn new(plan: LanePlan, now: Time) -> Lane {
        let slots_milli = u64::from(plan.limits.concurrency.max(1)) * 1_000;
        let mut lane = Lane {
            limits: plan.limits,
            card: plan.card,
            requests: None,
            tokens: None,
            daily: None,
            in_flight: 0,
            slots_milli,
            known_good_milli: slots_milli,
            rests_until: Time(0),
            slowed_at: None,
            refusals: 0,
            fruitless_since: None,
            failures_in_a_row: 0,
            proven: false,
            stopped: None,
            burst: u32::MAX,
            attempts: 0,
            rate_limited: 0,
            spent: Usd::ZERO,
        };
        let limits = lane.limits.clone();
        lane.set_limits(limits, now);
        lane
    }

    pub fn card(&self) -> Option<&RateCard> {
        self.card.as_ref()
    }

    /// Takes new limits; what was sent under the old ones stays counted.
    pub fn set_limits(&mut self, limits: Limits, now: Time) {
        self.burst = match limits.burst {
            Burst::Auto => u32::MAX,
            Burst::Requests(requests) => requests.max(1),
        };
        let strict = limits.model == LimiterModel::Window;
        let requests = limits.requests_per_minute.map(u64::from);
        self.requests = replaced(self.requests.take(), requests, MINUTE_MS, self.burst, strict, now);
        self.tokens = replaced(self.tokens.take(), limits.tokens_per_minute, MINUTE_MS, u32::MAX, strict, now);
        let daily = limits.requests_per_day.map(u64::from);
        self.daily = replaced(self.daily.take(), daily, DAY_MS, u32::MAX, strict, now);
        self.slots_milli = u64::from(limits.concurrency.max(1)) * 1_000;
        self.known_good_milli = self.slots_milli;
        self.limits = limits;
    }

    pub fn admits(&self, tokens: u64, now: Time) -> Admission {
        if self.stopped.is_some() {
            return Admission::Never;
        }
        if u64::from(self.in_flight) * 1_000 + 1_000 > self.slots_milli.max(1_000) {
            return Admission::Full;
        }
        let waits = [
            (Some(self.rests_until), WakeReason::LaneRests),
            (self.requests.as_ref().map(|meter| meter.ready_at(1, now)), WakeReason::RequestsPerMinute),
            (self.tokens.as_ref().map(|meter| meter.ready_at(tokens, now)), WakeReason::TokensPerMinute),
            (self.daily.as_ref().map(|meter| meter.ready_at(1, now)), WakeReason::RequestsPerDay),
        ];
        let longest =
            waits.into_iter().filter_map(|(at, reason)| at.map(|at| Wake { at, reason })).max_by_key(|wake| wake.at);
        match longest {
            Some(wake) if wake.at > now => Admission::Later(wake),
            _ => Admission::Now,
        }
    }

    /// `tokens`: of the request that would go next.
    pub fn progress(&self, tokens: u64, now: Time) -> LaneProgress {
        let state = match &self.stopped {
            Some(failure) => LaneState::Stopped(failure.clone()),
            None if self.rests_until > now => LaneState::Resting { until: self.rests_until },
            None => LaneState::Ready,
        };
        LaneProgress {
            state,
            waiting: match self.admits(tokens, now) {
                Admission::Later(wake) => Some(wake),
                _ => None,
            },
            in_flight: self.in_flight,
            slots: (self.slots_milli / 1_000).max(1) as u32,
            attempts: self.attempts,
            rate_limited: self.rate_limited,
            spent: self.spent,
            limits: self.limits.clone(),
        }
    }

    /// Neither stopped nor resting.
    pub fn is_willing(&self, now: Time) -> bool {
        self.stopped.is_none() && self.rests_until <= now
    }

    /// Slots that are free, for the choice between lanes.
    pub fn free_slots_milli(&self) -> u64 {
        self.slots_milli.saturating_sub(u64::from(self.in_flight) * 1_000)
    }

    pub fn take(&mut self, tokens: u64) {
        self.in_flight += 1;
        self.each_meter(tokens, |meter, units| meter.take(units));
    }

    pub fn sent(&mut self, tokens: u64, now: Time) {
        self.each_meter(tokens, |meter, units| meter.sent(units, now));
    }

    pub fn give_back(&mut self, tokens: u64) {
        self.in_flight -= 1;
        self.each_meter(tokens, |meter, units| meter.give_back(units));
    }

    /// Counts a request that was sent before a restart.
    pub fn mark_sent(&mut self, tokens: u64, at: Time) {
        self.each_meter(tokens, |meter, units| meter.mark(units, at));
    }

    fn each_meter(&mut self, tokens: u64, mut with: impl FnMut(&mut Meter, u64)) {
        for (meter, units) in [(&mut self.requests, 1), (&mut self.tokens, tokens), (&mut self.daily, 1)] {
            if let Some(meter) = meter {
                with(meter, units);
            }
        }
    }

    /// An answer came: the lane works, and wins back slots; an answer to what was sent before the lane slowed down
    /// says nothing of how it does since.
    pub fn answered(&mut self, sent: Time) {
        self.in_flight -= 1;
        self.proven = true;
        self.failures_in_a_row = 0;
        if self.slowed_at.is_some_and(|at| sent < at) {
            return;
        }
        self.fruitless_since = None;
        self.refusals = 0;
        let full = u64::from(self.limits.concurrency.max(1)) * 1_000;
        let won_milli = match self.slots_milli < self.known_good_milli {
            true => 1_000,
            false => 1_000_000 / self.slots_milli.max(1_000),
        };
        self.slots_milli = (self.slots_milli + won_milli).min(full);
    }

    /// A refusal of this very call: the lane itself works.
    pub fn answered_with_refusal_of_item(&mut self) {
        self.in_flight -= 1;
        self.failures_in_a_row = 0;
        self.fruitless_since = None;
    }

    /// A failure of the server or the network. Rests the lane where nothing else comes back.
    pub fn failed(&mut self, jitter: impl FnOnce(u64) -> u64, now: Time) -> Fruitless {
        self.in_flight -= 1;
        self.failures_in_a_row += 1;
        let since = *self.fruitless_since.get_or_insert(now);
        if self.failures_in_a_row >= FAILURES_IN_A_ROW_BEFORE_REST {
            let rest_ms = jitter(backoff_limit_ms(self.failures_in_a_row - FAILURES_IN_A_ROW_BEFORE_REST));
            self.rests_until = self.rests_until.max(now.after_ms(rest_ms));
            // One request at a time finds out whether the network is back: each that fails may have been billed.
            self.slots_milli = 1_000;
        }
        Fruitless { ms: now.ms_since(since), in_a_row: self.failures_in_a_row }
    }

    /// A 429: the lane rests for the provider's hint and a jitter on top, so that no herd re-forms, and slows down
    /// once a round trip: requests that were under way when it slowed last say nothing new.
    pub fn refused(&mut self, hint_ms: u64, sent: Time, jitter: impl FnOnce(u64) -> u64, now: Time) -> Fruitless {
        self.rate_limited += 1;
        let since = *self.fruitless_since.get_or_insert(now);
        let news = self.slowed_at.is_none_or(|at| sent >= at);
        if news {
            self.slowed_at = Some(now);
            let in_use = (u64::from(self.in_flight) * 1_000).min(self.slots_milli);
            if self.refusals == 0 {
                self.known_good_milli = (in_use * 7 / 10).max(1_000);
                self.slots_milli = self.known_good_milli;
            } else {
                // Refused again with nothing answered between: from here on one request at a time asks.
                self.slots_milli = 1_000;
            }
            self.shrink_burst(now);
            let rest_ms = hint_ms + jitter(backoff_limit_ms(self.refusals));
            self.rests_until = self.rests_until.max(now.after_ms(rest_ms));
            self.refusals += 1;
        } else {
            self.rests_until = self.rests_until.max(now.after_ms(hint_ms));
        }
        self.in_flight -= 1;
        Fruitless { ms: now.ms_since(since), in_a_row: self.refusals }
    }

    /// From the limit itself to the post's 20, then to even pacing.
    fn shrink_burst(&mut self, now: Time) {
        let Some(limit) = self.limits.requests_per_minute.filter(|_| self.limits.burst == Burst::Auto) else { return };
        self.burst = if self.burst > BURST_AFTER_ONE_REFUSAL { BURST_AFTER_ONE_REFUSAL } else { 1 };
        if let Some(meter) = &mut self.requests {
            meter.set_limit(u64::from(limit), u64::from(self.burst.min(limit)), now);
        }
    }

    /// After a pause or with a new key: the lane may be tried again.
    pub fn revive(&mut self) {
        self.stopped = None;
        self.fruitless_since = None;
        self.failures_in_a_row = 0;
        self.refusals = 0;
        self.rests_until = Time(0);
    }
}

/// How long, and how often in a row, a lane brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fruitless {
    pub ms: u64,
    pub in_a_row: u32,
}

impl Fruitless {
    pub fn is_hopeless(self) -> bool {
        self.ms >= FRUITLESS_MS_MAX && self.in_a_row >= FRUITLESS_IN_A_ROW_MIN
    }
}

/// The longest wait before the n-th retry, from zero.
pub fn backoff_limit_ms(retry: u32) -> u64 {
    BACKOFF_FIRST_MS.checked_shl(retry).unwrap_or(u64::MAX).min(BACKOFF_MAX_MS)
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
mod tests {
    use super::*;
    use crate::provider::TokenAccounting;

    const HOUR_MS: u64 = 3_600_000;

    fn lane() -> Lane {
        Lane::new(LanePlan { limits: Limits::default(), card: None, accounting: TokenAccounting::default() }, Time(0))
    }

    #[test]
    fn a_laptop_that_slept_between_two_failures_is_not_an_hour_of_failures() {
        let mut lane = lane();
        lane.take(0);
        lane.take(0);
        assert!(!lane.failed(|_| 0, Time(0)).is_hopeless());
        assert!(!lane.failed(|_| 0, Time(HOUR_MS)).is_hopeless());
        lane.take(0);
        lane.take(0);
        assert!(!lane.refused(0, Time(HOUR_MS), |_| 0, Time(HOUR_MS)).is_hopeless());
        assert!(!lane.refused(0, Time(HOUR_MS + 1), |_| 0, Time(2 * HOUR_MS)).is_hopeless());
    }

    #[test]
    fn five_minutes_of_nothing_but_failures_are_hopeless() {
        let mut lane = lane();
        let last = (0..6).map(|minute| {
            lane.take(0);
            lane.failed(|_| 0, Time(minute * MINUTE_MS)).is_hopeless()
        });
        assert_eq!(last.collect::<Vec<_>>(), [false, false, false, false, false, true]);
    }

    #[test]
    fn a_network_that_is_gone_is_asked_by_one_request_at_a_time() {
        let mut lane = lane();
        for _ in 0..15 {
            lane.take(0);
        }
        for _ in 0..15 {
            lane.failed(|_| 0, Time(1_000));
        }
        assert_eq!(lane.admits(0, Time(1_001)), Admission::Now);
        lane.take(0);
        assert_eq!(lane.admits(0, Time(1_001)), Admission::Full);
        lane.answered(Time(1_001));
        lane.take(0);
        assert_eq!(lane.admits(0, Time(1_002)), Admission::Now, "the first answer wins slots back");
    }
}
