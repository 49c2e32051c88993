//! The slots of the document, as the program sees them that fills them.

use gloo_events::EventListener;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::{CHANGED, KIND, Program, QUERY, SlotKind};

#[derive(Clone, PartialEq)]
pub(super) struct Found {
    pub element: Element,
    pub kind: SlotKind,
    pub query: AttrValue,
}

/// Those of `program` that the document has, kept current.
#[hook]
pub(super) fn use_slots(program: Program) -> Vec<Found> {
    let slots = use_state_eq(|| found(program));
    {
        let slots = slots.setter();
        use_effect_with((), move |()| {
            let changed = slots.clone();
            let listener = EventListener::new(&document(), CHANGED, move |_| changed.set(found(program)));
            // What changed between the first look and this listener.
            slots.set(found(program));
            move || drop(listener)
        });
    }
    (*slots).clone()
}

fn found(program: Program) -> Vec<Found> {
    let Ok(list) = document().query_selector_all(&format!("[{KIND}]")) else { return Vec::new() };
    let elements = (0..list.length()).filter_map(|at| list.item(at)?.dyn_into::<Element>().ok());
    let slot = |element: Element| {
        let kind = SlotKind::from_word(&element.get_attribute(KIND)?).filter(|kind| kind.program() == program)?;
        let query = element.get_attribute(QUERY).unwrap_or_default().into();
        Some(Found { element, kind, query })
    };
    elements.filter_map(slot).collect()
}

/// Draws a program that lives in the slots of the document alone.
pub(super) fn render<Slots: BaseComponent<Properties = ()>>() {
    if let Ok(root) = document().create_element("div") {
        yew::Renderer::<Slots>::with_root(root).render();
    }
}
