//! A checker for each invariant of the design, asked after every step.

use std::collections::{BTreeMap, BTreeSet};

use pennybatch::engine::{AttemptId, Ending, Entry, Ordinal, PauseReason, Progress, Record};
use pennybatch::money::Usd;
use pennybatch::provider::{Action, Answer, Bill, FailureKind, Finish};
use pennybatch::time::Time;

use crate::scenario::Scenario;
use crate::wire;

pub struct Checks<'a> {
    scenario: &'a Scenario,
    cap: Option<Usd>,
    reserved_on_disk: BTreeSet<AttemptId>,
    amounts: BTreeMap<AttemptId, Usd>,
    item_of: BTreeMap<AttemptId, Ordinal>,
    /// Items whose success is on disk.
    succeeded: BTreeSet<Ordinal>,
    ended: BTreeSet<Ordinal>,
    /// Items with a finished answer on disk, and their groups: equal items share it.
    shareable: BTreeSet<Ordinal>,
    answered_groups: BTreeSet<Ordinal>,
    /// By lane: the provider asked for silence until then.
    silent_until: BTreeMap<u8, Time>,
    /// Attempts under way, by group.
    under_way: BTreeMap<AttemptId, Ordinal>,
    failures: BTreeMap<Ordinal, u32>,
    answers: BTreeMap<Ordinal, u32>,
    lane_stops: u32,
    stopped_lanes: BTreeSet<u8>,
    /// What dead connections may have billed beyond the reservation.
    sent_twice: Usd,
    /// The person counted doubtful attempts as not billed: the upper bound is his word.
    pub written_off: bool,
}

impl<'a> Checks<'a> {
    pub fn new(scenario: &'a Scenario) -> Checks<'a> {
        Checks {
            scenario,
            cap: scenario.plan.budget,
            reserved_on_disk: BTreeSet::new(),
            amounts: BTreeMap::new(),
            item_of: BTreeMap::new(),
            succeeded: BTreeSet::new(),
            ended: BTreeSet::new(),
            shareable: BTreeSet::new(),
            answered_groups: BTreeSet::new(),
            silent_until: BTreeMap::new(),
            under_way: BTreeMap::new(),
            failures: BTreeMap::new(),
            answers: BTreeMap::new(),
            lane_stops: 0,
            stopped_lanes: BTreeSet::new(),
            sent_twice: Usd::ZERO,
            written_off: false,
        }
    }

    pub fn set_cap(&mut self, cap: Option<Usd>) {
        self.cap = cap;
    }

    pub fn crashed(&mut self) {
        self.under_way.clear();
        self.silent_until.clear();
        self.stopped_lanes.clear();
    }

    /// A 429 with a hint: nothing more on this lane before it is over, unless the person says so.
    pub fn asked_for_silence(&mut self, lane: u8, until: Time) {
        let at = self.silent_until.entry(lane).or_default();
        *at = until.max(*at);
    }

    pub fn person_resumed(&mut self) {
        self.silent_until.clear();
        self.stopped_lanes.clear();
    }

    pub fn lane_stopped(&mut self, lane: u8) {
        self.lane_stops += 1;
        self.stopped_lanes.insert(lane);
    }

    /// A run doesn't give up while a lane is left.
    pub fn paused(&self, reason: &PauseReason) -> Result<(), String> {
        let left = self.scenario.plan.lanes.len() - self.stopped_lanes.len();
        match reason {
            PauseReason::NoLane(failure) if left > 0 => {
                Err(format!("lanes: the run paused with {left} lanes left: {failure:?}"))
            }
            _ => Ok(()),
        }
    }

    fn leader(&self, item: Ordinal) -> Ordinal {
        self.scenario.facts[item as usize].leader
    }

    /// Records that have just reached the disk.
    pub fn saved(&mut self, records: &[Record]) -> Result<(), String> {
        for record in records {
            match &record.entry {
                Entry::Reserved { attempt, item, amount, .. } => {
                    self.reserved_on_disk.insert(*attempt);
                    self.amounts.insert(*attempt, *amount);
                    self.item_of.insert(*attempt, *item);
                }
                Entry::Settled { attempt, item, bill, ending, failure, uncounted, .. } => {
                    self.under_way.remove(attempt);
                    let kind = failure.as_ref().map(|failure| failure.kind);
                    if *bill == Bill::Unknown && kind == Some(FailureKind::Unreachable) {
                        self.sent_twice += self.amounts.get(attempt).copied().unwrap_or_default();
                    }
                    // A network that is gone is no row's fault.
                    let away = *uncounted && kind == Some(FailureKind::Unreachable);
                    self.count_failure(*item, kind.filter(|_| !away))?;
                    self.count_ask(*item, failure.is_none(), bill)?;
                    if let Some(ending) = ending {
                        self.end(*item, ending)?;
                    }
                }
                Entry::Ended { item, ending } => self.end(*item, ending)?,
                Entry::Reopened { item } => {
                    if self.succeeded.contains(item) {
                        return Err(format!("once: item {item} had succeeded and was opened again"));
                    }
                    self.ended.remove(item);
                    self.failures.remove(item);
                    self.answers.remove(item);
                }
                Entry::Restarted | Entry::Commanded(_) | Entry::Batch(_) => {}
            }
        }
        Ok(())
    }

    /// Invariant 7: a bounded number of tries; a 429 is the lane's, not the item's.
    fn count_failure(&mut self, item: Ordinal, kind: Option<FailureKind>) -> Result<(), String> {
        let counts = kind.is_some_and(|kind| matches!(kind.action(), Action::Retry | Action::StopUnprovenLane));
        if counts {
            let failures = self.failures.entry(item).or_default();
            *failures += 1;
            // A lane that stops gives its items back uncounted, once for each stop.
            if *failures > u32::from(self.scenario.plan.max_retries) + 1 + self.lane_stops {
                return Err(format!("retry: item {item} failed {failures} times"));
            }
        }
        Ok(())
    }

    /// An item is asked once, and again where its answer doesn't fit, as often as the plan says.
    fn count_ask(&mut self, item: Ordinal, no_failure: bool, bill: &Bill) -> Result<(), String> {
        let answered = no_failure && *bill != Bill::Nothing;
        if !answered {
            return Ok(());
        }
        let asked = self.answers.entry(item).or_default();
        *asked += 1;
        let most = u32::from(self.scenario.plan.reasks) + 1;
        match *asked > most {
            true => Err(format!("reasks: item {item} was answered {asked} times, {most} are the most")),
            false => Ok(()),
        }
    }

    /// Invariant 2: an item ends once.
    fn end(&mut self, item: Ordinal, ending: &Ending) -> Result<(), String> {
        if !self.ended.insert(item) {
            return Err(format!("once: item {item} ended again, as {ending:?}"));
        }
        match ending {
            Ending::Succeeded(answer) | Ending::FromCache(answer) => self.answered(item, answer),
            Ending::Imported(_) => {
                self.succeeded.insert(item);
                Ok(())
            }
            Ending::CopyOf(source) => {
                self.succeeded.insert(item);
                match self.leader(*source) == self.leader(item) && self.shareable.contains(source) {
                    true => Ok(()),
                    false => Err(format!(
                        "cache: item {item} copies {source}, which is another request or has no finished answer"
                    )),
                }
            }
            Ending::Errored(_) | Ending::Canceled => Ok(()),
        }
    }

    fn answered(&mut self, item: Ordinal, answer: &Answer) -> Result<(), String> {
        self.succeeded.insert(item);
        if answer.finish == Finish::Stop && answer.misfit.is_none() {
            self.shareable.insert(item);
            self.answered_groups.insert(self.leader(item));
        }
        match answer.text == wire::text(self.leader(item)) {
            true => Ok(()),
            false => Err(format!("once: item {item} got somebody else's answer: {}", answer.text)),
        }
    }

    /// Invariants 2, 4 and 6, at the moment of sending.
    pub fn sent(
        &mut self,
        attempt: AttemptId,
        item: Ordinal,
        lane: u8,
        deadline: Time,
        now: Time,
    ) -> Result<(), String> {
        if self.silent_until.get(&lane).is_some_and(|until| now < *until) {
            return Err(format!("hint: item {item} was sent on lane {lane} within the provider's hint"));
        }
        if self.stopped_lanes.contains(&lane) {
            return Err(format!("lanes: item {item} was sent on lane {lane}, which had stopped"));
        }
        if !self.reserved_on_disk.contains(&attempt) {
            return Err(format!("write ahead: attempt {attempt} was sent before its reservation was on disk"));
        }
        if self.item_of.get(&attempt) != Some(&item) {
            return Err(format!("write ahead: attempt {attempt} was reserved for another item than {item}"));
        }
        if self.ended.contains(&item) {
            return Err(format!("once: item {item} had ended and was sent again"));
        }
        if deadline <= now {
            return Err(format!("attempt {attempt} was sent past its deadline"));
        }
        let leader = self.leader(item);
        if self.scenario.plan.use_cache {
            if self.answered_groups.contains(&leader) {
                return Err(format!("cache: item {item} was sent although its request was answered"));
            }
            if self.under_way.values().any(|other| *other == leader) {
                return Err(format!("single flight: two equal requests under way, item {item}"));
            }
        }
        self.under_way.insert(attempt, leader);
        Ok(())
    }

    /// Invariants 1 and 5.
    pub fn after_step(&self, progress: &Progress, truly_billed: Usd) -> Result<(), String> {
        let committed = progress.spent + progress.reserved + progress.doubtful;
        if let Some(cap) = self.cap {
            let beyond = progress.overshoot + self.sent_twice + self.unsaved_doubt();
            if committed > cap + beyond && !self.written_off {
                return Err(format!("budget: {committed} of {cap} (and {beyond} beyond it): {progress:?}"));
            }
        }
        if progress.spent > truly_billed {
            return Err(format!("range: {} confirmed, {truly_billed} billed", progress.spent));
        }
        let overshoot_in_flight = self.scenario.faults.above_reservation > 0;
        if truly_billed > committed + self.unsaved_doubt() && !self.written_off && !overshoot_in_flight {
            return Err(format!("range: {truly_billed} billed, at most {committed} admitted: {progress:?}"));
        }
        if progress.done as usize > self.ended.len() + progress.canceled as usize {
            return Err(format!("write ahead: {} done, {} on disk", progress.done, self.ended.len()));
        }
        Ok(())
    }

    /// What dead connections under way may have billed a second time: nobody can know before they are told.
    fn unsaved_doubt(&self) -> Usd {
        let unsaved = self.under_way.keys().filter_map(|attempt| self.amounts.get(attempt)).copied();
        if self.scenario.faults.reset + self.scenario.faults.sent_twice > 0 { unsaved.sum() } else { Usd::ZERO }
    }

    /// Invariant 5: what the disk says is what a reopened run says.
    pub fn after_restore(&self, disk: &[Record], progress: &Progress) -> Result<(), String> {
        let settled: Usd = disk
            .iter()
            .filter_map(|record| match &record.entry {
                Entry::Settled { cost, .. } => Some(*cost),
                _ => None,
            })
            .sum();
        if progress.spent != settled {
            return Err(format!("resume: {} confirmed, {settled} on disk", progress.spent));
        }
        if progress.in_flight != 0 || progress.reserved != Usd::ZERO {
            return Err(format!("resume: something is under way already: {progress:?}"));
        }
        if (progress.succeeded as usize) < self.succeeded.len() {
            return Err(format!("resume: {} succeeded, {} on disk", progress.succeeded, self.succeeded.len()));
        }
        Ok(())
    }

    /// Every item ended, once, and the sum of the settled records is the confirmed spend.
    pub fn at_the_end(&self, disk: &[Record], progress: &Progress, truly_billed: Usd) -> Result<(), String> {
        self.after_restore(disk, progress)?;
        if progress.done != progress.total {
            return Err(format!("once: {} of {} done at the end", progress.done, progress.total));
        }
        if progress.succeeded as usize != self.succeeded.len() {
            return Err(format!("once: {} succeeded, {} on disk", progress.succeeded, self.succeeded.len()));
        }
        let exact = progress.doubtful == Usd::ZERO && !self.written_off;
        if exact && truly_billed != progress.spent {
            return Err(format!("range: {truly_billed} billed, {} confirmed, none in doubt", progress.spent));
        }
        Ok(())
    }
}
