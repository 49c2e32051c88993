//! How far a long work of the worker is, and the way to end it.

use yew::prelude::*;

use crate::link::Task;
use crate::ui::parts::{Button, ButtonKind, ProgressBar};

#[derive(Properties, PartialEq)]
pub struct WorkingProps {
    pub task: Task,
    pub percent: u8,
    pub on_cancel: Callback<()>,
}

#[component]
pub fn Working(props: &WorkingProps) -> Html {
    let words = match props.task {
        Task::File => "Reading the file",
        Task::Run => "Preparing the run",
        Task::Import => "Importing",
        Task::Export => "Writing the file",
        Task::Runs => "Looking for runs",
    };
    html! {
        <div class="stack">
            <div class="row">
                <span class="soft">{ format!("{words}: {}%", props.percent) }</span>
                <Button kind={ButtonKind::Quiet} label={format!("Cancel: {words}")} on_press={props.on_cancel.clone()}>{ "Cancel" }</Button>
            </div>
            <ProgressBar label={words} done={u32::from(props.percent)} total={100} />
        </div>
    }
}
