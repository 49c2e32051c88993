//! `Delete run`, with the question that comes first.

use yew::prelude::*;

use crate::ui::parts::{Button, ButtonKind};
use crate::ui::runner::Confirm;

/// What is lost with a run, and what isn't.
pub const DELETED_WORDS: &str = "Its rows, answers and ledger are removed from this browser for good. Your data file, your \
     exports and the cache of answers stay.";

#[derive(Properties, PartialEq)]
pub struct DeleteRunProps {
    pub on_delete: Callback<()>,
}

#[component]
pub fn DeleteRun(props: &DeleteRunProps) -> Html {
    let asked = use_state(|| false);
    let on_press = {
        let asked = asked.clone();
        Callback::from(move |()| asked.set(true))
    };
    let on_answer = {
        let (asked, on_delete) = (asked.clone(), props.on_delete.clone());
        Callback::from(move |yes: bool| {
            asked.set(false);
            if yes {
                on_delete.emit(());
            }
        })
    };
    html! {
        <div class="row">
            <Button kind={ButtonKind::Danger} {on_press}>{ "Delete run" }</Button>
            if *asked {
                <Confirm question="Delete this run?" yes="Delete for good" no="Keep it" {on_answer}
                    consequence={DELETED_WORDS} />
            }
        </div>
    }
}
