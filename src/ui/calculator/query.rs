//! The calculator's whole state as the query of its address: `model=gpt-4o-mini&calls=5000&in=250&out=50&dup=10`.
//!
//! `model` is a model's id, with its vendor (`vendor/id`) where the id alone would mean another vendor's. The other
//! keys are the quantities' (`quantity.rs`): calls, in, out, dup (%), conc, lat (s), prefix, reason, rpm, tpm, rpd,
//! failed (%), deadline (hours), budget (USD), pin and pout (USD a million tokens), and the rarer ones after them.
//! `warm`, `hour` and `window` are switches (`choice.rs`): 1 or 0. `pins` are the models side by side, `vs`, `vsfail`
//! (%) and `vsasks` the other model of the comparison with re-asks. The first five say what the workload is and are
//! always written; the others where they differ from the opening values.

use super::choice::Choice;
use super::inputs::{Inputs, PINS_MAX, Versus};
use super::quantity::Quantity;
use crate::estimate::Workload;
use crate::prices;
use crate::ui::parts::number_range::plain;

const MODEL: &str = "model";
const PINS: &str = "pins";
const VERSUS: &str = "vs";
const VERSUS_FAILED: &str = "vsfail";
const VERSUS_ASKS: &str = "vsasks";

const ALWAYS: [Quantity; 4] = [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::CacheHits];

/// The query that restores `inputs`.
pub fn encode(inputs: &Inputs) -> String {
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
    if !inputs.pins.is_empty() {
        let pins: Vec<String> = inputs.pins.iter().map(|pin| escaped(short(pin))).collect();
        add(&mut query, PINS, &pins.join(","));
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
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        if let Err(problem) = read(&mut inputs, &unescaped(key), &unescaped(value)) {
            problems.push(problem);
        }
    }
    (inputs, problems)
}

fn read(inputs: &mut Inputs, key: &str, value: &str) -> Result<(), String> {
    if let Some(quantity) = Quantity::ALL.into_iter().find(|quantity| quantity.spec().key == key) {
        let read = quantity.range().read(value);
        let read = read.map_err(|what| format!("{} {what}, not {}.", quantity.spec().label, quoted(value)))?;
        inputs.workload = quantity.set(&inputs.workload, read);
        return Ok(());
    }
    if let Some(choice) = Choice::ALL.into_iter().find(|choice| choice.key() == key) {
        let on = match value {
            "1" => true,
            "0" => false,
            _ => return Err(format!("{} is 1 or 0, not {}.", choice.label(), quoted(value))),
        };
        inputs.workload = choice.set(&inputs.workload, on);
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
        _ => return Err(format!("{} is not known here.", quoted(key))),
    }
    Ok(())
}

fn known(name: &str) -> Result<prices::ModelId, String> {
    let model = prices::find(name).ok_or_else(|| format!("The catalogue has no model {}.", quoted(name)))?;
    Ok(model.key())
}

fn within(value: &str, most: f64, name: &str) -> Result<f64, String> {
    let number = value.parse::<f64>().ok().filter(|number| (0.0..=most).contains(number));
    number.ok_or_else(|| format!("{name} goes from 0 to {most}, not {}.", quoted(value)))
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
        let query = encode(&inputs);
        assert_eq!(decode(&query), (inputs, Vec::new()), "{query}");
        assert!(query.contains("&deadline=22&budget=23&pin=24&pout=25&asks=10&cap=27"), "{query}");
        assert!(
            query.ends_with("&warm=1&hour=1&window=1&pins=gpt-4o,fireworks/kimi-k3&vs=gpt-4o&vsfail=12.5&vsasks=5"),
            "{query}"
        );
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
        let (inputs, problems) =
            decode("model=gpt%2Dnowhere&calls=0&in=many&colour=red&out=70&dup&warm=yes&vsfail=100&pins=gpt-4o,x");
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
