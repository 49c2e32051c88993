//! The address behind `#`, kept current as the person moves through the history or edits it.

use gloo_events::EventListener;
use yew::prelude::*;

/// Where the person is.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// `#` included; empty where there is none.
    pub hash: AttrValue,
    /// Counts the moves: going to the same hash again is a move too, since a page may have replaced it meanwhile.
    pub moves: u32,
}

/// The address as of the last move. `history.replaceState` is none, so a page that writes its own state there
/// doesn't hear itself.
#[hook]
pub fn use_hash() -> Address {
    let address = use_state(|| Address { hash: read(), moves: 0 });
    {
        let (address, opened) = (address.setter(), address.hash.clone());
        let mut moves = 0;
        use_effect_with((), move |()| {
            // What moved between the first look and this listener.
            let hash = read();
            if hash != opened {
                moves += 1;
                address.set(Address { hash, moves });
            }
            let listener = EventListener::new(&gloo_utils::window(), "hashchange", move |_| {
                moves += 1;
                address.set(Address { hash: read(), moves });
            });
            move || drop(listener)
        });
    }
    (*address).clone()
}

fn read() -> AttrValue {
    AttrValue::from(gloo_utils::window().location().hash().unwrap_or_default())
}
