//! An endpoint while it is typed: who answers, with which key and model, at what price and within which limits. A run has
//! one or more; each is a lane.

use std::collections::BTreeMap;

use yew::AttrValue;

use crate::link::{Burst, Provider, Setup};
use crate::money::{PerToken, Usd};
use crate::prices::{self, RateCard, RouterList};
use crate::provider::{ServedAt, origin};
use crate::ui::store::Field;

/// Where the two prices come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PriceSource {
    /// They are in no price list.
    #[default]
    Unknown,
    /// The catalogue, as read on this day.
    Catalogue { date: AttrValue },
    /// The router's own list, fetched since the page was opened.
    Router,
    /// The person.
    Own,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub provider: Provider,
    /// Of the fields that are an endpoint's.
    texts: BTreeMap<Field, AttrValue>,
    pub price_source: PriceSource,
    /// The origin that the key was entered for; `None` until it is known.
    key_origin: Option<String>,
    /// The key went away because the base URL's origin changed.
    pub key_cleared: bool,
}

/// The first one's fields have their plain names on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    pub first: Endpoint,
    pub more: Vec<Endpoint>,
}

impl Endpoints {
    #[allow(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        1 + self.more.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        (0..self.len()).map(|lane| self.get(lane))
    }

    /// Lanes are counted from zero. Where there is no such lane, it is the first.
    pub fn get(&self, lane: usize) -> &Endpoint {
        lane.checked_sub(1).and_then(|place| self.more.get(place)).unwrap_or(&self.first)
    }

    pub fn get_mut(&mut self, lane: usize) -> Option<&mut Endpoint> {
        match lane {
            0 => Some(&mut self.first),
            _ => self.more.get_mut(lane - 1),
        }
    }

    pub fn for_each(&mut self, mut change: impl FnMut(&mut Endpoint)) {
        change(&mut self.first);
        self.more.iter_mut().for_each(change);
    }
}

impl Default for Endpoint {
    fn default() -> Endpoint {
        let mut endpoint = Endpoint {
            provider: Provider::Demo,
            texts: BTreeMap::new(),
            price_source: PriceSource::Unknown,
            key_origin: None,
            key_cleared: false,
        };
        endpoint.set(Field::Concurrency, "15");
        endpoint.set(Field::Model, prices::find(prices::OPENING_MODEL).map_or("", |model| &model.id));
        endpoint.price_by_list(&RouterList::default());
        endpoint
    }
}

impl Endpoint {
    pub fn text(&self, field: Field) -> AttrValue {
        self.texts.get(&field).cloned().unwrap_or_default()
    }

    /// Another one begins as a copy, and lacks only its key.
    pub fn another(&self) -> Endpoint {
        let mut another = Endpoint { key_origin: None, key_cleared: false, ..self.clone() };
        another.set(Field::ApiKey, "");
        another
    }

    pub fn type_into(&mut self, field: Field, text: AttrValue, list: &RouterList) {
        self.texts.insert(field, text);
        match field {
            Field::Model => self.price_by_list(list),
            Field::InputPrice | Field::OutputPrice => self.price_source = PriceSource::Own,
            Field::ApiKey => {
                self.bind_key();
                self.key_cleared = false;
            }
            Field::BaseUrl => {
                let moved = self.key_origin.is_some() && self.key_origin != origin(&self.text(Field::BaseUrl));
                if moved && !self.text(Field::ApiKey).is_empty() {
                    self.set(Field::ApiKey, "");
                    self.key_origin = None;
                    self.key_cleared = true;
                }
            }
            _ => {}
        }
    }

    /// The key is about to be used with the present base URL.
    pub fn bind_key(&mut self) {
        self.key_origin = origin(&self.text(Field::BaseUrl));
    }

    /// A preset brings its address and a model of its own. A key stays only where the address's origin does.
    pub fn choose_provider(&mut self, provider: Provider, list: &RouterList) {
        self.provider = provider;
        let preset = provider.preset();
        if !preset.base_url.is_empty() {
            self.type_into(Field::BaseUrl, preset.base_url.into(), list);
            // A key typed before any address belongs to the first.
            if self.key_origin.is_none() && !self.text(Field::ApiKey).is_empty() {
                self.bind_key();
            }
        }
        let model = self.text(Field::Model);
        match preset.place {
            ServedAt::Page | ServedAt::Anywhere => {}
            _ if prices::find_at(provider, &model).is_some() => {}
            // What another provider serves is not served here.
            _ if prices::find(model.trim()).is_some() || model.trim().is_empty() => {
                let own = preset.vendor.and_then(prices::first_choice);
                let name = own.map(|model| format!("{}{}", preset.model_prefix, model.id));
                self.set(Field::Model, name.unwrap_or_default());
            }
            _ => {}
        }
        self.price_by_list(list);
    }

    /// What the router asks for the model, where the router is asked.
    pub fn router_card<'a>(&self, list: &'a RouterList) -> Option<&'a RateCard> {
        let listed = list.find(&self.text(Field::Model));
        listed.filter(|_| self.provider == Provider::OpenRouter).map(|model| &model.card)
    }

    /// The model's prices are known.
    pub fn is_listed(&self, list: &RouterList) -> bool {
        self.router_card(list).is_some() || prices::find_at(self.provider, &self.text(Field::Model)).is_some()
    }

    /// A known model brings its prices; an unknown one keeps what the person stated, and nothing else.
    pub fn price_by_list(&mut self, list: &RouterList) {
        let listed = prices::find_at(self.provider, &self.text(Field::Model))
            .map(|model| (model.card.base, PriceSource::Catalogue { date: model.price_date.clone().into() }));
        match listed.or_else(|| self.router_card(list).map(|card| (card.base, PriceSource::Router))) {
            Some((base, source)) => {
                self.set(Field::InputPrice, per_million(base.input));
                self.set(Field::OutputPrice, per_million(base.output));
                self.price_source = source;
            }
            None if self.price_source != PriceSource::Own => {
                self.set(Field::InputPrice, "");
                self.set(Field::OutputPrice, "");
                self.price_source = PriceSource::Unknown;
            }
            None => {}
        }
    }

    /// As the first lane of a run was started with. The key stays where the address is still the one that it was entered
    /// for.
    pub fn restore(&mut self, setup: &Setup, list: &RouterList) {
        self.provider = setup.provider;
        self.type_into(Field::BaseUrl, setup.base_url.clone().into(), list);
        self.type_into(Field::Model, setup.model.clone().into(), list);
        let listed = [self.text(Field::InputPrice), self.text(Field::OutputPrice)];
        let prices = [setup.input_price, setup.output_price];
        let [input, output] = prices.map(|price| AttrValue::from(price.map(per_million).unwrap_or_default()));
        if [&input, &output] != [&listed[0], &listed[1]] {
            let known = prices.iter().any(Option::is_some);
            self.price_source = if known { PriceSource::Own } else { PriceSource::Unknown };
        }
        self.set(Field::InputPrice, input);
        self.set(Field::OutputPrice, output);
        let limits = &setup.limits;
        self.set(Field::Concurrency, limits.concurrency.to_string());
        self.set(Field::RequestsPerMinute, count(limits.requests_per_minute.map(u64::from)));
        self.set(Field::TokensPerMinute, count(limits.tokens_per_minute));
        let burst = match limits.burst {
            Burst::Auto => String::new(),
            Burst::Requests(requests) => requests.to_string(),
        };
        self.set(Field::Burst, burst);
    }

    fn set(&mut self, field: Field, text: impl Into<AttrValue>) {
        self.texts.insert(field, text.into());
    }
}

/// A number as a person types it; nothing where there is none.
pub fn count(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// An amount as a person types it: no dollar sign, no trailing zeros.
pub fn dollars(amount: Usd) -> String {
    let digits = amount.decimals(12);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars a million tokens, as a person types it; at least two decimals, as price lists have it.
pub fn per_million(price: PerToken) -> String {
    let text = dollars(price.per_million());
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, fraction)) if fraction.len() < 2 => format!("{text}0"),
        Some(_) => text,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn typed(endpoint: &Endpoint, field: Field, text: &str) -> Endpoint {
        let mut endpoint = endpoint.clone();
        endpoint.type_into(field, text.to_owned().into(), &RouterList::default());
        endpoint
    }

    fn at(provider: Provider, endpoint: &Endpoint) -> Endpoint {
        let mut endpoint = endpoint.clone();
        endpoint.choose_provider(provider, &RouterList::default());
        endpoint
    }

    #[test]
    fn a_key_leaves_with_the_server_that_it_was_entered_for() {
        let endpoint = typed(&Endpoint::default(), Field::BaseUrl, "https://api.one.example/v1");
        let endpoint = typed(&endpoint, Field::ApiKey, "secret");
        let path = typed(&endpoint, Field::BaseUrl, "https://api.one.example/v2");
        assert_eq!(path.text(Field::ApiKey), "secret");
        let moved = typed(&path, Field::BaseUrl, "https://api.two.example/v1");
        assert_eq!((moved.text(Field::ApiKey).as_str(), moved.key_cleared), ("", true));
        // Entered before any address: bound when it is first used.
        let early = typed(&Endpoint::default(), Field::ApiKey, "secret");
        let mut used = typed(&early, Field::BaseUrl, "https://api.one.example/v1");
        used.bind_key();
        assert_eq!(used.text(Field::ApiKey), "secret");
        assert_eq!(typed(&used, Field::BaseUrl, "http://localhost:1").text(Field::ApiKey), "");
    }

    #[test]
    fn a_key_typed_before_any_address_belongs_to_the_first() {
        let endpoint = typed(&at(Provider::OpenAiCompatible, &Endpoint::default()), Field::ApiKey, "sk-secret-1");
        let groq = at(Provider::Groq, &endpoint);
        assert_eq!(groq.text(Field::ApiKey), "sk-secret-1");
        let xai = at(Provider::Xai, &groq);
        assert_eq!((xai.text(Field::ApiKey).as_str(), xai.key_cleared), ("", true));
    }

    #[test]
    fn a_known_model_brings_its_prices_and_an_unknown_one_none() {
        let known = typed(&Endpoint::default(), Field::Model, "gpt-4o-mini");
        assert_eq!([Field::InputPrice, Field::OutputPrice].map(|field| known.text(field)), ["0.15", "0.60"]);
        assert!(matches!(known.price_source, PriceSource::Catalogue { .. }));
        let unknown = typed(&known, Field::Model, "my-own-model");
        assert_eq!((unknown.text(Field::InputPrice).as_str(), &unknown.price_source), ("", &PriceSource::Unknown));
        let own = typed(&unknown, Field::InputPrice, "1");
        assert_eq!(typed(&own, Field::Model, "another-own-model").text(Field::InputPrice), "1");
    }
}
