//! Costs worked out by hand; the arithmetic stands beside each. Prices are dollars for a million tokens, so a sum of
//! tokens times prices is in millionths of a dollar.

use pennybatch::estimate::{Workload, estimate};
use pennybatch::money::{PerToken, Usd};
use pennybatch::prices;
use pennybatch::time::Time;

use crate::{NOW, of, plain};

/// A workload, its model, and what its three ways cost; `-` where the model has no Batch API.
struct Case {
    what: &'static str,
    model: &'static str,
    workload: Workload,
    sequential: &'static str,
    concurrent: &'static str,
    batch: &'static str,
}

fn shared(workload: Workload, shared_prefix_tokens: u64) -> Workload {
    Workload { shared_prefix_tokens, ..workload }
}

fn simple_cases() -> Vec<Case> {
    vec![
        Case {
            // 1,000 * (1,000 * 2.50 + 100 * 10.00) = 3,500,000; the batch at half.
            what: "a plain workload",
            model: "gpt-4o",
            workload: plain(1_000, 1_000, 100),
            sequential: "3.5",
            concurrent: "3.5",
            batch: "1.75",
        },
        Case {
            // 1,000 * (500 * 3 + 200 * 15) = 4,500,000.
            what: "another vendor",
            model: "claude-sonnet-4-5",
            workload: plain(1_000, 500, 200),
            sequential: "4.5",
            concurrent: "4.5",
            batch: "2.25",
        },
        Case {
            // Thought is output: 100 * (200 * 1.25 + (50 + 450) * 10) = 525,000.
            what: "reasoning tokens are billed as output",
            model: "gpt-5",
            workload: Workload { reasoning_tokens: 450, ..plain(100, 200, 50) },
            sequential: "0.525",
            concurrent: "0.525",
            batch: "0.2625",
        },
        Case {
            // A = 1 + 0.1 + 0.01 = 1.11 attempts a call: 3.5 * 1.11 = 3.885.
            what: "attempts that fail and are billed, asked twice more",
            model: "gpt-4o",
            workload: Workload { failed_billed_ppm: 100_000, re_asks: 2, ..plain(1_000, 1_000, 100) },
            sequential: "3.885",
            concurrent: "3.885",
            batch: "1.9425",
        },
        Case {
            // The share of repeats comes off first: 1,000 * 0.75 * 1.11 * 3,500 = 2,913,750; the loop pays 3.885.
            what: "repeats and re-asks together",
            model: "gpt-4o",
            workload: Workload {
                cache_hits_ppm: 250_000,
                failed_billed_ppm: 100_000,
                re_asks: 2,
                ..plain(1_000, 1_000, 100)
            },
            sequential: "3.885",
            concurrent: "2.91375",
            batch: "1.456875",
        },
        Case {
            // 3 * 0.666667 = 2.000001 calls of one token in and out, in millionths of a millionth of a dollar:
            // 2.000001 * 150,000 = 300,000.15 and 2.000001 * 600,000 = 1,200,000.6, each rounded half up;
            // batch: 150,000.075 and 600,000.3.
            what: "fractions of a call",
            model: "gpt-4o-mini",
            workload: Workload { cache_hits_ppm: 333_333, ..plain(3, 1, 1) },
            sequential: "0.00000225",
            concurrent: "0.000001500001",
            batch: "0.00000075",
        },
        Case {
            // 1,000 * (1,000 * 0.15 + 100 * 0.60) = 210,000, and no Batch API.
            what: "off peak",
            model: "deepseek-flash",
            workload: plain(1_000, 1_000, 100),
            sequential: "0.21",
            concurrent: "0.21",
            batch: "-",
        },
        Case {
            // 1,000 * (1,000 * 2 + 100 * 6) = 2,600,000; this vendor's batch is at 0.8: 1,000 * (1,600 + 480).
            what: "a batch that isn't half",
            model: "grok-4.7",
            workload: plain(1_000, 1_000, 100),
            sequential: "2.6",
            concurrent: "2.6",
            batch: "2.08",
        },
        Case {
            what: "nothing to do",
            model: "gpt-4o",
            workload: plain(0, 1_000, 100),
            sequential: "0",
            concurrent: "0",
            batch: "0",
        },
    ]
}

fn tier_cases() -> Vec<Case> {
    vec![
        Case {
            // At the border itself, unread input written at 2.50: 10 * (272,000 * 2.5 + 1,000 * 10) = 6,900,000.
            what: "the border still belongs to the lower tier",
            model: "gpt-6.1-sol",
            workload: plain(10, 272_000, 1_000),
            sequential: "6.9",
            concurrent: "6.9",
            batch: "3.45",
        },
        Case {
            // Above it everything is repriced: 10 * (300,000 * 5 + 1,000 * 15) = 15,150,000.
            what: "a long call is billed at the long price, its output too",
            model: "gpt-6.1-sol",
            workload: plain(10, 300_000, 1_000),
            sequential: "15.15",
            concurrent: "15.15",
            batch: "7.575",
        },
        Case {
            // This vendor's border is inclusive: 200,000 * 4 + 100 * 12 = 801,200; at 0.8: 640,960.
            what: "an inclusive border",
            model: "grok-4.7",
            workload: plain(1, 200_000, 100),
            sequential: "0.8012",
            concurrent: "0.8012",
            batch: "0.64096",
        },
        Case {
            // One token less: 199,999 * 2 + 100 * 6 = 400,598; at 0.8: 320,478.4.
            what: "one token below an inclusive border",
            model: "grok-4.7",
            workload: plain(1, 199_999, 100),
            sequential: "0.400598",
            concurrent: "0.400598",
            batch: "0.3204784",
        },
        Case {
            // The tier goes by all input, cached or not. C = 280,000. One in flight, 2 s: 30 a minute
            // need ceil(30 / 15) = 2 machines, so 1 + 1 writes and 8 reads.
            // The tail is written too: 10 * 20,000 * 5 = 1,000,000; 8 * 280,000 * 0.2 = 448,000; 2 * 280,000 * 5 = 2,800,000;
            // 10 * 1,000 * 15 = 150,000. Sum 4,398,000. Batch: 10 * (300,000 * 2.5 + 1,000 * 7.5) = 7,575,000.
            what: "a long call with a cached prefix",
            model: "gpt-6.1-sol",
            workload: shared(Workload { concurrency: 1, ..plain(10, 300_000, 1_000) }, 280_000),
            sequential: "4.398",
            concurrent: "4.398",
            batch: "7.575",
        },
    ]
}

fn cache_cases() -> Vec<Case> {
    vec![
        Case {
            // C = 11 * 128 = 1,408. Writes cost what input costs.
            // Async: 100 rounds of 2 s, 300 a minute, 20 machines: 10 + 19 = 29 writes, 971 reads.
            // 1,000 * 592 * 1.25 = 740,000; 29 * 1,408 * 1.25 = 51,040; 971 * 1,408 * 0.125 = 170,896;
            // 1,000 * 100 * 10 = 1,000,000. Sum 1,961,936.
            // Sequential: 30 a minute, 2 machines: 2 writes, 998 reads: 3,520 + 175,648 instead. Sum 1,919,168.
            // Batch, no hits: 1,000 * (2,000 * 0.625 + 100 * 5) = 1,750,000.
            what: "an automatic cache with free writes, in steps of 128 tokens",
            model: "gpt-5",
            workload: shared(plain(1_000, 2_000, 100), 1_500),
            sequential: "1.919168",
            concurrent: "1.961936",
            batch: "1.75",
        },
        Case {
            // 10 writes, 190 reads of 2,000 tokens: 200 * 1,000 * 5 = 1,000,000; 190 * 2,000 * 0.5 = 190,000;
            // 10 * 2,000 * 6.25 = 125,000; 200 * 100 * 25 = 500,000. Sum 1,815,000.
            // Sequential: 1 write, 199 reads: 199,000 + 12,500. Sum 1,711,500.
            // Batch, no hits: 200 * (3,000 * 2.5 + 100 * 12.5) = 1,750,000.
            what: "a cache whose writes cost a quarter more",
            model: "claude-opus-5",
            workload: shared(plain(200, 3_000, 100), 2_000),
            sequential: "1.7115",
            concurrent: "1.815",
            batch: "1.75",
        },
        Case {
            // All 10 would write at 6.25: the cache isn't asked for. 10 * (3,000 * 5 + 100 * 25) = 175,000.
            // Sequential: 1 write, 9 reads: 10 * 1,000 * 5 + 12,500 + 9,000 + 25,000 = 96,500.
            what: "a cache that wouldn't pay is left out",
            model: "claude-opus-5",
            workload: shared(plain(10, 3_000, 100), 2_000),
            sequential: "0.0965",
            concurrent: "0.175",
            batch: "0.0875",
        },
        Case {
            // 1,000 tokens are below the minimum of 1,024: 100 * (2,000 * 0.15 + 100 * 0.6) = 36,000.
            what: "a prefix below the minimum",
            model: "gpt-4o-mini",
            workload: shared(plain(100, 2_000, 100), 1_000),
            sequential: "0.036",
            concurrent: "0.036",
            batch: "0.018",
        },
        Case {
            // 10 writes at the input price, 90 reads of 4,000 tokens at 0.125: 100 * 1,000 * 1.25 = 125,000;
            // 10 * 4,000 * 1.25 = 50,000; 90 * 4,000 * 0.125 = 45,000; 100 * 100 * 10 = 100,000. Sum 320,000.
            // Sequential: 5,000 + 99 * 500 = 54,500 for the prefix. Sum 279,500.
            // Batch, no hits: 100 * (5,000 * 0.625 + 100 * 5) = 362,500.
            what: "a batch that keeps the standard cache price",
            model: "gemini-2.5-pro",
            workload: shared(plain(100, 5_000, 100), 4_000),
            sequential: "0.2795",
            concurrent: "0.32",
            batch: "0.3625",
        },
        Case {
            // 10 writes at input's price, 90 reads of 5,000 at half:
            // 100 * 1,000 * 0.15 = 15,000; 10 * 5,000 * 0.15 = 7,500; 90 * 5,000 * 0.075 = 33,750;
            // 100 * 100 * 0.6 = 6,000. Sum 62,250. Sequential: 750 + 99 * 375 = 37,875. Sum 58,875.
            // Batch: 100 * (6,000 * 0.075 + 100 * 0.3) = 48,000.
            what: "a batch whose cached tokens cost what its input costs",
            model: "groq/openai/gpt-oss-120b",
            workload: shared(plain(100, 6_000, 100), 5_000),
            sequential: "0.058875",
            concurrent: "0.06225",
            batch: "0.048",
        },
        Case {
            // A prefix of which no cache price is known: 100 * (3,000 * 2.5 + 100 * 10) = 850,000.
            what: "a vendor without a cache",
            model: "command-a-03-2025",
            workload: shared(plain(100, 3_000, 100), 2_000),
            sequential: "0.85",
            concurrent: "0.85",
            batch: "-",
        },
        Case {
            // A call every 400 s: every one finds the prefix forgotten. All 4 write at input's price.
            // 4 * (2,000 * 1.25 + 100 * 10) = 14,000.
            what: "calls so slow that the cache forgets",
            model: "gpt-5",
            workload: Workload { concurrency: 1, latency_ms: 400_000, ..shared(plain(4, 2_000, 100), 1_500) },
            sequential: "0.014",
            concurrent: "0.014",
            batch: "0.007",
        },
    ]
}

fn own_price_cases() -> Vec<Case> {
    let own = |input: &str, output: Option<&str>, workload| Workload {
        own_input_price: PerToken::from_usd_per_million(input),
        own_output_price: output.and_then(PerToken::from_usd_per_million),
        ..workload
    };
    vec![
        Case {
            // 100 * (1,000 * 1 + 100 * 2) = 120,000; the batch keeps its half.
            what: "both prices are the person's own",
            model: "gpt-4o-mini",
            workload: own("1", Some("2"), plain(100, 1_000, 100)),
            sequential: "0.12",
            concurrent: "0.12",
            batch: "0.06",
        },
        Case {
            // Input at 4 instead of 5, so reads at 0.4 and writes at 5; output stays at 25.
            // 200 * 1,000 * 4 = 800,000; 190 * 2,000 * 0.4 = 152,000; 10 * 2,000 * 5 = 100,000; 500,000.
            // Sequential: 199 * 800 + 10,000 = 169,200. Batch: 200 * (3,000 * 2 + 100 * 12.5) = 1,450,000.
            what: "cached tokens keep their proportion to an own price",
            model: "claude-opus-5",
            workload: own("4", None, shared(plain(200, 3_000, 100), 2_000)),
            sequential: "1.4692",
            concurrent: "1.552",
            batch: "1.45",
        },
        Case {
            // Half of the list's input price: long calls, written at 5, at half of that. 10 * (300,000 * 2.5 + 1,000 * 15).
            // Batch: 10 * (300,000 * 1.25 + 1,000 * 7.5).
            what: "long calls keep their proportion to an own price",
            model: "gpt-6.1-sol",
            workload: own("1", None, plain(10, 300_000, 1_000)),
            sequential: "7.65",
            concurrent: "7.65",
            batch: "3.825",
        },
        Case {
            what: "a price of nothing is the person's word",
            model: "gpt-4o",
            workload: own("0", Some("0"), plain(10, 1_000, 100)),
            sequential: "0",
            concurrent: "0",
            batch: "0",
        },
    ]
}

#[test]
fn every_case_costs_what_was_worked_out() {
    let cases: Vec<Case> =
        [simple_cases(), tier_cases(), cache_cases(), own_price_cases()].into_iter().flatten().collect();
    assert!(cases.len() >= 15);
    for case in &cases {
        let estimate = of(&case.workload, case.model);
        let dollars = |text: &str| Usd::parse(text);
        assert_eq!(Some(estimate.sequential.cost), dollars(case.sequential), "{}: sequential", case.what);
        assert_eq!(Some(estimate.concurrent.cost), dollars(case.concurrent), "{}: async", case.what);
        assert_eq!(estimate.batch.as_ref().map(|batch| batch.cost), dollars(case.batch), "{}: batch", case.what);
        for quote in estimate.quotes() {
            assert_eq!(quote.parts.total(), quote.cost, "{}", case.what);
        }
    }
}

#[test]
fn what_a_batch_may_read_from_the_cache_is_a_range() {
    let range = |model, workload| of(&workload, model).batch.and_then(|batch| batch.cost_range);
    let between = |least: &str, most: &str| Usd::parse(least).zip(Usd::parse(most));
    // Stacks: 1,000 * 592 * 0.625 = 370,000; 980 * 1,408 * 0.0625 = 86,240; 20 * 1,408 * 0.625 = 17,600; 500,000.
    let workload = shared(plain(1_000, 2_000, 100), 1_500);
    assert_eq!(range("gpt-5", workload.clone()), between("0.97384", "1.75"));
    // Stacks, with dear writes: 500,000; 196 * 2,000 * 0.25 = 98,000; 4 * 2,000 * 3.125 = 25,000; 250,000.
    assert_eq!(range("claude-opus-5", shared(plain(200, 3_000, 100), 2_000)), between("0.873", "1.75"));
    // The standard price: 62,500; 98 * 4,000 * 0.125 = 49,000; 2 * 4,000 * 0.625 = 5,000; 50,000.
    assert_eq!(range("gemini-2.5-pro", shared(plain(100, 5_000, 100), 4_000)), between("0.1665", "0.3625"));
    // No discount inside a batch: not supported, no stacking, no price, nobody knows.
    for model in ["gpt-4o", "groq/openai/gpt-oss-120b", "gpt-5.5-pro", "amazon.nova-pro-v1:0"] {
        assert_eq!(range(model, shared(plain(100, 8_000, 100), 6_000)), None, "{model}");
    }
}

#[test]
fn the_parts_tell_where_the_money_goes() {
    let workload = Workload { reasoning_tokens: 40, ..shared(plain(200, 3_000, 100), 2_000) };
    let parts = of(&workload, "claude-opus-5").concurrent.parts;
    let shown = [parts.input, parts.cache_read, parts.cache_write, parts.output, parts.reasoning];
    // 200 * 1,000 * 5; 190 * 2,000 * 0.5; 10 * 2,000 * 6.25; 200 * 100 * 25; 200 * 40 * 25.
    assert_eq!(shown.map(|part| part.decimals(4)), ["1.0000", "0.1900", "0.1250", "0.5000", "0.2000"]);
    assert_eq!(parts.cached().decimals(4), "0.3150");
}

#[test]
fn the_moment_decides_where_prices_depend_on_it() {
    let cost = |model: &str, at: Time| {
        let model = prices::find(model).unwrap();
        let estimate = estimate(&plain(1_000, 1_000, 100), model, at);
        (estimate.concurrent.cost.decimals(2), estimate.batch.map(|batch| batch.cost.decimals(2)))
    };
    // 02:00 UTC on the same Monday is a peak hour: twice 0.21.
    let peak = Time(NOW.ms() - 10 * 3_600_000);
    assert_eq!(cost("deepseek-flash", peak).0, "0.42");
    assert_eq!(cost("deepseek-flash", NOW).0, "0.21");
    // 1,000 * (1,000 * 2 + 100 * 10) = 3.00, twice as much from 1 December on, in the batch too.
    assert_eq!(cost("gemini-4-argon", NOW), ("3.00".to_owned(), Some("1.50".to_owned())));
    assert_eq!(cost("gemini-4-argon", NOW.after_ms(8 * 86_400_000)), ("6.00".to_owned(), Some("3.00".to_owned())));
}

#[test]
fn items_that_end_with_an_answer() {
    let answered = |failed_billed_ppm, re_asks| {
        of(&Workload { failed_billed_ppm, re_asks, ..plain(10, 10, 10) }, "gpt-4o").answered_ppm
    };
    // 1 - 0.1^3, 1 - 0.1, 1 - 0.25^2.
    assert_eq!(
        [answered(100_000, 2), answered(100_000, 0), answered(250_000, 1), answered(0, 3)],
        [999_000, 900_000, 937_500, 1_000_000]
    );
}

#[test]
fn a_link_can_carry_any_number() {
    let most = Workload {
        calls: u64::MAX,
        input_tokens: u64::MAX,
        shared_prefix_tokens: u64::MAX,
        output_tokens: u64::MAX,
        reasoning_tokens: u64::MAX,
        output_cap_tokens: Some(u64::MAX),
        cache_hits_ppm: u32::MAX,
        failed_billed_ppm: u32::MAX,
        re_asks: u32::MAX,
        quick_failures_ppm: u32::MAX,
        quick_failure_ms: u64::MAX,
        concurrency: u32::MAX,
        latency_ms: u64::MAX,
        output_tokens_per_second: Some(1),
        requests_per_minute: Some(u64::MAX),
        requests_per_day: Some(u64::MAX),
        tokens_per_minute: Some(u64::MAX),
        input_tokens_per_minute: Some(1),
        output_tokens_per_minute: Some(u64::MAX),
        provider_concurrency: Some(u32::MAX),
        burst: Some(u64::MAX),
        batch_queue_tokens: Some(1),
        own_input_price: Some(PerToken(u64::MAX)),
        own_output_price: Some(PerToken(u64::MAX)),
        budget: Some(Usd::ZERO),
        deadline_ms: Some(u64::MAX),
        ..Workload::default()
    };
    let one_hundred_percent = of(&most, "gpt-6.1-sol");
    assert_eq!(one_hundred_percent.concurrent.cost, Usd::ZERO);
    for limits in [false, true] {
        let input_tokens_per_minute = limits.then_some(u64::MAX);
        let dear = of(&Workload { cache_hits_ppm: 0, input_tokens_per_minute, ..most.clone() }, "gpt-6.1-sol");
        assert!(dear.sequential.cost >= dear.concurrent.cost && dear.concurrent.cost > Usd::ZERO);
    }
    let least = Workload { calls: 1, concurrency: 0, latency_ms: 0, provider_concurrency: Some(0), ..plain(1, 0, 0) };
    assert_eq!(of(&least, "gpt-4o").concurrent.cost, Usd::ZERO);
}
