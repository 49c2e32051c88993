//! The simulated provider's Batch API, so that a hand-over can be tried without a key. It keeps nothing: a job's id
//! tells when it began, and its results follow from the rows, so a closed tab loses nothing here either.

use std::rc::Rc;

use crate::engine::Ordinal;
use crate::engine::batch::{BatchEffect, BatchEvent, BatchRow, FileRead, ResultFile, RowEnd, Rows, ShardId};
use crate::link::DemoSettings;
use crate::provider::Provider;
use crate::provider::batch::{JobSeen, JobState};
use crate::worker::browser::{Slices, now, sleep_ms};
use crate::worker::demo;
use crate::worker::rows::prepare::call;
use crate::worker::run::session::Session;

const VALIDATING_MS: u64 = 2_000;
const JOB_MS: u64 = 12_000;
const STEP_MS: u32 = 300;
const ROWS_AT_ONCE: usize = 500;

pub async fn step(session: &Rc<Session>, effect: BatchEffect) -> BatchEvent {
    sleep_ms(STEP_MS).await;
    match effect {
        BatchEffect::Measure => {
            let mut slices = Slices::begin();
            let mut bytes = Vec::new();
            for item in 0..session.prepared.items() {
                slices.turn().await;
                bytes.push(session.line(item).map_or(0, |line| line.len() as u32));
            }
            BatchEvent::Measured { bytes }
        }
        BatchEffect::Upload { shard, nonce, .. } => {
            BatchEvent::Uploaded { shard, result: Ok(format!("demo-file-{nonce}")) }
        }
        BatchEffect::Create { shard, nonce, .. } => {
            BatchEvent::Created { shard, result: Ok(seen(&new_job(&nonce), false)) }
        }
        // Nothing is paid here, so a job that is looked for is as good as one that is created.
        BatchEffect::Find { shard, nonce, .. } => {
            BatchEvent::Found { shard, result: Ok(Some(seen(&new_job(&nonce), false))) }
        }
        BatchEffect::Withdraw { shard, .. } => BatchEvent::Withdrawn { shard, result: Ok(()) },
        BatchEffect::Poll { shard, job } => BatchEvent::Seen { shard, result: Ok(seen(&job, false)) },
        BatchEffect::Cancel { shard, job } => BatchEvent::Seen { shard, result: Ok(seen(&job, true)) },
        BatchEffect::Download { shard, file, rows, job, .. } => {
            if file == ResultFile::Output {
                answer(session, shard, &rows, &job).await;
            }
            BatchEvent::Downloaded { shard, file, result: Ok(FileRead::default()) }
        }
    }
}

fn new_job(nonce: &str) -> String {
    format!("demo-batch-{}-{nonce}", now().ms())
}

fn began_ms(job: &str) -> u64 {
    job.split('-').nth(2).and_then(|ms| ms.parse().ok()).unwrap_or(0)
}

fn seen(job: &str, cancel: bool) -> JobSeen {
    let passed = now().ms().saturating_sub(began_ms(job));
    let state = match passed {
        _ if cancel => JobState::Cancelled,
        0..VALIDATING_MS => JobState::Validating,
        VALIDATING_MS..JOB_MS => JobState::InProgress,
        _ => JobState::Completed,
    };
    let done = state == JobState::Completed;
    JobSeen {
        id: job.to_owned(),
        state,
        output_file: done.then(|| format!("{job}-output")),
        error_file: None,
        completed: Some(0),
        failed: Some(0),
        problem: None,
        queue_full: false,
    }
}

async fn answer(session: &Rc<Session>, shard: ShardId, rows: &Rows, job: &str) {
    let mut slices = Slices::begin();
    let mut group = Vec::new();
    for item in rows.iter() {
        slices.turn().await;
        group.extend(row(session, item, began_ms(job)));
        if group.len() >= ROWS_AT_ONCE {
            session.hand_in(shard, std::mem::take(&mut group)).await;
        }
    }
    session.hand_in(shard, group).await;
}

fn row(session: &Session, item: Ordinal, seed: u64) -> Option<BatchRow> {
    let (system, user) = session.prepared.render(item).ok()?;
    let call = call(session.setup(), session.prepared.prompt(item), &system, &user);
    // Within a job the provider tries again by itself.
    let calm = DemoSettings { latency_ms: 0, errors_ppm: 0, rate_limited_ppm: 0 };
    let input_tokens = u32::try_from(session.prepared.input_estimate(item)).unwrap_or(u32::MAX);
    let truth = session.prepared.truth(item);
    let reply = demo::simulate(&calm, &call, truth.as_deref(), input_tokens, seed, item.into()).reply;
    Some(BatchRow { item, end: RowEnd::Outcome(Provider::Demo.decode(&reply, now())) })
}
