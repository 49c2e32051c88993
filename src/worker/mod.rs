//! The engine's only shell: fetch, storage, timers and locks, in a dedicated module worker.
//! Not here: decisions. What is sent, when and at what price is the engine's; what a provider's words mean is
//! `provider`'s; how anything looks is the page's.
//!
//! | file | holds |
//! |---|---|
//! | `frames`, `journal`, `opfs` | the append-only file that is the truth of a run in progress |
//! | `database` | IndexedDB |
//! | `locks` | one run, one tab |

pub mod browser;
pub mod database;
pub mod frames;
pub mod journal;
pub mod locks;
pub mod opfs;
