//! The catalogue: what every model costs, dated and sourced; one JSON file a vendor, compiled in as one small table.
//! Not here: what a whole workload costs (`estimate`) and what a run has spent (`engine`).
//! How the figures were chosen: `PRICES.md` beside this file. What each source says of each figure:
//! `vendors/*.provenance.json`, which are not compiled in.

mod catalogue;
mod date;
mod published;
mod rate_card;
mod router;
mod served;
mod table;
mod vendor_file;

pub use catalogue::{BatchCache, BatchLimits, CacheMode, Model, ModelId, Vendor, all, find, named, vendor, vendors};
pub use date::date_utc;
pub use published::{VENDORS, changes, problems, published, table};
pub use rate_card::{RateCard, Rates};
pub use router::{MODELS_MAX, RouterList, RouterModel};
pub use served::{endpoint_of, find_at, wire_at};
