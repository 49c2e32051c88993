//! Whether this browser keeps the page for use without a network. www/offline.js does it, and reads the same word.

use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::ui::parts::Switch;

/// Where the choice is kept in localStorage; absent means on. The event of the same name tells offline.js.
const OFFLINE_KEY: &str = "pennybatch-offline";
const OFF: &str = "off";

#[component]
pub fn Offline() -> Html {
    let on = use_state(|| {
        let storage = gloo_utils::window().local_storage().ok().flatten();
        storage.and_then(|storage| storage.get_item(OFFLINE_KEY).ok().flatten()).is_none_or(|word| word != OFF)
    });
    let on_switch = {
        let on = on.clone();
        Callback::from(move |wanted: bool| {
            on.set(wanted);
            keep(wanted);
        })
    };
    let possible = is_possible();
    let hint = match possible {
        true => "A few megabytes. The calculator, the Demo and models on your own machine then work without a network.",
        false => {
            "This browser or this window can\u{2019}t keep a page: private windows and plain http often can\u{2019}t."
        }
    };
    html! {
        <section class="settings__part" aria-labelledby="offline">
            <h2 class="panel__title" id="offline">{ "Without a network" }</h2>
            <Switch id="keep-offline" label="Keep this page for offline use" on={*on && possible} disabled={!possible}
                {hint} {on_switch} />
        </section>
    }
}

fn is_possible() -> bool {
    let window = gloo_utils::window();
    let has = |of: &JsValue, name: &str| js_sys::Reflect::has(of, &name.into()).unwrap_or_default();
    has(&window.navigator(), "serviceWorker") && has(&window, "caches") && matches!(window.local_storage(), Ok(Some(_)))
}

fn keep(on: bool) {
    let window = gloo_utils::window();
    let Ok(Some(storage)) = window.local_storage() else { return };
    let _ = if on { storage.remove_item(OFFLINE_KEY) } else { storage.set_item(OFFLINE_KEY, OFF) };
    // A constant name makes an event, and nobody cancels it.
    if let Ok(event) = web_sys::Event::new(OFFLINE_KEY) {
        let _ = window.dispatch_event(&event);
    }
}
