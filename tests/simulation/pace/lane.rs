//! One lane as the design describes it, no faster than it has to be: how many requests it may have under way, when its
//! rests are over at the latest, and when its plan's limits have room.

use std::collections::BTreeMap;

use pennybatch::engine::{AttemptId, Burst, LanePlan, LimiterModel, Limits, Plan};
use pennybatch::provider::{Action, Bill, FailureKind, Outcome, RateSeen, TokenAccounting};
use pennybatch::time::Time;

use super::room::Room;
use crate::limits::Weight;
use crate::world::FIRST_ALONE_MS;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;
pub const HINT_MS_MAX: u64 = 60 * MINUTE_MS;
const BURST_AFTER_ONE_REFUSAL: u64 = 20;
/// Failures in a row that rest a lane, and such that didn't even get through.
const FAILURES_BEFORE_REST: u32 = 10;
const UNREACHABLE_BEFORE_REST: u32 = 3;
/// A lane that was not answered for so long may warm up again.
const WARM_MS: u64 = 5 * MINUTE_MS;
/// So long after a refusal a lane may go at a rate that it learned from it.
const LEARNED_MS: u64 = 10 * MINUTE_MS;

pub fn backoff_ms_max(retry: u32) -> u64 {
    1_000_u64.saturating_mul(2_u64.saturating_pow(retry)).min(30_000)
}

struct Taken {
    weight: Weight,
    sent: Option<Time>,
    /// Requests in the window, and in all, this one among them.
    used: u64,
    count: u64,
}

pub struct Lane {
    plan: LanePlan,
    warm_up: bool,
    first_call_alone: bool,
    requests: Option<Room>,
    day: Option<Room>,
    tokens: Option<Room>,
    input: Option<Room>,
    output: Option<Room>,
    /// Requests a minute, as its answers say.
    stated: Option<u64>,
    burst: u64,
    limits_set: Time,
    taken: BTreeMap<AttemptId, Taken>,
    /// Requests ever sent.
    count: u64,
    slots_milli: u64,
    rests_until: Time,
    /// By the provider's own word.
    silent_until: Time,
    slowed_at: Option<Time>,
    refused_at: Option<Time>,
    /// In a row, without an answer between.
    refusals: u32,
    failures: u32,
    unreachable: u32,
    rests: u32,
    answered_at: Option<Time>,
    heard: Time,
    scarce: bool,
    stopped: bool,
    /// Something came back since the run was opened.
    reached: bool,
    /// Until then the first request goes alone; `None` until it is sent.
    alone_until: Option<Time>,
}

impl Lane {
    pub fn new(plan: LanePlan, of_run: &Plan, now: Time) -> Lane {
        let mut lane = Lane {
            slots_milli: slots_milli(&plan.limits),
            burst: burst(&plan.limits),
            stated: None,
            limits_set: now,
            plan,
            warm_up: of_run.warm_up,
            first_call_alone: of_run.first_call_alone,
            requests: None,
            day: None,
            tokens: None,
            input: None,
            output: None,
            taken: BTreeMap::new(),
            count: 0,
            rests_until: Time(0),
            silent_until: Time(0),
            slowed_at: None,
            refused_at: None,
            refusals: 0,
            failures: 0,
            unreachable: 0,
            rests: 0,
            answered_at: None,
            heard: Time(0),
            scarce: false,
            stopped: false,
            reached: !of_run.first_call_alone,
            alone_until: None,
        };
        lane.apply(now, now);
        lane
    }

    fn apply(&mut self, since: Time, now: Time) {
        let limits = &self.plan.limits;
        let strict = limits.model == LimiterModel::Window;
        let burst = self.burst;
        let set = |room: &mut Option<Room>, limit: Option<u64>, span_ms, burst| match (limit, room.as_mut()) {
            (Some(limit), Some(room)) => room.set(limit, burst, since, now),
            (limit, _) => *room = limit.map(|limit| Room::new(limit, span_ms, burst, strict, now)),
        };
        let requests = limits.requests_per_minute.map(u64::from).into_iter().chain(self.stated).min();
        set(&mut self.requests, requests, MINUTE_MS, burst);
        set(&mut self.day, limits.requests_per_day.map(u64::from), DAY_MS, u64::MAX);
        set(&mut self.tokens, limits.tokens_per_minute, MINUTE_MS, u64::MAX);
        set(&mut self.input, limits.input_tokens_per_minute, MINUTE_MS, u64::MAX);
        set(&mut self.output, limits.output_tokens_per_minute, MINUTE_MS, u64::MAX);
    }

    pub fn set_limits(&mut self, limits: Limits, now: Time) {
        self.slots_milli = slots_milli(&limits);
        self.burst = self.burst.min(burst(&limits));
        self.plan.limits = limits;
        self.limits_set = now;
        self.apply(now, now);
    }

    fn each(&mut self, weight: Weight, with: impl Fn(&mut Room, Load)) {
        let loads = loads(weight, self.plan.accounting);
        let rooms = [&mut self.requests, &mut self.day, &mut self.tokens, &mut self.input, &mut self.output];
        for (room, load) in rooms.into_iter().zip(loads) {
            if let Some(room) = room {
                with(room, load);
            }
        }
    }

    pub fn reserved(&mut self, attempt: AttemptId, weight: Weight) {
        self.each(weight, |room, load| room.hold(load.at_send + load.at_end));
        if self.taken.is_empty() {
            self.alone_until = None;
        }
        self.taken.insert(attempt, Taken { weight, sent: None, used: 0, count: 0 });
    }

    pub fn never_sent(&mut self, attempt: AttemptId) {
        let Some(Taken { weight, .. }) = self.taken.remove(&attempt) else { return };
        self.each(weight, |room, load| room.release(load.at_send + load.at_end));
    }

    pub fn sent(&mut self, attempt: AttemptId, now: Time) {
        let Some(Taken { weight, .. }) = self.taken.get(&attempt) else { return };
        let weight = *weight;
        self.each(weight, |room, load| {
            room.release(load.at_send);
            room.count(load.at_send, now);
        });
        let used = self.requests.as_mut().map_or(0, |requests| requests.used(now));
        self.count += 1;
        self.alone_until.get_or_insert(now.after_ms(FIRST_ALONE_MS));
        if let Some(taken) = self.taken.get_mut(&attempt) {
            (taken.sent, taken.used, taken.count) = (Some(now), used, self.count);
        }
    }

    pub fn ended(&mut self, attempt: AttemptId, outcome: &Outcome, seen: Option<&RateSeen>, hint_ms: u64, now: Time) {
        let under_way = self.taken.len() as u64;
        let Some(Taken { weight, sent: Some(sent), used, count }) = self.taken.remove(&attempt) else { return };
        let (Outcome::Answered { bill, .. } | Outcome::Failed { bill, .. }) = outcome;
        let output = match bill {
            Bill::Usage { usage, .. } => usage.output,
            Bill::Nothing => 0,
            Bill::Unknown => weight.output,
        };
        self.each(weight, |room, load| {
            if load.at_end > 0 {
                room.release(load.at_end);
                room.count(output, now);
            }
        });
        if let Some(seen) = seen.filter(|_| sent >= self.heard) {
            self.heard = sent;
            self.hear(seen, (used, self.count - count), sent, now);
        }
        match outcome {
            Outcome::Answered { .. } => self.answered(sent, now),
            Outcome::Failed { failure, .. } => match failure.kind.action() {
                Action::EndItem => {
                    self.reached = true;
                    self.works();
                }
                Action::SlowLane => {
                    self.reached = true;
                    self.refused(under_way, hint_ms, sent, now);
                }
                Action::StopLane | Action::Retry | Action::StopUnprovenLane => {
                    let second = failure.kind == FailureKind::Unreachable && self.unreachable == 1;
                    if second && self.slowed_at.is_none_or(|at| sent >= at) {
                        self.slowed_at = Some(now);
                        self.slots_milli = ((under_way * 1_000).min(self.slots_milli) / 2).max(1_000);
                    }
                    self.failed(failure.kind, now);
                }
            },
        }
    }

    fn hear(&mut self, seen: &RateSeen, own: (u64, u64), sent: Time, now: Time) {
        let seen = seen.requests;
        let Some(limit) = seen.limit.filter(|limit| *limit > 0) else { return };
        self.stated = Some(limit);
        self.apply(now, now);
        let left = seen.remaining.unwrap_or(limit);
        self.scarce = left * 10 < limit;
        if let Some(requests) = &mut self.requests {
            requests.left(left, seen.reset_ms.unwrap_or(MINUTE_MS), own, sent, now);
        }
    }

    fn works(&mut self) {
        (self.failures, self.unreachable, self.rests) = (0, 0, 0);
    }

    /// A slot more for each round of answers, at least.
    fn answered(&mut self, sent: Time, now: Time) {
        self.works();
        self.reached = true;
        self.answered_at = Some(now);
        if self.slowed_at.is_some_and(|at| sent < at) {
            return;
        }
        self.refusals = 0;
        if !(self.scarce && self.slots_milli >= 2_000) {
            let full = slots_milli(&self.plan.limits);
            self.slots_milli = (self.slots_milli + 1_000_000 / self.slots_milli.max(1_000)).min(full);
        }
    }

    fn refused(&mut self, under_way: u64, hint_ms: u64, sent: Time, now: Time) {
        self.refused_at = Some(now);
        self.silent_until = self.silent_until.max(now.after_ms(hint_ms));
        if self.slowed_at.is_some_and(|at| sent < at) {
            self.rests_until = self.rests_until.max(now.after_ms(hint_ms));
            return;
        }
        self.slowed_at = Some(now);
        let in_use = (under_way * 1_000).min(self.slots_milli);
        self.slots_milli = if self.refusals == 0 { (in_use * 7 / 10).max(1_000) } else { 1_000 };
        self.rests_until = self.rests_until.max(now.after_ms(hint_ms + backoff_ms_max(self.refusals)));
        self.refusals += 1;
        self.burst = if self.burst > BURST_AFTER_ONE_REFUSAL { BURST_AFTER_ONE_REFUSAL } else { 1 };
        self.apply(now, now);
    }

    fn failed(&mut self, kind: FailureKind, now: Time) {
        self.failures += 1;
        self.unreachable = if kind == FailureKind::Unreachable { self.unreachable + 1 } else { 0 };
        if self.unreachable >= UNREACHABLE_BEFORE_REST || self.failures >= FAILURES_BEFORE_REST {
            self.slots_milli = 1_000;
            self.rests_until = self.rests_until.max(now.after_ms(backoff_ms_max(self.rests)));
            self.rests += 1;
        }
    }

    pub fn stops(&mut self) {
        self.stopped = true;
    }

    /// The person wants it tried again, as if nothing had failed.
    pub fn revives(&mut self) {
        self.works();
        (self.stopped, self.refusals, self.rests_until) = (false, 0, self.silent_until);
    }

    /// The engine is another one, and knows what the disk knows.
    pub fn crashed(&mut self, limits: Limits, now: Time) {
        for Taken { weight, sent, .. } in std::mem::take(&mut self.taken).into_values() {
            self.each(weight, |room, load| {
                room.release(load.at_end + if sent.is_none() { load.at_send } else { 0 });
            });
        }
        // What didn't reach the disk was never in force.
        let in_force_since = if limits == self.plan.limits { now } else { self.limits_set };
        (self.slots_milli, self.burst) = (slots_milli(&limits), burst(&limits));
        self.plan.limits = limits;
        (self.rests_until, self.silent_until, self.refusals) = (Time(0), Time(0), 0);
        (self.slowed_at, self.refused_at) = (None, None);
        (self.answered_at, self.heard, self.scarce, self.stopped) = (None, Time(0), false, false);
        self.stated = None;
        self.reached = !self.first_call_alone;
        self.works();
        self.apply(in_force_since, now);
    }

    /// Whether a request of this weight fits into its minute at all.
    pub fn fits(&self, weight: Weight) -> bool {
        let weight = pennybatch::engine::Weight { input: weight.input, output: weight.output };
        self.plan.limits.too_small_for(weight, self.plan.accounting).is_none()
    }

    /// A request whose end is not on disk counts as sent at the latest moment.
    pub fn may_have_sent(&mut self, weight: Weight, now: Time) {
        self.each(weight, |room, load| room.count(load.at_send + load.at_end, now));
    }

    /// When a request of this weight can go; `None`: something has to happen first.
    pub fn free_at(&mut self, weight: Weight, now: Time) -> Option<Time> {
        let warms_up = self.warm_up && !self.taken.is_empty() && !self.is_warm(now);
        if self.stopped || warms_up || self.taken.len() as u64 >= (self.slots_milli / 1_000).max(1) {
            return None;
        }
        let mut free_at = now.max(self.rests_until);
        if !self.reached && !self.taken.is_empty() {
            free_at = free_at.max(self.alone_until?);
        }
        let loads = loads(weight, self.plan.accounting);
        let rooms = [&mut self.requests, &mut self.day, &mut self.tokens, &mut self.input, &mut self.output];
        for (room, load) in rooms.into_iter().zip(loads) {
            if let Some(room) = room {
                free_at = free_at.max(room.free_at(load.at_send + load.at_end, now)?);
            }
        }
        Some(free_at)
    }

    fn is_warm(&self, now: Time) -> bool {
        self.answered_at.is_some_and(|at| now.ms_since(at) < WARM_MS)
    }

    pub fn rests_until(&self) -> Time {
        self.rests_until
    }

    /// Refusals may have taught it a rate of its own.
    pub fn is_slowed(&self, now: Time) -> bool {
        self.refused_at.is_some_and(|at| now.ms_since(at) < LEARNED_MS)
    }
}

#[derive(Clone, Copy)]
struct Load {
    at_send: u64,
    at_end: u64,
}

/// In the order of the rooms: requests of the minute and of the day, tokens, input and output.
fn loads(weight: Weight, accounting: TokenAccounting) -> [Load; 5] {
    let at_send = |at_send| Load { at_send, at_end: 0 };
    let Weight { input, output } = weight;
    match accounting.output_as_used {
        true => [
            at_send(1),
            at_send(1),
            Load { at_send: input, at_end: output },
            at_send(input),
            Load { at_send: 0, at_end: output },
        ],
        false => [at_send(1), at_send(1), at_send(input + output), at_send(input), at_send(output)],
    }
}

fn slots_milli(limits: &Limits) -> u64 {
    u64::from(limits.concurrency.max(1)) * 1_000
}

fn burst(limits: &Limits) -> u64 {
    match limits.burst {
        Burst::Auto => u64::MAX,
        Burst::Requests(requests) => u64::from(requests.max(1)),
    }
}
