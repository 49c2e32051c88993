//! A part that is shown when asked for.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::field::slug;

#[derive(Properties, PartialEq)]
pub struct DisclosureProps {
    /// Made from the label where it is left out. Two parts with the same label need ids.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    pub label: AttrValue,
    /// Opens the part when it becomes true: something inside matters. Closing stays with the person.
    #[prop_or_default]
    pub open: bool,
    /// What is inside, in a few words, beside the label.
    #[prop_or_default]
    pub summary: Option<AttrValue>,
    /// Told each time whether it is open now.
    #[prop_or_default]
    pub on_flip: Callback<bool>,
    pub children: Html,
}

/// The children stay mounted, so that nothing typed is lost by closing it.
#[component]
pub fn Disclosure(props: &DisclosureProps) -> Html {
    let open = use_state(|| props.open);
    {
        let open = open.clone();
        use_effect_with(props.open, move |wanted| {
            if *wanted {
                open.set(true);
            }
        });
    }
    let id = props.id.as_ref().map_or_else(|| format!("{}-part", slug(&props.label)), |id| id.to_string());
    let described = props.summary.is_some().then(|| format!("{id}-summary"));
    let flip = {
        let (open, on_flip) = (open.clone(), props.on_flip.clone());
        move |_| {
            open.set(!*open);
            on_flip.emit(!*open);
        }
    };
    html! {
        <div class="disclosure">
            <button type="button" class="disclosure__button" aria-expanded={open.to_string()}
                aria-controls={id.clone()} aria-describedby={described.clone()} onclick={flip}>
                <svg class="disclosure__mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path d="M4 2.5 8 6 4 9.5" fill="none" stroke="currentColor" stroke-width="1.5" />
                </svg>
                { &props.label }
            </button>
            if let Some(summary) = &props.summary {
                <span class="disclosure__summary" id={described}>{ summary }</span>
            }
            <div {id} class="disclosure__part" hidden={!*open}>{ props.children.clone() }</div>
        </div>
    }
}

/// Opens the parts that hide an element, so that it can take the focus after the next drawing.
pub fn reveal(element: &Element) {
    let mut hidden = element.closest(".disclosure__part[hidden]").ok().flatten();
    while let Some(part) = hidden {
        let button = gloo_utils::document().query_selector(&format!("[aria-controls=\"{}\"]", part.id()));
        if let Some(button) = button.ok().flatten() {
            button.unchecked_into::<HtmlElement>().click();
        }
        let outer = part.parent_element().and_then(|outer| outer.closest(".disclosure__part[hidden]").ok().flatten());
        hidden = outer;
    }
}
