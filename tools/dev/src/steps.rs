//! The steps of `cargo dev test`: each has a name, a time and an outcome, and one that fails doesn't hide the next.
//! A program fails its step by its exit code.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failures::{self, Failure};
use crate::project;

/// So many of a step's failures are named in the last lines.
const TITLES_MAX: usize = 8;

/// What the summary adds to a step that passed, or why it failed.
pub type Outcome = Result<String, String>;

/// Where the output of a step's programs goes, and what the summary needs of it.
#[derive(Default)]
pub struct Output {
    /// `None` where it goes to the terminal as it comes.
    kept: Option<Vec<u8>>,
    /// What those programs wrote that failed.
    of_failed: Vec<u8>,
    /// The failures that a program reported by other means than its output.
    reported: Vec<Failure>,
}

impl Output {
    /// To the terminal, as it comes.
    pub fn shown() -> Output {
        Output::default()
    }

    /// Kept until the step ends, so that steps that run side by side don't mix their lines.
    pub fn kept() -> Output {
        Output { kept: Some(Vec::new()), ..Output::default() }
    }

    /// The failures that the summary shows instead of the output.
    pub fn report(&mut self, failures: Vec<Failure>) {
        self.reported.extend(failures);
    }

    /// Runs a program to its end.
    ///
    /// It gets a pipe of its own: Node makes its pipes non-blocking for everyone who shares them, and the next line of
    /// this tool would fail.
    pub fn run(&mut self, mut program: Command, name: &str) -> Result<(), String> {
        let failed = |why: std::io::Error| format!("{name} did not start: {why}");
        let (mut reader, writer) = std::io::pipe().map_err(failed)?;
        program.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
        let mut running = program.spawn().map_err(failed)?;
        // The command holds the writing ends; the reader sees the end once they are closed.
        drop(program);
        let mut chunk = [0_u8; 8192];
        let mut written = Vec::new();
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            written.extend_from_slice(&chunk[..count]);
            match &mut self.kept {
                None => show(&chunk[..count]),
                Some(kept) => kept.extend_from_slice(&chunk[..count]),
            }
        }
        let status = running.wait().map_err(|why| format!("{name} could not be waited for: {why}"))?;
        if status.success() {
            return Ok(());
        }
        self.of_failed.append(&mut written);
        Err(format!("{name} failed ({status})."))
    }

    fn failures(&self) -> Vec<Failure> {
        match self.reported[..] {
            [] => failures::of_output(&String::from_utf8_lossy(&self.of_failed)),
            _ => self.reported.clone(),
        }
    }
}

fn show(bytes: &[u8]) {
    let mut terminal = std::io::stdout().lock();
    // A terminal that is gone takes nothing from the outcome.
    let _ = terminal.write_all(bytes).and_then(|()| terminal.flush());
}

/// One line of the summary, with what its programs wrote if that wasn't shown already.
pub struct Ended {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
    output: Output,
}

impl Ended {
    pub fn of(name: &'static str, mut output: Output, step: impl FnOnce(&mut Output) -> Outcome) -> Ended {
        if output.kept.is_none() {
            println!("\n== {name}");
        }
        let began = Instant::now();
        let outcome = step(&mut output);
        Ended { name, took: began.elapsed(), outcome, output }
    }
}

/// Steps in the order in which they were reported.
pub struct Report {
    began: Instant,
    steps: Vec<Ended>,
    /// What could not be tested here, and why.
    left_out: Vec<(&'static str, String)>,
}

impl Report {
    pub fn begin() -> Report {
        Report { began: Instant::now(), steps: Vec::new(), left_out: Vec::new() }
    }

    pub fn add(&mut self, ended: Ended) {
        if let Some(kept) = &ended.output.kept {
            println!("\n== {}", ended.name);
            show(kept);
        }
        if let Err(why) = &ended.outcome {
            eprintln!("{why}");
        }
        self.steps.push(ended);
    }

    /// Counts something as not tested, which is neither passed nor failed.
    pub fn leave_out(&mut self, name: &'static str, why: &str) {
        println!("\n== {name} is left out: {why}");
        self.left_out.push((name, why.to_owned()));
    }

    /// Prints every step, and last what failed; fails if any did.
    pub fn close(self) -> Result<(), String> {
        let (text, failed) = self.summary(self.began.elapsed());
        print!("{text}");
        match failed {
            0 => Ok(()),
            1 => Err(format!("1 step failed:\n{}", self.titles())),
            many => Err(format!("{many} steps failed:\n{}", self.titles())),
        }
    }

    /// What failed, a line each. They come last, so that they are there even where little of the log is.
    fn titles(&self) -> String {
        let lines = self.steps.iter().filter_map(|step| {
            let why = step.outcome.as_ref().err()?;
            let failures = step.output.failures();
            let mut titles: Vec<&str> = failures.iter().map(|failure| failure.title.as_str()).collect();
            if titles.is_empty() {
                titles.push(why);
            }
            let shown = &titles[..titles.len().min(TITLES_MAX)];
            let more = if shown.len() < titles.len() { "; …" } else { "" };
            Some(format!("{}: {}{more}", step.name, shown.join("; ")))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn summary(&self, whole: Duration) -> (String, usize) {
        let mut text = String::from("\n== Summary\n");
        for Ended { name, took, outcome, .. } in &self.steps {
            let (word, note) = match outcome {
                Ok(note) => ("ok    ", note.as_str()),
                Err(_) => ("FAILED", ""),
            };
            let line = format!("{word} {name:<32} {:>7.1} s  {note}", took.as_secs_f64());
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for (name, why) in &self.left_out {
            text.push_str(&format!("LEFT OUT {name}: {why}\n"));
        }
        let failed = self.steps.iter().filter(|step| step.outcome.is_err()).count();
        let passed = self.steps.len() - failed;
        let left_out = match self.left_out.len() {
            0 => String::new(),
            count => format!(", {count} left out"),
        };
        text.push_str(&format!(
            "steps: {passed} passed, {failed} failed{left_out}; {:.0} s in all\n",
            whole.as_secs_f64()
        ));
        self.failures(failures::LINES_MAX / failed.max(1)).iter().for_each(|line| {
            text.push_str(line);
            text.push('\n');
        });
        (text, failed)
    }

    /// Of each step that failed what is known of it, in so many lines a step.
    fn failures(&self, lines_max: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for Ended { name, outcome, output, .. } in &self.steps {
            let Err(why) = outcome else { continue };
            lines.push(format!("\n== FAILED {name}: {}", why.replace('\n', " ")));
            lines.extend(failures::listed(&output.failures(), lines_max));
        }
        lines
    }
}

/// A program of Node's, started at the project's root.
pub fn of_node(program: impl AsRef<OsStr>) -> Command {
    let mut program = Command::new(program);
    program.current_dir(project::root());
    program
}

/// Makes a command give way to others. Elsewhere than on Unix it stays as it is.
pub fn gentle(command: Command) -> Command {
    if !cfg!(unix) || project::on_path("nice").is_none() {
        return command;
    }
    let mut gentle = Command::new("nice");
    gentle.args(["-n", "10"]).arg(command.get_program()).args(command.get_args());
    if let Some(place) = command.get_current_dir() {
        gentle.current_dir(place);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => gentle.env(name, value),
            None => gentle.env_remove(name),
        };
    }
    gentle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn the_summary_names_every_step() {
        let mut report = Report::begin();
        report.add(Ended::of("format", Output::kept(), |_| Ok(String::new())));
        report.add(Ended::of("end-to-end tests", Output::kept(), |_| Ok("90 tests passed".to_owned())));
        report.add(Ended::of("native tests", Output::kept(), |output| {
            output.run(shell("echo fine"), "The first")?;
            output.run(shell("echo why; exit 1"), "The second").map(|()| String::new())
        }));
        let (text, failed) = report.summary(Duration::from_secs(61));
        assert_eq!(failed, 1);
        assert!(text.contains("ok     format") && text.contains("FAILED native tests"), "{text}");
        assert!(text.contains("90 tests passed\n"), "{text}");
        let (_, end) = text.split_once("steps: 2 passed, 1 failed; 61 s in all\n").expect("the count of the steps");
        assert!(end.contains("== FAILED native tests: The second failed"), "{end}");
        assert!(end.ends_with("  see its output\n      why\n"), "{end}");
        assert_eq!(report.close(), Err("1 step failed:\nnative tests: see its output".to_owned()));
    }

    #[test]
    fn what_is_left_out_has_neither_passed_nor_failed() {
        let mut report = Report::begin();
        report.leave_out("webkit", "Xvfb isn't here.");
        let (text, failed) = report.summary(Duration::ZERO);
        assert_eq!(failed, 0);
        assert!(text.contains("LEFT OUT webkit: Xvfb isn't here.\n"), "{text}");
        assert!(text.contains("steps: 0 passed, 0 failed, 1 left out; 0 s in all\n"), "{text}");
    }

    #[test]
    fn failures_that_a_program_reports_stand_for_its_output() {
        let mut report = Report::begin();
        report.add(Ended::of("end-to-end tests", Output::kept(), |output| {
            output.report(vec![Failure { title: "a test".to_owned(), lines: vec!["its error".to_owned()] }]);
            output.run(shell("echo much; exit 1"), "Playwright").map(|()| String::new())
        }));
        let (text, _) = report.summary(Duration::ZERO);
        assert!(text.ends_with("  a test\n      its error\n"), "{text}");
    }

    #[test]
    fn a_program_fails_by_its_exit_code_and_keeps_its_output() {
        let mut output = Output::kept();
        assert_eq!(output.run(shell("echo one; echo two >&2"), "It"), Ok(()));
        let failed = output.run(shell("echo three; exit 3"), "It").expect_err("exit code 3");
        assert!(failed.starts_with("It failed"), "{failed}");
        let kept = output.kept.expect("the output was kept");
        assert_eq!(String::from_utf8_lossy(&kept), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_program_that_is_missing_fails_its_step() {
        let failed = Output::shown().run(Command::new("no-such-program-here"), "It").expect_err("no such program");
        assert!(failed.contains("did not start"), "{failed}");
    }

    #[test]
    fn a_program_of_node_s_shares_no_output_with_this_one() {
        let mut output = Output::kept();
        assert_eq!(output.run(shell("test ! /dev/stdout -ef /proc/$PPID/fd/1"), "It"), Ok(()));
    }

    #[test]
    fn a_gentle_command_keeps_its_arguments_and_surroundings() {
        let mut command = shell("test \"$KEPT\" = yes && test -z \"$GONE\" && pwd");
        command.env("KEPT", "yes").env_remove("GONE").current_dir("/");
        let mut output = Output::kept();
        assert_eq!(output.run(gentle(command), "It"), Ok(()));
        let kept = output.kept.expect("the output was kept");
        assert_eq!(kept, b"/\n");
    }
}
