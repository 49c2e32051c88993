//! Which right answers were taken for which others.

use std::collections::BTreeMap;

/// Pairs of right answer and given answer, counted. What is no label (a misfit) is counted under a name that the
/// caller chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    pairs: BTreeMap<(String, String), u32>,
}

/// One label's part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelScore {
    pub label: String,
    /// Rows whose right answer it is, and rows that were given it.
    pub truly: u32,
    pub given: u32,
    pub both: u32,
}

impl LabelScore {
    /// Of the rows that were given it, the share that deserve it; `None` where none was.
    pub fn precision(&self) -> Option<f64> {
        share(self.both, self.given)
    }

    /// Of the rows that deserve it, the share that was given it; `None` where none does.
    pub fn recall(&self) -> Option<f64> {
        share(self.both, self.truly)
    }
}

impl Confusion {
    pub fn add(&mut self, truth: &str, given: &str) {
        *self.pairs.entry((truth.to_owned(), given.to_owned())).or_default() += 1;
    }

    /// Takes back what [`add`](Confusion::add) counted.
    pub fn remove(&mut self, truth: &str, given: &str) {
        let key = (truth.to_owned(), given.to_owned());
        if let Some(count) = self.pairs.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.pairs.remove(&key);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// `(right answer, given answer, rows)`, in the order of the names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str, u32)> {
        self.pairs.iter().map(|((truth, given), count)| (truth.as_str(), given.as_str(), *count))
    }

    pub fn rows(&self) -> u32 {
        self.pairs.values().sum()
    }

    pub fn right(&self) -> u32 {
        self.pairs().filter(|(truth, given, _)| truth == given).map(|(.., count)| count).sum()
    }

    /// Label by label, in the order of their names.
    pub fn labels(&self) -> Vec<LabelScore> {
        let mut scores: BTreeMap<&str, LabelScore> = BTreeMap::new();
        let score = |label: &str| LabelScore { label: label.to_owned(), truly: 0, given: 0, both: 0 };
        for (truth, given, count) in self.pairs() {
            scores.entry(truth).or_insert_with(|| score(truth)).truly += count;
            scores.entry(given).or_insert_with(|| score(given)).given += count;
            if truth == given {
                scores.entry(truth).or_insert_with(|| score(truth)).both += count;
            }
        }
        scores.into_values().collect()
    }

    /// Cohen's kappa: agreement beyond what the labels' frequencies alone would bring, 1 at most. `None` where it is
    /// not defined: no rows, or one label alone on both sides.
    ///
    /// Cohen, J. (1960): A coefficient of agreement for nominal scales.
    pub fn kappa(&self) -> Option<f64> {
        let rows = f64::from(self.rows());
        let by_chance: f64 = self.labels().iter().map(|label| f64::from(label.truly) * f64::from(label.given)).sum();
        let (seen, by_chance) = (f64::from(self.right()) / rows, by_chance / (rows * rows));
        (rows > 0.0 && by_chance < 1.0).then(|| (seen - by_chance) / (1.0 - by_chance))
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str, u32)]) -> Confusion {
        let mut confusion = Confusion::default();
        for (truth, given, count) in pairs {
            (0..*count).for_each(|_| confusion.add(truth, given));
        }
        confusion
    }

    /// The worked example of many textbooks: 50 grants, two readers.
    #[test]
    fn kappa_takes_off_what_chance_would_bring() {
        let confusion = of(&[("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)]);
        assert!((confusion.kappa().expect("defined") - 0.4).abs() < 1e-12);
        assert_eq!((confusion.rows(), confusion.right()), (50, 35));
        let yes = &confusion.labels()[1];
        assert_eq!((yes.label.as_str(), yes.truly, yes.given, yes.both), ("yes", 25, 30, 20));
        assert_eq!((yes.precision(), yes.recall()), (Some(20.0 / 30.0), Some(0.8)));
        assert_eq!(of(&[("a", "a", 9)]).kappa(), None);
        assert_eq!(Confusion::default().kappa(), None);
    }

    #[test]
    fn what_was_counted_can_be_taken_back() {
        let mut confusion = of(&[("a", "b", 1), ("a", "a", 2)]);
        confusion.remove("a", "b");
        assert_eq!(confusion, of(&[("a", "a", 2)]));
        confusion.remove("a", "b");
        confusion.remove("a", "a");
        confusion.remove("a", "a");
        assert!(confusion.is_empty());
    }

    #[test]
    fn a_label_that_was_never_given_has_no_precision() {
        let labels = of(&[("a", "b", 3)]).labels();
        assert_eq!((labels[0].precision(), labels[0].recall()), (None, Some(0.0)));
        assert_eq!((labels[1].precision(), labels[1].recall()), (Some(0.0), None));
    }
}
