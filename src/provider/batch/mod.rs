//! Batch APIs on the wire, as plain values: request lines and job bodies out, jobs and result lines in.
//! Not here: which rows go into a job, when, and what a lost answer means (`engine::batch`); moving bytes (`worker`).

mod hand_over;
mod job;
mod result_line;
mod target;

pub use hand_over::{custom_id, ordinal_of, request_line};
pub use job::{
    JobList, JobSeen, JobState, ListedJob, create_body, decode_deleted, decode_file, decode_job, decode_list,
    refusal_of,
};
pub use result_line::{LineProblem, ResultLine, RowEnd, read_line};
pub use target::BatchTarget;

/// The metadata key under which a job carries its nonce.
pub const NONCE_KEY: &str = "pennybatch";
pub const COMPLETION_WINDOW: &str = "24h";
/// Ids are a few dozen bytes long; a longer one is no id that is worth keeping.
const ID_BYTES_MAX: usize = 500;
/// A line longer than this is not read. Answers are a thousand times shorter.
pub const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
