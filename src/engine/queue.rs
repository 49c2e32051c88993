//! What goes next: items that were given back first, then retries whose backoff is over, then fresh ones in input
//! order. So retries go between new items as soon as they may, and leave no tail for the end of the run.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Ordinal;
use crate::engine::dispatch::Lanes;
use crate::engine::items::Status;
use crate::time::Time;

#[derive(Debug, Default)]
pub struct Queue {
    /// Given back by a lane, promoted, or reopened: ahead of fresh ones, in input order.
    returned: BTreeSet<Ordinal>,
    backing_off: BTreeSet<(Time, Ordinal)>,
    /// Beside the queue, by the lanes that they fit.
    aside: BTreeMap<Lanes, BTreeSet<Ordinal>>,
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

    /// The next item that may go now, left in its place. `status` tells items that wait from those that ended
    /// meanwhile, by an import for example: these are dropped here.
    pub fn peek(&mut self, now: Time, total: u32, status: impl Fn(Ordinal) -> Status) -> Option<Ordinal> {
        let is_open = |item: Ordinal| status(item) == Status::Open;
        while let Some(item) = self.returned.first().copied() {
            if is_open(item) {
                return Some(item);
            }
            self.returned.pop_first();
        }
        while self.backing_off.first().is_some_and(|(_, item)| status(*item) != Status::BackingOff) {
            self.backing_off.pop_first();
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

    /// Waits beside the queue for these lanes.
    pub fn set_aside(&mut self, item: Ordinal, lanes: Lanes) {
        self.aside.entry(lanes).or_default().insert(item);
    }

    pub fn kinds_aside(&self) -> Vec<Lanes> {
        self.aside.keys().copied().collect()
    }

    /// The first that waits for these lanes, left in its place.
    pub fn peek_aside(&mut self, lanes: Lanes, is_open: impl Fn(Ordinal) -> bool) -> Option<Ordinal> {
        let waiting = self.aside.get_mut(&lanes)?;
        while let Some(item) = waiting.first().copied() {
            if is_open(item) {
                return Some(item);
            }
            waiting.pop_first();
        }
        self.aside.remove(&lanes);
        None
    }

    /// The lanes' limits are other ones: what was set aside is looked at again.
    pub fn regroup(&mut self) {
        for waiting in std::mem::take(&mut self.aside).into_values() {
            self.returned.extend(waiting);
        }
    }

    /// Takes what [`Queue::peek`] or [`Queue::peek_aside`] showed.
    pub fn take(&mut self, item: Ordinal) {
        if let Some(waiting) = self.aside.values_mut().find(|waiting| waiting.first() == Some(&item)) {
            waiting.pop_first();
        } else if self.returned.first() == Some(&item) {
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
        self.aside.clear();
        self.backing_off.clear();
        self.next_fresh = total;
    }
}
