//! The page. With the feature `split`, three parts of it are programs of their own, fetched when they are first shown:
//! `compare` (what stands below the calculator's answers), `run` (what sets up a run) and `open_run` (an open run, the
//! history and the settings). Without it, everything is one program. The split points stand here and not in the library:
//! their symbols would keep the parts' code in every program that links the library.

use pennybatch::ui::compare::{
    Comparisons, ComparisonsProps, DecisionPath, DecisionPathProps, Share, ShareProps, Sources, SourcesProps,
};
use pennybatch::ui::count_text::{CountText, CountTextProps};
use pennybatch::ui::hooks::after_paint;
use pennybatch::ui::runner::{FileEstimate, FileEstimateProps, RunView, RunViewProps, RunnerPage, RunnerPageProps};
use pennybatch::ui::runs::{RunsPage, RunsPageProps};
use pennybatch::ui::settings::{SettingsPage, SettingsPageProps};
use pennybatch::ui::{App, AppProps, Loader, Loaders, NotLoaded, Simulation, SimulationProps, View};
use yew::prelude::*;

macro_rules! split_point {
    ($part:ident, $name:ident, $component:ident, $props:ty) => {
        #[cfg(feature = "split")]
        #[wasm_split_helpers::wasm_split($part, fallible)]
        fn $name() -> Result<View<$props>, Failed> {
            Ok(|props| html! { <$component ..props.clone() /> })
        }

        #[cfg(not(feature = "split"))]
        async fn $name() -> Result<View<$props>, Failed> {
            Ok(|props| html! { <$component ..props.clone() /> })
        }
    };
}

split_point!(compare, comparisons, Comparisons, ComparisonsProps);
split_point!(compare, decision_path, DecisionPath, DecisionPathProps);
split_point!(compare, share, Share, ShareProps);
split_point!(compare, sources, Sources, SourcesProps);
split_point!(compare, count_text, CountText, CountTextProps);
split_point!(run, runner, RunnerPage, RunnerPageProps);
split_point!(run, file_estimate, FileEstimate, FileEstimateProps);
split_point!(run, simulation, Simulation, SimulationProps);
split_point!(open_run, run_view, RunView, RunViewProps);
split_point!(open_run, runs, RunsPage, RunsPageProps);
split_point!(open_run, settings, SettingsPage, SettingsPageProps);

struct Failed;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Failed {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Failed {
        Failed
    }
}

fn main() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Where, for boot.js to tell. Not what: the message of a panic may quote a prompt.
        if let (Some(root), Some(place)) = (gloo_utils::document().document_element(), info.location()) {
            let _ = root.set_attribute("data-fault", &format!("{}:{}", place.file(), place.line()));
        }
    }));
    // What the HTML holds is seen first: starting takes the time of several frames.
    after_paint(start);
}

fn start() {
    let Some(root) = gloo_utils::document().get_element_by_id("app") else { return };
    let loaders = Loaders {
        comparisons: Loader(|| Box::pin(async { comparisons().await.map_err(|_| NotLoaded) })),
        decision_path: Loader(|| Box::pin(async { decision_path().await.map_err(|_| NotLoaded) })),
        share: Loader(|| Box::pin(async { share().await.map_err(|_| NotLoaded) })),
        sources: Loader(|| Box::pin(async { sources().await.map_err(|_| NotLoaded) })),
        count_text: Loader(|| Box::pin(async { count_text().await.map_err(|_| NotLoaded) })),
        runner: Loader(|| Box::pin(async { runner().await.map_err(|_| NotLoaded) })),
        run_view: Loader(|| Box::pin(async { run_view().await.map_err(|_| NotLoaded) })),
        runs: Loader(|| Box::pin(async { runs().await.map_err(|_| NotLoaded) })),
        settings: Loader(|| Box::pin(async { settings().await.map_err(|_| NotLoaded) })),
        file_estimate: Loader(|| Box::pin(async { file_estimate().await.map_err(|_| NotLoaded) })),
        simulation: Loader(|| Box::pin(async { simulation().await.map_err(|_| NotLoaded) })),
    };
    let opening_run = root.query_selector(".opening").ok().flatten().map(Into::into);
    root.set_text_content(None);
    // From here on the page is alive: what boot.js held back.
    if let Some(document) = gloo_utils::document().document_element() {
        let _ = document.remove_attribute("data-elsewhere");
        let _ = document.remove_attribute("inert");
    }
    yew::Renderer::<App>::with_root_and_props(root, AppProps { loaders, opening_run }).render();
}
