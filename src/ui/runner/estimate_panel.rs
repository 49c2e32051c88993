//! The card `Before you start`: what exactly these rows cost, what has to be corrected, and the two buttons.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{FileEstimate, Projection, Trial};
use crate::money::{Usd, grouped};
use crate::ui::Route;
use crate::ui::parts::{Button, ButtonKind, Notice, Stat, Tone};
use crate::ui::runner::estimate_words::{
    cost_words, input_tokens, input_tokens_note, spared_words, time_words, worst_case_words,
};
use crate::ui::runner::words::counted;
use crate::ui::store::{Renewed, Request};

/// A field that has to be corrected.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// The element's.
    pub id: AttrValue,
    pub label: AttrValue,
    pub message: AttrValue,
}

#[derive(Properties, PartialEq)]
pub struct EstimatePanelProps {
    /// A file is being read: a start would still mean the one before.
    pub reading: bool,
    pub estimate: Renewed<Rc<FileEstimate>>,
    /// From the rows that were tried with these settings.
    #[prop_or_default]
    pub tried: Option<Projection>,
    pub budget: Option<Usd>,
    /// How often a row may be asked again.
    #[prop_or_default]
    pub reasks: u8,
    /// Topmost first. Before the person wants to start only what can't be read, which also keeps the estimate away.
    #[prop_or_default]
    pub fixes: Vec<Fix>,
    /// There is no estimate: a field can't be read.
    #[prop_or_default]
    pub unread: bool,
    pub refused: Option<AttrValue>,
    pub starting: bool,
    #[prop_or_default]
    pub trial: Request<Rc<Trial>>,
    /// How many models a trial asks.
    #[prop_or_default]
    pub models: usize,
    /// Calls cost money.
    #[prop_or_default]
    pub billed: bool,
    pub on_try: Callback<()>,
    pub on_start: Callback<()>,
    /// The element to go to.
    pub on_fix: Callback<AttrValue>,
    pub on_answers: Callback<()>,
}

#[component]
pub fn EstimatePanel(props: &EstimatePanelProps) -> Html {
    let body = match &props.estimate.last {
        _ if props.unread => Html::default(),
        Some(Ok(estimate)) => figures(props, estimate),
        // The list of what to mend says it.
        Some(Err(_)) if !props.fixes.is_empty() => Html::default(),
        Some(Err(problem)) => html! { <p class="soft">{ &problem.message }</p> },
        None => html! { <p class="soft" role="status">{ "Counting tokens…" }</p> },
    };
    let short = match &props.estimate.last {
        Some(Ok(estimate)) if !props.unread => {
            let cost = cost_words(estimate, props.tried.as_ref(), props.reasks);
            Some(format!("{}, {}", cost.figure, time_words(estimate)))
        }
        _ => None,
    };
    let (busy, trying) = (props.starting || props.reading, props.trial.is_loading());
    html! {
        <>
            <section class="estimate-panel" aria-labelledby="estimate-title" aria-busy={props.estimate.loading.to_string()}>
                <h2 class="panel__title" id="estimate-title">{ "Before you start" }</h2>
                { body }
                { fixes(props) }
                { trial(props) }
                if let Some(refused) = &props.refused {
                    <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
                }
            </section>
            <div class="start-bar">
                if props.starting {
                    <p class="soft small" role="status">{ "Saving your rows in this browser, so that a crash loses nothing…" }</p>
                } else if let Some(short) = short {
                    <p class="start-bar__short" aria-hidden="true">{ short }</p>
                }
                <Button disabled={busy} resting={trying} on_press={props.on_try.clone()}>{ "Try 5 rows" }</Button>
                <Button kind={ButtonKind::Primary} disabled={busy || trying} on_press={props.on_start.clone()}>
                    { "Start run" }
                </Button>
            </div>
        </>
    }
}

fn figures(props: &EstimatePanelProps, estimate: &FileEstimate) -> Html {
    let tried = props.tried.as_ref();
    let cost = cost_words(estimate, tried, props.reasks);
    let (worst, likely) = worst_case_words(estimate, props.budget, tried);
    let spared = spared_words(estimate);
    html! {
        <>
            <dl class="estimate-panel__cost">
                <dt class="stat__label">{ "Cost" }</dt>
                <dd class="estimate-panel__figure">{ cost.figure }</dd>
                if !cost.range.is_empty() {
                    <dd class="stat__note">{ cost.range }</dd>
                }
                <dd class={classes!("stat__note", likely.then_some("field__error"))}>{ worst }</dd>
            </dl>
            <dl class="stats">
                <Stat label="Time" value={time_words(estimate)} />
                <Stat label="Calls" value={grouped(&estimate.calls.to_string())}
                    note={(!spared.is_empty()).then(|| AttrValue::from(spared))} />
                <Stat label="Input tokens" value={input_tokens(estimate)} note={input_tokens_note(estimate)} />
            </dl>
        </>
    }
}

/// The address stays: its hash is the page's route.
fn fixes(props: &EstimatePanelProps) -> Html {
    if props.fixes.is_empty() {
        return Html::default();
    }
    let fields = counted(props.fixes.len() as u64, "field", "fields");
    let aim = if props.unread { "to see the estimate" } else { "to start" };
    let fix = |fix: &Fix| {
        let (on_fix, id) = (props.on_fix.clone(), fix.id.clone());
        let onclick = move |event: MouseEvent| {
            event.prevent_default();
            on_fix.emit(id.clone());
        };
        html! { <li><a href={Route::Runner.href("")} {onclick}>{ &fix.label }</a>{ ": " }{ &fix.message }</li> }
    };
    html! {
        <div class="fixes">
            <p class="fixes__title" id="fixes-title">{ format!("Fix {fields} {aim}") }</p>
            <ul class="fixes__list" aria-labelledby="fixes-title">{ for props.fixes.iter().map(fix) }</ul>
        </div>
    }
}

fn trial(props: &EstimatePanelProps) -> Html {
    let on_answers = props.on_answers.clone();
    let onclick = move |event: MouseEvent| {
        event.prevent_default();
        on_answers.emit(());
    };
    let words = match &props.trial {
        Request::Failed(problem) => html! { <Notice tone={Tone::Error}><p>{ &problem.message }</p></Notice> },
        Request::Idle => {
            let words = match props.billed {
                true => "Try 5 rows first: five real calls show the answers and a closer cost. The run reuses them.",
                false => "Try 5 rows first to see answers and a closer cost. The Demo bills nothing.",
            };
            html! { <p class="small soft">{ words }</p> }
        }
        Request::Ready(trial) => {
            let words = match answered(trial) {
                0 => "No row was answered: see why".to_owned(),
                answers => format!("See the {}", counted(answers as u64, "answer", "answers")),
            };
            html! {
                <p class="small">
                    <a href={Route::Runner.href("")} {onclick}>{ words }</a>
                    if let Some(words) = misfits_tried(trial) {
                        <span class="field__error">{ words }</span>
                    }
                </p>
            }
        }
        Request::Loading => html! {
            <p class="small soft">{ format!("Asking 5 rows on {}…", counted(props.models as u64, "model", "models")) }</p>
        },
    };
    html! { <div role="status">{ words }</div> }
}

/// Rows with an answer.
fn answered(trial: &Trial) -> usize {
    trial.rows.iter().filter(|row| row.answers.iter().any(|answer| answer.text.is_some())).count()
}

/// So that no run is paid for whose answers are of no use.
fn misfits_tried(trial: &Trial) -> Option<&'static str> {
    let answers = || trial.rows.iter().flat_map(|row| &row.answers).filter(|answer| answer.text.is_some());
    match answers().filter(|answer| answer.misfit).count() {
        0 => None,
        misfits if misfits == answers().count() => Some(". None fits: look before you start."),
        _ => Some(". Some don't fit."),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::{TrialAnswer, TrialRow};

    #[test]
    fn answers_that_do_not_fit_are_told_before_the_start() {
        let answer = |misfit| TrialAnswer { text: Some("a".into()), misfit, ..TrialAnswer::default() };
        let row = |answer| TrialRow { id: "1".into(), input: "a".into(), answers: vec![answer], differs: false };
        let said = |misfits: &[bool]| {
            let answers = misfits.iter().copied().map(answer).chain([TrialAnswer::default()]);
            misfits_tried(&Trial { rows: answers.map(row).collect(), models: Vec::new(), off_the_budget: Usd::ZERO })
        };
        assert_eq!((said(&[]), said(&[false, false])), (None, None));
        assert_eq!(said(&[false, true]), Some(". Some don't fit."));
        assert_eq!(said(&[true, true]), Some(". None fits: look before you start."));
    }
}
