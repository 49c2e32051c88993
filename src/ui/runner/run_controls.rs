//! The buttons of an open run: pause, resume, stop, and what a finished run offers.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Command, Marks, Progress, RowFilter, RunState};
use crate::ui::parts::{Button, ButtonKind};
use crate::ui::runner::Confirm;
use crate::ui::runner::pause_note::refocus;
use crate::ui::runner::run_status::RUN_STATE;
use crate::ui::runner::words::stop_question;
use crate::ui::store::under_way;

#[derive(Properties, PartialEq)]
pub struct RunControlsProps {
    pub progress: Rc<Progress>,
    /// The pause has a question with buttons of its own.
    pub asks: bool,
    pub on_command: Callback<Command>,
    pub on_resume: Callback<()>,
    pub on_retry: Callback<()>,
    pub marks: Marks,
    /// Asks again for the answers that don't fit or were cut off.
    pub on_ask_again: Callback<()>,
    /// Shows these rows in the results.
    pub on_show: Callback<RowFilter>,
}

#[component]
pub fn RunControls(props: &RunControlsProps) -> Html {
    let stopping = use_state(|| false);
    use_effect_with(*stopping, |stopping| {
        // The question took the focus with it.
        if !stopping {
            refocus(RUN_STATE);
        }
    });
    let progress = &props.progress;
    let command = |command: Command| props.on_command.reform(move |()| command.clone());
    let paused = matches!(progress.state, RunState::Paused(_));
    let ended = !under_way(&progress.state);
    let again = props.marks.misfits.max(props.marks.cut_off);
    let on_stop = {
        let stopping = stopping.clone();
        Callback::from(move |()| stopping.set(true))
    };
    let on_answer = {
        let (stopping, on_command) = (stopping.clone(), props.on_command.clone());
        Callback::from(move |yes: bool| {
            stopping.set(false);
            if yes {
                on_command.emit(Command::Stop);
            }
        })
    };
    // One place for both, so that the focus stays where it is when one becomes the other.
    let pause_or_resume = match &progress.state {
        RunState::Running => html! { <Button on_press={command(Command::Pause)}>{ "Pause" }</Button> },
        RunState::Paused(_) if !props.asks => html! {
            <Button kind={ButtonKind::Primary} on_press={props.on_resume.clone()}>{ "Resume" }</Button>
        },
        RunState::Finished if progress.canceled > 0 => html! {
            <Button title="Sends the rows that were not sent" on_press={props.on_resume.clone()}>{ "Resume" }</Button>
        },
        _ => Html::default(),
    };
    html! {
        <div class="run-controls">
            { pause_or_resume }
            if paused || progress.state == RunState::Running {
                <Button title="Cancels the rows that are left" on_press={on_stop}>{ "Stop" }</Button>
            }
            if ended && progress.misfits > 0 {
                <Button title="Shows the answers that don't fit" on_press={props.on_show.reform(|()| RowFilter::Misfit)}>
                    { "Show them" }
                </Button>
            }
            if ended && again > 0 {
                <Button title="Asks again for the answers that don't fit or were cut off. Each is kept until a better one comes."
                    on_press={props.on_ask_again.clone()}>{ "Ask again" }</Button>
            }
            if ended && progress.errored > 0 {
                <Button title="Sends the failed rows again" on_press={props.on_retry.clone()}>{ "Retry failed" }</Button>
            }
            if *stopping {
                <Confirm question={stop_question(progress)} yes="Stop run" no="Don't stop" {on_answer}
                    consequence="Answers already under way are still saved." />
            }
        </div>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::runner::tests::{drawn, progress};

    async fn buttons(progress: Progress) -> String {
        drawn::<RunControls>(RunControlsProps {
            progress: Rc::new(progress),
            asks: false,
            on_command: Callback::noop(),
            on_resume: Callback::noop(),
            on_retry: Callback::noop(),
            marks: Marks { misfits: 3, ..Marks::default() },
            on_ask_again: Callback::noop(),
            on_show: Callback::noop(),
        })
        .await
    }

    #[tokio::test]
    async fn each_state_has_the_buttons_that_it_takes() {
        let running = buttons(progress()).await;
        assert!(running.contains("Pause") && running.contains("Stop") && !running.contains("Retry"), "{running}");
        let done = Progress { state: RunState::Finished, errored: 0, ..progress() };
        let html = buttons(Progress { misfits: 3, ..done.clone() }).await;
        assert!(html.contains("Show them") && !html.contains("Stop") && !html.contains("Resume"), "{html}");
        let html = buttons(Progress { errored: 2, canceled: 4, stopped: true, ..done }).await;
        assert!(html.contains("Retry failed") && html.contains("Resume"), "{html}");
    }
}
