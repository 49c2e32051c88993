//! The four steps, with the estimate beside them.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::File;
use yew::prelude::*;

use crate::link::{BadLines, Place, Provider, ReasoningEffort, Secret, Setup, ToWorker};
use crate::provider::Auth;
use crate::ui::runner::candidates::{Others, keys_of};
use crate::ui::runner::checkpoint_import::CheckpointImport;
use crate::ui::runner::compare_panel::{ComparePanel, MORE_MODELS};
use crate::ui::runner::connection_note::{Tested, still_true};
use crate::ui::runner::data_step::DataStep;
use crate::ui::runner::demo_fields::DemoFields;
use crate::ui::runner::estimate_panel::{EstimatePanel, Fix};
use crate::ui::runner::focus::go_to;
use crate::ui::runner::form_field::{StepProps, lane_label};
use crate::ui::runner::lane_fields::MoreLanes;
use crate::ui::runner::limits_step::LimitsStep;
use crate::ui::runner::near_duplicates::NearDuplicatesNote;
use crate::ui::runner::parse::{FieldProblem, LaneProblem, faults, parse, prompts_and_endpoints};
use crate::ui::runner::prompt_step::PromptStep;
use crate::ui::runner::provider_step::ProviderStep;
use crate::ui::runner::row_fields::RowFields;
use crate::ui::runner::trial_panel;
use crate::ui::runner::trial_panel::TrialPanel;
use crate::ui::store::data::Reading;
use crate::ui::store::{DeskAction, Endpoint, Field, Form, FormAction, Work};

/// The preview and the estimate follow the last key stroke after this long.
const ASK_MS: u32 = 250;

#[derive(Properties, PartialEq)]
pub struct StepsProps {
    pub work: Work,
}

#[component]
pub fn Steps(props: &StepsProps) -> Html {
    let Work { desk, form, .. } = &props.work;
    let tried = use_state(|| false);
    let row = use_state(|| 0_u32);
    let file = use_mut_ref(|| None::<File>);
    let tested = use_state(Vec::<Tested>::new);
    let more_models = use_state(<[AttrValue; MORE_MODELS]>::default);
    let second_effort = use_state(|| None::<ReasoningEffort>);
    let asked = use_state(|| None::<Setup>);

    {
        // A run that was just left may be unfinished, and then belongs into the banner.
        let (send, on_form, known) =
            (props.work.send.clone(), props.work.on_form.clone(), desk.history.storage.is_some());
        use_effect_with((), move |()| {
            on_form.emit(FormAction::NewRun);
            if known {
                send.emit(ToWorker::ListRuns);
            }
        });
    }

    let (data, questions) = (&desk.data, &desk.questions);
    let template = questions.preview.as_ref().and_then(|preview| preview.as_ref().err());
    let (read, endpoints) = (parse(form), prompts_and_endpoints(form));
    let faults = faults(form, data.summary.as_deref(), template);
    let row_shown = (*row).min(data.summary.as_ref().map_or(0, |data| data.rows.saturating_sub(1)));
    use_questions(&props.work, &endpoints, read.as_ref().ok(), row_shown);

    let own = faults.iter().filter(|(lane, _)| *lane == 0).map(|(_, problem)| problem);
    let shown: Vec<FieldProblem> = own.filter(|(field, _)| *tried || is_typed(form, *field)).cloned().collect();
    let problem_of = |field: Field| {
        let problem = shown.iter().find(|(at, _)| *at == field);
        problem.map(|(_, message)| AttrValue::from(message.clone()))
    };
    let refused = |place: Place| desk.problem(place).map(|message| AttrValue::from(message.to_owned()));
    let data_error = problem_of(Field::DataFile).or_else(|| refused(Place::Data));
    let step = StepProps {
        form: form.clone(),
        problems: Rc::new(shown.clone()),
        on_form: props.work.on_form.clone(),
        lane: 0,
    };
    let on_row = {
        let row = row.clone();
        Callback::from(move |to: u32| row.set(to))
    };
    let estimate = questions.estimate.last.as_ref().and_then(|estimate| estimate.as_ref().ok());
    let near = match estimate {
        Some(estimate) => html! {
            <NearDuplicatesNote near={estimate.near.clone()} folded={form.fold_near_duplicates}
                on_fold={props.work.on_form.reform(FormAction::FoldNearDuplicates)} />
        },
        _ => Html::default(),
    };
    let more = html! {
        <CheckpointImport checkpoint={data.checkpoint.clone()} on_file={importing(&props.work)}
            on_forget={props.work.send.reform(|()| ToWorker::ForgetCheckpoint)} />
    };
    let row_fields =
        data.summary.clone().map(|data| html! { <RowFields step={step.clone()} {data} /> }).unwrap_or_default();
    let data_step = html! {
        <DataStep data={data.summary.clone()} reading={data.reading.clone()} error={data_error} id_column={form.id_column.clone().map(AttrValue::from)}
            on_file={opening(&props.work, &file)} on_sample={sampling(&props.work)}
            on_skip_bad_lines={reading_again(&props.work, &file)}
            on_id_column={props.work.on_form.reform(FormAction::IdColumn)} {row_fields} {more}>
            { near }
        </DataStep>
    };
    // Without data there is nothing to ask and nothing to estimate.
    let has_data = data.summary.is_some();
    let start = Start {
        work: props.work.clone(),
        tried: tried.clone(),
        asked: asked.clone(),
        ready: ready(&read, faults.first()),
    };
    let refused_start = [Place::Run, Place::Prompt, Place::Limits, Place::Storage].into_iter().find_map(refused);
    let reports = questions.connection.ready();
    let checked = still_true(reports.map_or(&[], |reports| reports), &tested, &endpoints, form);
    let demo = form.endpoints.iter().any(|endpoint| endpoint.provider == Provider::Demo);
    let billed = form.endpoints.iter().any(|endpoint| endpoint.provider.is_remote());
    let trial = questions.trial.ready();
    let of_these_settings = read.as_ref().is_ok_and(|setup| asked.as_ref() == Some(&setup.what_is_asked()));
    let projection = trial.filter(|_| of_these_settings).and_then(|trial| trial.models.first()?.projection);
    let on_more_models = {
        let more_models = more_models.clone();
        Callback::from(move |models| more_models.set(models))
    };
    let on_second_effort = {
        let second_effort = second_effort.clone();
        Callback::from(move |effort| second_effort.set(effort))
    };
    let models: Vec<String> =
        more_models.iter().map(|model| model.trim().to_owned()).filter(|model| !model.is_empty()).collect();
    html! {
        <div class={classes!("steps", has_data.then_some("steps--open"))}>
            <div class="steps__main">
                <ol class="steps__list" role="list">
                    { data_step }
                    if has_data {
                        <PromptStep step={step.clone()} data={data.summary.clone()} preview={questions.preview.clone()} row={row_shown}
                            {on_row} count={questions.count.clone()} on_count={counting(&props.work, &endpoints)} />
                        <ProviderStep step={step.clone()} checking={questions.connection.is_loading()} checked={checked.clone()}
                            refused={refused(Place::Provider)} on_check={checking(&props.work, &endpoints, &tested)}
                            asking_prices={questions.asking_prices} on_prices={asking_prices(&props.work)}>
                            if demo {
                                <DemoFields step={step.clone()} />
                            }
                        </ProviderStep>
                        <LimitsStep step={step.clone()}>
                            <MoreLanes form={form.clone()} tried={*tried} problems={Rc::new(faults.clone())} {checked}
                                on_form={props.work.on_form.clone()} />
                        </LimitsStep>
                    }
                </ol>
                if has_data {
                    <TrialPanel trial={trial.cloned()}
                        on_cap={props.work.on_form.reform(|cap: u32| {
                            FormAction::Typed(0, Field::MaxOutputTokens, cap.to_string().into())
                        })}
                        on_model={props.work.on_form.reform(|model| FormAction::Typed(0, Field::Model, model))} />
                    <ComparePanel {step} more_models={(*more_models).clone()} {on_more_models} effort={*second_effort}
                        on_effort={on_second_effort} setup={read.as_ref().ok().cloned()}
                        estimate={estimate.cloned()} starting={desk.opening.asked} on_compare={start.comparing()} />
                }
            </div>
            if has_data {
                <aside class="steps__aside">
                    <EstimatePanel reading={matches!(data.reading, Reading::File(_))} estimate={questions.estimate.clone()}
                        tried={projection}
                        budget={read.as_ref().ok().and_then(|setup| setup.budget)}
                        reasks={read.as_ref().map_or(0, |setup| setup.reasks)}
                        fixes={fixes(if *tried { &faults } else { read.as_ref().err().map_or(&[], Vec::as_slice) })}
                        unread={read.is_err()} refused={refused_start} starting={desk.opening.asked}
                        trial={questions.trial.clone()} models={1 + models.len()} {billed}
                        on_try={start.trying(models)} on_start={start.starting()}
                        on_fix={Callback::from(|id: AttrValue| go_to(&id))}
                        on_answers={Callback::from(|()| go_to(trial_panel::TITLE))} />
                </aside>
            }
        </div>
    }
}

/// An empty field is only a fault once the person wants to start; a wrong one is at once.
fn is_typed(form: &Form, field: Field) -> bool {
    field != Field::DataFile && !form.text(field).trim().is_empty()
}

fn fixes(problems: &[LaneProblem]) -> Vec<Fix> {
    let fix = |(lane, (field, message)): &LaneProblem| Fix {
        id: field.id(*lane).into(),
        label: lane_label(*field, *lane),
        message: message.clone().into(),
    };
    problems.iter().map(fix).collect()
}

/// Asks for the preview whenever the data or the prompts have changed, and for the estimate where all can be read.
#[hook]
fn use_questions(work: &Work, endpoints: &Setup, read: Option<&Setup>, row: u32) {
    let data = work.desk.data.summary.clone();
    {
        let (send, data) = (work.send.clone(), data.clone());
        use_effect_with((data, endpoints.clone(), row), move |(data, setup, row)| {
            let (setup, row) = (setup.clone(), *row);
            let timer =
                data.is_some().then(|| Timeout::new(ASK_MS, move || send.emit(ToWorker::Preview { row, setup })));
            move || drop(timer)
        });
    }
    let send = work.send.clone();
    let checkpoint = work.desk.data.checkpoint.ready().cloned();
    use_effect_with((data, read.cloned(), checkpoint), move |(data, read, _)| {
        let setup = read.clone().filter(|_| data.is_some());
        let timer = setup.map(|setup| Timeout::new(ASK_MS, move || send.emit(ToWorker::Estimate { setup })));
        move || drop(timer)
    });
}

/// The file that was given last is kept, so that it can be read again with its bad lines skipped.
fn opening(work: &Work, last: &Rc<RefCell<Option<File>>>) -> Callback<File> {
    let (work, last) = (work.clone(), last.clone());
    Callback::from(move |file: File| {
        open(&work, &file, BadLines::Refuse);
        *last.borrow_mut() = Some(file);
    })
}

fn reading_again(work: &Work, last: &Rc<RefCell<Option<File>>>) -> Callback<()> {
    let (work, last) = (work.clone(), last.clone());
    Callback::from(move |()| {
        if let Some(file) = &*last.borrow() {
            open(&work, file, BadLines::Skip);
        }
    })
}

fn open(work: &Work, file: &File, bad_lines: BadLines) {
    work.on_form.emit(FormAction::Sample(false));
    work.send_file.emit((ToWorker::OpenFile { name: file.name(), bad_lines }, file.clone()));
}

fn sampling(work: &Work) -> Callback<()> {
    let work = work.clone();
    Callback::from(move |()| {
        work.on_form.emit(FormAction::Sample(true));
        work.send.emit(ToWorker::OpenSample);
    })
}

/// The setup to start with, or the element of the topmost field that is wrong.
fn ready(read: &Result<Setup, Vec<LaneProblem>>, first: Option<&LaneProblem>) -> Result<Setup, String> {
    match (read, first) {
        (Ok(setup), None) => Ok(setup.clone()),
        (_, first) => Err(first.map(|(lane, (field, _))| field.id(*lane)).unwrap_or_default()),
    }
}

/// What a start and a trial need alike.
struct Start {
    work: Work,
    tried: UseStateHandle<bool>,
    /// What the latest trial was made with.
    asked: UseStateHandle<Option<Setup>>,
    ready: Result<Setup, String>,
}

impl Start {
    fn starting(&self) -> Callback<()> {
        let work = self.work.clone();
        self.when_ready(move |setup, ()| work.send.emit(ToWorker::Start { setup, keys: keys(&work.form) }))
    }

    fn comparing(&self) -> Callback<Others> {
        let work = self.work.clone();
        let rows = Field::CompareRows.steps(&work.form.text(Field::CompareRows));
        self.when_ready(move |setup, others: Others| {
            let Some(rows) = rows.map(|rows| rows as u32) else { return };
            let setup = others.compared_with(&setup, rows, work.form.rows.seed);
            let keys = keys_of(&setup, keys(&work.form));
            work.send.emit(ToWorker::Start { setup, keys });
        })
    }

    fn trying(&self, more_models: Vec<String>) -> Callback<()> {
        let (work, asked) = (self.work.clone(), self.asked.clone());
        self.when_ready(move |setup, ()| {
            asked.set(Some(setup.what_is_asked()));
            work.send.emit(ToWorker::Try {
                setup,
                key: key(&work.form.endpoints.first),
                more_models: more_models.clone(),
            });
        })
    }

    /// Goes to the topmost fault instead, where there is one.
    fn when_ready<T: 'static>(&self, act: impl Fn(Setup, T) + 'static) -> Callback<T> {
        let (on_form, tried, ready) = (self.work.on_form.clone(), self.tried.clone(), self.ready.clone());
        Callback::from(move |asked| {
            tried.set(ready.is_err());
            match &ready {
                Err(fault) => go_to(fault),
                Ok(setup) => {
                    on_form.emit(FormAction::KeyUsed);
                    act(setup.clone(), asked);
                }
            }
        })
    }
}

fn counting(work: &Work, setup: &Setup) -> Callback<u32> {
    let (work, setup) = (work.clone(), setup.clone());
    Callback::from(move |row: u32| {
        work.on_form.emit(FormAction::KeyUsed);
        work.send.emit(ToWorker::CountTokens { setup: setup.clone(), key: key(&work.form.endpoints.first), row });
    })
}

fn importing(work: &Work) -> Callback<File> {
    let work = work.clone();
    Callback::from(move |file: File| {
        let id_column = work.form.id_column.clone();
        work.send_file.emit((ToWorker::ImportCheckpoint { name: file.name(), into_run: false, id_column }, file));
    })
}

fn checking(work: &Work, setup: &Setup, tested: &UseStateHandle<Vec<Tested>>) -> Callback<()> {
    let (work, setup, tested) = (work.clone(), setup.clone(), tested.clone());
    Callback::from(move |()| {
        work.on_desk.emit(DeskAction::Dismiss(Place::Provider));
        work.on_form.emit(FormAction::KeyUsed);
        tested.set(Tested::now(&work.form));
        work.send.emit(ToWorker::CheckConnection { setup: setup.clone(), keys: keys(&work.form) });
    })
}

fn asking_prices(work: &Work) -> Callback<()> {
    let work = work.clone();
    Callback::from(move |()| {
        work.send.emit(ToWorker::RouterPrices { base_url: work.form.text(Field::BaseUrl).to_string() });
    })
}

/// Each lane's key, in the lanes' order.
pub fn keys(form: &Form) -> Vec<Option<Secret>> {
    form.endpoints.iter().map(key).collect()
}

/// The key as it was entered; a preset that takes none gets none.
fn key(endpoint: &Endpoint) -> Option<Secret> {
    let text = endpoint.text(Field::ApiKey);
    let given = endpoint.provider.preset().auth != Auth::None && !text.trim().is_empty();
    given.then(|| Secret::new(&text))
}
