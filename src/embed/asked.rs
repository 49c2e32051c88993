//! What an element's attributes, or the address of `embed.html`, ask for.

use crate::embed::field::{FIELDS, attribute, named, plain};
use crate::estimate::{Quantity, Workload};
use crate::prices::{self, Model};
use crate::query::{bare, pairs, quoted};

pub const MODEL: &str = "model";
/// Before the name of what stays in force where the text beside it can't be read.
const WAS: &str = "was.";
/// Before the name of what a slider was moved to: the number of its stop.
const STOP: &str = "stop.";
/// Before the name of what an arrow key was pressed for: `up` or `down`.
const STEP: &str = "step.";
/// What the element reads itself.
const THEME: &str = "theme";

/// A model of the catalogue, a workload, and a sentence for each part of the query that could not be read.
pub struct Asked {
    pub model: &'static Model,
    pub workload: Workload,
    pub problems: Vec<Problem>,
    /// A sentence for each name that means nothing here.
    pub unknown: Vec<String>,
    /// Only the chosen model is listed.
    pub one_model: bool,
}

/// A part of the query that could not be read.
pub struct Problem {
    /// The attribute's.
    pub name: &'static str,
    /// What stands in its box, to be corrected.
    pub text: String,
    pub sentence: String,
}

/// What the query says of one figure.
#[derive(Default)]
struct Said {
    text: Option<String>,
    was: Option<String>,
    stop: Option<String>,
    step: Option<String>,
}

impl Asked {
    /// Of several values for one name the last counts: what is typed follows the address.
    pub fn read(query: &str) -> Asked {
        let mut asked = Asked {
            model: prices::find(prices::OPENING_MODEL).unwrap_or(&prices::all()[0]),
            workload: Workload::default(),
            problems: Vec::new(),
            unknown: Vec::new(),
            one_model: false,
        };
        let mut model = Said::default();
        let mut figures: [Said; FIELDS.len()] = Default::default();
        for (name, value) in pairs(query) {
            let (of, name) = [WAS, STOP, STEP]
                .into_iter()
                .find_map(|part| name.strip_prefix(part).map(|name| (part, name)))
                .unwrap_or(("", &name));
            let said = match named(name) {
                Some(place) => &mut figures[place],
                None if name == MODEL => &mut model,
                None => {
                    if name != THEME {
                        asked.unknown.push(format!("Unknown attribute {}.", quoted(name)));
                    }
                    continue;
                }
            };
            let place = match of {
                WAS => &mut said.was,
                STOP => &mut said.stop,
                STEP => &mut said.step,
                _ => &mut said.text,
            };
            *place = Some(bare(&without_entities(&value)));
        }
        asked.take_model(&model);
        for (field, said) in FIELDS.into_iter().zip(&figures) {
            asked.take(field, said);
        }
        asked
    }

    fn take_model(&mut self, said: &Said) {
        let Some(name) = said.text.as_deref().filter(|name| !name.is_empty()) else { return };
        if let Some(found) = prices::named(name) {
            self.model = found;
            return;
        }
        self.model = said.was.as_deref().and_then(prices::named).unwrap_or(self.model);
        let sentence = format!("No price found for {}. Using {} instead.", quoted(name), self.model.id);
        self.problems.push(Problem { name: MODEL, text: name.to_owned(), sentence });
    }

    fn take(&mut self, field: Quantity, said: &Said) {
        let (range, label) = (field.range(), field.spec().label);
        if let Some(steps) = said.stop.as_deref().and_then(|stop| at_stop(field, stop)) {
            self.workload = field.set(&self.workload, Some(steps));
            return;
        }
        let Some(text) = &said.text else {
            self.step(field, said);
            return;
        };
        match range.read(label, text) {
            Ok(steps) => self.workload = field.set(&self.workload, steps),
            Err(what) => {
                if let Some(Ok(steps)) = said.was.as_ref().map(|was| range.read(label, was)) {
                    self.workload = field.set(&self.workload, steps);
                }
                if said.step.is_none() {
                    let sentence = complaint(field, &self.workload, &what);
                    self.problems.push(Problem { name: attribute(field), text: text.clone(), sentence });
                }
            }
        }
        self.step(field, said);
    }

    /// One step from the value in force; from an empty box, the first.
    fn step(&mut self, field: Quantity, said: &Said) {
        let Some(direction) = &said.step else { return };
        let (range, from) = (field.range(), field.get(&self.workload).unwrap_or_default());
        let to = match direction.as_str() {
            "up" => from.saturating_add(field.spec().step),
            _ => from.saturating_sub(field.spec().step),
        };
        self.workload = field.set(&self.workload, Some(to.clamp(range.min, range.max)));
    }

    /// The same in the full calculator's address.
    pub fn link(&self) -> String {
        let mut query = format!("#/?{MODEL}={}", self.model.key());
        for field in FIELDS {
            let shown = plain(field, &self.workload);
            if shown != plain(field, &Workload::default()) || field.scale().is_some() && field != Quantity::Concurrency
            {
                query.push_str(&format!("&{}={shown}", field.spec().key));
            }
        }
        query
    }

    pub fn problem(&self, name: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.name == name)
    }
}

/// Editors that escape twice leave entities in an attribute: those by a number, and the names that stand for a letter
/// which a number or a model's name may have around it.
const ENTITIES: [(&str, char); 15] = [
    ("amp", '&'),
    ("nbsp", ' '),
    ("thinsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("quot", '"'),
    ("ldquo", '"'),
    ("rdquo", '"'),
    ("bdquo", '"'),
    ("Prime", '"'),
    ("apos", '\''),
    ("lsquo", '\''),
    ("rsquo", '\''),
    ("ndash", '-'),
    ("percnt", '%'),
];
const ENTITY_BYTES_MAX: usize = 10;

/// Twice, since `&amp;nbsp;` is one, too.
fn without_entities(value: &str) -> String {
    once_without_entities(&once_without_entities(value))
}

fn once_without_entities(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';');
        match end.and_then(|end| Some((letter(&rest[1..end])?, end))) {
            Some((letter, end)) => {
                text.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                text.push('&');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

fn letter(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else {
        return ENTITIES.iter().find(|(name, _)| *name == entity).map(|(_, letter)| *letter);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

/// The last stop where there are fewer.
fn at_stop(field: Quantity, stop: &str) -> Option<u64> {
    let (stops, stop) = (field.scale()?.stops(), stop.parse::<usize>().ok()?);
    stops.get(stop).or(stops.last()).copied()
}

fn complaint(field: Quantity, workload: &Workload, what: &str) -> String {
    match field.get(workload) {
        Some(steps) => format!("{what} Still using {}.", field.range().with_unit(steps)),
        None => format!("{what} Nothing is set yet."),
    }
}
