//! What the page asks for. What concerns the open run is done at once; long work is a task.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use crate::dataset::{self, BadLines};
use crate::engine::{ItemFacts, Ordinal};
use crate::link::batch::BatchAsk;
use crate::link::{Place, Problem, RowFilter, RunId, Setup, Task, ToPage, ToWorker};
use crate::money::Usd;
use crate::worker::batch::files;
use crate::worker::browser::{SLICE_MS, Slices, next_turn, words};
use crate::worker::disk::cache::CacheLimits;
use crate::worker::disk::storage::Storage;
use crate::worker::http::connection;
use crate::worker::page;
use crate::worker::plan::{problem, template_words};
use crate::worker::programs::tokenizer::Tokenizers;
use crate::worker::rows::data::Data;
use crate::worker::rows::prepare::{Prepared, Unprepared, prepare};
use crate::worker::run::export;
use crate::worker::run::imports::{self, Import};
use crate::worker::run::session::Session;
use crate::worker::run::table::{Window, chosen_rows, detail};
use crate::worker::signal::Signal;
use crate::worker::simulate;
use crate::worker::tasks::Tasks;

/// The page says what it waits for where the storage takes longer to open.
const SLOW_STORAGE_MS: u32 = 3_000;
const SLOW_STORAGE: &str = "Waiting for the browser's storage. Nothing starts before it opens. If it doesn't open within 30 \
                            seconds, a run may be kept only in this tab.";

/// A message with the file that travels beside it.
pub struct Letter {
    pub message: ToWorker,
    pub file: Option<File>,
}

pub struct Shell {
    pub(super) storage: Rc<Storage>,
    pub(super) data: RefCell<Option<Rc<Data>>>,
    pub(super) session: RefCell<Option<Rc<Session>>>,
    pub(super) prepared: RefCell<Option<Rc<Prepared>>>,
    /// A checkpoint that waits for the start of a run.
    pub(super) import: RefCell<Option<Rc<Import>>>,
    /// What the request cache holds is read after the first word to the page.
    cache_read: Cell<bool>,
    cache_noted: Signal,
    pub(super) window: RefCell<Window>,
    /// Numbers questions for rows: only the latest is wanted.
    search: Cell<u64>,
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
    pub(super) tasks: Tasks,
}

impl Shell {
    pub async fn open() -> Rc<Shell> {
        let slow = Timeout::new(SLOW_STORAGE_MS, || page::refuse(problem(Place::Storage, SLOW_STORAGE)));
        let storage = Rc::new(Storage::open().await);
        drop(slow);
        storage.sweep().await;
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
        let shell = Rc::new(Shell {
            storage,
            data: RefCell::default(),
            session: RefCell::default(),
            prepared: RefCell::default(),
            import: RefCell::default(),
            cache_read: Cell::new(false),
            cache_noted: Signal::default(),
            window: RefCell::default(),
            search: Cell::new(0),
            trial_spend: Cell::new([Usd::ZERO; 2]),
            trying: Cell::new(false),
            estimate: Cell::new(0),
            estimated: RefCell::default(),
            preview: Cell::new(0),
            tokenizers: Tokenizers::default(),
            tasks: Tasks::default(),
        });
        let opened = shell.clone();
        spawn_local(async move { opened.read_cache().await });
        shell
    }

    /// Cuts the request cache back, and notes what it holds.
    pub(super) async fn read_cache(&self) {
        self.storage.trim_cache(&CacheLimits::USUAL).await;
        self.cache_read.set(true);
        self.cache_noted.notify();
    }

    /// Rows' facts, with those rows marked that the request cache may answer.
    pub(super) async fn facts(&self, prepared: &Prepared, slices: &mut Slices) -> Vec<ItemFacts> {
        self.with_cached(prepared, prepared.facts(), slices).await
    }

    /// The same of facts that were recorded.
    pub(super) async fn with_cached(
        &self,
        prepared: &Prepared,
        mut facts: Vec<ItemFacts>,
        slices: &mut Slices,
    ) -> Vec<ItemFacts> {
        self.cache_noted.until(|| self.cache_read.get().then_some(())).await;
        for (item, facts) in facts.iter_mut().enumerate() {
            slices.turn().await;
            facts.maybe_cached = prepared.maybe_cached(item as Ordinal, |key| self.storage.cache.holds(key));
        }
        facts
    }

    /// What concerns the open run is done at once, in the order in which it came. Long work goes on beside it, each kind
    /// in a line of its own: see [`Tasks`].
    pub fn receive(self: &Rc<Self>, letter: Letter) {
        if let Err(problem) = self.answer(letter) {
            page::refuse(problem);
        }
    }

    fn answer(self: &Rc<Self>, Letter { message, file }: Letter) -> Result<(), Problem> {
        let shell = self.clone();
        match message {
            ToWorker::Run(command) => self.session()?.command(command)?,
            ToWorker::AskAgain => self.session()?.ask_again()?,
            ToWorker::Correct { item, text } => self.session()?.correct(item, text)?,
            ToWorker::Examples => self.session()?.tell_examples()?,
            ToWorker::ChooseRows { filter } => {
                let session = self.session()?;
                let (results, scores) = (session.results.borrow(), session.scores.borrow());
                page::post(&ToPage::RowsChosen(chosen_rows(&session.view(&results, &scores), filter)));
            }
            ToWorker::SetKey { lane, key } => self.session()?.set_key(lane, key)?,
            ToWorker::SetDemo(demo) => self.session()?.set_demo(demo),
            ToWorker::Rows { first, count, filter, search } => self.begin_rows((first, count), (filter, search))?,
            ToWorker::Detail { item } => self.detail(item)?,
            ToWorker::Cancel(work) => self.cancel(work),
            ToWorker::ForgetCheckpoint => *self.import.borrow_mut() = None,

            ToWorker::Preview { row, setup } => self.begin_preview(row, setup)?,
            ToWorker::Estimate { setup } => self.begin_estimate(setup),
            ToWorker::CheckConnection { setup, keys } => connection::begin(&setup, keys),
            ToWorker::RouterPrices { base_url } => connection::begin_prices(base_url),
            ToWorker::CountTokens { setup, key, row } => self.begin_count(setup, key, row),
            ToWorker::Try { setup, key, more_models } => self.begin_trial(setup, key, more_models),
            ToWorker::Simulate(asked) => simulate::begin(asked),

            ToWorker::OpenFile { name, bad_lines } => {
                self.tasks.cancel(Task::File);
                self.begin(Task::File, async move { shell.open_file(name, bad_lines, file).await });
            }
            ToWorker::OpenSample => {
                let bytes = dataset::sample_csv().as_bytes().to_vec();
                self.tasks.cancel(Task::File);
                self.begin(
                    Task::File,
                    async move { shell.read_data("sample.csv".into(), bytes, BadLines::Refuse).await },
                );
            }
            ToWorker::ImportCheckpoint { name, into_run: false, id_column } => {
                self.begin(Task::File, async move { shell.wait_with_checkpoint(name, id_column, file).await });
            }
            ToWorker::ImportCheckpoint { name, into_run: true, .. } => {
                let session = self.session()?;
                self.begin(Task::Import, async move { imports::import_checkpoint(&session, name, file).await });
            }
            ToWorker::Start { setup, keys } => {
                self.begin(Task::Run, async move { shell.start(setup, keys).await });
            }
            ToWorker::RunRest { lane } => self.begin(Task::Run, async move { shell.run_rest(lane).await }),
            ToWorker::Open { run } => self.begin(Task::Run, async move { shell.open_run(run).await }),
            ToWorker::DeleteRun { run } => self.begin_delete(run),
            ToWorker::Batch(BatchAsk::ExportRequests { target }) => {
                let session = self.session()?;
                self.begin(Task::Export, async move { files::export_requests(&session, target).await });
            }
            ToWorker::Batch(BatchAsk::ImportResults { name }) => {
                let session = self.session()?;
                self.begin(Task::Import, async move { files::import_results(&session, name, file).await });
            }
            ToWorker::Batch(ask) => self.session()?.batch_ask(ask)?,
            ToWorker::Export { what, style } => {
                let session = self.session()?;
                self.begin(Task::Export, async move { export::export(&session, what, style).await });
            }
            ToWorker::ListRuns => self.begin_list(),
            ToWorker::ClearCache => self.begin(Task::Runs, async move { shell.clear_cache().await }),
        }
        Ok(())
    }

    fn begin(&self, work: Task, step: impl Future<Output = Result<(), Problem>> + 'static) {
        self.tasks.queue(work, async {
            if let Err(problem) = step.await {
                page::refuse(problem);
            }
        });
    }

    /// The person doesn't want it any more: the page hears of each that ended.
    fn cancel(&self, work: Task) {
        let (place, words) = match work {
            Task::File => (Place::Data, "Reading the file was canceled. Nothing was changed."),
            Task::Run => (Place::Run, "It was canceled. Nothing was sent."),
            Task::Import => (Place::Results, "The import was canceled. What was read before is kept."),
            Task::Export => (Place::Results, "The export was canceled. The results are kept."),
            Task::Runs => (Place::Runs, "The list of runs was canceled."),
        };
        for _ in 0..self.tasks.cancel(work) {
            page::refuse(problem(place, words));
        }
    }

    /// What is there of it at once; a search that takes longer goes on in slices, and is told again at its end.
    fn begin_rows(
        self: &Rc<Self>,
        part: (u32, u32),
        (filter, search): (Option<RowFilter>, String),
    ) -> Result<(), Problem> {
        self.search.update(|number| number + 1);
        let number = self.search.get();
        if !self.rows(part, filter, &search, true)? {
            return Ok(());
        }
        let shell = self.clone();
        spawn_local(async move {
            loop {
                next_turn().await;
                if shell.search.get() != number || !matches!(shell.rows(part, filter, &search, false), Ok(true)) {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Tells a part of the rows, `early` or once all are searched. True: they are still being searched.
    fn rows(&self, part: (u32, u32), filter: Option<RowFilter>, search: &str, early: bool) -> Result<bool, Problem> {
        let session = self.session()?;
        let (results, scores) = (session.results.borrow(), session.scores.borrow());
        let until_ms = js_sys::Date::now() + SLICE_MS;
        let is_over = || js_sys::Date::now() >= until_ms;
        let mut window = self.window.borrow_mut();
        let (matching, rows) = window.rows(&session.view(&results, &scores), part, (filter, search), is_over);
        if early || !window.is_searching() {
            page::post(&ToPage::Rows { first: part.0, matching, rows });
        }
        Ok(window.is_searching())
    }

    fn detail(&self, item: u32) -> Result<(), Problem> {
        let session = self.session()?;
        if item >= session.prepared.items() {
            return Err(problem(Place::Results, "There is no such row."));
        }
        let (results, scores) = (session.results.borrow(), session.scores.borrow());
        page::post(&ToPage::Detail(detail(&session.view(&results, &scores), &session.prepared, item)));
        Ok(())
    }

    async fn clear_cache(&self) -> Result<(), Problem> {
        let cleared = self.storage.clear_cache().await;
        let words = |error| format!("The cache was not cleared: {}.", words(&error));
        let answers = cleared.map_err(|error| problem(Place::Storage, words(error)))?;
        page::post(&ToPage::CacheCleared { answers });
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

    /// The rows under this setup, from the last time where nothing changed.
    pub(super) async fn prepared(
        &self,
        data: &Rc<Data>,
        setup: &Setup,
        slices: &mut Slices,
        superseded: impl Fn() -> bool,
    ) -> Result<Rc<Prepared>, Unprepared> {
        let last = self.prepared.borrow().clone();
        if let Some(last) = last.filter(|last| last.fits(data, setup)) {
            return Ok(last);
        }
        let fresh = prepare(data, setup, slices, superseded).await?;
        Ok(fresh.kept_in(&mut self.prepared.borrow_mut()))
    }

    fn begin_list(self: &Rc<Self>) {
        if self.tasks.waiting(Task::Runs) == 0 {
            let shell = self.clone();
            self.tasks.queue(Task::Runs, async move { shell.list_runs().await });
        }
    }

    pub(super) async fn list_runs(&self) {
        let own = self.session.borrow().as_ref().map(|session| session.manifest.run.clone());
        let mut runs = self.storage.runs(own.as_deref()).await;
        if let Some(session) = &*self.session.borrow() {
            let own = runs.iter_mut().find(|listed| listed.run == session.manifest.run);
            if let Some(listed) = own {
                *listed = session.summary();
            }
        }
        page::post(&ToPage::Runs(runs));
    }

    /// The open run's delete waits for nothing. Another run's waits for a start or an opening, which may be of that run.
    fn begin_delete(self: &Rc<Self>, run: RunId) {
        let shell = self.clone();
        let is_open = self.session.borrow().as_ref().is_some_and(|session| session.manifest.run == run);
        let step = async move {
            if !is_open {
                shell.tasks.hold(Task::Run);
            }
            if let Err(problem) = shell.delete_run(run).await {
                page::refuse(problem);
            }
        };
        if is_open { spawn_local(step) } else { self.tasks.queue(Task::Run, step) }
    }

    async fn delete_run(self: &Rc<Self>, run: RunId) -> Result<(), Problem> {
        let open = self.session.borrow().clone();
        if let Some(session) = open.filter(|session| session.manifest.run == run) {
            if session.is_busy() {
                return Err(problem(Place::Runs, "This run is under way. Stop it first, then delete it."));
            }
            self.cancel(Task::Import);
            self.cancel(Task::Export);
            self.session.take();
            session.close().await;
        }
        self.storage.delete(&run).await?;
        self.begin_list();
        Ok(())
    }
}

pub(super) fn unprepared(why: Unprepared) -> Problem {
    match why {
        Unprepared::Template(found) => problem(Place::Prompt, template_words(&found)),
        Unprepared::NoRows => problem(
            Place::Data,
            "No row of the data is chosen, so there is nothing to ask. Choose other rows under Rows to run.",
        ),
        Unprepared::Superseded => problem(Place::Run, "The run was not started: the data changed meanwhile."),
    }
}

/// The file that travels with a message.
pub fn file_of(envelope: &wasm_bindgen::JsValue) -> Option<File> {
    crate::worker::browser::property(envelope, "file")?.dyn_into().ok()
}
