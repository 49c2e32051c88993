//! Step 1: the data file.

use std::rc::Rc;

use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

use crate::link::{DataProblem, DataSummary, Format};
use crate::ui::parts::{Button, ButtonKind, Disclosure, Notice, SelectField, TextField, TextKind, Tone};
use crate::ui::runner::Field;
use crate::ui::runner::words::{bytes_words, counted, rows};

/// Lines of the file that a complaint shows at most; the count tells of the rest.
const LINES_SHOWN: usize = 8;

#[derive(Properties, PartialEq)]
pub struct DataStepProps {
    pub data: Option<Rc<DataSummary>>,
    /// The name of what is being read.
    pub reading: Option<AttrValue>,
    pub refused: Option<DataProblem>,
    /// The worker's or the form's complaint.
    pub error: Option<AttrValue>,
    pub id_column: Option<AttrValue>,
    pub on_file: Callback<File>,
    pub on_text: Callback<AttrValue>,
    pub on_sample: Callback<()>,
    pub on_skip_bad_lines: Callback<()>,
    pub on_id_column: Callback<Option<String>>,
    /// What else is to be said or done about these data.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn DataStep(props: &DataStepProps) -> Html {
    html! {
        <section class="step">
            <h2 class="step__title">{ "Data" }</h2>
            <DropZone error={props.error.clone()} on_file={props.on_file.clone()} on_text={props.on_text.clone()}
                on_sample={props.on_sample.clone()} first={props.data.is_none()} />
            if let Some(name) = &props.reading {
                <p class="soft" role="status">{ format!("Reading {name}…") }</p>
            }
            if let Some(problem) = &props.refused {
                <Refusal problem={problem.clone()} on_skip_bad_lines={props.on_skip_bad_lines.clone()} />
            }
            if let Some(data) = &props.data {
                <Summary data={data.clone()} id_column={props.id_column.clone()}
                    on_id_column={props.on_id_column.clone()} />
                { props.children.clone() }
            }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct DropZoneProps {
    error: Option<AttrValue>,
    /// Nothing was chosen yet: the sample is what a newcomer needs most.
    first: bool,
    on_file: Callback<File>,
    on_text: Callback<AttrValue>,
    on_sample: Callback<()>,
}

#[component]
fn DropZone(props: &DropZoneProps) -> Html {
    let over = use_state(|| false);
    let pasted = use_state(AttrValue::default);
    let id = Field::DataFile.id();
    let onchange = {
        let on_file = props.on_file.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                on_file.emit(file);
            }
            // So that the same file, mended meanwhile, can be chosen again.
            input.set_value("");
        }
    };
    let ondragover = {
        let over = over.clone();
        move |event: DragEvent| {
            event.prevent_default();
            over.set(true);
        }
    };
    let ondragleave = {
        let over = over.clone();
        move |_: DragEvent| over.set(false)
    };
    let ondrop = {
        let (over, on_file, on_text) = (over.clone(), props.on_file.clone(), props.on_text.clone());
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let Some(dropped) = event.data_transfer() else { return };
            match dropped.files().and_then(|files| files.get(0)) {
                Some(file) => on_file.emit(file),
                None => {
                    if let Some(text) = dropped.get_data("text/plain").ok().filter(|text| !text.trim().is_empty()) {
                        on_text.emit(text.into());
                    }
                }
            }
        }
    };
    let on_pasted = {
        let pasted = pasted.clone();
        Callback::from(move |text: AttrValue| pasted.set(text))
    };
    let on_use = {
        let (pasted, on_text) = (pasted.clone(), props.on_text.clone());
        Callback::from(move |()| on_text.emit((*pasted).clone()))
    };
    let sample = if props.first { ButtonKind::Primary } else { ButtonKind::Plain };
    let error = props.error.is_some();
    html! {
        <>
            <div class={classes!("drop-zone", over.then_some("drop-zone--over"))} {ondragover} {ondragleave} {ondrop}>
                <div class="field">
                    <label class="field__label" for={id.clone()}>{ Field::DataFile.label() }</label>
                    <input {id} class="drop-zone__input" type="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json"
                        aria-describedby={if error { "data-file-error data-file-hint" } else { "data-file-hint" }}
                        aria-invalid={error.then_some("true")} {onchange} />
                    <p class="field__hint" id="data-file-hint">
                        { "CSV, TSV, JSONL or JSON; choose it or drop it here. It stays in this browser; only the prompts made \
                           from it are sent." }
                    </p>
                    if let Some(error) = &props.error {
                        <p class="field__error" id="data-file-error" role="alert">{ error }</p>
                    }
                </div>
                <div class="drop-zone__sample">
                    <Button kind={sample} on_press={props.on_sample.clone()}>{ "Sample data" }</Button>
                    <p class="field__hint">{ "500 grocery products, some of them twice" }</p>
                </div>
            </div>
            <Disclosure label="Paste text instead">
                <div class="stack">
                    <TextField label="Pasted text" kind={TextKind::Paragraph} rows={6} monospace=true
                        value={(*pasted).clone()} placeholder="id,name
    1,Organic Baby Spinach 5oz" hint="With its heading line, as it would stand in the file." on_input={on_pasted} />
                    <div class="row">
                        <Button disabled={pasted.trim().is_empty()} on_press={on_use}>{ "Use this text" }</Button>
                    </div>
                </div>
            </Disclosure>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct RefusalProps {
    problem: DataProblem,
    on_skip_bad_lines: Callback<()>,
}

#[component]
fn Refusal(props: &RefusalProps) -> Html {
    let (lines, count, words) = match &props.problem {
        DataProblem::BadLines { lines, count } => (
            lines.as_slice(),
            *count,
            format!("{} can't be read. Correct the file, or go on without.", counted(*count, "line", "lines")),
        ),
        problem => (&[][..], 0, problem.to_string()),
    };
    let actions = match lines {
        [] => Html::default(),
        _ => html! {
            <Button on_press={props.on_skip_bad_lines.clone()}>{ "Skip bad lines" }</Button>
        },
    };
    html! {
        <Notice tone={Tone::Error} heading="The file was not taken" {actions}>
            <p>{ words }</p>
            { numbered_lines(lines, count) }
        </Notice>
    }
}

/// Line numbers of the file, and what is wrong there.
fn numbered_lines(lines: &[(u64, String)], count: u64) -> Html {
    if lines.is_empty() {
        return Html::default();
    }
    let shown = lines.len().min(LINES_SHOWN);
    let more = count.saturating_sub(shown as u64);
    html! {
        <ul class="bad-lines">
            { for lines[..shown].iter().map(|(line, what)| html! { <li>{ format!("Line {line}: {what}") }</li> }) }
            if more > 0 {
                <li>{ format!("and {}", counted(more, "more line", "more lines")) }</li>
            }
        </ul>
    }
}

#[derive(Properties, PartialEq)]
struct SummaryProps {
    data: Rc<DataSummary>,
    id_column: Option<AttrValue>,
    on_id_column: Callback<Option<String>>,
}

#[component]
fn Summary(props: &SummaryProps) -> Html {
    let data = &props.data;
    let choices = std::iter::once((AttrValue::from(""), AttrValue::from("Row number, from 0")))
        .chain(data.columns.iter().map(|column| (column.clone().into(), column.clone().into())))
        .collect::<Vec<_>>();
    let on_choose =
        props.on_id_column.reform(|column: AttrValue| if column.is_empty() { None } else { Some(column.to_string()) });
    html! {
        <>
            <p class="data-summary" role="status">
                <strong>{ &data.name }</strong>{ ": " }{ summary_words(data) }
            </p>
            { for data.notes.iter().map(|note| html! { <p class="small">{ note }</p> }) }
            if !data.skipped.is_empty() {
                <Notice tone={Tone::Warning}
                    heading={format!("{} left out, as you chose", counted(data.skipped.len() as u64, "line", "lines"))}>
                    { numbered_lines(&data.skipped, data.skipped.len() as u64) }
                </Notice>
            }
            <div class="table-scroll" tabindex="0" role="region" aria-label="First rows">
                <table class="data-table head-table">
                    <thead>
                        <tr>{ for data.columns.iter().map(|column| html! { <th scope="col">{ column }</th> }) }</tr>
                    </thead>
                    <tbody>
                        {
                            for data.head.iter().map(|row| html! {
                                <tr>{ for row.iter().map(|cell| html! { <td title={cell.clone()}>{ cell }</td> }) }</tr>
                            })
                        }
                    </tbody>
                </table>
            </div>
            <div class="fields">
                <SelectField label="ID column" value={props.id_column.clone().unwrap_or_default()} {choices}
                    hint="Names each row in the results." {on_choose} />
            </div>
            if let Some(words) = id_words(data, props.id_column.as_deref()) {
                <Notice tone={Tone::Warning}><p>{ words }</p></Notice>
            }
        </>
    }
}

/// What keeps the ID column from naming rows; of a column named `id` also why it isn't chosen.
fn id_words(data: &DataSummary, chosen: Option<&str>) -> Option<String> {
    let (column, faults) = data.id_faults.iter().find(|(column, _)| column == chosen.unwrap_or("id"))?;
    let shared = faults.example.as_ref().map(|id| {
        format!(
            "{} an id with another, such as \u{201c}{id}\u{201d}",
            counted(faults.shared.into(), "row shares", "rows share")
        )
    });
    let blank = (faults.blank > 0).then(|| format!("{} no id", counted(faults.blank.into(), "row has", "rows have")));
    let found = shared.into_iter().chain(blank).collect::<Vec<_>>().join("; ");
    Some(match chosen {
        Some(_) => format!(
            "{found}. Answers that are imported later find such rows only where the rows are equal. Choose a column whose \
             values differ, or the row number."
        ),
        None => format!("The column \u{201c}{column}\u{201d} was not chosen: {found}. The row number names each row."),
    })
}

/// `500 rows, 2 columns, CSV with commas, UTF-8, 15.2 kB. 46 rows repeat an earlier one.`
pub fn summary_words(data: &DataSummary) -> String {
    let format = match data.format {
        Format::Jsonl => "JSONL".to_owned(),
        Format::Csv { delimiter: b'\t' } => "TSV".to_owned(),
        Format::Csv { delimiter: b',' } => "CSV".to_owned(),
        Format::Csv { delimiter } => format!("CSV with \"{}\"", char::from(delimiter)),
    };
    let columns = counted(data.columns.len() as u64, "column", "columns");
    let repeats = match data.duplicate_rows {
        0 => "No row repeats another.".to_owned(),
        1 => "1 row repeats an earlier one.".to_owned(),
        count => format!("{} repeat an earlier one.", rows(count.into())),
    };
    let (rows, bytes) = (rows(data.rows.into()), bytes_words(data.bytes));
    format!("{rows}, {columns}, {format}, {}, {bytes}. {repeats}", data.encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::IdFaults;

    #[test]
    fn a_column_that_does_not_name_each_row_is_named_with_its_faults() {
        let faults = IdFaults { blank: 1, shared: 2, example: Some("a".to_owned()) };
        let data = DataSummary {
            name: "a.csv".to_owned(),
            bytes: 40.0,
            rows: 4,
            columns: vec!["id".to_owned(), "name".to_owned()],
            format: Format::Csv { delimiter: b',' },
            encoding: "UTF-8".to_owned(),
            duplicate_rows: 0,
            skipped: Vec::new(),
            notes: Vec::new(),
            id_column: None,
            id_faults: vec![("id".to_owned(), faults)],
            head: Vec::new(),
        };
        let found = "2 rows share an id with another, such as \u{201c}a\u{201d}; 1 row has no id. ";
        assert!(id_words(&data, Some("id")).is_some_and(|words| words.starts_with(found)));
        let not_chosen = id_words(&data, None).unwrap_or_default();
        assert!(not_chosen.starts_with("The column \u{201c}id\u{201d} was not chosen: 2 rows share"), "{not_chosen}");
        assert_eq!(id_words(&data, Some("name")), None);
    }
}
