//! A number box, alone or with a slider for the same quantity.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::field::{described_by, notes, slug};
use super::slider_scale::SliderScale;
use crate::money::grouped;

#[derive(Properties, PartialEq)]
pub struct NumberFieldProps {
    /// Accessible name of the box (role spinbutton) and of the slider (role slider).
    pub label: AttrValue,
    /// The value in force; `None` in an optional field that is empty.
    pub value: Option<f64>,
    pub min: f64,
    pub max: f64,
    /// The arrows' step, and with it how many decimals are taken: `1`, `0.1`, `0.01`.
    #[prop_or(1.0)]
    pub step: f64,
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

    let on_input = {
        let draft = draft.clone();
        let bounds = Bounds::of(props);
        let (value, on_change) = (props.value, props.on_change.clone());
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let text = AttrValue::from(input.value());
            let bad_input = input.validity().bad_input();
            match bounds.read(&text, bad_input, value) {
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
    html! {
        <div class={classes!("field", "number-field", props.slider.is_some().then_some("number-field--slider"))}>
            <label class="field__label" id={format!("{id}-label")} for={id.clone()}>{ &props.label }</label>
            <div class="number-field__box">
                <input id={id.clone()} class="number-field__input" type="number" inputmode="decimal"
                    autocomplete="off" min={plain(props.min)} max={plain(props.max)}
                    step={if props.step < 1.0 { "any".to_owned() } else { plain(props.step) }}
                    value={text} placeholder={props.placeholder.clone()} disabled={props.disabled}
                    aria-invalid={error.is_some().then_some("true")}
                    aria-describedby={described_by(&id, props.hint.is_some(), error.is_some())}
                    oninput={on_input} onblur={on_blur} />
                if let Some(unit) = &props.unit {
                    <span class="number-field__unit" aria-hidden="true">{ unit }</span>
                }
            </div>
            if let Some(scale) = &props.slider {
                <Slider id={id.clone()} scale={scale.clone()} value={props.value.unwrap_or(props.min)}
                    unit={props.unit.clone()} disabled={props.disabled} on_change={props.on_change.reform(Some)} />
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
    unit: Option<AttrValue>,
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
    let unit = props.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    html! {
        <input type="range" class="slider" min="0" max={props.scale.last().to_string()} step="1"
            value={props.scale.nearest(props.value).to_string()} disabled={props.disabled}
            aria-labelledby={format!("{}-label", props.id)}
            aria-valuetext={format!("{}{unit}", grouped(&plain(props.value)))} oninput={on_input} />
    }
}

#[derive(Clone, PartialEq)]
struct Bounds {
    label: AttrValue,
    min: f64,
    max: f64,
    step: f64,
    optional: bool,
    unit: Option<AttrValue>,
}

impl Bounds {
    fn of(props: &NumberFieldProps) -> Bounds {
        Bounds {
            label: props.label.clone(),
            min: props.min,
            max: props.max,
            step: props.step,
            optional: props.optional,
            unit: props.unit.clone(),
        }
    }

    /// The number in `text`, or a sentence that tells what is wrong and what stays in force.
    fn read(&self, text: &str, bad_input: bool, in_force: Option<f64>) -> Result<Option<f64>, String> {
        let text = text.trim();
        if text.is_empty() && !bad_input {
            return match self.optional {
                true => Ok(None),
                false => Err(self.refusal("needs a number", in_force)),
            };
        }
        let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) else {
            return Err(self.refusal("needs a plain number", in_force));
        };
        if value < self.min || value > self.max {
            let (min, max) = (self.with_unit(self.min), self.with_unit(self.max));
            return Err(self.refusal(&format!("goes from {min} to {max}"), in_force));
        }
        if (value / self.step).fract().min(1.0 - (value / self.step).fract()) > 1e-6 {
            let decimals = match self.step {
                step if step >= 1.0 => "takes whole numbers".to_owned(),
                step => format!("takes steps of {}", plain(step)),
            };
            return Err(self.refusal(&decimals, in_force));
        }
        Ok(Some(value))
    }

    fn refusal(&self, what: &str, in_force: Option<f64>) -> String {
        match in_force {
            Some(value) => format!("{} {what}. {} stays in force.", self.label, self.with_unit(value)),
            None => format!("{} {what}. Nothing is set until then.", self.label),
        }
    }

    fn with_unit(&self, value: f64) -> String {
        let number = grouped(&plain(value));
        match self.unit.as_deref() {
            Some("$") => format!("${number}"),
            Some("%") => format!("{number}%"),
            Some(unit) => format!("{number} {unit}"),
            None => number,
        }
    }
}

fn shown(value: Option<f64>) -> AttrValue {
    value.map(plain).unwrap_or_default().into()
}

/// Without exponent and without trailing zeros, as `Display` of a float writes it.
fn plain(value: f64) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(optional: bool, step: f64) -> Bounds {
        Bounds { label: "API calls".into(), min: 1.0, max: 1e6, step, optional, unit: None }
    }

    #[test]
    fn a_bad_number_is_explained_and_the_last_good_one_named() {
        let calls = bounds(false, 1.0);
        assert_eq!(calls.read("250", false, Some(5e3)), Ok(Some(250.0)));
        for (text, bad_input, sentence) in [
            ("", false, "API calls needs a number. 5,000 stays in force."),
            ("", true, "API calls needs a plain number. 5,000 stays in force."),
            ("0", false, "API calls goes from 1 to 1,000,000. 5,000 stays in force."),
            ("1000001", false, "API calls goes from 1 to 1,000,000. 5,000 stays in force."),
            ("2.5", false, "API calls takes whole numbers. 5,000 stays in force."),
        ] {
            assert_eq!(calls.read(text, bad_input, Some(5e3)), Err(sentence.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_optional_number_may_be_empty_but_not_nonsense() {
        let budget = bounds(true, 0.01);
        assert_eq!(budget.read("", false, Some(5.0)), Ok(None));
        assert_eq!(budget.read("1.29", false, None), Ok(Some(1.29)));
        assert!(budget.read("", true, None).is_err());
        assert!(budget.read("1.295", false, None).is_err());
    }
}
