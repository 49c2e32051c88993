//! The run: what every event changes, and what it makes the shell do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::batch;
use crate::engine::budget::Budget;
use crate::engine::items::{Items, Status};
use crate::engine::lane::Lane;
use crate::engine::meters::Readings;
use crate::engine::queue::Queue;
use crate::engine::record::shareable;
use crate::engine::tally::Tally;
use crate::engine::{
    AttemptId, Effect, Ending, Entry, Event, ItemFacts, Notice, Ordinal, PauseReason, Plan, Record, RunState, Ticket,
    Wake, WakeReason, Weight,
};
use crate::money::Usd;
use crate::provider::Answer;
use crate::time::Time;

/// One attempt between its reservation and its end.
#[derive(Debug)]
pub(super) struct Attempt {
    pub item: Ordinal,
    pub lane: u8,
    pub reserved: Usd,
    pub weight: Weight,
    /// What the lane's meters showed when it was sent.
    pub readings: Readings,
    /// `None` until its reservation is on disk.
    pub sent: Option<Time>,
    pub deadline: Time,
}

/// See the room's documentation.
#[derive(Debug)]
pub struct Engine {
    pub(super) plan: Plan,
    pub(super) items: Items,
    pub(super) lanes: Vec<Lane>,
    pub(super) budget: Budget,
    pub(super) queue: Queue,
    pub(super) attempts: BTreeMap<AttemptId, Attempt>,
    pub(super) deadlines: BTreeSet<(Time, AttemptId)>,
    pub(super) next_attempt: AttemptId,
    pub(super) next_ticket: Ticket,
    saved_ticket: Ticket,
    /// Attempts whose reservation is being saved, oldest first.
    pub(super) armed: VecDeque<(Ticket, AttemptId)>,
    pub(super) outbox: Vec<Record>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) state: RunState,
    pub(super) stop_asked: bool,
    pub(super) storage_failed: bool,
    pub(super) blocked: Option<Wake>,
    /// What the meters were asked for last.
    pub(super) next_weight: Weight,
    pub(super) tally: Tally,
    /// Answers that don't fit, of items that are asked again: they are paid for, and are what the item ends with where
    /// no better one comes.
    pub(super) kept: BTreeMap<Ordinal, Answer>,
    pub(super) batch: batch::Desk,
    /// Items that a lane gave back because it refused whatever it was asked. Each is spared once: refused again, it ends.
    pub(super) spared: BTreeSet<Ordinal>,
    /// Answers without text in a row.
    pub(super) empty_in_a_row: u32,
    /// The row that asked last whether the network is back, and how often in a row.
    pub(super) asking: Option<(Ordinal, u8)>,
    pub(super) rng: fastrand::Rng,
    pub(super) now: Time,
}

impl Engine {
    /// A run that has not begun. `seed` feeds the jitter.
    pub fn new(plan: Plan, facts: Vec<ItemFacts>, seed: u64, now: Time) -> Engine {
        let items = Items::new(facts, plan.use_cache);
        Engine {
            lanes: plan
                .lanes
                .iter()
                .map(|lane| Lane::new(lane.clone(), plan.warm_up, now).with_first_call_alone(plan.first_call_alone))
                .collect(),
            budget: Budget::new(plan.budget),
            queue: Queue::default(),
            attempts: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            next_attempt: 1,
            next_ticket: 1,
            saved_ticket: 0,
            armed: VecDeque::new(),
            outbox: Vec::new(),
            effects: VecDeque::new(),
            state: RunState::Paused(PauseReason::NotStarted),
            stop_asked: false,
            storage_failed: false,
            blocked: None,
            next_weight: Weight::default(),
            tally: Tally::default(),
            kept: BTreeMap::new(),
            batch: batch::Desk::default(),
            spared: BTreeSet::new(),
            empty_in_a_row: 0,
            asking: None,
            rng: fastrand::Rng::with_seed(seed),
            now,
            items,
            plan,
        }
    }

    /// Tells the engine what happened. A clock that goes backwards counts as standing still.
    pub fn handle(&mut self, event: Event, now: Time) {
        self.now = self.now.max(now);
        match event {
            Event::Command(command) => self.command(command),
            Event::LookedUp { item, answer } => self.looked_up(item, answer),
            Event::Saved { ticket } => self.saved(ticket),
            Event::SaveFailed { .. } => self.save_failed(),
            Event::Ended { attempt, outcome, seen } => self.attempt_ended(attempt, outcome, seen.as_deref()),
            Event::Imported { item, answer } => self.imported(item, answer),
            Event::Batch(event) => self.batch_event(event),
            Event::Woke => {}
        }
        self.abort_overdue();
        self.step_batch();
        self.fill();
        self.save();
        self.finish_if_done();
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call `handle(Event::Woke, ..)` at the latest; `None` while only other events can change anything.
    pub fn next_wake(&self) -> Option<Wake> {
        let deadline = self.deadlines.first().map(|(at, _)| Wake { at: *at, reason: WakeReason::Deadline });
        [self.blocked, deadline, self.batch_wake()].into_iter().flatten().min_by_key(|wake| wake.at)
    }

    pub(super) fn saved_ticket(&self) -> Ticket {
        self.saved_ticket
    }

    pub fn state(&self) -> &RunState {
        &self.state
    }

    fn looked_up(&mut self, item: Ordinal, answer: Option<Answer>) {
        if self.items.status(item) != Status::LookingUp {
            return;
        }
        match answer.filter(shareable) {
            Some(answer) => {
                self.end(item, Ending::FromCache(answer));
                self.share(item);
            }
            None => {
                self.items.forget_cached(item);
                self.open(item);
            }
        }
    }

    fn saved(&mut self, ticket: Ticket) {
        self.saved_ticket = self.saved_ticket.max(ticket);
        self.tally.saved(self.saved_ticket);
        while let Some((needed, attempt)) = self.armed.front().copied() {
            if needed > self.saved_ticket {
                break;
            }
            self.armed.pop_front();
            self.send_or_release(attempt);
        }
    }

    fn save_failed(&mut self) {
        self.storage_failed = true;
        match &mut self.state {
            RunState::Paused(reason) => *reason = PauseReason::Storage,
            RunState::Running | RunState::Stopping => self.rest(PauseReason::Storage),
            RunState::Finished => {}
        }
    }

    /// The reservation is on disk. A run that paused meanwhile, or a lane that was told to rest, does not send any more.
    fn send_or_release(&mut self, id: AttemptId) {
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        let lane = &mut self.lanes[usize::from(attempt.lane)];
        if self.state == RunState::Running && lane.is_willing(self.now) && !self.batch.blocks_sync() {
            attempt.sent = Some(self.now);
            attempt.deadline = self.now.after_ms(self.plan.timeout_ms);
            attempt.readings = lane.sent(attempt.weight, self.now);
            self.deadlines.insert((attempt.deadline, id));
            self.tally.sent();
            self.effects.push_back(Effect::Send {
                attempt: id,
                item: attempt.item,
                lane: attempt.lane,
                deadline: attempt.deadline,
            });
            return;
        }
        lane.give_back(attempt.weight);
        let (item, reserved) = (attempt.item, attempt.reserved);
        self.attempts.remove(&id);
        self.budget.settle(reserved, Usd::ZERO);
        self.record_never_sent(id, item);
        if self.stop_asked {
            self.items.set(item, Status::Canceled);
            self.end_kept();
        } else {
            self.open(item);
        }
    }

    fn abort_overdue(&mut self) {
        while let Some((deadline, attempt)) = self.deadlines.first().copied() {
            if deadline > self.now {
                break;
            }
            self.deadlines.pop_first();
            self.effects.push_back(Effect::Abort { attempt });
        }
    }

    pub(super) fn pause(&mut self, reason: PauseReason) {
        if self.state == RunState::Running {
            self.rest(reason);
        }
    }

    fn rest(&mut self, reason: PauseReason) {
        self.state = RunState::Paused(reason.clone());
        self.blocked = None;
        self.effects.push_back(Effect::Notify(Notice::Paused(reason)));
    }

    pub(super) fn record(&mut self, entry: Entry) {
        self.outbox.push(Record { at: self.now, entry });
    }

    /// Ends an item without an attempt, or notes the ending that an attempt's record carries.
    pub(super) fn end(&mut self, item: Ordinal, ending: Ending) {
        self.note_end(item, &ending);
        self.record(Entry::Ended { item, ending });
    }

    /// Counts an ending; its record carries it.
    pub(super) fn note_end(&mut self, item: Ordinal, ending: &Ending) {
        let status = match ending {
            Ending::Succeeded(_) | Ending::FromCache(_) | Ending::CopyOf(_) | Ending::Imported(_) => Status::Succeeded,
            Ending::Errored(_) => Status::Errored,
            Ending::Canceled => Status::Canceled,
        };
        self.kept.remove(&item);
        self.items.set(item, status);
        self.tally.ended(item, ending, self.next_ticket, self.now);
    }

    /// Gives the answer of `item` to its waiting twins.
    pub(super) fn share(&mut self, item: Ordinal) {
        if !self.items.has_twins(item) {
            return;
        }
        let twins: Vec<Ordinal> =
            self.items.group(item).filter(|other| self.items.status(*other) == Status::Twin).collect();
        for twin in twins {
            self.end(twin, Ending::CopyOf(item));
        }
    }

    fn save(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let records = std::mem::take(&mut self.outbox);
        self.effects.push_back(Effect::Save { ticket: self.next_ticket, records });
        self.next_ticket += 1;
    }

    fn finish_if_done(&mut self) {
        let going = matches!(self.state, RunState::Running | RunState::Stopping | RunState::Paused(_));
        let under_way = !self.attempts.is_empty() || self.batch.is_live();
        if !going || under_way || !self.everything_ended() || self.saved_ticket + 1 < self.next_ticket {
            return;
        }
        self.state = RunState::Finished;
        self.blocked = None;
        self.effects.push_back(Effect::Notify(Notice::Finished));
    }

    pub(super) fn everything_ended(&self) -> bool {
        let ended = [Status::Succeeded, Status::Errored, Status::Canceled];
        ended.into_iter().map(|status| self.items.count(status)).sum::<u32>() as usize == self.items.len()
    }
}
