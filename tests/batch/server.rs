//! The provider: files, jobs, what each row came to, and what it bills.

use std::collections::{BTreeMap, BTreeSet};

use pennybatch::engine::Ordinal;
use pennybatch::engine::batch::{BatchRow, LIST_LAG_MS, ResultFile, RowEnd};
use pennybatch::money::Usd;
use pennybatch::prices::RateCard;
use pennybatch::provider::batch::{JobSeen, JobState};
use pennybatch::provider::{Answer, Bill, Failure, FailureKind, Finish, Outcome, Usage};
use pennybatch::time::Time;

use crate::scenario::Scenario;

pub struct Server<'a> {
    scenario: &'a Scenario,
    pub files: BTreeMap<String, Vec<Ordinal>>,
    pub jobs: BTreeMap<String, Job>,
    pub gone: BTreeSet<String>,
    pub billed: Usd,
    /// How often each item was billed in jobs, and one by one.
    pub billed_times: BTreeMap<Ordinal, u32>,
    next: u32,
}

pub struct Job {
    pub nonce: String,
    /// From when on the list of jobs has it.
    listed: Time,
    rows: Vec<Ordinal>,
    state: JobState,
    queue_full: bool,
    ends: Time,
    expires: bool,
    fails: bool,
    cancel_at: Option<Time>,
    /// When each row is worked on, as its place in the job says.
    begun: Time,
    pub output: Vec<BatchRow>,
    pub error: Vec<BatchRow>,
    completed: u32,
    failed: u32,
}

impl<'a> Server<'a> {
    pub fn new(scenario: &'a Scenario) -> Server<'a> {
        Server {
            scenario,
            files: BTreeMap::new(),
            jobs: BTreeMap::new(),
            gone: BTreeSet::new(),
            billed: Usd::ZERO,
            billed_times: BTreeMap::new(),
            next: 0,
        }
    }

    pub fn upload(&mut self, rows: Vec<Ordinal>) -> String {
        self.next += 1;
        let id = format!("file-{}", self.next);
        self.files.insert(id.clone(), rows);
        id
    }

    /// Deletes a file: no job can begin with it any more. One that began keeps what it read.
    pub fn delete(&mut self, file: &str) {
        self.files.remove(file);
    }

    pub fn create(&mut self, file: &str, nonce: &str, now: Time, rng: &mut fastrand::Rng) -> Option<JobSeen> {
        let rows = self.files.get(file)?.clone();
        self.next += 1;
        let id = format!("batch-{}", self.next);
        let tokens = |rows: &[Ordinal]| -> u64 {
            rows.iter().map(|row| u64::from(self.scenario.facts[*row as usize].input_estimate)).sum()
        };
        let queued: u64 = self.jobs.values().filter(|job| !job.state.is_final()).map(|job| tokens(&job.rows)).sum();
        let limit = self.scenario.queue_tokens;
        let queue_full = limit.is_some_and(|limit| queued > 0 && queued + tokens(&rows) > limit);
        let chance = |rng: &mut fastrand::Rng, ppt: u32| rng.u32(0..1_000) < ppt;
        let faults = &self.scenario.faults;
        let job = Job {
            nonce: nonce.to_owned(),
            listed: now.after_ms(if chance(rng, faults.slow_list) { rng.u64(0..LIST_LAG_MS) } else { 0 }),
            rows,
            state: JobState::Validating,
            queue_full,
            ends: now.after_ms(rng.u64(500..=self.scenario.job_ms)),
            expires: chance(rng, faults.job_expired),
            fails: queue_full || chance(rng, faults.job_failed),
            cancel_at: None,
            begun: now,
            output: Vec::new(),
            error: Vec::new(),
            completed: 0,
            failed: 0,
        };
        self.jobs.insert(id.clone(), job);
        Some(self.seen(&id))
    }

    pub fn find(&self, nonce: &str, now: Time) -> Option<JobSeen> {
        let found = self.jobs.iter().find(|(_, job)| job.nonce == nonce && job.listed <= now);
        found.map(|(id, _)| self.seen(id))
    }

    pub fn cancel(&mut self, id: &str, now: Time, rng: &mut fastrand::Rng) -> Result<JobSeen, Failure> {
        let job = self.jobs.get_mut(id).ok_or_else(not_found)?;
        if job.state.is_final() || job.state == JobState::Finalizing {
            return Err(failure(FailureKind::BadRequest));
        }
        job.state = JobState::Cancelling;
        job.cancel_at.get_or_insert(now.after_ms(rng.u64(0..=60_000)));
        Ok(self.seen(id))
    }

    /// Lets time pass for every job.
    pub fn advance(&mut self, now: Time, rng: &mut fastrand::Rng) {
        let due: Vec<String> = self
            .jobs
            .iter()
            .filter(|(_, job)| !job.state.is_final())
            .filter(|(_, job)| now >= job.cancel_at.unwrap_or(job.ends).min(job.ends))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.end(&id, rng);
        }
        for job in self.jobs.values_mut().filter(|job| job.state == JobState::Validating) {
            if now.ms_since(job.begun) > 200 {
                job.state = JobState::InProgress;
            }
        }
    }

    fn end(&mut self, id: &str, rng: &mut fastrand::Rng) {
        let Some(mut job) = self.jobs.remove(id) else { return };
        job.state = match (job.fails, job.cancel_at, job.expires) {
            (true, _, _) => JobState::Failed,
            (_, Some(at), _) if at < job.ends => JobState::Cancelled,
            (_, _, true) => JobState::Expired,
            _ => JobState::Completed,
        };
        if job.state != JobState::Failed {
            let whole = job.state == JobState::Completed;
            let worked = if whole { job.rows.len() } else { rng.usize(0..=job.rows.len()) };
            let mut order = job.rows.clone();
            rng.shuffle(&mut order);
            for (place, item) in order.into_iter().enumerate() {
                if place < worked {
                    self.work(&mut job, item, rng);
                } else if rng.bool() {
                    job.error.push(BatchRow { item, end: RowEnd::Unfinished });
                }
            }
            rng.shuffle(&mut job.output);
        }
        self.jobs.insert(id.to_owned(), job);
    }

    fn work(&mut self, job: &mut Job, item: Ordinal, rng: &mut fastrand::Rng) {
        let faults = &self.scenario.faults;
        let mut chance = |ppt: u32| rng.u32(0..1_000) < ppt;
        if chance(faults.row_failed) {
            job.failed += 1;
            let failure = failure(FailureKind::BadRequest);
            let end = RowEnd::Outcome(Outcome::Failed { failure, bill: Bill::Nothing });
            job.error.push(BatchRow { item, end });
            return;
        }
        let (missing, repeated, unknown) =
            (chance(faults.row_missing), chance(faults.row_repeated), chance(faults.row_unknown));
        let (without_usage, cut) = (chance(faults.row_without_usage), chance(faults.row_cut));
        job.completed += 1;
        let usage = usage(self.scenario, item);
        self.bill(item, self.scenario.terms.card.as_ref(), &usage);
        let bill = if without_usage { Bill::Unknown } else { Bill::Usage { usage, stated_cost: None } };
        let answer = answer(self.scenario, item, cut);
        let row = BatchRow { item, end: RowEnd::Outcome(Outcome::Answered { answer, bill }) };
        if unknown {
            job.output.push(BatchRow { item: 4_000_000, end: row.end.clone() });
        }
        if repeated {
            job.output.push(row.clone());
        }
        if !missing {
            job.output.push(row);
        }
    }

    pub fn bill(&mut self, item: Ordinal, card: Option<&RateCard>, usage: &Usage) {
        self.billed += card.map_or(Usd::ZERO, |card| card.cost(usage, Time(0)));
        *self.billed_times.entry(item).or_default() += 1;
    }

    pub fn seen(&self, id: &str) -> JobSeen {
        let job = &self.jobs[id];
        let file = |kind: ResultFile, rows: &[BatchRow]| {
            (job.state.is_final() && !rows.is_empty()).then(|| format!("{id}/{kind:?}"))
        };
        let counts = !self.scenario.faults.no_counts;
        JobSeen {
            id: id.to_owned(),
            state: job.state,
            output_file: file(ResultFile::Output, &job.output),
            error_file: file(ResultFile::Error, &job.error),
            completed: counts.then_some(job.completed),
            failed: counts.then_some(job.failed),
            problem: (job.state == JobState::Failed).then(|| "it failed".to_owned()),
            queue_full: job.state == JobState::Failed && job.queue_full,
        }
    }
}

pub fn usage(scenario: &Scenario, item: Ordinal) -> Usage {
    let facts = scenario.facts[item as usize];
    let cap = u64::from(scenario.plan.output_tokens_max.unwrap_or(1));
    let leader = u64::from(facts.leader);
    Usage { input: u64::from(facts.input_estimate), output: 1 + leader * 7 % cap, ..Usage::default() }
}

pub fn answer(scenario: &Scenario, item: Ordinal, cut: bool) -> Answer {
    let text = format!("answer to {}", scenario.facts[item as usize].leader);
    let finish = if cut { Finish::Length } else { Finish::Stop };
    Answer { text, finish, request_id: None, misfit: None }
}

pub fn failure(kind: FailureKind) -> Failure {
    Failure { kind, status: None, message: String::new(), retry_after_ms: None, request_id: None }
}

fn not_found() -> Failure {
    failure(FailureKind::WrongAddress)
}
