//! The run's state in plain words: what happened, what was kept, what to do.

use crate::link::{ExportState, FailureKind, PauseReason, Progress, ResultRow, RunState, Wake, WakeReason};
use crate::money::{PICO, Usd, grouped};
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
                format!("Running: waiting for {}.", counted(progress.in_flight.into(), "answer", "answers"))
            }
            None => "Running.".to_owned(),
        },
        RunState::Paused(_) if progress.cut_off > 0 => "Paused: the run was cut off.".to_owned(),
        RunState::Paused(reason) => format!("Paused: {}.", reason_words(reason)),
        RunState::Stopping => match progress.in_flight {
            0 => "Stopping: the last results are being saved.".to_owned(),
            waits => format!("Stopping: waiting for {} in flight.", counted(waits.into(), "call", "calls")),
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
        WakeReason::LaneRests => format!("The provider said \"too many requests\": resting for {wait}."),
        WakeReason::LaneFails => format!("Nothing comes back from the provider: asking again in {wait}."),
        WakeReason::FirstCall => "Running: the first call goes alone, to see whether the provider answers.".to_owned(),
        WakeReason::Backoff => format!("Waiting to try failed calls again: next in {wait}."),
        WakeReason::BatchJob => format!("Waiting for the provider's batch jobs: next look in {wait}."),
        WakeReason::Deadline => "Running: waiting for answers.".to_owned(),
    }
}

fn finished_words(progress: &Progress) -> String {
    let mut words = format!("Finished: {} answered", grouped(&progress.succeeded.to_string()));
    for (count, state) in [(progress.errored, "failed"), (progress.canceled, "canceled")] {
        if count > 0 {
            words.push_str(&format!(", {} {state}", grouped(&count.to_string())));
        }
    }
    words.push('.');
    words
}

/// Why nothing is sent, in a few words.
fn reason_words(reason: &PauseReason) -> &'static str {
    match reason {
        PauseReason::NotStarted => "not running in this tab yet",
        PauseReason::ByPerson => "by you",
        PauseReason::Budget { .. } => "the next row doesn't fit the budget",
        PauseReason::NoLane(_) => "the provider can't be used",
        PauseReason::Overshoot { .. } => "the provider used more than it was allowed",
        PauseReason::OnlyRateLimits => "nothing but \"too many requests\" for five minutes",
        PauseReason::LongWait { .. } => "the provider asks for a long wait",
        PauseReason::Storage => "results can't be saved",
        PauseReason::EmptyAnswers { .. } => "the answers come back empty",
        PauseReason::Exported { .. } => "the rest is in request files",
        PauseReason::Stuck { .. } => "rows are left that wait for nothing",
        PauseReason::BatchEnded { .. } => "the batch jobs ended and left rows",
        PauseReason::BatchStuck(_) => "a batch job can't go on",
        PauseReason::BatchUnsure { .. } => "it isn't known whether a batch job was created",
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

pub fn pause_words(reason: &PauseReason, progress: &Progress) -> PauseWords {
    let (title, happened, to_do) = match reason {
        PauseReason::NotStarted | PauseReason::ByPerson if progress.cut_off > 0 => (
            "This run was cut off".to_owned(),
            "The tab or the browser ended while calls were in flight. Nothing is being sent.".to_owned(),
            "Say what to do with those calls, and the run will resume.".to_owned(),
        ),
        PauseReason::NotStarted => (
            "This run is open, and waits".to_owned(),
            "Nothing is being sent.".to_owned(),
            "Press Resume to go on with the rows that are left.".to_owned(),
        ),
        PauseReason::ByPerson => (
            "Paused by you".to_owned(),
            "No new calls are sent; what was in flight is still taken in.".to_owned(),
            "Press Resume to go on, now or another day.".to_owned(),
        ),
        PauseReason::Budget { needed } => budget_words(*needed, progress),
        PauseReason::NoLane(failure) => {
            ("The provider can't be used".to_owned(), failure.sentence(), no_lane_words(failure.kind).to_owned())
        }
        PauseReason::Overshoot { by } => (
            "The provider used more than a call's worst case".to_owned(),
            format!("It went {by} above what was reserved, so nothing more is sent under this budget by itself."),
            "It may not keep to Max output tokens. Look at the ledger; press Resume to go on all the same.".to_owned(),
        ),
        PauseReason::OnlyRateLimits => (
            "The provider answers nothing but \"too many requests\"".to_owned(),
            "For five minutes every call was refused (429). Refused calls cost nothing.".to_owned(),
            "Something else may be using up the same limits. Lower Requests per minute or Concurrency, or wait, then \
             press Resume."
                .to_owned(),
        ),
        PauseReason::LongWait { ms } => (
            "The provider asks for a long wait".to_owned(),
            format!("It wants no calls for {}.", in_words(*ms)),
            "Come back then and press Resume; or press it now, and the run waits by itself.".to_owned(),
        ),
        PauseReason::Exported { rows } => (
            "The rest is in request files".to_owned(),
            format!("{} in a request file that you exported, and not sent from here.", are(*rows)),
            "Run the file elsewhere, then import its results. Press Resume to send these rows from here instead: if the \
             file is run as well, they are paid for twice."
                .to_owned(),
        ),
        PauseReason::Stuck { rows } => (
            "The run stands still".to_owned(),
            format!("{} left, and nothing is under way for them. This is a fault of Pennybatch.", are(*rows)),
            "Press Resume to try again. If that changes nothing, reload the page and report it; nothing that is done \
             is lost."
                .to_owned(),
        ),
        PauseReason::BatchEnded { open, problem } => batch_ended_words(*open, problem.as_deref()),
        PauseReason::BatchStuck(failure) => (
            "A batch job can't go on".to_owned(),
            failure.sentence_of_a_batch_step(),
            "Jobs that were created stay with the provider. Press Resume to look again, or Take back to cancel them."
                .to_owned(),
        ),
        PauseReason::BatchUnsure { nonce, failure } => (
            "Does the provider have this batch job?".to_owned(),
            format!(
                "The answer to the creation of a job was lost. The provider doesn't list the job, and the file it \
                 would be made from could not be deleted: {}",
                failure.sentence_of_a_batch_step()
            ),
            format!(
                "Look at the provider's own page of batches for a job with the metadata pennybatch: {nonce}. If it is \
                 there, press Resume: it is found and gone on with. If it isn't, and no request can be on its way any \
                 more, press Resume too: it is looked for during ten minutes, then made anew. Take back gives it up: \
                 its rows then count as perhaps billed."
            ),
        ),
        PauseReason::EmptyAnswers { tokens, thinking } => empty_answers_words(*tokens, *thinking),
        PauseReason::Storage => (
            "Results can't be saved".to_owned(),
            "This browser refused to write to its storage; it may be full.".to_owned(),
            "Export what is there, free some space (delete old runs under Runs), then press Resume: what came back \
             meanwhile is kept in memory until it can be saved."
                .to_owned(),
        ),
    };
    PauseWords { title, happened, kept: kept_words(progress), to_do }
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
            "All {tokens} output tokens went into thinking, in several answers in a row: each reached Max output tokens \
             before it began to write, holds no text, and was billed."
        ),
        false => format!(
            "Several answers in a row reached Max output tokens ({tokens}) and hold no text; they were billed. A model \
             that thinks before it writes does that."
        ),
    };
    (
        "The answers come back empty".to_owned(),
        happened,
        "Raise Max output tokens, lower Reasoning effort, or choose a model that thinks less: press New run for that, \
         where the four steps are as you left them. Press Resume to go on with this run as it is."
            .to_owned(),
    )
}

/// An open run has no field for its base URL or its model.
fn no_lane_words(kind: FailureKind) -> &'static str {
    use FailureKind::*;
    match kind {
        EveryRowRefused => {
            "To change the settings, press New run: the four steps are as you left them. Press Resume to try again: rows \
             that are refused once more end as failed, and the others follow."
        }
        Unreachable | TimedOut | TornBody | HtmlPage | BrowserForbidden | AccountRefused | UnknownModel
        | WrongAddress => {
            "Press Resume to try again: nothing that is done is sent again. To change the base URL or the model, press \
             New run: the four steps are as you left them, with Check connection in step 3."
        }
        _ => "Then press Resume: nothing that is done is sent again.",
    }
}

fn batch_ended_words(open: u32, problem: Option<&str>) -> (String, String, String) {
    let said = problem.map(|problem| format!(" The provider said: \u{201c}{problem}\u{201d}")).unwrap_or_default();
    (
        "The batch jobs ended, and not every row has an answer".to_owned(),
        format!("{} came back without an answer: expired, canceled or left out.{said}", rows(open.into())),
        "Press Resume to send them one by one at the usual price, or hand them over again.".to_owned(),
    )
}

fn budget_words(needed: Usd, progress: &Progress) -> (String, String, String) {
    let budget = progress.budget.map_or_else(|| "the budget".to_owned(), |budget| format!("the budget of {budget}"));
    let at_least = rounded_up(needed);
    let happened = format!(
        "{} spent{}; the next row could cost more than what is left, so it was not sent.",
        progress.spent,
        match progress.doubtful {
            Usd::ZERO => String::new(),
            doubtful => format!(" and up to {doubtful} that may have been billed"),
        }
    );
    let to_do = match progress.projected {
        Some(projected) if projected > needed => format!(
            "At least {at_least} lets it send one more row; the whole run will take about {projected}, and a little more \
             while calls are in flight."
        ),
        _ => format!("At least {at_least} lets it go on."),
    };
    (format!("Stopped before {budget} would be passed"), happened, to_do)
}

/// To a hundredth of a cent, and never below: an amount that is said to be enough has to be.
pub fn rounded_up(amount: Usd) -> Usd {
    let unit = PICO / 10_000;
    Usd::from_pico((amount.pico() + unit - 1) / unit * unit)
}

fn kept_words(progress: &Progress) -> String {
    let left = u64::from(progress.total.saturating_sub(progress.done));
    format!(
        "{} of {} done and saved in this browser; {} left.",
        grouped(&carried_out(progress).to_string()),
        rows(progress.total.into()),
        grouped(&left.to_string())
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

/// Answers whose price nobody knows: what happened, what was kept, what to do.
pub fn without_usage_words(progress: &Progress) -> Option<String> {
    let answers = u64::from(progress.doubtful_answers);
    (answers > 0).then(|| {
        format!(
            "{} without usage: the server didn't say how many tokens were spent, so the cost isn't known. Every answer \
             is kept, and counted under May have been billed at the most it can have cost. Some servers report usage \
             only when set up to; else the provider's own bill has the figure.",
            counted(answers, "answer came", "answers came")
        )
    })
}

/// Rows are with the provider's Batch API.
pub fn is_handed_over(progress: &Progress) -> bool {
    progress.batch.as_ref().is_some_and(|batch| batch.handing_over || !batch.shards.is_empty())
}

/// How long the rest takes at the present rate; `None` where nothing can be said.
pub fn time_left_ms(progress: &Progress) -> Option<u64> {
    let left = u64::from(progress.total.saturating_sub(progress.done));
    match progress.rate_milli {
        _ if progress.state == RunState::Finished || is_handed_over(progress) => None,
        0 => None,
        rate => Some(left.saturating_mul(1_000_000) / rate),
    }
}

/// `$0.0081 - $0.0093`: true spend lies between what is confirmed and what may have been billed on top.
pub fn spend_range(progress: &Progress) -> String {
    match progress.doubtful {
        Usd::ZERO => progress.spent.to_string(),
        doubtful => format!("{} to {}", progress.spent, progress.spent + doubtful),
    }
}

/// An amount to read at a glance: cents from a dollar on, else three significant digits at most: `$0.30`, `$0.0052`.
pub fn money(amount: Usd) -> String {
    let pico = amount.pico();
    if pico == 0 || pico >= PICO {
        return format!("${}", grouped(&amount.decimals(2)));
    }
    // The place of the first digit that isn't zero, and two more.
    let first = (1..=12).find(|place| pico * 10_i128.pow(*place) >= PICO).unwrap_or(12);
    let digits = amount.decimals((first + 2).min(12));
    let cents = digits.find('.').map_or(digits.len(), |point| point + 3);
    let shown = digits.trim_end_matches('0').len().max(cents.min(digits.len()));
    format!("${}", &digits[..shown])
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
        small if small < 1_000.0 => format!("{small:.0} bytes"),
        kilo if kilo < 1_000_000.0 => format!("{:.1} kB", kilo / 1e3),
        mega if mega < 1_000_000_000.0 => format!("{:.1} MB", mega / 1e6),
        giga => format!("{:.1} GB", giga / 1e9),
    }
}

/// `52 tokens in, 3 out`.
pub fn tokens_words(usage: crate::link::Usage) -> String {
    format!("{} tokens in, {} out", grouped(&usage.input.to_string()), grouped(&usage.output.to_string()))
}

/// Work is being done: something is or will be in flight without the person doing anything.
pub fn under_way(state: &RunState) -> bool {
    matches!(state, RunState::Running | RunState::Stopping)
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
            "This browser offers no database, so runs are kept in files alone. Export your results before you close it.",
        ),
        (false, false) => Some(
            "This browser stores nothing for this page (a private window, or http from another machine). A run is lost when \
             the tab closes: export its results first.",
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
            assert_eq!(money(Usd::parse(amount).expect("an amount")), words, "{amount}");
        }
    }
}
