//! Prompts with `{{column}}` placeholders (Jinja syntax).
//!
//! A column is a variable by its name. One whose name is no identifier is written `{{ row["my column"] }}`, or simply
//! `{{my column}}`, alone or before a filter. Where a table has a column `row`, that name is the column.
//! Values are written as a table shows them: strings as they stand, everything else as JSON, and null as nothing.
//! A value that a row lacks is an error, never an empty text.

use std::collections::BTreeSet;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind};

use crate::dataset::prompt_advice::{Seen, advice, compared_with_number};
use crate::dataset::table::Row;
use crate::dataset::written::{WRITTEN, Written};
use crate::dataset::{Format, Table, TemplateProblem, jinja, tags};

const ROW: &str = "row";
const SHARED_BYTES_MIN: usize = 256;
/// The copy of a template that only tells which variables it uses.
const OUTLINE: &str = "outline";

/// A parsed system and user prompt, whose columns all exist.
#[derive(Debug)]
pub struct Prompt {
    environment: Environment<'static>,
    system: Part,
    user: Part,
    advice: Option<String>,
    /// The same, where cells are text.
    text_advice: Option<String>,
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
        let mut environment = jinja::environment();
        let [system_text, user_text] = [system, user];
        let system = part(&mut environment, "system prompt", system_text, columns)?;
        let user = part(&mut environment, "user prompt", user_text, columns)?;
        let uses_columns = !system.columns.is_empty() || !user.columns.is_empty();
        let seen = Seen { system: system_text, user: user_text, columns, uses_columns };
        let (advice, text_advice) = (advice(&seen), compared_with_number(&seen));
        Ok(Prompt { environment, system, user, advice, text_advice })
    }

    /// The same for rows whose column `truth` holds the right answers: no prompt may use it, nor is it part of `row`.
    pub fn parse_without(
        system: &str,
        user: &str,
        columns: &[String],
        truth: Option<&str>,
    ) -> Result<Prompt, TemplateProblem> {
        let Some(truth) = truth else { return Prompt::parse(system, user, columns) };
        let sent: Vec<String> = columns.iter().filter(|column| *column != truth).cloned().collect();
        Prompt::parse(system, user, &sent).map_err(|problem| match problem {
            TemplateProblem::UnknownColumn { name, .. } if name == truth => TemplateProblem::RightAnswer { name },
            problem => problem,
        })
    }

    /// What the prompt is probably not meant to do, such as asking the same for each row: a sentence or two.
    pub fn advice(&self, format: Format) -> Option<&str> {
        let text_advice = self.text_advice.as_deref().filter(|_| format != Format::Jsonl);
        self.advice.as_deref().or(text_advice)
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

fn part(
    environment: &mut Environment<'static>,
    name: &'static str,
    template: &str,
    columns: &[String],
) -> Result<Part, TemplateProblem> {
    let unknown = |name: &str| TemplateProblem::UnknownColumn { name: name.into(), columns: columns.to_vec() };
    let source_of = template;
    let tags = tags::scan(template, columns);
    let has_row_column = columns.iter().any(|column| column == ROW);
    if let Some(name) = tags.row_names.iter().find(|name| !has_row_column && !columns.contains(name)) {
        return Err(unknown(name));
    }
    let outline = tags::without_slices(&tags.source);
    for (template, source) in [(name, tags.source), (OUTLINE, outline)] {
        if let Err(error) = environment.add_template_owned(template, source) {
            return Err(match tags.unknown {
                Some(name) => unknown(&name),
                None => syntax_of(name, &error, source_of),
            });
        }
    }
    let compiled = environment.get_template(name).map_err(|error| syntax(name, &error))?;
    let outline = environment.get_template(OUTLINE).map_err(|error| syntax(name, &error))?;
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let used: BTreeSet<String> = outline.undeclared_variables(false).into_iter().collect();
    let with_row = used.contains(ROW) && !has_row_column;
    let is_known = |name: &String| columns.contains(name) || globals.contains(name.as_str()) || name == ROW;
    // In the order of the text, so that the first unknown name is the first a person reads.
    if let Some(name) = used.iter().filter(|name| !is_known(name)).min_by_key(|name| first_use(template, name)) {
        return Err(call_of(template, name).unwrap_or_else(|| unknown(name)));
    }
    let fixed =
        if used.is_empty() { compiled.render(Value::from_pairs::<[(&str, Value); 0], _, _>([])).ok() } else { None };
    let columns = columns.iter().filter(|column| with_row || used.contains(*column)).cloned().collect();
    Ok(Part { name, fixed, columns, with_row, shared_bytes: shared_bytes(template) })
}

/// A function of Python's that is none here: `{{ len(name) }}`.
fn call_of(template: &str, name: &str) -> Option<TemplateProblem> {
    let at = first_use(template, name);
    template.get(at + name.len()..)?.trim_start().strip_prefix('(')?;
    let instead = jinja::instead(name)?;
    let line = u32::try_from(1 + template[..at].matches('\n').count()).unwrap_or(u32::MAX);
    Some(TemplateProblem::Syntax { message: format!("there is no function `{name}`. Write {instead}"), line })
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

/// The same, with what to write instead where the template has another program's marks.
fn syntax_of(part: &str, error: &minijinja::Error, template: &str) -> TemplateProblem {
    match (syntax(part, error), jinja::foreign(template)) {
        (TemplateProblem::Syntax { message, line }, Some(instead)) => {
            TemplateProblem::Syntax { message: format!("{message}. {instead}"), line }
        }
        (problem, _) => problem,
    }
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
    let mut written = Written::default();
    let values = values(&table.row(row), &part.columns, &mut written);
    let missing = part.columns.iter().find(|column| !values.iter().any(|(name, _)| name == *column));
    let mut context = Vec::with_capacity(values.len() + 2);
    if part.with_row {
        context.push((ROW.to_string(), Value::from_pairs(values.iter().cloned())));
    }
    context.extend(values);
    if !written.is_empty() {
        context.push((WRITTEN.to_string(), Value::from_object(written)));
    }
    let rendered =
        prompt.environment.get_template(part.name).and_then(|template| template.render(Value::from_pairs(context)));
    rendered.map_err(|error| problem(&error, part.name, row, missing))
}

/// The values of a row that are there, in the order of `columns`.
fn values(row: &Row, columns: &[String], written: &mut Written) -> Vec<(String, Value)> {
    let value = |column: &String| {
        let value = match row {
            Row::Csv { rows, row, columns } => {
                Value::from(rows.cell(*row, columns.iter().position(|name| name == column)?)?)
            }
            Row::Json(fields) => written.value(fields.get(column)?),
        };
        Some((column.clone(), value))
    };
    columns.iter().filter_map(value).collect()
}

/// Whether the row is to blame, or the template for every row.
fn problem(error: &minijinja::Error, part: &str, row: usize, missing: Option<&String>) -> TemplateProblem {
    let words = || error.detail().map_or_else(|| error.kind().to_string(), str::to_string);
    let message = match (error.kind(), missing) {
        (
            ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
            | ErrorKind::TooManyArguments
            | ErrorKind::MissingArgument,
            _,
        ) => return unknown_here(error, part),
        (ErrorKind::UndefinedError, Some(name)) => {
            format!("it has no value for \"{name}\" (to allow that, write {{{{ {name} | default(\"\") }}}})")
        }
        (ErrorKind::OutOfFuel, _) => format!("the {part} loops for too long"),
        _ => words(),
    };
    TemplateProblem::Row { row: u32::try_from(row).unwrap_or(u32::MAX), message }
}

/// A filter or a method that isn't known here, with what to write instead.
fn unknown_here(error: &minijinja::Error, part: &str) -> TemplateProblem {
    let TemplateProblem::Syntax { message, line } = syntax(part, error) else { return TemplateProblem::Empty };
    let mut names = message.split(|c: char| !c.is_alphanumeric() && c != '_');
    let message = match names.find_map(jinja::instead) {
        Some(instead) => format!("{message}. Write {instead}"),
        None => message,
    };
    TemplateProblem::Syntax { message, line }
}
