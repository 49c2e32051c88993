//! Where components meet the browser: the address, the theme, timers. Each hook is one file `use_*.rs`.
//! Not here: anything that draws.

mod clock;
mod use_after_paint;
mod use_file;
mod use_hash;
mod use_rested;
mod use_theme;
mod use_throttled;
mod use_title;

pub use clock::now;
pub use use_after_paint::{after_paint, use_after_paint, use_painted};
pub use use_file::{PageFile, use_file};
pub use use_hash::{Address, use_hash};
pub use use_rested::use_rested;
pub use use_theme::{Theme, UseTheme, use_theme};
pub use use_throttled::use_throttled;
pub use use_title::use_title;
