//! One endpoint and key: its meters, its pauses, and how many requests it lets be in flight at once.

use crate::engine::burst_limit::BurstLimit;
use crate::engine::meters::{Headroom, Meters, Readings};
use crate::engine::pace::Pace;
use crate::engine::{LanePlan, LaneState, Limits, Ordinal, Wake, WakeReason, Weight};
use crate::prices::RateCard;
use crate::provider::{Bill, Failure, FailureKind, RateSeen, TokenAccounting};
use crate::time::Time;

/// This many attempts in a row without any answer rest the lane.
pub const FAILURES_IN_A_ROW_BEFORE_REST: u32 = 10;
/// This many that didn't even get through in a row, and the network is taken for gone.
pub const UNREACHABLE_IN_A_ROW_BEFORE_REST: u32 = 3;
/// One request that breaks off is its own; with another right after it, the connection was lost.
const UNREACHABLE_OF_A_LOST_CONNECTION: u32 = 2;
/// An endpoint that never worked is given up after this many failures in a row.
pub const FAILURES_OF_UNPROVEN_LANE_MAX: u32 = 3;
/// A lane that never answered is given up after this many refusals of one kind in a row: what is wrong is the setup,
/// not the rows.
pub const REFUSALS_OF_UNPROVEN_LANE_MAX: usize = 10;
/// Until something came back from a lane, its first request goes alone for so long. A wrong key and a server that
/// allows no web pages fail within that, and a browser hides which: one call is in doubt then, not all of them.
pub const FIRST_ALONE_MS: u64 = 2_000;
/// So long may a lane do nothing but fail, or be refused, before the run pauses; and so often at least, since a
/// laptop that slept makes two failures look like an hour of them.
const FRUITLESS_MS_MAX: u64 = 5 * 60_000;
const FRUITLESS_IN_A_ROW_MIN: u32 = 5;
/// Full jitter: the n-th wait is uniform between nothing and this, doubled n times, up to the longest.
pub const BACKOFF_FIRST_MS: u64 = 1_000;
pub const BACKOFF_MAX_MS: u64 = 30_000;
/// A provider's prompt cache forgets what was not read for so long.
const PROMPT_CACHE_MS: u64 = 5 * 60_000;

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
    accounting: TokenAccounting,
    card: Option<RateCard>,
    meters: Meters,
    pace: Pace,
    burst_limit: BurstLimit,
    pub in_flight: u32,
    /// Slots in thousandths: what additive increase and multiplicative decrease work on.
    slots_milli: u64,
    /// Up to here slots are won back one an answer, beyond it one a round of answers.
    known_good_milli: u64,
    rests_until: Time,
    /// By the provider's own word.
    asked_to_wait_until: Time,
    rest_reason: WakeReason,
    slowed_at: Option<Time>,
    refusals: u32,
    /// Since when nothing but refusals or failures came back.
    fruitless_since: Option<Time>,
    failures_in_a_row: u32,
    unreachable_in_a_row: u32,
    /// Rests in a row, and when the last of them began.
    rests: u32,
    rested_at: Time,
    warm_up: bool,
    warm: bool,
    answered_at: Time,
    /// Something came back since the run was opened: an answer, or a refusal that could be read. True from the start
    /// where nothing waits for that.
    reached: bool,
    /// The first request goes alone until then; `None` until it is sent.
    alone_until: Option<Time>,
    /// It answered since the run was opened. A key that was entered anew may be another one.
    pub proven: bool,
    /// Items that it refused in a row without ever answering, and the kind of these refusals.
    refused_kind: Option<FailureKind>,
    refused_items: Vec<Ordinal>,
    pub stopped: Option<Failure>,
}

/// Lanes as bits, the first one lowest. Of lanes beyond the 64th, what fits is not asked.
pub type Lanes = u64;

impl Lane {
    pub fn new(plan: LanePlan, warm_up: bool, now: Time) -> Lane {
        let slots_milli = slots_milli(&plan.limits);
        Lane {
            accounting: plan.accounting,
            card: plan.card,
            meters: Meters::new(plan.limits, plan.accounting, now),
            pace: Pace::default(),
            burst_limit: BurstLimit::default(),
            in_flight: 0,
            slots_milli,
            known_good_milli: slots_milli,
            rests_until: Time(0),
            asked_to_wait_until: Time(0),
            rest_reason: WakeReason::LaneRests,
            slowed_at: None,
            refusals: 0,
            fruitless_since: None,
            failures_in_a_row: 0,
            unreachable_in_a_row: 0,
            rests: 0,
            rested_at: Time(0),
            warm_up,
            warm: false,
            answered_at: Time(0),
            reached: true,
            alone_until: None,
            proven: false,
            refused_kind: None,
            refused_items: Vec::new(),
            stopped: None,
        }
    }

    /// Its first request is to go alone until something comes back.
    pub fn with_first_call_alone(self, first_call_alone: bool) -> Lane {
        Lane { reached: !first_call_alone, ..self }
    }

    pub fn card(&self) -> Option<&RateCard> {
        self.card.as_ref()
    }

    /// Whether a request of this weight fits into the lane's minute at all.
    pub fn fits(&self, weight: Weight) -> bool {
        self.meters.asked().too_small_for(weight, self.accounting).is_none()
    }

    /// Takes new limits; what was sent under the old ones stays counted.
    pub fn set_limits(&mut self, limits: Limits, now: Time) {
        self.slots_milli = slots_milli(&limits);
        self.known_good_milli = self.slots_milli;
        self.meters.ask_for(limits, now);
    }

    pub fn admits(&self, weight: Weight, now: Time) -> Admission {
        if self.stopped.is_some() {
            return Admission::Never;
        }
        let full = u64::from(self.in_flight) * 1_000 + 1_000 > self.slots_milli.max(1_000);
        if full || self.is_warming_up() || self.awaits_first_send() {
            return Admission::Full;
        }
        let alone = self.first_alone_until(now).map(|at| Wake { at, reason: WakeReason::FirstCall });
        let rest = (self.rests_until > now).then_some(Wake { at: self.rests_until, reason: self.rest_reason });
        let meters = self.meters.ready_at(weight, now);
        let paced_at = self.pace.ready_at(now).max(self.burst_limit.ready_at(now));
        let pace = (paced_at > now).then_some(Wake { at: paced_at, reason: WakeReason::RequestsPerMinute });
        rest.into_iter()
            .chain(alone)
            .chain(pace)
            .chain(meters)
            .max_by_key(|wake| wake.at)
            .map_or(Admission::Now, Admission::Later)
    }

    /// Its first request is under way, and the others wait for the answer.
    fn is_warming_up(&self) -> bool {
        self.warm_up && !self.warm && self.in_flight > 0
    }

    /// The first request of a lane that nothing came back from is being saved.
    fn awaits_first_send(&self) -> bool {
        !self.reached && self.in_flight > 0 && self.alone_until.is_none()
    }

    /// The first request of a lane that nothing came back from is under way, and goes alone until then.
    fn first_alone_until(&self, now: Time) -> Option<Time> {
        self.alone_until.filter(|until| !self.reached && self.in_flight > 0 && *until > now)
    }

    pub fn state(&self, now: Time) -> LaneState {
        match &self.stopped {
            Some(failure) => LaneState::Stopped(failure.clone()),
            None if self.rests_until > now => LaneState::Resting { until: self.rests_until },
            None if self.is_warming_up() => LaneState::WarmingUp,
            None => LaneState::Ready,
        }
    }

    /// What a request of this weight would wait for here.
    pub fn waits_for(&self, weight: Weight, now: Time) -> Option<Wake> {
        match self.admits(weight, now) {
            Admission::Later(wake) => Some(wake),
            Admission::Now | Admission::Full | Admission::Never => None,
        }
    }

    pub fn slots(&self) -> u32 {
        (self.slots_milli / 1_000).max(1) as u32
    }

    pub fn limits_in_force(&self) -> Limits {
        self.meters.in_force()
    }

    /// Neither stopped nor resting.
    pub fn is_willing(&self, now: Time) -> bool {
        self.stopped.is_none() && self.rests_until <= now
    }

    /// Slots that are free, for the choice between lanes.
    pub fn free_slots_milli(&self) -> u64 {
        self.slots_milli.saturating_sub(u64::from(self.in_flight) * 1_000)
    }

    pub fn take(&mut self, weight: Weight) {
        if self.in_flight == 0 {
            self.alone_until = None;
        }
        self.in_flight += 1;
        self.pace.take();
        self.burst_limit.take();
        self.meters.take(weight);
    }

    pub fn sent(&mut self, weight: Weight, now: Time) -> Readings {
        self.alone_until.get_or_insert(now.after_ms(FIRST_ALONE_MS));
        self.pace.sent(now);
        self.burst_limit.sent(now);
        self.meters.sent(weight, now)
    }

    pub fn give_back(&mut self, weight: Weight) {
        self.in_flight -= 1;
        self.pace.give_back();
        self.burst_limit.give_back();
        self.meters.give_back(weight);
    }

    /// A sent attempt is over: its place is free, and what it weighed is known, as far as it ever will be.
    pub fn ended(&mut self, weight: Weight, bill: Bill, sent: Time, now: Time) {
        self.in_flight -= 1;
        self.meters.ended(weight, bill, sent, now);
    }

    /// What the answer's headers say of the limits.
    pub fn hear(&mut self, seen: &RateSeen, readings: &Readings, sent: Time, now: Time) {
        // What is counted over less than a minute is none of the minute's meters'.
        let requests = self.burst_limit.hear(seen.requests, now);
        self.meters.hear(&RateSeen { requests, ..*seen }, readings, sent, now);
    }

    /// Counts a request that was sent before a restart.
    pub fn count_sent_before_restart(&mut self, weight: Weight, bill: Bill, sent: Time) {
        self.meters.count_sent_before_restart(weight, bill, sent);
    }

    pub fn count_ended_before_restart(&mut self, weight: Weight, bill: Bill, ended: Time) {
        self.meters.count_ended_before_restart(weight, bill, ended);
    }

    /// An answer came: the lane works, and wins back slots; an answer to what was sent before the lane slowed down
    /// says nothing of how it does since. Where the provider says what is left, slots are won back sooner while that
    /// is plenty, and not at all while it is scarce.
    pub fn answered(&mut self, sent: Time, now: Time) {
        self.proven = true;
        self.refused_items.clear();
        self.warm = true;
        self.answered_at = now;
        self.works();
        self.pace.answered(now);
        self.burst_limit.answered(now);
        if self.slowed_at.is_some_and(|at| sent < at) {
            return;
        }
        self.fruitless_since = None;
        self.refusals = 0;
        let won_milli = match self.meters.headroom() {
            Headroom::Scarce if self.slots_milli >= 2_000 => 0,
            Headroom::Plenty => 1_000,
            _ if self.slots_milli < self.known_good_milli => 1_000,
            _ => 1_000_000 / self.slots_milli.max(1_000),
        };
        self.slots_milli = (self.slots_milli + won_milli).min(slots_milli(self.meters.asked()));
    }

    /// A refusal of this very call: the lane itself works.
    pub fn refused_item(&mut self) {
        self.works();
        self.fruitless_since = None;
    }

    /// Notes who was refused by a lane that never answered. Returns whether it refuses whatever it is asked: the setup is
    /// wrong then, and no row is to blame.
    pub fn refuses_everyone(&mut self, item: Ordinal, kind: FailureKind) -> bool {
        if self.refused_kind.replace(kind) != Some(kind) {
            self.refused_items.clear();
        }
        self.refused_items.push(item);
        self.refused_items.len() >= REFUSALS_OF_UNPROVEN_LANE_MAX
    }

    /// Those who were refused in a row.
    pub fn take_refused(&mut self) -> Vec<Ordinal> {
        std::mem::take(&mut self.refused_items)
    }

    /// It stopped because it refused whatever it was asked.
    pub fn refused_everyone(&self) -> bool {
        self.stopped.as_ref().is_some_and(|failure| failure.kind == FailureKind::EveryRowRefused)
    }

    fn works(&mut self) {
        self.reached = true;
        self.forget_failures();
    }

    fn forget_failures(&mut self) {
        self.failures_in_a_row = 0;
        self.unreachable_in_a_row = 0;
        self.rests = 0;
    }

    /// A failure of the server or the network. Rests the lane where nothing else comes back.
    pub fn failed(&mut self, kind: FailureKind, sent: Time, jitter: impl FnOnce(u64) -> u64, now: Time) -> Fruitless {
        self.failures_in_a_row += 1;
        self.unreachable_in_a_row = if kind == FailureKind::Unreachable { self.unreachable_in_a_row + 1 } else { 0 };
        let since = *self.fruitless_since.get_or_insert(now);
        if self.unreachable_in_a_row == UNREACHABLE_OF_A_LOST_CONNECTION {
            self.lose_connection(sent, now);
        }
        let away = self.unreachable_in_a_row >= UNREACHABLE_IN_A_ROW_BEFORE_REST;
        if away || self.failures_in_a_row >= FAILURES_IN_A_ROW_BEFORE_REST {
            // One request at a time finds out whether the network is back: each that fails may have been billed.
            self.slots_milli = 1_000;
            // What was under way when the lane began to rest makes no rest longer.
            if self.rests == 0 || sent >= self.rested_at {
                let limit_ms = backoff_limit_ms(self.rests);
                self.rests_until = self.rests_until.max(now.after_ms(limit_ms / 2 + jitter(limit_ms / 2)));
                self.rest_reason = WakeReason::LaneFails;
                self.rests += 1;
                self.rested_at = now;
            }
        }
        Fruitless { ms: now.ms_since(since), in_a_row: self.failures_in_a_row, away }
    }

    /// A connection that dies takes with it whatever is in flight on it, and all of that may have been billed: half as many
    /// go from here on, and each answer wins one back.
    fn lose_connection(&mut self, sent: Time, now: Time) {
        if self.slowed_at.is_none_or(|at| sent >= at) {
            self.slowed_at = Some(now);
            let in_use_milli = (u64::from(self.in_flight + 1) * 1_000).min(self.slots_milli);
            self.slots_milli = (in_use_milli / 2).max(1_000);
        }
    }

    /// A 429: the lane rests for the provider's hint and a jitter on top, so that no herd re-forms, and slows down
    /// once a round trip: requests that were under way when it slowed last say nothing new.
    pub fn refused(&mut self, hint_ms: u64, sent: Time, jitter: impl FnOnce(u64) -> u64, now: Time) -> Fruitless {
        self.reached = true;
        self.rest_reason = WakeReason::LaneRests;
        let since = *self.fruitless_since.get_or_insert(now);
        let news = self.slowed_at.is_none_or(|at| sent >= at);
        self.pace.refused(news, now);
        self.burst_limit.refused(sent, now);
        if news {
            self.slowed_at = Some(now);
            let in_use = (u64::from(self.in_flight + 1) * 1_000).min(self.slots_milli);
            if self.refusals == 0 {
                self.known_good_milli = (in_use * 7 / 10).max(1_000);
                self.slots_milli = self.known_good_milli;
            } else {
                // Refused again with nothing answered between: from here on one request at a time asks.
                self.slots_milli = 1_000;
            }
            self.meters.shrink_burst(now);
            let rest_ms = hint_ms + jitter(backoff_limit_ms(self.refusals));
            self.rests_until = self.rests_until.max(now.after_ms(rest_ms));
            self.refusals += 1;
        }
        self.asked_to_wait_until = self.asked_to_wait_until.max(now.after_ms(hint_ms));
        self.rests_until = self.rests_until.max(self.asked_to_wait_until);
        Fruitless { ms: now.ms_since(since), in_a_row: self.refusals, away: false }
    }

    /// With a new key, or because the person says so: what the provider asked for is forgotten.
    pub fn forget_hint(&mut self) {
        self.asked_to_wait_until = Time(0);
        self.rests_until = Time(0);
    }

    /// After a pause: the lane may be tried again, once the provider's own wait is over.
    pub fn revive(&mut self, now: Time) {
        self.stopped = None;
        self.fruitless_since = None;
        self.refusals = 0;
        self.refused_items.clear();
        self.forget_failures();
        self.rests_until = self.asked_to_wait_until;
        self.warm &= now.ms_since(self.answered_at) < PROMPT_CACHE_MS;
    }
}

/// How long, and how often in a row, a lane brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fruitless {
    pub ms: u64,
    pub in_a_row: u32,
    /// Nothing gets through at all: the network is gone, and no row is to blame.
    pub away: bool,
}

impl Fruitless {
    pub fn is_hopeless(self) -> bool {
        self.ms >= FRUITLESS_MS_MAX && self.in_a_row >= FRUITLESS_IN_A_ROW_MIN
    }
}

/// The longest wait before the n-th retry, from zero.
pub fn backoff_limit_ms(retry: u32) -> u64 {
    BACKOFF_FIRST_MS.saturating_mul(2_u64.saturating_pow(retry)).min(BACKOFF_MAX_MS)
}

fn slots_milli(limits: &Limits) -> u64 {
    u64::from(limits.concurrency.max(1)) * 1_000
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::limiter::MINUTE_MS;

    const HOUR_MS: u64 = 3_600_000;

    fn lane() -> Lane {
        Lane::new(LanePlan::default(), false, Time(0))
    }

    #[test]
    fn a_laptop_that_slept_between_two_failures_is_not_an_hour_of_failures() {
        let mut lane = lane();
        assert!(!fails(&mut lane, 0).is_hopeless());
        assert!(!fails(&mut lane, HOUR_MS).is_hopeless());
        assert!(!lane.refused(0, Time(HOUR_MS), |_| 0, Time(HOUR_MS)).is_hopeless());
        assert!(!lane.refused(0, Time(HOUR_MS + 1), |_| 0, Time(2 * HOUR_MS)).is_hopeless());
    }

    #[test]
    fn five_minutes_of_nothing_but_failures_are_hopeless() {
        let mut lane = lane();
        let last = (0..6).map(|minute| fails(&mut lane, minute * MINUTE_MS).is_hopeless());
        assert_eq!(last.collect::<Vec<_>>(), [false, false, false, false, false, true]);
    }

    #[test]
    fn a_network_that_is_gone_is_asked_by_one_request_at_a_time() {
        let mut lane = lane();
        for _ in 0..15 {
            lane.take(NOTHING);
        }
        for _ in 0..15 {
            lane.ended(NOTHING, Bill::Unknown, Time(0), Time(1_000));
            lane.failed(FailureKind::Unreachable, Time(0), |_| 0, Time(1_000));
        }
        assert_eq!(lane.admits(NOTHING, Time(1_500)), Admission::Now, "what died together rests the lane once");
        lane.take(NOTHING);
        assert_eq!(lane.admits(NOTHING, Time(1_501)), Admission::Full);
        lane.ended(NOTHING, Bill::Nothing, Time(1_500), Time(1_501));
        lane.answered(Time(1_501), Time(1_502));
        lane.take(NOTHING);
        assert_eq!(lane.admits(NOTHING, Time(1_502)), Admission::Now, "the first answer wins slots back");
    }

    #[test]
    fn fewer_are_in_flight_after_a_lost_connection() {
        let mut lane = lane();
        (0..15).for_each(|_| lane.take(NOTHING));
        lane.ended(NOTHING, Bill::Unknown, Time(0), Time(1_000));
        lane.failed(FailureKind::Unreachable, Time(0), |_| 0, Time(1_000));
        assert_eq!(lane.slots(), 15, "one may break off by itself");
        lane.ended(NOTHING, Bill::Unknown, Time(0), Time(1_001));
        lane.failed(FailureKind::Unreachable, Time(0), |_| 0, Time(1_001));
        assert_eq!(lane.slots(), 7);
        (0..8).for_each(|ms| lane.answered(Time(1_002), Time(1_100 + ms)));
        assert_eq!(lane.slots(), 15);
    }

    #[test]
    fn no_wait_is_shorter_than_the_one_before() {
        let limits: Vec<u64> = (0..200).map(backoff_limit_ms).collect();
        assert_eq!(limits[..6], [1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
        assert!(limits[5..].iter().all(|limit_ms| *limit_ms == BACKOFF_MAX_MS), "{limits:?}");
    }

    const NOTHING: Weight = Weight { input: 0, output: 0 };

    fn fails(lane: &mut Lane, at_ms: u64) -> Fruitless {
        lane.failed(FailureKind::ServerError, Time(at_ms), |_| 0, Time(at_ms))
    }
}
