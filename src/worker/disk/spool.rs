//! A response's body by way of the disk. Chromium takes a body in as fast as it comes, whoever reads it, and holds up
//! to 55 MiB of it in this process's memory (`kMaxBufferSize` in Blink's `buffering_bytes_consumer.h`). Rows are settled
//! slower than a fast line brings them; writing to a file is not.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

use super::opfs::Opfs;
use crate::worker::http::chunks::{Chunks, append};

/// Begins the name of every such file: those that a crash left are found by it.
pub const ARRIVING: &str = "arriving-";
/// So much is read back at once.
const PART_BYTES: u64 = 128 * 1_024;

pub struct Spool {
    opfs: Opfs,
    run: String,
    file: String,
    handle: FileSystemSyncAccessHandle,
    written: Cell<u64>,
    taken: Cell<u64>,
    end: RefCell<Option<End>>,
    reader: RefCell<Option<Waker>>,
}

enum End {
    Whole,
    Broken(JsValue),
    /// The disk took no more: this chunk, and what follows it, never came to the file.
    Full(Uint8Array, Chunks),
}

/// What a spool gives its reader.
pub enum Part {
    Bytes,
    /// The rest goes past the disk.
    Past(Chunks),
    End,
}

impl Spool {
    /// Begins to fill a file of the run's directory, which is gone again when the spool is. Gives the chunks back where
    /// it can't be opened.
    pub async fn begin(opfs: &Opfs, run: &str, file: String, chunks: Chunks) -> Result<Rc<Spool>, Chunks> {
        let opened = opfs.handle(run, &file).await.and_then(|handle| handle.truncate_with_u32(0).map(|()| handle));
        let Ok(handle) = opened else { return Err(chunks) };
        let spool = Rc::new(Spool {
            opfs: opfs.clone(),
            run: run.into(),
            file,
            handle,
            written: Cell::new(0),
            taken: Cell::new(0),
            end: RefCell::default(),
            reader: RefCell::default(),
        });
        spawn_local(fill(Rc::downgrade(&spool), chunks));
        Ok(spool)
    }

    /// Appends what comes next, once it is there.
    pub async fn read(&self, into: &mut Vec<u8>) -> Result<Part, JsValue> {
        poll_fn(|context| {
            if self.taken.get() < self.written.get() || self.end.borrow().is_some() {
                return Poll::Ready(());
            }
            *self.reader.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        let (at, before) = (self.taken.get(), into.len());
        let there = (self.written.get() - at).min(PART_BYTES) as usize;
        if there > 0 {
            into.resize(before + there, 0);
            let read = self.handle.read_with_u8_array_and_options(&mut into[before..], &place(at))? as usize;
            into.truncate(before + read);
            if read == 0 {
                return Err(js_sys::Error::new("the file that a download goes through lost what was in it").into());
            }
            self.taken.set(at + read as u64);
            return Ok(Part::Bytes);
        }
        match self.end.take() {
            None | Some(End::Whole) => Ok(Part::End),
            Some(End::Broken(error)) => Err(error),
            Some(End::Full(chunk, chunks)) => {
                append(&chunk, into);
                Ok(Part::Past(chunks))
            }
        }
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn take_in(&self, chunk: &Uint8Array) -> Result<(), JsValue> {
        let at = self.written.get();
        let written = self.handle.write_with_js_u8_array_and_options(chunk, &place(at))?;
        if written != f64::from(chunk.length()) {
            return Err(JsValue::UNDEFINED);
        }
        self.written.set(at + u64::from(chunk.length()));
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.handle.close();
        let (opfs, run, file) = (self.opfs.clone(), std::mem::take(&mut self.run), std::mem::take(&mut self.file));
        spawn_local(async move {
            let _ = opfs.remove_file(&run, &file).await;
        });
    }
}

/// As fast as the stream gives, until its end or until nobody reads any more.
async fn fill(spool: Weak<Spool>, mut chunks: Chunks) {
    let end = loop {
        let next = chunks.next().await;
        let Some(spool) = spool.upgrade() else { return };
        match next {
            Ok(Some(chunk)) if spool.take_in(&chunk).is_err() => break End::Full(chunk, chunks),
            Ok(Some(_)) => spool.wake(),
            Ok(None) => break End::Whole,
            Err(error) => break End::Broken(error),
        }
    };
    if let Some(spool) = spool.upgrade() {
        spool.end.replace(Some(end));
        spool.wake();
    }
}

fn place(at: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(at as f64);
    options
}
