//! Answers in the form they were asked for: labels, and JSON documents that are valid against a JSON schema. Here lies
//! what a format means, whether an answer fits it, and which fields of an answer become columns. Pure.
//! Not here: how a format is put into a provider's words (`provider`), and when a row is asked again (`engine`).
//!
//! | file | holds |
//! |---|---|
//! | `labels` | a list of labels, and which of them an answer means |
//! | `outline` | a schema as a person reads it: its faults by place, its fields in their order |
//! | `node` | JSON whose objects keep their order |
//! | `document` | the JSON document inside an answer |
//! | `misfit` | words for what an answer lacks, and for what led to it |
//! | `check` | whether an answer fits; the only place that knows the validator |
//! | `example` | documents that fit a schema, for the simulated provider |

#[cfg(feature = "validator")]
mod check;
mod document;
mod example;
mod labels;
mod misfit;
mod node;
mod outline;

#[cfg(feature = "validator")]
pub use check::SchemaCheck;
pub use document::find_document;
pub use example::{example, without_a_field};
pub use labels::{LABELS_MAX, Labels, LabelsProblem, labels_of_prompt};
pub use misfit::{misfit_of_text, with_cause};
pub use outline::{FIELDS_MAX, Outline, SchemaProblem};
