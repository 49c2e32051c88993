//! Fetching the programs beside `app`, each once.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Url;

/// A program that fills slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Compare,
    Runner,
}

/// `import()` is syntax, which Rust can't say; the module that starts `app` offers it under this name.
const IMPORT: &str = "pennybatchImport";

impl Program {
    /// The meta tag that names its module.
    const fn meta(self) -> &'static str {
        match self {
            Program::Compare => "meta[name=pennybatch-compare]",
            Program::Runner => "meta[name=pennybatch-runner]",
        }
    }

    /// Loads the program; at once where it is loaded already, since a browser keeps modules. An error is a sentence.
    pub async fn fetch(self) -> Result<(), String> {
        let url = self.address().ok_or("The page names no program for it.")?;
        load(&url).await
    }

    fn address(self) -> Option<String> {
        let document = gloo_utils::document();
        let name = document.query_selector(self.meta()).ok().flatten()?.get_attribute("content")?;
        let base = document.base_uri().ok().flatten()?;
        Some(Url::new_with_base(&name, &base).ok()?.href())
    }
}

async fn load(url: &str) -> Result<(), String> {
    let import = Reflect::get(&js_sys::global(), &IMPORT.into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let import = import.ok_or("This browser can't load parts of a page.")?;
    let loading = import.call1(&JsValue::UNDEFINED, &url.into()).map_err(|error| said(&error))?;
    JsFuture::from(loading.unchecked_into::<Promise>()).await.map(|_| ()).map_err(|error| said(&error))
}

fn said(error: &JsValue) -> String {
    let words = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    words.map_or_else(|| "It could not be fetched.".to_owned(), |words| format!("{words}."))
}
