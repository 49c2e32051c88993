//! What the answers of a run say together: counted as they come, so that nothing is ever counted again from the start.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::accuracy::{Confusion, Discordant, Matching};
use crate::answers::find_document;

/// A longer text is no value to count.
const VALUE_CHARS_MAX: usize = 60;
/// Different values of one field that are told apart; the others are counted together.
pub const VALUES_MAX: usize = 200;
/// Fields of a schema that are counted.
pub const FIELDS_MAX: usize = 12;
const NONE: u16 = u16::MAX;
const OTHER: u16 = u16::MAX - 1;
/// Under which an answer that doesn't fit its format is counted beside the labels.
pub const MISFIT: &str = "(doesn\u{2019}t fit)";

/// How one answer compares with its row's right answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// There is no answer yet.
    #[default]
    Open,
    /// The row has no right answer.
    Unlabelled,
    Right,
    Wrong,
}

/// One answer, as tables show it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub text: &'a str,
    /// It doesn't fit its format.
    pub misfit: bool,
    /// The row's right answer ([`truth_of`](crate::accuracy::truth_of)).
    pub truth: Option<&'a str>,
}

/// Values of one field, or of the whole answer where it has no fields.
#[derive(Clone, Debug)]
pub struct FieldCounts {
    pub field: Option<Vec<String>>,
    names: Vec<String>,
    ids: HashMap<String, u16>,
    /// By candidate and value.
    counts: Vec<Vec<u32>>,
    others: Vec<u32>,
}

/// One candidate's answers; a run that compares nothing has one candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    pub answered: u32,
    pub misfits: u32,
    /// Answers to rows that have a right one, and those of them that are right.
    pub labelled: u32,
    pub right: u32,
    pub confusion: Confusion,
}

/// Two candidates on the rows that both answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Rows that have a right answer.
    pub labelled: u32,
    pub discordant: Discordant,
    /// Rows on which they said the same, and other things.
    pub same: u32,
    pub different: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// Of what was said; zero: nothing.
    hash: u64,
    verdict: Verdict,
    misfit: bool,
}

/// Items are rows, or, where candidates are compared, each row once for every candidate, one after the other.
#[derive(Debug)]
pub struct Board {
    matching: Matching,
    candidates: usize,
    answers: Vec<Answer>,
    /// An item's values, field by field.
    values: Vec<u16>,
    fields: Vec<FieldCounts>,
    /// Right and given answers so far; `None`: too many for a table of one against the other.
    labels: Option<HashSet<String>>,
    scores: Vec<Score>,
    pairs: Vec<Pair>,
}

impl Board {
    /// `fields`: the paths of an answer's JSON fields; none where the whole answer is one value.
    pub fn new(items: u32, candidates: usize, matching: Matching, fields: Vec<Vec<String>>) -> Board {
        let candidates = candidates.max(1);
        let counts = |field| FieldCounts {
            field,
            names: Vec::new(),
            ids: HashMap::new(),
            counts: vec![Vec::new(); candidates],
            others: vec![0; candidates],
        };
        let fields: Vec<FieldCounts> = match fields.is_empty() {
            true => vec![counts(None)],
            false => fields.into_iter().take(FIELDS_MAX).map(|field| counts(Some(field))).collect(),
        };
        Board {
            matching,
            candidates,
            answers: vec![Answer::default(); items as usize],
            values: vec![NONE; items as usize * fields.len()],
            labels: Some(HashSet::new()),
            scores: vec![Score::default(); candidates],
            pairs: vec![Pair::default(); candidates * (candidates - 1) / 2],
            fields,
        }
    }

    /// The item ended with this answer.
    pub fn answered(&mut self, item: u32, said: &Said) {
        let (place, candidate) = (item as usize, item as usize % self.candidates);
        let Some(answer) = self.answers.get(place) else { return };
        if answer.hash != 0 {
            return;
        }
        let verdict = match said.truth {
            None => Verdict::Unlabelled,
            Some(truth) if !said.misfit && self.matching.is_right(truth, said.text) => Verdict::Right,
            Some(_) => Verdict::Wrong,
        };
        self.count_pairs(place, false);
        self.answers[place] = Answer { hash: hash_of(said.text), verdict, misfit: said.misfit };
        self.count_pairs(place, true);
        let score = &mut self.scores[candidate];
        score.answered += 1;
        score.misfits += u32::from(said.misfit);
        score.labelled += u32::from(verdict != Verdict::Unlabelled);
        score.right += u32::from(verdict == Verdict::Right);
        if let Some((truth, given)) = self.matching.pair(said) {
            self.confuse(candidate, truth, given);
        }
        if !said.misfit {
            self.count_values(place, candidate, said.text);
        }
    }

    /// The item is open again. `text` and `truth` are those it was counted with.
    pub fn taken_back(&mut self, item: u32, truth: Option<&str>, text: &str) {
        let (place, candidate) = (item as usize, item as usize % self.candidates);
        let Some(&answer) = self.answers.get(place).filter(|answer| answer.hash == hash_of(text)) else { return };
        self.count_pairs(place, false);
        self.answers[place] = Answer::default();
        self.count_pairs(place, true);
        let score = &mut self.scores[candidate];
        score.answered -= 1;
        score.misfits -= u32::from(answer.misfit);
        score.labelled -= u32::from(answer.verdict != Verdict::Unlabelled);
        score.right -= u32::from(answer.verdict == Verdict::Right);
        if self.labels.is_some()
            && let Some((truth, given)) = self.matching.pair(&Said { text, misfit: answer.misfit, truth })
        {
            score.confusion.remove(&truth, &given);
        }
        let fields = self.fields.len();
        for (field, value) in self.fields.iter_mut().zip(&mut self.values[place * fields..(place + 1) * fields]) {
            match std::mem::replace(value, NONE) {
                NONE => {}
                OTHER => field.others[candidate] -= 1,
                id => field.counts[candidate][usize::from(id)] -= 1,
            }
        }
    }

    /// Texts that all differ would make a table as long as the data.
    fn confuse(&mut self, candidate: usize, truth: String, given: String) {
        let Some(labels) = &mut self.labels else { return };
        self.scores[candidate].confusion.add(&truth, &given);
        labels.extend([truth, given]);
        if labels.len() > VALUES_MAX {
            self.labels = None;
            self.scores.iter_mut().for_each(|score| score.confusion = Confusion::default());
        }
    }

    fn count_values(&mut self, place: usize, candidate: usize, text: &str) {
        let document = if self.fields[0].field.is_some() { find_document(text).ok() } else { None };
        let fields = self.fields.len();
        for (field, slot) in self.fields.iter_mut().zip(&mut self.values[place * fields..]) {
            let value = match &field.field {
                None if text.chars().count() > 4 * VALUE_CHARS_MAX => Some(text.to_owned()),
                None => Some(text.trim().to_owned()),
                Some(path) => document.as_ref().and_then(|document| {
                    let value = path.iter().try_fold(document, |value, name| value.get(name))?;
                    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                }),
            };
            if let Some(value) = value {
                *slot = field.count(candidate, value);
            }
        }
    }

    /// Counts a row, or takes it back, in the pairs of its candidate with the others.
    fn count_pairs(&mut self, place: usize, add: bool) {
        let (row, own) = (place / self.candidates * self.candidates, place % self.candidates);
        let (mut pair, candidates) = (0, self.candidates);
        for first in 0..candidates {
            for second in first + 1..candidates {
                if first == own || second == own {
                    let (one, other) = (self.answers[row + first], self.answers[row + second]);
                    self.pairs[pair].count(one, other, add);
                }
                pair += 1;
            }
        }
    }

    pub fn candidates(&self) -> usize {
        self.candidates
    }

    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// `(first, second, how they compare)`, of every two candidates.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, Pair)> {
        let places =
            (0..self.candidates).flat_map(|first| (first + 1..self.candidates).map(move |second| (first, second)));
        places.zip(&self.pairs).map(|((first, second), pair)| (first, second, *pair))
    }

    pub fn fields(&self) -> &[FieldCounts] {
        &self.fields
    }

    pub fn verdict(&self, item: u32) -> Verdict {
        self.answers.get(item as usize).map_or(Verdict::Open, |answer| answer.verdict)
    }

    /// The answer has this value in the field.
    pub fn has(&self, item: u32, field: usize, value: u16) -> bool {
        field < self.fields.len() && self.values.get(item as usize * self.fields.len() + field) == Some(&value)
    }

    /// The candidates said different things of the item's row.
    pub fn differ(&self, item: u32) -> bool {
        let row = item as usize / self.candidates * self.candidates;
        let said = self.answers.get(row..row + self.candidates).unwrap_or_default();
        let mut said = said.iter().map(|answer| answer.hash).filter(|hash| *hash != 0);
        said.next().is_some_and(|first| said.any(|other| other != first))
    }
}

impl Pair {
    fn count(&mut self, one: Answer, other: Answer, add: bool) {
        if one.hash == 0 || other.hash == 0 {
            return;
        }
        let change = |count: &mut u32| if add { *count += 1 } else { *count -= 1 };
        change(if one.hash == other.hash { &mut self.same } else { &mut self.different });
        match (one.verdict, other.verdict) {
            (Verdict::Right, Verdict::Wrong) => change(&mut self.discordant.only_first),
            (Verdict::Wrong, Verdict::Right) => change(&mut self.discordant.only_second),
            (Verdict::Right, Verdict::Right) | (Verdict::Wrong, Verdict::Wrong) => {}
            _ => return,
        }
        change(&mut self.labelled);
    }
}

impl FieldCounts {
    fn count(&mut self, candidate: usize, value: String) -> u16 {
        let short = value.chars().count() <= VALUE_CHARS_MAX;
        let id = match self.ids.get(&value) {
            Some(id) => *id,
            None if short && self.names.len() < VALUES_MAX => {
                let id = self.names.len() as u16;
                self.ids.insert(value.clone(), id);
                self.names.push(value);
                id
            }
            None => {
                self.others[candidate] += 1;
                return OTHER;
            }
        };
        let counts = &mut self.counts[candidate];
        counts.resize(counts.len().max(self.names.len()), 0);
        counts[usize::from(id)] += 1;
        id
    }

    /// `(number of the value, value, answers by candidate)`, the commonest first; values that no answer has any more are
    /// left out.
    pub fn values(&self) -> Vec<(u16, &str, Vec<u32>)> {
        let count = |id: usize| self.counts.iter().map(|counts| counts.get(id).copied().unwrap_or(0)).collect();
        let mut values: Vec<(u16, &str, Vec<u32>)> =
            self.names.iter().enumerate().map(|(id, name)| (id as u16, name.as_str(), count(id))).collect();
        values.retain(|(.., counts)| counts.iter().any(|count| *count > 0));
        values.sort_by_key(|(id, _, counts)| (std::cmp::Reverse(counts.iter().sum::<u32>()), *id));
        values
    }

    /// Answers whose value is too long, or one too many, to be counted by itself.
    pub fn others(&self) -> u32 {
        self.others.iter().sum()
    }
}

impl Matching {
    /// What a table of right and given answers counts.
    fn pair(&self, said: &Said) -> Option<(String, String)> {
        let truth = self.truly(said.truth?)?;
        let given = if said.misfit { None } else { self.given(said.text) };
        let given = given.filter(|given| given.chars().count() <= VALUE_CHARS_MAX);
        Some((truth, given.unwrap_or_else(|| MISFIT.to_owned())))
    }
}

/// Case and white space are no difference. Never zero.
fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.to_lowercase().split_whitespace().for_each(|word| word.hash(&mut hasher));
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(text: &'a str, truth: Option<&'a str>) -> Said<'a> {
        Said { text, misfit: false, truth }
    }

    fn board(items: u32, candidates: usize) -> Board {
        Board::new(items, candidates, Matching::Same, Vec::new())
    }

    #[test]
    fn answers_are_counted_by_value_and_by_verdict() {
        let mut board = board(5, 1);
        board.answered(0, &said("dairy", Some("dairy")));
        board.answered(1, &said("dairy", Some("meat")));
        board.answered(2, &said("meat", None));
        board.answered(3, &Said { text: "Hm.", misfit: true, truth: Some("meat") });
        let score = &board.scores()[0];
        assert_eq!((score.answered, score.misfits, score.labelled, score.right), (4, 1, 3, 1));
        let values = board.fields()[0].values();
        assert_eq!(values, [(0, "dairy", vec![2]), (1, "meat", vec![1])]);
        let verdicts: Vec<Verdict> = (0..5).map(|item| board.verdict(item)).collect();
        use Verdict::*;
        assert_eq!(verdicts, [Right, Wrong, Unlabelled, Wrong, Open]);
        let pairs: Vec<(&str, &str, u32)> = score.confusion.pairs().collect();
        assert_eq!(pairs, [("dairy", "dairy", 1), ("meat", MISFIT, 1), ("meat", "dairy", 1)]);
        assert!(board.has(1, 0, 0) && !board.has(2, 0, 0) && !board.has(4, 0, 0));
    }

    #[test]
    fn candidates_are_compared_row_by_row() {
        let mut board = board(6, 2);
        for (item, text) in [(0, "a"), (1, "a"), (2, "b"), (3, "a"), (4, "b")] {
            board.answered(item, &said(text, Some("a")));
        }
        let (first, second, pair) = board.pairs().next().expect("a pair");
        assert_eq!((first, second), (0, 1));
        let discordant = Discordant { only_first: 0, only_second: 1 };
        assert_eq!(pair, Pair { labelled: 2, discordant, same: 1, different: 1 });
        let differ: Vec<bool> = (0..6).map(|item| board.differ(item)).collect();
        assert_eq!(differ, [false, false, true, true, false, false]);
        assert_eq!(board.fields()[0].values()[0], (0, "a", vec![1, 2]));
    }

    /// Whatever comes and goes, the counts are those of the answers that are there.
    #[test]
    fn what_is_taken_back_was_never_there() {
        let texts = ["a", "b", "A ", "something else"];
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let (items, candidates) = (12, 1 + rng.usize(0..4));
            let items = items - items % candidates as u32;
            let truths: Vec<Option<&str>> = (0..items).map(|_| [None, Some("a"), Some("b")][rng.usize(0..3)]).collect();
            let mut now: Vec<Option<(&str, bool)>> = vec![None; items as usize];
            let mut board = board(items, candidates);
            for _ in 0..100 {
                let item = rng.u32(0..items);
                let truth = truths[item as usize];
                match now[item as usize].take() {
                    Some((text, _)) => board.taken_back(item, truth, text),
                    None => {
                        let (text, misfit) = (texts[rng.usize(0..4)], rng.u8(0..5) == 0);
                        board.answered(item, &Said { text, misfit, truth });
                        now[item as usize] = Some((text, misfit));
                    }
                }
            }
            let mut fresh = self::board(items, candidates);
            for (item, said) in now.iter().enumerate() {
                if let Some((text, misfit)) = said {
                    let truth = truths[item];
                    fresh.answered(item as u32, &Said { text, misfit: *misfit, truth });
                }
            }
            assert_eq!((&board.scores, &board.pairs), (&fresh.scores, &fresh.pairs), "{seed}");
            let values = |board: &Board| {
                let mut values: Vec<(String, Vec<u32>)> =
                    board.fields()[0].values().into_iter().map(|(_, name, counts)| (name.to_owned(), counts)).collect();
                values.sort();
                values
            };
            assert_eq!(values(&board), values(&fresh), "{seed}");
        }
    }

    #[test]
    fn an_answer_counts_once_however_often_it_is_told() {
        let mut board = board(1, 1);
        board.answered(0, &said("a", Some("a")));
        board.answered(0, &said("a", Some("a")));
        board.answered(0, &said("b", Some("a")));
        assert_eq!((board.scores()[0].answered, board.scores()[0].right), (1, 1), "the first that it ended with stays");
    }

    #[test]
    fn documents_are_counted_field_by_field() {
        let path = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<_>>();
        let mut board = Board::new(3, 1, Matching::Same, vec![path("genre"), path("by.city"), path("plot")]);
        let long = "word ".repeat(40);
        board.answered(0, &said(&format!(r#"{{"genre": "Drama", "by": {{"city": "Rome"}}, "plot": "{long}"}}"#), None));
        board.answered(1, &said(r#"{"genre": "Drama", "by": {}}"#, None));
        let values: Vec<Vec<(u16, &str, Vec<u32>)>> = board.fields().iter().map(FieldCounts::values).collect();
        assert_eq!(values[0], [(0, "Drama", vec![2])]);
        assert_eq!(values[1], [(0, "Rome", vec![1])]);
        assert_eq!((values[2].len(), board.fields()[2].others()), (0, 1));
    }

    #[test]
    fn texts_that_all_differ_make_no_table() {
        let mut board = board(1_000, 1);
        (0..1_000).for_each(|item| board.answered(item, &said(&format!("value {item}"), Some("value 7"))));
        board.taken_back(3, Some("value 7"), "value 3");
        let score = &board.scores()[0];
        assert!(score.confusion.is_empty());
        assert_eq!((score.labelled, score.right), (999, 1));
    }

    #[test]
    fn values_beyond_the_most_are_counted_together() {
        let mut board = board(1_000, 1);
        (0..1_000).for_each(|item| board.answered(item, &said(&format!("value {item}"), None)));
        assert_eq!((board.fields()[0].values().len(), board.fields()[0].others()), (VALUES_MAX, 800));
    }
}
