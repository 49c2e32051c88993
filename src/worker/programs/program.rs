//! Programs in a worker of their own, below this one: what is large and needed by few is downloaded when it is needed,
//! and what may take long or fail (a pattern that backtracks, a vocabulary of megabytes) doesn't hold up a run.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::worker::browser::{property, scope};
use crate::worker::signal::Cancel;

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
        let worker = Worker::new_with_options(&url, &options).map_err(|error| crate::worker::browser::words(&error))?;
        let state: Rc<RefCell<State>> = Rc::default();
        let on_message = {
            let state = state.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&state, &event.data()))
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
        wasm_bindgen_futures::JsFuture::from(ready).await.map_err(|error| crate::worker::browser::words(&error))?;
        Ok(())
    }

    /// Ends it; what waits for an answer hears `why`.
    pub fn end(&self, why: &str) {
        self.worker.terminate();
        give_up(&self.state, why);
    }

    /// The answer to a question. Once it is ready, a program that takes longer than `ms_max` is ended: it may never answer.
    pub async fn ask<A: DeserializeOwned>(&self, question: &impl Serialize, ms_max: u32) -> Result<A, Unanswered> {
        let broken = |error: JsValue| Unanswered::Broken(crate::worker::browser::words(&error));
        self.ready().await.map_err(Unanswered::Broken)?;
        let question = encode(question).map_err(broken)?;
        let answer = Promise::new(&mut |resolve, reject| {
            self.state.borrow_mut().waiting.push_back((resolve, reject));
            // Plain values can always be cloned, so posting them can't fail.
            let _ = self.worker.post_message(&question);
        });
        let late: Rc<Cancel> = Rc::default();
        let timeout = Timeout::new(ms_max, {
            let late = late.clone();
            move || late.begin()
        });
        let answered = late.race(wasm_bindgen_futures::JsFuture::from(answer)).await;
        drop(timeout);
        let Some(answer) = answered else {
            self.end("it was ended over another question");
            return Err(Unanswered::TooSlow { ms_max });
        };
        serde_wasm_bindgen::from_value(answer.map_err(broken)?).map_err(|error| Unanswered::Broken(error.to_string()))
    }
}

/// Why there is no answer.
pub enum Unanswered {
    TooSlow {
        ms_max: u32,
    },
    /// The program died, perhaps over another question.
    Broken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswered::TooSlow { ms_max } => write!(f, "it takes longer than {} seconds", ms_max / 1_000),
            Unanswered::Broken(why) => f.write_str(why),
        }
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

fn hear(state: &RefCell<State>, message: &JsValue) {
    let mut state = state.borrow_mut();
    if !state.ready && message.as_string().as_deref() == Some(READY) {
        state.ready = true;
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

fn encode(message: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(message.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
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
