//! The run in two lines, for eye and ear.

use std::rc::Rc;

use yew::prelude::*;

use crate::engine::RunState;
use crate::link::Progress;
use crate::time::Time;
use crate::ui::hooks::{use_throttled, use_title};
use crate::ui::runner::status_line;
use crate::ui::runner::words::{carried_out, state_words};

/// The eye gets a new line this often at most.
const SEEN_MS: u32 = 500;
/// Screen readers announce the status every so many percent, and whenever the run's state changes.
const HEARD_PERCENT: u32 = 10;

#[derive(Properties, PartialEq)]
pub struct RunStatusProps {
    pub progress: Rc<Progress>,
    pub now: Callback<(), Time>,
}

/// The status line. While the region is `aria-busy`, screen readers don't announce its changes, so the text can change more
/// often than it is read out.
#[component]
pub fn RunStatus(props: &RunStatusProps) -> Html {
    let progress = use_throttled(props.progress.clone(), props.progress.state.clone(), SEEN_MS);
    let milestone = (progress.state.clone(), percent(&progress) / HEARD_PERCENT);
    use_title(title_words(&progress));
    let heard = use_mut_ref(|| None);
    let due = heard.borrow().as_ref() != Some(&milestone);
    *heard.borrow_mut() = Some(milestone);
    html! {
        <div class="run-status" role="status" aria-live="polite" aria-atomic="true" aria-label="Run status"
            aria-busy={(!due).to_string()}>
            <p class="run-status__line">{ status_line(&progress) }</p>
            <p class="run-status__state">{ state_words(&progress, props.now.emit(())) }</p>
        </div>
    }
}

fn title_words(progress: &Progress) -> String {
    let percent = percent(progress);
    match progress.state {
        RunState::Running => format!("{percent} %"),
        RunState::Paused(_) => format!("Paused at {percent} %"),
        RunState::Stopping => "Stopping".to_owned(),
        RunState::Finished => "Finished".to_owned(),
    }
}

fn percent(progress: &Progress) -> u32 {
    (u64::from(carried_out(progress)) * 100 / u64::from(progress.total.max(1))) as u32
}
