//! The run's figures: four that are always in view, and the others under `Details`.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Progress, RunState};
use crate::money::{Usd, grouped};
use crate::time::in_words;
use crate::ui::parts::Stat;
use crate::ui::runner::words::{carried_out, doubtful_words, is_handed_over, rows, time_left_ms};

/// Where there is nothing to say.
const NONE: &str = "–";

#[derive(Properties, PartialEq)]
pub struct FiguresProps {
    pub progress: Rc<Progress>,
}

#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let progress = &*props.progress;
    let left = time_left_ms(progress).map_or_else(|| NONE.to_owned(), in_words);
    html! {
        <dl class="stats stats--large" aria-label="Figures">
            <Stat label="Done" value={number(carried_out(progress).into())} note={format!("of {}", rows(progress.total.into()))} />
            <Stat label="Spent" value={priced(progress, progress.spent)} note={spent_note(progress).map(AttrValue::from)}
                pico={pico(progress.spent)} />
            <Stat label="Time left" value={left} note={left_note(progress).map(AttrValue::from)} />
            <Stat label="Failed" value={number(progress.errored.into())} />
        </dl>
    }
}

#[component]
pub fn OtherFigures(props: &FiguresProps) -> Html {
    let progress = &*props.progress;
    let doubtful = match progress.doubtful_attempts {
        0 => "nothing".to_owned(),
        _ if progress.priced => format!("up to {}", progress.doubtful.short()),
        _ => "unknown".to_owned(),
    };
    let projected = progress.projected.map_or_else(|| NONE.to_owned(), |amount| priced(progress, amount));
    let rate = match progress.state {
        RunState::Running => format!("{} rows/s", per_second(progress.rate_milli)),
        _ => NONE.to_owned(),
    };
    html! {
        <dl class="stats" aria-label="Other figures">
            <Stat label="May have been billed" value={doubtful} note={doubtful_words(progress).map(AttrValue::from)}
                pico={pico(progress.doubtful)} />
            <Stat label="Reserved" value={priced(progress, progress.reserved)} note="for calls under way"
                pico={pico(progress.reserved)} />
            <Stat label="Projected" value={projected} note="for the whole run" pico={progress.projected.and_then(pico)} />
            if progress.overshoot > Usd::ZERO {
                <Stat label="Above reservations" value={progress.overshoot.short()} pico={pico(progress.overshoot)} />
            }
            <Stat label="Rate" value={rate} />
            <Stat label="In flight" value={number(progress.in_flight.into())} note="calls" />
            <Stat label="From cache" value={number(progress.cache_hits.into())} note="free of charge" />
            <Stat label="Retries" value={number(progress.retries)} />
            <Stat label="Refused (429)" value={number(progress.rate_limited)} note="too many requests, not billed" />
            <Stat label="Input tokens" value={number(progress.input_tokens)} />
            <Stat label="Output tokens" value={number(progress.output_tokens)} />
        </dl>
    }
}

fn number(count: u64) -> String {
    grouped(&count.to_string())
}

fn priced(progress: &Progress, amount: Usd) -> String {
    if progress.priced { amount.short() } else { "unknown".to_owned() }
}

fn pico(amount: Usd) -> Option<AttrValue> {
    Some(amount.pico().to_string().into())
}

/// `12.3`, of thousandths.
pub fn per_second(milli: u64) -> String {
    format!("{}.{}", number(milli / 1_000), milli % 1_000 / 100)
}

/// What the spending is measured by: the budget, or else what the whole run will cost.
fn spent_note(progress: &Progress) -> Option<String> {
    let whole = match (progress.budget, progress.projected) {
        (Some(budget), _) => Some(format!("of {}", budget.short())),
        (None, Some(projected)) if progress.state != RunState::Finished => {
            Some(format!("of about {}", projected.short()))
        }
        _ => None,
    };
    let doubtful = (progress.doubtful > Usd::ZERO)
        .then(|| format!("up to {} more may have been billed", progress.doubtful.short()));
    let notes: Vec<String> = whole.into_iter().chain(doubtful).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn left_note(progress: &Progress) -> Option<&'static str> {
    match progress.state {
        RunState::Running if is_handed_over(progress) => Some("up to the Batch API"),
        RunState::Paused(_) => Some("paused"),
        _ => None,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::PauseReason;
    use crate::link::batch::{BatchProgress, ShardProgress, Stage};
    use crate::ui::runner::tests::{drawn, progress, usd};

    #[tokio::test]
    async fn rows_with_the_batch_api_have_no_time_left_by_the_rate() {
        let shard = ShardProgress {
            shard: 0,
            rows: 400,
            settled: 0,
            stage: Stage::Creating,
            canceling: false,
            job: None,
            completed: None,
            failed: None,
        };
        let mut batch = BatchProgress { shards: vec![shard], ..BatchProgress::default() };
        let figures = |batch: &BatchProgress| {
            let progress = Rc::new(Progress { batch: Some(batch.clone()), ..progress() });
            drawn::<Figures>(FiguresProps { progress })
        };
        assert!(figures(&batch).await.contains("up to the Batch API"));
        batch.shards.clear();
        let html = figures(&batch).await;
        assert!(!html.contains("Batch API") && html.contains("2.5 min"), "{html}");
    }

    #[tokio::test]
    async fn a_paused_run_has_neither_a_time_left_nor_a_rate() {
        let paused = Rc::new(Progress { state: RunState::Paused(PauseReason::ByPerson), ..progress() });
        let html = drawn::<Figures>(FiguresProps { progress: paused.clone() }).await;
        assert!(!html.contains("min") && html.contains("paused"), "{html}");
        let html = drawn::<OtherFigures>(FiguresProps { progress: paused }).await;
        assert!(!html.contains("rows/s"), "{html}");
    }

    #[test]
    fn spending_is_measured_by_the_budget_or_by_what_the_run_will_cost() {
        let note = |budget: Option<&str>, doubtful: &str| {
            let progress = Progress { budget: budget.map(usd), doubtful: usd(doubtful), ..progress() };
            spent_note(&progress)
        };
        assert_eq!(note(Some("0.5"), "0").as_deref(), Some("of $0.50"));
        assert_eq!(note(None, "0").as_deref(), Some("of about $0.081"));
        let doubtful = "of $2.00; up to $0.0009 more may have been billed";
        assert_eq!(note(Some("2"), "0.0009").as_deref(), Some(doubtful));
        let finished = Progress { state: RunState::Finished, ..progress() };
        assert_eq!(spent_note(&finished), None);
    }
}
