//! The seam between the page's programs. `app` draws the frame and the calculator and is all that the first load
//! needs; `compare` draws the calculator's comparisons and is fetched once the answer has been painted; `runner` draws
//! what works with the worker, and is fetched when that is asked for. A slot is an element of `app` that one of them
//! fills: [`SlotKind`] says with what, its query with which values. They share the document and nothing else, so nothing
//! of the one needs to be loaded for the other. What `compare`
//! changes comes back as a piece of a query (`piece`).
//!
//! Here: the slot as `app` sees it (`slot`), and as the others do (`found`, `by_compare`, `by_runner`). Not here: what
//! stands in them.

mod by_compare;
mod by_runner;
mod found;
mod piece;
mod program;
mod slot;

pub use by_compare::fill as fill_by_compare;
pub use by_runner::fill as fill_by_runner;
pub use piece::{tell_piece, use_pieces};
pub use program::Program;
pub use slot::{Slot, SlotProps};

/// What is drawn in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// The page that the address names; the query is the whole hash.
    Page,
    /// A run of the calculator's workload on a virtual clock; the query is `<count>?<the calculator's query>`.
    Simulation,
    /// A data file whose rows fill the calculator's inputs; the query is the calculator's.
    FileEstimate,
    /// Figures and comparisons below the calculator's answer; the query is the calculator's.
    Comparisons,
}

impl SlotKind {
    const ALL: [SlotKind; 4] = [SlotKind::Page, SlotKind::Simulation, SlotKind::FileEstimate, SlotKind::Comparisons];

    /// Who draws it.
    pub const fn program(self) -> Program {
        match self {
            SlotKind::Page | SlotKind::Simulation | SlotKind::FileEstimate => Program::Runner,
            SlotKind::Comparisons => Program::Compare,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            SlotKind::Page => "page",
            SlotKind::Simulation => "simulation",
            SlotKind::FileEstimate => "file-estimate",
            SlotKind::Comparisons => "comparisons",
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
