//! The page that the address names, in its frame.

use web_sys::Node;
use yew::prelude::*;

use crate::time::Time;
use crate::ui::Route;
use crate::ui::calculator_page::{CalculatorPage, OpeningCalculator};
use crate::ui::frame::{Frame, focus_main};
use crate::ui::hooks::{use_hash, use_theme};
use crate::ui::lazy::Lazy;
use crate::ui::loaders::Loaders;
use crate::ui::runner::{RunnerPage, RunnerPageProps};
use crate::ui::running::{Running, use_running};
use crate::ui::runs::RunsPageProps;
use crate::ui::settings::SettingsPageProps;

#[derive(Properties, PartialEq)]
pub struct AppProps {
    pub loaders: Loaders,
    /// The run page as it opens ([`Opening`]), shown until its part is there.
    pub opening_run: Option<Node>,
}

/// The calculator is there from the start, the other pages are fetched. The calculator's last query is kept for the link
/// that leads back to it.
#[component]
pub fn App(props: &AppProps) -> Html {
    let loaders = props.loaders;
    let address = use_hash();
    let theme = use_theme();
    let calculator_query = use_state(AttrValue::default);

    let found = Route::read(&address.hash);
    let (route, query) = found.unwrap_or_default();
    let query = AttrValue::from(query.to_owned());
    let moved = address.moves > 0;
    let running = use_running();
    // The run page leads with its own state.
    let percent = running.as_ref().map(|running| running.percent).filter(|_| route != Route::Runner);
    use_effect_with((route, percent), |(route, percent)| {
        let lead = percent.map(|percent| format!("{percent}% · ")).unwrap_or_default();
        let title = match route {
            Route::Calculator => "Pennybatch: what will this batch of LLM calls cost?".to_owned(),
            route => format!("{} - Pennybatch", route.name()),
        };
        gloo_utils::document().set_title(&format!("{lead}{title}"));
    });
    use_effect_with(route, move |_| {
        let document = gloo_utils::document();
        // What led here went with its page, and the focus with it.
        if moved && document.active_element().is_none_or(|active| active.tag_name() == "BODY") {
            focus_main();
            gloo_utils::window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });

    // The same one always, so that the calculator isn't drawn again for the sake of a link.
    let on_query = use_callback((), {
        let query = calculator_query.setter();
        move |asked: AttrValue, ()| query.set(asked)
    });
    let waiting = format!("Loading {}…", route.name());
    html! {
        <Frame {route} calculator_query={(*calculator_query).clone()} dark={theme.dark} on_theme={theme.choose.clone()}
            {running}>
            if found.is_none() {
                <div class="page">
                    <p class="notice notice--warning" role="status">
                        { format!("There is no page at {}. This is the calculator.", &*address.hash) }
                    </p>
                </div>
            }
            <div class="page">
                {
                    match route {
                        Route::Calculator => html! {
                            <CalculatorPage {query} moves={address.moves} {on_query} {loaders} />
                        },
                        Route::Runner => html! {
                            <Lazy<RunnerPageProps> loader={loaders.runner} {waiting} opening={props.opening_run.clone()}
                                of={RunnerPageProps { query, run_view: loaders.run_view }} />
                        },
                        Route::Runs => html! { <Lazy<RunsPageProps> loader={loaders.runs} {waiting} of={RunsPageProps {}} /> },
                        Route::Settings => html! {
                            <Lazy<SettingsPageProps> loader={loaders.settings} {waiting}
                                of={SettingsPageProps { theme: theme.chosen, on_theme: theme.choose }} />
                        },
                    }
                }
            </div>
        </Frame>
    }
}

#[derive(Properties, PartialEq)]
pub struct OpeningProps {
    /// Prices have dates.
    pub now: Time,
}

/// The calculator and the run page as they open, drawn without a browser: what the HTML holds before any program runs.
/// Styles show the one that the address asks for (`www/boot.js`).
#[component]
pub fn Opening(props: &OpeningProps) -> Html {
    html! {
        <Frame route={Route::Calculator} calculator_query="" dark={false} on_theme={Callback::noop()} running={None::<Running>}>
            <div class="page"><OpeningCalculator now={props.now} loaders={Loaders::NONE} /></div>
            <div class="page page--run"><div class="opening"><RunnerPage run_view={Loaders::NONE.run_view} /></div></div>
        </Frame>
    }
}
