//! The steps of `cargo dev test`: each is named, timed and counted, and one that fails doesn't hide the next.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::project;

/// What a step found.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    /// Left out by the tests themselves.
    pub skipped: u64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What ended without success: tests that failed, or a step that could not be carried out.
#[derive(Debug)]
pub struct Failed {
    pub count: Count,
    pub why: String,
}

impl From<String> for Failed {
    fn from(why: String) -> Failed {
        Failed { count: Count::default(), why }
    }
}

pub type Outcome = Result<Count, Failed>;

#[derive(Default)]
pub struct Report {
    lines: Vec<(String, Duration, Outcome)>,
}

impl Report {
    pub fn step(&mut self, name: &str, outcome: impl FnOnce() -> Outcome) {
        let began = Report::begin(name);
        self.end(name, began, outcome());
    }

    pub fn begin(name: &str) -> Instant {
        println!("\n== {name}");
        Instant::now()
    }

    pub fn end(&mut self, name: &str, began: Instant, outcome: Outcome) {
        if let Err(failed) = &outcome {
            eprintln!("{}", failed.why);
        }
        self.lines.push((name.to_owned(), began.elapsed(), outcome));
    }

    /// Prints every step and the sum, and fails if any step did.
    pub fn close(self) -> Result<(), String> {
        let (text, failed_steps) = self.summary();
        print!("{text}");
        match failed_steps {
            0 => Ok(()),
            1 => Err("1 step failed.".to_owned()),
            many => Err(format!("{many} steps failed.")),
        }
    }

    fn summary(&self) -> (String, usize) {
        let mut text = String::from("\n== Summary\n");
        let mut sum = Count::default();
        let mut seconds = 0.0;
        for (name, took, outcome) in &self.lines {
            let (word, count) = match outcome {
                Ok(count) => ("ok    ", *count),
                Err(failed) => ("FAILED", failed.count),
            };
            sum.add(count);
            seconds += took.as_secs_f64();
            let tests = match count.passed + count.failed {
                0 => String::new(),
                tests => format!("  {} of {tests} tests passed", count.passed),
            };
            text.push_str(&format!("{word} {name:<32} {:>7.1} s{tests}\n", took.as_secs_f64()));
        }
        let failed_steps = self.lines.iter().filter(|(_, _, outcome)| outcome.is_err()).count();
        let skipped = if sum.skipped > 0 { format!(", {} skipped", sum.skipped) } else { String::new() };
        text.push_str(&format!(
            "{} steps in {seconds:.1} s: {} tests passed, {} failed{skipped}; {failed_steps} steps failed\n",
            self.lines.len(),
            sum.passed,
            sum.failed,
        ));
        (text, failed_steps)
    }
}

/// Runs a program whose output goes to the person as it comes, and counts the tests that its lines tell of.
pub fn counted(mut program: Command, name: &str, count_of: fn(&str) -> Option<Count>) -> Outcome {
    let started = program.stdout(Stdio::piped()).spawn();
    let mut running = started.map_err(|why| format!("{name} did not start: {why}"))?;
    let mut count = Count::default();
    let errors = running.stderr.take().map(|stderr| {
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("{line}");
            }
        })
    });
    if let Some(stdout) = running.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            count.add(count_of(&line).unwrap_or_default());
        }
    }
    let status = running.wait().map_err(|why| format!("{name} could not be waited for: {why}"))?;
    if let Some(errors) = errors {
        // It ends with the program's last word; there is nothing to learn from how it did.
        let _ = errors.join();
    }
    if status.success() { Ok(count) } else { Err(Failed { count, why: format!("{name} failed ({status}).") }) }
}

/// A program of Node's. It gets pipes of its own: Node makes its pipes non-blocking, for everyone who shares them, and
/// this tool's next line would find its own output not ready.
pub fn of_node(program: impl AsRef<OsStr>) -> Command {
    let mut program = Command::new(program);
    program.current_dir(project::root()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// For programs that run no tests.
pub fn no_tests(_line: &str) -> Option<Count> {
    None
}

/// Rust's test harness: `test result: ok. 23 passed; 0 failed; 0 ignored; …`.
pub fn of_rust(line: &str) -> Option<Count> {
    let parts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |word: &str| {
        let part = parts.split("; ").find_map(|part| part.trim().strip_suffix(word))?;
        part.trim().parse::<u64>().ok()
    };
    Some(Count { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored").unwrap_or_default() })
}

/// Playwright's list reporter: `  12 passed (3.4s)`, `  1 failed`, `  2 skipped`.
pub fn of_playwright(line: &str) -> Option<Count> {
    let (number, rest) = line.strip_prefix("  ")?.split_once(' ')?;
    let number = number.parse::<u64>().ok()?;
    let mut count = Count::default();
    match rest.split(' ').next()? {
        "passed" => count.passed = number,
        "failed" | "flaky" | "interrupted" => count.failed = number,
        "skipped" | "did" => count.skipped = number,
        _ => return None,
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64, skipped: u64) -> Option<Count> {
        Some(Count { passed, failed, skipped })
    }

    #[test]
    fn rust_s_tests_are_counted() {
        let ok = "test result: ok. 23 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(of_rust(ok), count(23, 0, 1));
        let bad = "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(of_rust(bad), count(2, 3, 0));
        assert_eq!(of_rust("running 23 tests"), None);
    }

    #[test]
    fn playwright_s_tests_are_counted() {
        assert_eq!(of_playwright("  12 passed (3.4s)"), count(12, 0, 0));
        assert_eq!(of_playwright("  1 failed"), count(0, 1, 0));
        assert_eq!(of_playwright("  2 skipped"), count(0, 0, 2));
        assert_eq!(of_playwright("  3 did not run"), count(0, 0, 3));
        assert_eq!(of_playwright("    [chromium] › shell.spec.js:3:1 › 12 passed"), None);
    }

    #[test]
    fn the_summary_names_every_step_and_adds_up() {
        let mut report = Report::default();
        report.end("format", Instant::now(), Ok(Count::default()));
        report.end("native tests", Instant::now(), Ok(Count { passed: 5, failed: 0, skipped: 1 }));
        let failed = Failed { count: Count { passed: 2, failed: 1, skipped: 0 }, why: "Some failed.".to_owned() };
        report.end("end-to-end tests", Instant::now(), Err(failed));
        let (text, failed_steps) = report.summary();
        assert_eq!(failed_steps, 1);
        assert!(text.contains("ok     format") && text.contains("FAILED end-to-end tests"));
        assert!(text.contains("5 of 5 tests passed") && text.contains("2 of 3 tests passed"));
        assert!(text.ends_with("7 tests passed, 1 failed, 1 skipped; 1 steps failed\n"));
        assert_eq!(report.close(), Err("1 step failed.".to_owned()));
    }

    #[test]
    fn a_program_that_fails_fails_its_step_and_keeps_its_count() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo 'test result: FAILED. 2 passed; 3 failed; 0 ignored'; exit 101"]);
        let failed = counted(shell, "The shell", of_rust).expect_err("exit status 101");
        assert_eq!(Some(failed.count), count(2, 3, 0));
        assert!(failed.why.starts_with("The shell failed"));
    }

    #[test]
    fn a_program_of_node_s_shares_no_output_with_this_one() {
        let mut shell = of_node("sh");
        shell.args(["-c", "echo '  2 passed (1s)'; echo 'a warning' >&2; test ! /dev/stdout -ef /dev/stderr"]);
        assert_eq!(counted(shell, "The shell", of_playwright).ok(), count(2, 0, 0));
    }

    #[test]
    fn a_program_that_is_not_there_fails_its_step() {
        let failed = counted(Command::new("no-such-program-here"), "It", no_tests).expect_err("no such program");
        assert!(failed.why.contains("did not start"));
    }
}
