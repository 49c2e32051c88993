//! The engine in a virtual world: a clock that jumps, a provider with strict limits and every kind of fault, a disk
//! that may lose its tail, a person who pauses, stops, resumes and changes limits, and crashes between any two steps.
//! A checker for each invariant of the design runs after every step. `README.md` tells how to run it and read it.
//!
//! `scenario` is a world as a value, `kinds` draws one from a name and a seed, `shrink` makes one smaller; `world`
//! with `storage` and `person` is what happens, `provider` with `limits` and `wire` whom the engine talks to, `checks`
//! the invariants with `health`, `pace` the time that is lost. `edge`, `budget`, `kills`, `slowed` and `jitter` are worlds with one question each.

mod budget;
mod checks;
mod drive;
mod edge;
mod health;
mod jitter;
mod kills;
mod kinds;
mod lasting;
mod limits;
mod pace;
mod person;
mod provider;
mod report;
mod scenario;
mod seeds;
mod shrink;
mod slowed;
mod storage;
mod wire;
mod world;
