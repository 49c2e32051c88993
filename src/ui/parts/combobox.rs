//! A text box with a list to choose from; typing filters the list. On a phone, where nothing but the list can be chosen, it
//! is the phone's own.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::field::{described_by, notes, slug};
use crate::ui::hooks::after_paint;

/// Rows of the list that are drawn; typing brings up the rest.
const ROWS_MAX: usize = 200;

/// One row of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    pub value: AttrValue,
    pub name: AttrValue,
    /// Told beside the name, and searched too: a vendor, a price.
    pub detail: AttrValue,
    /// Rows of one group stand under its heading; empty: no heading.
    pub group: AttrValue,
}

#[derive(Properties, PartialEq)]
pub struct ComboboxProps {
    /// Of the box, once on its page; made from the label where it isn't given.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    pub label: AttrValue,
    pub value: AttrValue,
    pub choices: Vec<Choice>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
    /// What is typed is a value too, whether or not the list has it.
    #[prop_or_default]
    pub free_text: bool,
    /// The name of a last row that brings up more choices.
    #[prop_or_default]
    pub more: Option<AttrValue>,
    #[prop_or_default]
    pub on_more: Callback<()>,
    pub on_choose: Callback<AttrValue>,
}

/// The value of the row that brings up more choices.
const MORE: &str = "more…";

/// What the person is doing with the box; at rest it shows the value's name.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    open: bool,
    /// `None`: nothing was typed since the box was entered, so the list is whole.
    typed: Option<AttrValue>,
    /// Index in the filtered list.
    active: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    /// `active`: the row that Enter takes; none where the typed text itself is a value.
    Type {
        text: AttrValue,
        active: Option<usize>,
    },
    Open {
        at: Option<usize>,
    },
    Move {
        by: isize,
        rows: usize,
    },
    To(Option<usize>),
    Close,
}

impl State {
    fn after(&self, action: Action) -> State {
        match action {
            Action::Type { text, active } => State { open: true, typed: Some(text), active },
            Action::Open { at } => State { open: true, active: at, ..self.clone() },
            Action::Move { rows: 0, .. } => self.clone(),
            Action::Move { by, rows } => {
                let rows = rows as isize;
                let from = self.active.map_or(if by > 0 { -1 } else { rows }, |active| active as isize);
                State { open: true, active: Some((from + by).rem_euclid(rows) as usize), ..self.clone() }
            }
            Action::To(active) => State { active, ..self.clone() },
            Action::Close => State::default(),
        }
    }
}

impl Reducible for State {
    type Action = Action;
    fn reduce(self: std::rc::Rc<Self>, action: Action) -> std::rc::Rc<Self> {
        self.after(action).into()
    }
}

#[component]
pub fn Combobox(props: &ComboboxProps) -> Html {
    let state = use_reducer_eq(State::default);
    let list = use_node_ref();
    let id = props.id.as_ref().map_or_else(|| slug(&props.label), ToString::to_string);
    let list_id = format!("{id}-list");
    let more = props.more.as_ref().map(|name| Choice { value: MORE.into(), name: name.clone(), ..Choice::default() });
    let mut rows = matching(&props.choices, state.typed.as_deref().unwrap_or_default());
    rows.extend(&more);
    let chosen = rows.iter().position(|choice| choice.value == props.value);

    {
        let list = list.clone();
        use_effect_with((state.open, state.active), move |_| scroll_to_active(&list));
    }
    let settle = settling(props, &state);
    let on_phone = use_state(|| false);
    {
        // In a task of its own: the phone's list is drawn whole.
        let on_phone = on_phone.setter();
        use_effect_with((), move |()| after_paint(move || on_phone.set(is_phone())));
    }
    {
        // What the person picked last may be no choice, or gone from a list that changed.
        let (list, value) = (list.clone(), props.value.clone());
        use_effect_with((props.value.clone(), props.choices.clone(), *on_phone), move |_| {
            if let Some(list) = list.cast::<HtmlSelectElement>() {
                list.set_value(&value);
            }
        });
    }
    if *on_phone && !props.free_text {
        return native(props, &list, &id, &settle);
    }
    let oninput = {
        let (state, free, on_choose) = (state.clone(), props.free_text, props.on_choose.clone());
        move |event: InputEvent| {
            let text = AttrValue::from(event.target_unchecked_into::<HtmlInputElement>().value());
            if free {
                on_choose.emit(text.clone());
            }
            state.dispatch(Action::Type { text, active: (!free).then_some(0) });
        }
    };
    let onkeydown = {
        let (state, settle) = (state.clone(), settle.clone());
        let values: Vec<AttrValue> = rows.iter().take(ROWS_MAX).map(|choice| choice.value.clone()).collect();
        move |event: KeyboardEvent| {
            let moved = match event.key().as_str() {
                "ArrowDown" | "ArrowUp" if !state.open => Action::Open { at: chosen.or(Some(0)) },
                "ArrowDown" => Action::Move { by: 1, rows: values.len() },
                "ArrowUp" => Action::Move { by: -1, rows: values.len() },
                "PageDown" if state.open => {
                    Action::To(state.active.map(|at| (at + 8).min(values.len().saturating_sub(1))))
                }
                "PageUp" if state.open => Action::To(state.active.map(|at| at.saturating_sub(8))),
                "Enter" if state.open => {
                    event.prevent_default();
                    return settle.emit(state.active.and_then(|at| values.get(at).cloned()));
                }
                "Escape" if state.open => Action::Close,
                _ => return,
            };
            event.prevent_default();
            state.dispatch(moved);
        }
    };
    let onclick = {
        let state = state.clone();
        move |event: MouseEvent| {
            if !state.open {
                // A phone's keyboard leaves the list room only where the box is at the top.
                to_the_top_of_a_phone(&event.target_unchecked_into());
                state.dispatch(Action::Open { at: chosen });
            }
        }
    };
    let onfocus = |event: FocusEvent| event.target_unchecked_into::<HtmlInputElement>().select();
    let onblur = {
        let state = state.clone();
        move |_| state.dispatch(Action::Close)
    };
    let name = props.choices.iter().find(|choice| choice.value == props.value).map(|choice| choice.name.clone());
    let text = state.typed.clone().unwrap_or_else(|| name.unwrap_or_else(|| props.value.clone()));
    let active = state.active.filter(|at| state.open && *at < rows.len()).map(|at| format!("{list_id}-{at}"));
    html! {
        <div class="field combobox">
            <label class="field__label" for={id.clone()}>{ &props.label }</label>
            <div class="combobox__box">
                <input id={id.clone()} class="text-field__input combobox__input" type="text" role="combobox"
                    autocomplete="off" spellcheck="false" value={text} placeholder={props.placeholder.clone()}
                    disabled={props.disabled} aria-autocomplete="list" aria-expanded={state.open.to_string()}
                    aria-controls={list_id.clone()} aria-activedescendant={active}
                    aria-invalid={props.error.is_some().then_some("true")}
                    aria-describedby={described_by(&id, props.hint.is_some(), false, props.error.is_some())}
                    {oninput} {onkeydown} {onclick} {onfocus} {onblur} />
                <svg class="combobox__mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path d="M2.5 4.5 6 8l3.5-3.5" fill="none" stroke="currentColor" stroke-width="1.5" />
                </svg>
                <div ref={list} id={list_id.clone()} class="combobox__list" role="listbox"
                    aria-label={props.label.clone()} hidden={!state.open}>
                    if state.open {
                        { options(&list_id, &rows, &props.value, state.active, &settle) }
                    }
                </div>
            </div>
            { notes(&id, props.hint.as_ref(), None, props.error.as_ref()) }
        </div>
    }
}

/// The list as the phone draws it.
fn native(props: &ComboboxProps, list: &NodeRef, id: &str, settle: &Callback<Option<AttrValue>>) -> Html {
    let onchange = {
        let settle = settle.clone();
        move |event: Event| {
            let list: HtmlSelectElement = event.target_unchecked_into();
            let value = AttrValue::from(list.value());
            if *value == *MORE {
                // The longer list opens on what was chosen.
                list.set_selected_index(-1);
            }
            settle.emit(Some(value));
        }
    };
    let option = |choice: &Choice| {
        let text = format!("{} · {}", choice.name, choice.detail);
        html! {
            <option key={&*choice.value} value={choice.value.clone()} selected={choice.value == props.value}>{ text }</option>
        }
    };
    let groups = props.choices.chunk_by(|one, next| one.group == next.group).map(|group| match &*group[0].group {
        "" => html! { <>{ for group.iter().map(option) }</> },
        name => html! { <optgroup label={name.to_owned()}>{ for group.iter().map(option) }</optgroup> },
    });
    html! {
        <div class="field select-field">
            <label class="field__label" for={id.to_owned()}>{ &props.label }</label>
            <select ref={list.clone()} id={id.to_owned()} class="select-field__input" disabled={props.disabled}
                aria-invalid={props.error.is_some().then_some("true")}
                aria-describedby={described_by(id, props.hint.is_some(), false, props.error.is_some())} {onchange}>
                { for groups }
                if let Some(more) = &props.more {
                    <option value={MORE}>{ more }</option>
                }
            </select>
            { notes(id, props.hint.as_ref(), None, props.error.as_ref()) }
        </div>
    }
}

/// Takes a row's value, or lets the box go back to what it was.
fn settling(props: &ComboboxProps, state: &UseReducerHandle<State>) -> Callback<Option<AttrValue>> {
    let (state, value, on_choose) = (state.clone(), props.value.clone(), props.on_choose.clone());
    let on_more = props.on_more.clone();
    Callback::from(move |row: Option<AttrValue>| {
        if row.as_deref() == Some(MORE) {
            on_more.emit(());
            return;
        }
        if let Some(row) = row.filter(|row| *row != value) {
            on_choose.emit(row);
        }
        state.dispatch(Action::Close);
    })
}

fn options(
    list_id: &str,
    rows: &[&Choice],
    value: &AttrValue,
    active: Option<usize>,
    settle: &Callback<Option<AttrValue>>,
) -> Html {
    if rows.is_empty() {
        return html! { <p class="combobox__empty">{ "No match. Try a shorter word." }</p> };
    }
    let row = |at: usize, choice: &Choice| {
        let marks = classes!(
            "combobox__option",
            (active == Some(at)).then_some("combobox__option--active"),
            (choice.value == MORE).then_some("combobox__option--more"),
        );
        let take = {
            let (settle, value) = (settle.clone(), choice.value.clone());
            move |event: MouseEvent| {
                // Keeps the focus in the box.
                event.prevent_default();
                settle.emit(Some(value.clone()));
            }
        };
        html! {
            <div id={format!("{list_id}-{at}")} role="option" onmousedown={take} class={marks}
                aria-selected={(choice.value == *value).to_string()}>
                <span class="combobox__name">{ &choice.name }</span>
                <span class="combobox__detail">{ &choice.detail }</span>
            </div>
        }
    };
    let shown = &rows[..rows.len().min(ROWS_MAX)];
    let mut from = 0;
    let groups = shown.chunk_by(|one, next| one.group == next.group).map(|group| {
        let first = from;
        from += group.len();
        let options = group.iter().enumerate().map(|(at, choice)| row(first + at, choice));
        let name = &group[0].group;
        if name.is_empty() {
            return html! { <>{ for options }</> };
        }
        let heading = format!("{list_id}-group-{first}");
        html! {
            <div role="group" aria-labelledby={heading.clone()}>
                <div id={heading} class="combobox__group" role="presentation">{ name }</div>
                { for options }
            </div>
        }
    });
    html! { <>{ for groups }</> }
}

/// Every word typed must be found somewhere in the row.
fn matching<'a>(choices: &'a [Choice], typed: &str) -> Vec<&'a Choice> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_ascii_lowercase).collect();
    if words.is_empty() {
        return choices.iter().collect();
    }
    let fits = |choice: &Choice| {
        let text = format!("{} {} {}", choice.value, choice.name, choice.detail).to_ascii_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    choices.iter().filter(|choice| fits(choice)).collect()
}

fn to_the_top_of_a_phone(input: &HtmlInputElement) {
    if is_phone() {
        input.scroll_into_view();
    }
}

fn is_phone() -> bool {
    let coarse = gloo_utils::window().match_media("(pointer: coarse) and (max-width: 44rem)");
    coarse.ok().flatten().is_some_and(|query| query.matches())
}

fn scroll_to_active(list: &NodeRef) {
    let Some(list) = list.cast::<web_sys::HtmlElement>() else { return };
    let active = list.query_selector(".combobox__option--active").ok().flatten();
    let Some(active) = active.and_then(|row| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(row).ok()) else {
        return;
    };
    let (top, bottom) = (active.offset_top(), active.offset_top() + active.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_typed_word_narrows_the_list() {
        let choice = |value: &str, detail: &str| Choice {
            value: value.to_owned().into(),
            name: value.to_owned().into(),
            detail: detail.to_owned().into(),
            group: "".into(),
        };
        let choices =
            [choice("gpt-4o-mini", "OpenAI"), choice("gpt-4o", "OpenAI"), choice("claude-haiku", "Anthropic")];
        let names = |typed: &str| matching(&choices, typed).iter().map(|row| row.value.to_string()).collect::<Vec<_>>();
        assert_eq!(names("OPENAI mini"), ["gpt-4o-mini"]);
        assert_eq!(names("anthropic"), ["claude-haiku"]);
        assert_eq!(names("").len(), 3);
        assert!(names("llama").is_empty());
    }

    #[test]
    fn arrows_go_round_and_escape_forgets_what_was_typed() {
        let typed = State::default().after(Action::Type { text: "gpt".into(), active: Some(0) });
        assert_eq!(typed.active, Some(0));
        assert_eq!(typed.after(Action::Move { by: -1, rows: 3 }).active, Some(2));
        assert_eq!(typed.after(Action::Move { by: 1, rows: 3 }).active, Some(1));
        assert_eq!(typed.after(Action::Move { by: 1, rows: 0 }), typed);
        assert_eq!(State::default().after(Action::Move { by: -1, rows: 3 }).active, Some(2));
        assert_eq!(typed.after(Action::Close), State::default());
    }
}
