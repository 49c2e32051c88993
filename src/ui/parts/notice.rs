//! A sentence that the person should read: what happened, what was kept, what to do.

use yew::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Info,
    Good,
    Warning,
    Error,
}

#[derive(Properties, PartialEq)]
pub struct NoticeProps {
    #[prop_or_default]
    pub tone: Tone,
    #[prop_or_default]
    pub heading: Option<AttrValue>,
    /// The last thing in it: what can be done.
    #[prop_or_default]
    pub actions: Html,
    pub children: Html,
}

#[component]
pub fn Notice(props: &NoticeProps) -> Html {
    let (class, role) = match props.tone {
        Tone::Info => ("notice--info", "status"),
        Tone::Good => ("notice--good", "status"),
        Tone::Warning => ("notice--warning", "status"),
        Tone::Error => ("notice--error", "alert"),
    };
    html! {
        <div class={classes!("notice", class)} {role}>
            if let Some(heading) = &props.heading {
                <p class="notice__heading">{ heading }</p>
            }
            <div class="notice__text">{ props.children.clone() }</div>
            if props.actions != Html::default() {
                <div class="notice__actions">{ props.actions.clone() }</div>
            }
        </div>
    }
}
