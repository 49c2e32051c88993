//! Rows of the simulated Batch API: request lines checked and read, result lines written.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Asked, tokens_of};
use super::settings::Settings;
use super::wire::{Cached, Wire};

#[derive(Deserialize)]
struct Line<'a> {
    custom_id: &'a str,
    method: &'a str,
    url: &'a str,
    #[serde(borrow)]
    body: &'a serde_json::value::RawValue,
}

const ENDPOINTS: [(&str, Wire); 2] = [("/v1/chat/completions", Wire::Openai), ("/v1/responses", Wire::Responses)];

/// The API behind a batch job's endpoint.
pub fn wire_of(endpoint: &str) -> Option<Wire> {
    ENDPOINTS.into_iter().find(|(name, _)| *name == endpoint).map(|(_, wire)| wire)
}

/// The documented limits of a request file: rows, and the first thing that is wrong with them.
pub fn check(file: &Bytes, endpoint: &str) -> (usize, Option<Value>) {
    let problem = |line: usize, code: &str, message: &str| {
        Some(json!({"code": code, "line": line + 1, "message": message, "param": null}))
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut model: Option<String> = None;
    let mut rows = 0;
    for (at, text) in String::from_utf8_lossy(file).lines().enumerate() {
        rows += 1;
        let Ok(line) = serde_json::from_str::<Line>(text) else {
            return (rows, problem(at, "invalid_json_line", "This line is not parseable as valid JSON."));
        };
        if line.method != "POST" || line.url != endpoint {
            return (
                rows,
                problem(at, "invalid_url", "The URL provided for this request does not match the endpoint."),
            );
        }
        if !seen.insert(line.custom_id.to_owned()) {
            return (rows, problem(at, "duplicate_custom_id", "The custom_id for this request is a duplicate."));
        }
        let named = read(line.url, line.body.get()).map(|asked| asked.model);
        match (named, &model) {
            (Ok(named), None) => model = Some(named),
            (Ok(named), Some(known)) if named == *known => {}
            _ => {
                return (rows, problem(at, "mismatched_model", "The model of this request does not match the others."));
            }
        }
    }
    match rows {
        0 => (0, problem(0, "empty_file", "The batch input file is empty.")),
        50_001.. => (rows, problem(0, "too_many_tasks", "The batch input file has more than 50,000 requests.")),
        _ => (rows, None),
    }
}

pub fn lines(file: &Bytes) -> impl Iterator<Item = (&str, Result<Asked, String>)> {
    let text = std::str::from_utf8(file).unwrap_or_default();
    text.lines().filter_map(|line| {
        let line: Line = serde_json::from_str(line).ok()?;
        Some((line.custom_id, read(line.url, line.body.get())))
    })
}

fn read(endpoint: &str, body: &str) -> Result<Asked, String> {
    wire_of(endpoint).ok_or("There is no such endpoint.")?.read(&HeaderMap::new(), body.as_bytes())
}

pub fn answered_line(
    wire: Wire,
    job: &str,
    row: usize,
    custom_id: &str,
    asked: &Asked,
    pad_bytes: usize,
    prices: &Settings,
) -> (String, u128) {
    let mut given = answer::answer(asked);
    if given.text.len() < pad_bytes {
        let filling = format!("{} ", given.text).repeat(pad_bytes / (given.text.len() + 1));
        given.output_tokens = tokens_of(&filling);
        given.text = filling;
    }
    let written = asked.marked.as_ref().map_or(0, |marked| marked.tokens);
    let cached = Cached { written, ..Cached::default() };
    let body = wire.completion(row as u64, asked, &given, cached, true).body;
    let line = format!(
        "{{\"id\":\"{job}_req_{row}\",\"custom_id\":{},\"response\":{{\"status_code\":200,\"request_id\":\"{job}_{row}\",\
         \"body\":{body}}},\"error\":null}}\n",
        json!(custom_id)
    );
    let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price / 2);
    let write_price = prices.price_cache_write.unwrap_or(prices.price_in).0;
    let input = of(asked.input_tokens - written, prices.price_in.0) + of(written, write_price);
    (line, input + of(given.output_tokens, prices.price_out.0))
}

pub fn failed_line(job: &str, row: usize, custom_id: &str) -> String {
    let body = json!({"error": {"message": "This call can't be processed.", "type": "invalid_request_error",
        "param": null, "code": null}});
    let response = json!({"status_code": 400, "request_id": format!("{job}_{row}"), "body": body});
    format!(
        "{}\n",
        json!({"id": format!("{job}_req_{row}"), "custom_id": custom_id, "response": response, "error": null})
    )
}

pub fn unfinished_line(job: &str, row: usize, custom_id: &str, code: &str) -> String {
    let error = json!({"code": code, "message": "This request could not be executed before its job ended."});
    format!("{}\n", json!({"id": format!("{job}_req_{row}"), "custom_id": custom_id, "response": null, "error": error}))
}

/// The content of the part named `file` of a multipart form.
pub fn file_part(headers: &HeaderMap, body: &Bytes) -> Option<Bytes> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = format!("--{}", kind.split("boundary=").nth(1)?.trim_matches('"'));
    let mut from = 0;
    loop {
        let start = from + find(&body[from..], boundary.as_bytes())? + boundary.len();
        let head_end = start + find(&body[start..], b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&body[start..head_end]);
        let end = head_end + find(&body[head_end..], format!("\r\n{boundary}").as_bytes())?;
        if head.contains("name=\"file\"") {
            return Some(body.slice(head_end..end));
        }
        from = end + 2;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack.get(from..)?.iter().position(|byte| *byte == first)?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_s_file_is_found_whatever_stands_around_it() {
        let headers = HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            "multipart/form-data; boundary=xyz".parse().expect("a value"),
        )]);
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--xyz\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{\"a\":1}\n{\"b\":2}\n\r\n--xyz--\r\n";
        assert_eq!(file_part(&headers, &body.into()).expect("a file"), "{\"a\":1}\n{\"b\":2}\n");
    }
}
