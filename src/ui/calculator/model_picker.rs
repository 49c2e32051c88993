//! The combobox `Model`: the short list first, then every other model by vendor.

use yew::prelude::*;

use super::inputs::Action;
use crate::money::PerToken;
use crate::prices::{self, Model, ModelId};
use crate::ui::parts::{Choice, Combobox};

#[derive(Properties, PartialEq)]
pub struct ModelPickerProps {
    pub model: ModelId,
    /// The person's own prices are in force, so the catalogue's are not told.
    pub own_price: bool,
    pub on_action: Callback<Action>,
}

#[component]
pub fn ModelPicker(props: &ModelPickerProps) -> Html {
    let choices = use_memo((), |()| choices());
    let hint = prices::find(&props.model).map(|model| hint(model, props.own_price));
    html! {
        <Combobox label="Model" value={props.model.clone()} choices={(*choices).clone()} {hint}
            on_choose={props.on_action.reform(|model: AttrValue| Action::ChooseModel(model.to_string()))} />
    }
}

pub fn choices() -> Vec<Choice> {
    let groups = [
        ("", prices::all().iter().filter(|model| model.core && !model.deprecated).collect::<Vec<_>>()),
        ("More models", prices::all().iter().filter(|model| !model.core && !model.deprecated).collect()),
        ("Deprecated", prices::all().iter().filter(|model| model.deprecated).collect()),
    ];
    let mut choices = Vec::new();
    for (group, models) in groups {
        choices.extend(models.into_iter().map(|model| choice(model, group)));
    }
    choices
}

fn choice(model: &Model, group: &'static str) -> Choice {
    let rates = model.card.base;
    let detail = format!("{} · {} / {}", model.vendor_name(), dollars(rates.input), dollars(rates.output));
    Choice {
        value: model.key().into(),
        name: model.id.clone().into(),
        detail: detail.into(),
        group: AttrValue::Static(group),
    }
}

/// A price as price lists write it: `$0.15`, `$2.50`, `$0.0375`.
pub fn dollars(price: PerToken) -> String {
    price.listed()
}

fn hint(model: &Model, own_price: bool) -> AttrValue {
    if own_price {
        return AttrValue::Static("At your own price.");
    }
    let rates = model.card.base;
    format!("Per million: {} in, {} out ({})", dollars(rates.input), dollars(rates.output), model.price_date).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_models_come_first_and_every_model_is_there_once() {
        let choices = choices();
        assert_eq!(choices.len(), prices::all().len());
        let last_core = choices.iter().rposition(|choice| choice.group.is_empty()).unwrap();
        assert!(choices[..=last_core].iter().all(|choice| choice.group.is_empty()));
        assert!(choices.iter().any(|choice| choice.value == "openai/gpt-4o-mini"));
    }

    #[test]
    fn prices_read_as_in_price_lists() {
        for (per_million, words) in [("0.15", "$0.15"), ("2.5", "$2.50"), ("0.0375", "$0.0375"), ("10", "$10.00")] {
            assert_eq!(dollars(PerToken::from_usd_per_million(per_million).unwrap()), words);
        }
    }
}
