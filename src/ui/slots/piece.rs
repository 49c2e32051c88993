//! What `compare` changed, on its way to the calculator: a piece of its query, as an event of the document.

use gloo_events::EventListener;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, CustomEventInit};
use yew::prelude::*;

const PIECE: &str = "pennybatch-piece";

pub fn tell_piece(piece: &str) {
    let told = CustomEventInit::new();
    told.set_detail(&piece.into());
    // An event with a constant, valid name.
    if let Ok(event) = CustomEvent::new_with_event_init_dict(PIECE, &told) {
        let _ = document().dispatch_event(&event);
    }
}

/// Every piece that comes while the component is there.
#[hook]
pub fn use_pieces(on_piece: Callback<String>) {
    let latest = use_mut_ref(|| on_piece.clone());
    *latest.borrow_mut() = on_piece;
    use_effect_with((), move |()| {
        let listener = EventListener::new(&document(), PIECE, move |event| {
            let told = event.dyn_ref::<CustomEvent>().and_then(|event| event.detail().as_string());
            if let Some(piece) = told {
                let on_piece = latest.borrow().clone();
                on_piece.emit(piece);
            }
        });
        move || drop(listener)
    });
}
