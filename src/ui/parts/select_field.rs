//! One of a few choices, all seen at once by the browser's own list. For many choices: `Combobox`.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::field::{described_by, notes};

#[derive(Properties, PartialEq)]
pub struct SelectFieldProps {
    /// Once on its page.
    pub id: AttrValue,
    pub label: AttrValue,
    pub value: AttrValue,
    /// `(value, what is read)`.
    pub choices: Vec<(AttrValue, AttrValue)>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
    pub on_choose: Callback<AttrValue>,
}

#[component]
pub fn SelectField(props: &SelectFieldProps) -> Html {
    let id = props.id.clone();
    let on_choose = props.on_choose.clone();
    let onchange = move |event: Event| {
        on_choose.emit(event.target_unchecked_into::<HtmlSelectElement>().value().into());
    };
    html! {
        <div class="field select-field">
            <label class="field__label" for={id.clone()}>{ &props.label }</label>
            <select id={id.clone()} class="select-field__input" disabled={props.disabled}
                aria-describedby={described_by(&id, props.hint.is_some(), false, false)} {onchange}>
                {
                    for props.choices.iter().map(|(value, name)| html! {
                        <option value={value.clone()} selected={*value == props.value}>{ name }</option>
                    })
                }
            </select>
            { notes(&id, props.hint.as_ref(), None, None) }
        </div>
    }
}
