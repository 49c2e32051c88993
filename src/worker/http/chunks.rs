//! A stream's bytes, chunk by chunk.

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader};

/// So much is taken from a stream at once.
const CHUNK_BYTES: u32 = 128 * 1_024;

/// One buffer goes back and forth where the stream allows it: a file of hundreds of megabytes in chunks of their own
/// would wait for the garbage collector, which sees how small they are and not how much they hold.
pub enum Chunks {
    Lent(ReadableStreamByobReader, ArrayBuffer),
    Own(ReadableStreamDefaultReader),
}

impl Chunks {
    pub fn of(stream: &ReadableStream) -> Option<Chunks> {
        match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Some(Chunks::Lent(reader, ArrayBuffer::new(CHUNK_BYTES))),
            Err(_) => ReadableStreamDefaultReader::new(stream).ok().map(Chunks::Own),
        }
    }

    /// `None` at the end. What was given out is overwritten by the next read.
    pub async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let step = match self {
            Chunks::Lent(reader, buffer) => reader.read_with_array_buffer_view(&Uint8Array::new(buffer)).await?,
            Chunks::Own(reader) => reader.read().await?,
        };
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let chunk = Reflect::get(&step, &"value".into())?.unchecked_into::<Uint8Array>();
        if let Chunks::Lent(_, buffer) = self {
            *buffer = chunk.buffer();
        }
        Ok(Some(chunk))
    }
}

/// Appends a chunk's bytes.
pub fn append(chunk: &Uint8Array, into: &mut Vec<u8>) {
    let before = into.len();
    into.resize(before + chunk.length() as usize, 0);
    chunk.copy_to(&mut into[before..]);
}
