//! Settings: the theme, the prices and where they come from, what this browser keeps, use without a network, what this
//! program is.
//! Not here: runs and their deletion (`runs`).

mod offline;

use yew::prelude::*;

use crate::prices::{self, Vendor};
use crate::time::day_in_words;
use crate::ui::Route;
use crate::ui::hooks::Theme;
use crate::ui::parts::SelectField;

#[derive(Clone, Properties, PartialEq)]
pub struct SettingsPageProps {
    pub theme: Theme,
    pub on_theme: Callback<Theme>,
}

#[component]
pub fn SettingsPage(props: &SettingsPageProps) -> Html {
    let choices = Theme::ALL.map(|theme| (AttrValue::Static(theme.name()), AttrValue::Static(theme.name()))).to_vec();
    let on_choose = props.on_theme.reform(|name: AttrValue| {
        Theme::ALL.into_iter().find(|theme| theme.name() == name.as_str()).unwrap_or_default()
    });
    html! {
        <div class="settings">
            <h1 class="page__title">{ "Settings" }</h1>
            <section class="settings__part" aria-labelledby="appearance">
                <h2 class="panel__title" id="appearance">{ "Appearance" }</h2>
                <div class="fields">
                    <SelectField id="theme" label="Theme" value={props.theme.name()} {choices} {on_choose}
                        hint="System follows this device." />
                </div>
            </section>
            { kept() }
            <offline::Offline />
            <Prices />
            { about() }
        </div>
    }
}

fn kept() -> Html {
    html! {
        <section class="settings__part" aria-labelledby="kept">
            <h2 class="panel__title" id="kept">{ "What this browser keeps" }</h2>
            <p>
                { "Your runs, with their data and answers, the cache of answers, and the theme. Delete runs and the cache \
                   under " }
                <a href={Route::Runs.href("")}>{ "Runs" }</a>
                { "." }
            </p>
            <p>
                { "API keys are never stored. A key stays in this tab's memory and goes only to the provider you \
                   entered it for. The calculator's inputs are kept in the address." }
            </p>
        </section>
    }
}

#[component]
fn Prices() -> Html {
    let [first, last] = [dates().min(), dates().max()].map(|date| day_in_words(date.unwrap_or_default()));
    html! {
        <section class="settings__part" aria-labelledby="prices">
            <h2 class="panel__title" id="prices">{ "Prices" }</h2>
            <p>
                { format!("{} models of {} providers, read from their sources between {first} and {last}. ",
                    prices::all().len(), prices::vendors().len()) }
                { "List prices in USD, without tax or discounts. Where no source states a price, you are asked for it." }
            </p>
            <div class="table-scroll" role="region" aria-label="Providers, scrollable" tabindex="0">
                <table class="data-table" aria-labelledby="prices">
                    <thead>
                        <tr>
                            <th scope="col">{ "Provider" }</th>
                            <th scope="col" class="number">{ "Models" }</th>
                            <th scope="col" class="number">{ "With Batch API price" }</th>
                            <th scope="col" class="number">{ "Two sources agree" }</th>
                            <th scope="col">{ "Oldest price" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for prices::vendors().iter().map(vendor_row) }</tbody>
                </table>
            </div>
        </section>
    }
}

/// Of all prices.
fn dates() -> impl Iterator<Item = &'static str> {
    prices::all().iter().map(|model| model.price_date.as_str())
}

fn vendor_row(vendor: &Vendor) -> Html {
    let models: Vec<_> = prices::all().iter().filter(|model| model.vendor == vendor.id).collect();
    let batch = models.iter().filter(|model| model.batch.is_some()).count();
    let agreed = models.iter().filter(|model| model.corroborated).count();
    let oldest = models.iter().map(|model| model.price_date.as_str()).min().unwrap_or_default();
    html! {
        <tr>
            <th scope="row">{ &vendor.name }</th>
            <td class="number">{ models.len() }</td>
            <td class="number">{ batch }</td>
            <td class="number">{ agreed }</td>
            <td>{ day_in_words(oldest) }</td>
        </tr>
    }
}

fn about() -> Html {
    html! {
        <section class="settings__part" aria-labelledby="about">
            <h2 class="panel__title" id="about">{ "About" }</h2>
            <p>
                { concat!("Pennybatch ", env!("CARGO_PKG_VERSION"), ", under the ", env!("CARGO_PKG_LICENSE"),
                    " license. It is just static files: no server, no account, no tracking.") }
            </p>
        </section>
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_provider_of_the_catalogue_is_listed() {
        let page = yew::LocalServerRenderer::<Prices>::new().hydratable(false).render().await;
        for vendor in prices::vendors() {
            assert!(page.contains(&vendor.name.replace('&', "&amp;")), "{}", vendor.name);
        }
        assert_eq!(page.matches("<tr>").count(), prices::vendors().len() + 1);
    }
}
