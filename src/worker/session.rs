//! The open run: events go to the engine, and its effects are carried out. Nothing is decided here.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use super::browser::{next_turn, now, seed, sleep_ms};
use super::fetch::Key;
use super::manifest::Manifest;
use super::page;
use super::prepare::{CacheKey, Prepared};
use super::results::Results;
use super::send::Sending;
use super::storage::{RunStore, Storage};
use super::terms::{self, problem};
use crate::engine::{
    AttemptId, Command, Effect, Ending, Engine, Entry, Event, Notice, Ordinal, Record, RunState, Ticket, shareable,
};
use crate::link::{Place, Problem, RunSummary, Setup, ToPage};
use crate::money::Usd;
use crate::provider::Outcome;
use crate::time::Time;

/// Between two progress messages, and between two while nothing happens.
const PROGRESS_MS: u32 = 100;
const IDLE_TURNS: u32 = 10;
/// Timers of browsers count in 31 bits; an early wake does no harm.
const WAKE_MS_MAX: u64 = 60_000;

pub struct Session {
    pub manifest: Manifest,
    pub prepared: Rc<Prepared>,
    pub results: RefCell<Results>,
    engine: RefCell<Engine>,
    storage: Rc<Storage>,
    /// Empty while a flush has it, and after the run was closed.
    store: RefCell<Option<RunStore>>,
    known: Rc<RefCell<HashSet<CacheKey>>>,
    key: RefCell<Option<Key>>,
    in_flight: RefCell<HashMap<AttemptId, AbortController>>,
    unsaved: RefCell<Unsaved>,
    flushing: Cell<bool>,
    notices: RefCell<Vec<Notice>>,
    look_ups: RefCell<Vec<Ordinal>>,
    wake: RefCell<Option<(Time, Timeout)>>,
    changed: Cell<bool>,
    telling: Cell<bool>,
    seed: u64,
}

/// Records that are not on disk yet. They outlive a refusal of the disk and go down before anything newer.
#[derive(Default)]
struct Unsaved {
    records: Vec<Record>,
    /// Of the last save that waits for its answer.
    ticket: Option<Ticket>,
    refused: bool,
}

/// What a session is made of.
pub struct Parts {
    pub manifest: Manifest,
    pub prepared: Rc<Prepared>,
    pub results: Results,
    pub engine: Engine,
    pub storage: Rc<Storage>,
    pub store: RunStore,
    pub known: Rc<RefCell<HashSet<CacheKey>>>,
    pub key: Option<Key>,
}

impl Session {
    pub fn new(parts: Parts) -> Rc<Session> {
        Rc::new(Session {
            manifest: parts.manifest,
            prepared: parts.prepared,
            results: RefCell::new(parts.results),
            engine: RefCell::new(parts.engine),
            storage: parts.storage,
            store: RefCell::new(Some(parts.store)),
            known: parts.known,
            key: RefCell::new(parts.key),
            in_flight: RefCell::default(),
            unsaved: RefCell::default(),
            flushing: Cell::new(false),
            notices: RefCell::default(),
            look_ups: RefCell::default(),
            wake: RefCell::default(),
            changed: Cell::new(false),
            telling: Cell::new(false),
            seed: seed(),
        })
    }

    pub fn setup(&self) -> &Setup {
        &self.manifest.setup
    }

    pub fn progress(&self) -> crate::engine::Progress {
        self.engine.borrow().progress(now())
    }

    pub fn needs_key(&self) -> bool {
        self.manifest.used_key && self.key.borrow().is_none()
    }

    pub fn set_key(&self, key: Option<Key>) {
        *self.key.borrow_mut() = key;
    }

    /// Something is under way, so that the run can't be left.
    pub fn is_busy(&self) -> bool {
        let going = matches!(self.engine.borrow().state(), RunState::Running | RunState::Stopping);
        going || !self.in_flight.borrow().is_empty()
    }

    /// Results that only this worker's memory holds.
    pub fn has_unsaved(&self) -> bool {
        !self.unsaved.borrow().records.is_empty()
    }

    pub fn command(self: &Rc<Self>, command: Command) -> Result<(), Problem> {
        let command = self.checked(command)?;
        self.handle(Event::Command(command));
        Ok(())
    }

    fn checked(&self, command: Command) -> Result<Command, Problem> {
        match command {
            Command::Resume if self.needs_key() => Err(problem(
                Place::Provider,
                "This run used an API key, which is never stored. Enter it again, then resume.",
            )),
            Command::SetBudget(budget) => {
                terms::plan(&Setup { budget, ..self.setup().clone() })?;
                Ok(Command::SetBudget(budget))
            }
            Command::SetLimits { lane, limits } => {
                let limits = terms::bounded(self.setup(), limits);
                terms::plan(&Setup { limits: limits.clone(), budget: None, ..self.setup().clone() })?;
                Ok(Command::SetLimits { lane, limits })
            }
            command => Ok(command),
        }
    }

    /// Tells the engine what happened and carries out what it wants. Nothing that is carried out answers at once, so
    /// the engine is never entered twice.
    pub fn handle(self: &Rc<Self>, event: Event) {
        let effects: Vec<Effect> = {
            let mut engine = self.engine.borrow_mut();
            engine.handle(event, now());
            std::iter::from_fn(|| engine.poll_effect()).collect()
        };
        for effect in effects {
            self.carry_out(effect);
        }
        self.set_wake();
        self.give_notice();
        self.tell_soon();
    }

    fn carry_out(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::LookUp { item } => self.look_up(item),
            Effect::Save { ticket, records } => self.save(ticket, records),
            Effect::Send { attempt, item, .. } => self.send(attempt, item),
            Effect::Abort { attempt } => {
                if let Some(controller) = self.in_flight.borrow().get(&attempt) {
                    controller.abort();
                }
            }
            Effect::Notify(notice) => self.notices.borrow_mut().push(notice),
        }
    }

    fn send(self: &Rc<Self>, attempt: AttemptId, item: Ordinal) {
        let session = self.clone();
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        self.in_flight.borrow_mut().extend(controller.map(|controller| (attempt, controller)));
        let key = self.key.borrow().clone();
        spawn_local(async move {
            let sending =
                Sending { setup: session.setup(), prepared: &session.prepared, item, attempt, seed: session.seed };
            let (outcome, seen) = match signal {
                Some(signal) => sending.outcome(key, signal).await,
                None => (Outcome::never_sent("this browser cannot give a request up"), None),
            };
            session.in_flight.borrow_mut().remove(&attempt);
            session.handle(Event::Ended { attempt, outcome, seen: seen.map(Box::new) });
        });
    }

    /// All look-ups of one turn go to the database together.
    fn look_up(self: &Rc<Self>, item: Ordinal) {
        self.look_ups.borrow_mut().push(item);
        if self.look_ups.borrow().len() > 1 {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            next_turn().await;
            let items = session.look_ups.take();
            let keys: Vec<CacheKey> = items.iter().map(|item| session.prepared.keys[*item as usize]).collect();
            let answers = session.storage.look_up(&keys).await;
            for (item, answer) in items.into_iter().zip(answers) {
                session.handle(Event::LookedUp { item, answer });
            }
        });
    }

    fn save(self: &Rc<Self>, ticket: Ticket, records: Vec<Record>) {
        let mut results = self.results.borrow_mut();
        for record in &records {
            results.apply(record);
        }
        drop(results);
        let mut unsaved = self.unsaved.borrow_mut();
        unsaved.records.extend(records);
        unsaved.ticket = Some(ticket);
        drop(unsaved);
        if self.flushing.replace(true) {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            session.flush().await;
            session.flushing.set(false);
            session.give_notice();
        });
    }

    /// Everything that gathers in one turn of the event loop, or while a flush is under way, goes down in one flush.
    async fn flush(self: &Rc<Self>) {
        loop {
            next_turn().await;
            let (ticket, records) = {
                let mut unsaved = self.unsaved.borrow_mut();
                let Some(ticket) = unsaved.ticket.take() else { return };
                (ticket, std::mem::take(&mut unsaved.records))
            };
            let Some(mut store) = self.store.take() else { return };
            let written = if records.is_empty() { Ok(()) } else { store.append(&records).await };
            self.store.replace(Some(store));
            match written {
                Ok(()) => {
                    self.unsaved.borrow_mut().refused = false;
                    self.remember_answers(&records);
                    self.handle(Event::Saved { ticket });
                }
                Err(why) => self.refused_by_disk(ticket, records, &why),
            }
        }
    }

    fn refused_by_disk(self: &Rc<Self>, ticket: Ticket, records: Vec<Record>, why: &str) {
        let mut unsaved = self.unsaved.borrow_mut();
        unsaved.records.splice(0..0, records);
        let again = std::mem::replace(&mut unsaved.refused, true);
        drop(unsaved);
        self.handle(Event::SaveFailed { ticket });
        if !again {
            page::refuse(problem(
                Place::Storage,
                format!(
                    "The browser would not write the run down: {why}. The run is paused, and nothing more is sent. \
                     What came back is kept in this tab: export it now, or free some space and resume."
                ),
            ));
        }
    }

    /// Finished answers go to the cache once their record is down.
    fn remember_answers(&self, records: &[Record]) {
        if !self.setup().use_cache {
            return;
        }
        let store = self.store.borrow();
        let Some(checkpoints) = store.as_ref().and_then(|store| store.checkpoints.as_ref()) else { return };
        for record in records {
            if let Entry::Settled { item, ending: Some(Ending::Succeeded(answer)), .. } = &record.entry
                && shareable(answer)
            {
                let key = &self.prepared.keys[*item as usize];
                checkpoints.cache(key, answer);
                self.known.borrow_mut().insert(*key);
            }
        }
    }

    fn set_wake(self: &Rc<Self>) {
        let wanted = self.engine.borrow().next_wake().map(|wake| wake.at);
        let mut wake = self.wake.borrow_mut();
        if wake.as_ref().map(|(at, _)| *at) == wanted {
            return;
        }
        *wake = wanted.map(|at| {
            let session = self.clone();
            let in_ms = at.ms_since(now()).clamp(1, WAKE_MS_MAX) as u32;
            let timeout = Timeout::new(in_ms, move || {
                session.wake.take();
                session.handle(Event::Woke);
            });
            (at, timeout)
        });
    }

    /// A run that came to rest is told once its last records are down, so that the figures beside it are final.
    fn give_notice(&self) {
        if self.is_settling() || self.notices.borrow().is_empty() {
            return;
        }
        self.tell();
        for notice in self.notices.take() {
            page::post(&ToPage::Notice(notice));
        }
    }

    fn is_settling(&self) -> bool {
        let at_rest = matches!(self.engine.borrow().state(), RunState::Paused(_) | RunState::Finished);
        at_rest && self.flushing.get()
    }

    fn tell(&self) {
        let progress = self.progress();
        if let Some(store) = &*self.store.borrow() {
            store.list(&self.manifest, self.summary());
        }
        page::post(&ToPage::Progress(progress));
    }

    /// About ten times a second while something changes, once a second while a run waits, and once at the end.
    fn tell_soon(self: &Rc<Self>) {
        self.changed.set(true);
        if self.telling.replace(true) {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            let mut idle_turns = 0;
            loop {
                sleep_ms(PROGRESS_MS).await;
                idle_turns += 1;
                if session.is_settling() {
                    continue;
                }
                if session.changed.replace(false) || idle_turns >= IDLE_TURNS {
                    idle_turns = 0;
                    session.tell();
                }
                if !session.is_busy() && !session.changed.get() {
                    session.telling.set(false);
                    return;
                }
            }
        });
    }

    pub fn summary(&self) -> RunSummary {
        let progress = self.progress();
        RunSummary {
            run: self.manifest.run.clone(),
            name: self.manifest.data.name.clone(),
            provider: self.setup().provider,
            model: self.setup().model.clone(),
            started: self.manifest.started,
            total: progress.total,
            done: progress.done,
            errored: progress.errored,
            finished: progress.state == RunState::Finished,
            spent: progress.spent,
            // What is under way would be doubtful after a crash.
            doubtful: progress.doubtful + in_flight_worst(&progress.state, progress.reserved),
            doubtful_attempts: progress.doubtful_attempts + progress.in_flight,
            busy: false,
            notes: Vec::new(),
        }
    }

    /// Lets the run go: its lock, its journal, its timers. What is on disk stays.
    pub async fn close(&self) {
        self.wake.take();
        while self.flushing.get() {
            sleep_ms(1).await;
        }
        if let Some(store) = self.store.take() {
            store.list(&self.manifest, self.summary());
            store.close().await;
        }
    }
}

fn in_flight_worst(state: &RunState, reserved: Usd) -> Usd {
    if *state == RunState::Finished { Usd::ZERO } else { reserved }
}
