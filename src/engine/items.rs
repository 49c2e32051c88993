//! Where every item stands, in a few bytes each, and which items repeat one another.

use crate::engine::{ItemFacts, Ordinal};

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
}

const STATUSES: usize = Status::Canceled as usize + 1;

#[derive(Debug)]
pub struct Items {
    facts: Vec<ItemFacts>,
    status: Vec<Status>,
    retries: Vec<u8>,
    timeouts: Vec<u8>,
    reasks: Vec<u8>,
    /// The next item with the same request, in input order.
    next_twin: Vec<u32>,
    counts: [u32; STATUSES],
}

impl Items {
    /// All open, or twins of an earlier one where `single_flight` is on.
    pub fn new(facts: Vec<ItemFacts>, single_flight: bool) -> Items {
        let total = facts.len();
        let mut next_twin = vec![NONE; total];
        let mut status = vec![Status::Open; total];
        if single_flight {
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
        Items { facts, status, retries, timeouts, reasks, next_twin, counts }
    }

    pub fn len(&self) -> usize {
        self.status.len()
    }

    pub fn facts(&self, item: Ordinal) -> ItemFacts {
        self.facts[item as usize]
    }

    pub fn forget_cached(&mut self, item: Ordinal) {
        self.facts[item as usize].maybe_cached = false;
    }

    pub fn status(&self, item: Ordinal) -> Status {
        self.status[item as usize]
    }

    pub fn count(&self, status: Status) -> u32 {
        self.counts[status as usize]
    }

    pub fn set(&mut self, item: Ordinal, status: Status) {
        let before = std::mem::replace(&mut self.status[item as usize], status);
        self.counts[before as usize] -= 1;
        self.counts[status as usize] += 1;
    }

    pub fn retries(&self, item: Ordinal) -> u8 {
        self.retries[item as usize]
    }

    pub fn timeouts(&self, item: Ordinal) -> u8 {
        self.timeouts[item as usize]
    }

    pub fn count_retry(&mut self, item: Ordinal, timeout: bool) {
        let counter = if timeout { &mut self.timeouts } else { &mut self.retries };
        counter[item as usize] = counter[item as usize].saturating_add(1);
    }

    /// How often the item was asked again because its answer didn't fit.
    pub fn reasks(&self, item: Ordinal) -> u8 {
        self.reasks[item as usize]
    }

    pub fn count_reask(&mut self, item: Ordinal) {
        self.reasks[item as usize] = self.reasks[item as usize].saturating_add(1);
    }

    pub fn forget_tries(&mut self, item: Ordinal) {
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
        std::iter::successors(Some(first), |at| match self.next_twin[*at as usize] {
            NONE => None,
            next => Some(next),
        })
    }

    /// The item of the group that goes next where `item` ended without an answer that the others could share.
    pub fn next_of_group(&self, item: Ordinal) -> Option<Ordinal> {
        let waits = |at: &Ordinal| self.status(*at) == Status::Twin;
        let after = std::iter::successors(Some(item), |at| match self.next_twin[*at as usize] {
            NONE => None,
            next => Some(next),
        });
        after.into_iter().find(waits).or_else(|| self.group(item).find(waits))
    }

    pub fn all(&self) -> impl Iterator<Item = (Ordinal, Status)> + '_ {
        self.status.iter().enumerate().map(|(item, status)| (item as Ordinal, *status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(leaders: &[u32]) -> Vec<ItemFacts> {
        leaders
            .iter()
            .map(|leader| ItemFacts { leader: *leader, input_estimate: 1, input_bound: 1, maybe_cached: false })
            .collect()
    }

    #[test]
    fn equal_items_form_a_group_in_input_order() {
        let items = Items::new(facts(&[0, 1, 0, 3, 1, 0]), true);
        assert_eq!(items.group(5).collect::<Vec<_>>(), [0, 2, 5]);
        assert_eq!(items.group(1).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(items.group(3).collect::<Vec<_>>(), [3]);
        assert_eq!(items.count(Status::Twin), 3);
        assert_eq!(items.next_of_group(0), Some(2));
        assert_eq!(items.next_of_group(3), None);
    }

    #[test]
    fn without_single_flight_every_item_stands_alone() {
        let items = Items::new(facts(&[0, 0, 0]), false);
        assert_eq!(items.count(Status::Open), 3);
        assert_eq!(items.group(2).collect::<Vec<_>>(), [2]);
    }
}
