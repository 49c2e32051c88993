//! A line or a paragraph of text.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::field::{described_by, notes, slug};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKind {
    #[default]
    Line,
    Paragraph,
    /// A number whose text the form reads, with a point in it or whole: a phone shows other keys.
    Number,
    Whole,
    /// Hidden while typed, and offered to no password store.
    Secret,
    Url,
    Search,
}

#[derive(Properties, PartialEq)]
pub struct TextFieldProps {
    pub label: AttrValue,
    pub value: AttrValue,
    #[prop_or_default]
    pub kind: TextKind,
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    /// Stands behind the text, inside the box.
    #[prop_or_default]
    pub unit: Option<AttrValue>,
    /// What was understood of a number.
    #[prop_or_default]
    pub echo: Option<AttrValue>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
    /// Lines of a paragraph.
    #[prop_or(4)]
    pub rows: u32,
    /// Code, templates, ids: a fixed-width face.
    #[prop_or_default]
    pub monospace: bool,
    pub on_input: Callback<AttrValue>,
}

#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let id = slug(&props.label);
    let described = described_by(&id, props.hint.is_some(), props.echo.is_some(), props.error.is_some());
    let invalid = props.error.is_some().then_some("true");
    let class = classes!("text-field__input", props.monospace.then_some("text-field__input--monospace"));
    let on_input = props.on_input.clone();
    let input = if props.kind == TextKind::Paragraph {
        let oninput = move |event: InputEvent| {
            on_input.emit(event.target_unchecked_into::<HtmlTextAreaElement>().value().into());
        };
        html! {
            <textarea id={id.clone()} {class} rows={props.rows.to_string()} value={props.value.clone()}
                placeholder={props.placeholder.clone()} disabled={props.disabled} aria-invalid={invalid}
                aria-describedby={described} {oninput} />
        }
    } else {
        let kind = match props.kind {
            TextKind::Secret => "password",
            TextKind::Url => "url",
            TextKind::Search => "search",
            TextKind::Line | TextKind::Paragraph | TextKind::Number | TextKind::Whole => "text",
        };
        let inputmode = match props.kind {
            TextKind::Number => Some("decimal"),
            TextKind::Whole => Some("numeric"),
            _ => None,
        };
        let unit = props.unit.as_ref().map(|unit| {
            html! { <span class="text-field__unit" aria-hidden="true">{ unit }</span> }
        });
        let oninput = move |event: InputEvent| {
            on_input.emit(event.target_unchecked_into::<HtmlInputElement>().value().into());
        };
        html! {
            <div class="text-field__box">
                <input id={id.clone()} {class} type={kind} {inputmode} value={props.value.clone()} autocomplete="off"
                    spellcheck="false" placeholder={props.placeholder.clone()} disabled={props.disabled}
                    aria-invalid={invalid} aria-describedby={described} {oninput} />
                { unit }
            </div>
        }
    };
    html! {
        <div class="field text-field">
            <label class="field__label" for={id.clone()}>{ &props.label }</label>
            { input }
            { notes(&id, props.hint.as_ref(), props.echo.as_ref(), props.error.as_ref()) }
        </div>
    }
}
