//! Starting a run, opening a kept one, and leaving the open one.

use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen_futures::spawn_local;

use crate::engine::{Began, Command, Engine, Restoration};
use crate::link::{Place, Problem, RunId, Secret, Setup, Task, ToPage};
use crate::money::Usd;
use crate::worker::browser::{Slices, now, seed};
use crate::worker::disk::gathered::Read;
use crate::worker::disk::manifest::{DataFacts, FORMAT, Manifest};
use crate::worker::disk::storage::Kept;
use crate::worker::http::fetch::Key;
use crate::worker::page;
use crate::worker::plan::{self, problem};
use crate::worker::programs::answer_check::AnswerCheck;
use crate::worker::programs::tokenizer::Vocabulary;
use crate::worker::rows::counting;
use crate::worker::rows::data::Data;
use crate::worker::rows::prepare::Prepared;
use crate::worker::run::results::Results;
use crate::worker::run::scores::Scores;
use crate::worker::run::session::{Parts, Session};
use crate::worker::run::table::Window;
use crate::worker::shell::{Shell, unprepared};
use crate::worker::signal::to_its_end;

impl Shell {
    pub(super) async fn start(self: &Rc<Self>, asked: Setup, secrets: Vec<Option<Secret>>) -> Result<(), Problem> {
        let keys = bound(&asked, secrets)?;
        self.start_with(asked, keys).await
    }

    /// All rows with one candidate of the open comparison: those that it answered come from the cache.
    pub(super) async fn run_rest(self: &Rc<Self>, lane: u8) -> Result<(), Problem> {
        let session = self.session()?;
        if session.needs_keys().get(usize::from(lane)).is_some_and(|needs| *needs) {
            let words = "This candidate used an API key, which is never stored. Enter it again, then run the rest.";
            return Err(problem(Place::Provider, words));
        }
        let rest = plan::rest_with(session.setup(), lane.into(), &session.progress())?;
        self.start_with(rest, vec![session.key_of_lane(lane.into())]).await
    }

    async fn start_with(self: &Rc<Self>, asked: Setup, keys: Vec<Option<Key>>) -> Result<(), Problem> {
        self.tasks.idle(Task::File).await;
        if self.trying.get() {
            return Err(problem(Place::Run, "A trial is under way. Start the run once its answers are there."));
        }
        self.may_leave()?;
        let data = self.data()?;
        let setup = Setup { budget: self.budget_left(&asked)?, ..asked.clone() };
        let plan = plan::checked_plan(&setup)?;
        if let Some(missing) = setup.id_column.as_ref().filter(|id| !data.table.columns().contains(id)) {
            return Err(problem(Place::Data, format!("The data has no column \u{201c}{missing}\u{201d} for the id.")));
        }
        let named = setup.truth_column().into_iter().chain(setup.rows.column());
        if let Some(missing) = named.into_iter().find(|name| !data.table.columns().iter().any(|column| column == name))
        {
            return Err(problem(
                Place::Data,
                format!("The data has no column \u{201c}{missing}\u{201d}. Choose another."),
            ));
        }
        let check = AnswerCheck::new(&setup.answer_format)?;
        check.ready().await?;
        let slices = &mut Slices::of(Task::Run);
        let prepared = self.prepared(&data, &setup, slices, || false).await.map_err(unprepared)?;
        // A start doesn't wait for a download.
        if Vocabulary::of(&setup).is_some_and(|vocabulary| self.tokenizers.is_ready(vocabulary)) {
            counting::count_rows(&prepared, &setup, &self.tokenizers, slices, || false).await.map_err(unprepared)?;
        }
        let facts = self.facts(&prepared, slices).await;
        plan::check_sizes(&plan, &facts)?;
        self.tasks.hold(Task::Run);
        self.leave_session().await?;
        let manifest = Manifest {
            format: FORMAT,
            run: new_run_id(),
            started: now(),
            used_key: keys.first().is_some_and(Option::is_some),
            more_used_keys: keys.iter().skip(1).map(Option::is_some).collect(),
            data: DataFacts {
                name: data.name.clone(),
                bytes: data.bytes.len() as u64,
                crc32: data.crc32,
                rows: data.rows(),
                read: data.read,
            },
            items: (prepared.items() != data.rows()).then(|| prepared.items()),
            setup,
        };
        let store = self.storage.create(&manifest, &data.bytes).await?;
        let engine = Engine::new(plan, facts, seed(), now());
        let results = Results::new(prepared.items());
        let mut notes = plan::notes(&manifest.setup);
        if let (Some(asked), Some(left)) = (asked.budget, manifest.setup.budget)
            && left < asked
        {
            let [took, asked, left] = [asked - left, asked, left].map(Usd::short);
            notes.push(format!("Trials took {took} of the budget of {asked}: this run has {left}."));
        }
        let mut spend = self.trial_spend.get();
        spend[usize::from(manifest.setup.provider.is_remote())] = Usd::ZERO;
        self.trial_spend.set(spend);
        let storage = self.storage.clone();
        let mut scores = Scores::new(&manifest.setup, &prepared.table);
        scores.count_labelled(&prepared.table, slices).await;
        let parts = Parts { manifest, prepared, check, results, scores, engine, storage, store, keys };
        let session = Session::new(parts);
        match self.import.take() {
            Some(import) if import.answers(&data, session.setup()) => {
                import.enter(&session, slices).await;
            }
            Some(import) if Rc::ptr_eq(&import.data, &data) => notes.push(format!(
                "The answers of {} are left out: in a comparison every model answers each row itself.",
                import.name
            )),
            _ => {}
        }
        let begun = session.command(Command::Resume);
        self.enter(session, notes);
        begun
    }

    pub(super) async fn open_run(self: &Rc<Self>, run: RunId) -> Result<(), Problem> {
        let open = self.session.borrow().clone();
        if let Some(session) = open.filter(|session| session.manifest.run == run) {
            self.enter(session, Vec::new());
            return Ok(());
        }
        self.leave_session().await?;
        // A handle that is being opened can't be let go of half-way.
        let storage = self.storage.clone();
        let (store, mut kept) = to_its_end(async move { storage.open_run(&run).await }).await?;
        let slices = &mut Slices::of(Task::Run);
        let prepared = self.rows_of(&mut kept, slices).await?;
        let (mut results, mut scores) =
            (Results::new(kept.manifest.items()), Scores::new(&kept.manifest.setup, &prepared.table));
        scores.count_labelled(&prepared.table, slices).await;
        let texts = store.texts();
        for Read { record, away } in &kept.records {
            slices.turn().await;
            scores.before(record, &results, &prepared.table, &texts);
            results.take(record, *away);
            scores.after(record, &results, &prepared.table, &texts);
        }
        results.cut_off();
        let engine = self.restored(&mut kept, &prepared, slices).await;
        let format = &kept.manifest.setup.answer_format;
        let check = AnswerCheck::new(format).unwrap_or_else(AnswerCheck::Unusable);
        self.tasks.hold(Task::Run);
        let mut notes = kept.notes;
        notes.extend(plan::notes(&kept.manifest.setup));
        let storage = self.storage.clone();
        *self.data.borrow_mut() = Some(prepared.data.clone());
        let parts = Parts {
            manifest: kept.manifest,
            prepared,
            check,
            results,
            scores,
            engine,
            storage,
            store,
            keys: Vec::new(),
        };
        self.enter(Session::new(parts), notes);
        Ok(())
    }

    /// The rows of a kept run.
    async fn rows_of(&self, kept: &mut Kept, slices: &mut Slices) -> Result<Rc<Prepared>, Problem> {
        let unreadable = |why: &str| problem(Place::Runs, format!("This run can't be opened: {why}."));
        let facts = &kept.manifest.data;
        let data = Data::read(facts.name.clone(), std::mem::take(&mut kept.data), facts.read, slices).await;
        let data = data.map_err(|_| unreadable("its data can no longer be read"))?;
        if data.rows() != facts.rows {
            return Err(unreadable("its data is read differently now"));
        }
        let setup = &kept.manifest.setup;
        let prepared = self.prepared(&Rc::new(data), setup, slices, || false).await;
        let prepared = prepared.map_err(unprepared)?;
        if prepared.items() != kept.manifest.items() {
            return Err(unreadable("other rows of its data are chosen now"));
        }
        Ok(prepared)
    }

    /// The engine of a kept run, as its records tell it.
    async fn restored(&self, kept: &mut Kept, prepared: &Prepared, slices: &mut Slices) -> Engine {
        let setup = &kept.manifest.setup;
        let began = kept.records.iter().find_map(|read| read.record.began()).cloned();
        let (plan, facts) = match began {
            Some(Began { plan, facts }) => {
                (plan, self.with_cached(prepared, Arc::unwrap_or_clone(facts), slices).await)
            }
            // A run of before this was recorded.
            None => (plan::plan(setup), self.facts(prepared, slices).await),
        };
        let records = std::mem::take(&mut kept.records);
        let began = records.first().map_or(now(), |first| first.record.at.min(now()));
        let mut restoration = Restoration::begin(plan, facts, seed(), began);
        for Read { record, .. } in records {
            slices.turn().await;
            restoration.take(&record);
        }
        restoration.end(now())
    }

    fn enter(&self, session: Rc<Session>, notes: Vec<String>) -> Rc<Session> {
        *self.session.borrow_mut() = Some(session.clone());
        *self.window.borrow_mut() = Window::default();
        page::post(&ToPage::Opened {
            run: session.manifest.run.clone(),
            setup: session.setup_in_force(),
            data: session.prepared.data.summary.clone(),
            progress: session.progress(),
            needs_keys: session.needs_keys(),
            notes,
        });
        // Whatever the page was told before, it starts anew.
        session.told.take();
        session.told_scores.set(None);
        session.tell_breakdown();
        session
    }

    /// Whether something is under way in the open run that leaving it would break off.
    fn may_leave(&self) -> Result<(), Problem> {
        let Some(session) = self.session.borrow().clone() else { return Ok(()) };
        let refused = |words: &str| Err(problem(Place::Run, words));
        if session.is_busy() {
            return refused("A run is under way. Pause or stop it, and wait for what is in flight.");
        }
        if self.tasks.is_busy(Task::Import) {
            return refused("A file is being read into the open run. Wait for its end, or cancel it.");
        }
        if self.tasks.is_busy(Task::Export) {
            return refused("A file is being written from the open run. Wait for its end, or cancel it.");
        }
        Ok(())
    }

    /// Lets the open run go, where nothing would be lost by it.
    async fn leave_session(self: &Rc<Self>) -> Result<(), Problem> {
        self.may_leave()?;
        let Some(session) = self.session.borrow().clone() else { return Ok(()) };
        if session.saved_or_refused().await.is_err() {
            return Err(problem(
                Place::Storage,
                "The open run has results that only this tab holds. Free some space and resume it, or export them and \
                 delete the run.",
            ));
        }
        self.session.take();
        session.close().await;
        let shell = self.clone();
        spawn_local(async move { shell.read_cache().await });
        Ok(())
    }
}

/// Each lane's key, bound to the address that it was entered for.
fn bound(setup: &Setup, secrets: Vec<Option<Secret>>) -> Result<Vec<Option<Key>>, Problem> {
    let mut secrets = secrets.into_iter();
    let key = |lane: usize| {
        let bound = Key::bind(secrets.next().flatten(), &setup.of_lane(lane));
        bound.map_err(|found| plan::of_lane(setup, lane, found))
    };
    (0..setup.lanes()).map(key).collect()
}

/// `20261123-154501-x7k2`: the moment in UTC, and four letters against two runs in one second.
fn new_run_id() -> RunId {
    let now: String = js_sys::Date::new_0().to_iso_string().into();
    let digits: String = now.chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut left = seed();
    let mut ending = String::new();
    for _ in 0..4 {
        ending.push(LETTERS[(left % LETTERS.len() as u64) as usize] as char);
        left /= LETTERS.len() as u64;
    }
    format!("{day}-{time}-{ending}")
}
