//! The slots as `compare` fills them.

use yew::prelude::*;

use super::found::{render, use_slots};
use super::{Program, tell_piece};
use crate::ui::compare::Comparisons;

/// Fills the slots that the document has and will have.
pub fn fill() {
    render::<Slots>();
}

#[component]
fn Slots() -> Html {
    let slots = use_slots(Program::Compare);
    let on_piece = use_callback((), |piece: AttrValue, ()| tell_piece(&piece));
    html! {
        {
            for slots.iter().map(|slot| create_portal(
                html! { <Comparisons query={slot.query.clone()} on_piece={on_piece.clone()} /> },
                slot.element.clone(),
            ))
        }
    }
}
