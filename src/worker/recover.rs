//! Opening a run again: journal and checkpoints are merged, and whichever lags is mended. After a crash, or when the
//! browser lost one side, nothing is asked of the person.

use std::rc::Rc;

use super::browser::words;
use super::checkpoints::{Checkpoints, bytes_of, groups_of};
use super::database::{Database, Durability, Store, keys_of};
use super::journal::Journal;
use super::manifest::{Listed, Manifest, frames_of, merged, records_of};
use super::storage::{DATA, Kept, RunStore, Storage, run_changes};
use super::terms::problem;
use crate::engine::Record;
use crate::link::{Place, Problem};

/// What one side, or both together, know of a run.
pub(super) struct Found {
    pub(super) manifest: Manifest,
    pub(super) records: Vec<Record>,
    /// How many of them the journal has; `None`: there is no readable journal.
    in_journal: Option<usize>,
    in_database: Option<usize>,
    pub(super) torn_bytes: usize,
}

impl Storage {
    pub(super) async fn open_locked(&self, run: &str) -> Result<(RunStore, Kept), Problem> {
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

    pub(super) async fn find(&self, run: &str) -> Result<Found, String> {
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
}

pub(super) async fn read_listed(database: &Database, run: &str) -> Option<Listed> {
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
