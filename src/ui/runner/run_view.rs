//! The open run: how it goes, what it waits for, its results, and what else can be done with it.
//!
//! Status, figures and buttons come first and the results right below; everything else is folded.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::batch::BatchAsk;
use crate::link::{
    AnswerFormat, Command, CsvStyle, Doubtful, ExportKind, LaneState, Place, Progress, Provider, RowFilter, RunState,
    Secret, ToWorker,
};
use crate::money::Usd;
use crate::time::Time;
use crate::ui::hooks::use_throttled;
use crate::ui::parts::{Disclosure, Notice, ProgressBar, Tone};
use crate::ui::runner::answers_panel::AnswersPanel;
use crate::ui::runner::batch_files::BatchFiles;
use crate::ui::runner::batch_panel::{BatchHandOver, BatchPanel, has_open_rows};
use crate::ui::runner::checkpoint_import::CheckpointImport;
use crate::ui::runner::comparison::Comparison;
use crate::ui::runner::demo_fields::DemoFields;
use crate::ui::runner::export_bar::ExportBar;
use crate::ui::runner::figures::{Figures, OtherFigures};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::lane_list::LaneList;
use crate::ui::runner::parse::parse_demo;
use crate::ui::runner::pause_note::{GoOn, PauseNote, asks, focus, needs_no_note, pause_reason, refocus};
use crate::ui::runner::result_detail::ResultDetailDialog;
use crate::ui::runner::results::{RESULTS, Results, RowsAsked};
use crate::ui::runner::run_controls::RunControls;
use crate::ui::runner::run_delete::DeleteRun;
use crate::ui::runner::run_head::{RUN_TITLE, RunHead};
use crate::ui::runner::run_limits::{NewLimits, RunLimits};
use crate::ui::runner::run_plot::RunPlot;
use crate::ui::runner::run_status::{RUN_STATE, RunStatus};
use crate::ui::runner::tell_me::TellMe;
use crate::ui::runner::words::{carried_out, is_handed_over, rows, without_usage_words};
use crate::ui::store::{DeskAction, FormAction, OpenRun, Work, under_way};

/// What is on screen changes this often at most: status and figures together, so that they never disagree.
const SEEN_MS: u32 = 500;

#[derive(Clone, Properties, PartialEq)]
pub struct RunViewProps {
    pub work: Work,
    pub open: OpenRun,
    pub now: Callback<(), Time>,
}

#[component]
pub fn RunView(props: &RunViewProps) -> Html {
    let work = &props.work;
    let providers = props.open.setup.providers();
    let made_up = providers.contains(&Provider::Demo);
    let only_demo = providers.iter().all(|provider| *provider == Provider::Demo);
    let latest = &props.open.progress;
    let seen = use_throttled(latest.clone(), latest.state.clone(), SEEN_MS);
    let open = OpenRun { progress: if only_demo { unbilled(&seen) } else { seen }, ..props.open.clone() };
    let progress = &open.progress;
    let filter = use_state(|| None::<RowFilter>);
    use_effect_with(progress.state.clone(), |_| refocus(RUN_STATE));
    use_effect_with((), |()| {
        focus(RUN_TITLE);
        gloo_utils::window().scroll_to_with_x_and_y(0.0, 0.0);
    });

    let send = &work.send;
    let on_resume = resuming(work, only_demo && latest.cut_off > 0);
    use_going_on(work, &open, on_resume.clone());
    let on_command = send.reform(ToWorker::Run);
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |chosen: Option<RowFilter>| filter.set(chosen))
    };
    let on_show = on_filter.reform(|rows: RowFilter| {
        focus(RESULTS);
        Some(rows)
    });
    let on_export = send.reform(|(what, style): (ExportKind, CsvStyle)| ToWorker::Export { what, style });
    let on_rows = send.reform(|asked: RowsAsked| {
        let RowsAsked { first, count, filter, search } = asked;
        ToWorker::Rows { first, count, filter, search }
    });
    let paused = pause_reason(&progress.state);
    // Several lanes take their keys each for itself.
    let single = open.setup.more_lanes.is_empty();
    let needs_key = single && open.needs_key();
    let asks = paused.is_some_and(|reason| asks(reason, progress, needs_key, single));
    let note = paused.filter(|reason| asks || !needs_no_note(reason));
    let refused = |place: Place| work.desk.problem(place).map(|message| AttrValue::from(message.to_owned()));
    let done = carried_out(progress);
    let done_words = format!("{done} of {}", rows(progress.total.into()));
    let now = props.now.emit(());
    let changeable = changeable(&progress.state);
    let stored = work.desk.history.storage.as_ref().is_none_or(|facts| facts.opfs || facts.indexed_db);
    let compared = open.setup.candidates().is_some();
    html! {
        <div class="run">
            <RunHead open={open.clone()} {made_up} on_leave={work.on_desk.reform(|()| DeskAction::LeaveRun)} />
            <section class="panel run__panel" aria-label="Run">
                <div class="run__state">
                    <RunStatus progress={progress.clone()} {now} />
                    <RunControls progress={progress.clone()} {asks} {on_command} {on_resume} on_retry={retrying(work)}
                        marks={open.breakdown.marks} on_ask_again={send.reform(|()| ToWorker::AskAgain)} on_show={on_show.clone()} />
                </div>
                <Figures progress={progress.clone()} />
                <ProgressBar label="Run progress" {done} total={progress.total} text={done_words} />
                if progress.state != RunState::Finished {
                    <TellMe on_rest={open.on_rest.clone()} on_want={work.on_desk.reform(DeskAction::OnRest)} now={props.now.clone()} />
                }
                if !compared || lanes_want_attention(&open) {
                    <LaneList open={open.clone()} {now} send={send.clone()} />
                }
                if let Some(reason) = note {
                    <PauseNote reason={reason.clone()} progress={progress.clone()} {needs_key} {single} {stored} on_go_on={going_on(work)} />
                }
                if let Some(refused) = [Place::Run, Place::Storage, Place::Provider, Place::Limits].into_iter().find_map(refused) {
                    <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
                }
                if let Some(words) = without_usage_words(progress) {
                    <Notice tone={Tone::Warning}><p>{ words }</p></Notice>
                }
                <BatchPanel progress={progress.clone()} send={send.clone()} />
            </section>
            if compared {
                <Comparison setup={open.setup.clone()} answers={open.answers.clone()} at_rest={!under_way(&latest.state)}
                    on_show={on_show.clone()} on_choose={send.reform(|lane: usize| ToWorker::RunRest { lane: lane as u8 })} />
            } else {
                <AnswersPanel answers={open.answers.clone()} formed={open.setup.answer_format != AnswerFormat::Text} filter={*filter} on_show={on_show.clone()}
                    at_rest={!under_way(&latest.state)} on_examples={send.reform(|()| ToWorker::Examples)} />
            }
            <Results setup={open.setup.clone()} answers={open.answers.clone()} seen={open.rows.clone()} marks={open.breakdown.marks} {done} total={progress.total} {made_up}
                filter={*filter} {on_filter} revision={u64::from(latest.done) + latest.attempts}
                settled={!under_way(&latest.state)} {on_rows}
                on_detail={send.reform(|item: u32| ToWorker::Detail { item })}
                on_again={send.reform(|filter: RowFilter| ToWorker::ChooseRows { filter })} />
            <ExportBar finished={progress.state == RunState::Finished} export={open.files.export.clone()}
                refused={refused(Place::Results)} {on_export} />
            <div class="run__folded">
                <Disclosure id="run-details" label="Details">
                    <div class="stack">
                        <OtherFigures progress={progress.clone()} />
                        <RunPlot progress={progress.clone()} {now} />
                        <Prompt open={open.clone()} />
                    </div>
                </Disclosure>
                <Disclosure id="run-more" label="More">
                    <div class="run__more">
                        if changeable {
                            <RunLimits form={work.form.clone()} on_form={work.on_form.clone()} on_apply={applying(work)} />
                        }
                        if made_up && changeable {
                            <DemoFields step={demo_step(work)} />
                        }
                        if !compared && !is_handed_over(progress) && has_open_rows(progress) {
                            <BatchHandOver open={open.clone()} quote={open.files.quote.clone()}
                                needs_key={open.needs_key()} send={send.clone()} />
                        }
                        if !compared {
                            <BatchFiles provider={open.setup.provider} written={open.files.requests.clone()} imported={open.files.results.clone()}
                                reading={open.files.results_reading > 0} send={send.clone()} on_file={importing_results(work)} />
                            <CheckpointImport checkpoint={open.files.checkpoint.clone()} on_file={importing(work)} />
                        }
                        if !under_way(&progress.state) {
                            <DeleteRun on_delete={deleting(work, &open)} />
                        }
                    </div>
                </Disclosure>
            </div>
            if let Some(detail) = &open.detail {
                <ResultDetailDialog detail={detail.clone()} on_correct={correcting(work)}
                    on_close={work.on_desk.reform(|()| DeskAction::CloseDetail)} />
            }
        </div>
    }
}

/// The Demo bills nothing, so there is nothing to ask or to say about bills.
fn unbilled(progress: &Progress) -> Rc<Progress> {
    let nothing =
        Progress { doubtful: Usd::ZERO, doubtful_attempts: 0, doubtful_answers: 0, cut_off: 0, ..progress.clone() };
    Rc::new(nothing)
}

/// While the budget question is open, its own field is the one to fill in.
fn changeable(state: &RunState) -> bool {
    match state {
        RunState::Running => true,
        RunState::Paused(reason) => !matches!(reason, crate::link::PauseReason::Budget { .. }),
        RunState::Stopping | RunState::Finished => false,
    }
}

/// `unasked`: calls were cut off that can't have been billed.
fn resuming(work: &Work, unasked: bool) -> Callback<()> {
    let send = work.send.clone();
    Callback::from(move |()| {
        if unasked {
            send.emit(ToWorker::Run(Command::Doubtful(Doubtful::CountAsNotBilled)));
        }
        send.emit(ToWorker::Run(Command::Resume));
    })
}

/// `Resume run` resumes at once where nothing has to be asked first.
#[hook]
fn use_going_on(work: &Work, open: &OpenRun, on_resume: Callback<()>) {
    let asks = match pause_reason(&open.progress.state) {
        Some(reason) => open.needs_key() || asks(reason, &open.progress, false, open.setup.more_lanes.is_empty()),
        None => true,
    };
    let on_desk = work.on_desk.clone();
    use_effect_with((work.desk.opening.goes_on, asks), move |(goes_on, asks)| {
        if *goes_on {
            on_desk.emit(DeskAction::WentOn);
            if !asks {
                on_resume.emit(());
            }
        }
    });
}

fn going_on(work: &Work) -> Callback<GoOn> {
    let send = work.send.clone();
    Callback::from(move |go_on: GoOn| {
        match go_on {
            GoOn::RaiseBudget(budget) => send.emit(ToWorker::Run(Command::SetBudget(Some(budget)))),
            GoOn::Resume { key, doubtful } => {
                if let Some(key) = key {
                    send.emit(ToWorker::SetKey { lane: 0, key: Some(Secret::new(&key)) });
                }
                if let Some(choice) = doubtful {
                    send.emit(ToWorker::Run(Command::Doubtful(choice)));
                }
            }
        }
        send.emit(ToWorker::Run(Command::Resume));
    })
}

fn applying(work: &Work) -> Callback<NewLimits> {
    let send = work.send.clone();
    Callback::from(move |NewLimits { lanes, budget }| {
        for (lane, limits) in lanes.into_iter().enumerate() {
            send.emit(ToWorker::Run(Command::SetLimits { lane: lane as u8, limits }));
        }
        send.emit(ToWorker::Run(Command::SetBudget(budget)));
    })
}

fn importing(work: &Work) -> Callback<web_sys::File> {
    work.send_file.reform(|file: web_sys::File| {
        (ToWorker::ImportCheckpoint { name: file.name(), into_run: true, id_column: None }, file)
    })
}

fn importing_results(work: &Work) -> Callback<web_sys::File> {
    work.send_file.reform(|file: web_sys::File| (ToWorker::Batch(BatchAsk::ImportResults { name: file.name() }), file))
}

fn retrying(work: &Work) -> Callback<()> {
    let send = work.send.clone();
    Callback::from(move |()| {
        send.emit(ToWorker::Run(Command::RetryFailed));
        send.emit(ToWorker::Run(Command::Resume));
    })
}

/// The comparison tells the rest of each candidate.
fn lanes_want_attention(open: &OpenRun) -> bool {
    let stopped = open.progress.lanes.iter().any(|lane| matches!(lane.state, LaneState::Stopped(_)));
    stopped || open.needs_keys.iter().any(|needs| *needs)
}

/// The row is read again with what was set.
fn correcting(work: &Work) -> Callback<(u32, Option<String>)> {
    let send = work.send.clone();
    Callback::from(move |(item, text): (u32, Option<String>)| {
        send.emit(ToWorker::Correct { item, text });
        send.emit(ToWorker::Detail { item });
    })
}

fn deleting(work: &Work, open: &OpenRun) -> Callback<()> {
    let run = open.run.clone();
    work.send.reform(move |()| ToWorker::DeleteRun { run: run.clone() })
}

/// The Demo's settings take effect in the run as soon as they can be read.
fn demo_step(work: &Work) -> StepProps {
    let problems = parse_demo(&work.form).err().unwrap_or_default();
    let (form, send, on_form) = (work.form.clone(), work.send.clone(), work.on_form.clone());
    let on_form = Callback::from(move |action: FormAction| {
        if let Ok(demo) = parse_demo(&form.after(&action)) {
            send.emit(ToWorker::SetDemo(demo));
        }
        on_form.emit(action);
    });
    StepProps { form: work.form.clone(), problems: Rc::new(problems), on_form, lane: 0 }
}

#[derive(Properties, PartialEq)]
struct PromptProps {
    open: OpenRun,
}

/// What every row was sent with.
#[component]
fn Prompt(props: &PromptProps) -> Html {
    let setup = &props.open.setup;
    html! {
        <div class="preview">
            if !setup.system.is_empty() {
                <p class="preview__role">{ "System prompt" }</p>
                <p class="preview__text">{ &setup.system }</p>
            }
            <p class="preview__role">{ "User prompt" }</p>
            <p class="preview__text"><code>{ &setup.user }</code></p>
        </div>
    }
}
