//! One figure with its name.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct StatProps {
    pub label: AttrValue,
    pub value: AttrValue,
    /// What the figure leaves out or depends on.
    #[prop_or_default]
    pub note: Option<AttrValue>,
    /// An amount in whole pico-dollars, for those who reconcile it with a bill.
    #[prop_or_default]
    pub pico: Option<AttrValue>,
}

/// Stands inside a `<dl class="stats">`.
#[component]
pub fn Stat(props: &StatProps) -> Html {
    html! {
        <div class="stat">
            <dt class="stat__label">{ &props.label }</dt>
            <dd class="stat__value" data-pico={props.pico.clone()}>{ &props.value }</dd>
            if let Some(note) = &props.note {
                <dd class="stat__note">{ note }</dd>
            }
        </div>
    }
}
