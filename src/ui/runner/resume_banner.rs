//! An unfinished run, found when the page opened.

use yew::prelude::*;

use crate::link::RunSummary;
use crate::money::grouped;
use crate::ui::Route;
use crate::ui::parts::{Button, ButtonKind, Notice, Tone};
use crate::ui::runner::words::{doubtful_run_words, rows};

#[derive(Properties, PartialEq)]
pub struct ResumeBannerProps {
    /// The newest unfinished run, and how many more there are.
    pub run: RunSummary,
    pub others: usize,
    pub opening: bool,
    pub on_resume: Callback<()>,
}

#[component]
pub fn ResumeBanner(props: &ResumeBannerProps) -> Html {
    let run = &props.run;
    let busy = run.busy || props.opening;
    let actions = html! {
        <>
            <Button kind={ButtonKind::Primary} disabled={busy} on_press={props.on_resume.clone()}>{ "Resume run" }</Button>
            <a class="button button--quiet" href={Route::Runs.href("")}>
                {
                    match props.others {
                        0 => "All runs".to_owned(),
                        others => format!("{} more unfinished", grouped(&others.to_string())),
                    }
                }
            </a>
        </>
    };
    html! {
        <section aria-label="Unfinished run">
            <Notice tone={Tone::Warning} heading={format!("Unfinished run: {}", run.name)} {actions}>
                <p>{ banner_words(run) }</p>
                if run.busy {
                    <p>{ "It is open in another tab. Continue there, or close that tab first." }</p>
                }
                { for run.notes.iter().map(|note| html! { <p class="small soft">{ note }</p> }) }
            </Notice>
        </section>
    }
}

/// What is done, what it cost, what may have been billed, and that the file isn't needed again.
pub fn banner_words(run: &RunSummary) -> String {
    let done =
        format!("{} of {} done", grouped(&run.done.saturating_sub(run.canceled).to_string()), rows(run.total.into()));
    let doubtful = doubtful_run_words(run).map(|words| format!("; {words}")).unwrap_or_default();
    format!(
        "{done} with {}, {} spent{doubtful}. Resume picks up where it stopped; you don't need the file.",
        run.model,
        run.spent.short()
    )
}
