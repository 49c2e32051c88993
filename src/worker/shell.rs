//! What the page asks for, answered one message after the other; long reading goes on beside it.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::answer_check::AnswerCheck;
use super::batch::files;
use super::browser::{now, seed, words};
use super::counting;
use super::data::Data;
use super::disk::manifest::{DataFacts, FORMAT, Manifest};
use super::disk::storage::{Kept, Storage};
use super::fetch::Key;
use super::imports::Import;
use super::page;
use super::prepare::{CacheKey, Prepared, Unprepared, prepare};
use super::results::Results;
use super::rows::{Window, detail};
use super::session::{Parts, Session};
use super::terms::{self, problem, template_words};
use super::tokenizer::{Tokenizers, Vocabulary};
use super::{connection, export, simulate};
use crate::dataset::{self, BadLines, ReadOptions};
use crate::engine::{Began, Command, Engine};
use crate::link::batch::BatchAsk;
use crate::link::{CsvStyle, ExportKind, Place, Problem, RunId, Secret, Setup, ToPage, ToWorker};
use crate::money::Usd;

pub(super) const FILE_BYTES_MAX: f64 = 512.0 * 1024.0 * 1024.0;

/// A message with the file that travels beside it.
pub struct Letter {
    pub message: ToWorker,
    pub file: Option<File>,
}

pub struct Shell {
    pub(super) storage: Rc<Storage>,
    data: RefCell<Option<Rc<Data>>>,
    session: RefCell<Option<Rc<Session>>>,
    pub(super) prepared: RefCell<Option<Rc<Prepared>>>,
    /// A checkpoint that waits for the start of a run.
    pub(super) import: RefCell<Option<Import>>,
    /// Keys of the request cache.
    pub(super) known: Rc<RefCell<HashSet<CacheKey>>>,
    window: RefCell<Window>,
    /// What trials have cost or may have, for the Demo and for real: the next run's budget lacks it.
    pub(super) trial_spend: Cell<[Usd; 2]>,
    pub(super) trying: Cell<bool>,
    /// Numbers estimates: only the latest is wanted.
    pub(super) estimate: Cell<u64>,
    /// The latest that an estimate was asked for.
    pub(super) estimated: RefCell<Option<Setup>>,
    /// Numbers previews.
    pub(super) preview: Cell<u64>,
    pub(super) tokenizers: Tokenizers,
    inbox: RefCell<VecDeque<Letter>>,
    reading: Cell<bool>,
}

impl Shell {
    pub async fn open() -> Rc<Shell> {
        let storage = Rc::new(Storage::open().await);
        storage.sweep().await;
        let known = storage.cached_keys().await.into_iter().collect();
        page::post(&ToPage::Ready { storage: storage.facts().await, runs: storage.runs(None).await });
        if let Some(why) = &storage.refused {
            let left = match storage.opfs {
                Some(_) => "Runs are kept without it; only the request cache is missing.",
                None => {
                    "Nothing can be kept here: a run lives in this tab alone. Export its results before closing it."
                }
            };
            page::refuse(problem(Place::Storage, format!("The browser's database can't be used: {why}. {left}")));
        }
        Rc::new(Shell {
            storage,
            data: RefCell::default(),
            session: RefCell::default(),
            prepared: RefCell::default(),
            import: RefCell::default(),
            known: Rc::new(RefCell::new(known)),
            window: RefCell::default(),
            trial_spend: Cell::new([Usd::ZERO; 2]),
            trying: Cell::new(false),
            estimate: Cell::new(0),
            estimated: RefCell::default(),
            preview: Cell::new(0),
            tokenizers: Tokenizers::default(),
            inbox: RefCell::default(),
            reading: Cell::new(false),
        })
    }

    /// Messages are answered in the order in which they came.
    pub fn receive(self: &Rc<Self>, letter: Letter) {
        self.inbox.borrow_mut().push_back(letter);
        if self.reading.replace(true) {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            loop {
                let next = shell.inbox.borrow_mut().pop_front();
                let Some(letter) = next else { break };
                if let Err(problem) = shell.answer(letter).await {
                    page::refuse(problem);
                }
            }
            shell.reading.set(false);
        });
    }

    async fn answer(self: &Rc<Self>, Letter { message, file }: Letter) -> Result<(), Problem> {
        match message {
            ToWorker::OpenFile { name, bad_lines } => self.open_file(name, bad_lines, file).await?,
            ToWorker::OpenText { name, text, bad_lines } => self.open_bytes(name, text.into_bytes(), bad_lines),
            ToWorker::OpenSample => {
                let bytes = dataset::sample_csv().as_bytes().to_vec();
                self.open_bytes("sample.csv".into(), bytes, BadLines::Refuse);
            }
            ToWorker::Preview { row, setup } => {
                self.begin_preview(row, setup)?;
            }
            ToWorker::Estimate { setup } => self.begin_estimate(setup),
            ToWorker::CheckConnection { setup, keys } => connection::begin(&setup, keys),
            ToWorker::CountTokens { setup, key, row } => self.begin_count(setup, key, row),
            ToWorker::Try { setup, key, more_models } => self.begin_trial(setup, key, more_models),
            ToWorker::Start { setup, keys } => self.start(setup, keys).await?,
            ToWorker::Open { run } => self.open_run(run).await?,
            ToWorker::SetKey { lane, key } => self.session()?.set_key(lane, key)?,
            ToWorker::SetDemo(demo) => self.session()?.set_demo(demo),
            ToWorker::Run(command) => self.session()?.command(command)?,
            ToWorker::Batch(BatchAsk::ExportRequests { target }) => {
                files::export_requests(&self.session()?, target).await?;
            }
            ToWorker::Batch(BatchAsk::ImportResults { name }) => {
                let missing = || problem(Place::Results, format!("{name} did not arrive. Choose it again."));
                files::import_results(&self.session()?, name.clone(), file.ok_or_else(missing)?).await?;
            }
            ToWorker::Batch(ask) => self.session()?.batch_ask(ask)?,
            ToWorker::Rows { first, count, filter, search } => {
                let session = self.session()?;
                let results = session.results.borrow();
                let mut window = self.window.borrow_mut();
                let (matching, rows) = window.rows(&session.view(&results), (first, count), (filter, &search));
                page::post(&ToPage::Rows { first, matching, rows });
            }
            ToWorker::Detail { item } => {
                let session = self.session()?;
                if item >= session.prepared.data.rows() {
                    return Err(problem(Place::Results, "There is no such row."));
                }
                let results = session.results.borrow();
                page::post(&ToPage::Detail(detail(&session.view(&results), &session.prepared, item)));
            }
            ToWorker::ImportCheckpoint { name, into_run, id_column } => {
                self.import_checkpoint(name, into_run, id_column, file).await?;
            }
            ToWorker::ForgetCheckpoint => *self.import.borrow_mut() = None,
            ToWorker::Export { what, style } => self.begin_export(what, style)?,
            ToWorker::Simulate(asked) => simulate::begin(asked),
            ToWorker::ListRuns => self.list_runs().await,
            ToWorker::DeleteRun { run } => self.delete_run(run).await?,
            ToWorker::ClearCache => {
                self.storage.clear_cache().await?;
                let answers = std::mem::take(&mut *self.known.borrow_mut()).len() as u32;
                page::post(&ToPage::CacheCleared { answers });
            }
        }
        Ok(())
    }

    pub(super) fn data(&self) -> Result<Rc<Data>, Problem> {
        let data = self.data.borrow().clone();
        data.ok_or_else(|| problem(Place::Data, "No data is open. Choose a data file or the sample data first."))
    }

    pub(super) fn session(&self) -> Result<Rc<Session>, Problem> {
        let session = self.session.borrow().clone();
        session.ok_or_else(|| problem(Place::Run, "No run is open. Start one, or open one of the kept runs."))
    }

    async fn open_file(&self, name: String, bad_lines: BadLines, file: Option<File>) -> Result<(), Problem> {
        let refused = |why: String| problem(Place::Data, format!("{name} could not be read: {why}. Choose it again."));
        let file = file.ok_or_else(|| refused("the file did not arrive".into()))?;
        if file.size() > FILE_BYTES_MAX {
            return Err(problem(Place::Data, format!("{name} is larger than 512 MB. Split it, and run the parts.")));
        }
        let buffer = file.array_buffer().await.map_err(|error| refused(words(&error)))?;
        let bytes = Uint8Array::new(&buffer).to_vec();
        self.open_bytes(name, bytes, bad_lines);
        Ok(())
    }

    fn open_bytes(&self, name: String, bytes: Vec<u8>, bad_lines: BadLines) {
        match Data::read(name, bytes, ReadOptions { bad_lines, ..ReadOptions::default() }) {
            Ok(data) => {
                page::post(&ToPage::Data(data.summary()));
                *self.data.borrow_mut() = Some(Rc::new(data));
                *self.prepared.borrow_mut() = None;
                *self.import.borrow_mut() = None;
            }
            Err(problem) => page::post(&ToPage::DataRefused(problem)),
        }
    }

    /// The rows under this setup, from the last time where nothing changed.
    pub(super) async fn prepared(
        &self,
        data: &Rc<Data>,
        setup: &Setup,
        superseded: impl Fn() -> bool,
    ) -> Result<Rc<Prepared>, Unprepared> {
        let last = self.prepared.borrow().clone();
        if let Some(last) = last.filter(|last| last.fits(data, setup)) {
            return Ok(last);
        }
        let fresh = prepare(data, setup, superseded).await?;
        Ok(fresh.kept_in(&mut self.prepared.borrow_mut()))
    }

    async fn start(self: &Rc<Self>, asked: Setup, secrets: Vec<Option<Secret>>) -> Result<(), Problem> {
        if self.trying.get() {
            return Err(problem(Place::Run, "A trial is under way. Start the run once its answers are there."));
        }
        let data = self.data()?;
        let setup = Setup { budget: self.budget_left(&asked)?, ..asked.clone() };
        let plan = terms::plan(&setup)?;
        if let Some(missing) = setup.id_column.as_ref().filter(|id| !data.table.columns().contains(id)) {
            return Err(problem(Place::Data, format!("The data has no column \u{201c}{missing}\u{201d} for the id.")));
        }
        let check = AnswerCheck::new(&setup.answer_format)?;
        check.ready().await?;
        let keys = bound(&setup, secrets)?;
        self.leave_session().await?;
        let prepared = self.prepared(&data, &setup, || false).await.map_err(unprepared)?;
        // A start doesn't wait for a download.
        if Vocabulary::of(&setup).is_some_and(|vocabulary| self.tokenizers.is_ready(vocabulary)) {
            counting::count_rows(&prepared, &setup, &self.tokenizers, || false).await.map_err(unprepared)?;
        }
        let facts = prepared.facts(&self.known.borrow());
        terms::check_sizes(&plan, &facts)?;
        let manifest = Manifest {
            format: FORMAT,
            run: new_run_id(),
            started: now(),
            used_key: keys.first().is_some_and(Option::is_some),
            more_used_keys: keys.iter().skip(1).map(Option::is_some).collect(),
            data: DataFacts::of(&data.name, &data.bytes, data.rows(), data.read),
            setup,
        };
        let store = self.storage.create(&manifest, &data.bytes).await?;
        let engine = Engine::new(plan, facts, seed(), now());
        let results = Results::new(data.rows());
        let mut notes = terms::notes(&manifest.setup);
        if let (Some(asked), Some(left)) = (asked.budget, manifest.setup.budget)
            && left < asked
        {
            notes.push(format!("Trials took {} of the budget of {asked}: this run has {left}.", asked - left));
        }
        let mut spend = self.trial_spend.get();
        spend[usize::from(manifest.setup.provider.is_remote())] = Usd::ZERO;
        self.trial_spend.set(spend);
        let storage = self.storage.clone();
        let known = self.known.clone();
        let parts = Parts { manifest, prepared, check, results, engine, storage, store, known, keys };
        let session = Session::new(parts);
        let import = self.import.take().filter(|import| Rc::ptr_eq(&import.data, &data));
        if let Some(import) = import {
            import.enter(&session);
        }
        let begun = session.command(Command::Resume);
        self.enter(session, notes);
        begun
    }

    async fn open_run(self: &Rc<Self>, run: RunId) -> Result<(), Problem> {
        let open = self.session.borrow().clone();
        if let Some(session) = open.filter(|session| session.manifest.run == run) {
            self.enter(session, Vec::new());
            return Ok(());
        }
        self.leave_session().await?;
        let (store, kept) = self.storage.open_run(&run).await?;
        let (prepared, engine) = match self.restored(&kept).await {
            Ok(restored) => restored,
            Err(problem) => {
                store.close().await;
                return Err(problem);
            }
        };
        let check = AnswerCheck::new(&kept.manifest.setup.answer_format)?;
        let read = kept.records.iter().map(|read| (&read.record, read.away));
        let results = Results::restore(prepared.data.rows(), read);
        let mut notes = kept.notes;
        notes.extend(terms::notes(&kept.manifest.setup));
        let storage = self.storage.clone();
        let known = self.known.clone();
        *self.data.borrow_mut() = Some(prepared.data.clone());
        let parts = Parts {
            manifest: kept.manifest,
            prepared,
            check,
            results,
            engine,
            storage,
            store,
            known,
            keys: Vec::new(),
        };
        self.enter(Session::new(parts), notes);
        Ok(())
    }

    /// The rows of a kept run and its engine, as its records tell it.
    async fn restored(&self, kept: &Kept) -> Result<(Rc<Prepared>, Engine), Problem> {
        let unreadable = |why: &str| problem(Place::Runs, format!("This run can't be opened: {why}."));
        let facts = &kept.manifest.data;
        let data = Data::read(facts.name.clone(), kept.data.clone(), facts.read)
            .map_err(|_| unreadable("its data can no longer be read"))?;
        if data.rows() != facts.rows {
            return Err(unreadable("its data is read differently now"));
        }
        let setup = &kept.manifest.setup;
        let prepared = self.prepared(&Rc::new(data), setup, || false).await.map_err(unprepared)?;
        let began = kept.records.iter().find_map(|read| read.record.began());
        let (plan, facts) = match began {
            Some(Began { plan, facts }) => (plan.clone(), prepared.with_cached(facts, &self.known.borrow())),
            // A run of before this was recorded.
            None => (terms::plan(setup)?, prepared.facts(&self.known.borrow())),
        };
        let records = kept.records.iter().map(|read| read.record.clone());
        let engine = Engine::restore(plan, facts, records, seed(), now());
        Ok((prepared, engine))
    }

    fn enter(&self, session: Rc<Session>, notes: Vec<String>) -> Rc<Session> {
        *self.session.borrow_mut() = Some(session.clone());
        *self.window.borrow_mut() = Window::default();
        page::post(&ToPage::Opened {
            run: session.manifest.run.clone(),
            setup: session.setup_in_force(),
            data: session.prepared.data.summary(),
            progress: session.progress(),
            needs_keys: session.needs_keys(),
            notes,
        });
        page::post(&ToPage::Breakdown(session.breakdown()));
        session
    }

    /// Lets the open run go, where nothing would be lost by it.
    async fn leave_session(&self) -> Result<(), Problem> {
        let Some(session) = self.session.borrow().clone() else { return Ok(()) };
        if session.is_busy() {
            return Err(problem(Place::Run, "A run is under way. Pause or stop it, and wait for what is in flight."));
        }
        if session.has_unsaved() {
            return Err(problem(
                Place::Storage,
                "The open run has results that only this tab holds. Free some space and resume it, or export them and \
                 delete the run.",
            ));
        }
        self.session.take();
        session.close().await;
        Ok(())
    }

    fn begin_export(self: &Rc<Self>, what: ExportKind, style: CsvStyle) -> Result<(), Problem> {
        let session = self.session()?;
        spawn_local(async move {
            match export::export(&session, what, style).await {
                Ok(export::Exported { blob, file_name, rows }) => {
                    page::post_with(&ToPage::Exported { what, file_name, rows }, Some(&blob));
                }
                Err(problem) => page::refuse(problem),
            }
        });
        Ok(())
    }

    async fn list_runs(&self) {
        let own = self.session.borrow().clone();
        let mut runs = self.storage.runs(own.as_ref().map(|session| session.manifest.run.as_str())).await;
        if let Some(session) = own {
            let own = runs.iter_mut().find(|listed| listed.run == session.manifest.run);
            if let Some(listed) = own {
                *listed = session.summary();
            }
        }
        page::post(&ToPage::Runs(runs));
    }

    async fn delete_run(&self, run: RunId) -> Result<(), Problem> {
        let open = self.session.borrow().clone();
        if let Some(session) = open.filter(|session| session.manifest.run == run) {
            if session.is_busy() {
                return Err(problem(Place::Runs, "This run is under way. Stop it first, then delete it."));
            }
            self.session.take();
            session.close().await;
        }
        self.storage.delete(&run).await?;
        self.list_runs().await;
        Ok(())
    }
}

/// Each lane's key, bound to the address that it was entered for.
fn bound(setup: &Setup, secrets: Vec<Option<Secret>>) -> Result<Vec<Option<Key>>, Problem> {
    let mut secrets = secrets.into_iter();
    let key = |lane: usize| {
        let bound = Key::bind(secrets.next().flatten(), &setup.of_lane(lane));
        bound.map_err(|found| terms::of_lane(setup, lane, found))
    };
    (0..setup.lanes()).map(key).collect()
}

pub(super) fn unprepared(why: Unprepared) -> Problem {
    match why {
        Unprepared::Template(found) => problem(Place::Prompt, template_words(&found)),
        Unprepared::Superseded => problem(Place::Run, "The run was not started: the data changed meanwhile."),
    }
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

/// The file that travels with a message.
pub fn file_of(envelope: &wasm_bindgen::JsValue) -> Option<File> {
    super::browser::property(envelope, "file")?.dyn_into().ok()
}
