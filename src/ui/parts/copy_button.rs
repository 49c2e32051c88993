//! A button that puts a text on the clipboard and says whether that worked.

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

use super::{Button, ButtonKind};

/// How long the word "Copied" stands beside the button. Its place is kept, so that nothing moves.
const CONFIRMATION_MS: u32 = 2_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Copied,
    Refused,
}

#[derive(Properties, PartialEq)]
pub struct CopyButtonProps {
    pub label: AttrValue,
    /// Asked for at the moment of the click, so that it is never stale.
    pub text: Callback<(), String>,
    #[prop_or_default]
    pub kind: ButtonKind,
}

#[component]
pub fn CopyButton(props: &CopyButtonProps) -> Html {
    let outcome = use_state(|| None::<Outcome>);
    let refused_text = use_state(AttrValue::default);
    {
        let outcome = outcome.clone();
        use_effect_with(*outcome, move |now| {
            let timer =
                (*now == Some(Outcome::Copied)).then(|| Timeout::new(CONFIRMATION_MS, move || outcome.set(None)));
            move || drop(timer)
        });
    }
    let on_press = {
        let (outcome, refused_text, text) = (outcome.clone(), refused_text.clone(), props.text.clone());
        Callback::from(move |()| {
            let (outcome, refused_text, text) = (outcome.clone(), refused_text.clone(), text.emit(()));
            let promise = gloo_utils::window().navigator().clipboard().write_text(&text);
            spawn_local(async move {
                match JsFuture::from(promise).await {
                    Ok(_) => outcome.set(Some(Outcome::Copied)),
                    Err(_) => {
                        refused_text.set(text.into());
                        outcome.set(Some(Outcome::Refused));
                    }
                }
            });
        })
    };
    html! {
        <span class="copy-button">
            <Button kind={props.kind} {on_press}>{ &props.label }</Button>
            <span class="copy-button__outcome" role="status">
                if *outcome == Some(Outcome::Copied) { <span class="copy-button__mark">{ "Copied" }</span> }
                if *outcome == Some(Outcome::Refused) {
                    <label class="copy-button__manual">
                        { "Your browser refused. Copy it from here: " }
                        <input class="text-field__input" readonly=true value={(*refused_text).clone()} />
                    </label>
                }
            </span>
        </span>
    }
}
