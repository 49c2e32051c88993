//! Pennybatch tells what a batch of LLM calls will cost and how long it will take, and runs it in the browser.
//!
//! # The rooms
//!
//! | room | holds |
//! |---|---|
//! | [`money`], [`time`] | dollars as integers, moments as milliseconds |
//! | [`prices`] | the catalogue: dated, sourced rates of every model |
//! | [`provider`] | what goes over the wire, as plain values: requests, answers, usage, failures |
//! | [`estimate`] | a workload in, its cost and duration out |
//! | [`engine`] | the run as a state machine without IO |
//! | [`dataset`] | rows in, prompts rendered, results out |
//! | [`link`] | the words that page and worker exchange |
//! | [`worker`] | the engine's only shell: fetch, storage, timers, locks |
//! | [`ui`] | the page |
//!
//! # The arrow rule
//!
//! `ui -> link, estimate, dataset`; `worker -> link, engine, dataset`; `link -> engine, dataset, provider, prices`;
//! `engine -> provider, prices`; `estimate -> prices, provider`; everyone `-> money, time`. Never upward.
//! Only `ui`, `worker` and the binaries touch the browser; every other room is pure: the clock and the random
//! source are arguments. `tests/tidy.rs` enforces both.

pub mod dataset;
pub mod engine;
pub mod estimate;
pub mod link;
pub mod money;
pub mod prices;
pub mod provider;
pub mod time;
#[cfg(feature = "page")]
pub mod ui;
#[cfg(feature = "page")]
pub mod worker;
