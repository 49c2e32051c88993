//! The few browser calls that everything here shares: the worker's global scope, the clock, timers, turns of the
//! event loop, work in slices, and what an exception says.

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel};

use crate::link::{Task, ToPage};
use crate::time::Time;
use crate::worker::page;

/// A slice of long work ends after this long, so that commands and answers are not kept waiting.
pub const SLICE_MS: f64 = 12.0;
/// Less than that, and the clock was only corrected.
const SLEEP_MS_MIN: f64 = 60_000.0;
const TELL_MS: f64 = 200.0;

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

thread_local! {
    /// What the clock has gained on the worker's own time.
    static GAINED_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// The clock's time when the worker began, and from there on at its own pace: whoever sets the clock moves no deadline and
/// no window of a limit.
pub fn now() -> Time {
    Time::from_ms((own_ms() + GAINED_MS.get()).max(0.0) as u64)
}

/// Takes in the time that a laptop slept, in which some browsers' own time stands still. To be called while nothing is in
/// flight: what is would be given up.
pub fn catch_up_with_the_clock() {
    let gained_ms = js_sys::Date::now() - own_ms();
    if gained_ms - GAINED_MS.get() > SLEEP_MS_MIN {
        GAINED_MS.set(gained_ms);
    }
}

fn own_ms() -> f64 {
    match scope().performance() {
        Some(performance) => performance.time_origin() + performance.now(),
        None => js_sys::Date::now(),
    }
}

/// A seed from the browser's own source of randomness.
pub fn seed() -> u64 {
    let high = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    let low = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    high << 32 | low
}

/// A property of the worker's global scope or of something below it, where this browser has it.
pub fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// What an exception says, with its name: `QuotaExceededError: …`.
pub fn words(error: &JsValue) -> String {
    let part = |name: &str| property(error, name).and_then(|value| value.as_string());
    match (part("name"), part("message")) {
        (Some(name), Some(message)) if !message.is_empty() => format!("{name}: {message}"),
        (Some(name), _) => name,
        (None, Some(message)) => message,
        (None, None) => error.as_string().unwrap_or_else(|| "an exception without words".into()),
    }
}

pub fn is_named(error: &JsValue, name: &str) -> bool {
    property(error, "name").and_then(|value| value.as_string()).as_deref() == Some(name)
}

pub async fn sleep_ms(ms: u32) {
    gloo_timers::future::TimeoutFuture::new(ms).await;
}

/// Lets everything that already waits in the event loop go first. A message to oneself isn't held back to four
/// milliseconds, as a timer is.
pub async fn next_turn() {
    thread_local! {
        static CHANNEL: RefCell<Option<MessageChannel>> = const { RefCell::new(None) };
    }
    let turn = Promise::new(&mut |resolve: Function, _| {
        let posted = CHANNEL.with_borrow_mut(|channel| {
            let channel = match channel {
                Some(channel) => channel,
                None => channel.insert(MessageChannel::new()?),
            };
            let target: web_sys::EventTarget = channel.port1().unchecked_into();
            let options = web_sys::AddEventListenerOptions::new();
            options.set_once(true);
            target.add_event_listener_with_callback_and_add_event_listener_options("message", &resolve, &options)?;
            channel.port1().start();
            channel.port2().post_message(&JsValue::NULL)
        });
        if posted.is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = turn.await;
}

/// Long work in slices: `turn` gives the event loop its turn once [`SLICE_MS`] have gone by.
pub struct Slices {
    until_ms: f64,
    /// What the page hears of, and when it did.
    task: Option<Task>,
    told_ms: f64,
}

impl Slices {
    pub fn begin() -> Slices {
        let now_ms = js_sys::Date::now();
        Slices { until_ms: now_ms + SLICE_MS, task: None, told_ms: now_ms }
    }

    /// Of work that tells the page how far it is, a few times a second.
    pub fn of(task: Task) -> Slices {
        Slices { task: Some(task), ..Slices::begin() }
    }

    /// True when the event loop had its turn: the world may have changed.
    pub async fn turn(&mut self) -> bool {
        let now_ms = js_sys::Date::now();
        if now_ms < self.until_ms && now_ms + SLICE_MS >= self.until_ms {
            return false;
        }
        next_turn().await;
        self.until_ms = js_sys::Date::now() + SLICE_MS;
        true
    }

    /// The same. `share`: what is done, from 0 to 1.
    pub async fn turn_at(&mut self, share: f64) -> bool {
        let turned = self.turn().await;
        if let Some(task) = self.task.filter(|_| turned && (self.until_ms - self.told_ms).abs() > TELL_MS) {
            self.told_ms = self.until_ms;
            page::post(&ToPage::Working { task, percent: Some((100.0 * share) as u8) });
        }
        turned
    }
}
