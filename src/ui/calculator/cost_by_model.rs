//! The table `Cost by model`: this workload at every model's price.

use std::cmp::Ordering;
use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::ModelCost;
use crate::prices::ModelId;
use crate::ui::parts::{Switch, TextField, TextKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Model,
    Provider,
    Cost,
    Batch,
    Time,
    PriceDate,
}

impl Column {
    const ALL: [Column; 6] =
        [Column::Model, Column::Provider, Column::Cost, Column::Batch, Column::Time, Column::PriceDate];

    const fn name(self) -> &'static str {
        match self {
            Column::Model => "Model",
            Column::Provider => "Provider",
            Column::Cost => "Cost",
            Column::Batch => "Batch API",
            Column::Time => "Time",
            Column::PriceDate => "Price date",
        }
    }

    const fn number(self) -> bool {
        matches!(self, Column::Cost | Column::Batch | Column::Time)
    }
}

/// Which rows are shown, and in what order.
#[derive(Clone, Debug, PartialEq)]
struct View {
    by: Column,
    descending: bool,
    filter: AttrValue,
    deprecated: bool,
}

enum Action {
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
    fn after(&self, action: Action) -> View {
        match action {
            Action::SortBy(column) if column == self.by => View { descending: !self.descending, ..self.clone() },
            Action::SortBy(by) => View { by, descending: by == Column::PriceDate, ..self.clone() },
            Action::Filter(filter) => View { filter, ..self.clone() },
            Action::Deprecated(deprecated) => View { deprecated, ..self.clone() },
        }
    }

    /// The chosen model is always among the rows, so that there is something to compare with, unless it is filtered
    /// out by name. Rows that are equal keep the catalogue's order.
    fn of<'a>(&self, rows: &'a [ModelCost], chosen: &str) -> Vec<&'a ModelCost> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |row: &&ModelCost| {
            let text = format!("{} {} {} {}", row.id, row.name, row.vendor, row.vendor_name).to_lowercase();
            let asked_for = self.deprecated || !row.deprecated || row.model == chosen;
            asked_for && words.iter().all(|word| text.contains(word))
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
            Column::Model => a.id.to_lowercase().cmp(&b.id.to_lowercase()),
            Column::Provider => a.vendor_name.to_lowercase().cmp(&b.vendor_name.to_lowercase()),
            Column::Cost => a.concurrent.cmp(&b.concurrent),
            Column::Batch => a.batch.cmp(&b.batch),
            Column::Time => never_last(a).cmp(&never_last(b)),
            Column::PriceDate => a.price_date.cmp(&b.price_date),
        }
    }
}

impl Reducible for View {
    type Action = Action;
    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        self.after(action).into()
    }
}

#[derive(Properties, PartialEq)]
pub struct CostByModelProps {
    pub rows: Rc<Vec<ModelCost>>,
    pub chosen: ModelId,
    pub on_choose: Callback<ModelId>,
}

#[component]
pub fn CostByModel(props: &CostByModelProps) -> Html {
    let view = use_reducer_eq(View::default);
    let shown = view.of(&props.rows, &props.chosen);
    let on_filter = {
        let view = view.clone();
        Callback::from(move |text: AttrValue| view.dispatch(Action::Filter(text)))
    };
    let on_switch = {
        let view = view.clone();
        Callback::from(move |on: bool| view.dispatch(Action::Deprecated(on)))
    };
    let deprecated = props.rows.iter().filter(|row| row.deprecated).count();
    html! {
        <section class="cost-by-model" aria-labelledby="cost-by-model">
            <div class="cost-by-model__head">
                <h2 class="cost-by-model__title" id="cost-by-model">{ "Cost by model" }</h2>
                <div class="cost-by-model__controls">
                    <TextField label="Filter models" kind={TextKind::Search} value={view.filter.clone()}
                        placeholder="name or provider" on_input={on_filter} />
                    <Switch label="Show deprecated" on={view.deprecated} {on_switch} />
                </div>
            </div>
            <p class="soft small" role="status">
                { format!("{} of {} models; {deprecated} are deprecated. ", shown.len(), props.rows.len()) }
                { "Cost and time are those of Async, at the same inputs and your limits." }
            </p>
            <div class="table-scroll cost-by-model__scroll" role="region" aria-label="Models, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="cost-by-model">
                    <thead><tr>{ for Column::ALL.into_iter().map(|column| heading(column, &view)) }</tr></thead>
                    <tbody>
                        { for shown.iter().map(|row| model_row(row, &props.chosen, &props.on_choose)) }
                        if shown.is_empty() {
                            <tr><td colspan="6">{ "No model has that in its name or provider." }</td></tr>
                        }
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn heading(column: Column, view: &UseReducerHandle<View>) -> Html {
    let sorted = (view.by == column).then_some(if view.descending { "descending" } else { "ascending" });
    let onclick = {
        let view = view.clone();
        move |_| view.dispatch(Action::SortBy(column))
    };
    let mark = match sorted {
        Some("descending") => "▼",
        Some(_) => "▲",
        None => "",
    };
    html! {
        <th scope="col" class={column.number().then_some("number")} aria-sort={sorted}>
            <button type="button" class="sort" {onclick}>
                { column.name() }<span class="sort__mark" aria-hidden="true">{ mark }</span>
            </button>
        </th>
    }
}

fn model_row(row: &ModelCost, chosen: &str, on_choose: &Callback<ModelId>) -> Html {
    let is_chosen = row.model == chosen;
    let onclick = {
        let (on_choose, model) = (on_choose.clone(), row.model.clone());
        move |_| on_choose.emit(model.clone())
    };
    html! {
        <tr key={row.model.clone()} class={is_chosen.then_some("data-table__row--chosen")}>
            <th scope="row">
                <button type="button" class="cost-by-model__model" aria-pressed={is_chosen.to_string()}
                    title="Estimate with this model" {onclick}>{ &row.id }</button>
                if row.deprecated { <span class="cost-by-model__tag">{ "deprecated" }</span> }
                if !row.fits { <span class="cost-by-model__tag">{ "call too long" }</span> }
            </th>
            <td>{ &row.vendor_name }</td>
            <td class="number">{ row.concurrent.to_string() }</td>
            <td class="number">{ row.batch.map_or_else(|| "none known".to_owned(), |cost| cost.to_string()) }</td>
            <td class="number">{ row.duration.to_string() }</td>
            <td>{ &row.price_date }</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Workload, by_model};
    use crate::time::Time;

    fn ids(view: &View, rows: &[ModelCost]) -> Vec<String> {
        view.of(rows, "openai/gpt-4o-mini").iter().map(|row| row.model.clone()).collect()
    }

    #[test]
    fn rows_follow_the_sort_the_filter_and_the_switch() {
        let rows = by_model(&Workload::default(), Time::from_ms(1_795_000_000_000));
        let view = View::default();
        let costs: Vec<_> = view.of(&rows, "").iter().map(|row| row.concurrent).collect();
        assert!(costs.is_sorted() && costs.len() > 50);
        assert!(view.of(&rows, "").iter().all(|row| !row.deprecated));

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
        let rows = by_model(&Workload::default(), Time::from_ms(1_795_000_000_000));
        let up = View::default().after(Action::SortBy(Column::Batch));
        for view in [up.after(Action::SortBy(Column::Batch)), up] {
            let without: Vec<bool> = view.of(&rows, "").iter().map(|row| row.batch.is_none()).collect();
            assert!(without.is_sorted() && without.contains(&true) && without.contains(&false));
        }
    }
}
