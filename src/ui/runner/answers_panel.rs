//! `Answers`: what a run's answers say together, and how often they are right. A press shows the rows behind a figure.

use std::rc::Rc;

use yew::prelude::*;

use crate::accuracy::MISFIT;
use crate::link::{AnswerSummary, CandidateSummary, FieldSummary, RowFilter, Share, ValueCount};
use crate::money::grouped;
use crate::ui::parts::{Button, ButtonKind, Disclosure, SelectField};
use crate::ui::runner::words::{counted, rows};

/// Values that are drawn; the others are told together.
const VALUES_SHOWN: usize = 12;
/// As many as the worker takes.
const EXAMPLES_MAX: u32 = 5;
/// Labels beside and below a table of right and given answers; beyond them it is a list.
const CONFUSED_LABELS_MAX: usize = 12;

#[derive(Properties, PartialEq)]
pub struct AnswersPanelProps {
    pub answers: Rc<AnswerSummary>,
    /// They are asked for as labels or JSON.
    pub formed: bool,
    pub filter: Option<RowFilter>,
    /// Shows these rows in the results.
    pub on_show: Callback<RowFilter>,
    /// Nothing is under way: the steps can be opened again.
    #[prop_or_default]
    pub at_rest: bool,
    /// Rows with right answers set by hand are to become examples in the prompt.
    #[prop_or_default]
    pub on_examples: Callback<()>,
}

#[component]
pub fn AnswersPanel(props: &AnswersPanelProps) -> Html {
    let field = use_state(|| 0_usize);
    let answers = &props.answers;
    let Some(score) = answers.candidates.first().filter(|score| score.answered > 0) else { return Html::default() };
    let shown = answers.fields.get(*field).or(answers.fields.first());
    let counts = shown.filter(|field| is_countable(field, props.formed));
    if counts.is_none() && answers.fields.len() < 2 && score.labelled == 0 {
        return Html::default();
    }
    let names = answers.fields.iter().enumerate().map(|(place, field)| {
        (AttrValue::from(place.to_string()), AttrValue::from(field.name.clone().unwrap_or_default()))
    });
    let on_field = {
        let field = field.clone();
        Callback::from(move |place: AttrValue| field.set(place.parse().unwrap_or(0)))
    };
    html! {
        <section class="panel counts" aria-labelledby="answers-title">
            <h2 class="panel__title" id="answers-title">{ "Answers" }</h2>
            if answers.fields.len() > 1 {
                <SelectField id="answers-field" label="Field" value={field.to_string()}
                    choices={names.collect::<Vec<_>>()} on_choose={on_field} />
            }
            if let Some(counts) = counts {
                { bars(props, counts, *field as u8, score.answered) }
            } else {
                <p class="soft small">{ "These answers differ too much to be counted." }</p>
            }
            if answers.labelled_rows > 0 {
                { accuracy(props, score) }
            }
        </section>
    }
}

/// Most answers have one of the values that are counted. `formed`: they were asked for in a format.
fn is_countable(field: &FieldSummary, formed: bool) -> bool {
    let counted: u32 = field.values.iter().flat_map(|value| &value.counts).sum();
    let repeats = formed || counted as usize >= 2 * field.values.len();
    counted > field.others && repeats && !field.values.is_empty()
}

fn bars(props: &AnswersPanelProps, field: &FieldSummary, place: u8, answered: u32) -> Html {
    let total = |value: &ValueCount| value.counts.iter().sum::<u32>();
    let most = field.values.iter().map(total).max().unwrap_or(1).max(1);
    let shown = &field.values[..field.values.len().min(VALUES_SHOWN)];
    let rest: u32 = field.values[shown.len()..].iter().map(total).sum::<u32>() + field.others;
    let bar = |value: &ValueCount| {
        let (count, filter) = (total(value), RowFilter::Value { field: place, value: value.id });
        let width = format!("{}%", u64::from(count) * 100 / u64::from(most));
        let onclick = props.on_show.reform(move |_: MouseEvent| filter);
        html! {
            <li class="counts__line">
                <button type="button" class="counts__value" aria-pressed={(props.filter == Some(filter)).to_string()}
                    {onclick}>
                    <span class="counts__name" title={value.value.clone()}>
                        { if value.value.is_empty() { "(empty)" } else { value.value.as_str() } }
                    </span>
                    <svg class="counts__track" width="100%" height="8" aria-hidden="true">
                        <rect class="bar-list__bar" {width} height="8" rx="1.5" />
                    </svg>
                    <span class="counts__count">{ grouped(&count.to_string()) }<span class="visually-hidden">{ " rows, " }</span></span>
                    <span class="counts__share soft">{ percent_of(count, answered) }</span>
                </button>
            </li>
        }
    };
    html! {
        <ul class="counts__list" aria-label="Answers by value">
            { for shown.iter().map(bar) }
            if rest > 0 {
                <li class="counts__line soft small">{ format!("{} with other values", counted(rest.into(), "answer", "answers")) }</li>
            }
        </ul>
    }
}

fn accuracy(props: &AnswersPanelProps, score: &CandidateSummary) -> Html {
    let Some(share) = &score.accuracy else {
        return html! { <p class="soft small">{ "No row with a right answer has been answered yet." }</p> };
    };
    let show = |filter: RowFilter, words: String| {
        html! {
            <Button kind={ButtonKind::Quiet} on_press={props.on_show.reform(move |()| filter)}>{ words }</Button>
        }
    };
    let wrong = score.labelled - score.right;
    html! {
        <>
            <p class="counts__right">
                <strong>{ format!("{} right", percent(share.ppm)) }</strong>
                { format!(" ({})", right_words(score, share)) }
            </p>
            <div class="row">
                if wrong > 0 {
                    { show(RowFilter::Wrong, format!("Show the {} wrong", grouped(&wrong.to_string()))) }
                }
                if props.at_rest && props.answers.corrected_rows > 0 {
                    <Button kind={ButtonKind::Quiet} on_press={props.on_examples.clone()}
                        title="Opens the steps with up to five rows whose right answer you set at the end of the system prompt. They no longer count for accuracy.">
                        { format!("Use {} of these as examples", props.answers.corrected_rows.min(EXAMPLES_MAX)) }
                    </Button>
                }
            </div>
            if !score.labels.is_empty() {
                <Disclosure id="by-label" label="By label" summary={kappa_words(score)}>
                    { label_table(score) }
                    { confusion(score) }
                </Disclosure>
            }
        </>
    }
}

/// `84% to 95% with 95% confidence, from 100 labelled rows`.
pub fn right_words(score: &CandidateSummary, share: &Share) -> String {
    format!(
        "{} to {} with 95% confidence, from {}",
        percent(share.low_ppm),
        percent(share.high_ppm),
        counted(score.labelled.into(), "labelled row", "labelled rows")
    )
}

fn kappa_words(score: &CandidateSummary) -> Option<AttrValue> {
    let milli = score.kappa_milli?;
    let sign = if milli < 0 { "\u{2212}" } else { "" };
    let milli = milli.unsigned_abs();
    Some(format!("Cohen\u{2019}s kappa {sign}{}.{:02}", milli / 1_000, milli % 1_000 / 10).into())
}

fn label_table(score: &CandidateSummary) -> Html {
    let share = |part: u32, whole: u32| if whole == 0 { "–".to_owned() } else { percent_of(part, whole) };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="By label, scrollable">
            <table class="data-table" aria-label="By label">
                <thead><tr>
                    <th scope="col">{ "Label" }</th>
                    <th scope="col" class="number">{ "Right answers" }</th>
                    <th scope="col" class="number">{ "Given" }</th>
                    <th scope="col" class="number" title="Of the rows given this label, the share that deserve it">{ "Precision" }</th>
                    <th scope="col" class="number" title="Of the rows that deserve this label, the share that got it">{ "Recall" }</th>
                </tr></thead>
                <tbody>
                    { for score.labels.iter().filter(|label| label.truly > 0 || label.label != MISFIT).map(|label| html! {
                        <tr>
                            <th scope="row">{ &label.label }</th>
                            <td class="number">{ grouped(&label.truly.to_string()) }</td>
                            <td class="number">{ grouped(&label.given.to_string()) }</td>
                            <td class="number">{ share(label.both, label.given) }</td>
                            <td class="number">{ share(label.both, label.truly) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// Right answers downwards, given ones across.
fn confusion(score: &CandidateSummary) -> Html {
    let own = || score.labels.iter().map(|label| label.label.as_str()).filter(|label| *label != MISFIT);
    let misfit = score.labels.iter().any(|label| label.label == MISFIT);
    let (truths, labels): (Vec<&str>, Vec<&str>) = (own().collect(), own().chain(misfit.then_some(MISFIT)).collect());
    if labels.len() > CONFUSED_LABELS_MAX {
        let wrong = score.confusion.iter().filter(|(truth, given, _)| truth != given).take(CONFUSED_LABELS_MAX);
        return html! {
            <ul class="small">
                { for wrong.map(|(truth, given, count)| html! {
                    <li>{ format!("{truth} taken for {given}: {}", rows((*count).into())) }</li>
                }) }
            </ul>
        };
    }
    let count = |truth: &str, given: &str| {
        score.confusion.iter().find(|(one, other, _)| one == truth && other == given).map_or(0, |(.., count)| *count)
    };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Confusion table, scrollable">
            <table class="data-table confusion" aria-label="Confusion table">
                <caption class="small soft">{ "Rows: right answer. Columns: given answer." }</caption>
                <thead><tr>
                    <td></td>
                    { for labels.iter().map(|label| html! { <th scope="col" class="number">{ *label }</th> }) }
                </tr></thead>
                <tbody>
                    { for truths.iter().map(|truth| html! {
                        <tr>
                            <th scope="row">{ *truth }</th>
                            { for labels.iter().map(|given| {
                                let rows = count(truth, given);
                                let class = match (truth == given, rows) {
                                    (true, _) => "number confusion__right",
                                    (false, 0) => "number soft",
                                    (false, _) => "number confusion__wrong",
                                };
                                html! { <td {class}>{ rows }</td> }
                            }) }
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// `91%`; below one and above ninety-nine with a decimal, so that neither none nor all is said too early.
pub fn percent(ppm: u32) -> String {
    match ppm {
        0 => "0%".to_owned(),
        1_000_000.. => "100%".to_owned(),
        1..10_000 | 990_001.. => format!("{}.{}%", ppm / 10_000, ppm % 10_000 / 1_000),
        _ => format!("{}%", (ppm + 5_000) / 10_000),
    }
}

fn percent_of(part: u32, whole: u32) -> String {
    percent((u64::from(part) * 1_000_000 / u64::from(whole.max(1))) as u32)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::LabelSummary;
    use crate::ui::runner::tests::drawn;

    fn summary() -> AnswerSummary {
        let value = |id, value: &str, count| ValueCount { id, value: value.into(), counts: vec![count] };
        let label = |label: &str, truly, given, both| LabelSummary { label: label.into(), truly, given, both };
        AnswerSummary {
            fields: vec![FieldSummary {
                name: None,
                values: vec![value(0, "dairy", 60), value(1, "meat", 40)],
                others: 0,
            }],
            candidates: vec![CandidateSummary {
                answered: 100,
                labelled: 50,
                right: 45,
                accuracy: Some(Share { ppm: 900_000, low_ppm: 786_000, high_ppm: 957_000 }),
                kappa_milli: Some(801),
                labels: vec![label("dairy", 30, 28, 27), label("meat", 20, 22, 18)],
                confusion: vec![("dairy".into(), "dairy".into(), 27), ("dairy".into(), "meat".into(), 3)],
                ..CandidateSummary::default()
            }],
            pairs: Vec::new(),
            labelled_rows: 50,
            corrected_rows: 0,
        }
    }

    async fn html(answers: AnswerSummary) -> String {
        let props = AnswersPanelProps {
            answers: Rc::new(answers),
            formed: false,
            filter: None,
            on_show: Callback::noop(),
            at_rest: true,
            on_examples: Callback::noop(),
        };
        drawn::<AnswersPanel>(props).await
    }

    #[tokio::test]
    async fn answers_are_counted_and_their_accuracy_has_an_interval() {
        let html = html(summary()).await;
        assert!(html.contains(">60<") && html.contains("60%") && html.contains("90% right"), "{html}");
        assert!(html.contains("79% to 96% with 95% confidence, from 50 labelled rows"), "{html}");
        assert!(
            html.contains("Show the 5 wrong") && html.contains("kappa 0.80") && html.contains("Precision"),
            "{html}"
        );
    }

    #[tokio::test]
    async fn texts_that_all_differ_are_no_counts() {
        let value = |id: u16| ValueCount { id, value: format!("text {id}"), counts: vec![1] };
        let fields = vec![FieldSummary { name: None, values: (0..200).map(value).collect(), others: 300 }];
        let unlabelled = CandidateSummary { answered: 500, ..CandidateSummary::default() };
        let html = html(AnswerSummary { fields, candidates: vec![unlabelled], ..AnswerSummary::default() }).await;
        assert!(!html.contains("Answers"), "{html}");
    }

    #[test]
    fn neither_none_nor_all_is_said_too_early() {
        assert_eq!(
            [0, 900, 9_000, 10_000, 904_999, 995_000, 1_000_000].map(percent),
            ["0%", "0.0%", "0.9%", "1%", "90%", "99.5%", "100%"]
        );
    }
}
