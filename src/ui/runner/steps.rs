//! The four steps, with the estimate beside them.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::File;
use yew::prelude::*;

use crate::link::{BadLines, Place, Provider, Secret, Setup, ToWorker};
use crate::provider::Auth;
use crate::ui::parts::{Disclosure, slug};
use crate::ui::runner::checkpoint_import::CheckpointImport;
use crate::ui::runner::connection_note::{Tested, still_true};
use crate::ui::runner::data_step::DataStep;
use crate::ui::runner::demo_fields::DemoFields;
use crate::ui::runner::estimate_panel::EstimatePanel;
use crate::ui::runner::form_field::{StepProps, lane_label};
use crate::ui::runner::lane_fields::MoreLanes;
use crate::ui::runner::limits_step::LimitsStep;
use crate::ui::runner::near_duplicates::NearDuplicatesNote;
use crate::ui::runner::parse::{FieldProblem, LaneProblem, faults, parse, prompts_and_endpoints};
use crate::ui::runner::pause_note::focus;
use crate::ui::runner::prompt_step::PromptStep;
use crate::ui::runner::provider_step::ProviderStep;
use crate::ui::runner::trial_panel::TrialPanel;
use crate::ui::runner::{DeskAction, Field, Form, FormAction};
use crate::ui::store::Work;

/// The preview and the estimate follow the last key stroke after this long.
const ASK_MS: u32 = 250;

/// What was given last, so that it can be read again with its bad lines skipped.
#[derive(Clone)]
enum Source {
    File(File),
    Text(AttrValue),
}

#[derive(Properties, PartialEq)]
pub struct StepsProps {
    pub work: Work,
}

#[component]
pub fn Steps(props: &StepsProps) -> Html {
    let Work { desk, form, .. } = &props.work;
    let tried = use_state(|| false);
    let row = use_state(|| 0_u32);
    let source = use_mut_ref(|| None::<Source>);
    let tested = use_state(Vec::<Tested>::new);

    {
        // A run that was just left may be unfinished, and then belongs into the banner.
        let (send, known) = (props.work.send.clone(), desk.storage.is_some());
        use_effect_with((), move |()| {
            if known {
                send.emit(ToWorker::ListRuns);
            }
        });
    }

    let template = desk.preview.as_ref().and_then(|(_, result)| result.as_ref().err());
    let (read, endpoints) = (parse(form), prompts_and_endpoints(form));
    let faults = faults(form, desk.data.as_deref(), template);
    let row_shown = (*row).min(desk.data.as_ref().map_or(0, |data| data.rows.saturating_sub(1)));
    use_questions(&props.work, &endpoints, read.as_ref().ok(), row_shown);

    let own = faults.iter().filter(|(lane, _)| *lane == 0).map(|(_, problem)| problem);
    let shown: Vec<FieldProblem> = own.filter(|(field, _)| *tried || is_typed(form, *field)).cloned().collect();
    let error = |field: Field| {
        let problem = shown.iter().find(|(at, _)| *at == field);
        problem.map(|(_, message)| AttrValue::from(message.clone()))
    };
    let refused = |place: Place| desk.problem(place).map(|message| AttrValue::from(message.to_owned()));
    let data_error = error(Field::DataFile).or_else(|| refused(Place::Data));
    let step = StepProps {
        form: form.clone(),
        problems: Rc::new(shown.clone()),
        on_form: props.work.on_form.clone(),
        lane: 0,
    };
    let giving = Giving::new(&props.work, &source);
    let on_row = {
        let row = row.clone();
        Callback::from(move |to: u32| row.set(to))
    };
    let first = faults.first().map(|(lane, (field, _))| slug(&lane_label(*field, *lane)));
    let start = Start { work: props.work.clone(), tried: tried.clone(), ready: ready(&read, first) };
    let refused_start = [Place::Run, Place::Prompt, Place::Limits, Place::Storage].into_iter().find_map(refused);
    let checked = still_true(&desk.checked, &tested, &endpoints, form);
    let demo = std::iter::once(&**form).chain(&form.lanes).any(|lane| lane.provider == Provider::Demo);
    html! {
        <div class="steps">
            <div class="steps__list">
                <DataStep data={desk.data.clone()} reading={desk.reading.clone().map(AttrValue::from)}
                    refused={desk.data_problem.clone()} error={data_error}
                    id_column={form.id_column.clone().map(AttrValue::from)} on_file={giving.file} on_text={giving.text}
                    on_sample={giving.sample} on_skip_bad_lines={giving.again}
                    on_id_column={props.work.on_form.reform(FormAction::IdColumn)}>
                    if let Some(Ok(estimate)) = &desk.estimate {
                        <NearDuplicatesNote near={estimate.near.clone()} folded={form.fold_near_duplicates}
                            on_fold={props.work.on_form.reform(FormAction::FoldNearDuplicates)} />
                    }
                    <Disclosure label="Go on from a checkpoint">
                        <CheckpointImport importing={desk.importing} seen={desk.checkpoint.clone()}
                            on_file={importing(&props.work)}
                            on_forget={props.work.send.reform(|()| ToWorker::ForgetCheckpoint)} />
                    </Disclosure>
                </DataStep>
                <PromptStep step={step.clone()} data={desk.data.clone()} preview={desk.preview.clone()} row={row_shown}
                    {on_row} counting={desk.counting} counted={desk.counted.clone()}
                    on_count={counting(&props.work, &endpoints)} />
                <ProviderStep step={step.clone()} checking={desk.checking} checked={checked.clone()}
                    refused={refused(Place::Provider)} on_check={checking(&props.work, &endpoints, &tested)}>
                    if demo {
                        <DemoFields step={step.clone()} />
                    }
                    <MoreLanes form={form.clone()} tried={*tried} problems={Rc::new(faults.clone())} {checked}
                        on_form={props.work.on_form.clone()} />
                </ProviderStep>
                <LimitsStep {step} />
                <TrialPanel provider={form.provider} has_data={desk.data.is_some()} trying={desk.trying}
                    trial={desk.trial.clone()} on_try={start.trying()}
                    on_cap={props.work.on_form.reform(|cap: u32| {
                        FormAction::Typed(Field::MaxOutputTokens, cap.to_string().into())
                    })}
                    on_model={props.work.on_form.reform(|model| FormAction::Typed(Field::Model, model))} />
            </div>
            <aside class="steps__aside">
                <EstimatePanel has_data={desk.data.is_some()} reading={desk.reading.is_some()} estimating={desk.estimating}
                    estimate={desk.estimate.clone()} unread={unread(read.as_ref().err())}
                    budget={read.as_ref().ok().and_then(|setup| setup.budget)}
                    reasks={read.as_ref().map_or(0, |setup| setup.reasks)}
                    problems={if *tried { faults.len() } else { 0 }} refused={refused_start} starting={desk.opening} trying={desk.trying}
                    on_start={start.starting()} />
            </aside>
        </div>
    }
}

/// An empty field is only a fault once the person wants to start; a wrong one is at once.
fn is_typed(form: &Form, field: Field) -> bool {
    field != Field::DataFile && !form.text(field).trim().is_empty()
}

/// The names of the fields that can't be read.
fn unread(problems: Option<&Vec<LaneProblem>>) -> AttrValue {
    let names = problems.into_iter().flatten().map(|(lane, (field, _))| lane_label(*field, *lane).to_string());
    names.collect::<Vec<_>>().join(", ").into()
}

/// Asks for the preview whenever the data or the prompts have changed, and for the estimate where all can be read.
#[hook]
fn use_questions(work: &Work, endpoints: &Setup, read: Option<&Setup>, row: u32) {
    let data = work.desk.data.clone();
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
    use_effect_with((data, read.cloned(), work.desk.checkpoint.clone()), move |(data, read, _)| {
        let setup = read.clone().filter(|_| data.is_some());
        let timer = setup.map(|setup| Timeout::new(ASK_MS, move || send.emit(ToWorker::Estimate { setup })));
        move || drop(timer)
    });
}

/// The ways to give data.
struct Giving {
    file: Callback<File>,
    text: Callback<AttrValue>,
    sample: Callback<()>,
    again: Callback<()>,
}

impl Giving {
    fn new(work: &Work, source: &Rc<RefCell<Option<Source>>>) -> Giving {
        let take = |bad_lines: BadLines| {
            let (work, source) = (work.clone(), source.clone());
            move |fresh: Option<Source>| {
                let Some(chosen) = fresh.or_else(|| source.borrow().clone()) else { return };
                work.on_form.emit(FormAction::Sample(false));
                match &chosen {
                    Source::File(file) => {
                        work.send_file.emit((ToWorker::OpenFile { name: file.name(), bad_lines }, file.clone()));
                    }
                    Source::Text(text) => work.send.emit(ToWorker::OpenText {
                        name: "Pasted text".to_owned(),
                        text: text.to_string(),
                        bad_lines,
                    }),
                }
                *source.borrow_mut() = Some(chosen);
            }
        };
        let (by_file, by_text) = (take(BadLines::Refuse), take(BadLines::Refuse));
        let again = take(BadLines::Skip);
        let sample = {
            let work = work.clone();
            Callback::from(move |()| {
                work.on_form.emit(FormAction::Sample(true));
                work.send.emit(ToWorker::OpenSample);
            })
        };
        Giving {
            file: Callback::from(move |file: File| by_file(Some(Source::File(file)))),
            text: Callback::from(move |text: AttrValue| by_text(Some(Source::Text(text)))),
            sample,
            again: Callback::from(move |()| again(None)),
        }
    }
}

/// The setup to start with, or the element of the topmost field that is wrong.
fn ready(read: &Result<Setup, Vec<LaneProblem>>, first: Option<String>) -> Result<Setup, String> {
    match (read, first) {
        (Ok(setup), None) => Ok(setup.clone()),
        (_, first) => Err(first.unwrap_or_default()),
    }
}

/// What a start and a trial need alike.
struct Start {
    work: Work,
    tried: UseStateHandle<bool>,
    ready: Result<Setup, String>,
}

impl Start {
    fn starting(&self) -> Callback<()> {
        let work = self.work.clone();
        self.when_ready(move |setup, ()| {
            work.send.emit(ToWorker::Start { setup, keys: keys(&work.form) });
        })
    }

    fn trying(&self) -> Callback<Vec<String>> {
        let work = self.work.clone();
        self.when_ready(move |setup, more_models| {
            work.send.emit(ToWorker::Try { setup, key: key(&work.form), more_models });
        })
    }

    /// Goes to the topmost fault instead, where there is one.
    fn when_ready<T: 'static>(&self, act: impl Fn(Setup, T) + 'static) -> Callback<T> {
        let (on_form, tried, ready) = (self.work.on_form.clone(), self.tried.clone(), self.ready.clone());
        Callback::from(move |asked: T| {
            tried.set(ready.is_err());
            match &ready {
                Err(fault) => focus(fault),
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
        work.send.emit(ToWorker::CountTokens { setup: setup.clone(), key: key(&work.form), row });
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

/// Each lane's key, in the lanes' order.
pub fn keys(form: &Form) -> Vec<Option<Secret>> {
    std::iter::once(form).chain(&form.lanes).map(key).collect()
}

/// The key as it was entered; a preset that takes none gets none.
fn key(form: &Form) -> Option<Secret> {
    let text = form.text(Field::ApiKey);
    let given = form.provider.preset().auth != Auth::None && !text.trim().is_empty();
    given.then(|| Secret::new(&text))
}
