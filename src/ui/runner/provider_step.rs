//! Step 3: who answers, and at what price.

use yew::prelude::*;

use crate::link::{ConnectionReport, Provider};
use crate::prices;
use crate::ui::parts::{Button, Choice, Combobox, Notice, SelectField, TextField, TextKind, Tone};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::{Field, FormAction, PriceSource};

#[derive(Properties, PartialEq)]
pub struct ProviderStepProps {
    pub step: StepProps,
    pub checking: bool,
    pub checked: Option<ConnectionReport>,
    /// The worker's complaint about this step.
    pub refused: Option<AttrValue>,
    pub on_check: Callback<()>,
}

#[component]
pub fn ProviderStep(props: &ProviderStepProps) -> Html {
    let step = &props.step;
    let form = &step.form;
    let demo = form.provider == Provider::Demo;
    let listed = props.checked.as_ref().filter(|_| !demo).map(|report| report.models.clone()).unwrap_or_default();
    let choices = use_memo((listed, demo), |(listed, demo)| choices(listed, *demo));
    let on_provider = step.on_form.reform(|value: AttrValue| {
        FormAction::Provider(if value == "demo" { Provider::Demo } else { Provider::OpenAiCompatible })
    });
    let provider_hint = if demo {
        "Simulated inside this page: no key, no network, nothing is billed. Answers are made up; times, errors and \
         prices are realistic."
    } else {
        "Any server that speaks OpenAI's Chat Completions and lets a browser call it (CORS)."
    };
    html! {
        <section class="step">
            <h2 class="step__title">{ "Provider" }</h2>
            <SelectField label="Provider" value={if demo { "demo" } else { "endpoint" }}
                choices={vec![("demo".into(), "Demo".into()), ("endpoint".into(), "OpenAI-compatible endpoint".into())]}
                hint={provider_hint} on_choose={on_provider} />
            if !demo {
                { endpoint(props) }
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
                <p class="field__hint step__line">{ price_words(&form.price_source, demo) }</p>
                { step.number(Field::MaxOutputTokens, "no cap", "Longer answers are cut off and marked.") }
                { step.number(Field::Temperature, "default", "From 0 to 2; empty leaves it to the provider.") }
            </div>
        </section>
    }
}

fn endpoint(props: &ProviderStepProps) -> Html {
    let step = &props.step;
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
            <TextField label={Field::ApiKey.label()} kind={TextKind::Secret} value={step.form.text(Field::ApiKey)}
                placeholder="none" hint={key_hint} error={step.error(Field::ApiKey)}
                on_input={step.on_input(Field::ApiKey)} />
            <div class="row">
                <Button disabled={props.checking} on_press={props.on_check.clone()}>{ "Check connection" }</Button>
                if props.checking {
                    <span class="soft" role="status">{ "Asking for the list of models…" }</span>
                }
            </div>
            if let Some(report) = &props.checked {
                <Notice tone={if report.ok { Tone::Good } else { Tone::Error }}><p>{ &report.message }</p></Notice>
            }
        </>
    }
}

fn price_words(source: &PriceSource, demo: bool) -> String {
    let words = match source {
        PriceSource::Catalogue { date } => format!("List prices, last read on {date}. Change them if yours differ."),
        PriceSource::Own => "Your own prices, in dollars for a million tokens.".to_owned(),
        PriceSource::Unknown => {
            "This model isn't in the catalogue. State its prices, or the run's cost stays unknown (never $0)."
                .to_owned()
        }
    };
    if demo { format!("{words} The Demo counts what the run would have cost.") } else { words }
}

/// The server's own list first, then the catalogue.
fn choices(listed: &[String], demo: bool) -> Vec<Choice> {
    let served = listed.iter().map(|id| Choice {
        value: id.clone().into(),
        name: id.clone().into(),
        detail: prices::find(id).map(price_detail).unwrap_or_default().into(),
        group: "Served at this base URL".into(),
    });
    let known = prices::all().iter().filter(|model| model.core && !model.deprecated).map(|model| Choice {
        value: model.id.clone().into(),
        name: model.id.clone().into(),
        detail: price_detail(model).into(),
        group: vendor_name(&model.vendor).into(),
    });
    // A server that lists its models offers nothing else.
    if listed.is_empty() || demo { known.collect() } else { served.collect() }
}

fn vendor_name(id: &str) -> String {
    prices::vendor(id).map_or_else(|| id.to_owned(), |vendor| vendor.name.clone())
}

fn price_detail(model: &prices::Model) -> String {
    let price = |price: crate::money::PerToken| crate::ui::runner::form::per_million(price);
    format!("${} in, ${} out", price(model.card.base.input), price(model.card.base.output))
}
