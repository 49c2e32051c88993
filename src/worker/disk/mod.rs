//! Runs on disk: an append-only file that is the truth of a run in progress, and its copy in IndexedDB.
//!
//! | file | holds |
//! |---|---|
//! | `storage`, `recover`, `listing` | runs: made, opened again with either side rebuilt from the other, listed |
//! | `manifest`, `checkpoints`, `gathered` | what a run is, its copy in IndexedDB, and both sides' records as one |
//! | `frames`, `journal`, `opfs` | the append-only file |
//! | `spool` | a response's body that waits on the disk for its reader |
//! | `database`, `locks` | IndexedDB; one run, one tab |
//! | `cache` | the request cache: its groups of answers, its limit |
//! | `refusal` | why the disk did not take something |

pub mod cache;
pub mod checkpoints;
pub mod database;
pub mod frames;
pub mod gathered;
pub mod journal;
mod listing;
pub mod locks;
pub mod manifest;
pub mod opfs;
mod recover;
pub mod refusal;
pub mod spool;
pub mod storage;
