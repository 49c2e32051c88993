//! Where components meet the browser: the address, the theme, timers, the worker. Each hook is one file `use_*.rs`.
//! Not here: anything that draws.

mod use_hash;
mod use_theme;

pub use use_hash::{Address, use_hash};
pub use use_theme::{Theme, UseTheme, use_theme};
