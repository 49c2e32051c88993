//! What the person wants, turned into what items and lanes do next.

use crate::engine::items::Status;
use crate::engine::run::Engine;
use crate::engine::{Command, Doubtful, Effect, Ending, Entry, Ordinal, PauseReason, RunState};

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
                self.record(Entry::Commanded(Command::Stop));
                self.stop_asked = true;
                self.cancel_open();
                self.end_kept();
                if self.state != RunState::Finished {
                    self.state = RunState::Stopping;
                }
            }
            Command::RetryFailed => self.reopen(Status::Errored),
            Command::SetBudget(cap) => {
                self.record(Entry::Commanded(command));
                self.budget.set_cap(cap);
            }
            Command::SetLimits { lane, ref limits } => {
                if let Some(lane) = self.lanes.get_mut(usize::from(lane)) {
                    lane.set_limits(limits.clone(), self.now);
                    self.record(Entry::Commanded(command));
                }
            }
            Command::Doubtful(choice) => {
                self.record(Entry::Commanded(command));
                self.resolve_doubtful(choice);
                self.end_kept();
            }
        }
    }

    fn resume(&mut self) {
        // What was stopped or left out is open again: whoever resumes a finished run wants just that.
        if self.state == RunState::Finished && self.items.count(Status::Canceled) > 0 {
            self.stop_asked = false;
            self.record(Entry::Commanded(Command::Resume));
            self.reopen(Status::Canceled);
        }
        if self.state == RunState::Finished {
            return;
        }
        if std::mem::take(&mut self.storage_failed) {
            self.effects.push_back(Effect::Save { ticket: self.next_ticket - 1, records: Vec::new() });
        }
        // What was being stopped when the disk failed is stopped still, and only its records are offered again.
        if self.stop_asked {
            self.state = RunState::Stopping;
            return;
        }
        for lane in &mut self.lanes {
            lane.revive();
        }
        if self.items.count(Status::CutOff) > 0 {
            self.command(Command::Doubtful(Doubtful::SendAgain));
        }
        self.state = RunState::Running;
    }

    pub(super) fn resolve_doubtful(&mut self, choice: Doubtful) {
        if choice == Doubtful::CountAsNotBilled {
            self.budget.drop_doubtful();
        }
        let cut_off: Vec<Ordinal> = self.with_status(Status::CutOff);
        for item in cut_off {
            if choice == Doubtful::LeaveOut {
                self.items.set(item, Status::Canceled);
                self.promote_twin_of(item);
            } else {
                self.open(item);
            }
        }
    }

    pub(super) fn with_status(&self, wanted: Status) -> Vec<Ordinal> {
        if self.items.count(wanted) == 0 {
            return Vec::new();
        }
        self.items.all().filter(|(_, status)| *status == wanted).map(|(item, _)| item).collect()
    }

    /// Ended items are open again; those whose request was answered meanwhile get that answer instead.
    fn reopen(&mut self, ended: Status) {
        let items = self.with_status(ended);
        if items.is_empty() {
            return;
        }
        for item in items {
            self.record(Entry::Reopened { item });
            self.items.forget_tries(item);
            self.items.set(item, Status::Twin);
        }
        self.stop_asked = false;
        self.lead_groups();
        if matches!(self.state, RunState::Finished | RunState::Stopping) {
            self.state = RunState::Running;
        }
    }

    /// Sees to it that every group with waiting twins has one item under way, and that twins of an answered item
    /// get its answer.
    pub(super) fn lead_groups(&mut self) {
        for item in self.with_status(Status::Twin) {
            if self.items.status(item) != Status::Twin {
                continue;
            }
            let shared = self.items.group(item).find(|other| self.tally.is_shareable(*other));
            let active = self.items.group(item).any(|other| {
                use Status::*;
                matches!(self.items.status(other), Open | LookingUp | UnderWay | BackingOff | CutOff)
            });
            match shared {
                Some(source) if self.plan.use_cache => self.end(item, Ending::CopyOf(source)),
                _ if active && self.plan.use_cache => {}
                _ => self.open(item),
            }
        }
    }

    pub(super) fn open(&mut self, item: Ordinal) {
        self.items.set(item, Status::Open);
        self.queue.give_back(item);
    }

    pub(super) fn promote_twin_of(&mut self, item: Ordinal) {
        if let Some(next) = self.items.next_of_group(item) {
            self.open(next);
        }
    }

    pub(super) fn cancel_open(&mut self) {
        use Status::*;
        let open: Vec<Ordinal> = self
            .items
            .all()
            .filter(|(_, status)| matches!(status, Open | Twin | BackingOff | CutOff | LookingUp))
            .map(|(item, _)| item)
            .collect();
        for item in open {
            self.items.set(item, Canceled);
        }
        self.queue.clear(self.items.len() as u32);
    }
}
