//! A number box, alone or with a slider for the same quantity.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::decimal::plain;
use super::field::{described_by, notes, slug};
use super::number_range::{NumberRange, decimals_of};
use super::slider_scale::SliderScale;

#[derive(Properties, PartialEq)]
pub struct NumberFieldProps {
    /// Accessible name of the box (role spinbutton) and of the slider (role slider).
    pub label: AttrValue,
    /// The value in force; `None` in an optional field that is empty.
    pub value: Option<f64>,
    pub min: f64,
    pub max: f64,
    /// The arrows' step: `1`, `0.1`, `0.01`.
    #[prop_or(1.0)]
    pub step: f64,
    /// How many decimals are taken; as many as the step has where nothing is said.
    #[prop_or_default]
    pub decimals: Option<u8>,
    /// Empty means "none" and is a good value.
    #[prop_or_default]
    pub optional: bool,
    #[prop_or_default]
    pub unit: Option<AttrValue>,
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// A complaint from outside, shown where the field itself has none.
    #[prop_or_default]
    pub error: Option<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
    /// With a slider below the box.
    #[prop_or_default]
    pub slider: Option<Rc<SliderScale>>,
    /// Only good values, and only where they differ from the one in force.
    pub on_change: Callback<Option<f64>>,
}

/// What is typed, and the value that was in force then: when that value moves on (the slider, a link), the typed
/// text gives way to it. A bad text stays to be mended, is explained, and leaves the value alone.
#[derive(Clone, PartialEq)]
struct Draft {
    text: AttrValue,
    beside: Option<f64>,
    refusal: Option<AttrValue>,
}

#[component]
pub fn NumberField(props: &NumberFieldProps) -> Html {
    let draft = use_state(|| None::<Draft>);
    let id = slug(&props.label);
    let current = (*draft).clone().filter(|draft| draft.beside == props.value);
    let text = current.as_ref().map_or_else(|| shown(props.value), |draft| draft.text.clone());
    let error = current.and_then(|draft| draft.refusal).or_else(|| props.error.clone());

    let range = NumberRange {
        min: props.min,
        max: props.max,
        decimals: props.decimals.unwrap_or_else(|| decimals_of(props.step)),
        optional: props.optional,
        unit: props.unit.clone(),
    };
    let on_input = {
        let draft = draft.clone();
        let (range, label) = (range.clone(), props.label.clone());
        let (value, on_change) = (props.value, props.on_change.clone());
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let text = AttrValue::from(input.value());
            let bad_input = input.validity().bad_input();
            match read(&range, &label, &text, bad_input, value) {
                Ok(read) => {
                    draft.set(Some(Draft { text, beside: read, refusal: None }));
                    if read != value {
                        on_change.emit(read);
                    }
                }
                Err(refusal) => draft.set(Some(Draft { text, beside: value, refusal: Some(refusal.into()) })),
            }
        })
    };
    // A good text is written in its plain form once the person leaves the box; a bad one stays to be mended.
    let on_blur = {
        let draft = draft.clone();
        Callback::from(move |_: FocusEvent| {
            if draft.as_ref().is_some_and(|draft| draft.refusal.is_none()) {
                draft.set(None);
            }
        })
    };
    let in_force = props.value.unwrap_or(props.min);
    html! {
        <div class={classes!("field", "number-field", props.slider.is_some().then_some("number-field--slider"))}>
            <label class="field__label" id={format!("{id}-label")} for={id.clone()}>{ &props.label }</label>
            <div class="number-field__box">
                <input id={id.clone()} class="number-field__input" type="number" inputmode="decimal"
                    autocomplete="off" min={plain(props.min)} max={plain(props.max)} step={plain(props.step)}
                    value={text} placeholder={props.placeholder.clone()} disabled={props.disabled}
                    aria-invalid={error.is_some().to_string()}
                    aria-describedby={described_by(&id, props.hint.is_some(), error.is_some())}
                    oninput={on_input} onblur={on_blur} />
                if let Some(unit) = &props.unit {
                    <span class="number-field__unit" aria-hidden="true">{ unit }</span>
                }
            </div>
            if let Some(scale) = &props.slider {
                <Slider id={id.clone()} scale={scale.clone()} value={in_force}
                    text={range.with_unit(in_force)} disabled={props.disabled} on_change={props.on_change.reform(Some)} />
            }
            { notes(&id, props.hint.as_ref(), error.as_ref()) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct SliderProps {
    id: String,
    scale: Rc<SliderScale>,
    value: f64,
    /// The value as it is read out.
    text: AttrValue,
    disabled: bool,
    on_change: Callback<f64>,
}

#[component]
fn Slider(props: &SliderProps) -> Html {
    let on_input = {
        let (scale, value, on_change) = (props.scale.clone(), props.value, props.on_change.clone());
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let stop = scale.at(input.value().parse().unwrap_or_default());
            if stop != value {
                on_change.emit(stop);
            }
        })
    };
    html! {
        <input type="range" class="slider" min="0" max={props.scale.last().to_string()} step="1"
            value={props.scale.nearest(props.value).to_string()} disabled={props.disabled}
            aria-labelledby={format!("{}-label", props.id)}
            aria-valuetext={props.text.clone()} oninput={on_input} />
    }
}

/// The number in force or typed, or a sentence that tells what is wrong and what stays in force.
fn read(
    range: &NumberRange,
    label: &str,
    text: &str,
    bad_input: bool,
    in_force: Option<f64>,
) -> Result<Option<f64>, String> {
    let read = if bad_input { Err("needs a plain number".to_owned()) } else { range.read(text) };
    read.map_err(|what| match in_force {
        Some(value) => format!("{label} {what}. {} stays in force.", range.with_unit(value)),
        None => format!("{label} {what}. Nothing is set until then.",),
    })
}

fn shown(value: Option<f64>) -> AttrValue {
    value.map(plain).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_stays_in_force_is_named() {
        let range = NumberRange { min: 1.0, max: 1e6, decimals: 0, optional: false, unit: None };
        let calls = |text: &str, bad_input: bool, in_force| read(&range, "API calls", text, bad_input, in_force);
        assert_eq!(calls("250", false, Some(5e3)), Ok(Some(250.0)));
        for (text, bad_input, in_force, sentence) in [
            ("", false, Some(5e3), "API calls needs a number. 5,000 stays in force."),
            ("", true, Some(5e3), "API calls needs a plain number. 5,000 stays in force."),
            ("0", false, None, "API calls goes from 1 to 1,000,000. Nothing is set until then."),
        ] {
            assert_eq!(calls(text, bad_input, in_force), Err(sentence.to_owned()));
        }
    }
}
