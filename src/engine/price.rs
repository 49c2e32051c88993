//! What a call cost, as far as its answer can be believed.

use crate::engine::run::Engine;
use crate::money::Usd;
use crate::prices::RateCard;
use crate::provider::Bill;

/// Usage of fewer input tokens than one in so many of the estimate can't be of this call, where that has as many at all.
const IMPLAUSIBLE_SHARE: u64 = 10;
const IMPLAUSIBLE_FROM_TOKENS: u64 = 100;

impl Engine {
    /// What a call cost. A price that its server states counts where the provider documents that it does; elsewhere it
    /// doesn't lower the known price of a run with a budget.
    pub(super) fn cost(&self, bill: Bill, card: Option<&RateCard>, lane: u8) -> Usd {
        let Bill::Usage { usage, stated_cost } = bill else { return Usd::ZERO };
        let by_card = card.map(|card| card.cost(&usage, self.clock()));
        let documented = self.book.plan().lanes.get(usize::from(lane)).is_some_and(|lane| lane.documents_cost);
        let capped = self.book.budget().cap().is_some();
        match (stated_cost, by_card) {
            (Some(stated), Some(by_card)) if capped && !documented => stated.max(by_card),
            (Some(cost), _) | (None, Some(cost)) => cost,
            (None, None) => Usd::ZERO,
        }
    }

    /// Usage that can't be of this call tells nothing of its price.
    pub(super) fn believed(&self, bill: Bill, input_estimate: u64, lane: u8) -> Bill {
        let Bill::Usage { usage, .. } = bill else { return bill };
        let priced = self.lanes[usize::from(lane)].card().is_some_and(|card| card.worst_case(1_000, 1_000) > Usd::ZERO);
        let long = input_estimate >= IMPLAUSIBLE_FROM_TOKENS;
        if priced && long && usage.input * IMPLAUSIBLE_SHARE < input_estimate { Bill::Unknown } else { bill }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use crate::engine::{ItemFacts, LanePlan, Limits, Plan};
    use crate::money::Usd;
    use crate::provider::{Answer, Bill, Finish, Outcome, Usage};

    fn costs(stated: Option<i128>, input: u64) -> Outcome {
        let usage = Usage { input, output: 10, ..Usage::default() };
        let bill = Bill::Usage { usage, stated_cost: stated.map(Usd::from_pico) };
        Outcome::Answered { answer: Answer { text: "yes".into(), finish: Finish::Stop, ..Answer::default() }, bill }
    }

    /// By the card, a call of 50 tokens and 10 costs 90,000,000.
    #[test]
    fn a_server_s_own_price_lowers_that_of_a_run_with_a_budget_only_where_it_is_documented() {
        let by_card = 90_000_000;
        let budget = Some(Usd::from_pico(100_000_000_000));
        for (documents_cost, budget, stated, expected) in [
            (false, budget, Some(0), by_card),
            (false, budget, Some(2 * by_card), 2 * by_card),
            (true, budget, Some(7), 7),
            (false, None, Some(7), 7),
            (false, budget, None, by_card),
        ] {
            let lane = LanePlan { documents_cost, ..lane(Limits::default()) };
            let mut run = Driver::new(Plan { lanes: vec![lane], budget, ..plan() }, rows(1));
            let end = run.run(|_| reply(10, costs(stated, 50)));
            assert_eq!(end.spent.pico(), expected, "{documents_cost} {stated:?}");
        }
    }

    #[test]
    fn usage_that_cannot_be_of_this_call_leaves_it_in_doubt() {
        let long = vec![ItemFacts { input_estimate: 1_000, input_bound: 4_000, ..row(0) }];
        let mut run = Driver::new(plan(), long.clone());
        let end = run.run(|_| reply(10, costs(None, 1)));
        assert_eq!((end.succeeded, end.doubtful_answers, end.spent), (1, 1, Usd::ZERO));
        assert_eq!(end.doubtful.pico(), 4_000 * 1_000_000 + 100 * 4_000_000, "its whole reservation");
        let mut run = Driver::new(plan(), long);
        assert_eq!(run.run(|_| reply(10, costs(None, 600))).doubtful_attempts, 0);
    }
}
