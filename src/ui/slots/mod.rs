//! The seam between the page's two programs. `app` draws the frame and the calculator and is all that the first load
//! needs; `runner` draws what works with the worker, and is fetched when the first [`Slot`] is shown. A slot is an
//! element of `app` that `runner` fills: [`SlotKind`] says with what, its query with which values. They share the
//! document and nothing else, so nothing of the one needs to be loaded for the other.
//!
//! Here: the slot as `app` sees it (`slot`), and as `runner` does (`filled`). Not here: what stands in them.

mod filled;
mod program;
mod slot;

pub use filled::fill;
pub use program::fetch_runner;
pub use slot::{Slot, SlotProps};

/// What `runner` draws in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// The page that the address names; the query is the whole hash.
    Page,
    /// A run of the calculator's workload on a virtual clock; the query is `<count>?<the calculator's query>`.
    Simulation,
    /// A data file whose rows fill the calculator's inputs; the query is the calculator's.
    FileEstimate,
}

impl SlotKind {
    const ALL: [SlotKind; 3] = [SlotKind::Page, SlotKind::Simulation, SlotKind::FileEstimate];

    const fn word(self) -> &'static str {
        match self {
            SlotKind::Page => "page",
            SlotKind::Simulation => "simulation",
            SlotKind::FileEstimate => "file-estimate",
        }
    }

    fn from_word(word: &str) -> Option<SlotKind> {
        SlotKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The attributes of a slot's element.
const KIND: &str = "data-slot";
const QUERY: &str = "data-query";
/// Dispatched on the document when slots came, went or changed.
const CHANGED: &str = "pennybatch-slots";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_word_of_its_own() {
        for kind in SlotKind::ALL {
            assert_eq!(SlotKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(SlotKind::from_word("elsewhere"), None);
    }
}
