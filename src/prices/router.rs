//! A router's own price list, as OpenRouter publishes it at `/api/v1/models`: prices of every model that it hands calls on
//! to, read exactly. Source of the fields: OpenRouter, "Models" API reference (`PublicPricing`, `overrides`), November 2026.

use serde::{Deserialize, Serialize};

use crate::money::PerToken;
use crate::prices::{RateCard, Rates};

/// Of a list that is longer, the first so many are read.
pub const MODELS_MAX: usize = 5_000;
const ID_BYTES_MAX: usize = 200;
const TIERS_MAX: usize = 8;
/// A price above a dollar a token is no price.
const PICO_PER_TOKEN_MAX: u64 = 1_000_000_000_000;
const PICO_DIGITS: i32 = 12;

/// What a router's list says, by the models' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterList {
    /// Ascending by id.
    pub models: Vec<RouterModel>,
    /// Models that are listed without a price by the token: what they cost is known afterwards only.
    pub unpriced: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterModel {
    pub id: String,
    pub card: RateCard,
}

impl RouterList {
    /// Reads the body of the list. Models whose price is another one each time, or that cost something beside their
    /// tokens, have no worst case, and are counted as unpriced.
    pub fn read(body: &str) -> Result<RouterList, String> {
        let list: List =
            // Not in serde's words, which quote what they found, however long.
            serde_json::from_str(body).map_err(|error| {
                format!("the list of models can't be read at line {}, column {}", error.line(), error.column())
            })?;
        let mut read = RouterList::default();
        for value in list.data.into_iter().take(MODELS_MAX) {
            match serde_json::from_value::<Entry>(value).ok().and_then(Entry::priced) {
                Some(model) => read.models.push(model),
                None => read.unpriced += 1,
            }
        }
        read.models.sort_by(|a, b| a.id.cmp(&b.id));
        read.models.dedup_by(|later, earlier| later.id == earlier.id);
        if read.models.is_empty() {
            return Err("the list of models states no price".to_owned());
        }
        Ok(read)
    }

    pub fn find(&self, id: &str) -> Option<&RouterModel> {
        let id = id.trim();
        self.models.binary_search_by(|model| model.id.as_str().cmp(id)).ok().and_then(|at| self.models.get(at))
    }
}

#[derive(Deserialize)]
struct List {
    data: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    pricing: Pricing,
}

/// Dollars for one token, as decimal numbers in strings; `request` is of a whole call.
#[derive(Deserialize)]
struct Pricing {
    prompt: Option<String>,
    completion: Option<String>,
    request: Option<String>,
    internal_reasoning: Option<String>,
    input_cache_read: Option<String>,
    input_cache_write: Option<String>,
    #[serde(default)]
    overrides: Vec<Override>,
}

/// Prices of calls with at least so many input tokens. Input, output and thinking keep their prices where none is stated;
/// cache reads then cost as much as input, and writes rise with it.
#[derive(Deserialize)]
struct Override {
    min_prompt_tokens: u64,
    #[serde(flatten)]
    pricing: Box<Pricing>,
}

impl Entry {
    fn priced(self) -> Option<RouterModel> {
        let is_named = (1..=ID_BYTES_MAX).contains(&self.id.len())
            && !self.id.contains(|c: char| c.is_control() || c.is_whitespace());
        let fee = self.pricing.request.as_deref().map_or(Some(0), pico);
        if !is_named || fee != Some(0) || self.pricing.overrides.len() > TIERS_MAX {
            return None;
        }
        let base = self.pricing.rates(None)?;
        let tiers = self.pricing.overrides.iter().map(|tier| {
            Some((tier.min_prompt_tokens.checked_sub(1)?, tier.pricing.rates(Some((&self.pricing, &base)))?))
        });
        let mut tiers = tiers.collect::<Option<Vec<(u64, Rates)>>>()?;
        tiers.sort_by_key(|(above, _)| *above);
        Some(RouterModel { id: self.id, card: RateCard { base, tiers, ..RateCard::default() } })
    }
}

impl Pricing {
    /// `None` where a price is missing or can't be read. `base`: of a tier, the prices that hold where it states none.
    /// Thinking is billed at the dearer of its price and the output's.
    fn rates(&self, base: Option<(&Pricing, &Rates)>) -> Option<Rates> {
        let stated = |of: fn(&Pricing) -> Option<&String>| of(self).or_else(|| base.and_then(|(base, _)| of(base)));
        let input = price(stated(|pricing| pricing.prompt.as_ref())?)?;
        let output = price(stated(|pricing| pricing.completion.as_ref())?)?;
        let thinking = match stated(|pricing| pricing.internal_reasoning.as_ref()) {
            Some(text) => price(text)?,
            None => PerToken(0),
        };
        let own = |text: &Option<String>, otherwise: Option<PerToken>| text.as_deref().map_or(otherwise, price);
        // A dearer tier writes in the same proportion, unless it says otherwise.
        let write = base.map_or(Some(input), |(_, base)| match base.input.0 {
            0 => Some(base.cache_write.max(input)),
            from => {
                let scaled = (u128::from(input.0) * u128::from(base.cache_write.0)).div_ceil(u128::from(from));
                u64::try_from(scaled).ok().map(|scaled| PerToken(scaled).max(input))
            }
        });
        Some(Rates {
            input,
            output: output.max(thinking),
            cache_read: own(&self.input_cache_read, Some(input))?,
            cache_write: own(&self.input_cache_write, write)?,
            ..Rates::default()
        })
    }
}

fn price(text: &str) -> Option<PerToken> {
    pico(text).filter(|pico| *pico <= PICO_PER_TOKEN_MAX).map(PerToken)
}

/// A decimal number of dollars in whole pico-dollars. What is finer is rounded up, so that no price is read too low.
fn pico(text: &str) -> Option<u64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    let shift = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let pico = match shift.checked_add(PICO_DIGITS)? {
        _ if digits == 0 => 0,
        shift @ 0..=18 => digits.checked_mul(10_u128.pow(shift.unsigned_abs()))?,
        shift @ -36..=-1 => digits.div_ceil(10_u128.pow(shift.unsigned_abs())),
        ..=-37 => 1,
        19.. => return None,
    };
    u64::try_from(pico).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Usd;
    use crate::provider::Usage;
    use crate::time::Time;

    const LIST: &str = r#"{"data":[
        {"id":"z-ai/glm-5.2","name":"GLM","context_length":200000,"pricing":{"prompt":"0.0000014","completion":"0.0000044",
            "request":"0","image":"0","input_cache_read":"0.00000026"}},
        {"id":"openai/gpt-5.6-sol","pricing":{"prompt":"0.000004","completion":"0.00002","input_cache_read":"0.0000004",
            "input_cache_write":"0.000005","overrides":[{"min_prompt_tokens":272001,"prompt":"0.000008","completion":"0.00003"}]}},
        {"id":"a/thinks","pricing":{"prompt":"1e-7","completion":"2E-7","internal_reasoning":"0.0000003"}},
        {"id":"free/model:free","pricing":{"prompt":"0","completion":"0"}},
        {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}},
        {"id":"perplexity/sonar","pricing":{"prompt":"0.000001","completion":"0.000001","request":"0.005"}},
        {"id":"no/output","pricing":{"prompt":"0.000001"}},
        {"id":"not/a-number","pricing":{"prompt":0.000001,"completion":"0.000001"}},
        {"name":"nameless","pricing":{"prompt":"1","completion":"1"}}]}"#;

    #[test]
    fn a_list_is_read_exactly_and_what_has_no_worst_case_is_left_out() {
        let list = RouterList::read(LIST).expect("a list");
        let ids: Vec<&str> = list.models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids, ["a/thinks", "free/model:free", "openai/gpt-5.6-sol", "z-ai/glm-5.2"]);
        assert_eq!(list.unpriced, 5);
        let base = |id: &str| list.find(id).expect("a model").card.base;
        let glm = Rates {
            input: PerToken(1_400_000),
            output: PerToken(4_400_000),
            cache_read: PerToken(260_000),
            cache_write: PerToken(1_400_000),
            ..Rates::default()
        };
        assert_eq!(base(" z-ai/glm-5.2 "), glm);
        assert_eq!(base("a/thinks").output, PerToken(300_000), "the dearer of the two");
        assert_eq!(list.find("z-ai/glm"), None);
    }

    #[test]
    fn a_long_prompt_is_never_reserved_below_what_it_is_billed() {
        let list = RouterList::read(LIST).expect("a list");
        let card = &list.find("openai/gpt-5.6-sol").expect("a model").card;
        assert_eq!(card.rates(272_000, Time(0)).input, PerToken(4_000_000));
        assert_eq!(card.rates(272_001, Time(0)).input, PerToken(8_000_000), "from this many on");
        let written = Usage { input: 300_000, cache_write: 300_000, output: 10, ..Usage::default() };
        assert_eq!(card.cost(&written, Time(0)), Usd::from_pico(300_000 * 10_000_000 + 10 * 30_000_000));
        assert!(card.worst_case(300_000, 10) >= card.cost(&written, Time(0)));
    }

    /// What a tier doesn't state stays as it is: thinking keeps its price, however much less the tier's output costs.
    #[test]
    fn a_tier_thinks_at_the_price_of_the_base_unless_it_states_one() {
        let outputs = |tier: &str| {
            let list = format!(
                r#"{{"data":[{{"id":"a/thinks","pricing":{{"prompt":"1e-6","completion":"5e-6","internal_reasoning":"3e-6",
                    "overrides":[{{"min_prompt_tokens":1000,"prompt":"1e-6",{tier}}}]}}}}]}}"#
            );
            let card = RouterList::read(&list).expect("a list").models[0].card.clone();
            [999, 1_000].map(|input| card.rates(input, Time(0)).output.0)
        };
        assert_eq!(outputs(r#""completion":"9e-6""#), [5_000_000, 9_000_000]);
        assert_eq!(outputs(r#""completion":"2e-6""#), [5_000_000, 3_000_000]);
        assert_eq!(outputs(r#""completion":"2e-6","internal_reasoning":"1e-6""#), [5_000_000, 2_000_000]);
        assert_eq!(outputs(r#""internal_reasoning":"7e-6""#), [5_000_000, 7_000_000]);
        assert_eq!(outputs(r#""internal_reasoning":"1e-6""#), [5_000_000, 5_000_000]);
    }

    #[test]
    fn dollars_by_the_token_are_read_to_the_pico_dollar_and_rounded_up() {
        for (text, due) in [
            ("0.00000015", Some(150_000)),
            ("1.5e-07", Some(150_000)),
            ("0.0000000000001", Some(1)),
            ("0.0000000000011", Some(2)),
            ("0", Some(0)),
            ("1e-99", Some(1)),
            ("2", Some(2_000_000_000_000)),
            ("-1", None),
            ("", None),
            (".", None),
            ("1e400", None),
            ("0x1", None),
            ("1,5", None),
        ] {
            assert_eq!(pico(text), due, "{text:?}");
        }
        assert_eq!(price("2"), None, "no price");
    }

    #[test]
    fn what_is_no_list_is_said_to_be_none() {
        for body in ["", "{}", "[]", r#"{"data":[]}"#, r#"{"data":[1]}"#, "<html>"] {
            assert!(RouterList::read(body).is_err(), "{body}");
        }
        let long = format!("\"{}\"", "&".repeat(20_000));
        let refused = RouterList::read(&long).expect_err("a text, and no list");
        assert_eq!(refused, "the list of models can't be read at line 1, column 20002");
    }
}
