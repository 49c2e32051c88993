//! Imports a script's checkpoint: a run that was begun elsewhere continues here.

use std::rc::Rc;

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use crate::link::CheckpointSummary;
use crate::ui::parts::{Button, ButtonKind, Notice, Tone};
use crate::ui::runner::words::{counted, rows};
use crate::ui::store::Request;

#[derive(Properties, PartialEq)]
pub struct CheckpointImportProps {
    pub checkpoint: Request<Rc<CheckpointSummary>>,
    pub on_file: Callback<File>,
    /// Before the start it can be removed again.
    #[prop_or_default]
    pub on_forget: Option<Callback<()>>,
}

#[component]
pub fn CheckpointImport(props: &CheckpointImportProps) -> Html {
    let onchange = {
        let on_file = props.on_file.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                on_file.emit(file);
            }
            input.set_value("");
        }
    };
    let actions = match &props.on_forget {
        Some(on_forget) => html! {
            <Button kind={ButtonKind::Quiet} on_press={on_forget.clone()}>{ "Remove checkpoint" }</Button>
        },
        None => Html::default(),
    };
    html! {
        <>
            <div class="field">
                <label class="field__label" for="import-checkpoint">{ "Import checkpoint" }</label>
                <input id="import-checkpoint" class="drop-zone__input" type="file" accept=".jsonl,.ndjson,.json"
                    disabled={props.checkpoint.is_loading()} aria-describedby="import-checkpoint-hint" {onchange} />
                <p class="field__hint" id="import-checkpoint-hint">
                    { "JSONL with lines like {\"id\": …, \"result\": …}. Rows with these ids count as answered, free of charge." }
                </p>
            </div>
            if props.checkpoint.is_loading() {
                <p class="soft" role="status">{ "Reading the checkpoint…" }</p>
            }
            if let Request::Ready(seen) = &props.checkpoint {
                <Notice tone={if seen.rows == 0 { Tone::Warning } else { Tone::Good }} {actions}>
                    { for checkpoint_words(seen).into_iter().map(|words| html! { <p>{ words }</p> }) }
                </Notice>
            }
        </>
    }
}

/// What the file brought, what was left out, and why.
pub fn checkpoint_words(seen: &CheckpointSummary) -> Vec<String> {
    let CheckpointSummary { name, ids, .. } = seen;
    let answers = counted((*ids).into(), "answer", "answers");
    let mut words = vec![match (seen.rows, seen.taken) {
        (0, _) if seen.shared_rows > 0 => format!("{name} holds {answers}, but none can be used."),
        (0, _) => format!(
            "{name} holds {answers}, but no row has one of their ids. Check the ID column: a script usually numbers rows \
             from 0."
        ),
        (matched, None) => format!("{name}: {} will start as answered, at no cost.", rows(matched.into())),
        (matched, Some(taken)) if taken == matched => {
            format!("{name}: {} now answered, at no cost.", counted(taken.into(), "row is", "rows are"))
        }
        (matched, Some(taken)) => format!(
            "{name}: {} now answered, at no cost; {} an answer already or {} in flight.",
            counted(taken.into(), "row is", "rows are"),
            counted((matched - taken).into(), "row has", "rows have"),
            if matched - taken == 1 { "is" } else { "are" }
        ),
    }];
    if seen.torn {
        words.push("Its last line had broken off and was skipped.".into());
    }
    if seen.bad_count > 0 {
        let lines = seen.bad.iter().map(|(line, why)| format!("line {line}: {why}")).collect::<Vec<_>>().join("; ");
        let more = if seen.bad_count as usize > seen.bad.len() { "; …" } else { "" };
        words.push(format!("{} skipped ({lines}{more}).", counted(seen.bad_count.into(), "line was", "lines were")));
    }
    if seen.repeated > 0 {
        words.push(format!(
            "{} an earlier id: the last one counts.",
            counted(seen.repeated.into(), "line repeats", "lines repeat")
        ));
    }
    if seen.shared_rows > 0 {
        words.push(format!(
            "{} an id with a different row and were left out. Choose an ID column without repeats.",
            counted(seen.shared_rows.into(), "row shares", "rows share")
        ));
    }
    if seen.unmatched_ids > 0 && seen.rows > 0 {
        words.push(format!(
            "{} no row and {} left out.",
            counted(seen.unmatched_ids.into(), "id matches", "ids match"),
            if seen.unmatched_ids == 1 { "was" } else { "were" }
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_says_what_it_brought_and_what_was_left_out() {
        let seen = CheckpointSummary {
            name: "c.jsonl".to_owned(),
            ids: 42,
            repeated: 1,
            torn: true,
            bad: vec![(7, "it has no id".to_owned())],
            bad_count: 1,
            rows: 40,
            unmatched_ids: 2,
            shared_rows: 0,
            taken: None,
        };
        assert_eq!(
            checkpoint_words(&seen),
            [
                "c.jsonl: 40 rows will start as answered, at no cost.",
                "Its last line had broken off and was skipped.",
                "1 line was skipped (line 7: it has no id).",
                "1 line repeats an earlier id: the last one counts.",
                "2 ids match no row and were left out.",
            ]
        );
        let none = CheckpointSummary { rows: 0, unmatched_ids: 42, ..seen.clone() };
        assert!(checkpoint_words(&none)[0].contains("Check the ID column"));
        let shared = CheckpointSummary { rows: 0, unmatched_ids: 0, shared_rows: 2, ..seen.clone() };
        assert_eq!(checkpoint_words(&shared)[0], "c.jsonl holds 42 answers, but none can be used.");
        assert!(checkpoint_words(&shared).last().unwrap().starts_with("2 rows share an id"));
        let taken = CheckpointSummary { taken: Some(30), ..seen };
        let words = "c.jsonl: 30 rows are now answered, at no cost; 10 rows have an answer already or are in flight.";
        assert_eq!(checkpoint_words(&taken)[0], words);
    }
}
