//! The way to the page.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::link::{Place, Problem, ToPage};
use crate::worker::browser::scope;

/// `{message: <the bytes of a ToPage>}`, with a `Blob` beside it where there is one.
pub fn post(message: &ToPage) {
    post_with(message, None);
}

pub fn refuse(problem: Problem) {
    post(&ToPage::Refused(problem));
}

pub fn post_with(message: &ToPage, blob: Option<&Blob>) {
    if send(message, blob).is_ok() {
        return;
    }
    // Without its content, which may hold prompts.
    let message = "An answer of the worker could not be handed to the page. Nothing was lost; reload the page.".into();
    let _ = send(&ToPage::Refused(Problem { place: Place::Run, message }), None);
}

fn send(message: &ToPage, blob: Option<&Blob>) -> Result<(), JsValue> {
    let bytes = postcard::to_allocvec(message).map_err(|error| error.to_string())?;
    let envelope = Object::new();
    Reflect::set(&envelope, &"message".into(), &Uint8Array::from(&bytes[..]))?;
    if let Some(blob) = blob {
        Reflect::set(&envelope, &"blob".into(), blob)?;
    }
    scope().post_message(&envelope)
}
