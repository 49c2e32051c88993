//! What is being run: its name, its provider, and whether its answers are made up.

use yew::prelude::*;

use crate::link::Provider;
use crate::ui::parts::{Button, Notice, Tone};
use crate::ui::runner::words::{counted, rows};
use crate::ui::store::OpenRun;
use crate::ui::store::under_way;

/// Takes the focus when a run takes the place of the steps.
pub const RUN_TITLE: &str = "run-title";

#[derive(Properties, PartialEq)]
pub struct RunHeadProps {
    pub open: OpenRun,
    pub made_up: bool,
    pub on_leave: Callback<()>,
}

/// `500 rows · gpt-4o-mini`, `2 candidates compared on 100 rows`.
fn asked_words(open: &OpenRun) -> String {
    match open.setup.candidates() {
        Some(candidates) => {
            let asked = rows(u64::from(open.progress.total) / candidates as u64);
            format!("{} compared on {asked}", counted(candidates as u64, "candidate", "candidates"))
        }
        None => format!("{} · {}", rows(open.progress.total.into()), open.setup.model),
    }
}

#[component]
pub fn RunHead(props: &RunHeadProps) -> Html {
    let open = &props.open;
    let provider = match open.setup.provider {
        Provider::Demo => "Demo",
        _ => open.setup.base_url.as_str(),
    };
    html! {
        <div class="run__head">
            <div>
                <h2 class="run__name" id={RUN_TITLE} tabindex="-1">{ &open.data.name }</h2>
                <p class="soft small">
                    { format!("{} · {provider}", asked_words(open)) }
                </p>
            </div>
            if !under_way(&open.progress.state) {
                <Button title="Back to the four steps. This run stays under Runs." on_press={props.on_leave.clone()}>
                    { "New run" }
                </Button>
            }
            if props.made_up {
                <p class="made-up"><strong>{ "Made-up answers" }</strong>
                    { " The Demo invents them in your browser. Nothing is sent or billed." }</p>
            }
            { for open.notes.iter().map(|note| html! { <Notice tone={Tone::Info}><p>{ note }</p></Notice> }) }
        </div>
    }
}
