//! The three ways to give data: a file, the sample, pasted text.

use js_sys::Array;
use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

use crate::ui::parts::{Button, Switch, TextField, TextKind};
use crate::ui::runner::pasted::{as_file, is_json, seems_headed};
use crate::ui::runner::pause_note::focus;
use crate::ui::store::Field;

const PASTED: &str = "pasted-text";
const PART: &str = "paste-part";

#[derive(Properties, PartialEq)]
pub struct DataTilesProps {
    pub error: Option<AttrValue>,
    /// Data were given already: the tiles only change them.
    pub small: bool,
    pub on_file: Callback<File>,
    pub on_sample: Callback<()>,
}

#[component]
pub fn DataTiles(props: &DataTilesProps) -> Html {
    let pasting = use_state(|| false);
    let on_paste = {
        let pasting = pasting.clone();
        move |_| pasting.set(!*pasting)
    };
    // Once it is drawn.
    use_effect_with(*pasting, |pasting| {
        if *pasting {
            focus(PASTED);
        }
    });
    let on_sample = props.on_sample.reform(|_: MouseEvent| ());
    let on_text = {
        let (pasting, on_file) = (pasting.clone(), props.on_file.clone());
        Callback::from(move |file: File| {
            pasting.set(false);
            on_file.emit(file);
        })
    };
    html! {
        <>
            <div class={classes!("tiles", props.small.then_some("tiles--small"))}>
                <FileTile error={props.error.clone()} on_file={props.on_file.clone()} />
                <div class="tile">
                    <button type="button" class="tile__name" aria-describedby="sample-hint"
                        onclick={move |event| on_sample.emit(event)}>{ "Sample data" }</button>
                    <span class="tile__hint" id="sample-hint">
                        { "500 grocery products and a prompt. Try it without a key." }
                    </span>
                </div>
                <div class={classes!("tile", pasting.then_some("tile--open"))}>
                    <button type="button" class="tile__name" aria-describedby="paste-hint"
                        aria-expanded={pasting.to_string()} aria-controls={PART} onclick={on_paste}>
                        { "Paste text" }
                    </button>
                    <span class="tile__hint" id="paste-hint">{ "A table from a spreadsheet, or one row a line." }</span>
                </div>
            </div>
            if let Some(error) = &props.error {
                <p class="field__error" id="data-file-error">{ error }</p>
            }
            <div id={PART} hidden={!*pasting}>
                <PastePart on_file={on_text} />
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct FileTileProps {
    error: Option<AttrValue>,
    on_file: Callback<File>,
}

/// The input covers the tile, so that a click or a drop anywhere on it is the input's.
#[component]
fn FileTile(props: &FileTileProps) -> Html {
    let over = use_state(|| false);
    let id = Field::DataFile.id(0);
    let onchange = {
        let on_file = props.on_file.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                on_file.emit(file);
            }
            // So that the same file, corrected meanwhile, can be chosen again.
            input.set_value("");
        }
    };
    let ondragover = {
        let over = over.clone();
        move |event: DragEvent| {
            event.prevent_default();
            over.set(true);
        }
    };
    let ondragleave = {
        let over = over.clone();
        move |_: DragEvent| over.set(false)
    };
    let ondrop = {
        let (over, on_file) = (over.clone(), props.on_file.clone());
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let Some(dropped) = event.data_transfer() else { return };
            let text = || dropped.get_data("text/plain").ok().filter(|text| !text.trim().is_empty());
            let file = dropped.files().and_then(|files| files.get(0));
            if let Some(file) = file.or_else(|| text().and_then(|text| file_of(&text, seems_headed(&text)))) {
                on_file.emit(file);
            }
        }
    };
    let described = if props.error.is_some() { "data-file-error data-file-hint" } else { "data-file-hint" };
    html! {
        <div class={classes!("tile", "tile--file", over.then_some("tile--over"))} {ondragover} {ondragleave} {ondrop}>
            <label class="tile__name" for={id.clone()}>{ Field::DataFile.label() }</label>
            <span class="tile__hint" id="data-file-hint">{ "Drop it here or choose it: CSV, TSV, JSONL or JSON." }</span>
            <input {id} class="tile__input" type="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json"
                aria-describedby={described} aria-invalid={props.error.is_some().then_some("true")} {onchange} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct PastePartProps {
    on_file: Callback<File>,
}

#[component]
fn PastePart(props: &PastePartProps) -> Html {
    let text = use_state(AttrValue::default);
    // What the person said of the first line; until then it is guessed.
    let said = use_state(|| None::<bool>);
    let headed = said.unwrap_or_else(|| seems_headed(&text));
    let on_input = {
        let text = text.clone();
        Callback::from(move |typed: AttrValue| text.set(typed))
    };
    let on_switch = {
        let said = said.clone();
        Callback::from(move |on: bool| said.set(Some(on)))
    };
    let on_use = {
        let (text, on_file) = (text.clone(), props.on_file.clone());
        Callback::from(move |()| {
            if let Some(file) = file_of(&text, headed) {
                on_file.emit(file);
            }
        })
    };
    let empty = text.trim().is_empty();
    let hint =
        if headed { "Off: each line is a row of its own." } else { "Each line is a row, in a column named text." };
    html! {
        <div class="stack paste">
            <TextField id={PASTED} label="Pasted text" kind={TextKind::Paragraph} rows={6} monospace=true
                value={(*text).clone()} placeholder="id,name\n1,Organic Baby Spinach 5oz" {on_input} />
            if !empty && !is_json(&text) {
                <Switch id="pasted-headed" label="The first line names the columns" on={headed} {hint} {on_switch} />
            }
            <div class="row">
                <Button disabled={empty} on_press={on_use}>{ "Use this text" }</Button>
            </div>
        </div>
    }
}

fn file_of(text: &str, headed: bool) -> Option<File> {
    let (name, content) = as_file(text, headed);
    // It fails only where the browser has no memory left.
    File::new_with_str_sequence(&Array::of1(&content.into()), name).ok()
}
