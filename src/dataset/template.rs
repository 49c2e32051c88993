//! Prompts with `{{column}}` placeholders (Jinja syntax).
//!
//! A column is a variable by its name. One whose name is no identifier is written `{{ row["my column"] }}`, or simply
//! `{{my column}}`, alone or before a filter. Where a table has a column `row`, that name is the column.
//! Values are written as a table shows them: strings as they stand, everything else as JSON, and null as nothing.
//! A value that a row lacks is an error, never an empty text.

use std::collections::BTreeSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::dataset::{Table, TemplateProblem, tags};

/// Steps a template may take for one row: far more than any prompt needs, and an end to any loop.
const STEPS_MAX: u64 = 1_000_000;
const ROW: &str = "row";
const SHARED_BYTES_MIN: usize = 256;

/// A parsed system and user prompt, whose columns all exist.
#[derive(Debug)]
pub struct Prompt {
    environment: Environment<'static>,
    system: Part,
    user: Part,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    /// A part without placeholders is the same for every row.
    fixed: Option<String>,
    columns: Vec<String>,
    /// The columns are asked of `row` as well.
    with_row: bool,
    shared_bytes: usize,
}

impl Prompt {
    /// Parses both templates and names the first column that the table lacks. The user prompt must not be empty.
    pub fn parse(system: &str, user: &str, columns: &[String]) -> Result<Prompt, TemplateProblem> {
        if user.trim().is_empty() {
            return Err(TemplateProblem::Empty);
        }
        let mut environment = environment();
        let system = part(&mut environment, "system prompt", system, columns)?;
        let user = part(&mut environment, "user prompt", user, columns)?;
        Ok(Prompt { environment, system, user })
    }

    /// The system prompt is the same for every row.
    pub fn has_fixed_system(&self) -> bool {
        self.system.fixed.is_some()
    }

    /// So many bytes at the start of the user prompt are the same in every row: its text before the first tag. Too
    /// little to be worth a block of its own counts as none.
    pub fn shared_user_bytes(&self) -> usize {
        self.user.shared_bytes
    }
}

/// `(system, user)` for one row.
pub fn render(prompt: &Prompt, table: &Table, row: usize) -> Result<(String, String), TemplateProblem> {
    Ok((render_part(prompt, &prompt.system, table, row)?, render_part(prompt, &prompt.user, table, row)?))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(STEPS_MAX));
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(|out, _, value| {
        match value.kind() {
            ValueKind::None => return Ok(()),
            ValueKind::Bool | ValueKind::Seq | ValueKind::Map => {
                if let Ok(json) = serde_json::to_string(value) {
                    return Ok(out.write_str(&json)?);
                }
            }
            _ => {}
        }
        Ok(write!(out, "{value}")?)
    });
    environment
}

fn part(
    environment: &mut Environment<'static>,
    name: &'static str,
    template: &str,
    columns: &[String],
) -> Result<Part, TemplateProblem> {
    let unknown = |name: &str| TemplateProblem::UnknownColumn { name: name.into(), columns: columns.to_vec() };
    let tags = tags::scan(template, columns);
    let has_row_column = columns.iter().any(|column| column == ROW);
    if let Some(name) = tags.row_names.iter().find(|name| !has_row_column && !columns.contains(name)) {
        return Err(unknown(name));
    }
    if let Err(error) = environment.add_template_owned(name, tags.source) {
        return Err(match tags.unknown {
            Some(name) => unknown(&name),
            None => syntax(name, &error),
        });
    }
    let compiled = environment.get_template(name).map_err(|error| syntax(name, &error))?;
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let used: BTreeSet<String> = compiled.undeclared_variables(false).into_iter().collect();
    let with_row = used.contains(ROW) && !has_row_column;
    let is_known = |name: &String| columns.contains(name) || globals.contains(name.as_str()) || name == ROW;
    // In the order of the text, so that the first unknown name is the first a person reads.
    if let Some(name) = used.iter().filter(|name| !is_known(name)).min_by_key(|name| first_use(template, name)) {
        return Err(unknown(name));
    }
    let fixed =
        if used.is_empty() { compiled.render(Value::from_pairs::<[(&str, Value); 0], _, _>([])).ok() } else { None };
    let columns = columns.iter().filter(|column| with_row || used.contains(*column)).cloned().collect();
    Ok(Part { name, fixed, columns, with_row, shared_bytes: shared_bytes(template) })
}

/// Tags may trim the space before them, so it doesn't count.
fn shared_bytes(template: &str) -> usize {
    let tag = ["{{", "{%", "{#"].iter().filter_map(|opening| template.find(opening)).min();
    let shared = template[..tag.unwrap_or(0)].trim_end().len();
    if shared < SHARED_BYTES_MIN { 0 } else { shared }
}

/// Where a name first stands as a word of its own.
fn first_use(template: &str, name: &str) -> usize {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let stands_alone =
        |at: usize| !template[..at].ends_with(in_word) && !template[at + name.len()..].starts_with(in_word);
    template.match_indices(name).map(|(at, _)| at).find(|at| stands_alone(*at)).unwrap_or(template.len())
}

fn syntax(part: &str, error: &minijinja::Error) -> TemplateProblem {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_string);
    let line = u32::try_from(error.line().unwrap_or(1)).unwrap_or(u32::MAX);
    TemplateProblem::Syntax { message: format!("{detail} (in the {part})"), line }
}

fn render_part(prompt: &Prompt, part: &Part, table: &Table, row: usize) -> Result<String, TemplateProblem> {
    if let Some(fixed) = &part.fixed {
        return Ok(fixed.clone());
    }
    let values: Vec<(String, Value)> =
        table.some_values(row, &part.columns).into_iter().map(|(name, value)| (name, to_value(value))).collect();
    let missing = part.columns.iter().find(|column| !values.iter().any(|(name, _)| name == *column));
    let mut context = Vec::with_capacity(values.len() + 1);
    if part.with_row {
        context.push((ROW.to_string(), Value::from_pairs(values.iter().cloned())));
    }
    context.extend(values);
    let rendered =
        prompt.environment.get_template(part.name).and_then(|template| template.render(Value::from_pairs(context)));
    rendered.map_err(|error| {
        let message = match (error.kind(), missing) {
            (ErrorKind::UndefinedError, Some(name)) => {
                format!("it has no value for \"{name}\" (to allow that, write {{{{ {name} | default(\"\") }}}})")
            }
            (ErrorKind::OutOfFuel, _) => format!("the {} loops for too long", part.name),
            _ => error.detail().map_or_else(|| error.kind().to_string(), str::to_string),
        };
        TemplateProblem::Row { row: u32::try_from(row).unwrap_or(u32::MAX), message }
    })
}

fn to_value(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::String(text) => Value::from(text),
        other => Value::from(Serde(other)),
    }
}
