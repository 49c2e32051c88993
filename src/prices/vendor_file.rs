//! How a vendor's file is read. Fields that only document a price (its confidence, other cache writes) stay unread.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::money::PerToken;
use crate::prices::date;
use crate::prices::{Api, BatchCache, BatchLimits, CacheMode, Model, RateCard, Rates, Speed, Vendor};
use crate::time::Time;

pub(super) fn parse(text: &str) -> Result<(Vendor, Vec<Model>), serde_json::Error> {
    let file: VendorFile = serde_json::from_str(text)?;
    let models = file.models.into_iter().map(|entry| entry.into_model(&file.vendor.id)).collect();
    let vendor = Vendor {
        id: file.vendor.id,
        name: file.vendor.name,
        batch_limits: file.batch_limits,
        limits_count_cache_reads: file.limits_count_cache_reads.unwrap_or(true),
        limits_count_output: file.limits_count_output.unwrap_or(true),
        cache_requests_per_machine: file.cache_requests_per_machine,
    };
    Ok((vendor, models))
}

#[derive(Deserialize)]
struct VendorFile {
    vendor: Names,
    batch_limits: Option<BatchLimits>,
    limits_count_cache_reads: Option<bool>,
    limits_count_output: Option<bool>,
    cache_requests_per_machine: Option<u64>,
    models: Vec<Entry>,
}

#[derive(Deserialize)]
struct Names {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    price_date: String,
    agreeing: u64,
    confidence: String,
    #[serde(flatten)]
    prices: Prices,
    batch_input: Option<Price>,
    batch_output: Option<Price>,
    batch_cache_read: Option<Price>,
    batch_cache_write: Option<Price>,
    batch_cache_write_1h: Option<Price>,
    flex_input: Option<Price>,
    flex_output: Option<Price>,
    flex_cache_read: Option<Price>,
    flex_cache_write: Option<Price>,
    #[serde(default)]
    batch_cache: BatchCache,
    #[serde(default)]
    tiers: Vec<Tier>,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    peak_hours: Vec<PeakHours>,
    cache_mode: Option<CacheMode>,
    context_window: Option<u64>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    min_cacheable_tokens: Option<u64>,
    cache_increment_tokens: Option<u64>,
    tokenizer: Option<String>,
    #[serde(default)]
    served_by: Vec<Api>,
    #[serde(default, deserialize_with = "some_midnight_utc")]
    retires_on: Option<Time>,
    successor: Option<String>,
    speed: Option<Speed>,
    note: Option<String>,
    #[serde(default)]
    core: bool,
}

#[derive(Clone, Copy, Deserialize)]
struct Prices {
    input: Price,
    output: Price,
    cache_read: Option<Price>,
    cache_write: Option<Price>,
    cache_write_1h: Option<Price>,
    output_reasoning: Option<Price>,
    output_thinking: Option<Price>,
}

#[derive(Deserialize)]
struct Tier {
    above_input_tokens: u64,
    batch_cache_read: Option<Price>,
    flex_cache_read: Option<Price>,
    #[serde(flatten)]
    prices: Prices,
}

#[derive(Deserialize)]
struct Change {
    #[serde(deserialize_with = "midnight_utc")]
    from: Time,
    #[serde(flatten)]
    prices: Prices,
}

#[derive(Deserialize)]
struct PeakHours {
    #[serde(deserialize_with = "minute_of_day")]
    from: u16,
    #[serde(deserialize_with = "minute_of_day")]
    to: u16,
    #[serde(flatten)]
    prices: Prices,
}

/// Dollars for a million tokens, written as a string so that no digit is lost.
#[derive(Clone, Copy)]
struct Price(PerToken);

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Price, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let price = PerToken::from_usd_per_million(&text);
        price.map(Price).ok_or_else(|| serde::de::Error::custom(format!("no price with at most six decimals: {text}")))
    }
}

impl Prices {
    /// What isn't stated costs what input costs.
    fn rates(&self) -> Rates {
        Rates {
            input: self.input.0,
            output: self.output.0,
            cache_read: self.cache_read.unwrap_or(self.input).0,
            cache_write: self.cache_write.unwrap_or(self.input).0,
            cache_write_1h: zero_if_unstated(self.cache_write_1h),
            reasoning: zero_if_unstated(self.output_reasoning),
            thinking_output: zero_if_unstated(self.output_thinking),
        }
    }
}

fn zero_if_unstated(price: Option<Price>) -> PerToken {
    price.map(|price| price.0).unwrap_or_default()
}

impl Entry {
    fn into_model(self, vendor: &str) -> Model {
        let card = RateCard {
            base: self.prices.rates(),
            tiers: self.tiers.iter().map(|tier| (tier.above_input_tokens, tier.prices.rates())).collect(),
            changes: self.changes.iter().map(|change| (change.from, change.prices.rates())).collect(),
            peak_hours: self.peak_hours.iter().map(|hours| (hours.from, hours.to, hours.prices.rates())).collect(),
            keeps_an_hour: false,
        };
        let cached = has_batch_cache_price(self.batch_cache);
        let batch_reads = self.tiers.iter().map(|tier| tier.batch_cache_read.filter(|_| cached));
        let flex_reads = self.tiers.iter().map(|tier| tier.flex_cache_read);
        Model {
            batch: self.batch_rates().map(|rates| sibling_card(&card, rates, cached, batch_reads)),
            flex: self.flex_rates().map(|rates| sibling_card(&card, rates, self.flex_cache_read.is_some(), flex_reads)),
            card,
            vendor: vendor.to_owned(),
            corroborated: self.confidence == "high",
            id: self.id,
            name: self.name,
            batch_cache: self.batch_cache,
            context_window: self.context_window,
            max_input: self.max_input,
            max_output: self.max_output,
            min_cacheable_tokens: self.min_cacheable_tokens,
            cache_increment_tokens: self.cache_increment_tokens.unwrap_or(1),
            cache_mode: self.cache_mode,
            tokenizer: self.tokenizer,
            served_by: self.served_by,
            retires_on: self.retires_on,
            successor: self.successor,
            speed: self.speed,
            note: self.note,
            core: self.core,
            price_date: self.price_date,
            agreeing: self.agreeing,
        }
    }

    fn batch_rates(&self) -> Option<Rates> {
        let input = self.batch_input?;
        let cache_read = if has_batch_cache_price(self.batch_cache) { self.batch_cache_read } else { None };
        Some(Rates {
            input: input.0,
            output: self.batch_output?.0,
            cache_read: cache_read.unwrap_or(input).0,
            cache_write: self.batch_cache_write.unwrap_or(input).0,
            cache_write_1h: zero_if_unstated(self.batch_cache_write_1h),
            ..Rates::default()
        })
    }

    fn flex_rates(&self) -> Option<Rates> {
        let input = self.flex_input?;
        Some(Rates {
            input: input.0,
            output: self.flex_output?.0,
            cache_read: self.flex_cache_read.unwrap_or(input).0,
            cache_write: self.flex_cache_write.unwrap_or(input).0,
            ..Rates::default()
        })
    }
}

/// Batch and flex price lists state no tiers, changes or hours of their own, but for some prices of cached tokens: they
/// keep the proportions of the synchronous prices. Without a price of their own cached tokens cost what input costs.
fn sibling_card(
    card: &RateCard,
    base: Rates,
    has_cache_price: bool,
    reads: impl Iterator<Item = Option<Price>>,
) -> RateCard {
    let row = |rates: &Rates| {
        let mut row = base.in_proportion(&card.base, rates);
        if !has_cache_price {
            row.cache_read = row.input;
        }
        row
    };
    let tier = |((above, rates), read): (&(u64, Rates), Option<Price>)| {
        let row = row(rates);
        (*above, Rates { cache_read: read.map_or(row.cache_read, |read| read.0), ..row })
    };
    RateCard {
        base,
        keeps_an_hour: card.keeps_an_hour,
        tiers: card.tiers.iter().zip(reads).map(tier).collect(),
        changes: card.changes.iter().map(|(from, rates)| (*from, row(rates))).collect(),
        peak_hours: card.peak_hours.iter().map(|(from, to, rates)| (*from, *to, row(rates))).collect(),
    }
}

fn has_batch_cache_price(rule: BatchCache) -> bool {
    matches!(rule, BatchCache::Stacks | BatchCache::StandardRate | BatchCache::NoStack)
}

/// `2026-12-01` as the first moment of that day.
fn midnight_utc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    date::first_moment(&text).ok_or_else(|| serde::de::Error::custom(format!("no date: {text}")))
}

fn some_midnight_utc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
    midnight_utc(deserializer).map(Some)
}

/// `01:30` as minutes since midnight.
fn minute_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let minute = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
        (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
    });
    minute.ok_or_else(|| serde::de::Error::custom(format!("no time of day: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_model(fields: &str) -> Result<Model, serde_json::Error> {
        let text = format!(
            r#"{{"vendor":{{"id":"v","name":"V"}},"models":[{{"id":"m","name":"M","price_date":"2026-11-12",
            "agreeing":2,"confidence":"high","input":"2","output":"8",{fields}}}]}}"#
        );
        parse(&text).map(|(_, mut models)| models.remove(0))
    }

    #[test]
    fn a_price_with_more_digits_than_it_can_keep_is_refused() {
        assert!(one_model(r#""cache_read":"0.000001""#).is_ok());
        assert!(one_model(r#""cache_read":"0.0000001""#).is_err());
        assert!(one_model(r#""cache_read":0.5"#).is_err());
    }

    #[test]
    fn cached_tokens_in_a_batch_follow_the_rule_of_the_model() {
        let read = |rule: &str| {
            let batch = r#""cache_read":"0.5","batch_input":"1","batch_output":"4""#;
            let model = one_model(&format!(r#"{batch},"batch_cache_read":"0.25","batch_cache":"{rule}""#)).unwrap();
            model.batch.unwrap().base.cache_read.per_million().decimals(2)
        };
        assert_eq!(read("stacks"), "0.25");
        assert_eq!(read("standard_rate"), "0.25");
        for rule in ["not_supported", "no_cached_rate", "unknown"] {
            assert_eq!(read(rule), "1.00", "{rule}");
        }
    }

    #[test]
    fn a_batch_keeps_the_proportions_of_tiers() {
        let tier = r#""tiers":[{"above_input_tokens":10,"input":"4","output":"12"}]"#;
        let model = one_model(&format!(r#""batch_input":"1","batch_output":"4",{tier}"#)).unwrap();
        let (above, rates) = model.batch.unwrap().tiers[0];
        assert_eq!((above, rates.input.0, rates.output.0, rates.cache_read.0), (10, 2_000_000, 6_000_000, 2_000_000));
    }

    #[test]
    fn a_tier_can_have_cache_prices_of_its_own_in_a_batch_and_at_flex() {
        let tier = r#""tiers":[{"above_input_tokens":10,"input":"4","output":"12","cache_read":"0.5",
            "batch_cache_read":"0.25","flex_cache_read":"0.3"}]"#;
        let siblings = r#""cache_read":"0.25","batch_input":"1","batch_output":"4","batch_cache_read":"0.13",
            "batch_cache":"stacks","flex_input":"1","flex_output":"4","flex_cache_read":"0.13""#;
        let model = one_model(&format!("{siblings},{tier}")).unwrap();
        let read = |card: Option<RateCard>| card.unwrap().tiers[0].1.cache_read.0;
        assert_eq!((read(model.batch), read(model.flex)), (250_000, 300_000));
    }

    #[test]
    fn a_retirement_is_the_first_moment_of_its_day() {
        let model = one_model(r#""retires_on":"2027-01-14","successor":"n""#).unwrap();
        assert_eq!(model.retires_on.map(crate::prices::date_utc).as_deref(), Some("2027-01-14"));
        assert!(one_model(r#""retires_on":"soon""#).is_err());
        assert_eq!(one_model(r#""core":true"#).unwrap().retires_on, None);
    }
}
