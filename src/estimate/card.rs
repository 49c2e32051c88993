//! The three answers as the page and the embed show them: each way with its figures, marks and one sentence.

use crate::estimate::binding::{number, parallel_calls};
use crate::estimate::{Estimate, LimitKind, Quote, Way, Workload};
use crate::prices::Model;
use crate::time::day_in_words;

/// One way, put into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub way: Way,
    /// Cost and time; `None`: no price is known.
    pub figures: Option<(String, String)>,
    /// `cheapest`, `fastest`.
    pub marks: Vec<&'static str>,
    /// How it works, or what holds it back.
    pub sentence: String,
    /// What was asked for and this way doesn't keep. Whole sentences.
    pub misses: Vec<String>,
}

/// Sequential, Async, Batch API.
pub fn cards(estimate: &Estimate, workload: &Workload) -> [Card; 3] {
    [
        (Way::Sequential, Some(&estimate.sequential)),
        (Way::Async, Some(&estimate.concurrent)),
        (Way::BatchApi, estimate.batch.as_ref()),
    ]
    .map(|(way, quote)| Card {
        way,
        figures: quote.map(|quote| (quote.cost_words(), quote.duration.to_string())),
        marks: quote.map(marks).unwrap_or_default(),
        sentence: match way {
            Way::Sequential => sequential(&estimate.sequential, workload),
            Way::Async | Way::Flex => parallel(estimate, workload),
            Way::BatchApi => batch(estimate),
        },
        misses: quote.map(|quote| misses(quote, workload)).unwrap_or_default(),
    })
}

fn marks(quote: &Quote) -> Vec<&'static str> {
    let marks = [
        ("cheapest", quote.cheapest),
        ("cheapest at best", quote.cheapest_at_best),
        ("cheapest at worst", quote.cheapest_at_worst),
        ("fastest", quote.fastest),
    ];
    marks.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect()
}

fn misses(quote: &Quote, workload: &Workload) -> Vec<String> {
    let mut misses = Vec::new();
    if let Some(budget) = workload.budget.filter(|_| quote.within_budget == Some(false)) {
        let over = if quote.least() > budget { "Over" } else { "May go over" };
        misses.push(format!("{over} your budget of {}.", budget.short()));
    }
    if quote.within_deadline == Some(false) {
        let late = if quote.way == Way::BatchApi { "May miss your deadline." } else { "Misses your deadline." };
        misses.push(late.to_owned());
    }
    misses
}

fn sequential(quote: &Quote, workload: &Workload) -> String {
    let loop_ms = workload.calls.saturating_mul(workload.slot_ms());
    match quote.duration.most_ms() {
        None => NO_CALL.to_owned(),
        // Retries make a loop longer, a limit much longer.
        Some(ms) if workload.failed_billed_ppm == 0 && ms > loop_ms.saturating_add(loop_ms / 50) => {
            "A rate limit slows down even single calls.".to_owned()
        }
        Some(_) if workload.calls == 1 => "One call.".to_owned(),
        Some(_) => "Slow because each call waits for the one before.".to_owned(),
    }
}

const NO_CALL: &str = "A limit lets no call through.";

fn parallel(estimate: &Estimate, workload: &Workload) -> String {
    if estimate.concurrent.duration.most_ms().is_none() {
        return NO_CALL.to_owned();
    }
    let in_flight = workload.calls_in_flight();
    let limit = match estimate.binding.kind {
        LimitKind::Concurrency => return format!("{}.", parallel_calls(in_flight)),
        LimitKind::ProviderConcurrency => {
            return format!("{}, as many as your provider allows.", parallel_calls(in_flight));
        }
        LimitKind::RequestsPerMinute => workload.requests_per_minute,
        LimitKind::RequestsPerDay => workload.requests_per_day,
        LimitKind::TokensPerMinute => workload.tokens_per_minute,
        LimitKind::InputTokensPerMinute => workload.input_tokens_per_minute,
        LimitKind::OutputTokensPerMinute => workload.output_tokens_per_minute,
    };
    let name = estimate.binding.kind.label().to_ascii_lowercase();
    format!("Parallel calls, limited by your {} {name}.", number(limit.unwrap_or_default()))
}

fn batch(estimate: &Estimate) -> String {
    let (Some(batch), Some(jobs)) = (&estimate.batch, estimate.batch_jobs) else {
        return format!("No Batch API price found for {}.", estimate.model_name);
    };
    let half = batch.cost.pico() * 2 == estimate.concurrent.cost.pico();
    let price = if half { " at half price" } else { "" };
    match jobs.waves {
        1 => format!("Upload a file, get the answers within {} hours{price}.", jobs.window_hours),
        waves => format!("Upload {} files, one after another{price}.", number(waves)),
    }
}

/// Whose prices these are, how old, and how well founded.
pub fn price_words(model: &Model, price_date: &str) -> String {
    if price_date.is_empty() {
        return "Computed with your own prices.".to_owned();
    }
    let agreement = match (model.corroborated, model.agreeing) {
        (true, many) => format!("{many} independent sources agree on input and output"),
        (false, 0..=1) => "one source; check it before a large run".to_owned(),
        (false, _) => "sources disagree; check it before a large run".to_owned(),
    };
    format!("Prices of {} as of {}: {agreement}.", model.id, day_in_words(price_date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::money::Usd;
    use crate::prices;
    use crate::time::Time;

    fn of(workload: &Workload) -> [Card; 3] {
        let model = prices::find("gpt-4o-mini").expect("in the catalogue");
        cards(&estimate(workload, model, Time(0)), workload)
    }

    #[test]
    fn each_way_is_told_in_one_sentence() {
        let sentences = |workload: &Workload| of(workload).map(|card| card.sentence);
        let slow = "Slow because each call waits for the one before.";
        let half = "Upload a file, get the answers within 24 hours at half price.";
        assert_eq!(sentences(&Workload::default()), [slow, "15 parallel calls.", half]);
        let limited = Workload { requests_per_minute: Some(500), ..Workload::default() };
        assert_eq!(sentences(&limited)[1], "Parallel calls, limited by your 500 requests per minute.");
        let slower = Workload { requests_per_minute: Some(10), ..Workload::default() };
        assert_eq!(sentences(&slower)[0], "A rate limit slows down even single calls.");
        let never = Workload { requests_per_minute: Some(0), ..Workload::default() };
        assert_eq!(sentences(&never)[..2], [NO_CALL, NO_CALL]);
    }

    #[test]
    fn marks_and_misses_stand_with_their_way() {
        let workload = Workload { budget: Usd::parse("0.2"), deadline_ms: Some(3_600_000), ..Workload::default() };
        let [sequential, concurrent, batch] = of(&workload);
        assert_eq!(sequential.misses, ["Over your budget of $0.20.", "Misses your deadline."]);
        assert_eq!(batch.misses, ["May miss your deadline."]);
        assert_eq!((concurrent.marks, batch.marks), (vec!["fastest"], vec!["cheapest"]));
        assert_eq!(concurrent.figures, Some(("$0.304".to_owned(), "7.5 min".to_owned())));
    }

    #[test]
    fn prices_name_their_sources_and_their_day() {
        let model = prices::find("gpt-4o-mini").expect("in the catalogue");
        let sourced = price_words(model, "2026-11-12");
        assert!(
            sourced.starts_with("Prices of gpt-4o-mini as of 12\u{a0}Nov\u{a0}2026: 3 independent sources agree"),
            "{sourced}"
        );
    }
}
