//! Which rows are asked about, and what is known of their right answers.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{DataSummary, RowChoice};
use crate::ui::parts::{Button, ButtonKind, SelectField, TextField, TextKind};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::words::rows;
use crate::ui::store::rows_form::{MatchKind, RowsAction, RowsKind};
use crate::ui::store::{Field, FormAction};

const MATCHES: [(&str, MatchKind, &str); 4] = [
    ("same", MatchKind::Same, "The same text"),
    ("contains", MatchKind::Contains, "The answer contains it"),
    ("number", MatchKind::Number, "The same number"),
    ("fields", MatchKind::Fields, "The same JSON fields"),
];
const CHOICES: [(&str, RowsKind, &str); 5] = [
    ("all", RowsKind::All, "All rows"),
    ("first", RowsKind::First, "The first rows"),
    ("random", RowsKind::Random, "Rows at random"),
    ("empty", RowsKind::Empty, "Where a column is empty"),
    ("is", RowsKind::Is, "Where a column is"),
];
const THESE: &str = "these";

#[derive(Properties, PartialEq)]
pub struct RowFieldsProps {
    pub step: StepProps,
    pub data: Rc<DataSummary>,
}

#[component]
pub fn RowFields(props: &RowFieldsProps) -> Html {
    let (step, form) = (&props.step, &props.step.form);
    let columns = |none: Option<&'static str>| {
        let none = none.map(|none| (AttrValue::from(""), AttrValue::from(none)));
        let named = props.data.columns.iter().map(|column| (column.clone().into(), column.clone().into()));
        none.into_iter().chain(named).collect::<Vec<(AttrValue, AttrValue)>>()
    };
    let chosen = |column: AttrValue| (!column.is_empty()).then(|| column.to_string());
    let on_truth = step.on_form.reform(move |column| FormAction::Rows(RowsAction::TruthColumn(chosen(column))));
    let on_match = step.on_form.reform(|key: AttrValue| {
        let kind = MATCHES.into_iter().find(|(name, ..)| key == *name).map_or(MatchKind::Same, |(_, kind, _)| kind);
        FormAction::Rows(RowsAction::Matching(kind))
    });
    let on_kind = {
        let (on_form, form, first) = (step.on_form.clone(), form.clone(), props.data.columns.first().cloned());
        Callback::from(move |key: AttrValue| {
            let kind = CHOICES.into_iter().find(|(name, ..)| key == *name).map_or(RowsKind::These, |(_, kind, _)| kind);
            if matches!(kind, RowsKind::Empty | RowsKind::Is) && form.rows.column.is_none() {
                on_form.emit(FormAction::Rows(RowsAction::Column(
                    form.rows.truth_column.clone().or_else(|| first.clone()),
                )));
            }
            on_form.emit(FormAction::Rows(RowsAction::Kind(kind)));
        })
    };
    let on_column = step.on_form.reform(move |column| FormAction::Rows(RowsAction::Column(chosen(column))));
    let named = |choices: &[(&'static str, &'static str)]| {
        choices.iter().map(|(key, name)| (AttrValue::from(*key), AttrValue::from(*name))).collect::<Vec<_>>()
    };
    let matches = named(&MATCHES.map(|(key, _, name)| (key, name)));
    let mut kinds = named(&CHOICES.map(|(key, _, name)| (key, name)));
    if let Some(RowChoice::These(ranges)) = &form.rows.these {
        let count: u64 = ranges.iter().map(|(from, to)| u64::from(to.saturating_sub(*from))).sum();
        kinds.push((THESE.into(), format!("{} of an earlier run", rows(count)).into()));
    }
    let kind = CHOICES.into_iter().find(|(_, kind, _)| *kind == form.rows.kind).map_or(THESE, |(key, ..)| key);
    let compared = MATCHES.into_iter().find(|(_, kind, _)| *kind == form.rows.matching).map_or("", |(key, ..)| key);
    html! {
        <div class="fields">
            <SelectField id="right-answer" label="Right answer" value={form.rows.truth_column.clone().unwrap_or_default()}
                choices={columns(Some("None"))} on_choose={on_truth}
                hint="Optional: a column with answers you know, to see how often a model is right. Never sent." />
            if form.rows.truth_column.is_some() {
                <SelectField id="counts-as-right" label="Counts as right" value={compared} choices={matches}
                    on_choose={on_match} />
                if form.rows.matching == MatchKind::Number {
                    { step.number(Field::Tolerance, "0", "How far the number may be off.") }
                }
                if form.rows.matching == MatchKind::Fields {
                    <TextField id={step.id(Field::TruthFields)} label={Field::TruthFields.label()} kind={TextKind::Line}
                        value={form.text(Field::TruthFields)} error={step.error(Field::TruthFields)}
                        placeholder="genre, year" on_input={step.on_input(Field::TruthFields)} />
                }
            }
            <SelectField id="rows-to-run" label="Rows to run" value={kind} choices={kinds} on_choose={on_kind} />
            if matches!(form.rows.kind, RowsKind::First | RowsKind::Random) {
                { step.number(Field::RowCount, "100", "") }
            }
            if form.rows.kind == RowsKind::Random {
                <div class="row">
                    <span class="small soft">{ random_words(form.rows.truth_column.is_some(), form.rows.seed) }</span>
                    <Button kind={ButtonKind::Quiet} on_press={step.on_form.reform(|()| FormAction::Rows(RowsAction::DrawAgain))}>
                        { "Draw other rows" }
                    </Button>
                </div>
            }
            if matches!(form.rows.kind, RowsKind::Empty | RowsKind::Is) {
                <SelectField id="rows-column" label="Column" value={form.rows.column.clone().unwrap_or_default()}
                    choices={columns(None)} on_choose={on_column} />
            }
            if form.rows.kind == RowsKind::Is {
                <TextField id={step.id(Field::RowText)} label={Field::RowText.label()} kind={TextKind::Line}
                    value={form.text(Field::RowText)} error={step.error(Field::RowText)}
                    on_input={step.on_input(Field::RowText)} />
            }
        </div>
    }
}

fn random_words(labelled: bool, seed: u32) -> String {
    match labelled {
        true => format!("Rows with a right answer, each answer in its share. Seed {seed}."),
        false => format!("Seed {seed}."),
    }
}
