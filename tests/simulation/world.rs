//! The world itself: a clock, a queue of future happenings, and the engine in the middle. `storage` is its disk,
//! `person` who uses it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use pennybatch::engine::{
    AttemptId, Effect, Engine, Entry, Event, Notice, Ordinal, PauseReason, Progress, Record, RunState, Settled, Ticket,
};
use pennybatch::provider::{Action, Answer, Bill, Failure, FailureKind, Finish, Outcome, RateSeen};
use pennybatch::time::Time;

use crate::checks::Checks;
use crate::pace::Pace;
use crate::provider::{Provider, Request, failure};
use crate::report::Report;
use crate::scenario::{Person, Scenario};
use crate::storage::Storage;
use crate::wire;

const STEPS_MAX: u64 = 60_000;
/// So long the first request goes alone on a lane that nothing came back from.
pub const FIRST_ALONE_MS: u64 = 2_000;
pub const START: Time = Time(1_790_000_000_000);

pub struct World<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) rng: fastrand::Rng,
    pub(super) now: Time,
    pub(super) engine: Engine,
    pub(super) provider: Provider<'a>,
    pub(super) storage: Storage,
    future: BinaryHeap<Reverse<(Time, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    in_flight: BTreeMap<AttemptId, InFlight>,
    /// By lane: the most that the person ever allowed at once.
    pub(super) concurrency: Vec<u16>,
    /// Lanes that have answered since the run was opened.
    warm: BTreeSet<u8>,
    /// Lanes from which something came back since then, be it a refusal.
    reached: BTreeSet<u8>,
    /// By lane: when the first request was sent after a time without any.
    first_sent: BTreeMap<u8, Time>,
    /// Attempts that were reserved and aren't settled.
    begun: BTreeMap<AttemptId, u8>,
    next_happening: u64,
    pub(super) checks: Checks<'a>,
    pub(super) pace: Pace<'a>,
    pub(super) stopped: bool,
    pub(super) asked_again: bool,
    /// The clock is behind the time by so much, and the engine's own time, since a restart, by so much.
    pub(super) clock_behind_ms: u64,
    pub(super) engine_behind_ms: u64,
    history: Option<Vec<String>>,
    pub(super) report: Report,
}

#[derive(Debug)]
pub(super) enum Happening {
    Saved(Ticket),
    SaveFails(Ticket),
    Tell(Event),
}

struct InFlight {
    happening: u64,
    hangs: bool,
    lane: u8,
    item: Ordinal,
    hint_ms: Option<u64>,
}

impl<'a> World<'a> {
    pub fn new(seed: u64, scenario: &'a Scenario) -> World<'a> {
        let engine = Engine::new(scenario.plan.clone(), scenario.facts.clone(), seed, START);
        World {
            scenario,
            rng: fastrand::Rng::with_seed(seed),
            now: START,
            engine,
            provider: Provider::new(scenario, START),
            storage: Storage::default(),
            future: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            concurrency: scenario.plan.lanes.iter().map(|lane| lane.limits.concurrency).collect(),
            warm: BTreeSet::new(),
            reached: BTreeSet::new(),
            first_sent: BTreeMap::new(),
            begun: BTreeMap::new(),
            next_happening: 0,
            checks: Checks::new(scenario),
            pace: Pace::new(scenario, START),
            stopped: false,
            asked_again: false,
            clock_behind_ms: 0,
            engine_behind_ms: 0,
            history: None,
            report: Report::default(),
        }
    }

    /// Writes down everything that happens.
    pub fn with_history(mut self) -> World<'a> {
        self.history = Some(Vec::new());
        self
    }

    pub fn history(self) -> Vec<String> {
        self.history.unwrap_or_default()
    }

    pub fn records(&self) -> &[Record] {
        self.storage.down()
    }

    /// How many records were down after each save.
    pub fn ends_of_saves(&self) -> BTreeSet<usize> {
        self.storage.ends_of_saves.clone()
    }

    pub fn steps(&self) -> u64 {
        self.report.steps
    }

    /// Runs to the end, with every checker on; an error names the broken invariant first.
    pub fn run(&mut self) -> Result<Report, String> {
        self.person_resumes_run()?;
        loop {
            while *self.engine.state() != RunState::Finished {
                self.report.steps += 1;
                if self.report.steps > STEPS_MAX {
                    let progress = self.progress();
                    return Err(format!("no end: {STEPS_MAX} steps: {progress:?}"));
                }
                self.step()?;
            }
            if !self.person_retries_what_failed()? && !self.person_asks_again()? {
                break;
            }
        }
        self.last_saves_land()?;
        self.provider.check_limits(Time(u64::MAX))?;
        let progress = self.progress();
        self.checks.at_the_end(self.storage.down(), &progress, self.provider.billed)?;
        self.restored_equals_live()?;
        self.report.finished += 1;
        Ok(self.report.clone())
    }

    /// What the clock shows.
    pub(super) fn clock(&self) -> Time {
        Time(self.now.ms() - self.clock_behind_ms)
    }

    pub(super) fn progress(&self) -> Progress {
        self.engine.progress(self.clock())
    }

    /// What passed between the last event and the fall, no engine can know; so it is told right before, and at once.
    fn clock_falls(&mut self) -> Result<(), String> {
        let falls = self.scenario.clock_falls.filter(|falls| self.now.ms_since(START) >= falls.after_ms);
        let Some(by_ms) = falls.map(|falls| falls.by_ms).filter(|by_ms| *by_ms != self.clock_behind_ms) else {
            return Ok(());
        };
        self.tell(Event::Woke)?;
        self.clock_behind_ms = by_ms;
        self.tell(Event::Woke)
    }

    /// Records with their moments by the world's time.
    fn by_time(&self, records: &[Record]) -> Vec<Record> {
        let moved = |record: &Record| Record { at: record.at.after_ms(self.engine_behind_ms), ..record.clone() };
        records.iter().map(moved).collect()
    }

    /// One thing happens: a crash, the person, or the next event in time.
    fn step(&mut self) -> Result<(), String> {
        let crashes = self.scenario.crashes;
        let crash =
            crashes.one_in > 0 && self.report.crashes < crashes.most.into() && self.rng.u32(0..crashes.one_in) == 0;
        if crash {
            return self.crash();
        }
        match self.scenario.person {
            Person::Restless(one_in) if self.rng.u32(0..one_in) == 0 => return self.person_acts(),
            Person::Imports(one_in) if self.rng.u32(0..one_in) == 0 => return self.person_imports(),
            Person::Exports(one_in) if self.rng.u32(0..one_in) == 0 => return self.person_exports(),
            Person::Stops if !self.stopped && self.rng.u32(0..60) == 0 => return self.person_stops(),
            _ => {}
        }
        self.clock_falls()?;
        let behind_ms = self.clock_behind_ms;
        let wake = self.engine.next_wake().map(|wake| wake.at.after_ms(behind_ms).max(self.now));
        let next = self.future.peek().map(|Reverse((at, _))| *at);
        match (next, wake) {
            (Some(at), Some(wake)) if wake < at => self.wake(wake),
            (Some(_), _) => self.happen(),
            (None, Some(wake)) => self.wake(wake),
            (None, None) => self.person_looks(),
        }
    }

    fn wake(&mut self, at: Time) -> Result<(), String> {
        self.pace.passes(at)?;
        let late_ms = if self.scenario.late_wakes { self.rng.u64(0..=5_000) } else { 0 };
        self.now = self.now.max(at).after_ms(late_ms);
        self.tell(Event::Woke)
    }

    fn happen(&mut self) -> Result<(), String> {
        let Some(Reverse((at, id))) = self.future.pop() else { return Ok(()) };
        let Some(happening) = self.happenings.remove(&id) else { return Ok(()) };
        self.pace.passes(at)?;
        self.now = self.now.max(at);
        match happening {
            Happening::Saved(ticket) => self.save_lands(ticket),
            Happening::SaveFails(ticket) => self.save_fails(ticket),
            Happening::Tell(event) => self.tell(event),
        }
    }

    pub(super) fn forget_the_future(&mut self) {
        self.future.clear();
        self.happenings.clear();
        self.in_flight.clear();
        self.warm.clear();
        self.reached.clear();
        self.begun.clear();
    }

    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(history) = &mut self.history {
            history.push(format!("{:>9} {}", self.now.ms_since(START), line()));
        }
    }

    /// Tells the engine, does what it wants, and asks every checker.
    pub(super) fn tell(&mut self, event: Event) -> Result<(), String> {
        self.note(|| format!("{event:?}"));
        match &event {
            Event::Ended { attempt, outcome, seen } => self.ended(*attempt, outcome, seen.as_deref()),
            Event::LookedUp { item, .. } => self.pace.looked_up(*item, self.now),
            Event::Command(command) => self.pace.told(command, self.now),
            _ => {}
        }
        self.engine.handle(event, self.clock());
        while let Some(effect) = self.engine.poll_effect() {
            self.note(|| format!("  {effect:?}"));
            self.carry_out(effect)?;
        }
        self.provider.check_limits(self.now)?;
        let progress = self.progress();
        self.checks.check_health(&progress)?;
        self.pace.after_step(&progress, &self.provider, self.now);
        self.checks.after_step(&progress, self.provider.billed)
    }

    /// An attempt's end, as the world knows it, just before the engine hears of it.
    fn ended(&mut self, attempt: AttemptId, outcome: &Outcome, seen: Option<&RateSeen>) {
        let known = self.in_flight.remove(&attempt);
        if let (Some(known), Some(limit)) = (&known, seen.and_then(|seen| seen.requests.limit)) {
            self.checks.told_of_limit(known.lane, limit);
        }
        if let (Some(known), Outcome::Answered { answer, .. }) = (&known, outcome) {
            self.warm.insert(known.lane);
            self.reached.insert(known.lane);
            self.checks.was_answered(known.lane, answer);
        }
        self.provider.answered(attempt, outcome);
        let hint_ms = known.as_ref().and_then(|known| known.hint_ms).unwrap_or(0);
        self.pace.ended(attempt, outcome, seen, hint_ms, self.now);
        match outcome {
            Outcome::Failed { failure, bill } => {
                self.report.doubtful += u64::from(*bill == Bill::Unknown);
                self.failed(failure, known);
            }
            Outcome::Answered { answer, .. } => self.report.misfits += u64::from(answer.misfit.is_some()),
        }
    }

    fn failed(&mut self, failure: &Failure, known: Option<InFlight>) {
        let Some(InFlight { lane, item, hint_ms, .. }) = known else { return };
        if matches!(failure.kind.action(), Action::EndItem | Action::SlowLane) {
            self.reached.insert(lane);
        }
        if failure.kind.action() == Action::EndItem {
            self.checks.was_refused(lane, item, failure.kind);
        }
        if failure.kind == FailureKind::RateLimited {
            self.report.refusals += 1;
            self.checks.asked_for_silence(lane, self.now.after_ms(hint_ms.unwrap_or(0)));
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::LookUp { item } => {
                let leader = self.scenario.facts[item as usize].leader;
                let hit = leader % 100 < self.scenario.cached_percent;
                self.report.cached += u64::from(hit);
                let answer =
                    hit.then(|| Answer { text: wire::text(leader), finish: Finish::Stop, ..Answer::default() });
                let at = self.now.after_ms(self.rng.u64(0..=5));
                self.checks.looks_up(item);
                self.pace.looks_up(item);
                self.later(at, Happening::Tell(Event::LookedUp { item, answer }));
                Ok(())
            }
            Effect::Save { ticket, records } => {
                let by_time = self.by_time(&records);
                self.checks.asked_to_save(&by_time)?;
                self.note_begun(&by_time);
                self.pace.asked_to_save(&by_time);
                self.save(ticket, records);
                Ok(())
            }
            Effect::Send { attempt, item, lane, deadline } => {
                self.report.sends += 1;
                let deadline = deadline.after_ms(self.engine_behind_ms);
                self.checks.sent(attempt, item, lane, deadline, self.now)?;
                self.check_slots(item, lane)?;
                self.pace.sent(attempt, self.now);
                self.send(attempt, item, lane);
                Ok(())
            }
            Effect::Abort { attempt } => {
                self.abort(attempt);
                Ok(())
            }
            Effect::Notify(Notice::LaneStopped { lane, failure }) => {
                self.report.lane_stops += 1;
                self.report.refusing_lanes += u64::from(failure.kind == FailureKind::EveryRowRefused);
                self.checks.lane_stopped(lane);
                self.pace.lane_stopped(lane);
                Ok(())
            }
            Effect::Notify(Notice::Paused(reason)) => {
                self.report.budget_pauses += u64::from(matches!(reason, PauseReason::Budget { .. }));
                self.report.brakes += u64::from(matches!(reason, PauseReason::EmptyAnswers { .. }));
                self.checks.paused(&reason)
            }
            Effect::Notify(Notice::Finished) | Effect::Batch(_) => Ok(()),
        }
    }

    /// Nothing goes while the run rests, beyond a lane's concurrency, or beside a lane's first request where the others
    /// wait for its answer.
    fn check_slots(&self, item: u32, lane: u8) -> Result<(), String> {
        if *self.engine.state() != RunState::Running {
            return Err(format!("pause: item {item} was sent while the run was {:?}", self.engine.state()));
        }
        let under_way = self.in_flight.values().filter(|attempt| attempt.lane == lane).count();
        let most = usize::from(self.concurrency[usize::from(lane)]);
        if under_way >= most {
            return Err(format!("concurrency: {} requests on lane {lane}, {most} are the most", under_way + 1));
        }
        if self.scenario.plan.warm_up && under_way > 0 && !self.warm.contains(&lane) {
            return Err(format!("warm-up: item {item} was sent beside the first request of lane {lane}"));
        }
        let alone = self.first_sent.get(&lane).is_some_and(|first| self.now.ms_since(*first) < FIRST_ALONE_MS);
        if self.scenario.plan.first_call_alone && alone && under_way > 0 && !self.reached.contains(&lane) {
            return Err(format!("first call: item {item} was sent beside the first request of lane {lane}"));
        }
        Ok(())
    }

    fn note_begun(&mut self, records: &[Record]) {
        for record in records {
            match &record.entry {
                Entry::Reserved { attempt, lane, .. } => {
                    if self.begun.values().all(|other| other != lane) {
                        self.first_sent.remove(lane);
                    }
                    self.begun.insert(*attempt, *lane);
                }
                Entry::Settled(Settled { attempt, .. }) | Entry::Released { attempt, .. } => {
                    self.begun.remove(attempt);
                }
                _ => {}
            }
        }
    }

    /// The browser gives up at once; an answer that is nearly there may still win.
    fn abort(&mut self, attempt: AttemptId) {
        let Some(InFlight { happening, hangs, .. }) = self.in_flight.get(&attempt) else { return };
        let (happening, hangs) = (*happening, *hangs);
        if hangs || self.rng.bool() {
            self.happenings.remove(&happening);
            let outcome = failure(FailureKind::TimedOut, Bill::Unknown);
            self.later(self.now, Happening::Tell(Event::Ended { attempt, outcome, seen: None }));
        }
    }

    fn send(&mut self, attempt: AttemptId, item: u32, lane: u8) {
        let (scenario, index) = (self.scenario, usize::from(lane));
        let facts = scenario.facts[item as usize];
        let request = Request {
            attempt,
            item,
            leader: facts.leader,
            input_estimate: facts.input_estimate.into(),
            input_bound: facts.input_bound.into(),
            output_cap: u64::from(scenario.plan.output_tokens_max.unwrap_or(0)),
            card: scenario.plan.lanes[index].card.as_ref(),
        };
        let arrives = self.now.after_ms(self.rng.u64(0..=scenario.jitter_ms));
        let verdict = self.provider.answer(&mut self.rng, index, &request, arrives);
        let hangs = verdict.at.is_none();
        let event = Event::Ended { attempt, outcome: verdict.outcome, seen: verdict.seen };
        let happening = verdict.at.map_or(u64::MAX, |at| self.later(at, Happening::Tell(event)));
        self.first_sent.entry(lane).or_insert(self.now);
        self.in_flight.insert(attempt, InFlight { happening, hangs, lane, item, hint_ms: verdict.hint_ms });
    }

    pub(super) fn later(&mut self, at: Time, happening: Happening) -> u64 {
        let id = self.next_happening;
        self.next_happening += 1;
        self.future.push(Reverse((at, id)));
        self.happenings.insert(id, happening);
        id
    }
}
