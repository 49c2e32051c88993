//! The connection to the worker: one for the whole page, so that a run goes on whatever page is shown. What the
//! worker said lies in the [`Desk`]; what the person typed lies in the [`Form`], beside it for the same reason.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, Event, File, HtmlAnchorElement, MessageEvent, Url, Worker, WorkerOptions, WorkerType};
use yew::prelude::*;

use crate::link::{Secret, ToPage, ToWorker};
use crate::ui::runner::words::under_way;
use crate::ui::runner::{Desk, DeskAction, Form, FormAction};

/// The meta tag that names the worker's script.
const META: &str = "meta[name=pennybatch-worker]";
/// An object URL must outlive the click that downloads it; browsers give no sign when that is over.
const DOWNLOAD_MS: u32 = 60_000;

/// What pages see of the worker: values, and callbacks for what the person wants.
#[derive(Clone, PartialEq)]
pub struct Work {
    pub desk: Rc<Desk>,
    pub form: Rc<Form>,
    /// Starts the worker, where it isn't yet: a page that needs it calls this when it opens.
    pub start: Callback<()>,
    pub send: Callback<ToWorker>,
    /// The same with a file that travels beside the message.
    pub send_file: Callback<(ToWorker, File)>,
    pub on_desk: Callback<DeskAction>,
    pub on_form: Callback<FormAction>,
}

/// The worker, and what waits for its first word.
#[derive(Default)]
struct Connection {
    worker: Option<Worker>,
    ready: bool,
    /// It has opened a run, and holds its lock.
    holds_run: bool,
    /// It was ended because the browser set the page aside.
    set_aside: bool,
    waiting: Vec<JsValue>,
    /// Kept alive as long as the worker may call them.
    on_message: Option<Closure<dyn FnMut(MessageEvent)>>,
    on_error: Option<Closure<dyn FnMut(Event)>>,
}

#[derive(Properties, PartialEq)]
pub struct WorkerProviderProps {
    pub children: Html,
}

/// Hands [`Work`] to everything inside.
#[component]
pub fn WorkerProvider(props: &WorkerProviderProps) -> Html {
    let work = use_connection();
    let running = work.desk.open.as_ref().is_some_and(|open| under_way(&open.progress.state));
    super::use_guards(running);
    html! { <ContextProvider<Work> context={work}>{ props.children.clone() }</ContextProvider<Work>> }
}

/// The connection; `None` outside of [`WorkerProvider`].
#[hook]
pub fn use_worker() -> Option<Work> {
    let work = use_context::<Work>();
    let start = work.as_ref().map(|work| work.start.clone());
    use_effect_with((), move |()| {
        if let Some(start) = start {
            start.emit(());
        }
    });
    work
}

#[hook]
fn use_connection() -> Work {
    let desk = use_reducer_eq(Desk::default);
    let form = use_reducer_eq(Form::default);
    let connection = use_mut_ref(Connection::default);
    let on_desk = {
        let dispatcher = desk.dispatcher();
        use_callback((), move |action: DeskAction, ()| dispatcher.dispatch(action))
    };
    let on_form = {
        let dispatcher = form.dispatcher();
        use_callback((), move |action: FormAction, ()| dispatcher.dispatch(action))
    };
    use_set_aside(&connection);
    let start = {
        let (connection, on_desk, on_form) = (connection.clone(), on_desk.clone(), on_form.clone());
        use_callback((), move |(), ()| connect(&connection, &on_desk, &on_form))
    };
    let send = {
        let (connection, on_desk) = (connection.clone(), on_desk.clone());
        use_callback((), move |message: ToWorker, ()| post(&connection, &on_desk, message, None))
    };
    let send_file = {
        let (connection, on_desk) = (connection.clone(), on_desk.clone());
        use_callback((), move |(message, file): (ToWorker, File), ()| {
            post(&connection, &on_desk, message, Some(file));
        })
    };
    let (desk, form) = (Rc::new((*desk).clone()), Rc::new((*form).clone()));
    Work { desk, form, start, send, send_file, on_desk, on_form }
}

/// A page that is left may be set aside as it is, to be shown again at once (back-forward cache). Its worker would keep
/// the run's lock, and no other page could open the run. So that worker ends, and the page loads anew when it comes back.
#[hook]
fn use_set_aside(connection: &Rc<RefCell<Connection>>) {
    let connection = connection.clone();
    use_effect_with((), move |()| {
        let window = gloo_utils::window();
        let leaving = {
            let connection = connection.clone();
            EventListener::new(&window, "pagehide", move |event| {
                let mut connection = connection.borrow_mut();
                if field(event, "persisted").is_truthy()
                    && connection.holds_run
                    && let Some(worker) = connection.worker.take()
                {
                    worker.terminate();
                    connection.set_aside = true;
                }
            })
        };
        let back = EventListener::new(&window, "pageshow", move |_| {
            if connection.borrow().set_aside {
                // Where it can't, the worker's absence is told with the next question.
                let _ = gloo_utils::window().location().reload();
            }
        });
        move || drop((leaving, back))
    });
}

fn connect(connection: &Rc<RefCell<Connection>>, on_desk: &Callback<DeskAction>, on_form: &Callback<FormAction>) {
    if connection.borrow().worker.is_some() {
        return;
    }
    let worker = match open_worker() {
        Ok(worker) => worker,
        Err(why) => {
            on_desk.emit(DeskAction::Broke(not_started(&why)));
            return;
        }
    };
    let on_message = {
        let (connection, on_desk, on_form) = (connection.clone(), on_desk.clone(), on_form.clone());
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            hear(&connection, &on_desk, &on_form, &event.data());
        })
    };
    let on_error = {
        let (connection, on_desk) = (connection.clone(), on_desk.clone());
        Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let why = field(&event, "message").as_string().unwrap_or_default();
            let sentence = if connection.borrow().ready { stopped(&why) } else { not_started(&why) };
            on_desk.emit(DeskAction::Broke(sentence));
        })
    };
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let mut connection = connection.borrow_mut();
    connection.worker = Some(worker);
    connection.on_message = Some(on_message);
    connection.on_error = Some(on_error);
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

fn hear(
    connection: &Rc<RefCell<Connection>>,
    on_desk: &Callback<DeskAction>,
    on_form: &Callback<FormAction>,
    data: &JsValue,
) {
    let message = match serde_wasm_bindgen::from_value::<ToPage>(field(data, "message")) {
        Ok(message) => message,
        Err(error) => {
            on_desk.emit(DeskAction::Broke(stopped(&error.to_string())));
            return;
        }
    };
    match &message {
        ToPage::Ready { .. } => flush(connection),
        ToPage::Opened { setup, .. } => {
            connection.borrow_mut().holds_run = true;
            on_form.emit(FormAction::Restored(Box::new(setup.clone())));
        }
        ToPage::Data(data) => on_form.emit(FormAction::DataRead(Box::new(data.clone()))),
        ToPage::Exported { file_name, .. } | ToPage::RequestFile(crate::link::batch::RequestFile { file_name, .. }) => {
            if let Ok(blob) = field(data, "blob").dyn_into::<Blob>() {
                download(&blob, file_name);
            }
        }
        _ => {}
    }
    on_desk.emit(DeskAction::Heard(Box::new(message)));
}

/// The worker's first word: what was asked meanwhile goes out, in its order.
fn flush(connection: &Rc<RefCell<Connection>>) {
    let mut connection = connection.borrow_mut();
    connection.ready = true;
    let waiting = std::mem::take(&mut connection.waiting);
    if let Some(worker) = &connection.worker {
        for envelope in waiting {
            // Plain values and a File can always be cloned, so posting them can't fail.
            let _ = worker.post_message(&envelope);
        }
    }
}

fn post(connection: &Rc<RefCell<Connection>>, on_desk: &Callback<DeskAction>, message: ToWorker, file: Option<File>) {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let envelope = match message.serialize(&serializer) {
        Ok(value) => envelope(&value, message.keys(), file.as_ref()),
        Err(error) => {
            on_desk.emit(DeskAction::Broke(stopped(&error.to_string())));
            return;
        }
    };
    on_desk.emit(DeskAction::Asked(Box::new(message)));
    let mut connection = connection.borrow_mut();
    match connection.worker.clone().filter(|_| connection.ready) {
        Some(worker) => {
            let _ = worker.post_message(&envelope);
        }
        None => connection.waiting.push(envelope),
    }
}

fn envelope(message: &JsValue, keys: &[Option<Secret>], file: Option<&File>) -> JsValue {
    let envelope = Object::new();
    // Setting a field of a fresh object can't fail.
    let _ = Reflect::set(&envelope, &"message".into(), message);
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
