//! Where runs are kept: the journal is the truth of a run in progress, IndexedDB holds the checkpoints, and either
//! alone rebuilds the other. Without OPFS, IndexedDB alone; without both, memory, and the page says what that risks.

use std::rc::Rc;

use super::cache::Contents;
use super::checkpoints::{Checkpoints, data_changes};
use super::database::{Change, Database, Durability, Store, keys_of};
use super::gathered::Read;
use super::journal::{Journal, Reader};
use super::locks::{self, Attempt, Lock};
use super::manifest::{Framed, Manifest, framed, listed};
use super::opfs::Opfs;
use super::refusal::DiskRefusal;
use crate::engine::Record;
use crate::link::{Place, Problem, RunSummary, StorageFacts};
use crate::worker::browser::{property, scope, words};
use crate::worker::plan::problem;
use crate::worker::run::results::{NoJournal, Position, Texts};

pub(super) const DATA: &str = "data";

pub struct Storage {
    pub opfs: Option<Opfs>,
    pub database: Option<Rc<Database>>,
    /// Of the request cache.
    pub cache: Rc<Contents>,
    /// Why there is no database.
    pub refused: Option<String>,
}

/// A run that is open for writing.
pub struct RunStore {
    pub(super) journal: Option<Journal>,
    pub checkpoints: Option<Rc<Checkpoints>>,
    /// As JSON: the prompts in it may be long, and the list of runs tells where the run stands several times a second.
    pub(super) manifest: String,
    pub(super) records: u64,
    pub(super) lock: Option<Lock>,
}

/// A run as it was found on disk.
pub struct Kept {
    pub manifest: Manifest,
    pub data: Vec<u8>,
    /// Long answers are left in the journal.
    pub records: Vec<Read>,
    pub notes: Vec<String>,
}

impl Storage {
    pub async fn open() -> Storage {
        let opfs = Opfs::open().await;
        let (database, refused) = match Database::open().await {
            Ok(database) => (Some(Rc::new(database)), None),
            Err(why) => (None, Some(why)),
        };
        Storage { opfs, database, cache: Rc::default(), refused }
    }

    pub async fn facts(&self) -> StorageFacts {
        let mut persisted = false;
        if property(&scope().navigator(), "storage").is_some() {
            let storage = scope().navigator().storage();
            if let Ok(asked) = storage.persisted() {
                persisted = asked.await.is_ok_and(|answer| answer.is_truthy());
            }
            // Most browsers let only the page ask; the worker asks where it can.
            if !persisted
                && property(&storage, "persist").is_some()
                && let Ok(asked) = storage.persist()
            {
                persisted = asked.await.is_ok_and(|answer| answer.is_truthy());
            }
        }
        let (used_bytes, quota_bytes) = used_and_quota().await.unzip();
        StorageFacts {
            opfs: self.opfs.is_some(),
            indexed_db: self.database().is_some(),
            locks: locks::supported(),
            persisted,
            used_bytes,
            quota_bytes,
        }
    }

    /// The private file system, where `bytes` more would still fit. A browser that doesn't tell is taken to have room.
    pub async fn files_with_room(&self, bytes: f64) -> Option<&Opfs> {
        let opfs = self.opfs.as_ref()?;
        used_and_quota().await.is_none_or(|(used, quota)| quota - used >= bytes).then_some(opfs)
    }

    /// One that was lost is passed by where files hold the same; else it is asked again every time.
    pub(super) fn database(&self) -> Option<&Rc<Database>> {
        self.database.as_ref().filter(|database| self.opfs.is_none() || !database.is_lost())
    }

    /// Puts a new run down: its data, then the manifest that makes it a run.
    pub async fn create(&self, manifest: &Manifest, data: &[u8]) -> Result<RunStore, Problem> {
        let lock = take_lock(&manifest.run).await?;
        match self.create_locked(manifest, data).await {
            Ok(store) => Ok(RunStore { lock, ..store }),
            Err(problem) => {
                // A half-made run would only take space; what can't be removed is swept at the next start.
                let _ = self.delete_locked(&manifest.run).await;
                release(lock).await;
                Err(problem)
            }
        }
    }

    async fn create_locked(&self, manifest: &Manifest, data: &[u8]) -> Result<RunStore, Problem> {
        let refused = |why: DiskRefusal| {
            let words = "The browser would not keep the run";
            problem(Place::Storage, format!("{words}: {why}. Nothing was sent. {} Then start again.", why.what_to_do()))
        };
        let manifest_frame = manifest.frame().map_err(refused)?;
        let mut journal = None;
        if let Some(opfs) = &self.opfs {
            let written = opfs.write(&manifest.run, DATA, data).await;
            written.map_err(|error| refused(DiskRefusal::of(&error)))?;
            journal = Some(Journal::create(opfs, &manifest.run, &manifest_frame).await.map_err(refused)?);
        }
        let mut checkpoints = None;
        if let Some(database) = self.database() {
            let changes = run_changes(manifest, data, manifest.summary(&[]));
            let durability = if journal.is_some() { Durability::Relaxed } else { Durability::Strict };
            let written = database.write(changes, durability).await;
            // With a journal, the checkpoints are made anew when the run is opened.
            if let Err(error) = written
                && journal.is_none()
            {
                return Err(refused(DiskRefusal::of(&error)));
            }
            checkpoints = Some(Checkpoints::new(database.clone(), self.cache.clone(), manifest.run.clone(), 0));
        }
        Ok(RunStore { journal, checkpoints, manifest: manifest.json(), records: 0, lock: None })
    }

    /// Opens a run to go on with it: journal and checkpoints are merged, and whichever lags is mended.
    pub async fn open_run(&self, run: &str) -> Result<(RunStore, Kept), Problem> {
        let lock = take_lock(run).await?;
        match self.open_locked(run).await {
            Ok((store, kept)) => Ok((RunStore { lock, ..store }, kept)),
            Err(problem) => {
                release(lock).await;
                Err(problem)
            }
        }
    }

    pub async fn delete(&self, run: &str) -> Result<(), Problem> {
        let lock = take_lock(run).await?;
        let deleted = self.delete_locked(run).await;
        release(lock).await;
        deleted
    }

    async fn delete_locked(&self, run: &str) -> Result<(), Problem> {
        let refused = |why: String| {
            problem(Place::Runs, format!("The run could not be deleted: {why}. Close other tabs and retry."))
        };
        if let Some(database) = self.database() {
            let changes = vec![
                Change::Delete { store: Store::Runs, keys: run.into() },
                Change::Delete { store: Store::Data, keys: keys_of(run) },
                Change::Delete { store: Store::Records, keys: keys_of(run) },
            ];
            database.write(changes, Durability::Strict).await.map_err(|error| refused(words(&error)))?;
        }
        if let Some(opfs) = &self.opfs
            && opfs.runs().await.unwrap_or_default().iter().any(|kept| kept == run)
        {
            opfs.remove(run).await.map_err(|error| refused(words(&error)))?;
        }
        Ok(())
    }
}

impl RunStore {
    /// Returns once the records are safe: flushed to the journal, or, without one, complete in the database. Where each
    /// of them lies in the journal, if there is one.
    pub async fn append(&mut self, records: &[Record]) -> Result<Vec<Position>, DiskRefusal> {
        let Framed { bytes, payloads } = framed(records)?;
        let mut places = Vec::new();
        if let Some(journal) = &mut self.journal {
            let begin = journal.bytes() as u64;
            journal.append(&bytes).await?;
            let place = |payload: std::ops::Range<usize>| Position {
                at: begin + payload.start as u64,
                bytes: payload.len() as u32,
            };
            places.extend(payloads.into_iter().map(place));
        }
        if let Some(checkpoints) = &self.checkpoints {
            match self.journal {
                Some(_) => {
                    checkpoints.add(&bytes, records.len());
                    checkpoints.schedule();
                }
                None => checkpoints.append(&bytes, records.len()).await?,
            }
        }
        self.records += records.len() as u64;
        Ok(places)
    }

    /// Where long answers are read back from.
    pub fn texts(&self) -> KeptTexts {
        KeptTexts(self.journal.as_ref().map(Journal::reader))
    }

    /// Bytes that the checkpoints have still to write.
    pub fn waiting_bytes(&self) -> usize {
        self.checkpoints.as_ref().map_or(0, |checkpoints| checkpoints.waiting_bytes())
    }

    /// Lets the list of runs know where this one stands.
    pub fn list(&self, summary: &RunSummary) {
        if let Some(checkpoints) = &self.checkpoints {
            let journal_bytes = self.journal.as_ref().map_or(0.0, Journal::bytes);
            checkpoints.list(listed(&self.manifest, summary, self.records, journal_bytes));
            checkpoints.schedule();
        }
    }

    /// Writes what has gathered, and returns once another tab could open the run.
    pub async fn close(self) {
        let RunStore { journal, checkpoints, lock, .. } = self;
        if let Some(checkpoints) = checkpoints {
            let _ = checkpoints.write().await;
        }
        drop(journal);
        release(lock).await;
    }
}

/// The journal of an open run, where it has one.
pub struct KeptTexts(Option<Reader>);

impl Texts for KeptTexts {
    fn payload(&self, place: Position) -> Result<Vec<u8>, String> {
        match &self.0 {
            Some(reader) => reader.payload(place),
            None => NoJournal.payload(place),
        }
    }
}

/// Bytes that this origin uses, and may use.
async fn used_and_quota() -> Option<(f64, f64)> {
    property(&scope().navigator(), "storage")?;
    let estimate = scope().navigator().storage().estimate().ok()?.await.ok()?;
    let bytes = |name: &str| property(&estimate, name)?.as_f64();
    Some((bytes("usage")?, bytes("quota")?))
}

pub(super) async fn release(lock: Option<Lock>) {
    if let Some(lock) = lock {
        lock.release().await;
    }
}

pub(super) async fn take_lock(run: &str) -> Result<Option<Lock>, Problem> {
    match locks::take(run).await {
        Attempt::Held(lock) => Ok(Some(lock)),
        Attempt::Unsupported => Ok(None),
        Attempt::Busy => Err(problem(
            Place::Runs,
            "Another tab has this run open. It goes on there; close that tab to open it here.",
        )),
    }
}

/// The changes that put down a run without its records; what was there of it before is replaced.
pub(super) fn run_changes(manifest: &Manifest, data: &[u8], summary: RunSummary) -> Vec<Change> {
    let run = manifest.run.as_str();
    let json = listed(&manifest.json(), &summary, 0, 0.0);
    let mut changes = vec![
        Change::Delete { store: Store::Data, keys: keys_of(run) },
        Change::Delete { store: Store::Records, keys: keys_of(run) },
        Change::put(Store::Runs, run, json),
    ];
    changes.extend(data_changes(run, data));
    changes
}
