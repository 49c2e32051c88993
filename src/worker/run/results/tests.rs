use super::*;
use crate::provider::FailureKind;

#[test]
fn a_retried_item_adds_up_and_ends_once() {
    let mut results = Results::new(3);
    for entry in [
        reserved(1, 0),
        settled(1, 0, Bill::Nothing, 0, None, Some(failure(FailureKind::ServerError))),
        reserved(2, 0),
        settled(2, 0, used(), 7, Some(Ending::Succeeded(answer("dairy"))), None),
        Entry::Ended { item: 2, ending: Ending::CopyOf(0) },
    ] {
        results.apply(&record(entry));
    }
    assert_eq!((results.item(0).unwrap().attempts, results.item(0).unwrap().cost), (2, Usd::from_pico(7)));
    assert_eq!(text(&results, 2), "dairy");
    assert_eq!((results.state(0), results.state(2)), (ExportState::Succeeded, ExportState::CacheHit));
    let words: Vec<_> = results.attempts_of(0).iter().map(|(id, attempt)| (*id, attempt.state())).collect();
    assert_eq!(words, [(1, "not billed"), (2, "settled")]);
    let totals = results.totals();
    assert_eq!((totals.done, totals.spent, totals.doubtful_attempts), (2, Usd::from_pico(7), 0));
}

#[test]
fn what_a_restart_cut_off_may_have_been_billed_until_it_is_cleared() {
    let records = [record(reserved(1, 0)), record(reserved(2, 1))];
    let mut results = Results::restore(2, records.iter().map(|record| (record, None)));
    assert_eq!(results.attempts_of(1)[0].1.state(), "may have been billed");
    assert_eq!(results.totals().doubtful, Usd::from_pico(200));
    results.apply(&record(Entry::Commanded(Command::Doubtful(Doubtful::CountAsNotBilled))));
    assert_eq!((results.totals().doubtful, results.totals().doubtful_attempts), (Usd::ZERO, 0));
}

#[test]
fn a_dead_connection_may_have_been_billed_twice() {
    let dead = settled(1, 0, Bill::Unknown, 0, None, Some(failure(FailureKind::Unreachable)));
    let records = [record(reserved(1, 0)), record(dead)];
    let results = Results::restore(1, records.iter().map(|record| (record, None)));
    assert_eq!(results.totals().doubtful, Usd::from_pico(200));
}

#[test]
fn a_stop_cancels_what_is_not_under_way_and_then_that_too() {
    let mut results = Results::new(2);
    results.apply(&record(reserved(1, 0)));
    results.apply(&record(Entry::Commanded(Command::Stop)));
    assert_eq!((results.state(0), results.state(1)), (ExportState::Open, ExportState::Canceled));
    results.apply(&record(Entry::Released { attempt: 1, item: 0 }));
    assert_eq!((results.state(0), results.item(0).unwrap().attempts), (ExportState::Canceled, 0));
    assert_eq!((results.totals().done, results.totals().canceled), (2, 2));
    results.apply(&record(Entry::Reopened { item: 1 }));
    assert_eq!(results.state(1), ExportState::Open);
}

#[test]
fn answers_that_want_to_be_looked_at_are_counted() {
    let mut results = Results::new(4);
    let cut = |finish, misfit: Option<&str>| {
        let misfit = misfit.map(str::to_owned);
        Ending::Succeeded(Answer { finish, misfit, ..answer("x") })
    };
    for entry in [
        reserved(1, 0),
        settled(1, 0, used(), 1, Some(cut(Finish::Length, Some("half"))), None),
        Entry::Ended { item: 1, ending: Ending::CopyOf(0) },
        Entry::Ended { item: 2, ending: Ending::Imported(answer("y")) },
        Entry::Ended { item: 2, ending: Ending::Imported(answer("z")) },
    ] {
        results.apply(&record(entry));
    }
    assert_eq!(results.marks(), Marks { cut_off: 2, filtered: 0, misfits: 2, imported: 1 });
    assert_eq!(results.state(2), ExportState::Imported);
    assert_eq!((text(&results, 2).as_str(), results.item(2).unwrap().cost), ("y", Usd::ZERO));
    assert_eq!((results.answered_by(0), results.answered_by(7)), (1, 0));
}

fn record(entry: Entry) -> Record {
    Record { at: Time::from_ms(1), entry }
}

fn reserved(attempt: AttemptId, item: Ordinal) -> Entry {
    Entry::Reserved { attempt, item, lane: 0, amount: Usd::from_pico(100) }
}

fn settled(
    attempt: AttemptId,
    item: Ordinal,
    bill: Bill,
    cost: i128,
    ending: Option<Ending>,
    failure: Option<Failure>,
) -> Entry {
    Entry::Settled(engine::Settled {
        ending,
        failure,
        ..engine::Settled::of(attempt, item, bill, Usd::from_pico(cost))
    })
}

fn used() -> Bill {
    Bill::Usage { usage: Usage { input: 5, output: 1, ..Usage::default() }, stated_cost: None }
}

fn answer(text: &str) -> Answer {
    Answer { text: text.into(), finish: Finish::Stop, request_id: None, misfit: None }
}

fn failure(kind: FailureKind) -> Failure {
    Failure { kind, status: None, message: String::new(), retry_after_ms: None, request_id: None }
}

fn text(results: &Results, item: Ordinal) -> String {
    results.answer(item, &NoJournal).unwrap().unwrap().text.clone()
}

/// A journal of these records.
struct Journaled(Vec<Record>);

impl Texts for Journaled {
    fn payload(&self, place: Position) -> Result<Vec<u8>, String> {
        let record = self.0.get(place.at as usize).ok_or("it ends before that")?;
        serde_json::to_vec(record).map_err(|error| error.to_string())
    }
}

#[test]
fn a_long_answer_is_read_back_from_the_journal_and_a_short_one_stays() {
    let long = "word ".repeat(100);
    let ended =
        |item, text: &str, from: fn(Answer) -> Ending| record(Entry::Ended { item, ending: from(answer(text)) });
    let records = vec![
        ended(0, &long, Ending::FromCache),
        ended(1, "short", Ending::Imported),
        record(Entry::Ended { item: 2, ending: Ending::CopyOf(0) }),
        record(settled(
            1,
            3,
            used(),
            7,
            Some(Ending::Succeeded(Answer { misfit: Some("why".into()), ..answer(&long) })),
            None,
        )),
        // It came too late: the item had its answer.
        ended(0, &"other ".repeat(100), Ending::Imported),
    ];
    let mut live = Results::new(4);
    for (place, record) in records.iter().enumerate() {
        live.apply(record);
        live.put_away(record, Position { at: place as u64, bytes: 0 });
    }
    // Opened again, long texts were never in memory.
    let left: Vec<(Record, Option<Position>)> = records
        .iter()
        .enumerate()
        .map(|(place, record)| {
            let mut record = record.clone();
            let away = leave_text(&mut record).then_some(Position { at: place as u64, bytes: 0 });
            (record, away)
        })
        .collect();
    let restored = Results::restore(4, left.iter().map(|(record, away)| (record, *away)));
    for results in [live, restored] {
        let journal = Journaled(records.clone());
        for (item, whole) in [(0, long.as_str()), (1, "short"), (2, long.as_str()), (3, long.as_str())] {
            assert_eq!(results.answer(item, &journal).unwrap().unwrap().text, whole, "item {item}");
        }
        let away: Vec<bool> = (0..4).map(|item| results.answer(item, &NoJournal).is_err()).collect();
        assert_eq!(away, [true, false, true, true]);
        assert_eq!((results.kept(3).unwrap().misfit(), results.kept(3).unwrap().finish()), (Some("why"), Finish::Stop));
        // What lies there is another row's: that is an error, and never another row's answer.
        let mut turned = records.clone();
        turned.swap(0, 3);
        assert!(results.answer(2, &Journaled(turned)).is_err());
    }
}
