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

/// Editors that escape twice leave these in an attribute.
const ENTITIES: [(&str, &str); 8] = [
    ("&amp;", "&"),
    ("&nbsp;", " "),
    ("&#160;", " "),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#8220;", "\""),
    ("&#8221;", "\""),
    ("&#8243;", "\""),
];

fn without_entities(value: &str) -> String {
    ENTITIES.iter().fold(value.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
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
