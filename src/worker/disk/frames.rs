//! How records lie in the journal and in the checkpoints: one after the other, each as
//! `length (u32, little endian) | CRC-32 (u32, little endian) | payload`.
//! The checksum covers the length too, so that a tail of zeros is no frame. Pure: bytes in, bytes out.

use std::ops::Range;

use crate::provider::BODY_BYTES_MAX;

/// What stands before a payload.
pub const HEAD_BYTES: usize = 8;
/// No payload is larger: a record holds two answers at most, each is capped as a body is, and JSON at most doubles it,
/// six-fold for control characters. The rest is for what stands around them.
pub const PAYLOAD_BYTES_MAX: usize = 13 * BODY_BYTES_MAX;

/// What a run of frames holds, up to the first one that is torn or damaged.
#[derive(Debug, PartialEq, Eq)]
pub struct Frames {
    /// Where each payload lies.
    pub payloads: Vec<Range<usize>>,
    /// Bytes up to the end of the last whole frame: what follows is to be cut.
    pub whole_bytes: usize,
}

/// Appends one frame. An empty or oversized payload is refused, since it could not be read again.
pub fn append(out: &mut Vec<u8>, payload: &[u8]) -> Result<(), Unframeable> {
    if payload.is_empty() || payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Unframeable { bytes: payload.len() });
    }
    let length = (payload.len() as u32).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, payload).to_le_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
pub struct Unframeable {
    pub bytes: usize,
}

/// Reads as far as the frames are whole.
pub fn read(bytes: &[u8]) -> Frames {
    let mut frames = Frames { payloads: Vec::new(), whole_bytes: 0 };
    while let Some(payload) = next(bytes, frames.whole_bytes) {
        frames.whole_bytes = payload.end;
        frames.payloads.push(payload);
    }
    frames
}

/// Where the payload of the first frame lies, if that is whole.
pub fn first(bytes: &[u8]) -> Option<Range<usize>> {
    next(bytes, 0)
}

fn next(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let head = bytes.get(start..start.checked_add(HEAD_BYTES)?)?;
    let (length, sum) = head.split_at(4);
    let length: [u8; 4] = length.try_into().ok()?;
    let sum = u32::from_le_bytes(sum.try_into().ok()?);
    let payload_bytes = usize::try_from(u32::from_le_bytes(length)).ok()?;
    if payload_bytes == 0 || payload_bytes > PAYLOAD_BYTES_MAX {
        return None;
    }
    let from = start + HEAD_BYTES;
    let range = from..from.checked_add(payload_bytes)?;
    let payload = bytes.get(range.clone())?;
    (checksum(length, payload) == sum).then_some(range)
}

/// Whole frames in parts of about this many bytes: how many frames stand before each, and where it lies. A frame that is
/// larger has a part of its own.
pub fn parts(bytes: &[u8], bytes_max: usize) -> Vec<(usize, Range<usize>)> {
    let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
    let (mut at, mut count) = (0, 0);
    while let Some(end) = wanted(&bytes[at..]).map(|frame| at + frame).filter(|end| *end <= bytes.len()) {
        match parts.last_mut() {
            Some((_, part)) if end - part.start <= bytes_max => part.end = end,
            _ => parts.push((count, at..end)),
        }
        (at, count) = (end, count + 1);
    }
    parts
}

/// How many bytes the first frame takes, as its head says; `None` where there is no whole head, or none that can be.
pub fn wanted(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(..HEAD_BYTES)?.first_chunk::<4>()?;
    let payload_bytes = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (1..=PAYLOAD_BYTES_MAX).contains(&payload_bytes).then(|| HEAD_BYTES + payload_bytes)
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOADS: [&[u8]; 4] = [b"{\"format\":1}", b"a", b"{\"at\":1764000000000}", b"\0\0\0\0\0\0\0\0\0"];

    #[test]
    fn what_was_appended_is_read_again() {
        let bytes = journal();
        let frames = read(&bytes);
        assert_eq!(frames.whole_bytes, bytes.len());
        assert_eq!(payloads(&bytes, &frames), PAYLOADS);
    }

    #[test]
    fn a_tail_torn_at_any_byte_loses_only_its_own_frame() {
        let bytes = journal();
        let ends: Vec<usize> = read(&bytes).payloads.iter().map(|payload| payload.end).collect();
        for torn_at in 0..bytes.len() {
            let frames = read(&bytes[..torn_at]);
            let whole = ends.iter().filter(|end| **end <= torn_at).count();
            assert_eq!(payloads(&bytes, &frames), PAYLOADS[..whole], "torn at byte {torn_at}");
            assert_eq!(frames.whole_bytes, whole.checked_sub(1).map_or(0, |last| ends[last]));
        }
    }

    #[test]
    fn any_flipped_bit_is_seen_and_nothing_before_it_is_lost() {
        let bytes = journal();
        let ends: Vec<usize> = read(&bytes).payloads.iter().map(|payload| payload.end).collect();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let before = ends.iter().filter(|end| **end <= bit / 8).count();
            assert_eq!(payloads(&damaged, &read(&damaged)), PAYLOADS[..before], "bit {bit}");
        }
    }

    #[test]
    fn a_huge_length_and_a_tail_of_zeros_are_no_frames() {
        let mut bytes = journal();
        let whole_bytes = bytes.len();
        bytes.extend_from_slice(&[0; 4096]);
        assert_eq!(read(&bytes).whole_bytes, whole_bytes);
        bytes.truncate(whole_bytes);
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        bytes.extend_from_slice(&[7; 64]);
        assert_eq!(read(&bytes).whole_bytes, whole_bytes);
    }

    #[test]
    fn frames_are_parted_between_them_alone() {
        let bytes = journal();
        for bytes_max in [1, 20, 30, 1_000] {
            let parts = parts(&bytes, bytes_max);
            let mut together = Vec::new();
            for (before, part) in &parts {
                assert_eq!(read(&bytes[..part.start]).payloads.len(), *before);
                assert!(part.len() <= bytes_max || read(&bytes[part.clone()]).payloads.len() == 1);
                together.extend_from_slice(&bytes[part.clone()]);
            }
            assert_eq!(together, bytes, "{bytes_max}");
        }
        assert_eq!(parts(&bytes, 1).len(), PAYLOADS.len());
    }

    #[test]
    fn a_head_tells_how_much_is_wanted() {
        let bytes = journal();
        assert_eq!(wanted(&bytes), Some(HEAD_BYTES + PAYLOADS[0].len()));
        assert_eq!((wanted(&bytes[..HEAD_BYTES - 1]), wanted(&[0; 64]), wanted(&[0xff; 64])), (None, None, None));
    }

    #[test]
    fn a_payload_that_could_not_be_read_again_is_refused() {
        let mut out = Vec::new();
        assert_eq!(append(&mut out, b""), Err(Unframeable { bytes: 0 }));
        let huge = vec![b' '; PAYLOAD_BYTES_MAX + 1];
        assert_eq!(append(&mut out, &huge), Err(Unframeable { bytes: huge.len() }));
        assert!(out.is_empty());
    }

    fn journal() -> Vec<u8> {
        let mut bytes = Vec::new();
        for payload in PAYLOADS {
            append(&mut bytes, payload).expect("small payloads fit");
        }
        bytes
    }

    fn payloads<'a>(bytes: &'a [u8], frames: &Frames) -> Vec<&'a [u8]> {
        frames.payloads.iter().map(|payload| &bytes[payload.clone()]).collect()
    }
}
