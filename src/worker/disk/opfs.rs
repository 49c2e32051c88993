//! Files in the origin's private file system: `runs/<run>/journal` and `runs/<run>/data`.
//! Only a dedicated worker may write them at once and flush them; see [`Journal`](super::journal::Journal).

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemRemoveOptions, FileSystemSyncAccessHandle,
};

use crate::link::RunId;
use crate::worker::browser::{is_named, next_turn, property, scope};

/// Others have their turn after so much was written.
const PART_BYTES: usize = 8 * 1024 * 1024;

#[derive(Clone)]
pub struct Opfs {
    runs: FileSystemDirectoryHandle,
}

impl Opfs {
    /// `None` where this browser has no such file system, won't open it (a private window), or has it without the handles
    /// that a worker writes by (WebKitGTK).
    pub async fn open() -> Option<Opfs> {
        let handle_kind = property(&js_sys::global(), "FileSystemFileHandle")?;
        property(&property(&handle_kind, "prototype")?, "createSyncAccessHandle")?;
        let storage = property(&scope().navigator(), "storage")?;
        property(&storage, "getDirectory")?;
        let root = scope().navigator().storage().get_directory().await.ok()?;
        let root: FileSystemDirectoryHandle = root.unchecked_into();
        writable(&root).await?;
        let runs = directory(&root, "runs", true).await.ok()?;
        Some(Opfs { runs })
    }

    /// The runs that have a directory here.
    pub async fn runs(&self) -> Result<Vec<RunId>, JsValue> {
        names(&self.runs).await
    }

    /// The files of a run.
    pub async fn files(&self, run: &str) -> Result<Vec<String>, JsValue> {
        names(&directory(&self.runs, run, false).await?).await
    }

    /// Bytes of a file; `None` where there is none.
    pub async fn size(&self, run: &str, file: &str) -> Option<f64> {
        Some(self.blob(run, file).await?.size())
    }

    pub async fn read(&self, run: &str, file: &str) -> Option<Vec<u8>> {
        let file = self.blob(run, file).await?;
        let mut bytes = Vec::with_capacity(file.size() as usize);
        while (bytes.len() as f64) < file.size() {
            let (from, to) = (bytes.len() as f64, (bytes.len() + PART_BYTES) as f64);
            let part = file.slice_with_f64_and_f64(from, to).ok()?.array_buffer().await.ok()?;
            bytes.extend_from_slice(&Uint8Array::new(&part).to_vec());
        }
        Some(bytes)
    }

    pub async fn blob(&self, run: &str, file: &str) -> Option<Blob> {
        let handle = self.file(run, file, false).await.ok()?;
        handle.get_file().await.ok()?.dyn_into().ok()
    }

    /// Writes a whole file, flushed before this returns.
    pub async fn write(&self, run: &str, file: &str, bytes: &[u8]) -> Result<(), JsValue> {
        let handle = self.handle(run, file).await?;
        let mut written = handle.truncate_with_u32(0);
        for (place, part) in bytes.chunks(PART_BYTES).enumerate() {
            written = written.and_then(|()| write_at(&handle, (place * PART_BYTES) as f64, part));
            next_turn().await;
        }
        let written = written.and_then(|()| handle.flush());
        handle.close();
        written
    }

    /// The file, opened for this worker alone; created where it is missing.
    pub async fn handle(&self, run: &str, file: &str) -> Result<FileSystemSyncAccessHandle, JsValue> {
        let file = self.file(run, file, true).await?;
        Ok(file.create_sync_access_handle().await?.unchecked_into())
    }

    async fn file(&self, run: &str, file: &str, create: bool) -> Result<FileSystemFileHandle, JsValue> {
        let run = directory(&self.runs, run, create).await?;
        let options = FileSystemGetFileOptions::new();
        options.set_create(create);
        Ok(run.get_file_handle_with_options(file, &options).await?.unchecked_into())
    }

    pub async fn remove_file(&self, run: &str, file: &str) -> Result<(), JsValue> {
        let run = directory(&self.runs, run, false).await?;
        run.remove_entry(file).await.map(|_| ())
    }

    pub async fn remove(&self, run: &str) -> Result<(), JsValue> {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        self.runs.remove_entry_with_options(run, &options).await.map(|_| ())
    }
}

/// Writes all of `bytes`. A short write is a full disk, in some browsers.
pub fn write_at(handle: &FileSystemSyncAccessHandle, at: f64, bytes: &[u8]) -> Result<(), JsValue> {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(at);
    let written = handle.write_with_u8_array_and_options(bytes, &options)?;
    if written as usize == bytes.len() {
        return Ok(());
    }
    let error = js_sys::Error::new(&format!("only {written} of {} bytes could be written", bytes.len()));
    error.set_name("QuotaExceededError");
    Err(error.into())
}

/// Tries to open a file for writing. Another tab that is just trying it too makes no difference.
async fn writable(root: &FileSystemDirectoryHandle) -> Option<()> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let file = root.get_file_handle_with_options("tried", &options).await.ok()?;
    match file.unchecked_into::<FileSystemFileHandle>().create_sync_access_handle().await {
        Ok(handle) => handle.unchecked_into::<FileSystemSyncAccessHandle>().close(),
        Err(error) if is_named(&error, "NotSupportedError") => return None,
        Err(_) => {}
    }
    Some(())
}

async fn names(directory: &FileSystemDirectoryHandle) -> Result<Vec<String>, JsValue> {
    let steps = directory.keys();
    let mut names = Vec::new();
    loop {
        let step = steps.next()?.await?;
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(names);
        }
        names.extend(Reflect::get(&step, &"value".into())?.as_string());
    }
}

async fn directory(
    parent: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(create);
    Ok(parent.get_directory_handle_with_options(name, &options).await?.unchecked_into())
}
