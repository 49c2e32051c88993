//! Is a run as fast as it may be? While an item could go and a lane could take it, and none goes, time is lost; and none
//! may be. What may hold a request up is told apart from the engine, by the design: `lane` is a lane as the design
//! describes it, `room` a limit of its plan.
//!
//! Only the rate that a lane learns from refusals is left to the engine, within bounds, which count what the provider
//! would have let through.

mod lane;
mod room;

use std::collections::BTreeMap;

use pennybatch::engine::{
    AttemptId, Command, Doubtful, Entry, Limits, Ordinal, Progress, Record, RunState, Settled, WakeReason,
};
use pennybatch::money::Usd;
use pennybatch::prices::RateCard;
use pennybatch::provider::{Action, Failure, Outcome, RateSeen};
use pennybatch::time::Time;

use crate::limits::Weight;
use crate::provider::Provider;
use crate::scenario::Scenario;
use lane::{HINT_MS_MAX, Lane, backoff_ms_max};

/// Of a row that was asked again and again whether the network is back.
const ANOTHER_ROW_ASKS_MS: u64 = 60_000;
/// Rows that the request cache may answer wait for the disk, which is asked for so many at once.
const LOOK_UPS_AT_ONCE: usize = 64;
/// What a lane may lose by the rate that it learns from refusals: so much, after which it is forgotten; as long as it
/// was told to rest, which is what it learns from; and of all its time one part in so many, since a rate that is tried is
/// a little below the one that was taken.
const LEARNING_MS_MAX: u64 = 10 * 60_000;
const LEARNING_SHARE: u64 = 2;

#[derive(Clone, Copy, PartialEq)]
enum Stands {
    /// Could go from then on, at the latest.
    Waits(Time),
    LookingUp,
    UnderWay,
    CutOff,
    /// In a request file that the person took away.
    Exported,
    Ended,
}

pub struct Pace<'a> {
    scenario: &'a Scenario,
    lanes: Vec<Lane>,
    standing: Vec<Standing>,
    items: Vec<(Stands, u32)>,
    /// The request cache may answer them, and was not asked yet.
    to_look_up: Vec<bool>,
    lane_of: BTreeMap<AttemptId, usize>,
    weight_max: Weight,
    at: Time,
    /// An item can go.
    goes: bool,
    /// What waits is canceled, and so is what ends without an answer.
    stop_asked: bool,
    /// Nobody can know how much time went by while the clock was set back and no tab was open.
    blind: bool,
}

/// How a lane stands since the last step, and the time that it lost.
#[derive(Default)]
struct Standing {
    /// When a request could go; `None`: not before something happens.
    free_at: Option<Time>,
    /// It waits for a rate that it learned.
    learned: bool,
    lost_ms: u64,
    lost_learning_ms: u64,
    rested_ms: u64,
    /// There were items to send.
    under_way_ms: u64,
}

impl Standing {
    fn learning_ms_max(&self) -> u64 {
        LEARNING_MS_MAX + self.rested_ms + self.under_way_ms / LEARNING_SHARE
    }
}

impl<'a> Pace<'a> {
    pub fn new(scenario: &'a Scenario, now: Time) -> Pace<'a> {
        let lanes = &scenario.plan.lanes;
        let output = u64::from(scenario.plan.output_tokens_max.unwrap_or(0));
        let input = scenario.facts.iter().map(|facts| u64::from(facts.input_estimate)).max().unwrap_or(0);
        Pace {
            scenario,
            lanes: lanes.iter().map(|lane| Lane::new(lane.clone(), &scenario.plan, now)).collect(),
            standing: lanes.iter().map(|_| Standing::default()).collect(),
            items: vec![(Stands::Waits(now), 0); scenario.facts.len()],
            to_look_up: to_look_up(scenario),
            lane_of: BTreeMap::new(),
            weight_max: Weight { input, output },
            at: now,
            goes: false,
            stop_asked: false,
            blind: false,
        }
    }

    /// Nothing happens until `to`.
    pub fn passes(&mut self, to: Time) -> Result<(), String> {
        for (index, (lane, standing)) in self.lanes.iter().zip(&mut self.standing).enumerate() {
            standing.rested_ms += lane.rests_until().min(to).ms_since(self.at);
            if self.goes {
                standing.under_way_ms += to.ms_since(self.at);
            }
            let Some(free_at) = standing.free_at else { continue };
            let ms = to.ms_since(self.at.max(free_at));
            let learning_ms_max = standing.learning_ms_max();
            let (lost_ms, allowed_ms) = match standing.learned {
                true => (&mut standing.lost_learning_ms, learning_ms_max),
                false => (&mut standing.lost_ms, 0),
            };
            *lost_ms += ms;
            if *lost_ms > allowed_ms && !self.blind {
                return Err(format!("pace: {lost_ms} ms were lost on lane {index}, {allowed_ms} are the most"));
            }
        }
        self.at = self.at.max(to);
        Ok(())
    }

    pub fn after_step(&mut self, progress: &Progress, provider: &Provider, now: Time) {
        self.at = now;
        let goes = progress.state == RunState::Running && self.is_affordable(progress);
        let lanes = self.lanes.iter().enumerate();
        let items_at: Vec<Option<Time>> =
            lanes.map(|(index, lane)| if goes { self.item_at(index, lane, now) } else { None }).collect();
        self.goes = items_at.iter().flatten().any(|at| *at <= now);
        for (index, (lane, standing)) in self.lanes.iter_mut().zip(&mut self.standing).enumerate() {
            let item_at = items_at[index];
            let free_at = item_at.and_then(|item_at| Some(lane.free_at(self.weight_max, now)?.max(item_at)));
            let waits = progress.lanes[index].waiting.map(|wake| wake.reason);
            standing.learned = lane.is_slowed(now) && waits == Some(WakeReason::RequestsPerMinute);
            let provider_at = if standing.learned { provider.free_at(index, now) } else { now };
            standing.free_at = free_at.map(|at| at.max(provider_at));
        }
    }

    /// Whatever item goes next.
    fn is_affordable(&self, progress: &Progress) -> bool {
        let Some(cap) = progress.budget else { return true };
        let input = self.scenario.facts.iter().map(|facts| u64::from(facts.input_bound)).max().unwrap_or(0);
        let worst = |card: &RateCard| card.worst_case(input, self.weight_max.output);
        let dearest = self.scenario.plan.lanes.iter().filter_map(|lane| lane.card.as_ref()).map(worst).max();
        progress.spent + progress.reserved + progress.doubtful + dearest.unwrap_or(Usd::ZERO) <= cap
    }

    /// The first moment at which an item can go on this lane: of equal ones, one at a time.
    fn item_at(&self, index: usize, lane: &Lane, now: Time) -> Option<Time> {
        // By group, the last moment of its items that haven't ended; never, where one of them is under way.
        let mut groups: Vec<Option<Time>> = vec![None; self.items.len()];
        let looking_up = self.items.iter().filter(|(stands, _)| *stands == Stands::LookingUp).count();
        let disk_is_busy = looking_up >= LOOK_UPS_AT_ONCE;
        for (item, (stands, _)) in self.items.iter().enumerate() {
            let at = match stands {
                Stands::Ended => continue,
                Stands::Waits(_) if disk_is_busy && self.to_look_up[item] => Time(u64::MAX),
                Stands::Waits(at) => *at,
                Stands::LookingUp | Stands::UnderWay | Stands::CutOff | Stands::Exported => Time(u64::MAX),
            };
            let own = self.scenario.plan.own_lane(item as Ordinal);
            if own.is_some_and(|own| usize::from(own) != index) {
                continue;
            }
            let weight = self.weight(item as Ordinal);
            let at =
                if lane.fits(weight) || !self.lanes.iter().any(|lane| lane.fits(weight)) { at } else { Time(u64::MAX) };
            let group = if self.scenario.plan.use_cache { self.scenario.facts[item].leader as usize } else { item };
            groups[group] = groups[group].max(Some(at));
        }
        let first = groups.into_iter().flatten().min().filter(|at| *at < Time(u64::MAX));
        first.map(|at| at.max(now))
    }

    pub fn looks_up(&mut self, item: Ordinal) {
        self.items[item as usize].0 = Stands::LookingUp;
        self.to_look_up[item as usize] = false;
    }

    pub fn looked_up(&mut self, item: Ordinal, now: Time) {
        if self.items[item as usize].0 == Stands::LookingUp {
            self.items[item as usize].0 = Stands::Waits(now);
        }
    }

    /// Records on their way to the disk.
    pub fn asked_to_save(&mut self, records: &[Record]) {
        for record in records {
            match &record.entry {
                Entry::Reserved { attempt, item, lane, .. } => {
                    let weight = self.weight(*item);
                    self.lanes[usize::from(*lane)].reserved(*attempt, weight);
                    self.lane_of.insert(*attempt, usize::from(*lane));
                }
                Entry::Settled(Settled { attempt, .. }) | Entry::Released { attempt, .. } => {
                    if let Some(lane) = self.lane_of.remove(attempt) {
                        self.lanes[lane].never_sent(*attempt);
                    }
                }
                _ => {}
            }
            self.stands_after(record);
        }
    }

    fn weight(&self, item: Ordinal) -> Weight {
        Weight { input: self.scenario.facts[item as usize].input_estimate.into(), ..self.weight_max }
    }

    fn stands_after(&mut self, record: &Record) {
        self.moves_by(record);
        match &record.entry {
            Entry::Commanded(Command::Stop) => {
                self.stop_asked = true;
                let waits = |stands: &Stands| !matches!(stands, Stands::UnderWay | Stands::Ended);
                let waiting = self.items.iter_mut().map(|(stands, _)| stands).filter(|stands| waits(stands));
                waiting.for_each(|stands| *stands = Stands::Ended);
            }
            Entry::Commanded(Command::Resume) | Entry::Reopened { .. } | Entry::AskedAgain { .. } => {
                self.stop_asked = false;
            }
            Entry::Settled(Settled { item, .. }) | Entry::Released { item, .. } if self.stop_asked => {
                self.items[*item as usize].0 = Stands::Ended;
            }
            Entry::Restarted if self.stop_asked => self.replace(Stands::CutOff, Stands::Ended),
            _ => {}
        }
    }

    fn moves_by(&mut self, record: &Record) {
        let at = record.at;
        match &record.entry {
            Entry::Reserved { item, .. } => self.items[*item as usize].0 = Stands::UnderWay,
            Entry::Released { item, .. } => self.items[*item as usize].0 = Stands::Waits(at),
            Entry::Settled(Settled { item, ending, failure, uncounted, misfit, .. }) => {
                self.to_look_up[*item as usize] &= misfit.is_none();
                let (stands, tries) = &mut self.items[*item as usize];
                *stands = match (ending, failure) {
                    (Some(_), _) => Stands::Ended,
                    (None, Some(failure)) if *uncounted => {
                        let network = failure.kind.action() != Action::StopLane;
                        Stands::Waits(at.after_ms(if network { ANOTHER_ROW_ASKS_MS } else { 0 }))
                    }
                    (None, Some(failure)) if counts(failure) => {
                        let hint_ms = failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX);
                        let until = at.after_ms(backoff_ms_max(*tries) + hint_ms);
                        *tries += 1;
                        Stands::Waits(until)
                    }
                    (None, _) => Stands::Waits(at),
                };
            }
            Entry::Ended { item, .. } => self.items[*item as usize].0 = Stands::Ended,
            Entry::Reopened { item } | Entry::AskedAgain { item, .. } => {
                self.to_look_up[*item as usize] &= !matches!(record.entry, Entry::AskedAgain { .. });
                let (stands, tries) = &mut self.items[*item as usize];
                *tries = 0;
                // A look-up that begins in the same step is told of before its records.
                if *stands != Stands::LookingUp {
                    *stands = Stands::Waits(at);
                }
            }
            Entry::Restarted => self.replace(Stands::UnderWay, Stands::CutOff),
            Entry::Commanded(Command::Doubtful(Doubtful::LeaveOut)) => self.replace(Stands::CutOff, Stands::Ended),
            Entry::Commanded(Command::Doubtful(_)) => self.replace(Stands::CutOff, Stands::Waits(at)),
            Entry::Commanded(Command::SendExported(rows)) => {
                for item in rows.iter() {
                    let stands = &mut self.items[item as usize].0;
                    if *stands == Stands::Exported {
                        *stands = Stands::Waits(at);
                    }
                }
            }
            Entry::Commanded(Command::Exported(rows)) => {
                for item in rows.iter() {
                    let stands = &mut self.items[item as usize].0;
                    if !matches!(stands, Stands::UnderWay | Stands::Ended) {
                        *stands = Stands::Exported;
                    }
                }
            }
            Entry::Began(_) | Entry::Corrected { .. } | Entry::Commanded(_) | Entry::Batch(_) => {}
        }
    }

    fn replace(&mut self, from: Stands, to: Stands) {
        self.items.iter_mut().filter(|(stands, _)| *stands == from).for_each(|(stands, _)| *stands = to);
    }

    pub fn sent(&mut self, attempt: AttemptId, now: Time) {
        if let Some(lane) = self.lane_of.get(&attempt) {
            self.lanes[*lane].sent(attempt, now);
        }
    }

    pub fn ended(&mut self, attempt: AttemptId, outcome: &Outcome, seen: Option<&RateSeen>, hint_ms: u64, now: Time) {
        if let Some(lane) = self.lane_of.get(&attempt) {
            self.lanes[*lane].ended(attempt, outcome, seen, hint_ms, now);
        }
    }

    pub fn lane_stopped(&mut self, lane: u8) {
        self.lanes[usize::from(lane)].stops();
    }

    pub fn told(&mut self, command: &Command, now: Time) {
        match command {
            Command::Resume => self.lanes.iter_mut().for_each(Lane::revives),
            Command::SetLimits { lane, limits } => self.lanes[usize::from(*lane)].set_limits(limits.clone(), now),
            _ => {}
        }
    }

    /// The clock was set back while the run was closed: from here on nothing is known of lost time.
    pub fn lost_the_clock(&mut self) {
        self.blind = true;
    }

    /// The browser died and is opened again, with what is down.
    pub fn crashed(&mut self, down: &[Record], now: Time) {
        let mut limits: Vec<Limits> = self.scenario.plan.lanes.iter().map(|lane| lane.limits.clone()).collect();
        let mut cut_off = BTreeMap::new();
        self.items.fill((Stands::Waits(now), 0));
        self.to_look_up = to_look_up(self.scenario);
        self.stop_asked = false;
        for record in down {
            self.stands_after(record);
            match &record.entry {
                Entry::Reserved { attempt, item, lane, .. } => {
                    cut_off.insert(*attempt, (usize::from(*lane), self.weight(*item)));
                }
                Entry::Settled(Settled { attempt, .. }) | Entry::Released { attempt, .. } => {
                    cut_off.remove(attempt);
                }
                Entry::Restarted => cut_off.clear(),
                Entry::Commanded(Command::SetLimits { lane, limits: set }) => {
                    limits[usize::from(*lane)] = set.clone();
                }
                _ => {}
            }
        }
        let cut_off_items = if self.stop_asked { Stands::Ended } else { Stands::CutOff };
        self.replace(Stands::UnderWay, cut_off_items);
        self.lanes.iter_mut().zip(limits).for_each(|(lane, limits)| lane.crashed(limits, now));
        cut_off.into_values().for_each(|(lane, weight)| self.lanes[lane].may_have_sent(weight, now));
        self.lane_of.clear();
        self.standing.iter_mut().for_each(|standing| standing.free_at = None);
        self.goes = false;
        self.at = now;
    }
}

fn to_look_up(scenario: &Scenario) -> Vec<bool> {
    scenario.facts.iter().map(|facts| scenario.plan.use_cache && facts.maybe_cached).collect()
}

fn counts(failure: &Failure) -> bool {
    matches!(failure.kind.action(), Action::Retry | Action::StopUnprovenLane)
}
