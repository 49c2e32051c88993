//! The answer as text for elsewhere: a Markdown table, and the tag that shows this calculator in another page.

use super::inputs::Inputs;
use super::quantity::Quantity;
use crate::estimate::{a_thousand, by_model, ways};
use crate::money::grouped;
use crate::time::Time;

/// The ways, and the pinned models, as Markdown; `link` leads back to this estimate.
pub fn markdown(inputs: &Inputs, link: &str, now: Time) -> String {
    let Some(model) = inputs.model() else { return String::new() };
    let workload = &inputs.workload;
    let number = |count: u64| grouped(&count.to_string());
    let mut text = format!(
        "{} calls of {} + {} tokens with {} ([estimate]({link}))\n\n",
        number(workload.calls),
        number(workload.input_tokens),
        number(workload.output_tokens + workload.reasoning_tokens),
        model.id
    );
    text.push_str("| Way | Cost | Per 1,000 calls | Time |\n| --- | ---: | ---: | ---: |\n");
    for row in ways(workload, model, now) {
        let a_thousand = a_thousand(row.cost, workload.calls);
        text.push_str(&format!("| {} | {} | {a_thousand} | {} |\n", row.way.label(), row.cost, row.time_words()));
    }
    if !inputs.pins.is_empty() {
        text.push_str("\n| Model | Provider | Async | Batch API | Prices as of |\n| --- | --- | ---: | ---: | --- |\n");
        let rows = by_model(workload, now);
        for row in inputs.pins.iter().filter_map(|pin| rows.iter().find(|row| row.model.is(pin))) {
            let batch = row.batch.map_or_else(|| "none known".to_owned(), |cost| cost.to_string());
            let (id, date) = (&row.model.id, &row.model.price_date);
            text.push_str(&format!("| {id} | {} | {} | {batch} | {date} |\n", row.model.vendor_name(), row.concurrent));
        }
    }
    text.push_str(&format!("\nPrices as of {}.\n", model.price_date));
    text
}

/// The tag, with what it can say of these inputs. `page` is the address of this page, without its hash.
pub fn embed_code(inputs: &Inputs, page: &str) -> String {
    let base = page.rsplit_once('/').map_or("", |(base, _)| base);
    let (model, workload) = (&inputs.model, &inputs.workload);
    let percent = Quantity::CacheHits.range().plain(workload.cache_hits_ppm.into());
    format!(
        "<script type=\"module\" src=\"{base}/embed.js\"></script>\n<llm-batch-calculator model=\"{model}\" calls=\"{}\" \
         input=\"{}\" output=\"{}\" cache=\"{percent}\" theme=\"auto\"></llm-batch-calculator>\n",
        workload.calls, workload.input_tokens, workload.output_tokens
    )
}

#[cfg(test)]
mod tests {
    use super::super::Action;
    use super::*;

    #[test]
    fn the_table_holds_every_way_and_every_pin() {
        let inputs = Inputs::default().after(Action::Pin("anthropic/claude-opus-5".to_owned()));
        let text = markdown(&inputs, "https://example.org/#/?calls=5000", Time::from_ms(1_795_435_200_000));
        for line in [
            "5,000 calls of 250 + 50 tokens with gpt-4o-mini ([estimate](https://example.org/#/?calls=5000))",
            "| Sequential | $0.3375 | $0.0675 | 125 min |",
            "| Async | $0.3038 | $0.0608 | 7.5 min |",
            "| Batch API | $0.1519 | $0.0304 | < 24 hours |",
            "| claude-opus-5 | Anthropic |",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_tag_says_what_was_asked() {
        assert_eq!(
            embed_code(&Inputs::default(), "https://example.org/p/index.html"),
            "<script type=\"module\" src=\"https://example.org/p/embed.js\"></script>\n<llm-batch-calculator \
             model=\"openai/gpt-4o-mini\" calls=\"5000\" input=\"250\" output=\"50\" cache=\"10\" \
             theme=\"auto\"></llm-batch-calculator>\n"
        );
    }
}
