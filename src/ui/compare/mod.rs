//! What the calculator's page shows below the answer: the table of all models, the pinned ones side by side, figures,
//! what is folded away (every way, a cheaper model with retries), and where the prices come from. It is fetched once the answer has been painted. Not
//! here: the arithmetic (`estimate`), the inputs themselves (`ui::calculator`).

mod chart;
mod comparisons;
mod cost_by_model;
mod decision;
mod figures;
mod markdown;
mod model_view;
mod re_asks;
mod share;
mod side_by_side;
mod sources;
mod ways;

pub use comparisons::{Comparisons, ComparisonsProps};
pub use decision::{DecisionPath, DecisionPathProps};
pub use share::{Share, ShareProps};
pub use sources::{Sources, SourcesProps};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
