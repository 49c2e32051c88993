//! `What if`: a cheaper model whose unusable answers are asked for again, against a dearer one; both totals.

use yew::prelude::*;

use crate::estimate::{ReAsks as Totals, WHOLE_PPM, Workload, re_asks_against};
use crate::prices::{self, Model, Retirement};
use crate::time::Time;
use crate::ui::calculator::{ASKED_AGAIN, BAD_ANSWERS, Versus, choices};
use crate::ui::parts::{Combobox, NumberField};

#[derive(Properties, PartialEq)]
pub struct ReAsksProps {
    pub workload: Workload,
    pub model: &'static Model,
    pub versus: Versus,
    pub now: Time,
    pub on_versus: Callback<Versus>,
}

#[component]
pub fn ReAsks(props: &ReAsksProps) -> Html {
    let choices = use_memo(props.now, |now| choices(true, "", *now));
    // Beside which value a box can't be read: once that moves on, the box shows it again.
    let (bad_unread, asked_unread) = (use_state_eq(|| None::<u32>), use_state_eq(|| None::<u32>));
    let versus = &props.versus;
    let other = versus.model.as_deref().and_then(prices::find).or_else(|| proposed(props.model, props.now));
    let Some(other) = other else { return Html::default() };
    let unread = |state: &UseStateHandle<Option<u32>>, value: u32| {
        let setter = state.setter();
        Callback::from(move |unread: bool| setter.set(unread.then_some(value)))
    };
    let against = |change: fn(&mut Versus, u32)| {
        let versus = versus.clone();
        props.on_versus.reform(move |value: Option<u64>| {
            let mut after = versus.clone();
            change(&mut after, value.unwrap_or_default() as u32);
            after
        })
    };
    let on_choose = {
        let versus = versus.clone();
        props.on_versus.reform(move |model: AttrValue| Versus { model: Some(model.to_string()), ..versus.clone() })
    };
    html! {
        <div class="re-asks">
            <div class="re-asks__fields">
                <Combobox id="versus-model" label="Compare with" value={other.key()} choices={(*choices).clone()} {on_choose} />
                <NumberField id="versus-failed" label="Share of unusable answers" value={Some(versus.failed_ppm.into())} range={BAD_ANSWERS} step={10_000}
                    hint="Of the cheaper model. They are paid, then asked for again." on_unread={unread(&bad_unread, versus.failed_ppm)}
                    on_change={against(|versus, value| versus.failed_ppm = value)} />
                <NumberField id="versus-asks" label="Retries per call, at most" value={Some(versus.re_asks.into())} range={ASKED_AGAIN} step={1}
                    on_unread={unread(&asked_unread, versus.re_asks)} on_change={against(|versus, value| versus.re_asks = value)} />
            </div>
            <div>
                if *bad_unread == Some(versus.failed_ppm) || *asked_unread == Some(versus.re_asks) {
                    <p>{ "No totals yet. Correct the numbers above first." }</p>
                } else {
                    { verdict(props, other) }
                }
            </div>
        </div>
    }
}

fn verdict(props: &ReAsksProps, other: &'static Model) -> Html {
    let once = Workload { failed_billed_ppm: 0, ..props.workload.clone() };
    let nothing = (0, 0);
    // Which of the two is the cheaper one is the workload's matter, not the price list's.
    let plain = re_asks_against(&once, props.model, nothing, other, props.now);
    let (cheaper, dearer) = if plain.cheaper <= plain.dearer { (props.model, other) } else { (other, props.model) };
    if std::ptr::eq(cheaper, dearer) {
        return html! { <p>{ "Choose another model to compare with." }</p> };
    }
    let Versus { failed_ppm, re_asks, .. } = props.versus;
    let totals = re_asks_against(&once, cheaper, (failed_ppm, re_asks), dearer, props.now);
    let (first, second) = sentences(&totals, cheaper, dearer, failed_ppm);
    html! {
        <>
            <dl class="re-asks__totals">
                <div><dt>{ format!("{}, with retries", cheaper.id) }</dt><dd>{ totals.cheaper.short() }</dd></div>
                <div><dt>{ format!("{}, once", dearer.id) }</dt><dd>{ totals.dearer.short() }</dd></div>
            </dl>
            <p>{ first }</p>
            <p class="soft small">{ second }</p>
        </>
    }
}

fn sentences(totals: &Totals, cheaper: &Model, dearer: &Model, failed_ppm: u32) -> (String, String) {
    let share = |ppm: u32| BAD_ANSWERS.with_unit(ppm.into());
    let failed = share(failed_ppm);
    let first = if totals.cheaper < totals.dearer {
        let saved = (totals.dearer - totals.cheaper).short();
        format!("{} saves {saved}, even with {failed} asked for again.", cheaper.id)
    } else {
        format!("With {failed} asked for again, {} saves nothing.", cheaper.id)
    };
    let unanswered = share(WHOLE_PPM - totals.answered_ppm);
    let even = totals.break_even_hundredths.map_or_else(
        || format!("{} is free, so it never costs more.", cheaper.id),
        |hundredths| {
            format!(
                "Both cost the same at {}.{:02} attempts per call of {}.",
                hundredths / 100,
                hundredths % 100,
                cheaper.id
            )
        },
    );
    let rest = match totals.answered_ppm {
        WHOLE_PPM => String::new(),
        _ => format!(" {unanswered} of its calls end without a usable answer. Assumes that {} never fails.", dearer.id),
    };
    (first, format!("{even}{rest}"))
}

/// The vendor's next cheaper model of the short list, or the next dearer one for its cheapest.
fn proposed(model: &Model, now: Time) -> Option<&'static Model> {
    let price = |model: &Model| model.card.base.input.0 * 4 + model.card.base.output.0;
    let stays = |other: &&Model| other.core && other.retirement(now) == Retirement::Stays;
    let same = || prices::all().iter().filter(|other| other.vendor == model.vendor).filter(stays);
    let cheaper = same().filter(|other| price(other) < price(model)).max_by_key(|other| price(other));
    let dearer = same().filter(|other| price(other) > price(model)).min_by_key(|other| price(other));
    dearer.or(cheaper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_of_the_vendor_is_proposed() {
        for model in prices::all().iter().filter(|model| ["openai", "anthropic", "google"].contains(&&*model.vendor)) {
            let other = proposed(model, Time::from_ms(1_795_996_800_000)).unwrap_or_else(|| panic!("{}", model.key()));
            assert!(other.vendor == model.vendor && other.id != model.id);
        }
    }

    #[test]
    fn no_model_that_is_switched_off_is_proposed() {
        for day in 0..=396 {
            let now = Time::from_ms(1_795_996_800_000 + day * 86_400_000);
            for model in prices::all().iter().filter(|model| model.vendor == "openai") {
                assert!(
                    proposed(model, now).is_some_and(|other| !other.is_retired(now)),
                    "{} on day {day}",
                    model.key()
                );
            }
        }
    }

    #[test]
    fn both_totals_are_put_into_words() {
        let find = |id| prices::find(id).unwrap();
        let (small, large) = (find("gpt-4o-mini"), find("gpt-4o"));
        let workload =
            Workload { calls: 1_000, input_tokens: 1_000, output_tokens: 0, cache_hits_ppm: 0, ..Workload::default() };
        let totals = re_asks_against(&workload, small, (200_000, 3), large, Time::from_ms(1_795_435_200_000));
        let (first, second) = sentences(&totals, small, large, 200_000);
        assert_eq!(first, "gpt-4o-mini saves $2.31, even with 20% asked for again.");
        assert!(second.starts_with("Both cost the same at 16.66 attempts per call of gpt-4o-mini. 0.16%"), "{second}");
    }
}
