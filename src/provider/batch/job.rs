//! A batch job of OpenAI's Batch API, and of those who speak it: its file, its creation, its state.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::provider::batch::{COMPLETION_WINDOW, NONCE_KEY};
use crate::provider::{Failure, FailureKind, HttpReply, Provider, billing, body, refusal, words};
use crate::time::Time;

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
    /// `(nonce, created at, in seconds, job)`.
    pub jobs: Vec<(Option<String>, u64, JobSeen)>,
    /// Where the next page begins; `None`: this was the last.
    pub after: Option<String>,
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
    let id = json.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| torn(reply, "an answer without a file id"))
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
    job(&whole(provider, reply, now)?).ok_or_else(|| torn(reply, "an answer without a job's id or status"))
}

pub fn decode_list(provider: Provider, reply: &HttpReply, now: Time) -> Result<JobList, Failure> {
    let json = whole(provider, reply, now)?;
    let list = json.get("data").and_then(Value::as_array).ok_or_else(|| torn(reply, "an answer without a list"))?;
    let entry = |value: &Value| {
        let nonce = value.pointer(&format!("/metadata/{NONCE_KEY}")).and_then(Value::as_str);
        let created = value.get("created_at").and_then(Value::as_u64).unwrap_or(0);
        Some((nonce.map(str::to_owned), created, job(value)?))
    };
    let jobs: Vec<_> = list.iter().filter_map(entry).collect();
    let more = json.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let last = list.last().and_then(|value| value.get("id")).and_then(Value::as_str);
    Ok(JobList { jobs, after: last.filter(|_| more).map(str::to_owned) })
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
    let message = words::clean(&format!("{what}: {}", reply.body));
    Failure { kind: FailureKind::TornBody, status: Some(reply.status), message, retry_after_ms: None, request_id: None }
}

fn job(value: &Value) -> Option<JobSeen> {
    let id = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let state = JobState::read(value.get("status").and_then(Value::as_str)?)?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
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
        id: id.to_owned(),
        state,
        output_file: text("output_file_id").or_else(|| text("output_file")),
        error_file: text("error_file_id").or_else(|| text("error_file")),
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
}
