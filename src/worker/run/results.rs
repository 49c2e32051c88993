//! What is known of every item and every attempt, from the records: for the table, the exports and the list of runs.
//! The engine keeps only what it needs to decide; this keeps what a person wants to read, but for long answers, which
//! are read back from the journal. Pure.

mod batch;
mod kept;
#[cfg(test)]
mod tests;

pub use kept::{End, Kept, NoJournal, Position, Texts, leave_text};

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::dataset::ExportState;
use crate::engine::batch::ShardId;
use crate::engine::{self, AttemptId, Command, Doubtful, Ending, Entry, Ordinal, Record, Settlement};
use crate::link::Marks;
use crate::money::Usd;
use crate::provider::{Answer, Bill, Failure, Finish, Usage};
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
    /// Right answers that the person set by hand.
    corrections: BTreeMap<Ordinal, Box<str>>,
    /// Grows with every record: a window that was counted before is counted again.
    pub version: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Item {
    pub end: Option<End>,
    /// How its last attempt failed.
    pub failure: Option<Box<Failure>>,
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
    /// Known once it is settled; what goes into a batch job is not sent by itself.
    pub sent_at: Option<Time>,
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
    pub failure: Option<Box<Failure>>,
    pub request_id: Option<Box<str>>,
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
    pub canceled: u32,
    pub spent: Usd,
    pub doubtful: Usd,
    pub doubtful_attempts: u32,
}

impl Results {
    pub fn new(items: u32) -> Results {
        Results { items: vec![Item::default(); items as usize], ..Results::default() }
    }

    /// The records of a run that is opened again, in one go: see [`take`](Results::take) and [`cut_off`](Results::cut_off).
    pub fn restore<'a>(items: u32, records: impl IntoIterator<Item = (&'a Record, Option<Position>)>) -> Results {
        let mut results = Results::new(items);
        records.into_iter().for_each(|(record, away)| results.take(record, away));
        results.cut_off();
        results
    }

    /// The record is in the journal: a long answer needs no memory any more.
    pub fn put_away(&mut self, record: &Record, place: Position) {
        let Some((item, answer)) = kept::answer_of(&record.entry) else { return };
        let end = self.items.get_mut(item as usize).and_then(|item| item.end.as_mut());
        if let Some(kept) = end.and_then(End::kept_mut) {
            kept.put_away(answer, place);
        }
    }

    /// After the last record of a run that is opened again: what they leave unsettled was cut off.
    pub fn cut_off(&mut self) {
        for attempt in self.attempts.values_mut() {
            attempt.cut_off |= attempt.settled.is_none() && !attempt.in_batch;
        }
    }

    pub fn apply(&mut self, record: &Record) {
        self.take(record, None);
    }

    /// A record with the place of its answer's text, where that was left in the journal.
    pub fn take(&mut self, record: &Record, away: Option<Position>) {
        self.version += 1;
        match &record.entry {
            Entry::Reserved { attempt, item, lane, amount } => {
                self.reserved(*attempt, *item, *lane, *amount, record.at);
            }
            Entry::Began(_) => {}
            Entry::Corrected { item, text: Some(text) } => {
                self.corrections.insert(*item, text.as_str().into());
            }
            Entry::Corrected { item, text: None } => {
                self.corrections.remove(item);
            }
            Entry::Released { attempt, item } => self.released(*attempt, *item, record.at),
            Entry::Settled(settled) => self.settled(settled, away, record.at),
            Entry::Ended { item, ending } => self.end(*item, End::of(ending.clone(), away)),
            Entry::Reopened { item } => {
                self.stopped = false;
                if let Some(item) = self.items.get_mut(*item as usize) {
                    (item.end, item.failure) = (None, None);
                }
            }
            Entry::AskedAgain { item, .. } => self.asked_again(*item),
            Entry::Restarted => self.cut_off(),
            Entry::Commanded(command) => self.commanded(command),
            Entry::Batch(entry) => self.apply_batch(entry, record.at, away),
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
            sent_at: None,
            settled: None,
            cut_off: false,
            cleared: false,
            in_batch: false,
            before,
        };
        self.attempts.insert(id, attempt);
    }

    /// The reservation is free again, and nothing was sent for it.
    fn released(&mut self, id: AttemptId, ordinal: Ordinal, at: Time) {
        if let Some(attempt) = self.attempts.get_mut(&id) {
            let (bill, cost, failure, request_id, finish) = (Bill::Nothing, Usd::ZERO, None, None, None);
            attempt.settled = Some(Settled { at, bill, cost, failure, request_id, finish, never_sent: true });
        }
        let Some(item) = self.items.get_mut(ordinal as usize) else { return };
        item.attempts = item.attempts.saturating_sub(1);
        if self.stopped {
            self.end(ordinal, End::Canceled);
        }
    }

    fn settled(&mut self, settled: &engine::Settled, away: Option<Position>, at: Time) {
        let engine::Settled { attempt: id, item: ordinal, bill, cost, ending, failure, sent, misfit, .. } = settled;
        // An answer that the item is asked again after was an answer all the same.
        let answer = match ending {
            Some(Ending::Succeeded(answer)) => Some(answer),
            _ => misfit.as_deref(),
        };
        // An attempt that failed may end its row with the answer of the one before it.
        let (request_id, finish) = match (failure, answer) {
            (Some(failure), _) => (failure.request_id.as_deref(), None),
            (None, Some(answer)) => (answer.request_id.as_deref(), Some(answer.finish)),
            (None, None) => (None, None),
        };
        let (bill, cost, failure) = (*bill, *cost, failure.clone().map(Box::new));
        let mut lane = 0;
        if let Some(attempt) = self.attempts.get_mut(id) {
            let request_id = request_id.map(Box::from);
            let failure = failure.clone();
            attempt.settled = Some(Settled { at, bill, cost, failure, request_id, finish, never_sent: false });
            attempt.sent_at = *sent;
            lane = usize::from(attempt.lane);
        }
        let end = ending.clone().map(|ending| End::of(ending, away));
        if matches!(end, Some(End::Succeeded(_))) {
            self.answered.resize(self.answered.len().max(lane + 1), 0);
            self.answered[lane] += 1;
        }
        let Some(item) = self.items.get_mut(*ordinal as usize) else { return };
        item.cost += cost;
        if let Bill::Usage { usage, .. } = bill {
            item.usage = Some(added(item.usage.unwrap_or_default(), usage));
        }
        item.failure = failure;
        match end {
            Some(end) => self.end(*ordinal, end),
            None if self.stopped => self.end(*ordinal, End::Canceled),
            None => {}
        }
    }

    /// What has succeeded stays so, whatever comes later.
    fn end(&mut self, ordinal: Ordinal, end: End) {
        let Some(item) = self.items.get(ordinal as usize) else { return };
        if item.end.as_ref().is_some_and(End::is_answered) {
            return;
        }
        let imported = matches!(end, End::Imported(_));
        self.items[ordinal as usize].end = Some(end);
        self.marks.imported += u32::from(imported);
        if let Some(kept) = self.kept(ordinal) {
            let (finish, misfit) = (kept.finish(), kept.misfit().is_some());
            self.marks.cut_off += u32::from(finish == Finish::Length);
            self.marks.filtered += u32::from(finish == Finish::ContentFilter);
            self.marks.misfits += u32::from(misfit);
        }
    }

    fn asked_again(&mut self, ordinal: Ordinal) {
        if let Some(kept) = self.kept(ordinal) {
            let (finish, misfit) = (kept.finish(), kept.misfit().is_some());
            self.marks.cut_off -= u32::from(finish == Finish::Length);
            self.marks.filtered -= u32::from(finish == Finish::ContentFilter);
            self.marks.misfits -= u32::from(misfit);
        }
        self.stopped = false;
        if let Some(item) = self.items.get_mut(ordinal as usize) {
            (item.end, item.failure) = (None, None);
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
                // Of what is in flight, nobody can have seen a bill yet.
                for attempt in self.attempts.values_mut().filter(|attempt| attempt.settled.is_some() || attempt.cut_off)
                {
                    attempt.cleared |= attempt.settlement().is_some_and(|settlement| settlement.doubtful().is_some());
                }
            }
            _ => {}
        }
    }

    /// Ends open items as canceled, chosen by their last attempt.
    fn cancel(&mut self, chosen: impl Fn(Option<&Attempt>) -> bool) {
        for item in &mut self.items {
            let last = item.last.and_then(|last| self.attempts.get(&last));
            if item.end.is_none() && chosen(last) {
                item.end = Some(End::Canceled);
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
        match self.item(item).and_then(|item| item.end.as_ref()) {
            None => ExportState::Open,
            Some(End::Succeeded(_)) => ExportState::Succeeded,
            Some(End::FromCache(_) | End::CopyOf(_)) => ExportState::CacheHit,
            Some(End::Imported(_)) => ExportState::Imported,
            Some(End::Errored(_)) => ExportState::Errored,
            Some(End::Canceled) => ExportState::Canceled,
        }
    }

    /// The item has an answer of its own, which no equal row gave it.
    pub fn kept_itself(&self, item: Ordinal) -> bool {
        self.item(item).and_then(|item| item.end.as_ref()).is_some_and(|end| end.kept().is_some())
    }

    /// What is known of the item's answer without reading it.
    pub fn kept(&self, item: Ordinal) -> Option<&Kept> {
        self.source(item).map(|(_, kept)| kept)
    }

    /// The item's answer, or that of the equal row it was copied from. An error says why it could not be read back.
    pub fn answer(&self, item: Ordinal, texts: &dyn Texts) -> Result<Option<Cow<'_, Answer>>, String> {
        self.source(item).map(|(source, kept)| kept.read(source, texts)).transpose()
    }

    /// The row whose answer it is, and how that is held.
    fn source(&self, item: Ordinal) -> Option<(Ordinal, &Kept)> {
        let end = self.item(item)?.end.as_ref()?;
        let End::CopyOf(source) = end else { return Some((item, end.kept()?)) };
        match self.item(*source)?.end.as_ref()? {
            End::Succeeded(kept) | End::FromCache(kept) => Some((*source, kept)),
            _ => None,
        }
    }

    /// Why it failed, in a sentence.
    pub fn error(&self, item: Ordinal) -> Option<String> {
        match self.item(item)?.end.as_ref()? {
            End::Errored(failure) => Some(failure.sentence_at_the_end()),
            _ => None,
        }
    }

    /// The right answer that the person set by hand.
    pub fn correction(&self, item: Ordinal) -> Option<&str> {
        self.corrections.get(&item).map(|text| &**text)
    }

    pub fn has_corrections(&self) -> bool {
        !self.corrections.is_empty()
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
            totals.done += u32::from(item.end.is_some());
            totals.errored += u32::from(matches!(item.end, Some(End::Errored(_))));
            totals.canceled += u32::from(matches!(item.end, Some(End::Canceled)));
            totals.spent += item.cost;
        }
        let counted = self.attempts.values().filter(|attempt| !attempt.cleared);
        for most in counted.filter_map(|attempt| attempt.settlement()?.doubtful()) {
            totals.doubtful += most;
            totals.doubtful_attempts += 1;
        }
        totals
    }
}

impl Attempt {
    /// What is certain of its price and what isn't; `None` while it is in a batch job.
    fn settlement(&self) -> Option<Settlement> {
        match &self.settled {
            Some(Settled { bill, cost, failure, .. }) => {
                let failed = failure.as_ref().map(|failure| failure.kind);
                Some(Settlement::of(self.reserved, *bill, *cost, failed))
            }
            None => (!self.in_batch).then_some(Settlement::Doubtful(self.reserved)),
        }
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
