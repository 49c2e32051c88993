//! `Time by concurrency`: a line on two logarithmic scales, where a time that halves as concurrency doubles is straight,
//! and the place where a limit ends that is a knee. The values stand in a table beside it, for screen readers.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::ConcurrencyPoint;
use crate::money::{fixed, grouped};
use crate::time;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 236.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 388.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 188.0;

/// Round numbers of calls and of milliseconds, at which an axis may have a tick.
const CALLS: [u32; 14] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
const TIMES_MS: [u64; 24] = [
    10,
    100,
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    7_200_000,
    18_000_000,
    43_200_000,
    86_400_000,
    172_800_000,
    432_000_000,
    864_000_000,
    2_592_000_000,
    8_640_000_000,
    25_920_000_000,
    86_400_000_000,
];
const TICKS_MAX: usize = 6;

#[derive(Properties, PartialEq)]
pub struct ChartProps {
    pub points: Rc<Vec<ConcurrencyPoint>>,
    pub concurrency: u32,
    /// From here on a limit holds the calls back.
    pub knee: Option<u32>,
}

/// Both scales of one drawing.
struct Scales {
    concurrency: (f64, f64),
    ms: (f64, f64),
}

impl Scales {
    fn of(points: &[(f64, f64)]) -> Scales {
        let span = |of: fn(&(f64, f64)) -> f64| {
            let all = points.iter().map(of);
            let (least, most) = all.fold((f64::MAX, 1.0_f64), |(least, most), at| (least.min(at), most.max(at)));
            (least.max(1.0).ln(), (most * 1.000_001).ln())
        };
        Scales { concurrency: span(|point| point.0), ms: span(|point| point.1) }
    }

    fn x(&self, concurrency: f64) -> f64 {
        let (from, to) = self.concurrency;
        LEFT + (concurrency.max(1.0).ln() - from) / (to - from).max(1e-9) * (RIGHT - LEFT)
    }

    fn y(&self, ms: f64) -> f64 {
        let (from, to) = self.ms;
        BOTTOM - (ms.max(1.0).ln() - from) / (to - from).max(1e-9) * (BOTTOM - TOP)
    }
}

#[component]
pub fn Chart(props: &ChartProps) -> Html {
    // The place of the value that is looked at, by pointer or arrow keys.
    let looked_at = use_state_eq(|| None::<usize>);
    let ended: Vec<(&ConcurrencyPoint, f64, f64)> = props
        .points
        .iter()
        .filter_map(|point| Some((point, point.concurrency.into(), point.duration.most_ms()? as f64)))
        .collect();
    let chosen = ended.iter().position(|(point, ..)| point.concurrency == props.concurrency);
    let at = (*looked_at).filter(|at| *at < ended.len()).or(chosen);
    let onkeydown = {
        let (looked_at, last) = (looked_at.setter(), ended.len().saturating_sub(1));
        move |event: KeyboardEvent| {
            let to = match (event.key().as_str(), at) {
                ("ArrowLeft", Some(at)) => at.saturating_sub(1),
                ("ArrowRight", Some(at)) => (at + 1).min(last),
                ("ArrowLeft" | "ArrowRight", None) => 0,
                _ => return,
            };
            event.prevent_default();
            looked_at.set(Some(to));
        }
    };
    let leave = {
        let looked_at = looked_at.setter();
        move || looked_at.set(None)
    };
    let (onmouseout, onblur) = (leave.clone(), leave);
    html! {
        <figure class="chart-figure" aria-labelledby="time-by-concurrency">
            <figcaption><h2 class="bar-list__title" id="time-by-concurrency">{ "Time by concurrency" }</h2></figcaption>
            <p class="chart-figure__now">{ at.map(|at| value(ended[at].0)).unwrap_or_default() }</p>
            if ended.len() > 1 {
                <div class="chart-figure__plot" tabindex="0" role="group" {onkeydown} onblur={move |_| onblur()}
                    aria-label="Time by concurrency: left and right arrow keys show each value">
                    <svg class="chart" viewBox={format!("0 0 {} {}", fixed(WIDTH, 0), fixed(HEIGHT, 0))} width="100%" aria-hidden="true"
                        onmouseout={move |_| onmouseout()}>
                        { drawn(&ended, at, props.knee, &looked_at) }
                    </svg>
                </div>
            }
            <p class="soft small">{ in_words(&props.points, props.knee) }</p>
            <table class="visually-hidden" aria-labelledby="time-by-concurrency">
                <thead><tr><th scope="col">{ "Parallel calls" }</th><th scope="col">{ "Time" }</th></tr></thead>
                <tbody>
                    {
                        for props.points.iter().map(|point| html! {
                            <tr><th scope="row">{ point.concurrency }</th><td>{ point.duration.to_string() }</td></tr>
                        })
                    }
                </tbody>
            </table>
        </figure>
    }
}

fn drawn(
    ended: &[(&ConcurrencyPoint, f64, f64)],
    looked_at: Option<usize>,
    knee: Option<u32>,
    state: &UseStateHandle<Option<usize>>,
) -> Html {
    let points: Vec<(f64, f64)> = ended.iter().map(|(_, concurrency, ms)| (*concurrency, *ms)).collect();
    let scales = Scales::of(&points);
    let places: Vec<(f64, f64)> = points.iter().map(|(c, ms)| (scales.x(*c), scales.y(*ms))).collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{},{}", at(*x), at(*y))).collect();
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let columns = thinned(CALLS.into_iter().map(f64::from).filter(|calls| (first..=last).contains(calls)).collect());
    let least = points.iter().map(|point| point.1).fold(f64::MAX, f64::min);
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let times = TIMES_MS.into_iter().filter(|ms| (least..=most).contains(&(*ms as f64)));
    let mut rows: Vec<u64> = thinned(times.collect());
    if rows.is_empty() {
        rows.push(most as u64);
    }
    let knee = knee.map(f64::from).filter(|knee| *knee > first && *knee < last).map(|knee| {
        let (x, right) = (scales.x(knee), scales.x(knee) > WIDTH * 0.6);
        html! {
            <>
                <line class="chart__knee" x1={at(x)} x2={at(x)} y1={at(TOP)} y2={at(BOTTOM)} />
                <text class="chart__word" x={at(if right { x - 5.0 } else { x + 5.0 })} y={at(TOP + 10.0)}
                    text-anchor={if right { "end" } else { "start" }}>
                    { format!("rate limit reached at {}", grouped(&knee.to_string())) }
                </text>
            </>
        }
    });
    let area = |at_place: usize| {
        let left = if at_place == 0 { LEFT } else { (places[at_place - 1].0 + places[at_place].0) / 2.0 };
        let right = places.get(at_place + 1).map_or(RIGHT, |next| (next.0 + places[at_place].0) / 2.0);
        let state = state.setter();
        html! {
            <rect class="chart__area" x={at(left)} y={at(TOP)} width={at(right - left)} height={at(BOTTOM - TOP)}
                onmouseover={move |_| state.set(Some(at_place))}><title>{ value(ended[at_place].0) }</title></rect>
        }
    };
    html! {
        <>
            <text class="chart__word" x="0" y="12">{ "Time (log scale)" }</text>
            {
                for rows.iter().map(|ms| html! {
                    <>
                        <line class="chart__grid" x1={at(LEFT)} x2={at(RIGHT)} y1={at(scales.y(*ms as f64))} y2={at(scales.y(*ms as f64))} />
                        <text class="chart__word" x={at(LEFT - 6.0)} y={at(scales.y(*ms as f64) + 4.0)} text-anchor="end">
                            { time::in_words(*ms) }
                        </text>
                    </>
                })
            }
            <line class="chart__axis" x1={at(LEFT)} x2={at(RIGHT)} y1={at(BOTTOM)} y2={at(BOTTOM)} />
            {
                for columns.iter().map(|calls| html! {
                    <>
                        <line class="chart__axis" x1={at(scales.x(*calls))} x2={at(scales.x(*calls))} y1={at(BOTTOM)} y2={at(BOTTOM + 4.0)} />
                        <text class="chart__word" x={at(scales.x(*calls))} y={at(BOTTOM + 18.0)} text-anchor="middle">
                            { grouped(&calls.to_string()) }
                        </text>
                    </>
                })
            }
            <text class="chart__word" x={at((LEFT + RIGHT) / 2.0)} y={at(HEIGHT - 8.0)} text-anchor="middle">
                { "Parallel calls (log scale)" }
            </text>
            { knee.unwrap_or_default() }
            <polyline class="chart__line" points={line.join(" ")} fill="none" />
            { for places.iter().map(|(x, y)| html! { <circle class="chart__point" cx={at(*x)} cy={at(*y)} r="2.5" /> }) }
            if let Some((x, y)) = looked_at.map(|at| places[at]) {
                <circle class="chart__now" cx={at(x)} cy={at(y)} r="5" />
            }
            { for (0..places.len()).map(area) }
        </>
    }
}

/// `15 parallel calls: 7.5 min`.
fn value(point: &ConcurrencyPoint) -> String {
    let calls = grouped(&point.concurrency.to_string());
    format!("{calls} parallel call{}: {}", if point.concurrency == 1 { "" } else { "s" }, point.duration)
}

/// Every second, third … of them, so that few enough are left.
fn thinned<T: Copy>(all: Vec<T>) -> Vec<T> {
    let step = all.len().div_ceil(TICKS_MAX).max(1);
    all.into_iter().step_by(step).collect()
}

fn at(number: f64) -> String {
    fixed(number, 1)
}

/// The line in words.
fn in_words(points: &[ConcurrencyPoint], knee: Option<u32>) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    match knee {
        Some(knee) => {
            format!("More than {} parallel calls won't help: your rate limit is reached.", grouped(&knee.to_string()))
        }
        None if first.duration == last.duration => "So few calls gain nothing from running in parallel.".to_owned(),
        None => "No rate limit is set, so more is always faster here.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_times_are_a_straight_line() {
        let points: Vec<(f64, f64)> = [(1.0, 8_000.0), (2.0, 4_000.0), (4.0, 2_000.0), (8.0, 1_000.0)].to_vec();
        let scales = Scales::of(&points);
        let slope = |a: usize, b: usize| {
            (scales.y(points[b].1) - scales.y(points[a].1)) / (scales.x(points[b].0) - scales.x(points[a].0))
        };
        assert!((slope(0, 1) - slope(2, 3)).abs() < 1e-3);
        assert!((scales.x(1.0) - LEFT).abs() < 1e-3 && (scales.x(8.0) - RIGHT).abs() < 1e-3);
        assert!((scales.y(1_000.0) - BOTTOM).abs() < 1e-3 && (scales.y(8_000.0) - TOP).abs() < 1e-3);
    }

    #[test]
    fn an_axis_has_few_ticks() {
        assert_eq!(thinned(vec![1, 2, 5]), [1, 2, 5]);
        assert_eq!(thinned((0..12).collect()), [0, 2, 4, 6, 8, 10]);
        assert!(TIMES_MS.is_sorted() && CALLS.is_sorted());
    }
}
