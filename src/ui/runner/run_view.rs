//! The open run: how it goes, what it waits for, and its results.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::batch::BatchAsk;
use crate::link::{Command, CsvStyle, ExportKind, Place, Provider, RunState, Secret, ToWorker};
use crate::time::Time;
use crate::ui::parts::{Button, ButtonKind, Notice, ProgressBar, Tone};
use crate::ui::runner::batch_files::BatchFiles;
use crate::ui::runner::batch_panel::BatchPanel;
use crate::ui::runner::checkpoint_import::CheckpointImport;
use crate::ui::runner::demo_fields::DemoFields;
use crate::ui::runner::desk::OpenRun;
use crate::ui::runner::export_bar::ExportBar;
use crate::ui::runner::figures::Figures;
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::lane_list::LaneList;
use crate::ui::runner::parse::parse_demo;
use crate::ui::runner::pause_note::{GoOn, PauseNote, asks, focus, pause_reason, refocus};
use crate::ui::runner::result_detail::ResultDetailDialog;
use crate::ui::runner::results::{Results, RowsAsked};
use crate::ui::runner::run_limits::{NewLimits, RunLimits};
use crate::ui::runner::run_plot::RunPlot;
use crate::ui::runner::run_status::RunStatus;
use crate::ui::runner::words::{carried_out, rows, under_way, without_usage_words};
use crate::ui::runner::{Confirm, DeskAction, FormAction};
use crate::ui::store::Work;

#[derive(Properties, PartialEq)]
pub struct RunViewProps {
    pub work: Work,
    pub open: OpenRun,
    pub now: Callback<(), Time>,
}

#[component]
pub fn RunView(props: &RunViewProps) -> Html {
    let (work, open) = (&props.work, &props.open);
    let progress = &open.progress;
    use_going_on(work, open);
    use_effect_with((), |()| {
        focus(RUN_TITLE);
        gloo_utils::window().scroll_to_with_x_and_y(0.0, 0.0);
    });
    let send = &work.send;
    let command = |command: Command| send.reform(move |()| ToWorker::Run(command.clone()));
    let went_on = use_mut_ref(|| false);
    let on_go_on = {
        let (went_on, go_on) = (went_on.clone(), going_on(work));
        Callback::from(move |asked: GoOn| {
            *went_on.borrow_mut() = true;
            go_on.emit(asked);
        })
    };
    use_effect_with(under_way(&progress.state), move |under_way| {
        // The question had the focus, and is gone once it is answered.
        if *under_way && went_on.take() {
            refocus(CONTROLS);
        }
    });
    let on_export = send.reform(|(what, style): (ExportKind, CsvStyle)| ToWorker::Export { what, style });
    let on_rows = send.reform(|asked: RowsAsked| {
        let RowsAsked { first, count, filter, search } = asked;
        ToWorker::Rows { first, count, filter, search }
    });
    let on_apply = {
        let send = send.clone();
        Callback::from(move |NewLimits { lanes, budget }| {
            for (lane, limits) in lanes.into_iter().enumerate() {
                send.emit(ToWorker::Run(Command::SetLimits { lane: lane as u8, limits }));
            }
            send.emit(ToWorker::Run(Command::SetBudget(budget)));
        })
    };
    let has_demo = (0..open.setup.lanes()).any(|lane| open.setup.of_lane(lane).provider == Provider::Demo);
    // A button that goes once it is pressed leaves the focus to those beside it.
    let and_leave = |press: Callback<()>| {
        Callback::from(move |()| {
            focus(CONTROLS);
            press.emit(());
        })
    };
    let paused = pause_reason(&progress.state);
    // Several lanes take their keys each for itself.
    let single = open.setup.more_lanes.is_empty();
    let needs_key = single && open.needs_key();
    // One place for both, so that the focus stays where it is when one becomes the other.
    let pause_or_resume = match &progress.state {
        RunState::Running => html! { <Button on_press={command(Command::Pause)}>{ "Pause" }</Button> },
        RunState::Paused(reason) if !asks(reason, progress, needs_key, single) => html! {
            <Button kind={ButtonKind::Primary} on_press={command(Command::Resume)}>{ "Resume" }</Button>
        },
        RunState::Finished if progress.canceled > 0 => html! {
            <Button title="Goes on with the canceled rows" on_press={command(Command::Resume)}>{ "Resume" }</Button>
        },
        _ => Html::default(),
    };
    let refused = |place: Place| work.desk.problem(place).map(|message| AttrValue::from(message.to_owned()));
    let done = carried_out(progress);
    let done_words = format!("{done} of {}", rows(progress.total.into()));
    html! {
        <div class="run">
            <Head open={open.clone()} on_leave={work.on_desk.reform(|()| DeskAction::LeaveRun)}
                on_delete={deleting(work, open)} />
            <section class="panel run__panel" aria-label="Run">
                <RunStatus progress={progress.clone()} now={props.now.clone()} />
                <ProgressBar label="Run progress" {done} total={progress.total} text={done_words} />
                <div class="row" id={CONTROLS} tabindex="-1">
                    { pause_or_resume }
                    if paused.is_some() || progress.state == RunState::Running {
                        <Button kind={ButtonKind::Danger} title="Ends the run: rows not begun are canceled"
                            on_press={and_leave(command(Command::Stop))}>{ "Stop" }</Button>
                    }
                    if progress.errored > 0 && !under_way(&progress.state) {
                        <Button title="Sends the failed rows again" on_press={and_leave(retrying(work))}>{ "Retry failed" }</Button>
                    }
                </div>
                <LaneList open={open.clone()} now={props.now.emit(())} send={send.clone()} />
                if let Some(reason) = paused {
                    <PauseNote reason={reason.clone()} progress={progress.clone()} {needs_key} {single} {on_go_on} />
                }
                if let Some(refused) = [Place::Run, Place::Storage, Place::Provider, Place::Limits].into_iter().find_map(refused) {
                    <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
                }
                if let Some(words) = without_usage_words(progress) {
                    <Notice tone={Tone::Warning}><p>{ words }</p></Notice>
                }
                <Figures progress={progress.clone()} />
                <RunPlot progress={progress.clone()} now={props.now.emit(())} />
                if has_demo && changeable(&progress.state) {
                    <DemoFields step={demo_step(work)} />
                }
                if changeable(&progress.state) {
                    <RunLimits form={work.form.clone()} on_form={work.on_form.clone()} {on_apply} />
                }
            </section>
            if crate::ui::runner::batch_panel::is_of_use(progress) {
                <BatchPanel open={open.clone()} quote={work.desk.batch_quote.clone()} needs_key={open.needs_key()}
                    send={send.clone()} />
            }
            <BatchFiles written={work.desk.request_files.clone()} imported={work.desk.results_read.clone()}
                reading={work.desk.results_reading > 0} send={send.clone()} on_file={importing_results(work)} />
            <ExportBar finished={progress.state == RunState::Finished} exporting={work.desk.exporting} exported={work.desk.exported.clone()}
                refused={refused(Place::Results)} {on_export} />
            <crate::ui::parts::Disclosure label="Go on from a checkpoint">
                <CheckpointImport importing={work.desk.importing} seen={work.desk.checkpoint.clone()}
                    on_file={importing(work)} />
            </crate::ui::parts::Disclosure>
            <Results seen={work.desk.rows.clone()} marks={open.breakdown.marks} revision={u64::from(progress.done) + progress.attempts}
                settled={!under_way(&progress.state)} {on_rows}
                on_detail={send.reform(|item: u32| ToWorker::Detail { item })} />
            if let Some(detail) = &work.desk.detail {
                <ResultDetailDialog detail={detail.clone()}
                    on_close={work.on_desk.reform(|()| DeskAction::CloseDetail)} />
            }
        </div>
    }
}

/// Where the focus goes when a run takes the place of the steps, whose button had it.
const RUN_TITLE: &str = "run-title";

const CONTROLS: &str = "run-controls";

/// While the budget question is open, its own field is the one to fill in.
fn changeable(state: &RunState) -> bool {
    match state {
        RunState::Running => true,
        RunState::Paused(reason) => !matches!(reason, crate::link::PauseReason::Budget { .. }),
        RunState::Stopping | RunState::Finished => false,
    }
}

/// `Resume run` goes on by itself where nothing has to be asked first.
#[hook]
fn use_going_on(work: &Work, open: &OpenRun) {
    let asks = match pause_reason(&open.progress.state) {
        Some(reason) => open.needs_key() || asks(reason, &open.progress, false, open.setup.more_lanes.is_empty()),
        None => true,
    };
    let (send, on_desk) = (work.send.clone(), work.on_desk.clone());
    use_effect_with((work.desk.goes_on, asks), move |(goes_on, asks)| {
        if *goes_on {
            on_desk.emit(DeskAction::WentOn);
            if !asks {
                send.emit(ToWorker::Run(Command::Resume));
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
struct HeadProps {
    open: OpenRun,
    on_leave: Callback<()>,
    on_delete: Callback<()>,
}

/// What is being run, and the two ways to leave it.
#[component]
fn Head(props: &HeadProps) -> Html {
    let asked = use_state(|| false);
    let open = &props.open;
    let ask = |on: bool| {
        let asked = asked.clone();
        Callback::from(move |()| asked.set(on))
    };
    let on_answer = {
        let (asked, on_delete) = (asked.clone(), props.on_delete.clone());
        Callback::from(move |yes: bool| {
            asked.set(false);
            if yes {
                on_delete.emit(());
            }
        })
    };
    let provider = match open.setup.provider {
        Provider::Demo => "Demo",
        _ => open.setup.base_url.as_str(),
    };
    html! {
        <div class="run__head">
            <div>
                <h2 class="run__name" id={RUN_TITLE} tabindex="-1">{ &open.data.name }</h2>
                <p class="soft small">
                    { format!("{} · {} · {provider}", rows(open.data.rows.into()), open.setup.model) }
                </p>
            </div>
            if !under_way(&open.progress.state) {
                <div class="row">
                    <Button title="Back to the four steps; this run stays under Runs" on_press={props.on_leave.clone()}>
                        { "New run" }
                    </Button>
                    <Button kind={ButtonKind::Danger} on_press={ask(true)}>{ "Delete run" }</Button>
                </div>
            }
            { for open.notes.iter().map(|note| html! { <Notice tone={Tone::Info}><p>{ note }</p></Notice> }) }
            <Details open={Rc::new(open.clone())} />
            if *asked {
                <Confirm question="Delete this run?" yes="Delete for good" no="Keep it" {on_answer}
                    consequence="Its rows, answers and ledger are removed from this browser and can't be brought back; the cache \
                    keeps answers until it is cleared under Runs. Your data file and what you exported are untouched." />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    open: Rc<OpenRun>,
}

/// What was asked, to be read again beside the answers.
#[component]
fn Details(props: &DetailsProps) -> Html {
    let setup = &props.open.setup;
    html! {
        <crate::ui::parts::Disclosure label="What is asked">
            <div class="preview">
                if !setup.system.is_empty() {
                    <p class="preview__role">{ "System" }</p>
                    <p class="preview__text">{ &setup.system }</p>
                }
                <p class="preview__role">{ "User" }</p>
                <p class="preview__text"><code>{ &setup.user }</code></p>
            </div>
        </crate::ui::parts::Disclosure>
    }
}
