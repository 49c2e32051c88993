use serde_json::{Value, json};

use super::*;
use crate::estimate::Workload;
use crate::prices;

const NOW: Time = Time(1_795_500_000_000);

fn drawn(query: &str) -> Value {
    serde_json::from_str(&draw(query, NOW)).expect("JSON")
}

/// Every element below a node that holds for a test.
fn found<'a>(node: &'a Value, holds: &dyn Fn(&'a Value) -> bool) -> Vec<&'a Value> {
    let mut all: Vec<&Value> = if holds(node) { vec![node] } else { Vec::new() };
    for child in node.as_array().into_iter().flatten().skip(2) {
        all.extend(found(child, holds));
    }
    all
}

fn texts(node: &Value) -> String {
    match node {
        Value::String(text) => text.clone(),
        node => node.as_array().into_iter().flatten().skip(2).map(texts).collect::<Vec<_>>().join(" "),
    }
}

fn attribute<'a>(node: &'a Value, name: &str) -> &'a str {
    node[1][name].as_str().unwrap_or_default()
}

#[test]
fn the_opening_values_are_the_post_s() {
    let answer = drawn("");
    let detail = &answer["detail"];
    assert_eq!(detail["sequential"]["cost"], "$0.3375");
    assert_eq!(detail["async"]["cost_pico_usd"], "303750000000");
    assert_eq!(detail["async"]["time"], "7.5 min");
    assert_eq!(detail["batch_api"]["time"], "< 24 hours");
    assert_eq!(
        (&detail["calls"], &detail["cache_ppm"], &detail["model"]),
        (&json!(5000), &json!(100_000), &json!("openai/gpt-4o-mini"))
    );
    let shown = texts(&answer["tree"]);
    for figure in ["$0.3375", "125 min", "$0.3038", "7.5 min", "$0.1519", "< 24 hours"] {
        assert!(shown.contains(figure), "{figure}");
    }
    assert_eq!(answer["bad"], json!([]));
}

#[test]
fn the_opening_document_is_the_same_but_for_the_list_of_models() {
    let opening: Value = serde_json::from_str(&opening(NOW)).expect("JSON");
    let mut drawn = drawn("")["tree"].clone();
    let options = found(&opening, &|node| node[0] == "option");
    assert_eq!((options.len(), options[0][1]["value"].as_str()), (1, Some("openai/gpt-4o-mini")));
    let select = |tree: &Value| found(tree, &|node| node[0] == "select")[0].clone();
    let (full, short) = (select(&drawn), select(&opening));
    assert_eq!(found(&full, &|node| node[0] == "option").len(), prices::all().len());
    drawn = serde_json::from_str(&drawn.to_string().replace(&full.to_string(), &short.to_string())).expect("JSON");
    assert_eq!(drawn, opening);
}

#[test]
fn what_cannot_be_read_is_said_and_what_was_stays_in_force() {
    let answer = drawn("calls=0&was.calls=800&input=many&output=1.5&model=gpt-nowhere&was.model=gpt-4o&colour=red");
    assert_eq!(answer["bad"], json!(["model", "calls", "input", "output"]));
    assert_eq!(answer["values"]["calls"], "800");
    assert_eq!(answer["detail"]["model"], "openai/gpt-4o");
    let problems: Vec<String> =
        found(&answer["tree"], &|node| attribute(node, "class") == "note problem").into_iter().map(texts).collect();
    assert_eq!(
        problems,
        [
            "No price is known for \u{201c}gpt-nowhere\u{201d}; gpt-4o stands in.",
            "API calls goes from 1 to 1,000,000. 800 stays in force.",
            "Input tokens per call needs a plain number. 250 stays in force.",
            "Output tokens per call is a whole number. 50 stays in force.",
        ]
    );
}

#[test]
fn every_control_has_a_name_and_every_reference_leads_somewhere() {
    let tree = drawn("budget=0.1&deadline=1")["tree"].clone();
    let all = found(&tree, &|_| true);
    let ids: Vec<&str> = all.iter().map(|node| attribute(node, "id")).filter(|id| !id.is_empty()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "ids are unique");
    for node in all {
        for name in ["for", "aria-labelledby", "aria-describedby"] {
            let id = attribute(node, name);
            assert!(id.is_empty() || ids.contains(&id), "{name} {id}");
        }
    }
    assert!(texts(&tree).contains("Over the budget."));
}

#[test]
fn values_are_read_and_shown_to_the_last_digit() {
    for field in Field::ALL {
        let spec = field.spec();
        for steps in [spec.min, spec.max, spec.min + (spec.max - spec.min) / 3] {
            let mut workload = Workload::default();
            field.set(&mut workload, Some(steps));
            assert_eq!(field.get(&workload), Some(steps), "{}", spec.label);
            assert_eq!(field.read(&field.shown(&workload)), Ok(Some(steps)), "{}", spec.label);
        }
        assert_eq!(field.read("").is_ok(), spec.optional, "{}", spec.label);
        for text in ["-1", "1e3", "1.2.3", ".", "12345678901234", "\u{664}"] {
            assert!(field.read(text).is_err(), "{} {text}", spec.label);
        }
        if spec.slider > 0 {
            let stops = field.stops();
            assert!(stops.is_sorted_by(|a, b| a < b), "{}", spec.label);
            assert_eq!((stops[0], stops[stops.len() - 1]), (spec.min, spec.slider), "{}", spec.label);
        }
    }
    assert_eq!(Field::Cache.read("12.5"), Ok(Some(125_000)));
    assert_eq!(Field::Cache.with_unit(125_000), "12.5 %");
}

#[test]
fn a_slider_s_stop_stands_for_its_value() {
    let stop = Field::Calls.stops().iter().position(|stop| *stop == 250).expect("a stop");
    let answer = drawn(&format!("calls=5000&stop.calls={stop}"));
    assert_eq!(answer["values"]["calls"], "250");
    assert_eq!(drawn("stop.calls=9999")["values"]["calls"], "1000000");
    assert_eq!(drawn("calls=7&stop.calls=x")["values"]["calls"], "7");
}

#[test]
fn an_escaped_query_means_what_it_says() {
    assert_eq!(drawn("model=together%2Fopenai%2Fgpt-oss-120b")["detail"]["model"], "together/openai/gpt-oss-120b");
    assert_eq!(drawn("budget=%31%2e5&calls=%zz")["values"]["budget"], "1.5");
}

#[test]
fn json_keeps_every_letter() {
    let text = "\"\\\u{1}\n<\u{e9}\u{201c}";
    let mut json = String::new();
    node::quote(&mut json, text);
    assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
}
