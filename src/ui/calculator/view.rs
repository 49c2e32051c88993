//! How the table `Cost by model` is seen: its order, its filter, its switch. The rows themselves are drawn elsewhere
//! (`ui::compare`); this is the part of it that belongs to the address.

use yew::AttrValue;

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

    /// In the address. Links outlive releases: a key never changes its meaning.
    pub const fn key(self) -> &'static str {
        match self {
            Column::Model => "model",
            Column::Provider => "provider",
            Column::Cost => "cost",
            Column::Thousand => "thousand",
            Column::Batch => "batch",
            Column::Time => "time",
            Column::PriceDate => "date",
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

impl Default for View {
    fn default() -> View {
        View { by: Column::Cost, descending: false, filter: AttrValue::default(), deprecated: false }
    }
}

impl View {
    /// The same column again turns the order around; the newest price dates come first.
    pub fn sorted_by(&self, by: Column) -> View {
        let descending = if by == self.by { !self.descending } else { by == Column::PriceDate };
        View { by, descending, ..self.clone() }
    }

    /// `cost`, or `-cost` for the other way around.
    pub fn order(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by.key())
    }

    /// The view in the order that [`View::order`] wrote; `None`: there is no such column.
    pub fn in_order(&self, order: &str) -> Option<View> {
        let key = order.strip_prefix('-').unwrap_or(order);
        let by = Column::ALL.into_iter().find(|column| column.key() == key)?;
        Some(View { by, descending: order.starts_with('-'), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for column in Column::ALL {
            let once = View::default().sorted_by(column);
            for view in [once.sorted_by(column), once] {
                assert_eq!(View::default().in_order(&view.order()), Some(view));
            }
        }
        assert_eq!(View::default().in_order("colour"), None);
    }
}
