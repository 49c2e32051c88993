//! Amounts as bars, each beside its name and its figure, so that the drawing and its text alternative are one thing.

use yew::prelude::*;

use crate::money::fixed;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub name: AttrValue,
    /// Of the whole track, 0 to 1.
    pub share: f64,
    pub value: AttrValue,
}

#[derive(Properties, PartialEq)]
pub struct BarListProps {
    /// Of the heading, once on its page.
    pub id: AttrValue,
    /// Accessible name of the figure, and its heading.
    pub label: AttrValue,
    /// Headings of the two columns of text, for the ear.
    pub name_heading: AttrValue,
    pub value_heading: AttrValue,
    pub bars: Vec<Bar>,
    #[prop_or_default]
    pub note: Option<AttrValue>,
}

#[component]
pub fn BarList(props: &BarListProps) -> Html {
    let id = &props.id;
    html! {
        <figure class="bar-list" aria-labelledby={id.clone()}>
            <figcaption><h2 class="bar-list__title" id={id.clone()}>{ &props.label }</h2></figcaption>
            <table class="bar-list__bars" aria-labelledby={id.clone()}>
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{ &props.name_heading }</th>
                        <th scope="col">{ &props.value_heading }</th>
                    </tr>
                </thead>
                <tbody>
                    { for props.bars.iter().map(line) }
                </tbody>
            </table>
            if let Some(note) = &props.note {
                <p class="soft small">{ note }</p>
            }
        </figure>
    }
}

fn line(bar: &Bar) -> Html {
    let width = fixed(bar.share.clamp(0.0, 1.0) * 100.0, 2) + "%";
    html! {
        <tr class="bar-list__line">
            <th class="bar-list__name" scope="row">{ &bar.name }</th>
            <td class="bar-list__drawn">
                <svg class="bar-list__track" width="100%" height="10" aria-hidden="true">
                    <rect class="bar-list__whole" width="100%" height="10" rx="1.5" />
                    <rect class="bar-list__bar" {width} height="10" rx="1.5" />
                </svg>
                <span class="bar-list__value">{ &bar.value }</span>
            </td>
        </tr>
    }
}
