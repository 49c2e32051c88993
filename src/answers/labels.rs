//! A list of labels, and which of them an answer means.

use std::collections::HashMap;
use std::fmt;

use crate::provider::{in_short, without_thinking};

/// More are no list that a model is asked to choose from.
pub const LABELS_MAX: usize = 1_000;
/// A list in a prompt is taken for labels only where each of them is as short as this.
const LABEL_CHARS_LIKELY: usize = 40;

/// As much of a label as a message quotes.
const LABEL_CHARS_SHOWN: usize = 100;

/// What models put around a word: quotes, emphasis, brackets.
const PAIRS: [(char, char); 12] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('*', '*'),
    ('_', '_'),
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];
/// What models put behind a word, and before it in a list or a heading.
const BEHIND: [char; 6] = ['.', ',', ';', ':', '!', '\u{3002}'];
const BEFORE: [&str; 4] = ["- ", "* ", "# ", "\u{2022} "];

/// Labels, no two of which would be taken for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    list: Vec<String>,
    place_of: HashMap<String, usize>,
    /// Of the longest label, folded: a longer answer is none of them.
    bytes_max: usize,
}

/// Why a list can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelsProblem {
    Empty,
    TooFew,
    TooMany {
        count: usize,
    },
    /// Two that differ only by case or white space.
    Alike {
        first: String,
        second: String,
    },
}

impl fmt::Display for LabelsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabelsProblem::Empty => f.write_str("Write the labels that an answer may be, one a line."),
            LabelsProblem::TooFew => f.write_str("One label leaves nothing to choose. Write at least two, one a line."),
            LabelsProblem::TooMany { count } => {
                write!(f, "{count} labels are too many: at most {LABELS_MAX} can be checked. Take some out.")
            }
            LabelsProblem::Alike { first, second } => write!(
                f,
                "\u{201c}{}\u{201d} and \u{201c}{}\u{201d} differ only by case or spaces, which answers are not held \
                 to. Take one of them out.",
                in_short(first, LABEL_CHARS_SHOWN),
                in_short(second, LABEL_CHARS_SHOWN),
            ),
        }
    }
}

impl Labels {
    pub fn new(labels: &[String]) -> Result<Labels, LabelsProblem> {
        match labels.len() {
            0 => return Err(LabelsProblem::Empty),
            1 => return Err(LabelsProblem::TooFew),
            count if count > LABELS_MAX => return Err(LabelsProblem::TooMany { count }),
            _ => {}
        }
        let mut place_of = HashMap::with_capacity(labels.len());
        for (place, label) in labels.iter().enumerate() {
            let label_folded = folded(label, usize::MAX).unwrap_or_default();
            if let Some(first) = place_of.insert(label_folded, place) {
                return Err(LabelsProblem::Alike { first: labels[first].clone(), second: label.clone() });
            }
        }
        let bytes_max = place_of.keys().map(String::len).max().unwrap_or(0);
        Ok(Labels { list: labels.to_vec(), place_of, bytes_max })
    }

    /// What a person typed: one label a line, or, on a single line, between commas. Repeats are dropped.
    pub fn typed(text: &str) -> Vec<String> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let parts: Vec<&str> = match lines[..] {
            [line] => line.split(',').map(str::trim).filter(|label| !label.is_empty()).collect(),
            _ => lines,
        };
        let mut labels: Vec<String> = Vec::with_capacity(parts.len());
        let mut seen = std::collections::HashSet::new();
        labels.extend(parts.into_iter().filter(|label| seen.insert(*label)).map(str::to_owned));
        labels
    }

    pub fn list(&self) -> &[String] {
        &self.list
    }

    /// The label that an answer means, as it is in the list. Case and white space don't count, nor do quotes, emphasis
    /// and punctuation around it, nor thinking in front of it; a word beside it does.
    pub fn find(&self, answer: &str) -> Option<&str> {
        let behind = without_thinking(answer);
        self.peeled_to(answer).or_else(|| if behind.len() < answer.len() { self.peeled_to(behind) } else { None })
    }

    fn peeled_to(&self, text: &str) -> Option<&str> {
        // Once: a run of spaces would be read anew at each layer.
        let single_spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = single_spaced.as_str();
        loop {
            let found = folded(rest, self.bytes_max).and_then(|folded| self.place_of.get(&folded));
            if let Some(place) = found {
                return Some(&self.list[*place]);
            }
            rest = peeled(rest)?;
        }
    }
}

/// One layer less around a word; `None` where there is no more.
fn peeled(text: &str) -> Option<&str> {
    let inside = PAIRS.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    let bare = inside
        .or_else(|| text.strip_suffix(BEHIND))
        .or_else(|| BEFORE.iter().find_map(|mark| text.strip_prefix(mark)))
        .or_else(|| text.starts_with("##").then(|| &text[1..]))?;
    Some(bare.trim())
}

/// Lower case, with single spaces; `None` beyond `bytes_max`, so that a long answer isn't read anew at each layer.
fn folded(text: &str, bytes_max: usize) -> Option<String> {
    let mut folded = String::new();
    let mut space = false;
    for c in text.trim().chars() {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            folded.push(' ');
        }
        folded.extend(c.to_lowercase());
        if folded.len() > bytes_max {
            return None;
        }
    }
    Some(folded)
}

/// The longest comma list that follows a colon in a prompt: `… category: produce, cleaning, other. Respond …`.
/// Empty where there is none.
pub fn labels_of_prompt(prompt: &str) -> Vec<&str> {
    let lists = prompt.split(':').skip(1).map(|rest| {
        let list = rest.split(['.', '\n', ';']).next().unwrap_or_default();
        list.split(',').map(bare).filter(|label| !label.is_empty()).collect::<Vec<_>>()
    });
    let likely = lists.filter(|list| list.len() > 1 && list.iter().all(|label| label.len() <= LABEL_CHARS_LIKELY));
    likely.max_by_key(Vec::len).unwrap_or_default()
}

fn bare(label: &str) -> &str {
    let label = label.trim().trim_matches(['"', '\'', '`']);
    label.strip_prefix("or ").or_else(|| label.strip_prefix("and ")).unwrap_or(label).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_a_label_whatever_is_around_it() {
        let labels = labels(&["Dairy", "frozen food", "C++", "C", "C#", "N/A", "Molkerei \u{c4}"]);
        for (answer, label) in [
            ("Dairy", Some("Dairy")),
            ("  dairy\n", Some("Dairy")),
            ("\"DAIRY\"", Some("Dairy")),
            ("**Dairy**.", Some("Dairy")),
            ("`dairy`!", Some("Dairy")),
            ("- Dairy", Some("Dairy")),
            ("### Dairy", Some("Dairy")),
            ("\u{201c}frozen   Food\u{201d}", Some("frozen food")),
            ("(n/a)", Some("N/A")),
            ("C++", Some("C++")),
            ("**c++**.", Some("C++")),
            ("C.", Some("C")),
            ("c#", Some("C#")),
            ("molkerei \u{e4}", Some("Molkerei \u{c4}")),
            ("Dairy products", None),
            ("Category: dairy", None),
            ("dairy, frozen food", None),
            ("", None),
            ("\"\"", None),
            ("...", None),
        ] {
            assert_eq!(labels.find(answer), label, "{answer:?}");
        }
    }

    #[test]
    fn a_label_in_quotes_is_meant_before_what_is_inside_them() {
        let labels = labels(&["dairy", "\"dairy\""]);
        assert_eq!(labels.find("Dairy"), Some("dairy"));
        assert_eq!(labels.find("\"Dairy\""), Some("\"dairy\""));
        assert_eq!(labels.find("**\"Dairy\"**"), Some("\"dairy\""));
        assert_eq!(labels.find("'Dairy'"), Some("dairy"));
    }

    /// Public reports: langchain-ai/langchain #35530, admonstrator/zettelrobbe #74.
    #[test]
    fn thinking_in_front_of_a_label_is_no_part_of_it() {
        let labels = labels(&["dairy", "meat"]);
        assert_eq!(labels.find("<think>\n\n</think>\n\nDairy"), Some("dairy"));
        assert_eq!(labels.find("<think>dairy? no</think> **Meat**."), Some("meat"));
        assert_eq!(labels.find("<think>dairy"), None);
        assert_eq!(
            super::tests::labels(&["<think>a</think>b", "b"]).find("<think>a</think>b"),
            Some("<think>a</think>b")
        );
    }

    /// So many layers: an answer that is read anew at each of them would not end.
    #[test]
    fn any_answer_is_read_in_one_go() {
        let labels = labels(&["dairy", "meat"]);
        for (open, close) in
            [("`", "`"), ("(", ")"), ("- ", ""), ("", "."), ("# ", ""), ("( ", " )"), (" ", "\u{3000}")]
        {
            let answer = format!("{}Dairy{}", open.repeat(100_000), close.repeat(100_000));
            assert_eq!(labels.find(&answer), Some("dairy"), "{open}");
            assert_eq!(labels.find(&answer.replace("Dairy", "Fish and more")), None, "{open}");
        }
        let spaced = format!("D{}y{}", " ".repeat(100_000), ".".repeat(100_000));
        assert_eq!(labels.find(&spaced), None);
    }

    #[test]
    fn a_list_is_typed_by_lines_or_by_commas() {
        assert_eq!(Labels::typed("a\n\n b \r\na\n"), ["a", "b"]);
        assert_eq!(Labels::typed("a, b ,c,"), ["a", "b", "c"]);
        assert_eq!(Labels::typed("yes, of course\nno"), ["yes, of course", "no"]);
        assert!(Labels::typed(" \n").is_empty());
    }

    #[test]
    fn lists_that_no_answer_could_be_held_to_are_refused() {
        let refused = |list: &[&str]| Labels::new(&list.iter().map(|label| label.to_string()).collect::<Vec<_>>());
        assert_eq!(refused(&[]), Err(LabelsProblem::Empty));
        assert_eq!(refused(&["a"]), Err(LabelsProblem::TooFew));
        let alike = refused(&["Yes", "no", "yes "]).unwrap_err().to_string();
        assert!(alike.contains("\u{201c}Yes\u{201d} and \u{201c}yes \u{201d}"), "{alike}");
        let long = "word ".repeat(1_000);
        let alike = refused(&[&long, &long.to_uppercase()]).unwrap_err().to_string();
        assert!(alike.contains("word\u{2026}\u{201d}") && alike.len() < 500, "{alike}");
        let many: Vec<String> = (0..=LABELS_MAX).map(|number| number.to_string()).collect();
        assert_eq!(Labels::new(&many), Err(LabelsProblem::TooMany { count: LABELS_MAX + 1 }));
    }

    #[test]
    fn a_prompt_tells_its_labels() {
        let prompt = "Sort into exactly one category: produce, dairy, or other. Respond with the name.";
        assert_eq!(labels_of_prompt(prompt), ["produce", "dairy", "other"]);
        assert!(labels_of_prompt("Answer: yes.").is_empty());
    }

    fn labels(list: &[&str]) -> Labels {
        Labels::new(&list.iter().map(|label| label.to_string()).collect::<Vec<_>>()).unwrap()
    }
}
