//! The slots as `runner` fills them: one connection to the worker, and in every slot what belongs there.

use yew::prelude::*;

use super::found::{Found, render, use_slots};
use super::{Program, SlotKind};
use crate::ui::Route;
use crate::ui::calculator::Simulation;
use crate::ui::hooks::{Theme, WorkerProvider, use_theme};
use crate::ui::runner::{FileEstimate, RunnerPage};
use crate::ui::runs::RunsPage;
use crate::ui::settings::SettingsPage;

/// Fills the slots that the document has and will have.
pub fn fill() {
    render::<Slots>();
}

/// All slots stand below one connection, so a run goes on whatever is shown, and every part sees the same run.
#[component]
fn Slots() -> Html {
    let slots = use_slots(Program::Runner);
    html! {
        <WorkerProvider>
            { for slots.iter().map(|slot| create_portal(inside(slot), slot.element.clone())) }
        </WorkerProvider>
    }
}

fn inside(slot: &Found) -> Html {
    match slot.kind {
        SlotKind::Page => html! { <Page hash={slot.query.clone()} /> },
        SlotKind::FileEstimate => html! { <FileEstimate query={slot.query.clone()} /> },
        SlotKind::Simulation => html! { <Simulation asked={slot.query.clone()} /> },
        // Drawn by `compare`.
        SlotKind::Comparisons => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct PageProps {
    hash: AttrValue,
}

#[component]
fn Page(props: &PageProps) -> Html {
    let theme = use_theme();
    let (route, query) = Route::read(&props.hash).unwrap_or_default();
    match route {
        Route::Calculator => Html::default(),
        Route::Runner => html! { <RunnerPage query={query.to_owned()} /> },
        Route::Runs => html! { <RunsPage /> },
        Route::Settings => {
            let chosen = theme.chosen;
            let on_theme = Callback::from(move |chosen: Theme| theme.choose(chosen));
            html! { <SettingsPage theme={chosen} {on_theme} /> }
        }
    }
}
