//! What the calculator's page shows beyond the answer: figures, every way, the decision path, models side by side and
//! all of them as a table. It is fetched once the answer has been painted. Not here: the arithmetic (`estimate`), the inputs themselves (`ui::calculator`).

mod chart;
mod comparisons;
mod cost_by_model;
mod decision;
mod figures;
mod model_view;
mod re_asks;
mod side_by_side;
mod ways;

pub use comparisons::{Comparisons, ComparisonsProps};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
