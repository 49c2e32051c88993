//! Throughput and spending over the time that this page has watched the run, as two plots with axes of their own.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use crate::link::Progress;
use crate::money::{Usd, fixed, grouped};
use crate::time::{Time, in_words};
use crate::ui::runner::figures::per_second;
use crate::ui::store::under_way;

/// Points that are kept: of more, every other one goes.
const SAMPLES_MAX: usize = 240;
/// The drawing's own units; text in it is 11 of them high.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 388.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 124.0;
/// Steps between ticks of time.
const STEPS_S: [u64; 19] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 604_800];

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub at: Time,
    pub rate_milli: u64,
    pub spent: Usd,
}

/// A run's course in a bounded number of points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    samples: Vec<Sample>,
    /// Between two points, at least.
    step_ms: u64,
}

impl Course {
    pub fn watch(&mut self, sample: Sample) {
        let due = self.samples.last().is_none_or(|last| sample.at.ms_since(last.at) >= self.step_ms.max(500));
        if !due {
            return;
        }
        self.samples.push(sample);
        if self.samples.len() > SAMPLES_MAX {
            let mut place = 0;
            self.samples.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.step_ms = self.step_ms.max(500) * 2;
        }
    }

    /// The last point has what was spent in all, however soon after the one before it the run ended.
    pub fn end(&mut self, spent: Usd) {
        if let Some(last) = self.samples.last_mut() {
            last.spent = spent;
        }
    }

    /// What a plot draws: the time since the first sample, and a value.
    fn points(&self, value: impl Fn(&Sample) -> f64) -> Rc<Vec<(u64, f64)>> {
        let first = self.samples.first().map_or(Time(0), |first| first.at);
        Rc::new(self.samples.iter().map(|sample| (sample.at.ms_since(first), value(sample))).collect())
    }

    fn watched_ms(&self) -> u64 {
        match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => last.at.ms_since(first.at),
            _ => 0,
        }
    }

    fn rate_max(&self) -> u64 {
        self.samples.iter().map(|sample| sample.rate_milli).max().unwrap_or(0)
    }
}

#[derive(Properties, PartialEq)]
pub struct RunPlotProps {
    pub progress: Rc<Progress>,
    pub now: Time,
}

#[component]
pub fn RunPlot(props: &RunPlotProps) -> Html {
    let course: Rc<RefCell<Course>> = use_mut_ref(Course::default);
    let progress = &props.progress;
    if under_way(&progress.state) || course.borrow().samples.is_empty() {
        let sample = Sample { at: props.now, rate_milli: progress.rate_milli, spent: progress.spent };
        course.borrow_mut().watch(sample);
    }
    if !under_way(&progress.state) {
        course.borrow_mut().end(progress.spent);
    }
    let course = course.borrow();
    let Some(last) = course.samples.last().filter(|_| course.samples.len() > 2) else {
        return html! { <p class="soft small">{ "The plots appear once the run has been going for a moment." }</p> };
    };
    let rate_milli = |sample: &Sample| sample.rate_milli as f64;
    let spent = |sample: &Sample| sample.spent.to_f64_for_display();
    let most = course.rate_max();
    html! {
        <div class="run-plots">
            <Plot name="Throughput" unit="rows per second" points={course.points(|sample| rate_milli(sample) / 1_000.0)} money=false
                words={format!("{} rows per second now, {} at most.", per_second(last.rate_milli), per_second(most))} />
            if progress.priced {
                <Plot name="Spent" unit="US dollars" points={course.points(spent)} money=true
                    words={format!("{} in {}.", last.spent.short(), in_words(course.watched_ms()))} />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct PlotProps {
    pub name: AttrValue,
    pub unit: AttrValue,
    /// Milliseconds from the first point, and the value then.
    pub points: Rc<Vec<(u64, f64)>>,
    /// Ticks are amounts.
    pub money: bool,
    /// The drawing for those who don't see it.
    pub words: AttrValue,
}

#[component]
pub fn Plot(props: &PlotProps) -> Html {
    let points = &props.points;
    let span_ms = points.last().map_or(0, |(at, _)| *at).max(1);
    let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let (step, ticks) = value_ticks(most);
    let top = step * f64::from(ticks);
    let x = |ms: u64| LEFT + ms as f64 / span_ms as f64 * (RIGHT - LEFT);
    let y = |value: f64| BOTTOM - value / top * (BOTTOM - TOP);
    let at = |place: f64| fixed(place, 1);
    let line: Vec<String> = points.iter().map(|(ms, value)| format!("{},{}", at(x(*ms)), at(y(*value)))).collect();
    let value_tick = |tick: u32| {
        let place = y(step * f64::from(tick));
        html! {
            <>
                <line class="plot__grid" x1={at(LEFT)} x2={at(RIGHT)} y1={at(place)} y2={at(place)} />
                <text class="plot__tick" x={at(LEFT - 6.0)} y={at(place + 4.0)} text-anchor="end">
                    { tick_words(step, tick, props.money) }
                </text>
            </>
        }
    };
    let time_tick = |ms: u64| {
        html! {
            <>
                <line class="plot__axis" x1={at(x(ms))} x2={at(x(ms))} y1={at(BOTTOM)} y2={at(BOTTOM + 4.0)} />
                <text class="plot__tick" x={at(x(ms))} y={at(BOTTOM + 17.0)} text-anchor="middle">
                    { if ms == 0 { "0".to_owned() } else { in_words(ms) } }
                </text>
            </>
        }
    };
    html! {
        <figure class="plot">
            <figcaption class="plot__name">
                { &props.name }<span class="soft">{ format!(", {}", props.unit) }</span>
            </figcaption>
            <svg class="plot__drawing" viewBox={format!("0 0 {} {}", fixed(WIDTH, 0), fixed(HEIGHT, 0))} width="100%" role="img"
                aria-label={props.words.clone()}>
                { for (0..=ticks).map(value_tick) }
                <line class="plot__axis" x1={at(LEFT)} x2={at(RIGHT)} y1={at(BOTTOM)} y2={at(BOTTOM)} />
                { for time_ticks(span_ms).into_iter().map(time_tick) }
                <polyline class="plot__line" points={line.join(" ")} fill="none" />
            </svg>
            <p class="soft small">{ &props.words }</p>
        </figure>
    }
}

/// The step between ticks, one, two or five of a power of ten, and how many of them hold the largest value.
fn value_ticks(most: f64) -> (f64, u32) {
    if most <= 0.0 {
        return (1.0, 1);
    }
    let raw = most / 3.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= raw * 0.999_999);
    let step = step.unwrap_or(10.0 * power);
    (step, (most / step - 1e-6).ceil().max(1.0) as u32)
}

/// As many decimals as the step has.
fn tick_words(step: f64, tick: u32, money: bool) -> String {
    let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as u32;
    let number = grouped(&fixed(step * f64::from(tick), if money { decimals.max(2) } else { decimals }));
    match (tick, money) {
        (0, _) => "0".to_owned(),
        (_, true) => format!("${number}"),
        (_, false) => number,
    }
}

fn time_ticks(span_ms: u64) -> Vec<u64> {
    let step_s = STEPS_S.into_iter().find(|step_s| span_ms / (step_s * 1_000) <= 4).unwrap_or(span_ms.div_ceil(4_000));
    (0..=4).map(|tick| tick * step_s * 1_000).filter(|ms| *ms <= span_ms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, rate_milli: u64, pico: i128) -> Sample {
        Sample { at: Time::from_ms(at_ms), rate_milli, spent: Usd::from_pico(pico) }
    }

    #[test]
    fn a_course_of_any_length_stays_small_and_keeps_its_ends() {
        let mut course = Course::default();
        for second in 0..100_000 {
            course.watch(sample(second * 1_000, 1, i128::from(second)));
        }
        assert!((SAMPLES_MAX / 2..=SAMPLES_MAX).contains(&course.samples.len()), "{}", course.samples.len());
        assert_eq!(course.samples[0].at, Time(0));
        assert!(course.watched_ms() > 99_000_000);
    }

    #[test]
    fn a_course_ends_with_all_that_was_spent() {
        let mut course = Course::default();
        for (at_ms, pico) in [(0, 0), (1_000, 5), (1_100, 9)] {
            course.watch(sample(at_ms, 1, pico));
        }
        assert_eq!(course.samples.last().map(|last| last.spent.pico()), Some(5), "the third came too soon");
        course.end(Usd::from_pico(9));
        assert_eq!(course.samples.last().map(|last| last.spent.pico()), Some(9));
    }

    #[test]
    fn ticks_are_round_and_hold_the_largest_value() {
        for (most, step, ticks) in [(0.0, 1.0, 1), (3.0, 1.0, 3), (31.2, 20.0, 2), (0.0123, 0.005, 3), (1.0, 0.5, 2)] {
            let (found, count) = value_ticks(most);
            assert!((found - step).abs() < 1e-12 && count == ticks, "{most}: {found} {count}");
        }
        let of = |step: f64, money: bool| [0, 1, 2].map(|tick| tick_words(step, tick, money));
        assert_eq!(of(20.0, false), ["0", "20", "40"]);
        assert_eq!(of(0.5, false), ["0", "0.5", "1.0"]);
        assert_eq!(of(0.005, true), ["0", "$0.005", "$0.010"]);
        assert_eq!(of(500.0, true), ["0", "$500.00", "$1,000.00"]);
    }

    #[test]
    fn times_have_round_ticks_too() {
        assert_eq!(time_ticks(3_500), [0, 1_000, 2_000, 3_000]);
        assert_eq!(time_ticks(95_000), [0, 30_000, 60_000, 90_000]);
        assert_eq!(time_ticks(7_200_000), [0, 1_800_000, 3_600_000, 5_400_000, 7_200_000]);
    }
}
