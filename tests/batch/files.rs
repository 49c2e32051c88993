//! Request files against validators that are written from the vendors' documented limits alone.

use std::collections::BTreeSet;

use pennybatch::provider::batch::{BatchTarget, custom_id, ordinal_of, request_line};
use pennybatch::provider::{AnswerFormat, Call, Provider};
use serde_json::Value;

const RUN: &str = "20261124-150102-x7k2";
const ROWS: u32 = 400;

fn body(provider: Provider, row: u32) -> String {
    let user = format!("Row {row}: \u{201c}caf\u{e9}\u{201d}\n\u{1f35e} \u{2028} \\ \"quoted\" \u{0}");
    let call = Call {
        model: "a-model",
        system: "Be brief.",
        user: &user,
        output_tokens_max: Some(16),
        temperature: Some(0.0),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: Default::default(),
        shared_user_bytes: 0,
    };
    provider.body(provider.preset().wire, provider.preset().base_url, &call)
}

/// OpenAI, Groq, vLLM: `custom_id`, `method`, `url` and `body` on each line; Mistral and Together: no method, no url.
fn validate_lines(target: BatchTarget, file: &str) {
    let (rows_max, bytes_max) = target.limits();
    assert!(file.len() as u64 <= bytes_max);
    let (mut ids, mut models, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    for line in file.split_terminator('\n') {
        count += 1;
        let json: Value = serde_json::from_str(line).expect("each line is one JSON object");
        let id = json["custom_id"].as_str().expect("a custom_id");
        assert!((1..=64).contains(&id.len()), "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{id}");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        models.insert(json["body"]["model"].as_str().expect("a model").to_owned());
        assert!(json["body"]["messages"].as_array().is_some_and(|messages| !messages.is_empty()));
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        match target {
            BatchTarget::Mistral | BatchTarget::Together => assert_eq!(keys, ["body", "custom_id"]),
            _ => {
                assert_eq!(
                    (json["method"].as_str(), json["url"].as_str()),
                    (Some("POST"), Some("/v1/chat/completions"))
                );
            }
        }
    }
    assert!(count <= rows_max && count == ROWS);
    assert_eq!(models.len(), 1, "one model a file");
}

#[test]
fn every_vendor_s_file_keeps_to_its_documented_limits() {
    for target in BatchTarget::ALL {
        let (head, foot) = target.frame();
        let mut file = head.to_owned();
        for row in 0..ROWS {
            let (provider, id) = (target.provider(), custom_id(RUN, row));
            let entry = target.entry(provider.preset().wire, &id, &body(provider, row), row == 0);
            file.push_str(&entry.expect("a body is JSON"));
        }
        file.push_str(foot);
        if target != BatchTarget::Anthropic {
            validate_lines(target, &file);
            continue;
        }
        let json: Value = serde_json::from_str(&file).expect("one JSON object");
        let requests = json["requests"].as_array().expect("requests");
        assert_eq!(requests.len(), ROWS as usize);
        for (row, request) in requests.iter().enumerate() {
            let id = request["custom_id"].as_str().expect("a custom_id");
            assert_eq!(ordinal_of(RUN, id), Some(row as u32));
            assert!(request["params"]["max_tokens"].as_u64().is_some_and(|tokens| tokens > 0));
            assert!(request["params"]["messages"].is_array() && request["params"]["model"] == "a-model");
        }
    }
}

/// `PENNYBATCH_REQUESTS=file` writes an OpenAI request file for readers that are not ours.
#[test]
fn a_file_for_other_readers() {
    let lines: String = (0..ROWS)
        .map(|row| {
            request_line(&custom_id(RUN, row), "/v1/chat/completions", &body(Provider::OpenAi, row)).expect("a line")
        })
        .collect();
    assert_eq!(lines.matches('\n').count(), ROWS as usize);
    if let Ok(path) = std::env::var("PENNYBATCH_REQUESTS") {
        std::fs::write(path, lines).expect("the file is written");
    }
}
