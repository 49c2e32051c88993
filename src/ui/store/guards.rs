//! What keeps a running run from being put to sleep or closed by mistake: a lock that keeps the tab from being
//! frozen, a screen that stays on while the page is seen, and a question before the tab closes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::VisibilityState;

const LOCK: &str = "pennybatch-page-runs";

/// Held while a run is under way.
pub struct Guards {
    _tab: Option<TabLock>,
    _screen: ScreenLock,
    _question: EventListener,
}

impl Guards {
    pub fn hold() -> Guards {
        Guards { _tab: TabLock::hold(), _screen: ScreenLock::hold(), _question: question_before_closing() }
    }
}

/// Chromium doesn't freeze a tab that holds a Web Lock. Shared, so that two tabs may each hold it.
struct TabLock {
    release: Option<Function>,
    /// The browser calls this when the lock is granted.
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl TabLock {
    fn hold() -> Option<TabLock> {
        let (locks, request) = method_of("locks", "request")?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let granted = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| held.clone());
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
        let ended = request.call3(&locks, &LOCK.into(), &options, granted.as_ref()).ok()?;
        // A refused lock costs nothing but the protection.
        spawn_local(async move {
            let _ = JsFuture::from(Promise::resolve(&ended)).await;
        });
        Some(TabLock { release, _granted: granted })
    }
}

impl Drop for TabLock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Resolving a promise can't fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// The browser takes the wake lock away whenever the page is hidden, so it is asked for again each time it is seen.
struct ScreenLock {
    sentinel: Rc<RefCell<Option<JsValue>>>,
    wanted: Rc<Cell<bool>>,
    _listener: EventListener,
}

impl ScreenLock {
    fn hold() -> ScreenLock {
        let (sentinel, wanted) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(true)));
        ask(&sentinel, &wanted);
        let listener = {
            let (sentinel, wanted) = (sentinel.clone(), wanted.clone());
            EventListener::new(&gloo_utils::document(), "visibilitychange", move |_| ask(&sentinel, &wanted))
        };
        ScreenLock { sentinel, wanted, _listener: listener }
    }
}

impl Drop for ScreenLock {
    fn drop(&mut self) {
        self.wanted.set(false);
        if let Some(sentinel) = self.sentinel.borrow_mut().take() {
            release(&sentinel);
        }
    }
}

fn ask(sentinel: &Rc<RefCell<Option<JsValue>>>, wanted: &Rc<Cell<bool>>) {
    if gloo_utils::document().visibility_state() != VisibilityState::Visible {
        return;
    }
    let Some((wake_lock, request)) = method_of("wakeLock", "request") else { return };
    let Ok(asked) = request.call1(&wake_lock, &"screen".into()) else { return };
    let (sentinel, wanted) = (sentinel.clone(), wanted.clone());
    spawn_local(async move {
        // Refused on low battery or by policy: then the screen sleeps as it always does.
        let Ok(granted) = JsFuture::from(Promise::resolve(&asked)).await else { return };
        if wanted.get() {
            *sentinel.borrow_mut() = Some(granted);
        } else {
            release(&granted);
        }
    });
}

fn release(sentinel: &JsValue) {
    let method = Reflect::get(sentinel, &"release".into()).ok().and_then(|method| method.dyn_into::<Function>().ok());
    if let Some(method) = method {
        // It fails only for one that is released already.
        let _ = method.call0(sentinel);
    }
}

/// A courtesy only: what is done is saved, and an unfinished run goes on later.
fn question_before_closing() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&gloo_utils::window(), "beforeunload", options, |event| event.prevent_default())
}

/// A part of the navigator and one of its methods, by name: older browsers and plain-http pages lack some of them.
fn method_of(part: &str, method: &str) -> Option<(JsValue, Function)> {
    let navigator = gloo_utils::window().navigator();
    let part = Reflect::get(&navigator, &part.into()).ok()?;
    let method = Reflect::get(&part, &method.into()).ok()?;
    Some((part, method.dyn_into().ok()?))
}
