//! Tests that need a browser: they run in a dedicated worker, as the engine's shell does, under the page's own policy.
//!
//! `cargo dev test --only browser` runs them. A simulated provider is up meanwhile; see `place`.

#![cfg(target_arch = "wasm32")]

mod database;
mod decimal;
mod fetch;
mod journal;
mod link;
mod place;
mod sample;
mod spool;
mod storage;
mod turns;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
