//! Programs in a worker of their own, below this one: what is large and needed by few is downloaded when it is needed,
//! and what may take long or fail (a pattern that backtracks, a vocabulary of megabytes) doesn't hold up a run.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::browser::{property, scope};
use super::page::encode;

/// Where the bundle says which programs there are: their addresses by name.
const PROGRAMS: &str = "pennybatchPrograms";
const READY: &str = "ready";

/// A program that answers questions one after the other. It ends with this value.
pub struct Program {
    worker: Worker,
    state: Rc<RefCell<State>>,
    /// Kept alive as long as the program may call them.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

#[derive(Default)]
struct State {
    ready: bool,
    /// Why it can answer no more.
    broken: Option<String>,
    /// Asked before it was ready.
    unsent: Vec<JsValue>,
    /// `(resolve, reject)` of each question that waits, in their order.
    waiting: VecDeque<(Function, Function)>,
    /// The same of those who wait until it is ready.
    starting: Vec<(Function, Function)>,
}

impl Program {
    pub fn start(name: &str) -> Result<Program, String> {
        let programs = property(&js_sys::global(), PROGRAMS);
        let url = programs.and_then(|programs| property(&programs, name)?.as_string());
        let url = url.ok_or_else(|| format!("this build has no {name}"))?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&url, &options).map_err(|error| super::browser::words(&error))?;
        let state: Rc<RefCell<State>> = Rc::default();
        let on_message = {
            let (state, worker) = (state.clone(), worker.clone());
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&state, &worker, &event.data()))
        };
        let on_error = {
            let state = state.clone();
            Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                event.prevent_default();
                let said = property(&event, "message").and_then(|message| message.as_string());
                give_up(
                    &state,
                    &said.filter(|said| !said.is_empty()).unwrap_or_else(|| "it could not be loaded".into()),
                );
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Program { worker, state, _on_message: on_message, _on_error: on_error })
    }

    pub fn is_broken(&self) -> bool {
        self.state.borrow().broken.is_some()
    }

    /// Waits until it has been downloaded and has started, however long that takes; an error where it can't.
    pub async fn ready(&self) -> Result<(), String> {
        match &self.state.borrow().broken {
            Some(why) => return Err(why.clone()),
            None if self.state.borrow().ready => return Ok(()),
            None => {}
        }
        let ready = Promise::new(&mut |resolve, reject| self.state.borrow_mut().starting.push((resolve, reject)));
        wasm_bindgen_futures::JsFuture::from(ready).await.map_err(|error| super::browser::words(&error))?;
        Ok(())
    }

    /// Ends it; what waits for an answer hears `why`.
    pub fn end(&self, why: &str) {
        self.worker.terminate();
        give_up(&self.state, why);
    }

    /// The answer to a question, or why there is none.
    pub async fn ask<A: DeserializeOwned>(&self, question: &impl Serialize) -> Result<A, String> {
        if let Some(why) = &self.state.borrow().broken {
            return Err(why.clone());
        }
        let question = encode(question).map_err(|error| super::browser::words(&error))?;
        let answer = Promise::new(&mut |resolve, reject| {
            let mut state = self.state.borrow_mut();
            state.waiting.push_back((resolve, reject));
            if state.ready {
                // Plain values can always be cloned, so posting them can't fail.
                let _ = self.worker.post_message(&question);
            } else {
                state.unsent.push(question.clone());
            }
        });
        let answer =
            wasm_bindgen_futures::JsFuture::from(answer).await.map_err(|error| super::browser::words(&error))?;
        serde_wasm_bindgen::from_value(answer).map_err(|error| error.to_string())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        give_up(&self.state, "it was ended");
    }
}

fn hear(state: &RefCell<State>, worker: &Worker, message: &JsValue) {
    let mut state = state.borrow_mut();
    if !state.ready && message.as_string().as_deref() == Some(READY) {
        state.ready = true;
        for question in state.unsent.drain(..) {
            let _ = worker.post_message(&question);
        }
        for (resolve, _) in state.starting.drain(..) {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
        return;
    }
    if let Some((resolve, _)) = state.waiting.pop_front() {
        let _ = resolve.call1(&JsValue::UNDEFINED, message);
    }
}

fn give_up(state: &RefCell<State>, why: &str) {
    let mut state = state.borrow_mut();
    state.broken = Some(why.to_owned());
    let waiting = std::mem::take(&mut state.waiting).into_iter().chain(std::mem::take(&mut state.starting));
    for (_, reject) in waiting {
        let _ = reject.call1(&JsValue::UNDEFINED, &why.into());
    }
}

/// The other side: answers every question of the worker that started this program.
pub fn serve<Q: DeserializeOwned, A: Serialize>(mut answer: impl FnMut(Q) -> A + 'static) {
    let receive = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(question) = serde_wasm_bindgen::from_value::<Q>(event.data()) else { return };
        if let Ok(answer) = encode(&answer(question)) {
            let _ = scope().post_message(&answer);
        }
    });
    scope().set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
    let _ = scope().post_message(&READY.into());
}
