//! Which rows of `Cost by model` are shown, and in what order.

use std::cmp::Ordering;
use std::rc::Rc;

use yew::{AttrValue, Reducible};

use crate::estimate::ModelCost;
use crate::prices;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Model,
    Provider,
    Cost,
    Thousand,
    Batch,
    Time,
    PriceDate,
}

impl Column {
    pub const ALL: [Column; 7] = [
        Column::Model,
        Column::Provider,
        Column::Cost,
        Column::Thousand,
        Column::Batch,
        Column::Time,
        Column::PriceDate,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Column::Model => "Model",
            Column::Provider => "Provider",
            Column::Cost => "Cost",
            Column::Thousand => "Per 1,000 calls",
            Column::Batch => "Batch API",
            Column::Time => "Time",
            Column::PriceDate => "Price date",
        }
    }

    pub const fn number(self) -> bool {
        matches!(self, Column::Cost | Column::Thousand | Column::Batch | Column::Time)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub by: Column,
    pub descending: bool,
    pub filter: AttrValue,
    pub deprecated: bool,
}

pub enum Action {
    SortBy(Column),
    Filter(AttrValue),
    Deprecated(bool),
}

impl Default for View {
    fn default() -> View {
        View { by: Column::Cost, descending: false, filter: AttrValue::default(), deprecated: false }
    }
}

impl View {
    pub fn after(&self, action: Action) -> View {
        match action {
            Action::SortBy(column) if column == self.by => View { descending: !self.descending, ..self.clone() },
            Action::SortBy(by) => View { by, descending: by == Column::PriceDate, ..self.clone() },
            Action::Filter(filter) => View { filter, ..self.clone() },
            Action::Deprecated(deprecated) => View { deprecated, ..self.clone() },
        }
    }

    /// The chosen model is always among the rows, so that there is something to compare with, unless it is filtered
    /// out by name. Rows that are equal keep the catalogue's order.
    pub fn of<'a>(&self, rows: &'a [ModelCost], chosen: &str) -> Vec<&'a ModelCost> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |row: &&ModelCost| {
            let model = row.model;
            let asked_for = self.deprecated || !model.deprecated || model.is(chosen);
            asked_for && (words.is_empty() || has_words(row, &words))
        };
        let mut shown: Vec<&ModelCost> = rows.iter().filter(fits).collect();
        shown.sort_by(|a, b| {
            let order = self.compare(a, b);
            if self.descending { order.reverse() } else { order }
        });
        // What has no figure has nothing to be compared by: it stands at the end either way.
        shown.sort_by_key(|row| self.by == Column::Batch && row.batch.is_none());
        shown
    }

    fn compare(&self, a: &ModelCost, b: &ModelCost) -> Ordering {
        let never_last = |row: &ModelCost| row.duration.most_ms().unwrap_or(u64::MAX);
        match self.by {
            Column::Model => a.model.id.to_lowercase().cmp(&b.model.id.to_lowercase()),
            Column::Provider => vendor_name(a).to_lowercase().cmp(&vendor_name(b).to_lowercase()),
            Column::Cost | Column::Thousand => a.concurrent.cmp(&b.concurrent),
            Column::Batch => a.batch.cmp(&b.batch),
            Column::Time => never_last(a).cmp(&never_last(b)),
            Column::PriceDate => a.model.price_date.cmp(&b.model.price_date),
        }
    }
}

impl Reducible for View {
    type Action = Action;
    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        self.after(action).into()
    }
}

pub fn vendor_name(row: &ModelCost) -> &'static str {
    let id = row.model.vendor.as_str();
    prices::vendor(id).map_or(id, |vendor| vendor.name.as_str())
}

fn has_words(row: &ModelCost, words: &[String]) -> bool {
    let text = [&row.model.id, &row.model.name, &row.model.vendor, vendor_name(row)].join(" ").to_lowercase();
    words.iter().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Workload, by_model};
    use crate::time::Time;

    fn rows() -> Vec<ModelCost> {
        by_model(&Workload::default(), Time::from_ms(1_795_000_000_000))
    }

    fn ids(view: &View, rows: &[ModelCost]) -> Vec<String> {
        view.of(rows, "openai/gpt-4o-mini").iter().map(|row| row.model.key()).collect()
    }

    #[test]
    fn rows_follow_the_sort_the_filter_and_the_switch() {
        let rows = rows();
        let view = View::default();
        let costs: Vec<_> = view.of(&rows, "").iter().map(|row| row.concurrent).collect();
        assert!(costs.is_sorted() && costs.len() > 50);
        assert!(view.of(&rows, "").iter().all(|row| !row.model.deprecated));

        let all = view.after(Action::Deprecated(true));
        assert_eq!(ids(&all, &rows).len(), rows.len());

        let reversed = view.after(Action::SortBy(Column::Cost));
        let costs: Vec<_> = reversed.of(&rows, "").iter().map(|row| row.concurrent).rev().collect();
        assert!(costs.is_sorted());

        let openai = view.after(Action::Filter("OPENAI 4o mini".into()));
        assert!(ids(&openai, &rows).contains(&"openai/gpt-4o-mini".to_owned()));
        assert!(ids(&openai, &rows).iter().all(|id| id.contains("4o")));
    }

    #[test]
    fn models_without_a_batch_price_stand_last_in_both_directions() {
        let rows = rows();
        let up = View::default().after(Action::SortBy(Column::Batch));
        for view in [up.after(Action::SortBy(Column::Batch)), up] {
            let without: Vec<bool> = view.of(&rows, "").iter().map(|row| row.batch.is_none()).collect();
            assert!(without.is_sorted() && without.contains(&true) && without.contains(&false));
        }
    }

    #[test]
    fn every_column_sorts_both_ways() {
        // Anthropic's limits don't count cached reads, so the times differ here.
        let input_tokens_per_minute = Some(100_000);
        let limited = Workload {
            input_tokens: 5_000,
            shared_prefix_tokens: 4_500,
            input_tokens_per_minute,
            ..Workload::default()
        };
        let rows = by_model(&limited, Time::from_ms(1_795_000_000_000));
        for column in Column::ALL {
            let one = View { by: column, descending: false, ..View::default() };
            let other = View { descending: true, ..one.clone() };
            let count = ids(&one, &rows).len();
            assert!(count > 50 && ids(&other, &rows).len() == count, "{column:?}");
            assert_ne!(ids(&one, &rows), ids(&other, &rows), "{column:?}");
        }
    }
}
