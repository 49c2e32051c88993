//! Runs that earlier versions kept are read by this one, and mean the same: `tests/kept/README.md`.

use std::fs;
use std::path::PathBuf;

use pennybatch::engine::{Engine, ItemFacts, LanePlan, Limits, PauseReason, Plan, Progress, Record, RunState};
use pennybatch::money::Usd;
use pennybatch::provider::Provider;
use pennybatch::time::Time;
use pennybatch::worker::disk::frames;
use pennybatch::worker::disk::manifest::Manifest;
use pennybatch::worker::run::results::{Results, Totals};

const LATER: Time = Time(1_900_000_000_000);

struct Kept {
    manifest: Manifest,
    records: Vec<Record>,
}

fn kept(run: &str) -> Kept {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/kept").join(run).join("journal");
    let bytes = fs::read(&path).expect("a journal");
    let read = frames::read(&bytes);
    assert_eq!(read.whole_bytes, bytes.len(), "{run}: no frame is torn");
    let mut payloads = read.payloads.into_iter().map(|payload| &bytes[payload]);
    let manifest = Manifest::read(payloads.next().expect("a manifest")).expect("a manifest");
    let records = payloads.map(|payload| Record::read(payload).expect("a record")).collect();
    Kept { manifest, records }
}

/// The run, with its plan and facts computed anew, and as the table shows it.
fn opened(kept: &Kept) -> (Progress, Totals) {
    let setup = &kept.manifest.setup;
    let card = pennybatch::prices::find_at(Provider::OpenAi, &setup.model).map(|model| model.card.clone());
    let plan = Plan {
        lanes: vec![LanePlan { limits: Limits::default(), card, ..LanePlan::default() }],
        budget: setup.budget,
        output_tokens_max: setup.output_tokens_max,
        max_retries: setup.max_retries,
        reasks: setup.reasks,
        timeout_ms: 60_000,
        use_cache: setup.use_cache,
        warm_up: false,
        first_call_alone: true,
        compare: false,
    };
    let row = |leader| ItemFacts { leader, input_estimate: 30, input_bound: 300, maybe_cached: false };
    let facts: Vec<ItemFacts> = (0..kept.manifest.data.rows).map(row).collect();
    let engine = Engine::restore(plan, facts, kept.records.iter().cloned(), 1, LATER);
    let results = Results::restore(kept.manifest.data.rows, kept.records.iter().map(|record| (record, None)));
    (engine.progress(LATER), results.totals())
}

#[test]
fn every_kept_run_means_what_it_meant() {
    for (run, state, succeeded, attempts, doubtful_attempts, spent) in [
        ("format1/calls", RunState::Finished, 60, 52, 1, 702_000_000),
        ("format1/batch", RunState::Finished, 40, 40, 0, 102_300_000),
        ("format1/cut_off", RunState::Paused(PauseReason::ByPerson), 9, 14, 5, 41_850_000),
    ] {
        let kept = kept(run);
        let (progress, totals) = opened(&kept);
        assert_eq!((&progress.state, progress.succeeded), (&state, succeeded), "{run}");
        assert_eq!((progress.attempts, progress.doubtful_attempts), (attempts, doubtful_attempts), "{run}");
        assert_eq!(progress.spent, Usd::from_pico(spent), "{run}");
        assert_eq!(progress.reserved, Usd::ZERO, "{run}");
        let of_table = (totals.done, totals.spent, totals.doubtful, totals.doubtful_attempts);
        let of_engine = (progress.done, progress.spent, progress.doubtful, progress.doubtful_attempts);
        assert_eq!(of_table, of_engine, "{run}: the table and the engine");
    }
}
