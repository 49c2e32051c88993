//! A run driven straight to its end on a virtual clock: the disk takes no time, and the provider is a function of what
//! is sent and when. For questions that need no faults of storage, no person, and many rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use pennybatch::engine::{
    AttemptId, Command, Effect, Engine, Event, ItemFacts, LanePlan, Limits, Ordinal, Plan, Record, RunState,
};
use pennybatch::prices::RateCard;
use pennybatch::provider::{Answer, Bill, Failure, FailureKind, Outcome, Usage};
use pennybatch::time::Time;

pub const START: Time = Time(1_790_000_000_000);

/// The other end of a run.
pub trait Server {
    /// How long a request that arrives `at_ms` after the start takes, and how it ends.
    fn answer(&mut self, item: Ordinal, at_ms: u64) -> (u64, Outcome);

    fn saved(&mut self, _records: &[Record]) {}
}

pub struct Driven {
    pub engine: Engine,
    pub sent: u64,
    /// Calls of `handle`.
    pub steps: u64,
    now: Time,
}

impl Driven {
    pub fn new(plan: Plan, facts: Vec<ItemFacts>) -> Driven {
        Driven { engine: Engine::new(plan, facts, 1, START), sent: 0, steps: 0, now: START }
    }

    pub fn took_ms(&self) -> u64 {
        self.now.ms_since(START)
    }

    pub fn progress(&self) -> pennybatch::engine::Progress {
        self.engine.progress(self.now)
    }

    /// Until the run has ended, or rests with nothing under way.
    pub fn run(&mut self, server: &mut impl Server) {
        let mut due = BinaryHeap::new();
        let mut outcomes = BTreeMap::new();
        let mut event = Event::Command(Command::Resume);
        loop {
            self.tell(event, server, &mut due, &mut outcomes);
            let answered = due.peek().map(|Reverse((at, _))| *at);
            let wake = self.engine.next_wake().map(|wake| wake.at.max(self.now));
            match (answered, wake) {
                _ if *self.engine.state() == RunState::Finished => return,
                (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                    let attempt = due.pop().map_or(0, |Reverse((_, attempt))| attempt);
                    let Some(outcome) = outcomes.remove(&attempt) else { return };
                    self.now = self.now.max(at);
                    event = Event::Ended { attempt, outcome, seen: None };
                }
                (_, Some(wake)) => {
                    self.now = wake;
                    event = Event::Woke;
                }
                _ => return,
            }
        }
    }

    /// A command, given while nothing is under way.
    pub fn command(&mut self, command: Command) {
        self.engine.handle(Event::Command(command), self.now);
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Save { ticket, .. } = effect {
                self.engine.handle(Event::Saved { ticket }, self.now);
            }
        }
    }

    fn tell(
        &mut self,
        event: Event,
        server: &mut impl Server,
        due: &mut BinaryHeap<Reverse<(Time, AttemptId)>>,
        outcomes: &mut BTreeMap<AttemptId, Outcome>,
    ) {
        self.steps += 1;
        self.engine.handle(event, self.now);
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save { ticket, records } => {
                    server.saved(&records);
                    self.steps += 1;
                    self.engine.handle(Event::Saved { ticket }, self.now);
                }
                Effect::Send { attempt, item, .. } => {
                    self.sent += 1;
                    let (after_ms, outcome) = server.answer(item, self.took_ms());
                    due.push(Reverse((self.now.after_ms(after_ms), attempt)));
                    outcomes.insert(attempt, outcome);
                }
                Effect::LookUp { .. } | Effect::Abort { .. } | Effect::Notify(_) | Effect::Batch(_) => {}
            }
        }
    }
}

/// A plan with one lane, no budget and no cache.
pub fn plan(limits: Limits, card: Option<RateCard>, output_cap: u32) -> Plan {
    Plan {
        lanes: vec![LanePlan { limits, card, ..LanePlan::default() }],
        budget: None,
        output_tokens_max: Some(output_cap),
        max_retries: 4,
        reasks: 0,
        timeout_ms: 60_000,
        use_cache: false,
        warm_up: false,
        first_call_alone: false,
        compare: false,
    }
}

/// Rows that are all different.
pub fn rows(count: u32, input_tokens: u32) -> Vec<ItemFacts> {
    let row =
        |leader| ItemFacts { leader, input_estimate: input_tokens, input_bound: input_tokens * 4, maybe_cached: false };
    (0..count).map(row).collect()
}

pub fn answered(input: u64, output: u64) -> Outcome {
    let usage = Usage { input, output, ..Usage::default() };
    Outcome::Answered { answer: Answer::default(), bill: Bill::Usage { usage, stated_cost: None } }
}

pub fn failed(kind: FailureKind) -> Outcome {
    let failure = Failure { kind, status: None, message: String::new(), retry_after_ms: None, request_id: None };
    Outcome::Failed { failure, bill: Bill::Nothing }
}
