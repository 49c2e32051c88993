//! The truth of a run in progress: an append-only file of [frames](super::frames). The first is the manifest, each
//! other one a record. What `append` returned `Ok` for has been flushed, and can be read back from its place.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

use super::frames;
use super::opfs::{Opfs, write_at};
use super::refusal::DiskRefusal;
use crate::worker::browser::words;
use crate::worker::run::results::{Position, Texts};

const FILE: &str = "journal";
/// Read at once while a journal is gone through.
const PART_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

pub struct Journal {
    opfs: Opfs,
    run: String,
    /// Another one after it was lost.
    handle: Rc<RefCell<FileSystemSyncAccessHandle>>,
    /// Bytes that are whole and flushed; the next append begins here, over whatever a failed one left.
    bytes: f64,
}

impl Journal {
    /// Begins a journal; one of the same name is overwritten.
    pub async fn create(opfs: &Opfs, run: &str, frames: &[u8]) -> Result<Journal, DiskRefusal> {
        let refused = |error: JsValue| DiskRefusal::of(&error);
        let handle = opfs.handle(run, FILE).await.map_err(refused)?;
        // From here on the handle is closed whatever happens.
        let mut journal = Journal::of(opfs, run, handle.clone(), 0.0);
        handle.truncate_with_u32(0).map_err(refused)?;
        journal.append(frames).await?;
        Ok(journal)
    }

    /// Opens a journal to go on with it: what follows its last whole frame is cut.
    pub async fn open(opfs: &Opfs, run: &str) -> Result<Journal, JsValue> {
        let mut whole_bytes = 0;
        if let Some(mut walk) = Walk::begin(opfs, run).await {
            while walk.next().await?.is_some() {}
            whole_bytes = walk.whole_bytes();
        }
        Journal::open_at(opfs, run, whole_bytes).await
    }

    /// The same where it is known how many bytes are whole.
    pub async fn open_at(opfs: &Opfs, run: &str, whole_bytes: u64) -> Result<Journal, JsValue> {
        let whole_bytes = whole_bytes as f64;
        let handle = opfs.handle(run, FILE).await?;
        let journal = Journal::of(opfs, run, handle.clone(), whole_bytes);
        handle.truncate_with_f64(whole_bytes)?;
        handle.flush()?;
        Ok(journal)
    }

    fn of(opfs: &Opfs, run: &str, handle: FileSystemSyncAccessHandle, bytes: f64) -> Journal {
        Journal { opfs: opfs.clone(), run: run.into(), handle: Rc::new(RefCell::new(handle)), bytes }
    }

    pub async fn size(opfs: &Opfs, run: &str) -> Option<f64> {
        opfs.size(run, FILE).await
    }

    pub fn bytes(&self) -> f64 {
        self.bytes
    }

    pub fn reader(&self) -> Reader {
        Reader { handle: self.handle.clone() }
    }

    /// Appends whole frames and flushes. A lost handle is opened once more; a full disk is the caller's to report.
    pub async fn append(&mut self, frames: &[u8]) -> Result<(), DiskRefusal> {
        if self.write(frames).is_err() {
            self.handle.borrow().close();
            let again = self.opfs.handle(&self.run, FILE).await.map_err(|error| DiskRefusal::of(&error))?;
            self.handle.replace(again.clone());
            if again.get_size().map_err(|error| DiskRefusal::of(&error))? < self.bytes {
                return Err(DiskRefusal::Damaged("the journal lost bytes that had been flushed".into()));
            }
            self.write(frames).map_err(|error| DiskRefusal::of(&error))?;
        }
        self.bytes += frames.len() as f64;
        Ok(())
    }

    fn write(&self, frames: &[u8]) -> Result<(), JsValue> {
        let handle = self.handle.borrow();
        let written = write_at(&handle, self.bytes, frames).and_then(|()| handle.flush());
        if written.is_err() {
            // A frame that went down by half would be taken for a torn tail; cutting it now keeps the file clean.
            let _ = handle.truncate_with_f64(self.bytes);
        }
        written
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.handle.borrow().close();
    }
}

/// Reads records back while the journal is open, without waiting.
#[derive(Clone)]
pub struct Reader {
    handle: Rc<RefCell<FileSystemSyncAccessHandle>>,
}

impl Texts for Reader {
    fn payload(&self, place: Position) -> Result<Vec<u8>, String> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(place.at as f64);
        let mut bytes = vec![0; place.bytes as usize];
        let read = self.handle.borrow().read_with_u8_array_and_options(&mut bytes, &options);
        match read {
            Ok(read) if read as usize == bytes.len() => Ok(bytes),
            Ok(read) => Err(format!("only {read} of {} bytes of the journal could be read", bytes.len())),
            Err(error) => Err(words(&error)),
        }
    }
}

/// A journal gone through from its beginning, a part at a time: it may be far larger than memory should be.
pub struct Walk {
    file: Blob,
    read_to: f64,
    held: Vec<u8>,
    /// Of `held`, what was given out; and where `held` begins in the file.
    given: usize,
    held_at: u64,
}

impl Walk {
    /// `None`: there is no journal.
    pub async fn begin(opfs: &Opfs, run: &str) -> Option<Walk> {
        let file = opfs.blob(run, FILE).await?;
        Some(Walk { file, read_to: 0.0, held: Vec::new(), given: 0, held_at: 0 })
    }

    /// The next whole frame: its place, and its payload. `None`: what follows is torn, damaged, or nothing.
    pub async fn next(&mut self) -> Result<Option<(Position, &[u8])>, JsValue> {
        loop {
            if let Some(payload) = frames::first(&self.held[self.given..]) {
                let payload = self.given + payload.start..self.given + payload.end;
                self.given = payload.end;
                let place = Position { at: self.held_at + payload.start as u64, bytes: payload.len() as u32 };
                return Ok(Some((place, &self.held[payload])));
            }
            let rest = &self.held[self.given..];
            // A frame that is all here and isn't whole, or a head that can't be one, is damaged.
            let damaged = match frames::wanted(rest) {
                Some(wanted) => rest.len() >= wanted,
                None => rest.len() >= frames::HEAD_BYTES,
            };
            if damaged || self.read_to >= self.file.size() {
                return Ok(None);
            }
            self.read_on().await?;
        }
    }

    async fn read_on(&mut self) -> Result<(), JsValue> {
        self.held.drain(..self.given);
        self.held_at += self.given as u64;
        self.given = 0;
        let to = (self.read_to + PART_BYTES).min(self.file.size());
        let part = self.file.slice_with_f64_and_f64(self.read_to, to)?.array_buffer().await?;
        self.held.extend_from_slice(&Uint8Array::new(&part).to_vec());
        self.read_to = to;
        Ok(())
    }

    /// Bytes up to the end of the frame that was given out last.
    pub fn whole_bytes(&self) -> u64 {
        self.held_at + self.given as u64
    }

    /// Bytes after them.
    pub fn torn_bytes(&self) -> u64 {
        self.file.size() as u64 - self.whole_bytes()
    }
}
