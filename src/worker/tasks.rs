//! Long work: what takes more than a turn of the event loop. It runs in slices beside the open run, which always answers
//! at once, and the person can cancel it. There is a line for each kind of [`Task`], in which one goes after the other:
//!
//! | line | holds | waits for | a newer one |
//! |---|---|---|---|
//! | `File` | reading a data file, or a checkpoint for the next start | | of a data file ends what is in the line |
//! | `Run` | starting, opening or deleting a run | `File` | waits |
//! | `Import` | results and checkpoints for the open run | | waits |
//! | `Export` | files written from the open run | | waits |
//! | `Runs` | the list of runs | | waits, as one: two that wait would say the same |
//!
//! The open run isn't left for another one while something is imported into it or exported from it; deleting it ends
//! both. A trial and a start exclude one another. All of these say so.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::link::{Task, ToPage};
use crate::worker::page;
use crate::worker::signal::{Cancel, Signal};

type Step = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
pub struct Tasks([Rc<Line>; Task::ALL.len()]);

#[derive(Default)]
struct Line {
    waiting: RefCell<VecDeque<Step>>,
    /// Ends the step that is under way.
    cancel: RefCell<Option<Rc<Cancel>>>,
    /// The step that is under way can't be canceled any more.
    held: Cell<bool>,
    ended: Signal,
}

impl Tasks {
    fn line(&self, task: Task) -> &Rc<Line> {
        &self.0[task as usize]
    }

    /// Begins `step` once what is before it in the line has ended.
    pub fn queue(&self, task: Task, step: impl Future<Output = ()> + 'static) {
        let line = self.line(task).clone();
        line.waiting.borrow_mut().push_back(Box::pin(step));
        if line.cancel.borrow().is_some() {
            return;
        }
        *line.cancel.borrow_mut() = Some(Rc::default());
        spawn_local(async move {
            loop {
                let next = line.waiting.borrow_mut().pop_front();
                let Some(step) = next else { break };
                let cancel: Rc<Cancel> = Rc::default();
                line.held.set(false);
                line.cancel.replace(Some(cancel.clone()));
                cancel.race(step).await;
            }
            line.cancel.take();
            line.ended.notify();
            page::post(&ToPage::Working { task, percent: None });
        });
    }

    /// Steps that wait for their turn.
    pub fn waiting(&self, task: Task) -> usize {
        self.line(task).waiting.borrow().len()
    }

    pub fn is_busy(&self, task: Task) -> bool {
        self.line(task).cancel.borrow().is_some()
    }

    /// Returns once nothing of this kind is under way.
    pub async fn idle(&self, task: Task) {
        let line = self.line(task);
        line.ended.until(|| line.cancel.borrow().is_none().then_some(())).await;
    }

    /// Ends what is under way and what waits, and answers how many steps those were. A step that is held stays.
    pub fn cancel(&self, task: Task) -> usize {
        let line = self.line(task);
        let waiting = line.waiting.take().len();
        match &*line.cancel.borrow() {
            Some(cancel) if !line.held.get() && !cancel.begun() => cancel.begin(),
            _ => return waiting,
        }
        waiting + 1
    }

    /// From here on the step that is under way goes to its end: half of it would be worse than all.
    pub fn hold(&self, task: Task) {
        self.line(task).held.set(true);
    }
}
