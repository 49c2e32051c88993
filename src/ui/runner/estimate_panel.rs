//! What exactly these rows would cost, and the button that starts.

use yew::prelude::*;

use crate::link::{FileEstimate, Problem};
use crate::money::{Usd, grouped};
use crate::provider::tokens::ESTIMATE_MARGIN_PERCENT;
use crate::time::in_words;
use crate::ui::parts::{Button, ButtonKind, Notice, Stat, Tone};
use crate::ui::runner::words::{cost_words, counted, worst_case_words};

#[derive(Properties, PartialEq)]
pub struct EstimatePanelProps {
    pub has_data: bool,
    /// A file is being read: a start would still mean the one before.
    pub reading: bool,
    pub estimating: bool,
    pub estimate: Option<Result<FileEstimate, Problem>>,
    /// The fields that can't be read, by name: there is no estimate for them.
    #[prop_or_default]
    pub unread: AttrValue,
    pub budget: Option<Usd>,
    /// How often a row may be asked again.
    #[prop_or_default]
    pub reasks: u8,
    /// How many fields have to be corrected; said once the person tried to start.
    pub problems: usize,
    pub refused: Option<AttrValue>,
    pub starting: bool,
    /// A trial is under way: its answers are still to come.
    #[prop_or_default]
    pub trying: bool,
    pub on_start: Callback<()>,
}

#[component]
pub fn EstimatePanel(props: &EstimatePanelProps) -> Html {
    let body = match &props.estimate {
        _ if !props.has_data => html! {
            <p class="soft">{ "Choose a data file, or take the sample data: then the cost and the time of exactly these \
                               rows stand here." }</p>
        },
        _ if !props.unread.is_empty() => html! {
            <p class="field__error">{ format!("No estimate yet. Correct first: {}.", props.unread) }</p>
        },
        Some(Ok(estimate)) => figures(estimate, props.budget, props.reasks),
        Some(Err(problem)) => html! { <p class="soft">{ &problem.message }</p> },
        None => html! { <p class="soft" role="status">{ "Being counted…" }</p> },
    };
    let kind = if props.has_data { ButtonKind::Primary } else { ButtonKind::Plain };
    let short = match &props.estimate {
        Some(Ok(estimate)) if props.has_data && props.unread.is_empty() => {
            Some(format!("{}, {}", cost_words(estimate), time_words(estimate)))
        }
        _ => None,
    };
    html! {
        <>
            <section class="estimate-panel" aria-labelledby="estimate-title" aria-busy={props.estimating.to_string()}>
                <h2 class="panel__title" id="estimate-title">{ "Before you start" }</h2>
                { body }
            </section>
            <div class="start-bar">
                if let Some(refused) = &props.refused {
                    <Notice tone={Tone::Error}><p>{ refused }</p></Notice>
                }
                if props.problems > 0 {
                    <p class="field__error" role="alert">
                        { format!("Correct {} first.", counted(props.problems as u64, "field", "fields")) }
                    </p>
                }
                if props.starting {
                    <p class="soft small" role="status">
                        { "Saving the rows in this browser, so that the run survives a crash…" }
                    </p>
                } else if let Some(short) = short {
                    <p class="start-bar__short" aria-hidden="true">{ short }</p>
                }
                <Button {kind} disabled={props.starting || props.reading || props.trying} on_press={props.on_start.clone()}>{ "Start run" }</Button>
            </div>
        </>
    }
}

fn time_words(estimate: &FileEstimate) -> String {
    match estimate.calls {
        0 => "at once".to_owned(),
        _ => format!("about {}", in_words(estimate.duration_ms)),
    }
}

fn cost_note(reasks: u8) -> String {
    match reasks {
        0 => "from empty to full answers".to_owned(),
        times => {
            format!("from empty answers to full ones asked again {}", counted(times.into(), "time", "times"))
        }
    }
}

fn input_tokens(estimate: &FileEstimate) -> String {
    let count = grouped(&estimate.input_tokens.to_string());
    if estimate.tokens_counted { count } else { format!("about {count}") }
}

fn input_tokens_note(estimate: &FileEstimate) -> String {
    match (estimate.tokens_counted, estimate.rows_sampled) {
        (true, _) => "by the model\u{2019}s own tokenizer".to_owned(),
        (false, 1..) => {
            format!("from {} as the provider counts them", counted(estimate.rows_sampled.into(), "row", "rows"))
        }
        (false, 0) => format!("from characters, \u{b1}\u{a0}{ESTIMATE_MARGIN_PERCENT}\u{a0}%"),
    }
}

fn figures(estimate: &FileEstimate, budget: Option<Usd>, reasks: u8) -> Html {
    let number = |count: u64| grouped(&count.to_string());
    let spared = [
        (estimate.duplicates, "more repeats one of them", "more repeat one of them"),
        (estimate.maybe_cached, "may be in the cache", "may be in the cache"),
        (estimate.imported, "comes from the checkpoint", "come from the checkpoint"),
    ];
    let spared: Vec<String> = spared
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| counted(count.into(), one, many))
        .collect();
    let saved = (!spared.is_empty()).then(|| spared.join(", "));
    html! {
        <>
            <dl class="stats">
                <Stat label="Cost" value={cost_words(estimate)} note={cost_note(reasks)} />
                <Stat label="Time" value={time_words(estimate)} />
                <Stat label="Calls" value={number(estimate.calls.into())} note={saved.map(AttrValue::from)} />
                <Stat label="Input tokens" value={input_tokens(estimate)} note={input_tokens_note(estimate)} />
            </dl>
            <p class={classes!("small", (estimate.fits_budget == Some(false)).then_some("field__error"))}>
                { format!("Worst case: {}.", worst_case_words(estimate, budget, reasks)) }
            </p>
        </>
    }
}
