//! Cancels async work of a run that is being closed.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};

use super::browser::next_turn;

#[derive(Default)]
pub struct Leaving {
    begun: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Leaving {
    pub fn begun(&self) -> bool {
        self.begun.get()
    }

    /// Ends everything that waits, and returns once it has.
    pub async fn begin(&self) {
        self.begun.set(true);
        self.waiting.take().into_iter().for_each(Waker::wake);
        next_turn().await;
    }

    /// What `step` comes to. `None`: the run was let go first, and `step` went no further.
    pub async fn unless<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        let mut step = pin!(step);
        let ended = poll_fn(|context| {
            let own = context.waker();
            if self.begun() {
                return Poll::Ready(None);
            }
            let polled = step.as_mut().poll(context).map(Some);
            let mut waiting = self.waiting.borrow_mut();
            waiting.retain(|waker| !waker.will_wake(own));
            if polled.is_pending() {
                waiting.push(own.clone());
            }
            polled
        });
        ended.await
    }
}
