//! Step 2: what is asked about each row.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{DataSummary, Preview, TemplateProblem, TokenCount};
use crate::money::grouped;
use crate::provider::tokens::ESTIMATE_MARGIN_PERCENT;
use crate::ui::parts::{Button, ButtonKind, Notice, TextField, TextKind, Tone};
use crate::ui::runner::answer_fields::answer_fields;
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::step_section::StepSection;
use crate::ui::store::form::placeholder;
use crate::ui::store::{Field, FormAction, Request};

/// Columns that are offered as buttons; a file may have hundreds.
const COLUMNS_OFFERED: usize = 12;

#[derive(Properties, PartialEq)]
pub struct PromptStepProps {
    pub step: StepProps,
    pub data: Option<Rc<DataSummary>>,
    /// The row that was rendered last.
    pub preview: Option<Result<Rc<Preview>, TemplateProblem>>,
    pub row: u32,
    pub on_row: Callback<u32>,
    /// The provider's count of tokens.
    pub count: Request<TokenCount>,
    pub on_count: Callback<u32>,
}

#[component]
pub fn PromptStep(props: &PromptStepProps) -> Html {
    let step = &props.step;
    html! {
        <StepSection number={2} title="Prompt">
            <TextField id={step.id(Field::SystemPrompt)} label={Field::SystemPrompt.label()} kind={TextKind::Paragraph} rows={4}
                value={step.form.text(Field::SystemPrompt)} error={step.error(Field::SystemPrompt)}
                placeholder="None is sent." on_input={step.on_input(Field::SystemPrompt)} />
            <TextField id={step.id(Field::UserPrompt)} label={Field::UserPrompt.label()} kind={TextKind::Paragraph} rows={3} monospace=true
                value={step.form.text(Field::UserPrompt)} error={step.error(Field::UserPrompt)}
                hint="{{column}} inserts the row's value. Jinja works too: {{ name | upper }}, {{ text[:200] }}."
                on_input={step.on_input(Field::UserPrompt)} />
            if let Some(data) = &props.data {
                { columns(step, data) }
            }
            { answer_fields(step) }
            if let Some(data) = &props.data {
                <RowPreview rows={data.rows} row={props.row} preview={props.preview.clone()}
                    on_row={props.on_row.clone()}>
                    if step.endpoint().provider.counts_tokens() {
                        { provider_count(props) }
                    }
                </RowPreview>
            }
        </StepSection>
    }
}

/// A press puts the column at the end of the user prompt.
fn columns(step: &StepProps, data: &DataSummary) -> Html {
    let button = |column: &String| {
        let (on_form, form, text) = (step.on_form.clone(), step.form.clone(), placeholder(column));
        let typed = text.clone();
        let on_press = Callback::from(move |()| {
            let user = form.text(Field::UserPrompt);
            let gap = if user.is_empty() || user.ends_with(char::is_whitespace) { "" } else { " " };
            on_form.emit(FormAction::Typed(0, Field::UserPrompt, format!("{user}{gap}{typed}").into()));
        });
        html! {
            <Button kind={ButtonKind::Quiet} label={format!("Insert column {column}")} {on_press}>
                <code>{ text }</code>
            </Button>
        }
    };
    // It is never sent.
    let is_truth = |column: &String| step.form.rows.truth_column.as_ref() == Some(column);
    html! {
        <div class="row column-buttons">
            <span class="small soft">{ "Columns:" }</span>
            { for data.columns.iter().filter(|column| !is_truth(column)).take(COLUMNS_OFFERED).map(button) }
        </div>
    }
}

/// Anthropic's vocabulary isn't public; its own count is free, and sends it the rows that are counted.
fn provider_count(props: &PromptStepProps) -> Html {
    let name = props.step.endpoint().provider.preset().name;
    let on_press = {
        let (on_count, row) = (props.on_count.clone(), props.row);
        Callback::from(move |()| on_count.emit(row))
    };
    let rendered = matches!(props.preview, Some(Ok(_)));
    html! {
        <>
            <div class="row">
                <Button kind={ButtonKind::Quiet} disabled={!rendered} resting={props.count.is_loading()} {on_press}>
                    { format!("Count tokens with {name}") }
                </Button>
                <span class="small soft">
                    { if props.count.is_loading() { "Counting tokens…" } else { "Free. Sends up to 20 rows with your key." } }
                </span>
            </div>
            <div role="status" class="small">
                {
                    match &props.count {
                        Request::Failed(problem) => html! { <span class="field__error">{ &problem.message }</span> },
                        Request::Ready(count) => html! { { count_words(name, count) } },
                        _ => Html::default(),
                    }
                }
            </div>
        </>
    }
}

fn count_words(name: &str, count: &TokenCount) -> String {
    let TokenCount { row, row_tokens, rows, counted, estimated } = *count;
    let number = |number: u64| grouped(&number.to_string());
    let one =
        format!("{name} counts {} input tokens in row {}.", number(row_tokens.into()), number(u64::from(row) + 1));
    let more = format!(
        " In {rows} rows it counts {}; the estimate was {}. The estimate of the whole file now follows the count.",
        number(counted),
        number(estimated)
    );
    if rows > 1 { one + &more } else { one }
}

/// How many tokens a row has, and how that is known.
fn tokens_words(preview: &Preview) -> String {
    let count = grouped(&preview.tokens_estimate.to_string());
    if preview.tokens_counted {
        return format!("{count} input tokens, counted with the model\u{2019}s own tokenizer.");
    }
    format!("About {count} input tokens: estimated from characters, \u{b1} {ESTIMATE_MARGIN_PERCENT}%.")
}

#[derive(Properties, PartialEq)]
struct RowPreviewProps {
    rows: u32,
    row: u32,
    preview: Option<Result<Rc<Preview>, TemplateProblem>>,
    on_row: Callback<u32>,
    #[prop_or_default]
    children: Html,
}

#[component]
fn RowPreview(props: &RowPreviewProps) -> Html {
    let RowPreviewProps { rows, row, .. } = *props;
    let to = |row: u32| {
        let on_row = props.on_row.clone();
        Callback::from(move |()| on_row.emit(row))
    };
    let number = |number: u32| grouped(&number.to_string());
    let body = match &props.preview {
        Some(Ok(preview)) => html! {
            <>
                if !preview.system.is_empty() {
                    <p class="preview__role">{ "System" }</p>
                    <p class="preview__text">{ &preview.system }</p>
                }
                <p class="preview__role">{ "User" }</p>
                <p class="preview__text">{ &preview.user }</p>
                <p class="small soft">{ tokens_words(preview) }</p>
                if let Some(advice) = &preview.advice {
                    <Notice tone={Tone::Warning}><p>{ advice }</p></Notice>
                }
            </>
        },
        Some(Err(_)) => html! { <p class="soft">{ "Correct the prompt to see the preview." }</p> },
        None => html! { <p class="soft">{ "Rendering the preview…" }</p> },
    };
    html! {
        <section class="preview" aria-label="Preview">
            <div class="preview__head">
                <span class="small">{ format!("Preview: row {} of {}", number(row + 1), number(rows)) }</span>
                <span class="row">
                    <Button kind={ButtonKind::Quiet} label="Previous row" resting={row == 0}
                        on_press={to(row.saturating_sub(1))}>{ "‹ Previous" }</Button>
                    <Button kind={ButtonKind::Quiet} label="Next row" resting={row + 1 >= rows}
                        on_press={to(row + 1)}>{ "Next ›" }</Button>
                </span>
            </div>
            { body }
            { props.children.clone() }
        </section>
    }
}
