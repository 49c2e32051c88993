//! What is known of every item and every attempt, from the records: for the table, the exports and the list of runs.
//! The engine keeps only what it needs to decide; this keeps what a person wants to read. Pure.

mod batch;

use std::collections::BTreeMap;

use crate::dataset::ExportState;
use crate::engine::batch::ShardId;
use crate::engine::{AttemptId, Command, Doubtful, Ending, Entry, Ordinal, Record};
use crate::link::Marks;
use crate::money::Usd;
use crate::provider::{Answer, Bill, Failure, FailureKind, Finish, Usage};
use crate::time::Time;

#[derive(Debug, Default)]
pub struct Results {
    items: Vec<Item>,
    attempts: BTreeMap<AttemptId, Attempt>,
    stopped: bool,
    /// Rows that each lane answered.
    answered: Vec<u32>,
    marks: Marks,
    shards: BTreeMap<ShardId, (AttemptId, u32)>,
    /// Grows with every record: a window that was counted before is counted again.
    pub version: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Item {
    pub ending: Option<Ending>,
    /// How its last attempt failed.
    pub failure: Option<Failure>,
    pub usage: Option<Usage>,
    pub cost: Usd,
    /// Those that were sent.
    pub attempts: u32,
    last: Option<AttemptId>,
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub item: Ordinal,
    pub lane: u8,
    pub reserved: Usd,
    pub reserved_at: Time,
    pub settled: Option<Settled>,
    /// It was under way when an earlier session ended.
    pub cut_off: bool,
    /// The person checked the provider's bill.
    pub cleared: bool,
    /// In a batch job, which outlives a session.
    pub in_batch: bool,
    /// The item's attempt before this one.
    before: Option<AttemptId>,
}

#[derive(Clone, Debug)]
pub struct Settled {
    pub at: Time,
    pub bill: Bill,
    pub cost: Usd,
    pub failure: Option<Failure>,
    pub request_id: Option<String>,
    /// Of the answer, where one came.
    pub finish: Option<Finish>,
    /// Released before it was sent: the run paused meanwhile.
    pub never_sent: bool,
}

/// Totals for the list of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub done: u32,
    pub errored: u32,
    pub spent: Usd,
    pub doubtful: Usd,
    pub doubtful_attempts: u32,
}

impl Results {
    pub fn new(items: u32) -> Results {
        Results { items: vec![Item::default(); items as usize], ..Results::default() }
    }

    /// The records of a run that is opened again: what they leave unsettled was cut off.
    pub fn restore<'a>(items: u32, records: impl IntoIterator<Item = &'a Record>) -> Results {
        let mut results = Results::new(items);
        for record in records {
            results.apply(record);
        }
        results.cut_off();
        results
    }

    fn cut_off(&mut self) {
        for attempt in self.attempts.values_mut() {
            attempt.cut_off |= attempt.settled.is_none() && !attempt.in_batch;
        }
    }

    pub fn apply(&mut self, record: &Record) {
        self.version += 1;
        match &record.entry {
            Entry::Reserved { attempt, item, lane, amount } => {
                self.reserved(*attempt, *item, *lane, *amount, record.at);
            }
            Entry::Settled { attempt, item, bill, cost, ending, failure, misfit, .. } => {
                // An answer that the item is asked again after was an answer all the same.
                let answer = match ending {
                    Some(Ending::Succeeded(answer)) => Some(answer),
                    _ => misfit.as_deref(),
                };
                self.settled(*attempt, *item, *bill, *cost, ending.as_ref(), failure.as_ref(), answer, record.at);
            }
            Entry::Ended { item, ending } => self.end(*item, ending.clone()),
            Entry::Reopened { item } => {
                self.stopped = false;
                if let Some(item) = self.items.get_mut(*item as usize) {
                    (item.ending, item.failure) = (None, None);
                }
            }
            Entry::Restarted => self.cut_off(),
            Entry::Commanded(command) => self.commanded(command),
            Entry::Batch(entry) => self.apply_batch(entry, record.at),
        }
    }

    fn reserved(&mut self, id: AttemptId, ordinal: Ordinal, lane: u8, amount: Usd, at: Time) {
        let Some(item) = self.items.get_mut(ordinal as usize) else { return };
        let before = item.last.replace(id);
        item.attempts += 1;
        let attempt = Attempt {
            item: ordinal,
            lane,
            reserved: amount,
            reserved_at: at,
            settled: None,
            cut_off: false,
            cleared: false,
            in_batch: false,
            before,
        };
        self.attempts.insert(id, attempt);
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one record")]
    fn settled(
        &mut self,
        id: AttemptId,
        ordinal: Ordinal,
        bill: Bill,
        cost: Usd,
        ending: Option<&Ending>,
        failure: Option<&Failure>,
        answer: Option<&Answer>,
        at: Time,
    ) {
        let never_sent = bill == Bill::Nothing && ending.is_none() && failure.is_none() && answer.is_none();
        // An attempt that failed may end its row with the answer of the one before it.
        let (request_id, finish) = match (failure, answer) {
            (Some(failure), _) => (failure.request_id.clone(), None),
            (None, Some(answer)) => (answer.request_id.clone(), Some(answer.finish)),
            (None, None) => (None, None),
        };
        if let Some(attempt) = self.attempts.get_mut(&id) {
            attempt.settled =
                Some(Settled { at, bill, cost, failure: failure.cloned(), request_id, finish, never_sent });
        }
        let lane = self.attempts.get(&id).map_or(0, |attempt| usize::from(attempt.lane));
        if matches!(ending, Some(Ending::Succeeded(_))) {
            self.answered.resize(self.answered.len().max(lane + 1), 0);
            self.answered[lane] += 1;
        }
        let Some(item) = self.items.get_mut(ordinal as usize) else { return };
        item.attempts -= u32::from(never_sent && item.attempts > 0);
        item.cost += cost;
        if let Bill::Usage { usage, .. } = bill {
            item.usage = Some(added(item.usage.unwrap_or_default(), usage));
        }
        item.failure = failure.cloned();
        match ending {
            Some(ending) => self.end(ordinal, ending.clone()),
            None if self.stopped => self.end(ordinal, Ending::Canceled),
            None => {}
        }
    }

    /// What has succeeded stays so, whatever comes later.
    fn end(&mut self, ordinal: Ordinal, ending: Ending) {
        let Some(item) = self.items.get(ordinal as usize) else { return };
        if item.ending.as_ref().is_some_and(is_answered) {
            return;
        }
        let imported = matches!(ending, Ending::Imported(_));
        self.items[ordinal as usize].ending = Some(ending);
        self.marks.imported += u32::from(imported);
        if let Some(answer) = self.answer(ordinal) {
            let (finish, misfit) = (answer.finish, answer.misfit.is_some());
            self.marks.cut_off += u32::from(finish == Finish::Length);
            self.marks.filtered += u32::from(finish == Finish::ContentFilter);
            self.marks.misfits += u32::from(misfit);
        }
    }

    fn commanded(&mut self, command: &Command) {
        match command {
            Command::Stop => {
                self.stopped = true;
                self.cancel(|last| last.is_none_or(|attempt| attempt.settled.is_some() || attempt.cut_off));
            }
            Command::Resume | Command::HandOver(_) => self.stopped = false,
            Command::Doubtful(Doubtful::LeaveOut) => self.cancel(|last| last.is_some_and(|attempt| attempt.cut_off)),
            Command::Doubtful(Doubtful::CountAsNotBilled) => {
                for attempt in self.attempts.values_mut() {
                    attempt.cleared |= attempt.is_doubtful();
                }
            }
            _ => {}
        }
    }

    /// Ends open items as canceled, chosen by their last attempt.
    fn cancel(&mut self, chosen: impl Fn(Option<&Attempt>) -> bool) {
        for item in &mut self.items {
            let last = item.last.and_then(|last| self.attempts.get(&last));
            if item.ending.is_none() && chosen(last) {
                item.ending = Some(Ending::Canceled);
            }
        }
    }

    pub fn count(&self) -> u32 {
        self.items.len() as u32
    }

    pub fn item(&self, item: Ordinal) -> Option<&Item> {
        self.items.get(item as usize)
    }

    pub fn state(&self, item: Ordinal) -> ExportState {
        match self.item(item).and_then(|item| item.ending.as_ref()) {
            None => ExportState::Open,
            Some(Ending::Succeeded(_)) => ExportState::Succeeded,
            Some(Ending::FromCache(_) | Ending::CopyOf(_)) => ExportState::CacheHit,
            Some(Ending::Imported(_)) => ExportState::Imported,
            Some(Ending::Errored(_)) => ExportState::Errored,
            Some(Ending::Canceled) => ExportState::Canceled,
        }
    }

    /// The item's answer, or that of the equal row it was copied from.
    pub fn answer(&self, item: Ordinal) -> Option<&Answer> {
        match self.item(item)?.ending.as_ref()? {
            Ending::Succeeded(answer) | Ending::FromCache(answer) | Ending::Imported(answer) => Some(answer),
            Ending::CopyOf(source) => match self.item(*source)?.ending.as_ref()? {
                Ending::Succeeded(answer) | Ending::FromCache(answer) => Some(answer),
                _ => None,
            },
            Ending::Errored(_) | Ending::Canceled => None,
        }
    }

    /// Why it failed, in a sentence.
    pub fn error(&self, item: Ordinal) -> Option<String> {
        match self.item(item)?.ending.as_ref()? {
            Ending::Errored(failure) => Some(failure.sentence()),
            _ => None,
        }
    }

    pub fn answered_by(&self, lane: usize) -> u32 {
        self.answered.get(lane).copied().unwrap_or(0)
    }

    /// Answers that want to be looked at.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    pub fn attempts(&self) -> impl Iterator<Item = (AttemptId, &Attempt)> {
        self.attempts.iter().map(|(id, attempt)| (*id, attempt))
    }

    pub fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(&id)
    }

    /// Of one item, the first one first.
    pub fn attempts_of(&self, item: Ordinal) -> Vec<(AttemptId, &Attempt)> {
        let mut found = Vec::new();
        let mut next = self.item(item).and_then(|item| item.last);
        while let Some(id) = next {
            let Some(attempt) = self.attempts.get(&id) else { break };
            found.push((id, attempt));
            next = attempt.before;
        }
        found.reverse();
        found
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for item in &self.items {
            totals.done += u32::from(item.ending.is_some());
            totals.errored += u32::from(matches!(item.ending, Some(Ending::Errored(_))));
            totals.spent += item.cost;
        }
        for attempt in self.attempts.values().filter(|attempt| attempt.is_doubtful() && !attempt.cleared) {
            totals.doubtful += attempt.reserved * attempt.bills_possible();
            totals.doubtful_attempts += 1;
        }
        totals
    }
}

fn is_answered(ending: &Ending) -> bool {
    use Ending::*;
    matches!(ending, Succeeded(_) | FromCache(_) | CopyOf(_) | Imported(_))
}

impl Attempt {
    /// It may have been billed, and nobody said how much.
    pub fn is_doubtful(&self) -> bool {
        self.settled.as_ref().map_or(!self.in_batch, |settled| settled.bill == Bill::Unknown)
    }

    /// A browser may send a request again by itself when a connection dies.
    fn bills_possible(&self) -> u64 {
        let failure = self.settled.as_ref().and_then(|settled| settled.failure.as_ref());
        if failure.is_some_and(|failure| failure.kind == FailureKind::Unreachable) { 2 } else { 1 }
    }

    /// The word of the ledger.
    pub fn state(&self) -> &'static str {
        match &self.settled {
            _ if self.cleared => "counted as not billed",
            Some(settled) if settled.never_sent => "not sent",
            Some(settled) => match settled.bill {
                Bill::Usage { .. } => "settled",
                Bill::Nothing => "not billed",
                Bill::Unknown => "may have been billed",
            },
            None if self.cut_off => "may have been billed",
            None if self.in_batch => "in a batch job",
            None => "in flight",
        }
    }
}

fn added(sum: Usage, usage: Usage) -> Usage {
    Usage {
        input: sum.input + usage.input,
        output: sum.output + usage.output,
        cache_read: sum.cache_read + usage.cache_read,
        cache_write: sum.cache_write + usage.cache_write,
        cache_write_1h: sum.cache_write_1h + usage.cache_write_1h,
        reasoning: sum.reasoning + usage.reasoning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(results.answer(2).unwrap().text, "dairy");
        assert_eq!((results.state(0), results.state(2)), (ExportState::Succeeded, ExportState::CacheHit));
        let words: Vec<_> = results.attempts_of(0).iter().map(|(id, attempt)| (*id, attempt.state())).collect();
        assert_eq!(words, [(1, "not billed"), (2, "settled")]);
        let totals = results.totals();
        assert_eq!((totals.done, totals.spent, totals.doubtful_attempts), (2, Usd::from_pico(7), 0));
    }

    #[test]
    fn what_a_restart_cut_off_may_have_been_billed_until_it_is_cleared() {
        let records = [record(reserved(1, 0)), record(reserved(2, 1))];
        let mut results = Results::restore(2, &records);
        assert_eq!(results.attempts_of(1)[0].1.state(), "may have been billed");
        assert_eq!(results.totals().doubtful, Usd::from_pico(200));
        results.apply(&record(Entry::Commanded(Command::Doubtful(Doubtful::CountAsNotBilled))));
        assert_eq!((results.totals().doubtful, results.totals().doubtful_attempts), (Usd::ZERO, 0));
    }

    #[test]
    fn a_dead_connection_may_have_been_billed_twice() {
        let dead = settled(1, 0, Bill::Unknown, 0, None, Some(failure(FailureKind::Unreachable)));
        let results = Results::restore(1, &[record(reserved(1, 0)), record(dead)]);
        assert_eq!(results.totals().doubtful, Usd::from_pico(200));
    }

    #[test]
    fn a_stop_cancels_what_is_not_under_way_and_then_that_too() {
        let mut results = Results::new(2);
        results.apply(&record(reserved(1, 0)));
        results.apply(&record(Entry::Commanded(Command::Stop)));
        assert_eq!((results.state(0), results.state(1)), (ExportState::Open, ExportState::Canceled));
        results.apply(&record(settled(1, 0, Bill::Nothing, 0, None, None)));
        assert_eq!((results.state(0), results.item(0).unwrap().attempts), (ExportState::Canceled, 0));
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
        assert_eq!((results.answer(2).unwrap().text.as_str(), results.item(2).unwrap().cost), ("y", Usd::ZERO));
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
        let (cost, sent, misfit, uncounted) = (Usd::from_pico(cost), None, None, false);
        Entry::Settled { attempt, item, bill, cost, ending, failure, sent, misfit, uncounted }
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
}
