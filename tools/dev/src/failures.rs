//! What failed, in few enough lines to stand at the end of a log whose beginning may be lost.

use serde_json::Value;

/// All that is said about the failures of one `cargo dev test`.
pub const LINES_MAX: usize = 56;
/// Of a failed program that is no test: its last lines.
const TAIL_LINES: usize = 30;
/// A failed test's title and the beginning of its error.
const TEST_LINES: usize = 9;
/// Longer lines are cut.
const LINE_CHARS: usize = 160;

/// One thing that failed: its title, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub title: String,
    pub lines: Vec<String>,
}

/// Each test that failed, by Playwright's JSON report, and what kept the tests from running at all.
pub fn of_playwright(report: &Value) -> Vec<Failure> {
    let mut failures: Vec<Failure> = list(&report["errors"])
        .map(|error| Failure { title: "Playwright".to_owned(), lines: lines(message(error), TEST_LINES - 1) })
        .collect();
    failures.extend(specs(report).filter(|spec| spec["ok"] == false).map(of_spec));
    failures
}

/// Every spec of Playwright's JSON report.
pub fn specs(report: &Value) -> impl Iterator<Item = &Value> {
    let mut found = Vec::new();
    list(&report["suites"]).for_each(|suite| add_specs(suite, &mut found));
    found.into_iter()
}

fn add_specs<'a>(suite: &'a Value, found: &mut Vec<&'a Value>) {
    list(&suite["suites"]).for_each(|inner| add_specs(inner, found));
    found.extend(list(&suite["specs"]));
}

fn of_spec(spec: &Value) -> Failure {
    let results = list(&spec["tests"]).flat_map(|test| list(&test["results"]));
    let errors = results.flat_map(|result| list(&result["errors"]));
    // Each of them begins with what went wrong; a test whose time is up says that first, and then where it stood.
    let lines = errors.flat_map(|error| lines(message(error), TEST_LINES - 1)).take(TEST_LINES - 1).collect();
    let text = |name: &str| spec[name].as_str().unwrap_or_default();
    let failed = list(&spec["tests"]).filter(|test| test["status"] == "unexpected");
    let engines: Vec<&str> = failed.filter_map(|test| test["projectName"].as_str()).collect();
    let engines = if engines.is_empty() { String::new() } else { format!(" ({})", engines.join(", ")) };
    Failure { title: format!("{}:{} {}{engines}", text("file"), spec["line"], text("title")), lines }
}

/// The failed tests in what Rust's test harness wrote, else the last lines of another program.
pub fn of_output(output: &str) -> Vec<Failure> {
    let output: Vec<String> = lines(output, usize::MAX);
    let mut failures: Vec<Failure> = Vec::new();
    let mut inside = false;
    for line in &output {
        if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            inside = true;
            failures.push(Failure { title: name.to_owned(), lines: Vec::new() });
        } else if line == "failures:" {
            // After the tests' own output comes a list of their names.
            inside = false;
        } else if let Some(failure) = failures.last_mut().filter(|_| inside)
            && failure.lines.len() < TEST_LINES - 1
        {
            failure.lines.push(line.clone());
        }
    }
    if failures.is_empty() && !output.is_empty() {
        let lines = output[output.len().saturating_sub(TAIL_LINES)..].to_vec();
        failures.push(Failure { title: "see its output".to_owned(), lines });
    }
    failures
}

/// The failures within `lines_max` lines: where they don't all fit, those that come first.
pub fn listed(failures: &[Failure], lines_max: usize) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    for (place, failure) in failures.iter().enumerate() {
        let left = failures.len() - place;
        // The last line may have to say how many are missing.
        let room = lines_max.saturating_sub(listed.len() + usize::from(left > 1));
        if room == 0 {
            listed.push(format!("  … and {left} more"));
            break;
        }
        listed.push(format!("  {}", cut(&failure.title)));
        listed.extend(failure.lines.iter().take(room - 1).map(|line| format!("      {line}")));
    }
    listed
}

/// Lines that say something, without the codes that colour a terminal.
fn lines(text: &str, most: usize) -> Vec<String> {
    let plain = without_colours(text);
    plain.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).take(most).map(cut).collect()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').get(1..).unwrap_or_default());
    }
    plain
}

pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn message(error: &Value) -> &str {
    error["message"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failure(title: &str, lines: &[&str]) -> Failure {
        Failure { title: title.to_owned(), lines: lines.iter().map(|line| line.to_string()).collect() }
    }

    #[test]
    fn a_failed_end_to_end_test_has_its_place_and_its_first_lines() {
        let error = "\u{1b}[2mexpect(\u{1b}[22m\u{1b}[31mlocator\u{1b}[39m) failed\n\nExpected: \"a\"\nReceived: \"b\"";
        let spec = |title: &str, ok: bool, errors: Value| {
            json!({
                "title": title, "ok": ok, "file": "money.spec.ts", "line": 7,
                "tests": [{ "projectName": "webkit", "status": "unexpected", "results": [{ "errors": errors }] }]
            })
        };
        let report = json!({
            "errors": [],
            "suites": [{
                "specs": [spec("holds", true, json!([])), spec("breaks", false, json!([{ "message": error }]))],
                "suites": [{ "specs": [spec("within", false, json!([{ "message": "one" }, { "message": "two" }]))] }],
            }],
        });
        assert_eq!(
            of_playwright(&report),
            [
                failure("money.spec.ts:7 within (webkit)", &["one", "two"]),
                failure(
                    "money.spec.ts:7 breaks (webkit)",
                    &["expect(locator) failed", "Expected: \"a\"", "Received: \"b\""]
                ),
            ]
        );
        let unread = json!({ "errors": [{ "message": "Cannot find module" }], "suites": [] });
        assert_eq!(of_playwright(&unread), [failure("Playwright", &["Cannot find module"])]);
    }

    #[test]
    fn a_failed_test_of_rust_is_found_in_the_middle_of_the_output() {
        let output = "running 2 tests\nF.\nfailures:\n\n---- words::fit stdout ----\n\nthread panicked at a.rs:1\nleft: 1\n\n\
                      failures:\n    words::fit\n\ntest result: FAILED.\nrunning 900 tests\ntest result: ok.\n";
        assert_eq!(of_output(output), [failure("words::fit", &["thread panicked at a.rs:1", "left: 1"])]);
    }

    #[test]
    fn another_program_has_its_last_lines() {
        let output: String = (0..100).map(|number| format!("line {number}\n")).collect();
        let failures = of_output(&output);
        assert_eq!(failures[0].lines.len(), TAIL_LINES);
        assert_eq!(failures[0].lines.last().map(String::as_str), Some("line 99"));
        assert!(of_output("\n").is_empty());
    }

    #[test]
    fn many_failures_fit() {
        let failures = vec![failure("one", &["a", "b", "c"]); 20];
        let listed = listed(&failures, 10);
        assert_eq!(listed.len(), 10);
        assert_eq!(listed[..2], ["  one", "      a"]);
        assert_eq!(listed[9], "  … and 17 more");
        assert_eq!(super::listed(&failures[..1], 3), ["  one", "      a", "      b"]);
        assert!(cut(&"ä".repeat(1_000)).chars().count() == LINE_CHARS + 1);
    }
}
