//! The rows inside of one JSON object, as APIs and programs write them: `{"data": [{…}, …], "next": …}`.

use serde_json::value::RawValue;

use crate::dataset::DataProblem;
use crate::dataset::json_text::Fields;

/// Objects are looked into so deep.
const DEPTH_MAX: usize = 4;
const LISTS_NAMED: usize = 8;

const PANDAS: &str = "In pandas, write df.to_json(\"rows.jsonl\", orient=\"records\", lines=True).";

pub enum Inside<'a> {
    /// The object is a row itself.
    Row,
    List {
        /// The way to it, such as `response.items`.
        name: String,
        list: &'a str,
    },
}

/// The one list of objects that is nearest to the root.
pub fn list_inside(object: &str) -> Result<Inside<'_>, DataProblem> {
    let Some(fields) = Fields::read(object) else { return Ok(Inside::Row) };
    let mut level: Vec<(String, &RawValue)> = fields.0.iter().map(|(name, value)| (name.to_string(), *value)).collect();
    for _ in 0..DEPTH_MAX {
        let is_list =
            |value: &RawValue| value.get().strip_prefix('[').is_some_and(|inside| inside.trim_start().starts_with('{'));
        let mut lists = level.iter().filter(|(_, value)| is_list(value));
        match (lists.next(), lists.count()) {
            (Some((name, list)), 0) => return Ok(Inside::List { name: name.clone(), list: list.get() }),
            (Some(_), _) => {
                let names = level.iter().filter(|(_, value)| is_list(value)).map(|(name, _)| name.clone());
                return Err(DataProblem::SeveralLists { names: names.take(LISTS_NAMED).collect() });
            }
            (None, _) => {}
        }
        level = level.into_iter().flat_map(|(name, value)| below(&name, value)).collect();
    }
    match shape(&fields) {
        Some(what) => Err(DataProblem::JsonShape { what }),
        None => Ok(Inside::Row),
    }
}

fn below<'a>(name: &str, value: &'a RawValue) -> Vec<(String, &'a RawValue)> {
    if !value.get().starts_with('{') {
        return Vec::new();
    }
    let fields = Fields::read(value.get()).unwrap_or_default();
    fields.0.into_iter().map(|(below, value)| (format!("{name}.{below}"), value)).collect()
}

/// Tables that are no list of rows, by what they are; `None`: one object that may well be a row.
fn shape(fields: &Fields) -> Option<String> {
    let is = |name: &str, opening: char| fields.get(name).is_some_and(|value| value.get().starts_with(opening));
    if is("columns", '[') && is("data", '[') {
        return Some(format!("This is a table whose column names lie apart from its rows. {PANDAS}"));
    }
    let all = |opening: char| fields.0.len() > 1 && fields.0.iter().all(|(_, value)| value.get().starts_with(opening));
    if all('[') {
        return Some(format!("This holds a list for each column, not an object for each row. {PANDAS}"));
    }
    if !all('{') {
        return None;
    }
    let first = fields.0.first().and_then(|(_, value)| Fields::read(value.get()))?;
    if first.0.first().is_some_and(|(key, _)| key == "0") {
        return Some(format!("This holds an object for each column, as pandas writes it by default. {PANDAS}"));
    }
    Some(
        "This is one object with a name for each row. Save a list of the rows instead, each with its name in a field: \
         [{\"id\": \"…\", …}, …]."
            .to_owned(),
    )
}
