//! A value that follows another one after the paint that the other one caused.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

/// Follows `value` in a task of its own, which comes after the paint of what a pointer moved: browsers hand its moves
/// out at the beginning of a frame, and paint before the next task.
#[hook]
pub fn use_after_paint<T: Clone + PartialEq + 'static>(value: T) -> T {
    let shown = use_state_eq(|| value.clone());
    let latest = use_mut_ref(|| value.clone());
    let waiting = use_mut_ref(|| false);
    *latest.borrow_mut() = value.clone();
    {
        let shown = shown.setter();
        use_effect_with(value, move |_| {
            if !waiting.replace(true) {
                let follow = move || {
                    waiting.replace(false);
                    shown.set(latest.borrow().clone());
                };
                Timeout::new(0, follow).forget();
            }
        });
    }
    (*shown).clone()
}

/// Whether the component was painted before. What waits for it is a task of its own: in one piece, what follows would
/// keep a phone from answering a finger.
#[hook]
pub fn use_painted() -> bool {
    let painted = use_state(|| false);
    let setter = painted.setter();
    use_effect_with((), move |()| after_paint(move || setter.set(true)));
    *painted
}

/// Runs `then` in a task of its own after the next frame was painted; in a hidden tab, where none is, soon.
pub fn after_paint(then: impl FnOnce() + 'static) {
    // A frame's callbacks come before its paint, and a timer set there after it.
    let soon = move || {
        Timeout::new(0, then).forget();
    };
    let window = gloo_utils::window();
    if gloo_utils::document().hidden() {
        return soon();
    }
    let frame = Closure::once_into_js(soon);
    // Without frames nothing is painted that this could disturb, and nothing is seen that it could update.
    let _ = window.request_animation_frame(frame.unchecked_ref());
}
