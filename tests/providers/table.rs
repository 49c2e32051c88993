//! Preset by case: what each provider is sent and what it sends back, without a hole. A case is a file,
//! `fixtures/<preset>/<case>.json`, with an answer and what is made of it; `fixtures/README.md` has its fields.
//! Every preset has the cases below; what else a provider was seen to do has a file of its own that cites its source.

use std::collections::BTreeSet;
use std::fs;

use pennybatch::prices;
use pennybatch::provider::batch::{
    BatchTarget, LineProblem, RowEnd, decode_deleted, decode_file, decode_job, decode_list, read_line,
};
use pennybatch::provider::{
    Action, Answer, AnswerFormat, BODY_BYTES_MAX, Bill, Call, Failure, FailureKind, HttpReply, MESSAGE_CHARS_MAX,
    Outcome, PromptCache, Provider, Wire,
};
use serde_json::{Value, json};

use crate::fixture::{AnswerDue, Endpoint, FailureDue, Fixture, ProblemDue, fixtures, fixtures_dir, name_of};
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
/// The cases of OpenAI's second API. Refusals are the same in both.
const RESPONSES_CASES: [&str; 11] = [
    "responses_answer",
    "responses_batch_line",
    "responses_content_filter",
    "responses_empty",
    "responses_failed",
    "responses_incomplete",
    "responses_length",
    "responses_no_usage",
    "responses_refusal",
    "responses_request",
    "responses_usage",
];
/// Cases that a preset may say never happen there.
const NEVER_MAX: usize = 6;

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

#[test]
fn every_preset_has_every_case_and_no_directory_is_without_a_preset() {
    for provider in Provider::ALL {
        let cases = fixtures(provider);
        let has_responses = provider == Provider::OpenAi;
        for due in CASES.into_iter().chain(RESPONSES_CASES.into_iter().filter(|_| has_responses)) {
            assert!(cases.iter().any(|(case, _)| case == due), "{}: no {due}.json", name_of(provider));
        }
        let never = cases.iter().filter(|(_, fixture)| fixture.never.is_some()).count();
        assert!(never <= NEVER_MAX, "{}: most cases happen", name_of(provider));
        for (case, fixture) in cases.iter().filter(|(case, _)| !CASES.contains(&case.as_str())) {
            let explained = !fixture.source.is_empty() || !fixture.about.is_empty();
            assert!(explained, "{} {case}: cite where this was seen, or say what it is about", name_of(provider));
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

/// Whoever takes request files has a line of its results here.
#[test]
fn every_batch_target_has_an_answered_line() {
    for target in BatchTarget::ALL {
        let answered = fixtures(target.provider()).into_iter().any(|(case, fixture)| {
            case.starts_with("batch_line") && fixture.answer.is_some() && fixture.line_text().is_some()
        });
        assert!(answered, "{}: no answered line", target.name());
    }
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

/// A person may enter any server's address as an OpenAI-compatible one, and gateways hand on other providers' refusals.
/// Only Anthropic's own preset can tell its spend cap from a rate limit. What a provider documents of its bills counts
/// at its own preset alone.
#[test]
fn a_refusal_is_classed_the_same_at_a_server_of_unknown_name() {
    let mut wrong = Vec::new();
    for provider in Provider::ALL {
        let refused = |fixture: &Fixture| {
            fixture.is_of_a_call() && (fixture.failure.is_some() || !(200..300).contains(&fixture.status))
        };
        for (case, fixture) in fixtures(provider).into_iter().filter(|(_, fixture)| refused(fixture)) {
            if case.starts_with("spend_cap: no time") {
                continue;
            }
            let checked = match (Provider::OpenAiCompatible.decode(&fixture.reply(), NOW), &fixture.failure) {
                (Outcome::Failed { failure, bill }, Some(due)) => check_words(&case, &failure, due).and_then(|()| {
                    let doubted = due.usage.is_none() || bill != Bill::Nothing;
                    same((doubted, failure.status), (true, Some(fixture.status)))
                }),
                (outcome, _) => check_outcome(&case, &fixture, outcome),
            };
            if let Err(why) = checked {
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
        for (case, fixture) in fixtures(provider).into_iter().filter(|(_, fixture)| fixture.is_of_a_call()) {
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
        Fixture { sent: Some(due), .. } => {
            let preset = provider.preset();
            let wire = if case.starts_with("responses") { Wire::OpenAiResponses } else { preset.wire };
            same(&provider.body(wire, preset.base_url, &call()), due)
        }
        Fixture { endpoint: Some(Endpoint::CountTokens), .. } => check_count(provider, case, fixture),
        Fixture { endpoint: Some(endpoint), .. } => check_seen(provider, *endpoint, case, fixture),
        _ => match fixture.line_text() {
            // A file may be read on another lane than its job's.
            Some(line) => [provider, Provider::OpenAi]
                .into_iter()
                .try_for_each(|provider| check_line(provider, case, fixture, &line)),
            None => check_outcome(case, fixture, provider.decode(&fixture.reply(), NOW)),
        },
    }
}

fn check_outcome(case: &str, fixture: &Fixture, outcome: Outcome) -> Result<(), String> {
    match (outcome, &fixture.answer, &fixture.failure) {
        (Outcome::Answered { answer, bill }, Some(due), None) => check_answer(&answer, bill, due),
        (Outcome::Failed { failure, bill }, None, Some(due)) => check_failure(case, fixture, &failure, bill, due),
        (outcome, ..) => Err(format!("{outcome:?}")),
    }
}

fn check_line(provider: Provider, case: &str, fixture: &Fixture, line: &str) -> Result<(), String> {
    let read = match read_line(line, provider, NOW).ok_or("an empty line")? {
        Ok(read) => read,
        Err(problem) => {
            let due = fixture.problem.map(|due| match due {
                ProblemDue::NotJson => LineProblem::NotJson,
                ProblemDue::NoResult => LineProblem::NoResult,
            });
            return same(Some(problem), due);
        }
    };
    same(fixture.problem, None)?;
    same(Some(&read.custom_id), fixture.custom_id.as_ref())?;
    match read.end {
        RowEnd::Outcome(outcome) => check_outcome(case, fixture, outcome),
        RowEnd::Unfinished => same(fixture.unfinished, true),
    }
}

fn check_count(provider: Provider, case: &str, fixture: &Fixture) -> Result<(), String> {
    match (provider.counted(&fixture.reply(), NOW), &fixture.failure) {
        (Ok(tokens), None) => same(Some(tokens), fixture.counted),
        (Err(failure), Some(due)) => check_words(case, &failure, due),
        (counted, _) => Err(format!("{counted:?}")),
    }
}

fn check_seen(provider: Provider, endpoint: Endpoint, case: &str, fixture: &Fixture) -> Result<(), String> {
    let reply = fixture.reply();
    let seen = match endpoint {
        Endpoint::File => decode_file(provider, &reply, NOW).map(Value::from),
        Endpoint::DeletedFile => decode_deleted(provider, &reply, "file-9", NOW).map(|()| Value::from("file-9")),
        Endpoint::BatchJob => decode_job(provider, &reply, NOW).map(|job| json!(job)),
        Endpoint::BatchList => decode_list(provider, &reply, NOW).map(|list| json!([list.jobs, list.after])),
        Endpoint::CountTokens => return Err("it has a check of its own".to_owned()),
    };
    match (seen, &fixture.seen, &fixture.failure) {
        (Ok(seen), Some(due), None) if holds(&seen, due) => Ok(()),
        (Err(failure), None, Some(due)) => check_words(case, &failure, due),
        (seen, ..) => Err(format!("{seen:?}")),
    }
}

/// Whether everything that is due is there. Of a problem's words, a part is enough.
fn holds(seen: &Value, due: &Value) -> bool {
    match (seen, due) {
        (Value::Object(seen), Value::Object(due)) => due.iter().all(|(name, due)| {
            seen.get(name).is_some_and(|seen| match (name.as_str(), seen.as_str()) {
                ("problem", Some(words)) => due.as_str().is_some_and(|part| words.contains(part)),
                _ => holds(seen, due),
            })
        }),
        (Value::Array(seen), Value::Array(due)) => {
            seen.len() == due.len() && seen.iter().zip(due).all(|(seen, due)| holds(seen, due))
        }
        _ => seen == due,
    }
}

fn check_answer(answer: &Answer, bill: Bill, due: &AnswerDue) -> Result<(), String> {
    if let Some(text) = &due.text {
        same(&answer.text, text)?;
        same(answer.is_all_thinking(), due.all_thinking)?;
    }
    if let Some(finish) = due.finish {
        same(answer.finish, finish)?;
    }
    if let Some(request_id) = &due.request_id {
        same(answer.request_id.as_ref(), Some(request_id))?;
    }
    match (&answer.misfit, &due.misfit) {
        (Some(misfit), Some(due)) => same(misfit.starts_with(due.as_str()), true)?,
        (misfit, due) => same(misfit, due)?,
    }
    if let Some(due) = &due.priced {
        let Bill::Usage { usage, .. } = &bill else { return Err(format!("{bill:?}")) };
        let model = prices::find_at(Provider::Anthropic, &due.model).ok_or("no such model in the catalogue")?;
        same(model.card.cost(usage, NOW).pico(), due.cost_pico)?;
    }
    due.usage.as_ref().map_or(Ok(()), |usage| same(bill, usage.bill(due.cost_pico)))
}

fn check_failure(case: &str, fixture: &Fixture, failure: &Failure, bill: Bill, due: &FailureDue) -> Result<(), String> {
    // A line of a batch job is a refusal.
    let refused = !(200..300).contains(&fixture.status);
    let unstated = if refused { Bill::Nothing } else { Bill::Unknown };
    same(bill, due.usage.as_ref().map_or(unstated, |usage| usage.bill(None)))?;
    if fixture.is_of_a_call() {
        same(failure.status, Some(fixture.status))?;
    }
    check_words(case, failure, due)
}

fn check_words(case: &str, failure: &Failure, due: &FailureDue) -> Result<(), String> {
    if let Some(kind) = due.kind {
        same((failure.kind, failure.retry_after_ms), (kind, due.retry_after_ms))?;
    }
    let action = failure.kind.action();
    let actions: &[Action] = match case {
        "rate_limit" => &[Action::SlowLane],
        "overload" => &[Action::Retry],
        "quota" | "wrong_key" | "browser_ban" | "unknown_model" => &[Action::StopLane],
        "too_long" | "content_filter" => &[Action::EndItem],
        _ => &[due.action.map_or(action, |due| due.action())],
    };
    same(actions, &[action])?;
    if due.status.is_some() {
        same(failure.status, due.status)?;
    }
    if let Some(message) = &due.message {
        same(&failure.message, message)?;
    }
    if let Some(request_id) = &due.request_id {
        same(failure.request_id.as_deref().unwrap_or(""), request_id)?;
    }
    let sentence = failure.sentence();
    if due.hides.as_ref().is_some_and(|secret| sentence.contains(secret)) {
        return Err(format!("shows what it must hide: {sentence}"));
    }
    let unsaid = due.says.all().iter().find(|words| !sentence.contains(*words));
    match unsaid.or(Some(&due.message_has).filter(|words| !failure.message.contains(*words))) {
        None => Ok(()),
        Some(words) => Err(format!("doesn't say {words:?}: {sentence}")),
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
