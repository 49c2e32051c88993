//! What the run does, for machines, eyes and ears.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Progress, RunState};
use crate::time::Time;
use crate::ui::hooks::use_title;
use crate::ui::parts::announce;
use crate::ui::runner::status_line;
use crate::ui::runner::words::{carried_out, rows, state_words};

/// A running run is announced every so many percent, and whenever its state changes.
const HEARD_PERCENT: u32 = 25;

/// Takes the focus when the element that had it is gone.
pub const RUN_STATE: &str = "run-state";

#[derive(Properties, PartialEq)]
pub struct RunStatusProps {
    pub progress: Rc<Progress>,
    pub now: Time,
}

/// The status itself changes twice a second and isn't announced; the page's live region speaks at milestones.
#[component]
pub fn RunStatus(props: &RunStatusProps) -> Html {
    let progress = &props.progress;
    use_title(title_words(progress));
    let milestone = (progress.state.clone(), percent(progress) / HEARD_PERCENT);
    let heard = heard_words(progress, props.now);
    use_effect_with(milestone, move |_| announce(&heard));
    html! {
        <div class="run-status" role="status" aria-live="off" aria-label="Run status">
            <p class="visually-hidden">{ status_line(progress) }</p>
            <p class="run-status__state" id={RUN_STATE} tabindex="-1">{ state_words(progress, props.now) }</p>
        </div>
    }
}

fn title_words(progress: &Progress) -> String {
    let percent = percent(progress);
    match progress.state {
        RunState::Running => format!("{percent}%"),
        RunState::Paused(_) => format!("Paused at {percent}%"),
        RunState::Stopping => "Stopping".to_owned(),
        RunState::Finished => "Finished".to_owned(),
    }
}

fn heard_words(progress: &Progress, now: Time) -> String {
    match progress.state {
        RunState::Running => {
            let spent = if progress.priced { format!(", {} spent", progress.spent.short()) } else { String::new() };
            format!("{}% of {} done{spent}.", percent(progress), rows(progress.total.into()))
        }
        _ => state_words(progress, now),
    }
}

fn percent(progress: &Progress) -> u32 {
    (u64::from(carried_out(progress)) * 100 / u64::from(progress.total.max(1))) as u32
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::runner::tests::{drawn, progress};

    #[tokio::test]
    async fn the_status_keeps_the_posts_line_and_only_milestones_are_announced() {
        let props = RunStatusProps { progress: Rc::new(progress()), now: Time(0) };
        let html = drawn::<RunStatus>(props).await;
        for words in [r#"aria-live="off""#, "[500/5000] $0.0081 spent", "Waiting for 15 answers."] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert_eq!(heard_words(&progress(), Time(0)), "10% of 5,000 rows done, $0.0081 spent.");
    }
}
