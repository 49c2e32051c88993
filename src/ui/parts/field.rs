//! What all fields share: ids, hints, errors. An error is tied to its field by `aria-describedby` and is no alert: a
//! screen reader would hear it at each key.

use yew::prelude::*;

use super::dated;

/// An id from a label: `Input tokens per call` becomes `input-tokens-per-call`.
pub fn slug(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for letter in label.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// The ids that describe a field, for `aria-describedby`.
pub(super) fn described_by(id: &str, hint: bool, echo: bool, error: bool) -> Option<String> {
    let mut ids = String::new();
    for (part, there) in [("error", error), ("echo", echo), ("hint", hint)] {
        if there {
            ids.push_str(&format!("{}{id}-{part}", if ids.is_empty() { "" } else { " " }));
        }
    }
    (!ids.is_empty()).then_some(ids)
}

/// The lines below a field. `echo` is what was understood of a number.
pub(super) fn notes(id: &str, hint: Option<&AttrValue>, echo: Option<&AttrValue>, error: Option<&AttrValue>) -> Html {
    html! {
        <>
            { line(id, "error", "field__error", error) }
            { line(id, "echo", "field__echo", echo) }
            { line(id, "hint", "field__hint", hint) }
        </>
    }
}

fn line(id: &str, part: &'static str, class: &'static str, text: Option<&AttrValue>) -> Html {
    let Some(text) = text else { return Html::default() };
    html! { <p {class} id={format!("{id}-{part}")}>{ dated(text) }</p> }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn labels_become_ids() {
        assert_eq!(slug("Input tokens per call"), "input-tokens-per-call");
        assert_eq!(slug("Failed and billed (%)"), "failed-and-billed");
    }
}
