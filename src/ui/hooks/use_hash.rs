//! The address behind `#`, kept current as the person moves through the history or edits it.

use gloo_events::EventListener;
use yew::prelude::*;

/// The hash of the address, `#` included; empty where there is none. `history.replaceState` doesn't count as a
/// change, so a page that writes its own state there doesn't hear itself.
#[hook]
pub fn use_hash() -> AttrValue {
    let hash = use_state(read);
    {
        let hash = hash.clone();
        use_effect_with((), move |()| {
            let listener = EventListener::new(&gloo_utils::window(), "hashchange", move |_| hash.set(read()));
            move || drop(listener)
        });
    }
    (*hash).clone()
}

fn read() -> AttrValue {
    AttrValue::from(gloo_utils::window().location().hash().unwrap_or_default())
}
