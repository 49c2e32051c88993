//! The page: four hash routes, drawn by function components that take values and emit callbacks.
//! Here: what is seen, what is typed, and the address. Not here: arithmetic (`estimate`), storage, fetch and the run
//! itself (`worker`); a component never does any of them, it reads values and says what the person wants.
//!
//! A component is one file and one CSS block of the same name (`number_field.rs`, `.number-field`); hooks are
//! `hooks/use_*.rs`; state that has rules is a plain struct with a pure `after(&self, action)`.
//!
//! It is one Yew program. What isn't needed for the calculator's answer is fetched when it is first shown (`lazy`); the
//! program that starts the page says what is in which part.

mod app;
pub mod calculator;
pub mod compare;
mod frame;
pub mod hooks;
mod lazy;
mod pages;
pub mod parts;
mod route;
pub mod runner;
mod running;
pub mod runs;
pub mod settings;
pub mod store;

pub use app::{App, AppProps, Loaders, Opening, OpeningProps};
pub use lazy::{Loader, NotLoaded, View};
pub use pages::{Pages, PagesProps};
pub use route::Route;
