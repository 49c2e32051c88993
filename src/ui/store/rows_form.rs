//! Which rows are asked about, and what is known of their right answers, while it is chosen.

use crate::link::{Matching, RowChoice, Setup};
use crate::ui::store::Field;

/// How answers are compared with the right ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchKind {
    #[default]
    Same,
    Contains,
    Number,
    Fields,
}

/// Which rows of the file are asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowsKind {
    #[default]
    All,
    First,
    Random,
    Empty,
    Is,
    /// Those that were chosen in an earlier run.
    These,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RowsForm {
    /// The column with the right answers.
    pub truth_column: Option<String>,
    pub matching: MatchKind,
    pub kind: RowsKind,
    /// The column that rows are chosen by.
    pub column: Option<String>,
    /// Of rows at random.
    pub seed: u32,
    pub these: Option<RowChoice>,
    /// Rows that the prompt shows as examples.
    pub examples: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RowsAction {
    TruthColumn(Option<String>),
    Matching(MatchKind),
    Kind(RowsKind),
    Column(Option<String>),
    /// Other rows at random.
    DrawAgain,
    /// Rows of an earlier run.
    These(RowChoice),
}

impl Default for RowsForm {
    fn default() -> RowsForm {
        let (matching, kind) = (MatchKind::default(), RowsKind::default());
        RowsForm { truth_column: None, matching, kind, column: None, seed: 1, these: None, examples: Vec::new() }
    }
}

impl RowsForm {
    pub fn after(&self, action: &RowsAction) -> RowsForm {
        let mut form = self.clone();
        match action {
            RowsAction::TruthColumn(column) => form.truth_column.clone_from(column),
            RowsAction::Matching(kind) => form.matching = *kind,
            RowsAction::Kind(kind) => form.kind = *kind,
            RowsAction::Column(column) => form.column.clone_from(column),
            RowsAction::DrawAgain => form.seed = form.seed.wrapping_add(1),
            RowsAction::These(rows) => (form.kind, form.these) = (RowsKind::These, Some(rows.clone())),
        }
        form
    }

    /// For new data: columns that they have too stay, places in another file don't.
    pub fn of_data(&self, columns: &[String], truth: Option<&str>) -> RowsForm {
        let still = |column: &Option<String>| column.clone().filter(|column| columns.contains(column));
        let truth_column = still(&self.truth_column).or_else(|| still(&truth.map(str::to_owned)));
        let matching = if truth_column == self.truth_column { self.matching } else { MatchKind::Same };
        RowsForm { truth_column, matching, column: still(&self.column), seed: self.seed, ..RowsForm::default() }
    }

    /// As a run was started with, and the texts of its fields.
    pub fn restored(setup: &Setup) -> (RowsForm, Vec<(Field, String)>) {
        let (mut form, mut texts) = (RowsForm::default(), Vec::new());
        if let Some(truth) = &setup.truth {
            form.truth_column = Some(truth.column.clone());
            form.examples.clone_from(&truth.examples);
            form.matching = match &truth.matching {
                Matching::Same => MatchKind::Same,
                Matching::Contains => MatchKind::Contains,
                Matching::Number { tolerance } => {
                    texts.push((Field::Tolerance, Field::Tolerance.shown(*tolerance)));
                    MatchKind::Number
                }
                Matching::Fields(names) => {
                    texts.push((Field::TruthFields, names.join(", ")));
                    MatchKind::Fields
                }
            };
        }
        form.kind = match &setup.rows {
            // A comparison's rows are its own; what the steps choose is the whole file again.
            _ if setup.compare => RowsKind::All,
            RowChoice::All => RowsKind::All,
            RowChoice::First(count) => {
                texts.push((Field::RowCount, count.to_string()));
                RowsKind::First
            }
            RowChoice::Random { rows, .. } => {
                texts.push((Field::RowCount, rows.to_string()));
                RowsKind::Random
            }
            RowChoice::Empty { .. } => RowsKind::Empty,
            RowChoice::Is { text, .. } => {
                texts.push((Field::RowText, text.clone()));
                RowsKind::Is
            }
            RowChoice::These(_) => RowsKind::These,
        };
        if let RowChoice::Random { rows, seed } = &setup.rows {
            form.seed = *seed;
            if setup.compare {
                texts.push((Field::CompareRows, rows.to_string()));
            }
        }
        form.these = Some(setup.rows.clone()).filter(|rows| matches!(rows, RowChoice::These(_)));
        form.column = setup.rows.column().map(str::to_owned);
        (form, texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_data_keep_the_columns_that_they_have_too() {
        let columns = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let form = RowsForm::default()
            .after(&RowsAction::TruthColumn(Some("genre".into())))
            .after(&RowsAction::Matching(MatchKind::Contains))
            .after(&RowsAction::These(RowChoice::these([3])));
        let same = form.of_data(&columns(&["title", "genre"]), None);
        assert_eq!((same.truth_column.as_deref(), same.matching), (Some("genre"), MatchKind::Contains));
        assert_eq!((same.kind, &same.these), (RowsKind::All, &None), "places in another file say nothing of this one");
        let other = form.of_data(&columns(&["name", "category"]), Some("category"));
        assert_eq!((other.truth_column.as_deref(), other.matching), (Some("category"), MatchKind::Same));
    }
}
