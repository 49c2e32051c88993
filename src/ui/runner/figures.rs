//! The run's figures.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Progress, RunState};
use crate::money::{Usd, grouped};
use crate::time::in_words;
use crate::ui::runner::words::{doubtful_words, is_handed_over, spend_range, time_left_ms};

#[derive(Properties, PartialEq)]
pub struct FiguresProps {
    pub progress: Rc<Progress>,
}

#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let progress = &*props.progress;
    let number = |count: u64| grouped(&count.to_string());
    let priced = |amount: Usd| if progress.priced { amount.to_string() } else { "unknown".to_owned() };
    let spent_note = match progress.doubtful {
        Usd::ZERO => progress.budget.map(|budget| format!("of {budget}")),
        _ => Some(format!("true spend: {}", spend_range(progress))),
    };
    let doubtful = match progress.doubtful_attempts {
        0 => "nothing".to_owned(),
        _ if progress.priced => format!("up to {}", progress.doubtful),
        _ => "unknown".to_owned(),
    };
    let doubtful_note = doubtful_words(progress);
    let rate = match progress.state {
        RunState::Finished => "–".to_owned(),
        _ => format!("{}.{} / s", progress.rate_milli / 1_000, progress.rate_milli % 1_000 / 100),
    };
    let left = time_left_ms(progress).map_or_else(|| "–".to_owned(), in_words);
    let left_note = is_handed_over(progress).then(|| "when the batch jobs are done".to_owned());
    let overshoot = (progress.overshoot > Usd::ZERO)
        .then(|| stat("Above reservations", progress.overshoot.to_string(), None, Some(progress.overshoot)));
    html! {
        <dl class="stats figures" aria-label="Figures">
            { stat("Spent", priced(progress.spent), spent_note, Some(progress.spent)) }
            { stat("May have been billed", doubtful, doubtful_note, Some(progress.doubtful)) }
            { stat("Reserved", priced(progress.reserved), None, Some(progress.reserved)) }
            { stat("Projected", progress.projected.map_or_else(|| "–".to_owned(), priced), None, progress.projected) }
            { stat("Rate", rate, None, None) }
            { stat("Time left", left, left_note, None) }
            { stat("In flight", number(progress.in_flight.into()), None, None) }
            { stat("Retries", number(progress.retries), None, None) }
            { stat("429s", number(progress.rate_limited), None, None) }
            { stat("Errors", number(progress.errored.into()), None, None) }
            { overshoot.unwrap_or_default() }
        </dl>
    }
}

/// `data-pico`: the exact amount in pico-dollars, for those who reconcile it with a bill.
fn stat(label: &'static str, value: String, note: Option<String>, exact: Option<Usd>) -> Html {
    let pico = exact.map(|amount| amount.pico().to_string());
    html! {
        <div class="stat">
            <dt class="stat__label">{ label }</dt>
            <dd class="stat__value" data-pico={pico}>{ value }</dd>
            if let Some(note) = note {
                <dd class="stat__note">{ note }</dd>
            }
        </div>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::batch::{BatchProgress, ShardProgress, Stage};
    use crate::ui::runner::tests::{drawn, progress};

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
        assert!(figures(&batch).await.contains("when the batch jobs are done"));
        batch.shards.clear();
        let html = figures(&batch).await;
        assert!(!html.contains("batch jobs") && html.contains("2.5 min"), "{html}");
    }
}
