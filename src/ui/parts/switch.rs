//! On or off, at once.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SwitchProps {
    /// Once on its page.
    pub id: AttrValue,
    pub label: AttrValue,
    pub on: bool,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
    pub on_switch: Callback<bool>,
}

#[component]
pub fn Switch(props: &SwitchProps) -> Html {
    let id = props.id.clone();
    let on_switch = props.on_switch.clone();
    let onchange = move |event: Event| {
        on_switch.emit(event.target_unchecked_into::<HtmlInputElement>().checked());
    };
    html! {
        <div class="switch">
            <input id={id.clone()} class="switch__input" type="checkbox" role="switch" checked={props.on}
                disabled={props.disabled} aria-describedby={props.hint.is_some().then(|| format!("{id}-hint"))}
                {onchange} />
            <label class="switch__label" for={id.clone()}>{ &props.label }</label>
            if let Some(hint) = &props.hint {
                <p class="field__hint" id={format!("{id}-hint")}>{ hint }</p>
            }
        </div>
    }
}
