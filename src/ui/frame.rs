//! What stands around every page: header, navigation, theme.

use yew::prelude::*;

use crate::ui::Route;
use crate::ui::hooks::Theme;
use crate::ui::parts::{Button, HEARD};
use crate::ui::running::Running;

#[derive(Properties, PartialEq)]
pub struct FrameProps {
    pub route: Route,
    /// For the link that leads back to the calculator.
    pub calculator_query: AttrValue,
    /// What is seen now, whoever chose it.
    pub dark: bool,
    pub on_theme: Callback<Theme>,
    /// A run that is under way.
    pub running: Option<Running>,
    pub children: Html,
}

#[component]
pub fn Frame(props: &FrameProps) -> Html {
    let FrameProps { route, calculator_query, dark, on_theme, running, children } = props;
    html! {
        <>
            <a class="skip-link" href="#main" onclick={skip_to_main}>{ "Skip to content" }</a>
            <Header route={*route} calculator_query={calculator_query.clone()} dark={*dark} on_theme={on_theme.clone()}
                running={running.clone()} />
            <main id="main" class="main" tabindex="-1">{ children.clone() }</main>
            <div id={HEARD} class="visually-hidden" aria-live="polite"></div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct HeaderProps {
    route: Route,
    calculator_query: AttrValue,
    /// What is seen now, whoever chose it.
    dark: bool,
    on_theme: Callback<Theme>,
    running: Option<Running>,
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
            if let Some(Running { percent, pause }) = props.running.clone().filter(|_| props.route != Route::Runner) {
                <div class="header__run">
                    <a class="header__link" href={Route::Runner.href("")}>{ format!("Run: {percent}%") }</a>
                    <Button on_press={pause}>{ "Pause" }</Button>
                </div>
            }
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

pub(super) fn focus_main() {
    if let Some(main) = gloo_utils::document().get_element_by_id("main") {
        let main: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(main);
        // Failing to focus leaves the focus where it was, which harms nothing.
        let _ = main.focus();
    }
}
