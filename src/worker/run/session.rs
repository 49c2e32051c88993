//! The open run: events go to the engine, and its effects are carried out. Nothing is decided here.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::engine::{AttemptId, Command, Effect, Engine, Event, Notice, Ordinal, RunState};
use crate::link::{Breakdown, DemoSettings, Place, Problem, Secret, Setup, ToPage};
use crate::provider::{Bill, Failure, Outcome};
use crate::time::Time;
use crate::worker::browser::{catch_up_with_the_clock, next_turn, now, seed};
use crate::worker::disk::manifest::Manifest;
use crate::worker::disk::storage::{KeptTexts, RunStore, Storage};
use crate::worker::http::fetch::Key;
use crate::worker::http::local_network;
use crate::worker::page;
use crate::worker::plan::{self, problem};
use crate::worker::programs::answer_check::AnswerCheck;
use crate::worker::rows::prepare::{CacheKey, Prepared};
use crate::worker::run::results::Results;
use crate::worker::run::saving::Unsaved;
use crate::worker::run::scores::Scores;
use crate::worker::run::send::Sending;
use crate::worker::run::table::View;
use crate::worker::signal::{Cancel, Signal};

/// Timers of browsers count in 31 bits; an early wake does no harm.
const WAKE_MS_MAX: u64 = 60_000;
/// A label or a document; more is not compared by hand.
const CORRECTION_BYTES_MAX: usize = 10_000;
/// More cost tokens in every call, and rarely help.
const EXAMPLES_MAX: usize = 5;
/// The first answer may come from a preflight's connection, and an entry may be missing.
const PROTOCOL_LOOKS: u8 = 4;

pub struct Session {
    pub manifest: Manifest,
    pub prepared: Rc<Prepared>,
    pub check: AnswerCheck,
    pub results: RefCell<Results>,
    pub scores: RefCell<Scores>,
    pub(in crate::worker) engine: RefCell<Engine>,
    pub(in crate::worker) storage: Rc<Storage>,
    /// Empty while a flush has it, and after the run was closed.
    pub(in crate::worker) store: RefCell<Option<RunStore>>,
    pub texts: KeptTexts,
    /// The setup as each lane has it, and each lane's key.
    pub(in crate::worker) lanes: Vec<Setup>,
    /// The simulated provider, as the person last set it.
    demo: RefCell<DemoSettings>,
    keys: RefCell<Vec<Option<Key>>>,
    pub(super) in_flight: RefCell<HashMap<AttemptId, AbortController>>,
    pub(super) unsaved: RefCell<Unsaved>,
    pub(in crate::worker) flushing: Cell<bool>,
    /// A flush has ended.
    pub(super) flushed: Signal,
    /// When the last one did.
    pub(super) flushed_ms: Cell<u64>,
    notices: RefCell<Vec<Notice>>,
    look_ups: RefCell<Vec<Ordinal>>,
    wake: RefCell<Option<(Time, Timeout)>>,
    /// It goes on once its answers can be checked.
    awaits_check: Cell<bool>,
    pub(in crate::worker) changed: Cell<bool>,
    pub(in crate::worker) telling: Cell<bool>,
    pub(in crate::worker) told: RefCell<Option<Breakdown>>,
    /// The version of the scores that was told last.
    pub(in crate::worker) told_scores: Cell<Option<u64>>,
    /// Ends what is under way for a run that is closed.
    pub(in crate::worker) closing: Cancel,
    /// Lane by lane.
    protocols: RefCell<Vec<Protocol>>,
    seed: u64,
}

/// What is known of the protocol that a lane's server speaks.
#[derive(Clone, Copy)]
struct Protocol {
    /// Answers that are still to be looked at.
    looks: u8,
    is_http1: bool,
}

/// What a session is made of.
pub struct Parts {
    pub manifest: Manifest,
    pub prepared: Rc<Prepared>,
    pub check: AnswerCheck,
    pub results: Results,
    pub scores: Scores,
    pub engine: Engine,
    pub storage: Rc<Storage>,
    pub store: RunStore,
    /// One for each lane.
    pub keys: Vec<Option<Key>>,
}

impl Session {
    pub fn new(parts: Parts) -> Rc<Session> {
        let setup = &parts.manifest.setup;
        let lanes: Vec<Setup> = (0..setup.lanes()).map(|lane| setup.of_lane(lane)).collect();
        let mut keys = parts.keys;
        keys.resize(lanes.len(), None);
        Rc::new(Session {
            demo: RefCell::new(parts.manifest.setup.demo.clone()),
            keys: RefCell::new(keys),
            manifest: parts.manifest,
            prepared: parts.prepared,
            check: parts.check,
            results: RefCell::new(parts.results),
            scores: RefCell::new(parts.scores),
            engine: RefCell::new(parts.engine),
            storage: parts.storage,
            texts: parts.store.texts(),
            store: RefCell::new(Some(parts.store)),
            in_flight: RefCell::default(),
            unsaved: RefCell::default(),
            flushing: Cell::new(false),
            flushed: Signal::default(),
            flushed_ms: Cell::default(),
            notices: RefCell::default(),
            look_ups: RefCell::default(),
            wake: RefCell::default(),
            awaits_check: Cell::new(false),
            changed: Cell::new(false),
            telling: Cell::new(false),
            told: RefCell::default(),
            told_scores: Cell::new(None),
            closing: Cancel::default(),
            protocols: RefCell::new(vec![Protocol { looks: PROTOCOL_LOOKS, is_http1: false }; lanes.len()]),
            lanes,
            seed: seed(),
        })
    }

    pub fn setup(&self) -> &Setup {
        &self.manifest.setup
    }

    pub fn progress(&self) -> crate::engine::Progress {
        self.engine.borrow().progress(now())
    }

    /// From the next call on. It is not kept with the run.
    pub fn set_demo(&self, demo: DemoSettings) {
        *self.demo.borrow_mut() = demo;
    }

    /// Whether a row could still end with an answer from elsewhere.
    pub fn takes_import(&self, item: Ordinal) -> bool {
        self.engine.borrow().takes_import(item)
    }

    /// Lane by lane: whether its key has to be entered before it can send.
    pub fn needs_keys(&self) -> Vec<bool> {
        let keys = self.keys.borrow();
        keys.iter().enumerate().map(|(lane, key)| key.is_none() && self.manifest.lane_used_key(lane)).collect()
    }

    /// Takes a key for one lane, and tries the lane again if it had stopped.
    pub fn set_key(self: &Rc<Self>, lane: u8, secret: Option<Secret>) -> Result<(), Problem> {
        let place = usize::from(lane);
        let Some(own) = self.lanes.get(place) else {
            return Err(problem(Place::Provider, "This run has no such lane."));
        };
        // Whatever the page took for granted meanwhile, it hears how it is.
        self.told.take();
        let bound = Key::bind(secret, own).map_err(|found| plan::of_lane(self.setup(), place, found));
        if let Ok(key) = &bound {
            self.keys.borrow_mut()[place].clone_from(key);
        }
        self.tell_breakdown();
        bound?;
        if self.engine.borrow().state() == &RunState::Running {
            self.handle(Event::Command(Command::ResumeLane { lane }));
        }
        Ok(())
    }

    pub(in crate::worker) fn key_of_lane(&self, lane: usize) -> Option<Key> {
        self.keys.borrow().get(lane).cloned().flatten()
    }

    /// Something is under way, so that the run can't be left.
    pub fn is_busy(&self) -> bool {
        let going = matches!(self.engine.borrow().state(), RunState::Running | RunState::Stopping);
        going || !self.in_flight.borrow().is_empty()
    }

    /// What tables and exports look at.
    pub fn view<'a>(&'a self, results: &'a Results, scores: &'a Scores) -> View<'a> {
        View {
            scores,
            setup: self.setup(),
            check: &self.check,
            table: &self.prepared.table,
            results,
            texts: &self.texts,
        }
    }

    /// A right answer set by hand: of a row, whichever candidate's item was corrected.
    pub fn correct(self: &Rc<Self>, item: Ordinal, text: Option<String>) -> Result<(), Problem> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.as_ref().is_some_and(|text| text.len() > CORRECTION_BYTES_MAX) {
            return Err(problem(Place::Results, "A right answer may have 10,000 characters at most. Shorten it."));
        }
        let candidates = self.setup().candidates().unwrap_or(1) as Ordinal;
        let first = item - item % candidates;
        self.handle_all((first..first + candidates).map(|item| Event::Correct { item, text: text.clone() }));
        Ok(())
    }

    /// Some of the rows whose answers were set by hand, as a part of a system prompt.
    pub fn tell_examples(&self) -> Result<(), Problem> {
        let results = self.results.borrow();
        let (mut text, mut rows) = (String::from("\n\nExamples:"), Vec::new());
        for item in (0..self.prepared.items()).step_by(self.setup().candidates().unwrap_or(1)) {
            let Some(right) = results.correction(item) else { continue };
            let (_, user) = self.prepared.render(item).map_err(|found| problem(Place::Prompt, found.to_string()))?;
            text.push_str(&format!("\n\n{user}\nAnswer: {right}"));
            rows.push(self.prepared.table.file_row(item as usize) as u32);
            if rows.len() == EXAMPLES_MAX {
                break;
            }
        }
        // Braces in a row's text are no placeholders.
        let text = format!("{{% raw %}}{}{{% endraw %}}", text.replace("{% endraw %}", ""));
        match rows.is_empty() {
            true => Err(problem(Place::Results, "No right answer was set by hand yet. Open a row and set one.")),
            false => {
                page::post(&ToPage::Examples { text, rows });
                Ok(())
            }
        }
    }

    /// Asks again for the answers that don't fit or were cut off.
    pub fn ask_again(self: &Rc<Self>) -> Result<(), Problem> {
        let results = self.results.borrow();
        let wanting = |item: &Ordinal| results.kept(*item).is_some_and(|kept| !kept.is_shareable());
        let own = |item: &Ordinal| results.kept_itself(*item);
        let mut events = Vec::new();
        for item in (0..self.prepared.items()).filter(|item| own(item) && wanting(item)) {
            let answer = results.answer(item, &self.texts).map_err(|why| {
                problem(Place::Results, format!("An answer could not be read back: {why}. Nothing was asked again."))
            })?;
            events.extend(answer.map(|answer| Event::AskAgain { item, answer: answer.into_owned() }));
        }
        drop(results);
        self.checked(Command::Resume)?;
        self.once_checkable(move |session| {
            session.handle_all(events);
            session.carry_on(Command::Resume);
        });
        Ok(())
    }

    pub fn command(self: &Rc<Self>, command: Command) -> Result<(), Problem> {
        let command = self.checked(command)?;
        match command {
            // What may not be paid for before its answers can be checked.
            Command::Resume | Command::HandOver(_) => {
                self.once_checkable(|session| session.carry_on(command));
                return Ok(());
            }
            Command::Pause | Command::Stop => self.awaits_check.set(false),
            _ => {}
        }
        self.carry_on(command);
        Ok(())
    }

    /// At once, or, where a run that was opened has not loaded what checks its answers, once it has.
    fn once_checkable(self: &Rc<Self>, go_on: impl FnOnce(&Rc<Session>) + 'static) {
        if self.check.is_ready() {
            return go_on(self);
        }
        if self.awaits_check.replace(true) {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            let ready = session.closing.race(session.check.ready()).await;
            if session.awaits_check.replace(false) {
                match ready {
                    Some(Ok(())) => go_on(&session),
                    Some(Err(found)) => page::refuse(problem(Place::Run, found.message)),
                    None => {}
                }
            }
        });
    }

    fn carry_on(self: &Rc<Self>, command: Command) {
        // A disk that refuses again says so again.
        let again = command == Command::Resume && self.unsaved.borrow_mut().refused.take().is_some();
        self.handle(Event::Command(command));
        if again {
            self.begin_flush();
        }
    }

    fn checked(&self, command: Command) -> Result<Command, Problem> {
        match command {
            // A lane whose key is missing stops by itself; with none that could send, there is nothing to resume.
            Command::Resume if self.needs_keys().iter().all(|needs| *needs) => Err(problem(
                Place::Provider,
                "This run used an API key, which is never stored. Enter it again, then resume.",
            )),
            Command::HandOver(_) => plan::refuse_compared(self.setup()).map(|()| command),
            Command::SetBudget(budget) => {
                plan::checked_plan(&Setup { budget, ..self.setup().clone() })?;
                Ok(Command::SetBudget(budget))
            }
            Command::SetLimits { lane, limits } => {
                let Some(own) = self.lanes.get(usize::from(lane)) else {
                    return Err(problem(Place::Limits, "This run has no such lane."));
                };
                let mut limits = plan::bounded(own, limits);
                if self.protocols.borrow()[usize::from(lane)].is_http1 {
                    limits.concurrency = limits.concurrency.min(plan::IN_FLIGHT_MAX_HTTP1);
                }
                let checked = plan::checked_plan(&Setup { limits: limits.clone(), budget: None, ..own.clone() });
                checked.map_err(|found| plan::of_lane(self.setup(), lane.into(), found))?;
                Ok(Command::SetLimits { lane, limits })
            }
            command => Ok(command),
        }
    }

    /// Tells the engine what happened and carries out what it wants. Nothing that is carried out answers at once, so
    /// the engine is never entered twice.
    pub fn handle(self: &Rc<Self>, event: Event) {
        self.handle_all([event]);
    }

    /// The same for events that came together.
    pub fn handle_all(self: &Rc<Self>, events: impl IntoIterator<Item = Event>) {
        if self.closing.begun() {
            return;
        }
        if self.in_flight.borrow().is_empty() {
            catch_up_with_the_clock();
        }
        let effects: Vec<Effect> = {
            let mut engine = self.engine.borrow_mut();
            for event in events {
                engine.handle(event, now());
            }
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
            Effect::Send { attempt, item, lane, .. } => self.send(attempt, item, lane),
            Effect::Abort { attempt } => {
                if let Some(controller) = self.in_flight.borrow().get(&attempt) {
                    controller.abort();
                }
            }
            Effect::Batch(effect) => self.batch_step(effect),
            Effect::Notify(notice) => self.notices.borrow_mut().push(notice),
        }
    }

    fn send(self: &Rc<Self>, attempt: AttemptId, item: Ordinal, lane: u8) {
        let session = self.clone();
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        self.in_flight.borrow_mut().extend(controller.map(|controller| (attempt, controller)));
        let place = usize::from(lane);
        let key = self.keys.borrow().get(place).cloned().flatten();
        let keyless = key.is_none() && self.manifest.lane_used_key(place);
        spawn_local(async move {
            let setup = &session.lanes[place];
            let demo = session.demo.borrow().clone();
            let sending = Sending { setup, demo, prepared: &session.prepared, item, attempt, seed: session.seed };
            let (outcome, seen) = match signal {
                _ if keyless => (Outcome::Failed { failure: Failure::no_key(), bill: Bill::Nothing }, None),
                Some(signal) => sending.outcome(key, signal).await,
                None => (Outcome::never_sent("this browser cannot give a request up"), None),
            };
            let outcome = session.check.checked(outcome).await;
            session.in_flight.borrow_mut().remove(&attempt);
            session.heed_protocol(place);
            session.handle(Event::Ended { attempt, outcome, seen: seen.map(Box::new) });
        });
    }

    /// A browser opens few connections to one server that speaks HTTP/1.1 behind https: calls above them would wait in
    /// the browser while their deadline runs. The first answers tell, where the server lets pages know.
    fn heed_protocol(self: &Rc<Self>, lane: usize) {
        let setup = &self.lanes[lane];
        if self.protocols.borrow()[lane].looks == 0 || !setup.provider.is_remote() {
            return;
        }
        self.protocols.borrow_mut()[lane].looks -= 1;
        let url = setup.wire().post_url(&setup.base_url);
        let version = local_network::http_version(&url);
        local_network::forget_timings();
        if version != Some("HTTP/1.1") {
            return;
        }
        self.protocols.borrow_mut()[lane] = Protocol { looks: 0, is_http1: true };
        let Some(mut limits) = self.progress().lanes.get(lane).map(|lane| lane.limits.clone()) else { return };
        if limits.concurrency > plan::IN_FLIGHT_MAX_HTTP1 {
            limits.concurrency = plan::IN_FLIGHT_MAX_HTTP1;
            self.handle(Event::Command(Command::SetLimits { lane: lane as u8, limits }));
            let note = problem(Place::Run, plan::HTTP1_NOTE);
            page::post(&ToPage::Noted(plan::of_lane(self.setup(), lane, note).message));
        }
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
            let keys: Vec<CacheKey> = items.iter().flat_map(|item| session.prepared.keys_of(*item)).collect();
            let mut answers = session.storage.look_up(&keys).await.into_iter();
            for item in items {
                let mut fitting = None;
                for answer in answers.by_ref().take(session.prepared.keys_of(item).count()) {
                    // It may have been kept for another format.
                    if fitting.is_none() {
                        fitting = session.check.fitting(answer).await;
                    }
                }
                session.handle(Event::LookedUp { item, answer: fitting });
            }
        });
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
    pub(super) fn give_notice(&self) {
        if self.is_settling() || self.notices.borrow().is_empty() {
            return;
        }
        self.tell();
        for notice in self.notices.take() {
            page::post(&ToPage::Notice(notice));
        }
    }

    pub(in crate::worker) fn is_settling(&self) -> bool {
        let at_rest = matches!(self.engine.borrow().state(), RunState::Paused(_) | RunState::Finished);
        at_rest && self.flushing.get()
    }

    /// Lets the run go: its lock, its journal, its timers, what is under way for its jobs. What is on disk stays.
    pub async fn close(&self) {
        self.closing.begin();
        // What is canceled ends in this turn.
        next_turn().await;
        self.wake.take();
        self.flushed.until(|| (!self.flushing.get()).then_some(())).await;
        if let Some(store) = self.store.take() {
            store.list(&self.summary());
            store.close().await;
        }
    }
}
