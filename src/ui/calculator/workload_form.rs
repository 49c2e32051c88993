//! What is asked: the model, five quantities with sliders, and the rest under `Advanced`.

use std::rc::Rc;

use yew::prelude::*;

use super::choice::Choice;
use super::inputs::{Action, Inputs};
use super::model_picker::{ModelPicker, dollars};
use super::quantity::Quantity;
use crate::estimate::{Tier, Workload, tiers};
use crate::money::{PerToken, grouped};
use crate::ui::parts::{Disclosure, NumberField, SelectField, Switch};

/// What stands under `Advanced`, in the rows of the page.
const ADVANCED: [Row; 6] = [
    Row {
        name: "Tokens and time",
        quantities: &[Quantity::Latency, Quantity::TokensPerSecond, Quantity::Reasoning, Quantity::OutputCap],
        choices: &[],
    },
    Row {
        name: "The provider's prompt cache",
        quantities: &[Quantity::SharedPrefix],
        choices: &[Choice::WarmUp, Choice::KeepAnHour],
    },
    Row {
        name: "Failures",
        quantities: &[Quantity::FailedBilled, Quantity::ReAsks, Quantity::QuickFailures],
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
    Row { name: "Yours", quantities: &[Quantity::Budget, Quantity::Deadline], choices: &[] },
    Row {
        name: "Own prices, USD per million tokens",
        quantities: &[Quantity::InputPrice, Quantity::OutputPrice],
        choices: &[],
    },
];

const LIMITS: &str = "Provider's limits";

struct Row {
    name: &'static str,
    quantities: &'static [Quantity],
    choices: &'static [Choice],
}

#[derive(Properties, PartialEq)]
pub struct WorkloadFormProps {
    pub inputs: Rc<Inputs>,
    pub on_action: Callback<Action>,
}

#[component]
pub fn WorkloadForm(props: &WorkloadFormProps) -> Html {
    let workload = &props.inputs.workload;
    let own_price = workload.own_input_price.is_some() && workload.own_output_price.is_some();
    let field = |quantity: Quantity| {
        html! {
            <QuantityField {quantity} value={quantity.get(workload)} placeholder={placeholder(quantity, &props.inputs)}
                error={complaint(quantity, workload)} on_action={props.on_action.clone()} />
        }
    };
    let opening = Workload::default();
    let set = ADVANCED.iter().flat_map(|row| row.quantities).filter(|quantity| differs(workload, **quantity)).count()
        + Choice::ALL.into_iter().filter(|choice| choice.get(workload) != choice.get(&opening)).count();
    let switch = |choice: Choice| {
        html! { <ChoiceSwitch {choice} on={choice.get(workload)} on_action={props.on_action.clone()} /> }
    };
    let summary = match set {
        0 => "limits, latency, budget, own prices".to_owned(),
        1 => "one set".to_owned(),
        set => format!("{set} set"),
    };
    html! {
        <section class="workload-form panel" aria-label="Workload">
            <ModelPicker model={props.inputs.model.clone()} {own_price} on_action={props.on_action.clone()} />
            { for Quantity::MAIN.into_iter().map(field) }
            <Disclosure label="Advanced" {summary} open={set > 0}>
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
        now.map(|place| AttrValue::from(format!("{}. Your account's own page is always right.", known[place].source)));
    let on_action = props.on_action.clone();
    let on_choose = Callback::from(move |choice: AttrValue| {
        if choice != OWN_LIMITS {
            let tier = choice.parse::<usize>().ok().and_then(|place| known.get(place).copied());
            on_action.emit(Action::Limits(tier));
        }
    });
    html! { <SelectField label="Usage tier" {value} {choices} {hint} {on_choose} /> }
}

const NO_LIMITS: &str = "none";
const OWN_LIMITS: &str = "own";

/// Values alone, so that a step of one slider draws one field anew.
#[derive(Properties, PartialEq)]
struct QuantityFieldProps {
    quantity: Quantity,
    value: Option<u64>,
    placeholder: Option<AttrValue>,
    error: Option<AttrValue>,
    on_action: Callback<Action>,
}

#[component]
fn QuantityField(props: &QuantityFieldProps) -> Html {
    let (quantity, spec) = (props.quantity, props.quantity.spec());
    let on_change = props.on_action.reform(move |value: Option<u64>| Action::Set(quantity, value));
    let on_unread = props.on_action.reform(move |unread: bool| Action::Unread(quantity, unread));
    html! {
        <NumberField label={spec.label} value={props.value} range={spec.range} step={spec.step}
            hint={spec.hint.map(AttrValue::from)} placeholder={props.placeholder.clone()} error={props.error.clone()}
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
    html! { <Switch label={choice.label()} on={props.on} hint={choice.hint()} {on_switch} /> }
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
        format!("The prefix is part of the input, so no more than {input} of these tokens count.").into()
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
        seen.extend(ADVANCED.iter().flat_map(|row| row.quantities.iter().copied()));
        seen.sort();
        assert_eq!(seen, Quantity::ALL);
        let choices: Vec<Choice> = ADVANCED.iter().flat_map(|row| row.choices.iter().copied()).collect();
        assert_eq!(choices, Choice::ALL);
    }
}
