//! A response's body, line by line: no more of it is held than the line that is being read.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{ReadableStream, Response};

use crate::provider::batch::LINE_BYTES_MAX;
use crate::worker::browser::{is_named, words};
use crate::worker::disk::opfs::Opfs;
use crate::worker::disk::spool::{Part, Spool};
use crate::worker::http::chunks::{Chunks, append};
use crate::worker::http::fetch::Broken;

enum Source {
    Stream(Chunks),
    Disk(Rc<Spool>),
    Ended,
}

pub struct Lines {
    source: Source,
    held: Vec<u8>,
    /// Of `held`, what was given out, and what is known to hold no line break.
    given: usize,
    searched: usize,
    begun: bool,
    /// The file is in UTF-16, as PowerShell's `>` writes it.
    wide: Option<Wide>,
}

impl Lines {
    /// Of a stream that waits for its reader, as a file's does.
    pub fn of(stream: &ReadableStream) -> Lines {
        Lines::new(Chunks::of(stream).map_or(Source::Ended, Source::Stream))
    }

    /// Of a response, which doesn't, by way of a file in the run's directory, where there can be one.
    pub async fn by_way_of(opfs: Option<&Opfs>, run: &str, file: String, response: &Response) -> Lines {
        let chunks = response.body().as_ref().and_then(Chunks::of);
        let Some(chunks) = chunks else { return Lines::new(Source::Ended) };
        let Some(opfs) = opfs else { return Lines::new(Source::Stream(chunks)) };
        let spool = Spool::begin(opfs, run, file, chunks).await;
        Lines::new(spool.map_or_else(Source::Stream, Source::Disk))
    }

    fn new(source: Source) -> Lines {
        Lines { source, held: Vec::new(), given: 0, searched: 0, begun: false, wide: None }
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
        let before = self.held.len();
        let more = self.read_bytes().await?;
        if !std::mem::replace(&mut self.begun, !self.held.is_empty()) {
            self.wide = Wide::of(&self.held);
        }
        if let Some(wide) = &mut self.wide {
            let bytes = self.held.split_off(before);
            wide.append(&bytes, &mut self.held);
        }
        Ok(more)
    }

    async fn read_bytes(&mut self) -> Result<bool, Broken> {
        let read = match &mut self.source {
            Source::Ended => return Ok(false),
            Source::Stream(chunks) => chunks.next().await.map(|chunk| match chunk {
                Some(chunk) => {
                    append(&chunk, &mut self.held);
                    Part::Bytes
                }
                None => Part::End,
            }),
            Source::Disk(spool) => spool.read(&mut self.held).await,
        };
        match read.map_err(broken)? {
            Part::Bytes => Ok(true),
            Part::Past(chunks) => {
                self.source = Source::Stream(chunks);
                Ok(true)
            }
            Part::End => {
                self.source = Source::Ended;
                Ok(false)
            }
        }
    }
}

fn broken(error: JsValue) -> Broken {
    if is_named(&error, "AbortError") { Broken::Aborted } else { Broken::Unreachable(words(&error)) }
}

/// UTF-16 that comes in pieces.
struct Wide {
    little: bool,
    /// What a piece ended in the middle of: half a code unit, half a pair.
    rest: Vec<u8>,
}

impl Wide {
    /// By the mark at the start of a file.
    fn of(start: &[u8]) -> Option<Wide> {
        match start {
            [0xff, 0xfe, ..] => Some(Wide { little: true, rest: Vec::new() }),
            [0xfe, 0xff, ..] => Some(Wide { little: false, rest: Vec::new() }),
            _ => None,
        }
    }

    fn append(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        self.rest.extend_from_slice(bytes);
        let unit = |pair: &[u8]| match self.little {
            true => u16::from_le_bytes([pair[0], pair[1]]),
            false => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let mut units: Vec<u16> = self.rest.chunks_exact(2).map(unit).collect();
        if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
        }
        self.rest.drain(..2 * units.len());
        let characters = char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER));
        into.extend_from_slice(characters.collect::<String>().as_bytes());
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_read_wherever_its_pieces_end() {
        let text = "\u{feff}{\"custom_id\": \"Gr\u{f6}\u{df}e \u{1f600}\"}\n";
        for little in [true, false] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            for size in 1..7 {
                let mut wide = Wide::of(&bytes).expect("a mark");
                let mut read = Vec::new();
                bytes.chunks(size).for_each(|piece| wide.append(piece, &mut read));
                assert_eq!(String::from_utf8(read).as_deref(), Ok(text), "{size}");
            }
        }
        assert!(Wide::of(b"{\"custom_id\"").is_none() && Wide::of(b"").is_none());
    }
}
