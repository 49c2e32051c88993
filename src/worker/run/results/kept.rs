//! Answers as the table holds them: short ones in memory, long ones where they lie in the journal. Without a journal
//! there is nothing to read them back from, and all of them stay in memory.

use std::borrow::Cow;

use crate::engine::batch::BatchEntry;
use crate::engine::{Ending, Entry, Ordinal, Record};
use crate::provider::{Answer, Failure, Finish};

/// An answer that is longer is read back when it is wanted.
pub const TEXT_BYTES_IN_MEMORY: usize = 256;

/// Where a record lies in the journal: its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub at: u64,
    pub bytes: u32,
}

/// The journal, as far as it is read back. An error says why not, in words that continue a sentence.
pub trait Texts {
    fn payload(&self, place: Position) -> Result<Vec<u8>, String>;
}

/// A run without a journal, whose answers are all in memory.
pub struct NoJournal;

impl Texts for NoJournal {
    fn payload(&self, _: Position) -> Result<Vec<u8>, String> {
        Err("there is no journal".into())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Here(Box<Answer>),
    Away { place: Position, finish: Finish, misfit: Option<Box<str>> },
}

/// How an item ended, as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Succeeded(Kept),
    FromCache(Kept),
    CopyOf(Ordinal),
    Imported(Kept),
    Errored(Box<Failure>),
    Canceled,
}

impl Kept {
    /// `place`: the text was left where the record lies.
    fn new(answer: Answer, place: Option<Position>) -> Kept {
        match place {
            Some(place) => {
                Kept::Away { place, finish: answer.finish, misfit: answer.misfit.map(String::into_boxed_str) }
            }
            None => Kept::Here(Box::new(answer)),
        }
    }

    pub fn finish(&self) -> Finish {
        match self {
            Kept::Here(answer) => answer.finish,
            Kept::Away { finish, .. } => *finish,
        }
    }

    pub fn misfit(&self) -> Option<&str> {
        match self {
            Kept::Here(answer) => answer.misfit.as_deref(),
            Kept::Away { misfit, .. } => misfit.as_deref(),
        }
    }

    /// It came to its own end and fits its format.
    pub fn is_shareable(&self) -> bool {
        self.finish() == Finish::Stop && self.misfit().is_none()
    }

    /// The answer with its text. `item`: whose record it is, since a place that holds anything else is an error.
    pub(super) fn read(&self, item: Ordinal, texts: &dyn Texts) -> Result<Cow<'_, Answer>, String> {
        match self {
            Kept::Here(answer) => Ok(Cow::Borrowed(answer)),
            Kept::Away { place, .. } => {
                let payload = texts.payload(*place)?;
                let record = Record::read(&payload).map_err(|error| error.to_string())?;
                match answer_of(&record.entry) {
                    Some((of, answer)) if of == item => Ok(Cow::Owned(answer.clone())),
                    _ => Err("the journal holds something else in its place".into()),
                }
            }
        }
    }

    /// Leaves the text where its record lies, if this is its answer and not a short one.
    pub(super) fn put_away(&mut self, answer: &Answer, place: Position) {
        if let Kept::Here(held) = self
            && is_long(answer)
            && **held == *answer
        {
            *self = Kept::new(Answer { text: String::new(), ..answer.clone() }, Some(place));
        }
    }
}

impl End {
    pub(super) fn of(ending: Ending, place: Option<Position>) -> End {
        match ending {
            Ending::Succeeded(answer) => End::Succeeded(Kept::new(answer, place)),
            Ending::FromCache(answer) => End::FromCache(Kept::new(answer, place)),
            Ending::Imported(answer) => End::Imported(Kept::new(answer, place)),
            Ending::CopyOf(item) => End::CopyOf(item),
            Ending::Errored(failure) => End::Errored(Box::new(failure)),
            Ending::Canceled => End::Canceled,
        }
    }

    pub(super) fn is_answered(&self) -> bool {
        !matches!(self, End::Errored(_) | End::Canceled)
    }

    /// Its own answer.
    pub(super) fn kept(&self) -> Option<&Kept> {
        match self {
            End::Succeeded(kept) | End::FromCache(kept) | End::Imported(kept) => Some(kept),
            End::CopyOf(_) | End::Errored(_) | End::Canceled => None,
        }
    }

    pub(super) fn kept_mut(&mut self) -> Option<&mut Kept> {
        match self {
            End::Succeeded(kept) | End::FromCache(kept) | End::Imported(kept) => Some(kept),
            End::CopyOf(_) | End::Errored(_) | End::Canceled => None,
        }
    }
}

fn is_long(answer: &Answer) -> bool {
    answer.text.len() > TEXT_BYTES_IN_MEMORY
}

/// The item that ended with this entry, and how. An answer that its item is asked again after is no ending.
fn ending_of(entry: &Entry) -> Option<(Ordinal, &Ending)> {
    match entry {
        Entry::Settled(settled)
        | Entry::Batch(BatchEntry::Settled { row: settled, .. } | BatchEntry::Imported(settled)) => {
            Some((settled.item, settled.ending.as_ref()?))
        }
        Entry::Ended { item, ending } => Some((*item, ending)),
        _ => None,
    }
}

/// The answer that an item ended with.
pub(super) fn answer_of(entry: &Entry) -> Option<(Ordinal, &Answer)> {
    match ending_of(entry)? {
        (item, Ending::Succeeded(answer) | Ending::FromCache(answer) | Ending::Imported(answer)) => {
            Some((item, answer))
        }
        _ => None,
    }
}

/// Takes a long text out of a record that lies in the journal. True if there was one: whatever keeps the record has to
/// keep its place too. The engine needs no text of an item that has ended.
pub fn leave_text(record: &mut Record) -> bool {
    let ending = match &mut record.entry {
        Entry::Settled(settled)
        | Entry::Batch(BatchEntry::Settled { row: settled, .. } | BatchEntry::Imported(settled)) => {
            settled.ending.as_mut()
        }
        Entry::Ended { ending, .. } => Some(ending),
        _ => None,
    };
    match ending {
        Some(Ending::Succeeded(answer) | Ending::FromCache(answer) | Ending::Imported(answer)) if is_long(answer) => {
            answer.text = String::new();
            true
        }
        _ => false,
    }
}
