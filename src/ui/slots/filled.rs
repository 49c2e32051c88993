//! The slots as `runner` sees them: one connection to the worker, and in every slot what belongs there.

use gloo_events::EventListener;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::{CHANGED, KIND, QUERY, SlotKind};
use crate::ui::Route;
use crate::ui::calculator::Simulation;
use crate::ui::hooks::{Theme, WorkerProvider, use_theme};
use crate::ui::runner::{FileEstimate, RunnerPage};
use crate::ui::runs::RunsPage;
use crate::ui::settings::SettingsPage;

/// Fills the slots that the document has and will have.
pub fn fill() {
    if let Ok(root) = document().create_element("div") {
        yew::Renderer::<Slots>::with_root(root).render();
    }
}

#[derive(Clone, PartialEq)]
struct Found {
    element: Element,
    kind: SlotKind,
    query: AttrValue,
}

/// All slots stand below one connection, so a run goes on whatever is shown, and every part sees the same run.
#[component]
fn Slots() -> Html {
    let slots = use_state_eq(found);
    {
        let slots = slots.setter();
        use_effect_with((), move |()| {
            let listener = EventListener::new(&document(), CHANGED, move |_| slots.set(found()));
            move || drop(listener)
        });
    }
    html! {
        <WorkerProvider>
            { for slots.iter().map(|slot| create_portal(inside(slot), slot.element.clone())) }
        </WorkerProvider>
    }
}

fn found() -> Vec<Found> {
    let Ok(list) = document().query_selector_all(&format!("[{KIND}]")) else { return Vec::new() };
    let elements = (0..list.length()).filter_map(|at| list.item(at)?.dyn_into::<Element>().ok());
    let slot = |element: Element| {
        let kind = SlotKind::from_word(&element.get_attribute(KIND)?)?;
        let query = element.get_attribute(QUERY).unwrap_or_default().into();
        Some(Found { element, kind, query })
    };
    elements.filter_map(slot).collect()
}

fn inside(slot: &Found) -> Html {
    match slot.kind {
        SlotKind::Page => html! { <Page hash={slot.query.clone()} /> },
        SlotKind::FileEstimate => html! { <FileEstimate query={slot.query.clone()} /> },
        SlotKind::Simulation => html! { <Simulation asked={slot.query.clone()} /> },
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
