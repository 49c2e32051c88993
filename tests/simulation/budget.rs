//! A budget that is worth ten requests, and 256 that may be in flight.

use std::collections::BTreeMap;

use pennybatch::engine::{Command, Ending, Entry, Limits, Ordinal, PauseReason, Record, RunState, Settled};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices::RateCard;
use pennybatch::provider::{FailureKind, Outcome};

use crate::drive::{self, Driven, Server};

const ROWS: u32 = 1_000;
const INPUT_TOKENS: u32 = 100;
const OUTPUT_CAP: u32 = 40;
const WORTH: u64 = 10;

fn card() -> RateCard {
    RateCard::flat(PerToken(150_000), PerToken(600_000))
}

/// The worst case of one request.
fn worst() -> Usd {
    card().worst_case(u64::from(INPUT_TOKENS) * 4, OUTPUT_CAP.into())
}

/// Uses the whole reservation, or a part of it; fails every n-th request; and keeps the books.
struct Billing {
    output: u64,
    input: u64,
    fails_one_in: u32,
    asked: u32,
    billed: Usd,
    results: BTreeMap<Ordinal, u32>,
}

impl Billing {
    fn new(input: u64, output: u64, fails_one_in: u32) -> Billing {
        Billing { output, input, fails_one_in, asked: 0, billed: Usd::ZERO, results: BTreeMap::new() }
    }
}

impl Server for Billing {
    fn answer(&mut self, item: Ordinal, _at_ms: u64) -> (u64, Outcome) {
        self.asked += 1;
        if self.fails_one_in > 0 && self.asked.is_multiple_of(self.fails_one_in) {
            return (20, drive::failed(FailureKind::ServerError));
        }
        let outcome = drive::answered(self.input, self.output);
        if let Outcome::Answered { bill: pennybatch::provider::Bill::Usage { usage, .. }, .. } = &outcome {
            self.billed += card().cost(usage, drive::START);
        }
        (u64::from(100 + item % 7), outcome)
    }

    fn saved(&mut self, records: &[Record]) {
        for record in records {
            if let Entry::Settled(Settled { item, ending: Some(Ending::Succeeded(_)), .. }) = &record.entry {
                *self.results.entry(*item).or_default() += 1;
            }
        }
    }
}

fn start() -> Driven {
    let limits = Limits { concurrency: 256, ..Limits::default() };
    let mut plan = drive::plan(limits, Some(card()), OUTPUT_CAP);
    plan.budget = Some(worst() * WORTH);
    Driven::new(plan, drive::rows(ROWS, INPUT_TOKENS))
}

#[test]
fn ten_requests_worth_of_budget_sends_ten_and_keeps_exactly_their_results() {
    let mut run = start();
    let mut server = Billing::new(u64::from(INPUT_TOKENS) * 4, OUTPUT_CAP.into(), 0);
    run.run(&mut server);
    assert_eq!(run.sent, WORTH);
    assert_eq!(server.results, (0..WORTH as u32).map(|item| (item, 1)).collect());
    let progress = run.progress();
    assert_eq!(progress.spent, worst() * WORTH);
    assert_eq!((progress.done, progress.succeeded, progress.errored, progress.canceled), (10, 10, 0, 0));
    assert_eq!(progress.state, RunState::Paused(PauseReason::Budget { needed: worst() * (WORTH + 1) }));

    // Nothing is lost: with enough money the rest goes, and nothing goes twice.
    run.command(Command::SetBudget(Some(worst() * u64::from(ROWS))));
    run.run(&mut server);
    assert_eq!(*run.engine.state(), RunState::Finished);
    assert_eq!(run.sent, u64::from(ROWS));
    assert_eq!(server.results, (0..ROWS).map(|item| (item, 1)).collect());
}

#[test]
fn answers_cheaper_than_their_worst_case_make_room_and_the_cap_holds() {
    for fails_one_in in [0, 3] {
        let mut run = start();
        let mut server = Billing::new(INPUT_TOKENS.into(), u64::from(OUTPUT_CAP) / 2, fails_one_in);
        run.run(&mut server);
        let progress = run.progress();
        assert!(matches!(progress.state, RunState::Paused(PauseReason::Budget { .. })), "{:?}", progress.state);
        assert_eq!(progress.spent, server.billed);
        assert!(server.billed <= worst() * WORTH);
        assert!(server.billed + worst() > worst() * WORTH, "one more would not have fit");
        assert_eq!(progress.errored, 0);
        assert_eq!(server.results.len() as u32, progress.succeeded);
        assert!(server.results.values().all(|times| *times == 1));
    }
}
