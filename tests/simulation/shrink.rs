//! From a seed that fails to the shortest history that still fails: parts of its world are taken away one by one, as
//! long as the same invariant breaks. No chance is left to chance: the same seed gives the same history.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::report::Report;
use crate::scenario::{Person, Scenario};
use crate::world::World;

/// Worlds with the same parts and other dice, tried before a part is found to be needed.
const DICE_TRIED: u64 = 12;
/// Dice tried for the shortest history at the end.
const DICE_TRIED_LAST: u64 = 200;
/// Steps of all worlds that are tried together: a world without an end takes many.
const STEPS_MAX: u64 = 3_000_000;

pub struct Shortest {
    pub scenario: Scenario,
    dice: u64,
    pub broken: String,
    pub history: Vec<String>,
}

/// The first word of what a checker says.
pub fn invariant(broken: &str) -> &str {
    broken.split(':').next().unwrap_or(broken)
}

pub fn run(seed: u64, scenario: &Scenario) -> Result<Report, String> {
    World::new(seed, scenario).run()
}

/// The smallest world in which `breaks` says the same of its run, and the shortest history in it. `breaks` is given
/// how a run ended, and says what was wrong with it.
pub fn shortest(seed: u64, scenario: &Scenario, breaks: impl Fn(Result<Report, String>) -> Option<String>) -> Shortest {
    let steps_left = Cell::new(STEPS_MAX);
    let fails = |dice: u64, scenario: &Scenario| {
        let mut world = World::new(dice, scenario).with_history();
        let broken = breaks(world.run());
        steps_left.set(steps_left.get().saturating_sub(world.steps()));
        broken.map(|broken| Shortest { scenario: scenario.clone(), broken, dice, history: world.history() })
    };
    let Some(mut best) = fails(seed, scenario) else {
        return Shortest { scenario: scenario.clone(), broken: String::new(), dice: seed, history: Vec::new() };
    };
    let wanted = invariant(&best.broken).to_owned();
    let the_same = |found: &Shortest| invariant(&found.broken) == wanted && steps_left.get() > 0;
    while let Some(found) = smaller(&best.scenario).into_iter().find_map(|smaller| {
        let dice = std::iter::once(best.dice).chain(seed..seed + DICE_TRIED).take_while(|_| steps_left.get() > 0);
        dice.filter_map(|dice| fails(dice, &smaller)).find(the_same)
    }) {
        best = found;
    }
    for dice in seed..seed + DICE_TRIED_LAST {
        let found = if steps_left.get() > 0 { fails(dice, &best.scenario) } else { None };
        if let Some(found) = found.filter(&the_same)
            && found.history.len() < best.history.len()
        {
            best = found;
        }
    }
    best
}

/// Every way to take one part away, the largest first.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let mut ways = Vec::new();
    let mut way = |change: &dyn Fn(&mut Scenario) -> bool| {
        let mut changed = scenario.clone();
        if change(&mut changed) {
            ways.push(changed);
        }
    };
    for part in [2, 3, 4, 6, 8, 12, 20, 50] {
        let (items, fewer) = (scenario.facts.len(), scenario.facts.len() / part);
        way(&|it| fewer > 0 && leave_out(it, 0, fewer));
        way(&|it| fewer > 0 && leave_out(it, items - fewer, items));
    }
    (0..scenario.facts.len()).for_each(|item| way(&|it| leave_out(it, item, item + 1)));
    for lane in (1..scenario.plan.lanes.len()).rev() {
        way(&|it| leave_out_lane(it, lane));
    }
    for fault in 0..scenario.faults.clone().each().len() {
        way(&|it| std::mem::take(it.faults.each()[fault]) > 0);
    }
    way(&|it| std::mem::take(&mut it.crashes.one_in) > 0);
    way(&|it| {
        it.crashes.most > 1 && {
            it.crashes.most /= 2;
            true
        }
    });
    way(&|it| it.crashes.cut.take().is_some());
    way(&|it| std::mem::replace(&mut it.person, Person::Patient) != Person::Patient);
    (0..scenario.weather.len()).for_each(|place| {
        way(&|it| {
            it.weather.remove(place);
            true
        })
    });
    (0..scenario.lanes_die.len()).for_each(|place| {
        way(&|it| {
            it.lanes_die.remove(place);
            true
        })
    });
    way(&|it| {
        let some = it.refusers.iter().any(Option::is_some);
        it.refusers.clear();
        some
    });
    way(&|it| std::mem::take(&mut it.headers));
    way(&|it| std::mem::take(&mut it.late_wakes));
    way(&|it| it.clock_falls.take().is_some());
    way(&|it| std::mem::take(&mut it.jitter_ms) > 0);
    way(&|it| std::mem::take(&mut it.cached_percent) > 0);
    way(&|it| std::mem::take(&mut it.latency.tail_one_in) > 0);
    way(&|it| std::mem::take(&mut it.disk.save_ms_max) > 0);
    way(&|it| std::mem::take(&mut it.disk.fails) > 0);
    way(&|it| it.disk.full_at.take().is_some());
    way(&|it| std::mem::take(&mut it.disk.group_commit));
    way(&|it| it.plan.budget.take().is_some());
    way(&|it| std::mem::take(&mut it.plan.reasks) > 0);
    way(&|it| std::mem::take(&mut it.plan.max_retries) > 0);
    way(&|it| it.facts.iter_mut().map(|facts| std::mem::take(&mut facts.maybe_cached)).fold(false, |any, it| any | it));
    for lane in 0..scenario.plan.lanes.len() {
        way(&|it| it.plan.lanes[lane].limits.requests_per_minute.take().is_some());
        way(&|it| it.plan.lanes[lane].limits.tokens_per_minute.take().is_some());
        way(&|it| it.plan.lanes[lane].limits.input_tokens_per_minute.take().is_some());
        way(&|it| it.plan.lanes[lane].limits.output_tokens_per_minute.take().is_some());
        way(&|it| it.plan.lanes[lane].limits.requests_per_day.take().is_some());
    }
    ways
}

/// Takes rows away; equal rows stay equal, under the first that is left.
fn leave_out(scenario: &mut Scenario, from: usize, to: usize) -> bool {
    if scenario.facts.len() <= to - from {
        return false;
    }
    scenario.facts.drain(from..to);
    let mut first = BTreeMap::new();
    for (item, facts) in scenario.facts.iter_mut().enumerate() {
        facts.leader = *first.entry(facts.leader).or_insert(item as u32);
    }
    true
}

fn leave_out_lane(scenario: &mut Scenario, lane: usize) -> bool {
    scenario.plan.lanes.remove(lane);
    if lane < scenario.refusers.len() {
        scenario.refusers.remove(lane);
    }
    let gone = lane as u8;
    scenario.weather.retain(|weather| weather.lane != Some(gone));
    scenario.lanes_die.retain(|dies| dies.lane != gone);
    for dies in scenario.lanes_die.iter_mut().filter(|dies| dies.lane > gone) {
        dies.lane -= 1;
    }
    true
}
