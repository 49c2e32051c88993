//! Workloads as rows of a table, each with its arithmetic beside it. Prices are dollars for a million tokens, so a sum
//! of tokens times prices is in millionths of a dollar. 2 s a call, nothing repeats, unless a row says otherwise.

use pennybatch::estimate::{
    Duration, LimitKind, Tier, Way, Workload, a_thousand, decision_path, re_asks_against, tiers, ways,
};
use pennybatch::money::Usd;
use pennybatch::prices;

use crate::{NOW, of, plain};

/// Model, workload, then Sequential, Async, Flex, Batch API in dollars (`-`: not offered), and the time of Async.
type Row = (&'static str, Workload, [&'static str; 4], u64);

fn with(workload: Workload, change: impl FnOnce(&mut Workload)) -> Workload {
    let mut workload = workload;
    change(&mut workload);
    workload
}

fn plain_rows() -> Vec<Row> {
    vec![
        // 10,000 * (500 * 0.15 + 20 * 0.60) = 870,000; half in a batch; 1,000 rounds of 2 s.
        ("gpt-4o-mini", plain(10_000, 500, 20), ["0.87", "0.87", "-", "0.435"], 2_000_000),
        // 800 * (1,200 * 0.25 + 300 * 2) = 720,000; flex and batch at half.
        ("gpt-5-mini", plain(800, 1_200, 300), ["0.72", "0.72", "0.36", "0.36"], 160_000),
        // 50,000 * (300 * 0.05 + 10 * 0.40) = 950,000.
        ("gpt-5-nano", plain(50_000, 300, 10), ["0.95", "0.95", "0.475", "0.475"], 10_000_000),
        // 100 * (2,000 * 2 + 500 * 8) = 800,000.
        ("o3", plain(100, 2_000, 500), ["0.8", "0.8", "0.4", "0.4"], 20_000),
        // 250 * (4,000 * 0.30 + 200 * 2.50) = 425,000.
        ("gemini-2.5-flash", plain(250, 4_000, 200), ["0.425", "0.425", "0.2125", "0.2125"], 50_000),
        // 3 calls, 10 in flight: one round. 3 * (10 * 5 + 1 * 25) = 225.
        ("claude-opus-5", plain(3, 10, 1), ["0.000225", "0.000225", "-", "0.0001125"], 2_000),
        // One in four repeats: 3,000 paid. 4,000 * 3,000 = 12,000,000 tokens at 3 in the loop, 3,000 calls in Async:
        // (1,000 * 3 + 100 * 15) = 4,500 a call.
        (
            "claude-sonnet-4-5",
            with(plain(4_000, 1_000, 100), |w| w.cache_hits_ppm = 250_000),
            ["18", "13.5", "-", "6.75"],
            600_000,
        ),
        // Everything repeats: nothing is paid but by the loop. 10 * (100 * 0.15 + 10 * 0.6) = 210.
        ("gpt-4o-mini", with(plain(10, 100, 10), |w| w.cache_hits_ppm = 1_000_000), ["0.00021", "0", "-", "0"], 0),
    ]
}

fn failure_rows() -> Vec<Row> {
    vec![
        // A = 1 + 0.2 + 0.04 + 0.008 = 1.248. 1,000 * 1.248 * (500 * 0.15 + 100 * 0.6) = 168,480; 1,248 attempts in
        // 125 rounds.
        (
            "gpt-4o-mini",
            with(plain(1_000, 500, 100), |w| (w.failed_billed_ppm, w.re_asks) = (200_000, 3)),
            ["0.16848", "0.16848", "-", "0.08424"],
            250_000,
        ),
        // Never asked again: the failures are paid, A = 1. 1,000 * 135.
        (
            "gpt-4o-mini",
            with(plain(1_000, 500, 100), |w| (w.failed_billed_ppm, w.re_asks) = (200_000, 0)),
            ["0.135", "0.135", "-", "0.0675"],
            200_000,
        ),
        // A = 1.05; half of the calls repeat. Loop: 2,000 * 1.05 * 1,250 = 2,625,000. Async: half. 1,050 attempts.
        (
            "gpt-5",
            with(plain(2_000, 200, 100), |w| {
                (w.failed_billed_ppm, w.re_asks, w.cache_hits_ppm) = (50_000, 1, 500_000);
            }),
            ["2.625", "1.3125", "0.65625", "0.65625"],
            210_000,
        ),
        // 429s and 5xx cost time alone: a slot is held 2,000 + 0.1 / 0.9 * 300 = 2,034 ms (rounded up); 100 rounds. Then
        // what the last 10 wait: 0.651 of 800 ms, 0.096 of 2,100 less that, 0.01 of 4,400 and 0.002 of 8,700 likewise.
        (
            "gpt-4o-mini",
            with(plain(1_000, 500, 100), |w| w.quick_failures_ppm = 100_000),
            ["0.135", "0.135", "-", "0.0675"],
            203_400 + 723,
        ),
        // Reasoning: 100 * (1,000 * 1.25 + (100 + 900) * 10) = 1,125,000.
        (
            "gpt-5",
            with(plain(100, 1_000, 100), |w| w.reasoning_tokens = 900),
            ["1.125", "1.125", "0.5625", "0.5625"],
            20_000,
        ),
    ]
}

fn cache_rows() -> Vec<Row> {
    let opus = || with(plain(200, 3_000, 100), |w| w.shared_prefix_tokens = 2_000);
    vec![
        // Warmed up: 1 write, 199 reads, as in the loop. 1,000,000 + 199 * 1,000 + 12,500 + 500,000 = 1,711,500.
        // The first call, then 199 in 20 rounds: 42 s. Batch, no hits: 1,750,000.
        ("claude-opus-5", with(opus(), |w| w.warm_up = true), ["1.7115", "1.7115", "-", "1.75"], 42_000),
        // Kept an hour: a write costs 10 instead of 6.25. Async: 10 writes 200,000, 190 reads 190,000: 1,890,000.
        // Loop: 20,000 + 199,000: 1,719,000.
        ("claude-opus-5", with(opus(), |w| w.keep_an_hour = true), ["1.719", "1.89", "-", "1.75"], 40_000),
        // Both: 1 write at 10: 20,000 + 199,000 + 1,500,000.
        (
            "claude-opus-5",
            with(opus(), |w| (w.warm_up, w.keep_an_hour) = (true, true)),
            ["1.719", "1.719", "-", "1.75"],
            42_000,
        ),
        // A call every 400 s: forgotten in five minutes (12 writes of 2,000 at 6.25 cost more than fresh input, so it
        // isn't asked for: 12 * (3,000 * 5 + 100 * 25) = 210,000) ...
        (
            "claude-opus-5",
            with(opus(), |w| (w.calls, w.concurrency, w.latency_ms) = (12, 1, 400_000)),
            ["0.21", "0.21", "-", "0.105"],
            4_800_000,
        ),
        // ... but kept in an hour: 12 * 1,000 * 5 + 2,000 * 10 + 11 * 2,000 * 0.5 + 12 * 2,500 = 121,000.
        (
            "claude-opus-5",
            with(opus(), |w| {
                (w.calls, w.concurrency, w.latency_ms, w.keep_an_hour) = (12, 1, 400_000, true);
            }),
            ["0.121", "0.121", "-", "0.105"],
            4_800_000,
        ),
        // An hour isn't sold here, so nothing changes. C = 1,408, 10 + 19 writes, as in the post's vendor's rule.
        // 740,000 + 51,040 + 170,896 + 1,000,000. Flex: 370,000 + 29 * 1,408 * 0.625 + 971 * 1,408 * 0.0625 + 500,000.
        (
            "gpt-5",
            with(plain(1_000, 2_000, 100), |w| (w.shared_prefix_tokens, w.keep_an_hour) = (1_500, true)),
            ["1.919168", "1.961936", "0.980968", "1.75"],
            200_000,
        ),
        // Warmed up: 1 + 19 writes of 1,408 at 1.25 and 980 reads at 0.125: 35,200 + 172,480 + 1,740,000. 202 s.
        (
            "gpt-5",
            with(plain(1_000, 2_000, 100), |w| (w.shared_prefix_tokens, w.warm_up) = (1_500, true)),
            ["1.919168", "1.94768", "0.97384", "1.75"],
            202_000,
        ),
        // At Google's flex the cached price is the usual one: 100 * 1,000 * 0.625 + 10 * 4,000 * 0.625 +
        // 90 * 4,000 * 0.125 + 100 * 100 * 5 = 62,500 + 25,000 + 45,000 + 50,000.
        (
            "gemini-2.5-pro",
            with(plain(100, 5_000, 100), |w| w.shared_prefix_tokens = 4_000),
            ["0.2795", "0.32", "0.1825", "0.3625"],
            20_000,
        ),
    ]
}

fn limit_rows() -> Vec<Row> {
    let post =
        || with(plain(5_000, 250, 50), |w| (w.cache_hits_ppm, w.concurrency, w.latency_ms) = (100_000, 15, 1_500));
    let costs = ["0.3375", "0.30375", "-", "0.151875"];
    vec![
        // 300 rounds of 1.5 s.
        ("gpt-4o-mini", post(), costs, 450_000),
        // (4,500 - 20) / 500 * 60 s + 1.5 s.
        ("gpt-4o-mini", with(post(), |w| (w.requests_per_minute, w.burst) = (Some(500), Some(20))), costs, 539_100),
        // The tier of the post: 500 RPM and 200,000 TPM with whole minutes as bursts, 10,000 a day don't bind:
        // (4,500 - 500) * 120 ms + 1.5 s.
        ("gpt-4o-mini", tier(&post(), "gpt-4o-mini", "Tier 1"), costs, 481_500),
        // 30,000 TPM of gpt-4o: (4,500 * 300 - 30,000) / 30,000 min + 1.5 s. 4,500 * (250 * 2.5 + 50 * 10) = 5,062,500.
        ("gpt-4o", tier(&post(), "gpt-4o", "Tier 1"), ["5.625", "5.0625", "-", "2.53125"], 2_641_500),
        // ITPM without the reads: 20,000 calls of 10,000, 9,216 of them read but for 50 writes. h = 0.9975:
        // 10,000 - 9,216 * 0.9975 = 807.04 a call; (20,000 * 807.04 - 500,000) / 500,000 min = 1,876.896 s, + 2 s.
        // 20,000 * (784 * 10 + 10 * 50) = 166,800,000; 50 * 9,216 * 12.5 = 5,760,000;
        // 19,950 * 9,216 * 0.25 = 45,964,800. Loop: 1 write 115,200, 19,999 reads 46,077,696.
        // Batch, no hits: 20,000 * (10,000 * 5 + 10 * 25) = 1,005,000,000.
        (
            "claude-fable-5-1",
            tier(
                &with(plain(20_000, 10_000, 10), |w| (w.shared_prefix_tokens, w.concurrency) = (9_216, 50)),
                "claude-fable-5-1",
                "Start",
            ),
            ["212.992896", "218.5248", "-", "1005"],
            1_878_896,
        ),
        // 2,500 at once: 10,000 calls in 4 rounds though 5,000 are asked for. 10,000 * (100 * 0.15 + 10 * 0.6).
        (
            "deepseek-flash",
            tier(&with(plain(10_000, 100, 10), |w| w.concurrency = 5_000), "deepseek-flash", "Every account"),
            ["0.21", "0.21", "-", "-"],
            8_000,
        ),
    ]
}

fn tier(workload: &Workload, model: &str, name: &str) -> Workload {
    let known = tiers(prices::find(model).unwrap());
    known.iter().find(|tier| tier.name == name).unwrap_or_else(|| panic!("{model} has a tier {name}")).applied(workload)
}

#[test]
fn every_row_costs_and_takes_what_was_worked_out() {
    let rows: Vec<Row> = [plain_rows(), failure_rows(), cache_rows(), limit_rows()].into_iter().flatten().collect();
    assert!(rows.len() >= 25, "{}", rows.len());
    for (place, (model, workload, dollars, async_ms)) in rows.iter().enumerate() {
        let estimate = of(workload, model);
        let costs = [
            Some(estimate.sequential.cost),
            Some(estimate.concurrent.cost),
            estimate.flex.as_ref().map(|quote| quote.cost),
            estimate.batch.as_ref().map(|quote| quote.cost),
        ];
        assert_eq!(costs, dollars.map(Usd::parse), "row {place}, {model}: {workload:?}");
        assert_eq!(estimate.concurrent.duration, Duration::Ms(*async_ms), "row {place}, {model}: {workload:?}");
        for quote in estimate.quotes().chain(&estimate.flex) {
            assert_eq!(quote.parts.total(), quote.cost, "row {place}, {model}");
        }
        let compared: Vec<_> = ways(workload, prices::find(model).unwrap(), NOW);
        let again = compared.iter().map(|row| row.cost);
        assert!(again.eq(costs.into_iter().flatten()), "row {place}, {model}: side by side");
    }
}

#[test]
fn each_way_with_and_without_its_caches() {
    // Async of the first row of the caches, all its calls once and a quarter more that repeat: 250 calls, 200 paid.
    let workload = with(plain(250, 3_000, 100), |w| (w.shared_prefix_tokens, w.cache_hits_ppm) = (2_000, 200_000));
    let rows = ways(&workload, prices::find("claude-opus-5").unwrap(), NOW);
    let shown = |way: Way| {
        let row = rows.iter().find(|row| row.way == way).unwrap();
        [row.cost, row.without_prompt_cache, row.without_own_cache].map(|cost| cost.decimals(4))
    };
    // 1.815 as worked out by hand; uncached 200 * (3,000 * 5 + 2,500) = 3.5; with the repeats 250 * 1,000 * 5 +
    // 240 * 2,000 * 0.5 + 10 * 2,000 * 6.25 + 250 * 2,500 = 2.24.
    assert_eq!(shown(Way::Async), ["1.8150", "3.5000", "2.2400"]);
    // The batch reads nothing either way: 200 * 8,750; 250 * 8,750.
    assert_eq!(shown(Way::BatchApi), ["1.7500", "1.7500", "2.1875"]);
    // The loop has no cache of ours: 250 calls at any rate.
    assert_eq!(shown(Way::Sequential)[0], shown(Way::Sequential)[2]);
    assert!(!rows.iter().any(|row| row.way == Way::Flex));
    assert_eq!(a_thousand(Usd::parse("0.3375").unwrap(), 5_000), Usd::parse("0.0675").unwrap());
    assert_eq!(a_thousand(Usd::parse("1").unwrap(), 0), Usd::ZERO);
}

#[test]
fn a_cheaper_model_with_re_asks_against_a_dearer_one() {
    let find = |id| prices::find(id).unwrap();
    // Input alone: the post's seventeen times. 1,000 * 1,000 tokens at 0.15 or 2.50.
    let workload = plain(1_000, 1_000, 0);
    let both = re_asks_against(&workload, find("gpt-4o-mini"), (200_000, 3), find("gpt-4o"), NOW);
    // 1.248 attempts: 0.15 * 1.248; 1 - 0.2^4.
    assert_eq!([both.cheaper.decimals(4), both.dearer.decimals(4)], ["0.1872", "2.5000"]);
    assert_eq!(both.answered_ppm, 998_400);
    assert_eq!(both.break_even_hundredths, Some(1_666));
}

#[test]
fn a_batch_waits_in_a_queue_of_requests_too() {
    // 1,000,000 calls at 200,000 a time: 5 rounds of 24 hours.
    let workload = tier(&plain(1_000_000, 100, 10), "claude-fable-5-1", "Start");
    let estimate = of(&workload, "claude-fable-5-1");
    assert_eq!(estimate.batch_jobs.map(|jobs| (jobs.files, jobs.waves)), Some((10, 5)));
    assert_eq!(estimate.batch.unwrap().duration.to_string(), "< 5 days");
}

#[test]
fn every_result_says_what_would_change_it() {
    let change = |workload: &Workload, model: &str| of(workload, model).binding.change;
    let post = Workload::default();
    // 150 rounds of 1.5 s.
    assert_eq!(change(&post, "gpt-4o-mini").as_deref(), Some("With 30 parallel calls it would take 3.8 min."));
    // Up to what the limit lets through at once, c* = 1,000 / 60 * 1.5 = 25: (4,500 - 1,000) * 60 ms + 1.5 s.
    let near = Workload { requests_per_minute: Some(1_000), ..post.clone() };
    assert_eq!(change(&near, "gpt-4o-mini").as_deref(), Some("With 25 parallel calls it would take 4.5 min."));
    // 500 a minute bind (481.5 s); with 1,000 the 15 in flight bind: 450 s.
    let limited = Workload { requests_per_minute: Some(500), ..post.clone() };
    let words = change(&limited, "gpt-4o-mini");
    assert_eq!(words.as_deref(), Some("With twice the requests per minute it would take 7.5 min."));
    let never = Workload { tokens_per_minute: Some(10), ..post.clone() };
    assert_eq!(change(&never, "gpt-4o-mini"), None);
    assert_eq!(change(&Workload { calls: 3, ..post }, "gpt-4o-mini"), None);
}

#[test]
fn published_tiers_belong_to_their_models() {
    let names = |id: &str| tiers(prices::find(id).unwrap()).iter().map(|tier| tier.name).collect::<Vec<_>>();
    assert_eq!(names("gpt-4o-mini"), ["Tier 1"]);
    assert_eq!(names("gpt-6.1-sol"), ["Build", "Launch", "Grow"]);
    assert_eq!(names("claude-haiku-4-5"), ["Start", "Build", "Scale"]);
    assert_eq!(names("gemini-2.5-pro"), Vec::<&str>::new());
    let post = tiers(prices::find("gpt-4o-mini").unwrap())[0];
    assert_eq!((post.requests_per_minute, post.tokens_per_minute), (Some(500), Some(200_000)));
    for model in prices::all() {
        for tier in tiers(model) {
            assert!(!tier.source.is_empty() && tier.is_of(&tier.applied(&Workload::default())));
            assert!(
                !tier.is_of(&Workload::default())
                    && Tier::lifted(&tier.applied(&Workload::default())) == Workload::default()
            );
        }
    }
}

#[test]
fn the_decision_path_takes_one_branch_of_each_question_and_ends_where_the_recommendation_does() {
    let workloads = [
        plain(50, 250, 50),
        Workload::default(),
        plain(800, 250, 50),
        plain(100_000, 250, 50),
        Workload { deadline_ms: Some(1_800_000), budget: Usd::parse("0.1"), ..Workload::default() },
        Workload { deadline_ms: Some(21_600_000), budget: Usd::parse("10"), ..Workload::default() },
        Workload { deadline_ms: Some(86_400_000), ..plain(5_000, 250, 50) },
        Workload { tokens_per_minute: Some(1), ..Workload::default() },
    ];
    for model in ["gpt-4o-mini", "gpt-5", "deepseek-flash"] {
        for workload in &workloads {
            let path = decision_path(workload, prices::find(model).unwrap(), NOW);
            for step in &path {
                assert_eq!(step.branches.iter().filter(|branch| branch.taken).count(), 1, "{step:?}");
                assert!(step.reason.ends_with('.'), "{step:?}");
            }
            let last = path.last().and_then(|step| step.branches.iter().find(|branch| branch.taken)).unwrap();
            let way = of(workload, model).recommendation.way;
            assert!(last.answer.starts_with(way.label()), "{model}, {workload:?}: {last:?}");
        }
    }
    let path = decision_path(&Workload::default(), prices::find("gpt-4o-mini").unwrap(), NOW);
    let taken: Vec<_> = path.iter().flat_map(|step| &step.branches).filter(|branch| branch.taken).collect();
    let answers: Vec<&str> = taken.iter().map(|branch| branch.answer.as_str()).collect();
    assert_eq!(answers, ["1,000 – 50,000", "no deadline", "none set", "yes", "Async: $0.304, 7.5 min"]);
    assert_eq!(of(&Workload::default(), "gpt-4o-mini").binding.kind, LimitKind::Concurrency);
}
