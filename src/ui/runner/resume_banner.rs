//! An unfinished run, found when the page opened.

use yew::prelude::*;

use crate::link::{Provider, RunSummary};
use crate::money::{Usd, grouped};
use crate::ui::Route;
use crate::ui::parts::{Button, ButtonKind, Notice, Tone};
use crate::ui::runner::words::{counted, money, rows};

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
    let answered = run.done.saturating_sub(run.canceled);
    let done = format!("{} of {} done", grouped(&answered.to_string()), rows(run.total.into()));
    let calls = counted(run.doubtful_attempts.into(), "call", "calls");
    let doubt = match (run.doubtful_attempts, run.doubtful) {
        (0, _) => String::new(),
        _ if run.provider == Provider::Demo => String::new(),
        (_, Usd::ZERO) => format!(" {calls} may have been billed on top."),
        (_, amount) => format!(" {calls} may have been billed on top, up to {}.", money(amount)),
    };
    let spent = money(run.spent);
    format!(
        "{done} with {}, {spent} spent.{doubt} Resume picks up where it stopped; you don't need the file.",
        run.model
    )
}
