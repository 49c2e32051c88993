//! Preset by case: what each provider is sent and what it sends back, without a hole. A case is a file,
//! `fixtures/<preset>/<case>.json`, with an answer and what is made of it; `fixtures/README.md` has its fields.
//! Every preset has the cases below; what else a provider was seen to do has a file of its own that cites its source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pennybatch::money::Usd;
use pennybatch::provider::{
    Action, AnswerFormat, BODY_BYTES_MAX, Bill, Call, FailureKind, Finish, HttpReply, MESSAGE_CHARS_MAX, Outcome,
    PromptCache, Provider, Usage,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{NOW, reply};

const CASES: [&str; 14] = [
    "answer",
    "browser_ban",
    "content_filter",
    "empty",
    "length",
    "no_usage",
    "overload",
    "quota",
    "rate_limit",
    "request",
    "too_long",
    "unknown_model",
    "usage",
    "wrong_key",
];
/// Cases that a preset may say never happen there.
const NEVER_MAX: usize = 6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    #[serde(default)]
    source: String,
    /// It does not happen here, and why.
    never: Option<String>,
    /// The body of [`call`].
    sent: Option<String>,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// JSON, or a text where the body is none.
    #[serde(default)]
    body: Value,
    answer: Option<AnswerDue>,
    failure: Option<FailureDue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerDue {
    text: Option<String>,
    finish: Option<Finish>,
    usage: Option<BillDue>,
    cost_pico: Option<i64>,
    #[serde(default)]
    all_thinking: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureDue {
    kind: FailureKind,
    retry_after_ms: Option<u64>,
    /// What the person's sentence must say.
    #[serde(default)]
    says: String,
    /// Of a failure inside a 200.
    usage: Option<BillDue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BillDue {
    Usage(TokensDue),
    /// `"unknown"`.
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensDue {
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
    fn bill(&self, cost_pico: Option<i64>) -> Bill {
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
    fn body_text(&self) -> String {
        self.body.as_str().map_or_else(|| self.body.to_string(), str::to_owned)
    }

    fn reply(&self) -> HttpReply {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        HttpReply { status: self.status, headers, body: self.body_text(), torn: false }
    }
}

/// The call that every preset encodes.
fn call() -> Call<'static> {
    Call {
        model: "m-1",
        system: "Be brief.",
        user: "Milk",
        output_tokens_max: Some(16),
        temperature: Some(0.5),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: PromptCache::Off,
        shared_user_bytes: 0,
    }
}

fn fixtures_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers/fixtures")
}

/// The name of a preset's directory is the one that it is stored under.
fn name_of(provider: Provider) -> String {
    serde_json::to_value(provider).expect("a name").as_str().expect("a word").to_owned()
}

/// The cases of a preset by name.
fn fixtures(provider: Provider) -> Vec<(String, Fixture)> {
    let dir = fixtures_dir().join(name_of(provider));
    let files = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut cases: Vec<(String, Fixture)> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let text = fs::read_to_string(&path).expect("a text");
            let fixture = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_stem().expect("a name").to_string_lossy().into_owned(), fixture)
        })
        .collect();
    cases.sort_by(|(one, _), (other, _)| one.cmp(other));
    cases
}

#[test]
fn every_preset_has_every_case_and_no_directory_is_without_a_preset() {
    for provider in Provider::ALL {
        let cases = fixtures(provider);
        for due in CASES {
            assert!(cases.iter().any(|(case, _)| case == due), "{}: no {due}.json", name_of(provider));
        }
        let never = cases.iter().filter(|(_, fixture)| fixture.never.is_some()).count();
        assert!(never <= NEVER_MAX, "{}: most cases happen", name_of(provider));
        for (case, fixture) in cases.iter().filter(|(case, _)| !CASES.contains(&case.as_str())) {
            assert!(!fixture.source.is_empty(), "{} {case}: cite where this was seen", name_of(provider));
        }
    }
    let presets: BTreeSet<String> = Provider::ALL.into_iter().map(name_of).collect();
    let entries = fs::read_dir(fixtures_dir()).expect("the fixtures").map(|entry| entry.expect("an entry"));
    let directories = entries.filter(|entry| entry.path().is_dir());
    assert_eq!(
        directories.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<BTreeSet<_>>(),
        presets
    );
}

#[test]
fn every_case_is_read_as_it_is_meant() {
    let mut wrong = Vec::new();
    for provider in Provider::ALL {
        for (case, fixture) in fixtures(provider) {
            if let Err(why) = check(provider, &case, &fixture) {
                wrong.push(format!("{} {case}: {why}", name_of(provider)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_broken_is_read_the_same_at_every_preset() {
    for provider in Provider::ALL {
        for case in ["unreachable", "html", "half", "huge", "compressed"] {
            check_broken(provider, case).unwrap_or_else(|why| panic!("{} {case}: {why}", name_of(provider)));
        }
    }
}

/// A body may end anywhere: what is left is never taken for a whole answer, unless it was a stream.
#[test]
fn a_part_of_a_body_is_no_answer() {
    for provider in Provider::ALL {
        for (case, fixture) in fixtures(provider).into_iter().filter(|(_, fixture)| fixture.status > 0) {
            let body = fixture.body_text();
            for end in (0..body.len()).step_by(13).filter(|end| body.is_char_boundary(*end)) {
                let cut = HttpReply { body: body[..end].to_owned(), torn: true, ..fixture.reply() };
                match provider.decode(&cut, NOW) {
                    Outcome::Failed { failure, .. } => {
                        assert!(failure.message.chars().count() <= MESSAGE_CHARS_MAX, "{case}")
                    }
                    Outcome::Answered { .. } => {
                        assert!(fixture.body.is_string(), "{} {case} ends at {end}", name_of(provider))
                    }
                }
            }
        }
    }
}

/// A server may echo what it was sent, or send anything. So long that a search which begins anew at each character
/// would not end.
#[test]
fn whatever_a_server_sends_comes_to_an_end() {
    let pieces =
        ["x", "-a", "`", "[", "{\"a\":", "sk-a1", "wait 1s", "\\ud83d", "data:", "<", "\u{200b}", "\u{e4}", "api key:"];
    for provider in [Provider::Anthropic, Provider::OpenRouter] {
        for (piece, status) in pieces.iter().flat_map(|piece| [(piece, 200), (piece, 400), (piece, 429)]) {
            let echo = piece.repeat(400_000 / piece.len());
            let quoted = serde_json::to_string(&echo).expect("JSON");
            for body in [format!(r#"{{"error":{{"message":{quoted},"code":{quoted}}}}}"#), echo] {
                match provider.decode(&reply(status, &[], &body), NOW) {
                    Outcome::Failed { failure, .. } => {
                        assert!(failure.message.chars().count() <= MESSAGE_CHARS_MAX, "{piece} {status}")
                    }
                    answered => panic!("{piece} {status}: {answered:?}"),
                }
            }
        }
    }
}

fn check(provider: Provider, case: &str, fixture: &Fixture) -> Result<(), String> {
    match fixture {
        Fixture { never: Some(why), .. } => same(why.len() > 10, true),
        Fixture { sent: Some(due), .. } => same(&provider.body(provider.preset().base_url, &call()), due),
        Fixture { answer: Some(due), .. } => check_answer(provider, fixture, due),
        Fixture { failure: Some(due), .. } => check_failure(provider, case, fixture, due),
        _ => Err("neither an answer nor a failure is due".to_owned()),
    }
}

fn check_answer(provider: Provider, fixture: &Fixture, due: &AnswerDue) -> Result<(), String> {
    match provider.decode(&fixture.reply(), NOW) {
        Outcome::Answered { answer, bill } => {
            if let Some(text) = &due.text {
                same(&answer.text, text)?;
            }
            if let Some(finish) = due.finish {
                same(answer.finish, finish)?;
            }
            if let Some(usage) = &due.usage {
                same(bill, usage.bill(due.cost_pico))?;
            }
            let says_all_thinking = due.text.is_none() || answer.is_all_thinking() == due.all_thinking;
            if says_all_thinking { Ok(()) } else { Err("all of it is thinking, or isn't".to_owned()) }
        }
        failed => Err(format!("{failed:?}")),
    }
}

fn check_failure(provider: Provider, case: &str, fixture: &Fixture, due: &FailureDue) -> Result<(), String> {
    let Outcome::Failed { failure, bill } = provider.decode(&fixture.reply(), NOW) else {
        return Err("an answer".to_owned());
    };
    same((failure.kind, failure.retry_after_ms), (due.kind, due.retry_after_ms))?;
    let refused = !(200..300).contains(&fixture.status);
    let unstated = if refused { Bill::Nothing } else { Bill::Unknown };
    same(bill, due.usage.as_ref().map_or(unstated, |usage| usage.bill(None)))?;
    let actions: &[Action] = match case {
        "rate_limit" => &[Action::SlowLane],
        "overload" => &[Action::Retry],
        "quota" | "wrong_key" | "browser_ban" | "unknown_model" => &[Action::StopLane],
        "too_long" | "content_filter" => &[Action::EndItem],
        _ => &[failure.kind.action()],
    };
    same(actions.contains(&failure.kind.action()), true)?;
    match failure.sentence().contains(&due.says) {
        true => Ok(()),
        false => Err(format!("doesn't say {:?}: {}", due.says, failure.sentence())),
    }
}

/// No answer at all, a page, half an answer, a body that never ends, and one that nobody unpacked.
fn check_broken(provider: Provider, case: &str) -> Result<(), String> {
    let answer = fixtures(provider).into_iter().find(|(case, _)| case == "answer").ok_or("no answer to break")?.1;
    let whole = answer.body_text();
    let half = &whole[..whole.len() / 2];
    let broken = |reply: HttpReply| provider.decode(&reply, NOW);
    let (outcome, kind, says) = match case {
        "unreachable" => (
            Outcome::unreachable("TypeError: Failed to fetch"),
            FailureKind::Unreachable,
            &["network", "CORS", "key"][..],
        ),
        "html" => {
            let page = "<!doctype html><html><head><title>Sign in</title></head></html>";
            (broken(reply(200, &[("content-type", "text/html")], page)), FailureKind::HtmlPage, &["Sign in"][..])
        }
        "half" => {
            let reply = HttpReply { torn: true, ..reply(200, &[], half) };
            (broken(reply), FailureKind::TornBody, &["broke off after"][..])
        }
        "compressed" => {
            (broken(reply(200, &[], "\u{1f}\u{fffd}\u{8}\0\0")), FailureKind::TornBody, &["compressed"][..])
        }
        // What `fetch` hands over of 100 MB: as much as is read at most.
        _ => {
            let body = format!("{half}{}", " ".repeat(BODY_BYTES_MAX - half.len()));
            let reply = HttpReply { torn: true, ..reply(200, &[], &body) };
            (broken(reply), FailureKind::TornBody, &["cut off at 16 MiB"][..])
        }
    };
    match outcome {
        Outcome::Failed { failure, bill } => {
            same((failure.kind, bill, failure.kind.action()), (kind, Bill::Unknown, Action::StopUnprovenLane))?;
            same(says.iter().all(|words| failure.sentence().contains(words)), true)
        }
        answered => Err(format!("{answered:?}")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(got: T, due: T) -> Result<(), String> {
    if got == due { Ok(()) } else { Err(format!("{got:?}, not {due:?}")) }
}
