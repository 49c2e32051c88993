//! The catalogue: what every model costs, dated and sourced; one JSON file a vendor, compiled in as one small table.
//! Not here: what a whole workload costs (`estimate`) and what a run has spent (`engine`).
//! How the figures were chosen: `PRICES.md` beside this file. What each source says of each figure, and what earlier
//! editions said otherwise, isn't compiled in: `vendors/*.provenance.json` and `history/`, which pages fetch when somebody
//! asks ([`Sources`], [`History`]).

mod catalogue;
mod date;
mod history;
mod published;
mod rate_card;
mod retirement;
mod router;
mod served;
mod sources;
mod table;
mod vendor_file;

pub use catalogue::{
    Api, BatchCache, BatchLimits, CacheMode, Model, ModelId, OPENING_MODEL, Speed, Vendor, all, find, named,
    newest_price_date, stale_words, vendor, vendors,
};
pub use date::{date_utc, first_moment};
pub use history::{Earlier, History, earlier, history_table};
pub use published::{VENDORS, changes, problems, published, table};
pub use rate_card::{RateCard, Rates};
pub use retirement::Retirement;
pub use router::{MODELS_MAX, RouterList, RouterModel};
pub use served::{endpoint_of, find_at, is_served_at, wire_at};
pub use sources::{Group, GroupSources, ModelSources, Sources, sources_table};
