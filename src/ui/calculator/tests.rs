//! The calculator as it is first seen, drawn without a browser.

use std::rc::Rc;

use yew::LocalServerRenderer;
use yew::prelude::*;

use super::*;
use crate::estimate::{Every, LengthUnit};

/// 2026-11-23, a Monday at noon.
const NOW: Time = Time::from_ms(1_795_435_200_000);

async fn drawn(inputs: Inputs) -> String {
    let props = CalculatorProps {
        inputs: Rc::new(inputs),
        now: NOW,
        on_action: Callback::noop(),
        actions: Html::default(),
        path: Html::default(),
        from_file: Html::default(),
        count_text: Html::default(),
        sources: Html::default(),
        children: Html::default(),
    };
    LocalServerRenderer::<Calculator>::with_props(props).hydratable(false).render().await
}

/// The text between the opening tag that holds `mark` and the group's end, tags left out.
fn words_of_group(page: &str, id: &str) -> String {
    let start = page.find(&format!("aria-labelledby=\"{id}\"")).unwrap_or_else(|| panic!("no group {id}"));
    let rest = &page[start..];
    let ends = ["role=\"group\"", "</section>"].map(|mark| rest[1..].find(mark).map_or(rest.len(), |end| end + 1));
    let end = ends[0].min(ends[1]);
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
        ("answer-sequential", "Cost $0.25 Time 2 h 5 min"),
        ("answer-async", "Cost $0.225 Time 7.5 min"),
        ("answer-batch-api", "Cost $0.113 Time < 24 hours"),
    ] {
        let words = words_of_group(&page, id);
        assert!(words.contains(figures), "{id}: {words}");
    }
    assert!(words_of_group(&page, "answer-batch-api").contains("cheapest"));
    assert!(words_of_group(&page, "answer-async").contains("fastest"));
    assert!(page.contains(">Recommendation</h2>") && page.contains("Why?"));
}

#[tokio::test]
async fn every_id_is_there_once() {
    let page = drawn(Inputs::default()).await;
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(count > 30 && ids.len() == count, "{ids:?}");
}

#[tokio::test]
async fn an_assumption_is_called_one_and_can_be_dropped() {
    let assumed = "Assumes that 10% of your calls repeat an earlier one.";
    let page = drawn(Inputs::default()).await;
    assert!(page.contains(assumed) && page.contains("Set to 0%"), "{page}");
    let page = drawn(Inputs::default().after(Action::Set(Quantity::CacheHits, Some(0)))).await;
    assert!(!page.contains("Assumes that") && !page.contains("Set to 0%"), "{page}");
}

#[tokio::test]
async fn nothing_is_read_out_before_something_changes() {
    let page = drawn(Inputs::default()).await;
    assert!(page.contains("<p role=\"status\" class=\"visually-hidden\"></p>"), "{page}");
}

#[tokio::test]
async fn a_broken_budget_or_deadline_is_said_in_words() {
    let inputs = Inputs::default()
        .after(Action::Set(Quantity::Budget, Some(2_000)))
        .after(Action::Set(Quantity::Deadline, Some(10_000)));
    let page = drawn(inputs).await;
    let sequential = words_of_group(&page, "answer-sequential");
    assert!(sequential.contains("Over your budget of $0.20. Misses your deadline."), "{sequential}");
    let batch = words_of_group(&page, "answer-batch-api");
    assert!(!batch.contains("Over your budget") && batch.contains("May miss your deadline."), "{batch}");
}

#[tokio::test]
async fn a_model_without_a_batch_price_says_so_in_its_group() {
    let model = crate::prices::all().iter().find(|model| model.batch.is_none()).expect("one vendor has no Batch API");
    let page = drawn(Inputs::default().after(Action::ChooseModel(model.key()))).await;
    let batch = words_of_group(&page, "answer-batch-api");
    assert!(batch.contains("No Batch API price found") && !batch.contains('$'), "{batch}");
}

#[tokio::test]
async fn figures_for_other_inputs_than_those_typed_do_not_count() {
    let words = "No estimate yet. Correct API calls first.";
    let page = drawn(Inputs::default().after(Action::Unread(Quantity::Calls, true))).await;
    assert!(page.contains(words) && page.contains("calculator--unread"), "{page}");
    assert!(page.contains("inert"), "nothing is started or copied with them");
    let page = drawn(Inputs::default()).await;
    assert!(!page.contains(words) && !page.contains("unread") && !page.contains("inert"), "{page}");
}

#[tokio::test]
async fn own_prices_and_a_budget_are_echoed() {
    let inputs = Inputs::default()
        .after(Action::Set(Quantity::Budget, Some(5_000)))
        .after(Action::Set(Quantity::InputPrice, Some(150_000)));
    let page = drawn(inputs).await;
    assert!(page.contains("= $0.50") && page.contains("= $0.15 per 1M tokens"), "{page}");
}

#[tokio::test]
async fn lengths_are_typed_in_the_person_s_unit() {
    let page = drawn(Inputs::default()).await;
    assert!(page.contains(">Input tokens per call<") && page.contains(">Lengths in<"), "{page}");
    let inputs =
        Inputs::default().after(Action::Unit(LengthUnit::Pages)).after(Action::Set(Quantity::Input, Some(1_333)));
    let page = drawn(inputs).await;
    assert!(page.contains(">Input pages per call<") && page.contains("value=\"2\""), "{page}");
    assert!(page.contains("About 1,333 tokens.") && page.contains("1 page = 500 words"), "{page}");
}

#[tokio::test]
async fn a_manager_s_question_is_answered_in_words_that_managers_know() {
    let inputs = Inputs::default()
        .after(Action::Start(Some(crate::estimate::EXAMPLES[0])))
        .after(Action::Unit(LengthUnit::Pages))
        .after(Action::Set(Quantity::Calls, Some(20_000)))
        .after(Action::Set(Quantity::Input, Some(LengthUnit::Pages.tokens(200))))
        .after(Action::Set(Quantity::Deadline, Some(240_000)))
        .after(Action::Set(Quantity::Budget, Some(1_000_000)))
        .after(Action::Every(Every::Month));
    let page = drawn(inputs).await;
    // 20,000 * (1,333 written at 0.125 + 5 * 0.50) = 3.38; the batch at half, or with nothing written at 0.05.
    assert!(page.contains("Run monthly, a month costs $3.38 with Async, $1.36–$1.69 with Batch API."), "{page}");
    assert!(page.contains("Use the Batch API: $1.36–$1.69, &lt; 24 hours."), "{page}");
    assert!(page.contains("within your deadline of 24 h") && page.contains("of your budget of $100.00"), "{page}");
}

#[tokio::test]
async fn what_the_total_leaves_out_stands_beside_it() {
    let page = drawn(Inputs::default()).await;
    assert!(page.contains("Not included: taxes, regional surcharges, tool and storage fees."), "{page}");
}

#[tokio::test]
async fn a_model_that_ends_soon_says_so_beside_its_figures() {
    let page = drawn(Inputs::default().after(Action::ChooseModel("openai/gpt-4o-mini".to_owned()))).await;
    let page = page.replace('\u{a0}', " ");
    assert!(page.contains("OpenAI switches gpt-4o-mini off on 14 Jan 2027. Its successor is gpt-6-luna."), "{page}");
}
