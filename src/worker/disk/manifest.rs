//! What a run is: the first frame of its journal. And how its records lie in frames. Pure.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::frames;
use super::gathered::Read;
use super::refusal::DiskRefusal;
use crate::dataset::ReadOptions;
use crate::engine::Record;
use crate::link::{RunId, RunSummary, Setup};
use crate::time::Time;
use crate::worker::run::results::Results;

/// Files of a later format are left alone.
/// 2: the records begin with the plan and the rows' facts.
pub const FORMAT: u32 = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub run: RunId,
    pub started: Time,
    /// Never the key itself.
    pub used_key: bool,
    /// The same for the lanes beside the first, in their order.
    #[serde(default)]
    pub more_used_keys: Vec<bool>,
    pub setup: Setup,
    pub data: DataFacts,
    /// What the run asks, where it isn't each row of the file once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u32>,
}

/// The data file, so that a damaged copy is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFacts {
    pub name: String,
    pub bytes: u64,
    pub crc32: u32,
    pub rows: u32,
    pub read: ReadOptions,
}

impl DataFacts {
    pub fn of(name: &str, bytes: &[u8], rows: u32, read: ReadOptions) -> DataFacts {
        DataFacts { name: name.into(), bytes: bytes.len() as u64, crc32: crc32fast::hash(bytes), rows, read }
    }

    pub fn fits(&self, bytes: &[u8], crc32: u32) -> bool {
        bytes.len() as u64 == self.bytes && crc32 == self.crc32
    }
}

/// What the list of runs shows, as it was when `records` records and `journal_bytes` bytes were down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub manifest: Manifest,
    pub summary: RunSummary,
    pub records: u64,
    pub journal_bytes: f64,
}

impl Manifest {
    pub fn items(&self) -> u32 {
        self.items.unwrap_or(self.data.rows)
    }

    /// Whether a lane has a key of its own.
    pub fn lane_used_key(&self, lane: usize) -> bool {
        match lane.checked_sub(1) {
            None => self.used_key,
            Some(place) => self.more_used_keys.get(place).copied().unwrap_or(false),
        }
    }

    pub fn frame(&self) -> Result<Vec<u8>, DiskRefusal> {
        let mut out = Vec::new();
        append(&mut out, self)?;
        Ok(out)
    }

    pub fn json(&self) -> String {
        // Plain values can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn read(payload: &[u8]) -> Result<Manifest, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        if format == 0 || format > FORMAT {
            return Err(format!(
                "it was written by a later version of this app, in format {format}; this one reads {FORMAT}"
            ));
        }
        serde_json::from_slice(payload).map_err(|error| error.to_string())
    }

    /// Where the run stands, by its records alone.
    pub fn summary(&self, records: &[Read]) -> RunSummary {
        let read = records.iter().map(|read| (&read.record, read.away));
        let totals = Results::restore(self.items(), read).totals();
        RunSummary {
            run: self.run.clone(),
            name: self.data.name.clone(),
            provider: self.setup.provider,
            model: self.setup.model.clone(),
            started: self.started,
            total: self.items(),
            done: totals.done,
            errored: totals.errored,
            canceled: totals.canceled,
            finished: totals.done == self.items(),
            spent: totals.spent,
            doubtful: totals.doubtful,
            doubtful_attempts: totals.doubtful_attempts,
            busy: false,
            notes: Vec::new(),
        }
    }
}

/// JSON of [`Listed`], with a manifest that is JSON already.
pub fn listed(manifest: &str, summary: &RunSummary, records: u64, journal_bytes: f64) -> String {
    let rest =
        serde_json::json!({ "summary": summary, "records": records, "journal_bytes": journal_bytes }).to_string();
    ["{\"manifest\":", manifest, ",", &rest[1..]].concat()
}

/// Records as they are appended: frames one after the other, and where each payload lies in them.
pub struct Framed {
    pub bytes: Vec<u8>,
    pub payloads: Vec<Range<usize>>,
}

pub fn framed(records: &[Record]) -> Result<Framed, DiskRefusal> {
    let mut framed =
        Framed { bytes: Vec::with_capacity(records.len() * 160), payloads: Vec::with_capacity(records.len()) };
    for record in records {
        let from = framed.bytes.len() + frames::HEAD_BYTES;
        append(&mut framed.bytes, record)?;
        framed.payloads.push(from..framed.bytes.len());
    }
    Ok(framed)
}

fn append(out: &mut Vec<u8>, value: &impl Serialize) -> Result<(), DiskRefusal> {
    // Plain values can always be written as JSON; what can't has no payload, and no frame.
    let payload = serde_json::to_vec(value).unwrap_or_default();
    frames::append(out, &payload).map_err(|refused| DiskRefusal::TooLarge { bytes: refused.bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Command, Ending, Entry, Settled};
    use crate::money::Usd;
    use crate::provider::{Answer, BODY_BYTES_MAX, Bill};

    #[test]
    fn records_survive_their_frames() {
        let all: Vec<Record> = (0..10).map(record).collect();
        let framed = framed(&all).unwrap();
        assert_eq!(frames::read(&framed.bytes).payloads, framed.payloads);
        let read = framed.payloads.into_iter().map(|payload| serde_json::from_slice(&framed.bytes[payload]).unwrap());
        assert_eq!(read.collect::<Vec<Record>>(), all);
    }

    #[test]
    fn what_is_listed_is_read_again() {
        let manifest = manifest();
        let summary = manifest.summary(&[]);
        let json = listed(&manifest.json(), &summary, 7, 9.0);
        assert_eq!(
            serde_json::from_str::<Listed>(&json).unwrap(),
            Listed { manifest, summary, records: 7, journal_bytes: 9.0 }
        );
    }

    /// The worst that JSON makes of two answers as long as a body, the most that a record holds.
    #[test]
    fn every_record_fits_a_frame() {
        let answer = |chars| Answer { text: "\u{1}".repeat(chars), ..Answer::default() };
        let record = |chars| Record {
            at: Time::from_ms(u64::MAX),
            entry: Entry::Settled(Settled {
                ending: Some(Ending::Succeeded(answer(chars))),
                misfit: Some(Box::new(answer(chars))),
                ..Settled::of(u64::MAX, u32::MAX, Bill::Unknown, Usd::ZERO)
            }),
        };
        let bytes = |chars| serde_json::to_vec(&record(chars)).unwrap().len();
        let (around, each) = (bytes(0), (bytes(1_000) - bytes(0)) / 1_000);
        assert!(around + each * BODY_BYTES_MAX < frames::PAYLOAD_BYTES_MAX);
    }

    #[test]
    fn a_later_format_is_left_alone() {
        let refused = Manifest::read(br#"{"format":3,"anything":true}"#).unwrap_err();
        assert!(refused.contains("format 3"), "{refused}");
    }

    #[test]
    fn a_run_of_before_there_were_lanes_and_folds_still_opens() {
        let manifest = manifest();
        let mut json = serde_json::to_value(&manifest).unwrap();
        json.as_object_mut().unwrap().remove("more_used_keys");
        let setup = json["setup"].as_object_mut().unwrap();
        for later in
            ["more_lanes", "fold_near_duplicates", "answer_format", "reasks", "reasoning_effort", "prompt_cache"]
        {
            assert!(setup.remove(later).is_some(), "{later}");
        }
        assert_eq!(Manifest::read(json.to_string().as_bytes()), Ok(manifest.clone()));
        assert!(manifest.lane_used_key(0) && !manifest.lane_used_key(1));
    }

    #[test]
    fn a_damaged_copy_of_the_data_is_noticed() {
        let facts = DataFacts::of("a.csv", b"id,name\n1,a\n", 1, ReadOptions::default());
        let fits = |bytes: &[u8]| facts.fits(bytes, crc32fast::hash(bytes));
        assert!(fits(b"id,name\n1,a\n"));
        assert!(!fits(b"id,name\n1,b\n") && !fits(b"id,name\n"));
    }

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            run: "20261123-154501-x7k2".into(),
            started: Time::from_ms(1),
            used_key: true,
            more_used_keys: Vec::new(),
            setup: crate::worker::plan::tests::setup(),
            data: DataFacts::of("a.csv", b"id\n1\n", 1, ReadOptions::default()),
            items: None,
        }
    }

    fn record(number: u64) -> Record {
        Record { at: Time::from_ms(number), entry: Entry::Commanded(Command::Pause) }
    }
}
