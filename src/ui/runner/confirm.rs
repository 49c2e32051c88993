//! A question before something that can't be undone.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::ui::parts::{Button, ButtonKind, dated};

#[derive(Properties, PartialEq)]
pub struct ConfirmProps {
    pub question: AttrValue,
    /// What is lost, and what isn't.
    pub consequence: AttrValue,
    pub yes: AttrValue,
    pub no: AttrValue,
    pub on_answer: Callback<bool>,
}

/// Open as long as it is mounted.
#[component]
pub fn Confirm(props: &ConfirmProps) -> Html {
    let dialog = use_node_ref();
    use_modal(dialog.clone());
    let answer = |yes: bool| props.on_answer.reform(move |()| yes);
    let onclose = props.on_answer.reform(|_: Event| false);
    html! {
        <dialog ref={dialog} class="dialog dialog--question" aria-label={props.question.clone()} {onclose}>
            <p class="dialog__title">{ dated(&props.question) }</p>
            <p>{ &props.consequence }</p>
            <div class="row">
                <Button on_press={answer(false)}>{ &props.no }</Button>
                <Button kind={ButtonKind::Danger} on_press={answer(true)}>{ &props.yes }</Button>
            </div>
        </dialog>
    }
}

/// Shows a `<dialog>` above everything, with the rest of the page out of reach.
#[hook]
pub fn use_modal(dialog: NodeRef) {
    use_effect_with((), move |()| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            // It fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        }
    });
}
