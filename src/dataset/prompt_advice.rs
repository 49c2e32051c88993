//! Likely mistakes in a prompt that renders all the same. The page shows them beside the preview, before a cent is spent.

use crate::dataset::problem::NAME_CHARS_MAX;
use crate::dataset::tags;
use crate::provider::in_short;

/// What the prompts' parts show of them.
pub struct Seen<'a> {
    pub system: &'a str,
    pub user: &'a str,
    pub columns: &'a [String],
    /// A placeholder is the same for each row unless it uses a column.
    pub uses_columns: bool,
}

/// A column that is compared with a number. Of a CSV, cells are text, which is never less or more than a number is.
pub fn compared_with_number(seen: &Seen) -> Option<String> {
    let inside = |text: &'static str, end: &'static str| {
        let parts = [seen.system, seen.user].into_iter().flat_map(move |prompt| prompt.split(text).skip(1));
        parts.map(move |part| part.split(end).next().unwrap_or(""))
    };
    let tags: Vec<&str> = inside("{{", "}}").chain(inside("{%", "%}")).collect();
    let is_compared = |column: &&String| {
        tags.iter().any(|tag| {
            tag.match_indices(column.as_str()).any(|(at, _)| {
                let is_word =
                    !tag[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\''));
                let rest = tag[at + column.len()..].trim_start();
                let operand = ["<=", ">=", "==", "!=", "<", ">"].into_iter().find_map(|sign| rest.strip_prefix(sign));
                let is_number = |operand: &str| {
                    operand.trim_start().trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
                };
                is_word && operand.is_some_and(is_number)
            })
        })
    };
    let column = seen.columns.iter().filter(|column| tags::is_identifier(column)).find(is_compared)?;
    let column = in_short(column, NAME_CHARS_MAX);
    Some(format!(
        "Cells of a CSV are text: {column} is compared with a number, and the answer is the same for each row. Write \
         {column} | float."
    ))
}

pub fn advice(seen: &Seen) -> Option<String> {
    let braced = single_braced(seen);
    let proposal = braced
        .as_ref()
        .map(|(written, column)| (in_short(written, NAME_CHARS_MAX), column))
        .map(|(written, column)| format!("{written} is sent as it stands. Did you mean {}?", placeholder(column)));
    if seen.uses_columns {
        return proposal;
    }
    let every = "No column is used, so that every row asks the same.";
    let to_do = proposal.unwrap_or_else(|| match seen.columns.first() {
        Some(column) => format!("Put a column in double braces, such as {}.", placeholder(column)),
        None => String::new(),
    });
    Some(format!("{every} {to_do}"))
}

/// As the page's buttons insert it.
fn placeholder(column: &str) -> String {
    let name = in_short(column, NAME_CHARS_MAX);
    if tags::is_identifier(column) { format!("{{{{{name}}}}}") } else { format!("{{{{ {name} }}}}") }
}

/// A column between the marks of another program, outside of a placeholder: as it is written, and the column.
fn single_braced<'a>(seen: &Seen<'a>) -> Option<(String, &'a str)> {
    for column in seen.columns {
        for (open, close) in [("{", "}"), ("${", "}"), ("<", ">"), ("[", "]"), ("%", "%")] {
            let written = format!("{open}{column}{close}");
            let stands = |text: &&str| {
                text.match_indices(&written).any(|(at, _)| {
                    let is_single = !text[..at].ends_with('{') && !text[at + written.len()..].starts_with('}');
                    // In brackets and the like, a word is often just a word; in braces it is a placeholder.
                    is_single && (open.contains('{') || !seen.uses_columns)
                })
            };
            if [seen.system, seen.user].iter().any(stands) {
                return Some((written, column));
            }
        }
    }
    None
}
