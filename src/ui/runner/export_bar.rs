//! Results out, at any time.

use yew::prelude::*;

use crate::link::{CsvStyle, ExportKind};
use crate::ui::parts::{Button, ButtonKind, Switch};
use crate::ui::runner::words::rows;
use crate::ui::store::Request;
use crate::ui::store::run_files::Exported;

#[derive(Properties, PartialEq)]
pub struct ExportBarProps {
    /// Then the results are what the person came for.
    pub finished: bool,
    pub export: Request<Exported>,
    pub refused: Option<AttrValue>,
    pub on_export: Callback<(ExportKind, CsvStyle)>,
}

#[component]
pub fn ExportBar(props: &ExportBarProps) -> Html {
    let style = use_state(CsvStyle::default);
    let plain = ButtonKind::Plain;
    let first = if props.finished { ButtonKind::Primary } else { plain };
    let on_guard = {
        let style = style.clone();
        Callback::from(move |on: bool| style.set(CsvStyle { guard_formulas: on, ..*style }))
    };
    let on_excel = {
        let style = style.clone();
        Callback::from(move |on: bool| style.set(CsvStyle { byte_order_mark: on, ..*style }))
    };
    let button = |kind: ButtonKind, what: ExportKind, name: &'static str, title: &'static str| {
        let (on_export, style) = (props.on_export.clone(), *style);
        let on_press = Callback::from(move |()| on_export.emit((what, style)));
        html! { <Button {kind} {title} resting={props.export.is_loading()} {on_press}>{ name }</Button> }
    };
    html! {
        <div class="export-bar">
            <div class="row">
                { button(first, ExportKind::Csv, "Export CSV", "Your columns and the answers, in the order of the file") }
                { button(plain, ExportKind::Jsonl, "Export JSONL", "One JSON object per row; a checkpoint for scripts") }
                { button(plain, ExportKind::Ledger, "Export ledger", "One line per attempt: request id, tokens, price, state") }
                <Switch id="for-excel" label="For Excel" on={style.byte_order_mark} on_switch={on_excel} />
                <Switch id="guard-formulas" label="Guard formulas" on={style.guard_formulas} on_switch={on_guard} />
            </div>
            <p class="field__hint">
                { "Guard formulas puts a ' before cells that a spreadsheet would run as a formula; numbers stay as they are." }
                if style.byte_order_mark {
                    { " For Excel lets it read accents. Excel still rounds numbers beyond 15 digits, drops leading zeros \
                       and cuts cells at 32,767 characters: to keep them, open the file with Data > From Text/CSV and set \
                       such columns to Text." }
                }
            </p>
            if props.export.is_loading() {
                <p class="soft" role="status">{ "Writing the file…" }</p>
            }
            if let Request::Ready(exported) = &props.export {
                <p class="soft" role="status">
                    { format!("Saved {} ({}) to your downloads.", exported.file_name, counted_lines(exported)) }
                </p>
            }
            if let Some(refused) = &props.refused {
                <p class="field__error" role="alert">{ refused }</p>
            }
        </div>
    }
}

fn counted_lines(exported: &Exported) -> String {
    match exported.what {
        ExportKind::Ledger => crate::ui::runner::words::counted(exported.rows.into(), "attempt", "attempts"),
        ExportKind::Csv | ExportKind::Jsonl => rows(exported.rows.into()),
    }
}
