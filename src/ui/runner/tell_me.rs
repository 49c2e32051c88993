//! A notification by the system once a run has ended, or waits for the person. The browser asks for permission only when
//! the switch is turned on.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, NotificationPermission};
use yew::prelude::*;

use crate::link::{PauseReason, RunState};
use crate::time::Time;
use crate::ui::parts::Switch;
use crate::ui::runner::words::state_words;
use crate::ui::store::OpenRun;

#[derive(Properties, PartialEq)]
pub struct TellMeProps {
    /// Told by the store when the run comes to rest: the person may be on another page by then.
    pub on_rest: Option<Callback<OpenRun>>,
    pub on_want: Callback<Option<Callback<OpenRun>>>,
    pub now: Callback<(), Time>,
}

#[component]
pub fn TellMe(props: &TellMeProps) -> Html {
    let refused = use_state(|| false);
    let supported = use_state(|| false);
    {
        let supported = supported.setter();
        use_effect_with((), move |()| supported.set(is_supported()));
    }
    if !*supported {
        return Html::default();
    }
    let on_switch = {
        let (on_want, now, refused) = (props.on_want.clone(), props.now.clone(), refused.clone());
        Callback::from(move |on: bool| {
            let (on_want, refused) = (on_want.clone(), refused.clone());
            let now = now.clone();
            on_want.emit(on.then(|| Callback::from(move |open: OpenRun| tell_rest(&open, now.emit(())))));
            spawn_local(async move {
                let granted = !on || permission().await == NotificationPermission::Granted;
                if !granted {
                    on_want.emit(None);
                }
                refused.set(!granted);
            });
        })
    };
    let hint = refused.then_some(AttrValue::Static("Your browser blocks notifications from this page."));
    html! { <Switch id="tell-me" label="Tell me when it's finished" on={props.on_rest.is_some()} {hint} {on_switch} /> }
}

fn tell_rest(open: &OpenRun, now: Time) {
    if concerns(&open.progress.state) {
        tell(&format!("Pennybatch: {}", open.data.name), &state_words(&open.progress, now));
    }
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
