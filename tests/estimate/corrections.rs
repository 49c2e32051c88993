//! Worked checks of what an audit of 30 November 2026 corrected, each with its arithmetic beside it.

use pennybatch::estimate::{Duration, LimitKind, Way, Workload, by_model, estimate, money};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices;
use pennybatch::time::Time;

use crate::{NOW, of, plain};

const HOUR_MS: u64 = 3_600_000;

fn usd(text: &str) -> Usd {
    Usd::parse(text).unwrap()
}

#[track_caller]
fn says(lines: &[String], words: &str) {
    assert!(lines.iter().any(|line| line.contains(words)), "nothing says {words:?}: {lines:#?}");
}

#[test]
fn unread_input_is_a_cache_write_where_the_provider_bills_it_so() {
    // 10,000 * (2,000 * 0.125 + 100 * 0.50) / 10^6; below 1,024 tokens input costs what it costs.
    let luna = of(&plain(10_000, 2_000, 100), "gpt-6-luna");
    assert_eq!((luna.concurrent.cost, luna.concurrent.cost_range), (usd("3"), None));
    says(&luna.notes, "Without writes Async would cost $2.50.");
    assert_eq!(of(&plain(10_000, 1_023, 100), "gpt-6-luna").concurrent.cost, usd("1.523"));
    assert_eq!(of(&plain(10_000, 2_000, 100), "gpt-5.5").concurrent.cost, usd("130"), "5 in, 30 out, no writes");
    // Its batch: written at 0.0625, or not at 0.05; nobody has published a bill.
    let batch = luna.batch.unwrap();
    assert_eq!((batch.least(), batch.most()), (usd("1.25"), usd("1.5")));
    // The writes are where the money goes.
    let (parts, _) = money(&plain(10_000, 2_000, 100), prices::find("gpt-6-luna").unwrap(), NOW);
    assert_eq!((parts.input, parts.cache_write), (Usd::ZERO, usd("2.5")));
}

#[test]
fn a_prefix_that_hits_and_one_that_never_does_are_the_ends_of_the_range() {
    // gpt-6.1-sol: 4,000 * 6,000 * 2.50 + 4,000 * 200 * 10 = 68. With hits the tail of 1,000 is written each time (10), the
    // prefix read (4,000 * 5,000 * 0.10 = 2) and the answers paid (8): 20, and each of the misses 5,000 * 2.40 more. One at
    // a time calls come every 4 s, so one machine serves them: a single miss.
    let workload = Workload { shared_prefix_tokens: 5_000, latency_ms: 4_000, ..plain(4_000, 6_000, 200) };
    let sol = of(&workload, "gpt-6.1-sol");
    assert_eq!((sol.sequential.least(), sol.sequential.most()), (usd("20.012"), usd("68")));
    assert_eq!(sol.concurrent.most(), usd("68"));
    assert_eq!(sol.sequential.cost_words(), "$20.01–$68.00");
}

#[test]
fn costs_are_compared_at_the_same_end() {
    // gpt-4.1-mini reads its cache at a quarter, its batch never: 1,000 * 10,000 at 0.40, or 0.10 for 9,984 of them.
    let workload = Workload { shared_prefix_tokens: 10_000, warm_up: true, ..plain(1_000, 10_000, 1) };
    let mini = of(&workload, "gpt-4.1-mini");
    let batch = mini.batch.clone().unwrap();
    assert!(mini.concurrent.least() < batch.least() && mini.concurrent.most() > batch.most());
    assert!(mini.quotes().all(|quote| !quote.cheapest), "it depends on hits");
    assert!(batch.cheapest_at_worst && !batch.cheapest_at_best && mini.sequential.cheapest_at_best);
    says(&mini.recommendation.reasons, "Which is cheaper isn't sure: Async costs $1.07–$4.00, the Batch API $2.00.");
    // Claude's batch reads its cache too, at half price: it is cheaper at both ends.
    let opus = of(&workload, "claude-opus-5");
    assert!(opus.batch.as_ref().unwrap().cheapest && !opus.concurrent.cheapest && !opus.concurrent.cheapest_at_best);
    says(&opus.recommendation.reasons, "The Batch API would save at least $");
    assert_eq!(of(&Workload { calls: 60_000, ..workload }, "claude-opus-5").recommendation.way, Way::BatchApi);
}

#[test]
fn a_budget_is_kept_at_the_upper_end() {
    let workload = Workload { shared_prefix_tokens: 10_000, warm_up: true, ..plain(1_000, 10_000, 1) };
    let within = |budget: &str| {
        let estimate = of(&Workload { budget: Usd::parse(budget), ..workload.clone() }, "gpt-4.1-mini");
        estimate.concurrent.within_budget
    };
    // 4.00 without hits, about 1.01 with.
    assert_eq!((within("4.01"), within("2"), within("0.5")), (Some(true), Some(false), Some(false)));
}

#[test]
fn an_unknown_minimum_leaves_the_range_open() {
    // 10,000 * (3,000 * 0.15 + 50 * 0.60) = 4.80; with hits 10,000 * (200 * 0.15 + 2,800 * 0.003 + 30) = 0.684, and each of
    // the misses 2,800 * 0.147 more.
    let workload = Workload { shared_prefix_tokens: 2_800, ..plain(10_000, 3_000, 50) };
    let deepseek = of(&Workload { calls: 10_000, latency_ms: 100, ..workload }, "deepseek-flash");
    assert_eq!((deepseek.sequential.least(), deepseek.sequential.most()), (usd("0.6844116"), usd("4.8")));
    assert_eq!(deepseek.concurrent.least(), usd("0.688116"));
    says(&deepseek.notes, "no source states a minimum");
}

#[test]
fn re_asks_of_a_batch_take_a_round_each() {
    let workload = Workload { failed_billed_ppm: 100_000, re_asks: 2, ..plain(1_000, 1_000, 100) };
    let estimate = of(&workload, "gpt-4o");
    let hours = |hours: u64| Duration::Between { least_ms: 60_000, most_ms: hours * HOUR_MS };
    assert_eq!(estimate.batch.as_ref().unwrap().duration, hours(72));
    assert_eq!(of(&plain(1_000, 1_000, 100), "gpt-4o").batch.unwrap().duration, hours(24));
    says(&estimate.notes, "up to 2 batch jobs more, of up to 24 hours each");
    let by = |hours: u64| {
        let workload = Workload { deadline_ms: Some(hours * HOUR_MS), ..workload.clone() };
        of(&workload, "gpt-4o").batch.unwrap().within_deadline
    };
    assert_eq!((by(71), by(72)), (Some(false), Some(true)));
}

#[test]
fn a_run_that_lasts_into_a_change_has_a_range() {
    // gemini-4-argon doubles on 1 December: on the eve of it a batch may be billed at either price.
    let eve = Time(1_796_083_200_000 - HOUR_MS);
    let model = prices::find("gemini-4-argon").unwrap();
    let estimate = estimate(&plain(1_000, 1_000, 100), model, eve);
    let batch = estimate.batch.clone().unwrap();
    assert_eq!((batch.cost, batch.least(), batch.most()), (usd("1.5"), usd("1.5"), usd("3")));
    assert_eq!(estimate.concurrent.cost_range, None, "it is over in 200 s");
    says(&estimate.notes, "Prices change before the end of Batch API");
    // 41 hours one after another pass DeepSeek's peak hours, at twice the price.
    let long = of(&Workload { latency_ms: 3_000, ..plain(50_000, 2_000, 300) }, "deepseek-flash").sequential;
    assert_eq!((long.least(), long.most()), (usd("24"), usd("48")));
}

#[test]
fn own_prices_hold_where_they_apply_and_are_not_cut_in_silence() {
    let own = |price: u64| Workload { own_input_price: Some(PerToken(price)), ..plain(1_000, 1_000, 100) };
    // The input is the person's own, the output still doubles on 1 December: 0.3 + 1 and 0.3 + 2.
    let after = Time(1_796_083_200_000);
    let model = prices::find("gemini-4-argon").unwrap();
    let cost = |now| estimate(&own(300_000), model, now).concurrent.cost;
    assert_eq!((cost(NOW), cost(after)), (usd("1.3"), usd("2.3")));
    says(&estimate(&own(300_000), model, NOW).notes, "Async then costs $2.30 instead of $1.30");
    let both = Workload { own_output_price: Some(PerToken(1_000_000)), ..own(300_000) };
    let notes = estimate(&both, model, NOW).notes;
    assert!(!notes.iter().any(|note| note.contains("price changes")), "{notes:#?}");
    // In the table they are the chosen model's alone.
    let rows = by_model(&own(300_000), "google/gemini-4-argon", NOW);
    let of_row = |key: &str| rows.iter().find(|row| row.model.is(key)).unwrap().concurrent;
    assert_eq!((of_row("google/gemini-4-argon"), of_row("openai/gpt-4o")), (usd("1.3"), usd("3.5")));
    says(&of(&own(2_000_000_000), "gpt-4o").warnings, "Own prices count up to $1,000");
    assert!(!of(&own(1_000_000_000), "gpt-4o").warnings.iter().any(|warning| warning.contains("Own prices")));
}

#[test]
fn an_input_limit_below_the_window_counts() {
    // 400,000 tokens of context, of which 272,000 may be input.
    let fits =
        |input| by_model(&plain(1, input, 10), "", NOW).iter().find(|row| row.model.id == "gpt-5.4-mini").unwrap().fits;
    assert!(fits(272_000) && !fits(272_001));
    says(&of(&plain(1, 272_001, 10), "gpt-5.4-mini").warnings, "takes at most 272,000 tokens of input");
}

#[test]
fn output_of_thinking_has_its_own_price_where_the_catalogue_knows_one() {
    // qwen-plus: 0.40 in; 1.20 out, or 4.00 for all output of a call that thinks.
    let calls = |reasoning_tokens| Workload { reasoning_tokens, ..plain(1_000, 1_000, 100) };
    assert_eq!(of(&calls(0), "qwen-plus").concurrent.cost, usd("0.52"));
    assert_eq!(of(&calls(400), "qwen-plus").concurrent.cost, usd("2.4"));
    // sonar-deep-research: 2 in, 8 out, 3 for what is thought.
    assert_eq!(of(&calls(400), "sonar-deep-research").concurrent.cost, usd("4"));
}

#[test]
fn gemini_counts_input_alone_against_tokens_a_minute() {
    let workload = Workload { tokens_per_minute: Some(100_000), ..plain(1_000, 900, 100) };
    // 900,000 tokens at 100,000 a minute, the first minute's held; at OpenAI the 100 of output count too.
    let seconds = |model| match of(&workload, model).concurrent.duration {
        Duration::Ms(ms) => ms / 1_000,
        other => panic!("{other}"),
    };
    assert_eq!((seconds("gemini-3.8-flash"), seconds("gpt-4o")), (480 + 2, 540 + 2));
    assert_eq!(of(&workload, "gpt-4o").binding.kind, LimitKind::TokensPerMinute);
}

#[test]
fn that_times_are_ideal_is_said_once() {
    let notes = of(&Workload::default(), "gpt-4o").notes;
    assert_eq!(notes.iter().filter(|note| note.contains("ideal")).count(), 1);
}
