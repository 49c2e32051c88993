//! How often answers are right, how sure that is, and whether two models can be told apart by it.
//!
//! Each formula names its source; `tests/accuracy` compares all of them with SciPy, statsmodels and scikit-learn.

mod board;
mod confusion;
mod matching;
mod mcnemar;
mod wilson;

pub use board::{Board, FIELDS_MAX, FieldCounts, MISFIT, Pair, Said, Score, Verdict};
pub use confusion::{Confusion, LabelScore};
pub use matching::{Matching, Truth, truth_of};
pub use mcnemar::{Discordant, rows_to_tell_apart};
pub use wilson::{Interval, wilson};
