//! Which boxes hold a text that can't be read. Figures are then not for what is typed, so they don't count, and nothing
//! is done with them.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use super::quantity::Quantity;

/// A bit for each quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread(u32);

impl Unread {
    /// What has to be corrected before there is an estimate; `None` where all is read.
    pub fn words(self) -> Option<AttrValue> {
        let named = Quantity::ALL.into_iter().filter(|quantity| self.0 & bit(*quantity) != 0);
        let labels: Vec<&str> = named.map(|quantity| quantity.spec().label).collect();
        (!labels.is_empty())
            .then(|| format!("No estimate for what is typed: correct {} first.", labels.join(", ")).into())
    }
}

fn bit(quantity: Quantity) -> u32 {
    1 << quantity as u32
}

impl Reducible for Unread {
    type Action = (Quantity, bool);

    fn reduce(self: Rc<Self>, (quantity, unread): (Quantity, bool)) -> Rc<Self> {
        let others = self.0 & !bit(quantity);
        Unread(if unread { others | bit(quantity) } else { others }).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_corrected_is_named() {
        let unread = Rc::new(Unread::default()).reduce((Quantity::Budget, true)).reduce((Quantity::Calls, true));
        let words = unread.words();
        assert_eq!(words.as_deref(), Some("No estimate for what is typed: correct API calls, Budget first."));
        let unread = unread.reduce((Quantity::Budget, false)).reduce((Quantity::Calls, false));
        assert_eq!(unread.words(), None);
    }
}
