//! Each limit in turn binds, and the sentence says so.

use pennybatch::estimate::LimitKind::{self, *};
use pennybatch::estimate::{Duration, Limiter, Way, Workload, time_by_concurrency};
use pennybatch::prices;

use crate::{NOW, of};

/// 4,500 calls of 250 + 50 tokens, 15 in flight, 1.5 s: 300 rounds, 450 s, where nothing else binds.
fn post() -> Workload {
    Workload::default()
}

#[test]
fn each_limit_binds_in_its_turn() {
    let cases: Vec<(Workload, LimitKind, u64)> = vec![
        (post(), Concurrency, 450_000),
        // 900 rounds.
        (Workload { provider_concurrency: Some(5), ..post() }, ProviderConcurrency, 1_350_000),
        // A full bucket of 500 first: (4,500 - 500) * 120 ms + 1,500 ms.
        (Workload { requests_per_minute: Some(500), ..post() }, RequestsPerMinute, 481_500),
        // 8 whole minutes, then the last 500 in 34 rounds of 1.5 s.
        (
            Workload { requests_per_minute: Some(500), limiter: Limiter::Window, ..post() },
            RequestsPerMinute,
            480_000 + 51_000,
        ),
        // (4,500 * 300 - 200,000) tokens at 200,000 a minute = 345 s, + 1.5 s: less than 450 s, so 30 in flight.
        (Workload { tokens_per_minute: Some(200_000), ..post() }, Concurrency, 450_000),
        (Workload { tokens_per_minute: Some(200_000), concurrency: 30, ..post() }, TokensPerMinute, 346_500),
        // The cap of 500 counts instead of the answer: (4,500 * 750 - 200,000) * 0.3 ms + 1,500 ms.
        (
            Workload { tokens_per_minute: Some(200_000), output_cap_tokens: Some(500), ..post() },
            TokensPerMinute,
            954_000,
        ),
        // Windows of 666 calls (200,000 / 300): 6 whole minutes for 3,996, the other 504 in 17 rounds of 30.
        (
            Workload { tokens_per_minute: Some(200_000), limiter: Limiter::Window, concurrency: 30, ..post() },
            TokensPerMinute,
            360_000 + 25_500,
        ),
        // (4,500 * 250 - 100,000) at 100,000 a minute = 615 s.
        (Workload { input_tokens_per_minute: Some(100_000), ..post() }, InputTokensPerMinute, 616_500),
        // (4,500 * 50 - 10,000) at 10,000 a minute = 1,290 s.
        (Workload { output_tokens_per_minute: Some(10_000), ..post() }, OutputTokensPerMinute, 1_291_500),
        // 4 whole days, then 500 calls in 34 rounds.
        (Workload { requests_per_day: Some(1_000), ..post() }, RequestsPerDay, 4 * 86_400_000 + 51_000),
        // On the fifth day 10 a minute hold the rest back: 499 * 6 s + 1.5 s.
        (
            Workload { requests_per_day: Some(1_000), requests_per_minute: Some(10), burst: Some(1), ..post() },
            RequestsPerDay,
            4 * 86_400_000 + 2_994_000 + 1_500,
        ),
    ];
    for (workload, kind, ms) in cases {
        let estimate = of(&workload, "gpt-4o-mini");
        assert_eq!(estimate.binding.kind, kind, "{}", estimate.binding.sentence);
        assert_eq!(estimate.concurrent.duration, Duration::Ms(ms), "{}", estimate.binding.sentence);
        let words = estimate.binding.sentence.to_lowercase();
        assert!(words.contains(&kind.label().to_lowercase()) && words.contains("limited by"), "{words}");
        assert!(estimate.binding.limits.iter().any(|limit| limit.kind == kind));
    }
}

#[test]
fn a_loop_is_held_back_by_the_same_limits() {
    let workload = Workload { requests_per_minute: Some(10), burst: Some(1), ..post() };
    // 4,999 * 6 s + 1.5 s, though one after another would be 7,500 s.
    assert_eq!(of(&workload, "gpt-4o-mini").sequential.duration, Duration::Ms(29_995_500));
}

#[test]
fn cached_reads_count_where_the_provider_counts_them() {
    let workload = Workload {
        calls: 20_000,
        input_tokens: 3_000,
        shared_prefix_tokens: 2_048,
        cache_hits_ppm: 0,
        concurrency: 100,
        input_tokens_per_minute: Some(2_000_000),
        ..post()
    };
    // Counted: (20,000 * 3,000 - 2,000,000) * 0.03 ms + 1,500 ms.
    assert_eq!(of(&workload, "gpt-5").concurrent.duration, Duration::Ms(1_741_500));
    // Not counted: 100 writes and 19,900 reads are 99.5 %, so a call counts 3,000 - 2,048 * 0.995 = 962.24 tokens:
    // (20,000 * 962.24 - 2,000,000) * 0.03 ms + 1,500 ms.
    assert_eq!(of(&workload, "claude-opus-5").concurrent.duration, Duration::Ms(518_844));
}

#[test]
fn quick_failures_take_slots_and_requests_but_no_money() {
    let failing = Workload { quick_failures_ppm: 200_000, quick_failure_ms: 300, ..post() };
    // One failure for four calls: a call holds its slot for 1,500 + 0.25 * 300 ms; 300 rounds: 472,500 ms. Then what
    // the last 15 still wait: 1 - 0.8^15 = 0.965 of 300 + 1,000 * 3 / 4 ms = 1,013; refused twice, 1 - 0.96^15 = 0.458
    // of what 300 + 500 + 300 + 1,000 ms are more than that: 498; of the last 20 three times, 1 - 0.992^20 = 0.148 of
    // 4,400 - 1,511: 429; of the last 39 four times, 1 - 0.9984^39 = 0.06 of 8,700 - 1,940: 408. In all 2,347.
    let estimate = of(&failing, "gpt-4o-mini");
    assert_eq!(estimate.concurrent.duration, Duration::Ms(472_500 + 2_347));
    assert_eq!(estimate.concurrent.cost, of(&post(), "gpt-4o-mini").concurrent.cost);
    // 1.25 requests a call: (5,625 - 500) * 120 ms + 1,575 ms. Of the last 4, 8, 15 and 30, let in one by one:
    // 0.59 of 800 ms, 0.279 of 2,100 less that, 0.114 of 4,400 and 0.047 of 8,700 likewise: 1,665.
    let limited = Workload { requests_per_minute: Some(500), ..failing };
    assert_eq!(of(&limited, "gpt-4o-mini").concurrent.duration, Duration::Ms(616_575 + 1_665));
}

#[test]
fn latency_may_be_told_by_its_parts() {
    // 0.5 s to the first token, 50 tokens at 50 a second.
    let workload = Workload { latency_ms: 500, output_tokens_per_second: Some(50), ..post() };
    assert_eq!(of(&workload, "gpt-4o-mini").concurrent.duration, Duration::Ms(450_000));
}

#[test]
fn more_than_the_useful_concurrency_buys_nothing() {
    let workload = Workload { requests_per_minute: Some(500), burst: Some(20), ..post() };
    let estimate = of(&workload, "gpt-4o-mini");
    // 500 / 60 s * 1.5 s = 12.5.
    assert_eq!(estimate.binding.useful_concurrency, Some(13));
    let time = |concurrency| of(&Workload { concurrency, ..workload.clone() }, "gpt-4o-mini").concurrent.duration;
    assert_eq!(time(13), time(100));
    assert!(time(12).most_ms() > time(13).most_ms());
    assert_eq!(of(&post(), "gpt-4o-mini").binding.useful_concurrency, None);
}

#[test]
fn a_limit_below_one_call_says_never() {
    for workload in [
        Workload { tokens_per_minute: Some(299), ..post() },
        Workload { input_tokens_per_minute: Some(249), limiter: Limiter::Window, ..post() },
        Workload { requests_per_minute: Some(0), ..post() },
        Workload { requests_per_minute: Some(10), burst: Some(0), ..post() },
        Workload { requests_per_day: Some(0), ..post() },
    ] {
        let estimate = of(&workload, "gpt-4o-mini");
        assert_eq!(estimate.concurrent.duration, Duration::Never);
        assert_eq!(estimate.sequential.duration.to_string(), "never");
        assert_eq!(estimate.recommendation.way, Way::BatchApi);
        assert_eq!(estimate.recommendation.reasons[0], estimate.binding.sentence);
        let nowhere = of(&workload, "deepseek-flash").recommendation;
        assert_eq!(nowhere.headline, "These limits let no call through.");
        assert_eq!(nowhere.reasons.join(" "), estimate.binding.sentence);
        assert!(!estimate.concurrent.fastest && !estimate.concurrent.cheapest);
        assert!(estimate.batch.unwrap().fastest);
    }
    assert_ne!(
        of(&Workload { tokens_per_minute: Some(300), ..post() }, "gpt-4o-mini").concurrent.duration,
        Duration::Never
    );
}

#[test]
fn a_batch_is_cut_into_files_and_waves() {
    let jobs = |workload: &Workload, model: &str| {
        let estimate = of(workload, model);
        let jobs = estimate.batch_jobs.unwrap();
        (jobs.files, jobs.waves, estimate.batch.unwrap().duration.to_string())
    };
    assert_eq!(jobs(&post(), "gpt-4o-mini"), (1, 1, "< 24 hours".to_owned()));
    // 108,000 calls: 50,000 in a job of this vendor.
    let many = Workload { calls: 120_000, ..post() };
    assert_eq!(jobs(&many, "gpt-4o-mini"), (3, 1, "< 24 hours".to_owned()));
    // 4,500 * 250 = 1,125,000 tokens queue at 500,000 a time.
    let queued = Workload { batch_queue_tokens: Some(500_000), ..post() };
    assert_eq!(jobs(&queued, "gpt-4o-mini"), (1, 3, "< 72 hours".to_owned()));
    let long = Workload { batch_queue_tokens: Some(100_000), ..post() };
    assert_eq!(jobs(&long, "gpt-4o-mini"), (1, 12, "< 12 days".to_owned()));
    // 4,500 * (20,000 * 4 + 400) bytes = 361.8 MB, 200 MB a file.
    assert_eq!(jobs(&Workload { input_tokens: 20_000, ..post() }, "gpt-4o-mini").0, 2);
}

#[test]
fn the_figure_falls_and_then_stays_level() {
    let workload = Workload { requests_per_minute: Some(500), concurrency: 17, ..post() };
    let points = time_by_concurrency(&workload, prices::find("gpt-4o-mini").unwrap(), NOW);
    assert!(points.iter().any(|point| point.concurrency == 17));
    assert!(points.windows(2).all(|pair| pair[0].concurrency < pair[1].concurrency));
    assert!(points.windows(2).all(|pair| pair[0].duration.most_ms() >= pair[1].duration.most_ms()));
    assert_eq!(points.last().unwrap().duration, Duration::Ms(481_500));
}
