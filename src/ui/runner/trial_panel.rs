//! `Try 5 rows`: the button, the models beside the first, and what the trial says.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{CapProposal, Problem, Projection, Provider, Trial, TrialAnswer, TrialModel, TrialRow};
use crate::money::{Usd, grouped};
use crate::time::in_words;
use crate::ui::parts::{Button, ButtonKind, Combobox, Disclosure, Notice, Tone};
use crate::ui::runner::provider_step::choices;
use crate::ui::runner::words::{counted, money};

#[derive(Properties, PartialEq)]
pub struct TrialPanelProps {
    pub provider: Provider,
    pub has_data: bool,
    pub trying: bool,
    pub trial: Option<Result<Rc<Trial>, Problem>>,
    /// With the models beside the first.
    pub on_try: Callback<Vec<String>>,
    pub on_cap: Callback<u32>,
    pub on_model: Callback<AttrValue>,
}

#[component]
pub fn TrialPanel(props: &TrialPanelProps) -> Html {
    let (second, third) = (use_state(AttrValue::default), use_state(AttrValue::default));
    let list = use_memo(props.provider, |provider| choices(&[], *provider));
    let typed = |state: &UseStateHandle<AttrValue>| {
        let state = state.clone();
        Callback::from(move |text: AttrValue| state.set(text))
    };
    let on_press = {
        let (on_try, second, third) = (props.on_try.clone(), second.clone(), third.clone());
        Callback::from(move |()| {
            let named = [&second, &third].into_iter().map(|state| state.trim().to_owned());
            on_try.emit(named.filter(|model| !model.is_empty()).collect());
        })
    };
    let models = 1 + [&second, &third].into_iter().filter(|state| !state.trim().is_empty()).count();
    html! {
        <section class="trial" aria-labelledby="trial-title">
            <h2 class="panel__title" id="trial-title">{ "Trial" }</h2>
            <p>
                { "Asks five rows, spread over the file, before the whole run. " }
                { if props.provider.is_remote() {
                    "These are real calls, billed as such; their answers are kept, so that the run doesn't pay for them \
                     again."
                } else {
                    "In the Demo nothing is billed: costs are what they would have been. The answers are kept, so that the \
                     run doesn't pay for them again."
                } }
            </p>
            <Disclosure label="Compare with other models">
                <div class="step__fields trial__models">
                    <div class="step__wide">
                        <Combobox label="Second model" value={(*second).clone()} choices={(*list).clone()} free_text=true
                            on_choose={typed(&second)} />
                    </div>
                    <div class="step__wide">
                        <Combobox label="Third model" value={(*third).clone()} choices={(*list).clone()} free_text=true
                            on_choose={typed(&third)} />
                    </div>
                </div>
            </Disclosure>
            <div class="row">
                <Button disabled={!props.has_data} resting={props.trying} {on_press}>{ "Try 5 rows" }</Button>
                if props.trying {
                    <span class="soft" role="status">
                        { format!("Asking 5 rows on {}…", counted(models as u64, "model", "models")) }
                    </span>
                }
            </div>
            {
                match &props.trial {
                    None => Html::default(),
                    Some(Err(problem)) => html! { <Notice tone={Tone::Error}><p>{ &problem.message }</p></Notice> },
                    Some(Ok(trial)) => html! {
                        <TrialResult trial={trial.clone()} on_cap={props.on_cap.clone()} on_model={props.on_model.clone()} />
                    },
                }
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
    facts.extend(answer.cost.map(|cost| cost.to_string()));
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
    let mut words = vec![format!("{} for {}", model.spent, counted(model.calls.into(), "call", "calls"))];
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
                <p class="soft">{ "Too few priced answers to project the run from." }</p>
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

/// `Projected for 454 rows: $0.0049, with 95 % confidence $0.0041 to $0.0057 (from 5 rows).`
pub fn projection_words(projection: &Projection) -> String {
    format!(
        "Projected for the {} to pay: {}, with 95 % confidence {} to {} (from {}).",
        counted(projection.rows.into(), "row", "rows"),
        money(projection.mean),
        money(projection.low),
        money(projection.high),
        counted(projection.of.into(), "row", "rows")
    )
}

pub fn cap_words(cap: &CapProposal) -> String {
    let longest = counted(cap.seen_max.into(), "token", "tokens");
    let tokens = grouped(&cap.tokens.to_string());
    match cap.cut_share_ppm {
        None => format!(
            "{} cut off at {longest}, so their true length isn't known: try again with Max output tokens {tokens}.",
            counted(cap.cut.into(), "answer was", "answers were")
        ),
        Some(ppm) => format!(
            "The longest answer had {longest}. Max output tokens {tokens} would cut about {} of answers (an estimate \
             from five). Another cap makes other requests: the run then asks these rows again.",
            percent(ppm)
        ),
    }
}

fn percent(ppm: u32) -> String {
    match ppm {
        0..1_000 => "less than 0.1 %".to_owned(),
        _ => format!("{}.{} %", ppm / 10_000, ppm % 10_000 / 1_000),
    }
}

fn cost_words(trial: &Trial) -> String {
    let spent: Usd = trial.models.iter().map(|model| model.spent).sum();
    let doubtful: Usd = trial.models.iter().map(|model| model.doubtful).sum();
    let more =
        if doubtful > Usd::ZERO { format!(" and up to {doubtful} that may have been billed") } else { String::new() };
    format!(
        "This trial cost {spent}{more}. Trials so far, {} in all, are taken off the next run's budget.",
        trial.off_the_budget
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
            "Projected for the 454 rows to pay: $0.0049, with 95 % confidence $0.0041 to $0.0057 (from 5 rows)."
        );
        let cap = CapProposal { tokens: 16, seen_max: 3, cut: 0, cut_share_ppm: Some(4_200) };
        assert!(cap_words(&cap).contains("Max output tokens 16 would cut about 0.4 % of answers"));
        let cut = CapProposal { tokens: 32, seen_max: 16, cut: 2, cut_share_ppm: None };
        assert!(cap_words(&cut).starts_with("2 answers were cut off at 16 tokens"));
        assert_eq!(percent(0), "less than 0.1 %");
    }
}
