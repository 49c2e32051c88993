//! What providers send: answers, refusals, batch jobs and result lines.

use fastrand::Rng;
use pennybatch::prices::RouterList;
use pennybatch::provider::batch::{decode_deleted, decode_file, decode_job, decode_list, read_line, refusal_of};
use pennybatch::provider::{Bill, Failure, HINT_MS_MAX, HttpReply, MESSAGE_CHARS_MAX, Outcome, Provider, Usage};
use pennybatch::time::Time;
use serde_json::Value;

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals, project_files};

/// 2026-11-23 12:00:00 UTC.
const NOW: Time = Time::from_ms(1_795_435_200_000);
/// A key that no word before it and no beginning of its own gives away.
const KEY: &str = "0f9e8d7c6b5a4938";
const STATUSES: [u16; 20] =
    [200, 200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 405, 408, 413, 422, 429, 500, 503, 529];
const HEADERS: [&str; 14] = [
    "retry-after",
    "retry-after-ms",
    "x-ratelimit-reset",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-limit-requests",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-input-tokens-limit",
    "ratelimit-reset",
    "x-request-id",
    "request-id",
    "content-type",
];
const VALUES: [&str; 24] = [
    "",
    "0",
    "-1",
    "1",
    "0.5",
    "1e400",
    "NaN",
    "inf",
    "18446744073709551616",
    "99999999999",
    "6m0s",
    "12ms",
    "1h2m3s",
    "Mon, 23 Nov 2026 12:00:05 GMT",
    "Wed, 31 Feb 9999 99:99:99 GMT",
    "2026-11-23T12:00:05Z",
    "9999-12-31T23:59:60+99:99",
    "0000-00-00T00:00:00Z",
    "1795435205",
    "1795435205000",
    "req_1",
    "\u{202e}sk-0123456789",
    "text/html",
    "1d1d1d1d1d1d1d",
];

/// What the fixtures hold under this name: JSON, or a text that is none. A file has one case or a list of them.
fn fixtures(name: &str) -> Vec<Vec<u8>> {
    let files = project_files("tests/providers/fixtures").into_iter();
    let cases = files.filter_map(|(_, bytes)| serde_json::from_slice(&bytes).ok()).flat_map(|file| match file {
        Value::Array(cases) => cases,
        case => vec![case],
    });
    let found: Vec<Vec<u8>> = cases
        .filter_map(|case| match case.get(name)? {
            Value::String(text) => Some(text.as_bytes().to_vec()),
            json => Some(json.to_string().into_bytes()),
        })
        .collect();
    assert!(!found.is_empty(), "no fixture has a {name}");
    found
}

pub fn corpus() -> Corpus {
    let tests = ["tests/providers/anthropic.rs", "tests/providers/refusals.rs"];
    let sources = ["body", "reading", "refusal", "context_size", "hint", "usage", "finish", "thinking"];
    let sources = sources.iter().map(|name| format!("src/provider/{name}.rs"));
    let literals = tests.map(str::to_owned).into_iter().chain(sources).flat_map(|path| literals::of_file(&path));
    Corpus::new(
        fixtures("body").into_iter().chain(literals),
        &[
            "data: ",
            "\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
            "data: [DONE]\n\n",
            "event: error\n",
            ": ping\n",
            "\"choices\":[",
            "\"message\":{",
            "\"content\":",
            "\"content\":null",
            "\"finish_reason\":\"stop\"",
            "\"usage\":{",
            "\"prompt_tokens\":",
            "\"completion_tokens\":1e99",
            "\"total_tokens\":-1",
            "\"error\":{",
            "\"error\":\"",
            "\"message\":\"",
            "\"code\":429",
            "\"status\":",
            "<html>",
            "<!doctype html>",
            "<think>",
            "</think>",
            "Please try again in 1e9s",
            "retry after ",
            "maximum context length is 8192",
            "\"retryDelay\":\"5s\"",
            "\"cost\":",
            "\"input_tokens\":18446744073709551615",
            "\"cache_read_input_tokens\":18446744073709551615",
            KEY,
            "Bearer ",
        ],
    )
}

fn reply(status: u16, body: &str, chance: &mut Rng) -> HttpReply {
    let mut headers = Vec::new();
    while chance.bool() && headers.len() < 4 {
        let value = VALUES[chance.usize(..VALUES.len())].to_owned();
        headers.push((HEADERS[chance.usize(..HEADERS.len())].to_owned(), value));
    }
    HttpReply { status, headers, body: body.to_owned(), torn: chance.u32(..8) == 0 }
}

fn one_of<T: Copy>(all: &[T], chance: &mut Rng) -> T {
    all[chance.usize(..all.len())]
}

pub fn body(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let provider = one_of(&Provider::ALL, chance);
    let status = if chance.u32(..16) == 0 { chance.u16(100..600) } else { one_of(&STATUSES, chance) };
    let mut reply = reply(status, &text, chance);
    reply.hide_key(KEY);
    let outcome = provider.decode(&reply, NOW);
    if chance.u32(..16) == 0 {
        assert_eq!(outcome, provider.decode(&reply, NOW), "decoded otherwise the second time");
    }
    ended(&outcome, status);
    let _ = provider.rate_seen(&reply, NOW);
    if provider.counts_tokens()
        && let Err(failure) = provider.counted(&reply, NOW)
    {
        failed(&failure, status);
    }
}

fn ended(outcome: &Outcome, status: u16) {
    let bill = match outcome {
        Outcome::Answered { answer, bill } => {
            // A refusal may hold a sample that the provider itself found unfit.
            assert!((200..300).contains(&status) || answer.misfit.is_some(), "an answer of status {status}");
            let _ = (answer.is_empty(), answer.is_all_thinking());
            answer.misfit.iter().for_each(|misfit| fits_a_screen(misfit));
            bill
        }
        Outcome::Failed { failure, bill } => {
            failed(failure, status);
            bill
        }
    };
    if let Bill::Usage { usage, stated_cost } = bill {
        parts_fit(usage);
        assert!(stated_cost.is_none_or(|cost| cost.pico() >= 0), "{stated_cost:?}");
    }
}

fn parts_fit(usage: &Usage) {
    let Usage { input, output, cache_read, cache_write, cache_write_1h, reasoning } = *usage;
    assert!(cache_read.saturating_add(cache_write) <= input && cache_write_1h <= cache_write, "{usage:?}");
    assert!(reasoning <= output, "{usage:?}");
}

fn failed(failure: &Failure, status: u16) {
    assert!(failure.message.chars().count() <= MESSAGE_CHARS_MAX, "{failure:?}");
    assert!(failure.retry_after_ms.is_none_or(|ms| ms <= HINT_MS_MAX), "{failure:?}");
    assert!((200..300).contains(&status) || !failure.message.contains(KEY), "{failure:?}");
    for sentence in [
        failure.sentence(),
        failure.sentence_before_a_run(),
        failure.sentence_at_the_end(),
        failure.sentence_of_a_batch_step(),
    ] {
        fits_a_screen(&sentence);
    }
}

pub fn batches() -> Corpus {
    let tests =
        ["src/provider/batch/result_line.rs", "src/provider/batch/job.rs"].into_iter().flat_map(literals::of_file);
    let lines = fixtures("body").into_iter().filter_map(|body| String::from_utf8(body).ok()).flat_map(|body| {
        let quoted = Value::from(body.as_str()).to_string();
        [
            format!(
                r#"{{"custom_id":"r-1","response":{{"status_code":200,"request_id":"q","body":{body}}},"error":null}}"#
            ),
            format!(r#"{{"custom_id":"r-1","response":{{"status_code":400,"body":{quoted}}},"error":null}}"#),
            format!(r#"{{"custom_id":"r-1","result":{{"type":"succeeded","message":{body}}}}}"#),
            format!(r#"{{"custom_id":"r-1","response":null,"error":{body}}}"#),
        ]
        .map(String::into_bytes)
    });
    Corpus::new(
        tests.chain(fixtures("line")).chain(lines),
        &[
            "\"custom_id\":\"",
            "\"key\":",
            "\"response\":{",
            "\"response\":null",
            "\"error\":{\"code\":",
            "\"status_code\":200",
            "\"body\":",
            "\"result\":{\"type\":\"errored\",\"error\":",
            "\"type\":\"expired\"",
            "\"status\":\"completed\"",
            "\"request_counts\":{\"completed\":",
            "\"data\":[",
            "\"has_more\":true",
            "\"errors\":{\"data\":[",
            "\"metadata\":{\"pennybatch\":",
            "\"output_file_id\":",
            "batch_expired",
            "4294967296",
            "\"deleted\":true",
            "file-9",
        ],
    )
}

pub fn batch(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let provider = one_of(&Provider::ALL, chance);
    let line = read_line(&text, provider, NOW);
    match &line {
        Some(Ok(line)) => {
            if let pennybatch::provider::batch::RowEnd::Outcome(outcome) = &line.end {
                // The line states the status of its answer itself.
                let status = if matches!(outcome, Outcome::Answered { .. }) { 200 } else { 0 };
                ended(outcome, status);
            }
            if chance.u32(..16) == 0 {
                assert_eq!(read_line(&text, provider, NOW).as_ref(), Some(&Ok(line.clone())));
            }
        }
        Some(Err(_)) => {}
        None => assert!(text.trim().trim_start_matches('\u{feff}').is_empty(), "a line was passed over: {text:?}"),
    }
    let mut reply = reply(one_of(&STATUSES, chance), &text, chance);
    reply.hide_key(KEY);
    let status = reply.status;
    let failure = match chance.u32(..5) {
        0 => decode_file(provider, &reply, NOW).err(),
        1 => decode_deleted(provider, &reply, "file-9", NOW).err(),
        2 => decode_list(provider, &reply, NOW).err(),
        3 if !(200..300).contains(&status) => Some(refusal_of(provider, &reply, NOW)),
        _ => match decode_job(provider, &reply, NOW) {
            Err(failure) => Some(failure),
            Ok(job) => {
                assert!(!job.id.is_empty());
                job.problem.iter().for_each(|problem| fits_a_screen(problem));
                None
            }
        },
    };
    failure.iter().for_each(|failure| failed(failure, status));
}

/// A router's price list: the list of the tests, and pieces of it.
pub fn router_lists() -> Corpus {
    let seeds = [
        r#"{"data":[{"id":"a/b","pricing":{"prompt":"0.0000014","completion":"4.4e-6","request":"0"}}]}"#,
        r#"{"data":[{"id":"a/b","pricing":{"prompt":"1","completion":"0","overrides":[{"min_prompt_tokens":1,"prompt":"2"}]}}]}"#,
    ];
    Corpus::new(seeds.map(|seed| seed.as_bytes().to_vec()), &["-1", "1e400", "0.0000000000001", "\"overrides\":"])
}

/// Whatever is read has a worst case that no call of its size exceeds.
pub fn router_list(input: &[u8], chance: &mut Rng) {
    match RouterList::read(&String::from_utf8_lossy(input)) {
        Err(why) => fits_a_screen(&why),
        Ok(list) => {
            let model = &list.models[chance.usize(..list.models.len())];
            assert_eq!(list.find(&model.id), Some(model));
            let (input, output) = (chance.u64(..1_000_000), chance.u64(..100_000));
            let usage = Usage { input, output, cache_write: chance.u64(..=input), ..Usage::default() };
            assert!(model.card.cost(&usage, NOW) <= model.card.worst_case(input, output));
        }
    }
}
