//! The results: a table of any length, of which only what is seen is drawn.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::link::{AnswerSummary, ExportState, Marks, ResultRow, RowFilter, Setup, candidate_name};
use crate::money::{Usd, fixed, grouped};
use crate::ui::hooks::use_throttled;
use crate::ui::parts::{Button, ButtonKind, SelectField, TextField, TextKind};
use crate::ui::runner::pause_note::focus;
use crate::ui::runner::window::{ROW_HEIGHT_PX, RowWindow, row_window};
use crate::ui::runner::words::{ended_name, misfit_words, rows, state_name};
use crate::ui::store::RowsSeen;

/// Rows that are asked for before it is known how many there are.
const ROWS_FIRST: u32 = 60;
/// The rows that are seen are asked for again this often at most while the run goes on.
const FRESH_MS: u32 = 700;
const SEARCH_MS: u32 = 200;
const UNMEASURED: (f64, f64, f64) = (0.0, 420.0, ROW_HEIGHT_PX);

/// A stretch of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsAsked {
    pub first: u32,
    pub count: u32,
    pub filter: Option<RowFilter>,
    pub search: String,
}

#[derive(Properties, PartialEq)]
pub struct ResultsProps {
    pub setup: Rc<Setup>,
    pub answers: Rc<AnswerSummary>,
    pub seen: RowsSeen,
    /// How many answers need a look.
    pub marks: Marks,
    /// Changes whenever rows may have changed.
    pub revision: u64,
    /// Nothing moves any more, so the last look must be at the last state.
    pub settled: bool,
    /// Which rows are shown; `None`: all.
    pub filter: Option<RowFilter>,
    pub on_filter: Callback<Option<RowFilter>>,
    /// Rows that are done, of all.
    pub done: u32,
    pub total: u32,
    /// The answers are the Demo's.
    pub made_up: bool,
    pub on_rows: Callback<RowsAsked>,
    pub on_detail: Callback<u32>,
    /// The rows of this filter are to be run again.
    pub on_again: Callback<RowFilter>,
}

#[component]
pub fn Results(props: &ResultsProps) -> Html {
    let filter = props.filter;
    let search = use_state(AttrValue::default);
    let scrolled = use_state(|| UNMEASURED);
    let scroller = use_node_ref();
    let (top_px, height_px, row_px) = *scrolled;
    let window = row_window(top_px, height_px, row_px, props.seen.matching);
    let revision = use_throttled(props.revision, props.settled, FRESH_MS);
    let asked =
        RowsAsked { first: window.first, count: window.count.max(ROWS_FIRST), filter, search: search.to_string() };
    use_rows_asked(asked, revision, props.on_rows.clone());

    let onscroll = {
        let (scroller, scrolled) = (scroller.clone(), scrolled.clone());
        move |_: Event| scrolled.set(measured(&scroller))
    };
    {
        let (scroller, scrolled) = (scroller.clone(), scrolled.clone());
        use_effect_with((), move |()| scrolled.set(measured(&scroller)));
    }
    let to_top = {
        let scroller = scroller.clone();
        move || {
            if let Some(scroller) = scroller.cast::<HtmlElement>() {
                scroller.set_scroll_top(0);
            }
        }
    };
    let filters = Rc::new(filters(props));
    let on_filter = {
        let filters = filters.clone();
        let (on_filter, to_top) = (props.on_filter.clone(), to_top.clone());
        Callback::from(move |word: AttrValue| {
            to_top();
            on_filter.emit(filters.iter().find(|(_, name)| *name == word).map(|(filter, _)| *filter));
        })
    };
    let on_search = {
        let search = search.clone();
        Callback::from(move |text: AttrValue| {
            to_top();
            search.set(text);
        })
    };
    let marks = props.marks;
    let choices = std::iter::once((AttrValue::from(""), AttrValue::from("All")))
        .chain(filters.iter().filter_map(|(filter, name)| {
            let (filter, name) = (*filter, name.clone());
            let count = marked(filter, &marks);
            match count {
                // A kind of mark that no row has is not offered, unless it is chosen.
                Some(0) if props.filter != Some(filter) => None,
                Some(count) => Some((name.clone(), format!("{name} ({})", grouped(&count.to_string())).into())),
                None => Some((name.clone(), name)),
            }
        }))
        .collect::<Vec<_>>();
    let chosen = filters.iter().find(|(one, _)| Some(*one) == filter).map(|(_, name)| name.clone());
    html! {
        <section class="results" aria-labelledby={RESULTS}>
            <div class="results__head">
                <h2 class="panel__title" id={RESULTS} tabindex="-1">{ "Results" }</h2>
                <span class="results__count soft small">{ count_words(props, filter.is_some() || !search.is_empty()) }</span>
            </div>
            <div class="results__tools">
                <SelectField id="results-state" label="State" value={chosen.unwrap_or_default()} {choices}
                    on_choose={on_filter} />
                <TextField label="Search results" kind={TextKind::Search} value={(*search).clone()}
                    placeholder="id, row or answer" on_input={on_search} />
                if let Some(filter) = filter.filter(|_| props.settled && props.seen.matching > 0) {
                    <Button kind={ButtonKind::Quiet} on_press={props.on_again.reform(move |()| filter)}
                        title="Opens the steps with these rows chosen: change the model or the prompt, and start">
                        { "Run these rows again" }
                    </Button>
                }
            </div>
            <div ref={scroller} class="table-scroll results__scroll" tabindex="0" role="region"
                aria-label="Results, scrollable" {onscroll}>
                <ResultsTable {window} seen={props.seen.clone()} judged={props.answers.labelled_rows > 0} setup={props.setup.clone()} made_up={props.made_up} on_detail={props.on_detail.clone()} />
                if props.seen.matching == 0 {
                    <p class="results__empty soft">{ nothing(filter.is_some() || !search.is_empty()) }</p>
                }
            </div>
        </section>
    }
}

/// The heading's id, for whoever leads to the results.
pub const RESULTS: &str = "results";

fn count_words(props: &ResultsProps, narrowed: bool) -> String {
    match narrowed {
        true => format!("{} of {}", grouped(&props.seen.matching.to_string()), rows(props.total.into())),
        false => format!("{} of {} done", grouped(&props.done.to_string()), rows(props.total.into())),
    }
}

const FILTERS: [RowFilter; 9] = [
    RowFilter::State(ExportState::Open),
    RowFilter::State(ExportState::Succeeded),
    RowFilter::State(ExportState::CacheHit),
    RowFilter::State(ExportState::Imported),
    RowFilter::State(ExportState::Errored),
    RowFilter::State(ExportState::Canceled),
    RowFilter::CutOff,
    RowFilter::Filtered,
    RowFilter::Misfit,
];

/// What rows can be narrowed to, each with its name.
fn filters(props: &ResultsProps) -> Vec<(RowFilter, AttrValue)> {
    let mut filters: Vec<(RowFilter, AttrValue)> =
        FILTERS.iter().map(|filter| (*filter, filter_name(*filter).into())).collect();
    if props.answers.labelled_rows > 0 {
        filters.push((RowFilter::Right, "Right".into()));
        filters.push((RowFilter::Wrong, "Wrong".into()));
    }
    for candidate in 0..props.setup.candidates().unwrap_or(0) {
        if candidate == 0 {
            filters.push((RowFilter::Differ, "Candidates disagree".into()));
        }
        filters.push((RowFilter::Candidate(candidate as u8), candidate_name(&props.setup, candidate).into()));
    }
    // Chosen in Answers.
    if let Some(filter @ RowFilter::Value { field, value }) = props.filter {
        let of = props.answers.fields.get(usize::from(field));
        let value = of.and_then(|field| field.values.iter().find(|counted| counted.id == value));
        filters.push((filter, format!("Answer: {}", value.map_or("", |value| value.value.as_str())).into()));
    }
    filters
}

fn filter_name(filter: RowFilter) -> &'static str {
    match filter {
        RowFilter::State(state) => state_name(state),
        RowFilter::CutOff => "Cut off",
        RowFilter::Filtered => "Filtered",
        RowFilter::Misfit => "Doesn't fit",
        RowFilter::Right | RowFilter::Wrong | RowFilter::Differ | RowFilter::Value { .. } | RowFilter::Candidate(_) => {
            ""
        }
    }
}

/// How many rows have the mark; `None` for what is no mark.
fn marked(filter: RowFilter, marks: &Marks) -> Option<u32> {
    match filter {
        RowFilter::CutOff => Some(marks.cut_off),
        RowFilter::Filtered => Some(marks.filtered),
        RowFilter::Misfit => Some(marks.misfits),
        RowFilter::State(ExportState::Imported) => Some(marks.imported),
        _ => None,
    }
}

fn nothing(narrowed: bool) -> &'static str {
    if narrowed { "No rows match." } else { "No rows yet." }
}

/// A moment after the last change, so that typing and scrolling don't ask for every step on the way.
#[hook]
fn use_rows_asked(asked: RowsAsked, revision: u64, on_rows: Callback<RowsAsked>) {
    let searched = use_mut_ref(String::new);
    use_effect_with((asked, revision), move |(asked, _)| {
        let typing = *searched.borrow() != asked.search;
        searched.borrow_mut().clone_from(&asked.search);
        let asked = asked.clone();
        let timer = Timeout::new(if typing { SEARCH_MS } else { 0 }, move || on_rows.emit(asked));
        move || drop(timer)
    });
}

/// Where the table is scrolled to, how much of it is seen, and how high a row is.
fn measured(scroller: &NodeRef) -> (f64, f64, f64) {
    let Some(scroller) = scroller.cast::<HtmlElement>() else { return UNMEASURED };
    let row = scroller.query_selector(".results__row").ok().flatten();
    let row_px = row.map_or(ROW_HEIGHT_PX, |row| row.get_bounding_client_rect().height());
    (f64::from(scroller.scroll_top()), f64::from(scroller.client_height()), row_px)
}

#[derive(Properties, PartialEq)]
struct ResultsTableProps {
    window: RowWindow,
    /// Right answers are known.
    judged: bool,
    setup: Rc<Setup>,
    seen: RowsSeen,
    made_up: bool,
    on_detail: Callback<u32>,
}

#[component]
fn ResultsTable(props: &ResultsTableProps) -> Html {
    let (above, below) = (use_node_ref(), use_node_ref());
    let RowWindow { first, count, above_px, below_px } = props.window;
    {
        let spaces = [(above.clone(), above_px), (below.clone(), below_px)];
        use_effect_with((above_px, below_px), move |_| {
            for (space, px) in spaces {
                if let Some(space) = space.cast::<HtmlElement>() {
                    // The style sheet's own policy allows this, not a style attribute.
                    let _ = space.style().set_property("height", &(fixed(px, 1) + "px"));
                }
            }
        });
    }
    // A stop for Tab is one row alone, or the way to what follows the table would lead through all of them.
    let current = use_state(|| 0_u32);
    let stop = if (first..first + count).contains(&current) { *current } else { first };
    let on_focus = {
        let current = current.clone();
        Callback::from(move |at: u32| current.set(at))
    };
    let last = props.seen.matching.saturating_sub(1);
    let onkeydown = move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowDown" => (stop + 1).min(last),
            "ArrowUp" => stop.saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        focus(&row_id(to));
    };
    let row = |at: u32| {
        let place = at.checked_sub(props.seen.first);
        let known = place.and_then(|place| props.seen.rows.get(place as usize));
        match known {
            Some(row) => result_row(props, at, row, at == stop, &on_focus),
            None => html! {
                <tr class="results__row" key={at} aria-rowindex={(at + 2).to_string()}><td>{ "…" }</td></tr>
            },
        }
    };
    html! {
        <table class="data-table results__table" aria-label="Results"
            aria-rowcount={(props.seen.matching + 1).to_string()}>
            <thead>
                <tr aria-rowindex="1">
                    <th scope="col" class="results__id">{ "ID" }</th>
                    <th scope="col" class={judged_class(props.judged)}>{ "Input" }</th>
                    if props.setup.candidates().is_some() {
                        <th scope="col">{ "Candidate" }</th>
                    }
                    <th scope="col">{ if props.made_up { "Made-up answers" } else { "Answer" } }</th>
                    if props.judged {
                        <th scope="col">{ "Right answer" }</th>
                    }
                    <th scope="col" class="results__state">{ "State" }</th>
                    <th scope="col" class="number results__narrow results__tokens">{ "Tokens" }</th>
                    <th scope="col" class="number results__narrow results__cost">{ "Cost" }</th>
                    <th scope="col" class="number results__narrow results__attempts">{ "Attempts" }</th>
                </tr>
            </thead>
            <tbody {onkeydown}>
                <tr key="above" ref={above} class="results__space" aria-hidden="true"><td></td></tr>
                { for (first..first + count).map(row) }
                <tr key="below" ref={below} class="results__space" aria-hidden="true"><td></td></tr>
            </tbody>
        </table>
    }
}

fn row_id(at: u32) -> String {
    format!("results-row-{at}")
}

/// The whole row opens by the pointer; for keyboard and ear, its id is the button.
fn result_row(props: &ResultsTableProps, at: u32, row: &ResultRow, is_stop: bool, on_focus: &Callback<u32>) -> Html {
    let (item, on_detail) = (row.item, &props.on_detail);
    let onfocus = on_focus.reform(move |_: FocusEvent| at);
    let onclick = on_detail.reform(move |_: MouseEvent| item);
    let tokens = row.usage.map(|usage| format!("{} + {}", grouped(&usage.input.to_string()), usage.output));
    let (words, class) = match (&row.error, &row.answer) {
        (Some(error), _) => (error.clone(), "results__answer results__answer--error"),
        (None, Some(answer)) => (answer.clone(), "results__answer"),
        (None, None) => (String::new(), "results__answer"),
    };
    html! {
        <tr class="results__row" key={at} aria-rowindex={(at + 2).to_string()} {onclick}>
            <th scope="row" class="results__id">
                <button type="button" class="results__open" id={row_id(at)} tabindex={if is_stop { "0" } else { "-1" }}
                    aria-label={format!("Open row {}", row.id)} {onfocus}>
                    { &row.id }
                </button>
            </th>
            <td class={judged_class(props.judged)} title={row.input.clone()}>{ &row.input }</td>
            if let Some(candidate) = row.candidate {
                <td>{ candidate_name(&props.setup, candidate.into()) }</td>
            }
            <td {class} title={words.clone()}>{ words }</td>
            if props.judged {
                <td class={row.right.map(|right| if right { "results__right" } else { "results__wrong" })}>
                    { truth_words(row) }
                </td>
            }
            <td class="results__state">
                <span class={classes!("state", state_class(row))} title={row.misfit.as_ref().map(misfit_words)}>
                    { ended_name(row) }
                    if let Some(misfit) = &row.misfit {
                        <span class="visually-hidden">{ format!(": {}", misfit_words(misfit)) }</span>
                    }
                </span>
            </td>
            <td class="number results__narrow">{ tokens.unwrap_or_default() }</td>
            <td class="number results__narrow">{ row.cost.map(Usd::short).unwrap_or_default() }</td>
            <td class="number results__narrow">{ row.attempts }</td>
        </tr>
    }
}

/// On a phone, right answers take the place of the input.
fn judged_class(judged: bool) -> Option<&'static str> {
    judged.then_some("results__narrow")
}

/// The right answer, marked by whether the row's own is it.
fn truth_words(row: &ResultRow) -> String {
    let truth = row.truth.clone().unwrap_or_default();
    match row.right {
        Some(true) => format!("\u{2713} {truth}"),
        Some(false) => format!("\u{2717} {truth}"),
        None => truth,
    }
}

fn state_class(row: &ResultRow) -> &'static str {
    match row.state {
        ExportState::Open => "state--open",
        ExportState::Errored => "state--errored",
        ExportState::Canceled => "state--canceled",
        _ if row.misfit.is_some() => "state--cut",
        _ if matches!(row.finish.as_deref(), Some("length" | "content_filter")) => "state--cut",
        ExportState::Succeeded => "state--succeeded",
        ExportState::CacheHit | ExportState::Imported => "state--cached",
    }
}
