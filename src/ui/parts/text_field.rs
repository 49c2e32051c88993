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
    /// Made from the label where it is left out.
    #[prop_or_default]
    pub id: Option<AttrValue>,
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
    /// Shown once the person leaves the field, not in the middle of a word.
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
    let typing = use_state(|| false);
    let shown = use_state(|| false);
    let id = props.id.as_ref().map_or_else(|| slug(&props.label), |id| id.to_string());
    let error = props.error.as_ref().filter(|_| !*typing);
    let described = described_by(&id, props.hint.is_some(), props.echo.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    let onblur = {
        let typing = typing.clone();
        move |_: FocusEvent| typing.set(false)
    };
    let class = classes!("text-field__input", props.monospace.then_some("text-field__input--monospace"));
    let on_input = {
        let (typing, corrected, on_input) = (typing.clone(), error.is_some(), props.on_input.clone());
        Callback::from(move |text: AttrValue| {
            // An error that is shown already stays until it is corrected.
            typing.set(!corrected);
            on_input.emit(text);
        })
    };
    let input = if props.kind == TextKind::Paragraph {
        let oninput = move |event: InputEvent| {
            on_input.emit(event.target_unchecked_into::<HtmlTextAreaElement>().value().into());
        };
        html! {
            <textarea id={id.clone()} {class} rows={props.rows.to_string()} value={props.value.clone()}
                placeholder={props.placeholder.clone()} disabled={props.disabled} aria-invalid={invalid}
                aria-describedby={described} {oninput} {onblur} />
        }
    } else {
        let kind = match props.kind {
            TextKind::Secret if !*shown => "password",
            TextKind::Url => "url",
            TextKind::Search => "search",
            _ => "text",
        };
        let inputmode = match props.kind {
            TextKind::Number => Some("decimal"),
            TextKind::Whole => Some("numeric"),
            _ => None,
        };
        let onclick = {
            let shown = shown.clone();
            move |_| shown.set(!*shown)
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
                    aria-invalid={invalid} aria-describedby={described} {oninput} {onblur} />
                { unit }
                if props.kind == TextKind::Secret {
                    <button type="button" class="text-field__show" {onclick}>
                        { if *shown { "Hide" } else { "Show" } }<span class="visually-hidden">{ " key" }</span>
                    </button>
                }
            </div>
        }
    };
    html! {
        <div class="field text-field">
            <label class="field__label" for={id.clone()}>{ &props.label }</label>
            { input }
            { notes(&id, props.hint.as_ref(), props.echo.as_ref(), error) }
        </div>
    }
}
