//! The frame of every page: header, navigation, theme, and the page that the address names.

use yew::prelude::*;

use crate::ui::Route;
use crate::ui::calculator::CalculatorPage;
use crate::ui::hooks::{Theme, use_hash, use_theme};
use crate::ui::slots::{Slot, SlotKind};

/// The calculator is drawn here; every other page stands in a slot, which the program `runner` fills.
/// The calculator's last query is kept for the link that leads back to it.
#[component]
pub fn App() -> Html {
    let address = use_hash();
    let theme = use_theme();
    let calculator_query = use_state(AttrValue::default);

    let found = Route::read(&address.hash);
    let (route, query) = found.unwrap_or_default();
    let query = AttrValue::from(query.to_owned());
    let moved = address.moves > 0;
    use_effect_with(route, move |route| {
        let title = match route {
            Route::Calculator => "Pennybatch: what will this batch of LLM calls cost?".to_owned(),
            route => format!("{} - Pennybatch", route.name()),
        };
        let document = gloo_utils::document();
        document.set_title(&title);
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
    let on_theme = {
        let theme = theme.clone();
        Callback::from(move |chosen: Theme| theme.choose(chosen))
    };
    html! {
        <>
            <a class="skip-link" href="#main" onclick={skip_to_main}>{ "Skip to content" }</a>
            <Header {route} calculator_query={(*calculator_query).clone()} theme={theme.chosen}
                dark={theme.dark} {on_theme} />
            <main id="main" class="main" tabindex="-1">
                if found.is_none() {
                    <div class="page">
                        <p class="notice notice--warning" role="status">
                            { format!("There is no page at {}. This is the calculator.", &*address.hash) }
                        </p>
                    </div>
                }
                {
                    match route {
                        Route::Calculator => html! {
                            <div class="page"><CalculatorPage {query} moves={address.moves} {on_query} /></div>
                        },
                        route => html! {
                            <div class="page">
                                <Slot kind={SlotKind::Page} query={address.hash.clone()}
                                    waiting={format!("Loading {}…", route.name())} />
                            </div>
                        },
                    }
                }
            </main>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct HeaderProps {
    route: Route,
    calculator_query: AttrValue,
    theme: Theme,
    /// What is seen now, whoever chose it.
    dark: bool,
    on_theme: Callback<Theme>,
}

#[component]
fn Header(props: &HeaderProps) -> Html {
    let flip = {
        let (dark, on_theme) = (props.dark, props.on_theme.clone());
        Callback::from(move |_: MouseEvent| on_theme.emit(if dark { Theme::Light } else { Theme::Dark }))
    };
    html! {
        <header class="header">
            <a class="header__brand" href={Route::Calculator.href(&props.calculator_query)}>{ "Pennybatch" }</a>
            <nav class="header__nav" aria-label="Pages">
                {
                    for Route::ALL.into_iter().map(|route| {
                        let query = if route == Route::Calculator { &*props.calculator_query } else { "" };
                        let current = (route == props.route).then_some("page");
                        html! {
                            <a class="header__link" href={route.href(query)} aria-current={current}>
                                { route.name() }
                            </a>
                        }
                    })
                }
            </nav>
            <button type="button" class="header__theme" role="switch" aria-checked={props.dark.to_string()}
                aria-label="Dark theme" title={if props.dark { "Switch to light" } else { "Switch to dark" }}
                onclick={flip}>
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                    <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                    <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
                </svg>
            </button>
        </header>
    }
}

/// The address is the state, so a jump within the page must not change it.
fn skip_to_main(event: MouseEvent) {
    event.prevent_default();
    focus_main();
}

fn focus_main() {
    if let Some(main) = gloo_utils::document().get_element_by_id("main") {
        let main: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(main);
        // Failing to focus leaves the focus where it was, which harms nothing.
        let _ = main.focus();
    }
}
