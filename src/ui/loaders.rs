//! What the page fetches when it is first shown.

use std::future::pending;

use crate::ui::compare::{ComparisonsProps, DecisionPathProps, ShareProps, SourcesProps};
use crate::ui::count_text::CountTextProps;
use crate::ui::lazy::Loader;
use crate::ui::runner::{FileEstimateProps, RunViewProps, RunnerPageProps};
use crate::ui::runs::RunsPageProps;
use crate::ui::settings::SettingsPageProps;
use crate::ui::simulation::SimulationProps;

/// What is fetched when it is first shown.
#[derive(Clone, Copy, PartialEq)]
pub struct Loaders {
    pub comparisons: Loader<ComparisonsProps>,
    pub decision_path: Loader<DecisionPathProps>,
    pub share: Loader<ShareProps>,
    pub sources: Loader<SourcesProps>,
    pub count_text: Loader<CountTextProps>,
    pub runner: Loader<RunnerPageProps>,
    pub run_view: Loader<RunViewProps>,
    pub runs: Loader<RunsPageProps>,
    pub settings: Loader<SettingsPageProps>,
    pub file_estimate: Loader<FileEstimateProps>,
    pub simulation: Loader<SimulationProps>,
}

impl Loaders {
    /// For drawing without a browser: nothing is ever fetched.
    pub const NONE: Loaders = Loaders {
        comparisons: Loader(|| Box::pin(pending())),
        decision_path: Loader(|| Box::pin(pending())),
        share: Loader(|| Box::pin(pending())),
        sources: Loader(|| Box::pin(pending())),
        count_text: Loader(|| Box::pin(pending())),
        runner: Loader(|| Box::pin(pending())),
        run_view: Loader(|| Box::pin(pending())),
        runs: Loader(|| Box::pin(pending())),
        settings: Loader(|| Box::pin(pending())),
        file_estimate: Loader(|| Box::pin(pending())),
        simulation: Loader(|| Box::pin(pending())),
    };
}
