//! The books of the simulated Batch API: files, jobs, and what each row came to.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::batch_rows::{answered_line, check, failed_line, lines, unfinished_line, wire_of};
use super::clock::{self, Instant};
use super::settings::Settings;
use super::wire::Wire;

const VALIDATING_MAX: Duration = Duration::from_millis(500);

/// What tests may change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchSettings {
    /// From a job's creation to its end. A change holds for the jobs that there are, too.
    pub delay_ms: u64,
    /// Before an upload, a creation, each chunk of a download but the first is answered; what was asked for is done at
    /// once.
    pub upload_hold_ms: u64,
    pub create_hold_ms: u64,
    pub chunk_hold_ms: u64,
    /// How many creations lose their answer from now on.
    pub lose_creates: u32,
    /// How many creations never arrive from now on.
    pub drop_creates: u32,
    /// No file is deleted.
    pub keeps_files: bool,
    /// No job is listed.
    pub unlisted: bool,
    /// Every so-manieth row fails with a 400; 0: none.
    pub fail_every: usize,
    /// The share of its rows, in percent, after which a job expires.
    pub expire_percent: Option<usize>,
    /// The share of its rows that a job has done when it is canceled; else what its time came to.
    pub cancel_percent: Option<usize>,
    /// Every so-manieth row has no line although it is billed, or two lines; 0: none.
    pub leave_out_every: usize,
    pub repeat_every: usize,
    /// Input tokens of all unfinished jobs together.
    pub queue_tokens: Option<u64>,
    /// Each answer is filled up to this many bytes.
    pub pad_bytes: usize,
    /// Jobs on one page of their list.
    pub list_page: usize,
}

impl Default for BatchSettings {
    fn default() -> BatchSettings {
        BatchSettings {
            delay_ms: 500,
            upload_hold_ms: 0,
            create_hold_ms: 0,
            chunk_hold_ms: 0,
            lose_creates: 0,
            drop_creates: 0,
            keeps_files: false,
            unlisted: false,
            fail_every: 0,
            expire_percent: None,
            cancel_percent: None,
            leave_out_every: 0,
            repeat_every: 0,
            queue_tokens: None,
            pad_bytes: 0,
            list_page: 100,
        }
    }
}

#[derive(Default)]
pub struct Books {
    pub settings: BatchSettings,
    pub files: BTreeMap<String, Bytes>,
    pub jobs: BTreeMap<String, Job>,
    pub next: u64,
    /// Bytes of result files that were taken.
    pub served: u64,
}

pub struct Job {
    pub input_file: String,
    pub endpoint: String,
    pub metadata: Value,
    pub created: (Instant, u64),
    pub state: &'static str,
    pub errors: Value,
    pub rows: usize,
    pub tokens: u64,
    pub completed: usize,
    pub failed: usize,
    pub billed_pico: u128,
    pub custom_ids: Vec<String>,
    pub output: Option<String>,
    pub error: Option<String>,
}

/// Which part of the list of jobs is asked for.
#[derive(Deserialize)]
pub struct Asking {
    pub limit: Option<usize>,
    pub after: Option<String>,
}

impl Books {
    /// The newest jobs first, from behind the one that is named; as many as were asked for, and as a page holds.
    pub fn page(&self, asked: &Asking) -> Value {
        let newest = self.jobs.iter().rev();
        let behind = newest.skip_while(|(id, _)| asked.after.as_ref().is_some_and(|after| *id != after));
        let behind = behind.skip(usize::from(asked.after.is_some())).filter(|_| !self.settings.unlisted);
        let behind: Vec<_> = behind.collect();
        let page = &behind[..behind.len().min(asked.limit.unwrap_or(20)).min(self.settings.list_page)];
        let data: Vec<Value> = page.iter().map(|(id, job)| job.seen(id)).collect();
        json!({"object": "list", "data": data, "has_more": page.len() < behind.len(),
            "first_id": page.first().map(|(id, _)| id), "last_id": page.last().map(|(id, _)| id)})
    }

    pub fn create(&mut self, asked: &Value) -> Result<Value, String> {
        let input_file = asked["input_file_id"].as_str().unwrap_or("").to_owned();
        let file = self.files.get(&input_file).cloned().ok_or(format!("Cannot find file {input_file}."))?;
        let endpoint = asked["endpoint"].as_str().unwrap_or_default();
        if wire_of(endpoint).is_none() || asked["completion_window"] != "24h" {
            return Err("The endpoint or the completion window is none.".to_owned());
        }
        let (rows, problem) = check(&file, endpoint);
        let tokens: u64 = lines(&file).filter_map(|(_, asked)| Some(asked.ok()?.input_tokens)).sum();
        let queued: u64 = self.jobs.values().filter(|job| !job.is_final()).map(|job| job.tokens).sum();
        let full = self.settings.queue_tokens.is_some_and(|limit| queued > 0 && queued + tokens > limit);
        let errors = match (problem, full) {
            (Some(problem), _) => json!({"object": "list", "data": [problem]}),
            (None, true) => json!({"object": "list", "data": [{"code": "token_limit_exceeded", "message":
                "Enqueued token limit reached. Please try again once some in_progress batches have been completed.",
                "line": null, "param": null}]}),
            (None, false) => Value::Null,
        };
        self.next += 1;
        let id = format!("batch_{:06}", self.next);
        let job = Job {
            input_file,
            endpoint: endpoint.to_owned(),
            metadata: asked["metadata"].clone(),
            created: (Instant::now(), clock::unix().as_secs()),
            state: if errors.is_null() { "validating" } else { "failed" },
            errors,
            rows,
            tokens,
            completed: 0,
            failed: 0,
            billed_pico: 0,
            custom_ids: Vec::new(),
            output: None,
            error: None,
        };
        let seen = job.seen(&id);
        self.jobs.insert(id, job);
        Ok(seen)
    }

    pub fn advance(&mut self, prices: &Settings) {
        let ids: Vec<String> = self.jobs.iter().filter(|(_, job)| !job.is_final()).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let expire_percent = self.settings.expire_percent;
            let delay = Duration::from_millis(self.settings.delay_ms);
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let passed = job.created.0.elapsed();
            if passed < delay {
                job.state = if passed > (delay / 10).min(VALIDATING_MAX) { "in_progress" } else { "validating" };
                continue;
            }
            match expire_percent {
                Some(percent) => self.work(&id, percent, "expired", prices),
                None => self.work(&id, 100, "completed", prices),
            }
        }
    }

    pub fn cancel(&mut self, id: &str, prices: &Settings) -> Option<Result<Value, String>> {
        let job = self.jobs.get(id)?;
        if job.is_final() {
            return Some(Err(format!("Cannot cancel a batch with status '{}'.", job.state)));
        }
        let percent = job.created.0.elapsed().as_millis() * 100 / u128::from(self.settings.delay_ms.max(1));
        let percent = self.settings.cancel_percent.unwrap_or(percent as usize);
        self.work(id, percent.min(99), "cancelled", prices);
        let job = self.jobs.get(id)?;
        let mut seen = job.seen(id);
        seen["status"] = json!("cancelling");
        Some(Ok(seen))
    }

    /// Works through this share of a job's rows and ends it.
    fn work(&mut self, id: &str, percent: usize, state: &'static str, prices: &Settings) {
        let settings = self.settings.clone();
        let Some(mut job) = self.jobs.remove(id) else { return };
        let file = self.files.get(&job.input_file).cloned().unwrap_or_default();
        let (mut output, mut error): (Vec<String>, Vec<String>) = Default::default();
        let worked = job.rows * percent / 100;
        let wire = wire_of(&job.endpoint).unwrap_or(Wire::Openai);
        let nth = |every: usize, row: usize| every > 0 && row % every == every - 1;
        for (row, (custom_id, asked)) in lines(&file).enumerate() {
            let Ok(asked) = asked else { continue };
            if row >= worked {
                let code = if state == "expired" { "batch_expired" } else { "batch_cancelled" };
                error.push(unfinished_line(id, row, custom_id, code));
            } else if nth(settings.fail_every, row) {
                job.failed += 1;
                error.push(failed_line(id, row, custom_id));
            } else {
                job.completed += 1;
                let (line, pico) = answered_line(wire, id, row, custom_id, &asked, settings.pad_bytes, prices);
                job.billed_pico += pico;
                job.custom_ids.push(custom_id.to_owned());
                if nth(settings.repeat_every, row) {
                    output.push(line.clone());
                }
                if !nth(settings.leave_out_every, row) {
                    output.push(line);
                }
            }
        }
        let mut random = fastrand::Rng::with_seed(prices.seed);
        random.shuffle(&mut output);
        random.shuffle(&mut error);
        job.state = state;
        job.output = self.keep(output);
        job.error = self.keep(error);
        self.jobs.insert(id.to_owned(), job);
    }

    fn keep(&mut self, lines: Vec<String>) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        self.next += 1;
        let id = format!("file-{:06}", self.next);
        self.files.insert(id.clone(), lines.concat().into());
        Some(id)
    }
}

impl Job {
    pub fn is_final(&self) -> bool {
        ["failed", "completed", "expired", "cancelled"].contains(&self.state)
    }

    pub fn seen(&self, id: &str) -> Value {
        json!({"id": id, "object": "batch", "endpoint": self.endpoint, "errors": self.errors,
            "input_file_id": self.input_file, "completion_window": "24h", "status": self.state,
            "output_file_id": self.output, "error_file_id": self.error, "created_at": self.created.1,
            "request_counts": {"total": self.rows, "completed": self.completed, "failed": self.failed},
            "metadata": self.metadata})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    fn file(rows: usize) -> Bytes {
        let line = |row| {
            let body = json!({"model": "m", "messages": [{"role": "user", "content": format!("row {row}")}]});
            format!(
                "{}\n",
                json!({"custom_id": format!("r-{row}"), "method": "POST", "url": "/v1/chat/completions", "body": body})
            )
        };
        (0..rows).map(line).collect::<String>().into()
    }

    fn books(rows: usize, settings: BatchSettings) -> Books {
        let mut books = Books { settings, ..Books::default() };
        books.files.insert("file-1".into(), file(rows));
        books
    }

    const ENDPOINT: &str = "/v1/chat/completions";
    const ASKED: fn() -> Value =
        || json!({"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"});

    #[test]
    fn a_job_bills_each_row_it_worked_on_once_at_half_the_price() {
        let mut books = books(10, BatchSettings { delay_ms: 0, fail_every: 5, ..BatchSettings::default() });
        let id = books.create(&ASKED()).expect("a job")["id"].as_str().expect("an id").to_owned();
        let prices = settings("--price-in 2 --price-out 4");
        books.advance(&prices);
        books.advance(&prices);
        let job = &books.jobs[&id];
        assert_eq!((job.state, job.completed, job.failed), ("completed", 8, 2));
        // "row N" takes 2 tokens and 3 and 3 more; "Answer " and eight digits take 4.
        assert_eq!(job.billed_pico, 8 * (8 * 1_000_000 + 4 * 2_000_000));
    }

    #[test]
    fn a_job_that_runs_follows_a_changed_delay_and_does_what_is_asked_of_it_before_it_is_canceled() {
        let mut books = books(10, BatchSettings { delay_ms: 600_000, ..BatchSettings::default() });
        let mut create = || books.create(&ASKED()).expect("a job")["id"].as_str().expect("an id").to_owned();
        let (first, second) = (create(), create());
        books.advance(&settings(""));
        assert!(!books.jobs[&first].is_final());
        books.settings.cancel_percent = Some(40);
        books.cancel(&first, &settings("")).expect("a job").expect("one that runs");
        assert_eq!((books.jobs[&first].state, books.jobs[&first].completed), ("cancelled", 4));
        books.settings.delay_ms = 0;
        books.advance(&settings(""));
        assert_eq!((books.jobs[&second].state, books.jobs[&second].completed), ("completed", 10));
    }

    #[test]
    fn a_job_that_expires_keeps_what_it_did_and_names_the_rest() {
        let mut books = books(10, BatchSettings { delay_ms: 0, expire_percent: Some(30), ..BatchSettings::default() });
        let id = books.create(&ASKED()).expect("a job")["id"].as_str().expect("an id").to_owned();
        books.advance(&settings(""));
        let job = &books.jobs[&id];
        assert_eq!((job.state, job.completed), ("expired", 3));
        let error = &books.files[job.error.as_deref().expect("an error file")];
        assert_eq!(String::from_utf8_lossy(error).matches("batch_expired").count(), 7);
    }

    #[test]
    fn files_that_break_a_documented_limit_are_refused() {
        let twice: Bytes = [file(1), file(1)].concat().into();
        assert_eq!(check(&twice, ENDPOINT).1.expect("a problem")["code"], "duplicate_custom_id");
        assert_eq!(check(&"{".into(), ENDPOINT).1.expect("a problem")["code"], "invalid_json_line");
        assert_eq!(check(&file(50_001), ENDPOINT).1.expect("a problem")["code"], "too_many_tasks");
        assert_eq!(check(&file(50_000), ENDPOINT), (50_000, None));
    }
}
