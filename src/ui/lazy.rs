//! Parts of the page that are fetched when they are first shown. How a part is fetched is the business of the program
//! that starts the page (`src/bin/app.rs`): it hands down a [`Loader`] for each. A part that is there is a plain function
//! that draws it, so its properties are typed and it shares everything with the rest of the page.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;
use yew::prelude::*;

use crate::ui::hooks::after_paint;
use crate::ui::parts::{Button, Notice, Tone};

/// A browser may never finish with a part, and says nothing. One that comes later is shown all the same.
const SLOW_MS: u32 = 30_000;

/// Draws a part.
pub type View<P> = fn(&P) -> Html;

/// The part could not be fetched: no network, or a release that is no longer on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoaded;

pub type Loading<P> = Pin<Box<dyn Future<Output = Result<View<P>, NotLoaded>>>>;

/// Fetches a part. A part that is there comes again at once.
pub struct Loader<P>(pub fn() -> Loading<P>);

impl<P> Clone for Loader<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Loader<P> {}

/// There is one loader for each type of properties.
impl<P> PartialEq for Loader<P> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Properties, PartialEq)]
pub struct LazyProps<P: PartialEq> {
    pub loader: Loader<P>,
    /// The part's own properties.
    pub of: P,
    /// Shown until the part is there.
    pub waiting: AttrValue,
    /// What the part will look like, from the page's HTML. It is shown in place of the words, and takes no input.
    #[prop_or_default]
    pub opening: Option<Node>,
    /// Fetch it only after the next paint: what stands below an answer must not delay it.
    #[prop_or_default]
    pub after_paint: bool,
    /// It stands among other things: it waits in one quiet line. Where it fails too, a button tries again.
    #[prop_or_default]
    pub small: bool,
}

#[component]
pub fn Lazy<P: PartialEq + 'static>(props: &LazyProps<P>) -> Html {
    let view = use_state(|| None::<View<P>>);
    match *view {
        Some(view) => view(&props.of),
        None => {
            let (Loader(load), view) = (props.loader, view.setter());
            let fetch = Callback::from(move |()| -> Fetching {
                let view = view.clone();
                Box::pin(async move {
                    let loaded = load().await;
                    loaded.map(|loaded| view.set(Some(loaded)))
                })
            });
            html! {
                <Wait {fetch} waiting={props.waiting.clone()} opening={props.opening.clone()} after_paint={props.after_paint}
                    small={props.small} />
            }
        }
    }
}

/// Fetches a part that will be wanted soon. Where it fails, the part is fetched again when it is shown.
pub fn fetch_ahead<P: 'static>(Loader(load): Loader<P>) {
    spawn_local(async move {
        let _ = load().await;
    });
}

/// Fetches a part, then says whether it came: once, and after 30 s at the latest. What comes later has missed its turn.
pub fn fetch_first<P: 'static>(Loader(load): Loader<P>, then: impl FnOnce(Result<(), NotLoaded>) + 'static) {
    let then = Rc::new(Cell::new(Some(then)));
    let once = move |came: Result<(), NotLoaded>| {
        if let Some(then) = then.take() {
            then(came);
        }
    };
    let slow = Timeout::new(SLOW_MS, {
        let once = once.clone();
        move || once(Err(NotLoaded))
    });
    spawn_local(async move {
        let loaded = load().await;
        drop(slow);
        once(loaded.map(drop));
    });
}

type Fetching = Pin<Box<dyn Future<Output = Result<(), NotLoaded>>>>;

#[derive(Properties, PartialEq)]
struct WaitProps {
    fetch: Callback<(), Fetching>,
    waiting: AttrValue,
    opening: Option<Node>,
    after_paint: bool,
    small: bool,
}

/// In the part's place until it is there. The same for every part, so it doesn't know their properties.
#[component]
fn Wait(props: &WaitProps) -> Html {
    let failed = use_state(|| false);
    let attempt = use_state(|| 0_u32);
    {
        let (failed, fetch, later) = (failed.setter(), props.fetch.clone(), props.after_paint);
        use_effect_with(*attempt, move |_| {
            let fetch = move || {
                let slow = {
                    let failed = failed.clone();
                    Timeout::new(SLOW_MS, move || failed.set(true))
                };
                spawn_local(async move {
                    let fetched = fetch.emit(()).await;
                    drop(slow);
                    if fetched.is_err() {
                        failed.set(true);
                    }
                });
            };
            if later { after_paint(fetch) } else { fetch() }
        });
    }
    let again = {
        let failed = failed.setter();
        Callback::from(move |()| {
            failed.set(false);
            attempt.set(*attempt + 1);
        })
    };
    match (*failed, props.small) {
        (false, true) => html! { <span class="soft">{ &props.waiting }</span> },
        (true, true) => {
            html! {
                <span class="row">
                    <span class="soft">{ "Couldn't load this." }</span>
                    <Button on_press={again}>{ "Try again" }</Button>
                </span>
            }
        }
        (false, false) => match &props.opening {
            Some(opening) => html! {
                <>
                    <p class="visually-hidden" role="status">{ &props.waiting }</p>
                    <div inert=true>{ Html::VRef(opening.clone()) }</div>
                </>
            },
            None => html! { <p class="boot" role="status">{ &props.waiting }</p> },
        },
        (true, false) => {
            html! {
                <Notice tone={Tone::Error} heading="This part of the page didn't load">
                    <p>
                        { "Check your connection and try again. If that doesn't help, reload the page. Nothing is lost: \
                           your inputs are in the address, and runs are saved in this browser." }
                    </p>
                    <Button on_press={again}>{ "Try again" }</Button>
                </Notice>
            }
        }
    }
}
