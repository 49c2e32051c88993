//! What documents promise and a test can check: links lead somewhere, and names are those of the page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::source::Source;

/// Links that lead nowhere: to a file that isn't there, or to a heading that its file doesn't have. Addresses on the web
/// aren't looked up, nor what GitHub alone serves (`../../actions/…`).
pub fn broken_links(root: &Path, document: &Source) -> Vec<String> {
    let place = Path::new(&document.name).parent().unwrap_or(Path::new(""));
    let links = prose(&document.text).flat_map(|(line, text)| targets(text).map(move |target| (line, target)));
    let checked = links.filter(|(_, target)| !target.contains("://") && !target.starts_with("../../actions/"));
    let broken = checked.filter(|(_, target)| {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let text = match path {
            "" => Some(document.text.clone()),
            _ if heading.is_empty() => return !root.join(place).join(path).exists(),
            _ => fs::read_to_string(root.join(place).join(path)).ok(),
        };
        !text.is_some_and(|text| heading.is_empty() || headings(&text).contains(heading))
    });
    broken.map(|(line, target)| format!("{}:{line}: {target} leads nowhere", document.name)).collect()
}

/// The lines that aren't code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.starts_with("    ")).map(|(index, line)| (index + 1, line))
}

fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// A document's headings, as a link names them.
fn headings(text: &str) -> BTreeSet<String> {
    let titles =
        prose(text).filter_map(|(_, line)| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    titles.map(|title| title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// Names in bold that the sources have no text for.
pub fn unknown_names(document: &Source, sources: &str) -> Vec<String> {
    let text = prose(&document.text).map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
    let names = text.split("**").skip(1).step_by(2);
    let unknown = names.filter(|name| !sources.contains(&format!("\"{name}\"")));
    unknown.map(|name| format!("{}: the page has no \"{name}\"", document.name)).collect()
}

/// Messages in quotes, in the first column of a table, that no source has.
pub fn unknown_messages(document: &Source, sources: &str) -> Vec<String> {
    let rows = document.text.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split(" | ").next());
    let messages = rows.flat_map(|cell| cell.split('"').skip(1).step_by(2));
    let unknown = messages.filter(|message| !sources.contains(message));
    unknown.map(|message| format!("{}: no message has \"{message}\"", document.name)).collect()
}

/// Sources as one text: strings that go on in the next line are put together, and quotes are plain.
pub fn joined(sources: &[Source]) -> String {
    let mut joined = String::new();
    for line in sources.iter().flat_map(|source| source.text.lines()) {
        match line.trim_start().strip_suffix('\\') {
            Some(start) => joined.push_str(start),
            None => {
                joined.push_str(line.trim_start());
                joined.push('\n');
            }
        }
    }
    joined.replace("\\\"", "\"")
}
