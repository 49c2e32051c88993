//! Answers that don't fit their format are asked for again: each re-ask is an attempt like any other, with a
//! reservation and a bill of its own, and bypasses the cache. What was paid for is kept until a better answer comes,
//! and is what the item ends with, marked, where none does: after the last re-ask, a re-ask that fails for good, or a
//! stop. Twins wait until an answer fits, or until the last re-ask; then the next of them goes.

use crate::engine::book::Status;
use crate::engine::record::{shareable, worth_asking_again};
use crate::engine::run::Engine;
use crate::engine::{Ending, Entry, Ordinal, RunState};
use crate::provider::Answer;

impl Engine {
    pub(super) fn asks_again(&self, item: Ordinal, answer: &Answer) -> bool {
        let left = self.book.items().reasks(item) < self.book.plan().reasks;
        worth_asking_again(answer) && !self.book.stop_asked() && left
    }

    /// The person wants another answer than the one that the item ended with.
    pub(super) fn ask_again(&mut self, item: Ordinal, answer: Answer) {
        let items = self.book.items();
        if !items.knows(item) || items.status(item) != Status::Succeeded || shareable(&answer) {
            return;
        }
        self.commit(Entry::AskedAgain { item, answer });
        self.lead_group_of(item);
        if matches!(self.state, RunState::Finished | RunState::Stopping) {
            self.state = RunState::Running;
        }
    }

    /// Items that were being asked again and are not going to be any more end with the answer that there is.
    pub(super) fn end_kept(&mut self) {
        let canceled = |item: &Ordinal| self.book.items().status(*item) == Status::Canceled;
        let kept = self.book.kept().iter().filter(|(item, _)| canceled(item));
        let ended: Vec<(Ordinal, Answer)> = kept.map(|(item, answer)| (*item, answer.clone())).collect();
        for (item, answer) in ended {
            self.commit(Entry::Ended { item, ending: Ending::Succeeded(answer) });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use crate::engine::{Command, Entry, Event, Plan, Progress, Record, RunState, Settled};
    use crate::money::Usd;
    use crate::provider::{Answer, Bill, FailureKind, Finish};

    const MISFIT: Option<&str> = Some("not one of the labels");

    fn asked(reasks: u8) -> Plan {
        Plan { reasks, ..plan() }
    }

    fn settled(disk: &[Record]) -> Usd {
        let costs = disk.iter().map(|record| match &record.entry {
            Entry::Settled(settled) => settled.cost,
            _ => Usd::ZERO,
        });
        costs.sum()
    }

    /// The items' answers as the records tell them.
    fn answers(disk: &[Record]) -> Vec<(u32, Answer)> {
        let ended = disk.iter().filter_map(|record| match &record.entry {
            Entry::Settled(Settled { item, ending: Some(ending), .. }) | Entry::Ended { item, ending } => {
                Some((*item, ending.clone()))
            }
            _ => None,
        });
        let answers = ended.filter_map(|(item, ending)| match ending {
            crate::engine::Ending::Succeeded(answer) => Some((item, answer)),
            _ => None,
        });
        answers.collect()
    }

    #[test]
    fn an_answer_that_does_not_fit_is_asked_for_again_and_every_ask_is_billed() {
        let mut run = Driver::new(asked(2), rows(1));
        let mut asks = 0;
        let end = run.run(|_| {
            asks += 1;
            reply(100, answer(Finish::Stop, if asks < 3 { MISFIT } else { None }))
        });
        assert_eq!((asks, end.succeeded, end.misfits, end.reasked, end.retries), (3, 1, 0, 2, 0));
        let one = Usd::from_pico(50 * 1_000_000 + 10 * 4_000_000);
        assert_eq!((end.spent, settled(&run.disk)), (one * 3, one * 3));
    }

    #[test]
    fn a_person_asks_again_and_keeps_what_there_is_until_a_better_answer_comes() {
        let misfit = || Answer { text: "yes".into(), misfit: MISFIT.map(str::to_owned), ..Answer::default() };
        let again = |item| Event::AskAgain { item, answer: misfit() };
        let mut run = Driver::new(plan(), rows(3));
        let end = run.run(|sent| reply(100, answer(Finish::Stop, if sent.item < 2 { MISFIT } else { None })));
        assert_eq!((end.succeeded, end.misfits, &end.state), (3, 2, &RunState::Finished));
        let mut provider = |sent: Sent| match sent.item {
            0 => reply(100, fits()),
            _ => reply(100, fails(FailureKind::BadRequest, Bill::Nothing)),
        };
        run.tell(again(0), &mut provider);
        run.tell(again(1), &mut provider);
        // What fits is not asked again.
        run.tell(Event::AskAgain { item: 2, answer: Answer { misfit: None, ..misfit() } }, &mut provider);
        run.crash();
        assert_eq!(run.progress().succeeded, 1);
        let end = run.run(provider);
        assert_eq!((end.succeeded, end.errored, end.misfits, end.state), (3, 0, 1, RunState::Finished));
        assert_eq!(answers(&run.disk).iter().filter(|(item, _)| *item == 1).count(), 2);
    }

    #[test]
    fn after_the_last_the_answer_is_kept_and_marked() {
        let mut run = Driver::new(asked(2), rows(2));
        let end = run.run(|_| reply(100, answer(Finish::Stop, MISFIT)));
        assert_eq!((run.sent.len(), end.succeeded, end.misfits, end.reasked), (6, 2, 2, 4));
        assert!(answers(&run.disk).iter().all(|(_, answer)| answer.misfit.is_some()));
    }

    #[test]
    fn twins_wait_for_the_answer_that_fits() {
        let mut run = Driver::new(asked(2), vec![row(0), row(0), row(0)]);
        let mut asks = 0;
        let end = run.run(|_| {
            asks += 1;
            reply(100, answer(Finish::Stop, if asks == 1 { MISFIT } else { None }))
        });
        assert_eq!((asks, end.succeeded, end.cache_hits, end.misfits), (2, 3, 2, 0));
    }

    #[test]
    fn after_the_last_the_next_twin_is_asked_for_itself() {
        let mut run = Driver::new(asked(1), vec![row(0), row(0), row(0)]);
        let mut asks = 0;
        let end = run.run(|_| {
            asks += 1;
            reply(100, answer(Finish::Stop, if asks <= 2 { MISFIT } else { None }))
        });
        assert_eq!((asks, end.succeeded, end.cache_hits, end.misfits), (3, 3, 1, 1));
        assert_eq!(run.sent.iter().map(|sent| sent.item).collect::<Vec<_>>(), [0, 0, 1]);
    }

    #[test]
    fn cut_and_filtered_answers_are_never_paid_for_again() {
        for finish in [Finish::Length, Finish::ContentFilter] {
            let mut run = Driver::new(asked(5), rows(1));
            let end = run.run(|_| reply(100, answer(finish, MISFIT)));
            assert_eq!((run.sent.len(), end.succeeded, end.misfits, end.reasked), (1, 1, 1, 0), "{finish:?}");
        }
    }

    #[test]
    fn an_answer_that_could_not_be_checked_is_not_paid_for_again() {
        let mut run = Driver::new(asked(5), rows(1));
        let end = run.run(|_| reply(100, answer(Finish::Stop, Some("could not be checked: no validator"))));
        assert_eq!((run.sent.len(), end.succeeded, end.misfits, end.reasked), (1, 1, 1, 0));
    }

    #[test]
    fn a_re_ask_that_fails_for_good_leaves_the_answer_before_it() {
        let mut run = Driver::new(asked(2), rows(1));
        let mut asks = 0;
        let end = run.run(|_| {
            asks += 1;
            let outcome = match asks {
                1 => answer(Finish::Stop, MISFIT),
                _ => fails(FailureKind::BadRequest, Bill::Nothing),
            };
            reply(100, outcome)
        });
        assert_eq!((asks, end.succeeded, end.errored, end.misfits), (2, 1, 0, 1));
        assert_eq!(answers(&run.disk).len(), 1);
    }

    fn stopped_between_two_asks() -> (Driver, Progress) {
        let mut run = Driver::new(asked(3), rows(1));
        let mut provider = |_| reply(100, answer(Finish::Stop, MISFIT));
        run.command(Command::Resume, &mut provider);
        run.step(&mut provider);
        assert_eq!(run.progress().reasked, 1);
        run.command(Command::Stop, &mut provider);
        while *run.engine.state() != RunState::Finished && run.step(&mut provider) {}
        let end = run.progress();
        (run, end)
    }

    #[test]
    fn a_stop_between_two_asks_loses_nothing_that_was_paid_for() {
        let (run, end) = stopped_between_two_asks();
        assert_eq!((run.sent.len(), end.succeeded, end.canceled, end.misfits), (2, 1, 0, 1));
    }

    #[test]
    fn from_any_prefix_of_the_records_the_asks_go_on_being_counted() {
        let mut whole = Driver::new(asked(2), rows(1));
        whole.run(|_| reply(100, answer(Finish::Stop, MISFIT)));
        for cut in 0..=whole.disk.len() {
            let mut run = Driver::new(asked(2), rows(1));
            run.disk = whole.disk[..cut].to_vec();
            run.crash();
            let end = run.run(|_| reply(100, answer(Finish::Stop, MISFIT)));
            let again = u64::from(end.doubtful_attempts);
            assert_eq!((end.succeeded, end.misfits, end.reasked), (1, 1, 2), "{cut} records");
            assert_eq!(end.attempts, 3 + again, "{cut} records");
            assert_eq!(end.spent, settled(&run.disk), "{cut} records");
            assert_eq!(answers(&run.disk).len(), 1, "{cut} records");
        }
    }

    #[test]
    fn a_run_that_was_cut_off_while_it_stopped_keeps_what_was_paid_for() {
        let (whole, _) = stopped_between_two_asks();
        let stop = whole.disk.iter().position(|record| matches!(record.entry, Entry::Commanded(Command::Stop)));
        for cut in stop.expect("it was stopped")..=whole.disk.len() {
            let mut run = Driver::new(asked(3), rows(1));
            run.disk = whole.disk[..cut].to_vec();
            run.crash();
            let mut provider = |_| reply(100, fits());
            run.command(Command::Stop, &mut provider);
            assert_eq!((run.progress().succeeded, run.progress().misfits), (1, 1), "{cut} records");
            assert_eq!(answers(&run.disk).len(), 1, "{cut} records");
        }
    }
}
