//! The figures that the post states, and the calculator's opening values.

use pennybatch::estimate::{Duration, RateLimit, Way, Workload, duration_ms};
use pennybatch::prices;

use pennybatch::estimate::Limiter::Bucket;

use crate::{of, plain};

#[test]
fn the_opening_values_give_the_posts_answers() {
    let estimate = of(&Workload::default(), "gpt-4o-mini");
    let shown: Vec<(&str, String, String)> = estimate
        .quotes()
        .map(|quote| (quote.way.label(), quote.cost.to_string(), quote.duration.to_string()))
        .collect();
    let expected = [
        ("Sequential", "$0.3375", "2 h 5 min"),
        ("Async", "$0.3038", "7.5 min"),
        ("Batch API", "$0.1519", "< 24 hours"),
    ];
    assert_eq!(shown, expected.map(|(way, cost, time)| (way, cost.to_owned(), time.to_owned())));
    // Exactly, before it is rounded for the eye: 4,500 * (250 * 0.15 + 50 * 0.60) / 10^6, and half of it.
    assert_eq!(estimate.concurrent.cost.decimals(6), "0.303750");
    assert_eq!(estimate.batch.as_ref().unwrap().cost.decimals(6), "0.151875");
    assert_eq!(estimate.paid_calls, 4_500);
    let marked: Vec<_> = estimate.quotes().map(|quote| (quote.way, quote.cheapest, quote.fastest)).collect();
    assert_eq!(marked, [(Way::Sequential, false, false), (Way::Async, false, true), (Way::BatchApi, true, false)]);
}

#[test]
fn the_posts_prices_are_in_the_catalogue() {
    for (model, input, output, batch) in [
        ("gpt-4o-mini", "0.1500", "0.6000", "0.0750"),
        ("gpt-4o", "2.5000", "10.0000", "1.2500"),
        ("claude-sonnet-4-5", "3.0000", "15.0000", "1.5000"),
    ] {
        let model = prices::find(model).unwrap();
        let shown = |price: pennybatch::money::PerToken| price.per_million().decimals(4);
        assert_eq!(shown(model.card.base.input), input);
        assert_eq!(shown(model.card.base.output), output);
        assert_eq!(shown(model.batch.as_ref().unwrap().base.input), batch);
    }
}

#[test]
fn ten_thousand_calls_one_after_another_take_four_hours() {
    let workload = Workload { latency_ms: 1_500, ..plain(10_000, 250, 50) };
    // 10,000 * 1.5 s = 15,000 s = 4.17 h.
    assert_eq!(of(&workload, "gpt-4o-mini").sequential.duration, Duration::Ms(15_000_000));
}

#[test]
fn a_thousand_calls_with_more_and_more_in_flight() {
    // 1,000 / c rounds of 1.5 s. The post measured 25, 5.5, 2.8 and 1.7 min.
    for (in_flight, minutes) in [(1, "25 min"), (5, "5 min"), (10, "2.5 min"), (20, "1.3 min")] {
        let workload = Workload { concurrency: in_flight, latency_ms: 1_500, ..plain(1_000, 250, 50) };
        assert_eq!(of(&workload, "gpt-4o-mini").concurrent.duration.to_string(), minutes);
    }
    assert_eq!(duration_ms(1_000, 1_500, 20, &[]), Some(75_000));
}

#[test]
fn the_posts_bucket() {
    let bucket = [RateLimit::requests_per_minute(500, Some(20), Bucket)];
    // (5,000 - 20) / (500 / 60 s) = 597.6 s = 9.96 min until the last may start, then its own 1.5 s.
    assert_eq!(duration_ms(5_000, 1_500, 15, &bucket), Some(597_600 + 1_500));
    // (4,500 - 20) / (500 / 60 s) = 537.6 s, and 1.5 s: 8.985 min.
    let workload = Workload { requests_per_minute: Some(500), burst: Some(20), ..Workload::default() };
    let estimate = of(&workload, "gpt-4o-mini");
    assert_eq!(estimate.concurrent.duration, Duration::Ms(539_100));
    // With the 200,000 tokens a minute beside it, the requests still bind.
    let both = of(&Workload { tokens_per_minute: Some(200_000), ..workload }, "gpt-4o-mini");
    assert_eq!(both.concurrent.duration, Duration::Ms(539_100));
    assert!(both.binding.sentence.starts_with("Limited by your 500 requests per minute."));
}

#[test]
fn the_posts_products() {
    // 341 of 5,000 are repeats: 6.82 %.
    let workload = Workload { cache_hits_ppm: 68_200, ..Workload::default() };
    assert_eq!(of(&workload, "gpt-4o-mini").paid_calls, 4_659);
}

#[test]
fn caching_a_third_saves_a_third() {
    let workload = Workload { cache_hits_ppm: 300_000, ..Workload::default() };
    let estimate = of(&workload, "gpt-4o-mini");
    // 0.3375 * 0.7.
    assert_eq!(estimate.concurrent.cost.decimals(6), "0.236250");
    assert_eq!(estimate.sequential.cost.decimals(6), "0.337500");
}

#[test]
fn gpt_4o_mini_is_seventeen_times_cheaper_than_gpt_4o() {
    let workload = plain(1_000, 1_000, 0);
    let (small, large) = (of(&workload, "gpt-4o-mini"), of(&workload, "gpt-4o"));
    // 2.50 / 0.15 = 16.67.
    assert_eq!(large.concurrent.cost.pico() * 3, small.concurrent.cost.pico() * 50);
}
