//! What goes now, and on which lane: the next item whose turn it is, to the lane that can send it soonest and whose
//! price the budget still covers. An item that fits only some lanes' minutes waits for these beside the queue, so
//! that it holds up nobody else.

use crate::engine::book::Status;
use crate::engine::lane::{Admission, Lanes};
use crate::engine::run::Engine;
use crate::engine::{Effect, Entry, ItemFacts, Ordinal, PauseReason, RunState, Wake, WakeReason, Weight};
use crate::money::Usd;

/// Cache look-ups under way at once.
const LOOK_UPS_MAX: u32 = 64;

/// What an item that is to go now meets.
enum Choice {
    Lane(u8, Usd),
    /// Until then, or until something under way ends.
    Wait(Option<Wake>),
    /// Nothing that could send it now is paid for by what is left: this much more would do.
    Budget(Usd),
    /// Every lane that it fits has stopped.
    None,
}

/// Why an item could not go.
enum Held {
    Wait(Option<Wake>),
    Budget(Usd),
    NoLane,
}

impl Engine {
    /// Starts whatever may start now, and notes what the next start waits for.
    pub(super) fn fill(&mut self) {
        self.blocked = None;
        self.book.items_mut().end_backoffs(self.now);
        if self.state != RunState::Running || self.book.jobs().blocks_sync() {
            return;
        }
        self.look_up();
        let mut held = self.fill_aside();
        while self.state == RunState::Running {
            let Some(item) = self.book.items_mut().next_to_send() else {
                let backoff = self.book.items().next_backoff_ends();
                self.block(backoff.map(|at| Wake { at, reason: WakeReason::Backoff }));
                break;
            };
            let facts = self.book.items().facts(item);
            let weight = self.book.plan().weight(&facts);
            let lanes = self.lanes_for(item, weight);
            if lanes != Lanes::MAX {
                self.book.items_mut().set_aside(item, lanes);
                held = self.fill_aside();
                continue;
            }
            if let Some(why) = self.try_to_begin(item, &facts, weight, lanes) {
                held.push(why);
                break;
            }
        }
        self.wait_or_pause(held);
    }

    /// Has the items that the request cache may answer looked up, so many at once.
    pub(super) fn look_up(&mut self) {
        while self.book.items().count(Status::LookingUp) < LOOK_UPS_MAX
            && let Some(item) = self.book.items_mut().next_to_look_up()
        {
            self.book.items_mut().look_up(item);
            self.effects.push_back(Effect::LookUp { item });
        }
    }

    /// Items that fit only some lanes, the first of each kind.
    fn fill_aside(&mut self) -> Vec<Held> {
        let mut held = Vec::new();
        for lanes in self.book.items().kinds_aside() {
            while let Some(item) = self.book.items().next_aside(lanes) {
                let facts = self.book.items().facts(item);
                if let Some(why) = self.try_to_begin(item, &facts, self.book.plan().weight(&facts), lanes) {
                    held.push(why);
                    break;
                }
            }
        }
        held
    }

    /// Its own lane where the lanes are compared; else the lanes whose minute holds such a request at all; every lane
    /// where it is all of them, or none: limits that were lowered on the way don't strand an item, it waits for an empty
    /// minute.
    fn lanes_for(&self, item: Ordinal, weight: Weight) -> Lanes {
        if let Some(own) = self.book.plan().own_lane(item) {
            return 1 << own;
        }
        let fit = |lanes, (index, lane): (usize, &crate::engine::lane::Lane)| match lane.fits(weight) {
            true => lanes | 1_u64.checked_shl(index as u32).unwrap_or(0),
            false => lanes,
        };
        let fitting: Lanes = self.lanes.iter().enumerate().fold(0, fit);
        let all = Lanes::MAX >> (Lanes::BITS - (self.lanes.len() as u32).clamp(1, Lanes::BITS));
        if fitting == all || fitting == 0 { Lanes::MAX } else { fitting }
    }

    fn try_to_begin(&mut self, item: Ordinal, facts: &ItemFacts, weight: Weight, lanes: Lanes) -> Option<Held> {
        self.next_weight = weight;
        match self.choose_lane(facts, weight, lanes) {
            Choice::Lane(lane, amount) => {
                self.begin(item, lane, weight, amount);
                None
            }
            Choice::Wait(wake) => Some(Held::Wait(wake)),
            Choice::Budget(needed) => Some(Held::Budget(needed)),
            Choice::None => Some(Held::NoLane),
        }
    }

    /// The lane that can send soonest; among those that can send now, the one with most free slots. A lane whose
    /// price no longer fits the budget is passed over.
    fn choose_lane(&self, facts: &ItemFacts, weight: Weight, lanes: Lanes) -> Choice {
        let mut best: Option<(u64, u8, Usd)> = None;
        let mut wake: Option<Wake> = None;
        let mut waits = false;
        let mut needed: Option<Usd> = None;
        for (index, lane) in self.lanes.iter().enumerate() {
            if lanes.checked_shr(index as u32).unwrap_or(1) & 1 == 0 {
                continue;
            }
            let admission = lane.admits(weight, self.now);
            match admission {
                Admission::Never => continue,
                Admission::Full => {
                    waits = true;
                    continue;
                }
                Admission::Now | Admission::Later(_) => {}
            }
            let amount =
                lane.card().map_or(Usd::ZERO, |card| card.worst_case(u64::from(facts.input_bound), weight.output));
            if !self.book.budget().fits(amount) {
                needed = Some(needed.map_or(amount, |least| least.min(amount)));
                continue;
            }
            if let Admission::Later(later) = admission {
                waits = true;
                wake = wake.into_iter().chain([later]).min_by_key(|wake| wake.at);
            } else if best.is_none_or(|(most, ..)| lane.free_slots_milli() > most) {
                best = Some((lane.free_slots_milli(), index as u8, amount));
            }
        }
        match (best, needed) {
            (Some((_, lane, amount)), _) => Choice::Lane(lane, amount),
            (None, _) if waits => Choice::Wait(wake),
            (None, Some(needed)) => Choice::Budget(needed),
            (None, None) => Choice::None,
        }
    }

    /// Reserves and arms one attempt.
    fn begin(&mut self, item: Ordinal, lane: u8, weight: Weight, amount: Usd) {
        self.lanes[usize::from(lane)].take(weight);
        let attempt = self.book.next_attempt();
        self.commit(Entry::Reserved { attempt, item, lane, amount });
        self.armed.push_back((self.next_ticket, attempt));
    }

    fn block(&mut self, wake: Option<Wake>) {
        self.blocked = self.blocked.into_iter().chain(wake).min_by_key(|wake| wake.at);
    }

    /// Waits for the earliest of what holds items up; pauses where only the person can help.
    fn wait_or_pause(&mut self, held: Vec<Held>) {
        let mut needed: Option<Usd> = None;
        let mut no_lane = false;
        let mut waits = false;
        for why in held {
            match why {
                Held::Wait(wake) => {
                    waits = true;
                    self.block(wake);
                }
                Held::Budget(amount) => needed = Some(needed.map_or(amount, |least| least.min(amount))),
                Held::NoLane => no_lane = true,
            }
        }
        // What is under way may turn out cheaper than its worst case and make room, and what waits goes first.
        let going = waits || self.blocked.is_some() || !self.book.attempts().is_empty() || self.book.jobs().is_live();
        if going || self.book.items().count(Status::LookingUp) > 0 {
            return;
        }
        if let Some(amount) = needed {
            self.pause(PauseReason::Budget { needed: self.book.budget().committed() + amount });
        } else if no_lane {
            let failure = self.lanes.iter().rev().find_map(|lane| lane.stopped.clone());
            self.pause(failure.map_or(PauseReason::ByPerson, PauseReason::NoLane));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::engine::batch::Rows;
    use crate::engine::testing::*;
    use crate::engine::{
        Command, Effect, Entry, Event, ItemFacts, LanePlan, LaneState, Limits, Notice, PauseReason, Plan, Record,
        RunState,
    };
    use crate::money::{PerToken, Usd};
    use crate::prices::RateCard;
    use crate::provider::{Bill, FailureKind};

    fn with_lanes(lanes: Vec<LanePlan>) -> Plan {
        Plan { lanes, ..plan() }
    }

    fn at_most(concurrency: u16) -> Limits {
        Limits { concurrency, ..Limits::default() }
    }

    fn a_minute(requests: u32) -> Limits {
        Limits { requests_per_minute: Some(requests), ..at_most(50) }
    }

    fn on_lane(run: &Driver, lane: u8) -> usize {
        run.sent.iter().filter(|sent| sent.lane == lane).count()
    }

    #[test]
    fn two_keys_send_twice_as_much_as_one() {
        let mut one = Driver::new(with_lanes(vec![lane(a_minute(60))]), rows(360));
        one.run(|_| reply(500, fits()));
        let mut two = Driver::new(with_lanes(vec![lane(a_minute(60)), lane(a_minute(60))]), rows(360));
        let end = two.run(|_| reply(500, fits()));
        let (alone_ms, together_ms) = (one.now.ms_since(START), two.now.ms_since(START));
        assert!((300_000..=304_000).contains(&alone_ms), "{alone_ms}");
        assert!((120_000..=122_000).contains(&together_ms), "{together_ms}");
        assert_eq!((end.succeeded, on_lane(&two, 0), on_lane(&two, 1)), (360, 180, 180));
        assert_eq!(end.lanes.iter().map(|lane| lane.spent).sum::<Usd>(), end.spent);
        assert_eq!(end.lanes.iter().map(|lane| lane.attempts).sum::<u64>(), end.attempts);
    }

    #[test]
    fn a_lane_that_dies_gives_its_rows_back_and_the_other_ends_the_run() {
        let mut run = Driver::new(with_lanes(vec![lane(at_most(5)), lane(at_most(5))]), rows(60));
        let end = run.run(|sent| match sent.lane {
            0 if sent.at > START.after_ms(200) => reply(50, fails(FailureKind::WrongKey, Bill::Nothing)),
            _ => reply(100, fits()),
        });
        assert_eq!((end.succeeded, end.errored, &end.state), (60, 0, &RunState::Finished));
        assert!(matches!(end.lanes[0].state, LaneState::Stopped(_)), "{:?}", end.lanes);
        assert!(run.effects.iter().any(|effect| matches!(effect, Effect::Notify(Notice::LaneStopped { lane: 0, .. }))));
        assert_eq!(end.lanes[1].state, LaneState::Ready);
    }

    #[test]
    fn a_row_that_fits_only_one_lane_goes_there_and_holds_nobody_up() {
        let small = Limits { tokens_per_minute: Some(1_000), ..at_most(50) };
        let large = Limits { tokens_per_minute: Some(5_000), ..at_most(1) };
        let plan = with_lanes(vec![lane(small), lane(large)]);
        let big = |item| ItemFacts { input_estimate: 2_000, ..row(item) };
        let facts: Vec<ItemFacts> = (0..20).map(|item| if item < 4 { big(item) } else { row(item) }).collect();
        assert_eq!(plan.too_large(&facts), None);
        let mut run = Driver::new(plan, facts);
        let end = run.run(|_| reply(100, fits()));
        assert_eq!((end.succeeded, end.state), (20, RunState::Finished));
        assert!(run.sent.iter().all(|sent| sent.item >= 4 || sent.lane == 1));
        // While the large rows wait for their lane's next minutes, the first lane has long taken the small ones.
        let last_small = run.sent.iter().filter(|sent| sent.item >= 4).map(|sent| sent.at).max();
        assert!(last_small < Some(START.after_ms(125_000)), "{last_small:?}");
        let last_big = run.sent.iter().filter(|sent| sent.item < 4).map(|sent| sent.at).max();
        assert!(last_big >= Some(START.after_ms(60_000)), "{last_big:?}");
    }

    #[test]
    fn candidates_answer_the_same_rows_each_for_itself_under_one_budget() {
        let dear = LanePlan { card: Some(RateCard::flat(PerToken(0), PerToken(1_000_000_000))), ..lane(at_most(3)) };
        let cheap = LanePlan { card: Some(RateCard::flat(PerToken(0), PerToken(1_000_000))), ..lane(at_most(3)) };
        // Ten rows for each; at worst a call costs 0.1 of a dollar on the dear lane, where it really costs a hundredth.
        let budget = Usd::from_pico(150_000_000_000);
        let plan = Plan { compare: true, budget: Some(budget), ..with_lanes(vec![dear, cheap]) };
        let mut run = Driver::new(plan, rows(20));
        let end = run.run(|_| reply(100, fits()));
        assert!(run.sent.iter().all(|sent| u32::from(sent.lane) == sent.item % 2));
        assert_eq!(on_lane(&run, 1), 10, "the cheap one comes to its end");
        assert!(end.spent + end.reserved + end.doubtful <= budget, "{end:?}");
        let dear_alone = run.sent.iter().filter(|sent| sent.lane == 0).count();
        assert!(matches!(end.state, RunState::Paused(PauseReason::Budget { .. })) && dear_alone < 10, "{end:?}");
        run.command(Command::SetBudget(Some(Usd::from_pico(i128::MAX / 2))), &mut |_| reply(100, fits()));
        assert_eq!(run.run(|_| reply(100, fits())).succeeded, 20);
    }

    #[test]
    fn a_row_that_fits_only_one_lane_is_tried_again_after_a_failure() {
        let small = Limits { tokens_per_minute: Some(1_000), ..at_most(50) };
        let large = Limits { tokens_per_minute: Some(5_000), ..at_most(1) };
        let facts = vec![ItemFacts { input_estimate: 2_000, ..row(0) }, row(1)];
        let mut run = Driver::new(with_lanes(vec![lane(small), lane(large)]), facts);
        let mut failed = false;
        let end = run.run(|sent| match sent.item == 0 && !std::mem::replace(&mut failed, true) {
            true => reply(10, fails(FailureKind::ServerError, Bill::Nothing)),
            false => reply(10, fits()),
        });
        assert_eq!((end.succeeded, end.state), (2, RunState::Finished));
    }

    #[test]
    fn a_row_that_backs_off_and_is_answered_elsewhere_is_not_sent_again() {
        let mut run = Driver::new(plan(), rows(2));
        let mut provider = |sent: Sent| match sent.item {
            0 => reply(10, fails(FailureKind::ServerError, Bill::Nothing)),
            _ => reply(50_000, fits()),
        };
        run.command(Command::Resume, &mut provider);
        assert!(run.step(&mut provider));
        let answer = crate::provider::Answer { text: "x".into(), ..Default::default() };
        run.tell(Event::Imported { item: 0, answer }, &mut provider);
        while run.step(&mut provider) {}
        assert_eq!(run.sent.iter().filter(|sent| sent.item == 0).count(), 1);
    }

    #[test]
    fn a_run_that_waits_for_nothing_says_so_and_goes_on_when_it_is_told_to() {
        let mut run = Driver::new(plan(), rows(2));
        let mut provider = |sent: Sent| reply(if sent.item == 0 { 5_000 } else { 100 }, fits());
        run.command(Command::Resume, &mut provider);
        assert!(run.step(&mut provider));
        // As a fault would leave it: an item that waits for an equal one, and none is under way.
        run.engine.book.apply(&Record { at: run.now, entry: Entry::Reopened { item: 1 } });
        while run.step(&mut provider) {}
        assert_eq!(run.engine.state(), &RunState::Paused(PauseReason::Stuck { rows: 1 }));
        assert_eq!(run.run(provider).state, RunState::Finished);
    }

    #[test]
    fn exported_rows_wait_until_the_person_says_so() {
        let mut run = Driver::new(with_lanes(vec![lane(at_most(2))]), rows(20));
        let mut provider = |_| reply(100, fits());
        run.command(Command::Resume, &mut provider);
        // The first two are under way, and stay so.
        run.command(Command::Exported(Rows::of(0..10)), &mut provider);
        assert_eq!(run.progress().exported, 8);
        while run.step(&mut provider) {}
        assert_eq!(run.progress().state, RunState::Paused(PauseReason::Exported { rows: 8 }));
        assert!(run.sent.iter().all(|sent| sent.item < 2 || sent.item >= 10));
        run.crash();
        let answer = crate::provider::Answer { text: "x".into(), ..Default::default() };
        run.tell(Event::Imported { item: 9, answer }, &mut provider);
        assert_eq!(run.progress().exported, 7);
        let asked = run.run(provider);
        assert_eq!(asked.state, RunState::Paused(PauseReason::Exported { rows: 7 }), "after a restart too");
        let end = run.run(provider);
        assert_eq!((end.succeeded, end.state), (20, RunState::Finished));
        assert!(run.sent.iter().all(|sent| sent.item != 9));
    }

    #[test]
    fn a_row_whose_only_lane_has_stopped_waits_for_the_person() {
        let small = Limits { tokens_per_minute: Some(1_000), ..at_most(5) };
        let plan = with_lanes(vec![lane(small), lane(at_most(5))]);
        let facts = (0..6).map(|item| ItemFacts { input_estimate: if item == 2 { 2_000 } else { 50 }, ..row(item) });
        let mut run = Driver::new(plan, facts.collect());
        let end = run.run(|sent| match sent.lane {
            1 => reply(10, fails(FailureKind::WrongKey, Bill::Nothing)),
            _ => reply(100, fits()),
        });
        assert_eq!(end.succeeded, 5);
        assert!(matches!(end.state, RunState::Paused(PauseReason::NoLane(_))), "{:?}", end.state);
        let end = run.run(|_| reply(100, fits()));
        assert_eq!((end.succeeded, end.state), (6, RunState::Finished));
    }

    #[test]
    fn an_item_too_large_for_every_lane_is_named_with_the_limit_that_it_passes() {
        let of = |tokens, input| Limits { tokens_per_minute: tokens, input_tokens_per_minute: input, ..at_most(5) };
        let plan = with_lanes(vec![lane(of(Some(140), None)), lane(of(None, Some(49)))]);
        let found = plan.too_large(&rows(3)).expect("150 tokens, 50 of them input");
        assert_eq!((found.item, found.tokens, found.limit), (0, 150, 140));
        assert_eq!(found.reason, crate::engine::WakeReason::TokensPerMinute);
        assert_eq!(with_lanes(vec![lane(of(Some(140), None)), lane(of(None, Some(50)))]).too_large(&rows(3)), None);
    }

    #[test]
    fn the_reservation_is_at_the_price_of_the_lane_and_a_cheaper_lane_goes_on_where_a_dear_one_cannot() {
        let dear = LanePlan { card: Some(RateCard::flat(PerToken(0), PerToken(1_000_000_000))), ..lane(at_most(9)) };
        let cheap = LanePlan { card: Some(RateCard::flat(PerToken(0), PerToken(1_000_000))), ..lane(at_most(1)) };
        // A call costs 100,000,000,000 at worst on the dear lane, and a thousandth of that on the cheap one.
        let budget = Usd::from_pico(150_000_000_000);
        let mut run = Driver::new(Plan { budget: Some(budget), ..with_lanes(vec![dear, cheap]) }, rows(30));
        let end = run.run(|_| reply(100, fits()));
        assert_eq!(end.succeeded, 30);
        assert!(end.spent <= budget);
        let reserved: BTreeSet<(u8, i128)> = run
            .disk
            .iter()
            .filter_map(|record| match record.entry {
                Entry::Reserved { lane, amount, .. } => Some((lane, amount.pico())),
                _ => None,
            })
            .collect();
        assert_eq!(reserved.into_iter().collect::<Vec<_>>(), [(0, 100_000_000_000), (1, 100_000_000)]);
    }

    #[test]
    fn the_first_request_of_a_lane_goes_alone_until_its_answer_is_there() {
        let lanes = vec![lane(at_most(10)), lane(at_most(10))];
        let mut run = Driver::new(Plan { warm_up: true, ..with_lanes(lanes) }, rows(40));
        let mut provider = |_| reply(1_000, fits());
        run.command(Command::Resume, &mut provider);
        assert_eq!(run.sent.len(), 2, "one on each lane");
        assert!(run.progress().lanes.iter().all(|lane| lane.state == LaneState::WarmingUp));
        run.step(&mut provider);
        run.step(&mut provider);
        assert_eq!(run.sent.len(), 22);
        assert_eq!(run.run(provider).succeeded, 40);
    }

    #[test]
    fn a_warm_up_that_fails_is_tried_alone_again() {
        let mut run = Driver::new(Plan { warm_up: true, ..plan() }, rows(20));
        let mut tries = 0;
        let end = run.run(|_| {
            tries += 1;
            reply(100, if tries < 3 { fails(FailureKind::ServerError, Bill::Nothing) } else { fits() })
        });
        assert_eq!(end.succeeded, 20);
        let alone: Vec<_> = run.sent.iter().take(4).map(|sent| sent.at).collect();
        assert!(alone[0] < alone[1] && alone[1] < alone[2] && alone[2] < alone[3], "{alone:?}");
        assert_eq!(run.sent[3].at, run.sent[4].at);
    }

    #[test]
    fn retries_go_between_new_rows_and_leave_no_tail() {
        let mut run = Driver::new(with_lanes(vec![lane(at_most(10))]), rows(2_000));
        // One row in three fails once, one in fifteen twice.
        let mut tries = vec![0; 2_000];
        let end = run.run(|sent| {
            let tries = &mut tries[sent.item as usize];
            *tries += 1;
            let fails_now = (*tries == 1 && sent.item % 3 == 0) || (*tries == 2 && sent.item % 15 == 0);
            reply(500, if fails_now { fails(FailureKind::ServerError, Bill::Nothing) } else { fits() })
        });
        assert_eq!((end.succeeded, end.retries), (2_000, 667 + 134));
        let last_new = run.sent.iter().position(|sent| sent.item == 1_999).expect("it was sent");
        let tail = run.sent.len() - last_new;
        assert!(tail <= 20, "{tail} of {} sends came after the last new row", run.sent.len());
        // 2,801 sends of half a second each, ten at a time, and the last backoffs.
        let took_ms = run.now.ms_since(START);
        assert!(took_ms <= 2_801 * 50 + 5_000, "{took_ms}");
    }

    #[test]
    fn minutes_without_a_network_use_up_no_row() {
        for concurrency in [1, 15] {
            let mut run = Driver::new(with_lanes(vec![lane(at_most(concurrency))]), rows(400));
            let away = START.after_ms(2_000)..START.after_ms(242_000);
            let end = run.run(|sent| match away.contains(&sent.at) {
                true => reply(5, fails(FailureKind::Unreachable, Bill::Unknown)),
                false => reply(200, fits()),
            });
            assert_eq!((end.succeeded, end.errored, &end.state), (400, 0, &RunState::Finished), "{concurrency}");
            let failed = run.sent.iter().filter(|sent| away.contains(&sent.at));
            let rows: BTreeSet<u32> = failed.clone().map(|sent| sent.item).collect();
            // Those in flight when it went, and a few that ask on for all.
            assert!(rows.len() <= usize::from(concurrency) + 6, "{} rows in doubt", rows.len());
            assert!(failed.count() <= usize::from(concurrency) * 2 + 20);
            assert!(end.retries <= u64::from(concurrency) + 2, "{} retries", end.retries);
        }
    }

    #[test]
    fn a_row_that_never_gets_through_ends_and_the_others_go_on() {
        let mut run = Driver::new(with_lanes(vec![lane(at_most(1))]), rows(50));
        let end = run.run(|sent| match sent.item {
            7 => reply(20, fails(FailureKind::Unreachable, Bill::Unknown)),
            _ => reply(200, fits()),
        });
        assert_eq!((end.succeeded, end.errored, end.state), (49, 1, RunState::Finished));
    }

    #[test]
    fn after_a_crash_what_the_network_failed_is_still_not_counted() {
        let mut run = Driver::new(with_lanes(vec![lane(at_most(1))]), rows(3));
        let mut provider = |sent: Sent| match sent.at < START.after_ms(200) {
            true => reply(100, fits()),
            false => reply(5, fails(FailureKind::Unreachable, Bill::Unknown)),
        };
        run.command(Command::Resume, &mut provider);
        while run.now < START.after_ms(100_000) || run.progress().in_flight > 0 {
            assert!(run.step(&mut provider));
        }
        let before = run.progress();
        run.crash();
        let after = run.progress();
        assert_eq!((after.retries, after.doubtful), (before.retries, before.doubtful));
        assert_eq!(run.run(|_| reply(100, fits())).errored, 0);
    }
}
