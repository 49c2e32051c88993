//! The words of the card `Before you start`: cost, time, worst case.

use crate::link::{FileEstimate, Projection};
use crate::money::{Usd, grouped};
use crate::provider::tokens::ESTIMATE_MARGIN_PERCENT;
use crate::time::in_words;
use crate::ui::runner::words::counted;

/// One figure, and what it may differ by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostWords {
    pub figure: String,
    pub range: String,
}

/// From the rows that were tried where there are any, else from the file and the output cap.
pub fn cost_words(estimate: &FileEstimate, tried: Option<&Projection>, reasks: u8) -> CostWords {
    let words = |figure: String, range: String| CostWords { figure, range };
    if let Some(tried) = tried {
        let rows = counted(tried.of.into(), "row", "rows");
        return words(
            format!("about {}", tried.mean.short()),
            format!("{} to {}, from the {rows} you tried", tried.low.short(), tried.high.short()),
        );
    }
    match (estimate.cost_low, estimate.cost_high) {
        (Some(low), Some(high)) if low == high => words(low.short(), String::new()),
        (Some(low), Some(high)) => {
            let full = match reasks {
                0 => "full answers",
                _ => "full answers and every re-ask",
            };
            words(
                format!("up to {}", high.short()),
                format!("{} with empty answers, {} with {full}", low.short(), high.short()),
            )
        }
        (Some(low), None) => {
            words(format!("from {}", low.short()), "enter Max output tokens to see the most".to_owned())
        }
        _ => words("unknown".to_owned(), "enter the model\u{2019}s prices".to_owned()),
    }
}

pub fn time_words(estimate: &FileEstimate) -> String {
    match estimate.calls {
        0 => "at once".to_owned(),
        _ => format!("about {}", in_words(estimate.duration_ms)),
    }
}

/// What isn't paid for, such as `46 repeat an earlier row`; empty where every row is.
pub fn spared_words(estimate: &FileEstimate) -> String {
    let spared = [
        (estimate.duplicates, "repeats an earlier row", "repeat an earlier row"),
        (estimate.maybe_cached, "may be in the cache", "may be in the cache"),
        (estimate.imported, "comes from the checkpoint", "come from the checkpoint"),
    ];
    let spared = spared.into_iter().filter(|(count, ..)| *count > 0);
    spared.map(|(count, one, many)| counted(count.into(), one, many)).collect::<Vec<_>>().join(", ")
}

pub fn input_tokens(estimate: &FileEstimate) -> String {
    let count = grouped(&estimate.input_tokens.to_string());
    if estimate.tokens_counted { count } else { format!("about {count}") }
}

pub fn input_tokens_note(estimate: &FileEstimate) -> String {
    match (estimate.tokens_counted, estimate.rows_sampled) {
        (true, _) => "by the model\u{2019}s own tokenizer".to_owned(),
        (false, 1..) => {
            format!("from {} as the provider counts them", counted(estimate.rows_sampled.into(), "row", "rows"))
        }
        (false, 0) => format!("from characters, \u{b1}\u{a0}{ESTIMATE_MARGIN_PERCENT}%"),
    }
}

/// The worst case against the budget, and whether the run is likely to reach the budget.
pub fn worst_case_words(estimate: &FileEstimate, budget: Option<Usd>, tried: Option<&Projection>) -> (String, bool) {
    let (Some(worst), Some(budget)) = (estimate.worst_case, budget) else {
        let words = match estimate.worst_case {
            Some(worst) => {
                format!("Worst case {}. No budget is set: lost calls that are sent again come on top.", worst.short())
            }
            None => "Worst case unknown: enter prices and Max output tokens.".to_owned(),
        };
        return (words, false);
    };
    let low = tried.map(|tried| tried.low).or(estimate.cost_low);
    let high = tried.map_or(worst, |tried| tried.high);
    if let Some(low) = low.filter(|low| *low > budget) {
        let words = format!(
            "Your budget of {} is too small: the run costs at least {}. It will pause before the budget is passed.",
            budget.short(),
            low.short()
        );
        return (words, true);
    }
    match worst <= budget {
        true => (format!("Worst case {}, within your budget of {}.", worst.short(), budget.short()), false),
        false => (
            format!(
                "Worst case {}, above your budget of {}. The run would pause before the budget is passed.",
                worst.short(),
                budget.short()
            ),
            high > budget,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::runner::tests::{estimate, usd};

    #[test]
    fn the_cost_is_one_figure_and_the_trial_replaces_it() {
        let cost = cost_words(&estimate(), None, 0);
        assert_eq!(cost.figure, "up to $0.0216");
        assert_eq!(cost.range, "$0.0041 with empty answers, $0.0216 with full answers");
        let tried = Projection { rows: 454, of: 5, mean: usd("0.0049"), low: usd("0.0045"), high: usd("0.0057") };
        let cost = cost_words(&estimate(), Some(&tried), 0);
        assert_eq!(cost.figure, "about $0.0049");
        assert_eq!(cost.range, "$0.0045 to $0.0057, from the 5 rows you tried");
        let unknown = FileEstimate { cost_low: None, cost_high: None, ..estimate() };
        assert_eq!(cost_words(&unknown, None, 0).figure, "unknown");
    }

    #[test]
    fn the_worst_case_is_held_against_the_budget() {
        let words = |budget: &str| worst_case_words(&estimate(), Some(usd(budget)), None);
        assert_eq!(words("0.05"), ("Worst case $0.0312, within your budget of $0.05.".to_owned(), false));
        assert!(words("0.01").0.starts_with("Worst case $0.0312, above your budget of $0.01.") && words("0.01").1);
        assert!(words("0.004").0.starts_with("Your budget of $0.004 is too small: the run costs at least $0.0041."));
        let tried = Projection { rows: 454, of: 5, mean: usd("0.0049"), low: usd("0.0045"), high: usd("0.0057") };
        assert!(!worst_case_words(&estimate(), Some(usd("0.01")), Some(&tried)).1, "the trial says that it fits");
        assert!(worst_case_words(&estimate(), None, None).0.starts_with("Worst case $0.0312. No budget is set"));
    }
}
