//! The decision guide: what is recommended, why, and what is noted beside the numbers.

use pennybatch::estimate::{Estimate, Way, Workload, decision_path};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices;

use crate::{NOW, of, plain};

const HOUR_MS: u64 = 3_600_000;

fn way(calls: u64, model: &str) -> Way {
    of(&plain(calls, 250, 50), model).recommendation.way
}

#[track_caller]
fn says(lines: &[String], words: &str) {
    assert!(lines.iter().any(|line| line.contains(words)), "nothing says {words:?}: {lines:#?}");
}

#[test]
fn the_number_of_calls_decides_first() {
    for (calls, expected) in [
        (1, Way::Sequential),
        (99, Way::Sequential),
        (100, Way::Async),
        (1_000, Way::Async),
        (50_000, Way::Async),
        (50_001, Way::BatchApi),
    ] {
        assert_eq!(way(calls, "gpt-4o-mini"), expected, "{calls} calls");
    }
    // Without a Batch API: several lanes.
    let lanes = of(&plain(60_000, 250, 50), "deepseek-flash").recommendation;
    assert_eq!(lanes.way, Way::Async);
    says(&lanes.reasons, "several keys or servers");
}

#[test]
fn one_call_is_told_of_as_one() {
    let one = of(&plain(1, 250, 50), "gpt-4o-mini");
    assert_eq!(one.recommendation.reasons[0], "1 call takes 2 s.");
    assert!(one.binding.sentence.starts_with("There is only 1 call"), "{}", one.binding.sentence);
    let few = of(&plain(50, 250, 50), "gpt-4o-mini");
    assert_eq!(few.recommendation.reasons[0], "One after another, 50 calls take 1.7 min.");
}

#[test]
fn a_deadline_decides_between_async_and_batch() {
    let with =
        |calls, deadline_ms| of(&Workload { deadline_ms: Some(deadline_ms), ..plain(calls, 250, 50) }, "gpt-4o-mini");
    assert_eq!(with(5_000, 24 * HOUR_MS).recommendation.way, Way::BatchApi);
    let between = with(5_000, 6 * HOUR_MS).recommendation;
    assert_eq!(between.way, Way::Async);
    says(&between.reasons, "too short for a batch job");
    assert!(!between.reasons.iter().any(|reason| reason.contains("Flex")), "this model has no flex price");
    // 5,000 * (250 * 0.625 + 50 * 5) at the flex price.
    let flex = of(&Workload { deadline_ms: Some(6 * HOUR_MS), ..plain(5_000, 250, 50) }, "gpt-5");
    says(&flex.recommendation.reasons, "Flex processing costs $2.03 without a wait of 24 hours");
    // 50 calls one after another take 100 s.
    assert_eq!(with(50, 60_000).recommendation.way, Way::Async);
    assert_eq!(with(50, 200_000).recommendation.way, Way::Sequential);
    assert_eq!(with(80_000, 12 * HOUR_MS).recommendation.way, Way::Async);
}

#[test]
fn a_deadline_out_of_reach_tells_what_would_reach_it() {
    let late = of(&Workload { deadline_ms: Some(60_000), ..plain(3_000, 250, 50) }, "gpt-4o-mini").recommendation;
    assert!(late.headline.starts_with("Nothing meets your deadline"), "{}", late.headline);
    // 60 s are 30 rounds of 2 s: 100 calls in each.
    says(&late.reasons, "With 100 parallel calls");
    let limited = Workload { deadline_ms: Some(60_000), requests_per_minute: Some(600), ..plain(3_000, 250, 50) };
    says(&of(&limited, "gpt-4o-mini").recommendation.reasons, "More is faster, up to 20");
}

#[test]
fn a_budget_shows_both_totals() {
    let with = |budget: &str| {
        let workload = Workload { budget: Usd::parse(budget), ..plain(1_000, 1_000, 100) };
        of(&workload, "gpt-4o").recommendation
    };
    // gpt-4o: 3.50, its batch 1.75.
    let enough = with("5");
    assert_eq!(enough.way, Way::Async);
    says(&enough.reasons, "leaves $1.50 of your budget of $5.00");
    assert_eq!(with("2").way, Way::BatchApi);
    let short = with("1");
    assert!(short.headline.starts_with("Your budget doesn't cover"), "{}", short.headline);
    says(&short.reasons, "even if every call is sent twice, against $3.50 here");
}

#[test]
fn the_headline_carries_this_workloads_numbers() {
    let advice = of(&Workload::default(), "gpt-4o-mini").recommendation;
    assert_eq!(
        advice.headline,
        "Run the calls in parallel (15 at a time) and save each answer as it arrives: $0.304, 7.5 min."
    );
    says(&advice.reasons, "The Batch API would save $0.152 if you can wait up to 24 hours.");
    says(
        &advice.reasons,
        "Assumes that 10% of your calls repeat an earlier one: your cache answers those and saves $0.0338.",
    );
    let batch = of(&plain(100_000, 250, 50), "gpt-4o-mini").recommendation;
    assert_eq!(batch.headline, "Use the Batch API: $3.38, < 24 hours.");
}

#[test]
fn requests_that_bind_while_tokens_are_free_call_for_larger_requests() {
    let workload =
        Workload { requests_per_minute: Some(60), tokens_per_minute: Some(2_000_000), ..plain(5_000, 250, 50) };
    says(&of(&workload, "gpt-4o-mini").recommendation.reasons, "send several items per request");
}

#[test]
fn a_batch_that_forgoes_the_cache_is_recommended_with_what_it_depends_on() {
    let workload = Workload { shared_prefix_tokens: 2_000, ..plain(100_000, 2_100, 10) };
    // Its batch has no cache, and costs less than Async without hits, more than Async with them.
    let estimate = of(&workload, "gpt-4.1-mini");
    assert!(estimate.batch.as_ref().unwrap().cost > estimate.concurrent.cost);
    assert_eq!(estimate.recommendation.way, Way::BatchApi);
    assert!(
        estimate.recommendation.reasons[0].starts_with("Which is cheaper isn't sure: Async costs $"),
        "{estimate:#?}"
    );
}

/// Async costs $1.07 at best, and $4.00 where the cache serves no call.
#[test]
fn a_budget_within_the_range_may_be_too_small_and_one_below_it_is() {
    let shared = Workload { shared_prefix_tokens: 10_000, warm_up: true, ..plain(1_000, 10_000, 1) };
    for (budget, answer, on_the_path, headline, reason) in [
        (
            "1.5",
            "perhaps not",
            "$1.07–$4.00 may be more than $1.50.",
            "Your budget may not cover this. Async would cost $1.07–$4.00.",
            "Your budget of $1.50 may be too small, by up to $2.50.",
        ),
        (
            "0.5",
            "no",
            "$1.07–$4.00 is more than $0.50.",
            "Your budget doesn't cover this. Async would cost $1.07–$4.00.",
            "Your budget of $0.50 is $0.566 to $3.50 too small.",
        ),
    ] {
        let workload = Workload { budget: Usd::parse(budget), ..shared.clone() };
        let path = decision_path(&workload, prices::find("gpt-4.1-mini").unwrap(), NOW);
        let taken = path[2].branches.iter().find(|branch| branch.taken).map(|branch| branch.answer.as_str());
        assert_eq!((taken, path[2].reason.as_str()), (Some(answer), on_the_path));
        let recommendation = of(&workload, "gpt-4.1-mini").recommendation;
        assert_eq!(recommendation.headline, headline);
        says(&recommendation.reasons, reason);
    }
}

#[test]
fn the_notes_tell_what_the_numbers_rest_on() {
    let notes = |estimate: Estimate| [estimate.warnings, estimate.notes].concat();
    assert_eq!(notes(of(&Workload::default(), "gpt-6-luna")).len(), 1, "times are ideal");
    let shared = Workload { shared_prefix_tokens: 2_000, ..plain(1_000, 3_000, 100) };
    says(&notes(of(&shared, "gpt-4o-mini")), "1,920 tokens of each call are cached");
    says(
        &notes(of(&shared, "gpt-4o-mini")),
        "In a batch job, cached tokens of this model cost as much as fresh input.",
    );
    says(&notes(of(&shared, "claude-opus-5")), "with as many as providers report at best it would cost");
    says(&notes(of(&shared, "deepseek-flash")), "no source states a minimum");
    let short = Workload { shared_prefix_tokens: 1_000, ..plain(1_000, 3_000, 100) };
    says(&notes(of(&short, "deepseek-flash")), "(assumed: no source states it)");
    says(&notes(of(&shared, "mistral-large-4")), "carry a prompt cache key, and promises no hit");
    says(&notes(of(&shared, "mistral-large-4")), "Pennybatch's runs send one.");
    says(&notes(of(&shared, "deepseek-flash")), "01:00-04:00 or 06:00-10:00 UTC");
    says(&notes(of(&shared, "command-a-03-2025")), "no lower price for cached tokens");
    says(
        &notes(of(&plain(1_000, 1_000, 100), "gemini-4-argon")),
        "on 1\u{a0}Dec\u{a0}2026: Async then costs $6.00 instead of $3.00",
    );
    says(&notes(of(&plain(10, 300_000, 10), "gpt-6.1-sol")), "above 272,000 input tokens");
    says(&notes(of(&plain(10, 300_000, 10), "gpt-4o")), "does not fit the model");
    says(&notes(of(&plain(1, 1, 1), "muse-ember-1.0")), "don't confirm one another");
    let own = Workload { own_input_price: Some(PerToken(1)), ..plain(1, 1, 1) };
    says(&notes(of(&own, "gpt-4o")), "The price of input is your own");
    let failing = Workload { failed_billed_ppm: 100_000, re_asks: 1, ..plain(10, 10, 10) };
    says(&notes(of(&failing, "gpt-4o")), "10% of the attempts fail but are billed; after 1 retry 99% of the calls");
}
