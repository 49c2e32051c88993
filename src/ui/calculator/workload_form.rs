//! What is asked: the model, five quantities with sliders, deadline and budget, and the rest under `Advanced`.

use std::rc::Rc;

use yew::prelude::*;

use super::choice::Choice;
use super::inputs::{Action, Inputs};
use super::model_picker::{ModelPicker, dollars};
use crate::estimate::{Quantity, Tier, Workload, tiers};
use crate::money::{PerToken, grouped};
use crate::ui::parts::{Button, ButtonKind, Disclosure, NumberField, SelectField, Switch};

/// Beside the five with sliders.
const GOALS: [Quantity; 2] = [Quantity::Deadline, Quantity::Budget];

/// What stands under `Advanced`, in the rows of the page.
const ADVANCED: [Row; 5] = [
    Row {
        name: "Latency and length",
        quantities: &[Quantity::Latency, Quantity::TokensPerSecond, Quantity::Reasoning, Quantity::OutputCap],
        choices: &[],
    },
    Row {
        name: LIMITS,
        quantities: &[
            Quantity::RequestsPerMinute,
            Quantity::TokensPerMinute,
            Quantity::InputTokensPerMinute,
            Quantity::OutputTokensPerMinute,
            Quantity::RequestsPerDay,
            Quantity::Burst,
            Quantity::ProviderConcurrency,
            Quantity::BatchQueueTokens,
            Quantity::BatchQueueRequests,
        ],
        choices: &[Choice::StrictWindow],
    },
    Row {
        name: "Your provider's prompt cache",
        quantities: &[Quantity::SharedPrefix],
        choices: &[Choice::WarmUp, Choice::KeepAnHour],
    },
    Row {
        name: "Failures",
        quantities: &[Quantity::FailedBilled, Quantity::ReAsks, Quantity::QuickFailures],
        choices: &[],
    },
    Row {
        name: "Your own prices, USD per 1M tokens",
        quantities: &[Quantity::InputPrice, Quantity::OutputPrice],
        choices: &[],
    },
];

const LIMITS: &str = "Your provider's limits";

struct Row {
    name: &'static str,
    quantities: &'static [Quantity],
    choices: &'static [Choice],
}

#[derive(Properties, PartialEq)]
pub struct WorkloadFormProps {
    pub inputs: Rc<Inputs>,
    /// Another way to fill them in.
    #[prop_or_default]
    pub from_file: Html,
    pub on_action: Callback<Action>,
}

#[component]
pub fn WorkloadForm(props: &WorkloadFormProps) -> Html {
    let workload = &props.inputs.workload;
    let own_price = workload.own_input_price.is_some() && workload.own_output_price.is_some();
    let field = |quantity: Quantity| {
        html! {
            <QuantityField {quantity} value={quantity.get(workload)} placeholder={placeholder(quantity, &props.inputs)}
                hint={quantity.hint(workload).map(AttrValue::from)} error={complaint(quantity, workload)} on_action={props.on_action.clone()} />
        }
    };
    let opening = Workload::default();
    let set = ADVANCED.iter().flat_map(|row| row.quantities).filter(|quantity| differs(workload, **quantity)).count()
        + Choice::ALL.into_iter().filter(|choice| choice.get(workload) != choice.get(&opening)).count();
    let switch = |choice: Choice| {
        html! { <ChoiceSwitch {choice} on={choice.get(workload)} on_action={props.on_action.clone()} /> }
    };
    let none_repeated = {
        let on_press = props.on_action.reform(|()| Action::Set(Quantity::CacheHits, Some(0)));
        html! { <div class="workload-form__none"><Button kind={ButtonKind::Quiet} {on_press}>{ "Set to 0%" }</Button></div> }
    };
    let summary = match set {
        0 => "limits, failures, prices".to_owned(),
        set => format!("{set} changed"),
    };
    html! {
        <section class="workload-form panel" aria-label="Workload">
            <ModelPicker model={props.inputs.model.clone()} {own_price} on_action={props.on_action.clone()} />
            <div class="workload-form__file">{ props.from_file.clone() }</div>
            { for Quantity::MAIN.into_iter().map(|quantity| html! {
                <>
                    { field(quantity) }
                    if quantity == Quantity::CacheHits && workload.cache_hits_ppm > 0 { { none_repeated.clone() } }
                </>
            }) }
            <div class="workload-form__fields">{ for GOALS.into_iter().map(field) }</div>
            <Disclosure id="advanced" label="Advanced" {summary} open={set > 0}>
                <div class="workload-form__advanced">
                    {
                        for ADVANCED.iter().map(|row| html! {
                            <fieldset class="workload-form__row">
                                <legend class="workload-form__legend">{ row.name }</legend>
                                if row.name == LIMITS { { tier_field(props) } }
                                <div class="workload-form__fields">
                                    { for row.quantities.iter().copied().map(field) }
                                </div>
                                if !row.choices.is_empty() {
                                    <div class="workload-form__choices">
                                        { for row.choices.iter().copied().map(switch) }
                                    </div>
                                }
                            </fieldset>
                        })
                    }
                </div>
            </Disclosure>
        </section>
    }
}

/// Published limits with one choice; nothing where nobody publishes any for this model.
fn tier_field(props: &WorkloadFormProps) -> Html {
    let workload = props.inputs.workload.clone();
    let known = props.inputs.model().map(tiers).unwrap_or_default();
    if known.is_empty() {
        return Html::default();
    }
    let now = known.iter().position(|tier| tier.is_of(&workload));
    let none = Tier::lifted(&workload) == workload;
    let value = match now {
        Some(place) => AttrValue::from(place.to_string()),
        None if none => AttrValue::Static(NO_LIMITS),
        None => AttrValue::Static(OWN_LIMITS),
    };
    let mut choices = vec![(AttrValue::Static(NO_LIMITS), AttrValue::Static("none"))];
    choices.extend(known.iter().enumerate().map(|(at, tier)| (at.to_string().into(), AttrValue::Static(tier.name))));
    if now.is_none() && !none {
        choices.push((AttrValue::Static(OWN_LIMITS), AttrValue::Static("as typed below")));
    }
    let hint =
        now.map(|place| AttrValue::from(format!("{}. Check the limits page of your account.", known[place].source)));
    let on_action = props.on_action.clone();
    let on_choose = Callback::from(move |choice: AttrValue| {
        if choice != OWN_LIMITS {
            let tier = choice.parse::<usize>().ok().and_then(|place| known.get(place).copied());
            on_action.emit(Action::Limits(tier));
        }
    });
    html! { <SelectField id="usage-tier" label="Usage tier" {value} {choices} {hint} {on_choose} /> }
}

const NO_LIMITS: &str = "none";
const OWN_LIMITS: &str = "own";

/// Values alone, so that a step of one slider draws one field anew.
#[derive(Properties, PartialEq)]
struct QuantityFieldProps {
    quantity: Quantity,
    value: Option<u64>,
    placeholder: Option<AttrValue>,
    hint: Option<AttrValue>,
    error: Option<AttrValue>,
    on_action: Callback<Action>,
}

#[component]
fn QuantityField(props: &QuantityFieldProps) -> Html {
    let (quantity, spec) = (props.quantity, props.quantity.spec());
    let on_change = props.on_action.reform(move |value: Option<u64>| Action::Set(quantity, value));
    let on_unread = props.on_action.reform(move |unread: bool| Action::Unread(quantity, unread));
    html! {
        <NumberField id={format!("input-{}", spec.key)} label={spec.label} value={props.value} range={spec.range}
            step={spec.step} hint={props.hint.clone()} placeholder={props.placeholder.clone()} error={props.error.clone()}
            slider={quantity.scale()} {on_change} {on_unread} />
    }
}

#[derive(Properties, PartialEq)]
struct ChoiceSwitchProps {
    choice: Choice,
    on: bool,
    on_action: Callback<Action>,
}

#[component]
fn ChoiceSwitch(props: &ChoiceSwitchProps) -> Html {
    let choice = props.choice;
    let on_switch = props.on_action.reform(move |on| Action::Switch(choice, on));
    html! { <Switch id={choice.id()} label={choice.label()} on={props.on} hint={choice.hint()} {on_switch} /> }
}

/// What an empty box stands for.
fn placeholder(quantity: Quantity, inputs: &Inputs) -> Option<AttrValue> {
    let rates = inputs.model().map(|model| model.card.base);
    let price = |price: PerToken| dollars(price).trim_start_matches('$').to_owned();
    match quantity {
        Quantity::InputPrice => rates.map(|rates| price(rates.input).into()),
        Quantity::OutputPrice => rates.map(|rates| price(rates.output).into()),
        quantity if quantity.range().optional => Some(AttrValue::Static("none")),
        _ => None,
    }
}

/// Where two quantities contradict each other.
fn complaint(quantity: Quantity, workload: &Workload) -> Option<AttrValue> {
    let more = quantity == Quantity::SharedPrefix && workload.shared_prefix_tokens > workload.input_tokens;
    more.then(|| {
        let input = grouped(&workload.input_tokens.to_string());
        format!("The prefix is part of the input, so at most {input} tokens count.").into()
    })
}

fn differs(workload: &Workload, quantity: Quantity) -> bool {
    quantity.get(workload) != quantity.get(&Workload::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_one_place_in_the_form() {
        let mut seen: Vec<Quantity> = Quantity::MAIN.to_vec();
        seen.extend(GOALS);
        seen.extend(ADVANCED.iter().flat_map(|row| row.quantities.iter().copied()));
        seen.sort();
        assert_eq!(seen, Quantity::ALL);
        let choices: Vec<Choice> = ADVANCED.iter().flat_map(|row| row.choices.iter().copied()).collect();
        assert!(choices.len() == Choice::ALL.len() && Choice::ALL.iter().all(|choice| choices.contains(choice)));
    }
}
