//! One run, one tab: Web Locks. web-sys has them only behind its unstable switch, so they are reached by name.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::worker::browser::{property, scope};

pub enum Attempt {
    Held(Lock),
    /// Another tab has it.
    Busy,
    /// This browser, or a page served over plain http, has no locks.
    Unsupported,
}

/// Held until it is released or dropped, or the worker ends.
pub struct Lock {
    held: Held,
    /// Settles once others can take it.
    released: Promise,
}

/// Lets the lock go when it is dropped.
struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

impl Lock {
    /// Returns once others can take it; after a mere drop, that is a little later.
    pub async fn release(self) {
        drop(self.held);
        let _ = self.released.await;
    }
}

pub fn supported() -> bool {
    locks().is_some()
}

fn locks() -> Option<JsValue> {
    property(&scope().navigator(), "locks")
}

fn name_of(run: &str) -> String {
    format!("pennybatch-run-{run}")
}

/// Takes the run's lock where nobody has it.
pub async fn take(run: &str) -> Attempt {
    let Some(locks) = locks() else { return Attempt::Unsupported };
    let Some(request) = property(&locks, "request").and_then(|request| request.dyn_into::<Function>().ok()) else {
        return Attempt::Unsupported;
    };
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
    // Once nobody waits for it any more, the lock is not taken.
    let taken: Rc<RefCell<Option<Held>>> = Rc::default();
    let mut released = None;
    let held = Rc::downgrade(&taken);
    let asked = Promise::new(&mut |answered: Function, refused: Function| {
        let held = held.clone();
        let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let mut until = JsValue::UNDEFINED;
            if let Some(held) = held.upgrade().filter(|_| !lock.is_null()) {
                until = Promise::new(&mut |release: Function, _| *held.borrow_mut() = Some(Held(release))).into();
            }
            let _ = answered.call0(&JsValue::UNDEFINED);
            until
        });
        // The request's own promise settles at the release; until then only its refusal says something.
        match request.call3(&locks, &name_of(run).into(), &options, &granted).map(JsValue::dyn_into::<Promise>) {
            Ok(Ok(requested)) => {
                if let Some(then) = property(&requested, "then").and_then(|then| then.dyn_into::<Function>().ok()) {
                    let _ = then.call2(&requested, &JsValue::UNDEFINED, &refused);
                }
                released = Some(requested);
            }
            _ => {
                let _ = refused.call0(&JsValue::UNDEFINED);
            }
        }
    });
    if asked.await.is_err() {
        return Attempt::Unsupported;
    }
    match (taken.take(), released) {
        (Some(held), Some(released)) => Attempt::Held(Lock { held, released }),
        _ => Attempt::Busy,
    }
}

/// The runs that some tab, this one included, holds.
pub async fn held_runs() -> Vec<String> {
    query().await.unwrap_or_default()
}

async fn query() -> Option<Vec<String>> {
    let locks = locks()?;
    let query: Function = property(&locks, "query")?.dyn_into().ok()?;
    let answer: Promise = query.call0(&locks).ok()?.dyn_into().ok()?;
    let held: Array = property(&answer.await.ok()?, "held")?.dyn_into().ok()?;
    let prefix = name_of("");
    let names = held.iter().filter_map(|lock| property(&lock, "name")?.as_string());
    Some(names.filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned())).collect())
}
