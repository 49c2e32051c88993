//! The trial: what five rows brought. `Try 5 rows` is in the card (`estimate_panel`).

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{CapProposal, Projection, Trial, TrialAnswer, TrialModel, TrialRow};
use crate::money::{Usd, grouped};
use crate::time::in_words;
use crate::ui::parts::{Button, ButtonKind};
use crate::ui::runner::words::counted;

/// Where the focus goes to see the answers.
pub const TITLE: &str = "trial-title";
#[derive(Properties, PartialEq)]
pub struct TrialPanelProps {
    pub trial: Option<Rc<Trial>>,
    pub on_cap: Callback<u32>,
    pub on_model: Callback<AttrValue>,
}

#[component]
pub fn TrialPanel(props: &TrialPanelProps) -> Html {
    html! {
        <section class="trial" aria-labelledby={TITLE}>
            <h2 class="panel__title" id={TITLE} tabindex="-1">{ "Trial" }</h2>
            <p class="soft">
                { "Five rows from across your file, answered before the whole run. The run reuses their answers and doesn\u{2019}t \
                   pay for them again. Models chosen under Compare models are tried too." }
            </p>
            if let Some(trial) = &props.trial {
                <TrialResult trial={trial.clone()} on_cap={props.on_cap.clone()} on_model={props.on_model.clone()} />
            }
        </section>
    }
}

#[derive(Properties, PartialEq)]
pub struct TrialResultProps {
    pub trial: Rc<Trial>,
    pub on_cap: Callback<u32>,
    pub on_model: Callback<AttrValue>,
}

#[component]
pub fn TrialResult(props: &TrialResultProps) -> Html {
    let trial = &props.trial;
    let several = trial.models.len() > 1;
    html! {
        <>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Trial answers, scrollable">
                <table class="data-table trial__table" aria-label="Trial answers">
                    <thead>
                        <tr>
                            <th scope="col">{ "Row" }</th>
                            { for trial.models.iter().map(|model| html! { <th scope="col">{ &model.model }</th> }) }
                            if several {
                                <th scope="col">{ "Agree" }</th>
                            }
                        </tr>
                    </thead>
                    <tbody>
                        {
                            for trial.rows.iter().map(|row| html! {
                                <tr class={row.differs.then_some("trial__differs")}>
                                    <th scope="row" title={row.input.clone()}>
                                        { &row.id }<span class="trial__input soft">{ &row.input }</span>
                                    </th>
                                    {
                                        for row.answers.iter().zip(&trial.models).map(|(answer, model)| {
                                            answer_cell(answer, model)
                                        })
                                    }
                                    if several {
                                        <td>{ agreement(row) }</td>
                                    }
                                </tr>
                            })
                        }
                    </tbody>
                </table>
            </div>
            <ul class="trial__models-list" aria-label="Trial by model">
                {
                    for trial.models.iter().enumerate().map(|(place, model)| html! {
                        <li>{ model_words(props, model, place) }</li>
                    })
                }
            </ul>
            <p class="small">{ cost_words(trial) }</p>
        </>
    }
}

/// Only where every model answered.
fn agreement(row: &TrialRow) -> &'static str {
    match row.answers.iter().any(|answer| answer.text.is_none()) {
        true => "–",
        false if row.differs => "differ",
        false => "yes",
    }
}

/// Why the model stopped stands below the table, once.
fn answer_cell(answer: &TrialAnswer, model: &TrialModel) -> Html {
    let mut facts = Vec::new();
    facts.extend(answer.ended_by.as_ref().map(|how| format!("cut: {how}")));
    facts.extend(answer.misfit.then(|| "doesn't fit".to_owned()));
    facts.extend(answer.usage.map(|usage| format!("{} + {} tokens", grouped(&usage.input.to_string()), usage.output)));
    facts.extend(answer.cost.map(Usd::short));
    facts.extend(answer.latency_ms.map(in_words));
    html! {
        <td>
            {
                match (&answer.text, &answer.error) {
                    (Some(text), _) => html! { <span class="trial__answer">{ text }</span> },
                    (None, error) if error.is_some() && *error == model.stopped => {
                        html! { <span class="field__error">{ "refused" }</span> }
                    }
                    (None, Some(error)) => html! { <span class="field__error">{ error }</span> },
                    (None, None) => html! { <span class="soft">{ "not asked" }</span> },
                }
            }
            <span class="trial__facts soft">{ facts.join(" · ") }</span>
        </td>
    }
}

fn model_words(props: &TrialResultProps, model: &TrialModel, place: usize) -> Html {
    let mut words = vec![format!("{} for {}", model.spent.short(), counted(model.calls.into(), "call", "calls"))];
    words.extend(model.latency_ms_mean.map(|ms| format!("{} a call", in_words(ms))));
    let on_model = {
        let (on_model, name) = (props.on_model.clone(), AttrValue::from(model.model.clone()));
        Callback::from(move |()| on_model.emit(name.clone()))
    };
    html! {
        <>
            <p><strong>{ &model.model }</strong>{ format!(": {}.", words.join(", ")) }</p>
            if let Some(why) = &model.stopped {
                <p class="field__error">{ why }</p>
            }
            if let Some(projection) = &model.projection {
                <p>{ projection_words(projection) }</p>
            } else if model.stopped.is_none() {
                <p class="soft">{ "Too few answers with a price to project the cost of the run." }</p>
            }
            if let Some(cap) = &model.cap {
                <p>{ cap_words(cap) }</p>
                <div class="row">
                    <Button kind={ButtonKind::Quiet} label={format!("Use {} as Max output tokens", cap.tokens)} on_press={
                        let (on_cap, tokens) = (props.on_cap.clone(), cap.tokens);
                        Callback::from(move |()| on_cap.emit(tokens))
                    }>{ format!("Use {} as Max output tokens", grouped(&cap.tokens.to_string())) }</Button>
                    if place > 0 {
                        <Button kind={ButtonKind::Quiet} on_press={on_model}>{ format!("Use {}", model.model) }</Button>
                    }
                </div>
            }
        </>
    }
}

/// `454 calls: about $0.0049 ($0.0041 to $0.0057 with 95% confidence, from 5 rows).`
pub fn projection_words(projection: &Projection) -> String {
    format!(
        "{}: about {} ({} to {} with 95% confidence, from {}).",
        counted(projection.rows.into(), "call", "calls"),
        projection.mean.short(),
        projection.low.short(),
        projection.high.short(),
        counted(projection.of.into(), "row", "rows")
    )
}

pub fn cap_words(cap: &CapProposal) -> String {
    let longest = counted(cap.seen_max.into(), "token", "tokens");
    let tokens = grouped(&cap.tokens.to_string());
    match cap.cut_share_ppm {
        None => format!(
            "{} cut off at {longest}. Try again with Max output tokens {tokens}.",
            counted(cap.cut.into(), "answer was", "answers were")
        ),
        Some(ppm) => format!(
            "The longest answer had {longest}. With Max output tokens {tokens}, about {} of answers would be cut off (an \
             estimate from five). Changing it means that these rows are asked again.",
            share(ppm)
        ),
    }
}

fn share(ppm: u32) -> String {
    match (ppm / 10_000, ppm % 10_000 / 1_000) {
        _ if ppm < 1_000 => "fewer than 1 in 1,000".to_owned(),
        (whole, 0) => format!("{whole}%"),
        (whole, tenths) => format!("{whole}.{tenths}%"),
    }
}

fn cost_words(trial: &Trial) -> String {
    let spent: Usd = trial.models.iter().map(|model| model.spent).sum();
    let doubtful: Usd = trial.models.iter().map(|model| model.doubtful).sum();
    let more = if doubtful > Usd::ZERO {
        format!(", and up to {} may have been billed on top", doubtful.short())
    } else {
        String::new()
    };
    format!(
        "This trial cost {}{more}. All trials so far ({}) are taken off the next run's budget.",
        spent.short(),
        trial.off_the_budget.short()
    )
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_stopped_a_model_is_said_once_and_is_no_agreement() {
        let model = |name: &str, why: Option<&str>| TrialModel {
            model: name.to_owned(),
            spent: Usd::ZERO,
            doubtful: Usd::ZERO,
            calls: 1,
            latency_ms_mean: None,
            stopped: why.map(str::to_owned),
            projection: None,
            cap: None,
        };
        let no = Some("No such key.");
        let refused = || TrialAnswer { error: no.map(str::to_owned), ..TrialAnswer::default() };
        let answered = || TrialAnswer { text: Some("dairy".to_owned()), ..TrialAnswer::default() };
        let row = |answers: Vec<TrialAnswer>| TrialRow {
            id: "r".to_owned(),
            input: "Milk".to_owned(),
            answers,
            differs: false,
        };
        assert_eq!(agreement(&row(vec![refused(), refused()])), "–");
        assert_eq!(agreement(&row(vec![answered(), answered()])), "yes");
        let trial = Rc::new(Trial {
            rows: vec![row(vec![answered(), refused()]), row(vec![answered(), refused()])],
            models: vec![model("a", None), model("b", no)],
            off_the_budget: Usd::ZERO,
        });
        let props = TrialResultProps { trial, on_cap: Callback::noop(), on_model: Callback::noop() };
        let html = crate::ui::runner::tests::drawn::<TrialResult>(props).await;
        assert_eq!((html.matches("No such key.").count(), html.matches("refused").count()), (1, 2), "{html}");
    }

    #[test]
    fn the_projection_says_its_interval_and_the_cap_its_cut() {
        let usd = |text: &str| Usd::parse(text).expect("an amount");
        let projection = Projection { rows: 454, of: 5, mean: usd("0.0049"), low: usd("0.0041"), high: usd("0.0057") };
        assert_eq!(
            projection_words(&projection),
            "454 calls: about $0.0049 ($0.0041 to $0.0057 with 95% confidence, from 5 rows)."
        );
        let cap = CapProposal { tokens: 16, seen_max: 3, cut: 0, cut_share_ppm: Some(4_200) };
        assert!(cap_words(&cap).contains("With Max output tokens 16, about 0.4% of answers would be cut off"));
        let cut = CapProposal { tokens: 32, seen_max: 16, cut: 2, cut_share_ppm: None };
        assert!(cap_words(&cut).starts_with("2 answers were cut off at 16 tokens"));
        assert_eq!((share(0), share(20_000)), ("fewer than 1 in 1,000".to_owned(), "2%".to_owned()));
    }
}
