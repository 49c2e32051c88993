//! A response's body, line by line: no more of it is held than the line that is being read.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, Response};

use super::browser::{is_named, words};
use super::fetch::Broken;
use crate::provider::batch::LINE_BYTES_MAX;

pub struct Lines {
    reader: Option<ReadableStreamDefaultReader>,
    held: Vec<u8>,
    /// Of `held`, what was given out, and what is known to hold no line break.
    given: usize,
    searched: usize,
}

impl Lines {
    pub fn of(response: &Response) -> Lines {
        Lines::new(response.body().and_then(|body| ReadableStreamDefaultReader::new(&body).ok()))
    }

    pub fn of_stream(stream: &ReadableStream) -> Lines {
        Lines::new(ReadableStreamDefaultReader::new(stream).ok())
    }

    fn new(reader: Option<ReadableStreamDefaultReader>) -> Lines {
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
        let Some(reader) = &self.reader else { return Ok(false) };
        let step = match reader.read().await {
            Ok(step) => step,
            Err(error) if is_named(&error, "AbortError") => return Err(Broken::Aborted),
            Err(error) => return Err(Broken::Unreachable(words(&error))),
        };
        if Reflect::get(&step, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            self.reader = None;
            return Ok(false);
        }
        let chunk = Reflect::get(&step, &"value".into()).map_err(|error| Broken::Unreachable(words(&error)))?;
        let chunk = chunk.unchecked_into::<Uint8Array>();
        let (before, bytes) = (self.held.len(), chunk.length() as usize);
        self.held.resize(before + bytes, 0);
        chunk.copy_to(&mut self.held[before..]);
        Ok(true)
    }
}
