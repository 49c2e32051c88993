//! The history: every run that this browser keeps, and what its storage is worth.
//! Not here: a run itself, which opens in the runner.

mod run_entry;

use yew::prelude::*;

use crate::link::{CsvStyle, ExportKind, Place, RunSummary, StorageFacts, ToWorker};
use crate::ui::parts::{Button, Notice, Tone};
use crate::ui::runner::words::{bytes_words, counted, storage_risk};
use crate::ui::runner::{Confirm, DELETED_WORDS, refocus};
use crate::ui::store::DeskAction;
use crate::ui::store::under_way;
use crate::ui::store::{Work, use_worker};
use run_entry::{RunEntry, started_words};

const TITLE: &str = "runs-title";

#[derive(Clone, Properties, PartialEq)]
pub struct RunsPageProps {}

#[component]
pub fn RunsPage(_props: &RunsPageProps) -> Html {
    let work = use_worker();
    html! { <Runs {work} /> }
}

#[derive(Properties, PartialEq)]
struct RunsProps {
    work: Work,
}

#[component]
fn Runs(props: &RunsProps) -> Html {
    let Work { desk, send, on_desk, .. } = &props.work;
    let deleting = use_state(|| None::<RunSummary>);
    let exporting = use_state(|| None::<String>);
    {
        let send = send.clone();
        use_effect_with((), move |()| send.emit(ToWorker::ListRuns));
    }
    let open = desk.open.as_ref().map(|open| open.run.clone());
    let busy = desk.open.as_ref().is_some_and(|open| under_way(&open.progress.state));
    use_export_once_open(&props.work, open.clone(), &exporting);
    use_title_focused(desk.history.runs.len());

    let on_export = {
        let (send, exporting, open) = (send.clone(), exporting.clone(), open.clone());
        Callback::from(move |run: String| {
            if open.as_ref() != Some(&run) {
                send.emit(ToWorker::Open { run: run.clone() });
            }
            exporting.set(Some(run));
        })
    };
    let on_delete = {
        let deleting = deleting.clone();
        Callback::from(move |run: RunSummary| deleting.set(Some(run)))
    };
    let on_answer = {
        let (deleting, send, on_desk) = (deleting.clone(), send.clone(), on_desk.clone());
        Callback::from(move |yes: bool| {
            if let Some(run) = deleting.as_ref().filter(|_| yes) {
                on_desk.emit(DeskAction::Dismiss(Place::Runs));
                send.emit(ToWorker::DeleteRun { run: run.run.clone() });
            }
            deleting.set(None);
        })
    };
    let mut runs = (*desk.history.runs).clone();
    runs.sort_by_key(|run| std::cmp::Reverse(run.started));
    html! {
        <>
            <h1 class="page__title" id={TITLE} tabindex="-1">{ "Runs" }</h1>
            <p class="page__lead">{ "Every run in this browser. Runs are kept nowhere else." }</p>
            if let Some(broken) = &desk.broken {
                <Notice tone={Tone::Error}><p>{ broken }</p></Notice>
            }
            if let Some(refused) = desk.problem(Place::Runs) {
                <Notice tone={Tone::Error}><p>{ refused.to_owned() }</p></Notice>
            }
            if desk.history.storage.is_none() && desk.broken.is_none() {
                <p class="soft" role="status">{ desk.problem(Place::Storage).unwrap_or("Looking for runs…").to_owned() }</p>
            } else if runs.is_empty() {
                <p class="soft">{ "No runs yet. Runs you start appear here." }</p>
            }
            <ul class="run-list" aria-label="Runs">
                {
                    for runs.iter().map(|run| {
                        let running = busy && open.as_ref() == Some(&run.run);
                        html! {
                            <RunEntry key={run.run.clone()} run={run.clone()} {running} blocked={busy && !running}
                                on_export={on_export.clone()} on_delete={on_delete.clone()} />
                        }
                    })
                }
            </ul>
            if let Some(facts) = &desk.history.storage {
                <Storage facts={facts.clone()} cleared={desk.history.cache_cleared}
                    refused={desk.problem(Place::Storage).map(|message| AttrValue::from(message.to_owned()))}
                    on_clear={send.reform(|()| ToWorker::ClearCache)} />
            }
            if let Some(run) = &*deleting {
                <Confirm question={format!("Delete the run of {}, started {}?", run.name, started_words(&run.run))} yes="Delete for good" no="Keep it"
                    {on_answer} consequence={DELETED_WORDS} />
            }
        </>
    }
}

/// The focus of a run that was deleted goes to the page's title.
#[hook]
fn use_title_focused(runs: usize) {
    let before = use_mut_ref(|| 0);
    use_effect_with(runs, move |runs| {
        if before.replace(*runs) > *runs {
            refocus(TITLE);
        }
    });
}

/// An export needs its run open; the wish is kept until it is.
#[hook]
fn use_export_once_open(work: &Work, open: Option<String>, wish: &UseStateHandle<Option<String>>) {
    let (send, wish) = (work.send.clone(), wish.clone());
    use_effect_with((open, (*wish).clone()), move |(open, wished)| {
        if wished.is_some() && open == wished {
            send.emit(ToWorker::Export { what: ExportKind::Csv, style: CsvStyle::default() });
            wish.set(None);
        }
    });
}

fn cleared_words(answers: u32) -> String {
    match answers {
        0 => "The cache was empty.".to_owned(),
        _ => format!("Deleted {}.", counted(answers.into(), "answer", "answers")),
    }
}

/// WebKit's tracking prevention: all that scripts have stored goes after seven days of use without a visit to the page. On
/// iOS every browser is one of WebKit's.
/// Source: <https://webkit.org/blog/10218/full-third-party-cookie-blocking-and-more/>
fn forgets_after_a_week(user_agent: &str) -> bool {
    user_agent.contains("AppleWebKit/") && !["Chrome/", "Chromium/"].iter().any(|other| user_agent.contains(other))
}

#[derive(Properties, PartialEq)]
struct StorageProps {
    facts: StorageFacts,
    /// How many answers the cache had when it was cleared.
    cleared: Option<u32>,
    refused: Option<AttrValue>,
    on_clear: Callback<()>,
}

#[component]
fn Storage(props: &StorageProps) -> Html {
    let facts = &props.facts;
    let used = match (facts.used_bytes, facts.quota_bytes) {
        (Some(used), Some(quota)) => {
            format!("{} of {} used.", bytes_words(used), bytes_words(quota))
        }
        (Some(used), None) => format!("{} used.", bytes_words(used)),
        _ => String::new(),
    };
    let kept = if facts.persisted {
        "The browser won't clear it on its own."
    } else {
        "The browser may clear it when the disk is full: export what you want to keep."
    };
    html! {
        <section class="storage-facts" aria-labelledby="storage-title">
            <h2 class="panel__title" id="storage-title">{ "Storage" }</h2>
            if let Some(risk) = storage_risk(facts) {
                <Notice tone={Tone::Warning}><p>{ risk }</p></Notice>
            }
            <p class="soft">{ format!("{used} {kept}") }</p>
            if forgets_after_a_week(&gloo_utils::window().navigator().user_agent().unwrap_or_default()) {
                <p class="soft">
                    { "Safari deletes what a page keeps after seven days without a visit. Export what you want to keep, or add \
                       this page to the Dock or the Home Screen." }
                </p>
            }
            if !facts.locks {
                <p class="soft">{ "This browser can't tell whether a run is open in another tab. Use one tab at a time." }</p>
            }
            if facts.indexed_db {
                <p class="soft">
                    { "Answers are also kept in a cache, so that an equal request in a later run is free. Deleting a run \
                       doesn't clear it." }
                </p>
                <div class="row">
                    <Button on_press={props.on_clear.clone()}>{ "Clear cache" }</Button>
                    <span class="soft" role="status">{ props.cleared.map(cleared_words).unwrap_or_default() }</span>
                </div>
            }
            if let Some(refused) = &props.refused {
                <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
            }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_webkit_forgets_after_a_week() {
        let webkit = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (user_agent, forgets) in [
            (format!("{webkit} Version/18.5 Safari/605.1.15"), true),
            (format!("{webkit} CriOS/140.0 Mobile/15E148 Safari/604.1"), true),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
                    .into(),
                false,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".into(), false),
        ] {
            assert_eq!(forgets_after_a_week(&user_agent), forgets, "{user_agent}");
        }
    }
}
