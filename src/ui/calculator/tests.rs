//! The calculator as it is first seen, drawn without a browser.

use std::rc::Rc;

use yew::LocalServerRenderer;
use yew::prelude::*;

use super::*;

/// 2026-11-23, a Monday at noon.
const NOW: Time = Time::from_ms(1_795_435_200_000);

async fn drawn(inputs: Inputs) -> String {
    let props = CalculatorProps {
        inputs: Rc::new(inputs),
        now: NOW,
        brief: false,
        on_action: Callback::noop(),
        actions: Html::default(),
    };
    LocalServerRenderer::<Calculator>::with_props(props).hydratable(false).render().await
}

/// The text between the opening tag that holds `mark` and the group's end, tags left out.
fn words_of_group(page: &str, id: &str) -> String {
    let start = page.find(&format!("aria-labelledby=\"{id}\"")).unwrap_or_else(|| panic!("no group {id}"));
    let rest = &page[start..];
    let end = rest[1..].find("role=\"group\"").map_or(rest.len(), |end| end + 1);
    let mut words = String::new();
    let mut inside_tag = true;
    for letter in rest[..end].chars() {
        match letter {
            '<' => inside_tag = true,
            '>' => {
                inside_tag = false;
                words.push(' ');
            }
            letter if !inside_tag => words.push(letter),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace("&lt;", "<")
}

#[tokio::test]
async fn the_page_opens_with_the_answers() {
    let page = drawn(Inputs::default()).await;
    for (id, figures) in [
        ("answer-sequential", "Cost $0.3375 Time 125 min"),
        ("answer-async", "Cost $0.3038 Time 7.5 min"),
        ("answer-batch-api", "Cost $0.1519 Time < 24 hours"),
    ] {
        let words = words_of_group(&page, id);
        assert!(words.contains(figures), "{id}: {words}");
    }
    assert!(words_of_group(&page, "answer-batch-api").contains("cheapest"));
    assert!(words_of_group(&page, "answer-async").contains("fastest"));
}
