//! A number box, alone or with a slider for the same quantity.
//!
//! The box is a text box: browsers drop a typed comma from `type="number"`, so `0,50` would become 50.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::field::{described_by, notes};
use crate::estimate::{SliderScale, nearest};
use crate::money::grouped;
use crate::number::Range;

#[derive(Properties, PartialEq)]
pub struct NumberFieldProps {
    /// Of the box, once on its page.
    pub id: AttrValue,
    /// Accessible name of the box (role spinbutton) and of the slider (role slider).
    pub label: AttrValue,
    /// The value in force, in the range's steps; `None` in an optional field that is empty.
    pub value: Option<u64>,
    pub range: Range,
    /// How far an arrow key goes, in the range's steps.
    pub step: u64,
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// A complaint from outside, shown where the field itself has none.
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// With a slider below the box.
    #[prop_or_default]
    pub slider: Option<SliderScale>,
    /// Only good values, and only where they differ from the one in force.
    pub on_change: Callback<Option<u64>>,
    /// Whether the box holds a text that can't be read. Figures are then not for what is typed.
    pub on_unread: Callback<bool>,
}

/// What is typed, and the value in force beside it: when that value moves on (the slider, a link), the typed text gives
/// way to it. A bad text stays to be corrected, and brings back the value from before the typing: what its first letters
/// meant was never meant.
#[derive(Clone, PartialEq)]
struct Draft {
    text: AttrValue,
    beside: Option<u64>,
    before: Option<u64>,
    refusal: Option<AttrValue>,
}

impl Draft {
    fn plain(range: &Range, value: u64) -> Draft {
        Draft { text: range.plain(value).into(), beside: Some(value), before: Some(value), refusal: None }
    }
}

#[component]
pub fn NumberField(props: &NumberFieldProps) -> Html {
    let draft = use_state(|| None::<Draft>);
    let id = props.id.clone();
    let range = props.range;
    let current = (*draft).clone().filter(|draft| draft.beside == props.value);
    let text = current.as_ref().map_or_else(|| shown(&range, props.value), |draft| draft.text.clone());
    let before = current.as_ref().map_or(props.value, |draft| draft.before);
    let refusal = current.and_then(|draft| draft.refusal);
    let on_input = {
        let draft = draft.clone();
        let (label, value) = (props.label.clone(), props.value);
        let (on_change, on_unread) = (props.on_change.clone(), props.on_unread.clone());
        Callback::from(move |event: InputEvent| {
            let text = AttrValue::from(event.target_unchecked_into::<HtmlInputElement>().value());
            let (beside, refusal) = match read(&range, &label, &text, before) {
                Ok(read) => (read, None),
                Err(refusal) => (before, Some(AttrValue::from(refusal))),
            };
            let unread = refusal.is_some();
            draft.set(Some(Draft { text, beside, before, refusal }));
            if beside != value {
                on_change.emit(beside);
            }
            on_unread.emit(unread);
        })
    };
    // Thousands are separated while the box is looked at; in plain digits a further one can be typed anywhere.
    let on_focus = {
        let (draft, value) = (draft.clone(), props.value);
        let grouped = draft.as_ref().is_none_or(|draft| draft.refusal.is_none()) && text.contains(',');
        Callback::from(move |event: FocusEvent| {
            if let Some(value) = value.filter(|_| grouped) {
                // At once, and all of it selected: a later change would leave the cursor behind the old number, and what
                // is typed next would be appended to it.
                let input: HtmlInputElement = event.target_unchecked_into();
                input.set_value(&range.plain(value));
                input.select();
                draft.set(Some(Draft::plain(&range, value)));
            }
        })
    };
    // A good text gets its separators once the person leaves the box; a bad one stays to be corrected.
    let on_blur = {
        let draft = draft.clone();
        Callback::from(move |_: FocusEvent| {
            if draft.as_ref().is_some_and(|draft| draft.refusal.is_none()) {
                draft.set(None);
            }
        })
    };
    let on_key = {
        let (value, step) = (props.value, props.step);
        let (on_change, on_unread) = (props.on_change.clone(), props.on_unread.clone());
        Callback::from(move |event: KeyboardEvent| {
            let up = match event.key().as_str() {
                "ArrowUp" => true,
                "ArrowDown" => false,
                _ => return,
            };
            event.prevent_default();
            let stepped = stepped(&range, value, step, up);
            draft.set(Some(Draft::plain(&range, stepped)));
            if Some(stepped) != value {
                on_change.emit(Some(stepped));
            }
            on_unread.emit(false);
        })
    };
    let error = refusal.clone().or_else(|| props.error.clone());
    let echo = range.echo(&text).filter(|_| error.is_none()).map(AttrValue::from);
    let in_force = props.value.unwrap_or(range.min);
    html! {
        <div class={classes!("field", "number-field", props.slider.is_some().then_some("number-field--slider"))}>
            <label class="field__label" id={format!("{id}-label")} for={id.clone()}>{ &props.label }</label>
            <div class="number-field__box">
                <input id={id.clone()} class="number-field__input" type="text" role="spinbutton"
                    inputmode={inputmode(&range)} autocomplete="off" spellcheck="false" value={text}
                    placeholder={props.placeholder.clone()}
                    aria-valuemin={range.plain(range.min)} aria-valuemax={range.plain(range.max)}
                    aria-valuenow={props.value.map(|value| range.plain(value))}
                    aria-invalid={error.is_some().to_string()}
                    aria-describedby={described_by(&id, props.hint.is_some(), echo.is_some(), error.is_some())}
                    oninput={on_input} onfocus={on_focus} onblur={on_blur} onkeydown={on_key} />
                if !range.unit.label().is_empty() {
                    <span class="number-field__unit" aria-hidden="true">{ range.unit.label() }</span>
                }
            </div>
            if let Some(scale) = props.slider {
                <Slider id={id.clone()} {scale} value={in_force}
                    text={range.with_unit(in_force)} on_change={props.on_change.reform(Some)} />
            }
            { notes(&id, props.hint.as_ref(), echo.as_ref(), error.as_ref()) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct SliderProps {
    id: AttrValue,
    scale: SliderScale,
    value: u64,
    /// The value as it is read out.
    text: AttrValue,
    on_change: Callback<u64>,
}

#[component]
fn Slider(props: &SliderProps) -> Html {
    let (stops, value) = (props.scale.stops(), props.value);
    let (last, at) = (stops.len() - 1, nearest(&stops, value));
    let on_input = {
        let on_change = props.on_change.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let at: usize = input.value().parse().unwrap_or_default();
            let stop = stops[at.min(last)];
            if stop != value {
                on_change.emit(stop);
            }
        })
    };
    html! {
        <input type="range" class="slider" min="0" max={last.to_string()} step="1"
            value={at.to_string()}
            aria-labelledby={format!("{}-label", props.id)}
            aria-valuetext={props.text.clone()} oninput={on_input} />
    }
}

/// The keys that a phone shows.
pub(super) fn inputmode(range: &Range) -> &'static str {
    if range.decimals == 0 { "numeric" } else { "decimal" }
}

/// The number typed, or a sentence that tells what is wrong and what stays in force.
fn read(range: &Range, label: &str, text: &str, in_force: Option<u64>) -> Result<Option<u64>, String> {
    range.read(label, text).map_err(|what| match in_force {
        Some(value) => format!("{what} Still using {}.", range.with_unit(value)),
        None => format!("{what} Nothing is set yet."),
    })
}

/// One step from the value in force; from an empty box, the first step.
fn stepped(range: &Range, value: Option<u64>, step: u64, up: bool) -> u64 {
    let from = value.unwrap_or_default();
    let to = if up { from.saturating_add(step) } else { from.saturating_sub(step) };
    to.clamp(range.min, range.max)
}

fn shown(range: &Range, value: Option<u64>) -> AttrValue {
    value.map(|value| grouped(&range.plain(value))).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Unit;

    const CALLS: Range = Range { unit: Unit::None, decimals: 0, min: 1, max: 1_000_000, optional: false };

    #[test]
    fn the_value_that_stays_in_force_is_named() {
        assert_eq!(read(&CALLS, "API calls", "250", Some(5_000)), Ok(Some(250)));
        for (text, in_force, sentence) in [
            ("", Some(5_000), "API calls needs a number. Still using 5,000."),
            (
                "1.000",
                Some(5_000),
                "API calls takes whole numbers; separate thousands by a comma, as in 1,234, or not at all. Still using 5,000.",
            ),
            ("0", None, "API calls goes from 1 to 1,000,000. Nothing is set yet."),
        ] {
            assert_eq!(read(&CALLS, "API calls", text, in_force), Err(sentence.to_owned()));
        }
    }

    #[test]
    fn arrow_keys_step_within_the_range() {
        for (value, up, to) in [
            (Some(5), true, 15),
            (Some(15), false, 5),
            (Some(5), false, 1),
            (Some(999_999), true, 1_000_000),
            (None, true, 10),
            (None, false, 1),
        ] {
            assert_eq!(stepped(&CALLS, value, 10, up), to, "{value:?} {up}");
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod drawn {
    use super::*;
    use crate::number::Unit;

    async fn drawn(range: Range, value: Option<u64>) -> String {
        let props = NumberFieldProps {
            id: "budget".into(),
            label: "Budget".into(),
            value,
            range,
            step: 10_000,
            placeholder: None,
            hint: None,
            error: None,
            slider: None,
            on_change: Callback::noop(),
            on_unread: Callback::noop(),
        };
        yew::LocalServerRenderer::<NumberField>::with_props(props).hydratable(false).render().await
    }

    #[tokio::test]
    async fn money_is_echoed_and_the_box_takes_any_text() {
        let range = Range { unit: Unit::Usd, decimals: 4, min: 1, max: 10_000_000, optional: true };
        let html = drawn(range, Some(5_000)).await;
        for part in [
            r#"type="text""#,
            r#"role="spinbutton""#,
            r#"inputmode="decimal""#,
            r#"aria-valuenow="0.5""#,
            r#"aria-describedby="budget-echo""#,
            "= $0.50</p>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(drawn(range, Some(12_345_000)).await.contains(r#"value="1,234.5""#), "thousands are separated");
        let empty = drawn(range, None).await;
        assert!(!empty.contains("echo") && !empty.contains("aria-valuenow"), "{empty}");
    }
}
