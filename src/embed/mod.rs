//! The calculator for other people's pages, as plain values: what it is asked (attributes), the document that it shows
//! (a tree of elements) and what it tells the host (the detail of its event). All of it is one function of its
//! arguments, [`draw`], so that a build can draw the opening document and a browser the same one later.
//!
//! It shares the arithmetic with the page, and neither its components nor their framework: what a blog's readers
//! download is a third of the page. Not here: the custom element itself (`www/embed.js`), which owns what is typed,
//! keeps the document in step with the tree, and dispatches the event.

mod asked;
mod detail;
mod field;
mod node;
mod view;

pub use asked::Asked;
pub use field::FIELDS;
pub use node::Node;

use crate::estimate;
use crate::time::Time;
use field::{attribute, plain};

/// What a query leads to, as JSON: `{"tree": …, "detail": …, "values": {…}, "bad": [names]}`.
///
/// The query holds attributes as `name=text` joined by `&`, escaped as in an address. `was.name=text` is what stays in
/// force where `name` can't be read; `stop.name=number` is where its slider stands, and wins; `step.name=up` (or `down`)
/// is an arrow key in its box. `values` are the model and the fields' values in force, in plain digits.
pub fn draw(query: &str, now: Time) -> String {
    let asked = Asked::read(query);
    let estimate = estimate::estimate(&asked.workload, asked.model, now);
    let tree = view::view(&asked, &estimate, now);
    let mut json = String::from("{\"tree\":");
    tree.write(&mut json);
    json.push_str(",\"detail\":");
    detail::write(&mut json, &asked, &estimate);
    json.push_str(",\"values\":{\"model\":");
    node::quote(&mut json, &asked.model.key());
    for field in FIELDS {
        json.push(',');
        node::quote(&mut json, attribute(field));
        json.push(':');
        node::quote(&mut json, &plain(field, &asked.workload));
    }
    json.push_str("},\"bad\":[");
    for (at, problem) in asked.problems.iter().enumerate() {
        json.push_str(if at > 0 { "," } else { "" });
        node::quote(&mut json, problem.name);
    }
    json.push_str("]}");
    json
}

/// The document at `now` for what is set where nothing is set, before the list of models is needed.
pub fn opening(now: Time) -> String {
    let asked = Asked::read("");
    let mut json = String::new();
    let estimate = estimate::estimate(&asked.workload, asked.model, now);
    view::view(&Asked { one_model: true, ..asked }, &estimate, now).write(&mut json);
    json
}

/// The names that the custom element watches, in the order of the documentation.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    std::iter::once(asked::MODEL).chain(FIELDS.into_iter().map(attribute))
}

#[cfg(test)]
mod tests;
