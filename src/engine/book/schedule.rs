//! Where every item stands: the one owner of its status and of its place in a queue, so that the two can't disagree.
//! Every transition is a method, and takes an item out of its old place as it enters the new one.
//!
//! What goes next: items that were given back first, then fresh ones, both in input order. A retry whose backoff is over
//! counts as given back, so that retries go between new items and leave no tail for the end of the run. Items that the
//! request cache may answer have a queue of their own: the disk holds up nobody who doesn't wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::lane::Lanes;
use crate::engine::{ItemFacts, Ordinal};
use crate::time::Time;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits for its turn.
    Open,
    /// Repeats an item that is under way, and waits for its answer.
    Twin,
    LookingUp,
    /// Its reservation is being saved, or it is sent.
    UnderWay,
    BackingOff,
    /// Its attempt was cut off by a restart; the person chooses.
    CutOff,
    /// In a request file that the person took away; they choose whether it is sent here all the same.
    Exported,
    /// In a batch job.
    InBatch,
    Succeeded,
    Errored,
    Canceled,
}

impl Status {
    pub fn ended(self) -> bool {
        matches!(self, Status::Succeeded | Status::Errored | Status::Canceled)
    }

    /// Under way by itself or in a batch job: only an attempt's end moves it.
    pub fn is_asked(self) -> bool {
        matches!(self, Status::UnderWay | Status::InBatch)
    }
}

const STATUSES: usize = Status::Canceled as usize + 1;

/// Open items in the order in which they go.
#[derive(Debug, Default)]
struct Queue {
    /// Ahead of the fresh ones.
    returned: BTreeSet<Ordinal>,
    /// Open ones before this one are in `returned`, or set aside; from here on they need no list.
    fresh: Ordinal,
}

#[derive(Debug)]
pub struct Schedule {
    facts: Arc<Vec<ItemFacts>>,
    status: Vec<Status>,
    retries: Vec<u8>,
    timeouts: Vec<u8>,
    reasks: Vec<u8>,
    /// The next item with the same request, in input order.
    next_twin: Vec<u32>,
    counts: [u32; STATUSES],
    /// The request cache may answer them, and was not asked.
    maybe_cached: Vec<bool>,
    /// To be sent.
    to_send: Queue,
    /// To be looked up in the request cache first.
    to_look_up: Queue,
    /// Open ones beside the queue, by the lanes that they fit.
    aside: BTreeMap<Lanes, BTreeSet<Ordinal>>,
    lanes_of: BTreeMap<Ordinal, Lanes>,
    backing_off: BTreeSet<(Time, Ordinal)>,
    until: BTreeMap<Ordinal, Time>,
}

impl Schedule {
    /// All open; with `use_cache`, those with an equal one before them are its twins.
    pub fn new(facts: Arc<Vec<ItemFacts>>, use_cache: bool) -> Schedule {
        let total = facts.len();
        let mut next_twin = vec![NONE; total];
        let mut status = vec![Status::Open; total];
        if use_cache {
            // The last item seen of every group, kept at its leader.
            let mut last: Vec<u32> = (0..total as u32).collect();
            for item in 0..total {
                let leader = facts[item].leader as usize;
                if leader < item {
                    next_twin[last[leader] as usize] = item as u32;
                    last[leader] = item as u32;
                    status[item] = Status::Twin;
                }
            }
        }
        let mut counts = [0; STATUSES];
        for status in &status {
            counts[*status as usize] += 1;
        }
        let (retries, timeouts, reasks) = (vec![0; total], vec![0; total], vec![0; total]);
        Schedule {
            maybe_cached: facts.iter().map(|facts| use_cache && facts.maybe_cached).collect(),
            facts,
            status,
            retries,
            timeouts,
            reasks,
            next_twin,
            counts,
            to_send: Queue::default(),
            to_look_up: Queue::default(),
            aside: BTreeMap::new(),
            lanes_of: BTreeMap::new(),
            backing_off: BTreeSet::new(),
            until: BTreeMap::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.status.len()
    }

    pub fn knows(&self, item: Ordinal) -> bool {
        (item as usize) < self.len()
    }

    pub fn facts(&self, item: Ordinal) -> ItemFacts {
        self.facts[item as usize]
    }

    pub fn all_facts(&self) -> Arc<Vec<ItemFacts>> {
        self.facts.clone()
    }

    pub fn status(&self, item: Ordinal) -> Status {
        self.status[item as usize]
    }

    pub fn count(&self, status: Status) -> u32 {
        self.counts[status as usize]
    }

    pub fn ended(&self) -> u32 {
        [Status::Succeeded, Status::Errored, Status::Canceled].map(|status| self.count(status)).iter().sum()
    }

    pub fn with_status(&self, wanted: Status) -> Vec<Ordinal> {
        if self.count(wanted) == 0 {
            return Vec::new();
        }
        self.all().filter(|(_, status)| *status == wanted).map(|(item, _)| item).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = (Ordinal, Status)> + '_ {
        self.status.iter().enumerate().map(|(item, status)| (item as Ordinal, *status))
    }

    /// Waits for its turn, ahead of fresh items.
    pub fn open(&mut self, item: Ordinal) {
        self.enter(item, Status::Open);
        let queue = self.queue_of(item);
        if item < queue.fresh {
            queue.returned.insert(item);
        }
    }

    fn is_to_look_up(&self, item: Ordinal) -> bool {
        self.maybe_cached[item as usize]
    }

    fn queue_of(&mut self, item: Ordinal) -> &mut Queue {
        if self.is_to_look_up(item) { &mut self.to_look_up } else { &mut self.to_send }
    }

    pub fn back_off(&mut self, item: Ordinal, until: Time) {
        self.enter(item, Status::BackingOff);
        self.until.insert(item, until);
        self.backing_off.insert((until, item));
    }

    /// An open item that fits only these lanes waits for them beside the queue.
    pub fn set_aside(&mut self, item: Ordinal, lanes: Lanes) {
        debug_assert_eq!(self.next_to_send(), Some(item), "it is its turn");
        self.enter(item, Status::Open);
        self.to_send.fresh = self.to_send.fresh.max(item + 1);
        self.lanes_of.insert(item, lanes);
        self.aside.entry(lanes).or_default().insert(item);
    }

    pub fn look_up(&mut self, item: Ordinal) {
        self.enter(item, Status::LookingUp);
    }

    /// What outlives the session: only [`Book::apply`](super::Book::apply) decides it.
    pub(super) fn record(&mut self, item: Ordinal, status: Status) {
        match status {
            Status::Open => self.open(item),
            _ => self.enter(item, status),
        }
    }

    /// Takes the item out of whatever place it has.
    fn enter(&mut self, item: Ordinal, status: Status) {
        let before = std::mem::replace(&mut self.status[item as usize], status);
        self.counts[before as usize] -= 1;
        self.counts[status as usize] += 1;
        match before {
            Status::Open => {
                if let Some(lanes) = self.lanes_of.remove(&item) {
                    let left = self.aside.get_mut(&lanes);
                    if left.is_some_and(|left| left.remove(&item) && left.is_empty()) {
                        self.aside.remove(&lanes);
                    }
                } else {
                    self.queue_of(item).returned.remove(&item);
                }
            }
            Status::BackingOff => {
                if let Some(until) = self.until.remove(&item) {
                    self.backing_off.remove(&(until, item));
                }
            }
            _ => {}
        }
    }

    /// Items whose backoff is over wait for their turn.
    pub fn end_backoffs(&mut self, now: Time) {
        while let Some((until, item)) = self.backing_off.first().copied() {
            if until > now {
                break;
            }
            self.open(item);
        }
    }

    pub fn next_backoff_ends(&self) -> Option<Time> {
        self.backing_off.first().map(|(until, _)| *until)
    }

    /// The item that is to be sent next.
    pub fn next_to_send(&mut self) -> Option<Ordinal> {
        self.to_send.fresh = self.first_fresh(&self.to_send, false);
        self.first_of(&self.to_send)
    }

    /// The item that is to be looked up in the request cache next.
    pub fn next_to_look_up(&mut self) -> Option<Ordinal> {
        self.to_look_up.fresh = self.first_fresh(&self.to_look_up, true);
        self.first_of(&self.to_look_up)
    }

    fn first_fresh(&self, queue: &Queue, to_look_up: bool) -> Ordinal {
        let is_one = |item: &Ordinal| self.status(*item) == Status::Open && self.is_to_look_up(*item) == to_look_up;
        (queue.fresh..self.len() as Ordinal).find(is_one).unwrap_or(self.len() as Ordinal)
    }

    fn first_of(&self, queue: &Queue) -> Option<Ordinal> {
        queue.returned.first().copied().or(self.knows(queue.fresh).then_some(queue.fresh))
    }

    pub fn kinds_aside(&self) -> Vec<Lanes> {
        self.aside.keys().copied().collect()
    }

    /// The first that waits for these lanes.
    pub fn next_aside(&self, lanes: Lanes) -> Option<Ordinal> {
        self.aside.get(&lanes)?.first().copied()
    }

    /// The lanes' limits are other ones: what was set aside is looked at again.
    pub fn regroup(&mut self) {
        self.lanes_of.clear();
        for waiting in std::mem::take(&mut self.aside).into_values() {
            self.to_send.returned.extend(waiting);
        }
    }

    /// The request cache can't answer it.
    pub fn forget_cached(&mut self, item: Ordinal) {
        debug_assert_ne!(self.status(item), Status::Open, "it would be in the wrong queue");
        self.maybe_cached[item as usize] = false;
    }

    pub fn retries(&self, item: Ordinal) -> u8 {
        self.retries[item as usize]
    }

    pub fn timeouts(&self, item: Ordinal) -> u8 {
        self.timeouts[item as usize]
    }

    pub(super) fn count_retry(&mut self, item: Ordinal, timeout: bool) {
        let counter = if timeout { &mut self.timeouts } else { &mut self.retries };
        counter[item as usize] = counter[item as usize].saturating_add(1);
    }

    /// How often the item was asked again because its answer didn't fit.
    pub fn reasks(&self, item: Ordinal) -> u8 {
        self.reasks[item as usize]
    }

    pub(super) fn count_reask(&mut self, item: Ordinal) {
        self.reasks[item as usize] = self.reasks[item as usize].saturating_add(1);
    }

    pub(super) fn forget_tries(&mut self, item: Ordinal) {
        self.reasks[item as usize] = 0;
        self.retries[item as usize] = 0;
        self.timeouts[item as usize] = 0;
    }

    pub fn has_twins(&self, item: Ordinal) -> bool {
        let leader = self.facts[item as usize].leader;
        self.next_twin[leader as usize] != NONE
    }

    /// Every item with the same request as `item`, in input order; only itself where single flight is off.
    pub fn group(&self, item: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let first = if self.has_twins(item) { self.facts[item as usize].leader } else { item };
        self.from(first)
    }

    /// The item of the group that goes next where `item` ended without an answer that the others could share.
    pub fn next_of_group(&self, item: Ordinal) -> Option<Ordinal> {
        let waits = |at: &Ordinal| self.status(*at) == Status::Twin;
        self.from(item).find(waits).or_else(|| self.group(item).find(waits))
    }

    fn from(&self, first: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        std::iter::successors(Some(first), |at| match self.next_twin[*at as usize] {
            NONE => None,
            next => Some(next),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(leader: u32) -> ItemFacts {
        ItemFacts { leader, input_estimate: 1, input_bound: 1, maybe_cached: false }
    }

    fn facts(leaders: &[u32]) -> Arc<Vec<ItemFacts>> {
        leaders.iter().copied().map(fact).collect::<Vec<_>>().into()
    }

    #[test]
    fn equal_items_form_a_group_in_input_order() {
        let items = Schedule::new(facts(&[0, 1, 0, 3, 1, 0]), true);
        assert_eq!(items.group(5).collect::<Vec<_>>(), [0, 2, 5]);
        assert_eq!(items.group(1).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(items.group(3).collect::<Vec<_>>(), [3]);
        assert_eq!(items.count(Status::Twin), 3);
        assert_eq!(items.next_of_group(0), Some(2));
        assert_eq!(items.next_of_group(3), None);
    }

    #[test]
    fn without_single_flight_every_item_stands_alone() {
        let items = Schedule::new(facts(&[0, 0, 0]), false);
        assert_eq!(items.count(Status::Open), 3);
        assert_eq!(items.group(2).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_waits_for_the_disk_holds_up_nobody_else() {
        let cached = |item: u32| ItemFacts { maybe_cached: item.is_multiple_of(2), ..fact(item) };
        let mut items = Schedule::new((0..6).map(cached).collect::<Vec<_>>().into(), true);
        assert_eq!((items.next_to_look_up(), items.next_to_send()), (Some(0), Some(1)));
        items.record(1, Status::UnderWay);
        items.look_up(0);
        assert_eq!((items.next_to_look_up(), items.next_to_send()), (Some(2), Some(3)));
        // It isn't in the cache, and waits to be sent.
        items.forget_cached(0);
        items.open(0);
        assert_eq!((items.next_to_look_up(), items.next_to_send()), (Some(2), Some(0)));
        let mut sent = Schedule::new((0..6).map(cached).collect::<Vec<_>>().into(), false);
        assert_eq!((sent.next_to_look_up(), sent.next_to_send()), (None, Some(0)), "without the cache all are sent");
    }

    /// Every open item, and none else, is in a queue or beside it, whatever happened before.
    #[test]
    fn status_and_place_agree_after_any_transitions() {
        use Status::*;
        const ITEMS: u32 = 12;
        for seed in 0..300 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let cached = |item: u32| ItemFacts { maybe_cached: item.is_multiple_of(3), ..fact(item) };
            let mut items = Schedule::new((0..ITEMS).map(cached).collect::<Vec<_>>().into(), true);
            for at in 0..200 {
                let item = rng.u32(0..ITEMS);
                match rng.u8(0..10) {
                    0 => items.open(item),
                    1 => items.back_off(item, Time(at + rng.u64(0..20))),
                    2 => items.end_backoffs(Time(at)),
                    3 => items
                        .next_to_send()
                        .into_iter()
                        .for_each(|next| items.set_aside(next, 1 + Lanes::from(next % 2))),
                    4 => items.next_to_send().into_iter().for_each(|next| items.record(next, UnderWay)),
                    5 => items.next_to_look_up().into_iter().for_each(|next| items.look_up(next)),
                    6 if items.status(item) != Open => items.forget_cached(item),
                    7 => items.regroup(),
                    _ => items.record(item, [Twin, UnderWay, CutOff, InBatch, Succeeded, Errored][rng.usize(0..6)]),
                }
            }
            let open: BTreeSet<Ordinal> = items.with_status(Open).into_iter().collect();
            let backing_off = items.with_status(BackingOff).len();
            assert_eq!((items.backing_off.len(), items.until.len()), (backing_off, backing_off), "{seed}");
            let mut found = BTreeSet::new();
            for lanes in items.kinds_aside() {
                while let Some(next) = items.next_aside(lanes) {
                    assert!(found.insert(next));
                    items.record(next, UnderWay);
                }
            }
            while let Some(next) = items.next_to_send().or_else(|| items.next_to_look_up()) {
                assert!(found.insert(next));
                items.record(next, UnderWay);
            }
            assert_eq!(found, open, "{seed}");
        }
    }
}
