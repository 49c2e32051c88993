//! Jinja as people know it from Python: its filters, the methods of its strings and mappings, and values as the file
//! writes them.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, StringInput, Value, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};
use minijinja_contrib::pycompat;

use crate::dataset::written::{self, JsonStyle};

/// Steps a template may take for one row: far more than any prompt needs, and an end to any loop.
const STEPS_MAX: u64 = 1_000_000;
/// So much text made by one filter counts as one step.
const BYTES_A_STEP: u64 = 16;
const INDENT_MAX: usize = 16;

pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(STEPS_MAX));
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(|out, state, value| written::write_value(out, state, value));
    environment.set_unknown_method_callback(method);
    environment.add_filter("tojson", to_json);
    environment.add_filter("truncate", truncate);
    environment.add_filter("wordcount", |text: StringInput<'_>| word_count(text.as_str()));
    environment.add_filter("string", |state: &State, value: &Value| written::spelled(state, value.clone()).to_string());
    environment.add_filter("join", join);
    environment
}

/// As the chat templates of the Transformers library have it: no character is escaped for HTML.
fn to_json(state: &State, value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let indent = indent.or(options.get("indent")?).map(|indent| indent.min(INDENT_MAX));
    let style = JsonStyle {
        spaced: true,
        indent,
        sort_keys: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false),
    };
    options.assert_all_used()?;
    let json = written::json(state, value, &style)?;
    // Each one in a chain may double the text, so that it counts by its length.
    state.consume_fuel(json.len() as u64 / BYTES_A_STEP)?;
    Ok(json)
}

/// Jinja's: whole words unless `killwords`, `end` counted in, and up to `leeway` characters more are left alone.
fn truncate(text: StringInput<'_>, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let text = text.as_str();
    let args = args.into_values();
    let (args, options) = match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => (rest, Kwargs::try_from(last.clone())?),
        _ => (&args[..], Kwargs::from_iter::<[(&str, Value); 0]>([])),
    };
    type Given = (Option<usize>, Option<bool>, Option<String>, Option<usize>);
    let (length, kill_words, end, leeway): Given = from_args(args)?;
    let length = length.or(options.get("length")?).unwrap_or(255);
    let kill_words = kill_words.or(options.get("killwords")?).unwrap_or(false);
    let end = end.or(options.get("end")?).unwrap_or_else(|| "...".to_owned());
    let leeway = leeway.or(options.get("leeway")?).unwrap_or(5);
    options.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_string());
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = if kill_words { &kept[..] } else { kept.rsplit_once(' ').map_or(&kept[..], |(words, _)| words) };
    Ok(format!("{kept}{end}"))
}

fn word_count(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).count()
}

fn join(
    state: &mut State,
    values: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    options: Kwargs,
) -> Result<Value, Error> {
    if attribute.is_some() || options.has("attribute") {
        return minijinja::filters::join(state, values, joiner, attribute, options);
    }
    let values: Vec<Value> = values.try_iter()?.collect();
    // Between all letters of a text, each one in a chain doubles it.
    state.consume_fuel(values.len() as u64)?;
    let spelled: Vec<Value> = values.into_iter().map(|value| written::spelled(state, value)).collect();
    minijinja::filters::join(state, &Value::from(spelled), joiner, attribute, options)
}

/// Python's methods.
fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let unknown = || Error::new(ErrorKind::UnknownMethod, format!("`.{name}()` is no method of a {}", value.kind()));
    let Some(text) = value.as_str() else {
        return pycompat::unknown_method_callback(state, value, name, args).map_err(|error| named(error, unknown));
    };
    Ok(match name {
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(suffix).unwrap_or(text))
        }
        "casefold" => Value::from(text.to_lowercase()),
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "zfill" => {
            let (width,): (usize,) = from_args(args)?;
            let zeros = width.saturating_sub(text.chars().count());
            state.consume_fuel(zeros as u64)?;
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
            Value::from([sign, &"0".repeat(zeros), digits].concat())
        }
        _ => pycompat::unknown_method_callback(state, value, name, args).map_err(|error| named(error, unknown))?,
    })
}

fn named(error: Error, unknown: impl Fn() -> Error) -> Error {
    if error.kind() == ErrorKind::UnknownMethod { unknown() } else { error }
}

/// What to write instead of a name that isn't known here.
pub fn instead(name: &str) -> Option<&'static str> {
    Some(match name {
        "trim" => "{{ name | trim }} or {{ name.strip() }}",
        "toUpperCase" | "toupper" | "ucase" => "{{ name | upper }}",
        "toLowerCase" | "tolower" | "lcase" => "{{ name | lower }}",
        "slice" | "substring" | "substr" | "left" | "truncatechars" => "{{ name[:200] }}",
        "right" => "{{ name[-200:] }}",
        "len" | "size" => "{{ name | length }}",
        "str" => "{{ name | string }}",
        "int" => "{{ name | int }}",
        "float" => "{{ name | float }}",
        "round" => "{{ name | round(2) }}",
        "list" => "{{ name | list }}",
        "sorted" => "{{ name | sort }}",
        "sum" | "min" | "max" | "abs" | "upper" | "lower" | "replace" | "join" | "title" => {
            "a filter: {{ name | upper }}"
        }
        "includes" | "contains" | "__contains__" => "{% if \"a\" in name %}",
        "rsplit" | "partition" | "splitn" => "{{ name.split(\",\") }}",
        "json" | "dumps" | "to_json" | "json_encode" | "stringify" => "{{ name | tojson }}",
        "wordwrap" | "striptags" | "urlencode" | "urlize" | "center" | "ljust" | "rjust" | "strftime" => {
            "the column as it is, or prepare it in the file"
        }
        _ => return None,
    })
}

/// What to write where a template holds the marks of another program, or quotes that an editor made curly.
pub fn foreign(template: &str) -> Option<&'static str> {
    let inside = || template.split("{{").skip(1).chain(template.split("{%").skip(1)).map(|tag| tag.trim_start());
    let begins = |marks: &[&str]| inside().any(|tag| marks.iter().any(|mark| tag.starts_with(mark)));
    let is_curly = |c: char| matches!(c, '\u{2018}'..='\u{201e}');
    if begins(&["#", "/", "^", ">"]) {
        return Some("Write {% if name %}\u{2026}{% endif %} or {% for x in name %}\u{2026}{% endfor %}");
    }
    if begins(&["$", "@"]) {
        return Some("Write the column's name alone, without a sign before it");
    }
    if template.contains("{{{") {
        return Some("Write two braces, not three");
    }
    let curly = inside().any(|tag| tag.split(['}', '%']).next().is_some_and(|tag| tag.contains(is_curly)));
    curly.then_some("Write straight quotes (\" or ') inside of a placeholder")
}
