//! The combobox `Model`: the short list first, then every other model by vendor.

use yew::prelude::*;

use super::inputs::Action;
use crate::money::PerToken;
use crate::prices::{self, Model, ModelId, Retirement};
use crate::time::{Time, day_in_words};
use crate::ui::parts::{Choice, Combobox};

#[derive(Properties, PartialEq)]
pub struct ModelPickerProps {
    pub model: ModelId,
    /// The person's own prices are in force, so the catalogue's are not told.
    pub own_price: bool,
    pub now: Time,
    pub on_action: Callback<Action>,
}

#[component]
pub fn ModelPicker(props: &ModelPickerProps) -> Html {
    let retired = use_state(|| false);
    let now = props.now;
    let choices =
        use_memo((*retired, props.model.clone(), now), |(retired, model, now)| choices(*retired, model, *now));
    let hint = prices::find(&props.model).map(|model| hint(model, props.own_price, now));
    let more = (!*retired).then_some(AttrValue::Static("Show retired"));
    let on_more = Callback::from(move |()| retired.set(true));
    html! {
        <Combobox label="Model" value={props.model.clone()} choices={(*choices).clone()} {hint} {more} {on_more}
            on_choose={props.on_action.reform(|model: AttrValue| Action::ChooseModel(model.to_string()))} />
    }
}

/// The usual choices first, then the others by provider. Retired models are listed when asked for; the chosen one
/// always is.
pub fn choices(retired: bool, chosen: &str, now: Time) -> Vec<Choice> {
    let listed = || prices::all().iter().filter(|model| retired || !model.is_retired(now) || model.is(chosen));
    let usual = |model: &&Model| model.core && model.retirement(now) == Retirement::Stays;
    let mut others: Vec<&Model> = listed().filter(|model| !usual(model)).collect();
    others.sort_by_cached_key(|model| model.vendor_name().to_ascii_lowercase());
    let mut choices: Vec<Choice> = listed().filter(usual).map(|model| choice(model, USUAL, now)).collect();
    choices.extend(others.into_iter().map(|model| choice(model, model.vendor_name(), now)));
    choices
}

const USUAL: &str = "Usual choices";

fn choice(model: &Model, group: &'static str, now: Time) -> Choice {
    let rates = model.card.rates(0, now);
    let retired = model.retirement_words(now).map(|words| format!(" · {words}")).unwrap_or_default();
    let detail = format!("{} · {} / {}{retired}", model.vendor_name(), dollars(rates.input), dollars(rates.output));
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

fn hint(model: &Model, own_price: bool, now: Time) -> AttrValue {
    if own_price {
        return AttrValue::Static("At your own prices.");
    }
    let rates = model.card.rates(0, now);
    let (input, output) = (dollars(rates.input), dollars(rates.output));
    let retires = model.retirement_words(now).map(|words| format!(". It {words}")).unwrap_or_default();
    format!("{input} in, {output} out per 1M tokens ({}){retires}", day_in_words(&model.price_date)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30
    const NOW: Time = Time::from_ms(1_795_996_800_000);

    #[test]
    fn usual_choices_come_first_and_retired_ones_when_asked_for() {
        let all = choices(true, "", NOW);
        assert_eq!(all.len(), prices::all().len());
        let last_usual = all.iter().rposition(|choice| choice.group == USUAL).unwrap();
        assert!(all[..=last_usual].iter().all(|choice| choice.group == USUAL));
        let current = choices(false, "openai/gpt-4o-mini", NOW);
        assert!(current.iter().any(|choice| choice.value == "openai/gpt-4o-mini"));
        assert!(current.iter().all(|choice| !choice.detail.contains("retired")));
        assert!(current.iter().any(|choice| choice.detail.contains("retires")));
        let retired = prices::all().iter().find(|model| model.is_retired(NOW)).unwrap().key();
        assert!(choices(false, &retired, NOW).iter().any(|choice| choice.value == retired));
    }

    #[test]
    fn prices_read_as_in_price_lists() {
        for (per_million, words) in [("0.15", "$0.15"), ("2.5", "$2.50"), ("0.0375", "$0.0375"), ("10", "$10.00")] {
            assert_eq!(dollars(PerToken::from_usd_per_million(per_million).unwrap()), words);
        }
    }
}
