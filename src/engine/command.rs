//! What the person wants, turned into what items and lanes do next.

use std::collections::BTreeMap;

use crate::engine::batch::Rows;
use crate::engine::book::Status;
use crate::engine::run::Engine;
use crate::engine::{Command, Doubtful, Effect, Ending, Entry, Ordinal, PauseReason, RunState};
use crate::provider::Answer;

/// Who goes for a group of equal items.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Answered(Ordinal),
    UnderWay,
    Nobody,
}

impl Engine {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Resume => self.resume(),
            Command::Pause => {
                if self.state == RunState::Running {
                    self.pause(PauseReason::ByPerson);
                }
            }
            Command::Stop => {
                self.commit(Entry::Commanded(Command::Stop));
                self.end_kept();
                self.close_unsure();
                if self.state != RunState::Finished {
                    self.state = RunState::Stopping;
                }
            }
            Command::RetryFailed => self.reopen(Status::Errored),
            Command::SetBudget(_) => self.commit(Entry::Commanded(command)),
            Command::SetLimits { lane, ref limits } => {
                if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                    lane.set_limits(limits.clone(), self.now);
                    self.book.items_mut().regroup();
                    self.commit(Entry::Commanded(command));
                }
            }
            Command::ResumeLane { lane } => self.resume_lane(lane),
            Command::HandOver(terms) => self.hand_over(*terms),
            Command::TakeBack => self.take_back(),
            Command::Doubtful(_) | Command::SendExported(_) => {
                self.commit(Entry::Commanded(command));
                self.lead_groups();
                self.end_kept();
            }
            Command::Exported(_) => self.commit(Entry::Commanded(command)),
        }
    }

    pub(super) fn resume(&mut self) {
        let canceled = self.book.items().count(Status::Canceled);
        // What was stopped or left out is open again: whoever resumes a finished run wants just that.
        if self.state == RunState::Finished && canceled > 0 {
            self.commit(Entry::Commanded(Command::Resume));
            self.reopen(Status::Canceled);
        }
        if self.state == RunState::Finished {
            return;
        }
        if std::mem::take(&mut self.storage_failed) {
            self.effects.push_back(Effect::Save { ticket: self.next_ticket - 1, records: Vec::new() });
        }
        // What was being stopped when the disk failed is stopped still, and only its records are offered again.
        if self.book.stop_asked() {
            self.state = RunState::Stopping;
            return;
        }
        self.empty_in_a_row = 0;
        for lane in &mut self.lanes {
            lane.revive(self.now);
        }
        if self.book.items().count(Status::CutOff) > 0 {
            self.command(Command::Doubtful(Doubtful::SendAgain));
        }
        let mut asked = None;
        match std::mem::replace(&mut self.state, RunState::Running) {
            RunState::Paused(PauseReason::BatchUnsure { nonce, .. }) => asked = Some(nonce),
            RunState::Paused(PauseReason::Exported { .. }) => {
                let exported = self.book.items().with_status(Status::Exported);
                self.command(Command::SendExported(Rows::of(exported)));
            }
            RunState::Paused(PauseReason::Stuck { .. }) => self.lead_groups(),
            _ => {}
        }
        self.no_such_job(asked.as_deref());
    }

    fn resume_lane(&mut self, lane: u8) {
        let Some(lane) = self.lanes.get_mut(usize::from(lane)) else { return };
        lane.revive(self.now);
        lane.forget_hint();
        if matches!(self.state, RunState::Paused(PauseReason::NoLane(_))) {
            self.state = RunState::Running;
        }
    }

    /// Whether the item could end with an answer from elsewhere: it is neither under way,
    /// by itself or in a batch job, nor answered.
    pub fn takes_import(&self, item: Ordinal) -> bool {
        let items = self.book.items();
        items.knows(item) && !items.status(item).is_asked() && items.status(item) != Status::Succeeded
    }

    pub(super) fn imported(&mut self, item: Ordinal, answer: Answer) {
        if !self.takes_import(item) {
            return;
        }
        self.commit(Entry::Ended { item, ending: Ending::Imported(answer) });
        if !self.book.stop_asked() && self.lead_of(item) == Lead::Nobody {
            self.promote_twin_of(item);
        }
    }

    /// Ended items are open again; those whose request was answered meanwhile get that answer instead.
    pub(super) fn reopen(&mut self, ended: Status) {
        let items = self.book.items().with_status(ended);
        if items.is_empty() {
            return;
        }
        self.spared.retain(|item| !items.contains(item));
        self.reopen_items(items);
        if matches!(self.state, RunState::Finished | RunState::Stopping) {
            self.state = RunState::Running;
        }
    }

    pub(super) fn reopen_items(&mut self, items: Vec<Ordinal>) {
        for item in items {
            self.commit(Entry::Reopened { item });
        }
        self.lead_groups();
    }

    /// Sees to it that every group with waiting twins has one item under way, and that twins of an answered item
    /// get its answer. Every group is looked through once, however large it is.
    pub(super) fn lead_groups(&mut self) {
        let use_cache = self.book.plan().use_cache;
        let mut known: BTreeMap<Ordinal, Lead> = BTreeMap::new();
        for item in self.book.items().with_status(Status::Twin) {
            let leader = if use_cache { self.book.items().facts(item).leader } else { item };
            let lead = match known.get(&leader) {
                Some(lead) => *lead,
                None => self.lead_of(item),
            };
            known.insert(leader, if lead == Lead::Nobody { Lead::UnderWay } else { lead });
            self.follow(item, lead);
        }
    }

    /// The same for one item, whose group needs no look through all of them.
    pub(super) fn lead_group_of(&mut self, item: Ordinal) {
        let lead = self.lead_of(item);
        self.follow(item, lead);
    }

    fn follow(&mut self, item: Ordinal, lead: Lead) {
        match lead {
            Lead::Answered(source) => self.commit(Entry::Ended { item, ending: Ending::CopyOf(source) }),
            Lead::UnderWay => {}
            Lead::Nobody => self.book.items_mut().open(item),
        }
    }

    fn lead_of(&self, item: Ordinal) -> Lead {
        let items = self.book.items();
        if !self.book.plan().use_cache {
            return Lead::Nobody;
        }
        if let Some(source) = items.group(item).find(|other| self.book.tally().is_shareable(*other)) {
            return Lead::Answered(source);
        }
        let under_way = |other| !items.status(other).ended() && items.status(other) != Status::Twin;
        if items.group(item).any(under_way) { Lead::UnderWay } else { Lead::Nobody }
    }

    pub(super) fn promote_twin_of(&mut self, item: Ordinal) {
        if let Some(next) = self.book.items().next_of_group(item) {
            self.book.items_mut().open(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Event, ItemFacts, LanePlan, Notice, Plan, Record};
    use crate::provider::{Bill, Failure, FailureKind, Outcome};
    use crate::time::Time;

    #[test]
    fn an_imported_answer_ends_its_row_alone_and_for_good() {
        let mut engine = engine(1, &[0, 0, 2]);
        let mut records = Vec::new();
        tell(&mut engine, imported(0), &mut records);
        tell(&mut engine, imported(0), &mut records);
        assert!(!engine.takes_import(0) && engine.takes_import(1) && !engine.takes_import(3));
        let ended = records.iter().filter(|record| matches!(record.entry, Entry::Ended { .. }));
        assert_eq!(ended.count(), 1, "a row ends once");
        assert_eq!(
            (engine.book.items().status(1), engine.book.items().status(2)),
            (Status::Open, Status::Open),
            "its twin is asked"
        );
        let restored = Engine::restore(plan(1), facts(&[0, 0, 2]), records, 1, Time(9));
        let progress = restored.progress(Time(9));
        assert_eq!((progress.succeeded, progress.cache_hits), (1, 0));
        assert_eq!(restored.book.items().status(1), Status::Open);
    }

    #[test]
    fn a_row_under_way_takes_no_import() {
        let mut engine = engine(1, &[0, 1]);
        let mut records = Vec::new();
        tell(&mut engine, Event::Command(Command::Resume), &mut records);
        tell(&mut engine, imported(0), &mut records);
        assert_eq!(engine.book.items().status(0), Status::UnderWay);
        assert!(!records.iter().any(|record| matches!(record.entry, Entry::Ended { .. })));
    }

    #[test]
    fn a_stopped_lane_is_resumed_by_itself_and_wakes_a_run_that_had_no_other() {
        let mut engine = engine(2, &[0, 1, 2]);
        let mut records = Vec::new();
        let mut sent = tell(&mut engine, Event::Command(Command::Resume), &mut records);
        assert_eq!(sent.len(), 3);
        let refused = || Outcome::Failed {
            failure: Failure { kind: FailureKind::WrongKey, ..Failure::no_key() },
            bill: Bill::Nothing,
        };
        let mut stopped = Vec::new();
        while let Some((attempt, lane)) = sent.pop() {
            sent.extend(tell(&mut engine, Event::Ended { attempt, outcome: refused(), seen: None }, &mut records));
            stopped.push(lane);
        }
        assert!(engine.lanes.iter().all(|lane| lane.stopped.is_some()), "{stopped:?}");
        assert!(matches!(engine.state(), RunState::Paused(PauseReason::NoLane(_))));
        let sent = tell(&mut engine, Event::Command(Command::ResumeLane { lane: 1 }), &mut records);
        assert_eq!(engine.state(), &RunState::Running);
        assert!(!sent.is_empty() && sent.iter().all(|(_, lane)| *lane == 1), "{sent:?}");
    }

    /// What is saved is down at once; answers what was sent, on which lane.
    fn tell(engine: &mut Engine, event: Event, records: &mut Vec<Record>) -> Vec<(u64, u8)> {
        let mut sent = Vec::new();
        engine.handle(event, Time(1));
        while let Some(effect) = engine.poll_effect() {
            match effect {
                Effect::Save { ticket, records: saved } => {
                    records.extend(saved);
                    engine.handle(Event::Saved { ticket }, Time(1));
                }
                Effect::Send { attempt, lane, .. } => sent.push((attempt, lane)),
                Effect::Notify(Notice::Finished) => panic!("rows are left"),
                _ => {}
            }
        }
        sent
    }

    fn imported(item: Ordinal) -> Event {
        Event::Imported { item, answer: Answer { text: "dairy".into(), ..Answer::default() } }
    }

    fn engine(lanes: usize, leaders: &[Ordinal]) -> Engine {
        Engine::new(plan(lanes), facts(leaders), 1, Time(0))
    }

    fn facts(leaders: &[Ordinal]) -> Vec<ItemFacts> {
        let facts =
            |leader: &Ordinal| ItemFacts { leader: *leader, input_estimate: 1, input_bound: 1, maybe_cached: false };
        leaders.iter().map(facts).collect()
    }

    fn plan(lanes: usize) -> Plan {
        let lane = LanePlan::default();
        Plan {
            lanes: vec![lane; lanes],
            budget: None,
            output_tokens_max: Some(8),
            max_retries: 4,
            reasks: 0,
            timeout_ms: 1_000,
            use_cache: true,
            warm_up: false,
            first_call_alone: false,
            compare: false,
        }
    }
}
