//! The model that an endpoint serves under a name, at the price that it bills.

use crate::prices::{Api, Model, all, find};
use crate::provider::{Provider, ServedAt, Wire, is_responses_only};

/// Where a preset stands for a vendor, its price list alone counts: a host may serve another maker's model under the
/// maker's name at a price of its own. A person's own machine has no list, and OpenRouter's is [`crate::prices::RouterList`].
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

/// The model that a form begins with for this vendor: of its short list where it has one, the one whose output costs least.
/// One that will be switched off comes last, however far the day is.
pub fn first_choice(vendor: &str) -> Option<&'static Model> {
    let offered = all().iter().filter(|model| model.vendor == vendor);
    offered.min_by_key(|model| (model.retires_on, !model.core, model.card.base.output, model.card.base.input))
}

/// The API that this model is asked over at this address: OpenAI's Responses API where the catalogue has the model under no
/// other of OpenAI's two, or where the catalogue doesn't know the model and its name says so; else the preset's own. For some
/// models the catalogue has that from one list only (`PRICES.md`, "Not verified").
pub fn wire_at(provider: Provider, base_url: &str, model: &str) -> Wire {
    let served = find_at(provider, model).map(|model| model.served_by.as_slice()).filter(|served| !served.is_empty());
    let is_only = || match served {
        Some(served) => served.contains(&Api::Responses) && !served.contains(&Api::ChatCompletions),
        None => is_responses_only(model),
    };
    if provider.is_open_ai(base_url) && is_only() { Wire::OpenAiResponses } else { provider.preset().wire }
}

/// Whether the catalogue has this model under the API that a preset's calls go over. It doesn't look at the date: whoever
/// offers models leaves out those that are switched off ([`Model::is_retired`]).
pub fn is_served_at(provider: Provider, model: &Model) -> bool {
    let preset = provider.preset();
    let api = match wire_at(provider, preset.base_url, &model.id) {
        Wire::OpenAiChat => Api::ChatCompletions,
        Wire::OpenAiResponses => Api::Responses,
        Wire::AnthropicMessages => Api::Messages,
    };
    model.served_by.is_empty() || preset.vendor.is_none() || model.served_by.contains(&api)
}

/// Where a page can run a model of the catalogue, and under which name: at its vendor's own endpoint where a preset is for
/// it, or else through OpenRouter. `None`: nowhere that is known.
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
        // We know no name of Amazon's previews at OpenRouter.
        "amazon-bedrock" => {
            let name = id.strip_prefix("global.").unwrap_or(&id).strip_prefix("amazon.")?.split(':').next()?;
            (!name.contains("preview")).then(|| format!("amazon/{name}"))
        }
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
    use crate::provider::bills_cache_writes;

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
    fn a_model_goes_to_its_vendor_and_through_openrouter_where_no_preset_is_for_it() {
        let endpoint = |key: &str| find(key).and_then(endpoint_of);
        for (key, provider, name) in [
            ("openai/gpt-4o-mini", Provider::OpenAi, "gpt-4o-mini"),
            ("fireworks/kimi-k3", Provider::Fireworks, "accounts/fireworks/models/kimi-k3"),
            ("moonshotai/kimi-k3", Provider::Moonshot, "kimi-k3"),
            ("zai/glm-5.2", Provider::OpenRouter, "z-ai/glm-5.2"),
            ("minimax/MiniMax-M3", Provider::OpenRouter, "minimax/minimax-m3"),
            ("amazon-bedrock/amazon.nova-pro-v1:0", Provider::OpenRouter, "amazon/nova-pro-v1"),
        ] {
            assert_eq!(endpoint(key), Some((provider, name.to_owned())), "{key}");
        }
        let (reached, lost): (Vec<&Model>, Vec<&Model>) = all().iter().partition(|model| endpoint_of(model).is_some());
        for model in reached {
            let (provider, name) = endpoint_of(model).expect("it was asked before");
            assert!(provider == Provider::OpenRouter || find_at(provider, &name) == Some(model), "{}", model.key());
        }
        let lost: Vec<String> = lost.into_iter().map(Model::key).collect();
        assert_eq!(lost, ["amazon-bedrock/amazon.nova-2-pro-preview-20251202-v1:0"]);
    }

    /// Calls over another API would be refused.
    #[test]
    fn each_model_is_asked_over_an_api_that_serves_it() {
        let at_home = |name: &str| wire_at(Provider::OpenAi, Provider::OpenAi.preset().base_url, name);
        for (name, wire) in [
            ("gpt-4o-mini", Wire::OpenAiChat),
            ("gpt-5.5-pro", Wire::OpenAiResponses),
            ("gpt-5.3-codex", Wire::OpenAiResponses),
            ("o1-pro-2025-03-19", Wire::OpenAiResponses),
        ] {
            assert_eq!(at_home(name), wire, "{name}");
        }
        let elsewhere = wire_at(Provider::OpenAiCompatible, "https://a.example/v1", "gpt-5.5-pro");
        assert_eq!(elsewhere, Wire::OpenAiChat, "a server of unknown name speaks what it is chosen for");
        let at_openai = wire_at(Provider::OpenAiCompatible, "https://api.openai.com/v1", "gpt-5.5-pro");
        assert_eq!(at_openai, Wire::OpenAiResponses);
        for provider in Provider::ALL {
            let Some(vendor) = provider.preset().vendor else { continue };
            for model in all().iter().filter(|model| model.vendor == vendor) {
                assert!(is_served_at(provider, model), "{}", model.key());
            }
        }
    }

    #[test]
    fn a_model_under_other_apis_alone_is_not_served() {
        let mut model = find("openai/gpt-4o-mini").expect("a model").clone();
        for (served_by, is_served) in [
            (vec![Api::Messages, Api::Responses], false),
            (vec![Api::Messages, Api::ChatCompletions], true),
            // No source says where it is.
            (vec![], true),
        ] {
            model.served_by = served_by;
            assert_eq!(is_served_at(Provider::OpenAi, &model), is_served, "{:?}", model.served_by);
            assert!(is_served_at(Provider::OpenRouter, &model), "the catalogue is of the vendor's own APIs");
        }
    }

    /// What a call is told of the cache follows the model's name, since most names are no catalogue's.
    #[test]
    fn names_and_catalogue_agree_on_whose_writes_are_billed() {
        for model in all().iter().filter(|model| model.vendor == "openai") {
            let base = &model.card.base;
            assert_eq!(bills_cache_writes(&model.id), base.cache_write > base.input, "{}", model.key());
        }
    }

    #[test]
    fn no_first_choice_is_a_model_that_will_be_switched_off() {
        for vendor in Provider::ALL.into_iter().filter_map(|provider| provider.preset().vendor) {
            let model = first_choice(vendor).unwrap_or_else(|| panic!("{vendor}"));
            assert_eq!(model.retires_on, None, "{}", model.key());
        }
    }

    #[test]
    fn every_vendor_of_a_preset_is_in_the_catalogue() {
        for vendor in Provider::ALL.into_iter().filter_map(|provider| provider.preset().vendor) {
            assert!(all().iter().any(|model| model.vendor == vendor && model.retires_on.is_none()), "{vendor}");
        }
    }
}
