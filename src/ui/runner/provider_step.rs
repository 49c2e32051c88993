//! Step 3: who answers, and at what price.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{PromptCache, Provider, ReasoningEffort};
use crate::prices;
use crate::provider::{Auth, Preset, ServedAt, Wire, takes_temperature};
use crate::ui::parts::{Button, Choice, Combobox, Notice, SelectField, TextField, TextKind, Tone, dated};
use crate::ui::runner::answer_fields::output_hint;
use crate::ui::runner::connection_note::{ConnectionNote, LaneChecked};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::{Field, FormAction, PriceSource};

#[derive(Properties, PartialEq)]
pub struct ProviderStepProps {
    pub step: StepProps,
    pub checking: bool,
    /// Lane by lane.
    pub checked: Rc<Vec<Option<LaneChecked>>>,
    /// The worker's complaint about this step.
    pub refused: Option<AttrValue>,
    pub on_check: Callback<()>,
    /// What stands at the end of the step: further lanes.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn ProviderStep(props: &ProviderStepProps) -> Html {
    let step = &props.step;
    let form = &step.form;
    let provider = form.provider;
    let demo = !provider.is_remote();
    let listed = props.checked.first().and_then(Option::as_ref).filter(|_| !demo);
    let listed = listed.map(|checked| checked.models.clone()).unwrap_or_default();
    let choices = use_memo((listed, provider), |(listed, provider)| choices(listed, *provider));
    let temperature_hint = match (takes_temperature(&form.text(Field::Model)), provider.preset().wire) {
        (false, _) => "This model takes no temperature, so none is sent.",
        (true, Wire::AnthropicMessages) => "From 0 to 1; empty leaves it to the provider.",
        (true, Wire::OpenAiChat) => "From 0 to 2; empty leaves it to the provider.",
    };
    html! {
        <section class="step">
            <h2 class="step__title">{ "Provider" }</h2>
            { provider_field(step) }
            if !demo {
                { endpoint(step) }
            }
            if !demo || form.lanes.iter().any(|lane| lane.provider.is_remote()) {
                { connection(props) }
            }
            if let Some(refused) = &props.refused {
                <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
            }
            <div class="step__fields">
                <div class="step__wide">
                    <Combobox label={Field::Model.label()} value={form.text(Field::Model)} choices={(*choices).clone()}
                        error={step.error(Field::Model)} free_text=true on_choose={step.on_input(Field::Model)} />
                </div>
                { step.number(Field::InputPrice, "unknown", "") }
                { step.number(Field::OutputPrice, "unknown", "") }
                <p class="field__hint step__line">{ dated(&price_words(&form.price_source, provider.preset())) }</p>
                { step.number(Field::MaxOutputTokens, "no cap", &output_hint(step)) }
                { step.number(Field::Temperature, "default", temperature_hint) }
                { effort_field(step) }
                { cache_field(step) }
            </div>
            { props.children.clone() }
        </section>
    }
}

fn provider_field(step: &StepProps) -> Html {
    let preset = step.form.provider.preset();
    let hint = match preset.place {
        ServedAt::Page => {
            "Simulated inside this page: no key, no network, nothing is billed. Answers are made up; times, errors and \
             prices are realistic."
        }
        ServedAt::Anywhere => "Any server that speaks OpenAI's Chat Completions and lets a browser call it (CORS).",
        ServedAt::Internet | ServedAt::ThisMachine => preset.browser,
    };
    let names = Provider::ALL.into_iter().map(|provider| AttrValue::from(provider.name()));
    let on_choose = {
        let on_form = step.on_form.clone();
        move |name: AttrValue| {
            if let Some(provider) = Provider::named(&name) {
                on_form.emit(FormAction::Provider(provider));
            }
        }
    };
    html! {
        <SelectField label="Provider" value={preset.name} choices={names.map(|name| (name.clone(), name)).collect::<Vec<_>>()}
            {hint} {on_choose} />
    }
}

fn endpoint(step: &StepProps) -> Html {
    let preset = step.form.provider.preset();
    let key_hint = if step.form.key_cleared {
        "Cleared, because the base URL now names another server: a key is only ever sent to the server it was entered for."
    } else {
        "Kept in memory only, gone when this tab closes; sent to this base URL and nowhere else."
    };
    html! {
        <>
            <TextField label={Field::BaseUrl.label()} kind={TextKind::Line} value={step.form.text(Field::BaseUrl)}
                placeholder="https://api.openai.com/v1" error={step.error(Field::BaseUrl)}
                on_input={step.on_input(Field::BaseUrl)} />
            if preset.auth != Auth::None {
                <TextField label={Field::ApiKey.label()} kind={TextKind::Secret} value={step.form.text(Field::ApiKey)}
                    placeholder="none" hint={key_hint} error={step.error(Field::ApiKey)}
                    on_input={step.on_input(Field::ApiKey)} />
            }
        </>
    }
}

/// The check of all lanes, and what it found.
fn connection(props: &ProviderStepProps) -> Html {
    let preset = props.step.form.provider.preset();
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
        </>
    }
}

/// Shown where the preset takes it.
fn effort_field(step: &StepProps) -> Html {
    let preset = step.form.provider.preset();
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
        <SelectField label="Reasoning effort" value={word(chosen_before)} {choices}
            hint="For reasoning models: thought is billed as output. Models without it, or without that level, refuse it." {on_choose} />
    }
}

/// Shown where the prompt must be marked to be cached.
fn cache_field(step: &StepProps) -> Html {
    if step.form.provider.preset().wire != Wire::AnthropicMessages {
        return Html::default();
    }
    let choices = CACHES.map(|(_, name)| (AttrValue::from(name), AttrValue::from(name))).to_vec();
    let value = CACHES.into_iter().find(|(kept, _)| *kept == step.form.prompt_cache).map_or("Off", |(_, name)| name);
    let on_choose = step.on_form.reform(|chosen: AttrValue| {
        let kept = CACHES.into_iter().find(|(_, name)| *name == chosen.as_str());
        FormAction::PromptCache(kept.map(|(kept, _)| kept).unwrap_or_default())
    });
    html! {
        <SelectField label="Prompt cache" {value} {choices} {on_choose}
            hint="Keeps the system prompt at the provider: a tenth of the price to read again, 1.25 times (5 minutes) or \
                  2 times (1 hour) to write. Shorter prompts than the model's minimum are not kept." />
    }
}

const CACHES: [(PromptCache, &str); 3] =
    [(PromptCache::Off, "Off"), (PromptCache::FiveMinutes, "5 minutes"), (PromptCache::OneHour, "1 hour")];

fn price_words(source: &PriceSource, preset: &Preset) -> String {
    let words = match (source, preset.place) {
        (PriceSource::Catalogue { date }, _) => {
            format!("List prices, last read on {date}. Change them if yours differ.")
        }
        (PriceSource::Own, _) => "Your own prices, in dollars for a million tokens.".to_owned(),
        (PriceSource::Unknown, ServedAt::ThisMachine) => {
            "A model on your own machine has no list price. State 0 for free, or what a million tokens cost you; else the \
             run's cost stays unknown."
                .to_owned()
        }
        (PriceSource::Unknown, _) => {
            "This model isn't in the catalogue. State its prices, or the run's cost stays unknown (never $0)."
                .to_owned()
        }
    };
    match preset.place {
        ServedAt::Page => format!("{words} The Demo counts what the run would have cost."),
        _ => words,
    }
}

/// The server's own list; before it is known, what the catalogue has for this provider.
pub(super) fn choices(listed: &[String], provider: Provider) -> Vec<Choice> {
    // A server that lists its models offers nothing else.
    if !listed.is_empty() {
        let served = listed.iter().map(|id| Choice {
            value: id.clone().into(),
            name: id.clone().into(),
            detail: prices::find_at(provider, id).map(price_detail).unwrap_or_default().into(),
            group: "Served at this base URL".into(),
        });
        return served.collect();
    }
    let preset = provider.preset();
    let offered = |model: &&prices::Model| match (preset.vendor, preset.place) {
        (Some(vendor), _) => model.vendor == vendor,
        (None, ServedAt::Page | ServedAt::Anywhere) => model.core,
        (None, _) => false,
    };
    let known = prices::all().iter().filter(|model| !model.deprecated).filter(offered).map(|model| Choice {
        value: model.id.clone().into(),
        name: model.id.clone().into(),
        detail: price_detail(model).into(),
        group: vendor_name(&model.vendor).into(),
    });
    known.collect()
}

fn vendor_name(id: &str) -> String {
    prices::vendor(id).map_or_else(|| id.to_owned(), |vendor| vendor.name.clone())
}

fn price_detail(model: &prices::Model) -> String {
    let price = |price: crate::money::PerToken| crate::ui::runner::form::per_million(price);
    format!("${} in, ${} out", price(model.card.base.input), price(model.card.base.output))
}
