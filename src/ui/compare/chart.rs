//! Time by concurrency as a line on two logarithmic scales: there a time that falls with the concurrency is a straight
//! line, and the place where a limit ends that is a knee. The figures themselves stand in a table beside it.

use yew::prelude::*;

use crate::estimate::{ConcurrencyPoint, Estimate};
use crate::money::grouped;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = 352.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 152.0;

/// Room for a time in words at the line's end.
const TIME_WIDTH: f64 = 48.0;

#[derive(Properties, PartialEq)]
pub struct ChartProps {
    pub points: Vec<ConcurrencyPoint>,
    pub concurrency: u32,
    pub knee: Option<u32>,
}

/// The scales of one drawing.
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

    /// The highest place of the falling line from `x` on.
    fn above(&self, points: &[(f64, f64)], x: f64) -> f64 {
        let places: Vec<(f64, f64)> = points.iter().map(|(c, ms)| (self.x(*c), self.y(*ms))).collect();
        let crossing = places.windows(2).find(|pair| pair[1].0 > x).map_or(BOTTOM, |pair| {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
        });
        places.iter().filter(|place| place.0 >= x).map(|place| place.1).fold(crossing, f64::min)
    }
}

#[component]
pub fn Chart(props: &ChartProps) -> Html {
    let ended: Vec<&ConcurrencyPoint> =
        props.points.iter().filter(|point| point.duration.most_ms().is_some()).collect();
    let place = |point: &&ConcurrencyPoint| Some((f64::from(point.concurrency), point.duration.most_ms()? as f64));
    let points: Vec<(f64, f64)> = ended.iter().filter_map(place).collect();
    let [first_ended, .., last_ended] = &ended[..] else { return Html::default() };
    let scales = Scales::of(&points);
    let at = |number: f64| ((number * 10.0).round() / 10.0).to_string();
    let line: Vec<String> =
        points.iter().map(|(c, ms)| format!("{},{}", at(scales.x(*c)), at(scales.y(*ms)))).collect();
    let now = points.iter().find(|(concurrency, _)| *concurrency == f64::from(props.concurrency));
    let (first, last) = (points[0], points[points.len() - 1]);
    let anchor = |x: f64| if x > WIDTH * 0.55 { "end" } else { "start" };
    let knee = props.knee.map(f64::from).filter(|knee| *knee > first.0 && *knee < last.0).map(|knee| {
        let x = scales.x(knee);
        html! {
            <>
                <line class="chart__knee" x1={at(x)} x2={at(x)} y1={at(TOP - 6.0)} y2={at(BOTTOM)} />
                <text class="chart__word" x={at(if x > WIDTH * 0.55 { x - 4.0 } else { x + 4.0 })} y={at(TOP + 14.0)}
                    text-anchor={anchor(x)}>{ format!("the limit binds from {}", grouped(&plain(knee))) }</text>
            </>
        }
    });
    html! {
        <svg class="chart" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} width="100%" aria-hidden="true">
            <line class="chart__axis" x1={at(LEFT)} x2={at(RIGHT)} y1={at(BOTTOM + 4.0)} y2={at(BOTTOM + 4.0)} />
            { knee.unwrap_or_default() }
            <polyline class="chart__line" points={line.join(" ")} fill="none" />
            if let Some((concurrency, ms)) = now {
                <circle class="chart__now" cx={at(scales.x(*concurrency))} cy={at(scales.y(*ms))} r="4.5" />
            }
            <text class="chart__time" x={at(LEFT)} y={at(scales.y(first.1) - 8.0)}>{ first_ended.duration.to_string() }</text>
            <text class="chart__time" x={at(RIGHT)} y={at(scales.above(&points, RIGHT - TIME_WIDTH) - 8.0)} text-anchor="end">
                { last_ended.duration.to_string() }
            </text>
            <text class="chart__word" x={at(LEFT)} y={at(HEIGHT - 8.0)}>{ grouped(&plain(first.0)) }</text>
            <text class="chart__word" x={at((LEFT + RIGHT) / 2.0)} y={at(HEIGHT - 8.0)} text-anchor="middle">
                { "calls in flight" }
            </text>
            <text class="chart__word" x={at(RIGHT)} y={at(HEIGHT - 8.0)} text-anchor="end">{ grouped(&plain(last.0)) }</text>
        </svg>
    }
}

fn plain(number: f64) -> String {
    number.to_string()
}

/// The line in words.
pub fn in_words(points: &[ConcurrencyPoint], estimate: &Estimate) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let falls = format!(
        "From {} with {} in flight to {} with {}.",
        first.duration, first.concurrency, last.duration, last.concurrency
    );
    match estimate.binding.useful_concurrency {
        Some(knee) => format!("{falls} From {} on a limit binds, and more buys nothing.", grouped(&knee.to_string())),
        None if first.duration == last.duration => {
            format!("{falls} So few calls gain nothing by being in flight together.")
        }
        None => format!("{falls} No rate limit is set, so more in flight is always faster here."),
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
        let middle = (RIGHT + LEFT) / 2.0;
        assert!((scales.above(&points, middle) - (TOP + BOTTOM) / 2.0).abs() < 1e-3);
        assert!((scales.y(1_000.0) - BOTTOM).abs() < 1e-3 && (scales.y(8_000.0) - TOP).abs() < 1e-3);
    }
}
