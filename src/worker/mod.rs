//! The engine's only shell: fetch, storage, timers and locks, in a dedicated module worker.
//! Not here: decisions. What is sent, when and at what price is the engine's; what a provider's words mean is
//! `provider`'s; how anything looks is the page's.
//!
//! | room or file | holds |
//! |---|---|
//! | `shell`, `page`, `tasks`, `signal` | messages in, messages out; long work, and how it waits and ends |
//! | `opening` | starting a run, opening a kept one, leaving the open one |
//! | `estimates`, `simulate` | what is asked before a run; a workload on a virtual clock |
//! | `plan` | from the four steps to what the engine is asked to do |
//! | `rows` | the rows of a file, before a run |
//! | `trial` | a few rows asked before a run, and what they say of it |
//! | `run` | the open run, and what a person reads of it |
//! | `http` | one HTTP call, and the check before a run |
//! | `programs` | programs in workers of their own: validator, tokenizers |
//! | `demo` | the simulated provider |
//! | `batch` | batch jobs: their steps, hand-over by file, result files line by line |
//! | `disk` | runs on disk: journal and checkpoints, either rebuilt from the other |
//! | `browser` | the clock, turns and words of the browser |

pub mod batch;
pub mod browser;
mod demo;
pub mod disk;
mod estimates;
pub mod http;
mod opening;
pub mod page;
mod plan;
pub mod programs;
mod rows;
pub mod run;
mod shell;
pub mod signal;
mod simulate;
mod tasks;
mod trial;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use self::browser::{property, scope};
use self::shell::{Letter, Shell, file_of};
use crate::link::{Place, Secret, ToWorker};

/// Takes over the worker: answers begin with `ToPage::Ready`.
pub fn run() {
    std::panic::set_hook(Box::new(stop));
    let early: Rc<RefCell<Vec<Letter>>> = Rc::default();
    let shell: Rc<RefCell<Option<Rc<Shell>>>> = Rc::default();
    let (waiting, opened) = (early.clone(), shell.clone());
    let receive = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(letter) = letter_of(&event.data()) else { return };
        match &*opened.borrow() {
            Some(shell) => shell.receive(letter),
            None => waiting.borrow_mut().push(letter),
        }
    });
    scope().set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
    spawn_local(async move {
        let open = Shell::open().await;
        for letter in early.take() {
            open.receive(letter);
        }
        *shell.borrow_mut() = Some(open);
    });
}

fn letter_of(envelope: &JsValue) -> Option<Letter> {
    let message = property(envelope, "message")?;
    match postcard::from_bytes::<ToWorker>(&Uint8Array::new(&message).to_vec()) {
        Ok(message) => Some(Letter { message: message.with_keys(keys_of(envelope)), file: file_of(envelope) }),
        Err(_) => {
            let words = "The page asked for something that this worker does not know. Reload the page: \
                         its parts are of two versions.";
            page::refuse(plan::problem(Place::Run, words));
            None
        }
    }
}

fn keys_of(envelope: &JsValue) -> Vec<Option<Secret>> {
    let keys = property(envelope, "keys").map(|keys| Array::from(&keys)).unwrap_or_default();
    keys.iter().map(|key| key.as_string().map(|key| Secret::new(&key))).collect()
}

/// After a panic nothing here can be trusted: the page is told by an `error` event, and the worker ends. What was
/// flushed is on disk, and what was under way counts as "may have been billed".
fn stop(info: &std::panic::PanicHookInfo<'_>) {
    thread_local! {
        static STOPPED: Cell<bool> = const { Cell::new(false) };
    }
    if STOPPED.replace(true) {
        return;
    }
    page::refuse(plan::problem(
        Place::Run,
        "The worker met a fault of its own and stopped. What was done is kept; reload the page and resume the run.",
    ));
    // Where, and not what: the message of a panic may quote a prompt.
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let error = js_sys::Error::new(&format!("the worker stopped after a fault of its own{place}"));
    let report = Reflect::get(&js_sys::global(), &"reportError".into()).ok();
    if let Some(report) = report.and_then(|report| report.dyn_into::<Function>().ok()) {
        let _ = report.call1(&JsValue::UNDEFINED, &error);
    }
    scope().close();
}
