//! A sentence that the person should read: what happened, what was kept, what to do.

use yew::prelude::*;

use super::announce;

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
        Tone::Info => ("notice--info", None),
        Tone::Good => ("notice--good", None),
        Tone::Warning => ("notice--warning", None),
        Tone::Error => ("notice--error", Some("alert")),
    };
    let notice = use_node_ref();
    let said = use_mut_ref(String::new);
    {
        let notice = notice.clone();
        // An alert is heard by itself; the others, and what they say later, by way of the one region that was there before.
        use_effect(move || {
            let words = notice.cast::<web_sys::Node>().and_then(|notice| notice.text_content()).unwrap_or_default();
            if role.is_none() && *said.borrow() != words {
                announce(&words);
                said.replace(words);
            }
        });
    }
    html! {
        <div ref={notice} class={classes!("notice", class)} {role}>
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
