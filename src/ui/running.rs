//! The run that is under way, as every page shows it. The pages that work with the worker tell of it; the frame listens,
//! and needs nothing of these pages for it.

use std::cell::RefCell;

use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub struct Running {
    /// Rows that ended, of all.
    pub percent: u32,
    pub pause: Callback<()>,
}

thread_local! {
    static SIGNAL: RefCell<Signal> = RefCell::default();
}

#[derive(Default)]
struct Signal {
    running: Option<Running>,
    listener: Option<Callback<Option<Running>>>,
}

/// Tells what is under way now.
pub fn tell(running: Option<Running>) {
    let listener = SIGNAL.with_borrow_mut(|signal| {
        if signal.running == running {
            return None;
        }
        signal.running = running.clone();
        signal.listener.clone()
    });
    if let Some(listener) = listener {
        listener.emit(running);
    }
}

/// The run that is under way, kept current. For one component at a time.
#[hook]
pub fn use_running() -> Option<Running> {
    let running = use_state(|| SIGNAL.with_borrow(|signal| signal.running.clone()));
    {
        let setter = running.setter();
        use_effect_with((), move |()| {
            let listener = Callback::from(move |running| setter.set(running));
            SIGNAL.with_borrow_mut(|signal| signal.listener = Some(listener));
            || SIGNAL.with_borrow_mut(|signal| signal.listener = None)
        });
    }
    (*running).clone()
}
