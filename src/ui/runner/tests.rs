//! What the runner says and shows, without a browser.

use std::rc::Rc;

use yew::LocalServerRenderer;
use yew::prelude::*;

use super::estimate_panel::{EstimatePanel, EstimatePanelProps, Fix};
use super::figures::{Figures, FiguresProps, OtherFigures};
use super::parse::faults;
use super::pause_note::{PauseNote, PauseNoteProps};
use super::resume_banner::banner_words;
use super::status_line;
use super::words::{pause_words, rounded_up, state_words, stop_question};
use crate::link::*;
use crate::money::Usd;
use crate::time::Time;
use crate::ui::store::fixtures::heard;
pub(super) use crate::ui::store::fixtures::{progress, summary as data, typed, usd};
use crate::ui::store::history::History;
use crate::ui::store::{Field, Form, FormAction, Part, PriceSource, Renewed, Request};

#[test]
fn the_status_line_has_the_posts_form() {
    let line = status_line(&progress());
    assert_eq!(line, "[500/5000] $0.0081 spent | ~$0.08 projected | cache hits: 47");
}

#[test]
fn a_small_projection_is_not_shown_as_free() {
    let small = Progress { spent: usd("0.0012"), projected: Some(usd("0.0049")), ..progress() };
    assert_eq!(status_line(&small), "[500/5000] $0.0012 spent | ~$0.01 projected | cache hits: 47");
}

#[test]
fn an_unknown_price_is_never_shown_as_nothing() {
    let line = status_line(&Progress { priced: false, spent: Usd::ZERO, projected: None, ..progress() });
    assert_eq!(line, "[500/5000] cost unknown | cache hits: 47");
}

#[test]
fn a_run_that_cost_nothing_ends_with_that_as_its_projection() {
    let all_cached = Progress {
        state: RunState::Finished,
        done: 5_000,
        cache_hits: 5_000,
        spent: Usd::ZERO,
        projected: None,
        ..progress()
    };
    assert_eq!(status_line(&all_cached), "[5000/5000] $0.0000 spent | ~$0.00 projected | cache hits: 5000");
    let begun = Progress { done: 0, cache_hits: 0, ..Progress { spent: Usd::ZERO, projected: None, ..progress() } };
    assert_eq!(status_line(&begun), "[0/5000] $0.0000 spent | projected after the first answer | cache hits: 0");
}

#[test]
fn answers_without_usage_are_not_shown_as_free() {
    let unknown =
        Progress { spent: Usd::ZERO, projected: None, doubtful_attempts: 9, doubtful_answers: 9, ..progress() };
    assert_eq!(status_line(&unknown), "[500/5000] $0.0000 spent | answers came without their cost | cache hits: 47");
}

#[test]
fn a_wait_is_told_with_its_reason_and_its_length() {
    let waiting = Some(Wake { at: Time(5_250), reason: WakeReason::TokensPerMinute });
    let words = state_words(&Progress { waiting, ..progress() }, Time(1_000));
    assert_eq!(words, "Waiting for tokens per minute: next call in 4.2 s.");
    assert_eq!(state_words(&progress(), Time(0)), "Waiting for 15 answers.");
}

#[test]
fn the_end_of_a_run_says_what_fits_what_failed_and_what_was_not_sent() {
    let ended = Progress { state: RunState::Finished, succeeded: 3_200, errored: 0, ..progress() };
    let words = |progress: &Progress| state_words(progress, Time(0));
    assert_eq!(words(&ended), "Finished: 3,200 answered.");
    assert_eq!(words(&Progress { misfits: 132, ..ended.clone() }), "Finished: 3,068 fit, 132 don't.");
    assert_eq!(
        words(&Progress { misfits: 1, errored: 4, ..ended.clone() }),
        "Finished: 3,199 fit, 1 doesn't, 4 failed."
    );
    let stopped = Progress { succeeded: 63, canceled: 3_137, stopped: true, ..ended };
    assert_eq!(words(&stopped), "Stopped by you: 63 answered, 3,137 not sent.");
    // Rows that were left out after a crash.
    assert_eq!(words(&Progress { stopped: false, ..stopped }), "Finished: 63 answered, 3,137 not sent.");
    let running = Progress { total: 3_200, done: 60, in_flight: 3, ..progress() };
    assert_eq!(stop_question(&running), "Stop and cancel 3,137 rows? You can resume later.");
}

#[test]
fn rows_in_request_files_are_told_with_those_that_repeat_them() {
    let left = Progress { total: 500, done: 51, ..progress() };
    let words = pause_words(&PauseReason::Exported { rows: 420 }, &left, true);
    assert_eq!(words.happened, "449 rows are in request files that you exported, and not sent from here.");
}

#[test]
fn amounts_have_cents_or_three_digits() {
    for (amount, words) in [
        ("0", "$0.00"),
        ("0.3", "$0.30"),
        ("0.0081", "$0.0081"),
        ("0.05", "$0.05"),
        ("0.0282399", "$0.0282"),
        ("0.00005188", "$0.0000519"),
        ("0.9996", "$1.00"),
        ("74.25", "$74.25"),
        ("1234.5", "$1,234.50"),
    ] {
        assert_eq!(usd(amount).short(), words);
        assert!(rounded_up(usd(amount)) >= usd(amount), "{amount}");
    }
    assert_eq!(rounded_up(usd("0.12341")).short(), "$0.124");
}

#[test]
fn every_pause_tells_what_was_kept_and_what_to_do() {
    let failure = Failure {
        kind: FailureKind::WrongKey,
        status: Some(401),
        message: "no".to_owned(),
        retry_after_ms: None,
        request_id: None,
    };
    for reason in [
        PauseReason::NotStarted,
        PauseReason::ByPerson,
        PauseReason::Budget { needed: usd("0.02") },
        PauseReason::NoLane(failure),
        PauseReason::OnlyRateLimits,
        PauseReason::Overshoot { by: usd("0.001") },
        PauseReason::LongWait { ms: 300_000 },
        PauseReason::Storage,
        PauseReason::Exported { rows: 1 },
        PauseReason::Stuck { rows: 4_500 },
        PauseReason::EmptyAnswers { tokens: 1_000, thinking: true },
        PauseReason::EmptyAnswers { tokens: 1_000, thinking: false },
    ] {
        let words = pause_words(&reason, &progress(), true);
        assert_eq!(words.kept, "500 of 5,000 rows done and saved in this browser; 4,500 left.", "{reason:?}");
        let unstored = pause_words(&reason, &progress(), false);
        assert_eq!(unstored.kept, "500 of 5,000 rows done and kept in this tab alone; 4,500 left.", "{reason:?}");
        assert!(
            words.happened.len() > 10 && words.to_do.contains("esume") || words.to_do.contains("at least"),
            "{words:?}"
        );
    }
}

fn complaints(form: &Form) -> Vec<(Field, String)> {
    faults(form, Some(&data()), None).into_iter().map(|(_, problem)| problem).collect()
}

#[test]
fn a_preset_brings_its_address_a_model_and_its_prices_and_no_foreign_key() {
    let form = Form::default().after(&FormAction::DataRead(Box::new(data())));
    let openai = form.after(&FormAction::Provider(0, Provider::OpenAi));
    assert_eq!(openai.text(Field::BaseUrl), "https://api.openai.com/v1");
    assert_eq!(openai.text(Field::Model), "gpt-6-luna", "OpenAI serves it too");
    assert_eq!(complaints(&openai), [(Field::ApiKey, "Enter your OpenAI API key.".to_owned())]);
    let keyed = typed(&openai, Field::ApiKey, "sk-secret-1");
    assert!(complaints(&keyed).is_empty());

    let claude = keyed.after(&FormAction::Provider(0, Provider::Anthropic));
    assert_eq!(claude.text(Field::BaseUrl), "https://api.anthropic.com/v1");
    assert_eq!(claude.text(Field::ApiKey), "", "a key stays with its origin");
    assert!(claude.endpoints.first.key_cleared);
    assert_eq!(claude.text(Field::Model), "claude-haiku-5-5");
    assert_eq!((claude.text(Field::InputPrice), claude.text(Field::OutputPrice)), ("0.10".into(), "0.50".into()));

    let hot = typed(
        &typed(&typed(&claude, Field::ApiKey, "sk-ant-1"), Field::Temperature, "1.5"),
        Field::MaxOutputTokens,
        "",
    );
    assert_eq!(
        complaints(&hot).iter().map(|(at, _)| *at).collect::<Vec<_>>(),
        [Field::MaxOutputTokens, Field::Temperature]
    );

    let local = claude.after(&FormAction::Provider(0, Provider::Ollama));
    assert_eq!(local.text(Field::BaseUrl), "http://localhost:11434/v1");
    assert_eq!((local.text(Field::Model), local.text(Field::InputPrice)), ("".into(), "".into()));
    let local = typed(&local, Field::Model, "gpt-4o-mini");
    assert_eq!(local.endpoints.first.price_source, PriceSource::Unknown, "nobody bills it at OpenAI's prices");
}

#[test]
fn the_newest_unfinished_run_is_offered_first() {
    let run = |id: &str, started: u64, finished: bool| RunSummary {
        run: id.to_owned(),
        name: "movies.csv".to_owned(),
        provider: Provider::OpenAi,
        model: "gpt-4o-mini".to_owned(),
        started: Time(started),
        total: 3_200,
        done: 1_200,
        errored: 0,
        canceled: 0,
        finished,
        spent: usd("0.0312"),
        doubtful: usd("0.0009"),
        doubtful_attempts: 15,
        busy: false,
        notes: Vec::new(),
    };
    let runs = vec![run("a", 1, false), run("b", 3, true), run("c", 2, false)];
    assert_eq!(
        banner_words(&runs[0]),
        "1,200 of 3,200 rows done with gpt-4o-mini, $0.0312 spent; 15 attempts may have been billed, up to $0.0009. \
         Resume picks up where it stopped; you don't need the file."
    );
    let demo = RunSummary { provider: Provider::Demo, ..runs[0].clone() };
    assert!(!banner_words(&demo).contains("billed"), "the Demo bills nothing");
    let ready = ToPage::Ready { storage: StorageFacts::default(), runs };
    let history = History::default().after(&heard(ready));
    assert_eq!(history.unfinished().iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), ["c", "a"]);
}

pub(super) async fn drawn<T: BaseComponent>(props: T::Properties) -> String
where
    T::Properties: 'static,
{
    tokio::task::LocalSet::new().run_until(LocalServerRenderer::<T>::with_props(props).hydratable(false).render()).await
}

#[tokio::test]
async fn figures_carry_exact_amounts() {
    let doubtful =
        Rc::new(Progress { doubtful: usd("0.0009"), doubtful_attempts: 3, doubtful_answers: 1, ..progress() });
    let html = drawn::<Figures>(FiguresProps { progress: doubtful.clone() }).await;
    assert!(html.contains(r#"data-pico="8100000000""#), "{html}");
    assert!(html.contains("up to $0.0009 more may have been billed"), "{html}");
    assert!(html.contains("2.5 min"), "{html}");
    let html = drawn::<OtherFigures>(FiguresProps { progress: doubtful }).await;
    assert!(html.contains(r#"data-pico="900000000""#), "{html}");
    assert!(html.contains("2 attempts without an answer, 1 answer without usage"), "{html}");
}

#[tokio::test]
async fn a_budget_pause_offers_to_raise_it() {
    let reason = PauseReason::Budget { needed: usd("0.0101") };
    let progress = Rc::new(Progress { budget: Some(usd("0.01")), ..progress() });
    let props =
        PauseNoteProps { reason, progress, needs_key: false, single: true, stored: true, on_go_on: Callback::noop() };
    let html = drawn::<PauseNote>(props).await;
    assert!(html.contains("Raise budget and continue"), "{html}");
    assert!(html.contains(">New budget</label>"), "{html}");
    assert!(html.contains(r#"value="0.09""#), "{html}");
}

#[tokio::test]
async fn a_cut_off_run_asks_what_to_do_and_for_its_key() {
    let progress = Rc::new(Progress { cut_off: 15, doubtful: usd("0.0009"), ..progress() });
    let props = PauseNoteProps {
        reason: PauseReason::NotStarted,
        progress,
        needs_key: true,
        single: true,
        stored: true,
        on_go_on: Callback::noop(),
    };
    let html = drawn::<PauseNote>(props).await;
    for words in
        ["This run was cut off", "API key", "Send again", "Leave out", "Count as not billed", "15 calls were under way"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
}

pub(super) fn estimate() -> FileEstimate {
    FileEstimate {
        rows: 500,
        duplicates: 46,
        maybe_cached: 0,
        near: NearDuplicates::default(),
        imported: 0,
        calls: 454,
        input_tokens: 27_240,
        tokens_counted: true,
        rows_sampled: 0,
        cost_low: Some(usd("0.0041")),
        cost_high: Some(usd("0.0216")),
        worst_case: Some(usd("0.0312")),
        duration_ms: 14_000,
        fits_budget: None,
    }
}

#[tokio::test]
async fn the_card_shows_the_cost_or_what_keeps_it_away() {
    let card = async |unread: bool| {
        let fix = Fix { id: "requests-per-minute".into(), label: "Requests per minute".into(), message: "No.".into() };
        let props = EstimatePanelProps {
            reading: false,
            estimate: Renewed { last: Some(Ok(Rc::new(estimate()))), loading: false },
            tried: None,
            budget: None,
            unread,
            reasks: 2,
            fixes: if unread { vec![fix] } else { Vec::new() },
            refused: None,
            starting: false,
            trial: Request::Idle,
            models: 1,
            billed: true,
            on_try: Callback::noop(),
            on_start: Callback::noop(),
            on_fix: Callback::noop(),
            on_answers: Callback::noop(),
        };
        drawn::<EstimatePanel>(props).await
    };
    let html = card(true).await;
    assert!(html.contains("Fix 1 field to see the estimate") && html.contains(">Requests per minute</a>"), "{html}");
    assert!(!html.contains('$') && !html.contains("14 s"), "no estimate stands for what can't be read: {html}");
    let html = card(false).await;
    for words in [
        "up to $0.0216",
        "full answers and every re-ask",
        "about 14 s",
        "454",
        "46 repeat an earlier row",
        "Worst case $0.0312. No budget is set",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.find("Try 5 rows</button>") < html.find("Start run</button>"), "the safe step comes first: {html}");
}
