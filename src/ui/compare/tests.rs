//! The comparisons as they are first seen, drawn without a browser.

use std::rc::Rc;

use yew::LocalServerRenderer;
use yew::prelude::*;

use super::comparisons::{ComparisonsProps, Folded, Models};
use super::{DecisionPath, DecisionPathProps};
use crate::time::Time;
use crate::ui::calculator::{Action, Column, Inputs, Quantity, View};

/// 2026-11-23, a Monday at noon.
const NOW: Time = Time::from_ms(1_795_435_200_000);

async fn drawn(inputs: Inputs) -> String {
    let props = || ComparisonsProps { inputs: Rc::new(inputs.clone()), now: NOW, on_action: Callback::noop() };
    let models = LocalServerRenderer::<Models>::with_props(props()).hydratable(false).render().await;
    models + &LocalServerRenderer::<Folded>::with_props(props()).hydratable(false).render().await
}

#[tokio::test]
async fn the_table_holds_every_model_that_is_still_there() {
    let page = drawn(Inputs::default()).await;
    let current: Vec<_> = crate::prices::all().iter().filter(|model| !model.is_retired(NOW)).collect();
    assert_eq!(page.matches("data-choose=").count(), 24);
    assert!(page.contains(&format!("Show all {}", current.len())));
    for model in current {
        let view = View { filter: model.id.clone().into(), ..View::default() };
        let found = drawn(Inputs::default().after(Action::View(view))).await;
        assert!(found.contains(&format!(">{}</button>", model.id)), "{}", model.id);
    }
    for name in ["Every way side by side", "What if: a cheaper model with retries"] {
        assert!(page.contains(&format!("</svg>{name}")), "{name}");
    }
    assert!(page.contains(">Cost by model</h2>") && page.contains("aria-label=\"Every way\""));
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
    assert!(page.contains("side-by-side__name\">gpt-6-luna<"), "the chosen model stands beside it");
    assert!(page.contains("aria-label=\"Pin ministral-8b-2512\""));
}

#[tokio::test]
async fn a_time_that_is_the_same_everywhere_has_no_column() {
    let heading = "class=\"sort\">Time<";
    assert!(!drawn(Inputs::default()).await.contains(heading));
    // Cached tokens don't count against Anthropic's limits, so its models are faster.
    let inputs = Inputs::default()
        .after(Action::Set(Quantity::Input, Some(5_000)))
        .after(Action::Set(Quantity::SharedPrefix, Some(4_500)))
        .after(Action::Set(Quantity::InputTokensPerMinute, Some(100_000)));
    assert!(drawn(inputs).await.contains(heading));
}

#[tokio::test]
async fn every_id_is_there_once() {
    let page = drawn(Inputs::default().after(Action::Pin("openai/gpt-4o".to_owned()))).await;
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(count > 8 && ids.len() == count, "{ids:?}");
}

#[tokio::test]
async fn the_decision_path_says_why() {
    let inputs = Inputs::default();
    let model = inputs.model().expect("in the catalogue");
    let props = DecisionPathProps { workload: inputs.workload, model, now: NOW };
    let path = LocalServerRenderer::<DecisionPath>::with_props(props).hydratable(false).render().await;
    assert!(path.contains(">Decision path</h3>") && path.contains("decision__branch--taken"), "{path}");
}
