//! HTTP: one call, the check before a run, and what the browser makes of a server.
//!
//! | file | holds |
//! |---|---|
//! | `fetch` | one call |
//! | `chunks` | a stream's bytes |
//! | `connection` | the check before a run |
//! | `local_network` | servers on this machine, and the protocol of an answer |

pub mod chunks;
pub mod connection;
pub mod fetch;
pub mod local_network;
