//! A value that follows another one once that rests.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

/// Follows `value` when it has been the same for `rest_ms`; at once where `urgent` changes.
#[hook]
pub fn use_rested<T: Clone + PartialEq + 'static, U: Clone + PartialEq + 'static>(
    value: T,
    urgent: U,
    rest_ms: u32,
) -> T {
    let shown = use_state_eq(|| value.clone());
    {
        let shown = shown.setter();
        let value = value.clone();
        use_effect_with(urgent, move |_| shown.set(value));
    }
    {
        let shown = shown.setter();
        use_effect_with(value, move |value| {
            let value = value.clone();
            let timer = Timeout::new(rest_ms, move || shown.set(value));
            move || drop(timer)
        });
    }
    (*shown).clone()
}
