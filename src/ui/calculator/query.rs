//! The calculator's whole state as the query of its address: `model=gpt-4o-mini&calls=5000&in=250&out=50&dup=10`.
//!
//! `model` is a model's id, with its vendor (`vendor/id`) where the id alone would mean another vendor's. The other
//! keys are the quantities' (`quantity.rs`): calls, in, out, dup (%), conc, lat (s), prefix, reason, rpm, tpm, rpd,
//! failed (%), deadline (hours), budget (USD), pin and pout (USD a million tokens), and the rarer ones after them.
//! `warm`, `hour` and `window` are switches (`choice.rs`): 1 or 0. `pins` are the models side by side, `vs`, `vsfail`
//! (%) and `vsasks` the other model of the comparison with re-asks; `sort` (a column, `-` before it for the other way
//! around), `filter` and `old` (1: deprecated ones too) are how the table of all models is seen. The first five say what the workload is and are
//! always written; the others where they differ from the opening values.

use super::choice::Choice;
use super::inputs::{Action, Inputs, PINS_MAX, Versus};
use super::quantity::Quantity;
use super::view::{Column, View};
use crate::estimate::Workload;
use crate::prices;
use crate::ui::parts::decimal::{parsed, plain};

const MODEL: &str = "model";
const PINS: &str = "pins";
const VERSUS: &str = "vs";
const VERSUS_FAILED: &str = "vsfail";
const VERSUS_ASKS: &str = "vsasks";
const SORT: &str = "sort";
const FILTER: &str = "filter";
const DEPRECATED: &str = "old";

const ALWAYS: [Quantity; 4] = [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::CacheHits];

/// The query that restores `inputs`.
pub fn encode(inputs: &Inputs) -> String {
    let mut query = of_workload(inputs);
    if !inputs.pins.is_empty() {
        add(&mut query, PINS, &pins(inputs));
    }
    let (versus, proposed) = (&inputs.versus, Versus::default());
    if let Some(model) = &versus.model {
        add(&mut query, VERSUS, &escaped(short(model)));
    }
    if versus.failed_percent != proposed.failed_percent {
        add(&mut query, VERSUS_FAILED, &plain(versus.failed_percent));
    }
    if versus.re_asks != proposed.re_asks {
        add(&mut query, VERSUS_ASKS, &versus.re_asks.to_string());
    }
    let (view, opening) = (&inputs.view, View::default());
    if view.order() != opening.order() {
        add(&mut query, SORT, &view.order());
    }
    if !view.filter.is_empty() {
        add(&mut query, FILTER, &escaped(&view.filter));
    }
    if view.deprecated {
        add(&mut query, DEPRECATED, "1");
    }
    query
}

/// The piece of a query that carries what `action` led to; `after` are the inputs as it left them. Empty for what
/// only the form changes.
pub fn piece(after: &Inputs, action: &Action) -> String {
    match action {
        Action::ChooseModel(_) => format!("{MODEL}={}", escaped(short(&after.model))),
        Action::Pin(_) => format!("{PINS}={}", pins(after)),
        Action::Against(versus) => {
            let model = versus.model.as_ref().map(|model| format!("{VERSUS}={}&", escaped(short(model))));
            let (failed, re_asks) = (plain(versus.failed_percent), versus.re_asks);
            format!("{}{VERSUS_FAILED}={failed}&{VERSUS_ASKS}={re_asks}", model.unwrap_or_default())
        }
        Action::View(view) => {
            let (order, filter) = (view.order(), escaped(&view.filter));
            format!("{SORT}={order}&{FILTER}={filter}&{DEPRECATED}={}", u8::from(view.deprecated))
        }
        _ => String::new(),
    }
}

/// `inputs` with what a [`piece`] says.
pub fn amended(inputs: &Inputs, piece: &str) -> Inputs {
    let mut after = inputs.clone();
    for (key, value) in pairs(piece) {
        if key == MODEL {
            after = after.after(Action::ChooseModel(value));
        } else {
            // What can't be read changes nothing; a piece is our own, so there is nobody to tell.
            let _ = read(&mut after, &key, &value);
        }
    }
    after
}

fn pins(inputs: &Inputs) -> String {
    let pins: Vec<String> = inputs.pins.iter().map(|pin| escaped(short(pin))).collect();
    pins.join(",")
}

/// The part of the query that says what is estimated, without how it is looked at.
pub fn of_workload(inputs: &Inputs) -> String {
    let mut query = format!("{MODEL}={}", escaped(short(&inputs.model)));
    let opening = Workload::default();
    for quantity in Quantity::ALL {
        let value = quantity.get(&inputs.workload);
        if ALWAYS.contains(&quantity) || value != quantity.get(&opening) {
            add(&mut query, quantity.spec().key, &value.map(plain).unwrap_or_default());
        }
    }
    for choice in Choice::ALL {
        if choice.get(&inputs.workload) != choice.get(&opening) {
            add(&mut query, choice.key(), if choice.get(&inputs.workload) { "1" } else { "0" });
        }
    }
    query
}

fn add(query: &mut String, key: &str, value: &str) {
    query.push('&');
    query.push_str(key);
    query.push('=');
    query.push_str(value);
}

/// The id alone, where it means the same model.
fn short(key: &str) -> &str {
    let id = key.split_once('/').map_or(key, |(_, id)| id);
    if prices::find(id).is_some_and(|model| model.is(key)) { id } else { key }
}

/// The inputs that a query describes, and a sentence for each part of it that was left out.
pub fn decode(query: &str) -> (Inputs, Vec<String>) {
    let mut inputs = Inputs::default();
    let mut problems = Vec::new();
    for (key, value) in pairs(query) {
        if let Err(problem) = read(&mut inputs, &key, &value) {
            problems.push(problem);
        }
    }
    (inputs, problems)
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(key, value)| (unescaped(key), unescaped(value)))
}

fn read(inputs: &mut Inputs, key: &str, value: &str) -> Result<(), String> {
    if let Some(quantity) = Quantity::ALL.into_iter().find(|quantity| quantity.spec().key == key) {
        let read = quantity.range().read(value);
        let read = read.map_err(|what| format!("{} {what}, not {}.", quantity.spec().label, quoted(value)))?;
        inputs.workload = quantity.set(&inputs.workload, read);
        return Ok(());
    }
    if let Some(choice) = Choice::ALL.into_iter().find(|choice| choice.key() == key) {
        inputs.workload = choice.set(&inputs.workload, switched(value, choice.label())?);
        return Ok(());
    }
    match key {
        MODEL => inputs.model = known(value)?,
        PINS => {
            let pins = value.split(',').filter(|pin| !pin.is_empty()).map(known).collect::<Result<Vec<_>, _>>()?;
            if pins.len() > PINS_MAX {
                return Err(format!("At most {PINS_MAX} models stand side by side, not {}.", pins.len()));
            }
            inputs.pins = pins;
        }
        VERSUS => inputs.versus.model = Some(known(value)?),
        VERSUS_FAILED => inputs.versus.failed_percent = within(value, 99.0, "The share asked again")?,
        VERSUS_ASKS => inputs.versus.re_asks = within(value, 10.0, "The number of re-asks")?.trunc() as u32,
        SORT => {
            let columns = || Column::ALL.map(Column::key).join(", ");
            let view = inputs.view.in_order(value);
            inputs.view = view.ok_or_else(|| format!("The order is one of {}, not {}.", columns(), quoted(value)))?;
        }
        FILTER => inputs.view.filter = value.to_owned().into(),
        DEPRECATED => inputs.view.deprecated = switched(value, "Show deprecated")?,
        _ => return Err(format!("{} is not known here.", quoted(key))),
    }
    Ok(())
}

fn switched(value: &str, name: &str) -> Result<bool, String> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(format!("{name} is 1 or 0, not {}.", quoted(value))),
    }
}

fn known(name: &str) -> Result<prices::ModelId, String> {
    let model = prices::find(name).ok_or_else(|| format!("The catalogue has no model {}.", quoted(name)))?;
    Ok(model.key())
}

fn within(value: &str, most: f64, name: &str) -> Result<f64, String> {
    let number = parsed(value).filter(|number| (0.0..=most).contains(number));
    number.ok_or_else(|| format!("{name} goes from 0 to {}, not {}.", plain(most), quoted(value)))
}

fn quoted(text: &str) -> String {
    format!("\u{201c}{text}\u{201d}")
}

/// Letters, digits and `-._~/:@` stand for themselves in a query; the rest becomes `%XX`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(byte.into()),
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A `%` that begins no escape stands for itself, and `+` for a space.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (bytes[at], code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::inputs::Action;
    use super::*;

    #[test]
    fn the_opening_values_are_a_short_link() {
        assert_eq!(encode(&Inputs::default()), "model=gpt-4o-mini&calls=5000&in=250&out=50&dup=10");
        assert_eq!(decode(""), (Inputs::default(), Vec::new()));
    }

    #[test]
    fn a_link_restores_every_quantity() {
        let mut inputs = Inputs::default();
        for (at, quantity) in Quantity::ALL.into_iter().enumerate() {
            let value = (10.0 + at as f64).min(quantity.spec().max);
            inputs = inputs.after(Action::Set(quantity, Some(value)));
        }
        for choice in Choice::ALL {
            inputs = inputs.after(Action::Switch(choice, true));
        }
        for pin in ["openai/gpt-4o", "fireworks/kimi-k3"] {
            inputs = inputs.after(Action::Pin(pin.to_owned()));
        }
        let versus = Versus { model: Some("openai/gpt-4o".to_owned()), failed_percent: 12.5, re_asks: 5 };
        inputs = inputs.after(Action::Against(versus));
        let view = View { filter: "gpt & co".into(), deprecated: true, ..View::default().sorted_by(Column::Batch) };
        inputs = inputs.after(Action::View(view.sorted_by(Column::Batch)));
        let query = encode(&inputs);
        assert_eq!(decode(&query), (inputs.clone(), Vec::new()), "{query}");
        assert!(query.contains("&deadline=22&budget=23&pin=24&pout=25&asks=10&cap=27"), "{query}");
        assert!(query.contains("&warm=1&hour=1&window=1&pins=gpt-4o,fireworks/kimi-k3&vs=gpt-4o"), "{query}");
        assert!(query.ends_with("&vsfail=12.5&vsasks=5&sort=-batch&filter=gpt%20%26%20co&old=1"), "{query}");
        assert_eq!(of_workload(&inputs), query[..query.find("&pins").unwrap()]);
    }

    #[test]
    fn a_piece_carries_a_change_and_nothing_else() {
        let before = Inputs::default().after(Action::Set(Quantity::Calls, Some(7.0)));
        let pinned = before.after(Action::Pin("openai/gpt-4o".to_owned()));
        let versus = Versus { model: Some("openai/gpt-4o".to_owned()), failed_percent: 12.5, re_asks: 5 };
        let view = View { filter: "a b".into(), deprecated: true, ..View::default().sorted_by(Column::Time) };
        for (before, action) in [
            (&before, Action::ChooseModel("anthropic/claude-opus-5".to_owned())),
            (&before, Action::Pin("fireworks/kimi-k3".to_owned())),
            (&pinned, Action::Pin("openai/gpt-4o".to_owned())),
            (&before, Action::Against(versus)),
            (&before, Action::View(view)),
        ] {
            let after = before.after(action.clone());
            let piece = piece(&after, &action);
            assert_eq!(before.after(Action::Amend(piece.clone())), after, "{piece}");
            let moved = before.after(Action::Set(Quantity::Calls, Some(9.0)));
            assert_eq!(moved.after(Action::Amend(piece)).workload.calls, 9);
        }
    }

    #[test]
    fn every_model_has_a_link_of_its_own() {
        for model in prices::all() {
            let inputs = Inputs { model: model.key(), ..Inputs::default() };
            assert_eq!(decode(&encode(&inputs)), (inputs, Vec::new()));
        }
    }

    #[test]
    fn what_a_link_gets_wrong_is_named_and_left_out() {
        let (inputs, problems) = decode(
            "model=gpt%2Dnowhere&calls=0&in=many&colour=red&out=70&dup&warm=yes&vsfail=100&pins=gpt-4o,x&sort=colour&old=2",
        );
        assert_eq!(inputs, Inputs::default().after(Action::Set(Quantity::Output, Some(70.0))));
        assert_eq!(
            problems,
            [
                "The catalogue has no model “gpt-nowhere”.",
                "API calls goes from 1 to 1,000,000, not “0”.",
                "Input tokens per call needs a plain number, not “many”.",
                "“colour” is not known here.",
                "Cache hit rate needs a number, not “”.",
                "Warm up the prompt cache is 1 or 0, not “yes”.",
                "The share asked again goes from 0 to 99, not “100”.",
                "The catalogue has no model “x”.",
                "The order is one of model, provider, cost, thousand, batch, time, date, not “colour”.",
                "Show deprecated is 1 or 0, not “2”.",
            ]
        );
    }

    #[test]
    fn escapes_survive_the_way_there_and_back() {
        for text in ["a b&c=d#e%f+g", "Ünïcode/…", "100%", "%zz", "%4"] {
            assert_eq!(unescaped(&escaped(text)), text);
        }
        assert_eq!(unescaped("100%"), "100%");
        assert_eq!(unescaped("%+1"), "% 1");
    }
}
