//! Waiting without polling: for a change of something, or for the end of what is no longer wanted.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wasm_bindgen_futures::spawn_local;

/// Wakes whoever waits for a change.
#[derive(Default)]
pub struct Signal(RefCell<Vec<Waker>>);

impl Signal {
    /// Something has changed: whoever waits looks again, in the order in which they began to wait.
    pub fn notify(&self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }

    /// Waits until `seen` has a value. It is asked at once, and again after each [`notify`](Signal::notify).
    pub async fn until<T>(&self, mut seen: impl FnMut() -> Option<T>) -> T {
        poll_fn(|context| match seen() {
            Some(value) => Poll::Ready(value),
            None => {
                self.add(context.waker());
                Poll::Pending
            }
        })
        .await
    }

    fn add(&self, waker: &Waker) {
        self.forget(waker);
        self.0.borrow_mut().push(waker.clone());
    }

    fn forget(&self, waker: &Waker) {
        self.0.borrow_mut().retain(|known| !known.will_wake(waker));
    }
}

/// Ends async work that is no longer wanted.
#[derive(Default)]
pub struct Cancel {
    begun: Cell<bool>,
    signal: Signal,
}

impl Cancel {
    pub fn begun(&self) -> bool {
        self.begun.get()
    }

    pub fn begin(&self) {
        self.begun.set(true);
        self.signal.notify();
    }

    /// The result of `step`. `None`: it was canceled first, and `step` went no further.
    pub async fn race<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        let mut step = pin!(step);
        poll_fn(|context| {
            if self.begun() {
                return Poll::Ready(None);
            }
            let polled = step.as_mut().poll(context).map(Some);
            match polled {
                Poll::Pending => self.signal.add(context.waker()),
                Poll::Ready(_) => self.signal.forget(context.waker()),
            }
            polled
        })
        .await
    }
}

/// Runs `step` to its end, even when whoever waits for its result is canceled: a file handle or a lock that nobody
/// takes would stay open.
pub async fn to_its_end<T: 'static>(step: impl Future<Output = T> + 'static) -> T {
    let ended: Rc<(RefCell<Option<T>>, Signal)> = Rc::default();
    let told = Rc::downgrade(&ended);
    spawn_local(async move {
        let result = step.await;
        if let Some(told) = told.upgrade() {
            told.0.replace(Some(result));
            told.1.notify();
        }
    });
    ended.1.until(|| ended.0.take()).await
}
