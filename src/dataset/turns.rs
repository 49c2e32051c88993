//! Long work in parts: whoever reads a large file in a program's only thread lets others have their turn now and then.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Rows between two turns.
const ROWS: usize = 128;

/// Gives others their turn after some rows. `share`: what is done, from 0 to 1.
pub async fn after_rows(done: usize, share: f64, turn: &mut impl AsyncFnMut(f64)) {
    if done.is_multiple_of(ROWS) {
        turn(share).await;
    }
}

/// The result of work that is given no turns, and so never waits.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// For [`at_once`].
pub async fn none(_share: f64) {}
