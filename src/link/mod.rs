//! The words that page and worker exchange. A message is one of these enums, as bytes by postcard: values in their
//! order, without names, which is enough between two programs of one build. So no field may be written at times and left
//! out at others. A file travels beside the message as a `File`, and keys as strings. Nothing here knows the browser.

mod answers;
pub mod batch;
mod results;
mod setup;
mod simulate;
mod trial;

pub use answers::{AnswerSummary, CandidateSummary, FieldSummary, LabelSummary, PairSummary, Share, ValueCount};
pub use results::{Breakdown, Marks, ResultDetail, ResultRow, RowFilter, RunSummary};
pub use setup::{DemoSettings, LaneSetup, Secret, Setup, Variant, candidate_name, lane_name};
pub use simulate::{Bin, Limiter, Quantiles, SimulationAsked, SimulationNews, Summary, Workload};
pub use trial::{CapProposal, Projection, TRIAL_MODELS_MAX, TRIAL_ROWS, Trial, TrialAnswer, TrialModel, TrialRow};

use serde::{Deserialize, Serialize};

// The page speaks of these too, and knows the rooms below only by what is handed on here.
pub use crate::accuracy::{Matching, Truth};
pub use crate::dataset::{BadLines, DataProblem, ExportState, Format, IdFaults, RowChoice, TemplateProblem};
pub use crate::engine::{
    Burst, Command, Doubtful, LaneProgress, LaneState, LimiterModel, Limits, Notice, PauseReason, Progress, RunState,
    Wake, WakeReason,
};
pub use crate::provider::{AnswerFormat, Failure, FailureKind, PromptCache, Provider, ReasoningEffort, Usage};

use crate::money::Usd;
use crate::prices::RouterList;

/// Names a run for its whole life: `20261123-154501-x7k2`.
pub type RunId = String;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Read the `File` that travels with this message.
    OpenFile {
        name: String,
        bad_lines: BadLines,
    },
    OpenSample,
    /// Render one row with these prompts.
    Preview {
        row: u32,
        setup: Setup,
    },
    /// What exactly these rows would cost.
    Estimate {
        setup: Setup,
    },
    CheckConnection {
        setup: Setup,
        /// One for each lane, in the lanes' order.
        #[serde(skip)]
        keys: Vec<Option<Secret>>,
    },
    /// Ask this address for its list of models and their prices, without a key.
    RouterPrices {
        base_url: String,
    },
    /// Have the provider count the tokens of one row, and of some more that are spread over the file.
    CountTokens {
        setup: Setup,
        #[serde(skip)]
        key: Option<Secret>,
        row: u32,
    },
    /// Ask a few rows for real, on the setup's model and on `more_models`.
    Try {
        setup: Setup,
        #[serde(skip)]
        key: Option<Secret>,
        more_models: Vec<String>,
    },
    Start {
        setup: Setup,
        /// One for each lane, in the lanes' order.
        #[serde(skip)]
        keys: Vec<Option<Secret>>,
    },
    /// Start a run of the whole file with one candidate of the open comparison, under what is left of its budget and with
    /// its key.
    RunRest {
        lane: u8,
    },
    /// Open a run from disk: its table and results can be read at once; it goes on with [`ToWorker::Run`].
    Open {
        run: RunId,
    },
    /// A key for one lane of the open run (after a reload, or in place of a wrong one).
    SetKey {
        lane: u8,
        #[serde(skip)]
        key: Option<Secret>,
    },
    /// How the simulated provider behaves from now on, in the open run.
    SetDemo(DemoSettings),
    Run(Command),
    /// The rows that a filter leaves, for another run of the same data.
    ChooseRows {
        filter: RowFilter,
    },
    /// The right answer of an item's row, set by hand; `None` takes it back.
    Correct {
        item: u32,
        text: Option<String>,
    },
    /// A system prompt's part with some of the rows whose answers were set by hand, as examples.
    Examples,
    /// Ask again for the answers that don't fit or were cut off; each is kept until a better one comes.
    AskAgain,
    Batch(batch::BatchAsk),
    /// A window of the results table.
    Rows {
        first: u32,
        count: u32,
        filter: Option<RowFilter>,
        search: String,
    },
    Detail {
        item: u32,
    },
    /// Take the answers of a script's checkpoint, the `File` that travels with this message: into the open run, or into
    /// the next one that starts with the present data.
    ImportCheckpoint {
        name: String,
        into_run: bool,
        /// As the steps have it; an open run knows its own.
        id_column: Option<String>,
    },
    /// The next run starts without it.
    ForgetCheckpoint,
    Export {
        what: ExportKind,
        style: CsvStyle,
    },
    ListRuns,
    DeleteRun {
        run: RunId,
    },
    ClearCache,
    /// End what is under way of this kind, and what waits for it.
    Cancel(Task),
    /// The workload on a virtual clock, many times.
    Simulate(SimulationAsked),
}

impl ToWorker {
    /// The keys that travel beside the message.
    pub fn keys(&self) -> &[Option<Secret>] {
        match self {
            ToWorker::CheckConnection { keys, .. } | ToWorker::Start { keys, .. } => keys,
            ToWorker::CountTokens { key, .. } | ToWorker::Try { key, .. } | ToWorker::SetKey { key, .. } => {
                std::slice::from_ref(key)
            }
            _ => &[],
        }
    }

    /// The message with the keys that came beside it.
    pub fn with_keys(mut self, came: Vec<Option<Secret>>) -> ToWorker {
        match &mut self {
            ToWorker::CheckConnection { keys, .. } | ToWorker::Start { keys, .. } => *keys = came,
            ToWorker::CountTokens { key, .. } | ToWorker::Try { key, .. } | ToWorker::SetKey { key, .. } => {
                *key = came.into_iter().next().flatten();
            }
            _ => {}
        }
        self
    }
}

/// Long work of the worker. Of each kind, one goes after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Reading a data file, or a checkpoint for the next start.
    File,
    /// Starting, opening or deleting a run.
    Run,
    /// Reading results or a checkpoint into the open run.
    Import,
    /// Writing a file from the open run.
    Export,
    /// Listing runs.
    Runs,
}

impl Task {
    pub const ALL: [Task; 5] = [Task::File, Task::Run, Task::Import, Task::Export, Task::Runs];
}

/// How a CSV file is written for the program that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvStyle {
    pub guard_formulas: bool,
    /// A byte order mark at the start, without which Excel takes UTF-8 for an older encoding.
    pub byte_order_mark: bool,
}

impl CsvStyle {
    /// What a file begins with.
    pub fn start_of(&self, what: ExportKind) -> &'static str {
        if self.byte_order_mark && what != ExportKind::Jsonl { "\u{feff}" } else { "" }
    }
}

impl Default for CsvStyle {
    fn default() -> CsvStyle {
        CsvStyle { guard_formulas: true, byte_order_mark: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    Csv,
    Jsonl,
    Ledger,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a message lives for one handing over")]
pub enum ToPage {
    /// First word of the worker.
    Ready {
        storage: StorageFacts,
        runs: Vec<RunSummary>,
    },
    Data(DataSummary),
    DataRefused(DataProblem),
    Previewed {
        row: u32,
        result: Result<Preview, TemplateProblem>,
    },
    Estimated(Result<FileEstimate, Problem>),
    TokensCounted(Result<TokenCount, Problem>),
    /// Lane by lane.
    Checked(Vec<ConnectionReport>),
    RouterPrices(RouterList),
    /// A run is open: after Start or Open. Everything the runner needs to show its four steps again.
    Opened {
        run: RunId,
        setup: Setup,
        data: DataSummary,
        progress: Progress,
        /// Lane by lane: whether a key has to be entered before the run goes on.
        needs_keys: Vec<bool>,
        /// What was mended on the way, and what binds that the person didn't ask for: a cut tail, a rebuilt
        /// checkpoint, the six connections of HTTP/1.1.
        notes: Vec<String>,
    },
    /// About ten a second while something changes.
    Progress(Progress),
    Tried(Result<Trial, Problem>),
    CheckpointRead(CheckpointSummary),
    BatchQuote(batch::BatchQuote),
    RequestFile(batch::RequestFile),
    BatchImported(batch::BatchImported),
    /// Beside the progress, whenever it changed: lane by lane, and what the answers' marks count.
    Breakdown(Breakdown),
    /// Whenever it changed, as often as the progress.
    Answers(AnswerSummary),
    /// After [`ToWorker::Examples`]: the part, and the rows of the file that it shows.
    Examples {
        text: String,
        rows: Vec<u32>,
    },
    /// After [`ToWorker::ChooseRows`].
    RowsChosen(RowChoice),
    Notice(Notice),
    Rows {
        first: u32,
        matching: u32,
        rows: Vec<ResultRow>,
    },
    Detail(ResultDetail),
    /// The `Blob` travels beside this message.
    Exported {
        what: ExportKind,
        file_name: String,
        rows: u32,
    },
    Runs(Vec<RunSummary>),
    /// What binds from here on although the person didn't ask for it: one more of the notes of `Opened`.
    Noted(String),
    /// How far a long work is, a few times a second; `None`: nothing of this kind is under way any more.
    Working {
        task: Task,
        percent: Option<u8>,
    },
    Simulated(SimulationNews),
    /// After [`ToWorker::ClearCache`].
    CacheCleared {
        answers: u32,
    },
    /// Something could not be done; nothing was lost.
    Refused(Problem),
}

/// A plain sentence for each: what happened, what was kept, what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What was asked for: `start`, `open`, `storage`, …: the page shows the problem beside it.
    pub place: Place,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Data,
    Prompt,
    Provider,
    Limits,
    Run,
    Results,
    Runs,
    Storage,
}

/// What this browser offers for keeping a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageFacts {
    pub opfs: bool,
    pub indexed_db: bool,
    pub locks: bool,
    pub persisted: bool,
    pub used_bytes: Option<f64>,
    pub quota_bytes: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    pub name: String,
    pub bytes: f64,
    pub rows: u32,
    pub columns: Vec<String>,
    pub format: Format,
    pub encoding: String,
    pub duplicate_rows: u32,
    pub skipped: Vec<(u64, String)>,
    /// What was left out, or read in a way that the person should know: a sentence each.
    pub notes: Vec<String>,
    /// `id` where there is such a column and it names every row.
    pub id_column: Option<String>,
    /// Columns that don't name every row, with what is wrong. Of a large file, not every column is looked at.
    pub id_faults: Vec<(String, IdFaults)>,
    /// The first rows, cells in the order of `columns`.
    pub head: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub system: String,
    pub user: String,
    /// The upper bound is what a reservation takes.
    pub tokens_estimate: u32,
    pub tokens_bound: u32,
    /// By the model's own vocabulary; else estimated from characters.
    #[serde(default)]
    pub tokens_counted: bool,
    /// What the prompt is probably not meant to do, such as asking the same for each row.
    #[serde(default)]
    pub advice: Option<String>,
}

/// What exactly these rows would cost, before the first cent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEstimate {
    pub rows: u32,
    /// Rows that repeat an earlier request, and rows that the cache may answer.
    pub duplicates: u32,
    pub maybe_cached: u32,
    #[serde(default)]
    pub near: NearDuplicates,
    /// Rows whose answer a checkpoint brings.
    pub imported: u32,
    /// Calls that are to be paid.
    pub calls: u32,
    pub input_tokens: u64,
    /// By the model's own vocabulary; else estimated from characters.
    #[serde(default)]
    pub tokens_counted: bool,
    /// The estimates follow what the provider counted for so many rows; zero: it wasn't asked.
    #[serde(default)]
    pub rows_sampled: u32,
    /// Low: no output; high: every answer as long as allowed (`None` without a cap or without a price).
    pub cost_low: Option<Usd>,
    pub cost_high: Option<Usd>,
    /// The sum of all reservations.
    pub worst_case: Option<Usd>,
    /// From the limits and the concurrency, at the model's usual latency.
    pub duration_ms: u64,
    pub fits_budget: Option<bool>,
}

/// What the provider counted: estimates of the other rows follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    pub row: u32,
    pub row_tokens: u32,
    /// So many rows were counted, this one among them.
    pub rows: u32,
    /// Their tokens, and what had been estimated for them.
    pub counted: u64,
    pub estimated: u64,
}

/// Rows whose request differs from an earlier one's only in case, white space or Unicode form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NearDuplicates {
    pub rows: u32,
    /// What folding them saves, or would; `None` where the price or the cap is unknown.
    pub saves: Option<Usd>,
    /// Some of them: the row, and the earlier one whose answer it would share.
    pub examples: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionReport {
    /// What was asked: another address's report says nothing.
    pub base_url: String,
    pub ok: bool,
    /// What was found; of a failure its likeliest cause, and what to do.
    pub message: String,
    /// What else a failure may come from, a sentence each.
    #[serde(default)]
    pub other_causes: Vec<String>,
    pub models: Vec<String>,
}

/// What a checkpoint file brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointSummary {
    pub name: String,
    /// Ids with an answer.
    pub ids: u32,
    /// Lines whose id came before: the last line's answer counts.
    pub repeated: u32,
    pub torn: bool,
    /// Lines that can't be used: the first few, and how many in all.
    pub bad: Vec<(u64, String)>,
    pub bad_count: u32,
    /// Rows of the data that have one of these ids, and ids that no row has.
    pub rows: u32,
    pub unmatched_ids: u32,
    /// Rows that share one of these ids with a row that differs. The answer may belong to either, so neither gets it.
    #[serde(default)]
    pub shared_rows: u32,
    /// Rows of the open run that ended with their answer from it; the others had one, or were under way. `None`: it
    /// waits for the start.
    pub taken: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// getodk/central #752, datagrok-ai/public #3530.
    #[test]
    fn a_file_for_excel_begins_with_a_mark() {
        let for_excel = CsvStyle { byte_order_mark: true, ..CsvStyle::default() };
        for (what, start) in [(ExportKind::Csv, "\u{feff}"), (ExportKind::Ledger, "\u{feff}"), (ExportKind::Jsonl, "")]
        {
            assert_eq!((for_excel.start_of(what), CsvStyle::default().start_of(what)), (start, ""), "{what:?}");
        }
    }

    #[test]
    fn no_message_writes_its_keys_down() {
        let key = || Some(Secret::new(" sk-abc\n"));
        let given = ToWorker::SetKey { lane: 1, key: key() };
        let json = serde_json::to_string(&given).expect("JSON");
        assert_eq!(json, r#"{"set_key":{"lane":1}}"#);
        assert!(!format!("{given:?}").contains("abc"));
        let came: ToWorker = serde_json::from_str(&json).expect("a message");
        assert_eq!(came.keys(), [None]);
        assert_eq!(came.with_keys(given.keys().to_vec()), given);
        assert_eq!(key().expect("a key").expose(), "sk-abc");
        assert_eq!(ToWorker::ListRuns.with_keys(vec![key()]), ToWorker::ListRuns);
    }
}
