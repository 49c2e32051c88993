//! Step 1: the data file.

use std::rc::Rc;

use web_sys::File;
use yew::prelude::*;

use crate::link::{DataProblem, DataSummary, Format};
use crate::ui::parts::{Button, Disclosure, Notice, SelectField, Tone};
use crate::ui::runner::data_tiles::DataTiles;
use crate::ui::runner::step_section::StepSection;
use crate::ui::runner::words::{bytes_words, counted, rows};
use crate::ui::store::data::Reading;

/// Lines of the file that a complaint shows at most; the count tells of the rest.
const LINES_SHOWN: usize = 8;

#[derive(Properties, PartialEq)]
pub struct DataStepProps {
    pub data: Option<Rc<DataSummary>>,
    pub reading: Reading,
    /// The worker's or the form's complaint.
    pub error: Option<AttrValue>,
    pub id_column: Option<AttrValue>,
    pub on_file: Callback<File>,
    pub on_sample: Callback<()>,
    pub on_skip_bad_lines: Callback<()>,
    pub on_id_column: Callback<Option<String>>,
    /// Which rows are asked, and their right answers.
    #[prop_or_default]
    pub row_fields: Html,
    /// What else there is to say about these data.
    #[prop_or_default]
    pub children: Html,
    /// What else stands under `More`.
    #[prop_or_default]
    pub more: Html,
}

#[component]
pub fn DataStep(props: &DataStepProps) -> Html {
    html! {
        <StepSection number={1} title="Data">
            <DataTiles error={props.error.clone()} small={props.data.is_some()} on_file={props.on_file.clone()}
                on_sample={props.on_sample.clone()} />
            if props.data.is_none() {
                <p class="soft">
                    { "Your data stays in this browser. Only the prompts made from it are sent, to the provider that you \
                       choose. You see the cost before anything is sent." }
                </p>
            }
            {
                match &props.reading {
                    Reading::Idle | Reading::GivenUp => Html::default(),
                    Reading::File(name) => html! { <p class="soft" role="status">{ format!("Reading {name}…") }</p> },
                    Reading::Refused(problem) => html! {
                        <Refusal problem={problem.clone()} on_skip_bad_lines={props.on_skip_bad_lines.clone()} />
                    },
                }
            }
            if let Some(data) = &props.data {
                <Summary data={data.clone()} id_column={props.id_column.clone()} />
                { props.row_fields.clone() }
                { props.children.clone() }
                <Disclosure id="more-data" label="More" summary="ID column, answers from a checkpoint">
                    <div class="stack">
                        <IdColumn data={data.clone()} id_column={props.id_column.clone()}
                            on_id_column={props.on_id_column.clone()} />
                        { props.more.clone() }
                    </div>
                </Disclosure>
            }
        </StepSection>
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
            format!("{} can't be read. Correct the file, or skip them.", counted(*count, "line", "lines")),
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
        <Notice tone={Tone::Error} heading="This file can't be used" {actions}>
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
}

#[component]
fn Summary(props: &SummaryProps) -> Html {
    let data = &props.data;
    html! {
        <>
            <p class="data-summary" role="status">
                <strong>{ &data.name }</strong>{ ": " }{ summary_words(data) }
            </p>
            { for data.notes.iter().map(|note| html! { <p class="small">{ note }</p> }) }
            if !data.skipped.is_empty() {
                <Notice tone={Tone::Warning}
                    heading={format!("{} skipped", counted(data.skipped.len() as u64, "line", "lines"))}>
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
            if let Some(words) = id_words(data, props.id_column.as_deref()) {
                <Notice tone={Tone::Warning}><p>{ words }</p></Notice>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct IdColumnProps {
    data: Rc<DataSummary>,
    id_column: Option<AttrValue>,
    on_id_column: Callback<Option<String>>,
}

#[component]
fn IdColumn(props: &IdColumnProps) -> Html {
    let choices = std::iter::once((AttrValue::from(""), AttrValue::from("Row number, from 0")))
        .chain(props.data.columns.iter().map(|column| (column.clone().into(), column.clone().into())))
        .collect::<Vec<_>>();
    let on_choose =
        props.on_id_column.reform(|column: AttrValue| if column.is_empty() { None } else { Some(column.to_string()) });
    html! {
        <div class="fields">
            <SelectField id="id-column" label="ID column" value={props.id_column.clone().unwrap_or_default()} {choices}
                hint="Names each row in the results." {on_choose} />
        </div>
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
            "{found}. Imported answers can't be told apart for such rows. Choose another ID column under More, or the row \
             number."
        ),
        None => format!("Rows are named by their number. In the column \u{201c}{column}\u{201d} {found}."),
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
        assert!(not_chosen.contains("In the column \u{201c}id\u{201d} 2 rows share"), "{not_chosen}");
        assert_eq!(id_words(&data, Some("name")), None);
    }
}
