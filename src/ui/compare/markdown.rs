//! The answer as text for elsewhere: a Markdown table, CSV, and the tag that shows this calculator in another page.

use crate::estimate::{Duration, ModelCost, Quantity, a_thousand, by_model, cost_words, ways};
use crate::money::Usd;
use crate::money::grouped;
use crate::time::{Time, day_in_words};
use crate::ui::calculator::Inputs;

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
    text.push_str("| Method | Cost | Per 1,000 calls | Time |\n| --- | ---: | ---: | ---: |\n");
    for row in ways(workload, model, now) {
        let a_thousand = a_thousand(row.cost, workload.calls).short();
        text.push_str(&format!(
            "| {} | {} | {a_thousand} | {} |\n",
            row.way.label(),
            row.cost_words(),
            row.time_words()
        ));
    }
    if !inputs.pins.is_empty() {
        text.push_str("\n| Model | Provider | Async | Batch API | Prices as of |\n| --- | --- | ---: | ---: | --- |\n");
        let rows = by_model(workload, &inputs.model, now);
        for row in compared(inputs, &rows) {
            let batch = row.batch.map_or_else(|| "no price found".to_owned(), |cost| cost_words(cost, row.batch_range));
            let (id, date) = (&row.model.id, day_in_words(&row.model.price_date));
            let (vendor, cost) = (row.model.vendor_name(), cost_words(row.concurrent, row.concurrent_range));
            text.push_str(&format!("| {id} | {vendor} | {cost} | {batch} | {date} |\n"));
        }
    }
    let retires = model.retirement_sentence(now).map(|words| format!(" {words}")).unwrap_or_default();
    text.push_str(&format!("\nPrices as of {}.{retires}\n", day_in_words(&model.price_date)));
    text.replace('\u{a0}', " ")
}

/// The chosen model and the pinned ones, each once.
pub fn compared<'a>(inputs: &'a Inputs, rows: &'a [ModelCost]) -> impl Iterator<Item = &'a ModelCost> {
    let pins = inputs.pins.iter().filter(|pin| **pin != inputs.model);
    std::iter::once(&inputs.model).chain(pins).filter_map(|key| rows.iter().find(|row| row.model.is(key)))
}

/// The same for a spreadsheet: dollars to six decimals, seconds, dates as ISO writes them.
pub fn csv(inputs: &Inputs, now: Time) -> String {
    let Some(model) = inputs.model() else { return String::new() };
    let calls = inputs.workload.calls;
    let mut text =
        String::from("model,provider,method,calls,cost_usd,cost_per_1000_calls_usd,time_s_max,price_date\r\n");
    let mut add = |id: &str, vendor: &str, way: &str, cost: Usd, time: Duration, date: &str| {
        let a_thousand = a_thousand(cost, calls).decimals(6);
        let seconds = time.most_ms().map(|ms| ms.div_ceil(1_000).to_string()).unwrap_or_default();
        text.push_str(&format!("{id},{vendor},{way},{calls},{},{a_thousand},{seconds},{date}\r\n", cost.decimals(6)));
    };
    for row in ways(&inputs.workload, model, now) {
        add(&model.id, model.vendor_name(), row.way.label(), row.cost, row.duration, &model.price_date);
    }
    let rows = by_model(&inputs.workload, &inputs.model, now);
    for row in compared(inputs, &rows).skip(1) {
        let (id, vendor, date) = (&row.model.id, row.model.vendor_name(), &row.model.price_date);
        add(id, vendor, "Async", row.concurrent, row.duration, date);
    }
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
    use super::*;
    use crate::ui::calculator::Action;

    #[test]
    fn the_table_holds_every_way_and_every_pin() {
        let inputs = Inputs::default().after(Action::Pin("anthropic/claude-opus-5".to_owned()));
        let text = markdown(&inputs, "https://example.org/#/?calls=5000", Time::from_ms(1_795_435_200_000));
        for line in [
            "5,000 calls of 250 + 50 tokens with gpt-6-luna ([estimate](https://example.org/#/?calls=5000))",
            "| Sequential | $0.25 | $0.05 | 2 h 5 min |",
            "| Async | $0.225 | $0.045 | 7.5 min |",
            "| Batch API | $0.113 | $0.0225 | < 24 hours |",
            "| gpt-6-luna | OpenAI | $0.225 | $0.113 |",
            "| claude-opus-5 | Anthropic |",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn a_spreadsheet_gets_plain_numbers() {
        let inputs = Inputs::default().after(Action::Pin("anthropic/claude-opus-5".to_owned()));
        let text = csv(&inputs, Time::from_ms(1_795_435_200_000));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[2].starts_with("gpt-6-luna,OpenAI,Async,5000,0.225000,0.045000,450,2026-"), "{text}");
        assert!(lines[5].starts_with("claude-opus-5,Anthropic,Async,5000,"), "{text}");
        assert!(lines.iter().all(|line| line.split(',').count() == 8));
    }

    #[test]
    fn the_tag_says_what_was_asked() {
        assert_eq!(
            embed_code(&Inputs::default(), "https://example.org/p/index.html"),
            "<script type=\"module\" src=\"https://example.org/p/embed.js\"></script>\n<llm-batch-calculator \
             model=\"openai/gpt-6-luna\" calls=\"5000\" input=\"250\" output=\"50\" cache=\"10\" \
             theme=\"auto\"></llm-batch-calculator>\n"
        );
    }
}
