//! The provider's Batch API: handing the open rows over, the jobs, and taking them back.

use yew::prelude::*;

use crate::link::batch::{BatchAsk, BatchProgress, BatchQuote, REQUESTS_MAX, ShardProgress, Stage, by_file_only};
use crate::link::{Command, Progress, RunState, ToWorker};
use crate::money::grouped;
use crate::number::{Range, Unit};
use crate::time::in_words;
use crate::ui::parts::{Button, ButtonKind, Disclosure, TextField, TextKind};
use crate::ui::runner::desk::OpenRun;
use crate::ui::runner::pause_note::refocus;
use crate::ui::runner::words::{counted, is_handed_over, money};

const PANEL: &str = "batch-panel";
const PER_JOB: Range = Range { unit: Unit::None, decimals: 0, min: 1, max: REQUESTS_MAX as u64, optional: false };
const QUEUE: Range = Range { unit: Unit::Tokens, decimals: 0, min: 1, max: 1_000_000_000_000, optional: true };

#[derive(Properties, PartialEq)]
pub struct BatchPanelProps {
    pub open: OpenRun,
    pub quote: Option<BatchQuote>,
    pub needs_key: bool,
    pub send: Callback<ToWorker>,
}

#[component]
pub fn BatchPanel(props: &BatchPanelProps) -> Html {
    let progress = &props.open.progress;
    let batch = progress.batch.as_ref();
    let live = is_handed_over(progress);
    // The button that was pressed goes with its part of the panel.
    let pressed = use_mut_ref(|| false);
    let send = {
        let (pressed, send) = (pressed.clone(), props.send.clone());
        Callback::from(move |message: ToWorker| {
            let moves =
                matches!(message, ToWorker::Batch(BatchAsk::HandOver { .. }) | ToWorker::Run(Command::TakeBack));
            if moves {
                *pressed.borrow_mut() = true;
            }
            send.emit(message);
        })
    };
    use_effect_with(live, move |_| {
        if pressed.take() {
            refocus(PANEL);
        }
    });
    html! {
        <section class="panel batch-panel" id={PANEL} tabindex="-1" aria-label="Batch API">
            if let Some(batch) = batch {
                if live {
                    <Jobs batch={batch.clone()} state={progress.state.clone()} send={send.clone()} />
                }
                { oddities(batch) }
            }
            if !live && has_open_rows(progress) {
                <Disclosure label="Batch API" summary="half the price, within a day"
                    open={matches!(progress.state, RunState::Paused(crate::link::PauseReason::BatchEnded { .. }))}>
                    <HandOver open={props.open.clone()} quote={props.quote.clone()} needs_key={props.needs_key}
                        {send} />
                </Disclosure>
            }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct HandOverProps {
    open: OpenRun,
    quote: Option<BatchQuote>,
    needs_key: bool,
    send: Callback<ToWorker>,
}

#[component]
fn HandOver(props: &HandOverProps) -> Html {
    let per_job = use_state(|| AttrValue::from(REQUESTS_MAX.to_string()));
    let queue = use_state(AttrValue::default);
    let progress = &props.open.progress;
    {
        let send = props.send.clone();
        use_effect_with((progress.done, progress.state.clone()), move |_| send.emit(ToWorker::Batch(BatchAsk::Quote)));
    }
    if let Some(why) = by_file_only(props.open.setup.provider) {
        return html! { <p class="soft">{ why }{ " The request file can be exported below, and its results imported." }</p> };
    }
    let typed = |state: &UseStateHandle<AttrValue>| {
        let state = state.clone();
        Callback::from(move |text: AttrValue| state.set(text))
    };
    let rows_per_job = PER_JOB.read("Rows per job", &per_job);
    let queue_tokens = QUEUE.read("Queue limit", &queue);
    let wanted = rows_per_job.clone().ok().flatten().zip(queue_tokens.clone().ok());
    let left = progress.total.saturating_sub(progress.succeeded + progress.in_flight);
    let ask = |with_failed: bool| {
        let send = props.send.clone();
        Callback::from(move |()| {
            if let Some((rows_per_job, queue_tokens)) = wanted {
                let rows_per_job = rows_per_job as u32;
                send.emit(ToWorker::Batch(BatchAsk::HandOver { rows_per_job, queue_tokens, with_failed }));
            }
        })
    };
    let cannot = wanted.is_none() || left == 0 || props.needs_key;
    html! {
        <div class="stack">
            if let Some(quote) = &props.quote { { ways(quote) } }
            <div class="row">
                <TextField label="Rows per job" kind={TextKind::Whole} value={(*per_job).clone()} on_input={typed(&per_job)}
                    echo={PER_JOB.echo(&per_job).map(AttrValue::from)} error={rows_per_job.err().map(AttrValue::from)}
                    hint="Smaller jobs come back one after the other." />
                <TextField label="Queue limit" kind={TextKind::Whole} unit="tokens" value={(*queue).clone()} on_input={typed(&queue)}
                    echo={QUEUE.echo(&queue).map(AttrValue::from)} error={queue_tokens.err().map(AttrValue::from)}
                    hint="Input tokens that your account may have queued for this model; empty: not known." />
            </div>
            <div class="row">
                <Button kind={ButtonKind::Primary} disabled={cannot} on_press={ask(false)}>{ "Hand over to Batch API" }</Button>
                if progress.errored > 0 {
                    <Button disabled={cannot} on_press={ask(true)}>{ "Hand over with the failed rows" }</Button>
                }
            </div>
            if props.needs_key {
                <p class="field__hint">{ "Enter the API key first: it is never stored." }</p>
            }
        </div>
    }
}

/// The price and the deadline of both ways, side by side.
fn ways(quote: &BatchQuote) -> Html {
    let at_most = |cost: Option<crate::money::Usd>| {
        cost.map_or_else(|| "no price is known".to_owned(), |cost| format!("at most {}", money(cost)))
    };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Both ways">
            <table class="data-table">
                <caption class="soft small">{ format!("{} to be paid for", counted(quote.rows.into(), "request", "requests")) }</caption>
                <thead><tr><th scope="col">{ "Way" }</th><th scope="col">{ "Cost" }</th><th scope="col">{ "Time" }</th></tr></thead>
                <tbody>
                    <tr>
                        <th scope="row">{ "One by one" }</th><td>{ at_most(quote.one_by_one) }</td>
                        <td>{ format!("about {}", in_words(quote.one_by_one_ms)) }</td>
                    </tr>
                    <tr>
                        <th scope="row">{ "Batch API" }</th><td>{ at_most(quote.handed_over) }</td>
                        <td>{ format!("minutes to {} hours", quote.window_hours) }</td>
                    </tr>
                </tbody>
            </table>
            if !quote.batch_priced {
                <p class="field__hint">{ "No batch price is known for this model here: the usual price is counted." }</p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct JobsProps {
    batch: BatchProgress,
    state: RunState,
    send: Callback<ToWorker>,
}

#[component]
fn Jobs(props: &JobsProps) -> Html {
    let batch = &props.batch;
    let take_back = props.send.reform(|()| ToWorker::Run(Command::TakeBack));
    let canceling = !batch.shards.is_empty() && batch.shards.iter().all(|shard| shard.canceling);
    html! {
        <div class="stack">
            <h3>{ "Batch jobs" }</h3>
            if batch.handing_over {
                <p role="status">{ "Handing over: what is in flight is awaited, then the rest goes." }</p>
            }
            <div class="table-scroll" tabindex="0" role="region" aria-label="Batch jobs">
                <table class="data-table">
                    <thead><tr>
                        <th scope="col">{ "Job" }</th><th scope="col">{ "Rows" }</th><th scope="col">{ "State" }</th>
                        <th scope="col">{ "Results read" }</th><th scope="col">{ "Id" }</th>
                    </tr></thead>
                    <tbody>{ for batch.shards.iter().map(job) }</tbody>
                </table>
            </div>
            <p class="soft small">{ format!(
                "Up to {} is reserved for them. The tab may be closed: the jobs go on at the provider, and the run finds \
                 them again. Take back cancels them, and what they did not finish is sent one by one at the usual price.",
                money(batch.reserved)
            ) }</p>
            if !canceling && props.state != RunState::Stopping {
                <div class="row">
                    <Button on_press={take_back}>{ "Take back" }</Button>
                </div>
            }
        </div>
    }
}

fn job(shard: &ShardProgress) -> Html {
    html! {
        <tr key={shard.shard}>
            <th scope="row">{ shard.shard + 1 }</th>
            <td>{ grouped(&shard.rows.to_string()) }</td>
            <td>{ stage(shard) }</td>
            <td>{ grouped(&shard.settled.to_string()) }</td>
            <td><code>{ shard.job.as_deref().unwrap_or("–") }</code></td>
        </tr>
    }
}

fn stage(shard: &ShardProgress) -> String {
    let words = match shard.stage {
        Stage::Uploading => "uploading".to_owned(),
        Stage::Queued => "waiting for the provider's queue".to_owned(),
        Stage::Creating => "being created".to_owned(),
        Stage::Finding => "looking whether it was created".to_owned(),
        Stage::Downloading => "results are being read".to_owned(),
        Stage::Job(state) => match (shard.completed, shard.failed) {
            (Some(completed), Some(failed)) if completed + failed > 0 => {
                format!("{}: {completed} done, {failed} failed", state.word())
            }
            _ => state.word().to_owned(),
        },
    };
    if shard.canceling { format!("{words}, to be canceled") } else { words }
}

fn oddities(batch: &BatchProgress) -> Html {
    let said = odd_lines(batch);
    if said.is_empty() {
        return Html::default();
    }
    html! { <p class="soft" role="status">{ format!("In the result files: {}", said.join(" ")) }</p> }
}

/// What the result files had that they should not have, a sentence each.
fn odd_lines(batch: &BatchProgress) -> Vec<String> {
    let odd = [
        (
            batch.unknown,
            "line named a row that this run doesn't have, and was left out",
            "lines named rows that this run doesn't have, and were left out",
        ),
        (batch.unreadable, "line could not be read", "lines could not be read"),
        (
            batch.repeated,
            "line came for a row that had its answer already, and was left out",
            "lines came for rows that had their answer already, and were left out",
        ),
        (
            batch.missing,
            "row has no line although the provider counts it as answered: it may have been billed",
            "rows have no line although the provider counts them as answered: they may have been billed",
        ),
    ];
    let found = odd.into_iter().filter(|(count, ..)| *count > 0);
    let mut said: Vec<String> =
        found.map(|(count, one, many)| format!("{}.", counted(count.into(), one, many))).collect();
    if batch.counted > 0 || batch.held > 0 {
        let told = counted(batch.counted.into(), "answer", "answers");
        said.push(format!("The provider counts {told}, and the files hold {}.", grouped(&batch.held.to_string())));
    }
    said
}

fn has_open_rows(progress: &Progress) -> bool {
    progress.succeeded < progress.total
}

/// Whether there is anything to hand over or to show.
pub fn is_of_use(progress: &Progress) -> bool {
    has_open_rows(progress)
        || is_handed_over(progress)
        || progress.batch.as_ref().is_some_and(|batch| !odd_lines(batch).is_empty())
}
