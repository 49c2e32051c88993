//! What is asked: the model, how many calls of what length, how often, by when and for how much, and the rest under
//! `Advanced`.

use std::rc::Rc;

use yew::prelude::*;

use super::choice::Choice;
use super::inputs::{Action, Inputs};
use super::model_picker::{ModelPicker, dollars};
use super::start_field::start_field;
use crate::estimate::{Every, LengthUnit, Quantity, Tier, Workload, tiers};
use crate::money::{PerToken, grouped};
use crate::time::{Time, day_in_words, in_words};
use crate::ui::parts::{Button, ButtonKind, Disclosure, NumberField, SelectField, Switch};

/// Those that come first, each with a slider; the lengths among them are typed in the person's unit.
const SIZE: [Quantity; 3] = [Quantity::Calls, Quantity::Input, Quantity::Output];
/// After the goals.
const PACE: [Quantity; 2] = [Quantity::CacheHits, Quantity::Concurrency];
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
    /// Lengths counted from a text.
    #[prop_or_default]
    pub count_text: Html,
    /// Models are switched off on a day.
    pub now: Time,
    pub on_action: Callback<Action>,
}

#[component]
pub fn WorkloadForm(props: &WorkloadFormProps) -> Html {
    let workload = &props.inputs.workload;
    let own_price = workload.own_input_price.is_some() && workload.own_output_price.is_some();
    let field = |quantity: Quantity| {
        let unit = if SIZE[1..].contains(&quantity) { props.inputs.unit } else { LengthUnit::Tokens };
        html! {
            <QuantityField {quantity} {unit} value={quantity.get(workload)} placeholder={placeholder(quantity, &props.inputs)}
                hint={hint(quantity, &props.inputs)} error={complaint(quantity, workload)} on_action={props.on_action.clone()} />
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
            <ModelPicker model={props.inputs.model.clone()} {own_price} now={props.now} on_action={props.on_action.clone()} />
            <div class="workload-form__file">{ props.from_file.clone() }</div>
            { start_field(&props.inputs, &props.on_action) }
            { for SIZE.into_iter().map(field) }
            { unit_field(props) }
            <Disclosure id="count-from-text" label="Count from text…">{ props.count_text.clone() }</Disclosure>
            <div class="workload-form__fields">
                { every_field(props) }
                { for GOALS.into_iter().map(field) }
            </div>
            { for PACE.into_iter().map(|quantity| html! {
                <>
                    { field(quantity) }
                    if quantity == Quantity::CacheHits && workload.cache_hits_ppm > 0 { { none_repeated.clone() } }
                </>
            }) }
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

fn unit_field(props: &WorkloadFormProps) -> Html {
    let on_choose =
        props.on_action.reform(|name: AttrValue| Action::Unit(LengthUnit::named(&name).unwrap_or_default()));
    let choices = LengthUnit::ALL.map(|unit| (AttrValue::Static(unit.name()), AttrValue::Static(unit.name())));
    let unit = props.inputs.unit;
    html! {
        <SelectField id="lengths-in" label="Lengths in" value={unit.name()} choices={choices.to_vec()}
            hint={unit.basis().map(AttrValue::Static)} {on_choose} />
    }
}

fn every_field(props: &WorkloadFormProps) -> Html {
    let on_choose = props.on_action.reform(|key: AttrValue| Action::Every(Every::keyed(&key).unwrap_or_default()));
    let choices = Every::ALL.map(|every| (AttrValue::Static(every.key()), AttrValue::Static(every.label())));
    html! { <SelectField id="how-often" label="How often" value={props.inputs.every.key()} choices={choices.to_vec()} {on_choose} /> }
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
    /// What a length is typed in.
    unit: LengthUnit,
    value: Option<u64>,
    placeholder: Option<AttrValue>,
    hint: Option<AttrValue>,
    error: Option<AttrValue>,
    on_action: Callback<Action>,
}

#[component]
fn QuantityField(props: &QuantityFieldProps) -> Html {
    let (quantity, unit, spec) = (props.quantity, props.unit, props.quantity.spec());
    let on_change =
        props.on_action.reform(move |value: Option<u64>| Action::Set(quantity, value.map(|steps| unit.tokens(steps))));
    let on_unread = props.on_action.reform(move |unread: bool| Action::Unread(quantity, unread));
    html! {
        <NumberField id={format!("input-{}", spec.key)} label={unit.label(quantity)}
            value={props.value.map(|tokens| unit.of_tokens(tokens))} range={unit.range(spec.range)}
            step={if unit == LengthUnit::Tokens { spec.step } else { unit.step() }} hint={props.hint.clone()}
            placeholder={props.placeholder.clone()} error={props.error.clone()}
            slider={quantity.scale().map(|scale| scale.in_unit(unit))} {on_change} {on_unread} />
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

/// What is said below a field.
fn hint(quantity: Quantity, inputs: &Inputs) -> Option<AttrValue> {
    let tokens = quantity.get(&inputs.workload)?;
    if SIZE[1..].contains(&quantity) && inputs.unit != LengthUnit::Tokens {
        return Some(format!("About {} tokens.", grouped(&tokens.to_string())).into());
    }
    let speed = inputs.model().and_then(|model| model.speed.as_ref()).filter(|_| quantity == Quantity::Latency);
    if let Some(speed) = speed {
        let (answer, day) = (in_words(speed.short_answer_ms), day_in_words(&speed.date));
        return Some(format!("Public measurements, {day}: {answer} for 20 tokens (median of {}).", speed.n).into());
    }
    if quantity == Quantity::Latency {
        return Some(AttrValue::Static("No public figure. Measure yours with Try 5 rows."));
    }
    quantity.hint(&inputs.workload).map(AttrValue::from)
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
        let mut seen: Vec<Quantity> = SIZE.to_vec();
        seen.extend(GOALS);
        seen.extend(PACE);
        seen.extend(ADVANCED.iter().flat_map(|row| row.quantities.iter().copied()));
        seen.sort();
        assert_eq!(seen, Quantity::ALL);
        let choices: Vec<Choice> = ADVANCED.iter().flat_map(|row| row.choices.iter().copied()).collect();
        assert!(choices.len() == Choice::ALL.len() && Choice::ALL.iter().all(|choice| choices.contains(choice)));
    }
}
