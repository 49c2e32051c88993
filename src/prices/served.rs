//! The model that an endpoint serves under a name, at the price that it bills.

use crate::prices::{Model, all, find};
use crate::provider::{Provider, ServedAt, Wire, is_responses_only};

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
    let name = name.strip_prefix(preset.model_prefix).unwrap_or(name);
    listed(name).or_else(|| listed(undated(name)?))
}

/// The API that this model is asked over at this address. OpenAI serves some by its Responses API alone; everyone else is
/// asked over the preset's own.
pub fn wire_at(provider: Provider, base_url: &str, model: &str) -> Wire {
    match provider.is_open_ai(base_url) && is_responses_only(model) {
        true => Wire::OpenAiResponses,
        false => provider.preset().wire,
    }
}

/// Where a page can run a model of the catalogue, and under which name: at its vendor's own endpoint, or through
/// OpenRouter where that lets no web pages in. `None`: nowhere that is known.
pub fn endpoint_of(model: &Model) -> Option<(Provider, String)> {
    let own = Provider::ALL.into_iter().find(|provider| provider.preset().vendor == Some(model.vendor.as_str()));
    match own {
        Some(provider) => Some((provider, format!("{}{}", provider.preset().model_prefix, model.id))),
        None => open_router_name(model).map(|name| (Provider::OpenRouter, name)),
    }
}

/// What OpenRouter calls it: `z-ai/glm-5.2`, `minimax/minimax-m3`, `amazon/nova-2-lite-v1`.
fn open_router_name(model: &Model) -> Option<String> {
    let id = model.id.to_ascii_lowercase();
    match model.vendor.as_str() {
        "openrouter" => Some(id),
        "zai" => Some(format!("z-ai/{id}")),
        "minimax" => Some(format!("minimax/{id}")),
        "perplexity" => Some(format!("perplexity/{id}")),
        "amazon-bedrock" => Some(format!("amazon/{}", id.strip_prefix("amazon.")?.split(':').next()?)),
        _ => None,
    }
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
        let fireworks = ("fireworks", "kimi-k3");
        assert_eq!(vendor(Provider::Fireworks, "accounts/fireworks/models/kimi-k3"), Some(fireworks));
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
    fn a_model_goes_to_its_vendor_and_through_openrouter_where_no_page_gets_in() {
        let endpoint = |key: &str| find(key).and_then(endpoint_of);
        for (key, provider, name) in [
            ("openai/gpt-4o-mini", Provider::OpenAi, "gpt-4o-mini"),
            ("fireworks/kimi-k3", Provider::Fireworks, "accounts/fireworks/models/kimi-k3"),
            ("moonshotai/kimi-k3", Provider::Moonshot, "kimi-k3"),
            ("zai/glm-5", Provider::OpenRouter, "z-ai/glm-5"),
            ("amazon-bedrock/amazon.nova-pro-v1:0", Provider::OpenRouter, "amazon/nova-pro-v1"),
        ] {
            assert_eq!(endpoint(key), Some((provider, name.to_owned())), "{key}");
        }
        for model in all() {
            let (provider, name) = endpoint_of(model).unwrap_or_else(|| panic!("{} can be run nowhere", model.key()));
            let served = find_at(provider, &name);
            assert!(provider == Provider::OpenRouter || served == Some(model), "{}", model.key());
        }
    }

    #[test]
    fn every_vendor_of_a_preset_is_in_the_catalogue() {
        for vendor in Provider::ALL.into_iter().filter_map(|provider| provider.preset().vendor) {
            assert!(all().iter().any(|model| model.vendor == vendor && !model.deprecated), "{vendor}");
        }
    }
}
