//! The worker: started once, asked by messages. What it says goes to the store.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, Event, File, HtmlAnchorElement, MessageEvent, Url, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use crate::link::{Place, Problem, Secret, ToPage, ToWorker};
use crate::ui::store::rows_form::RowsAction;
use crate::ui::store::{DeskAction, FormAction};

/// The meta tag that names the worker's script.
const META: &str = "meta[name=pennybatch-worker]";
/// A browser may never finish with the worker's program, and says nothing.
const SLOW_START_MS: u32 = 30_000;
const SLOW_START: &str = "The worker, which reads files and sends calls, is taking a long time to start. Nothing was sent \
                          and nothing is lost. If your connection is fine, reload the page.";
/// An object URL must outlive the click that downloads it; browsers give no sign when that is over.
const DOWNLOAD_MS: u32 = 60_000;

#[derive(Clone)]
pub struct Connection {
    line: Rc<RefCell<Line>>,
    on_desk: Callback<DeskAction>,
    on_form: Callback<FormAction>,
}

/// The worker, and what waits for its first message.
#[derive(Default)]
struct Line {
    worker: Option<Worker>,
    ready: bool,
    /// It has opened a run, and holds its lock.
    holds_run: bool,
    /// It was ended because the browser set the page aside.
    set_aside: bool,
    waiting: Vec<JsValue>,
    /// Tells of a worker that says nothing. Its first message ends it.
    slow: Option<Timeout>,
    /// Kept alive as long as the worker may call them.
    on_message: Option<Closure<dyn FnMut(MessageEvent)>>,
    on_error: Option<Closure<dyn FnMut(Event)>>,
    _page_left: Option<(EventListener, EventListener)>,
}

impl Connection {
    pub fn new(on_desk: Callback<DeskAction>, on_form: Callback<FormAction>) -> Connection {
        Connection { line: Rc::default(), on_desk, on_form }
    }

    /// Starts the worker, unless it is there already.
    pub fn start(&self) {
        if self.line.borrow().worker.is_some() {
            return;
        }
        let worker = match open_worker() {
            Ok(worker) => worker,
            Err(why) => {
                self.on_desk.emit(DeskAction::Broke(not_started(&why)));
                return;
            }
        };
        let on_message = {
            let connection = self.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| connection.receive(&event.data()))
        };
        let on_error = {
            let connection = self.clone();
            Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                let why = field(&event, "message").as_string().unwrap_or_default();
                let ready = connection.line.borrow().ready;
                connection.line.borrow_mut().slow = None;
                let sentence = if ready { stopped(&why) } else { not_started(&why) };
                connection.on_desk.emit(DeskAction::Broke(sentence));
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let slow = {
            let on_desk = self.on_desk.clone();
            let problem = Problem { place: Place::Storage, message: SLOW_START.to_owned() };
            Timeout::new(SLOW_START_MS, move || on_desk.emit(DeskAction::Heard(ToPage::Refused(problem))))
        };
        let page_left = self.end_when_set_aside();
        let mut line = self.line.borrow_mut();
        line.worker = Some(worker);
        line.slow = Some(slow);
        line.on_message = Some(on_message);
        line.on_error = Some(on_error);
        line._page_left = Some(page_left);
    }

    /// A page that is left may be set aside as it is, to be shown again at once (back-forward cache). Its worker would
    /// keep the run's lock, and no other page could open the run. So that worker ends, and the page loads anew when it
    /// comes back.
    fn end_when_set_aside(&self) -> (EventListener, EventListener) {
        let window = gloo_utils::window();
        let line = self.line.clone();
        let leaving = EventListener::new(&window, "pagehide", move |event| {
            let mut line = line.borrow_mut();
            if field(event, "persisted").is_truthy()
                && line.holds_run
                && let Some(worker) = line.worker.take()
            {
                worker.terminate();
                line.set_aside = true;
            }
        });
        let line = self.line.clone();
        let back = EventListener::new(&window, "pageshow", move |_| {
            if line.borrow().set_aside {
                // Where it can't, the next question shows that the worker is gone.
                let _ = gloo_utils::window().location().reload();
            }
        });
        (leaving, back)
    }

    /// Sends a message, with a file beside it; keeps it until the worker is ready.
    pub fn post(&self, message: ToWorker, file: Option<&File>) {
        let envelope = match postcard::to_allocvec(&message) {
            Ok(bytes) => envelope(&bytes, message.keys(), file),
            Err(error) => {
                self.on_desk.emit(DeskAction::Broke(stopped(&error.to_string())));
                return;
            }
        };
        self.on_desk.emit(DeskAction::Asked(message));
        let mut line = self.line.borrow_mut();
        match line.worker.clone().filter(|_| line.ready) {
            // Plain values and a File can always be cloned, so posting them can't fail.
            Some(worker) => drop(worker.post_message(&envelope)),
            None => line.waiting.push(envelope),
        }
    }

    fn receive(&self, data: &JsValue) {
        self.line.borrow_mut().slow = None;
        let message = match postcard::from_bytes::<ToPage>(&Uint8Array::new(&field(data, "message")).to_vec()) {
            Ok(message) => message,
            Err(error) => {
                self.on_desk.emit(DeskAction::Broke(stopped(&error.to_string())));
                return;
            }
        };
        match &message {
            ToPage::Ready { .. } => self.flush(),
            ToPage::Opened { setup, .. } => {
                self.line.borrow_mut().holds_run = true;
                self.on_form.emit(FormAction::Restored(Box::new(setup.clone())));
            }
            ToPage::RouterPrices(list) => self.on_form.emit(FormAction::RouterPrices(Rc::new(list.clone()))),
            ToPage::RowsChosen(rows) => self.on_form.emit(FormAction::Rows(RowsAction::These(rows.clone()))),
            ToPage::Examples { text, rows } => {
                self.on_form.emit(FormAction::Examples(text.clone().into(), rows.clone()))
            }
            ToPage::Data(data) => self.on_form.emit(FormAction::DataRead(Box::new(data.clone()))),
            ToPage::Exported { file_name, .. }
            | ToPage::RequestFile(crate::link::batch::RequestFile { file_name, .. }) => {
                if let Ok(blob) = field(data, "blob").dyn_into::<Blob>() {
                    download(&blob, file_name);
                }
            }
            _ => {}
        }
        self.on_desk.emit(DeskAction::Heard(message));
    }

    /// The worker is ready: what was asked meanwhile goes out, in its order.
    fn flush(&self) {
        let mut line = self.line.borrow_mut();
        line.ready = true;
        let waiting = std::mem::take(&mut line.waiting);
        if let Some(worker) = &line.worker {
            for envelope in waiting {
                let _ = worker.post_message(&envelope);
            }
        }
    }
}

fn open_worker() -> Result<Worker, String> {
    let document = gloo_utils::document();
    let meta = document.query_selector(META).ok().flatten();
    let name = meta.and_then(|meta| meta.get_attribute("content")).ok_or("the page names no worker script")?;
    let base = document.base_uri().ok().flatten().unwrap_or_default();
    let url = Url::new_with_base(&name, &base).map_err(|error| said(&error))?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&url.href(), &options).map_err(|error| said(&error))
}

fn envelope(message: &[u8], keys: &[Option<Secret>], file: Option<&File>) -> JsValue {
    let envelope = Object::new();
    // Setting a field of a fresh object can't fail.
    let _ = Reflect::set(&envelope, &"message".into(), &Uint8Array::from(message));
    let keys: Array = keys.iter().map(|key| key.as_ref().map_or(JsValue::NULL, |key| key.expose().into())).collect();
    let _ = Reflect::set(&envelope, &"keys".into(), &keys);
    if let Some(file) = file {
        let _ = Reflect::set(&envelope, &"file".into(), file);
    }
    envelope.into()
}

fn download(blob: &Blob, file_name: &str) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    if let Ok(anchor) = gloo_utils::document().create_element("a") {
        let anchor: HtmlAnchorElement = anchor.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(file_name);
        anchor.click();
    }
    Timeout::new(DOWNLOAD_MS, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
}

fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// An exception's own words.
fn said(error: &JsValue) -> String {
    field(error, "message").as_string().unwrap_or_else(|| format!("{error:?}"))
}

fn not_started(why: &str) -> String {
    format!(
        "The worker, which reads files and sends calls, could not be started{}. Nothing was sent and nothing is lost. \
         Reload the page; if that doesn't help, this browser may block workers or be too old for module workers.",
        in_brackets(why)
    )
}

fn stopped(why: &str) -> String {
    format!(
        "The worker, which sends calls and saves results, has failed{}. Every row that was done is saved in this \
         browser. Reload the page: an unfinished run is offered again, and nothing that is done is sent twice.",
        in_brackets(why)
    )
}

fn in_brackets(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}
