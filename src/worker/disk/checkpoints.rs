//! A run's checkpoints in IndexedDB. Where there is a journal, they follow it in groups, a fifth of a second behind;
//! a crash in between costs nothing, since the journal has it all.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::cache::{Contents, Waiting, Writing};
use super::database::{Change, Database, Durability, Store, key_of, keys_of};
use super::frames;
use super::refusal::DiskRefusal;
use crate::link::RunId;
use crate::provider::Answer;
use crate::worker::browser::sleep_ms;
use crate::worker::rows::prepare::CacheKey;
use crate::worker::signal::Signal;

const GROUP_MS: u32 = 200;
const CHUNK_BYTES: usize = 1024 * 1024;
/// Chromium makes a file of its own of every larger value, by way of this process's memory.
pub const GROUP_BYTES: usize = 48 * 1024;
const GROUPS_AT_ONCE: usize = 64;

pub struct Checkpoints {
    database: Rc<Database>,
    cached: Rc<Contents>,
    run: RunId,
    frames: RefCell<Vec<u8>>,
    /// Of the first record in `frames`, and of the next one after them.
    sequence: Cell<(u64, u64)>,
    /// For the request cache.
    answers: RefCell<Waiting>,
    listed: RefCell<Option<String>>,
    scheduled: Cell<bool>,
    writing: Cell<bool>,
    /// A write has ended.
    written: Signal,
    /// Bytes that wait to be written, or are being so.
    waiting_bytes: Cell<usize>,
}

impl Checkpoints {
    /// Of a run whose first `sequence` records are down already.
    pub fn new(database: Rc<Database>, cached: Rc<Contents>, run: RunId, sequence: u64) -> Rc<Checkpoints> {
        Rc::new(Checkpoints {
            database,
            cached,
            run,
            frames: RefCell::default(),
            sequence: Cell::new((sequence, sequence)),
            answers: RefCell::default(),
            listed: RefCell::default(),
            scheduled: Cell::new(false),
            writing: Cell::new(false),
            written: Signal::default(),
            waiting_bytes: Cell::new(0),
        })
    }

    /// Frames that the journal has, for the next write.
    pub fn add(&self, frames: &[u8], records: usize) {
        self.frames.borrow_mut().extend_from_slice(frames);
        self.waiting_bytes.update(|bytes| bytes + frames.len());
        let (first, next) = self.sequence.get();
        self.sequence.set((first, next + records as u64));
    }

    pub fn cache(&self, key: &CacheKey, answer: &Answer) {
        if let Ok(json) = serde_json::to_vec(answer) {
            self.waiting_bytes.update(|bytes| bytes + json.len());
            self.answers.borrow_mut().push((*key, json));
        }
    }

    /// Bytes that are in memory until the database has them.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.get()
    }

    /// Where the run stands, as JSON of [`Listed`](super::manifest::Listed), for the next write.
    pub fn list(&self, listed: String) {
        *self.listed.borrow_mut() = Some(listed);
    }

    /// Writes what has gathered, soon.
    pub fn schedule(self: &Rc<Self>) {
        if self.scheduled.replace(true) {
            return;
        }
        let this = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            sleep_ms(GROUP_MS).await;
            this.scheduled.set(false);
            let _ = this.write().await;
        });
    }

    /// Writes what has gathered, and returns once it is down. What could not be written is not kept here: the journal
    /// has it.
    pub async fn write(&self) -> Result<(), DiskRefusal> {
        self.turn().await;
        let frames = self.frames.take();
        let writing_bytes = self.waiting_bytes.get();
        let (first, next) = self.sequence.get();
        self.sequence.set((next, next));
        let written = self.put(first, &frames, Durability::Relaxed).await;
        self.waiting_bytes.update(|bytes| bytes - writing_bytes);
        self.end_turn();
        written
    }

    /// Puts records down that no journal has, and returns once they are: they never lie with what gathers here, so no
    /// other write can take them along and fail.
    pub async fn append(&self, frames: &[u8], records: usize) -> Result<(), DiskRefusal> {
        self.turn().await;
        let (_, first) = self.sequence.get();
        let written = self.put(first, frames, Durability::Strict).await;
        if written.is_ok() {
            let next = first + records as u64;
            self.sequence.set((next, next));
        }
        self.end_turn();
        written
    }

    /// One write at a time.
    async fn turn(&self) {
        self.written.until(|| (!self.writing.replace(true)).then_some(())).await;
    }

    fn end_turn(&self) {
        self.writing.set(false);
        self.written.notify();
    }

    /// Frames of records from number `first` on, in one transaction with what else has gathered.
    async fn put(&self, first: u64, frames: &[u8], durability: Durability) -> Result<(), DiskRefusal> {
        let (answers, mut changes) = Writing::begin(&self.answers.take());
        for (before, part) in frames::parts(frames, GROUP_BYTES) {
            let key = key_of(&self.run, first + before as u64);
            changes.push(Change::put(Store::Records, key, Uint8Array::from(&frames[part])));
        }
        if let Some(json) = self.listed.take() {
            changes.push(Change::put(Store::Runs, self.run.as_str(), json));
        }
        // The journal has it.
        if durability == Durability::Relaxed && self.database.is_lost() {
            return Err(DiskRefusal::Lost("the database was closed".into()));
        }
        self.database.write(changes, durability).await.map_err(|error| DiskRefusal::of(&error))?;
        answers.is_down(&self.cached);
        Ok(())
    }
}

/// The changes that put down a data file.
pub fn data_changes(run: &str, bytes: &[u8]) -> Vec<Change> {
    let chunks = bytes.chunks(CHUNK_BYTES).enumerate();
    chunks.map(|(index, chunk)| Change::put(Store::Data, key_of(run, index as u64), Uint8Array::from(chunk))).collect()
}

pub fn bytes_of(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
}

/// The groups of a run's records, in their order, a few at a time.
pub struct Groups<'a> {
    database: &'a Database,
    keys: std::vec::IntoIter<JsValue>,
    read: std::vec::IntoIter<(u64, JsValue)>,
}

impl Groups<'_> {
    pub async fn begin<'a>(database: &'a Database, run: &str) -> Groups<'a> {
        let keys = database.keys(Store::Records, Some(keys_of(run))).await.unwrap_or_default();
        Groups { database, keys: keys.into_iter(), read: Vec::new().into_iter() }
    }

    /// `(number of the first record, frames)`. A group that can't be read ends it: what follows is behind a gap.
    pub async fn next(&mut self) -> Option<(u64, Vec<u8>)> {
        if self.read.len() == 0 {
            let keys: Vec<JsValue> = self.keys.by_ref().take(GROUPS_AT_ONCE).collect();
            let values = self.database.get_many(Store::Records, &keys).await.ok()?;
            let first = |key: &JsValue| js_sys::Array::from(key).get(1).as_f64().map(|first| first as u64);
            let read = keys.iter().zip(values).map_while(|(key, value)| Some((first(key)?, value)));
            self.read = read.collect::<Vec<_>>().into_iter();
        }
        self.read.next().map(|(first, value)| (first, bytes_of(&value)))
    }
}
