//! The runner's page: the four steps, or the open run.

use yew::prelude::*;

use crate::link::{Place, Problem, ToPage, ToWorker};
use crate::ui::hooks::now;
use crate::ui::lazy::{Lazy, Loader, NotLoaded, fetch_ahead, fetch_first};
use crate::ui::parts::{Notice, Tone};
use crate::ui::runner::link_query;
use crate::ui::runner::pause_note::refocus;
use crate::ui::runner::resume_banner::ResumeBanner;
use crate::ui::runner::run_view::RunViewProps;
use crate::ui::runner::steps::Steps;
use crate::ui::runner::working::Working;
use crate::ui::store::under_way;
use crate::ui::store::{DeskAction, FormAction};
use crate::ui::store::{Work, use_worker};

#[derive(Clone, Properties, PartialEq)]
pub struct RunnerPageProps {
    /// Draws the open run.
    pub run_view: Loader<RunViewProps>,
    /// The query of the address: what the calculator hands over, or `run=ID`.
    #[prop_or_default]
    pub query: AttrValue,
}

#[component]
pub fn RunnerPage(props: &RunnerPageProps) -> Html {
    let work = use_worker();
    html! { <Runner query={props.query.clone()} {work} run_view={props.run_view} /> }
}

#[derive(Properties, PartialEq)]
struct RunnerProps {
    query: AttrValue,
    work: Work,
    run_view: Loader<RunViewProps>,
}

#[component]
fn Runner(props: &RunnerProps) -> Html {
    let Work { desk, .. } = &props.work;
    use_query(&props.work, &props.query);
    use_title_focused(desk.open.is_some());
    let send = use_start_once_seen(&props.work, props.run_view);
    use_fetched_ahead(props.run_view, desk.data.summary.is_some() || desk.opening.asked);
    let body = match &desk.open {
        Some(open) => html! {
            <Lazy<RunViewProps> key={open.run.clone()} loader={props.run_view} waiting="Loading the run…"
                of={RunViewProps { work: props.work.clone(), open: open.clone(), now: Callback::from(|()| now()) }} />
        },
        None => html! { <Steps work={Work { send, ..props.work.clone() }} /> },
    };
    html! {
        <>
            <h1 class="page__title" id={TITLE} tabindex="-1">{ "Run a batch" }</h1>
            <div class="stack runner-notes">
                if let Some(broken) = &desk.broken {
                    <Notice tone={Tone::Error} heading="The run can't go on in this tab"><p>{ broken }</p></Notice>
                }
                if let Some(refused) = desk.problem(Place::Runs) {
                    <Notice tone={Tone::Error}><p>{ refused.to_owned() }</p></Notice>
                }
                if desk.open.is_none() {
                    { left_out(&props.query) }
                    { banner(&props.work) }
                }
                { storage_warning(&props.work) }
                { working(&props.work) }
            </div>
            { body }
        </>
    }
}

fn left_out(query: &str) -> Html {
    let problems = link_query::left_out(query);
    if problems.is_empty() {
        return Html::default();
    }
    html! {
        <Notice tone={Tone::Warning} heading="Parts of this link were left out.">
            { for problems.iter().map(|problem| html! { <p>{ problem }</p> }) }
        </Notice>
    }
}

const TITLE: &str = "runner-title";

/// Whoever has chosen data will look at a run soon, and a run that began should be seen at once.
#[hook]
fn use_fetched_ahead(run_view: Loader<RunViewProps>, soon: bool) {
    use_effect_with(soon, move |soon| {
        if *soon {
            fetch_ahead(run_view);
        }
    });
}

/// Nothing is paid for that can't be watched and stopped: a run starts once what shows it is there.
#[hook]
fn use_start_once_seen(work: &Work, run_view: Loader<RunViewProps>) -> Callback<ToWorker> {
    let (send, on_desk) = (work.send.clone(), work.on_desk.clone());
    use_callback((), move |message: ToWorker, ()| {
        if !matches!(message, ToWorker::Start { .. }) {
            return send.emit(message);
        }
        // A second press starts nothing.
        on_desk.emit(DeskAction::Asked(message.clone()));
        let (send, on_desk) = (send.clone(), on_desk.clone());
        fetch_first(run_view, move |came| match came {
            Ok(()) => send.emit(message),
            Err(NotLoaded) => on_desk.emit(DeskAction::Heard(ToPage::Refused(Problem {
                place: Place::Run,
                message:
                    "Nothing was started: the part of the page that shows a run didn't load. Check your connection \
                          and start again. If that doesn't help, reload the page."
                        .into(),
            }))),
        });
    })
}

/// The focus of a run that was left goes to the page's title.
#[hook]
fn use_title_focused(open: bool) {
    let was_open = use_mut_ref(|| false);
    use_effect_with(open, move |open| {
        if was_open.replace(*open) && !open {
            refocus(TITLE);
        }
    });
}

fn banner(work: &Work) -> Html {
    let unfinished = work.desk.history.unfinished();
    let Some(newest) = unfinished.first() else { return Html::default() };
    let on_resume = {
        let (work, run) = (work.clone(), newest.run.clone());
        Callback::from(move |()| {
            work.on_desk.emit(DeskAction::GoesOn);
            work.send.emit(ToWorker::Open { run: run.clone() });
        })
    };
    let opening = work.desk.opening.asked;
    html! { <ResumeBanner run={(*newest).clone()} others={unfinished.len() - 1} {opening} {on_resume} /> }
}

fn working(work: &Work) -> Html {
    let Some((kind, percent)) = work.desk.working else { return Html::default() };
    let on_cancel = work.send.reform(move |()| ToWorker::Cancel(kind));
    html! { <Working task={kind} {percent} {on_cancel} /> }
}

/// A run that a crash could lose should not be started unknowingly. Before its storage is open, the worker starts none.
fn storage_warning(Work { desk, .. }: &Work) -> Html {
    let words = match &desk.history.storage {
        Some(facts) => crate::ui::runner::words::storage_risk(facts),
        None => desk.problem(Place::Storage),
    };
    match words {
        Some(words) => html! { <Notice tone={Tone::Warning}><p>{ words.to_owned() }</p></Notice> },
        None => Html::default(),
    }
}

/// Takes up what the address says, once for each address.
#[hook]
fn use_query(work: &Work, query: &AttrValue) {
    let work = work.clone();
    use_effect_with(query.clone(), move |query| {
        let busy = work.desk.open.as_ref().is_some_and(|open| under_way(&open.progress.state));
        if let Some(run) = link_query::run_named(query) {
            let shown = work.desk.open.as_ref().is_some_and(|open| open.run == run);
            if !busy && !shown {
                work.send.emit(ToWorker::Open { run });
            }
            return;
        }
        let typed = link_query::fields(query);
        if !typed.is_empty() && !busy {
            work.on_desk.emit(DeskAction::LeaveRun);
            work.on_form.emit(FormAction::Linked(typed));
        }
    });
}
