//! What an attempt's end means: its price, an item's next step, and the lane's. The records made here are applied by the
//! book.

use crate::engine::book::{Attempt, Status, counts_as_retry};
use crate::engine::lane::{FAILURES_OF_UNPROVEN_LANE_MAX, backoff_limit_ms};
use crate::engine::run::Engine;
use crate::engine::{AttemptId, Effect, Ending, Entry, Notice, Ordinal, PauseReason, Settled, shareable};
use crate::money::Usd;
use crate::provider::{Action, Answer, Bill, Failure, FailureKind, Outcome, RateSeen};
use crate::time::Time;

/// A timeout is dear and rarely helped by another try.
const TIMEOUT_RETRIES_MAX: u8 = 1;
/// The lane waits by itself for as long as the provider asks for, up to this; a longer wait is the person's decision.
const HINT_MS_MAX: u64 = 60 * 60_000;
/// A hint may be nonsense: nothing waits longer.
const WAIT_MS_MAX: u64 = 24 * 60 * 60_000;
/// So often in a row one row asks whether the network is back; then another does, and it waits so long.
const ASKS_BY_ONE_ROW_MAX: u8 = 4;
const ANOTHER_ROW_ASKS_MS: u64 = 60_000;

/// An attempt that has ended, before its record is made.
struct Over {
    id: AttemptId,
    item: Ordinal,
    lane: u8,
    sent: Time,
    bill: Bill,
    cost: Usd,
}

impl Over {
    fn settled(&self) -> Settled {
        Settled { sent: Some(self.sent), ..Settled::of(self.id, self.item, self.bill, self.cost) }
    }
}

impl Engine {
    pub(super) fn attempt_ended(&mut self, id: AttemptId, outcome: Outcome, seen: Option<&RateSeen>) {
        let Some(attempt) = self.book.attempts().get(&id) else { return };
        self.deadlines.remove(&(attempt.deadline, id));
        let &Attempt { item, lane: index, weight, readings, reserved, .. } = attempt;
        let sent = attempt.sent.unwrap_or(self.now);
        let (Outcome::Answered { bill, .. } | Outcome::Failed { bill, .. }) = &outcome;
        let bill = self.believed(*bill, weight.input, index);
        let lane = &mut self.lanes[usize::from(index)];
        lane.ended(weight, bill, sent, self.now);
        if let Some(seen) = seen {
            lane.hear(seen, &readings, sent, self.now);
        }
        let cost = self.cost(bill, self.lanes[usize::from(index)].card(), index);
        if self.book.budget().cap().is_some() && cost > reserved {
            self.pause(PauseReason::Overshoot { by: cost - reserved });
        }
        let over = Over { id, item, lane: index, sent, bill, cost };
        match outcome {
            Outcome::Answered { answer, .. } => self.answered(&over, answer),
            Outcome::Failed { failure, .. } => self.failed(&over, failure),
        }
    }

    fn answered(&mut self, over: &Over, answer: Answer) {
        self.lanes[usize::from(over.lane)].answered(over.sent, self.now);
        self.brake(&answer, over.bill);
        let item = over.item;
        if self.asks_again(item, &answer) {
            self.commit(Entry::Settled(Settled { misfit: Some(Box::new(answer)), ..over.settled() }));
            return;
        }
        let shared = shareable(&answer);
        self.commit(Entry::Settled(Settled { ending: Some(Ending::Succeeded(answer)), ..over.settled() }));
        if shared {
            self.share(item);
        } else {
            self.promote_twin_of(item);
        }
    }

    fn failed(&mut self, over: &Over, failure: Failure) {
        let item = over.item;
        let action = failure.kind.action();
        let counts = counts_as_retry(action);
        let given_up = action == Action::EndItem || (counts && self.retries_are_used_up(item, &failure));
        let Blame { lane_stops, uncounted, away } = self.tell_lane(over, &failure, action);
        let given_up = given_up && !uncounted;
        // A re-ask that fails leaves the answer that came before it, marked.
        let kept = self.book.kept().get(&item).filter(|_| given_up || self.book.stop_asked());
        let ending = match kept {
            Some(answer) => Some(Ending::Succeeded(answer.clone())),
            None => given_up.then(|| Ending::Errored(failure.clone())),
        };
        let ended = ending.is_some();
        self.commit(Entry::Settled(Settled { ending, failure: Some(failure.clone()), uncounted, ..over.settled() }));
        if ended {
            self.promote_twin_of(item);
        } else if !self.book.stop_asked() {
            if away && !lane_stops {
                self.ask_on(item);
            } else if counts && !uncounted {
                self.back_off(item, &failure);
            }
        }
        match lane_stops {
            true if action == Action::EndItem => self.stop_lane_that_refuses_everyone(over.lane, failure),
            true => self.stop_lane(over.lane, failure),
            false => {}
        }
    }

    fn retries_are_used_up(&self, item: Ordinal, failure: &Failure) -> bool {
        let items = self.book.items();
        let tried = u32::from(items.retries(item)) + u32::from(items.timeouts(item));
        let timed_out_again = failure.kind == FailureKind::TimedOut && items.timeouts(item) >= TIMEOUT_RETRIES_MAX;
        timed_out_again || tried >= u32::from(self.book.plan().max_retries)
    }

    /// Updates the lane's health after a failure. Returns whose fault it is, and whether the lane stops.
    fn tell_lane(&mut self, over: &Over, failure: &Failure, action: Action) -> Blame {
        let now = self.now;
        let rng = &mut self.rng;
        let jitter = |limit_ms| rng.u64(0..=limit_ms);
        let ever_answered = self.book.lane(over.lane).answered;
        let lane = &mut self.lanes[usize::from(over.lane)];
        let hint_ms = failure.retry_after_ms.unwrap_or(0);
        let (proven, sent) = (lane.proven, over.sent);
        match action {
            Action::EndItem => {
                lane.refused_item();
                let spared = self.spared.contains(&over.item);
                let lane_stops = !spared
                    && !ever_answered
                    && !lane.refused_everyone()
                    && lane.refuses_everyone(over.item, failure.kind);
                // What was under way when the lane stopped is no more to blame than those that made it stop.
                let uncounted = !spared && (lane_stops || lane.refused_everyone());
                if uncounted {
                    self.spared.insert(over.item);
                }
                return Blame { lane_stops, uncounted, away: false };
            }
            Action::StopLane => {
                lane.failed(failure.kind, sent, jitter, now);
                return Blame { lane_stops: true, uncounted: true, away: false };
            }
            Action::SlowLane => {
                let fruitless = lane.refused(hint_ms.min(WAIT_MS_MAX), sent, jitter, now);
                if hint_ms > HINT_MS_MAX {
                    self.pause(PauseReason::LongWait { ms: hint_ms });
                } else if fruitless.is_hopeless() {
                    self.pause(PauseReason::OnlyRateLimits);
                }
            }
            Action::Retry | Action::StopUnprovenLane => {
                let fruitless = lane.failed(failure.kind, sent, jitter, now);
                let unproven = action == Action::StopUnprovenLane && !proven;
                let hopeless = unproven && fruitless.in_a_row >= FAILURES_OF_UNPROVEN_LANE_MAX;
                let lane_stops = hopeless || fruitless.is_hopeless();
                return Blame { lane_stops, uncounted: lane_stops || fruitless.away, away: fruitless.away };
            }
        }
        Blame::default()
    }

    fn stop_lane(&mut self, index: u8, failure: Failure) {
        let lane = &mut self.lanes[usize::from(index)];
        if lane.stopped.is_some() {
            return;
        }
        lane.stopped = Some(failure.clone());
        self.effects.push_back(Effect::Notify(Notice::LaneStopped { lane: index, failure: failure.clone() }));
        if self.lanes.iter().all(|lane| lane.stopped.is_some()) {
            self.pause(PauseReason::NoLane(failure));
        }
    }

    /// A lane that never answered refused one row after the other, so the rows aren't to blame: those that it refused
    /// are open again.
    fn stop_lane_that_refuses_everyone(&mut self, index: u8, failure: Failure) {
        let refused = self.lanes[usize::from(index)].take_refused();
        self.spared.extend(&refused);
        if !self.book.stop_asked() {
            let errored = |item: &Ordinal| self.book.items().status(*item) == Status::Errored;
            let refused = refused.into_iter().filter(errored).collect();
            self.reopen_items(refused);
        }
        self.stop_lane(index, Failure { kind: FailureKind::EveryRowRefused, ..failure });
    }

    /// The network is gone, as it seems, and this row has asked whether it is back. It asks again, so that not row after
    /// row falls into doubt; but not for ever, since it may be this very row that never gets through.
    fn ask_on(&mut self, item: Ordinal) {
        let times = match self.asking {
            Some((last, times)) if last == item => times + 1,
            _ => 1,
        };
        self.asking = Some((item, times));
        if times >= ASKS_BY_ONE_ROW_MAX {
            self.book.items_mut().back_off(item, self.now.after_ms(ANOTHER_ROW_ASKS_MS));
        }
    }

    /// Full jitter, with the provider's hint added.
    fn back_off(&mut self, item: Ordinal, failure: &Failure) {
        let items = self.book.items();
        let retries = u32::from(items.retries(item)) + u32::from(items.timeouts(item));
        let limit_ms = backoff_limit_ms(retries.saturating_sub(1));
        let wait_ms = self.rng.u64(0..=limit_ms) + failure.retry_after_ms.unwrap_or(0).min(HINT_MS_MAX);
        self.book.items_mut().back_off(item, self.now.after_ms(wait_ms));
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Default)]
struct Blame {
    lane_stops: bool,
    /// The lane's alone: the item goes back, and its retries stay what they were.
    uncounted: bool,
    /// Nothing gets through, as it seems.
    away: bool,
}

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use crate::engine::{Command, Event, LaneState, PauseReason, Plan, RunState};
    use crate::provider::{Answer, Bill, Failure, FailureKind, Outcome};

    fn refused(kind: FailureKind) -> Outcome {
        let failure =
            Failure { kind, status: Some(400), message: "use max_completion_tokens".into(), ..Failure::no_key() };
        Outcome::Failed { failure, bill: Bill::Nothing }
    }

    fn bad_request() -> Outcome {
        refused(FailureKind::BadRequest)
    }

    /// omeryasirkucuk/amx #630, promptdriven/pdd #1158.
    #[test]
    fn the_same_refusal_of_every_row_stops_a_lane_that_never_answered() {
        let mut run = Driver::new(plan(), rows(500));
        let end = run.run(|_| reply(100, bad_request()));
        let RunState::Paused(PauseReason::NoLane(failure)) = &end.state else { panic!("{:?}", end.state) };
        assert_eq!((failure.kind, &*failure.message), (FailureKind::EveryRowRefused, "use max_completion_tokens"));
        assert!((10..=25).contains(&run.sent.len()), "{} rows were sent", run.sent.len());
        assert_eq!((end.done, end.errored), (0, 0), "the rows are open again");
        let mended = run.run(|_| reply(100, fits()));
        assert_eq!((mended.succeeded, mended.errored, mended.state), (500, 0, RunState::Finished));
    }

    #[test]
    fn the_rows_stay_open_after_any_crash() {
        let mut whole = Driver::new(plan(), rows(40));
        whole.run(|_| reply(100, bad_request()));
        let mut run = Driver::new(plan(), rows(40));
        run.disk.clone_from(&whole.disk);
        run.crash();
        assert_eq!(run.progress().done, 0);
        assert_eq!(run.run(|_| reply(100, fits())).succeeded, 40);
    }

    #[test]
    fn on_a_lane_that_answered_rows_end_one_by_one() {
        let mut run = Driver::new(plan(), rows(100));
        let end = run.run(|sent| reply(100, if sent.item == 0 { fits() } else { bad_request() }));
        assert_eq!((end.succeeded, end.errored, end.state), (1, 99, RunState::Finished));

        let mut run = Driver::new(plan(), rows(100));
        let mut provider = |sent: Sent| reply(100, if sent.item < 5 { fits() } else { bad_request() });
        run.command(Command::Resume, &mut provider);
        while run.progress().succeeded < 5 {
            assert!(run.step(&mut provider));
        }
        run.crash();
        let end = run.run(provider);
        assert_eq!(
            (end.succeeded, end.errored, end.state),
            (5, 95, RunState::Finished),
            "it answered before the crash"
        );
    }

    #[test]
    fn refusals_of_different_kinds_are_the_rows_own() {
        let mut run = Driver::new(plan(), rows(100));
        let kinds = [FailureKind::BadRequest, FailureKind::ContextTooLong, FailureKind::ContentRefused];
        let end = run.run(|sent| reply(100, refused(kinds[sent.item as usize % 3])));
        assert_eq!((end.errored, end.state), (100, RunState::Finished));
    }

    #[test]
    fn rows_that_are_to_blame_after_all_end_when_they_are_refused_again() {
        let mut run = Driver::new(plan(), rows(200));
        let mut provider = |sent: Sent| reply(100, if sent.item < 40 { bad_request() } else { fits() });
        let mut resumed = 0;
        while run.run(&mut provider).state != RunState::Finished {
            resumed += 1;
            assert!(resumed <= 4, "{:?}", run.progress());
        }
        let end = run.progress();
        assert_eq!((end.succeeded, end.errored), (160, 40));
        assert!((0..40).all(|item| run.sent.iter().filter(|sent| sent.item == item).count() <= 2));
    }

    #[test]
    fn what_one_lane_refuses_another_answers() {
        let mut run = Driver::new(Plan { lanes: vec![lane_of(5), lane_of(5)], ..plan() }, rows(300));
        let end = run.run(|sent| reply(100, if sent.lane == 1 { bad_request() } else { fits() }));
        assert_eq!((end.succeeded, end.errored, end.state), (300, 0, RunState::Finished));
        assert!(matches!(&end.lanes[1].state, LaneState::Stopped(why) if why.kind == FailureKind::EveryRowRefused));
    }

    #[test]
    fn a_stop_cancels_what_a_lane_gave_back() {
        let mut run = Driver::new(plan(), rows(100));
        let mut provider = |_| reply(100, bad_request());
        run.command(Command::Resume, &mut provider);
        while run.sent.len() < 5 {
            assert!(run.step(&mut provider));
        }
        run.command(Command::Stop, &mut provider);
        while *run.engine.state() != RunState::Finished && run.step(&mut provider) {}
        let end = run.progress();
        assert_eq!((end.state, end.errored + end.canceled), (RunState::Finished, 100));
    }

    /// A browser hides a wrong key and a server that allows no web pages alike.
    #[test]
    fn a_lane_that_never_worked_sends_one_call_before_the_others() {
        let mut run = Driver::new(first_alone(), rows(100));
        let end = run.run(|_| reply(300, fails(FailureKind::Unreachable, Bill::Unknown)));
        assert!(matches!(end.state, RunState::Paused(PauseReason::NoLane(_))), "{:?}", end.state);
        assert_eq!((run.sent.len(), end.doubtful_attempts, end.errored), (3, 3, 0));
        let again = run.run(|_| reply(300, fits()));
        assert_eq!((again.succeeded, again.state), (100, RunState::Finished));
    }

    #[test]
    fn a_first_call_that_takes_its_time_holds_up_nobody_for_long() {
        let mut run = Driver::new(first_alone(), rows(15));
        run.run(|_| reply(30_000, fits()));
        let sent: Vec<u64> = run.sent.iter().map(|sent| sent.at.ms_since(START)).collect();
        assert_eq!((sent[0], sent[1], sent[14]), (0, 2_000, 2_000));
    }

    #[test]
    fn a_first_call_that_is_answered_frees_the_others_at_once() {
        for first in [fits(), bad_request(), refuses_for(0)] {
            let mut run = Driver::new(first_alone(), rows(16));
            run.run(|sent| reply(100, if sent.attempt == 1 { first.clone() } else { fits() }));
            let second = run.sent[1].at.ms_since(START);
            assert!(second < 2_000, "{second} ms after {first:?}");
        }
    }

    /// lmstudio-ai/lmstudio-bug-tracker #1057, #1347, #1170.
    #[test]
    fn a_server_whose_model_died_keeps_nearly_all_rows_open() {
        let mut run = Driver::new(Plan { lanes: vec![lane_of(4)], ..plan() }, rows(40));
        let end = run.run(|sent| match sent.item {
            0..5 => reply(200, fits()),
            _ => reply(5, fails(FailureKind::ServerError, Bill::Nothing)),
        });
        assert!(matches!(end.state, RunState::Paused(PauseReason::NoLane(_))), "{:?}", end.state);
        assert!(end.succeeded == 5 && end.errored <= 6, "{} rows failed", end.errored);
        let again = run.run(|_| reply(200, fits()));
        assert_eq!(again.succeeded + again.errored, 40);
    }

    #[test]
    fn an_imported_row_that_was_backing_off_is_not_sent_again() {
        let mut run = Driver::new(plan(), rows(4));
        let mut provider = |_| reply(10, fails(FailureKind::ServerError, Bill::Nothing));
        run.command(Command::Resume, &mut provider);
        while run.progress().backing_off < 4 {
            assert!(run.step(&mut provider));
        }
        let sent = run.sent.len();
        // The fourth row goes on failing, long enough for the others' waits to end.
        for item in 0..3 {
            run.tell(
                Event::Imported { item, answer: Answer { text: "dairy".into(), ..Answer::default() } },
                &mut provider,
            );
        }
        let end = run.run(provider);
        assert_eq!((end.succeeded, end.errored, end.state), (3, 1, RunState::Finished));
        assert!(run.sent[sent..].iter().all(|sent| sent.item == 3), "an answered row is not paid for");
    }

    #[test]
    fn a_failure_that_ends_its_row_is_no_retry_before_and_after_a_restart() {
        let mut run = Driver::new(Plan { max_retries: 0, ..plan() }, rows(1));
        let end = run.run(|_| reply(10, fails(FailureKind::ServerError, Bill::Nothing)));
        run.crash();
        assert_eq!((end.errored, end.retries, run.progress().retries), (1, 0, 0));
    }

    #[test]
    fn a_long_wait_is_waited_for_after_resume_too() {
        const HOUR_MS: u64 = 3_600_000;
        for (hint_ms, pauses) in [(HOUR_MS / 2, false), (5 * HOUR_MS, true)] {
            let mut run = Driver::new(Plan { lanes: vec![lane_of(1)], ..plan() }, rows(3));
            let mut provider = |sent: Sent| reply(10, if sent.attempt == 2 { refuses_for(hint_ms) } else { fits() });
            let first = run.run(&mut provider);
            assert_eq!(first.state == RunState::Paused(PauseReason::LongWait { ms: hint_ms }), pauses, "{first:?}");
            let end = run.run(&mut provider);
            assert_eq!(end.succeeded, 3);
            let waited_ms = run.sent[2].at.ms_since(run.sent[1].at);
            assert!(waited_ms >= hint_ms, "{waited_ms}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        const HOUR_MS: u64 = 3_600_000;
        let mut run = Driver::new(Plan { lanes: vec![lane_of(2)], ..plan() }, rows(400));
        let mut provider = |sent: Sent| match sent.item % 7 {
            0 if sent.attempt < 100 => reply(50, fails(FailureKind::ServerError, Bill::Nothing)),
            _ => reply(200, fits()),
        };
        run.command(Command::Resume, &mut provider);
        while run.progress().succeeded < 100 {
            assert!(run.step(&mut provider));
        }
        run.set_clock_back(HOUR_MS);
        let began = run.now;
        let end = run.run(&mut provider);
        assert_eq!((end.succeeded + end.errored, end.state), (400, RunState::Finished));
        assert!(run.now.ms_since(began) < 120_000, "{} ms", run.now.ms_since(began));
        // And a run that is opened again afterwards goes on as well.
        let mut run = Driver::new(Plan { lanes: vec![lane_of(2)], ..plan() }, rows(100));
        run.command(Command::Resume, &mut provider);
        while run.progress().succeeded < 20 {
            assert!(run.step(&mut provider));
        }
        run.set_clock_back(HOUR_MS);
        run.crash();
        let began = run.now;
        assert_eq!(run.run(provider).state, RunState::Finished);
        assert!(run.now.ms_since(began) < 120_000);
    }

    fn first_alone() -> Plan {
        Plan { first_call_alone: true, ..plan() }
    }

    fn lane_of(concurrency: u16) -> crate::engine::LanePlan {
        lane(crate::engine::Limits { concurrency, ..Default::default() })
    }
}
