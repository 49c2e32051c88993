//! What all fields share: ids from labels, hints, errors.

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
    let parts = [("error", error), ("echo", echo), ("hint", hint)];
    let ids: Vec<String> =
        parts.into_iter().filter(|(_, there)| *there).map(|(part, _)| format!("{id}-{part}")).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// The lines below a field. `echo` is what was understood of a number.
pub(super) fn notes(id: &str, hint: Option<&AttrValue>, echo: Option<&AttrValue>, error: Option<&AttrValue>) -> Html {
    html! {
        <>
            if let Some(error) = error {
                <p class="field__error" id={format!("{id}-error")} role="alert">{ error }</p>
            }
            if let Some(echo) = echo {
                <p class="field__echo" id={format!("{id}-echo")}>{ echo }</p>
            }
            if let Some(hint) = hint {
                <p class="field__hint" id={format!("{id}-hint")}>{ dated(hint) }</p>
            }
        </>
    }
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
