//! The world itself: a queue of future happenings, the disk, and the person.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use pennybatch::engine::{
    AttemptId, Command, Doubtful, Effect, Engine, Entry, Event, Notice, PauseReason, Record, RunState, Ticket,
};
use pennybatch::money::Usd;
use pennybatch::provider::{Answer, Bill, FailureKind, Finish, Outcome};
use pennybatch::time::Time;

use crate::checks::Checks;
use crate::provider::{Provider, Request, failure};
use crate::scenario::{Person, Scenario};

const STEPS_MAX: u64 = 60_000;
const START: Time = Time(1_790_000_000_000);

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub crashes: u64,
    pub torn_saves: u64,
    pub sends: u64,
    pub refusals: u64,
    pub doubtful: u64,
    pub copies: u64,
    pub cached: u64,
    pub budget_pauses: u64,
    pub finished: u64,
    pub steps: u64,
}

impl Report {
    pub fn add(&mut self, other: &Report) {
        self.crashes += other.crashes;
        self.torn_saves += other.torn_saves;
        self.sends += other.sends;
        self.refusals += other.refusals;
        self.doubtful += other.doubtful;
        self.copies += other.copies;
        self.cached += other.cached;
        self.budget_pauses += other.budget_pauses;
        self.finished += other.finished;
        self.steps += other.steps;
    }
}

pub struct World<'a> {
    scenario: &'a Scenario,
    rng: fastrand::Rng,
    now: Time,
    engine: Engine,
    provider: Provider,
    disk: Vec<Record>,
    /// Given to the disk, not down yet, oldest first.
    writing: Vec<(Ticket, Vec<Record>)>,
    future: BinaryHeap<Reverse<(Time, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    in_flight: BTreeMap<AttemptId, (u64, bool)>,
    lane_of: BTreeMap<AttemptId, u8>,
    next_happening: u64,
    checks: Checks,
    stopped: bool,
    pub history: Vec<String>,
    report: Report,
}

#[derive(Debug)]
enum Happening {
    Saved,
    SaveFails,
    Tell(Event),
}

impl<'a> World<'a> {
    pub fn new(seed: u64, scenario: &'a Scenario) -> World<'a> {
        let engine = Engine::new(scenario.plan.clone(), scenario.facts.clone(), seed, START);
        World {
            scenario,
            rng: fastrand::Rng::with_seed(seed),
            now: START,
            engine,
            provider: Provider::new(&scenario.plan.lanes, scenario.faults.clone(), scenario.latency_ms),
            disk: Vec::new(),
            writing: Vec::new(),
            future: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            lane_of: BTreeMap::new(),
            next_happening: 0,
            checks: Checks::new(scenario),
            stopped: false,
            history: Vec::new(),
            report: Report::default(),
        }
    }

    pub fn run(&mut self) -> Result<Report, String> {
        self.tell(Event::Command(Command::Resume))?;
        while *self.engine.state() != RunState::Finished {
            self.report.steps += 1;
            if self.report.steps > STEPS_MAX {
                return Err(format!("no end after {STEPS_MAX} steps: {:?}", self.engine.progress(self.now)));
            }
            self.step()?;
        }
        let progress = self.engine.progress(self.now);
        let retried = self.report.steps < STEPS_MAX / 2 && progress.errored > 0 && self.rng.bool() && !self.stopped;
        if retried {
            self.stopped = true;
            self.tell(Event::Command(Command::RetryFailed))?;
            return self.run_on();
        }
        self.checks.at_the_end(&self.disk, &progress, self.provider.billed)?;
        self.restored_equals_live()?;
        self.report.finished += 1;
        Ok(self.report.clone())
    }

    fn run_on(&mut self) -> Result<Report, String> {
        let finished = self.report.finished;
        let report = self.run()?;
        assert!(report.finished > finished);
        Ok(report)
    }

    /// One thing happens: a crash, the person, or the next event in time.
    fn step(&mut self) -> Result<(), String> {
        let crash = self.scenario.crash_one_in > 0
            && self.report.crashes < self.scenario.crashes_max.into()
            && self.rng.u32(0..self.scenario.crash_one_in) == 0;
        if crash {
            return self.crash();
        }
        if let Person::Restless(one_in) = self.scenario.person
            && self.rng.u32(0..one_in) == 0
        {
            return self.person_acts();
        }
        if self.scenario.person == Person::Stops && !self.stopped && self.rng.u32(0..60) == 0 {
            self.stopped = true;
            return self.tell(Event::Command(Command::Stop));
        }
        let wake = self.engine.next_wake().map(|wake| wake.at.max(self.now));
        let next = self.future.peek().map(|Reverse((at, _))| *at);
        match (next, wake) {
            (Some(at), Some(wake)) if wake < at => self.wake(wake),
            (Some(_), _) => self.happen(),
            (None, Some(wake)) => self.wake(wake),
            (None, None) => self.person_resumes(),
        }
    }

    fn wake(&mut self, at: Time) -> Result<(), String> {
        let late_ms = if self.scenario.late_wakes { self.rng.u64(0..=5_000) } else { 0 };
        self.now = self.now.max(at).after_ms(late_ms);
        self.tell(Event::Woke)
    }

    fn happen(&mut self) -> Result<(), String> {
        let Some(Reverse((at, id))) = self.future.pop() else { return Ok(()) };
        let Some(happening) = self.happenings.remove(&id) else { return Ok(()) };
        self.now = self.now.max(at);
        match happening {
            Happening::Saved => {
                let (ticket, records) = self.writing.remove(0);
                self.checks.saved(&records)?;
                self.disk.extend(records);
                self.tell(Event::Saved { ticket })
            }
            Happening::SaveFails => {
                let ticket = self.writing.first().map_or(0, |(ticket, _)| *ticket);
                self.tell(Event::SaveFailed { ticket })?;
                self.save_later(false);
                Ok(())
            }
            Happening::Tell(event) => {
                if let Event::Ended { attempt, .. } = &event {
                    self.in_flight.remove(attempt);
                }
                self.tell(event)
            }
        }
    }

    /// The run rests and nothing is under way: a person looks, and goes on.
    fn person_resumes(&mut self) -> Result<(), String> {
        match self.engine.state() {
            RunState::Paused(PauseReason::Budget { needed }) => {
                let needed = *needed;
                self.report.budget_pauses += 1;
                self.raise_budget(needed)?;
                self.tell(Event::Command(Command::Resume))
            }
            RunState::Paused(_) => {
                self.now = self.now.after_ms(self.rng.u64(1..=60_000));
                self.tell(Event::Command(Command::Resume))
            }
            state => Err(format!("stuck: {state:?}, nothing under way, no wake; {:?}", self.engine.progress(self.now))),
        }
    }

    fn raise_budget(&mut self, needed: Usd) -> Result<(), String> {
        let cap = needed + Usd::from_pico(i128::from(self.rng.u64(0..=1_000_000_000)));
        self.checks.set_cap(Some(cap));
        self.tell(Event::Command(Command::SetBudget(Some(cap))))
    }

    fn person_acts(&mut self) -> Result<(), String> {
        match self.rng.u8(0..4) {
            0 => self.tell(Event::Command(Command::Pause)),
            1 => self.tell(Event::Command(Command::Resume)),
            2 => {
                let mut limits = self.scenario.plan.lanes[0].limits.clone();
                limits.concurrency = self.rng.u16(1..=30);
                limits.requests_per_minute = limits.requests_per_minute.map(|rpm| rpm + self.rng.u32(0..=20));
                self.provider.allow(0, limits.requests_per_minute);
                self.tell(Event::Command(Command::SetLimits { lane: 0, limits }))
            }
            _ => match self.engine.progress(self.now).budget {
                Some(cap) => self.raise_budget(cap),
                None => Ok(()),
            },
        }
    }

    fn crash(&mut self) -> Result<(), String> {
        self.report.crashes += 1;
        self.history.push(format!("{} CRASH", self.now.ms()));
        // Of what was being written, a part may be down: whole records from the front.
        if let Some((_, records)) = self.writing.first()
            && self.rng.bool()
        {
            let kept = self.rng.usize(0..=records.len());
            let kept: Vec<Record> = records[..kept].to_vec();
            self.report.torn_saves += 1;
            self.checks.saved(&kept)?;
            self.disk.extend(kept);
        }
        self.writing.clear();
        self.future.clear();
        self.happenings.clear();
        self.in_flight.clear();
        self.checks.crashed();
        self.now = self.now.after_ms(self.rng.u64(0..=90_000));
        self.engine = self.restored();
        self.checks.after_restore(&self.disk, &self.engine.progress(self.now))?;
        let progress = self.engine.progress(self.now);
        if progress.cut_off > 0 && self.rng.bool() {
            let choice = if self.rng.bool() { Doubtful::SendAgain } else { Doubtful::LeaveOut };
            self.tell(Event::Command(Command::Doubtful(choice)))?;
        } else if progress.doubtful_attempts > 0 && self.rng.u8(0..6) == 0 {
            self.checks.written_off = true;
            self.tell(Event::Command(Command::Doubtful(Doubtful::CountAsNotBilled)))?;
        }
        self.tell(Event::Command(Command::Resume))
    }

    fn restored(&self) -> Engine {
        let (plan, facts) = (self.scenario.plan.clone(), self.scenario.facts.clone());
        let seed = self.report.crashes * 1_000_003 + self.scenario.facts.len() as u64;
        Engine::restore(plan, facts, self.disk.iter().cloned(), seed, self.now)
    }

    /// A run that ended and is opened again shows the same figures.
    fn restored_equals_live(&self) -> Result<(), String> {
        let (live, restored) = (self.engine.progress(self.now), self.restored().progress(self.now));
        let figures = |p: &pennybatch::engine::Progress| {
            (
                p.done,
                p.succeeded,
                p.errored,
                p.canceled,
                p.cache_hits,
                p.spent,
                p.reserved,
                p.doubtful,
                p.doubtful_attempts,
            )
        };
        if figures(&live) != figures(&restored) || restored.state != RunState::Finished {
            return Err(format!("reopened, the run differs:\n{live:?}\n{restored:?}"));
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), String> {
        self.history.push(format!("{} {event:?}", self.now.ms()));
        if let Event::Ended { attempt, outcome: Outcome::Failed { failure, .. }, .. } = &event
            && failure.kind == FailureKind::RateLimited
        {
            self.report.refusals += 1;
            let lane = self.lane_of.get(attempt).copied().unwrap_or(0);
            self.checks.asked_for_silence(lane, self.now.after_ms(failure.retry_after_ms.unwrap_or(0)));
        }
        if event == Event::Command(Command::Resume) {
            self.checks.person_resumed();
        }
        if matches!(&event, Event::Ended { outcome: Outcome::Failed { bill: Bill::Unknown, .. }, .. }) {
            self.report.doubtful += 1;
        }
        self.engine.handle(event, self.now);
        while let Some(effect) = self.engine.poll_effect() {
            self.history.push(format!("{}   {effect:?}", self.now.ms()));
            self.carry_out(effect)?;
        }
        if let Some(broken) = &self.provider.above_limit {
            return Err(format!("limits: {broken}"));
        }
        self.checks.after_step(&self.engine.progress(self.now), self.provider.billed)
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::LookUp { item } => {
                let leader = self.scenario.facts[item as usize].leader;
                let hit = leader % 100 < self.scenario.cached_percent;
                self.report.cached += u64::from(hit);
                let answer = hit.then(|| Answer {
                    text: format!("answer to {leader}"),
                    finish: Finish::Stop,
                    request_id: None,
                    misfit: None,
                });
                let at = self.now.after_ms(self.rng.u64(0..=5));
                self.later(at, Happening::Tell(Event::LookedUp { item, answer }));
            }
            Effect::Save { ticket, records } => {
                let copies = records.iter().filter(|record| {
                    matches!(record.entry, Entry::Ended { ending: pennybatch::engine::Ending::CopyOf(_), .. })
                });
                self.report.copies += copies.count() as u64;
                self.writing.push((ticket, records));
                let fails = self.rng.u32(0..1_000) < self.scenario.faults.save_failure;
                self.save_later(fails);
            }
            Effect::Send { attempt, item, lane, deadline } => {
                self.report.sends += 1;
                self.lane_of.insert(attempt, lane);
                self.checks.sent(attempt, item, lane, deadline, self.now)?;
                self.send(attempt, item, usize::from(lane));
            }
            Effect::Abort { attempt } => {
                // The browser gives up at once; an answer that is nearly there may still win.
                if let Some((id, hangs)) = self.in_flight.get(&attempt).copied()
                    && (hangs || self.rng.bool())
                {
                    self.happenings.remove(&id);
                    let outcome = failure(FailureKind::TimedOut, Bill::Unknown, None);
                    self.later(self.now, Happening::Tell(Event::Ended { attempt, outcome, seen: None }));
                }
            }
            Effect::Notify(Notice::LaneStopped { .. }) => self.checks.lane_stops += 1,
            Effect::Notify(_) => {}
        }
        Ok(())
    }

    fn save_later(&mut self, fails: bool) {
        let at = self.now.after_ms(self.rng.u64(self.scenario.save_ms.0..=self.scenario.save_ms.1));
        // Saves end in the order in which they were asked for.
        let at = self.checks.last_save.max(at);
        self.checks.last_save = at;
        self.later(at, if fails { Happening::SaveFails } else { Happening::Saved });
    }

    fn send(&mut self, attempt: AttemptId, item: u32, lane: usize) {
        let facts = self.scenario.facts[item as usize];
        let output_cap = u64::from(self.scenario.plan.output_tokens_max.unwrap_or(0));
        let request = Request {
            leader: facts.leader,
            tokens: u64::from(facts.input_estimate) + output_cap,
            input_bound: facts.input_bound.into(),
            output_cap,
            card: self.scenario.plan.lanes[lane].card.clone(),
        };
        let arrives = self.now.after_ms(self.rng.u64(0..=self.scenario.jitter_ms));
        let verdict = self.provider.answer(&mut self.rng, lane, item, &request, arrives);
        let happening = Happening::Tell(Event::Ended { attempt, outcome: verdict.outcome, seen: None });
        let id = match verdict.at {
            Some(at) => self.later(at, happening),
            None => u64::MAX,
        };
        self.in_flight.insert(attempt, (id, verdict.at.is_none()));
    }

    fn later(&mut self, at: Time, happening: Happening) -> u64 {
        let id = self.next_happening;
        self.next_happening += 1;
        self.future.push(Reverse((at, id)));
        self.happenings.insert(id, happening);
        id
    }
}
