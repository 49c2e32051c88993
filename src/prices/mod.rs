//! The catalogue: what every model costs, dated and sourced; one JSON file a vendor, compiled in.
//! Not here: what a whole workload costs (`estimate`) and what a run has spent (`engine`).
//! How the figures were chosen: `PRICES.md` beside this file.

mod catalogue;
mod rate_card;

pub use catalogue::{BatchCache, Model, ModelId, Vendor, all, find};
pub use rate_card::{RateCard, Rates};
