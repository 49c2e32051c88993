//! The calculator on its page: the address is read, kept current, and copied.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::prices;
use crate::time::Time;
use crate::ui::Route;
use crate::ui::calculator::{Action, Calculator, Inputs, decode, encode};
use crate::ui::compare::{ComparisonsProps, DecisionPathProps, ShareProps, SourcesProps};
use crate::ui::count_text::CountTextProps;
use crate::ui::lazy::Lazy;
use crate::ui::loaders::Loaders;
use crate::ui::parts::{Button, ButtonKind, Disclosure, Notice, Tone};
use crate::ui::runner::FileEstimateProps;
use crate::ui::simulation::SimulationProps;

/// How long the inputs rest before the address follows: browsers refuse more than about a hundred writes in 30 s.
const ADDRESS_DELAY_MS: u32 = 350;

#[derive(Properties, PartialEq)]
pub struct CalculatorPageProps {
    /// The query of the address: see `query.rs`.
    pub query: AttrValue,
    /// Counts the moves to an address: each one is read anew.
    #[prop_or_default]
    pub moves: u32,
    /// The query that restores what is shown now.
    pub on_query: Callback<AttrValue>,
    pub loaders: Loaders,
}

#[component]
pub fn CalculatorPage(props: &CalculatorPageProps) -> Html {
    let opened = use_memo((props.query.clone(), props.moves), |(query, _)| decode(query));
    let inputs = use_reducer_eq(|| opened.0.clone());
    let now = *use_state(|| Time::from_ms(js_sys::Date::now() as u64));
    let query = AttrValue::from(encode(&inputs));
    {
        let inputs = inputs.clone();
        use_effect_with(opened.clone(), move |opened| inputs.dispatch(Action::Replace(Box::new(opened.0.clone()))));
    }
    {
        // What the address already says is not written over it: the opening page keeps its short address.
        let said = encode(&opened.0);
        let on_query = props.on_query.clone();
        let known = use_mut_ref(address);
        use_effect_with((props.query.clone(), props.moves), {
            let known = known.clone();
            move |_| {
                known.replace(address());
            }
        });
        use_effect_with((query, said), move |(query, said)| {
            on_query.emit(query.clone());
            let (query, said) = (query.clone(), said.clone());
            let timer = Timeout::new(ADDRESS_DELAY_MS, move || {
                let hash = Route::Calculator.href(&query);
                let current = address();
                // Another address than the one that this page knows: the person is on the way there.
                if current == *known.borrow() && current != hash && (*query != *said || current.contains('?')) {
                    write_address(&hash);
                    known.replace(address());
                }
            });
            move || drop(timer)
        });
    }
    let simulated = use_state(|| None::<SimulationProps>);
    let from_file = use_state(|| false);
    let actions = use_actions(&inputs, now, &simulated, &from_file);
    let loaders = props.loaders;
    let simulation = (*simulated).clone().map(|asked| {
        let changed = (&asked.model, &asked.workload) != (&inputs.model, &inputs.workload);
        html! {
            <>
                <Lazy<SimulationProps> loader={loaders.simulation} of={asked} waiting="Loading the simulation…" />
                if changed {
                    <p class="soft small" role="status">
                        { "The inputs have changed. Press Simulate this run again." }
                    </p>
                }
            </>
        }
    });
    let on_action = use_callback((), {
        let inputs = inputs.dispatcher();
        move |action: Action, ()| inputs.dispatch(action)
    });
    let inputs = Rc::new((*inputs).clone());
    let from_file = from_file.then(|| {
        let of = FileEstimateProps { inputs: inputs.clone(), on_action: on_action.clone() };
        html! { <Lazy<FileEstimateProps> loader={loaders.file_estimate} {of} waiting="Loading the file reader…" /> }
    });
    let opened_parts = [from_file, simulation].map(Option::unwrap_or_default);
    drawn(&opened.1, inputs, now, on_action, actions, opened_parts, loaders)
}

#[derive(Properties, PartialEq)]
pub struct OpeningCalculatorProps {
    pub now: Time,
    pub loaders: Loaders,
}

/// The calculator as it opens, drawn without a browser.
#[component]
pub fn OpeningCalculator(props: &OpeningCalculatorProps) -> Html {
    let inputs = Inputs::default();
    let (simulated, from_file) = (use_state(|| None), use_state(|| false));
    let actions = use_actions(&inputs, props.now, &simulated, &from_file);
    drawn(&[], Rc::new(inputs), props.now, Callback::noop(), actions, Default::default(), props.loaders)
}

fn drawn(
    problems: &[String],
    inputs: Rc<Inputs>,
    now: Time,
    on_action: Callback<Action>,
    actions: Actions,
    [from_file, simulation]: [Html; 2],
    loaders: Loaders,
) -> Html {
    let unread = inputs.unread != 0;
    // Where the inputs are that it fills in.
    let from_file = html! {
        <>
            { actions.from_file }
            { from_file }
        </>
    };
    let share = ShareProps { inputs: inputs.clone(), now };
    let run_or_share = html! {
        <>
            { actions.run }
            <Lazy<ShareProps> loader={loaders.share} of={share} after_paint={true} waiting="Share" small={true} />
        </>
    };
    let path = inputs.model().map(|model| {
        let of = DecisionPathProps { workload: inputs.workload.clone(), model, now };
        html! {
            <Lazy<DecisionPathProps> loader={loaders.decision_path} {of} after_paint={true} small={true}
                waiting="Decision path" />
        }
    });
    let count = CountTextProps { on_action: on_action.clone() };
    let count_text = html! {
        <Lazy<CountTextProps> loader={loaders.count_text} of={count} after_paint={true} waiting="Loading…" small={true} />
    };
    let sources = html! { <PriceSources inputs={inputs.clone()} {now} {loaders} /> };
    let compared = ComparisonsProps { inputs: inputs.clone(), now, on_action: on_action.clone() };
    html! {
        <>
            <h1 class="page__title">{ "What will this batch of LLM calls cost?" }</h1>
            <p class="page__lead">
                { "Estimate it here, then run it in your browser with your own key. Nothing goes through us." }
            </p>
            { left_out(problems) }
            { stale(now) }
            <Calculator {inputs} {now} {on_action} actions={run_or_share} path={path.unwrap_or_default()} {from_file}
                {count_text} {sources}>
                <div class="calculator__comparisons">
                    <Lazy<ComparisonsProps> loader={loaders.comparisons} of={compared} after_paint={true}
                        waiting="Loading the table of models…" />
                </div>
                <div class="calculator__simulation">
                    <div inert={unread}>{ actions.simulate }</div>
                    { simulation }
                </div>
            </Calculator>
        </>
    }
}

/// The page's buttons, by where they stand.
#[derive(Clone, PartialEq)]
struct Actions {
    run: Html,
    from_file: Html,
    simulate: Html,
}

/// What can be done with the answer. The buttons ask for the inputs when they are pressed, so that a change of these
/// doesn't draw those anew.
#[hook]
fn use_actions(
    inputs: &Inputs,
    now: Time,
    simulated: &UseStateHandle<Option<SimulationProps>>,
    from_file: &UseStateHandle<bool>,
) -> Actions {
    let latest = use_mut_ref(|| inputs.clone());
    latest.replace(inputs.clone());
    // Each press counts, so that the same workload can be asked for again.
    let presses = use_mut_ref(|| 0_u32);
    let (simulated, from_file) = (simulated.setter(), from_file.setter());
    let actions = use_memo((), move |()| {
        let current = latest.clone();
        let asked = move |say: fn(&Inputs, Time) -> String| {
            let latest = latest.clone();
            Callback::from(move |()| say(&latest.borrow(), now))
        };
        let simulate = Callback::from(move |()| {
            *presses.borrow_mut() += 1;
            let Inputs { model, workload, .. } = current.borrow().clone();
            simulated.set(Some(SimulationProps { press: *presses.borrow(), model, workload }));
        });
        let query = asked(|inputs, _| encode(inputs));
        let run = Callback::from(move |()| {
            let query = query.emit(());
            write_address(&Route::Calculator.href(&query));
            // A hash can always be set; were it refused, the page would stay as it is.
            let _ = gloo_utils::window().location().set_hash(&Route::Runner.href(&query));
        });
        let read_file = Callback::from(move |()| from_file.set(true));
        Actions {
            run: html! { <Button kind={ButtonKind::Primary} on_press={run}>{ "Run this" }</Button> },
            from_file: html! {
                <Button kind={ButtonKind::Quiet} on_press={read_file}>{ "Estimate from a file" }</Button>
            },
            simulate: html! { <Button on_press={simulate}>{ "Simulate this run" }</Button> },
        }
    });
    (*actions).clone()
}

fn left_out(problems: &[String]) -> Html {
    if problems.is_empty() {
        return Html::default();
    }
    html! {
        <Notice tone={Tone::Warning} heading="Parts of this link can't be read. Default values are used instead.">
            { for problems.iter().map(|problem| html! { <p>{ problem }</p> }) }
        </Notice>
    }
}

#[derive(Properties, PartialEq)]
struct PriceSourcesProps {
    inputs: Rc<Inputs>,
    now: Time,
    loaders: Loaders,
}

/// What a link's prices were, where it says when they were read, and where today's come from; both are fetched when asked
/// for.
#[component]
fn PriceSources(props: &PriceSourcesProps) -> Html {
    let opened = use_state(|| false);
    let part = |then: bool| {
        let of = SourcesProps { inputs: props.inputs.clone(), now: props.now, then };
        html! { <Lazy<SourcesProps> loader={props.loaders.sources} {of} small={true} waiting="Loading the sources…" /> }
    };
    let earlier = props.inputs.priced.as_deref().is_some_and(|date| date < prices::newest_price_date());
    let on_flip = {
        let opened = opened.setter();
        Callback::from(move |_| opened.set(true))
    };
    html! {
        <>
            if earlier { { part(true) } }
            <Disclosure id="price-sources" label="Sources of these prices" {on_flip}>
                if *opened { { part(false) } }
            </Disclosure>
        </>
    }
}

/// Prices that have been left alone for long are told before the figures that rest on them.
fn stale(now: Time) -> Html {
    match prices::stale_words(now) {
        None => Html::default(),
        Some(words) => html! {
            <Notice tone={Tone::Warning} heading="These prices may be out of date"><p>{ words }</p></Notice>
        },
    }
}

fn address() -> String {
    gloo_utils::window().location().hash().unwrap_or_default()
}

/// Browsers refuse a burst of these; the next change then writes the newer address.
fn write_address(hash: &str) {
    if let Ok(history) = gloo_utils::window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of the opening page stays `#/`, which needs the opening inputs to be what an empty query means.
    #[test]
    fn an_empty_query_opens_the_opening_inputs() {
        assert_eq!(decode("").0, Inputs::default());
    }
}
