//! The model that an endpoint serves under a name, at the price that it bills.

use crate::prices::{Model, all, find};
use crate::provider::{Provider, ServedAt};

/// Where a preset stands for a vendor, its price list alone counts: a host may serve another maker's model under the
/// maker's name at a price of its own. Nobody lists prices for a person's own machine, nor for a router.
/// Names that end in a date mean the model without it, as its vendor prices them alike.
pub fn find_at(provider: Provider, name: &str) -> Option<&'static Model> {
    let name = name.trim();
    let preset = provider.preset();
    let listed = |name: &str| match (preset.vendor, preset.place) {
        (Some(vendor), _) => all().iter().find(|model| model.vendor == vendor && model.id == name),
        (None, ServedAt::Page | ServedAt::Anywhere) => find(name),
        (None, ServedAt::Internet | ServedAt::ThisMachine) => None,
    };
    // Gemini lists its models with this before their names.
    let name = name.strip_prefix("models/").unwrap_or(name);
    listed(name).or_else(|| listed(undated(name)?))
}

/// `claude-haiku-4-5-20251001` and `gpt-4o-mini-2024-07-18` without their dates.
fn undated(name: &str) -> Option<&str> {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, last) = name.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-').filter(|_| digits(last, 2))?;
    let (rest, year) = rest.rsplit_once('-').filter(|_| digits(month, 2))?;
    digits(year, 4).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_its_own_prices() {
        let vendor = |provider, name| find_at(provider, name).map(|model| (model.vendor.as_str(), model.id.as_str()));
        assert_eq!(vendor(Provider::OpenAi, "gpt-4o-mini"), Some(("openai", "gpt-4o-mini")));
        assert_eq!(vendor(Provider::OpenAi, "gpt-4o-mini-2024-07-18"), Some(("openai", "gpt-4o-mini")));
        assert_eq!(vendor(Provider::Anthropic, "claude-haiku-4-5-20251001"), Some(("anthropic", "claude-haiku-4-5")));
        assert_eq!(vendor(Provider::Gemini, "models/gemini-2.5-flash"), Some(("google", "gemini-2.5-flash")));
        assert_eq!(vendor(Provider::Groq, "openai/gpt-oss-120b"), Some(("groq", "openai/gpt-oss-120b")));
        assert_eq!(vendor(Provider::Together, "openai/gpt-oss-120b"), Some(("together", "openai/gpt-oss-120b")));
        assert_eq!(vendor(Provider::OpenAiCompatible, "gpt-4o-mini"), Some(("openai", "gpt-4o-mini")));
        for (provider, name) in [
            (Provider::Anthropic, "gpt-4o-mini"),
            (Provider::Ollama, "gpt-4o-mini"),
            (Provider::OpenRouter, "gpt-4o-mini"),
            (Provider::OpenAi, "gpt-4o-mini-2024"),
            (Provider::OpenAi, ""),
        ] {
            assert_eq!(vendor(provider, name), None, "{provider:?} {name}");
        }
    }

    #[test]
    fn every_vendor_of_a_preset_is_in_the_catalogue() {
        for vendor in Provider::ALL.into_iter().filter_map(|provider| provider.preset().vendor) {
            assert!(all().iter().any(|model| model.vendor == vendor && model.retires_on.is_none()), "{vendor}");
        }
    }
}
