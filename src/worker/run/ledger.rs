//! The ledger: one line of CSV an attempt, so that a person can reconcile the run with the provider's bill. The sum of
//! its costs is the run's confirmed spend, to the pico-dollar. Pure.

use crate::dataset::{MADE_UP, csv_line};
use crate::engine::AttemptId;
use crate::link::{Setup, lane_name};
use crate::provider::{Bill, Provider};
use crate::time::Time;
use crate::worker::run::results::Attempt;
use crate::worker::run::table::finish_word;

const COLUMNS: [&str; 23] = [
    "attempt",
    "reserved_at",
    "sent_at",
    "settled_at",
    "id",
    "item",
    "lane",
    "model",
    "state",
    "request_id",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "reserved_usd",
    "cost_usd",
    "cost_pico_usd",
    "finish",
    "status",
    "failure",
    "failure_message",
];

/// Of a run with a Demo lane, a last column says which attempts were simulated.
pub fn header(setup: &Setup) -> String {
    csv_line(COLUMNS.iter().chain(has_demo(setup).then_some(&"note")), false)
}

fn has_demo(setup: &Setup) -> bool {
    setup.providers().contains(&Provider::Demo)
}

/// One attempt. `item` is the row's place in the file, from zero; `input_tokens` hold the cached ones and
/// `output_tokens` the reasoning ones. An amount is exact; where nobody said what was used, the cost is empty and
/// `reserved_usd` is the most that it can be. `moment` writes a time in ISO 8601.
pub fn line(
    setup: &Setup,
    (id, attempt): (AttemptId, &Attempt),
    row_id: &str,
    guard: bool,
    moment: impl Fn(Time) -> String,
) -> String {
    let settled = attempt.settled.as_ref();
    let usage = settled.and_then(|settled| match settled.bill {
        Bill::Usage { usage, .. } => Some(usage),
        Bill::Nothing | Bill::Unknown => None,
    });
    let tokens = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let billed = settled.filter(|settled| settled.bill != Bill::Unknown);
    let failure = settled.and_then(|settled| settled.failure.as_ref());
    let kind = failure.and_then(|failure| serde_json::to_value(failure.kind).ok());
    let lane = usize::from(attempt.lane);
    let own = setup.of_lane(lane);
    let cells = [
        id.to_string(),
        moment(attempt.reserved_at),
        attempt.sent_at.map(&moment).unwrap_or_default(),
        settled.map(|settled| moment(settled.at)).unwrap_or_default(),
        row_id.to_owned(),
        attempt.item.to_string(),
        lane_name(lane),
        own.model.trim().to_owned(),
        attempt.state().into(),
        settled.and_then(|settled| settled.request_id.as_deref()).unwrap_or_default().to_owned(),
        tokens(usage.map(|usage| usage.input)),
        tokens(usage.map(|usage| usage.cache_read)),
        tokens(usage.map(|usage| usage.cache_write)),
        tokens(usage.map(|usage| usage.cache_write_1h)),
        tokens(usage.map(|usage| usage.output)),
        tokens(usage.map(|usage| usage.reasoning)),
        attempt.reserved.decimals(12),
        billed.map(|settled| settled.cost.decimals(12)).unwrap_or_default(),
        billed.map(|settled| settled.cost.pico().to_string()).unwrap_or_default(),
        settled.and_then(|settled| settled.finish).map(finish_word).unwrap_or_default().into(),
        failure.and_then(|failure| failure.status).map(|status| status.to_string()).unwrap_or_default(),
        kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default(),
        failure.map(|failure| failure.message.clone()).unwrap_or_default(),
    ];
    let note = has_demo(setup).then(|| if own.provider == Provider::Demo { MADE_UP } else { "" }.to_owned());
    csv_line(cells.iter().chain(&note), guard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{self, ReadOptions};
    use crate::engine::{Ending, Entry, Record, Settled};
    use crate::link::LaneSetup;
    use crate::money::Usd;
    use crate::provider::{Answer, Failure, FailureKind, Finish, Provider, Usage};
    use crate::worker::plan::tests::setup;
    use crate::worker::run::results::Results;

    #[test]
    fn the_costs_add_up_to_the_confirmed_spend_to_the_pico_dollar() {
        let costs = [7_i128, 1_000_000_000_001, 0, 333_333_333_333];
        let mut entries = Vec::new();
        for (place, cost) in costs.into_iter().enumerate() {
            let (attempt, item) = (place as u64 + 1, place as u32);
            entries.push(Entry::Reserved { attempt, item, lane: (place % 2) as u8, amount: Usd::from_pico(2 * cost) });
            entries.push(settled(attempt, item, used(), cost, answered(Finish::Stop), None));
        }
        entries.push(Entry::Reserved { attempt: 5, item: 4, lane: 0, amount: Usd::from_pico(40) });
        entries.push(settled(5, 4, Bill::Unknown, 0, None, Some(FailureKind::TimedOut)));
        entries.push(Entry::Reserved { attempt: 6, item: 5, lane: 0, amount: Usd::from_pico(60) });
        let (results, lines) = written(entries);
        let sum: i128 = lines.iter().filter_map(|line| line["cost_pico_usd"].parse::<i128>().ok()).sum();
        assert_eq!(Usd::from_pico(sum), results.totals().spent);
        assert_eq!(sum, costs.iter().sum::<i128>());
        let dollars = lines.iter().filter_map(|line| Usd::parse(&line["cost_usd"]));
        assert_eq!(dollars.fold(Usd::ZERO, |sum, cost| sum + cost), results.totals().spent);
        let states: Vec<&str> = lines.iter().map(|line| line["state"].as_str()).collect();
        assert_eq!(states, ["settled", "settled", "settled", "settled", "may have been billed", "in flight"]);
        assert_eq!((lines[4]["cost_usd"].as_str(), lines[4]["failure"].as_str()), ("", "timed_out"));
        assert_eq!(lines[5]["reserved_usd"], "0.000000000060");
    }

    #[test]
    fn a_line_names_its_lane_model_and_finish() {
        let entries = vec![
            Entry::Reserved { attempt: 1, item: 2, lane: 1, amount: Usd::from_pico(9) },
            settled(1, 2, used(), 3, answered(Finish::Length), None),
        ];
        let line = &written(entries).1[0];
        let cells = ["item", "id", "lane", "model", "request_id", "finish", "input_tokens", "reasoning_tokens"];
        let cells = cells.map(|name| line[name].as_str());
        assert_eq!(cells, ["2", "'=2", "Lane 2", "second", "req-7", "length", "31", "1"]);
        let moments = ["reserved_at", "sent_at", "settled_at"].map(|name| line[name].as_str());
        assert_eq!(moments, ["t5", "t4", "t5"]);
    }

    fn written(entries: Vec<Entry>) -> (Results, Vec<std::collections::BTreeMap<String, String>>) {
        let mut setup = setup();
        setup.more_lanes.push(LaneSetup {
            provider: Provider::Demo,
            base_url: String::new(),
            model: "second".into(),
            input_price: None,
            output_price: None,
            listed_card: None,
            limits: setup.limits.clone(),
            variant: None,
        });
        let mut results = Results::new(6);
        for entry in entries {
            results.apply(&Record { at: Time::from_ms(5), entry });
        }
        let mut text = header(&setup);
        for (id, attempt) in results.attempts() {
            let row_id = format!("={}", attempt.item);
            text.push_str(&line(&setup, (id, attempt), &row_id, true, |at| format!("t{}", at.ms())));
        }
        let table = dataset::read("ledger.csv", text.as_bytes(), ReadOptions::default()).expect("CSV");
        let line = |row| std::iter::zip(table.columns().to_vec(), table.cells(row)).collect();
        let lines = (0..table.len()).map(line).collect();
        (results, lines)
    }

    fn settled(
        attempt: AttemptId,
        item: u32,
        bill: Bill,
        cost: i128,
        ending: Option<Ending>,
        failed: Option<FailureKind>,
    ) -> Entry {
        let failure = failed.map(|kind| Failure {
            kind,
            status: None,
            message: String::new(),
            retry_after_ms: None,
            request_id: None,
        });
        let sent = Some(Time::from_ms(4));
        Entry::Settled(Settled { ending, failure, sent, ..Settled::of(attempt, item, bill, Usd::from_pico(cost)) })
    }

    fn used() -> Bill {
        let usage = Usage { input: 31, output: 2, cache_read: 5, cache_write: 1, reasoning: 1, ..Usage::default() };
        Bill::Usage { usage, stated_cost: None }
    }

    fn answered(finish: Finish) -> Option<Ending> {
        Some(Ending::Succeeded(Answer { text: "x".into(), finish, request_id: Some("req-7".into()), misfit: None }))
    }
}
