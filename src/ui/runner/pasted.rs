//! Text that was pasted, as a file with a name: a table as it is, lines as a table of one column.

use crate::number::is_number;

/// The column that lines without a heading get.
const COLUMN: &str = "text";
/// A longer cell is a sentence rather than a column's name.
const NAME_WORDS_MAX: usize = 4;
const DELIMITERS: [char; 3] = ['\t', ',', ';'];

/// Whether the first line seems to name the columns. JSON names them in each object.
pub fn seems_headed(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else { return true };
    if is_json(text) {
        return true;
    }
    let second = lines.next();
    DELIMITERS.into_iter().any(|delimiter| {
        let cells = first.split(delimiter).count();
        let as_many = second.is_none_or(|second| second.split(delimiter).count() >= cells);
        cells > 1 && as_many && first.split(delimiter).all(is_name)
    })
}

pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn is_name(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    (1..=NAME_WORDS_MAX).contains(&words) && !is_number(cell)
}

/// A file's name and what is in it.
pub fn as_file(text: &str, headed: bool) -> (&'static str, String) {
    if headed || is_json(text) {
        let ending = if is_json(text) { "pasted.json" } else { "pasted.csv" };
        return (ending, text.to_owned());
    }
    let mut table = format!("{COLUMN}\n");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        table.push_str(&format!("\"{}\"\n", line.replace('"', "\"\"")));
    }
    ("pasted.csv", table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_heading() {
        for (text, headed) in [
            ("id,name\n1,Spinach", true),
            ("id\tname\n1\tSpinach", true),
            ("name;price\nMilk;1.20", true),
            ("Spinach\nMilk", false),
            ("1,Spinach\n2,Milk", false),
            ("I liked it, mostly\nNever again", false),
            ("It came late, it was cold, and it was not what I had ordered\nGood, cheap, fast", false),
            ("{\"id\": 1}", true),
            ("", true),
        ] {
            assert_eq!(seems_headed(text), headed, "{text}");
        }
    }

    #[test]
    fn lines_become_a_column_and_a_table_stays_as_it_is() {
        assert_eq!(as_file("a,b\n1,2\n", true), ("pasted.csv", "a,b\n1,2\n".to_owned()));
        assert_eq!(as_file("[{\"a\": 1}]", false).0, "pasted.json");
        let (_, table) = as_file("I liked it, mostly\n\n  \"Never\" again\r\n", false);
        assert_eq!(table, "text\n\"I liked it, mostly\"\n\"\"\"Never\"\" again\"\n");
    }
}
