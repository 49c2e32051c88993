//! Placeholders whose column name is no identifier: `{{my column}}` becomes `{{ row["my column"] }}`, and names asked
//! of `row` are listed. Only what stands inside tags is looked at; comments and raw blocks are left alone.

use crate::dataset::csv_rows::is_invisible;

/// A template rewritten for the engine, and the columns named in ways that only this scan sees.
#[derive(Debug, Default, PartialEq)]
pub struct Tags {
    pub source: String,
    /// Names in `row["…"]`, of mapped placeholders too.
    pub row_names: Vec<String>,
    /// A placeholder of several bare words that is no column.
    pub unknown: Option<String>,
}

const OPERATORS: [&str; 8] = ["if", "else", "and", "or", "not", "in", "is", "recursive"];

pub fn scan(template: &str, columns: &[String]) -> Tags {
    let mut tags = Tags { source: String::with_capacity(template.len()), ..Tags::default() };
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        tags.source.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes().get(1) {
            Some(b'#') => rest.find("#}").map_or(rest.len(), |end| end + 2),
            Some(b'%') => {
                let length = block(rest, &mut tags);
                // A raw block goes on behind its tag.
                if tag_end(rest, "%}") == Some(length) {
                    tags.source.push_str(&plain_blanks(&rest[..length]));
                    rest = &rest[length..];
                    continue;
                }
                length
            }
            Some(b'{') => match expression_end(rest, columns) {
                Some(end) => {
                    expression(&rest[2..end - 2], columns, &mut tags);
                    rest = &rest[end..];
                    continue;
                }
                None => rest.len(),
            },
            _ => 1,
        };
        tags.source.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    tags.source.push_str(rest);
    tags
}

/// The template with each slice `[a:b]` as a plain subscript. The engine's list of the variables that a template uses
/// passes over what is sliced; a copy without slices has them all.
pub fn without_slices(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_block = rest.starts_with("{%");
        let tag = tag_end(rest, if is_block { "%}" } else { "}}" }).unwrap_or(rest.len());
        let end = if is_block { block(rest, &mut Tags::default()) } else { tag };
        if end == tag {
            subscripts(&rest[..end], &mut out);
        } else {
            // A raw block.
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A tag with the parts of a slice joined by `~`; colons inside of `{…}` and of quotes are none of a slice.
fn subscripts(tag: &str, out: &mut String) {
    let mut open: Vec<char> = Vec::new();
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(' | '{') => open.push(c),
            (None, ']' | ')' | '}') => {
                open.pop();
            }
            (None, ':') if open.last() == Some(&'[') => {
                let is_first = tag[..at].trim_end().ends_with(['[', ':']);
                let is_last = tag[at + 1..].trim_start().starts_with(']');
                out.push_str(if is_first { "0 ~ " } else { " ~ " });
                out.push_str(if is_last { "0" } else { "" });
                continue;
            }
            (None, _) => {}
        }
        out.push(c);
    }
}

/// The length of a block tag, or of a whole raw block.
fn block(rest: &str, tags: &mut Tags) -> usize {
    let Some(end) = tag_end(rest, "%}") else { return rest.len() };
    let inner = rest[2..end - 2].trim_matches(['-', '+']).trim();
    if inner != "raw" {
        list_row_names(inner, &mut tags.row_names);
        return end;
    }
    let close = rest[end..].match_indices("{%").find(|(at, _)| {
        let inner = rest[end + at + 2..].trim_start_matches(['-', '+']).trim_start();
        inner.starts_with("endraw")
    });
    close.map_or(rest.len(), |(at, _)| end + at)
}

/// Where a tag ends: its `close` outside of quotes.
fn tag_end(tag: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices().skip(2) {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, _) if tag[at..].starts_with(close) => return Some(at + close.len()),
            (None, '"' | '\'') => quote = Some(c),
            (None, _) => {}
        }
    }
    // A lone apostrophe, as in {{editor's note}}: quotes don't count then.
    tag[2..].find(close).map(|at| 2 + at + close.len())
}

/// A column's name may hold an apostrophe, which opens no quote then.
fn expression_end(rest: &str, columns: &[String]) -> Option<usize> {
    let first = rest.find("}}")?;
    if mapped(&rest[2..first], columns).is_some() { Some(first + 2) } else { tag_end(rest, "}}") }
}

/// The column that a placeholder names and that the engine couldn't read as a variable: as it is written there, and its
/// name. Blanks of all kinds are alike, since nobody sees which of them a header holds.
fn mapped<'a>(inner: &'a str, columns: &'a [String]) -> Option<(&'a str, &'a str)> {
    let written = [inner.trim(), bare(inner), head(inner)].into_iter().filter(|name| !is_identifier(name));
    let exact = |name: &str| columns.iter().find(|column| *column == name);
    let alike = |name: &str| {
        let mut columns = columns.iter().filter(|_| name.contains(char::is_whitespace));
        columns.find(|column| column.split_whitespace().eq(name.split_whitespace()))
    };
    written.into_iter().find_map(|name| Some((name, exact(name).or_else(|| alike(name))?.as_str())))
}

/// A tag with plain spaces for blanks of other kinds, and without what can't be seen: some keyboards and editors put
/// them behind a brace. Texts in quotes stay as they are.
fn plain_blanks(tag: &str) -> String {
    let mut quote = None;
    let plain = |c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => return Some(c),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
        match c {
            c if is_invisible(c) => None,
            c if c.is_whitespace() && !c.is_ascii() => Some(' '),
            c => Some(c),
        }
    };
    tag.chars().filter_map(plain).collect()
}

/// An expression without the marks that trim the white space around it.
fn bare(inner: &str) -> &str {
    inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim()
}

/// What stands before the first filter.
fn head(inner: &str) -> &str {
    bare(inner).split('|').next().unwrap_or("").trim_end()
}

fn expression(inner: &str, columns: &[String], tags: &mut Tags) {
    match mapped(inner, columns) {
        Some((written, column)) => {
            let (before, after) = inner.split_once(written).unwrap_or((inner, ""));
            let quoted = column.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
            let gap = if before.is_empty() { " " } else { before };
            let end = if after.is_empty() { " " } else { after };
            tags.source.push_str(&plain_blanks(&format!("{{{{{gap}row[\"{quoted}\"]{end}}}}}")));
            tags.row_names.push(column.to_string());
        }
        None => {
            list_row_names(inner, &mut tags.row_names);
            if is_bare_words(head(inner)) {
                tags.unknown.get_or_insert_with(|| head(inner).to_string());
            }
            tags.source.push_str(&plain_blanks(&format!("{{{{{inner}}}}}")));
        }
    }
}

/// Whether the engine reads it as a variable by itself.
pub fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let literal = matches!(name, "true" | "false" | "none" | "True" | "False" | "None") || OPERATORS.contains(&name);
    starts && !literal && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Several words with nothing that an expression would hold: a column's name, misspelled. So is one word that the
/// engine couldn't read, such as `größe`.
fn is_bare_words(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_word = |word: &&str| {
        word.starts_with(char::is_alphabetic)
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !OPERATORS.contains(word)
    };
    let foreign = words.len() == 1 && !text.is_ascii();
    (words.len() > 1 || foreign) && words.iter().all(is_word)
}

/// Names in `row["…"]` and `row['…']`.
fn list_row_names(inner: &str, names: &mut Vec<String>) {
    for (at, _) in inner.match_indices("row") {
        if inner[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'')) {
            continue;
        }
        let Some(key) = inner[at + 3..].trim_start().strip_prefix('[').map(str::trim_start) else { continue };
        let Some(quote) = key.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let name = key[1..].split(quote).next().unwrap_or("");
        if !name.contains('\\') {
            names.push(name.to_string());
        }
    }
}
