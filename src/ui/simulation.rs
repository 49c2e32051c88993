//! `Simulate this run`: what came of it. The worker computes it, so it is fetched with the pages that need the worker.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{Workload, estimate};
use crate::link::{Bin, Limiter, SimulationAsked, SimulationNews, Summary, ToWorker};
use crate::money::{fixed, grouped};
use crate::prices::{self, ModelId};
use crate::time::{Time, in_words};
use crate::ui::parts::{ProgressBar, SelectField, Stat};
use crate::ui::store::use_worker;

const SEED: u32 = 1;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

#[derive(Clone, Properties, PartialEq)]
pub struct SimulationProps {
    /// Counts the presses of the button, so that the same workload can be simulated again.
    pub press: u32,
    pub model: ModelId,
    pub workload: Workload,
}

#[component]
pub fn Simulation(props: &SimulationProps) -> Html {
    let work = use_worker();
    let server = use_state(|| props.workload.limiter);
    let ids = use_mut_ref(|| 0_u32);
    let send = work.send.clone();
    let id = use_state(|| 0_u32);
    {
        let (id, ids) = (id.clone(), ids.clone());
        let SimulationProps { model, workload, .. } = props.clone();
        use_effect_with((props.press, *server), move |(_, server)| {
            *ids.borrow_mut() += 1;
            let asked = SimulationAsked { id: *ids.borrow(), model, workload, server: *server, seed: SEED };
            id.set(asked.id);
            send.emit(ToWorker::Simulate(asked));
        });
    }
    let news = work.desk.questions.simulation.clone().filter(|news| news.id == *id);
    let closed = prices::find(&props.model).map(|model| {
        let now = Time::from_ms(js_sys::Date::now() as u64);
        estimate(&props.workload, model, now).concurrent.duration.to_string()
    });
    let on_choose = {
        let server = server.clone();
        Callback::from(move |word: AttrValue| {
            server.set(if word == WINDOW { Limiter::Window } else { Limiter::Bucket })
        })
    };
    let limited = props.workload.requests_per_minute.is_some() || props.workload.tokens_per_minute.is_some();
    html! {
        <section class="simulation panel" aria-labelledby="simulation">
            <div class="simulation__head">
                <h2 class="ways__title" id="simulation">{ "Simulation" }</h2>
                if limited {
                    <SelectField id="counts-by" label="The provider counts by" value={word(*server)}
                        choices={vec![(BUCKET.into(), "a steady refill".into()), (WINDOW.into(), "a strict minute".into())]}
                        {on_choose} />
                }
            </div>
            { shown(news.as_deref(), closed.as_deref().unwrap_or_default()) }
        </section>
    }
}

const BUCKET: &str = "bucket";
const WINDOW: &str = "window";

fn word(limiter: Limiter) -> &'static str {
    match limiter {
        Limiter::Bucket => BUCKET,
        Limiter::Window => WINDOW,
    }
}

fn shown(news: Option<&SimulationNews>, closed: &str) -> Html {
    match news {
        Some(SimulationNews { summary: Some(summary), .. }) => {
            html! { <Found summary={Rc::new(summary.clone())} closed={closed.to_owned()} /> }
        }
        news => {
            let (done, total) = news.map_or((0, 0), |news| (news.done, news.total));
            let text = format!("{} of {} calls simulated", number(done), number(total));
            html! {
                <>
                    <p class="soft small" role="status">{ "Running this workload on a simulated clock…" }</p>
                    <ProgressBar label="Simulation progress" {done} {total} text={AttrValue::from(text)} />
                </>
            }
        }
    }
}

#[derive(Properties, PartialEq)]
struct FoundProps {
    summary: Rc<Summary>,
    closed: String,
}

#[component]
fn Found(props: &FoundProps) -> Html {
    let summary = &props.summary;
    let (time, cost) = (&summary.finish_ms, &summary.cost);
    let per_run = |milli: u64| milli_words(milli);
    html! {
        <>
            <p role="status">{ headline(summary, &props.closed) }</p>
            <Histogram bins={summary.histogram.clone()} median_ms={time.p50} />
            <dl class="stats">
                <Stat label={if summary.stopped == summary.runs { "Half stop within" } else { "Half finish within" }} value={in_words(time.p50)}
                    note={AttrValue::from(format!("9 in 10: {} to {}", in_words(time.p05), in_words(time.p95)))} />
                <Stat label="Cost, median" value={cost.p50.short()}
                    note={AttrValue::from(format!("9 in 10: {} to {}", cost.p05.short(), cost.p95.short()))} />
                <Stat label="429s a run" value={per_run(summary.rate_limited_milli)} />
                <Stat label="Retries a run" value={per_run(summary.retries_milli)} />
                <Stat label="Re-asks a run" value={per_run(summary.reasked_milli)} />
                <Stat label="Attempts a run" value={per_run(summary.attempts_milli)} />
            </dl>
            { for notes(summary).into_iter().map(|note| html! { <p class="soft small">{ note }</p> }) }
        </>
    }
}

fn headline(summary: &Summary, closed: &str) -> String {
    let time = &summary.finish_ms;
    if summary.stopped == summary.runs {
        return format!(
            "None of {} simulated runs finished: {}. They stopped after {} of {} calls on average, {} to {} after \
             their start. By the estimate, all calls take {closed}.",
            summary.runs,
            why_stopped(summary),
            number(summary.stopped_done),
            number(summary.calls),
            in_words(time.least),
            in_words(time.most)
        );
    }
    format!(
        "{} runs of the engine with random delays took {} to {}, half of them at most {}. The estimate says {closed}.",
        summary.runs,
        in_words(time.least),
        in_words(time.most),
        in_words(time.p50)
    )
}

fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = vec![
        "Assumes that latency varies around its mean (log-normal: 1 call in 20 takes about twice as long), answer length by half, and failures as entered."
            .to_owned(),
    ];
    if summary.runs < 200 {
        notes.push(format!(
            "Large runs differ little, so {} were simulated instead of 200: enough for the middle, few for the extremes.",
            summary.runs
        ));
    }
    if summary.simulated_calls < summary.calls {
        notes.push(format!(
            "Each run is a sample of {} calls, extended to {} at the pace of its second half, with less spread.",
            number(summary.simulated_calls),
            number(summary.calls)
        ));
    }
    if (1..summary.runs).contains(&summary.stopped) {
        notes.push(format!(
            "{} of {} runs stopped early, after {} calls on average: {}.",
            summary.stopped,
            summary.runs,
            number(summary.stopped_done),
            why_stopped(summary)
        ));
    }
    notes
}

fn why_stopped(summary: &Summary) -> &'static str {
    if summary.stopped_by_budget { "the budget didn't cover the next call" } else { "every call was refused" }
}

#[derive(Properties, PartialEq)]
struct HistogramProps {
    bins: Vec<Bin>,
    median_ms: u64,
}

#[component]
fn Histogram(props: &HistogramProps) -> Html {
    let (Some(first), Some(last)) = (props.bins.first(), props.bins.last()) else { return Html::default() };
    let most = props.bins.iter().map(|bin| bin.runs).max().unwrap_or(1).max(1);
    let round = |place: f64| fixed(place, 1);
    let width = WIDTH / props.bins.len() as f64;
    let span = (last.to_ms - first.from_ms).max(1) as f64;
    let x = |ms: u64| ms.saturating_sub(first.from_ms) as f64 / span * WIDTH;
    let bar = |(place, bin): (usize, &Bin)| {
        let height = f64::from(bin.runs) / f64::from(most) * (HEIGHT - 8.0);
        html! {
            <rect class="simulation__bar" x={round(place as f64 * width + 1.0)} y={round(HEIGHT - height)}
                width={round((width - 2.0).max(1.0))} height={round(height)}>
                <title>{ format!("{} to {}: {} runs", in_words(bin.from_ms), in_words(bin.to_ms), bin.runs) }</title>
            </rect>
        }
    };
    let words = format!(
        "Finish times of the runs, from {} to {}; the median is {}; at most {most} runs in one bar.",
        in_words(first.from_ms),
        in_words(last.to_ms),
        in_words(props.median_ms)
    );
    html! {
        <figure class="simulation__figure">
            <p class="soft small">{ format!("Runs per bar, at most {most}; dashed: the median") }</p>
            <svg viewBox={format!("0 0 {} {}", round(WIDTH), round(HEIGHT))} width="100%" role="img" aria-label={words}
                preserveAspectRatio="none" class="simulation__histogram">
                { for props.bins.iter().enumerate().map(bar) }
                <line class="simulation__median" x1={round(x(props.median_ms))} x2={round(x(props.median_ms))} y1="0"
                    y2={round(HEIGHT)} />
            </svg>
            <figcaption class="simulation__axis">
                <span>{ in_words(first.from_ms) }</span>
                <span>{ "when runs finish (the axis doesn't start at 0)" }</span>
                <span>{ in_words(last.to_ms) }</span>
            </figcaption>
        </figure>
    }
}

fn number(count: u32) -> String {
    grouped(&count.to_string())
}

/// `270`, `31.5`, `0`.
fn milli_words(milli: u64) -> String {
    let tenths = (milli + 50) / 100;
    match tenths % 10 {
        0 => grouped(&(tenths / 10).to_string()),
        tenth => format!("{}.{tenth}", grouped(&(tenths / 10).to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Quantiles;
    use crate::money::Usd;

    #[test]
    fn runs_that_a_budget_stopped_are_not_told_as_ended() {
        let mut summary = Summary {
            runs: 50,
            calls: 20_000,
            simulated_calls: 20_000,
            finish_ms: Quantiles { least: 96_000, p50: 98_000, most: 102_000, ..Quantiles::default() },
            cost: Quantiles { p50: Usd::ZERO, ..Quantiles::default() },
            histogram: Vec::new(),
            rate_limited_milli: 0,
            retries_milli: 0,
            reasked_milli: 0,
            attempts_milli: 2_562_000,
            stopped: 50,
            stopped_done: 2_846,
            stopped_by_budget: true,
        };
        let told = headline(&summary, "17 min");
        assert!(told.starts_with("None of 50 simulated runs finished: the budget"), "{told}");
        assert!(told.contains("after 2,846 of 20,000 calls") && !told.contains("within"), "{told}");
        assert!(!notes(&summary).iter().any(|note| note.contains("stopped early")));
        summary.stopped = 3;
        assert!(headline(&summary, "17 min").contains("half of them at most 1.6 min. The estimate says 17 min."));
        assert!(notes(&summary).iter().any(|note| note.starts_with("3 of 50 runs stopped early")));
    }

    #[test]
    fn averages_read_as_counts() {
        for (milli, words) in [(0, "0"), (270_000, "270"), (31_549, "31.5"), (1_234_500_000, "1,234,500")] {
            assert_eq!(milli_words(milli), words);
        }
    }
}
