//! `Simulate this run`: what is asked, and what comes back while it goes on.

use serde::{Deserialize, Serialize};

pub use crate::estimate::{Limiter, Workload};
pub use crate::simulate::{Bin, Quantiles, Summary};

use crate::prices::ModelId;

/// A workload of the calculator, to be run on the virtual clock. A newer one ends the one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulationAsked {
    /// Comes back with every answer, so that the page knows an old one.
    pub id: u32,
    pub model: ModelId,
    pub workload: Workload,
    /// How the provider counts its limits, whatever the run assumes.
    pub server: Limiter,
    /// Equal questions with equal seeds have equal answers.
    pub seed: u32,
}

/// How far it is, about ten a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulationNews {
    pub id: u32,
    /// Calls that were answered, over all runs.
    pub done: u32,
    pub total: u32,
    /// Once all runs have ended.
    pub summary: Option<Summary>,
}
