//! Which rows of `Cost by model` are shown, and in what order.

use std::cmp::Ordering;

use crate::estimate::ModelCost;
use crate::time::Time;
use crate::ui::calculator::{Column, View};

/// The chosen model is always among the rows, so that there is something to compare with, unless it is filtered
/// out by name. Rows that are equal keep the catalogue's order.
pub fn rows<'a>(view: &View, rows: &'a [ModelCost], chosen: &str, now: Time) -> Vec<&'a ModelCost> {
    let words: Vec<String> = view.filter.split_whitespace().map(str::to_ascii_lowercase).collect();
    let fits = |row: &&ModelCost| {
        let model = row.model;
        let asked_for = view.deprecated || !model.is_retired(now) || model.is(chosen);
        asked_for && (words.is_empty() || has_words(row, &words))
    };
    let mut shown: Vec<&ModelCost> = rows.iter().filter(fits).collect();
    shown.sort_by(|a, b| {
        let order = compare(view.by, a, b);
        if view.descending { order.reverse() } else { order }
    });
    // What has no figure has nothing to be compared by: it stands at the end either way.
    shown.sort_by_key(|row| view.by == Column::Batch && row.batch.is_none());
    // What can no longer be called is never the cheapest.
    shown.sort_by_key(|row| row.model.is_retired(now));
    shown
}

fn compare(by: Column, a: &ModelCost, b: &ModelCost) -> Ordering {
    let never_last = |row: &ModelCost| row.duration.most_ms().unwrap_or(u64::MAX);
    match by {
        Column::Model => a.model.id.to_ascii_lowercase().cmp(&b.model.id.to_ascii_lowercase()),
        Column::Provider => a.model.vendor_name().to_ascii_lowercase().cmp(&b.model.vendor_name().to_ascii_lowercase()),
        Column::Cost | Column::Thousand => a.concurrent.cmp(&b.concurrent),
        Column::Batch => a.batch.cmp(&b.batch),
        Column::Time => never_last(a).cmp(&never_last(b)),
        Column::PriceDate => a.model.price_date.cmp(&b.model.price_date),
    }
}

fn has_words(row: &ModelCost, words: &[String]) -> bool {
    let model = row.model;
    let text = [&*model.id, &*model.name, &*model.vendor, model.vendor_name()].join(" ").to_ascii_lowercase();
    words.iter().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Workload, by_model};

    const NOW: Time = Time::from_ms(1_795_000_000_000);

    fn rows() -> Vec<ModelCost> {
        by_model(&Workload::default(), "", NOW)
    }

    fn ids(view: &View, rows: &[ModelCost]) -> Vec<String> {
        super::rows(view, rows, "openai/gpt-4o-mini", NOW).iter().map(|row| row.model.key()).collect()
    }

    #[test]
    fn rows_follow_the_sort_the_filter_and_the_switch() {
        let rows = rows();
        let view = View::default();
        let costs: Vec<_> = super::rows(&view, &rows, "", NOW).iter().map(|row| row.concurrent).collect();
        assert!(costs.is_sorted() && costs.len() > 50);
        assert!(super::rows(&view, &rows, "", NOW).iter().all(|row| !row.model.is_retired(NOW)));

        let all = View { deprecated: true, ..view.clone() };
        assert_eq!(ids(&all, &rows).len(), rows.len());

        let reversed = view.sorted_by(Column::Cost);
        let costs: Vec<_> = super::rows(&reversed, &rows, "", NOW).iter().map(|row| row.concurrent).rev().collect();
        assert!(costs.is_sorted());

        let openai = View { filter: "OPENAI 4o mini".into(), ..view };
        assert!(ids(&openai, &rows).contains(&"openai/gpt-4o-mini".to_owned()));
        assert!(ids(&openai, &rows).iter().all(|id| id.contains("4o")));
    }

    /// On every day until the end of 2027, whether retired ones are shown or not.
    #[test]
    fn the_first_row_is_never_a_model_that_is_switched_off() {
        const DAY_MS: u64 = 86_400_000;
        let today = Time::from_ms(1_795_996_800_000);
        let rows = rows();
        for day in 0..=396 {
            let now = today.after_ms(day * DAY_MS);
            for deprecated in [false, true] {
                for column in [Column::Cost, Column::Batch] {
                    let view = View { by: column, deprecated, ..View::default() };
                    for view in [view.sorted_by(column), view] {
                        let first = super::rows(&view, &rows, "openai/gpt-4o-mini", now)[0].model;
                        assert!(!first.is_retired(now), "{} on day {day}", first.key());
                    }
                }
            }
            let shown = super::rows(&View::default(), &rows, "", now);
            assert!(shown.len() > 100 && shown.iter().all(|row| !row.model.is_retired(now)));
        }
    }

    #[test]
    fn models_without_a_batch_price_stand_last_in_both_directions() {
        let rows = rows();
        let up = View::default().sorted_by(Column::Batch);
        for view in [up.sorted_by(Column::Batch), up] {
            let without: Vec<bool> = super::rows(&view, &rows, "", NOW).iter().map(|row| row.batch.is_none()).collect();
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
        let rows = by_model(&limited, "", NOW);
        for column in Column::ALL {
            let one = View { by: column, descending: false, ..View::default() };
            let other = View { descending: true, ..one.clone() };
            let count = ids(&one, &rows).len();
            assert!(count > 50 && ids(&other, &rows).len() == count, "{column:?}");
            assert_ne!(ids(&one, &rows), ids(&other, &rows), "{column:?}");
        }
    }
}
