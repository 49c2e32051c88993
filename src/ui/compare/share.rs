//! `Share`: the estimate as a link or as text for elsewhere.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use super::markdown::{csv, embed_code, markdown};
use crate::prices::newest_price_date;
use crate::time::Time;
use crate::ui::Route;
use crate::ui::calculator::{Inputs, encode};
use crate::ui::parts::CopyButton;

#[derive(Clone, Properties, PartialEq)]
pub struct ShareProps {
    pub inputs: Rc<Inputs>,
    pub now: Time,
}

type TextOf = fn(&Inputs, Time) -> String;

/// What each button is called, and the text that it copies.
const ITEMS: [(&str, TextOf); 4] = [
    ("Copy link", |inputs, _| address_of(&priced(inputs))),
    ("Copy as Markdown table", |inputs, now| markdown(inputs, &address_of(&priced(inputs)), now)),
    ("Copy as CSV", csv),
    ("Copy embed code", |inputs, _| embed_code(inputs, &link_to(""))),
];

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
                {
                    for ITEMS.into_iter().map(|(label, text)| {
                        let ShareProps { inputs, now } = props.clone();
                        html! { <CopyButton {label} text={Callback::from(move |()| text(&inputs, now))} /> }
                    })
                }
            </div>
        </details>
    }
}

/// The same, with the date of the prices that it shows: whoever opens it later sees what changed since.
fn priced(inputs: &Inputs) -> Inputs {
    Inputs { priced: Some(newest_price_date().into()), ..inputs.clone() }
}

/// The whole address that restores these inputs.
fn address_of(inputs: &Inputs) -> String {
    link_to(&Route::Calculator.href(&encode(inputs)))
}

/// The whole address, for somebody else.
fn link_to(hash: &str) -> String {
    let location = gloo_utils::window().location();
    let page = location.href().unwrap_or_default();
    let page = page.split_once('#').map_or(page.as_str(), |(page, _)| page);
    format!("{page}{hash}")
}
