//! One simulated run, step by step.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::{AttemptId, Command, Effect, Engine, Event, PauseReason, RunState};
use crate::money::Usd;
use crate::simulate::Scenario;
use crate::simulate::server::{Reply, Server};
use crate::time::Time;

/// How a run went.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// From the start to the last answer.
    pub finish_ms: u64,
    /// When half of the items had ended.
    pub half_ms: u64,
    pub cost: Usd,
    /// Items that ended, repeats included.
    pub done: u32,
    pub attempts: u64,
    pub rate_limited: u64,
    pub retries: u64,
    pub reasked: u64,
    /// Why it rests before its end, if it does: a budget, or nothing but refusals.
    pub stopped: Option<PauseReason>,
}

/// A run under way.
pub struct Run {
    engine: Engine,
    server: Server,
    replies: BinaryHeap<Reverse<(Time, AttemptId, Reply)>>,
    start: Time,
    now: Time,
    last_answer: Time,
    answers: u64,
    halfway: u64,
    half: Time,
}

impl Run {
    pub fn new(scenario: &Scenario, seed: u64, start: Time) -> Run {
        let facts = scenario.facts();
        let leaders = facts.iter().enumerate().filter(|(item, facts)| facts.leader as usize == *item).count() as u64;
        let mut engine = Engine::new(scenario.plan.clone(), facts, seed, start);
        engine.handle(Event::Command(Command::Resume), start);
        Run {
            engine,
            // The engine's own draws must not be the provider's.
            server: Server::new(scenario, seed ^ 0x9e37_79b9_7f4a_7c15),
            replies: BinaryHeap::new(),
            start,
            now: start,
            last_answer: start,
            answers: 0,
            halfway: leaders.div_ceil(2),
            half: start,
        }
    }

    /// Goes on for so many answers or wakes; the outcome, once there is one.
    pub fn advance(&mut self, scenario: &Scenario, steps: u32) -> Option<Outcome> {
        for _ in 0..steps {
            self.carry_out(scenario);
            match self.engine.state() {
                RunState::Finished => return Some(self.outcome(None)),
                RunState::Paused(reason) if self.replies.is_empty() => {
                    let reason = reason.clone();
                    return Some(self.outcome(Some(reason)));
                }
                _ => {}
            }
            let wake = self.engine.next_wake().map(|wake| wake.at);
            match self.replies.peek() {
                Some(Reverse((at, _, _))) if wake.is_none_or(|wake| *at <= wake) => self.answer(),
                _ => {
                    // A run that waits for no answer waits for a moment, or rests and was seen to above.
                    let Some(wake) = wake else { return Some(self.outcome(None)) };
                    self.now = self.now.max(wake);
                    self.engine.handle(Event::Woke, self.now);
                }
            }
        }
        None
    }

    /// Answers so far, for a progress bar.
    pub fn answers(&self) -> u64 {
        self.answers
    }

    fn carry_out(&mut self, scenario: &Scenario) {
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save { ticket, .. } => self.engine.handle(Event::Saved { ticket }, self.now),
                Effect::Send { attempt, .. } => {
                    let (at, reply) = self.server.reply(scenario, self.now);
                    self.replies.push(Reverse((at, attempt, reply)));
                }
                Effect::LookUp { item } => self.engine.handle(Event::LookedUp { item, answer: None }, self.now),
                // What is given up answers all the same, later.
                Effect::Abort { .. } | Effect::Notify(_) | Effect::Batch(_) => {}
            }
        }
    }

    fn answer(&mut self) {
        let Some(Reverse((at, attempt, reply))) = self.replies.pop() else { return };
        self.now = self.now.max(at);
        if matches!(reply, Reply::Answered { .. }) {
            self.last_answer = self.now;
            self.answers += 1;
            if self.answers == self.halfway {
                self.half = self.now;
            }
        }
        self.engine.handle(Event::Ended { attempt, outcome: reply.outcome(), seen: None }, self.now);
    }

    fn outcome(&self, stopped: Option<PauseReason>) -> Outcome {
        let progress = self.engine.progress(self.now);
        Outcome {
            finish_ms: self.last_answer.ms_since(self.start),
            half_ms: self.half.ms_since(self.start),
            cost: progress.spent,
            done: progress.done,
            attempts: progress.attempts,
            rate_limited: progress.rate_limited,
            retries: progress.retries,
            reasked: progress.reasked,
            stopped,
        }
    }
}
