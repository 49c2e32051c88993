//! A notification by the system once a run has ended, or waits for the person. The browser asks for permission only when
//! the switch is turned on.

use std::rc::Rc;

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, NotificationPermission};
use yew::prelude::*;

use crate::link::{PauseReason, Progress, RunState};
use crate::time::Time;
use crate::ui::parts::Switch;
use crate::ui::runner::words::state_words;

#[derive(Properties, PartialEq)]
pub struct TellMeProps {
    /// Of the file.
    pub name: AttrValue,
    pub progress: Rc<Progress>,
    pub now: Time,
}

#[component]
pub fn TellMe(props: &TellMeProps) -> Html {
    let wanted = use_state(|| false);
    let refused = use_state(|| false);
    let supported = use_state(|| false);
    {
        let supported = supported.setter();
        use_effect_with((), move |()| supported.set(is_supported()));
    }
    let progress = &props.progress;
    {
        let (wanted, name) = (wanted.clone(), props.name.clone());
        let words = state_words(progress, props.now);
        let before = use_mut_ref(|| progress.state.clone());
        use_effect_with(progress.state.clone(), move |state| {
            let ran = before.replace(state.clone()) == RunState::Running;
            if *wanted && ran && concerns(state) {
                tell(&format!("Pennybatch: {name}"), &words);
            }
        });
    }
    if !*supported || progress.state == RunState::Finished {
        return Html::default();
    }
    let on_switch = {
        let (wanted, refused) = (wanted.clone(), refused.clone());
        Callback::from(move |on: bool| {
            let (wanted, refused) = (wanted.clone(), refused.clone());
            wanted.set(on);
            spawn_local(async move {
                let granted = !on || permission().await == NotificationPermission::Granted;
                wanted.set(on && granted);
                refused.set(!granted);
            });
        })
    };
    let hint = refused.then_some(AttrValue::Static("Your browser blocks notifications from this page."));
    html! { <Switch id="tell-me" label="Tell me when it's finished" on={*wanted} {hint} {on_switch} /> }
}

/// Whoever pauses a run knows that it is paused.
fn concerns(state: &RunState) -> bool {
    match state {
        RunState::Finished => true,
        RunState::Paused(reason) => *reason != PauseReason::ByPerson,
        RunState::Running | RunState::Stopping => false,
    }
}

fn is_supported() -> bool {
    js_sys::Reflect::has(&gloo_utils::window(), &"Notification".into()).unwrap_or_default()
}

async fn permission() -> NotificationPermission {
    match Notification::permission() {
        NotificationPermission::Default => {}
        decided => return decided,
    }
    if let Ok(asked) = Notification::request_permission() {
        // Refused or put off: what is in force then says which.
        let _ = JsFuture::from(asked).await;
    }
    Notification::permission()
}

/// Chromium on Android has notifications of service workers alone.
fn tell(title: &str, words: &str) {
    let options = web_sys::NotificationOptions::new();
    options.set_body(words);
    if Notification::new_with_options(title, &options).is_ok() {
        return;
    }
    let (title, workers) = (title.to_owned(), gloo_utils::window().navigator().service_worker());
    spawn_local(async move {
        let Ok(found) = JsFuture::from(workers.get_registration()).await else { return };
        if let Ok(registration) = wasm_bindgen::JsCast::dyn_into::<web_sys::ServiceWorkerRegistration>(found)
            && let Ok(shown) = registration.show_notification_with_options(&title, &options)
        {
            let _ = JsFuture::from(shown).await;
        }
    });
}
