//! What the page knows of the worker: everything that it said last, and what it was asked and hasn't answered yet.

use std::rc::Rc;

use yew::Callback;

use crate::link::batch::{BatchAsk, BatchImported, BatchQuote, RequestFile};
use crate::link::{
    AnswerSummary, Breakdown, CheckpointSummary, ConnectionReport, DataProblem, DataSummary, ExportKind, FileEstimate,
    Place, Preview, Problem, Progress, ResultDetail, ResultRow, RunId, RunState, RunSummary, Setup, SimulationNews,
    StorageFacts, Task, TemplateProblem, ToPage, ToWorker, TokenCount, Trial,
};

/// A run that the worker has open.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRun {
    pub run: RunId,
    pub setup: Rc<Setup>,
    pub data: Rc<DataSummary>,
    pub progress: Rc<Progress>,
    /// Lane by lane: its key has to be entered before it can send.
    pub needs_keys: Rc<Vec<bool>>,
    pub breakdown: Rc<Breakdown>,
    pub answers: Rc<AnswerSummary>,
    pub notes: Rc<Vec<String>>,
}

impl OpenRun {
    pub fn needs_key(&self) -> bool {
        self.needs_keys.iter().any(|needs| *needs)
    }
}

/// The stretch of the results table that came last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsSeen {
    pub first: u32,
    pub matching: u32,
    pub rows: Rc<Vec<ResultRow>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub what: ExportKind,
    pub file_name: String,
    pub rows: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desk {
    /// `None` until the worker's first word.
    pub storage: Option<StorageFacts>,
    /// The worker is gone; why, and what was kept.
    pub broken: Option<String>,
    pub runs: Rc<Vec<RunSummary>>,
    /// The name of the file that is being read.
    pub reading: Option<String>,
    /// It is, or was, the sample data.
    pub sample: bool,
    pub data: Option<Rc<DataSummary>>,
    pub data_problem: Option<DataProblem>,
    pub preview: Option<(u32, Result<Rc<Preview>, TemplateProblem>)>,
    pub estimating: bool,
    pub estimate: Option<Result<FileEstimate, Problem>>,
    pub checking: bool,
    /// Lane by lane; empty: not checked.
    pub checked: Rc<Vec<ConnectionReport>>,
    /// A router's price list was asked for.
    pub asking_prices: bool,
    /// Start or Open was sent and not answered yet.
    pub opening: bool,
    /// The run goes on by itself once it is open, where nothing has to be asked first.
    pub goes_on: bool,
    pub open: Option<OpenRun>,
    /// Told, whatever page is shown, once the open run no longer runs.
    pub on_rest: Option<Callback<OpenRun>>,
    pub rows: RowsSeen,
    pub detail: Option<Rc<ResultDetail>>,
    /// The provider counts tokens, and what it counted last.
    pub counting: bool,
    pub counted: Option<Result<TokenCount, Problem>>,
    pub trying: bool,
    pub trial: Option<Result<Rc<Trial>, Problem>>,
    /// A checkpoint is being read, and what the last one brought.
    pub importing: bool,
    pub checkpoint: Option<Rc<CheckpointSummary>>,
    pub batch_quote: Option<BatchQuote>,
    /// The request files of the latest export.
    pub request_files: Rc<Vec<RequestFile>>,
    /// Result files that are still being read, and what those brought that were chosen together.
    pub results_reading: u32,
    pub results_read: Rc<Vec<BatchImported>>,
    /// How many answers the request cache had when it was cleared.
    pub cache_cleared: Option<u32>,
    /// The long work that told last how far it is, in percent.
    pub working: Option<(Task, u8)>,
    pub exporting: Option<ExportKind>,
    pub exported: Option<Exported>,
    /// The calculator's simulation, as far as it is.
    pub simulation: Option<Rc<SimulationNews>>,
    /// The latest of each place.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DeskAction {
    Asked(Box<ToWorker>),
    Heard(Box<ToPage>),
    /// The worker failed; a sentence that says so.
    Broke(String),
    /// Open the run and go on with it at once.
    GoesOn,
    WentOn,
    OnRest(Option<Callback<OpenRun>>),
    /// Back to the four steps; the run itself stays as it is.
    LeaveRun,
    CloseDetail,
    Dismiss(Place),
}

impl Desk {
    pub fn after(&self, action: &DeskAction) -> Desk {
        let mut desk = self.clone();
        match action {
            DeskAction::Asked(message) => desk.ask(message),
            DeskAction::Heard(message) => desk.hear(message),
            DeskAction::Broke(sentence) => {
                desk.broken = Some(sentence.clone());
                (desk.reading, desk.exporting, desk.working) = (None, None, None);
                (desk.opening, desk.checking, desk.estimating) = (false, false, false);
                desk.asking_prices = false;
                (desk.trying, desk.importing, desk.counting) = (false, false, false);
                desk.results_reading = 0;
            }
            DeskAction::GoesOn => desk.goes_on = true,
            DeskAction::WentOn => desk.goes_on = false,
            DeskAction::OnRest(on_rest) => desk.on_rest = on_rest.clone(),
            DeskAction::LeaveRun => {
                desk.note_in_list();
                (desk.open, desk.on_rest) = (None, None);
                desk.goes_on = false;
                (desk.rows, desk.detail) = (RowsSeen::default(), None);
                desk.exported = None;
                desk.checkpoint = None;
                desk.forget_batch();
            }
            DeskAction::CloseDetail => desk.detail = None,
            DeskAction::Dismiss(place) => desk.problems.retain(|problem| problem.place != *place),
        }
        desk
    }

    pub fn problem(&self, place: Place) -> Option<&str> {
        self.problems.iter().find(|problem| problem.place == place).map(|problem| problem.message.as_str())
    }

    /// Runs that were cut off or paused, newest first.
    pub fn unfinished(&self) -> Vec<&RunSummary> {
        let mut runs: Vec<&RunSummary> = self.runs.iter().filter(|run| !run.finished).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.started));
        runs
    }

    /// The list was made before the open run went on; where it stands now is known here.
    fn note_in_list(&mut self) {
        let Some(open) = &self.open else { return };
        let mut runs = (*self.runs).clone();
        for run in runs.iter_mut().filter(|run| run.run == open.run) {
            run.done = open.progress.done;
            run.errored = open.progress.errored;
            run.canceled = open.progress.canceled;
            run.finished = open.progress.state == RunState::Finished;
            run.spent = open.progress.spent;
            run.doubtful = open.progress.doubtful;
            run.doubtful_attempts = open.progress.doubtful_attempts;
        }
        self.runs = Rc::new(runs);
    }

    fn ask(&mut self, message: &ToWorker) {
        match message {
            ToWorker::OpenFile { name, .. } => self.begin_reading(name, false),
            ToWorker::OpenSample => self.begin_reading("the sample data", true),
            // What is asked has changed.
            ToWorker::Estimate { .. } => (self.estimating, self.counted) = (true, None),
            ToWorker::CountTokens { .. } => (self.counting, self.counted) = (true, None),
            ToWorker::CheckConnection { .. } => {
                self.checking = true;
                self.checked = Rc::default();
                self.forget_problem(Place::Provider);
            }
            ToWorker::RouterPrices { .. } => {
                self.asking_prices = true;
                self.forget_problem(Place::Provider);
            }
            ToWorker::Start { .. } | ToWorker::RunRest { .. } | ToWorker::Open { .. } => {
                self.opening = true;
                self.on_rest = None;
                self.problems.clear();
                (self.rows, self.detail) = (RowsSeen::default(), None);
                self.exported = None;
                self.forget_batch();
            }
            ToWorker::SetKey { lane, key } => {
                self.forget_problem(Place::Provider);
                if let Some(open) = &mut self.open {
                    let mut needs = (*open.needs_keys).clone();
                    if let Some(needs) = needs.get_mut(usize::from(*lane)) {
                        *needs = key.is_none();
                    }
                    open.needs_keys = Rc::new(needs);
                }
            }
            ToWorker::Batch(BatchAsk::Quote) => {}
            ToWorker::Batch(BatchAsk::ExportRequests { .. }) => {
                self.request_files = Rc::default();
                self.forget_problem(Place::Results);
            }
            ToWorker::Batch(BatchAsk::ImportResults { .. }) => {
                if self.results_reading == 0 {
                    self.results_read = Rc::default();
                }
                self.results_reading += 1;
                self.forget_problem(Place::Results);
            }
            ToWorker::Run(_) | ToWorker::AskAgain | ToWorker::Batch(_) => {
                for place in [Place::Run, Place::Provider, Place::Limits, Place::Storage] {
                    self.forget_problem(place);
                }
            }
            ToWorker::ImportCheckpoint { into_run, .. } => {
                self.importing = true;
                self.checkpoint = None;
                self.forget_problem(if *into_run { Place::Results } else { Place::Data });
            }
            ToWorker::Try { .. } => (self.trying, self.trial) = (true, None),
            ToWorker::ForgetCheckpoint => self.checkpoint = None,
            ToWorker::Export { what, .. } => {
                self.exporting = Some(*what);
                self.exported = None;
                self.forget_problem(Place::Results);
            }
            ToWorker::DeleteRun { run } => {
                if self.open.as_ref().is_some_and(|open| open.run == *run) {
                    *self = self.after(&DeskAction::LeaveRun);
                }
                self.forget_problem(Place::Runs);
            }
            ToWorker::Preview { .. }
            | ToWorker::Rows { .. }
            | ToWorker::Detail { .. }
            | ToWorker::ChooseRows { .. }
            | ToWorker::Correct { .. }
            | ToWorker::Examples
            | ToWorker::SetDemo(_)
            | ToWorker::ListRuns
            | ToWorker::Cancel(_)
            | ToWorker::Simulate(_) => {}
            ToWorker::ClearCache => {
                self.cache_cleared = None;
                self.forget_problem(Place::Storage);
            }
        }
    }

    fn hear(&mut self, message: &ToPage) {
        match message {
            ToPage::Ready { storage, runs } => {
                self.storage = Some(storage.clone());
                self.forget_problem(Place::Storage);
                self.runs = Rc::new(runs.clone());
            }
            ToPage::Data(data) => {
                self.reading = None;
                self.data_problem = None;
                self.trial = None;
                self.checkpoint = None;
                self.preview = None;
                self.estimate = None;
                self.data = Some(Rc::new(data.clone()));
            }
            ToPage::DataRefused(problem) => {
                self.reading = None;
                self.data_problem = Some(problem.clone());
            }
            ToPage::BatchQuote(quote) => self.batch_quote = Some(quote.clone()),
            ToPage::RequestFile(file) => Rc::make_mut(&mut self.request_files).push(file.clone()),
            ToPage::BatchImported(told) => {
                self.results_reading = self.results_reading.saturating_sub(1);
                Rc::make_mut(&mut self.results_read).push(told.clone());
            }
            ToPage::Previewed { row, result } => self.preview = Some((*row, result.clone().map(Rc::new))),
            ToPage::Estimated(result) => {
                self.estimating = false;
                self.estimate = Some(result.clone());
            }
            ToPage::TokensCounted(result) => {
                self.counting = false;
                self.counted = Some(result.clone());
            }
            ToPage::Checked(reports) => {
                self.checking = false;
                self.checked = Rc::new(reports.clone());
            }
            // The form has the list.
            ToPage::RouterPrices(_) => self.asking_prices = false,
            ToPage::Opened { run, setup, data, progress, needs_keys, notes } => {
                self.opening = false;
                self.checkpoint = None;
                let data = Rc::new(data.clone());
                self.data = Some(data.clone());
                self.open = Some(OpenRun {
                    run: run.clone(),
                    setup: Rc::new(setup.clone()),
                    data,
                    progress: Rc::new(progress.clone()),
                    needs_keys: Rc::new(needs_keys.clone()),
                    breakdown: Rc::default(),
                    answers: Rc::default(),
                    notes: Rc::new(notes.clone()),
                });
            }
            ToPage::Progress(progress) => {
                if let Some(open) = &mut self.open {
                    open.progress = Rc::new(progress.clone());
                }
            }
            ToPage::Tried(result) => {
                self.trying = false;
                self.trial = Some(result.clone().map(Rc::new));
            }
            ToPage::CheckpointRead(summary) => {
                self.importing = false;
                self.checkpoint = Some(Rc::new(summary.clone()));
            }
            ToPage::Breakdown(breakdown) => {
                if let Some(open) = &mut self.open {
                    open.needs_keys = Rc::new(breakdown.needs_keys.clone());
                    open.breakdown = Rc::new(breakdown.clone());
                }
            }
            ToPage::Answers(answers) => {
                if let Some(open) = &mut self.open {
                    open.answers = Rc::new(answers.clone());
                }
            }
            // The form takes them; the run makes room for its steps.
            ToPage::RowsChosen(_) | ToPage::Examples { .. } => *self = self.after(&DeskAction::LeaveRun),
            // Progress carries the same state; a notice only comes sooner.
            ToPage::Notice(_) => {}
            ToPage::Rows { first, matching, rows } => {
                self.rows = RowsSeen { first: *first, matching: *matching, rows: Rc::new(rows.clone()) };
            }
            ToPage::Detail(detail) => self.detail = Some(Rc::new(detail.clone())),
            ToPage::Exported { what, file_name, rows } => {
                self.exporting = None;
                self.exported = Some(Exported { what: *what, file_name: file_name.clone(), rows: *rows });
            }
            ToPage::Noted(note) => {
                if let Some(open) = &mut self.open {
                    Rc::make_mut(&mut open.notes).push(note.clone());
                }
            }
            ToPage::Working { task, percent: Some(percent) } => self.working = Some((*task, *percent)),
            ToPage::Working { task, percent: None } => self.working = self.working.filter(|(other, _)| other != task),
            ToPage::Runs(runs) => self.runs = Rc::new(runs.clone()),
            ToPage::Simulated(news) => self.simulation = Some(Rc::new(news.clone())),
            ToPage::CacheCleared { answers } => self.cache_cleared = Some(*answers),
            ToPage::Refused(problem) => self.refuse(problem),
        }
    }

    fn refuse(&mut self, problem: &Problem) {
        match problem.place {
            Place::Data => (self.reading, self.importing) = (None, false),
            Place::Provider => (self.checking, self.asking_prices) = (false, false),
            Place::Results => {
                (self.exporting, self.importing) = (None, false);
                self.results_reading = self.results_reading.saturating_sub(1);
            }
            _ => {}
        }
        // A refused start names the step that has to be mended, which may be any.
        self.opening = false;
        self.goes_on = false;
        self.forget_problem(problem.place);
        self.problems.push(problem.clone());
    }

    fn begin_reading(&mut self, name: &str, sample: bool) {
        self.reading = Some(name.to_owned());
        // A checkpoint that is being read for the data before is given up.
        self.importing = false;
        self.sample = sample;
        self.data_problem = None;
        self.forget_problem(Place::Data);
    }

    /// What was said of one run's batch is nothing of another's.
    fn forget_batch(&mut self) {
        (self.batch_quote, self.request_files) = (None, Rc::default());
        (self.results_reading, self.results_read) = (0, Rc::default());
    }

    fn forget_problem(&mut self, place: Place) {
        self.problems.retain(|problem| problem.place != place);
    }
}

/// Work is being done: something is or will be in flight without the person doing anything.
pub fn under_way(state: &RunState) -> bool {
    matches!(state, RunState::Running | RunState::Stopping)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn detail() -> ToPage {
        let row = serde_json::json!({"item": 0, "id": "1", "input": "Milk", "state": "succeeded", "attempts": 1});
        let row = serde_json::from_value(row).expect("a row");
        let (system, user) = (String::new(), "Milk".to_owned());
        ToPage::Detail(ResultDetail { row, raw: None, system, user, attempts: Vec::new() })
    }

    #[test]
    fn details_of_a_row_go_with_its_run() {
        let shown = Desk::default().after(&DeskAction::Heard(Box::new(detail())));
        assert!(shown.detail.is_some());
        assert_eq!(shown.after(&DeskAction::LeaveRun).detail, None);
        let another = ToWorker::Open { run: "b".to_owned() };
        assert_eq!(shown.after(&DeskAction::Asked(Box::new(another))).detail, None);
    }
}
