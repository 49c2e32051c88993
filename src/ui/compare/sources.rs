//! Where each price comes from, and what an estimate said at the prices of its day.

use std::rc::Rc;

use yew::prelude::*;

use crate::estimate::{Workload, estimate};
use crate::prices::{self, GroupSources, History, Model, first_moment};
use crate::time::{Time, day_in_words};
use crate::ui::calculator::Inputs;
use crate::ui::hooks::{PageFile, use_file};

const SOURCES: &str = "price-sources.tsv";
const HISTORY: &str = "price-history.tsv";

#[derive(Clone, Properties, PartialEq)]
pub struct SourcesProps {
    pub inputs: Rc<Inputs>,
    pub now: Time,
    /// What prices were when the link was made, instead of where today's come from.
    pub then: bool,
}

#[component]
pub fn Sources(props: &SourcesProps) -> Html {
    let file = use_file(if props.then { HISTORY } else { SOURCES });
    let (Some(model), inputs) = (props.inputs.model(), &props.inputs) else { return Html::default() };
    match (&file, props.then, &inputs.priced) {
        (PageFile::Waiting, ..) => html! { <p class="soft">{ "Loading the sources…" }</p> },
        (PageFile::Failed, ..) => {
            html! { <p>{ "The prices' sources and history can't be loaded. Reload the page to try again." }</p> }
        }
        (PageFile::Ready(text), true, Some(date)) => {
            html! { <p class="advice__reason">{ since(text, date, &inputs.workload, model, props.now) }</p> }
        }
        (PageFile::Ready(text), ..) => listed(text, model),
    }
}

fn listed(text: &str, model: &Model) -> Html {
    let Some(said) = prices::Sources(text).of(&model.key()) else {
        return html! { <p>{ format!("No source is on record for {}.", model.id) }</p> };
    };
    html! {
        <ul class="advice__reasons advice__reasons--soft">
            { for said.groups.iter().map(group) }
        </ul>
    }
}

fn group(said: &GroupSources) -> Html {
    let each = said.sources.iter().map(|(what, date)| format!("{what}, {}", day_in_words(date)));
    html! {
        <li>
            <strong>{ said.group.label() }</strong>
            { format!(" ({}): {}. ", day_in_words(&said.as_of), agreement(said)) }
            <span class="small">{ each.collect::<Vec<_>>().join("; ") }</span>
        </li>
    }
}

/// How well a group of prices is founded, without a full stop.
fn agreement(said: &GroupSources) -> String {
    let count = match said.independent {
        0 | 1 => "one source".to_owned(),
        many if said.confidence.is_empty() => format!("{many} sources"),
        many => format!("{many} independent sources agree"),
    };
    if said.others.is_empty() { count } else { format!("{count}; others say {}", said.others) }
}

/// What the estimate came to at the prices of an earlier day, and comes to now.
fn since(history: &str, date: &str, workload: &Workload, model: &Model, now: Time) -> Option<String> {
    let (history, then) = (History::read(history)?, first_moment(date)?);
    let day = day_in_words(date);
    let Some(was) = history.at(model, date) else {
        return Some(format!("The prices of {} are those of {day}, when this link was made.", model.id));
    };
    let cost = |model: &Model, at| estimate(workload, model, at).concurrent.cost_words();
    let (before, today) = (cost(&was, then), cost(model, now));
    Some(format!("This link was made at the prices of {day}: Async then cost {before}, now {today}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::{Group, find, history_table};

    const NOW: Time = Time::from_ms(1_795_996_800_000);

    fn history() -> String {
        history_table(&[include_str!("../../prices/history/2026-11-12.json").to_owned()]).expect("a history")
    }

    #[test]
    fn a_frozen_estimate_says_what_it_was_and_what_it_is() {
        let words = |id: &str| {
            let workload = Workload { calls: 1_000, cache_hits_ppm: 0, ..Workload::default() };
            since(&history(), "2026-11-12", &workload, find(id).unwrap(), NOW).unwrap().replace('\u{a0}', " ")
        };
        // 1,000 * (250 * 0.32 + 50 * 1.28) and (250 * 0.40 + 50 * 1.60).
        assert_eq!(
            words("qwen3.7-plus"),
            "This link was made at the prices of 12 Nov 2026: Async then cost $0.144, now $0.18."
        );
        assert_eq!(words("gpt-4o"), "The prices of gpt-4o are those of 12 Nov 2026, when this link was made.");
        assert_eq!(since("no history", "2026-11-12", &Workload::default(), find("gpt-4o").unwrap(), NOW), None);
    }

    #[test]
    fn agreement_is_claimed_only_where_sources_agree() {
        let said = |independent, confidence: &str, others: &str| {
            agreement(&GroupSources {
                group: Group::Batch,
                independent,
                confidence: confidence.to_owned(),
                as_of: String::new(),
                sources: Vec::new(),
                others: others.to_owned(),
            })
        };
        assert_eq!(said(3, "high", ""), "3 independent sources agree");
        assert_eq!(said(1, "medium", ""), "one source");
        assert_eq!(said(1, "low", "input: litellm 1.04"), "one source; others say input: litellm 1.04");
        assert_eq!(said(2, "", ""), "2 sources");
    }
}
