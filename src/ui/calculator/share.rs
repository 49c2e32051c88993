//! `Share`: the estimate as a link or as text for elsewhere.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use crate::ui::parts::CopyButton;

#[derive(Properties, PartialEq)]
pub struct ShareProps {
    /// What each button is called, and the text that it copies.
    pub items: Vec<(AttrValue, Callback<(), String>)>,
}

/// A native disclosure: it closes by Escape, and when the focus leaves it.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let menu = use_node_ref();
    let close = {
        let menu = menu.clone();
        move || {
            if let Some(menu) = menu.cast::<Element>() {
                let _ = menu.remove_attribute("open");
            }
        }
    };
    let onkeydown = {
        let (menu, close) = (menu.clone(), close.clone());
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                close();
                let summary = menu.cast::<Element>().and_then(|menu| menu.first_element_child());
                if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
                    let _ = summary.focus();
                }
            }
        }
    };
    let onfocusout = {
        let menu = menu.clone();
        move |event: FocusEvent| {
            let to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
            // Without a target the window itself lost the focus, or something was pressed that takes none.
            let inside = to.is_none_or(|to| menu.cast::<Node>().is_some_and(|menu| menu.contains(Some(&to))));
            if !inside {
                close();
            }
        }
    };
    html! {
        <details ref={menu} class="share" {onkeydown} {onfocusout}>
            <summary class="button share__button">
                { "Share" }
                <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path d="M2.5 4.5 6 8l3.5-3.5" fill="none" stroke="currentColor" stroke-width="1.5" />
                </svg>
            </summary>
            <div class="share__items">
                { for props.items.iter().map(|(label, text)| html! { <CopyButton label={label.clone()} text={text.clone()} /> }) }
            </div>
        </details>
    }
}
