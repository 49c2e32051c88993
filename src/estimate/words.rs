//! What is said beside the figures, wherever they are shown.

use crate::estimate::{Estimate, Quote, WHOLE_PPM, Way, Workload};
use crate::prices::Model;

/// How a way works, and what holds it back or is left open: whole sentences.
pub fn way_words(way: Way, estimate: &Estimate, workload: &Workload) -> Vec<String> {
    match way {
        Way::Sequential => {
            let repeats =
                if workload.cache_hits_ppm > 0 { "No cache: repeats are paid again." } else { "A plain loop." };
            let loop_ms = workload.calls.saturating_mul(workload.slot_ms());
            let binds = match estimate.sequential.duration.most_ms() {
                // Re-asks and retries make a loop longer, a limit much longer.
                Some(ms) if workload.failed_billed_ppm == 0 && ms > loop_ms.saturating_add(loop_ms / 50) => {
                    "A rate limit binds even here: only a higher one changes that."
                }
                Some(_) => "Latency binds: only calls in flight change that.",
                None => "A limit lets no call through.",
            };
            vec![format!("One call after another. {repeats}"), binds.to_owned()]
        }
        Way::Async | Way::Flex => {
            let mut words = vec![estimate.binding.sentence.clone()];
            words.extend(estimate.binding.change.clone());
            if estimate.answered_ppm < WHOLE_PPM {
                let hundredths = (WHOLE_PPM - estimate.answered_ppm).div_ceil(100);
                let (percent, rest) = (hundredths / 100, hundredths % 100);
                words.push(format!("{percent}.{rest:02} % of the items stay without an answer."));
            }
            words
        }
        Way::BatchApi => batch_words(estimate),
    }
}

fn batch_words(estimate: &Estimate) -> Vec<String> {
    match &estimate.batch {
        None => vec![format!("No Batch API price is known for {}.", estimate.model_name)],
        Some(Quote { cost_range: Some((least, most)), .. }) => vec![
            "Handed over as a file; the provider's queue binds, and only its limits change that.".to_owned(),
            format!("{least} to {most}, by how much the provider's cache serves."),
        ],
        Some(_) => vec![
            "Handed over as a file, answered when there is room: often in minutes.".to_owned(),
            "The provider's queue binds, and only its limits change that.".to_owned(),
        ],
    }
}

/// Whose prices these are, how old, and how well founded.
pub fn price_words(model: &Model, price_date: &str) -> String {
    if price_date.is_empty() {
        return "Computed with your own prices.".to_owned();
    }
    let agreement = match (model.corroborated, model.sources.len()) {
        (true, many) => format!("{many} sources agree: {}", model.sources.join(", ")),
        (false, _) => "one source; check it before a large run".to_owned(),
    };
    format!("Prices of {} as of {price_date} ({agreement}).", model.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::prices;
    use crate::time::Time;

    #[test]
    fn each_way_is_explained_by_what_it_does_with_this_workload() {
        let model = prices::find("gpt-4o-mini").expect("in the catalogue");
        let workload = Workload { failed_billed_ppm: 100_000, re_asks: 0, ..Workload::default() };
        let words = |way| way_words(way, &estimate(&workload, model, Time(0)), &workload).join(" ");
        assert_eq!(
            words(Way::Sequential),
            "One call after another. No cache: repeats are paid again. Latency binds: only calls in flight change that."
        );
        assert!(words(Way::Async).ends_with("10.00 % of the items stay without an answer."), "{}", words(Way::Async));
        assert!(words(Way::BatchApi).contains("often in minutes"));
        let sourced = price_words(model, "2026-11-12");
        assert!(sourced.starts_with("Prices of gpt-4o-mini as of 2026-11-12 ("), "{sourced}");
    }
}
