//! A value that follows another one at most so often.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

/// Follows `value` at most once in `interval_ms`; at once where `urgent` changes.
#[hook]
pub fn use_throttled<T: Clone + PartialEq + 'static, U: Clone + PartialEq + 'static>(
    value: T,
    urgent: U,
    interval_ms: u32,
) -> T {
    let shown = use_state_eq(|| value.clone());
    let latest = use_mut_ref(|| value.clone());
    let timer = use_mut_ref(|| None::<Timeout>);
    *latest.borrow_mut() = value.clone();
    {
        let (shown, value, timer) = (shown.clone(), value.clone(), timer.clone());
        use_effect_with(urgent, move |_| {
            *timer.borrow_mut() = None;
            shown.set(value);
        });
    }
    {
        let shown = shown.clone();
        use_effect_with(value, move |_| {
            let pending = timer.borrow().is_some();
            if !pending {
                let ended = timer.clone();
                *timer.borrow_mut() = Some(Timeout::new(interval_ms, move || {
                    // Forgotten, not dropped: dropping a timeout inside its own callback would cancel itself.
                    if let Some(timeout) = ended.borrow_mut().take() {
                        timeout.forget();
                    }
                    shown.set(latest.borrow().clone());
                }));
            }
        });
    }
    (*shown).clone()
}
