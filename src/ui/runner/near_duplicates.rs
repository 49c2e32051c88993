//! Step 1: rows that are nearly the same, and whether they share an answer.

use yew::prelude::*;

use crate::link::NearDuplicates;
use crate::ui::parts::Switch;
use crate::ui::runner::words::counted;

#[derive(Properties, PartialEq)]
pub struct NearDuplicatesNoteProps {
    pub near: NearDuplicates,
    pub folded: bool,
    pub on_fold: Callback<bool>,
}

/// Nothing where no row is nearly another.
#[component]
pub fn NearDuplicatesNote(props: &NearDuplicatesNoteProps) -> Html {
    let near = &props.near;
    if near.rows == 0 && !props.folded {
        return Html::default();
    }
    html! {
        <div class="near-duplicates">
            <Switch id="fold-near-duplicates" label="Fold near-duplicates" on={props.folded} on_switch={props.on_fold.clone()}
                hint={near_words(near, props.folded)} />
            if !near.examples.is_empty() {
                <ul class="near-duplicates__examples small soft" aria-label="Near-duplicates">
                    { for near.examples.iter().map(|(row, earlier)| html! { <li>{ format!("{row} ≈ {earlier}") }</li> }) }
                </ul>
            }
        </div>
    }
}

/// What folding saves, and what it does.
pub fn near_words(near: &NearDuplicates, folded: bool) -> String {
    if near.rows == 0 {
        return "No row is nearly the same as another.".into();
    }
    let saves = near.saves.map(|saves| format!(", up to {}", saves.short())).unwrap_or_default();
    let calls = if near.rows == 1 { "1 call".to_owned() } else { format!("{} calls", near.rows) };
    match folded {
        true => format!(
            "{} the answer of an earlier one: {calls} saved{saves}.",
            counted(near.rows.into(), "row shares", "rows share")
        ),
        false => format!(
            "{} from an earlier one only in case, spaces or Unicode form. Sharing its answer would save {calls}{saves}.",
            counted(near.rows.into(), "row differs", "rows differ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Usd;

    #[test]
    fn folding_says_what_it_saves() {
        let near = NearDuplicates { rows: 23, saves: Usd::parse("0.0012"), examples: Vec::new() };
        let words = near_words(&near, false);
        assert!(
            words.starts_with("23 rows differ") && words.ends_with("would save 23 calls, up to $0.0012."),
            "{words}"
        );
        assert!(near_words(&near, true).ends_with("23 calls saved, up to $0.0012."));
        let one = near_words(&NearDuplicates { saves: None, rows: 1, ..near }, false);
        assert!(one.starts_with("1 row differs") && one.ends_with("would save 1 call."), "{one}");
    }
}
