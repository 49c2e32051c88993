//! The way to the page.

use js_sys::{Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::link::{Place, Problem, ToPage};
use crate::worker::browser::scope;

/// `{message: <ToPage>}`, with a `Blob` beside it where there is one.
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
    let envelope = Object::new();
    Reflect::set(&envelope, &"message".into(), &encode(message)?)?;
    if let Some(blob) = blob {
        Reflect::set(&envelope, &"blob".into(), blob)?;
    }
    scope().post_message(&envelope)
}

pub fn encode(message: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(message.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
