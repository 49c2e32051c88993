//! Where runs are kept: the journal is the truth of a run in progress, IndexedDB holds the checkpoints, and either
//! alone rebuilds the other. Without OPFS, IndexedDB alone; without both, memory, and the page says what that risks.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::browser::{property, scope, words};
use super::checkpoints::{Checkpoints, bytes_of, data_changes, groups_of, hex, unhex};
use super::database::{Change, Database, Durability, Store, keys_of};
use super::journal::Journal;
use super::locks::{self, Attempt, Lock};
use super::manifest::{Listed, Manifest, frames_of, merged, records_of};
use super::opfs::Opfs;
use super::prepare::CacheKey;
use super::terms::problem;
use crate::engine::Record;
use crate::link::{Place, Problem, RunSummary, StorageFacts};
use crate::provider::Answer;

const DATA: &str = "data";

pub struct Storage {
    pub opfs: Option<Opfs>,
    pub database: Option<Rc<Database>>,
    /// Why there is no database.
    pub refused: Option<String>,
}

/// A run that is open for writing.
pub struct RunStore {
    journal: Option<Journal>,
    pub checkpoints: Option<Rc<Checkpoints>>,
    records: u64,
    lock: Option<Lock>,
}

/// A run as it was found on disk.
pub struct Kept {
    pub manifest: Manifest,
    pub data: Vec<u8>,
    pub records: Vec<Record>,
    pub notes: Vec<String>,
}

/// What one side, or both together, know of a run.
struct Found {
    manifest: Manifest,
    records: Vec<Record>,
    /// How many of them the journal has; `None`: there is no readable journal.
    in_journal: Option<usize>,
    in_database: Option<usize>,
    torn_bytes: usize,
}

impl Storage {
    pub async fn open() -> Storage {
        let opfs = Opfs::open().await;
        match Database::open().await {
            Ok(database) => Storage { opfs, database: Some(Rc::new(database)), refused: None },
            Err(why) => Storage { opfs, database: None, refused: Some(why) },
        }
    }

    pub async fn facts(&self) -> StorageFacts {
        let (mut persisted, mut used_bytes, mut quota_bytes) = (false, None, None);
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
            if let Ok(asked) = storage.estimate()
                && let Ok(estimate) = asked.await
            {
                used_bytes = property(&estimate, "usage").and_then(|bytes| bytes.as_f64());
                quota_bytes = property(&estimate, "quota").and_then(|bytes| bytes.as_f64());
            }
        }
        StorageFacts {
            opfs: self.opfs.is_some(),
            indexed_db: self.database().is_some(),
            locks: locks::supported(),
            persisted,
            used_bytes,
            quota_bytes,
        }
    }

    fn database(&self) -> Option<&Rc<Database>> {
        self.database.as_ref().filter(|database| !database.is_lost())
    }

    /// Puts a new run down: its data, then the manifest that makes it a run.
    pub async fn create(&self, manifest: &Manifest, data: &[u8]) -> Result<RunStore, Problem> {
        let lock = take_lock(&manifest.run).await?;
        let refused = |why: String| {
            problem(
                Place::Storage,
                format!(
                    "The browser would not keep the run: {why}. Nothing was sent. Free some space and start again."
                ),
            )
        };
        let manifest_frame = manifest.frame().map_err(refused)?;
        let mut journal = None;
        if let Some(opfs) = &self.opfs {
            opfs.write(&manifest.run, DATA, data).await.map_err(|error| refused(words(&error)))?;
            let begun = Journal::create(opfs, &manifest.run, &manifest_frame).await;
            journal = Some(begun.map_err(|error| refused(words(&error)))?);
        }
        let mut checkpoints = None;
        if let Some(database) = self.database() {
            let changes = run_changes(manifest, data, &[]).map_err(refused)?;
            let durability = if journal.is_some() { Durability::Relaxed } else { Durability::Strict };
            let written = database.write(changes, durability).await.map_err(|error| words(&error));
            let follows = Checkpoints::new(database.clone(), manifest.run.clone(), 0);
            match written {
                Err(why) if journal.is_none() => return Err(refused(why)),
                Err(why) => *follows.lost.borrow_mut() = Some(why),
                Ok(()) => {}
            }
            checkpoints = Some(follows);
        }
        Ok(RunStore { journal, checkpoints, records: 0, lock })
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

    async fn open_locked(&self, run: &str) -> Result<(RunStore, Kept), Problem> {
        let unreadable = |why: String| {
            problem(
                Place::Runs,
                format!("This run can't be opened: {why}. It was left as it is, and nothing was sent."),
            )
        };
        let found = self.find(run).await.map_err(unreadable)?;
        let (data, data_in_opfs, data_in_database) = self.find_data(&found.manifest).await.map_err(unreadable)?;
        let mut notes = Vec::new();
        if found.torn_bytes > 0 {
            notes.push(format!(
                "The last {} bytes of the journal were torn by a crash and were cut; everything before them is whole.",
                found.torn_bytes
            ));
        }
        let journal = self.mend_journal(&found, &data, data_in_opfs, &mut notes).await.map_err(unreadable)?;
        let checkpoints = self.mend_checkpoints(&found, &data, data_in_database, &mut notes).await;
        let records = found.records.len() as u64;
        let store = RunStore { journal, checkpoints, records, lock: None };
        Ok((store, Kept { manifest: found.manifest, data, records: found.records, notes }))
    }

    async fn find(&self, run: &str) -> Result<Found, String> {
        let journal = match &self.opfs {
            Some(opfs) => Journal::read(opfs, run).await,
            None => None,
        };
        let mut torn_bytes = 0;
        let (mut manifest, mut in_journal, mut records) = (None, None, Vec::new());
        if let Some(journal) = journal {
            torn_bytes = journal.torn_bytes;
            if let Some((first, rest)) = journal.payloads.split_first() {
                manifest = Some(Manifest::read(first)?);
                records = records_of(rest.iter().map(Vec::as_slice))?;
                in_journal = Some(records.len());
            }
        }
        let (listed, groups) = match self.database() {
            Some(database) => (read_listed(database, run).await, read_groups(database, run).await?),
            None => (None, Vec::new()),
        };
        let in_database = listed.as_ref().map(|_| merged(Vec::new(), groups.clone()).len());
        let manifest = manifest.or(listed.map(|listed| listed.manifest));
        let Some(manifest) = manifest else {
            return Err("neither its journal nor its checkpoint is there".into());
        };
        Ok(Found { manifest, records: merged(records, groups), in_journal, in_database, torn_bytes })
    }

    /// The data, and whether each side has it whole.
    async fn find_data(&self, manifest: &Manifest) -> Result<(Vec<u8>, bool, bool), String> {
        let in_opfs = match &self.opfs {
            Some(opfs) => opfs.read(&manifest.run, DATA).await.filter(|bytes| manifest.data.fits(bytes)),
            None => None,
        };
        let in_database = match self.database() {
            Some(database) => {
                let chunks = database.values(Store::Data, Some(keys_of(&manifest.run))).await.unwrap_or_default();
                let bytes: Vec<u8> = chunks.iter().flat_map(bytes_of).collect();
                Some(bytes).filter(|bytes| manifest.data.fits(bytes))
            }
            None => None,
        };
        let has = (in_opfs.is_some(), in_database.is_some());
        match in_opfs.or(in_database) {
            Some(bytes) => Ok((bytes, has.0, has.1)),
            None => Err(format!("its copy of {} is missing or damaged", manifest.data.name)),
        }
    }

    async fn mend_journal(
        &self,
        found: &Found,
        data: &[u8],
        data_in_opfs: bool,
        notes: &mut Vec<String>,
    ) -> Result<Option<Journal>, String> {
        let Some(opfs) = &self.opfs else { return Ok(None) };
        let run = &found.manifest.run;
        if !data_in_opfs {
            opfs.write(run, DATA, data).await.map_err(|error| words(&error))?;
        }
        if found.in_journal == Some(found.records.len()) {
            return Journal::open(opfs, run).await.map(Some).map_err(|error| words(&error));
        }
        let mut frames = found.manifest.frame()?;
        frames.extend(frames_of(&found.records)?);
        let journal = Journal::create(opfs, run, &frames).await.map_err(|error| words(&error))?;
        notes.push("The journal had lost records; it was rebuilt from the checkpoints.".into());
        Ok(Some(journal))
    }

    async fn mend_checkpoints(
        &self,
        found: &Found,
        data: &[u8],
        data_in_database: bool,
        notes: &mut Vec<String>,
    ) -> Option<Rc<Checkpoints>> {
        let database = self.database()?;
        let run = &found.manifest.run;
        let sequence = found.records.len() as u64;
        let checkpoints = Checkpoints::new(database.clone(), run.clone(), sequence);
        if found.in_database == Some(found.records.len()) && data_in_database {
            return Some(checkpoints);
        }
        let written = match run_changes(&found.manifest, data, &found.records) {
            Ok(changes) => database.write(changes, Durability::Relaxed).await.map_err(|error| words(&error)),
            Err(why) => Err(why),
        };
        if found.in_database.is_none() {
            notes.push("The browser had lost this run's checkpoints; they were rebuilt from the journal.".into());
        }
        *checkpoints.lost.borrow_mut() = written.err();
        Some(checkpoints)
    }

    /// Every run that either side knows, the latest first.
    pub async fn runs(&self, own: Option<&str>) -> Vec<RunSummary> {
        let mut names = BTreeSet::new();
        if let Some(opfs) = &self.opfs {
            names.extend(opfs.runs().await.unwrap_or_default());
        }
        if let Some(database) = self.database() {
            let keys = database.keys(Store::Runs, None).await.unwrap_or_default();
            names.extend(keys.iter().filter_map(|key| key.as_string()));
        }
        let held = locks::held_runs().await;
        let mut runs = Vec::with_capacity(names.len());
        for run in names.into_iter().rev() {
            let busy = held.contains(&run) && own != Some(run.as_str());
            if let Some(mut summary) = self.summary(&run, busy).await {
                summary.busy = busy;
                runs.push(summary);
            }
        }
        runs
    }

    /// The checkpoint's word where it is as long as the journal; else the records are read again.
    async fn summary(&self, run: &str, busy: bool) -> Option<RunSummary> {
        let listed = match self.database() {
            Some(database) => read_listed(database, run).await,
            None => None,
        };
        let journal_bytes = match &self.opfs {
            Some(opfs) => Journal::size(opfs, run).await,
            None => None,
        };
        // Without a journal to compare with, only the end of a run is sure to be told last.
        let current = |listed: &Listed| match journal_bytes {
            Some(bytes) => listed.records > 0 && bytes == listed.journal_bytes,
            None => listed.records > 0 && listed.summary.finished && self.opfs.is_none(),
        };
        match listed {
            Some(listed) if busy || current(&listed) => Some(listed.summary),
            listed => match self.find(run).await {
                Ok(found) => {
                    let mut summary = found.manifest.summary(&found.records);
                    if found.torn_bytes > 0 {
                        summary.notes.push("A crash tore the end of its journal; opening it cuts that.".into());
                    }
                    Some(summary)
                }
                // A run of a later version is shown as its checkpoint tells it; what has no manifest is no run yet.
                Err(_) => listed.map(|listed| listed.summary),
            },
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

    pub async fn cached_keys(&self) -> Vec<CacheKey> {
        let Some(database) = self.database() else { return Vec::new() };
        let keys = database.keys(Store::Cache, None).await.unwrap_or_default();
        keys.iter().filter_map(|key| unhex(&key.as_string()?)).collect()
    }

    /// What the request cache holds for these keys. An unreadable answer counts as none.
    pub async fn look_up(&self, keys: &[CacheKey]) -> Vec<Option<Answer>> {
        let Some(database) = self.database() else { return vec![None; keys.len()] };
        let names: Vec<_> = keys.iter().map(|key| hex(key).into()).collect();
        match database.get_many(Store::Cache, &names).await {
            Ok(values) => {
                let answers = values.iter().map(|value| value.as_string());
                answers.map(|json| serde_json::from_str(&json?).ok()).collect()
            }
            Err(_) => vec![None; keys.len()],
        }
    }

    pub async fn clear_cache(&self) -> Result<(), Problem> {
        let Some(database) = self.database() else { return Ok(()) };
        let cleared = database.write(vec![Change::Clear { store: Store::Cache }], Durability::Strict).await;
        cleared.map_err(|error| problem(Place::Storage, format!("The cache was not cleared: {}.", words(&error))))
    }
}

impl RunStore {
    /// Returns once the records are safe: flushed to the journal, or, without one, complete in the database.
    pub async fn append(&mut self, records: &[Record]) -> Result<(), String> {
        let frames = frames_of(records)?;
        if let Some(journal) = &mut self.journal {
            journal.append(&frames).await.map_err(|error| words(&error))?;
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.add(&frames, records.len());
            match self.journal {
                Some(_) => checkpoints.schedule(),
                None => checkpoints.write(Durability::Strict).await?,
            }
        }
        self.records += records.len() as u64;
        Ok(())
    }

    /// Lets the list of runs know where this one stands.
    pub fn list(&self, manifest: &Manifest, summary: RunSummary) {
        if let Some(checkpoints) = &self.checkpoints {
            let journal_bytes = self.journal.as_ref().map_or(0.0, Journal::bytes);
            checkpoints.list(Listed { manifest: manifest.clone(), summary, records: self.records, journal_bytes });
            checkpoints.schedule();
        }
    }

    /// Writes what has gathered, and returns once another tab could open the run.
    pub async fn close(self) {
        let RunStore { journal, checkpoints, lock, .. } = self;
        if let Some(checkpoints) = checkpoints {
            let _ = checkpoints.write(Durability::Relaxed).await;
        }
        drop(journal);
        release(lock).await;
    }
}

async fn release(lock: Option<Lock>) {
    if let Some(lock) = lock {
        lock.release().await;
    }
}

async fn take_lock(run: &str) -> Result<Option<Lock>, Problem> {
    match locks::take(run).await {
        Attempt::Held(lock) => Ok(Some(lock)),
        Attempt::Unsupported => Ok(None),
        Attempt::Busy => Err(problem(
            Place::Runs,
            "Another tab has this run open. It goes on there; close that tab to open it here.",
        )),
    }
}

/// The changes that put down a whole run; what was there of it before is replaced.
fn run_changes(manifest: &Manifest, data: &[u8], records: &[Record]) -> Result<Vec<Change>, String> {
    let run = manifest.run.as_str();
    let listed =
        Listed { manifest: manifest.clone(), summary: manifest.summary(records), records: 0, journal_bytes: 0.0 };
    let json = serde_json::to_string(&listed).map_err(|error| error.to_string())?;
    let mut changes = vec![
        Change::Delete { store: Store::Data, keys: keys_of(run) },
        Change::Delete { store: Store::Records, keys: keys_of(run) },
        Change::put(Store::Runs, run, json),
    ];
    changes.extend(data_changes(run, data));
    if !records.is_empty() {
        let frames = frames_of(records)?;
        let key = super::database::key_of(run, 0);
        changes.push(Change::put(Store::Records, key, js_sys::Uint8Array::from(&frames[..])));
    }
    Ok(changes)
}

async fn read_listed(database: &Database, run: &str) -> Option<Listed> {
    let json = database.get(Store::Runs, run).await.ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}

async fn read_groups(database: &Database, run: &str) -> Result<Vec<(u64, Vec<Record>)>, String> {
    let keys = database.keys(Store::Records, Some(keys_of(run))).await.unwrap_or_default();
    let values = database.values(Store::Records, Some(keys_of(run))).await.unwrap_or_default();
    if keys.len() != values.len() {
        return Ok(Vec::new());
    }
    groups_of(&keys, &values)
}
