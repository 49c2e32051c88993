//! Why the disk did not take something, by what can be done about it.

use std::fmt;

use wasm_bindgen::JsValue;

use crate::worker::browser::{is_named, words};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskRefusal {
    /// No space is left for this site.
    Full(String),
    /// The browser closed a file or the database.
    Lost(String),
    /// What was flushed is no longer there.
    Damaged(String),
    /// Larger than a frame may be: with any amount of space, it can't be saved.
    TooLarge { bytes: usize },
}

impl DiskRefusal {
    pub fn of(error: &JsValue) -> DiskRefusal {
        match is_named(error, "QuotaExceededError") {
            true => DiskRefusal::Full(words(error)),
            false => DiskRefusal::Lost(words(error)),
        }
    }

    /// A sentence.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            DiskRefusal::Full(_) => "Free some space on this disk, or delete runs that are no longer needed.",
            DiskRefusal::Lost(_) => "Close other tabs of this page.",
            DiskRefusal::Damaged(_) => "Delete this run once it is exported, and start it again with that checkpoint.",
            DiskRefusal::TooLarge { .. } => "Shorten what is larger than that.",
        }
    }
}

/// In words that continue a sentence.
impl fmt::Display for DiskRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskRefusal::Full(words) => write!(f, "no space is left for this site ({words})"),
            DiskRefusal::Lost(words) => write!(f, "the browser closed its storage ({words})"),
            DiskRefusal::Damaged(words) => write!(f, "what was saved before is damaged ({words})"),
            DiskRefusal::TooLarge { bytes } => write!(f, "{} MB at once are more than can be saved", bytes >> 20),
        }
    }
}
