//! The provider of the virtual world: its limits, its weather, its faults, and a ledger of what it really billed.

use std::collections::BTreeMap;

use pennybatch::engine::{AttemptId, Limits, Ordinal};
use pennybatch::money::Usd;
use pennybatch::prices::RateCard;
use pennybatch::provider::{Bill, Failure, FailureKind, Outcome, RateSeen, UNCHECKED, Usage};
use pennybatch::time::Time;

use crate::limits::{Planned, Refusing, Weight};
use crate::scenario::{Scenario, Weather, WeatherKind};
use crate::wire;

const SLOW_TIMES: u64 = 20;
const TAIL_TIMES_MAX: u64 = 30;
/// In a brown-out, this many of a thousand requests fail.
const BROWN_OUT_FAILS: u32 = 950;

/// What becomes of a request.
pub struct Verdict {
    /// When its answer is there; never, where it hangs.
    pub at: Option<Time>,
    pub outcome: Outcome,
    pub seen: Option<Box<RateSeen>>,
    /// How long the provider asked to be left alone, whatever was read of it.
    pub hint_ms: Option<u64>,
    billed: Usd,
}

/// A request as the provider sees it.
pub struct Request<'a> {
    pub attempt: AttemptId,
    pub item: Ordinal,
    pub leader: Ordinal,
    pub input_estimate: u64,
    pub input_bound: u64,
    pub output_cap: u64,
    pub card: Option<&'a RateCard>,
}

impl Request<'_> {
    fn cost(&self, usage: &Usage, at: Time) -> Usd {
        self.card.map_or(Usd::ZERO, |card| card.cost(usage, at))
    }
}

pub struct Provider<'a> {
    scenario: &'a Scenario,
    start: Time,
    planned: Vec<Planned>,
    refusing: Vec<Option<Refusing>>,
    requests: Vec<u64>,
    lane_of: BTreeMap<AttemptId, usize>,
    pub billed: Usd,
}

impl<'a> Provider<'a> {
    pub fn new(scenario: &'a Scenario, start: Time) -> Provider<'a> {
        let lanes = &scenario.plan.lanes;
        let refuser = |lane: usize| scenario.refusers.get(lane).cloned().flatten();
        Provider {
            scenario,
            start,
            planned: lanes.iter().map(|lane| Planned::new(lane, start)).collect(),
            refusing: (0..lanes.len()).map(|lane| refuser(lane).map(Refusing::new)).collect(),
            requests: vec![0; lanes.len()],
            lane_of: BTreeMap::new(),
            billed: Usd::ZERO,
        }
    }

    pub fn allow(&mut self, lane: usize, limits: &Limits) {
        self.planned[lane].allow(limits);
    }

    pub fn check_limits(&mut self, now: Time) -> Result<(), String> {
        self.planned.iter_mut().try_for_each(|lane| lane.count_until(now))
    }

    /// When the next request on a lane would be let through, whatever the plan says.
    pub fn free_at(&self, lane: usize, now: Time) -> Time {
        self.refusing[lane].as_ref().map_or(now, |refusing| refusing.free_at(now))
    }

    pub fn answer(&mut self, rng: &mut fastrand::Rng, lane: usize, request: &Request, arrives: Time) -> Verdict {
        let weight = Weight { input: request.input_estimate, output: request.output_cap };
        self.planned[lane].push(request.attempt, weight, arrives);
        self.lane_of.insert(request.attempt, lane);
        self.requests[lane] += 1;
        let weather = self.weather(lane, arrives);
        let answered = arrives.after_ms(self.latency_ms(rng, weather));
        let mut verdict = self.verdict(rng, lane, request, weather, arrives, answered);
        if self.scenario.headers
            && !matches!(&verdict.outcome, Outcome::Failed { failure, .. } if failure.status.is_none())
        {
            verdict.seen = self.refusing[lane].as_ref().map(|refusing| Box::new(refusing.seen(arrives)));
        }
        self.billed += verdict.billed;
        verdict
    }

    /// The engine learns of the answer, and from here on both count what the request really used.
    pub fn answered(&mut self, attempt: AttemptId, outcome: &Outcome) {
        let Some(lane) = self.lane_of.remove(&attempt) else { return };
        let accounting = self.scenario.plan.lanes[lane].accounting;
        let (Outcome::Answered { bill, .. } | Outcome::Failed { bill, .. }) = outcome;
        let usage = match bill {
            Bill::Usage { usage, .. } => Some(*usage),
            Bill::Nothing => None,
            // Nobody knows, so it counts as what it could be.
            Bill::Unknown => return,
        };
        if accounting.output_as_used {
            self.planned[lane].correct_output(attempt, usage.map_or(0, |usage| usage.output));
        }
        if let Some(usage) = usage.filter(|_| accounting.cache_reads_free) {
            self.planned[lane].correct_input(attempt, usage.input - usage.cache_read);
        }
    }

    fn weather(&self, lane: usize, at: Time) -> Option<WeatherKind> {
        let since_ms = at.ms_since(self.start);
        let here = |weather: &&Weather| {
            (weather.from_ms..weather.to_ms).contains(&since_ms)
                && weather.lane.is_none_or(|only| usize::from(only) == lane)
        };
        self.scenario.weather.iter().find(here).map(|weather| weather.kind)
    }

    fn latency_ms(&self, rng: &mut fastrand::Rng, weather: Option<WeatherKind>) -> u64 {
        let latency = self.scenario.latency;
        let usual = rng.u64(latency.from_ms..=latency.to_ms.max(latency.from_ms));
        let in_tail = latency.tail_one_in > 0 && rng.u32(0..latency.tail_one_in) == 0;
        let tail = if in_tail { rng.u64(2..=TAIL_TIMES_MAX) } else { 1 };
        let slow = if weather == Some(WeatherKind::Slow) { SLOW_TIMES } else { 1 };
        usual * tail * slow
    }

    fn verdict(
        &mut self,
        rng: &mut fastrand::Rng,
        lane: usize,
        request: &Request,
        weather: Option<WeatherKind>,
        arrives: Time,
        at: Time,
    ) -> Verdict {
        match weather {
            Some(WeatherKind::Offline) => return nothing_billed(at, FailureKind::Unreachable, Bill::Unknown),
            Some(WeatherKind::BrownOut) if rng.u32(0..1_000) < BROWN_OUT_FAILS => {
                return nothing_billed(at, FailureKind::ServerError, Bill::Nothing);
            }
            _ => {}
        }
        let died = self
            .scenario
            .lanes_die
            .iter()
            .find(|dies| usize::from(dies.lane) == lane && self.requests[lane] > dies.after_requests);
        if let Some(dies) = died {
            return nothing_billed(at, dies.how, Bill::Nothing);
        }
        if let Some(wait_ms) = self.refusing[lane].as_mut().and_then(|refusing| refusing.refuses(arrives)) {
            return refused(rng, wait_ms, at);
        }
        // Where what was used replaces what was estimated, an estimate that is too low would pass the limit unseen.
        let exact = self.scenario.plan.lanes[lane].accounting.cache_reads_free;
        let input_max = if exact { request.input_estimate } else { request.input_bound };
        self.by_chance(rng, request, input_max, at)
    }

    fn by_chance(&self, rng: &mut fastrand::Rng, request: &Request, input_max: u64, at: Time) -> Verdict {
        let input = rng.u64(1..=input_max);
        let usage = Usage {
            input,
            output: rng.u64(0..=request.output_cap),
            cache_read: if rng.u8(0..4) == 0 { rng.u64(0..=input) } else { 0 },
            ..Usage::default()
        };
        let cost = request.cost(&usage, at);
        let maybe = |rng: &mut fastrand::Rng| if rng.bool() { cost } else { Usd::ZERO };
        let billed_anyway = |kind, billed| Verdict { billed, ..nothing_billed(at, kind, Bill::Unknown) };
        let f = &self.scenario.faults;
        let mut dice = rng.u32(0..1_000);
        let mut hit = |share: u32| {
            let hit = dice < share;
            dice = if hit { u32::MAX } else { dice - share.min(dice) };
            hit
        };
        if hit(f.server_error) {
            return nothing_billed(at, FailureKind::ServerError, Bill::Nothing);
        }
        if hit(f.refusal) {
            let wait_ms = rng.u64(100..=20_000);
            return refused(rng, wait_ms, at);
        }
        if hit(f.gateway) {
            return billed_anyway(FailureKind::ServerError, maybe(rng));
        }
        if hit(f.hang) {
            return Verdict { at: None, ..billed_anyway(FailureKind::TimedOut, maybe(rng)) };
        }
        if hit(f.reset) {
            return billed_anyway(FailureKind::Unreachable, maybe(rng));
        }
        if hit(f.sent_twice) {
            return billed_anyway(FailureKind::Unreachable, cost + cost);
        }
        if hit(f.torn) {
            let outcome = wire::torn(request.leader, request.item, &usage, rng, at);
            return Verdict { outcome, ..billed_anyway(FailureKind::TornBody, cost) };
        }
        if hit(f.bad_request) {
            return nothing_billed(at, FailureKind::BadRequest, Bill::Nothing);
        }
        if hit(f.html) {
            return nothing_billed(at, FailureKind::HtmlPage, Bill::Unknown);
        }
        if hit(f.wrong_key) {
            return nothing_billed(at, FailureKind::WrongKey, Bill::Nothing);
        }
        if hit(f.thinking) {
            let usage = Usage { output: request.output_cap, reasoning: request.output_cap, ..usage };
            let outcome = wire::thought_only(request.item, &usage, at);
            return Verdict { at: Some(at), outcome, seen: None, hint_ms: None, billed: request.cost(&usage, at) };
        }
        let length = hit(f.length);
        let without_usage = hit(f.no_usage);
        let usage = if hit(f.above_reservation) {
            Usage { output: request.output_cap * 3, input: input_max, ..usage }
        } else {
            usage
        };
        let shown = (!without_usage).then_some(&usage);
        let misfit = match (hit(f.misfit), hit(f.unchecked)) {
            (true, _) => Some("not one of the labels".to_owned()),
            (false, true) => Some(format!("{UNCHECKED}: nobody answered")),
            (false, false) => None,
        };
        let outcome = wire::answer(request.leader, request.item, length, misfit, shown, at);
        Verdict { at: Some(at), outcome, seen: None, hint_ms: None, billed: request.cost(&usage, at) }
    }
}

fn nothing_billed(at: Time, kind: FailureKind, bill: Bill) -> Verdict {
    Verdict { at: Some(at), outcome: failure(kind, bill), seen: None, hint_ms: None, billed: Usd::ZERO }
}

fn refused(rng: &mut fastrand::Rng, wait_ms: u64, at: Time) -> Verdict {
    let (outcome, hint_ms) = wire::refusal(rng, wait_ms, at);
    Verdict { at: Some(at), outcome, seen: None, hint_ms, billed: Usd::ZERO }
}

pub fn failure(kind: FailureKind, bill: Bill) -> Outcome {
    let failure = Failure { kind, status: None, message: format!("{kind:?}"), retry_after_ms: None, request_id: None };
    Outcome::Failed { failure, bill }
}
