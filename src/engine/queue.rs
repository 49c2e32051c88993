//! What goes next: items that were given back first, then retries whose backoff is over, then fresh ones in input order.

use std::collections::BTreeSet;

use crate::engine::Ordinal;
use crate::time::Time;

#[derive(Debug, Default)]
pub struct Queue {
    /// Given back by a lane, promoted, or reopened: ahead of fresh ones, in input order.
    returned: BTreeSet<Ordinal>,
    backing_off: BTreeSet<(Time, Ordinal)>,
    /// Every item before this one was handed out once.
    next_fresh: Ordinal,
}

impl Queue {
    pub fn give_back(&mut self, item: Ordinal) {
        self.returned.insert(item);
    }

    pub fn back_off(&mut self, item: Ordinal, until: Time) {
        self.backing_off.insert((until, item));
    }

    /// The next item that may go now, left in its place. `is_open` tells items that wait for
    /// their turn from ended ones and twins.
    pub fn peek(&mut self, now: Time, total: u32, is_open: impl Fn(Ordinal) -> bool) -> Option<Ordinal> {
        while let Some(item) = self.returned.first().copied() {
            if is_open(item) {
                return Some(item);
            }
            self.returned.pop_first();
        }
        if let Some((until, item)) = self.backing_off.first()
            && *until <= now
        {
            return Some(*item);
        }
        while self.next_fresh < total && !is_open(self.next_fresh) {
            self.next_fresh += 1;
        }
        (self.next_fresh < total).then_some(self.next_fresh)
    }

    /// Takes what [`Queue::peek`] showed.
    pub fn take(&mut self, item: Ordinal) {
        if self.returned.first() == Some(&item) {
            self.returned.pop_first();
        } else if self.backing_off.first().is_some_and(|(_, first)| *first == item) {
            self.backing_off.pop_first();
        } else if self.next_fresh == item {
            self.next_fresh += 1;
        }
    }

    pub fn next_backoff_ends(&self) -> Option<Time> {
        self.backing_off.first().map(|(until, _)| *until)
    }

    /// Nothing waits for another try any more.
    pub fn clear(&mut self, total: u32) {
        self.returned.clear();
        self.backing_off.clear();
        self.next_fresh = total;
    }
}
