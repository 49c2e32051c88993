//! Links with figures that somebody else worked out, from the documents and with a program of their own
//! (`expected.json`). Where ours differ, the case is named below, with the reason.

use pennybatch::estimate::{Duration, Estimate, Limiter, Quantity, Quote, Workload, estimate};
use pennybatch::money::Usd;
use pennybatch::prices;
use pennybatch::time::Time;
use serde_json::Value;

use crate::NOW;

/// 02:00 UTC on a Monday, a peak hour where there is one.
const PEAK: Time = Time(NOW.ms() - 36_000_000);

/// Cases that later facts changed: what is ours, in dollars (Sequential, Async, Batch API), and why.
const CORRECTED: [(&str, [&str; 3], &str); 5] = [
    (
        "reasoning tokens",
        ["93.5", "93.5", "46.75"],
        "OpenAI from gpt-5.6 on bills unread input of 1,024 tokens and more as a write: the audit note's figure",
    ),
    (
        "OpenAI prompt cache, automatic with writes",
        ["20.012", "20.468", "34"],
        "the same; and from gpt-5.6 on 5,000 tokens are cached, where the case rounds them down to 4,992",
    ),
    ("OpenAI long context: whole request", ["153", "153", "76.5"], "the same: the audit note's figure"),
    (
        "OpenAI long context with prefix",
        ["34.2", "39", "76.5"],
        "the same, and 250,000 tokens are cached instead of 249,984",
    ),
    (
        "Mistral",
        ["13.44126", "13.46016", "11.76"],
        "an unstated minimum counts as 1,024 instead of 4,096, so the prefix of 2,000 can be read; the upper end is the \
         case's figure",
    ),
];

struct Case {
    name: String,
    said: Value,
    ours: Estimate,
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("expected.json")).unwrap();
    let cases = file["cases"].as_array().unwrap().iter();
    cases
        .map(|said| Case { name: text(&said["name"]), said: said.clone(), ours: of_link(&text(&said["link"]), NOW) })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn of_link(link: &str, now: Time) -> Estimate {
    let (_, query) = link.split_once('?').unwrap();
    let (mut workload, mut model) = (Workload::default(), "");
    for (key, value) in query.split('&').map(|pair| pair.split_once('=').unwrap()) {
        match key {
            "model" => model = value,
            "warm" => workload.warm_up = value == "1",
            "window" if value == "1" => workload.limiter = Limiter::Window,
            _ => {
                let quantity = Quantity::ALL.into_iter().find(|quantity| quantity.spec().key == key).unwrap();
                workload = quantity.set(&workload, quantity.range().read(key, value).unwrap());
            }
        }
    }
    estimate(&workload, prices::find(model).unwrap_or_else(|| panic!("{model}")), now)
}

fn corrected(name: &str) -> Option<[&'static str; 3]> {
    CORRECTED.iter().find(|(case, ..)| *case == name).map(|(_, ours, _)| *ours)
}

fn usd(value: &Value) -> Usd {
    Usd::parse(&format!("{:.9}", value.as_f64().unwrap())).unwrap()
}

fn same(ours: Usd, theirs: Usd) -> bool {
    (ours.pico() - theirs.pico()).abs() <= 1_000_000
}

fn quotes(of: &Estimate) -> [Option<&Quote>; 3] {
    [Some(&of.sequential), Some(&of.concurrent), of.batch.as_ref()]
}

#[test]
fn costs_are_those_of_somebody_else_or_corrected_for_a_reason() {
    let mut wrong = Vec::new();
    for Case { name, said, ours } in cases() {
        let theirs = ["sequential", "async", "batch"].map(|way| Some(&said[way]).filter(|way| !way.is_null()));
        for (at, (ours, theirs)) in quotes(&ours).into_iter().zip(theirs).enumerate() {
            let (Some(ours), Some(theirs)) = (ours, theirs) else {
                assert_eq!(ours.is_some(), theirs.is_some(), "{name}");
                continue;
            };
            let expected =
                corrected(&name).map_or_else(|| usd(&theirs["cost"]), |costs| Usd::parse(costs[at]).unwrap());
            if !same(ours.cost, expected) {
                wrong.push(format!("{name}: {} {} is not {expected}", ours.way.label(), ours.cost));
            }
            if corrected(&name).is_none()
                && let Some(range) = theirs["cost_range"].as_array()
                && (!same(ours.least(), usd(&range[0])) || !same(ours.most(), usd(&range[1])))
            {
                wrong.push(format!("{name}: {} {} to {}", ours.way.label(), ours.least(), ours.most()));
            }
            if corrected(&name).is_none()
                && !theirs["cost_best"].is_null()
                && !same(ours.least(), usd(&theirs["cost_best"]))
            {
                wrong.push(format!("{name}: at best {}", ours.least()));
            }
        }
        if let (Some(flex), None) = (said["flex"]["cost"].as_f64(), corrected(&name)) {
            let theirs = usd(&flex.into());
            let ours = ours.flex.as_ref().map(|flex| flex.cost);
            if !ours.is_some_and(|ours| same(ours, theirs)) {
                wrong.push(format!("{name}: Flex {ours:?} is not {theirs}"));
            }
        }
        if !said["at_peak"].is_null() {
            let peak = of_link(&text(&said["link"]), PEAK);
            assert!(same(peak.concurrent.cost, usd(&said["at_peak"]["async"]["cost"])), "{name}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where every call misses, a model that writes by default costs what the audit of its documents says.
#[test]
fn the_upper_end_is_what_openai_bills_where_nothing_is_read() {
    let mut compared = 0;
    for Case { name, said, ours } in cases() {
        let Some(misses) = Some(&said["audit_note"]["every_call_misses"]).filter(|misses| !misses.is_null()) else {
            continue;
        };
        assert_eq!(ours.concurrent.most(), usd(misses), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn times_files_and_binding_limits_are_those_of_somebody_else() {
    for Case { name, said, ours } in cases() {
        for (ours, theirs) in [(&ours.sequential, &said["sequential"]), (&ours.concurrent, &said["async"])] {
            match (ours.duration, theirs["time_s"].as_f64()) {
                (Duration::Ms(ms), Some(seconds)) => {
                    let off_ms = (ms as f64 - seconds * 1_000.0).abs();
                    let most_ms =
                        if name.contains("quick failures") { seconds * 20.0 } else { 60_000.0_f64.min(seconds * 10.0) };
                    assert!(off_ms <= most_ms.max(1.0), "{name}: {ms} ms is not {seconds} s");
                }
                (duration, seconds) => assert!(duration == Duration::Never && seconds.is_none(), "{name}"),
            }
        }
        assert_eq!(ours.binding.kind.label(), text(&said["async"]["binds"]), "{name}");
        let Some(batch) = ours.batch.as_ref() else { continue };
        let jobs = ours.batch_jobs.unwrap();
        assert_eq!(jobs.files, said["batch"]["files"].as_u64().unwrap(), "{name}");
        assert_eq!(jobs.waves, said["batch"]["waves"].as_u64().unwrap(), "{name}");
        let ends = [0, 1].map(|end| said["batch"]["time_s"][end].as_u64().unwrap() * 1_000);
        assert_eq!(batch.duration, Duration::Between { least_ms: ends[0], most_ms: ends[1] }, "{name}");
    }
}
