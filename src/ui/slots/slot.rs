//! A place in the page that another program fills.

use gloo_utils::document;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;
use yew::prelude::*;

use super::{CHANGED, Program, SlotKind};
use crate::ui::hooks::after_paint;
use crate::ui::parts::{Notice, Tone};

#[derive(Properties, PartialEq)]
pub struct SlotProps {
    pub kind: SlotKind,
    /// What the part is to show; read anew at every change.
    #[prop_or_default]
    pub query: AttrValue,
    /// Stands there until the program is loaded.
    pub waiting: AttrValue,
}

#[component]
pub fn Slot(props: &SlotProps) -> Html {
    let failed = use_state(|| None::<String>);
    {
        let failed = failed.clone();
        use_effect_with(props.kind.program(), move |&program| {
            let fetch = move || {
                spawn_local(async move {
                    if let Err(why) = program.fetch().await {
                        failed.set(Some(why));
                    }
                });
            };
            match program {
                // What stands below the answer must not delay it.
                Program::Compare => after_paint(fetch),
                Program::Runner => fetch(),
            }
            tell
        });
    }
    use_effect_with((props.kind, props.query.clone()), |_| tell());
    html! {
        <>
            <div class={classes!("slot", format!("slot--{}", props.kind.word()))} data-slot={props.kind.word()} data-query={props.query.clone()}></div>
            if let Some(why) = &*failed {
                <Notice tone={Tone::Error} heading="This part of the page could not be loaded">
                    <p>
                        { format!("{why} Nothing is lost: what was typed here is in the address, and runs are kept in \
                            this browser. Check the connection and reload the page.") }
                    </p>
                </Notice>
            } else {
                <p class="boot slot__waiting" role="status">{ &props.waiting }</p>
            }
        </>
    }
}

/// Once the document is as the change leaves it.
fn tell() {
    spawn_local(async {
        // An event with a constant, valid name.
        if let Ok(event) = Event::new(CHANGED) {
            let _ = document().dispatch_event(&event);
        }
    });
}
