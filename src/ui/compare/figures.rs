//! The figures `Time by concurrency` and `Where the money goes`.

use std::rc::Rc;

use yew::prelude::*;

use super::chart::Chart;
use crate::estimate::{ConcurrencyPoint, CostParts, Estimate};
use crate::money::Usd;
use crate::ui::parts::{Bar, BarList};

#[derive(Properties, PartialEq)]
pub struct FiguresProps {
    pub estimate: Rc<Estimate>,
    pub concurrency: u32,
    pub points: Rc<Vec<ConcurrencyPoint>>,
    /// What every call costs once, and what asking again costs on top.
    pub money: (CostParts, Usd),
}

#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let (once, re_asks) = &props.money;
    html! {
        <div class="figures">
            <Chart points={props.points.clone()} concurrency={props.concurrency}
                knee={props.estimate.binding.useful_concurrency} />
            <BarList id="where-the-money-goes" label="Where the money goes" name_heading="Part"
                value_heading="Cost of Async" bars={parts(once, *re_asks)}
                note={AttrValue::from(format!("Of {} for Async. A full track is 100%.", (once.total() + *re_asks).short()))} />
        </div>
    }
}

fn parts(once: &CostParts, re_asks: Usd) -> Vec<Bar> {
    let named = [
        ("Input", once.input),
        ("Cached input, read", once.cache_read),
        ("Cached input, written", once.cache_write),
        ("Output", once.output),
        ("Hidden reasoning", once.reasoning),
        ("Retries", re_asks),
    ];
    let total = once.total() + re_asks;
    let bar = |(name, cost): (&'static str, Usd)| {
        let share = cost.to_f64_for_display() / total.to_f64_for_display();
        Bar { name: name.into(), share, value: format!("{} · {}%", cost.short(), (share * 100.0).round()).into() }
    };
    named.into_iter().filter(|(_, cost)| *cost > Usd::ZERO).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_without_cost_are_left_out_and_the_rest_are_shares_of_the_whole() {
        let dollars = |text: &str| Usd::parse(text).unwrap();
        let once = CostParts { input: dollars("3"), output: dollars("0.5"), ..CostParts::default() };
        let bars = parts(&once, dollars("0.5"));
        let seen: Vec<_> = bars.iter().map(|bar| (bar.name.as_str(), bar.value.as_str())).collect();
        assert_eq!(seen, [("Input", "$3.00 · 75%"), ("Output", "$0.50 · 13%"), ("Retries", "$0.50 · 13%")]);
        assert_eq!(bars[0].share, 0.75);
        assert!(parts(&CostParts::default(), Usd::ZERO).is_empty());
    }
}
