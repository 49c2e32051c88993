//! What an element's attributes, or a query, ask for.

use crate::embed::Field;
use crate::estimate::Workload;
use crate::prices::{self, Model};

pub const MODEL: &str = "model";
const OPENING_MODEL: &str = "openai/gpt-4o-mini";
/// Before the name of what stays in force where the text beside it can't be read.
const WAS: &str = "was.";
/// Before the name of what a slider was moved to: the number of its stop.
const STOP: &str = "stop.";

/// A model of the catalogue, a workload, and a sentence for each attribute that could not be read.
pub struct Asked {
    pub model: &'static Model,
    pub workload: Workload,
    pub problems: Vec<(&'static str, String)>,
    /// Only the chosen model is listed.
    pub one_model: bool,
}

impl Asked {
    /// Unknown names are left alone: a host's link may carry more than is meant for us.
    pub fn read(query: &str) -> Asked {
        let pairs: Vec<(String, String)> = query.split('&').filter_map(pair).collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (mut problems, mut workload) = (Vec::new(), Workload::default());
        let mut model = prices::find(OPENING_MODEL).unwrap_or(&prices::all()[0]);
        let was = value("was.model").and_then(prices::find);
        if let Some(name) = value(MODEL).filter(|name| !name.is_empty()) {
            match prices::find(name) {
                Some(found) => model = found,
                None => {
                    model = was.unwrap_or(model);
                    let sentence = format!("No price is known for \u{201c}{name}\u{201d}; {} stands in.", model.id);
                    problems.push((MODEL, sentence));
                }
            }
        }
        for field in Field::ALL {
            let name = field.spec().attribute;
            if let Some(steps) = value(&format!("{STOP}{name}")).and_then(|stop| at_stop(field, stop)) {
                field.set(&mut workload, Some(steps));
                continue;
            }
            let Some(text) = value(name) else { continue };
            match field.read(text) {
                Ok(steps) => field.set(&mut workload, steps),
                Err(what) => {
                    if let Some(Ok(steps)) = value(&format!("{WAS}{name}")).map(|was| field.read(was)) {
                        field.set(&mut workload, steps);
                    }
                    problems.push((name, complaint(field, &workload, &what)));
                }
            }
        }
        Asked { model, workload, problems, one_model: false }
    }

    /// The same in the full calculator's address.
    pub fn link(&self) -> String {
        let mut query = format!("#/?{MODEL}={}", self.model.key());
        for field in Field::ALL {
            let shown = field.shown(&self.workload);
            if shown != field.shown(&Workload::default()) || field.spec().slider > 0 && field != Field::Concurrency {
                query.push_str(&format!("&{}={shown}", field.spec().key));
            }
        }
        query
    }

    pub fn problem(&self, name: &str) -> Option<&str> {
        self.problems.iter().find(|(of, _)| *of == name).map(|(_, sentence)| sentence.as_str())
    }
}

/// The last stop where there are fewer.
fn at_stop(field: Field, stop: &str) -> Option<u64> {
    let (stops, stop) = (field.stops(), stop.parse::<usize>().ok()?);
    stops.get(stop).or(stops.last()).copied()
}

fn complaint(field: Field, workload: &Workload, what: &str) -> String {
    let label = field.spec().label;
    match field.get(workload) {
        Some(steps) => format!("{label} {what}. {} stays in force.", field.with_unit(steps)),
        None => format!("{label} {what}. Nothing is set until then."),
    }
}

/// A part of a query, unescaped: `%XX` is a byte, `+` a space.
fn pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=')?;
    Some((unescaped(name), unescaped(value)))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match (byte, hex(rest.clone())) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest.nth(1);
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that the next two hexadecimal digits mean.
fn hex(mut ahead: std::str::Bytes<'_>) -> Option<u8> {
    let mut digit = || char::from(ahead.next()?).to_digit(16);
    u8::try_from(digit()? * 16 + digit()?).ok()
}
