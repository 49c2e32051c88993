//! The run before the run: the real [`Engine`](crate::engine::Engine) on a virtual clock, against a provider that is a
//! few distributions and a limiter. What the closed form of `estimate` can only average is seen here: how far finish
//! time and cost spread, how many requests are refused, what is asked again.
//!
//! One file a thing: `scenario` (what is simulated), `server` (the provider), `run` (one run, step by step), `study`
//! (many runs with seeds of their own, and what they have in common). Pure: seeds and the moment are arguments, and a
//! study is advanced in slices, so that its shell can stay responsive. Not here: crashes, torn disks and people
//! (`tests/simulation`); the shell that advances a study (`worker`).

mod run;
mod scenario;
mod server;
mod study;

pub use run::{Outcome, Run};
pub use scenario::{Latency, Scenario};
pub use study::{Bin, Quantiles, Study, Summary};
