//! A checker for each invariant of the design, asked after every step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pennybatch::engine::{
    AttemptId, Command, Ending, Entry, ItemFacts, LanePlan, LimiterModel, Ordinal, PauseReason, Progress, Record,
    Settled,
};
use pennybatch::money::Usd;
use pennybatch::provider::{Action, Answer, Bill, FailureKind, Finish};
use pennybatch::time::Time;

use crate::health::Health;
use crate::scenario::Scenario;
use crate::wire;

const MINUTE_MS: u64 = 60_000;
/// A timeout is retried once.
const TIMEOUTS_MAX: u32 = 2;
const BACKOFFS_LOOKED_AT: u32 = 10;
const BACKOFF_MS_SHORT: u64 = 20;

pub struct Checks<'a> {
    scenario: &'a Scenario,
    cap: Option<Usd>,
    reserved_on_disk: BTreeSet<AttemptId>,
    amounts: BTreeMap<AttemptId, Usd>,
    item_of: BTreeMap<AttemptId, Ordinal>,
    /// Attempts that were reserved and aren't settled.
    reserved: BTreeSet<AttemptId>,
    /// Items whose success is on disk.
    succeeded: BTreeSet<Ordinal>,
    /// Items that had an answer when they were asked again.
    answered_before: BTreeSet<Ordinal>,
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
    /// An attempt cost more than its reservation, and the person has not seen it yet.
    overshot: bool,
    /// By lane: when it was sent to in the last minute.
    sends: BTreeMap<u8, VecDeque<Time>>,
    /// By lane: the requests a minute that its answers told of, and the last attempt reserved before that.
    heard: BTreeMap<u8, (u64, AttemptId)>,
    last_reserved: AttemptId,
    /// When an item's last attempt failed for a reason that makes it wait.
    failed_at: BTreeMap<Ordinal, Time>,
    backoffs: (u32, u32),
    timeouts: BTreeMap<Ordinal, u32>,
    /// What dead connections may have billed beyond the reservation.
    sent_twice: Usd,
    health: Health,
    /// Rows in request files that the person took away.
    exported: BTreeSet<Ordinal>,
    exported_on_disk: BTreeSet<Ordinal>,
    /// Rows that were looked up in the request cache since the run was opened.
    looked_up: BTreeSet<Ordinal>,
    /// Rows whose answer is known not to do.
    asked_again: BTreeSet<Ordinal>,
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
            reserved: BTreeSet::new(),
            succeeded: BTreeSet::new(),
            answered_before: BTreeSet::new(),
            ended: BTreeSet::new(),
            shareable: BTreeSet::new(),
            answered_groups: BTreeSet::new(),
            silent_until: BTreeMap::new(),
            under_way: BTreeMap::new(),
            failures: BTreeMap::new(),
            answers: BTreeMap::new(),
            lane_stops: 0,
            stopped_lanes: BTreeSet::new(),
            overshot: false,
            sends: BTreeMap::new(),
            heard: BTreeMap::new(),
            last_reserved: 0,
            failed_at: BTreeMap::new(),
            backoffs: (0, 0),
            timeouts: BTreeMap::new(),
            sent_twice: Usd::ZERO,
            health: Health::default(),
            exported: BTreeSet::new(),
            exported_on_disk: BTreeSet::new(),
            looked_up: BTreeSet::new(),
            asked_again: BTreeSet::new(),
            written_off: false,
        }
    }

    pub fn set_cap(&mut self, cap: Option<Usd>) {
        self.cap = cap;
    }

    pub fn crashed(&mut self) {
        self.under_way.clear();
        self.reserved.clear();
        self.exported.clone_from(&self.exported_on_disk);
        self.silent_until.clear();
        self.stopped_lanes.clear();
        self.heard.clear();
        self.looked_up.clear();
        self.failed_at.clear();
        self.overshot = false;
        self.health.crashed();
    }

    pub fn looks_up(&mut self, item: Ordinal) {
        self.looked_up.insert(item);
    }

    /// What the request cache may hold isn't paid for before it was looked up.
    fn check_cache(&self, item: Ordinal) -> Result<(), String> {
        let may_be_there = self.scenario.plan.use_cache && self.scenario.facts[item as usize].maybe_cached;
        if may_be_there && !self.looked_up.contains(&item) && !self.asked_again.contains(&item) {
            return Err(format!("cache: item {item} is to be sent and was not looked up"));
        }
        Ok(())
    }

    /// A 429 with a hint: nothing more on this lane before it is over.
    pub fn asked_for_silence(&mut self, lane: u8, until: Time) {
        let at = self.silent_until.entry(lane).or_default();
        *at = until.max(*at);
    }

    pub fn person_resumed(&mut self) {
        self.overshot = false;
        self.stopped_lanes.clear();
        self.health.person_resumed();
    }

    /// An answer came on this lane.
    pub fn was_answered(&mut self, lane: u8, answer: &Answer) {
        self.health.was_answered(lane, answer);
    }

    /// This lane refused this very item.
    pub fn was_refused(&mut self, lane: u8, item: Ordinal, kind: FailureKind) {
        self.health.was_refused(lane, item, kind);
    }

    /// A lane that refuses whatever it is asked, and answers that are empty, stop what would be paid or lost for nothing.
    pub fn check_health(&mut self, progress: &Progress) -> Result<(), String> {
        self.health.check(&self.stopped_lanes, progress)
    }

    /// Rows are tried again; a lane that stopped, or was told to rest, is as it was.
    pub fn person_retried(&mut self) {
        self.overshot = false;
        self.health.person_retried();
    }

    pub fn lane_stopped(&mut self, lane: u8) {
        self.lane_stops += 1;
        self.stopped_lanes.insert(lane);
    }

    /// An answer told of the lane's limit.
    pub fn told_of_limit(&mut self, lane: u8, requests_per_minute: u64) {
        self.heard.insert(lane, (requests_per_minute, self.last_reserved));
    }

    /// Records on their way to the disk.
    pub fn asked_to_save(&mut self, records: &[Record]) -> Result<(), String> {
        for record in records {
            self.health.asked_to_save(record);
            match &record.entry {
                Entry::Reserved { attempt, item, lane, amount } => {
                    if self.scenario.plan.own_lane(*item).is_some_and(|own| own != *lane) {
                        return Err(format!("candidates: item {item} goes on lane {lane}, which isn't its own"));
                    }
                    self.check_cache(*item)?;
                    self.reserved.insert(*attempt);
                    self.item_of.insert(*attempt, *item);
                    self.last_reserved = *attempt;
                    self.amounts.insert(*attempt, *amount);
                }
                Entry::Commanded(Command::SendExported(rows)) => rows.iter().for_each(|item| {
                    self.exported.remove(&item);
                }),
                Entry::Commanded(Command::Exported(rows)) => {
                    let asked: BTreeSet<Ordinal> =
                        self.reserved.iter().filter_map(|attempt| self.item_of.get(attempt)).copied().collect();
                    self.exported.extend(rows.iter().filter(|item| !asked.contains(item)));
                }
                // It had ended when it was exported, and the person wants it tried again.
                Entry::Reopened { item } => {
                    self.exported.remove(item);
                }
                Entry::AskedAgain { item, .. } => {
                    self.exported.remove(item);
                    self.asked_again.insert(*item);
                }
                Entry::Released { attempt, .. } => {
                    self.reserved.remove(attempt);
                }
                Entry::Settled(Settled { attempt, item, cost, failure, misfit, .. }) => {
                    self.reserved.remove(attempt);
                    if misfit.as_ref().is_some_and(|answer| answer.is_unchecked()) {
                        return Err(format!(
                            "unchecked: item {item} is paid for again, though nobody checked its answer"
                        ));
                    }
                    if misfit.is_some() {
                        self.asked_again.insert(*item);
                    }
                    let reserved = self.amounts.get(attempt).copied().unwrap_or_default();
                    self.overshot |= self.cap.is_some() && *cost > reserved;
                    let waits = failure.as_ref().is_some_and(|failure| failure.kind.action() == Action::Retry);
                    if waits {
                        self.failed_at.insert(*item, record.at);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A run doesn't give up while a lane is left.
    pub fn paused(&self, reason: &PauseReason) -> Result<(), String> {
        let lanes = self.scenario.plan.lanes.iter().enumerate();
        let left: Vec<&LanePlan> =
            lanes.filter(|(lane, _)| !self.stopped_lanes.contains(&(*lane as u8))).map(|(_, lane)| lane).collect();
        let fits = |facts: &ItemFacts| {
            let weight = self.scenario.plan.weight(facts);
            left.iter().any(|lane| lane.limits.too_small_for(weight, lane.accounting).is_none())
        };
        let every_row_fits = self.scenario.facts.iter().all(fits);
        let left = left.len();
        match reason {
            // A candidate's rows go nowhere else.
            PauseReason::NoLane(failure) if left > 0 && every_row_fits && !self.scenario.plan.compare => {
                Err(format!("lanes: the run paused with {left} lanes left: {failure:?}"))
            }
            PauseReason::Stuck { rows } => Err(format!("stuck: {rows} rows wait for nothing")),
            _ => Ok(()),
        }
    }

    fn leader(&self, item: Ordinal) -> Ordinal {
        self.scenario.facts[item as usize].leader
    }

    /// Records that have just reached the disk.
    pub fn saved(&mut self, records: &[Record]) -> Result<(), String> {
        for record in records {
            self.health.saved(record);
            match &record.entry {
                Entry::Reserved { attempt, item, amount, .. } => {
                    self.reserved_on_disk.insert(*attempt);
                    self.amounts.insert(*attempt, *amount);
                    self.item_of.insert(*attempt, *item);
                }
                Entry::Released { attempt, .. } => drop(self.under_way.remove(attempt)),
                Entry::Settled(Settled { attempt, item, bill, ending, failure, uncounted, .. }) => {
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
                // It had an answer, which it keeps until there is a better one.
                Entry::AskedAgain { item, .. } => {
                    if !self.succeeded.remove(item) {
                        return Err(format!("once: item {item} had no answer and was asked for another"));
                    }
                    self.answered_before.insert(*item);
                    self.exported_on_disk.remove(item);
                    self.ended.remove(item);
                    self.failures.remove(item);
                    self.answers.remove(item);
                    self.timeouts.remove(item);
                }
                Entry::Reopened { item } => {
                    if self.succeeded.contains(item) {
                        return Err(format!("once: item {item} had succeeded and was opened again"));
                    }
                    self.exported_on_disk.remove(item);
                    self.ended.remove(item);
                    self.failures.remove(item);
                    self.answers.remove(item);
                    self.timeouts.remove(item);
                }
                Entry::Commanded(Command::SendExported(rows)) => {
                    rows.iter().for_each(|item| {
                        self.exported_on_disk.remove(&item);
                    });
                }
                Entry::Commanded(Command::Exported(rows)) => {
                    self.exported_on_disk.extend(rows.iter().filter(|item| self.exported.contains(item)));
                }
                Entry::Began(_)
                | Entry::Corrected { .. }
                | Entry::Restarted
                | Entry::Commanded(_)
                | Entry::Batch(_) => {}
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
        if kind == Some(FailureKind::TimedOut) {
            let timeouts = self.timeouts.entry(item).or_default();
            *timeouts += 1;
            if *timeouts > TIMEOUTS_MAX + self.lane_stops {
                return Err(format!("retry: item {item} timed out {timeouts} times"));
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
        // What failed or was canceled may still be answered from elsewhere.
        let late = matches!(ending, Ending::Imported(_)) && !self.succeeded.contains(&item);
        if !self.ended.insert(item) && !late {
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
            Ending::Errored(failure) if !ends_an_item(failure.kind.action()) => {
                Err(format!("retry: item {item} ended by a failure of its lane, {failure:?}"))
            }
            Ending::Errored(_) | Ending::Canceled
                if self.answers.contains_key(&item) || self.answered_before.contains(&item) =>
            {
                Err(format!("reasks: item {item} has an answer that was paid for, and ended as {ending:?}"))
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
        let empty = answer.text.is_empty() && answer.finish == Finish::Length;
        match empty || answer.text == wire::text(self.leader(item)) {
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
        if self.exported.contains(&item) {
            return Err(format!("exported: item {item} is in a request file and was sent"));
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
        if self.overshot {
            return Err(format!("budget: item {item} was sent after an attempt cost more than its worst case"));
        }
        self.check_backoff(item, now)?;
        self.check_what_was_heard(attempt, lane, now)
    }

    /// Waits are drawn at random up to a second and more: that many in a row don't come out near nothing.
    fn check_backoff(&mut self, item: Ordinal, now: Time) -> Result<(), String> {
        let Some(failed_at) = self.failed_at.remove(&item) else { return Ok(()) };
        let (all, short) = &mut self.backoffs;
        *all += 1;
        *short += u32::from(now.ms_since(failed_at) < BACKOFF_MS_SHORT);
        match *all == BACKOFFS_LOOKED_AT && short == all {
            true => Err(format!("retry: {all} retries in a row were sent at once")),
            false => Ok(()),
        }
    }

    /// Where the provider said what it allows, that holds, for whatever was reserved since.
    fn check_what_was_heard(&mut self, attempt: AttemptId, lane: u8, now: Time) -> Result<(), String> {
        let limits = &self.scenario.plan.lanes[usize::from(lane)].limits;
        let sends = self.sends.entry(lane).or_default();
        sends.push_back(now);
        while sends.front().is_some_and(|first| now.ms_since(*first) >= MINUTE_MS) {
            sends.pop_front();
        }
        let strict = limits.model == LimiterModel::Window && limits.requests_per_minute.is_some();
        match self.heard.get(&lane) {
            Some((limit, before)) if strict && attempt > *before && sends.len() as u64 > *limit => {
                Err(format!("headers: {} requests in a minute on lane {lane}, which said {limit}", sends.len()))
            }
            _ => Ok(()),
        }
    }

    /// Invariants 1 and 5.
    pub fn after_step(&self, progress: &Progress, truly_billed: Usd) -> Result<(), String> {
        let of_lanes: Usd = progress.lanes.iter().map(|lane| lane.spent).sum();
        if of_lanes != progress.spent {
            return Err(format!("lanes: {of_lanes} spent on lanes, {} in all", progress.spent));
        }
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
                Entry::Settled(settled) => Some(settled.cost),
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

fn ends_an_item(action: Action) -> bool {
    !matches!(action, Action::SlowLane | Action::StopLane)
}
