//! What is asked: the model, five quantities with sliders, and the rest under `Advanced`.

use std::rc::Rc;

use yew::prelude::*;

use super::inputs::{Action, Inputs};
use super::model_picker::{ModelPicker, dollars};
use super::quantity::Quantity;
use crate::estimate::Workload;
use crate::money::{PerToken, grouped};
use crate::ui::parts::{Disclosure, NumberField};

/// What stands under `Advanced`, in the rows of the page.
const ADVANCED: [(&str, &[Quantity]); 4] = [
    ("Tokens and time", &[Quantity::Latency, Quantity::SharedPrefix, Quantity::Reasoning, Quantity::FailedBilled]),
    ("Provider's limits", &[Quantity::RequestsPerMinute, Quantity::TokensPerMinute, Quantity::RequestsPerDay]),
    ("Yours", &[Quantity::Budget, Quantity::Deadline]),
    ("Own prices, USD a million tokens", &[Quantity::InputPrice, Quantity::OutputPrice]),
];

/// What of it an embedded calculator keeps.
const BRIEF: [Quantity; 6] = [
    Quantity::Latency,
    Quantity::Reasoning,
    Quantity::RequestsPerMinute,
    Quantity::TokensPerMinute,
    Quantity::Budget,
    Quantity::Deadline,
];

#[derive(Properties, PartialEq)]
pub struct WorkloadFormProps {
    pub inputs: Rc<Inputs>,
    pub on_action: Callback<Action>,
    /// Without the rarer rows.
    #[prop_or_default]
    pub brief: bool,
}

#[component]
pub fn WorkloadForm(props: &WorkloadFormProps) -> Html {
    let workload = &props.inputs.workload;
    let own_price = workload.own_input_price.is_some() && workload.own_output_price.is_some();
    let field = |quantity: Quantity| {
        html! { <QuantityField {quantity} inputs={props.inputs.clone()} on_action={props.on_action.clone()} /> }
    };
    let set = ADVANCED.iter().flat_map(|(_, row)| row.iter()).filter(|quantity| differs(workload, **quantity)).count();
    let summary = match set {
        0 => "limits, latency, budget, own prices".to_owned(),
        1 => "one set".to_owned(),
        set => format!("{set} set"),
    };
    html! {
        <section class="workload-form panel" aria-label="Workload">
            <ModelPicker model={props.inputs.model.clone()} {own_price}
                on_choose={props.on_action.reform(Action::ChooseModel)} />
            { for Quantity::MAIN.into_iter().map(field) }
            <Disclosure label="Advanced" {summary} open={set > 0}>
                <div class="workload-form__advanced">
                    {
                        for ADVANCED.iter().filter_map(|(name, row)| {
                            let kept = |quantity: &Quantity| !props.brief || BRIEF.contains(quantity);
                            let seen: Vec<Quantity> = row.iter().copied().filter(kept).collect();
                            (!seen.is_empty()).then(|| html! {
                                <fieldset class="workload-form__row">
                                    <legend class="workload-form__legend">{ name }</legend>
                                    <div class="workload-form__fields">{ for seen.into_iter().map(field) }</div>
                                </fieldset>
                            })
                        })
                    }
                </div>
            </Disclosure>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct QuantityFieldProps {
    quantity: Quantity,
    inputs: Rc<Inputs>,
    on_action: Callback<Action>,
}

#[component]
fn QuantityField(props: &QuantityFieldProps) -> Html {
    let (quantity, spec) = (props.quantity, props.quantity.spec());
    let slider = use_memo(quantity, |quantity| quantity.scale());
    let on_change = props.on_action.reform(move |value: Option<f64>| Action::Set(quantity, value));
    html! {
        <NumberField label={spec.label} value={quantity.get(&props.inputs.workload)} min={spec.min} max={spec.max}
            step={spec.step} decimals={spec.decimals} optional={spec.optional} unit={spec.unit.map(AttrValue::from)}
            hint={spec.hint.map(AttrValue::from)} placeholder={placeholder(quantity, &props.inputs)}
            error={complaint(quantity, &props.inputs.workload)} slider={(*slider).clone()} {on_change} />
    }
}

/// What an empty box stands for.
fn placeholder(quantity: Quantity, inputs: &Inputs) -> Option<AttrValue> {
    let rates = inputs.model().map(|model| model.card.base);
    let price = |price: PerToken| dollars(price).trim_start_matches('$').to_owned();
    match quantity {
        Quantity::InputPrice => rates.map(|rates| price(rates.input).into()),
        Quantity::OutputPrice => rates.map(|rates| price(rates.output).into()),
        quantity if quantity.spec().optional => Some(AttrValue::Static("none")),
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
        seen.extend(ADVANCED.iter().flat_map(|(_, row)| row.iter().copied()));
        seen.sort();
        assert_eq!(seen, Quantity::ALL);
    }
}
