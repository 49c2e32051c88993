//! The table of presets: names that are stored, and facts that hang together.

use pennybatch::provider::{Auth, PromptCache, Provider, RateHeaders, ServedAt, StatedCost, Wire, check_base_url};

#[test]
fn stored_names_stay_readable() {
    for (name, provider) in [
        ("demo", Provider::Demo),
        ("open_ai_compatible", Provider::OpenAiCompatible),
        ("open_ai", Provider::OpenAi),
        ("anthropic", Provider::Anthropic),
        ("gemini", Provider::Gemini),
        ("open_router", Provider::OpenRouter),
        ("groq", Provider::Groq),
        ("mistral", Provider::Mistral),
        ("deep_seek", Provider::DeepSeek),
        ("together", Provider::Together),
        ("xai", Provider::Xai),
        ("ollama", Provider::Ollama),
        ("lm_studio", Provider::LmStudio),
        ("llama_cpp", Provider::LlamaCpp),
        ("vllm", Provider::Vllm),
    ] {
        assert_eq!(serde_json::to_string(&provider).expect("JSON"), format!("{name:?}"));
        assert_eq!(serde_json::from_str::<Provider>(&format!("{name:?}")).expect(name), provider);
    }
    assert_eq!(serde_json::to_string(&PromptCache::FiveMinutes).expect("JSON"), r#""five_minutes""#);
}

#[test]
fn every_preset_is_offered_once_under_a_name_of_its_own() {
    assert_eq!(Provider::ALL[0], Provider::Demo, "the newcomer's choice comes first");
    for provider in Provider::ALL {
        assert_eq!(Provider::named(provider.name()), Some(provider));
    }
    assert_eq!(Provider::named("nobody"), None);
}

#[test]
fn addresses_are_ones_that_can_be_called_and_keys_have_a_page() {
    for provider in Provider::ALL {
        let preset = provider.preset();
        match preset.place {
            ServedAt::Page | ServedAt::Anywhere => assert_eq!(preset.base_url, "", "{}", preset.name),
            ServedAt::Internet => {
                assert!(preset.base_url.starts_with("https://"), "{}", preset.base_url);
                assert!(preset.key_page.is_some_and(|page| page.starts_with("https://")), "{}", preset.name);
                assert!(matches!(preset.auth, Auth::Bearer | Auth::XApiKey), "{}", preset.name);
            }
            ServedAt::ThisMachine => {
                assert!(preset.base_url.starts_with("http://localhost:"), "{}", preset.base_url);
                assert_eq!((preset.key_page, preset.vendor), (None, None), "{}", preset.name);
            }
        }
        if !preset.base_url.is_empty() {
            assert_eq!(check_base_url(preset.base_url), Ok(()), "{}", preset.name);
        }
    }
}

#[test]
fn each_wire_has_its_addresses_headers_and_key_header() {
    for provider in Provider::ALL {
        let base = "https://api.example.com/v1";
        let (post, models) = (provider.preset().wire.post_url(base), provider.models_url(base));
        let names: Vec<_> = provider.headers().iter().map(|(name, _)| *name).collect();
        match provider.preset().wire {
            Wire::OpenAiChat => {
                assert_eq!(post, format!("{base}/chat/completions"));
                assert_eq!(models, format!("{base}/models"));
                assert!(names.is_empty(), "{provider:?}: an unusual header fails the preflight");
                assert_eq!(provider.key_header(), ("authorization", "Bearer "));
                assert_ne!(provider.preset().rate_headers, RateHeaders::Anthropic);
            }
            Wire::OpenAiResponses => {
                assert_eq!((post, models), (format!("{base}/responses"), format!("{base}/models")));
                assert!(names.is_empty(), "{provider:?}: an unusual header fails the preflight");
            }
            Wire::AnthropicMessages => {
                assert_eq!(post, format!("{base}/messages"));
                assert_eq!(models, format!("{base}/models?limit=1000"));
                assert_eq!(names, ["anthropic-version", "anthropic-dangerous-direct-browser-access"]);
                assert_eq!(provider.key_header(), ("x-api-key", ""));
            }
        }
    }
}

/// A gateway of unknown name may state zero for a model that it has no price for.
#[test]
fn only_openrouter_and_xai_document_the_cost_they_state() {
    let documented: Vec<Provider> = Provider::ALL.into_iter().filter(|provider| provider.documents_cost()).collect();
    assert_eq!(documented, [Provider::OpenRouter, Provider::Xai]);
    let stated = |provider: Provider| provider.preset().stated_cost;
    assert_eq!(stated(Provider::OpenAiCompatible), StatedCost::DollarsMaybe);
    let silent = Provider::ALL.into_iter().filter(|provider| stated(*provider) == StatedCost::No);
    assert_eq!(silent.count(), Provider::ALL.len() - 3);
}
