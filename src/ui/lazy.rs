//! Parts of the page that are fetched when they are first shown. How a part is fetched is the business of the program
//! that starts the page (`src/bin/app.rs`): it hands down a [`Loader`] for each. A part that is there is a plain function
//! that draws it, so its properties are typed and it shares everything with the rest of the page.

use std::future::Future;
use std::pin::Pin;

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

enum State<P> {
    Waiting,
    Failed,
    Ready(View<P>),
}

impl<P> Clone for State<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for State<P> {}

#[component]
pub fn Lazy<P: PartialEq + 'static>(props: &LazyProps<P>) -> Html {
    let state = use_state(|| State::<P>::Waiting);
    let attempt = use_state(|| 0_u32);
    {
        let state = state.setter();
        let (Loader(load), later) = (props.loader, props.after_paint);
        use_effect_with(*attempt, move |_| {
            let fetch = move || {
                let slow = {
                    let state = state.clone();
                    Timeout::new(SLOW_MS, move || state.set(State::Failed))
                };
                spawn_local(async move {
                    let loaded = load().await;
                    drop(slow);
                    state.set(loaded.map_or(State::Failed, State::Ready));
                });
            };
            if later { after_paint(fetch) } else { fetch() }
        });
    }
    let again = {
        let state = state.setter();
        Callback::from(move |()| {
            state.set(State::Waiting);
            attempt.set(*attempt + 1);
        })
    };
    match *state {
        State::Ready(view) => view(&props.of),
        State::Waiting if props.small => html! { <span class="soft">{ &props.waiting }</span> },
        State::Failed if props.small => {
            html! {
                <span class="row">
                    <span class="soft">{ "Couldn't load this." }</span>
                    <Button on_press={again}>{ "Try again" }</Button>
                </span>
            }
        }
        State::Waiting => match &props.opening {
            Some(opening) => html! {
                <>
                    <p class="visually-hidden" role="status">{ &props.waiting }</p>
                    <div inert=true>{ Html::VRef(opening.clone()) }</div>
                </>
            },
            None => html! { <p class="boot" role="status">{ &props.waiting }</p> },
        },
        State::Failed => {
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
