//! A part that is shown when asked for: a native `<details>`, which the browser's own search opens too.

use gloo_events::EventListener;
use web_sys::Element;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DisclosureProps {
    /// Once on its page.
    pub id: AttrValue,
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
    let details = use_node_ref();
    {
        let details = details.clone();
        use_effect_with(props.open, move |wanted| {
            if let Some(details) = details.cast::<Element>().filter(|_| *wanted) {
                open(&details);
            }
        });
    }
    {
        let details = details.clone();
        use_effect_with(props.on_flip.clone(), move |on_flip| {
            let (details, on_flip) = (details.cast::<Element>(), on_flip.clone());
            let listener = details.map(|details| {
                EventListener::new(&details.clone(), "toggle", move |_| on_flip.emit(details.has_attribute("open")))
            });
            move || drop(listener)
        });
    }
    let described = props.summary.is_some().then(|| format!("{}-summary", props.id));
    html! {
        <details ref={details} id={props.id.clone()} class="disclosure">
            <summary class="disclosure__button" aria-describedby={described.clone()}>
                <svg class="disclosure__mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path d="M4 2.5 8 6 4 9.5" fill="none" stroke="currentColor" stroke-width="1.5" />
                </svg>
                { &props.label }
                if let Some(summary) = &props.summary {
                    // It describes the button and is no part of its name.
                    <span class="disclosure__summary" id={described} aria-hidden="true">{ summary }</span>
                }
            </summary>
            <div class="disclosure__part">{ props.children.clone() }</div>
        </details>
    }
}

/// Opens the parts that hide an element, so that it can take the focus after the next drawing.
pub fn reveal(element: &Element) {
    let mut hidden = element.closest(CLOSED).ok().flatten();
    while let Some(part) = hidden {
        open(&part);
        hidden = part.closest(CLOSED).ok().flatten();
    }
}

const CLOSED: &str = "details.disclosure:not([open])";

/// A constant, valid name can be set.
fn open(details: &Element) {
    let _ = details.set_attribute("open", "");
}
