//! A button.

use yew::prelude::*;

/// How much a button asks for attention. One `Primary` a step at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    Primary,
    #[default]
    Plain,
    /// Text only, for what stands beside other things.
    Quiet,
    /// Ends or deletes something.
    Danger,
}

#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    #[prop_or_default]
    pub kind: ButtonKind,
    #[prop_or_default]
    pub disabled: bool,
    /// Pressing does nothing for now, but the focus stays: what was pressed is being done, or an end is reached.
    #[prop_or_default]
    pub resting: bool,
    /// Why it can't be pressed, or what it does, in a few words.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// Where the visible words alone don't say it (`Delete run` in a table of runs).
    #[prop_or_default]
    pub label: Option<AttrValue>,
    pub on_press: Callback<()>,
    pub children: Html,
}

#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let kind = match props.kind {
        ButtonKind::Primary => Some("button--primary"),
        ButtonKind::Plain => None,
        ButtonKind::Quiet => Some("button--quiet"),
        ButtonKind::Danger => Some("button--danger"),
    };
    let on_press = if props.resting { Callback::noop() } else { props.on_press.clone() };
    html! {
        <button type="button" class={classes!("button", kind)} disabled={props.disabled} title={props.title.clone()}
            aria-disabled={props.resting.then_some("true")} aria-label={props.label.clone()} onclick={move |_| on_press.emit(())}>
            { props.children.clone() }
        </button>
    }
}
