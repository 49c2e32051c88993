//! The page: four hash routes, drawn by function components that take values and emit callbacks.
//! Here: what is seen, what is typed, and the address. Not here: arithmetic (`estimate`), storage, fetch and the run
//! itself (`worker`); a component never does any of them, it reads values and says what the person wants.
//!
//! A component is one file and one CSS block of the same name (`number_field.rs`, `.number-field`); hooks are
//! `hooks/use_*.rs`; state that has rules is a plain struct with a pure `after(&self, action)`.
//!
//! | module | holds |
//! |---|---|
//! | [`route`] | which page the address names |
//! | [`hooks`] | where components meet the browser |
//! | [`parts`] | components that any page uses |
//! | [`running`] | the run that is under way, for every page |
//! | [`lazy`] | parts that are fetched when they are first shown |
//! | [`store`] | the worker's state and the form, for as long as the tab is open |
//! | [`calculator`] | a workload and its answers |
//! | [`count_text`] | lengths counted from a text |
//! | [`compare`] | what stands below the answers |
//! | [`simulation`] | `Simulate this run` |
//! | [`runner`] | the run page |
//! | [`runs`] | the history |
//! | [`settings`] | settings |
//! | [`loaders`] | what is fetched, and how |
//! | [`calculator_page`] | the calculator, its address and what is fetched for it |
//! | [`frame`] | what stands around every page |
//! | [`app`] | the page that the address names |
//!
//! A module names only those above it (`tests/tidy.rs`).
//!
//! It is one Yew program. What isn't needed for the calculator's answer is fetched when it is first shown (`lazy`); the
//! program that starts the page says what is in which part.

mod app;
pub mod calculator;
mod calculator_page;
pub mod compare;
pub mod count_text;
mod frame;
pub mod hooks;
mod lazy;
mod loaders;
pub mod parts;
mod route;
pub mod runner;
mod running;
pub mod runs;
pub mod settings;
mod simulation;
pub mod store;

pub use app::{App, AppProps, Opening, OpeningProps};
pub use lazy::{Loader, NotLoaded, View};
pub use loaders::Loaders;
pub use route::Route;
pub use simulation::{Simulation, SimulationProps};
