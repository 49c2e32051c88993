//! The provider's Batch API: sending it the rows that are left, its jobs, and canceling them.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::batch::{
    BatchAsk, BatchProgress, BatchQuote, REQUESTS_MAX, ShardProgress, Stage, batch_discount_percent, by_file_only,
};
use crate::link::{Command, Progress, RunState, ToWorker};
use crate::money::grouped;
use crate::number::{Range, Unit};
use crate::time::in_words;
use crate::ui::parts::{Button, ButtonKind, Disclosure, TextField, TextKind};
use crate::ui::runner::pause_note::refocus;
use crate::ui::runner::run_status::RUN_STATE;
use crate::ui::runner::words::{counted, is_handed_over};
use crate::ui::store::OpenRun;

const PANEL: &str = "batch-panel";
const PER_JOB: Range = Range { unit: Unit::None, decimals: 0, min: 1, max: REQUESTS_MAX as u64, optional: false };
const QUEUE: Range =
    Range { unit: Unit::Length("tokens"), decimals: 0, min: 1, max: 1_000_000_000_000, optional: true };

#[derive(Properties, PartialEq)]
pub struct BatchPanelProps {
    pub progress: Rc<Progress>,
    pub send: Callback<ToWorker>,
}

/// The jobs that the provider has, and what was odd about their results.
#[component]
pub fn BatchPanel(props: &BatchPanelProps) -> Html {
    let progress = &props.progress;
    let live = is_handed_over(progress);
    let was_live = use_mut_ref(|| live);
    use_effect_with(live, move |live| {
        // The button that was pressed is gone.
        if was_live.replace(*live) != *live {
            refocus(if *live { PANEL } else { RUN_STATE });
        }
    });
    let Some(batch) = progress.batch.as_ref().filter(|batch| live || !odd_lines(batch).is_empty()) else {
        return Html::default();
    };
    html! {
        <section class="batch-panel" id={PANEL} tabindex="-1" aria-label="Batch API">
            if live {
                <Jobs batch={batch.clone()} state={progress.state.clone()} send={props.send.clone()} />
            }
            { oddities(batch) }
        </section>
    }
}

#[derive(Clone, Properties, PartialEq)]
pub struct BatchHandOverProps {
    pub open: OpenRun,
    pub quote: Option<BatchQuote>,
    pub needs_key: bool,
    pub send: Callback<ToWorker>,
}

#[component]
pub fn BatchHandOver(props: &BatchHandOverProps) -> Html {
    let price = match batch_discount_percent(&props.open.setup) {
        Some(50) => "half the price, ".to_owned(),
        Some(percent) => format!("{percent}% off, "),
        None => String::new(),
    };
    html! {
        <Disclosure id="hand-over" label="Batch API" summary={format!("{price}within 24 hours")}>
            <HandOver ..props.clone() />
        </Disclosure>
    }
}

#[component]
fn HandOver(props: &BatchHandOverProps) -> Html {
    let per_job = use_state(|| AttrValue::from(REQUESTS_MAX.to_string()));
    let queue = use_state(AttrValue::default);
    let progress = &props.open.progress;
    {
        let send = props.send.clone();
        use_effect_with((progress.done, progress.state.clone()), move |_| send.emit(ToWorker::Batch(BatchAsk::Quote)));
    }
    if let Some(why) = by_file_only(props.open.setup.provider) {
        return html! { <p class="soft">{ why }{ " Use Request files below instead." }</p> };
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
                    hint="Smaller jobs come back sooner, one after the other." />
                <TextField label="Queue limit" kind={TextKind::Whole} unit="tokens" value={(*queue).clone()} on_input={typed(&queue)}
                    echo={QUEUE.echo(&queue).map(AttrValue::from)} error={queue_tokens.err().map(AttrValue::from)}
                    hint="Input tokens your account may have in the queue for this model. Leave empty if you don't know." />
            </div>
            <div class="row">
                <Button kind={ButtonKind::Primary} disabled={cannot} on_press={ask(false)}>{ "Send the rest to the Batch API" }</Button>
                if progress.errored > 0 {
                    <Button disabled={cannot} on_press={ask(true)}>{ "Send it with the failed rows" }</Button>
                }
            </div>
            if props.needs_key {
                <p class="field__hint">{ "Enter the API key first. Keys are never stored." }</p>
            }
        </div>
    }
}

/// Cost and time of the batch and of single calls.
fn ways(quote: &BatchQuote) -> Html {
    let at_most = |cost: Option<crate::money::Usd>| {
        cost.map_or_else(|| "price not known".to_owned(), |cost| format!("at most {}", cost.short()))
    };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Compare">
            <table class="data-table">
                <caption class="soft small">{ format!("{} to pay for", counted(quote.rows.into(), "request", "requests")) }</caption>
                <thead><tr><th scope="col">{ "Method" }</th><th scope="col">{ "Cost" }</th><th scope="col">{ "Time" }</th></tr></thead>
                <tbody>
                    <tr>
                        <th scope="row">{ "Individual calls" }</th><td>{ at_most(quote.one_by_one) }</td>
                        <td>{ format!("about {}", in_words(quote.one_by_one_ms)) }</td>
                    </tr>
                    <tr>
                        <th scope="row">{ "Batch API" }</th><td>{ at_most(quote.handed_over) }</td>
                        <td>{ format!("minutes to {} hours", quote.window_hours) }</td>
                    </tr>
                </tbody>
            </table>
            if !quote.batch_priced {
                <p class="field__hint">{ "No batch price is known for this model, so the usual price is used." }</p>
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
    let cancel = props.send.reform(|()| ToWorker::Run(Command::TakeBack));
    let canceling = !batch.shards.is_empty() && batch.shards.iter().all(|shard| shard.canceling);
    html! {
        <div class="stack">
            <h3>{ "Batch jobs" }</h3>
            if batch.handing_over {
                <p role="status">{ "Waiting for the calls under way. Then the rest is sent to the Batch API." }</p>
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
                "Up to {} is reserved. You can close the tab: the jobs continue at the provider, and the run finds them \
                 again. If you cancel them, the rows that are left are sent one by one at the usual price.",
                batch.reserved.short()
            ) }</p>
            if !canceling && props.state != RunState::Stopping {
                <div class="row">
                    <Button on_press={cancel}>{ "Cancel batch and continue here" }</Button>
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
        Stage::Queued => "waiting in the provider's queue".to_owned(),
        Stage::Creating => "being created".to_owned(),
        Stage::Finding => "checking whether it was created".to_owned(),
        Stage::Downloading => "reading results".to_owned(),
        Stage::Job(state) => match (shard.completed, shard.failed) {
            (Some(completed), Some(failed)) if completed + failed > 0 => {
                format!("{}: {completed} done, {failed} failed", state.word())
            }
            _ => state.word().to_owned(),
        },
    };
    if shard.canceling { format!("{words}, canceling") } else { words }
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
            "line names a row that isn't in this run; it was left out",
            "lines name rows that aren't in this run; they were left out",
        ),
        (batch.unreadable, "line could not be read", "lines could not be read"),
        (
            batch.repeated,
            "line is for a row that already has an answer; it was left out",
            "lines are for rows that already have an answer; they were left out",
        ),
        (
            batch.missing,
            "row has no line, though the provider counts it as answered: it may have been billed",
            "rows have no line, though the provider counts them as answered: they may have been billed",
        ),
    ];
    let found = odd.into_iter().filter(|(count, ..)| *count > 0);
    let mut said: Vec<String> =
        found.map(|(count, one, many)| format!("{}.", counted(count.into(), one, many))).collect();
    if batch.counted > 0 || batch.held > 0 {
        let told = counted(batch.counted.into(), "answer", "answers");
        said.push(format!("The provider counts {told}; the files hold {}.", grouped(&batch.held.to_string())));
    }
    said
}

/// Rows that a batch could still answer.
pub fn has_open_rows(progress: &Progress) -> bool {
    progress.succeeded < progress.total
}
