//! What the calls cost. Money is exact: attempts are counted in millionths of a millionth, so that shares of calls
//! keep their value, and every part of a cost is rounded once, half up, to a pico-dollar.

use std::borrow::Cow;

use crate::estimate::{CostParts, WHOLE_PPM, Workload};
use crate::money::Usd;
use crate::prices::{CacheMode, Model, RateCard, Rates};
use crate::time::Time;

/// Where a model reads its cache at a lower price and nobody states from how many tokens on: the lowest minimum that most
/// vendors state.
pub const UNSTATED_CACHE_MINIMUM_TOKENS: u64 = 1_024;
/// The best share of cache reads that a provider reports for batch jobs.
pub const BATCH_HITS_MOST_PPM: u32 = 980_000;
/// How long every provider of the catalogue keeps a prefix that nobody reads, at least.
const CACHE_LIFE_MS: u64 = 300_000;
/// And how long where an hour is paid for.
const LONG_CACHE_LIFE_MS: u64 = 3_600_000;

/// One attempt, in the units of [`Attempts`].
const ONE: i128 = 1_000_000_000_000;
const WHOLE: i128 = WHOLE_PPM as i128;

/// Billed attempts, in millionths of a millionth of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempts(i128);

impl Attempts {
    /// `calls * (1 - cache hits) * (1 + f + … + f^re_asks)`; without our cache every call is paid.
    pub fn of(workload: &Workload, our_cache: bool) -> Attempts {
        let failing = i128::from(workload.failed_billed_ppm);
        let per_call = (0..workload.re_asks).fold(ONE, |attempts, _| ONE + rounded(attempts * failing, WHOLE));
        let paid_ppm = if our_cache { WHOLE - i128::from(workload.cache_hits_ppm) } else { WHOLE };
        Attempts(rounded(i128::from(workload.calls) * paid_ppm * per_call, WHOLE))
    }

    pub fn whole(count: u64) -> Attempts {
        Attempts(i128::from(count) * ONE)
    }

    /// Rounded up.
    pub fn count(self) -> u64 {
        u64::try_from((self.0 + ONE - 1) / ONE).unwrap_or(u64::MAX)
    }

    /// Without the one that goes first.
    pub fn less_one_if(self, first: bool) -> Attempts {
        if first { self.minus(Attempts(ONE)) } else { self }
    }

    pub fn cost(self, of_one: Usd) -> Usd {
        Usd::from_pico(rounded(self.0.saturating_mul(of_one.pico()), ONE))
    }

    pub fn share(self, ppm: u32) -> Attempts {
        Attempts(rounded(self.0 * i128::from(ppm), WHOLE))
    }

    fn minus(self, other: Attempts) -> Attempts {
        Attempts((self.0 - other.0).max(0))
    }

    /// This many of `all`, as parts of a million, rounded down.
    fn ppm_of(self, all: Attempts) -> u32 {
        if all.0 == 0 { 0 } else { u32::try_from(self.0 * WHOLE / all.0).unwrap_or(WHOLE_PPM) }
    }
}

/// Items that end with an answer: `1 - f^(re_asks + 1)`.
pub fn answered_ppm(workload: &Workload) -> u32 {
    let failing = i128::from(workload.failed_billed_ppm);
    let lost = (0..=workload.re_asks).fold(ONE, |lost, _| rounded(lost * failing, WHOLE));
    u32::try_from(rounded(ONE - lost, WHOLE)).unwrap_or(WHOLE_PPM)
}

/// The prices of one workload: the catalogue's, or scaled to the person's own.
pub struct Prices<'a> {
    pub synchronous: Cow<'a, RateCard>,
    pub batch: Option<Cow<'a, RateCard>>,
    pub flex: Option<Cow<'a, RateCard>>,
}

impl<'a> Prices<'a> {
    /// An own price holds at every moment. Tiers, cached tokens, flex and batch jobs keep their proportions to it; a price
    /// that isn't the person's own still follows the catalogue's changes and hours.
    pub fn of(workload: &Workload, model: &'a Model) -> Prices<'a> {
        if workload.own_input_price.is_none() && workload.own_output_price.is_none() {
            return Prices {
                synchronous: Cow::Borrowed(&model.card),
                batch: model.batch.as_ref().map(Cow::Borrowed),
                flex: model.flex.as_ref().map(Cow::Borrowed),
            };
        }
        let listed = &model.card.base;
        let own = own_rates(workload, listed);
        let scaled = |card: &RateCard| {
            let row = |rates: &Rates| rates.in_proportion(listed, &own);
            let base = row(&card.base);
            let moved = |rates: &Rates| kept_own(workload, &base, row(rates));
            let mut scaled = RateCard {
                base,
                tiers: card.tiers.iter().map(|(above, rates)| (*above, row(rates))).collect(),
                changes: card.changes.iter().map(|(from, rates)| (*from, moved(rates))).collect(),
                peak_hours: card.peak_hours.iter().map(|(from, to, rates)| (*from, *to, moved(rates))).collect(),
                ..RateCard::default()
            };
            scaled.changes.retain(|(_, rates)| *rates != base);
            scaled.peak_hours.retain(|(_, _, rates)| *rates != base);
            Cow::Owned(scaled)
        };
        Prices {
            synchronous: scaled(&model.card),
            batch: model.batch.as_ref().map(scaled),
            flex: model.flex.as_ref().map(scaled),
        }
    }
}

/// A row of changed prices without the change of what is the person's own.
fn kept_own(workload: &Workload, base: &Rates, row: Rates) -> Rates {
    let mut kept = row;
    if workload.own_input_price.is_some() {
        let (output, reasoning, thinking_output) = (row.output, row.reasoning, row.thinking_output);
        kept = Rates { output, reasoning, thinking_output, ..*base };
    }
    if workload.own_output_price.is_some() {
        (kept.output, kept.reasoning, kept.thinking_output) = (base.output, base.reasoning, base.thinking_output);
    }
    kept
}

/// The prices that this workload's calls fall under at `now`.
pub fn rates(card: &RateCard, workload: &Workload, now: Time) -> Rates {
    asked_for(workload, card.rates(workload.input_tokens, now))
}

/// All prices that they fall under from one moment to another; those of the first come first.
pub fn rates_between(card: &RateCard, workload: &Workload, from: Time, until: Time) -> Vec<Rates> {
    let rates = card.rates_between(workload.input_tokens, from, until);
    rates.into_iter().map(|rates| asked_for(workload, rates)).collect()
}

/// A write costs an hour's price where an hour is asked for and sold.
fn asked_for(workload: &Workload, mut rates: Rates) -> Rates {
    if sells_an_hour(workload, &rates) {
        rates.cache_write = rates.write_1h();
    }
    rates
}

/// Every write of the card at the price of an hour, where there is one.
pub fn write_for_an_hour(card: &mut RateCard) {
    let rows = std::iter::once(&mut card.base)
        .chain(card.tiers.iter_mut().map(|(_, rates)| rates))
        .chain(card.changes.iter_mut().map(|(_, rates)| rates))
        .chain(card.peak_hours.iter_mut().map(|(_, _, rates)| rates));
    for rates in rows {
        rates.cache_write = rates.write_1h();
    }
}

/// How long the provider keeps a prefix that nobody reads.
pub fn cache_life_ms(workload: &Workload, rates: &Rates) -> u64 {
    if sells_an_hour(workload, rates) { LONG_CACHE_LIFE_MS } else { CACHE_LIFE_MS }
}

fn sells_an_hour(workload: &Workload, rates: &Rates) -> bool {
    workload.keep_an_hour && rates.cache_write_1h.0 > 0
}

fn own_rates(workload: &Workload, listed: &Rates) -> Rates {
    let flat = |input, output| {
        let base = RateCard::flat(input, output).base;
        Rates { cache_write_1h: input, reasoning: output, thinking_output: output, ..base }
    };
    let from = flat(listed.input, listed.output);
    let to = flat(workload.own_input_price.unwrap_or(listed.input), workload.own_output_price.unwrap_or(listed.output));
    let mut own = listed.in_proportion(&from, &to);
    (own.input, own.output) = (to.input, to.output);
    own
}

/// Whether the provider bills input that isn't read from its cache as a write, unless a call says otherwise.
pub fn writes_unread(workload: &Workload, model: &Model) -> bool {
    model.cache_mode == Some(CacheMode::ImplicitWrites) && workload.input_tokens >= minimum(model)
}

/// From how many tokens on the provider keeps a prefix.
pub fn minimum(model: &Model) -> u64 {
    model.min_cacheable_tokens.unwrap_or(UNSTATED_CACHE_MINIMUM_TOKENS)
}

/// Tokens of a call that a provider can keep in its prompt cache.
pub fn cacheable_tokens(workload: &Workload, model: &Model) -> u64 {
    let prefix = workload.shared_prefix_tokens;
    if model.card.base.cache_read >= model.card.base.input {
        return 0;
    }
    if prefix < minimum(model) { 0 } else { prefix - prefix % model.cache_increment_tokens.max(1) }
}

/// How the provider's cache is used by a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheUse {
    pub tokens: u64,
    pub reads: Attempts,
    pub writes: Attempts,
}

impl CacheUse {
    pub const NONE: CacheUse = CacheUse { tokens: 0, reads: Attempts(0), writes: Attempts(0) };

    /// `writes` attempts find the prefix missing, the others read it.
    pub fn with_writes(tokens: u64, attempts: Attempts, writes: u64) -> CacheUse {
        let writes = Attempts::whole(writes.max(1)).min(attempts);
        CacheUse { tokens, reads: attempts.minus(writes), writes }
    }

    /// Where the request has to ask for the cache, nobody asks for one that costs more than it saves.
    pub fn if_it_pays(self, model: &Model, rates: &Rates) -> CacheUse {
        let asked_for = model.cache_mode == Some(CacheMode::Explicit);
        let cached =
            self.reads.cost(rates.cache_read * self.tokens) + self.writes.cost(rates.cache_write * self.tokens);
        let fresh = self.reads.cost(rates.input * self.tokens) + self.writes.cost(rates.input * self.tokens);
        if asked_for && cached >= fresh { CacheUse::NONE } else { self }
    }

    pub fn read_ppm(&self, attempts: Attempts) -> u32 {
        self.reads.ppm_of(attempts)
    }
}

/// `attempts * [(I - C) * p_in + O * p_out + R * p_reasoning] + C * (reads * p_read + writes * p_write)`, by part. With
/// `writes_unread` the I - C tokens are written too.
pub fn parts(
    workload: &Workload,
    rates: &Rates,
    attempts: Attempts,
    cache: CacheUse,
    writes_unread: bool,
) -> CostParts {
    let unread = workload.input_tokens - cache.tokens;
    let (plain, written) = if writes_unread { (0, unread) } else { (unread, 0) };
    let mut parts = CostParts {
        input: attempts.cost(rates.input * plain),
        cache_read: cache.reads.cost(rates.cache_read * cache.tokens),
        cache_write: cache.writes.cost(rates.cache_write * cache.tokens) + attempts.cost(rates.cache_write * written),
        output: attempts.cost(rates.visible_output(workload.reasoning_tokens > 0) * workload.output_tokens),
        reasoning: attempts.cost(rates.reasoning_output() * workload.reasoning_tokens),
    };
    if rates.cache_write == rates.input {
        // A write that costs what input costs is plain input to the one who pays.
        parts.input += parts.cache_write;
        parts.cache_write = Usd::ZERO;
    }
    parts
}

/// The share of a batch's cached prefix at its best.
pub fn batch_cache_at_best(tokens: u64, attempts: Attempts) -> CacheUse {
    let reads = attempts.share(BATCH_HITS_MOST_PPM);
    CacheUse { tokens, reads, writes: attempts.minus(reads) }
}

pub fn rounded(amount: i128, unit: i128) -> i128 {
    amount.saturating_add(unit / 2).div_euclid(unit)
}
