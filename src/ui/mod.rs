//! The page: four hash routes, drawn by function components that take values and emit callbacks.
//! Here: what is seen, what is typed, and the address. Not here: arithmetic (`estimate`), storage, fetch and the run
//! itself (`worker`); a component never does any of them, it reads values and says what the person wants.
//!
//! A component is one file and one CSS block of the same name (`number_field.rs`, `.number-field`); hooks are
//! `hooks/use_*.rs`; state that has rules is a plain struct with a pure `after(&self, action)`.
//!
//! Three programs draw it: `app` the frame and the calculator, `compare` the calculator's comparisons, `runner` the rest;
//! `slots` is the seam between them.

mod app;
pub mod calculator;
pub mod compare;
pub mod hooks;
pub mod parts;
mod route;
pub mod runner;
pub mod runs;
pub mod settings;
pub mod slots;

pub use app::App;
pub use route::Route;
