//! Everything of the room, kept in step with the calculator's query. The answer that a person is moving a slider for is
//! painted first: the figures follow after that paint, and what is longer once the inputs rest.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::cost_by_model::CostByModel;
use super::figures::Figures;
use super::re_asks::ReAsks;
use super::side_by_side::SideBySide;
use super::ways::Ways;
use crate::estimate::{self, Workload};
use crate::time::Time;
use crate::ui::calculator::{Action, Inputs, decode, piece};
use crate::ui::hooks::{use_after_paint, use_rested};
use crate::ui::parts::Disclosure;

/// Longer than the time between two steps of a slider that is being moved.
const REST_MS: u32 = 100;

#[derive(Properties, PartialEq)]
pub struct ComparisonsProps {
    /// The calculator's.
    pub query: AttrValue,
    /// What was changed here, as a piece of a query.
    pub on_piece: Callback<AttrValue>,
}

#[component]
pub fn Comparisons(props: &ComparisonsProps) -> Html {
    let asked = use_memo(props.query.clone(), |query| decode(query).0);
    let inputs = use_reducer_eq(|| (*asked).clone());
    let now = *use_state(|| Time::from_ms(js_sys::Date::now() as u64));
    // What was told to the calculator and hasn't come back. While more is on its way, what comes back is older than what
    // is here: taking it would lose what was typed meanwhile.
    let told = use_mut_ref(Vec::<Inputs>::new);
    {
        let (inputs, told) = (inputs.dispatcher(), told.clone());
        use_effect_with(asked, move |asked| {
            let mut told = told.borrow_mut();
            match told.iter().position(|told| *told == **asked) {
                Some(place) => drop(told.drain(..=place)),
                None => told.clear(),
            }
            if told.is_empty() {
                inputs.dispatch(Action::Replace(Box::new((**asked).clone())));
            }
        });
    }
    let latest = use_mut_ref(|| (*inputs).clone());
    latest.replace((*inputs).clone());
    // A change made here is seen at once, and told to the calculator, whose query then says the same. The callback is
    // the same one always: what rests isn't drawn again for its sake.
    let on_action = use_callback(props.on_piece.clone(), {
        let inputs = inputs.dispatcher();
        move |action: Action, on_piece: &Callback<AttrValue>| {
            let after = latest.borrow().after(action.clone());
            inputs.dispatch(action.clone());
            told.borrow_mut().push(after.clone());
            on_piece.emit(piece(&after, &action).into());
        }
    });
    let inputs = Rc::new((*inputs).clone());
    let followed = use_after_paint(inputs.clone());
    let rested = use_rested(inputs.workload.clone(), inputs.model.clone(), REST_MS);
    let rested = Rc::new(Inputs { workload: rested, ..(*inputs).clone() });
    html! {
        <>
            <Models inputs={rested.clone()} {now} on_action={on_action.clone()} />
            <FollowedFigures inputs={followed} {now} />
            <Folded inputs={rested} {now} {on_action} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct FollowedProps {
    inputs: Rc<Inputs>,
    now: Time,
}

#[component]
fn FollowedFigures(props: &FollowedProps) -> Html {
    let (workload, now) = (&props.inputs.workload, props.now);
    let Some(model) = props.inputs.model() else { return Html::default() };
    let estimate = Rc::new(estimate::estimate(workload, model, now));
    let points = Rc::new(estimate::time_by_concurrency(workload, model, now));
    let money = estimate::money(workload, model, now);
    html! { <Figures {estimate} concurrency={workload.concurrency} {points} {money} /> }
}

#[derive(Properties, PartialEq)]
pub(super) struct ComparedProps {
    pub inputs: Rc<Inputs>,
    pub now: Time,
    pub on_action: Callback<Action>,
}

/// The table that people came for, and the pinned models below it, where they push nothing that is being typed in.
#[component]
pub(super) fn Models(props: &ComparedProps) -> Html {
    let (inputs, now) = (&props.inputs, props.now);
    let workload = &inputs.workload;
    let rows = use_memo((workload.clone(), now), |(workload, now): &(Workload, Time)| {
        measured(|| estimate::by_model(workload, *now))
    });
    let on_pin = props.on_action.reform(Action::Pin);
    html! {
        <>
            <CostByModel rows={rows.clone()} calls={workload.calls} chosen={inputs.model.clone()}
                pins={inputs.pins.clone()} view={inputs.view.clone()}
                on_choose={props.on_action.reform(Action::ChooseModel)} on_pin={on_pin.clone()}
                on_view={props.on_action.reform(Action::View)} />
            <SideBySide {rows} calls={workload.calls} chosen={inputs.model.clone()} pins={inputs.pins.clone()}
                on_unpin={on_pin} />
        </>
    }
}

/// What few people ask for.
#[component]
pub(super) fn Folded(props: &ComparedProps) -> Html {
    let (inputs, now) = (&props.inputs, props.now);
    let Some(model) = inputs.model() else { return Html::default() };
    html! {
        <div class="folded">
            <Disclosure label="Every way side by side" summary="with and without caches, and Flex">
                <Ways workload={inputs.workload.clone()} {model} {now} />
            </Disclosure>
            <Disclosure label="What if: a cheaper model with retries" summary="is it worth it?">
                <ReAsks workload={inputs.workload.clone()} {model} versus={inputs.versus.clone()} {now}
                    on_versus={props.on_action.reform(Action::Against)} />
            </Disclosure>
        </div>
    }
}

/// `cargo dev bench-page` puts a function on the page that is told how long the estimates of all models took.
fn measured<T>(compute: impl FnOnce() -> T) -> T {
    if cfg!(not(target_arch = "wasm32")) {
        return compute();
    }
    let listener = js_sys::Reflect::get(&js_sys::global(), &"pennybatchMeasured".into());
    let Some(listener) = listener.ok().and_then(|listener| listener.dyn_into::<js_sys::Function>().ok()) else {
        return compute();
    };
    let clock = || gloo_utils::window().performance().map_or(0.0, |performance| performance.now());
    let began = clock();
    let result = compute();
    // What the listener makes of it is not the page's matter.
    let _ = listener.call1(&wasm_bindgen::JsValue::UNDEFINED, &(clock() - began).into());
    result
}
