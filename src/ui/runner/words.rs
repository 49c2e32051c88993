//! The run's state in plain words: what happened, what was kept, what to do.

use crate::link::{
    ExportState, FailureKind, PauseReason, Progress, Provider, ResultRow, RunState, RunSummary, Wake, WakeReason,
};
use crate::money::{Usd, fixed, grouped};
use crate::time::{Time, in_words};

/// A count as a person reads it: `1,234 rows`, `1 row`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&count.to_string()), if count == 1 { one } else { many })
}

pub fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

/// Rows with an answer or a failure: a run that was stopped has done no more than these.
pub fn carried_out(progress: &Progress) -> u32 {
    progress.done.saturating_sub(progress.canceled)
}

/// What a running run waits for, or what the run's state means.
pub fn state_words(progress: &Progress, now: Time) -> String {
    match &progress.state {
        RunState::Running => match progress.waiting {
            Some(wake) => wake_words(wake, now),
            None if progress.in_flight > 0 => {
                format!("Waiting for {}.", counted(progress.in_flight.into(), "answer", "answers"))
            }
            None => "Sending the first calls.".to_owned(),
        },
        RunState::Paused(_) if progress.cut_off > 0 => "Paused: the run was cut off.".to_owned(),
        RunState::Paused(PauseReason::ByPerson) => match progress.in_flight {
            0 => "Paused by you. Resume now or another day.".to_owned(),
            calls => format!(
                "Paused by you. {} under way; answers are still saved.",
                counted(calls.into(), "call is", "calls are")
            ),
        },
        RunState::Paused(PauseReason::NotStarted) => "Paused. Resume continues where the run left off.".to_owned(),
        RunState::Paused(reason) => format!("Paused: {}.", reason_words(reason)),
        RunState::Stopping => match progress.in_flight {
            0 => "Stopping: saving the last answers.".to_owned(),
            calls => format!("Stopping: waiting for {}.", counted(calls.into(), "answer", "answers")),
        },
        RunState::Finished => finished_words(progress),
    }
}

pub fn wake_words(wake: Wake, now: Time) -> String {
    let wait = in_words(wake.at.ms_since(now).max(100) / 100 * 100);
    match wake.reason {
        WakeReason::RequestsPerMinute => format!("Waiting for requests per minute: next call in {wait}."),
        WakeReason::TokensPerMinute => format!("Waiting for tokens per minute: next call in {wait}."),
        WakeReason::InputTokensPerMinute => format!("Waiting for input tokens per minute: next call in {wait}."),
        WakeReason::OutputTokensPerMinute => format!("Waiting for output tokens per minute: next call in {wait}."),
        WakeReason::RequestsPerDay => format!("Waiting for requests per day: next call in {wait}."),
        WakeReason::LaneRests => format!("The provider says \"too many requests\": next call in {wait}."),
        WakeReason::LaneFails => format!("No answer from the provider: trying again in {wait}."),
        WakeReason::FirstCall => "The first call goes alone, to check that the provider answers.".to_owned(),
        WakeReason::Backoff => format!("Waiting to retry failed calls: next in {wait}."),
        WakeReason::BatchJob => format!("Waiting for the Batch API: next check in {wait}."),
        WakeReason::Deadline => "Waiting for answers.".to_owned(),
    }
}

/// Rows that the person's `Stop` kept from being sent end a run as much as answers do.
fn finished_words(progress: &Progress) -> String {
    let stopped = progress.stopped && progress.canceled > 0;
    let (answers, misfits) = (u64::from(progress.succeeded), u64::from(progress.misfits));
    let number = |count: u64| grouped(&count.to_string());
    let mut words = match misfits {
        0 => format!("{} answered", number(answers)),
        1 => format!("{} fit, 1 doesn't", number(answers.saturating_sub(1))),
        _ => format!("{} fit, {} don't", number(answers.saturating_sub(misfits)), number(misfits)),
    };
    for (count, state) in [(progress.errored, "failed"), (progress.canceled, "not sent")] {
        if count > 0 {
            words.push_str(&format!(", {} {state}", number(count.into())));
        }
    }
    format!("{}: {words}.", if stopped { "Stopped by you" } else { "Finished" })
}

/// What `Stop` asks, with the rows that it keeps from being sent.
pub fn stop_question(progress: &Progress) -> String {
    let rows_left = u64::from(progress.total.saturating_sub(progress.done).saturating_sub(progress.in_flight));
    format!("Stop and cancel {}? You can resume later.", rows(rows_left))
}

/// Why nothing is sent, in a few words.
fn reason_words(reason: &PauseReason) -> &'static str {
    match reason {
        PauseReason::NotStarted => "not started in this tab",
        PauseReason::ByPerson => "by you",
        PauseReason::Budget { .. } => "the budget is used up",
        PauseReason::NoLane(_) => "the provider can't be used",
        PauseReason::Overshoot { .. } => "the provider used more tokens than allowed",
        PauseReason::OnlyRateLimits => "\"too many requests\" for five minutes",
        PauseReason::LongWait { .. } => "the provider asks for a long wait",
        PauseReason::Storage => "results can't be saved",
        PauseReason::EmptyAnswers { .. } => "answers come back empty",
        PauseReason::Exported { .. } => "the rest is in request files",
        PauseReason::Stuck { .. } => "the run is stuck",
        PauseReason::BatchEnded { .. } => "the batch jobs ended and left rows",
        PauseReason::BatchStuck(_) => "a batch job failed",
        PauseReason::BatchUnsure { .. } => "a batch job may or may not exist",
    }
}

/// A pause, told in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseWords {
    pub title: String,
    pub happened: String,
    pub kept: String,
    pub to_do: String,
}

/// `stored`: this browser stores runs at all.
pub fn pause_words(reason: &PauseReason, progress: &Progress, stored: bool) -> PauseWords {
    let (title, happened, to_do) = match reason {
        PauseReason::NotStarted | PauseReason::ByPerson if progress.cut_off > 0 => (
            "This run was cut off".to_owned(),
            "The tab or the browser closed while calls were under way. Nothing is being sent now.".to_owned(),
            "Choose what happens to those calls; the run then resumes.".to_owned(),
        ),
        PauseReason::NotStarted => (
            "This run is paused".to_owned(),
            "Nothing is being sent.".to_owned(),
            "Press Resume to send the rows that are left.".to_owned(),
        ),
        PauseReason::ByPerson => (
            "Paused by you".to_owned(),
            "No new calls are sent. Answers under way are still saved.".to_owned(),
            "Press Resume, now or another day.".to_owned(),
        ),
        PauseReason::Budget { needed } => budget_words(*needed, progress),
        PauseReason::NoLane(failure) => {
            ("The provider can't be used".to_owned(), failure.sentence(), no_lane_words(failure.kind).to_owned())
        }
        PauseReason::Overshoot { by } => (
            "The provider used more than a call's worst case".to_owned(),
            format!("It went {} above what was reserved, so the budget may not hold.", by.short()),
            "It may ignore Max output tokens: check the ledger. Press Resume to continue anyway.".to_owned(),
        ),
        PauseReason::OnlyRateLimits => (
            "The provider answers only \"too many requests\"".to_owned(),
            "Every call was refused (429) for five minutes. Refused calls cost nothing.".to_owned(),
            "Something else may be using your limits. Lower Requests per minute or Concurrency, or wait, then press \
             Resume."
                .to_owned(),
        ),
        PauseReason::LongWait { ms } => (
            "The provider asks for a long wait".to_owned(),
            format!("It accepts no calls for {}.", in_words(*ms)),
            "Press Resume then. If you press it now, the run waits for you.".to_owned(),
        ),
        PauseReason::Exported { .. } => (
            "The rest is in request files".to_owned(),
            format!("{} in request files that you exported, and not sent from here.", are(left(progress))),
            "Run the files elsewhere, then import the results. Or press Resume to send these rows from here: if you \
             run the files as well, you pay twice."
                .to_owned(),
        ),
        PauseReason::Stuck { rows } => (
            "The run is stuck".to_owned(),
            format!("{} left, and nothing is being sent. This is a bug in Pennybatch.", are(*rows)),
            "Press Resume to try again. If that doesn't help, reload the page and report it. No answer is lost."
                .to_owned(),
        ),
        PauseReason::BatchEnded { open, problem } => batch_ended_words(*open, problem.as_deref()),
        PauseReason::BatchStuck(failure) => (
            "A batch job failed".to_owned(),
            failure.sentence_of_a_batch_step(),
            "Jobs that were created stay with the provider. Press Resume to check them again, or cancel the batch and \
             continue here."
                .to_owned(),
        ),
        PauseReason::BatchUnsure { nonce, failure } => (
            "Does the provider have this batch job?".to_owned(),
            format!(
                "The provider's reply was lost while a job was being created. The provider doesn't list the job, and \
                 its file couldn't be deleted: {}",
                failure.sentence_of_a_batch_step()
            ),
            format!(
                "Look for a job with the metadata pennybatch: {nonce} on the provider's batch page, then press Resume. \
                 If the job exists, the run continues with it. If it doesn't, Pennybatch looks for ten more minutes, \
                 then creates it again. If you cancel the batch instead, its rows count as may have been billed."
            ),
        ),
        PauseReason::EmptyAnswers { tokens, thinking } => empty_answers_words(*tokens, *thinking),
        PauseReason::Storage => (
            "Results can't be saved".to_owned(),
            "This browser refused to write to its storage, which may be full.".to_owned(),
            "Export your results, delete old runs under Runs, then press Resume. New answers stay in memory until \
             then."
                .to_owned(),
        ),
    };
    PauseWords { title, happened, kept: kept_words(progress, stored), to_do }
}

/// Rows without an answer, whatever they wait for.
fn left(progress: &Progress) -> u32 {
    progress.total.saturating_sub(progress.done)
}

fn are(rows: u32) -> String {
    match rows {
        1 => "1 row is".to_owned(),
        _ => format!("{} rows are", grouped(&rows.to_string())),
    }
}

fn empty_answers_words(tokens: u64, thinking: bool) -> (String, String, String) {
    let tokens = grouped(&tokens.to_string());
    let happened = match thinking {
        true => format!(
            "The model spent all {tokens} output tokens on reasoning, several times in a row. These answers hold no \
             text, and were billed."
        ),
        false => format!(
            "Several answers in a row reached Max output tokens ({tokens}) without any text, and were billed. Reasoning \
             models do that."
        ),
    };
    (
        "Answers come back empty".to_owned(),
        happened,
        "Press New run to raise Max output tokens, lower Reasoning effort, or choose another model. Press Resume to \
         continue this run as it is."
            .to_owned(),
    )
}

/// An open run has no field for its base URL or its model.
fn no_lane_words(kind: FailureKind) -> &'static str {
    use FailureKind::*;
    match kind {
        EveryRowRefused => {
            "Press New run to change the settings; the four steps are as you left them. Press Resume to try again: rows \
             that are refused once more count as failed."
        }
        Unreachable | TimedOut | TornBody | HtmlPage | BrowserForbidden | AccountRefused | UnknownModel
        | WrongAddress => {
            "Press Resume to try again; no answered row is sent again. Press New run to change the base URL or the \
             model; the four steps are as you left them."
        }
        _ => "Then press Resume; no answered row is sent again.",
    }
}

fn batch_ended_words(open: u32, problem: Option<&str>) -> (String, String, String) {
    let said = problem.map(|problem| format!(" The provider said: \u{201c}{problem}\u{201d}")).unwrap_or_default();
    (
        "The batch jobs ended, but some rows have no answer".to_owned(),
        format!("{} expired, were canceled or were left out.{said}", rows(open.into())),
        "Press Resume to send them one by one at the usual price, or send them to the Batch API again.".to_owned(),
    )
}

fn budget_words(needed: Usd, progress: &Progress) -> (String, String, String) {
    let budget =
        progress.budget.map_or_else(|| "the budget".to_owned(), |budget| format!("the budget of {}", budget.short()));
    let at_least = rounded_up(needed).short();
    let happened = format!(
        "{} spent{}. The next row could cost more than what is left, so it wasn't sent.",
        progress.spent.short(),
        match progress.doubtful {
            Usd::ZERO => String::new(),
            doubtful => format!(", and up to {} more may have been billed", doubtful.short()),
        }
    );
    let to_do = match progress.projected {
        Some(projected) if projected > needed => format!(
            "Raise the budget to at least {at_least} to send the next row. The whole run will cost about {}.",
            projected.short()
        ),
        _ => format!("Raise the budget to at least {at_least} to continue."),
    };
    (format!("Stopped before {budget} would be passed"), happened, to_do)
}

/// To the digits that [`money`] shows, and never below: an amount that is said to be enough has to be.
pub fn rounded_up(amount: Usd) -> Usd {
    let unit = 10_i128.pow(12 - amount.places());
    Usd::from_pico((amount.pico() + unit - 1) / unit * unit)
}

fn kept_words(progress: &Progress, stored: bool) -> String {
    format!(
        "{} of {} done and {}; {} left.",
        grouped(&carried_out(progress).to_string()),
        rows(progress.total.into()),
        if stored { "saved in this browser" } else { "kept in this tab alone" },
        grouped(&left(progress).to_string())
    )
}

/// What may have been billed, by what came back.
pub fn doubtful_words(progress: &Progress) -> Option<String> {
    let answers = progress.doubtful_answers;
    let lost = progress.doubtful_attempts.saturating_sub(answers);
    let lost_words = counted(lost.into(), "attempt without an answer", "attempts without an answer");
    let answers_words = counted(answers.into(), "answer without usage", "answers without usage");
    match (lost, answers) {
        (0, 0) => None,
        (_, 0) => Some(lost_words),
        (0, _) => Some(answers_words),
        _ => Some(format!("{lost_words}, {answers_words}")),
    }
}

/// The same of a run in the history. The Demo bills nothing.
pub fn doubtful_run_words(run: &RunSummary) -> Option<String> {
    let attempts = counted(run.doubtful_attempts.into(), "attempt", "attempts");
    match (run.provider, run.doubtful_attempts, run.doubtful) {
        (Provider::Demo, ..) | (_, 0, _) => None,
        (_, _, Usd::ZERO) => Some(format!("{attempts} may have been billed")),
        (_, _, amount) => Some(format!("{attempts} may have been billed, up to {}", amount.short())),
    }
}

/// Answers whose price isn't known: what happened, what was kept, what to do.
pub fn without_usage_words(progress: &Progress) -> Option<String> {
    let answers = u64::from(progress.doubtful_answers);
    (answers > 0).then(|| {
        format!(
            "{} without usage: the server didn't say how many tokens it used, so the cost isn't known. Every answer is \
             kept, and counts as May have been billed at its worst case. Check the provider's bill, or set the server \
             up to report usage.",
            counted(answers, "answer came", "answers came")
        )
    })
}

/// Rows are with the provider's Batch API.
pub fn is_handed_over(progress: &Progress) -> bool {
    progress.batch.as_ref().is_some_and(|batch| batch.handing_over || !batch.shards.is_empty())
}

/// How long the rest takes at the present rate; `None` where nothing is being sent, or nothing can be said.
pub fn time_left_ms(progress: &Progress) -> Option<u64> {
    match progress.rate_milli {
        _ if progress.state != RunState::Running || is_handed_over(progress) => None,
        0 => None,
        rate => Some(u64::from(left(progress)).saturating_mul(1_000_000) / rate),
    }
}

pub fn state_name(state: ExportState) -> &'static str {
    match state {
        ExportState::Open => "Open",
        ExportState::Succeeded => "Answered",
        ExportState::CacheHit => "From cache",
        ExportState::Imported => "Imported",
        ExportState::Errored => "Failed",
        ExportState::Canceled => "Canceled",
    }
}

/// The same for one row, where its answer wants to be looked at.
pub fn ended_name(row: &ResultRow) -> &'static str {
    let finish = row.finish.as_deref();
    match &row.answer {
        Some(_) if finish == Some("length") => "Cut off",
        Some(_) if finish == Some("content_filter") => "Filtered",
        Some(answer) if answer.trim().is_empty() => "Empty",
        Some(_) if row.misfit.is_some() => "Doesn't fit",
        _ => state_name(row.state),
    }
}

/// Why an answer doesn't fit its format, as a sentence.
pub fn misfit_words(misfit: &String) -> String {
    format!("The answer {misfit}.")
}

/// `48.2 kB`, as file managers have it.
pub fn bytes_words(bytes: f64) -> String {
    match bytes {
        small if small < 1_000.0 => format!("{} bytes", fixed(small, 0)),
        kilo if kilo < 1_000_000.0 => format!("{} kB", fixed(kilo / 1e3, 1)),
        mega if mega < 1_000_000_000.0 => format!("{} MB", fixed(mega / 1e6, 1)),
        giga => format!("{} GB", fixed(giga / 1e9, 1)),
    }
}

/// `52 tokens in, 3 out`.
pub fn tokens_words(usage: crate::link::Usage) -> String {
    format!("{} tokens in, {} out", grouped(&usage.input.to_string()), grouped(&usage.output.to_string()))
}

/// What this browser's storage risks; `None` where nothing is missing.
pub fn storage_risk(facts: &crate::link::StorageFacts) -> Option<&'static str> {
    match (facts.opfs, facts.indexed_db) {
        (true, true) => None,
        (false, true) => Some(
            "Runs are less safe in this browser: it offers no file storage, so a crash may lose the latest answers. In a \
             private window they are gone when it closes. Export your results.",
        ),
        (true, false) => Some(
            "The browser's database can't be used. Runs are kept in files alone, and no answers are kept for later runs.",
        ),
        (false, false) => Some(
            "This browser stores nothing for this page: it's a private window, http from another machine, or its storage \
             doesn't open. A run is lost when the tab closes: export its results first.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_digits_below_a_dollar_and_cents_above() {
        for (amount, words) in [
            ("0", "$0.00"),
            ("0.3", "$0.30"),
            ("0.05", "$0.05"),
            ("0.0052", "$0.0052"),
            ("0.12345", "$0.123"),
            ("0.0332149", "$0.0332"),
            ("0.0000519", "$0.0000519"),
            ("0.9999", "$1.00"),
            ("92", "$92.00"),
            ("1234.567", "$1,234.57"),
        ] {
            assert_eq!(Usd::parse(amount).expect("an amount").short(), words, "{amount}");
        }
    }
}
