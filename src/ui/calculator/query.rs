//! The calculator's whole state as the query of its address: `model=gpt-4o-mini&calls=5000&in=250&out=50&dup=10`.
//!
//! `model` is a model's id, with its vendor (`vendor/id`) where the id alone would mean another vendor's. The other
//! keys are the quantities' (`quantity.rs`): calls, in, out, dup (%), conc, lat (s), prefix, reason, rpm, tpm, rpd,
//! failed (%), deadline (hours), budget (USD), pin and pout (USD a million tokens). The first five say what the
//! workload is and are always written; the others where they differ from the opening values.

use super::inputs::Inputs;
use super::quantity::Quantity;
use crate::estimate::Workload;
use crate::prices;
use crate::ui::parts::number_range::plain;

const MODEL: &str = "model";

const ALWAYS: [Quantity; 4] = [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::CacheHits];

/// The query that restores `inputs`.
pub fn encode(inputs: &Inputs) -> String {
    let id = inputs.model.split_once('/').map_or(inputs.model.as_str(), |(_, id)| id);
    let short = prices::find(id).is_some_and(|model| model.key() == inputs.model);
    let mut query = format!("{MODEL}={}", escaped(if short { id } else { &inputs.model }));
    let opening = Workload::default();
    for quantity in Quantity::ALL {
        let value = quantity.get(&inputs.workload);
        if ALWAYS.contains(&quantity) || value != quantity.get(&opening) {
            let text = value.map(plain).unwrap_or_default();
            query.push_str(&format!("&{}={text}", quantity.spec().key));
        }
    }
    query
}

/// The inputs that a query describes, and a sentence for each part of it that was left out.
pub fn decode(query: &str) -> (Inputs, Vec<String>) {
    let mut inputs = Inputs::default();
    let mut problems = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (key, value) = (unescaped(key), unescaped(value));
        if key == MODEL {
            match prices::find(&value) {
                Some(model) => inputs.model = model.key(),
                None => problems.push(format!("The catalogue has no model \u{201c}{value}\u{201d}.")),
            }
            continue;
        }
        match Quantity::ALL.into_iter().find(|quantity| quantity.spec().key == key) {
            None => problems.push(format!("\u{201c}{key}\u{201d} is not known here.")),
            Some(quantity) => match quantity.range().read(&value) {
                Ok(read) => inputs.workload = quantity.set(&inputs.workload, read),
                Err(what) => problems.push(format!("{} {what}, not \u{201c}{value}\u{201d}.", quantity.spec().label)),
            },
        }
    }
    (inputs, problems)
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
            inputs = inputs.after(Action::Set(quantity, Some(10.0 + at as f64)));
        }
        let query = encode(&inputs);
        assert_eq!(decode(&query), (inputs, Vec::new()), "{query}");
        assert!(query.ends_with("&deadline=22&budget=23&pin=24&pout=25"), "{query}");
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
        let (inputs, problems) = decode("model=gpt%2Dnowhere&calls=0&in=many&colour=red&out=70&dup");
        assert_eq!(inputs, Inputs::default().after(Action::Set(Quantity::Output, Some(70.0))));
        assert_eq!(
            problems,
            [
                "The catalogue has no model “gpt-nowhere”.",
                "API calls goes from 1 to 1,000,000, not “0”.",
                "Input tokens per call needs a plain number, not “many”.",
                "“colour” is not known here.",
                "Cache hit rate needs a number, not “”.",
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
