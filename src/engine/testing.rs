//! For the tests of this room: an engine on a virtual clock whose disk takes no time, and whose provider is a closure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::engine::{
    AttemptId, Command, Effect, Engine, Event, ItemFacts, LanePlan, Limits, Ordinal, Plan, Progress, Record, RunState,
};
use crate::money::PerToken;
use crate::prices::RateCard;
use crate::provider::{Answer, Bill, Failure, FailureKind, Finish, Outcome, RateSeen, Usage};
use crate::time::Time;

pub const START: Time = Time(1_790_000_000_000);
const STEPS_MAX: u32 = 2_000_000;

/// One request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub attempt: AttemptId,
    pub item: Ordinal,
    pub lane: u8,
    pub at: Time,
}

/// What the provider makes of it: after so many milliseconds, this.
pub struct Reply {
    pub after_ms: u64,
    pub outcome: Outcome,
    pub seen: Option<RateSeen>,
}

pub struct Driver {
    pub engine: Engine,
    pub now: Time,
    pub plan: Plan,
    pub facts: Vec<ItemFacts>,
    pub disk: Vec<Record>,
    pub sent: Vec<Sent>,
    pub effects: Vec<Effect>,
    /// The clock shows so much less than `now`.
    clock_behind_ms: u64,
    under_way: BTreeMap<AttemptId, Event>,
    due: BinaryHeap<Reverse<(Time, AttemptId)>>,
}

impl Driver {
    pub fn new(plan: Plan, facts: Vec<ItemFacts>) -> Driver {
        let engine = Engine::new(plan.clone(), facts.clone(), 1, START);
        Driver {
            engine,
            now: START,
            plan,
            facts,
            disk: Vec::new(),
            sent: Vec::new(),
            effects: Vec::new(),
            clock_behind_ms: 0,
            under_way: BTreeMap::new(),
            due: BinaryHeap::new(),
        }
    }

    /// The browser ends, and the run is opened again from its records.
    pub fn crash(&mut self) {
        self.under_way.clear();
        self.due.clear();
        self.engine = Engine::restore(self.plan.clone(), self.facts.clone(), self.disk.clone(), 2, self.clock());
    }

    pub fn set_clock_back(&mut self, by_ms: u64) {
        self.clock_behind_ms += by_ms;
    }

    fn clock(&self) -> Time {
        Time(self.now.ms() - self.clock_behind_ms)
    }

    pub fn tell(&mut self, event: Event, provider: &mut impl FnMut(Sent) -> Reply) {
        self.engine.handle(event, self.clock());
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save { ticket, records } => {
                    self.disk.extend(records);
                    self.engine.handle(Event::Saved { ticket }, self.clock());
                }
                Effect::Send { attempt, item, lane, .. } => {
                    let sent = Sent { attempt, item, lane, at: self.now };
                    self.sent.push(sent);
                    let Reply { after_ms, outcome, seen } = provider(sent);
                    let event = Event::Ended { attempt, outcome, seen: seen.map(Box::new) };
                    self.under_way.insert(attempt, event);
                    self.due.push(Reverse((self.now.after_ms(after_ms), attempt)));
                }
                Effect::LookUp { item } => self.engine.handle(Event::LookedUp { item, answer: None }, self.clock()),
                other => self.effects.push(other),
            }
        }
    }

    pub fn command(&mut self, command: Command, provider: &mut impl FnMut(Sent) -> Reply) {
        self.tell(Event::Command(command), provider);
    }

    /// The next thing in time; false where nothing is under way.
    pub fn step(&mut self, provider: &mut impl FnMut(Sent) -> Reply) -> bool {
        let behind_ms = self.clock_behind_ms;
        let wake = self.engine.next_wake().map(|wake| wake.at.after_ms(behind_ms).max(self.now));
        match self.due.peek().map(|Reverse((at, _))| *at) {
            Some(at) if wake.is_none_or(|wake| at <= wake) => {
                let Some(Reverse((at, attempt))) = self.due.pop() else { return false };
                self.now = self.now.max(at);
                if let Some(event) = self.under_way.remove(&attempt) {
                    self.tell(event, provider);
                }
            }
            _ => {
                let Some(wake) = wake else { return false };
                self.now = wake;
                self.tell(Event::Woke, provider);
            }
        }
        true
    }

    /// From `Resume` until the run rests or ends.
    pub fn run(&mut self, mut provider: impl FnMut(Sent) -> Reply) -> Progress {
        self.command(Command::Resume, &mut provider);
        for _ in 0..STEPS_MAX {
            let going = matches!(self.engine.state(), RunState::Running | RunState::Stopping);
            let rests = !going && self.due.is_empty();
            if rests || !self.step(&mut provider) {
                return self.progress();
            }
        }
        panic!("no end after {STEPS_MAX} steps: {:?}", self.progress());
    }

    pub fn progress(&self) -> Progress {
        self.engine.progress(self.clock())
    }
}

pub fn plan() -> Plan {
    Plan {
        lanes: vec![lane(Limits::default())],
        budget: None,
        output_tokens_max: Some(100),
        max_retries: 4,
        reasks: 0,
        timeout_ms: 60_000,
        use_cache: true,
        warm_up: false,
        first_call_alone: false,
        compare: false,
    }
}

pub fn lane(limits: Limits) -> LanePlan {
    let card = Some(RateCard::flat(PerToken(1_000_000), PerToken(4_000_000)));
    LanePlan { limits, card, ..LanePlan::default() }
}

pub fn rows(count: u32) -> Vec<ItemFacts> {
    (0..count).map(row).collect()
}

pub fn row(leader: Ordinal) -> ItemFacts {
    ItemFacts { leader, input_estimate: 50, input_bound: 200, maybe_cached: false }
}

pub fn reply(after_ms: u64, outcome: Outcome) -> Reply {
    Reply { after_ms, outcome, seen: None }
}

pub fn answer(finish: Finish, misfit: Option<&str>) -> Outcome {
    let usage = Usage { input: 50, output: 10, ..Usage::default() };
    let answer = Answer { text: "yes".into(), finish, request_id: None, misfit: misfit.map(str::to_owned) };
    Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } }
}

pub fn fits() -> Outcome {
    answer(Finish::Stop, None)
}

pub fn fails(kind: FailureKind, bill: Bill) -> Outcome {
    Outcome::Failed {
        failure: Failure { kind, status: None, message: String::new(), retry_after_ms: None, request_id: None },
        bill,
    }
}

pub fn refuses_for(hint_ms: u64) -> Outcome {
    let kind = FailureKind::RateLimited;
    Outcome::Failed {
        failure: Failure {
            kind,
            status: Some(429),
            message: String::new(),
            retry_after_ms: Some(hint_ms),
            request_id: None,
        },
        bill: Bill::Nothing,
    }
}
