//! Pennybatch tells what a batch of LLM calls will cost and how long it will take, and runs it in the browser.
//!
//! # The rooms
//!
//! | room | holds | may name |
//! |---|---|---|
//! | [`money`] | dollars as integers | |
//! | [`time`] | moments and spans as milliseconds | |
//! | [`number`] | numbers as people type them | |
//! | [`query`] | links as people paste them | `number` |
//! | [`tokenizer`] | OpenAI's public tokenizers: exact token counts | |
//! | [`provider`] | what goes over the wire, as plain values: requests, answers, usage, failures | |
//! | [`prices`] | the catalogue: dated, sourced rates of every model | `provider` |
//! | [`answers`] | answer formats: labels and JSON schemas, and whether an answer fits them | `provider` |
//! | [`accuracy`] | how often answers are right, and how sure that is | `answers` |
//! | [`dataset`] | rows in, prompts rendered, results out | `provider` |
//! | [`estimate`] | a workload in, its cost and duration out | `number`, `provider`, `prices` |
//! | [`embed`] | the calculator for other people's pages, as plain values | `number`, `query`, `prices`, `estimate` |
//! | [`engine`] | the run as a state machine without IO | `provider`, `prices` |
//! | [`simulate`] | the engine on a virtual clock, for a forecast | `provider`, `prices`, `estimate`, `engine` |
//! | [`link`] | the words that page and worker exchange | `provider`, `prices`, `accuracy`, `dataset`, `estimate`, `engine`, `simulate` |
//! | [`worker`] | the engine's only shell: fetch, storage, timers, locks | `tokenizer`, `provider`, `prices`, `answers`, `accuracy`, `dataset`, `estimate`, `engine`, `simulate`, `link` |
//! | [`ui`] | the page | `number`, `query`, `provider`, `prices`, `answers`, `accuracy`, `dataset`, `estimate`, `engine`, `link` |
//!
//! # The arrow rule
//!
//! A room names only what its line allows, and `money` and `time`, which are everyone's: always rooms further up in
//! the table, so that nothing turns in circles. Of the engine, the page names plain values alone, and never drives one:
//! the engine lives in the worker. The programs are `app -> ui`, `embed -> embed`, `worker`, and
//! `validator` and the tokenizers below it, `-> worker`. Of the other packages, `tools/dev` names `money`, `time` and what
//! it publishes, `prices` and the opening of `embed`; `tests/mock` names nothing, so that it checks the arithmetic here
//! with its own.
//!
//! # The purity rule
//!
//! Only `ui`, `worker` and the programs touch the browser. Every other room is pure: the clock and the random source
//! are arguments. `tests/tidy.rs` reads the table above and enforces both rules.

pub mod accuracy;
pub mod answers;
pub mod dataset;
pub mod embed;
pub mod engine;
pub mod estimate;
pub mod link;
pub mod money;
pub mod number;
pub mod prices;
pub mod provider;
pub mod query;
pub mod simulate;
pub mod time;
#[cfg(feature = "tokenizers")]
pub mod tokenizer;
#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "worker")]
pub mod worker;
