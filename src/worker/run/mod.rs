//! The open run: the engine's effects carried out, and what a person reads of it.
//!
//! | file | holds |
//! |---|---|
//! | `session` | events to the engine, effects to the disk and the network |
//! | `saving` | records to the disk, in groups |
//! | `send` | one attempt |
//! | `report` | progress, and the line in the list of runs |
//! | `imports` | a checkpoint's answers, brought into the run |
//! | `scores` | what the answers say together: counts, and how often they are right |
//! | `results` | every item and attempt, from the records |
//! | `table` | windows of the results table |
//! | `export` | results as files |
//! | `ledger` | one line of CSV an attempt |

pub mod export;
pub mod imports;
pub mod ledger;
pub mod report;
pub mod results;
pub mod saving;
pub mod scores;
pub mod send;
pub mod session;
pub mod table;
