//! The figures that an embedded calculator takes: a part of the page's, by attributes of the same meaning.

use crate::estimate::{Quantity, Workload};

/// In the order of the document.
pub const FIELDS: [Quantity; 11] = [
    Quantity::Calls,
    Quantity::Input,
    Quantity::Output,
    Quantity::CacheHits,
    Quantity::Concurrency,
    Quantity::Latency,
    Quantity::Reasoning,
    Quantity::RequestsPerMinute,
    Quantity::TokensPerMinute,
    Quantity::Budget,
    Quantity::Deadline,
];

/// The name of the attribute, and in the address of `embed.html`.
pub fn attribute(field: Quantity) -> &'static str {
    match field {
        Quantity::Input => "input",
        Quantity::Output => "output",
        Quantity::CacheHits => "cache",
        Quantity::Concurrency => "concurrency",
        Quantity::Latency => "latency",
        Quantity::Reasoning => "reasoning",
        field => field.spec().key,
    }
}

/// The place in [`FIELDS`] of the one with this attribute, or with this key in the full calculator's links.
pub fn named(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| attribute(*field) == name || field.spec().key == name)
}

/// The value in force, in plain digits.
pub fn plain(field: Quantity, workload: &Workload) -> String {
    field.get(workload).map(|steps| field.range().plain(steps)).unwrap_or_default()
}
