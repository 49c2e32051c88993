//! Opening a run again: journal and checkpoints are merged, and whichever lags is mended. After a crash, or when the
//! browser lost one side, nothing is asked of the person. Both sides are gone through a part at a time: together they
//! may be far larger than memory should be.

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::checkpoints::{Checkpoints, GROUP_BYTES, Groups, bytes_of};
use super::database::{Change, Database, Durability, Store, key_of, keys_of};
use super::frames;
use super::gathered::Gathered;
use super::journal::{Journal, Walk};
use super::manifest::{Listed, Manifest};
use super::refusal::DiskRefusal;
use super::spool::ARRIVING;
use super::storage::{DATA, Kept, RunStore, Storage, run_changes};
use crate::link::{Place, Problem};
use crate::worker::browser::{Slices, words};
use crate::worker::plan::problem;
use crate::worker::rows::data::crc32;

/// Groups that are written together when checkpoints are mended.
const GROUPS_AT_ONCE: usize = 20;

/// What one side, or both together, know of a run.
pub(super) struct Found {
    pub(super) manifest: Manifest,
    pub(super) gathered: Gathered,
    /// How many of its records the journal has; `None`: there is no readable journal.
    in_journal: Option<usize>,
    /// Bytes of the journal that are whole, and those of a torn or damaged tail.
    whole_bytes: u64,
    pub(super) torn_bytes: u64,
    /// The database lists the run.
    listed: bool,
}

impl Storage {
    pub(super) async fn open_locked(&self, run: &str) -> Result<(RunStore, Kept), Problem> {
        let unreadable = |why: String| {
            problem(
                Place::Runs,
                format!("This run can't be opened: {why}. It was left as it is, and nothing was sent."),
            )
        };
        let mut found = self.find(run).await.map_err(unreadable)?;
        let (data, data_in_opfs, data_in_database) = self.find_data(&found.manifest).await.map_err(unreadable)?;
        let mut notes = Vec::new();
        if found.torn_bytes > 0 {
            notes.push(format!(
                "The last {} bytes of the journal were torn by a crash and were cut; everything before them is whole.",
                found.torn_bytes
            ));
        }
        if let Some(opfs) = &self.opfs {
            for file in opfs.files(run).await.unwrap_or_default() {
                if file.starts_with(ARRIVING) {
                    let _ = opfs.remove_file(run, &file).await;
                }
            }
            if !data_in_opfs {
                opfs.write(run, DATA, &data).await.map_err(|error| unreadable(words(&error)))?;
            }
            if found.in_journal != Some(found.gathered.records.len()) {
                self.mend_journal(&found).await.map_err(unreadable)?;
                notes.push("The journal had lost records; it was rebuilt from the checkpoints.".into());
                // From here on long answers have their places.
                found = Found { listed: found.listed, ..self.find(run).await.map_err(unreadable)? };
            }
        }
        let checkpoints = self.mend_checkpoints(&found, &data, data_in_database, &mut notes).await;
        let journal = match &self.opfs {
            Some(opfs) => {
                let opened = Journal::open_at(opfs, run, found.whole_bytes).await;
                Some(opened.map_err(|error| unreadable(words(&error)))?)
            }
            None => None,
        };
        let records = found.gathered.records.len() as u64;
        let store = RunStore { journal, checkpoints, manifest: found.manifest.json(), records, lock: None };
        Ok((store, Kept { manifest: found.manifest, data, records: found.gathered.records, notes }))
    }

    /// All records of a run. With a private file system, long answers stay on the disk.
    pub(super) async fn find(&self, run: &str) -> Result<Found, String> {
        let mut gathered = Gathered::default();
        let (mut manifest, mut in_journal, mut whole_bytes, mut torn_bytes) = (None, None, 0, 0);
        let walk = match &self.opfs {
            Some(opfs) => Walk::begin(opfs, run).await,
            None => None,
        };
        let mut slices = Slices::begin();
        if let Some(mut walk) = walk {
            if let Some((_, payload)) = walk.next().await.map_err(|error| words(&error))? {
                manifest = Some(Manifest::read(payload)?);
                while let Some((place, payload)) = walk.next().await.map_err(|error| words(&error))? {
                    gathered.journaled(place, payload)?;
                    slices.turn().await;
                }
                in_journal = Some(gathered.records.len());
            }
            (whole_bytes, torn_bytes) = (walk.whole_bytes(), walk.torn_bytes());
        }
        let mut listed = None;
        if let Some(database) = self.database() {
            listed = read_listed(database, run).await;
            let mut groups = Groups::begin(database, run).await;
            while let Some((first, frames)) = groups.next().await {
                gathered.checkpointed(first, &frames, self.opfs.is_some())?;
                slices.turn().await;
            }
        }
        let is_listed = listed.is_some();
        let Some(manifest) = manifest.or(listed.map(|listed| listed.manifest)) else {
            return Err("neither its journal nor its checkpoint is there".into());
        };
        Ok(Found { manifest, gathered, in_journal, whole_bytes, torn_bytes, listed: is_listed })
    }

    /// The data, and whether each side has it whole.
    async fn find_data(&self, manifest: &Manifest) -> Result<(Vec<u8>, bool, bool), String> {
        let slices = &mut Slices::begin();
        let mut whole = async |bytes: Option<Vec<u8>>| {
            let bytes = bytes?;
            let crc32 = crc32(&bytes, slices).await;
            manifest.data.fits(&bytes, crc32).then_some(bytes)
        };
        let in_opfs = match &self.opfs {
            Some(opfs) => whole(opfs.read(&manifest.run, DATA).await).await,
            None => None,
        };
        let in_database = match self.database() {
            Some(database) => whole(data_of(database, &manifest.run).await.ok()).await,
            None => None,
        };
        let has = (in_opfs.is_some(), in_database.is_some());
        match in_opfs.or(in_database) {
            Some(bytes) => Ok((bytes, has.0, has.1)),
            None => Err(format!("its copy of {} is missing or damaged", manifest.data.name)),
        }
    }

    /// Appends to the journal what only the checkpoints have, or begins it anew where it is gone.
    async fn mend_journal(&self, found: &Found) -> Result<(), String> {
        let (Some(opfs), Some(database)) = (&self.opfs, self.database()) else { return Ok(()) };
        let run = &found.manifest.run;
        let opened = match found.in_journal {
            Some(_) => Journal::open_at(opfs, run, found.whole_bytes).await.map_err(|error| DiskRefusal::of(&error)),
            None => {
                let frame = found.manifest.frame().map_err(|why| why.to_string())?;
                Journal::create(opfs, run, &frame).await
            }
        };
        let mut journal = opened.map_err(|why| why.to_string())?;
        let mut have = found.in_journal.unwrap_or(0);
        let mut groups = Groups::begin(database, run).await;
        while let Some((first, bytes)) = groups.next().await {
            let payloads = frames::read(&bytes).payloads;
            let Some(skipped) = have.checked_sub(first as usize) else { continue };
            let (Some(from), Some(last)) = (payloads.get(skipped), payloads.last()) else { continue };
            let missing = &bytes[from.start - frames::HEAD_BYTES..last.end];
            journal.append(missing).await.map_err(|why| why.to_string())?;
            have = first as usize + payloads.len();
        }
        Ok(())
    }

    /// Adds to the checkpoints what only the journal has, or puts them down anew where they are gone.
    async fn mend_checkpoints(
        &self,
        found: &Found,
        data: &[u8],
        data_in_database: bool,
        notes: &mut Vec<String>,
    ) -> Option<Rc<Checkpoints>> {
        let database = self.database()?;
        let run = &found.manifest.run;
        let sequence = found.gathered.records.len();
        let checkpoints = Checkpoints::new(database.clone(), self.cache.clone(), run.clone(), sequence as u64);
        let is_there = found.listed && data_in_database;
        if is_there && found.gathered.in_checkpoints == sequence {
            return Some(checkpoints);
        }
        // What is missing in them stays in the journal.
        let _ = self.mend_groups(database, found, data, is_there).await;
        if !found.listed {
            notes.push("The browser had lost this run's checkpoints; they were rebuilt from the journal.".into());
        }
        Some(checkpoints)
    }

    async fn mend_groups(&self, database: &Database, found: &Found, data: &[u8], is_there: bool) -> Result<(), String> {
        let run = &found.manifest.run;
        let mut number = if is_there { found.gathered.in_checkpoints } else { 0 };
        if !is_there {
            let changes = run_changes(&found.manifest, data, found.manifest.summary(&found.gathered.records));
            database.write(changes, Durability::Relaxed).await.map_err(|error| words(&error))?;
        }
        let Some(opfs) = &self.opfs else { return Ok(()) };
        let Some(mut walk) = Walk::begin(opfs, run).await else { return Ok(()) };
        // The manifest, and what is there.
        for _ in 0..=number {
            walk.next().await.map_err(|error| words(&error))?;
        }
        let mut changes = Vec::new();
        loop {
            let (first, mut group) = (number as u64, Vec::new());
            while group.len() < GROUP_BYTES
                && let Some((_, payload)) = walk.next().await.map_err(|error| words(&error))?
            {
                frames::append(&mut group, payload).map_err(|_| "a record is too large".to_owned())?;
                number += 1;
            }
            let was_last = group.is_empty();
            if !was_last {
                changes.push(Change::put(Store::Records, key_of(run, first), Uint8Array::from(&group[..])));
            }
            if was_last || changes.len() >= GROUPS_AT_ONCE {
                let together = std::mem::take(&mut changes);
                database.write(together, Durability::Relaxed).await.map_err(|error| words(&error))?;
            }
            if was_last {
                return Ok(());
            }
        }
    }
}

/// The data as the database has it, chunk by chunk.
async fn data_of(database: &Database, run: &str) -> Result<Vec<u8>, JsValue> {
    let mut bytes = Vec::new();
    for key in database.keys(Store::Data, Some(keys_of(run))).await? {
        for chunk in database.get_many(Store::Data, &[key]).await? {
            bytes.extend_from_slice(&bytes_of(&chunk));
        }
    }
    Ok(bytes)
}

pub(super) async fn read_listed(database: &Database, run: &str) -> Option<Listed> {
    let json = database.get(Store::Runs, run).await.ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}
