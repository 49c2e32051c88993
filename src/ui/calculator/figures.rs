//! The figures `Time by concurrency` and `Where the money goes`.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{ConcurrencyPoint, CostParts, Duration, Estimate};
use crate::money::{Usd, grouped};
use crate::ui::parts::{Bar, BarList};

#[derive(Properties, PartialEq)]
pub struct FiguresProps {
    pub estimate: Rc<Estimate>,
    pub concurrency: u32,
    pub points: Rc<Vec<ConcurrencyPoint>>,
}

#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let useful = props.estimate.binding.useful_concurrency.map(|useful| {
        AttrValue::from(format!("More than {} in flight buys nothing here.", grouped(&useful.to_string())))
    });
    html! {
        <div class="figures">
            <BarList label="Time by concurrency" name_heading="Calls in flight" value_heading="Time"
                bars={times(&props.points, props.concurrency)} note={useful} />
            <BarList label="Where the money goes" name_heading="Part" value_heading="Cost of Async"
                bars={parts(&props.estimate.concurrent.parts)} note="Of the cost of Async." />
        </div>
    }
}

fn times(points: &[ConcurrencyPoint], concurrency: u32) -> Vec<Bar> {
    let longest = points.iter().filter_map(|point| point.duration.most_ms()).max().unwrap_or(1).max(1);
    let share = |duration: Duration| duration.most_ms().map_or(1.0, |ms| ms as f64 / longest as f64);
    let bar = |point: &ConcurrencyPoint| Bar {
        name: format!("{}", point.concurrency).into(),
        share: share(point.duration),
        value: point.duration.to_string().into(),
        mark: (point.concurrency == concurrency).then_some(AttrValue::Static("now")),
    };
    points.iter().map(bar).collect()
}

fn parts(parts: &CostParts) -> Vec<Bar> {
    let named = [
        ("Input", parts.input),
        ("Cached input, read", parts.cache_read),
        ("Cached input, written", parts.cache_write),
        ("Output", parts.output),
        ("Reasoning", parts.reasoning),
    ];
    let largest = named.iter().map(|(_, cost)| *cost).max().unwrap_or(Usd::ZERO);
    let total = parts.total();
    let bar = |(name, cost): (&'static str, Usd)| Bar {
        name: AttrValue::Static(name),
        share: ratio(cost, largest),
        value: format!("{cost} · {:.0}%", ratio(cost, total) * 100.0).into(),
        mark: None,
    };
    named.into_iter().filter(|(_, cost)| *cost > Usd::ZERO).map(bar).collect()
}

fn ratio(part: Usd, whole: Usd) -> f64 {
    if whole > Usd::ZERO { part.to_f64_for_display() / whole.to_f64_for_display() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_without_cost_are_left_out_and_the_rest_is_scaled_to_the_largest() {
        let dollars = |text: &str| Usd::parse(text).unwrap();
        let bars = parts(&CostParts { input: dollars("3"), output: dollars("1"), ..CostParts::default() });
        let seen: Vec<_> = bars.iter().map(|bar| (bar.name.as_str(), bar.value.as_str())).collect();
        assert_eq!(seen, [("Input", "$3.0000 · 75%"), ("Output", "$1.0000 · 25%")]);
        assert_eq!(bars[0].share, 1.0);
        assert!(parts(&CostParts::default()).is_empty());
    }

    #[test]
    fn the_concurrency_in_force_is_marked_in_words() {
        let point = |concurrency, duration| ConcurrencyPoint { concurrency, duration };
        let bars =
            times(&[point(1, Duration::Ms(9_000)), point(15, Duration::Ms(600)), point(99, Duration::Never)], 15);
        assert_eq!(bars[1].mark.as_deref(), Some("now"));
        assert!(bars[0].mark.is_none() && bars[0].share == 1.0);
        assert_eq!(bars[2].value, "never");
    }
}
