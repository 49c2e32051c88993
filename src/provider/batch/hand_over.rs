//! Request lines: one row of the run as the provider's batch reader takes it.

use serde::Serialize;
use serde_json::value::RawValue;

/// In `/v1/batches`' words; the other vendors ignore what they don't know, or take it too.
#[derive(Serialize)]
struct Line<'a> {
    custom_id: &'a str,
    method: &'static str,
    url: &'a str,
    body: &'a RawValue,
}

/// What a row is called in a job: unique within the run and among runs, of letters, digits and `-`, at most 64 long,
/// since Anthropic takes nothing else.
pub fn custom_id(run: &str, item: u32) -> String {
    format!("{run}-{item}")
}

/// The row of a `custom_id` of this run.
pub fn ordinal_of(run: &str, custom_id: &str) -> Option<u32> {
    let digits = custom_id.strip_prefix(run)?.strip_prefix('-')?;
    let canonical = digits == "0" || !digits.starts_with('0');
    if canonical && digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// One line of a request file, with its line break. `body` is JSON already.
pub fn request_line(custom_id: &str, endpoint: &str, body: &str) -> Option<String> {
    let body: &RawValue = serde_json::from_str(body).ok()?;
    let mut line = serde_json::to_string(&Line { custom_id, method: "POST", url: endpoint, body }).ok()?;
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_again_by_its_custom_id_and_no_other_run_s_is() {
        let id = custom_id("20261124-150102-x7k2", 41);
        assert_eq!(id, "20261124-150102-x7k2-41");
        assert!(id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_eq!(ordinal_of("20261124-150102-x7k2", &id), Some(41));
        for other in ["20261124-150102-x7k3-41", "20261124-150102-x7k2-041", "20261124-150102-x7k2-", "41", "x"] {
            assert_eq!(ordinal_of("20261124-150102-x7k2", other), None, "{other}");
        }
    }

    #[test]
    fn the_body_goes_in_as_it_is() {
        let line = request_line("r-1", "/v1/chat/completions", r#"{"model":"m","messages":[]}"#).unwrap();
        let expected =
            r#"{"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#;
        assert_eq!(line, format!("{expected}\n"));
        assert_eq!(request_line("r", "/", "{"), None);
    }
}
