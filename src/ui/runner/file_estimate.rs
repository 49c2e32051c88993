//! The calculator's `Estimate from a file`: a file's rows, repeats and tokens become the calculator's inputs. The worker
//! reads the file, so this is fetched with the pages that need the worker.

use std::rc::Rc;

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use crate::link::{BadLines, DataSummary, FileEstimate as Counted, Place, Provider, Setup, ToWorker};
use crate::money::grouped;
use crate::prices;
use crate::ui::calculator::{Action, Inputs, Quantity};
use crate::ui::parts::{Notice, Tone};
use crate::ui::runner::parse::prompts_and_endpoints;
use crate::ui::runner::words::{counted, rows};
use crate::ui::store::data::Reading;
use crate::ui::store::{Desk, Field, FormAction, Work, use_worker};

#[derive(Clone, Properties, PartialEq)]
pub struct FileEstimateProps {
    /// The calculator's.
    pub inputs: Rc<Inputs>,
    pub on_action: Callback<Action>,
}

#[component]
pub fn FileEstimate(props: &FileEstimateProps) -> Html {
    let work = use_worker();
    html! { <FileInput estimate={props.clone()} {work} /> }
}

/// How far the file is.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Idle,
    Reading,
    Counting,
    /// What was filled in.
    Filled(String),
}

#[derive(Properties, PartialEq)]
struct FileInputProps {
    estimate: FileEstimateProps,
    work: Work,
}

#[component]
fn FileInput(props: &FileInputProps) -> Html {
    let work = &props.work;
    let stage = use_state(|| Stage::Idle);
    use_counting(work, &props.estimate, &stage);
    let onchange = {
        let (work, stage) = (work.clone(), stage.clone());
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                open(&work, file);
                stage.set(Stage::Reading);
            }
            input.set_value("");
        }
    };
    let ondrop = {
        let (work, stage) = (work.clone(), stage.clone());
        move |event: DragEvent| {
            event.prevent_default();
            if let Some(file) = event.data_transfer().and_then(|dropped| dropped.files()?.get(0)) {
                open(&work, file);
                stage.set(Stage::Reading);
            }
        }
    };
    let refused = why_refused(&stage, &work.desk);
    html! {
        <div class="drop-zone" ondragover={|event: DragEvent| event.prevent_default()} {ondrop}>
            <div class="field">
                <label class="field__label" for="estimate-file">{ "Data file" }</label>
                <input id="estimate-file" class="drop-zone__input" type="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json"
                    aria-describedby="estimate-file-hint" {onchange} />
                <p class="field__hint" id="estimate-file-hint">
                    { "CSV, TSV or JSONL; choose it or drop it here. It stays in this browser. Its rows, exact duplicates and \
                       tokens fill the inputs." }
                </p>
            </div>
            {
                match (&*stage, refused) {
                    (_, Some(why)) => html! { <Notice tone={Tone::Error}><p>{ why }</p></Notice> },
                    (Stage::Idle, None) => Html::default(),
                    (Stage::Filled(words), None) => html! { <p role="status">{ words.clone() }</p> },
                    (_, None) => html! { <p class="soft" role="status">{ "Counting rows, duplicates and tokens…" }</p> },
                }
            }
        </div>
    }
}

fn open(work: &Work, file: File) {
    work.on_form.emit(FormAction::Sample(false));
    work.send_file.emit((ToWorker::OpenFile { name: file.name(), bad_lines: BadLines::Refuse }, file));
}

fn why_refused(stage: &Stage, desk: &Desk) -> Option<String> {
    match (stage, &desk.data.reading, &desk.questions.estimate.last) {
        (Stage::Reading, Reading::Refused(problem), _) => Some(problem.to_string()),
        (Stage::Reading, Reading::GivenUp, _) => {
            desk.problem(Place::Data).or(desk.broken.as_deref()).map(str::to_owned)
        }
        (Stage::Counting, _, Some(Err(problem))) => Some(problem.message.clone()),
        _ => None,
    }
}

/// The file that was chosen last, once it is read.
fn file_read(desk: &Desk) -> Option<Rc<DataSummary>> {
    desk.data.summary.clone().filter(|_| desk.data.reading == Reading::Idle)
}

/// Once the file is read its rows are counted, and once they are counted they become the calculator's inputs.
#[hook]
fn use_counting(work: &Work, estimate: &FileEstimateProps, stage: &UseStateHandle<Stage>) {
    let data = file_read(&work.desk);
    let FileEstimateProps { inputs, on_action } = estimate.clone();
    let (form, send, stage) = (work.form.clone(), work.send.clone(), stage.clone());
    let counted = work.desk.questions.estimate.ready().and_then(|counted| counted.clone().ok());
    let deps = ((*stage).clone(), data, counted);
    use_effect_with(deps, move |(at, data, counted)| match (at, data, counted) {
        (Stage::Reading, Some(_), _) => {
            let setup = prompts_and_endpoints(&form);
            send.emit(ToWorker::Estimate { setup: on_model(setup, &inputs) });
            stage.set(Stage::Counting);
        }
        (Stage::Counting, Some(data), Some(counted)) => {
            on_action.emit(Action::Replace(Box::new(filled(&inputs, counted))));
            stage.set(Stage::Filled(filled_words(&data.name, counted, &form.text(Field::UserPrompt))));
        }
        _ => {}
    });
}

/// The calculator's model; where it would be asked doesn't matter for counting.
fn on_model(setup: Setup, inputs: &Inputs) -> Setup {
    let model = prices::find(&inputs.model).map_or(inputs.model.clone(), |model| model.id.clone());
    let (input_price, output_price) = (None, None);
    let base_url = String::new();
    Setup { provider: Provider::Demo, base_url, model, input_price, output_price, budget: None, ..setup }
}

/// The calculator's inputs with the file's figures in them.
fn filled(inputs: &Inputs, counted: &Counted) -> Inputs {
    let mut inputs = inputs.clone();
    let spared = counted.rows.saturating_sub(counted.calls);
    for (quantity, value) in [
        (Quantity::Calls, u64::from(counted.rows)),
        (Quantity::Input, tokens_a_call(counted)),
        (Quantity::CacheHits, hits_ppm(spared, counted.rows)),
    ] {
        inputs.workload = quantity.set(&inputs.workload, Some(value));
    }
    inputs
}

/// Rounded to a tenth of a percent.
fn hits_ppm(spared: u32, rows: u32) -> u64 {
    let (spared, rows) = (u64::from(spared), u64::from(rows.max(1)));
    (spared * 1_000 + rows / 2) / rows * 1_000
}

fn tokens_a_call(counted: &Counted) -> u64 {
    counted.input_tokens.div_ceil(u64::from(counted.calls.max(1)))
}

fn filled_words(name: &str, estimate: &Counted, prompt: &str) -> String {
    let spared = estimate.rows.saturating_sub(estimate.calls);
    format!(
        "{name}: {}, {} at no cost, about {} tokens a call with the prompt \u{201c}{prompt}\u{201d}. The inputs were filled \
         in; Run this goes on with this file.",
        rows(estimate.rows.into()),
        counted(spared.into(), "of them a duplicate", "of them duplicates"),
        grouped(&tokens_a_call(estimate).to_string())
    )
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::{NearDuplicates, ToPage};
    use crate::ui::calculator::{decode, encode};
    use crate::ui::store::fixtures::{asked, heard, refused, summary};
    use crate::ui::store::{DeskAction, Part};

    #[test]
    fn a_file_that_is_not_read_to_its_end_is_not_taken_for_the_one_before() {
        let read = Desk::default().after(&heard(ToPage::Data(summary())));
        assert!(file_read(&read).is_some());
        let again = read.after(&asked(ToWorker::OpenSample));
        for (end, why) in [(refused(Place::Data), "No."), (DeskAction::Broke("Gone.".to_owned()), "Gone.")] {
            let ended = again.after(&end);
            assert_eq!((file_read(&ended), why_refused(&Stage::Reading, &ended).as_deref()), (None, Some(why)));
        }
    }

    #[test]
    fn a_files_figures_become_the_calculators_inputs() {
        let counted = Counted {
            rows: 500,
            duplicates: 46,
            maybe_cached: 0,
            near: NearDuplicates::default(),
            imported: 0,
            calls: 454,
            input_tokens: 27_240,
            cost_low: None,
            cost_high: None,
            worst_case: None,
            duration_ms: 0,
            fits_budget: None,
            tokens_counted: true,
            rows_sampled: 0,
        };
        let (inputs, _) = decode("model=gpt-4o&calls=9&in=9&out=70&dup=1&conc=7");
        let query = encode(&filled(&inputs, &counted));
        for part in ["model=gpt-4o", "calls=500", "in=60", "out=70", "dup=9.2", "conc=7"] {
            assert!(query.split('&').any(|found| found == part), "{part}: {query}");
        }
        let words = filled_words("a.csv", &counted, "{{name}}");
        assert!(
            words.starts_with("a.csv: 500 rows, 46 of them duplicates at no cost, about 60 tokens a call"),
            "{words}"
        );
    }
}
