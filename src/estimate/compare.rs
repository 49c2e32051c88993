//! The same workload every way, with and without caches; and a cheaper model with re-asks against a dearer one.

use crate::estimate::answer::Figures;
use crate::estimate::cost::rounded;
use crate::estimate::{Duration, Quote, Way, Workload, cost, cost_words};
use crate::money::Usd;
use crate::prices::Model;
use crate::time::Time;

/// One way, with every cache that it has and without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WayCost {
    pub way: Way,
    pub cost: Usd,
    pub cost_range: Option<(Usd, Usd)>,
    /// Without the provider's prompt cache.
    pub without_prompt_cache: Usd,
    /// Without our own cache: repeats are paid again.
    pub without_own_cache: Usd,
    /// Of Flex the least that it takes.
    pub duration: Duration,
}

impl WayCost {
    pub fn cost_words(&self) -> String {
        cost_words(self.cost, self.cost_range)
    }

    /// The least, where the provider may put calls off.
    pub fn time_words(&self) -> String {
        match (self.way, self.duration) {
            (Way::Flex, Duration::Ms(_)) => format!("≥ {}", self.duration),
            (_, duration) => duration.to_string(),
        }
    }
}

/// The ways that the catalogue has a price for, in the order of the page.
pub fn ways(workload: &Workload, model: &Model, now: Time) -> Vec<WayCost> {
    let workload = workload.bounded();
    let uncached = Workload { shared_prefix_tokens: 0, ..workload.clone() };
    let repeated = Workload { cache_hits_ppm: 0, ..workload.clone() };
    let [asked, uncached, repeated] =
        [&workload, &uncached, &repeated].map(|workload| Figures::of(workload, model, now));
    let quotes = |figures: &Figures| {
        [Some(&figures.sequential), Some(&figures.concurrent), figures.flex.as_ref(), figures.batch.as_ref()]
            .map(|quote| quote.cloned())
    };
    let together = quotes(&asked).into_iter().zip(quotes(&uncached)).zip(quotes(&repeated));
    let row = |((asked, uncached), repeated): ((Option<Quote>, Option<Quote>), Option<Quote>)| {
        let asked = asked?;
        Some(WayCost {
            way: asked.way,
            cost: asked.cost,
            cost_range: asked.cost_range,
            without_prompt_cache: uncached?.cost,
            without_own_cache: repeated?.cost,
            duration: asked.duration,
        })
    };
    together.filter_map(row).collect()
}

/// What a thousand calls cost on average; nothing for no calls.
pub fn a_thousand(cost: Usd, calls: u64) -> Usd {
    if calls == 0 { Usd::ZERO } else { Usd::from_pico(rounded(cost.pico().saturating_mul(1_000), i128::from(calls))) }
}

/// A cheaper model whose answers are asked again, against a dearer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReAsks {
    /// Async, with this share of bad answers asked again.
    pub cheaper: Usd,
    /// Async, as the workload says.
    pub dearer: Usd,
    /// Items that the cheaper model ends with a good answer.
    pub answered_ppm: u32,
    /// Attempts a call at which both cost the same, in hundredths, rounded down; `None`: the cheaper one is free.
    pub break_even_hundredths: Option<u64>,
}

/// Both totals. `failed_ppm` of the cheaper model's answers are bad and asked again, at most `re_asks` times.
pub fn re_asks_against(
    workload: &Workload,
    cheaper: &Model,
    (failed_ppm, re_asks): (u32, u32),
    dearer: &Model,
    now: Time,
) -> ReAsks {
    let workload = workload.bounded();
    let own_less = Workload { own_input_price: None, own_output_price: None, ..workload.clone() };
    let asked_again = Workload { failed_billed_ppm: failed_ppm, re_asks, ..own_less.clone() }.bounded();
    let once = Workload { failed_billed_ppm: 0, ..own_less };
    let cost_of = |workload: &Workload, model: &Model| Figures::of(workload, model, now).concurrent.cost;
    let dear = cost_of(&workload, dearer);
    let cheap_once = cost_of(&once, cheaper).pico();
    ReAsks {
        cheaper: cost_of(&asked_again, cheaper),
        dearer: dear,
        answered_ppm: cost::answered_ppm(&asked_again),
        break_even_hundredths: (cheap_once > 0)
            .then(|| u64::try_from(dear.pico().saturating_mul(100) / cheap_once).unwrap_or(u64::MAX)),
    }
}
