//! One row in full: what was sent, what came back, and every attempt.

use std::rc::Rc;

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::link::{ResultDetail, ResultRow};
use crate::money::Usd;
use crate::ui::parts::{Button, TextField, TextKind};
use crate::ui::runner::confirm::use_modal;
use crate::ui::runner::words::{ended_name, misfit_words, tokens_words};

#[derive(Properties, PartialEq)]
pub struct ResultDetailDialogProps {
    pub detail: Rc<ResultDetail>,
    /// The right answer of this item's row; `None` takes it back.
    pub on_correct: Callback<(u32, Option<String>)>,
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
    facts.extend(row.cost.map(Usd::short));
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
            <RightAnswer key={row.item} row={row.clone()} on_correct={props.on_correct.clone()} />
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

#[derive(Properties, PartialEq)]
struct RightAnswerProps {
    row: ResultRow,
    on_correct: Callback<(u32, Option<String>)>,
}

/// What the person knows better.
#[component]
fn RightAnswer(props: &RightAnswerProps) -> Html {
    let row = &props.row;
    let text = use_state(|| AttrValue::from(row.truth.clone().or_else(|| row.answer.clone()).unwrap_or_default()));
    let on_input = {
        let text = text.clone();
        Callback::from(move |typed| text.set(typed))
    };
    let (item, typed) = (row.item, text.trim().to_owned());
    let on_set = props.on_correct.reform(move |()| (item, Some(typed.clone())));
    let on_remove = props.on_correct.reform(move |()| (item, None));
    let said = match (row.right, row.corrected) {
        (Some(true), _) => Some("The answer is right."),
        (Some(false), _) => Some("The answer is wrong."),
        (None, true) => Some("Set by hand."),
        (None, false) => None,
    };
    html! {
        <>
            <TextField id="right-answer-text" label="Right answer" kind={TextKind::Paragraph} rows={2} value={(*text).clone()}
                hint="Counts for this row, and is exported beside the answer. The model never sees it." {on_input} />
            <div class="row">
                <Button disabled={text.trim().is_empty()} on_press={on_set}>{ "Set right answer" }</Button>
                if row.corrected {
                    <Button on_press={on_remove}>{ "Remove right answer" }</Button>
                }
                <span class="small soft" role="status">{ said.unwrap_or_default() }</span>
            </div>
        </>
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
