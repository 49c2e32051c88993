//! The format of the fixtures, and how they are found. `fixtures/README.md` has the fields.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pennybatch::money::Usd;
use pennybatch::provider::{Action, Bill, FailureKind, Finish, HttpReply, Provider, Usage};
use serde::Deserialize;
use serde_json::Value;

/// A file holds one case, or a list of variants of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Variants(Vec<Value>),
    Case(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    #[serde(default)]
    pub source: String,
    /// What the case is about, where its name doesn't say it.
    #[serde(default)]
    pub about: String,
    /// It does not happen here, and why.
    pub never: Option<String>,
    /// The body of the call in `table.rs`.
    pub sent: Option<String>,
    /// What was called, where it isn't the endpoint of answers.
    pub endpoint: Option<Endpoint>,
    #[serde(default)]
    pub status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// JSON, or a text where the body is none.
    #[serde(default)]
    pub body: Value,
    /// The connection broke after the body.
    #[serde(default)]
    torn: bool,
    /// A line of a batch job's result file, in place of an HTTP answer.
    line: Option<Value>,
    /// The request that the line answers.
    pub custom_id: Option<String>,
    pub answer: Option<AnswerDue>,
    pub failure: Option<FailureDue>,
    /// The input tokens that `count_tokens` states.
    pub counted: Option<u32>,
    /// What a file or a batch job is seen to be: each field that is named here.
    pub seen: Option<Value>,
    /// The batch job never came to this request.
    #[serde(default)]
    pub unfinished: bool,
    /// Why the line can't be read.
    pub problem: Option<ProblemDue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    CountTokens,
    /// An upload, which answers with the file's id.
    File,
    /// The deletion of `file-9`.
    DeletedFile,
    BatchJob,
    BatchList,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemDue {
    NotJson,
    NoResult,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerDue {
    pub text: Option<String>,
    pub finish: Option<Finish>,
    pub usage: Option<BillDue>,
    pub cost_pico: Option<i64>,
    #[serde(default)]
    pub all_thinking: bool,
    pub request_id: Option<String>,
    /// How the reason begins why the answer doesn't fit.
    pub misfit: Option<String>,
    pub priced: Option<PriceDue>,
}

/// What the usage costs at the built-in price of a model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceDue {
    pub model: String,
    pub cost_pico: i128,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureDue {
    pub kind: Option<FailureKind>,
    pub action: Option<ActionDue>,
    /// Of a batch job's line. An HTTP refusal's must be the answer's.
    pub status: Option<u16>,
    pub retry_after_ms: Option<u64>,
    /// The provider's own words, exactly.
    pub message: Option<String>,
    /// A part of the message.
    #[serde(default)]
    pub message_has: String,
    /// What the person's sentence must say.
    #[serde(default)]
    pub says: Says,
    /// What the person's sentence must not show.
    pub hides: Option<String>,
    /// Empty where none is stated.
    pub request_id: Option<String>,
    /// Of a failure inside a 200.
    pub usage: Option<BillDue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Says {
    Words(String),
    All(Vec<String>),
}

impl Default for Says {
    fn default() -> Says {
        Says::All(Vec::new())
    }
}

impl Says {
    pub fn all(&self) -> &[String] {
        match self {
            Says::Words(words) => std::slice::from_ref(words),
            Says::All(all) => all,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionDue {
    Retry,
    SlowLane,
    StopLane,
    StopUnprovenLane,
    EndItem,
}

impl ActionDue {
    pub fn action(self) -> Action {
        match self {
            ActionDue::Retry => Action::Retry,
            ActionDue::SlowLane => Action::SlowLane,
            ActionDue::StopLane => Action::StopLane,
            ActionDue::StopUnprovenLane => Action::StopUnprovenLane,
            ActionDue::EndItem => Action::EndItem,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum BillDue {
    Usage(TokensDue),
    /// `"unknown"`.
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensDue {
    input: u64,
    output: u64,
    #[serde(default)]
    cache_read: u64,
    #[serde(default)]
    cache_write: u64,
    #[serde(default)]
    cache_write_1h: u64,
    #[serde(default)]
    reasoning: u64,
}

impl BillDue {
    pub fn bill(&self, cost_pico: Option<i64>) -> Bill {
        match self {
            BillDue::Word(word) => {
                assert_eq!(word, "unknown");
                Bill::Unknown
            }
            BillDue::Usage(TokensDue { input, output, cache_read, cache_write, cache_write_1h, reasoning }) => {
                let usage = Usage {
                    input: *input,
                    output: *output,
                    cache_read: *cache_read,
                    cache_write: *cache_write,
                    cache_write_1h: *cache_write_1h,
                    reasoning: *reasoning,
                };
                Bill::Usage { usage, stated_cost: cost_pico.map(|pico| Usd::from_pico(pico.into())) }
            }
        }
    }
}

impl Fixture {
    pub fn body_text(&self) -> String {
        text_of(&self.body)
    }

    pub fn line_text(&self) -> Option<String> {
        self.line.as_ref().map(text_of)
    }

    /// The answer of a call, which is most of the cases.
    pub fn is_of_a_call(&self) -> bool {
        self.status > 0 && self.endpoint.is_none()
    }

    pub fn reply(&self) -> HttpReply {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        HttpReply { status: self.status, headers, body: self.body_text(), torn: self.torn }
    }
}

fn text_of(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

pub fn fixtures_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers/fixtures")
}

/// The name of a preset's directory is the one that it is stored under.
pub fn name_of(provider: Provider) -> String {
    serde_json::to_value(provider).expect("a name").as_str().expect("a word").to_owned()
}

/// The cases of a preset by name. A variant's name ends in what it is about.
pub fn fixtures(provider: Provider) -> Vec<(String, Fixture)> {
    let dir = fixtures_dir().join(name_of(provider));
    let files = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut cases: Vec<(String, Fixture)> = files.flat_map(|file| cases_of(&file.expect("a file").path())).collect();
    cases.sort_by(|(one, _), (other, _)| one.cmp(other));
    cases
}

fn cases_of(path: &Path) -> Vec<(String, Fixture)> {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("a text");
    let read = |json| serde_json::from_value(json).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
        File::Case(json) => vec![(name, read(json))],
        File::Variants(variants) => {
            let named = |fixture: Fixture| {
                assert!(!fixture.about.is_empty(), "{}: say what each variant is about", path.display());
                (format!("{name}: {}", fixture.about), fixture)
            };
            variants.into_iter().map(|json| named(read(json))).collect()
        }
    }
}
