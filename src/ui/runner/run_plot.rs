//! How fast rows end and what is spent, over the time that this page has watched the run.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use crate::link::Progress;
use crate::money::Usd;
use crate::time::{Time, in_words};
use crate::ui::runner::words::{money, under_way};

/// Points that are kept: of more, every other one goes.
const SAMPLES_MAX: usize = 240;
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 120.0;

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

    /// The points of a line, scaled to the drawing: `M x y L x y …`.
    fn line(&self, height: impl Fn(&Sample) -> f64) -> String {
        let (Some(first), Some(last)) = (self.samples.first(), self.samples.last()) else { return String::new() };
        let span = last.at.ms_since(first.at).max(1) as f64;
        let top = self.samples.iter().map(&height).fold(0.0, f64::max);
        let mut path = String::new();
        for (place, sample) in self.samples.iter().enumerate() {
            let x = sample.at.ms_since(first.at) as f64 / span * WIDTH;
            let y = if top > 0.0 { HEIGHT - height(sample) / top * (HEIGHT - 4.0) - 2.0 } else { HEIGHT - 2.0 };
            path.push_str(&format!("{}{x:.1} {y:.1}", if place == 0 { "M" } else { "L" }));
        }
        path
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
    if course.samples.len() < 3 {
        return Html::default();
    }
    html! { <Plot course={course.clone()} priced={progress.priced} /> }
}

#[derive(Properties, PartialEq)]
pub struct PlotProps {
    pub course: Course,
    pub priced: bool,
}

#[component]
pub fn Plot(props: &PlotProps) -> Html {
    let course = &props.course;
    let words = plot_words(course, props.priced);
    html! {
        <figure class="run-plot" aria-label="Throughput and spend">
            <svg class="run-plot__drawing" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" role="img"
                aria-label={words.clone()}>
                <line class="run-plot__base" x1="0" y1={(HEIGHT - 1.0).to_string()} x2={WIDTH.to_string()}
                    y2={(HEIGHT - 1.0).to_string()} />
                <path class="run-plot__rate" d={course.line(|sample| sample.rate_milli as f64)} />
                if props.priced {
                    <path class="run-plot__spend" d={course.line(|sample| sample.spent.to_f64_for_display())} />
                }
            </svg>
            <figcaption class="run-plot__words small">
                <span class="run-plot__key run-plot__key--rate">{ format!("Rows a second, up to {}", rate(course.rate_max())) }</span>
                if props.priced {
                    <span class="run-plot__key run-plot__key--spend">
                        { format!("Spent, up to {}", course.samples.last().map_or(Usd::ZERO, |last| last.spent)) }
                    </span>
                }
                <span class="soft">{ format!("over {}", in_words(course.watched_ms())) }</span>
            </figcaption>
        </figure>
    }
}

/// The drawing for those who don't see it.
fn plot_words(course: &Course, priced: bool) -> String {
    let Some(last) = course.samples.last() else { return String::new() };
    let spent = if priced { format!("; {} spent so far", money(last.spent)) } else { String::new() };
    format!(
        "Over {}: now {} rows a second, {} at most{spent}.",
        in_words(course.watched_ms()),
        rate(last.rate_milli),
        rate(course.rate_max())
    )
}

fn rate(milli: u64) -> String {
    format!("{}.{}", milli / 1_000, milli % 1_000 / 100)
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
    fn lines_fill_the_drawing_and_words_say_the_same() {
        let mut course = Course::default();
        for (at_ms, rate_milli) in [(0, 0), (1_000, 5_000), (2_000, 2_500)] {
            course.watch(sample(at_ms, rate_milli, i128::from(at_ms) * 1_000_000_000));
        }
        assert_eq!(course.line(|sample| sample.rate_milli as f64), "M0.0 118.0L320.0 2.0L640.0 60.0");
        assert_eq!(plot_words(&course, true), "Over 2 s: now 2.5 rows a second, 5.0 at most; $2.00 spent so far.");
        assert_eq!(plot_words(&course, false), "Over 2 s: now 2.5 rows a second, 5.0 at most.");
        assert_eq!(Course::default().line(|_| 0.0), "");
    }
}
