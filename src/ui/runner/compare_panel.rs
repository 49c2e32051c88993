//! `Compare models`: the candidates beside the steps' own, and how many rows all of them answer before one is chosen.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{FileEstimate, ReasoningEffort, Setup};
use crate::ui::hooks::now;
use crate::ui::parts::{Button, Combobox, SelectField, TextField, TextKind};
use crate::ui::runner::candidates::{CANDIDATES_MAX, Others, cost_at_most};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::provider_step::choices;
use crate::ui::runner::words::{counted, rows};
use crate::ui::store::Field;
use crate::ui::store::rows_form::RowsKind;

/// So many models may be compared with the steps' own, and tried.
pub const MORE_MODELS: usize = 2;

#[derive(Properties, PartialEq)]
pub struct ComparePanelProps {
    pub step: StepProps,
    /// Beside the first; an empty one is left out.
    pub more_models: [AttrValue; MORE_MODELS],
    pub on_more_models: Callback<[AttrValue; MORE_MODELS]>,
    pub effort: Option<ReasoningEffort>,
    pub on_effort: Callback<Option<ReasoningEffort>>,
    /// The steps' own setup, and what its rows cost, where they can be read.
    pub setup: Option<Setup>,
    pub estimate: Option<Rc<FileEstimate>>,
    pub starting: bool,
    pub on_compare: Callback<Others>,
}

#[component]
pub fn ComparePanel(props: &ComparePanelProps) -> Html {
    let (step, form) = (&props.step, &props.step.form);
    let known = (step.endpoint().provider, form.router_prices.clone());
    let list = use_memo(known, |(provider, router)| choices(&[], *provider, router, now()));
    let model = |place: usize, label: &'static str| {
        let (models, on_models) = (props.more_models.clone(), props.on_more_models.clone());
        let on_choose = Callback::from(move |text: AttrValue| {
            let mut models = models.clone();
            models[place] = text;
            on_models.emit(models);
        });
        html! {
            <Combobox {label} value={props.more_models[place].clone()} choices={(*list).clone()} free_text=true {on_choose} />
        }
    };
    let others = others(props);
    let candidates = form.endpoints.len()
        + others.models.len()
        + usize::from(others.system.is_some())
        + usize::from(others.effort.is_some());
    let rows = Field::CompareRows.steps(&form.text(Field::CompareRows)).map(|rows| rows as u32);
    let ready = match (candidates, rows) {
        (1, _) => Err("Choose a second model, another prompt, or another effort."),
        (count, _) if count > CANDIDATES_MAX => Err("Four candidates at most: leave some out."),
        _ if form.rows.kind != RowsKind::All => {
            Err("Choose All rows under Rows to run: a comparison draws its own rows, and the rest is the whole file.")
        }
        (_, None) => Err("Enter how many rows to compare, from 1 to 1,000,000."),
        (_, Some(rows)) => Ok(ready_words(props, candidates, rows)),
    };
    let efforts = std::iter::once((AttrValue::from(""), AttrValue::from("None")))
        .chain(ReasoningEffort::ALL.into_iter().map(|effort| (effort.word().into(), effort.word().into())))
        .collect::<Vec<(AttrValue, AttrValue)>>();
    let on_effort =
        props.on_effort.reform(|name: AttrValue| ReasoningEffort::ALL.into_iter().find(|effort| name == effort.word()));
    let words = match &form.rows.truth_column {
        Some(column) => format!(
            "Every candidate answers the same rows, drawn from those with a \u{201c}{column}\u{201d}. You see how often each \
             is right, what it costs, and run the rest with the one you choose.{}",
            match form.use_cache {
                true => " Answers are kept and not paid for twice.",
                false => " Use cache is off: the rest pays for these rows again.",
            }
        ),
        None => "Every candidate answers the same rows, and you see where they disagree. Choose the column with right \
                 answers in step Data to see how often each is right."
            .to_owned(),
    };
    let on_compare = props.on_compare.reform(move |()| others.clone());
    html! {
        <section class="trial" aria-labelledby="compare-title">
            <h2 class="panel__title" id="compare-title">{ "Compare models" }</h2>
            <p class="soft">{ words }</p>
            <div class="fields compare__fields">
                { model(0, "Second model") }
                { model(1, "Third model") }
                { step.number(Field::CompareRows, "100", "") }
                <SelectField id="second-effort" label="Second reasoning effort" choices={efforts}
                    value={props.effort.map_or("", ReasoningEffort::word)} on_choose={on_effort} />
            </div>
            <TextField id={step.id(Field::SecondPrompt)} label={Field::SecondPrompt.label()} kind={TextKind::Paragraph} rows={2}
                value={form.text(Field::SecondPrompt)} placeholder="Leave empty to keep one prompt."
                on_input={step.on_input(Field::SecondPrompt)} />
            <div class="row">
                <Button disabled={ready.is_err() || props.starting} on_press={on_compare}>{ "Compare" }</Button>
                <span class="small soft" role="status">{ ready.unwrap_or_else(str::to_owned) }</span>
            </div>
        </section>
    }
}

/// `2 candidates on 100 rows: up to $0.0034.`
fn ready_words(props: &ComparePanelProps, candidates: usize, asked: u32) -> String {
    // A file may have fewer.
    let drawn = props.estimate.as_ref().map_or(asked, |estimate| asked.min(estimate.rows));
    let what = format!("{} on {}", counted(candidates as u64, "candidate", "candidates"), rows(drawn.into()));
    let (Some(setup), Some(estimate)) = (&props.setup, &props.estimate) else { return format!("{what}.") };
    let input = estimate.input_tokens.div_ceil(u64::from(estimate.calls.max(1)));
    match cost_at_most(&others(props).compared_with(setup, drawn, 1), drawn, input) {
        Some(most) => format!("{what}: up to {}, each row asked once.", most.short()),
        None => format!("{what}. What it costs is unknown: a price or Max output tokens is missing."),
    }
}

fn others(props: &ComparePanelProps) -> Others {
    let form = &props.step.form;
    let models = props.more_models.iter().map(|model| model.trim().to_owned());
    let second = form.text(Field::SecondPrompt).trim().to_owned();
    Others {
        models: models.filter(|model| !model.is_empty()).collect(),
        system: (!second.is_empty()).then_some(second),
        effort: props.effort,
    }
}
