//! Every message survives its way between page and worker.

use std::fmt::Debug;

use pennybatch::dataset::{BadLines, DataProblem, ExportState, Format, IdFaults, TemplateProblem};
use pennybatch::engine::batch::{BatchTerms, Rows};
use pennybatch::engine::{Command, Doubtful, Notice, PauseReason, Progress, RunState, Wake, WakeReason};
use pennybatch::link::batch::{BatchAsk, BatchImported, BatchQuote, BatchTarget, RequestFile};
use pennybatch::link::{
    AnswerSummary, Bin, Breakdown, CandidateSummary, CapProposal, CheckpointSummary, ConnectionReport, CsvStyle,
    DataSummary, ExportKind, FieldSummary, FileEstimate, LabelSummary, LaneSetup, Limiter, Marks, Matching,
    NearDuplicates, Place, Preview, Problem, Projection, Quantiles, ResultDetail, ResultRow, RowChoice, RowFilter,
    RunSummary, Secret, Setup, Share, SimulationAsked, SimulationNews, StorageFacts, Summary, Task, ToPage, ToWorker,
    TokenCount, Trial, TrialAnswer, TrialModel, TrialRow, Truth, ValueCount, Variant, Workload,
};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices::{RateCard, RouterList, RouterModel};
use pennybatch::provider::Provider;
use pennybatch::time::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sample::{LARGE, failure, setup, usage};

const NOW: Time = Time::from_ms(1_795_442_000_000);

fn survives<T: Serialize + DeserializeOwned + Debug + PartialEq>(message: T) {
    let sent = postcard::to_allocvec(&message).expect("encoded");
    let came: T = postcard::from_bytes(&sent).expect("decoded");
    assert_eq!(came, message);
}

pub async fn what_the_page_asks_for() {
    let key = || Some(Secret::new("sk-test"));
    let name = || "films.csv".to_owned();
    for message in [
        ToWorker::OpenFile { name: name(), bad_lines: BadLines::Skip },
        ToWorker::OpenSample,
        ToWorker::Preview { row: 7, setup: setup() },
        ToWorker::Estimate { setup: setup() },
        ToWorker::CheckConnection { setup: setup(), keys: vec![None, key()] },
        ToWorker::RouterPrices { base_url: "https://a/v1".into() },
        ToWorker::Start { setup: setup(), keys: vec![key(), None] },
        ToWorker::Open { run: "20261123-154501-x7k2".into() },
        ToWorker::SetKey { lane: 1, key: key() },
        ToWorker::Rows {
            first: 10,
            count: 50,
            filter: Some(RowFilter::State(ExportState::CacheHit)),
            search: "a".into(),
        },
        ToWorker::Rows { first: 0, count: 0, filter: None, search: String::new() },
        ToWorker::Rows { first: 0, count: 1, filter: Some(RowFilter::Misfit), search: String::new() },
        ToWorker::Detail { item: u32::MAX },
        ToWorker::Export { what: ExportKind::Ledger, style: CsvStyle::default() },
        ToWorker::ImportCheckpoint { name: "c.jsonl".into(), into_run: true, id_column: Some("id".into()) },
        ToWorker::ForgetCheckpoint,
        ToWorker::SetDemo(setup().demo),
        ToWorker::Try { setup: setup(), key: key(), more_models: vec!["gpt-4o".into()] },
        ToWorker::ListRuns,
        ToWorker::DeleteRun { run: "20261123-154501-x7k2".into() },
        ToWorker::ClearCache,
        ToWorker::Cancel(Task::Import),
        ToWorker::CountTokens { setup: compared(), key: key(), row: 3 },
        ToWorker::RunRest { lane: 1 },
        ToWorker::ChooseRows { filter: RowFilter::Value { field: 1, value: 300 } },
        ToWorker::Correct { item: 4, text: Some("dairy".into()) },
        ToWorker::Correct { item: 4, text: None },
        ToWorker::Examples,
        ToWorker::AskAgain,
        ToWorker::Batch(BatchAsk::Quote),
        ToWorker::Batch(BatchAsk::HandOver { rows_per_job: 5, queue_tokens: Some(1 << 40), with_failed: true }),
        ToWorker::Batch(BatchAsk::ExportRequests { target: BatchTarget::Vllm }),
        ToWorker::Batch(BatchAsk::ImportResults { name: "r.jsonl".into() }),
        ToWorker::Simulate(SimulationAsked {
            id: 1,
            model: "gpt-4o".into(),
            workload: Workload::default(),
            server: Limiter::Window,
            seed: 7,
        }),
    ] {
        let sent = postcard::to_allocvec(&message).expect("encoded");
        let came: ToWorker = postcard::from_bytes(&sent).expect("decoded");
        assert!(came.keys().iter().all(Option::is_none), "keys travel beside the message");
        assert_eq!(came.with_keys(message.keys().to_vec()), message);
    }
}

pub async fn every_command() {
    let limits = setup().limits;
    for command in [
        Command::Resume,
        Command::Pause,
        Command::Stop,
        Command::RetryFailed,
        Command::SetBudget(Some(LARGE)),
        Command::SetBudget(None),
        Command::SetLimits { lane: 0, limits },
        Command::ResumeLane { lane: 3 },
        Command::Doubtful(Doubtful::SendAgain),
        Command::Doubtful(Doubtful::LeaveOut),
        Command::Doubtful(Doubtful::CountAsNotBilled),
        Command::HandOver(Box::new(BatchTerms {
            requests_max: 5,
            bytes_max: 1 << 40,
            queue_tokens: None,
            lane: 1,
            card: Some(RateCard::flat(PerToken(1), PerToken(2))),
            with_failed: true,
        })),
        Command::TakeBack,
        Command::Exported(Rows(vec![(0, 3), (7, 1)])),
        Command::SendExported(Rows::default()),
    ] {
        survives(ToWorker::Run(command));
    }
}

pub async fn what_the_worker_answers() {
    let problem = || Problem { place: Place::Limits, message: "No.".into() };
    for message in [
        ToPage::Ready { storage: storage(), runs: vec![summary()] },
        ToPage::Data(data()),
        ToPage::DataRefused(DataProblem::BadLines { lines: vec![(3, "unclosed".into())], count: 1 }),
        ToPage::DataRefused(DataProblem::Empty),
        ToPage::Previewed { row: 0, result: Ok(preview()) },
        ToPage::Previewed { row: 0, result: Err(TemplateProblem::Empty) },
        ToPage::Estimated(Ok(estimate())),
        ToPage::Estimated(Err(problem())),
        ToPage::Checked(vec![ConnectionReport {
            base_url: "https://a/v1".into(),
            ok: true,
            message: "Yes.".into(),
            other_causes: vec!["No.".into()],
            models: vec!["a".into()],
        }]),
        ToPage::RouterPrices(RouterList {
            models: vec![RouterModel { id: "a/b".into(), card: RateCard::flat(PerToken(1), PerToken(2)) }],
            unpriced: 3,
        }),
        ToPage::Opened {
            run: "r".into(),
            setup: setup(),
            data: data(),
            progress: progress(RunState::Running),
            needs_keys: vec![true, false],
            notes: vec!["Cut.".into()],
        },
        ToPage::Breakdown(breakdown()),
        ToPage::Working { task: Task::File, percent: Some(40) },
        ToPage::Working { task: Task::Runs, percent: None },
        ToPage::Noted("Six.".into()),
        ToPage::Tried(Ok(trial())),
        ToPage::Tried(Err(problem())),
        ToPage::CheckpointRead(CheckpointSummary {
            taken: Some(3),
            bad: vec![(7, "no id".into())],
            ..Default::default()
        }),
        ToPage::Rows { first: 0, matching: 1, rows: vec![row()] },
        ToPage::Detail(ResultDetail {
            row: row(),
            system: "s".into(),
            user: "u".into(),
            attempts: vec![],
            raw: Some("r".into()),
        }),
        ToPage::Exported { what: ExportKind::Jsonl, file_name: "a.jsonl".into(), rows: 3 },
        ToPage::Runs(vec![summary()]),
        ToPage::CacheCleared { answers: 7 },
        ToPage::TokensCounted(Ok(TokenCount { row: 1, row_tokens: 2, rows: 3, counted: 1 << 40, estimated: 5 })),
        ToPage::BatchQuote(BatchQuote {
            rows: 1,
            one_by_one: Some(LARGE),
            one_by_one_ms: 2,
            handed_over: None,
            window_hours: 24,
            batch_priced: true,
        }),
        ToPage::RequestFile(RequestFile {
            target: BatchTarget::Gemini,
            file_name: "a.jsonl".into(),
            rows: 3,
            shell_lines: "curl".into(),
        }),
        ToPage::BatchImported(BatchImported { name: "r.jsonl".into(), answered: 1, cost: LARGE, ..Default::default() }),
        ToPage::Answers(answers()),
        ToPage::Examples { text: "Milk: dairy".into(), rows: vec![1, 2] },
        ToPage::RowsChosen(RowChoice::These(vec![(0, 2), (5, 6)])),
        ToPage::Simulated(SimulationNews { id: 1, done: 2, total: 3, summary: Some(summary_of_runs()) }),
        ToPage::Refused(problem()),
    ] {
        survives(message);
    }
}

pub async fn every_state_and_notice() {
    let reasons = || {
        [
            PauseReason::NotStarted,
            PauseReason::ByPerson,
            PauseReason::Budget { needed: LARGE },
            PauseReason::NoLane(failure()),
            PauseReason::OnlyRateLimits,
            PauseReason::Overshoot { by: LARGE },
            PauseReason::LongWait { ms: 125_000 },
            PauseReason::Storage,
            PauseReason::EmptyAnswers { tokens: 9, thinking: true },
            PauseReason::Exported { rows: 2 },
            PauseReason::Stuck { rows: 1 },
            PauseReason::BatchEnded { open: 2, problem: Some("expired".into()) },
            PauseReason::BatchStuck(failure()),
            PauseReason::BatchUnsure { nonce: "n".into(), failure: failure() },
        ]
    };
    for state in [RunState::Running, RunState::Stopping, RunState::Finished] {
        survives(ToPage::Progress(progress(state)));
    }
    for reason in reasons() {
        survives(ToPage::Progress(progress(RunState::Paused(reason))));
    }
    for reason in reasons() {
        survives(ToPage::Notice(Notice::Paused(reason)));
    }
    survives(ToPage::Notice(Notice::LaneStopped { lane: 1, failure: failure() }));
    survives(ToPage::Notice(Notice::Finished));
}

pub async fn kinds_have_the_places_that_tests_know() {
    let detail = ResultDetail { row: row(), system: String::new(), user: String::new(), attempts: vec![], raw: None };
    for (message, place) in [
        (ToPage::Progress(progress(RunState::Running)), 9),
        (ToPage::Detail(detail), 21),
        (ToPage::Refused(Problem { place: Place::Run, message: String::new() }), 28),
    ] {
        let bytes = postcard::to_allocvec(&message).expect("encoded");
        assert_eq!(bytes[0], place, "tests/e2e/support/told.ts");
    }
}

/// With what only a comparison has.
fn compared() -> Setup {
    let lane = LaneSetup {
        provider: Provider::Demo,
        base_url: String::new(),
        model: "m".into(),
        input_price: None,
        output_price: Some(PerToken(1)),
        listed_card: Some(RateCard::flat(PerToken(1), PerToken(2))),
        limits: setup().limits,
        variant: Some(Variant { system: "s".into(), user: "u".into(), reasoning_effort: None }),
    };
    let truth = Truth { column: "kind".into(), matching: Matching::Number { tolerance: 0.5 }, examples: vec![3] };
    Setup {
        listed_card: Some(RateCard::flat(PerToken(3), PerToken(4))),
        more_lanes: vec![lane],
        compare: true,
        truth: Some(truth),
        rows: RowChoice::Is { column: "kind".into(), text: "dairy".into() },
        ..setup()
    }
}

fn summary_of_runs() -> Summary {
    Summary {
        runs: 3,
        calls: 4,
        simulated_calls: 2,
        finish_ms: Quantiles { least: 1, most: 1 << 40, ..Quantiles::default() },
        cost: Quantiles { p50: LARGE, ..Quantiles::default() },
        histogram: vec![Bin { from_ms: 1, to_ms: 2, runs: 3 }],
        rate_limited_milli: 1,
        retries_milli: 2,
        reasked_milli: 3,
        attempts_milli: 4,
        stopped: 1,
        stopped_done: 2,
        stopped_by_budget: true,
    }
}

fn answers() -> AnswerSummary {
    let value = ValueCount { id: 1, value: "dairy".into(), counts: vec![2, 3] };
    let candidate = CandidateSummary {
        accuracy: Some(Share { ppm: 1, low_ppm: 0, high_ppm: 2 }),
        kappa_milli: Some(-5),
        mean_tokens: Some((1, 2)),
        labels: vec![LabelSummary { label: "dairy".into(), truly: 1, given: 2, both: 1 }],
        confusion: vec![("dairy".into(), "meat".into(), 3)],
        ..CandidateSummary::default()
    };
    AnswerSummary {
        fields: vec![FieldSummary { name: Some("a.b".into()), values: vec![value], others: 4 }],
        candidates: vec![candidate],
        pairs: Vec::new(),
        labelled_rows: 5,
        corrected_rows: 6,
    }
}

fn breakdown() -> Breakdown {
    let marks = Marks { cut_off: 1, filtered: 2, misfits: 3, imported: 4 };
    Breakdown { answered: vec![7, 0], needs_keys: vec![true, false], marks }
}

fn trial() -> Trial {
    let answer =
        TrialAnswer { text: Some("dairy".into()), usage: Some(usage()), cost: Some(LARGE), ..Default::default() };
    let projection = Projection { rows: 500, of: 5, mean: LARGE, low: Usd::ZERO, high: LARGE };
    let cap = CapProposal { tokens: 16, seen_max: 3, cut: 0, cut_share_ppm: Some(42) };
    let model = TrialModel {
        model: "m".into(),
        spent: LARGE,
        doubtful: LARGE,
        calls: 5,
        latency_ms_mean: Some(400),
        stopped: None,
        projection: Some(projection),
        cap: Some(cap),
    };
    let row = TrialRow { id: "1".into(), input: "Milk".into(), answers: vec![answer], differs: true };
    Trial { rows: vec![row], models: vec![model], off_the_budget: LARGE }
}

fn storage() -> StorageFacts {
    StorageFacts { opfs: true, used_bytes: Some(1.5e10), ..StorageFacts::default() }
}

fn data() -> DataSummary {
    DataSummary {
        name: "films.csv".into(),
        bytes: 5e9,
        rows: 2,
        columns: vec!["id".into(), "name".into()],
        format: Format::Csv { delimiter: b';' },
        encoding: "UTF-8".into(),
        duplicate_rows: 1,
        skipped: vec![(4_294_967_296, "too long".into())],
        notes: vec!["1 NUL character was left out.".into()],
        id_faults: vec![("id".into(), IdFaults { blank: 1, shared: 2, example: Some("a".into()) })],
        id_column: None,
        head: vec![vec!["1".into(), String::new()]],
    }
}

fn preview() -> Preview {
    Preview {
        system: String::new(),
        user: "u".into(),
        tokens_estimate: 3,
        tokens_bound: 140,
        tokens_counted: true,
        advice: None,
    }
}

fn estimate() -> FileEstimate {
    FileEstimate {
        rows: 100_000,
        duplicates: 3,
        maybe_cached: 2,
        near: NearDuplicates { rows: 3, saves: Some(LARGE), examples: vec![("A".into(), "a".into())] },
        imported: 1,
        calls: 99_994,
        input_tokens: 5_000_000_000,
        cost_low: Some(LARGE),
        cost_high: None,
        worst_case: Some(LARGE),
        duration_ms: 90_000,
        fits_budget: Some(false),
        tokens_counted: true,
        rows_sampled: 0,
    }
}

fn row() -> ResultRow {
    ResultRow {
        item: 0,
        id: "SKU-001".into(),
        input: "Milk".into(),
        answer: Some("dairy".into()),
        error: None,
        state: ExportState::Succeeded,
        finish: Some("stop".into()),
        misfit: Some("no label".into()),
        usage: Some(usage()),
        cost: Some(LARGE),
        attempts: 2,
        truth: Some("milk".into()),
        right: Some(false),
        corrected: true,
        candidate: Some(1),
    }
}

fn summary() -> RunSummary {
    RunSummary {
        run: "r".into(),
        name: "films.csv".into(),
        provider: Provider::Demo,
        model: "m".into(),
        started: NOW,
        total: 2,
        done: 1,
        errored: 0,
        canceled: 0,
        finished: false,
        spent: LARGE,
        doubtful: LARGE,
        doubtful_attempts: 1,
        busy: true,
        notes: vec!["Cut.".into()],
    }
}

fn progress(state: RunState) -> Progress {
    Progress {
        state,
        total: 2,
        done: 1,
        succeeded: 1,
        errored: 0,
        canceled: 0,
        stopped: false,
        exported: 0,
        cache_hits: 0,
        misfits: 0,
        in_flight: 1,
        backing_off: 0,
        attempts: 9_007_199_254_740_991,
        retries: 1,
        reasked: 0,
        rate_limited: 0,
        spent: LARGE,
        reserved: LARGE,
        doubtful: LARGE,
        doubtful_attempts: 1,
        doubtful_answers: 1,
        cut_off: 1,
        overshoot: LARGE,
        budget: Some(LARGE),
        projected: Some(LARGE),
        input_tokens: 1,
        output_tokens: 1,
        waiting: Some(Wake { at: NOW, reason: WakeReason::TokensPerMinute }),
        rate_milli: 29_411,
        priced: true,
        lanes: Vec::new(),
        batch: None,
    }
}
