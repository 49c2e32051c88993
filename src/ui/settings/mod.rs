//! Settings: the theme, the prices and where they come from, what is kept in this browser.

use yew::prelude::*;

use crate::ui::hooks::Theme;

#[derive(Properties, PartialEq)]
pub struct SettingsPageProps {
    pub theme: Theme,
    pub on_theme: Callback<Theme>,
}

#[component]
pub fn SettingsPage(props: &SettingsPageProps) -> Html {
    let _ = props;
    html! { <h1 class="page__title">{ "Settings" }</h1> }
}
