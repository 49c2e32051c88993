use serde_json::{Value, json};

use super::*;
use crate::estimate::{Quantity, Workload};
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
    assert_eq!(detail["sequential"]["cost"], "$0.2500");
    assert_eq!(detail["async"]["cost_pico_usd"], "225000000000");
    assert_eq!(detail["async"]["time"], "7.5 min");
    assert_eq!(detail["batch_api"]["time"], "< 24 hours");
    assert_eq!(
        (&detail["calls"], &detail["cache_ppm"], &detail["model"]),
        (&json!(5000), &json!(100_000), &json!("openai/gpt-6-luna"))
    );
    let shown = texts(&answer["tree"]);
    for figure in ["$0.25", "2 h 5 min", "$0.225", "7.5 min", "$0.113", "< 24 hours"] {
        assert!(shown.contains(figure), "{figure}");
    }
    assert_eq!(answer["bad"], json!([]));
}

#[test]
fn the_opening_document_is_the_same_but_for_the_list_of_models() {
    let opening: Value = serde_json::from_str(&opening(NOW)).expect("JSON");
    let mut drawn = drawn("")["tree"].clone();
    let options = found(&opening, &|node| node[0] == "option");
    assert_eq!((options.len(), options[0][1]["value"].as_str()), (1, Some("openai/gpt-6-luna")));
    let select = |tree: &Value| found(tree, &|node| node[0] == "select")[0].clone();
    let (full, short) = (select(&drawn), select(&opening));
    let offered = prices::all().iter().filter(|model| !model.is_retired(NOW));
    assert_eq!(found(&full, &|node| node[0] == "option").len(), offered.count());
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
            "No estimate yet. Correct Model, API calls, Input tokens per call, Output tokens per call first. \
             Unknown attribute \u{201c}colour\u{201d}.",
            "No price found for \u{201c}gpt-nowhere\u{201d}. Using gpt-4o instead.",
            "API calls goes from 1 to 1,000,000. Still using 800.",
            "Input tokens per call needs a plain number, without \u{201c}m\u{201d}. Still using 250.",
            "Output tokens per call takes whole numbers; separate thousands by a comma, as in 1,234, or not at all. Still using 50.",
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
    assert!(texts(&tree).contains("Over your budget of $0.10."));
}

#[test]
fn values_are_read_and_shown_to_the_last_digit() {
    for field in FIELDS {
        let (spec, range) = (field.spec(), field.range());
        for steps in [range.min, range.max, range.min + (range.max - range.min) / 3] {
            let workload = field.set(&Workload::default(), Some(steps));
            assert_eq!(field.get(&workload), Some(steps), "{}", spec.label);
            assert_eq!(range.read(spec.label, &plain(field, &workload)), Ok(Some(steps)), "{}", spec.label);
        }
        if let Some(scale) = field.scale() {
            let stops = scale.stops();
            assert!(stops.is_sorted_by(|a, b| a < b), "{}", spec.label);
            assert!(stops[0] == range.min && stops[stops.len() - 1] <= range.max, "{}", spec.label);
        }
    }
}

/// Attributes as content management systems hand them over, in the escaping of the element.
#[test]
fn attributes_mean_what_their_author_wrote() {
    let value = |query: &str, name: &str| drawn(query)["values"][name].as_str().unwrap_or_default().to_owned();
    for (query, name, meant) in [
        ("calls=5,000", "calls", "5000"),
        ("calls=5%26nbsp%3B000", "calls", "5000"),
        ("calls=5%C2%A0000", "calls", "5000"),
        ("calls=5%26%23160%3B000", "calls", "5000"),
        ("calls=5%26thinsp%3B000", "calls", "5000"),
        ("calls=5%E2%80%99000", "calls", "5000"),
        ("calls=5%26rsquo%3B000", "calls", "5000"),
        ("calls=5%26amp%3B%23x202F%3B000", "calls", "5000"),
        ("calls=%26bdquo%3B7%26ldquo%3B", "calls", "7"),
        ("cache=10%26%2337%3B", "cache", "10"),
        ("model=gpt%E2%80%914o%E2%80%91mini", "model", "openai/gpt-4o-mini"),
        ("calls=+7+", "calls", "7"),
        ("calls=%E2%80%9D7%E2%80%B3", "calls", "7"),
        ("calls=%26quot%3B7%26quot%3B", "calls", "7"),
        ("calls=%26%238220%3B7%26%238221%3B", "calls", "7"),
        ("CALLS=20k", "calls", "20000"),
        ("cache=10%25", "cache", "10"),
        ("cache=12.5 %25", "cache", "12.5"),
        ("latency=2 s", "latency", "2"),
        ("budget=$0.15", "budget", "0.15"),
        ("budget=%240.15", "budget", "0.15"),
        ("budget=", "budget", ""),
        ("rpm=", "rpm", ""),
        ("model=GPT-4o mini", "model", "openai/gpt-4o-mini"),
        ("model=gpt-4o+mini", "model", "openai/gpt-4o-mini"),
        ("model=%E2%80%9Cgpt-4o%E2%80%9D", "model", "openai/gpt-4o"),
        ("model=Claude Haiku 4.5", "model", "anthropic/claude-haiku-4-5"),
        ("model=", "model", "openai/gpt-6-luna"),
        // The full calculator's links.
        ("in=70&dup=20&conc=7&lat=3", "input", "70"),
        ("in=70&dup=20&conc=7&lat=3", "cache", "20"),
        ("model=gpt-4o&amp;calls=9", "calls", "9"),
        ("model=gpt-4o&calls=9&utm_source=x&fbclid=y", "calls", "9"),
    ] {
        assert_eq!(value(query, name), meant, "{query}");
        assert_eq!(drawn(query)["bad"], json!([]), "{query}");
        assert!(!texts(&drawn(query)["tree"]).contains("Unknown attribute"), "{query}");
    }
}

#[test]
fn what_could_mean_another_number_is_said_and_the_figures_do_not_count() {
    for (query, words) in [
        ("budget=0,50", "Use a point for decimals: 0.50. Nothing is set yet."),
        (
            "calls=1.000",
            "API calls takes whole numbers; separate thousands by a comma, as in 1,234, or not at all. Still using 5,000.",
        ),
        ("calls=", "API calls needs a number. Still using 5,000."),
        ("budget=1,00,000.50", "Budget takes commas between thousands only, as in 1,234,567."),
        ("budget=1%E2%80%AF000,50", "Use a point for decimals: 1000.50."),
        ("budget=5-10", "Budget needs a plain number, without \u{201c}-\u{201d}."),
        ("budget=$1.5k", "Budget needs a plain number, without \u{201c}k\u{201d}."),
        ("calls=5,-", "API calls needs a plain number, without \u{201c}-\u{201d}."),
        ("budget=%E2%82%AC5", "Budget needs a plain number, without \u{201c}\u{20ac}\u{201d}."),
        ("rpm=5OO", "Requests per minute needs a plain number, without \u{201c}O\u{201d}."),
        ("model=%E2%80%9CGPT-4o", "No price found for \u{201c}\u{201c}GPT-4o\u{201d}. Using gpt-6-luna instead."),
    ] {
        let tree = &drawn(query)["tree"];
        let said = texts(tree);
        assert!(said.contains(words), "{query}: {said}");
        assert!(said.contains("No estimate yet. Correct "), "{query}: {said}");
        assert_eq!(attribute(tree, "class"), "calculator unread", "{query}");
        let box_of = |name: &str| found(tree, &|node| attribute(node, "data-field") == name)[0].clone();
        let (name, _) = query.split_once('=').expect("a value");
        assert!(name == "model" || attribute(&box_of(name), "aria-invalid") == "true", "{query}");
    }
    assert_eq!(attribute(&drawn("calls=7")["tree"], "class"), "calculator");
    let tree = drawn("calls=1.000&was.calls=7")["tree"].clone();
    let calls = found(&tree, &|node| attribute(node, "data-field") == "calls")[0];
    assert_eq!((attribute(calls, "value"), attribute(calls, "aria-valuenow")), ("1.000", "7"), "left to be corrected");
}

#[test]
fn what_was_understood_of_money_is_echoed() {
    assert!(texts(&drawn("budget=.5")["tree"]).contains("= $0.50"));
    assert!(!texts(&drawn("")["tree"]).contains("= $"));
}

#[test]
fn an_arrow_key_steps_from_the_value_in_force() {
    let value = |query: &str, name: &str| drawn(query)["values"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(value("calls=7&step.calls=up", "calls"), "8");
    assert_eq!(value("calls=1&step.calls=down", "calls"), "1");
    assert_eq!(value("calls=x&was.calls=9&step.calls=up", "calls"), "10");
    assert_eq!(value("budget=&step.budget=up", "budget"), "1");
    assert_eq!(value("step.cache=down", "cache"), "9");
    assert_eq!(drawn("calls=x&was.calls=9&step.calls=up")["bad"], json!([]));
}

#[test]
fn a_slider_s_stop_stands_for_its_value() {
    let stop = Quantity::Calls.scale().expect("a slider").stops().iter().position(|stop| *stop == 250).expect("a stop");
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
