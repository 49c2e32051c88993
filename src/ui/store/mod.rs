//! What the pages share for as long as the tab is open: the connection to the worker, what the worker said ([`Desk`])
//! and what the person typed ([`Form`]). It belongs to no component, so that a run goes on whatever page is shown.

mod connection;
pub mod data;
mod desk;
pub mod endpoint;
mod field;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub mod fixtures;
pub mod form;
mod guards;
pub mod history;
mod open_run;
mod problems;
mod questions;
mod request;
pub mod rows_form;
pub mod run_files;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use web_sys::File;
use yew::prelude::*;

use crate::link::{Command, Progress, RunState, ToWorker};
use crate::ui::running::{self, Running};
use connection::Connection;
pub use desk::{Desk, DeskAction, Part};
pub use endpoint::{Endpoint, PriceSource};
pub use field::Field;
pub use form::{Form, FormAction};
use guards::Guards;
pub use open_run::{OpenRun, RowsSeen, under_way};
pub use request::{Renewed, Request};

/// The store as a component sees it: values, and callbacks for what the person wants.
#[derive(Clone, PartialEq)]
pub struct Work {
    pub desk: Rc<Desk>,
    pub form: Rc<Form>,
    pub send: Callback<ToWorker>,
    /// The same with a file that travels beside the message.
    pub send_file: Callback<(ToWorker, File)>,
    pub on_desk: Callback<DeskAction>,
    pub on_form: Callback<FormAction>,
}

/// The store, kept current; its worker is started.
#[hook]
pub fn use_worker() -> Work {
    let store = STORE.with(Rc::clone);
    let update = use_force_update();
    use_effect_with((), {
        let store = store.clone();
        move |()| {
            let listener = store.listen(Callback::from(move |()| update.force_update()));
            store.connection.start();
            move || store.unlisten(listener)
        }
    });
    store.work()
}

thread_local! {
    /// There is one worker, and with it one store.
    static STORE: Rc<Store> = Rc::new_cyclic(|store: &Weak<Store>| {
        let (desk, form) = (store.clone(), store.clone());
        let on_desk = Callback::from(move |action: DeskAction| {
            if let Some(store) = desk.upgrade() {
                store.update_desk(action);
            }
        });
        let on_form = Callback::from(move |action: FormAction| {
            if let Some(store) = form.upgrade() {
                store.update_form(action);
            }
        });
        let connection = Connection::new(on_desk.clone(), on_form.clone());
        let send = {
            let connection = connection.clone();
            Callback::from(move |message: ToWorker| connection.post(message, None))
        };
        let send_file = {
            let connection = connection.clone();
            Callback::from(move |(message, file): (ToWorker, File)| connection.post(message, Some(&file)))
        };
        Store {
            desk: RefCell::default(),
            form: RefCell::default(),
            connection,
            listeners: RefCell::default(),
            next_listener: Cell::new(0),
            guards: RefCell::default(),
            pause: send.reform(|()| ToWorker::Run(Command::Pause)),
            callbacks: (send, send_file, on_desk, on_form),
        }
    });
}

type Callbacks = (Callback<ToWorker>, Callback<(ToWorker, File)>, Callback<DeskAction>, Callback<FormAction>);

struct Store {
    desk: RefCell<Rc<Desk>>,
    form: RefCell<Rc<Form>>,
    connection: Connection,
    /// Components that show the store.
    listeners: RefCell<Vec<(u32, Callback<()>)>>,
    next_listener: Cell<u32>,
    /// Held while a run is under way.
    guards: RefCell<Option<Guards>>,
    callbacks: Callbacks,
    /// For the pages that don't show the run.
    pause: Callback<()>,
}

impl Store {
    fn work(&self) -> Work {
        let (send, send_file, on_desk, on_form) = self.callbacks.clone();
        Work { desk: self.desk.borrow().clone(), form: self.form.borrow().clone(), send, send_file, on_desk, on_form }
    }

    fn update_desk(&self, action: DeskAction) {
        let after = self.desk.borrow().after(&action);
        if after == **self.desk.borrow() {
            return;
        }
        let running = after.open.as_ref().filter(|open| under_way(&open.progress.state));
        running::tell(running.map(|open| self.running(&open.progress)));
        let running = running.is_some();
        let before = self.desk.replace(Rc::new(after));
        self.tell_rest(&before);
        let held = self.guards.borrow().is_some();
        if running != held {
            self.guards.replace(running.then(Guards::hold));
        }
        self.tell();
    }

    fn tell_rest(&self, before: &Desk) {
        let ran = |desk: &Desk| desk.open.as_ref().is_some_and(|open| open.progress.state == RunState::Running);
        let now = self.desk.borrow().clone();
        if let (true, false, Some(open)) = (ran(before), ran(&now), &now.open)
            && let Some(on_rest) = &open.on_rest
        {
            on_rest.emit(open.clone());
        }
    }

    fn running(&self, progress: &Progress) -> Running {
        let percent = u64::from(progress.done) * 100 / u64::from(progress.total.max(1));
        Running { percent: percent as u32, pause: self.pause.clone() }
    }

    fn update_form(&self, action: FormAction) {
        let after = self.form.borrow().after(&action);
        if after != **self.form.borrow() {
            self.form.replace(Rc::new(after));
            self.tell();
        }
    }

    fn tell(&self) {
        // A listener may come or go while it is told.
        let listeners = self.listeners.borrow().clone();
        listeners.iter().for_each(|(_, listener)| listener.emit(()));
    }

    fn listen(&self, listener: Callback<()>) -> u32 {
        let number = self.next_listener.get();
        self.next_listener.set(number + 1);
        self.listeners.borrow_mut().push((number, listener));
        // What changed between the first look and this.
        self.tell();
        number
    }

    fn unlisten(&self, number: u32) {
        self.listeners.borrow_mut().retain(|(listener, _)| *listener != number);
    }
}
