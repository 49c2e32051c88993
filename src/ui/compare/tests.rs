//! The comparisons as they are first seen, drawn without a browser.

use std::rc::Rc;

use yew::LocalServerRenderer;
use yew::prelude::*;

use super::comparisons::{Compared, ComparisonsProps};
use crate::time::Time;
use crate::ui::calculator::{Action, Column, Inputs, View};

/// 2026-11-23, a Monday at noon.
const NOW: Time = Time::from_ms(1_795_435_200_000);

async fn drawn(inputs: Inputs) -> String {
    let props = ComparisonsProps { inputs: Rc::new(inputs), now: NOW, on_action: Callback::noop() };
    LocalServerRenderer::<Compared>::with_props(props).hydratable(false).render().await
}

#[tokio::test]
async fn the_table_holds_every_model_that_is_not_deprecated() {
    let page = drawn(Inputs::default()).await;
    let current = crate::prices::all().iter().filter(|model| !model.deprecated);
    for model in current {
        assert!(page.contains(&format!(">{}</button>", model.id)), "{}", model.id);
    }
    for name in ["Every way", "Decision path", "Cheaper with re-asks", "Cost by model"] {
        assert!(page.contains(&format!(">{name}</h2>")), "{name}");
    }
}

#[tokio::test]
async fn the_table_is_seen_as_the_address_says() {
    let view = View { filter: "4o".into(), ..View::default().sorted_by(Column::Provider) };
    let page = drawn(Inputs::default().after(Action::View(view))).await;
    assert!(page.contains(">gpt-4o-mini</button>") && !page.contains(">claude-opus-5</button>"));
    assert_eq!(page.matches("aria-sort=\"ascending\"").count(), 1);
}

#[tokio::test]
async fn pinned_models_stand_side_by_side() {
    let page = drawn(Inputs::default().after(Action::Pin("anthropic/claude-opus-5".to_owned()))).await;
    assert!(page.contains(">Side by side</h2>") && page.contains("aria-label=\"Unpin claude-opus-5\""));
}
