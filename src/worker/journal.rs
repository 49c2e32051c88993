//! The truth of a run in progress: an append-only file of [frames](super::frames). The first is the manifest, each
//! other one a record. What `append` returned `Ok` for has been flushed.

use wasm_bindgen::JsValue;
use web_sys::FileSystemSyncAccessHandle;

use super::frames;
use super::opfs::{Opfs, write_at};

const FILE: &str = "journal";

pub struct Journal {
    opfs: Opfs,
    run: String,
    handle: FileSystemSyncAccessHandle,
    /// Bytes that are whole and flushed; the next append begins here, over whatever a failed one left.
    bytes: f64,
}

/// A journal as it was found.
pub struct Found {
    pub payloads: Vec<Vec<u8>>,
    /// Bytes of a torn or damaged tail. Opening the journal for appending cuts them.
    pub torn_bytes: usize,
}

impl Journal {
    /// Begins a journal; one of the same name is overwritten.
    pub async fn create(opfs: &Opfs, run: &str, frames: &[u8]) -> Result<Journal, JsValue> {
        let handle = opfs.handle(run, FILE).await?;
        let mut journal = Journal { opfs: opfs.clone(), run: run.into(), handle, bytes: 0.0 };
        journal.handle.truncate_with_u32(0)?;
        journal.append(frames).await?;
        Ok(journal)
    }

    /// What a journal holds, without opening it for writing.
    pub async fn read(opfs: &Opfs, run: &str) -> Option<Found> {
        let bytes = opfs.read(run, FILE).await?;
        let frames = frames::read(&bytes);
        Some(Found {
            payloads: frames.payloads.into_iter().map(|payload| bytes[payload].to_vec()).collect(),
            torn_bytes: bytes.len() - frames.whole_bytes,
        })
    }

    /// Opens a journal to go on with it: what follows its last whole frame is cut.
    pub async fn open(opfs: &Opfs, run: &str) -> Result<Journal, JsValue> {
        let bytes = opfs.read(run, FILE).await.unwrap_or_default();
        let whole_bytes = frames::read(&bytes).whole_bytes as f64;
        let handle = opfs.handle(run, FILE).await?;
        handle.truncate_with_f64(whole_bytes)?;
        handle.flush()?;
        Ok(Journal { opfs: opfs.clone(), run: run.into(), handle, bytes: whole_bytes })
    }

    pub async fn size(opfs: &Opfs, run: &str) -> Option<f64> {
        opfs.size(run, FILE).await
    }

    pub fn bytes(&self) -> f64 {
        self.bytes
    }

    /// Appends whole frames and flushes. A lost handle is opened once more; a full disk is the caller's to report.
    pub async fn append(&mut self, frames: &[u8]) -> Result<(), JsValue> {
        if self.write(frames).is_err() {
            self.handle.close();
            self.handle = self.opfs.handle(&self.run, FILE).await?;
            if self.handle.get_size()? < self.bytes {
                return Err(js_sys::Error::new("the journal lost bytes that had been flushed").into());
            }
            self.write(frames)?;
        }
        self.bytes += frames.len() as f64;
        Ok(())
    }

    fn write(&self, frames: &[u8]) -> Result<(), JsValue> {
        let written = write_at(&self.handle, self.bytes, frames).and_then(|()| self.handle.flush());
        if written.is_err() {
            // A frame that went down by half would be taken for a torn tail; cutting it now keeps the file clean.
            let _ = self.handle.truncate_with_f64(self.bytes);
        }
        written
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.handle.close();
    }
}
