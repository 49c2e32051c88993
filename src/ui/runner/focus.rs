//! Moves the focus to an element by its id.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::ui::parts::reveal;

/// Opens what hides the element, and gives it the focus once that is drawn.
pub fn go_to(id: &str) {
    let element = move |id: &str| gloo_utils::document().get_element_by_id(id);
    if let Some(hidden) = element(id) {
        reveal(&hidden);
    }
    let id = id.to_owned();
    let focus = move || {
        if let Some(shown) = element(&id) {
            // Without the focus the field is still marked.
            let _ = shown.unchecked_into::<HtmlElement>().focus();
        }
    };
    Timeout::new(0, focus).forget();
}
