//! One row in full: what was sent, what came back, and every attempt.

use std::rc::Rc;

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::link::ResultDetail;
use crate::ui::parts::Button;
use crate::ui::runner::confirm::use_modal;
use crate::ui::runner::words::{ended_name, misfit_words, money, tokens_words};

#[derive(Properties, PartialEq)]
pub struct ResultDetailDialogProps {
    pub detail: Rc<ResultDetail>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ResultDetailDialog(props: &ResultDetailDialogProps) -> Html {
    let dialog = use_node_ref();
    use_modal(dialog.clone());
    let detail = &props.detail;
    let row = &detail.row;
    let onclose = props.on_close.reform(|_: Event| ());
    // Closing by the dialog's own method gives the focus back to the row.
    let on_press = {
        let dialog = dialog.clone();
        Callback::from(move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let mut facts = vec![ended_name(row).to_owned()];
    facts.extend(row.finish.iter().filter(|finish| *finish != "stop").map(|finish| format!("finish reason: {finish}")));
    facts.extend(row.usage.map(tokens_words));
    facts.extend(row.cost.map(money));
    html! {
        <dialog ref={dialog} class="dialog result-detail" aria-label={format!("Row {}", row.id)} {onclose}>
            <div class="result-detail__head">
                <h2 class="dialog__title">{ format!("Row {}", row.id) }</h2>
                <Button {on_press}>{ "Close" }</Button>
            </div>
            <p class="soft">{ facts.join(" · ") }</p>
            if let Some(error) = &row.error {
                { part("Error", error, false) }
            }
            if let Some(misfit) = &row.misfit {
                { part("Why the answer doesn't fit", &misfit_words(misfit), false) }
            }
            if let Some(answer) = &row.answer {
                { part("Answer", answer, true) }
            }
            if let Some(raw) = &detail.raw {
                { part("Raw answer", raw, true) }
            }
            if !detail.system.is_empty() {
                { part("System prompt", &detail.system, true) }
            }
            { part("User prompt", &detail.user, true) }
            <h3 class="result-detail__part">{ "Attempts" }</h3>
            if detail.attempts.is_empty() {
                <p class="soft">{ "None. Nothing was sent for this row." }</p>
            } else {
                <ol class="result-detail__attempts">
                    { for detail.attempts.iter().map(|attempt| html! { <li>{ attempt }</li> }) }
                </ol>
            }
        </dialog>
    }
}

fn part(title: &'static str, text: &str, sent: bool) -> Html {
    html! {
        <>
            <h3 class="result-detail__part">{ title }</h3>
            <p class={if sent { "result-detail__text" } else { "field__error" }}>{ text.to_owned() }</p>
        </>
    }
}
