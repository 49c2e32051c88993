//! Step 3: who answers, and at what price.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{PromptCache, Provider, ReasoningEffort};
use crate::prices::{self, RateCard, RouterList};
use crate::provider::{Auth, CacheMarks, ServedAt, Wire, answers_with_text, origin, takes_temperature};
use crate::time::Time;
use crate::ui::hooks::now;
use crate::ui::parts::{Button, Choice, Combobox, Disclosure, Notice, SelectField, TextField, TextKind, Tone};
use crate::ui::runner::connection_note::{ConnectionNote, LaneChecked};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::step_section::StepSection;
use crate::ui::runner::words::counted;
use crate::ui::store::endpoint::per_million;
use crate::ui::store::{Endpoint, Field, FormAction, PriceSource};

#[derive(Properties, PartialEq)]
pub struct ProviderStepProps {
    pub step: StepProps,
    pub checking: bool,
    /// Lane by lane.
    pub checked: Rc<Vec<Option<LaneChecked>>>,
    /// The worker's complaint about this step.
    pub refused: Option<AttrValue>,
    pub on_check: Callback<()>,
    pub asking_prices: bool,
    pub on_prices: Callback<()>,
    /// How the Demo behaves, where it is asked.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn ProviderStep(props: &ProviderStepProps) -> Html {
    let step = &props.step;
    let (form, endpoint) = (&step.form, step.endpoint());
    let provider = endpoint.provider;
    let preset = provider.preset();
    let listed = props.checked.first().and_then(Option::as_ref).filter(|_| provider.is_remote());
    let listed = listed.map(|checked| checked.models.clone()).unwrap_or_default();
    let known = (listed, provider, form.router_prices.clone());
    let choices = use_memo(known, |(listed, provider, router)| choices(listed, *provider, router, now()));
    // The preset's own address is right for nearly everyone; servers on this machine have ports of their own.
    let own_address = preset.place == ServedAt::Internet;
    html! {
        <StepSection number={3} title="Provider">
            <div class="step__fields">
                <div class="step__wide">{ provider_field(step) }</div>
                if provider.is_remote() && !own_address {
                    <div class="step__wide">{ address(step) }</div>
                }
                if preset.auth != Auth::None {
                    <div class="step__wide">{ key_field(step) }</div>
                }
                <div class="step__wide">
                    <Combobox id={step.id(Field::Model)} label={Field::Model.label()} value={endpoint.text(Field::Model)}
                        choices={(*choices).clone()} hint={model_hint(endpoint)} error={step.error(Field::Model)}
                        free_text=true on_choose={step.on_input(Field::Model)} />
                </div>
                if !endpoint.is_listed(&form.router_prices) {
                    { price_fields(step) }
                }
            </div>
            if form.endpoints.iter().any(|endpoint| endpoint.provider.is_remote()) {
                { connection(props) }
            }
            if let Some(refused) = &props.refused {
                <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
            }
            { props.children.clone() }
            if own_address {
                <Disclosure id="more-provider" label="More" summary="Base URL"
                    open={endpoint.text(Field::BaseUrl) != preset.base_url}>
                    { address(step) }
                </Disclosure>
            }
        </StepSection>
    }
}

fn provider_field(step: &StepProps) -> Html {
    let preset = step.endpoint().provider.preset();
    let hint = match preset.place {
        ServedAt::Page => "Simulated in this page: no key, no bill. The answers are made up.",
        ServedAt::Anywhere => {
            "Any server with OpenAI\u{2019}s Chat Completions that allows calls from web pages (CORS)."
        }
        ServedAt::Internet | ServedAt::ThisMachine => preset.browser,
    };
    provider_choice(step, "provider".into(), "Provider".into(), Some(hint.into()))
}

pub(super) fn provider_choice(step: &StepProps, id: AttrValue, label: AttrValue, hint: Option<AttrValue>) -> Html {
    let names = Provider::ALL.into_iter().map(|provider| AttrValue::from(provider.name()));
    let on_choose = {
        let (on_form, lane) = (step.on_form.clone(), step.lane);
        move |name: AttrValue| {
            if let Some(provider) = Provider::named(&name) {
                on_form.emit(FormAction::Provider(lane, provider));
            }
        }
    };
    html! {
        <SelectField {id} {label} value={step.endpoint().provider.name()}
            choices={names.map(|name| (name.clone(), name)).collect::<Vec<_>>()} {hint} {on_choose} />
    }
}

pub(super) fn address(step: &StepProps) -> Html {
    html! {
        <TextField id={step.id(Field::BaseUrl)} label={step.label(Field::BaseUrl)} value={step.text(Field::BaseUrl)}
            placeholder="https://api.openai.com/v1" error={step.error(Field::BaseUrl)}
            on_input={step.on_input(Field::BaseUrl)} />
    }
}

pub(super) fn key_field(step: &StepProps) -> Html {
    html! {
        <TextField id={step.id(Field::ApiKey)} label={step.label(Field::ApiKey)} kind={TextKind::Secret}
            value={step.text(Field::ApiKey)} hint={key_hint(step.endpoint())} error={step.error(Field::ApiKey)}
            on_input={step.on_input(Field::ApiKey)} />
    }
}

/// Where a lane's key goes.
fn key_hint(endpoint: &Endpoint) -> AttrValue {
    let kept = match origin(&endpoint.text(Field::BaseUrl)) {
        _ if endpoint.key_cleared => {
            "Cleared: the base URL names another server now. Enter the key for that one.".to_owned()
        }
        Some(origin) => {
            let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
            format!("Stays in this tab\u{2019}s memory. Sent only to {host}.")
        }
        None => "Stays in this tab\u{2019}s memory. Sent only to the base URL.".to_owned(),
    };
    kept.into()
}

/// The check of all lanes, and what it found.
fn connection(props: &ProviderStepProps) -> Html {
    let preset = props.step.endpoint().provider.preset();
    html! {
        <>
            <div class="row">
                <Button resting={props.checking} on_press={props.on_check.clone()}>{ "Check connection" }</Button>
                if let Some(page) = preset.key_page {
                    <a href={page} target="_blank" rel="noreferrer">{ format!("Get a key from {}", preset.name) }</a>
                }
                if props.checking {
                    <span class="soft" role="status">{ "Asking for the list of models…" }</span>
                }
            </div>
            <ConnectionNote checked={props.checked.clone()} />
            if props.step.endpoint().provider == Provider::OpenRouter {
                { router_prices(props) }
            }
            if preset.auth != Auth::None {
                { key_promise() }
            }
        </>
    }
}

/// OpenRouter's prices are its own, and fetched only when asked for.
fn router_prices(props: &ProviderStepProps) -> Html {
    let list = &props.step.form.router_prices;
    let models = list.models.len();
    html! {
        <div class="row">
            <Button resting={props.asking_prices} on_press={props.on_prices.clone()}>{ "Get prices from OpenRouter" }</Button>
            <span class="field__hint" role="status">
                if models > 0 {
                    { format!("{} with prices; {} more can\u{2019}t be priced by the token.", counted(models as u64, "model", "models"), list.unpriced) }
                } else {
                    { "Asks the base URL for its public list of models. No key, prompt or row is sent." }
                }
            </span>
        </div>
    }
}

/// How a person sees for themselves where the key goes.
fn key_promise() -> Html {
    let repository = env!("CARGO_PKG_REPOSITORY");
    html! {
        <Disclosure id="key-promise" label="Where does my key go?">
            <p class="small">
                { "Open the developer tools of your browser (F12), choose Network, and press Check connection: the key goes to \
                   your base URL and nowhere else. It is never written to disk, so a reload forgets it. " }
                if !repository.is_empty() {
                    <a href={format!("{repository}/blob/main/SECURITY.md")} target="_blank" rel="noreferrer">
                        { "Source and security notes" }
                    </a>
                }
            </p>
        </Disclosure>
    }
}

pub(super) fn price_fields(step: &StepProps) -> Html {
    html! {
        <>
            { step.number(Field::InputPrice, "unknown", "") }
            { step.number(Field::OutputPrice, "unknown", "") }
        </>
    }
}

pub(super) fn temperature_field(step: &StepProps) -> Html {
    let hint = match (takes_temperature(&step.text(Field::Model)), step.endpoint().provider.preset().wire) {
        (false, _) => "This model takes none; it isn\u{2019}t sent.",
        (true, Wire::AnthropicMessages) => "0 to 1.",
        (true, Wire::OpenAiChat | Wire::OpenAiResponses) => "0 to 2.",
    };
    step.number(Field::Temperature, "default", hint)
}

/// Shown where the preset takes it.
pub(super) fn effort_field(step: &StepProps) -> Html {
    let preset = step.endpoint().provider.preset();
    if preset.efforts.is_empty() {
        return Html::default();
    }
    let word = |effort: Option<ReasoningEffort>| effort.map_or("default", ReasoningEffort::word);
    let efforts = std::iter::once(None).chain(preset.efforts.iter().copied().map(Some));
    let chosen_before = step.form.reasoning_effort.filter(|effort| preset.efforts.contains(effort));
    let choices: Vec<(AttrValue, AttrValue)> =
        efforts.map(|effort| (word(effort).into(), word(effort).into())).collect();
    let on_choose = step.on_form.reform(|chosen: AttrValue| {
        FormAction::ReasoningEffort(ReasoningEffort::ALL.into_iter().find(|effort| effort.word() == chosen.as_str()))
    });
    html! {
        <SelectField id="reasoning-effort" label="Reasoning effort" value={word(chosen_before)} {choices}
            hint="For reasoning models. Thinking is billed as output." {on_choose} />
    }
}

/// Shown where the prompt must be marked to be cached.
pub(super) fn cache_field(step: &StepProps) -> Html {
    let provider = step.endpoint().provider;
    let caches = match provider.cache_marks(&step.text(Field::BaseUrl), &step.text(Field::Model)) {
        CacheMarks::None => return Html::default(),
        CacheMarks::Anthropic => ANTHROPIC_CACHES,
        CacheMarks::OpenAi => OPEN_AI_CACHES,
    };
    let choices: Vec<_> = caches.iter().map(|(_, name)| (AttrValue::from(*name), AttrValue::from(*name))).collect();
    let chosen_before = caches.iter().rev().find(|(kept, _)| *kept <= step.form.prompt_cache);
    let value = chosen_before.map_or("Off", |(_, name)| name);
    let on_choose = step.on_form.reform(move |chosen: AttrValue| {
        let kept = caches.iter().find(|(_, name)| *name == chosen.as_str());
        FormAction::PromptCache(kept.map(|(kept, _)| *kept).unwrap_or_default())
    });
    html! {
        <SelectField id="prompt-cache" label="Prompt cache" {value} {choices} {on_choose}
            hint="Keeps what the prompts share at the provider: the first call pays more for it, the others less." />
    }
}

const ANTHROPIC_CACHES: &[(PromptCache, &str)] =
    &[(PromptCache::Off, "Off"), (PromptCache::FiveMinutes, "5 minutes"), (PromptCache::OneHour, "1 hour")];
/// OpenAI keeps what is marked for half an hour at least, and has no other choice for both of its APIs.
const OPEN_AI_CACHES: &[(PromptCache, &str)] = &[(PromptCache::Off, "Off"), (PromptCache::FiveMinutes, "30 minutes")];

/// What the model costs, or what to do where its price isn't known.
fn model_hint(endpoint: &Endpoint) -> Option<AttrValue> {
    let (input, output) = (endpoint.text(Field::InputPrice), endpoint.text(Field::OutputPrice));
    let hint = match &endpoint.price_source {
        PriceSource::Catalogue { .. } | PriceSource::Router => format!("${input} in, ${output} out per 1M tokens."),
        PriceSource::Own => return None,
        PriceSource::Unknown if endpoint.provider.preset().place == ServedAt::ThisMachine => {
            "Enter 0 as both prices if you count it as free. Without prices the cost stays unknown.".to_owned()
        }
        PriceSource::Unknown => "Not in our price list. Enter its prices, or the cost stays unknown.".to_owned(),
    };
    Some(hint.into())
}

pub(super) fn price_words(endpoint: &Endpoint) -> String {
    let words = match &endpoint.price_source {
        PriceSource::Catalogue { date } => {
            format!("List prices per 1M tokens, read on {date}. Change them if yours differ.")
        }
        PriceSource::Router => "OpenRouter\u{2019}s own list, per 1M tokens. Change them if yours differ.".to_owned(),
        PriceSource::Own => "Your own prices, per 1M tokens.".to_owned(),
        PriceSource::Unknown => "Per 1M tokens.".to_owned(),
    };
    match endpoint.provider.preset().place {
        ServedAt::Page => format!("{words} In the Demo, costs are what a real run would cost."),
        _ => words,
    }
}

/// The server's own list; before it is known, what the catalogue has for this provider.
pub(super) fn choices(listed: &[String], provider: Provider, router: &RouterList, now: Time) -> Vec<Choice> {
    if provider == Provider::OpenRouter && !router.models.is_empty() {
        let priced = router.models.iter().map(|model| Choice {
            value: model.id.clone().into(),
            name: model.id.clone().into(),
            detail: price_detail(&model.card).into(),
            group: "OpenRouter\u{2019}s price list".into(),
        });
        return priced.collect();
    }
    // A server that lists its models offers nothing else.
    if !listed.is_empty() {
        let served = listed.iter().filter(|id| answers_with_text(id)).map(|id| Choice {
            value: id.clone().into(),
            name: id.clone().into(),
            detail: prices::find_at(provider, id).map(model_detail).unwrap_or_default().into(),
            group: "Served at this base URL".into(),
        });
        return served.collect();
    }
    let preset = provider.preset();
    let offered = |model: &&prices::Model| match (preset.vendor, preset.place) {
        (Some(vendor), _) => model.vendor == vendor && prices::is_served_at(provider, model),
        (None, ServedAt::Page | ServedAt::Anywhere) => model.core,
        (None, _) => false,
    };
    let known = prices::all().iter().filter(|model| !model.is_retired(now)).filter(offered).map(|model| Choice {
        value: format!("{}{}", preset.model_prefix, model.id).into(),
        name: model.id.clone().into(),
        detail: model_detail(model).into(),
        group: vendor_name(&model.vendor).into(),
    });
    known.collect()
}

fn vendor_name(id: &str) -> String {
    prices::vendor(id).map_or_else(|| id.to_owned(), |vendor| vendor.name.clone())
}

fn model_detail(model: &prices::Model) -> String {
    let retires = model.retirement_words(now()).map(|words| format!(" · {words}")).unwrap_or_default();
    format!("{}{retires}", price_detail(&model.card))
}

fn price_detail(card: &RateCard) -> String {
    format!("${} in, ${} out", per_million(card.base.input), per_million(card.base.output))
}
