//! The pages that work with the worker, in one part of the program: run, history and settings.

use yew::prelude::*;

use crate::ui::Route;
use crate::ui::hooks::Theme;
use crate::ui::runner::RunnerPage;
use crate::ui::runs::RunsPage;
use crate::ui::settings::SettingsPage;

#[derive(Clone, Properties, PartialEq)]
pub struct PagesProps {
    /// Any but the calculator, which is there from the start.
    pub route: Route,
    /// The query of the address.
    pub query: AttrValue,
    pub theme: Theme,
    pub on_theme: Callback<Theme>,
}

#[component]
pub fn Pages(props: &PagesProps) -> Html {
    match props.route {
        Route::Calculator => Html::default(),
        Route::Runner => html! { <RunnerPage query={props.query.clone()} /> },
        Route::Runs => html! { <RunsPage /> },
        Route::Settings => html! { <SettingsPage theme={props.theme} on_theme={props.on_theme.clone()} /> },
    }
}
