//! Which rows of a file a run asks about.

use serde::{Deserialize, Serialize};

use crate::dataset::Table;
use crate::dataset::draw::draw;
use crate::dataset::turns::{self, after_rows, at_once};

/// Kept with a run, which draws the same rows when it is opened again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChoice {
    #[default]
    All,
    First(u32),
    /// So many at random. Where there is a right answer, of each as many as its share.
    Random {
        rows: u32,
        seed: u32,
    },
    /// The column's cell is empty, white space aside.
    Empty {
        column: String,
    },
    /// The column's cell is this text, white space around it and case aside.
    Is {
        column: String,
        text: String,
    },
    /// Ranges of places in the file, from zero, each with its end: such as the rows that failed in an earlier run.
    These(Vec<(u32, u32)>),
}

impl RowChoice {
    /// The rows with these places, which are in order.
    pub fn these(rows: impl IntoIterator<Item = u32>) -> RowChoice {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for row in rows {
            match ranges.last_mut() {
                Some((_, end)) if *end == row => *end += 1,
                _ => ranges.push((row, row + 1)),
            }
        }
        RowChoice::These(ranges)
    }

    /// The places of the chosen rows, in file order; `None`: all of them. `truth`: the column with the right answers; then
    /// rows at random are rows that have one.
    pub fn rows(&self, table: &Table, truth: Option<&str>) -> Option<Vec<u32>> {
        at_once(self.rows_in_turns(table, truth, &mut turns::none))
    }

    /// The same; `turn` is called now and then with the share that is done, and may wait.
    pub async fn rows_in_turns(
        &self,
        table: &Table,
        truth: Option<&str>,
        turn: &mut impl AsyncFnMut(f64),
    ) -> Option<Vec<u32>> {
        let all = 0..table.len() as u32;
        let column = match self {
            RowChoice::Random { .. } => truth,
            choice => choice.column(),
        };
        // Of the column that decides, where there is one.
        let mut cells: Vec<String> = Vec::new();
        if let Some(column) = column {
            cells.reserve(table.len());
            for row in 0..table.len() {
                after_rows(row, row as f64 / table.len() as f64, turn).await;
                cells.push(table.cell(row, column).trim().to_lowercase());
            }
        }
        let chosen = match self {
            RowChoice::All => return None,
            RowChoice::First(count) => all.take(*count as usize).collect(),
            RowChoice::Random { rows, seed } => {
                let labelled: Vec<u32> =
                    all.filter(|row| cells.get(*row as usize).is_none_or(|cell| !cell.is_empty())).collect();
                let stratum = |row: &u32| cells.get(*row as usize).map_or("", String::as_str);
                let strata: Vec<&str> = labelled.iter().map(stratum).collect();
                draw(&strata, *rows as usize, (*seed).into())
                    .into_iter()
                    .map(|place| labelled[place as usize])
                    .collect()
            }
            RowChoice::Empty { .. } => all.filter(|row| cells[*row as usize].is_empty()).collect(),
            RowChoice::Is { text, .. } => {
                let text = text.trim().to_lowercase();
                all.filter(|row| cells[*row as usize] == text).collect()
            }
            RowChoice::These(ranges) => {
                let within = |(from, to): &(u32, u32)| *from.min(&all.end)..*to.min(&all.end);
                ranges.iter().flat_map(within).collect()
            }
        };
        Some(chosen)
    }

    /// The column that it looks at.
    pub fn column(&self) -> Option<&str> {
        match self {
            RowChoice::Empty { column } | RowChoice::Is { column, .. } => Some(column),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{ReadOptions, read};

    fn table() -> Table {
        let text = "name,genre\na,Drama\nb,\nc,comedy\nd, drama \ne,Comedy\nf,Drama\n";
        read("films.csv", text.as_bytes(), ReadOptions::default()).expect("rows")
    }

    fn chosen(choice: &RowChoice) -> Vec<u32> {
        choice.rows(&table(), Some("genre")).expect("a choice")
    }

    #[test]
    fn every_choice_takes_its_rows_in_file_order() {
        let column = || "genre".to_owned();
        assert_eq!(RowChoice::All.rows(&table(), None), None);
        assert_eq!(chosen(&RowChoice::First(2)), [0, 1]);
        assert_eq!(chosen(&RowChoice::First(99)), [0, 1, 2, 3, 4, 5]);
        assert_eq!(chosen(&RowChoice::Empty { column: column() }), [1]);
        assert_eq!(chosen(&RowChoice::Is { column: column(), text: "DRAMA".into() }), [0, 3, 5]);
        assert_eq!(RowChoice::these([0, 1, 2, 5]), RowChoice::These(vec![(0, 3), (5, 6)]));
        assert_eq!(chosen(&RowChoice::These(vec![(4, 9)])), [4, 5]);
    }

    #[test]
    fn rows_at_random_are_labelled_ones_of_every_kind() {
        let drawn = chosen(&RowChoice::Random { rows: 2, seed: 3 });
        let genres: Vec<String> =
            drawn.iter().map(|row| table().cell(*row as usize, "genre").trim().to_lowercase()).collect();
        assert!(genres.contains(&"drama".to_owned()) && genres.contains(&"comedy".to_owned()), "{genres:?}");
        assert_eq!(chosen(&RowChoice::Random { rows: 99, seed: 3 }), [0, 2, 3, 4, 5]);
        let any = RowChoice::Random { rows: 99, seed: 3 }.rows(&table(), None).expect("a choice");
        assert_eq!(any.len(), 6);
    }

    #[test]
    fn a_selection_is_a_table_of_its_own() {
        let chosen = table().select(vec![5, 5, 2]);
        assert_eq!((chosen.len(), chosen.cell(1, "name"), chosen.cell(2, "name")), (3, "f".into(), "c".into()));
        assert_eq!((chosen.id(0, None), chosen.id(2, Some("name"))), ("5".into(), "c".into()));
        assert_eq!(chosen.cells(2), ["c", "comedy"]);
    }
}
