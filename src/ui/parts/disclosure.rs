//! A part that is shown when asked for.

use yew::prelude::*;

use super::field::slug;

#[derive(Properties, PartialEq)]
pub struct DisclosureProps {
    pub label: AttrValue,
    /// Open from the start: something inside matters already.
    #[prop_or_default]
    pub open: bool,
    /// What is inside, in a few words, beside the label.
    #[prop_or_default]
    pub summary: Option<AttrValue>,
    pub children: Html,
}

/// The children stay mounted, so that nothing typed is lost by closing it.
#[component]
pub fn Disclosure(props: &DisclosureProps) -> Html {
    let open = use_state(|| props.open);
    let id = format!("{}-part", slug(&props.label));
    let flip = {
        let open = open.clone();
        move |_| open.set(!*open)
    };
    html! {
        <div class="disclosure">
            <button type="button" class="disclosure__button" aria-expanded={open.to_string()}
                aria-controls={id.clone()} onclick={flip}>
                <svg class="disclosure__mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path d="M4 2.5 8 6 4 9.5" fill="none" stroke="currentColor" stroke-width="1.5" />
                </svg>
                { &props.label }
            </button>
            if let Some(summary) = &props.summary {
                <span class="disclosure__summary">{ summary }</span>
            }
            <div {id} class="disclosure__part" hidden={!*open}>{ props.children.clone() }</div>
        </div>
    }
}
