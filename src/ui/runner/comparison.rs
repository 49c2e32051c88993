//! Candidates side by side: how often each is right, what that costs, and which can be told apart.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{AnswerSummary, CandidateSummary, PairSummary, RowFilter, Setup, candidate_name};
use crate::money::{Usd, grouped};
use crate::prices;
use crate::time::in_words;
use crate::ui::Route;
use crate::ui::parts::{Button, ButtonKind};
use crate::ui::runner::answers_panel::percent;
use crate::ui::runner::words::{counted, rows};

/// The drawing's own units.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 220;
const LEFT: u32 = 52;
const RIGHT: u32 = 440;
const TOP: u32 = 28;
const BOTTOM: u32 = 180;

#[derive(Properties, PartialEq)]
pub struct ComparisonProps {
    pub setup: Rc<Setup>,
    pub answers: Rc<AnswerSummary>,
    /// Nothing is under way: the rest can be run.
    pub at_rest: bool,
    pub on_show: Callback<RowFilter>,
    /// Runs all rows with this candidate.
    pub on_choose: Callback<usize>,
}

#[component]
pub fn Comparison(props: &ComparisonProps) -> Html {
    let (setup, answers) = (&props.setup, &props.answers);
    let names: Vec<String> = (0..setup.lanes()).map(|lane| candidate_name(setup, lane)).collect();
    let labelled = answers.labelled_rows > 0;
    let differ = answers.pairs.iter().map(|pair| pair.different).max().unwrap_or(0);
    html! {
        <section class="panel comparison" aria-labelledby="comparison-title">
            <h2 class="panel__title" id="comparison-title">{ "Comparison" }</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Comparison, scrollable">
                <table class="data-table" aria-label="Comparison">
                    <thead><tr>
                        <th scope="col">{ "Candidate" }</th>
                        if labelled {
                            <th scope="col" class="number">{ "Right" }</th>
                        }
                        <th scope="col" class="number">{ "Per 1,000 rows" }</th>
                        if labelled {
                            <th scope="col" class="number">{ "Per right answer" }</th>
                        }
                        <th scope="col" class="number">{ "Time per call" }</th>
                        <th scope="col" class="number">{ "Doesn\u{2019}t fit" }</th>
                        <th scope="col" class="number">{ "Answered" }</th>
                        <td></td>
                    </tr></thead>
                    <tbody>
                        { for answers.candidates.iter().enumerate().map(|(lane, score)| line(props, &names, lane, score, labelled)) }
                    </tbody>
                </table>
            </div>
            if labelled {
                <Plot names={names.clone()} answers={answers.clone()} />
            }
            <ul class="comparison__pairs small">
                { for answers.pairs.iter().filter_map(|pair| pair_words(&names, pair, labelled)).map(|words| html! { <li>{ words }</li> }) }
            </ul>
            if let Some(query) = with_retries(setup, answers) {
                <p class="small">
                    <a href={Route::Calculator.href(&query)}>{ "Is the cheaper one worth it if bad answers are asked again?" }</a>
                </p>
            }
            if differ > 0 {
                <Button kind={ButtonKind::Quiet} on_press={props.on_show.reform(|()| RowFilter::Differ)}>
                    { "Show where they disagree" }
                </Button>
            }
        </section>
    }
}

/// The calculator's `What if` with what was measured of the cheapest and the dearest candidate: tokens, and the share of
/// answers that don't fit, which is what asking again can mend.
fn with_retries(setup: &Setup, answers: &AnswerSummary) -> Option<String> {
    let priced = || answers.candidates.iter().enumerate().filter_map(|(lane, score)| Some((score.per_thousand?, lane)));
    let (cheap, dear) = (priced().min()?.1, priced().max()?.1);
    let score = &answers.candidates[cheap];
    let (input, output) = score.mean_tokens?;
    let bad = u64::from(score.misfits) * 1_000 / u64::from(score.answered.max(1));
    let known = |lane: usize| prices::find(&setup.of_lane(lane).model).is_some();
    (cheap != dear && known(cheap) && known(dear)).then(|| {
        format!(
            "model={}&in={input}&out={}&vs={}&vsfail={}.{}",
            setup.of_lane(cheap).model,
            output.max(1),
            setup.of_lane(dear).model,
            bad / 10,
            bad % 10
        )
    })
}

fn line(props: &ComparisonProps, names: &[String], lane: usize, score: &CandidateSummary, labelled: bool) -> Html {
    let (name, on_choose) = (names.get(lane).cloned().unwrap_or_default(), props.on_choose.reform(move |()| lane));
    let amount = |amount: Option<Usd>| amount.map_or_else(|| "–".to_owned(), Usd::short);
    let right = score.accuracy.map_or_else(
        || "–".to_owned(),
        |share| format!("{} ({}–{})", percent(share.ppm), percent(share.low_ppm), percent(share.high_ppm)),
    );
    html! {
        <tr class={score.on_frontier.then_some("comparison__frontier")}>
            <th scope="row">{ &name }</th>
            if labelled {
                <td class="number" title={format!("{} of {} right, with the 95% interval", score.right, score.labelled)}>{ right }</td>
            }
            <td class="number">{ amount(score.per_thousand) }</td>
            if labelled {
                <td class="number">{ amount(score.per_right) }</td>
            }
            <td class="number">{ score.latency_ms.map_or_else(|| "–".to_owned(), in_words) }</td>
            <td class="number">{ grouped(&score.misfits.to_string()) }</td>
            <td class="number">
                { grouped(&score.answered.to_string()) }
                if score.failed > 0 {
                    <span class="soft">{ format!(", {} failed", score.failed) }</span>
                }
            </td>
            <td>
                <Button disabled={!props.at_rest} label={format!("Run the rest with {name}")} on_press={on_choose}
                    title="Starts a run of the whole file with this candidate, under what is left of the budget.">
                    { "Run the rest" }
                </Button>
            </td>
        </tr>
    }
}

/// What two candidates can be told apart by; `None` before both answered a row.
fn pair_words(names: &[String], pair: &PairSummary, labelled: bool) -> Option<String> {
    let name = |place: u8| names.get(usize::from(place)).map_or("", String::as_str);
    let (first, second) = (name(pair.first), name(pair.second));
    let both = pair.same + pair.different;
    if both == 0 {
        return None;
    }
    if !labelled || pair.labelled == 0 {
        return Some(format!(
            "{first} and {second} say the same on {} of {}.",
            grouped(&pair.same.to_string()),
            rows(both.into())
        ));
    }
    let (better, worse) = if pair.only_first >= pair.only_second { (first, second) } else { (second, first) };
    let p = match pair.p_ppm {
        ppm if ppm < 1_000 => "p < 0.001".to_owned(),
        ppm => format!("p = 0.{:03}", (ppm / 1_000).min(999)),
    };
    let seen = counted(pair.labelled.into(), "labelled row", "labelled rows");
    let split = format!(
        "{first} alone is right on {}, {second} alone on {}",
        grouped(&pair.only_first.to_string()),
        grouped(&pair.only_second.to_string())
    );
    Some(match (pair.differ, pair.rows_to_tell) {
        (true, _) => format!("{better} is right more often than {worse}: {split} ({p}, McNemar\u{2019}s test)."),
        (false, Some(more)) => format!(
            "{seen} can\u{2019}t tell {first} and {second} apart: {split} ({p}). About {} more labelled {} might.",
            grouped(&more.to_string()),
            if more == 1 { "row" } else { "rows" }
        ),
        (false, None) => format!("{seen} can\u{2019}t tell {first} and {second} apart: {split} ({p})."),
    })
}

#[derive(Properties, PartialEq)]
struct PlotProps {
    names: Vec<String>,
    answers: Rc<AnswerSummary>,
}

/// Right answers with their intervals upwards, cost per 1,000 rows to the right; a line through those that no other beats.
/// The table says the same in words.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let candidates = &props.answers.candidates;
    let points: Vec<(usize, Usd, &CandidateSummary)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(lane, score)| Some((lane, score.per_thousand.filter(|_| score.accuracy.is_some())?, score)))
        .collect();
    let dearest = points.iter().map(|(_, cost, _)| *cost).max().unwrap_or(Usd::ZERO);
    if points.len() < 2 || dearest == Usd::ZERO {
        return Html::default();
    }
    let lowest = points.iter().filter_map(|(.., score)| score.accuracy).map(|share| share.low_ppm).min().unwrap_or(0);
    let floor = lowest / 100_000 * 100_000;
    let x = |cost: Usd| LEFT + (cost.pico() * i128::from(RIGHT - LEFT) / dearest.pico().max(1)) as u32;
    let y = |ppm: u32| {
        BOTTOM
            - (u64::from(ppm.saturating_sub(floor)) * u64::from(BOTTOM - TOP) / u64::from(1_000_000 - floor).max(1))
                as u32
    };
    let ticks: Vec<u32> = (0..=2).map(|step| floor + (1_000_000 - floor) / 2 * step).collect();
    let mut frontier: Vec<(u32, u32)> = points
        .iter()
        .filter(|(.., score)| score.on_frontier)
        .map(|(_, cost, score)| (x(*cost), y(score.accuracy.map_or(0, |share| share.ppm))))
        .collect();
    frontier.sort_unstable();
    let path: Vec<String> = frontier.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        <figure class="comparison__plot">
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img"
                aria-label="Right answers with their 95% intervals against the cost of 1,000 rows; the table above has the figures">
                { for ticks.iter().map(|ppm| html! {
                    <>
                        <line class="plot__grid" x1={LEFT.to_string()} x2={RIGHT.to_string()} y1={y(*ppm).to_string()} y2={y(*ppm).to_string()} />
                        <text class="comparison__text" x={(LEFT - 6).to_string()} y={(y(*ppm) + 4).to_string()} text-anchor="end">{ percent(*ppm) }</text>
                    </>
                }) }
                <text class="comparison__text" x={LEFT.to_string()} y={(BOTTOM + 16).to_string()}>{ "$0" }</text>
                <text class="comparison__text" x={RIGHT.to_string()} y={(BOTTOM + 16).to_string()} text-anchor="end">{ dearest.short() }</text>
                <text class="comparison__text" x={((LEFT + RIGHT) / 2).to_string()} y={(BOTTOM + 32).to_string()} text-anchor="middle">{ "Cost per 1,000 rows" }</text>
                <text class="comparison__text" x="4" y={(TOP - 16).to_string()}>{ "Right" }</text>
                <polyline class="comparison__line" points={path.join(" ")} fill="none" />
                { for points.iter().map(|(lane, cost, score)| {
                    let (own_x, own_y) = (x(*cost), y(score.accuracy.map_or(0, |share| share.ppm)));
                    // Of labels that would lie over each other, the lower point's goes below.
                    let below = points.iter().any(|(other, cost, score)| {
                        let other_y = y(score.accuracy.map_or(0, |share| share.ppm));
                        other != lane && x(*cost).abs_diff(own_x) < 120 && (other_y, *other) < (own_y, *lane)
                    });
                    point(&props.names, *lane, own_x, score, below, &y)
                }) }
            </svg>
        </figure>
    }
}

fn point(
    names: &[String],
    lane: usize,
    x: u32,
    score: &CandidateSummary,
    below: bool,
    y: &impl Fn(u32) -> u32,
) -> Html {
    let Some(share) = score.accuracy else { return Html::default() };
    let name = names.get(lane).cloned().unwrap_or_default();
    let words =
        format!("{name}: {} right, {} to {}", percent(share.ppm), percent(share.low_ppm), percent(share.high_ppm));
    let (anchor, text_x) = if x > (LEFT + RIGHT) / 2 { ("end", x - 9) } else { ("start", x + 9) };
    let text_y = if below { y(share.ppm) + 17 } else { y(share.ppm) - 8 };
    html! {
        <g class={if score.on_frontier { "comparison__point comparison__point--frontier" } else { "comparison__point" }}>
            <title>{ words }</title>
            <line x1={x.to_string()} x2={x.to_string()} y1={y(share.low_ppm).to_string()} y2={y(share.high_ppm).to_string()} />
            <circle cx={x.to_string()} cy={y(share.ppm).to_string()} r="4.5" />
            <text class="comparison__text" x={text_x.to_string()} y={text_y.to_string()} text-anchor={anchor}>{ name }</text>
        </g>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn pair(only_first: u32, only_second: u32, p_ppm: u32, rows_to_tell: Option<u32>) -> PairSummary {
        let (labelled, differ) = (100, p_ppm < 50_000);
        PairSummary {
            first: 0,
            second: 1,
            labelled,
            only_first,
            only_second,
            same: 90,
            different: 10,
            p_ppm,
            differ,
            rows_to_tell,
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_said() {
        let names = ["small".to_owned(), "large".to_owned()];
        let words = |pair: &PairSummary, labelled| pair_words(&names, pair, labelled).expect("words");
        assert_eq!(
            words(&pair(1, 9, 21_484, None), true),
            "large is right more often than small: small alone is right on 1, large alone on 9 (p = 0.021, McNemar\u{2019}s test)."
        );
        assert!(
            words(&pair(2, 5, 453_125, Some(17)), true).ends_with("(p = 0.453). About 17 more labelled rows might.")
        );
        assert_eq!(words(&pair(2, 5, 453_125, None), false), "small and large say the same on 90 of 100 rows.");
        let none = PairSummary { same: 0, different: 0, ..pair(0, 0, 1_000_000, None) };
        assert_eq!(pair_words(&names, &none, true), None);
    }
}
