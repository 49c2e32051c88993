//! The engine's only shell: fetch, storage, timers and locks, in a dedicated module worker.
//! Not here: decisions. What is sent, when and at what price is the engine's; what a provider's words mean is
//! `provider`'s; how anything looks is the page's.
//!
//! | file | holds |
//! |---|---|
//! | `simulate` | a workload on a virtual clock, in slices |
//! | `shell`, `page`, `tasks`, `signal` | messages in, messages out; long work, and how it waits and ends |
//! | `before`, `reading` | what is asked before a run; files that the person gives |
//! | `data`, `imports`, `prepare`, `preview`, `counting`, `terms`, `forecast` | the file, its rows' facts, the plan, what it would cost |
//! | `provider_count` | tokens of some rows as the provider counts them |
//! | `trial`, `projection` | a few rows asked before a run, and what they say of it |
//! | `session`, `send`, `telling` | the open run: the engine's effects, carried out, and what it tells of itself |
//! | `fetch`, `demo`, `demo_answers`, `connection`, `reach` | one HTTP call, the simulated provider, the check before a run |
//! | `answer_check` | whether an answer fits the format it was asked for in |
//! | `program`, `validator`, `tokenizer` | programs in workers of their own, loaded when they are needed |
//! | `batch` | batch jobs: their steps, hand-over by file, result files line by line |
//! | `results`, `rows`, `export`, `ledger` | what a person reads of a run |
//! | `disk` | runs on disk: journal and checkpoints, either rebuilt from the other |
//! | `browser`, `chunks` | the clock, turns and words of the browser; a stream's bytes |

mod answer_check;
pub mod batch;
mod before;
pub mod browser;
mod chunks;
mod connection;
mod counting;
mod data;
mod demo;
mod demo_answers;
pub mod disk;
mod export;
pub mod fetch;
mod forecast;
mod imports;
mod ledger;
pub mod page;
mod prepare;
mod preview;
mod program;
mod projection;
mod provider_count;
mod reach;
mod reading;
pub mod results;
mod rows;
mod send;
mod session;
mod shell;
pub mod signal;
mod simulate;
mod tasks;
mod telling;
mod terms;
pub mod tokenizer;
mod trial;
pub mod validator;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
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
    match serde_wasm_bindgen::from_value::<ToWorker>(message) {
        Ok(message) => Some(Letter { message: message.with_keys(keys_of(envelope)), file: file_of(envelope) }),
        Err(_) => {
            let words = "The page asked for something that this worker does not know. Reload the page: \
                         its parts are of two versions.";
            page::refuse(terms::problem(Place::Run, words));
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
    page::refuse(terms::problem(
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
