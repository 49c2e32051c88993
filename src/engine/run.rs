//! The run: what every event changes, and what it makes the shell do. Decisions become records; [`Engine::commit`] applies
//! each to the [`Book`] and queues it for the disk.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::engine::book::{Book, Status};
use crate::engine::lane::Lane;
use crate::engine::record::Began;
use crate::engine::{
    AttemptId, Effect, Ending, Entry, Event, ItemFacts, Notice, Ordinal, PauseReason, Plan, Record, RunState, Ticket,
    Wake, WakeReason, Weight, shareable,
};
use crate::provider::Answer;
use crate::time::Time;

/// See the room's documentation.
#[derive(Debug)]
pub struct Engine {
    pub(super) book: Book,
    pub(super) lanes: Vec<Lane>,
    pub(super) deadlines: BTreeSet<(Time, AttemptId)>,
    pub(super) next_ticket: Ticket,
    saved_ticket: Ticket,
    /// Attempts whose reservation is being saved, oldest first.
    pub(super) armed: VecDeque<(Ticket, AttemptId)>,
    outbox: Vec<Record>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) state: RunState,
    pub(super) storage_failed: bool,
    pub(super) blocked: Option<Wake>,
    /// What the meters were asked for last.
    pub(super) next_weight: Weight,
    /// Items that a lane gave back because it refused whatever it was asked. Each is spared once: refused again, it ends.
    pub(super) spared: BTreeSet<Ordinal>,
    /// Answers without text in a row.
    pub(super) empty_in_a_row: u32,
    /// The row that asked last whether the network is back, and how often in a row.
    pub(super) asking: Option<(Ordinal, u8)>,
    pub(super) rng: fastrand::Rng,
    /// The run's own time: it never goes back, and goes on at its pace where the clock was set back.
    pub(super) now: Time,
    /// By how much it is ahead of the clock.
    ahead_ms: u64,
}

impl Engine {
    /// A run that has not begun. `seed` feeds the jitter.
    pub fn new(plan: Plan, facts: impl Into<Arc<Vec<ItemFacts>>>, seed: u64, now: Time) -> Engine {
        let facts = facts.into();
        let began = Began { plan: plan.clone(), facts: facts.clone() };
        let mut engine = Engine::bare(plan, facts, seed, now);
        engine.commit(Entry::Began(Box::new(began)));
        engine
    }

    /// Without a record.
    pub(super) fn bare(plan: Plan, facts: Arc<Vec<ItemFacts>>, seed: u64, now: Time) -> Engine {
        Engine {
            lanes: plan
                .lanes
                .iter()
                .map(|lane| Lane::new(lane.clone(), plan.warm_up, now).with_first_call_alone(plan.first_call_alone))
                .collect(),
            book: Book::new(plan, facts),
            deadlines: BTreeSet::new(),
            next_ticket: 1,
            saved_ticket: 0,
            armed: VecDeque::new(),
            outbox: Vec::new(),
            effects: VecDeque::new(),
            state: RunState::Paused(PauseReason::NotStarted),
            storage_failed: false,
            blocked: None,
            next_weight: Weight::default(),
            spared: BTreeSet::new(),
            empty_in_a_row: 0,
            asking: None,
            rng: fastrand::Rng::with_seed(seed),
            now,
            ahead_ms: 0,
        }
    }

    /// Tells the engine what happened. `now` is the clock's: where it was set back, the run's own time goes on from where
    /// it was.
    pub fn handle(&mut self, event: Event, now: Time) {
        self.pass_to(now);
        match event {
            Event::Command(command) => self.command(command),
            Event::LookedUp { item, answer } => self.looked_up(item, answer),
            Event::Saved { ticket } => self.saved(ticket),
            Event::SaveFailed { .. } => self.save_failed(),
            Event::Ended { attempt, outcome, seen } => self.attempt_ended(attempt, outcome, seen.as_deref()),
            Event::Imported { item, answer } => self.imported(item, answer),
            Event::Correct { item, text } if self.book.items().knows(item) => {
                self.commit(Entry::Corrected { item, text })
            }
            Event::Correct { .. } => {}
            Event::AskAgain { item, answer } => self.ask_again(item, answer),
            Event::Batch(event) => self.batch_event(event),
            Event::Woke => {}
        }
        self.abort_overdue();
        self.step_batch();
        self.fill();
        self.save();
        self.finish_if_done();
        self.pause_if_stuck();
    }

    pub(super) fn pass_to(&mut self, clock: Time) {
        let now = clock.after_ms(self.ahead_ms);
        self.ahead_ms += self.now.ms_since(now);
        self.now = self.now.max(now);
    }

    /// The run's own time at a moment of the clock, for what only looks.
    pub(super) fn time_at(&self, clock: Time) -> Time {
        clock.after_ms(self.ahead_ms).max(self.now)
    }

    pub(super) fn clock(&self) -> Time {
        Time(self.now.ms().saturating_sub(self.ahead_ms))
    }

    /// A moment of the run's own time, by the clock.
    pub(super) fn by_the_clock(&self, wake: Wake) -> Wake {
        Wake { at: Time(wake.at.ms().saturating_sub(self.ahead_ms)), ..wake }
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call `handle(Event::Woke, ..)` at the latest, by the clock; `None` while only other events can change
    /// anything.
    pub fn next_wake(&self) -> Option<Wake> {
        self.wakes().min_by_key(|wake| wake.at).map(|wake| self.by_the_clock(wake))
    }

    fn wakes(&self) -> impl Iterator<Item = Wake> {
        let deadline = self.deadlines.first().map(|(at, _)| Wake { at: *at, reason: WakeReason::Deadline });
        [self.blocked, deadline, self.batch_wake()].into_iter().flatten()
    }

    pub(super) fn saved_ticket(&self) -> Ticket {
        self.saved_ticket
    }

    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Records a decision: the book changes by it, and it goes to the disk.
    pub(super) fn commit(&mut self, entry: Entry) {
        let record = Record { at: self.now, entry };
        self.book.apply(&record);
        if record.entry.ends_an_item() {
            self.book.tally_mut().saving(self.next_ticket, self.now);
        }
        self.outbox.push(record);
    }

    fn looked_up(&mut self, item: Ordinal, answer: Option<Answer>) {
        if self.book.items().status(item) != Status::LookingUp {
            return;
        }
        match answer.filter(shareable) {
            Some(answer) => {
                self.commit(Entry::Ended { item, ending: Ending::FromCache(answer) });
                self.share(item);
            }
            None => {
                self.book.items_mut().forget_cached(item);
                self.book.items_mut().open(item);
            }
        }
    }

    fn saved(&mut self, ticket: Ticket) {
        self.saved_ticket = self.saved_ticket.max(ticket);
        self.book.tally_mut().saved(self.saved_ticket);
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
        let blocked = self.state != RunState::Running || self.book.jobs().blocks_sync();
        let (now, deadline) = (self.now, self.now.after_ms(self.book.plan().timeout_ms));
        let Some(attempt) = self.book.attempt_mut(id) else { return };
        let (item, index) = (attempt.item, attempt.lane);
        let lane = &mut self.lanes[usize::from(index)];
        if !blocked && lane.is_willing(now) {
            attempt.sent = Some(now);
            attempt.deadline = deadline;
            attempt.readings = lane.sent(attempt.weight, now);
            self.deadlines.insert((deadline, id));
            self.effects.push_back(Effect::Send { attempt: id, item, lane: index, deadline });
            return;
        }
        lane.give_back(attempt.weight);
        self.commit(Entry::Released { attempt: id, item });
        self.end_kept();
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

    /// Gives the answer of `item` to equal ones that wait, be it in a request file.
    pub(super) fn share(&mut self, item: Ordinal) {
        let items = self.book.items();
        if !items.has_twins(item) {
            return;
        }
        let waits = |other: &Ordinal| matches!(items.status(*other), Status::Twin | Status::Exported);
        let twins: Vec<Ordinal> = items.group(item).filter(waits).collect();
        for twin in twins {
            self.commit(Entry::Ended { item: twin, ending: Ending::CopyOf(item) });
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

    fn everything_is_saved(&self) -> bool {
        self.saved_ticket + 1 >= self.next_ticket
    }

    fn finish_if_done(&mut self) {
        let under_way = !self.book.attempts().is_empty() || self.book.jobs().is_live();
        let done = self.book.everything_ended() && self.everything_is_saved();
        if self.state == RunState::Finished || under_way || !done {
            return;
        }
        self.state = RunState::Finished;
        self.blocked = None;
        self.effects.push_back(Effect::Notify(Notice::Finished));
    }

    /// A run that could go on waits for something: for an answer, the disk, a moment. One that waits for nothing says so.
    fn pause_if_stuck(&mut self) {
        let items = self.book.items();
        let waits = !self.book.attempts().is_empty()
            || self.book.jobs().is_live()
            || self.book.jobs().measuring
            || items.count(Status::LookingUp) > 0
            || !self.everything_is_saved()
            || self.wakes().next().is_some();
        if self.state != RunState::Running || waits {
            return;
        }
        let exported = items.count(Status::Exported);
        let others = items.len() as u32 - items.ended() - exported;
        match exported {
            0 => self.pause(PauseReason::Stuck { rows: others }),
            rows => self.pause(PauseReason::Exported { rows }),
        }
    }
}
