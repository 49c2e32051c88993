//! The figures `Time by concurrency`, `Where the money goes` and `Cheapest models`.

use std::rc::Rc;

use yew::prelude::*;

use super::chart::{Chart, in_words};
use crate::estimate::{ConcurrencyPoint, CostParts, Estimate, ModelCost};
use crate::money::{Usd, grouped};
use crate::ui::parts::{Bar, BarList};

/// Bars of `Cheapest models`.
const CHEAPEST: usize = 8;

#[derive(Properties, PartialEq)]
pub struct FiguresProps {
    pub estimate: Rc<Estimate>,
    pub concurrency: u32,
    pub points: Rc<Vec<ConcurrencyPoint>>,
    /// What every call costs once, and what asking again costs on top.
    pub money: (CostParts, Usd),
    pub rows: Rc<Vec<ModelCost>>,
}

#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let (once, re_asks) = &props.money;
    html! {
        <div class="figures">
            <TimeByConcurrency estimate={props.estimate.clone()} concurrency={props.concurrency}
                points={props.points.clone()} />
            <BarList label="Where the money goes" name_heading="Part" value_heading="Cost of Async"
                bars={parts(once, *re_asks)} note="Of the cost of Async." />
            <BarList label="Cheapest models" name_heading="Model" value_heading="Cost of Async"
                bars={cheapest(&props.rows, &props.estimate.model)} note="At these inputs; the table below has all of them." />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TimeProps {
    estimate: Rc<Estimate>,
    concurrency: u32,
    points: Rc<Vec<ConcurrencyPoint>>,
}

#[component]
fn TimeByConcurrency(props: &TimeProps) -> Html {
    let now = props.points.iter().find(|point| point.concurrency == props.concurrency);
    html! {
        <figure class="chart-figure" aria-labelledby="time-by-concurrency">
            <figcaption>
                <h2 class="bar-list__title" id="time-by-concurrency">{ "Time by concurrency" }</h2>
            </figcaption>
            if let Some(now) = now {
                <p class="chart-figure__now">
                    { format!("{} in flight: {}", grouped(&now.concurrency.to_string()), now.duration) }
                </p>
            }
            <Chart points={(*props.points).clone()} concurrency={props.concurrency}
                knee={props.estimate.binding.useful_concurrency} />
            <p class="soft small">{ in_words(&props.points, &props.estimate) }</p>
            <table class="visually-hidden" aria-labelledby="time-by-concurrency">
                <thead><tr><th scope="col">{ "Calls in flight" }</th><th scope="col">{ "Time" }</th></tr></thead>
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

fn parts(once: &CostParts, re_asks: Usd) -> Vec<Bar> {
    let named = [
        ("Input", once.input),
        ("Cached input, read", once.cache_read),
        ("Cached input, written", once.cache_write),
        ("Output", once.output),
        ("Reasoning", once.reasoning),
        ("Re-asks", re_asks),
    ];
    let largest = named.iter().map(|(_, cost)| *cost).max().unwrap_or(Usd::ZERO);
    let total = once.total() + re_asks;
    let bar = |(name, cost): (&'static str, Usd)| Bar {
        name: AttrValue::Static(name),
        share: ratio(cost, largest),
        value: format!("{cost} · {} %", (ratio(cost, total) * 100.0).round()).into(),
        mark: None,
    };
    named.into_iter().filter(|(_, cost)| *cost > Usd::ZERO).map(bar).collect()
}

/// The chosen model is among them, at its place or at the end.
fn cheapest(rows: &[ModelCost], chosen: &str) -> Vec<Bar> {
    let mut sorted: Vec<&ModelCost> =
        rows.iter().filter(|row| row.fits && !row.model.deprecated || row.model.is(chosen)).collect();
    sorted.sort_by_key(|row| row.concurrent);
    let place = sorted.iter().position(|row| row.model.is(chosen)).unwrap_or(0);
    let last = sorted.get(place).copied().filter(|_| place >= CHEAPEST);
    sorted.truncate(CHEAPEST - usize::from(last.is_some()));
    sorted.extend(last);
    let most = sorted.iter().map(|row| row.concurrent).max().unwrap_or(Usd::ZERO);
    let bar = |row: &&ModelCost| Bar {
        name: row.model.id.clone().into(),
        share: ratio(row.concurrent, most),
        value: row.concurrent.to_string().into(),
        mark: row.model.is(chosen).then_some(AttrValue::Static("now")),
    };
    sorted.iter().map(bar).collect()
}

fn ratio(part: Usd, whole: Usd) -> f64 {
    if whole > Usd::ZERO { part.to_f64_for_display() / whole.to_f64_for_display() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Workload, by_model};
    use crate::time::Time;

    #[test]
    fn parts_without_cost_are_left_out_and_the_rest_is_scaled_to_the_largest() {
        let dollars = |text: &str| Usd::parse(text).unwrap();
        let once = CostParts { input: dollars("3"), output: dollars("0.5"), ..CostParts::default() };
        let bars = parts(&once, dollars("0.5"));
        let seen: Vec<_> = bars.iter().map(|bar| (bar.name.as_str(), bar.value.as_str())).collect();
        assert_eq!(seen, [("Input", "$3.0000 · 75 %"), ("Output", "$0.5000 · 13 %"), ("Re-asks", "$0.5000 · 13 %")]);
        assert_eq!(bars[0].share, 1.0);
        assert!(parts(&CostParts::default(), Usd::ZERO).is_empty());
    }

    #[test]
    fn the_chosen_model_is_always_among_the_cheapest() {
        let rows = by_model(&Workload::default(), Time::from_ms(1_795_000_000_000));
        for chosen in ["openai/gpt-5.5-pro", "openai/gpt-4o-mini"] {
            let bars = cheapest(&rows, chosen);
            assert_eq!(bars.len(), CHEAPEST);
            assert_eq!(bars.iter().filter(|bar| bar.mark.is_some()).count(), 1, "{chosen}");
            assert!(bars.iter().all(|bar| bar.share <= 1.0));
        }
    }
}
