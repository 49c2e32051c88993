//! What this browser keeps: its runs, its storage and the request cache.

use std::rc::Rc;

use crate::link::{RunState, RunSummary, StorageFacts, ToPage, ToWorker};
use crate::ui::store::{DeskAction, OpenRun, Part};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// `None` until the worker's first word.
    pub storage: Option<StorageFacts>,
    pub runs: Rc<Vec<RunSummary>>,
    /// How many answers the request cache had when it was cleared.
    pub cache_cleared: Option<u32>,
}

impl Part for History {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Heard(ToPage::Ready { storage, runs }) => {
                self.storage = Some(storage.clone());
                self.runs = Rc::new(runs.clone());
            }
            DeskAction::Heard(ToPage::Runs(runs)) => self.runs = Rc::new(runs.clone()),
            DeskAction::Heard(ToPage::CacheCleared { answers }) => self.cache_cleared = Some(*answers),
            DeskAction::Asked(ToWorker::ClearCache) => self.cache_cleared = None,
            _ => {}
        }
    }
}

impl History {
    /// Runs that were cut off or paused, newest first.
    pub fn unfinished(&self) -> Vec<&RunSummary> {
        let mut runs: Vec<&RunSummary> = self.runs.iter().filter(|run| !run.finished).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.started));
        runs
    }

    /// The list was made before the open run went on; the page knows where that stands now.
    pub fn note(&mut self, open: &OpenRun) {
        let mut runs = (*self.runs).clone();
        for run in runs.iter_mut().filter(|run| run.run == open.run) {
            run.done = open.progress.done;
            run.errored = open.progress.errored;
            run.canceled = open.progress.canceled;
            run.finished = open.progress.state == RunState::Finished;
            run.spent = open.progress.spent;
            run.doubtful = open.progress.doubtful;
            run.doubtful_attempts = open.progress.doubtful_attempts;
        }
        self.runs = Rc::new(runs);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::Provider;
    use crate::money::Usd;
    use crate::time::Time;
    use crate::ui::store::fixtures::{heard, opened, progress, usd};
    use crate::ui::store::{Desk, DeskAction};

    #[test]
    fn a_run_that_is_left_stands_in_the_list_as_it_is_now() {
        let run = |run: &str| RunSummary {
            run: run.to_owned(),
            name: "movies.csv".to_owned(),
            provider: Provider::Demo,
            model: "gpt-4o-mini".to_owned(),
            started: Time(1),
            total: 5_000,
            done: 0,
            errored: 0,
            canceled: 0,
            finished: false,
            spent: Usd::ZERO,
            doubtful: Usd::ZERO,
            doubtful_attempts: 0,
            busy: false,
            notes: Vec::new(),
        };
        let desk = Desk::default().after(&heard(ToPage::Runs(vec![run("a"), run("b")]))).after(&opened("a"));
        let left = desk.after(&DeskAction::LeaveRun);
        let now = RunSummary { done: progress().done, errored: progress().errored, spent: usd("0.0081"), ..run("a") };
        assert_eq!(*left.history.runs, [now, run("b")]);
    }
}
