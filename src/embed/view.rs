//! The document: a heading, three ways side by side, the form, and the advice. Names and roles are those of the page's calculator.

use crate::embed::field::{FIELDS, attribute, named, plain};
use crate::embed::{Asked, Node, asked};
use crate::estimate::{self, Estimate, Quantity, Way, nearest};
use crate::money::grouped;
use crate::prices::{self, Model, Retirement};
use crate::time::Time;

/// The figures that are always seen, each with a slider.
const MAIN: usize = 5;
/// Told from the host's own ids by the shadow root, not by their names.
const RECOMMENDATION: &str = "recommendation";

pub fn view(asked: &Asked, estimate: &Estimate, now: Time) -> Node {
    let class = if asked.problems.is_empty() { "calculator" } else { "calculator unread" };
    Node::new("div", class).children([heading()]).children(stale(now)).children([
        answers(asked, estimate),
        form(asked, now),
        advice(asked, estimate),
    ])
}

fn heading() -> Node {
    Node::new("p", "title").text("What will this batch of LLM calls cost?")
}

/// Above the figures that rest on them.
fn stale(now: Time) -> Option<Node> {
    prices::stale_words(now).map(|words| Node::new("p", "note problem").text(words))
}

fn answers(asked: &Asked, estimate: &Estimate) -> Node {
    let groups = estimate::cards(estimate, &asked.workload).map(|card| {
        let id = match card.way {
            Way::Sequential => "sequential",
            Way::Async | Way::Flex => "async",
            Way::BatchApi => "batch-api",
        };
        let marks = card.marks.iter().map(|word| Node::new("span", "mark").text(*word));
        let name = Node::new("strong", "answer-name").with("id", id).text(card.way.label());
        let head = Node::new("div", "answer-head").child(name).children(marks);
        let words = std::iter::once(&card.sentence).chain(&card.misses).map(|line| Node::new("p", "").text(line));
        Node::new("div", "answer")
            .with("role", "group")
            .with("aria-labelledby", id)
            .child(head)
            .children(card.figures.as_ref().map(figures))
            .child(Node::new("div", "answer-words").children(words))
    });
    part("answers").with("aria-label", "Three ways to run it").children(groups).child(unread(asked))
}

/// Why the figures don't count, and what was asked that has no meaning here. It is always there, so that what follows
/// keeps its place, and with it the focus.
fn unread(asked: &Asked) -> Node {
    let label = |name: &str| named(name).map_or("Model", |place| FIELDS[place].spec().label);
    let labels: Vec<&str> = asked.problems.iter().map(|problem| label(problem.name)).collect();
    let unread = format!("No estimate yet. Correct {} first.", labels.join(", "));
    let words: Vec<&str> = Some(unread.as_str())
        .filter(|_| !labels.is_empty())
        .into_iter()
        .chain(asked.unknown.iter().map(String::as_str))
        .collect();
    Node::new("p", "note problem").text(words.join(" "))
}

/// A group and no landmark: a host's landmarks are its own, and two calculators would name theirs alike.
fn part(class: &str) -> Node {
    Node::new("div", class).with("role", "group")
}

fn figures((cost, time): &(String, String)) -> Node {
    Node::new("dl", "figures").children([
        Node::new("dt", "unseen").text("Cost"),
        Node::new("dd", "cost").text(cost),
        Node::new("dt", "unseen").text("Time"),
        Node::new("dd", "time").text(time),
    ])
}

fn form(asked: &Asked, now: Time) -> Node {
    let (main, advanced) = FIELDS.split_at(MAIN);
    let row = |field: &Quantity| figure(*field, asked);
    let advanced = Node::new("details", "advanced")
        .child(Node::new("summary", "").text("Advanced"))
        .child(Node::new("div", "fields").children(advanced.iter().map(row)));
    part("form")
        .with("aria-label", "Workload")
        .child(model_field(asked, now))
        .children(main.iter().map(row))
        .child(advanced)
}

fn model_field(asked: &Asked, now: Time) -> Node {
    let model = asked.model;
    let listed =
        |model: &'static Model| Node::new("option", "").with("value", model.key()).text(model_words(model, now));
    let group = |label: &str, chosen: &dyn Fn(&Model) -> bool| {
        let options = prices::all().iter().filter(|model| chosen(model)).map(listed);
        Node::new("optgroup", "").with("label", label).children(options)
    };
    let usual = |model: &Model| model.core && model.retirement(now) == Retirement::Stays;
    let options = if asked.one_model {
        vec![listed(model)]
    } else {
        vec![group("Usual choices", &usual), group("More models", &|model| !usual(model) && !model.is_retired(now))]
    };
    // A retired model isn't offered; one that the page's author chose is there.
    let retired = (model.is_retired(now) && !asked.one_model).then(|| listed(model));
    let rates = model.card.rates(0, now);
    let hint = format!("{} in, {} out per 1M tokens", rates.input.listed(), rates.output.listed());
    let select = Node::new("select", "").with("id", asked::MODEL).with("data-field", asked::MODEL);
    let select = described(select, asked::MODEL, asked).with("value", model.key()).children(retired).children(options);
    Node::new("div", "field")
        .child(Node::new("label", "").with("for", asked::MODEL).text("Model"))
        .child(select)
        .child(note(asked::MODEL, &hint, asked))
}

fn model_words(model: &Model, now: Time) -> String {
    let retires = model.retirement_words(now).map(|words| format!(" \u{b7} {words}")).unwrap_or_default();
    format!("{} \u{b7} {}{retires}", model.id, model.vendor_name())
}

fn figure(field: Quantity, asked: &Asked) -> Node {
    let spec = field.spec();
    let name = attribute(field);
    let value =
        asked.problem(name).map_or_else(|| grouped(&plain(field, &asked.workload)), |problem| problem.text.clone());
    let range = spec.range;
    // A text box: a number box drops a comma that is typed, so that "0,50" would be 50.
    let number = Node::new("input", "").with("type", "text").with("role", "spinbutton").with("autocomplete", "off");
    let number = number.with("inputmode", if range.decimals == 0 { "numeric" } else { "decimal" });
    let number = number.with("aria-valuemin", range.plain(range.min)).with("aria-valuemax", range.plain(range.max));
    let number = match field.get(&asked.workload) {
        Some(steps) => number.with("aria-valuenow", range.plain(steps)).with("aria-valuetext", range.with_unit(steps)),
        None => number,
    };
    let number = described(number.with("id", name).with("data-field", name), name, asked);
    let number = if range.optional { number.with("placeholder", "none") } else { number };
    let number = number.with("value", value.clone());
    let label = format!("{name}-label");
    let text = Node::new("label", "").with("for", name).with("id", label.clone()).text(spec.label);
    let unit = Some(range.unit.label()).filter(|unit| !unit.is_empty());
    let unit = unit.map(|unit| Node::new("span", "unit").with("aria-hidden", "true").text(unit));
    let hint = range.echo(&value).or(field.hint(&asked.workload)).unwrap_or_default();
    let slider = field.scale().map(|scale| slider(field, &scale.stops(), asked, label));
    Node::new("div", "field")
        .child(text)
        .child(Node::new("span", "box").child(number).children(unit))
        .children(slider)
        .child(note(name, &hint, asked))
}

fn slider(field: Quantity, stops: &[u64], asked: &Asked, label: String) -> Node {
    let steps = field.get(&asked.workload).unwrap_or_default();
    let at = nearest(stops, steps);
    Node::new("input", "slider")
        .with("type", "range")
        .with("aria-labelledby", label)
        .with("aria-valuetext", field.range().with_unit(steps))
        .with("data-slider", attribute(field))
        .with("min", "0")
        .with("max", (stops.len() - 1).to_string())
        .with("value", at.to_string())
}

/// Its note's id follows from its name, so that the note is read out with it.
fn described(control: Node, name: &str, asked: &Asked) -> Node {
    let control = control.with("aria-describedby", format!("{name}-note"));
    if asked.problem(name).is_some() { control.with("aria-invalid", "true") } else { control }
}

fn note(name: &str, hint: &str, asked: &Asked) -> Node {
    let (class, text) = match asked.problem(name) {
        Some(problem) => ("note problem", problem.sentence.as_str()),
        None => ("note", hint),
    };
    Node::new("p", class).with("id", format!("{name}-note")).text(text)
}

fn advice(asked: &Asked, estimate: &Estimate) -> Node {
    let recommended = &estimate.recommendation;
    let items = |lines: &[String]| lines.iter().map(|line| Node::new("li", "").text(line)).collect::<Vec<_>>();
    let sourced = estimate::price_words(asked.model, &estimate.price_date);
    let (first, others) = recommended.reasons.split_at(recommended.reasons.len().min(1));
    let why = Node::new("details", "basis").child(Node::new("summary", "").text("Why?")).child(
        Node::new("ul", "")
            .children(items(others))
            .children(items(&estimate.notes))
            .child(Node::new("li", "").text(sourced)),
    );
    part("advice")
        .with("aria-labelledby", RECOMMENDATION)
        .child(Node::new("strong", "advice-name").with("id", RECOMMENDATION).text("Recommendation"))
        .child(Node::new("p", "headline").text(&recommended.headline))
        .children(first.iter().map(|reason| Node::new("p", "reason").text(reason)))
        .children(estimate.warnings.iter().map(|warning| Node::new("p", "problem").text(warning)))
        .child(why)
        .child(Node::new("a", "full").with("data-link", asked.link()).text("Open in the full calculator"))
}
