//! The moment at which the page is drawn.

use crate::time::Time;

/// A drawing without a browser has no clock: it is drawn at the epoch.
pub fn now() -> Time {
    if cfg!(not(target_arch = "wasm32")) {
        return Time(0);
    }
    Time::from_ms(js_sys::Date::now().max(0.0) as u64)
}
