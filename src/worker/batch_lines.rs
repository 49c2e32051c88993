//! A response's body, line by line: no more of it is held than the line that is being read.

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader, Response};

use super::browser::{is_named, words};
use super::fetch::Broken;
use crate::provider::batch::LINE_BYTES_MAX;

/// So much is taken from a stream at once.
const CHUNK_BYTES: u32 = 128 * 1_024;

/// One buffer goes back and forth where the stream allows it: a file of hundreds of megabytes in chunks of their own
/// would wait for the garbage collector, which sees how small they are and not how much they hold.
enum Reader {
    Lent(ReadableStreamByobReader, ArrayBuffer),
    Chunks(ReadableStreamDefaultReader),
}

impl Reader {
    fn of(stream: &ReadableStream) -> Option<Reader> {
        match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Some(Reader::Lent(reader, ArrayBuffer::new(CHUNK_BYTES))),
            Err(_) => ReadableStreamDefaultReader::new(stream).ok().map(Reader::Chunks),
        }
    }

    /// `None` at the end.
    async fn read(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let step = match self {
            Reader::Lent(reader, buffer) => reader.read_with_array_buffer_view(&Uint8Array::new(buffer)).await?,
            Reader::Chunks(reader) => reader.read().await?,
        };
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let chunk = Reflect::get(&step, &"value".into())?.unchecked_into::<Uint8Array>();
        if let Reader::Lent(_, buffer) = self {
            *buffer = chunk.buffer();
        }
        Ok(Some(chunk))
    }
}

pub struct Lines {
    reader: Option<Reader>,
    held: Vec<u8>,
    /// Of `held`, what was given out, and what is known to hold no line break.
    given: usize,
    searched: usize,
}

impl Lines {
    pub fn of(response: &Response) -> Lines {
        Lines::new(response.body().as_ref().and_then(Reader::of))
    }

    pub fn of_stream(stream: &ReadableStream) -> Lines {
        Lines::new(Reader::of(stream))
    }

    fn new(reader: Option<Reader>) -> Lines {
        Lines { reader, held: Vec::new(), given: 0, searched: 0 }
    }

    /// The next line without its break. `None`: the body came to its end.
    pub async fn next(&mut self) -> Result<Option<String>, Broken> {
        loop {
            let from = self.given.max(self.searched);
            if let Some(at) = self.held[from..].iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&self.held[self.given..from + at]).into_owned();
                self.given = from + at + 1;
                return Ok(Some(line));
            }
            self.held.drain(..self.given);
            self.given = 0;
            self.searched = self.held.len();
            if self.held.len() > LINE_BYTES_MAX {
                // It is too long to be a row: its start is given out as a line that nobody can read.
                self.searched = 0;
                return Ok(Some(String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()));
            }
            if !self.read_on().await? {
                let rest = String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned();
                self.searched = 0;
                return Ok((!rest.is_empty()).then_some(rest));
            }
        }
    }

    /// False at the end.
    async fn read_on(&mut self) -> Result<bool, Broken> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        let chunk = match reader.read().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => {
                self.reader = None;
                return Ok(false);
            }
            Err(error) if is_named(&error, "AbortError") => return Err(Broken::Aborted),
            Err(error) => return Err(Broken::Unreachable(words(&error))),
        };
        let (before, bytes) = (self.held.len(), chunk.length() as usize);
        self.held.resize(before + bytes, 0);
        chunk.copy_to(&mut self.held[before..]);
        Ok(true)
    }
}
