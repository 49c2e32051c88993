//! A batch job of OpenAI's Batch API, and of those who speak it: its file, its creation, its state.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::provider::batch::{COMPLETION_WINDOW, ID_BYTES_MAX, NONCE_KEY};
use crate::provider::{Failure, FailureKind, HttpReply, Provider, billing, body, refusal, words};
use crate::time::Time;

const UNREADABLE_JOB: &str = "a job without an id, or in a state of an unknown name";

/// The provider's own states, under its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Validating,
    Failed,
    InProgress,
    Finalizing,
    Completed,
    Expired,
    Cancelling,
    Cancelled,
}

/// What an answer says of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSeen {
    pub id: String,
    pub state: JobState,
    pub output_file: Option<String>,
    pub error_file: Option<String>,
    /// Rows that got an answer, and rows that failed, by the provider's count.
    pub completed: Option<u32>,
    pub failed: Option<u32>,
    /// Why it failed, in the provider's words.
    pub problem: Option<String>,
    /// It failed because the provider's queue for this model was full.
    #[serde(default)]
    pub queue_full: bool,
}

/// One page of the list of jobs, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobList {
    pub jobs: Vec<ListedJob>,
    /// Where the next page begins; `None`: this was the last.
    pub after: Option<String>,
}

/// One job of the list. It is known by its nonce; servers that don't give metadata back still name its file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedJob {
    pub nonce: Option<String>,
    pub input_file: Option<String>,
    /// What of it can't be read, such as a state with an unknown word: it exists all the same.
    pub seen: Result<JobSeen, Failure>,
}

impl JobList {
    /// The job with this nonce, or the one that was made from `file` and lists no nonce. One that the provider's full
    /// queue turned away is passed over if only its file tells: it is known, and its file was used again.
    pub fn find(self, nonce: &str, file: &str) -> Result<Option<JobSeen>, Failure> {
        let is_it = |job: &ListedJob| match &job.nonce {
            Some(listed) => listed == nonce,
            None => {
                let turned_away = job.seen.as_ref().is_ok_and(|seen| seen.queue_full);
                job.input_file.as_deref() == Some(file) && !turned_away
            }
        };
        self.jobs.into_iter().find(is_it).map(|job| job.seen).transpose()
    }
}

impl JobState {
    pub const ALL: [JobState; 8] = [
        JobState::Validating,
        JobState::Failed,
        JobState::InProgress,
        JobState::Finalizing,
        JobState::Completed,
        JobState::Expired,
        JobState::Cancelling,
        JobState::Cancelled,
    ];

    /// Nothing more happens to the job.
    pub fn is_final(self) -> bool {
        matches!(self, JobState::Failed | JobState::Completed | JobState::Expired | JobState::Cancelled)
    }

    pub fn word(self) -> &'static str {
        match self {
            JobState::Validating => "validating",
            JobState::Failed => "failed",
            JobState::InProgress => "in_progress",
            JobState::Finalizing => "finalizing",
            JobState::Completed => "completed",
            JobState::Expired => "expired",
            JobState::Cancelling => "cancelling",
            JobState::Cancelled => "cancelled",
        }
    }

    fn read(word: &str) -> Option<JobState> {
        // Together and Groq write theirs in capitals, Mistral has words of its own.
        match word.to_ascii_lowercase().as_str() {
            "queued" => Some(JobState::Validating),
            "running" => Some(JobState::InProgress),
            "success" => Some(JobState::Completed),
            "timeout_exceeded" => Some(JobState::Expired),
            "cancellation_requested" | "canceling" => Some(JobState::Cancelling),
            "canceled" => Some(JobState::Cancelled),
            lower => JobState::ALL.into_iter().find(|state| state.word() == lower),
        }
    }
}

/// The body that creates a job.
pub fn create_body(file: &str, endpoint: &str, nonce: &str) -> String {
    json!({
        "input_file_id": file,
        "endpoint": endpoint,
        "completion_window": COMPLETION_WINDOW,
        "metadata": { NONCE_KEY: nonce },
    })
    .to_string()
}

/// The id of an uploaded file.
pub fn decode_file(provider: Provider, reply: &HttpReply, now: Time) -> Result<String, Failure> {
    let json = whole(provider, reply, now)?;
    id_in(&json, "id").ok_or_else(|| torn(reply, "an answer without a file id"))
}

/// Whether an uploaded file is gone for good: it was deleted, or the provider names it as one that it doesn't have. A
/// 404 that doesn't name it may be the address's, which says nothing of the file.
pub fn decode_deleted(provider: Provider, reply: &HttpReply, file: &str, now: Time) -> Result<(), Failure> {
    if reply.status == 404 && reply.body.contains(file) {
        return Ok(());
    }
    let json = whole(provider, reply, now)?;
    match json.get("deleted").and_then(Value::as_bool) {
        Some(true) => Ok(()),
        _ => Err(torn(reply, "an answer that doesn't say that the file was deleted")),
    }
}

pub fn decode_job(provider: Provider, reply: &HttpReply, now: Time) -> Result<JobSeen, Failure> {
    job(&whole(provider, reply, now)?).ok_or_else(|| torn(reply, UNREADABLE_JOB))
}

pub fn decode_list(provider: Provider, reply: &HttpReply, now: Time) -> Result<JobList, Failure> {
    let json = whole(provider, reply, now)?;
    let list = json.get("data").and_then(Value::as_array).ok_or_else(|| torn(reply, "an answer without a list"))?;
    let jobs = list.iter().map(|value| ListedJob {
        nonce: value.get("metadata").and_then(|metadata| id_in(metadata, NONCE_KEY)),
        input_file: ["input_file_id", "input_file"].iter().find_map(|name| id_in(value, name)),
        seen: job(value).ok_or_else(|| torn_at(reply, UNREADABLE_JOB, &value.to_string())),
    });
    let jobs = jobs.collect();
    let more = json.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let last = list.last().and_then(|value| id_in(value, "id"));
    Ok(JobList { jobs, after: last.filter(|_| more) })
}

/// The failure that a status outside of 2xx stands for.
pub fn refusal_of(provider: Provider, reply: &HttpReply, now: Time) -> Failure {
    let json = body::json(&reply.body).ok();
    let mut failure = refusal::read(provider, reply, json.as_ref(), now);
    // A file or a job that isn't there is not a wrong address: that much is known by its id.
    if failure.kind == FailureKind::UnknownModel && reply.status == 404 {
        failure.kind = FailureKind::WrongAddress;
    }
    // Something on the way refused it, maybe after it was done.
    if !billing::is_sure_refusal(reply.status, json.as_ref()) && failure.kind != FailureKind::ServerError {
        failure.kind = FailureKind::TornBody;
    }
    failure
}

fn whole(provider: Provider, reply: &HttpReply, now: Time) -> Result<Value, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(refusal_of(provider, reply, now));
    }
    body::json(&reply.body).map_err(|_| torn(reply, "the body is not JSON"))
}

fn torn(reply: &HttpReply, what: &str) -> Failure {
    torn_at(reply, what, &reply.body)
}

fn torn_at(reply: &HttpReply, what: &str, at: &str) -> Failure {
    let message = words::clean(&format!("{what}: {at}"));
    Failure { kind: FailureKind::TornBody, status: Some(reply.status), message, retry_after_ms: None, request_id: None }
}

fn id_in(value: &Value, name: &str) -> Option<String> {
    let id = value.get(name)?.as_str()?;
    (1..=ID_BYTES_MAX).contains(&id.len()).then(|| id.to_owned())
}

fn job(value: &Value) -> Option<JobSeen> {
    let id = id_in(value, "id")?;
    let state = JobState::read(value.get("status").and_then(Value::as_str)?)?;
    let count = |key: &str| value.pointer(&format!("/request_counts/{key}")).and_then(Value::as_u64);
    let errors: Vec<(&str, &str)> = value
        .pointer("/errors/data")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|error| {
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or("");
            (text("code"), text("message"))
        })
        .collect();
    let full = |(code, message): &(&str, &str)| {
        *code == "token_limit_exceeded" || message.to_ascii_lowercase().contains("enqueued token limit")
    };
    let listed: Vec<&str> = errors.iter().map(|(_, message)| *message).filter(|message| !message.is_empty()).collect();
    Some(JobSeen {
        id,
        state,
        output_file: ["output_file_id", "output_file"].iter().find_map(|name| id_in(value, name)),
        error_file: ["error_file_id", "error_file"].iter().find_map(|name| id_in(value, name)),
        completed: count("completed").map(|count| count as u32),
        failed: count("failed").map(|count| count as u32),
        problem: (!listed.is_empty()).then(|| words::clean(&listed.join(" "))),
        queue_full: errors.iter().any(full),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_other_vendors_are_understood() {
        for state in JobState::ALL {
            assert_eq!(JobState::read(state.word()), Some(state));
        }
        assert_eq!(JobState::read("COMPLETED"), Some(JobState::Completed));
        assert_eq!(JobState::read("TIMEOUT_EXCEEDED"), Some(JobState::Expired));
        assert_eq!(JobState::read("odd"), None);
    }

    fn list(jobs: Value) -> JobList {
        let body = json!({ "data": jobs }).to_string();
        decode_list(Provider::OpenAi, &HttpReply { status: 200, body, ..HttpReply::default() }, Time(0))
            .expect("a list")
    }

    #[test]
    fn a_job_is_found_by_its_nonce_or_by_its_file() {
        let found = |jobs: Value| list(jobs).find("n-1", "file-1").map(|seen| seen.map(|seen| seen.id));
        let job = |id: &str, nonce: Option<&str>, file: &str| {
            let metadata = nonce.map(|nonce| json!({ NONCE_KEY: nonce }));
            json!({ "id": id, "status": "in_progress", "metadata": metadata, "input_file_id": file })
        };
        let (other, mine) = (job("b1", Some("n-2"), "file-1"), job("b2", Some("n-1"), "file-1"));
        assert_eq!(found(json!([other, mine])), Ok(Some("b2".to_owned())));
        assert_eq!(found(json!([other])), Ok(None), "an earlier try with the same file");
        assert_eq!(found(json!([job("b3", None, "file-1")])), Ok(Some("b3".to_owned())));
        assert_eq!(found(json!([job("b3", None, "file-2")])), Ok(None));
        let mut turned_away = job("b4", None, "file-1");
        turned_away["status"] = "failed".into();
        turned_away["errors"] = json!({ "data": [{ "code": "token_limit_exceeded", "message": "full" }] });
        assert_eq!(found(json!([turned_away, job("b5", None, "file-1")])), Ok(Some("b5".to_owned())));
    }

    /// Taken for one that isn't there, it would be made a second time.
    #[test]
    fn a_job_in_an_unknown_state_is_there() {
        let odd = |metadata: Value| json!([{ "id": "b1", "status": "paused", "metadata": metadata, "input_file_id": "file-1" }]);
        for metadata in [json!({ NONCE_KEY: "n-1" }), Value::Null] {
            let failure = list(odd(metadata)).find("n-1", "file-1").expect_err("it can't be read");
            assert_eq!(failure.kind, FailureKind::TornBody);
            assert!(failure.message.contains("paused"), "{}", failure.message);
        }
        assert_eq!(list(odd(json!({ NONCE_KEY: "n-2" }))).find("n-1", "file-1"), Ok(None), "somebody else's job");
    }
}
