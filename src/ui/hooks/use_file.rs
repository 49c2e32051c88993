//! A file that is published beside the page.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub enum PageFile {
    Waiting,
    /// No network, or the host has no such file.
    Failed,
    Ready(Rc<str>),
}

/// The text of a file by its name.
#[hook]
pub fn use_file(name: &'static str) -> PageFile {
    let file = use_state(|| PageFile::Waiting);
    {
        let file = file.setter();
        use_effect_with(name, move |name| {
            let name = *name;
            spawn_local(async move {
                file.set(fetched(name).await.map_or(PageFile::Failed, |text| PageFile::Ready(text.into())));
            });
        });
    }
    (*file).clone()
}

async fn fetched(name: &str) -> Result<String, JsValue> {
    let response: Response = JsFuture::from(gloo_utils::window().fetch_with_str(name)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    JsFuture::from(response.text()?).await?.as_string().ok_or(JsValue::NULL)
}
